"""Changing dtypes."""

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
    f32,
    f64,
    ints,
    raises,
    strings,
    tensor,
)

NUMBERS = (*HALVES, *FLOATS, *INTS, *SMALL_INTS, "uint32", "uint64")
WIDE = tensor([1e10, -1e10, 300.7, -300.7, 0.5, -0.5, 70000.0])

CASES = [
    *[
        case("cast", T_, target)
        for target in (*NUMBERS, *COMPLEX, "bool")
        for T_ in (f32(2, 3, low=0, high=9), ints(2, 3, low=0, high=9))
    ],
    *cases("cast", [T(2, 3, low=-9, high=9), "float32"], dtypes=(*NUMBERS, *COMPLEX)),
    *cases("cast", [T(2, 3, low=-9, high=9), "int32"], dtypes=(*NUMBERS, *COMPLEX)),
    *[case("cast", bools(5), target) for target in ("float32", "int64", "complex64", "bfloat16")],
    case("cast", tensor([0j, 2j, 1 + 0j], "complex64"), "bool"),
    case("cast", tensor([0.0, -0.0, 0.1, float("nan")]), "bool"),
    case("cast", tensor([-1, 300, 70000]), "uint8"),
    case("cast", tensor([1.00390625, 1.01171875, 3.3895314e38, 1.0039]), "bfloat16"),
    case("cast", tensor([65520.0, 1e-8, 65519.0]), "float16"),
    case("cast", 1.75, "int32"),
    case("cast", f32(2, 3), "float32"),
    *[case("cast", f32(3), t, grad=True) for t in ("float16", "float64", "complex64")],
    case("cast", complex64(3), "float32", grad=True),
    case("cast", f64(3), "bfloat16", grad=True),
    case("raw_ops.Cast", x=f32(5), DstT="bfloat16", Truncate=True),
    case("raw_ops.Cast", x=f32(5), DstT="float16", Truncate=True, executors=("eager", "host")),
    *[case("saturate_cast", WIDE, t) for t in ("int32", "uint8", "int8", "float16", "uint64")],
    case("saturate_cast", tensor([-1, 300, 7]), "uint8"),
    case("saturate_cast", tensor([-1, 300, 7]), "uint64"),
    case("saturate_cast", tensor([1e300, -1.0], "float64"), "float32"),
    case("saturate_cast", tensor([1e300 + 1j, 2.0], "complex128"), "complex64"),
    case("saturate_cast", tensor([300.0 + 1j, 2.0], "complex64"), "uint8"),
    case("saturate_cast", f32(3), "int64"),
    case("bitcast", ints(2, 2), "int64"),
    case("bitcast", ints(2, 2), "float32"),
    case("bitcast", f64(2), "uint8"),
    case("bitcast", complex64(2), "float32", executors=("eager", "host")),
    case("bitcast", ints(3, 4, low=0, high=255, dtype="uint8"), "float32"),
    raises("cast", strings(2), "int32", match="not supported"),
    raises("cast", ints(2), "string", match="not supported"),
    raises("bitcast", ints(3), "int64", match="Cannot bitcast"),
]
