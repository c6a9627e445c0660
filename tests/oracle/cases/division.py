"""Division, remainders, powers, extrema."""

from tests.oracle.spec import (
    FLOATS,
    HALVES,
    INTS,
    SMALL_INTS,
    T,
    case,
    cases,
    complex64,
    distinct,
    f32,
    ints,
    positive,
    program,
    raises,
    tensor,
    values,
    var,
)

NAN, INF = float("nan"), float("inf")
SIGNED = ("int8", "int16", "int32", "int64")
NUMERATORS = [-7, -6, -1, 0, 1, 6, 7, 8]
DENOMINATORS = [2, -4, 3, 5, -2, -4, 7, -8]
SPECIAL = [0.0, -0.0, 1.0, -2.5, INF, -INF, NAN, 3.0]
OTHERS = [0.0, 2.0, 0.0, 0.0, INF, 3.0, 1.0, NAN]


def whole(values_, dtype):
    """Integers, made non-negative for dtypes without a sign."""
    return tensor([abs(v) if dtype.startswith("u") else v for v in values_], dtype)


def int_pairs(name, dtypes):
    return [case(name, whole(NUMERATORS, t), whole(DENOMINATORS, t)) for t in dtypes]


FLOAT_PAIRS = (tensor(SPECIAL, "float32"), tensor(OTHERS, "float32"))

CASES = [
    *cases(
        "math.divide", [T(2, 3), positive(3, dtype=None)], dtypes=(*HALVES, *FLOATS, "complex64")
    ),
    *int_pairs("math.divide", (*SIGNED, "uint8", "uint16")),
    case("math.divide", *FLOAT_PAIRS),
    case("math.divide", f32(4, 1, 3), positive(2, 1), grad=True, grad2=True),
    case("math.divide", complex64(3), complex64(2, 3), grad=True),
    case("math.divide", var(f32(3)), positive(3), grad=True),
    case("math.divide", f32(3), 2),
    case("math.truediv", ints(3), tensor([2, 3, 4])),
    case("realdiv", f32(2, 3), positive(3), grad=True),
    *int_pairs("math.floordiv", (*SIGNED, *SMALL_INTS[2:])),
    case("math.floordiv", *FLOAT_PAIRS),
    *cases(
        "math.floordiv",
        [T(2, 3, low=-5, high=5), positive(3, dtype=None)],
        dtypes=(*HALVES, *FLOATS),
    ),
    *int_pairs("math.floormod", SIGNED),
    *int_pairs("math.floormod", ("uint8", "uint16", "uint32", "uint64")),
    *cases(
        "math.floormod",
        [T(2, 3, low=-5, high=5), positive(3, dtype=None)],
        dtypes=FLOATS,
        grad=True,
    ),
    case("math.floormod", *FLOAT_PAIRS),
    case("math.mod", tensor(NUMERATORS), 3),
    case("math.mod", tensor(NUMERATORS), -3),
    *int_pairs("truncatediv", SIGNED),
    *int_pairs("truncatemod", INTS),
    case("truncatemod", tensor([-7.0, 7.0, 5.5]), tensor([2.0, -2.0, 1.5])),
    case("math.divide_no_nan", tensor([1.0, 0.0, 3.0]), tensor([2.0, 0.0, 0.0]), grad=True),
    case("math.divide_no_nan", f32(2, 3), positive(3), grad=True, grad2=True),
    case("math.divide_no_nan", f32(3), 0.0),
    case("math.reciprocal_no_nan", tensor([2.0, 0.0, -0.5]), grad=True),
    *cases(
        "math.pow", [positive(2, 3, dtype=None), T(3, low=-2, high=2)], dtypes=(*HALVES, *FLOATS)
    ),
    case("math.pow", positive(2, 3), f32(3), grad=True, grad2=True),
    case("math.pow", tensor([0.0, -2.0, -3.0, 4.0]), tensor([2.0, 2.0, 3.0, 0.5]), grad=True),
    case("math.pow", f32(4), 2, grad=True, grad2=True),
    case("math.pow", tensor([2, -3, 0, 5]), tensor([3, 3, 0, 1])),
    case("math.pow", complex64(3), complex64(3), grad=True),
    *cases(
        ["math.maximum", "math.minimum"],
        [T(2, 3), T(3)],
        dtypes=(*HALVES, *FLOATS, *INTS, *SMALL_INTS),
    ),
    *cases(["math.maximum", "math.minimum"], FLOAT_PAIRS),
    *cases(
        ["math.maximum", "math.minimum"], [T(2, 3), T(3)], [T(4, 1), T(1, 3)], grad=True, grad2=True
    ),
    *cases(["math.maximum", "math.minimum"], [tensor([1.0, 2.0, 3.0]), 2.0], grad=True),
    case("math.maximum", 0.0, distinct(5), grad=True),
    *cases(
        "math.squared_difference", [T(2, 3), T(3)], dtypes=(*HALVES, *FLOATS, *INTS, "complex64")
    ),
    case("math.squared_difference", f32(2, 3), f32(3), grad=True, grad2=True),
    case("math.nextafter", tensor([0.0, 1.0, -1.0]), tensor([1.0, 0.0, -1.0])),
    program(
        "operators",
        lambda tf, x, y: (x / y, x // y, x % y, x**2),
        f32(3),
        positive(2, 3),
        grad=True,
    ),
    program("int-operators", lambda tf, x: (x / 2, x // 2, x % 2, x**2), tensor([-3, 3, 4])),
    program(
        "reflected", lambda tf, x: (2.0 / x, 7.0 // x, 7.0 % x, 2.0**x), positive(3), grad=True
    ),
    raises("math.divide", f32(2), f32(3)),
    raises("math.floordiv", tensor([1, 2]), tensor([1, 0])),
    raises("math.floormod", tensor([1, 2]), tensor([1, 0])),
    raises("math.maximum", f32(2), ints(2)),
    raises("math.pow", f32(2), values(2, dtype="float64")),
]
