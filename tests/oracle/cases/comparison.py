"""Comparisons, logic, bits, casts."""

from tests.oracle.spec import (
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
    f32,
    ints,
    program,
    raises,
    strings,
    tensor,
    values,
)

NAN, INF = float("nan"), float("inf")
ORDER = ["math.less", "math.less_equal", "math.greater", "math.greater_equal"]
EQUAL = ["math.equal", "math.not_equal"]
LOGIC = ["math.logical_and", "math.logical_or", "math.logical_xor"]
BITS = ["bitwise.bitwise_and", "bitwise.bitwise_or", "bitwise.bitwise_xor"]
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
SIGNED = ("int8", "int16", "int32", "int64")
SMALL = [tensor([1, 2, 3, 4]), tensor([4, 2, 1, 4])]
ODD = [tensor([NAN, 1.0, INF, -0.0], "float32"), tensor([NAN, 2.0, INF, 0.0], "float32")]

CAST_TO = ("bool", *HALVES, *FLOATS, "complex64", *SIGNED, *UNSIGNED)

CASES = [
    *cases(ORDER, [T(2, 3), T(3)], dtypes=(*HALVES, *FLOATS, *INTS, *SMALL_INTS)),
    *cases(EQUAL, [T(2, 3), T(3)], dtypes=(*FLOATS, *INTS, "int8", "bool", "complex64", "string")),
    *cases([*ORDER, *EQUAL], SMALL, ODD),
    *cases(ORDER, [f32(3), 0.0]),
    *cases(LOGIC, [bools(2, 3), bools(3)]),
    case("math.logical_not", bools(2, 3)),
    *cases(BITS, [T(2, 3), T(3)], dtypes=(*SIGNED, *UNSIGNED)),
    *cases("bitwise.invert", [T(2, 3)], dtypes=(*SIGNED, *UNSIGNED)),
    *cases(
        ["bitwise.left_shift", "bitwise.right_shift"],
        [T(2, 3), tensor([0, 1, 3], "int32")],
        dtypes=["int32"],
    ),
    *cases(
        ["bitwise.left_shift", "bitwise.right_shift"],
        [T(3), T(3, low=0, high=4)],
        dtypes=("int8", "uint8", "int64"),
    ),
    *[case("cast", f32(2, 3, low=-3, high=3), t) for t in CAST_TO if not t.startswith("u")],
    *[case("cast", f32(2, 3, low=0, high=9), t, label="unsigned") for t in UNSIGNED],
    *[case("cast", ints(2, 3), t) for t in CAST_TO],
    *[
        case("cast", values(2, 3, dtype=t), "float32")
        for t in ("float16", "bfloat16", "float64", "int8", "uint8", "bool")
    ],
    *[case("cast", values(2, 3, dtype=t), "int32") for t in ("float64", "int64", "bool", "uint8")],
    case("cast", tensor([300.7, -1.5], "float32"), "int64"),
    case("cast", f32(3), "float64", grad=True, grad2=False),
    case("cast", f32(3), "complex64", grad=True),
    case("cast", complex64(3), "complex128", grad=True),
    case("cast", f32(3), "float16", grad=True),
    case("saturate_cast", tensor([300.0, -5.0, 17.5], "float32"), "uint8"),
    case("saturate_cast", tensor([300, -500, 17], "int32"), "int8"),
    case("bitcast", f32(2, 3), "int32"),
    case("bitcast", f32(2, 3), "uint8"),
    case("bitcast", values(2, 4, dtype="uint8"), "float32"),
    case("bitcast", ints(3, dtype="int64"), "float64"),
    case("where", bools(2, 3), f32(2, 3), f32(2, 3), grad=True, grad2=False),
    case("where", bools(3), f32(2, 3), f32(), grad=True),
    case("where", bools(2, 1), f32(3), 0.0, grad=True),
    *cases(
        "where",
        [bools(4), T(4), T(4)],
        dtypes=("bfloat16", "int32", "int8", "bool", "complex64", "string"),
    ),
    case("where", tensor([[True, False], [True, True]])),
    case("where", tensor([1.0, 0.0, 3.0])),
    case("math.equal", strings(3), "tide"),
    program("operators", lambda tf, x, y: (x < y, x <= y, x > y, x >= y), f32(2, 3), f32(3)),
    program(
        "equality",
        lambda tf, x, y: (x == y, x != y),
        ints(4, low=0, high=3),
        ints(4, low=0, high=3),
    ),
    program("bool-operators", lambda tf, x, y: (x & y, x | y, x ^ y, ~x), bools(4), bools(4)),
    program("int-operators", lambda tf, x, y: (x & y, x | y, x ^ y, ~x), ints(4), ints(4)),
    program(
        "casts", lambda tf, x: [tf.cast(x, t) for t in ("int32", "bool")], const([0.0, 1.5, -2.7])
    ),
    raises("math.less", f32(2), f32(3)),
    raises("math.less", f32(2), ints(2)),
    raises("math.less", bools(2), bools(2)),
    raises("math.logical_and", f32(2), bools(2)),
    raises("cast", strings(2), "float32"),
    raises("bitcast", f32(3), "float64"),
]
