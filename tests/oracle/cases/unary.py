"""Functions of one tensor, elementwise."""

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    HALVES,
    INTS,
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
    strings,
    tensor,
    var,
)

REALS = (*HALVES, *FLOATS)
SIGNED = (*REALS, *INTS, "int8", "int16")
EVERYWHERE = [
    "math." + name
    for name in (
        "exp", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "sigmoid",
    )
]  # fmt: skip
WITHIN_ONE = ["math.asin", "math.acos", "math.atanh"]
ABOVE_ZERO = ["math.log", "math.log1p", "math.sqrt", "math.rsqrt", "math.reciprocal"]
SPECIAL = ["math.erf", "math.erfc", "math.lgamma", "math.digamma"]
ROUNDING_ALL = ["math.floor", "math.ceil", "math.round"]
ROUNDING = [*ROUNDING_ALL, "math.rint"]
TESTS = ["math.is_nan", "math.is_inf", "math.is_finite"]
INF, NAN = float("inf"), float("nan")
EDGES = tensor([0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 2.0])
GRADS = ["SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad", "TanhGrad", "SigmoidGrad"]

CASES = [
    # XLA rounds tan differently near its poles, and float16 in other places.
    *cases(EVERYWHERE, [T(2, 3)], dtypes=(*REALS, *COMPLEX)),
    *cases(EVERYWHERE, [T(2, 3)], dtypes=FLOATS, grad=True, grad2=True),
    *cases(EVERYWHERE, [T(2, 3)], dtypes=("complex64",), grad=True, rtol=1e-4),
    *cases(WITHIN_ONE, [T(2, 3, low=-0.9, high=0.9)], dtypes=(*REALS, *COMPLEX)),
    *cases(WITHIN_ONE, [T(3, low=-0.9, high=0.9)], grad=True, grad2=True, rtol=1e-4),
    *cases("math.acosh", [T(2, 3, low=1.2, high=4)], dtypes=REALS),
    *cases("math.acosh", [T(3, low=1.2, high=4)], dtypes=FLOATS, grad=True, grad2=True, rtol=1e-4),
    *cases(ABOVE_ZERO, [positive(2, 3, dtype=None)], dtypes=(*REALS, *COMPLEX)),
    *cases(ABOVE_ZERO, [positive(3, dtype=None)], dtypes=FLOATS, grad=True, grad2=True, rtol=1e-4),
    *cases(ABOVE_ZERO, [T(3)], dtypes=("complex64",), grad=True, grad2=True, rtol=1e-3),
    *cases(EVERYWHERE, [EDGES], atol=1e-6),
    *cases([*WITHIN_ONE, "math.acosh"], [EDGES]),
    *cases(ABOVE_ZERO, [EDGES]),
    case("math.sqrt", var(positive(3)), grad=True),
    *cases(["math.abs", "math.sign"], [T(2, 3)], dtypes=SIGNED),
    *cases(["math.abs", "math.sign"], [T(3)], dtypes=FLOATS, grad=True, grad2=True),
    *cases(["math.abs", "math.sign"], [T(2, 3)], dtypes=("complex64",), grad=True, grad2=True),
    *cases(["math.abs", "math.sign"], [T(2, 3)], dtypes=("complex128",)),
    case("math.abs", tensor([-128, 127], "int8")),
    case("math.sign", EDGES),
    *cases("math.square", [T(2, 3)], dtypes=(*SIGNED, *COMPLEX, "uint8", "uint32", "uint64")),
    *cases("math.square", [T(2, 3)], dtypes=(*FLOATS, "complex64"), grad=True, grad2=True),
    *cases(SPECIAL, [positive(2, 3, dtype=None)], dtypes=("float16", *FLOATS), atol=1e-2),
    *cases(SPECIAL[:2], [positive(2, 3, dtype=None)], dtypes=("bfloat16",), atol=1e-2),
    *cases(SPECIAL, [positive(3, dtype=None)], dtypes=FLOATS, rtol=1e-4, atol=1e-6, grad=True),
    *cases(
        "math.erf",
        [
            T(3),
        ],
        dtypes=FLOATS,
        grad=True,
        grad2=True,
    ),
    *cases(["math.lgamma", "math.digamma"], [T(4, low=-3.9, high=-3.1)], rtol=1e-4),
    case("math.erf", tensor([0.0, INF, -INF, NAN, 6.0])),
    case("math.erfc", tensor([0.0, INF, -INF, NAN, 6.0])),
    *cases(["math.erfinv"], [T(2, 3, low=-0.9, high=0.9)], dtypes=FLOATS, grad=True, rtol=1e-4),
    *cases(["math.ndtri"], [T(2, 3, low=0.05, high=0.95)], dtypes=FLOATS, grad=True, rtol=1e-4),
    *cases(["math.erfcinv"], [T(2, 3, low=0.1, high=1.9)], dtypes=FLOATS, grad=True, rtol=1e-4),
    case("math.erfinv", tensor([-1.0, 1.0, 2.0])),
    case("math.ndtri", tensor([0.0, 1.0, 2.0])),
    case("math.polygamma", const([1.0, 2.0, 0.0]), positive(2, 3), grad=(1,), rtol=1e-4),
    case("math.zeta", const([1.5, 2.0, 3.0]), positive(2, 3), grad=(1,), rtol=1e-4),
    *cases(ROUNDING, [T(2, 5, low=-3, high=3)], dtypes=FLOATS),
    *cases(ROUNDING_ALL, [T(2, 5, low=-3, high=3)], dtypes=HALVES),
    *cases(ROUNDING, [tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5])]),
    *cases("math.round", [T(2, 3)], dtypes=("int8", "int32", "int64")),
    program("round-gradient", lambda tf, x: x * tf.round(x), f32(3), grad=True),
    *cases(TESTS, [EDGES]),
    *cases(
        TESTS,
        [
            tensor([0.0, INF, NAN], "float16"),
        ],
        [tensor([1.0, -INF, NAN], "bfloat16")],
    ),
    *[case(f"raw_ops.{name}", y=positive(3), dy=f32(3), grad=True, grad2=True) for name in GRADS],
    *[case(f"raw_ops.{name}", y=complex64(3), dy=complex64(3), grad=True) for name in GRADS],
    case("raw_ops.Inv", x=positive(3), grad=True, grad2=True),
    case("raw_ops.ComplexAbs", x=complex64(3), grad=True),
    raises("math.exp", ints(2), match="not in the list of allowed values"),
    raises("math.sqrt", 4, label="int"),
    raises("math.abs", strings(2)),
    raises("math.abs", tensor([1], "uint8")),
    raises("math.floor", ints(2)),
]
