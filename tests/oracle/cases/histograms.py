"""Histograms with bins of equal width, and Sobol sequences."""

import numpy as np

from tests.oracle.spec import case, const, f32, f64, ints, program, raises, tensor

HOST = ("eager", "host")
RANGE = const([0.0, 5.0])
EDGES = tensor(np.linspace(0, 1, 101, dtype=np.float32))
STRANGE = tensor([-1.0, 0.0, 1.5, 5.0, 15.0, float("inf"), float("-inf")], "float32")

CASES = [
    case("histogram_fixed_width", f32(20, low=-1, high=6), RANGE, 5, executors=HOST),
    case("histogram_fixed_width", f32(3, 4, low=-1, high=6), RANGE, executors=HOST),
    case("histogram_fixed_width", f32(3, 4), RANGE, 7, dtype="int64", executors=HOST),
    case("histogram_fixed_width", f64(30), const([-1.0, 1.0], "float64"), 9, executors=HOST),
    case("histogram_fixed_width", ints(40), const([-5, 5]), 7, executors=HOST),
    case("histogram_fixed_width", ints(40, dtype="int64"), const([-5, 5], "int64"), executors=HOST),
    case("histogram_fixed_width", EDGES, const([0.0, 1.0]), 10, executors=HOST),
    case("histogram_fixed_width", f32(0), RANGE, 4, executors=HOST),
    case("histogram_fixed_width", f32(), RANGE, 4, executors=HOST),
    case("histogram_fixed_width", f32(9), tensor([0.0, 5.0]), tensor(4), executors=HOST),
    raises("histogram_fixed_width", f32(3), const([5.0, 5.0]), 5),
    raises("histogram_fixed_width", f32(3), const([5.0, 1.0]), 5),
    raises("histogram_fixed_width", f32(3), const([0.0, 1.0, 2.0]), 5),
    raises("histogram_fixed_width", f32(3), RANGE, 0),
    raises("histogram_fixed_width", f32(3), RANGE, const([1])),
    raises("histogram_fixed_width", tensor([1.0, float("nan")]), RANGE, 3),
    raises("histogram_fixed_width", f32(3), RANGE, 3, dtype="float32"),
    raises("histogram_fixed_width", tensor([1.0], "float16"), const([0.0, 1.0], "float16"), 3),
    case("histogram_fixed_width_bins", f32(20, low=-1, high=6), RANGE, 5),
    case("histogram_fixed_width_bins", f32(3, 4, low=-1, high=6), RANGE),
    case("histogram_fixed_width_bins", f32(3), RANGE, 5, dtype="int64"),
    case("histogram_fixed_width_bins", f64(30), const([-1.0, 1.0], "float64"), 9),
    case("histogram_fixed_width_bins", tensor([0.5, 1.0], "float16"), const([0.0, 1.0], "float16")),
    case("histogram_fixed_width_bins", EDGES, const([0.0, 1.0]), 10),
    case("histogram_fixed_width_bins", STRANGE, RANGE, 4, executors=HOST),
    case("histogram_fixed_width_bins", f32(0), RANGE, 4),
    raises("histogram_fixed_width_bins", f32(3), RANGE, 0),
    raises("histogram_fixed_width_bins", ints(3), const([0, 5]), 5),
    case("math.sobol_sample", 1, 1, executors=HOST),
    case("math.sobol_sample", 5, 9, executors=HOST),
    case("math.sobol_sample", 3, 4, skip=7, dtype="float64", executors=HOST),
    case("math.sobol_sample", 40, 3, skip=1000, executors=HOST),
    case("math.sobol_sample", 2, 2, skip=100000, dtype="float64", executors=HOST),
    case("math.sobol_sample", tensor(2), tensor(3), tensor(1), executors=HOST),
    program(
        "sobol-last-dimensions",
        lambda tf: tf.math.sobol_sample(21200, 6, dtype=tf.float64)[:, -3:],
        executors=HOST,
    ),
    raises("math.sobol_sample", 0, 1),
    raises("math.sobol_sample", 21201, 1),
    raises("math.sobol_sample", 1, 0),
    raises("math.sobol_sample", 1, 1, skip=-1),
    raises("math.sobol_sample", 1, 1, skip=2**31 - 1),
    raises("math.sobol_sample", const([1]), 1),
    raises("math.sobol_sample", 1, 1, dtype="int32"),
    case("math.log_sigmoid", f32(2, 3), grad=True, grad2=True),
    case("math.log_sigmoid", tensor([-1000.0, -20.0, 0.0, 20.0, 1000.0]), grad=True),
    case("math.log_sigmoid", f64(3), grad=True),
    raises("math.log_sigmoid", ints(3)),
]
