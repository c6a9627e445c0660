"""Reductions over axes, and where the extremes are."""

import numpy as np

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    HALVES,
    INTS,
    SMALL_INTS,
    T,
    bools,
    case,
    cases,
    complex64,
    const,
    distinct,
    f32,
    f64,
    ints,
    program,
    raises,
    strings,
    tensor,
    values,
    var,
)

INTEGERS = (*INTS, *SMALL_INTS, "uint32", "uint64")
SUMS = ["math.reduce_sum", "math.reduce_mean", "math.reduce_prod"]
EXTREMES = ["math.reduce_max", "math.reduce_min"]
LOGIC = ["math.reduce_all", "math.reduce_any"]
FLOATING = [
    "math.reduce_variance",
    "math.reduce_std",
    "math.reduce_logsumexp",
    "math.reduce_euclidean_norm",
]
AXES = [0, -1, [0, 2], (1,), []]
NAN, INF = float("nan"), float("inf")


def empty(dtype: str = "float32"):
    return values(0, 3, dtype=dtype)


CASES = [
    *cases([*SUMS, *EXTREMES], [T(2, 3, low=0, high=4)], dtypes=(*HALVES, *FLOATS, *INTEGERS)),
    *cases(SUMS, [T(2, 3)], dtypes=COMPLEX),
    *[
        made
        for axis in AXES
        for keepdims in (False, True)
        for made in cases(
            [*SUMS, *EXTREMES, *FLOATING],
            [distinct(2, 3, 2)],
            axis=axis,
            keepdims=keepdims,
            grad=True,
        )
    ],
    *cases([*SUMS, *EXTREMES, *FLOATING], [distinct(2, 3)], [distinct(4)], grad=True, grad2=True),
    *cases(["math.reduce_sum", "math.reduce_mean"], [T()], [var(T(2, 2))], grad=True),
    *cases(
        [*SUMS, "math.reduce_variance", "math.reduce_std"], [complex64(2, 3)], axis=1, grad=True
    ),
    *cases("math.reduce_euclidean_norm", [T(2, 3)], dtypes=("int32", "complex64", *HALVES)),
    *cases(FLOATING, [f64(2, 3)], axis=0, grad=True, grad2=True),
    *cases([*SUMS, *EXTREMES], [empty()], [empty("int32")], axis=0),
    *cases([*SUMS, *EXTREMES, *FLOATING], [empty()], axis=1),
    *cases(EXTREMES, [tensor([1.0, NAN, 2.0])], [tensor([NAN, 1.0])], [tensor([INF, -INF])]),
    *cases(EXTREMES, [tensor([1.0, 2.0, 2.0, 1.0])], grad=True),
    case("math.reduce_prod", tensor([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]), axis=1, grad=True),
    case("math.reduce_mean", tensor([-1, -2, 4, -8])),
    case("math.reduce_logsumexp", tensor([-INF, -INF])),
    case("math.reduce_logsumexp", tensor([INF, 1.0])),
    case("math.reduce_logsumexp", tensor([1000.0, 999.0]), grad=True),
    case("math.reduce_sum", f32(2, 3), const([0, 1]), grad=True),
    case("math.reduce_sum", f32(2, 3), const([1], "int64"), grad=True),
    case("math.reduce_sum", f32(2, 3), const(-1), True),
    program(
        "dynamic-axis",
        lambda tf, x, a: tf.reduce_sum(x, a),
        f32(2, 3),
        tensor([1]),
        grad=(0,),
        executors=("eager", "host"),
    ),
    *cases(
        LOGIC, [bools(2, 3)], [bools(2, 3), 0], [bools(2, 3), 1, True], [values(0, dtype="bool")]
    ),
    *cases("math.count_nonzero", [ints(2, 3, low=0, high=2)], [bools(2, 3), 0], [strings(2, 3), 1]),
    case("math.count_nonzero", f32(2, 3), axis=1, keepdims=True, dtype="int32"),
    case("math.zero_fraction", tensor([0.0, 1.0, 0.0])),
    raises("math.reduce_sum", f32(2), 1, match="Invalid reduction dimension"),
    raises("math.reduce_sum", f32(2, 2), [0, -2], match="duplicate"),
    raises("math.reduce_sum", strings(2)),
    raises("math.reduce_sum", bools(2)),
    raises("math.reduce_any", ints(2)),
    raises("math.reduce_any", [1, 2], executors=("eager", "host")),
    raises("math.reduce_all", 0.5, executors=("eager", "host")),
    raises("math.reduce_all", "a"),
    program("all of a float array", lambda tf: tf.math.reduce_all(np.array([0.0, 1.0]))),
    program("any of an int array", lambda tf: tf.math.reduce_any(np.array([0, 1]))),
    case("math.reduce_all", []),
    raises("math.reduce_variance", ints(2), match="integer"),
    raises("math.reduce_sum", f32(2), 1.5, label="float axis"),
    # ---- positions ----
    *cases(["math.argmax", "math.argmin"], [distinct(4, 3, dtype=None)], dtypes=(*HALVES, *FLOATS)),
    *cases(["math.argmax", "math.argmin"], [distinct(3, 4, dtype=None), 1], dtypes=INTEGERS),
    *cases(["math.argmax", "math.argmin"], [distinct(3, 4, 2)], axis=-2, output_type="int32"),
    *cases(["math.argmax", "math.argmin"], [tensor([1, 3, 3, 1])], [bools(5)], [f32(0, 3), 1]),
    *cases(
        ["math.argmax", "math.argmin"],
        [tensor([1.0, NAN, 2.0, 0.0])],
        [tensor([NAN, NAN])],
        [tensor([NAN, -INF, INF])],
        executors=("eager", "host"),
    ),
    case("math.argmax", f32(3), output_type="uint16"),
    raises("math.argmax", f32(2), 1, match=r"range \[-1, 1\)"),
    raises("math.argmax", f32(0), match="is empty"),
    raises("math.argmin", f32(2), output_type="int16"),
]
