"""Comparisons, logic on booleans, logic on bits."""

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
    const,
    f32,
    ints,
    program,
    raises,
    strings,
    tensor,
)

REAL = (*HALVES, *FLOATS, *INTS, *SMALL_INTS, "uint32", "uint64")
ORDER = ["math.less", "math.less_equal", "math.greater", "math.greater_equal"]
EQUALITY = ["math.equal", "math.not_equal"]
LOGIC = ["math.logical_and", "math.logical_or", "math.logical_xor"]
BITS = ["bitwise.bitwise_and", "bitwise.bitwise_or", "bitwise.bitwise_xor"]
INTEGERS = (*INTS, *SMALL_INTS, "uint32", "uint64")
NAN = float("nan")

CASES = [
    *cases(ORDER, [T(2, 3, low=0, high=3), T(3, low=0, high=3)], dtypes=REAL),
    *cases(EQUALITY, [T(2, 3, low=0, high=3), T(3, low=0, high=3)], dtypes=(*REAL, *COMPLEX)),
    *cases([*ORDER, *EQUALITY], [tensor([1.0, NAN, NAN]), tensor([1.0, NAN, 1.0])]),
    *cases([*ORDER, *EQUALITY], [T(3), 0.5], [0.5, T(3)]),
    *cases(EQUALITY, [bools(2, 3), bools(3)], [strings(2, 3), strings(3)], [strings(3), "a"]),
    *cases(LOGIC, [bools(2, 3), bools(3)], [bools(3), True]),
    case("math.logical_not", bools(2, 3)),
    *cases(BITS, [T(2, 3), T(3)], dtypes=INTEGERS),
    *cases(
        ["bitwise.left_shift", "bitwise.right_shift"],
        [T(2, 3), T(3, low=0, high=7)],
        dtypes=INTEGERS,
    ),
    *cases("bitwise.invert", [T(2, 3)], dtypes=INTEGERS),
    case("bitwise.left_shift", tensor([1, 3, 1]), tensor([31, 40, -1])),
    case("bitwise.right_shift", tensor([-8, 8, 8]), tensor([40, -1, 2])),
    *[case("raw_ops.PopulationCount", x=ints(2, 3, dtype=t)) for t in INTEGERS],
    case("raw_ops.ApproximateEqual", x=tensor([1.0, 2.0]), y=tensor([1.000001, 2.1])),
    case("raw_ops.ApproximateEqual", x=f32(2, 3), y=f32(2, 3), tolerance=0.5),
    case("raw_ops.Equal", x=f32(2), y=f32(3), incompatible_shape_error=False),
    case("raw_ops.NotEqual", x=f32(2), y=f32(3), incompatible_shape_error=False),
    program("order-operators", lambda tf, x, y: (x < y, x <= y, x > y, x >= y), ints(9), ints(9)),
    program("equality-operators", lambda tf, x, y: (x == y, x != y), ints(9), ints(9)),
    program("equality-misfit", lambda tf, x, y: (x == y, x != y), f32(2), f32(3)),
    program("bit-operators", lambda tf, x, y: (x & y, x | y, x ^ y, ~x), ints(5), ints(5)),
    program("bool-operators", lambda tf, x, y: (x & y, x | y, x ^ y, ~x), bools(5), bools(5)),
    raises("math.equal", f32(2), f32(3), match="Incompatible shapes"),
    raises("math.less", ints(2), 1.5, label="float"),
    raises("math.less", f32(2), ints(2)),
    raises("math.less", strings(2), strings(2)),
    raises("math.logical_and", ints(2), bools(2)),
    raises("bitwise.bitwise_and", f32(2), f32(2)),
    raises("raw_ops.ApproximateEqual", x=f32(2), y=f32(3), match="same shape"),
    raises("math.logical_not", const([1])),
]
