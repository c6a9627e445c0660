"""Quotients and remainders."""

import numpy as np

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    HALVES,
    SMALL_INTS,
    T,
    case,
    cases,
    complex64,
    const,
    f32,
    f64,
    ints,
    positive,
    program,
    raises,
    strings,
    tensor,
    var,
)

REALS = (*HALVES, *FLOATS)
INTEGERS = ("int32", "int64", *SMALL_INTS, "uint32", "uint64")
TRUE = ["math.divide", "math.truediv"]


def whole(dtype: str):
    """Dividends and divisors around 0, none of the divisors 0."""
    if dtype.startswith("u"):
        return tensor([0, 1, 7, 9, 120], dtype), tensor([3, 2, 7, 10, 1], dtype)
    return tensor([-7, 7, -1, 9, 0, 120], dtype), tensor([2, -2, 3, -9, 5, -7], dtype)


CASES = [
    *cases(TRUE, [T(2, 3), positive(3, dtype=None)], dtypes=(*REALS, *COMPLEX)),
    *cases("math.truediv", [T(2, 2, low=1, high=9), T(2, low=1, high=9)], dtypes=INTEGERS),
    *cases(TRUE, [T(4, 1, 3), positive(2, 1, dtype=None)], grad=True, grad2=True),
    case("math.divide", complex64(2, 3), complex64(3), grad=True, grad2=True),
    case("math.divide", var(f32(2, 2)), positive(2), grad=True),
    case("math.divide", 1, positive(3), grad=True),
    case("math.divide", f32(3), 4, grad=True),
    case("math.truediv", 7, ints(3, low=1)),
    case("realdiv", f32(2, 3), positive(3), grad=True),
    case("math.divide", tensor([1.0, 0.0, -1.0]), tensor([0.0, 0.0, 0.0])),
    *cases(
        ["math.divide_no_nan", "math.xdivy"],
        [T(4, 1, 3), positive(2, 1, dtype=None)],
        dtypes=FLOATS,
        grad=True,
        grad2=True,
    ),
    *cases("math.divide_no_nan", [T(2, 3), T(3)], dtypes=(*HALVES, *COMPLEX)),
    case("math.divide_no_nan", tensor([1.0, 0.0, 3.0]), tensor([0.0, 0.0, 2.0]), grad=True),
    case("math.divide_no_nan", tensor([1, 6]), tensor([0, 4])),
    *cases("math.reciprocal_no_nan", [tensor([0.0, 0.5, -4.0])], grad=True, grad2=True),
    *[
        case(name, *whole(dtype))
        for name in ("math.floordiv", "truncatediv", "math.floormod")
        for dtype in INTEGERS
    ],
    *[
        case(name, *whole(dtype))
        for name in ("truncatemod", "raw_ops.Div")
        for dtype in ("int32", "int64")
        if name != "raw_ops.Div"
    ],
    *cases(
        ["math.floordiv", "math.floormod", "truncatemod"],
        [T(2, 3, low=-9, high=9), positive(3, dtype=None)],
        dtypes=FLOATS,
    ),
    case("math.floormod", tensor([-7.5, 7.5, 5.0, 1.0]), tensor([2.0, -2.0, np.inf, -np.inf])),
    case("truncatemod", tensor([-7.5, 7.5, 5.0]), tensor([2.0, -2.0, np.inf])),
    case("math.floordiv", tensor([-7.5, 1.0, 0.0, 1.0]), tensor([2.0, 0.0, 0.0, np.inf])),
    case("math.floormod", f64(4, 1, 3), positive(2, 1, dtype="float64"), grad=True, grad2=True),
    case("math.mod", f32(2, 3), positive(3)),
    case("math.floordiv", tensor([-(2**31), 5]), tensor([-1, 2])),
    case("math.floormod", tensor([-(2**31), 5]), tensor([-1, 2])),
    case("raw_ops.Div", x=ints(4), y=const([2, -3, 5, -1])),
    case("raw_ops.Mod", x=ints(4), y=const([2, -3, 5, -1])),
    case("raw_ops.Mod", x=f32(4), y=positive(4)),
    case("raw_ops.RealDiv", x=f32(4), y=positive(4), grad=True),
    case("raw_ops.Div", x=f32(4), y=positive(4), grad=True),
    case("raw_ops.TruncateDiv", x=ints(4), y=const([2, -3, 5, -1])),
    program(
        "operators",
        lambda tf, x, y: (x / y, x // y, x % y, 1.0 / y, 7.0 // y, 5.0 % y),
        f32(2, 3),
        positive(3),
    ),
    program("operators-int", lambda tf, x: (x / 4, x // 4, x % 4, 7 // (x * x + 1)), ints(2, 3)),
    raises("math.floordiv", ints(2), const([1, 0]), match="division by zero"),
    raises("math.floormod", ints(2), const([1, 0]), match="division by zero"),
    raises("raw_ops.Div", x=ints(2), y=const([1, 0]), match="division by zero"),
    raises("math.divide", f32(2), ints(2), match="same dtype"),
    raises("math.truediv", strings(2), strings(2), match="__truediv__"),
    raises("math.divide", f32(2), f32(3), match="Incompatible shapes"),
    raises("math.floordiv", ints(2), 1.5, label="float"),
    raises("math.reciprocal_no_nan", ints(2)),
]
