"""`tf.experimental.numpy`, further: arrays made and cut, questions about dtypes, bad input."""

from tests.oracle.cases._programs import EAGER, eager, fails, on_host
from tests.oracle.spec import (
    bools,
    case,
    cases,
    complex64,
    f32,
    f64,
    ints,
    program,
    raises,
    strings,
    tensor,
)


def np(name):
    return f"experimental.numpy.{name}"


def dtypes(tf):
    n = tf.experimental.numpy
    kinds = (
        n.bool_,
        n.complex128,
        n.complex64,
        n.complex_,
        n.float16,
        n.float32,
        n.float64,
        n.float_,
        n.int16,
        n.int32,
        n.int64,
        n.int8,
        n.int_,
        n.object_,
        n.string_,
        n.uint16,
        n.uint32,
        n.uint64,
        n.uint8,
        n.unicode_,
        n.inexact,
    )
    numbers = [n.float64(n.pi), n.float64(n.e), n.inf > 0, n.newaxis]
    limits = [n.iinfo(n.int16).max, n.iinfo("uint8").min, n.iinfo(n.int64).bits]
    floats = [float(n.finfo(k).eps) for k in (n.float16, n.float32, n.float64, tf.float32)]
    return [kind.__name__ for kind in kinds], numbers, limits, floats, n.ndarray is tf.Tensor


def promotions(tf):
    n = tf.experimental.numpy
    pairs = (
        (n.int8, n.uint8),
        (n.int32, n.float32),
        (n.float16, n.float32),
        (n.bool_, n.int8),
        (n.complex64, n.float64),
        (n.int64, n.uint64),
        (tf.int32, tf.float32),
        ("int8", "int16"),
    )
    one = tf.constant([1], tf.int8)
    return (
        [n.promote_types(a, b).name for a, b in pairs],
        n.result_type(one, 1.5).name,
        n.result_type(1, 2.0).name,
        n.result_type(one, one).name,
        n.result_type(one, n.float32).name,
        n.result_type([1, 2], tf.constant(1.0)).name,
        [
            n.issubdtype(a, b)
            for a, b in ((n.int8, n.inexact), (n.float32, n.inexact), (n.int8, n.int8))
        ],
        n.isscalar(1),
        n.isscalar(one),
        n.isscalar(one[0]),
        n.isscalar("a"),
        n.isscalar([1]),
    )


def questions(tf, x, c):
    n = tf.experimental.numpy
    return (
        n.ndim(x),
        n.ndim(3),
        n.ndim([[1]]),
        n.shape(x),
        n.shape(1.0),
        n.size(x),
        n.size([1, 2]),
        n.iscomplexobj(x),
        n.iscomplexobj(c),
        n.isrealobj(x),
        n.isrealobj(c),
        n.iscomplexobj(1j),
    )


def made(tf, x):
    n = tf.experimental.numpy
    return (
        n.zeros_like(x),
        n.zeros_like(x, dtype=n.int32),
        n.ones_like(x),
        n.ones_like([1, 2]),
        n.ones_like(x, dtype="float64"),
        n.asanyarray(x),
        n.asanyarray([1, 2], dtype=n.float32),
        n.ascontiguousarray(x),
        n.ascontiguousarray(3.0),
        n.atleast_1d(x),
        n.atleast_1d(2),
        n.atleast_1d(2, [3, 4]),
        n.atleast_2d(x),
        n.atleast_2d([1, 2]),
        n.atleast_2d(1, [[2]]),
        n.atleast_3d([1.0, 2.0]),
    )


def empties(tf):
    n = tf.experimental.numpy
    likes = n.empty_like(tf.zeros([2, 3], tf.int8)), n.empty_like([1.0], dtype=n.int32)
    plain = n.empty([2, 3]), n.empty(4, dtype=n.complex64)
    return [(t.shape, t.dtype) for t in (*likes, *plain)]


def cut(tf, x):
    n = tf.experimental.numpy
    return (
        n.vsplit(x, 2),
        n.hsplit(x, [1, 2]),
        n.dsplit(x, 3),
        n.fliplr(x),
        n.flipud(x),
        n.hsplit(n.ravel(x), 4),
    )


def drawn(tf):
    n = tf.experimental.numpy
    n.random.seed(7)
    draws = [
        n.random.rand(2, 3),
        n.random.random([2]),
        n.random.standard_normal([4]),
        n.random.randn(3),
        n.random.uniform(1.0, 2.0, [2]),
        n.random.poisson(2.0, [3]),
        n.random.randint(0, 9, [5]),
    ]
    n.random.seed(7)
    return [(t.shape, t.dtype) for t in draws], bool(n.all(n.random.rand(2, 3) == draws[0]))


UNARY = [
    "abs", "arcsinh", "arctan", "ceil", "conj", "cos", "cosh", "deg2rad", "exp", "expm1",
    "fix", "floor", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal",
    "iscomplex", "logical_not", "negative", "positive", "rad2deg", "real", "imag", "sign",
    "signbit", "sin", "sinc", "sinh", "square", "tan", "tanh", "angle",
]  # fmt: skip
BINARY = [
    "add", "arctan2", "divide", "equal", "float_power", "floor_divide", "greater",
    "heaviside", "hypot", "logaddexp", "logaddexp2", "logical_and", "logical_or", "maximum",
    "minimum", "mod", "multiply", "nextafter", "not_equal", "remainder", "subtract",
    "true_divide",
]  # fmt: skip
SPECIAL = tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 2.5, -2.5, 1e-30])

CASES = [
    program("dtypes", dtypes, executors=EAGER),
    program("promotions", promotions, executors=EAGER),
    program("questions", questions, f32(2, 3), complex64(2), executors=EAGER),
    on_host("made", made, f32(2, 3)),
    eager("empties", empties),
    on_host("cut", cut, f32(4, 4, 3)),
    eager("drawn", drawn),
    on_host(
        "diag-indices",
        lambda tf, x: (
            tf.experimental.numpy.diag_indices(3),
            tf.experimental.numpy.diag_indices(2, 3),
        ),
        f32(1),
    ),
    *cases([np(n) for n in UNARY], [SPECIAL], [f32(0, 2)]),
    *cases(
        [np(n) for n in BINARY],
        [SPECIAL, tensor([1.0, -1.0, 2.0, 0.0, 3.0, float("nan"), 0.0, -1.0])],
        [f32(0, 2), f32(2)],
    ),
    *cases(
        [np(n) for n in ("divmod", "floor_divide", "mod", "remainder")],
        [ints(5), ints(5, low=1)],
        [f32(5), f64(5, low=1, high=2)],
    ),
    *cases(
        [np(n) for n in ("bitwise_not", "logical_not")],
        [ints(4)],
        [bools(4)],
        [ints(4, dtype="uint8")],
    ),
    *[
        case(np(n), complex64(4))
        for n in (
            "abs",
            "conj",
            "real",
            "imag",
            "angle",
            "isreal",
            "iscomplex",
            "exp",
            "square",
            "sqrt",
        )
    ],
    *[case(np(n), ints(3, dtype=k)) for n in ("square", "abs", "sign") for k in ("int8", "int64")],
    *[raises(np(n), strings(2)) for n in ("abs", "negative")],
    *[
        raises(np(n), f32(2), f32(3))
        for n in ("add", "maximum", "arctan2", "equal", "logical_and", "power", "hypot", "where")
    ],
    *[
        raises(np(n), f32(2, 3), axis=5)
        for n in (
            "sum",
            "mean",
            "max",
            "prod",
            "argmax",
            "sort",
            "cumsum",
            "all",
            "flip",
            "expand_dims",
            "squeeze",
            "repeat",
            "take",
            "std",
        )
    ],
    raises(np("reshape"), f32(2, 3), [4]),
    raises(np("reshape"), f32(2, 3), [-1, -1]),
    raises(np("matmul"), f32(2, 3), f32(2, 3)),
    raises(np("matmul"), f32(), f32(2)),
    raises(np("dot"), f32(2), f32(3)),
    raises(np("tensordot"), f32(2, 3), f32(4, 5), 1),
    raises(np("inner"), f32(2), f32(3)),
    raises(np("concatenate"), [f32(2, 3), f32(2, 2)], 0),
    raises(np("concatenate"), [f32(2), f32(2)], 3),
    raises(np("stack"), [f32(2), f32(3)]),
    raises(np("vstack"), [f32(2), f32(3)]),
    raises(np("hstack"), [f32(2, 2), f32(3, 2)]),
    raises(np("split"), f32(5), 2),
    raises(np("vsplit"), f32(5), 2),
    raises(np("transpose"), f32(2, 3), [0, 0]),
    raises(np("swapaxes"), f32(2, 3), 0, 4),
    raises(np("moveaxis"), f32(2, 3), 4, 0),
    raises(np("moveaxis"), f32(2, 3), [0, 1], 0),
    raises(np("diagonal"), f32(2, 3), 0, 0, 5),
    raises(np("broadcast_to"), f32(2, 3), [2]),
    raises(np("diagonal"), f32(3)),
    raises(np("diag"), f32(2, 2, 2)),
    raises(np("tri"), -1),
    raises(np("eye"), -1),
    raises(np("linspace"), 0.0, 1.0, -1),
    raises(np("arange"), 0, 5, 0),
    raises(np("zeros"), [-1]),
    raises(np("full"), [2, 3], f32(2)),
    raises(np("where"), bools(2), f32(2)),
    raises(np("clip"), f32(2), None, None),
    raises(np("average"), f32(2, 3), weights=f32(2), executors=("eager", "host")),
    raises(np("average"), f32(2, 3), axis=0, weights=f32(3), executors=("eager", "host")),
    raises(np("rot90"), f32(3)),
    raises(np("tile"), f32(2), -1),
    raises(np("pad"), f32(2), 1, "nothing"),
    raises(np("roll"), f32(2, 2), 1, axis=4),
    raises(np("einsum"), "ij,jk", f32(2, 3), f32(2, 3)),
    raises(np("einsum"), "i", f32(2, 3)),
    raises(np("vander"), f32(2, 2)),
    raises(np("array"), [[1, 2], [3]]),
    raises(np("finfo"), "int32"),
    raises(np("gcd"), f32(2), f32(2)),
    raises(np("lcm"), f32(2), f32(2)),
    fails("index", lambda tf, x: tf.experimental.numpy.array([1, 2])[5], f32(1)),
]
