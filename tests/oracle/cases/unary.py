"""Functions of one tensor: roots, exponentials, trigonometry, rounding, special functions."""

from tests.oracle.spec import (
    FLOATS,
    HALVES,
    T,
    case,
    cases,
    complex64,
    distinct,
    f32,
    fill,
    ints,
    positive,
    program,
    raises,
    strings,
    tensor,
)

NAN, INF = float("nan"), float("inf")
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 88.5, -88.5, 1e-30, INF, -INF, NAN]

# Name, arguments on which it is smooth.
SMOOTH = {
    "abs": distinct(2, 3, dtype=None, low=-2, high=2.5),
    "acos": T(2, 3, low=-0.9, high=0.9),
    "acosh": T(2, 3, low=1.1, high=4),
    "asin": T(2, 3, low=-0.9, high=0.9),
    "asinh": T(2, 3, low=-3, high=3),
    "atan": T(2, 3, low=-3, high=3),
    "atanh": T(2, 3, low=-0.9, high=0.9),
    "cos": T(2, 3, low=-3, high=3),
    "cosh": T(2, 3),
    "digamma": positive(2, 3, dtype=None),
    "erf": T(2, 3, low=-2, high=2),
    "erfc": T(2, 3, low=-2, high=2),
    "erfinv": T(2, 3, low=-0.9, high=0.9),
    "exp": T(2, 3),
    "expm1": T(2, 3),
    "lgamma": positive(2, 3, dtype=None),
    "log": positive(2, 3, dtype=None),
    "log1p": T(2, 3, low=-0.5, high=3),
    "log_sigmoid": T(2, 3, low=-3, high=3),
    "reciprocal": positive(2, 3, dtype=None),
    "rsqrt": positive(2, 3, dtype=None),
    "sigmoid": T(2, 3, low=-3, high=3),
    "sign": distinct(2, 3, dtype=None, low=-2, high=2.5),
    "sin": T(2, 3, low=-3, high=3),
    "sinh": T(2, 3),
    "sqrt": positive(2, 3, dtype=None),
    "square": T(2, 3),
    "tan": T(2, 3, low=-1, high=1),
    "tanh": T(2, 3, low=-3, high=3),
}
HALF = tuple(n for n in SMOOTH if n not in ("digamma", "lgamma", "erfinv"))
COMPLEX = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "expm1"),
    *("log", "log1p", "reciprocal", "rsqrt", "sigmoid", "sin", "sinh", "sqrt", "square"),
    *("tan", "tanh"),
)
GRAD2 = tuple(n for n in SMOOTH if n not in ("digamma", "lgamma"))
AT_SPECIAL = (
    *("abs", "acos", "asin", "atan", "atanh", "cos", "cosh", "erf", "erfc", "exp", "expm1", "log"),
    *("log1p", "reciprocal", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan"),
    *("tanh", "ceil", "floor", "round", "rint", "is_nan", "is_inf", "is_finite", "softplus"),
)

CASES = [
    *[
        c
        for n, a in SMOOTH.items()
        for c in cases(f"math.{n}", [a], dtypes=FLOATS, grad=True, rtol=1e-4)
    ],
    *[
        case(
            f"math.{n}",
            fill(SMOOTH[n], "float64"),
            grad=True,
            grad2=True,
            label="2nd",
            rtol=1e-6,
        )
        for n in GRAD2
    ],
    *[c for n in HALF for c in cases(f"math.{n}", [SMOOTH[n]], dtypes=HALVES)],
    *[case(f"math.{n}", complex64(2, 3), grad=True, rtol=1e-4, atol=1e-5) for n in COMPLEX],
    case("math.sign", complex64(3), rtol=1e-4),
    *[case(f"math.{n}", tensor(SPECIAL, "float32"), rtol=1e-4) for n in AT_SPECIAL],
    *cases(["math.abs", "math.square", "math.sign"], [T(2, 3)], dtypes=("int8", "int32", "int64")),
    *cases(["math.abs"], [complex64(2, 3)], grad=True, label="c"),
    *cases(
        ["math.ceil", "math.floor", "math.round"],
        [T(2, 3, low=-3, high=3)],
        dtypes=(*HALVES, *FLOATS),
    ),
    *cases(["math.round", "math.rint"], [tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], "float32")]),
    case("math.round", ints(3)),
    *cases("math.rint", [T(2, 3, low=-3, high=3)], dtypes=FLOATS),
    case("math.atan2", tensor([0.0, 1.0, -1.0, 0.0, -0.0]), tensor([1.0, 0.0, -1.0, -1.0, -1.0])),
    case("math.atan2", f32(2, 3), positive(3), grad=True, grad2=True),
    *cases(["math.xlogy", "math.xdivy", "math.xlog1py"], [f32(2, 3), positive(3)], grad=True),
    *cases(
        ["math.xlogy", "math.xdivy", "math.xlog1py", "math.multiply_no_nan"],
        [tensor([0.0, 1.0, 0.0]), tensor([0.0, 2.0, NAN])],
    ),
    case("math.multiply_no_nan", f32(2, 3), f32(3), grad=True),
    case("math.polygamma", tensor([1.0, 2.0, 3.0]), tensor([0.5, 1.5, 4.0]), rtol=1e-4),
    case("math.zeta", tensor([2.0, 3.0, 1.5]), tensor([1.0, 0.5, 4.0]), rtol=1e-4),
    case("math.ndtri", tensor([0.1, 0.5, 0.9, 0.999]), grad=True, rtol=1e-4),
    case("math.erfcinv", tensor([0.1, 0.5, 1.5]), grad=True, rtol=1e-4),
    *cases(["math.real", "math.imag", "math.conj", "math.angle"], [complex64(2, 3)], grad=True),
    case("math.real", f32(3)),
    case("math.conj", f32(3), grad=True),
    case("complex", f32(2, 3), f32(2, 3), grad=True),
    *cases(
        ["math.softplus", "nn.relu", "nn.elu", "nn.selu"],
        [T(2, 3, low=-3, high=3)],
        dtypes=(*HALVES, *FLOATS),
    ),
    program(
        "composed",
        lambda tf, x: tf.sin(tf.exp(x)) * tf.math.log(x * x + 1.0),
        f32(2, 3),
        grad=True,
        grad2=True,
    ),
    program("abs-operator", lambda tf, x: abs(x), distinct(4), grad=True),
    raises("math.sqrt", ints(2)),
    raises("math.exp", strings(2)),
    raises("complex", f32(2), ints(2)),
]
