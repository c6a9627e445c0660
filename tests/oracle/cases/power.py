"""Powers, larger and smaller of two, squared differences, products with logarithms."""

import numpy as np

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    HALVES,
    INTS,
    SMALL_INTS,
    T,
    case,
    cases,
    complex64,
    const,
    f32,
    ints,
    positive,
    program,
    raises,
    tensor,
    var,
)

REALS = (*HALVES, *FLOATS)
EXTREMES = ["math.maximum", "math.minimum"]
NAN = float("nan")

CASES = [
    *cases("math.pow", [positive(2, 3, dtype=None), T(3)], dtypes=(*REALS, *COMPLEX)),
    *cases(
        "math.pow",
        [positive(4, 1, 3, dtype=None), T(2, 1, low=0.5, high=2)],
        dtypes=FLOATS,
        grad=True,
        grad2=True,
    ),
    *cases("math.pow", [T(2, 3), T(3, low=0, high=5)], dtypes=(*INTS, "int8", "int16")),
    case("math.pow", tensor([-2.0, 0.0, 3.0]), const([2.0, 2.0, 2.0]), grad=True, grad2=True),
    case("math.pow", f32(3), 2.0, grad=True, grad2=True),
    case("math.pow", 2.0, f32(3), grad=True, grad2=True),
    case("math.pow", complex64(3), complex64(3), grad=True),
    case("math.pow", tensor([-8.0, 0.0, 2.0, 1.0]), tensor([1 / 3, 0.0, -np.inf, NAN])),
    case("math.pow", tensor([2, 3, -2]), tensor([31, 2, 3])),
    program("power-operators", lambda tf, x: (x**2, x**3.0, 2.0**x), positive(2, 3), grad=True),
    raises("math.pow", ints(2), const([1, -1]), match="negative integer powers"),
    *cases(EXTREMES, [T(2, 3), T(3)], dtypes=(*REALS, *INTS, *SMALL_INTS, "uint32", "uint64")),
    *cases(EXTREMES, [T(4, 1, 3), T(2, 1)], dtypes=FLOATS, grad=True),
    *cases(EXTREMES, [tensor([1.0, 2.0, NAN, 1.0]), tensor([1.0, NAN, 1.0, 0.0])]),
    *cases(EXTREMES, [tensor([1.0, 2.0]), tensor([1.0, 3.0])], grad=True, label="tie"),
    *cases(EXTREMES, [var(T(2, 2)), 0.25], grad=True),
    raises("math.maximum", ints(2), 1.5, label="float"),
    raises("math.minimum", f32(2), f32(3), match="Incompatible shapes"),
    *cases("math.squared_difference", [T(2, 3), T(3)], dtypes=(*REALS, *INTS, *COMPLEX)),
    case("math.squared_difference", f32(4, 1, 3), f32(2, 1), grad=True, grad2=True),
    *cases(
        ["math.multiply_no_nan", "math.xlogy", "math.xlog1py"],
        [T(4, 1, 3), positive(2, 1, dtype=None)],
        dtypes=FLOATS,
        grad=True,
        grad2=True,
    ),
    *cases(
        ["math.multiply_no_nan", "math.xdivy", "math.xlogy", "math.xlog1py"],
        [T(2, 3), positive(3, dtype=None)],
        dtypes=(*HALVES, *COMPLEX),
    ),
    case("math.xdivy", tensor([0.0, 0.0, 1.0]), tensor([0.0, NAN, 2.0]), grad=True),
    case("math.xlogy", tensor([0.0, 0.0, 1.0]), tensor([0.0, NAN, 2.0]), grad=True),
    case("math.xlog1py", tensor([0.0, 0.0, 1.0]), tensor([-1.0, NAN, 2.0]), grad=True),
    case("math.multiply_no_nan", tensor([NAN, np.inf, 2.0]), tensor([0.0, 0.0, 3.0])),
    raises("math.multiply_no_nan", f32(2), ints(2), match="requested dtype float32"),
    *cases("math.atan2", [T(4, 1, 3), T(2, 1)], dtypes=FLOATS, grad=True, grad2=True),
    *cases("math.atan2", [T(2, 3), T(3)], dtypes=HALVES),
    case("math.atan2", tensor([1.0, -0.0, 0.0, 0.0]), tensor([-1.0, -1.0, -0.0, 0.0])),
    *cases("math.nextafter", [T(2, 3), T(3)], dtypes=FLOATS, grad=True),
    raises("math.nextafter", tensor([1.0], "float16"), tensor([2.0], "float16")),
]
