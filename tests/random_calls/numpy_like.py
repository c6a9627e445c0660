"""Functions of `tf.experimental.numpy`, whose dtypes follow NumPy's rules."""

from __future__ import annotations

from typing import Any

from tests.random_calls.draw import Call, Draw, Maker, Table, call

DTYPES = ("float32", "float32", "float64", "int32", "int64", "bool", "uint8", "int8", "complex64")
DTYPES = (*DTYPES, "float16", "complex128", "bfloat16", "int16", "uint32")
REALS = tuple(t for t in DTYPES if "complex" not in t)
NAMES = ("float32", "float64", "int32", "int64", "bool", "complex64", "uint8", "float16")


def _array(d: Draw, shape: Any = None, dtypes: Any = DTYPES, **limits: Any) -> Any:
    """A tensor or plain Python numbers."""
    if d.chance(0.15) and shape is None:
        return d.pick(1, 2.5, True, [1, 2], [[1.5], [2]], [], [True, False], 1j, [[1, 2], [3, 4]])
    return d.x(dtypes, shape, **limits)


def _unary(dtypes: Any = DTYPES, **limits: Any) -> Maker:
    return lambda d: call(_array(d, dtypes=dtypes, **limits))


def _binary(dtypes: Any = DTYPES, **limits: Any) -> Maker:
    def make(d: Draw) -> Call:
        one, other = d.broadcasting()
        same = d.pick(*dtypes)
        pair = [d.x(same if d.flag() else dtypes, s, **limits) for s in (one, other)]
        if d.chance(0.2):
            pair[d.int(0, 1)] = d.pick(2, 1.5, True, -1, 0, [1, 2], [1.5])
        return call(*pair)

    return make


def _reduction(dtypes: Any = DTYPES, *names: str) -> Maker:
    def make(d: Draw) -> Call:
        x = _array(d, dtypes=dtypes)
        rank = len(getattr(x, "shape", (0,)))
        options = d.maybe(axis=d.axes(rank), keepdims=d.flag())
        if "dtype" in names:
            options |= d.maybe(dtype=d.pick(*NAMES)) if d.flag() else {}
        if "ddof" in names and d.chance(0.2):
            options["ddof"] = d.int(0, 1)
        return call(x, **options)

    return make


def _along(d: Draw) -> Call:
    x = _array(d)
    return call(x, **d.maybe(axis=d.axis(len(getattr(x, "shape", (0,))))))


def _sorting(d: Draw) -> Call:
    x = d.x(REALS, d.shape(0, 3), kind="distinct" if d.flag() else "uniform")
    return call(x, **d.maybe(axis=d.pick(d.axis(len(x.shape)), None)))


def _created(d: Draw) -> Call:
    return call(d.pick(d.int(0, 3), d.shape_like(d.shape())), **d.maybe(dtype=d.pick(*NAMES)))


def _filled(d: Draw) -> Call:
    value = d.pick(1, 2.5, True, d.x(DTYPES, ()))
    return call(d.shape_like(d.shape()), value, **d.maybe(dtype=d.pick(*NAMES)))


def _like(d: Draw) -> Call:
    return call(_array(d), **d.maybe(dtype=d.pick(*NAMES)))


def _arange(d: Draw) -> Call:
    number = d.pick(lambda: d.int(-3, 8), lambda: d.int(-3, 8) / 2)
    return call(*[number() for _ in range(d.int(1, 3))], **d.maybe(dtype=d.pick(*NAMES)))


def _spaced(d: Draw) -> Call:
    low, high = d.pick(1, 0.5, 2), d.pick(4, 7.5, 2)
    options = d.maybe(num=d.int(0, 5), endpoint=d.flag(), dtype=d.pick("float32", "float64"))
    return call(low, high, **options)


def _joined(low: int = 1) -> Maker:
    def make(d: Draw) -> Call:
        shape = d.shape(low, 3)
        dtype = d.pick(*DTYPES)
        parts = [d.x(dtype if d.chance(0.8) else DTYPES, shape) for _ in range(d.int(1, 3))]
        return call(parts, **(d.maybe(axis=d.axis(len(shape))) if low else {}))

    return make


def _stacked(d: Draw) -> Call:
    shape = d.shape(0, 3)
    return call([d.x(DTYPES, shape) for _ in range(d.int(1, 3))])


def _split(low: int, *names: str) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(DTYPES, tuple(d.pick(2, 4) for _ in range(d.int(low, 3))))
        options = d.maybe(axis=d.axis(len(x.shape))) if "axis" in names else {}
        return call(x, d.pick(2, 1, [1], [1, 2], 3), **options)

    return make


def _take(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(0, 3))
    options = d.maybe(axis=d.axis(len(x.shape)), mode=d.pick("clip", "wrap", "raise"))
    return call(x, d.pick(0, [0, 1], d.x("int32", d.shape(0, 2), low=-2, high=4)), **options)


def _take_along(d: Draw) -> Call:
    x = d.x(DTYPES, (2, 3))
    return call(x, d.x("int64", (2, 3), low=-2, high=2), d.pick(0, 1, -1, None))


def _matrices(low: int = 1) -> Maker:
    def make(d: Draw) -> Call:
        k = d.int(0, 3)
        left, right = d.pick(
            ((2, k), (k, 3)), ((k,), (k,)), ((2, k), (k,)), ((k,), (k, 2)), ((2, 2, k), (k, 2)),
            ((), (2,)), ((2, 2, k), (2, k, 1)),
        )  # fmt: skip
        dtype = d.pick(*DTYPES)
        return call(d.x(dtype, left), d.x(dtype if d.flag() else DTYPES, right))

    return make


def _pad(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(1, 2))
    widths = d.pick([[d.int(0, 2), d.int(0, 1)] for _ in x.shape], 1, [1, 1], [[1, 2]])
    return call(x, widths, d.pick("constant", "reflect", "symmetric", "edge"))


def _diag(d: Draw) -> Call:
    return call(d.x(DTYPES, d.shape(1, 2)), **d.maybe(k=d.int(-2, 2)))


def _diagonal(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(2, 3))
    options = d.maybe(offset=d.int(-2, 2))
    if d.flag():
        options |= {"axis1": d.axis(len(x.shape)), "axis2": d.axis(len(x.shape))}
    return call(x, **options)


def _where(d: Draw) -> Call:
    shape, other = d.broadcasting()
    if d.chance(0.2):
        return call(d.x(DTYPES))
    return call(d.x("bool", shape), _array(d, other), _array(d, other))


def _roll(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(0, 3))
    return call(x, d.int(-3, 3), **d.maybe(axis=d.axis(len(x.shape))))


def _moved(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(1, 3))
    return call(x, d.axis(len(x.shape)), d.axis(len(x.shape)))


def _repeat(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(0, 2))
    return call(x, d.pick(2, 0, [2], [1, 2]), **d.maybe(axis=d.axis(len(x.shape))))


def _average(d: Draw) -> Call:
    x = d.x(DTYPES, (2, 3))
    options = d.maybe(axis=d.pick(0, 1, -1), weights=d.x(REALS, d.pick((2, 3), (3,), (2,))))
    return call(x, **options, **({"returned": True} if d.chance(0.3) else {}))


def _clip(d: Draw) -> Call:
    return call(_array(d, dtypes=REALS), d.pick(0, None, -0.5, 2), d.pick(1, None, 3, 0.5))


def _around(d: Draw) -> Call:
    return call(_array(d), **d.maybe(decimals=d.int(-1, 3)))


def _converted(d: Draw) -> Call:
    return call(_array(d), **d.maybe(dtype=d.pick(*NAMES)))


SMOOTH = "arccos arccosh arcsin arcsinh arctan arctanh cos cosh exp exp2 expm1 log log10 log1p log2"
SMOOTH += " sin sinc sinh sqrt tan tanh cbrt deg2rad rad2deg square reciprocal abs absolute fabs"
SMOOTH += " negative positive sign ceil floor fix signbit isnan isinf isfinite isneginf isposinf"
SMOOTH += " logical_not conj conjugate real imag angle iscomplex isreal iscomplexobj isrealobj ndim"
SMOOTH += " size shape ravel flatten copy atleast_1d atleast_2d atleast_3d isscalar bitwise_not"
SMOOTH += " fliplr flipud nonzero diagflat transpose ascontiguousarray"
PAIRS = "add subtract multiply divide true_divide floor_divide mod remainder power float_power"
PAIRS += " maximum minimum arctan2 hypot logaddexp logaddexp2 heaviside nextafter fmod divmod"
PAIRS += " greater greater_equal less less_equal equal not_equal logical_and logical_or logical_xor"
PAIRS += " isclose allclose array_equal outer kron bitwise_and bitwise_or bitwise_xor gcd lcm"
SUMS = "sum prod mean std var nansum nanprod nanmean cumsum cumprod"
PICKS = "max min amax amin all any ptp count_nonzero"

_TABLE: Table = {
    **{n: _unary() for n in SMOOTH.split()},
    **{f"{n} ": _unary(REALS, low=0.1, high=3) for n in ["log", "sqrt", "reciprocal", "arccosh"]},
    **{n: _binary() for n in PAIRS.split() if n != "fmod"},
    **{f"{n} ": _binary(REALS, low=1, high=5) for n in ["power", "floor_divide", "mod", "gcd"]},
    **{n: _reduction(DTYPES, "dtype") for n in SUMS.split() if not n.startswith(("std", "var"))},
    **{n: _reduction(DTYPES) for n in PICKS.split() if n != "count_nonzero"},
    **{n: _reduction(DTYPES, "ddof") for n in ["std", "var"]},
    "count_nonzero": _along,
    "argmax": _along,
    "argmin": _along,
    "sort": _sorting,
    "argsort": _sorting,
    "empty": lambda d: call((0, *d.shape()), **d.maybe(dtype=d.pick(*NAMES))),
    "zeros": _created,
    "ones": _created,
    "full": _filled,
    **dict.fromkeys(["zeros_like", "ones_like"], _like),
    "full_like": lambda d: call(_array(d), d.pick(1, 2.5, True), **d.maybe(dtype=d.pick(*NAMES))),
    **dict.fromkeys(["array", "asarray", "asanyarray"], _converted),
    "arange": _arange,
    **dict.fromkeys(["linspace", "logspace", "geomspace"], _spaced),
    "eye": lambda d: call(d.int(0, 3), **d.maybe(M=d.int(0, 3), k=d.int(-1, 2), dtype="int32")),
    "identity": lambda d: call(d.int(0, 3), **d.maybe(dtype=d.pick(*NAMES))),
    "tri": lambda d: call(d.int(0, 3), **d.maybe(M=d.int(0, 3), k=d.int(-1, 2))),
    "tril": lambda d: call(d.x(DTYPES, d.shape(1, 3)), **d.maybe(k=d.int(-2, 2))),
    "triu": lambda d: call(d.x(DTYPES, d.shape(1, 3)), **d.maybe(k=d.int(-2, 2))),
    "vander": lambda d: call(d.x(DTYPES, d.shape(1, 1)), **d.maybe(N=d.int(0, 3), increasing=True)),
    "concatenate": _joined(),
    "stack": _joined(),
    "append": lambda d: call(_array(d), _array(d), **d.maybe(axis=d.int(-1, 1))),
    **dict.fromkeys(["hstack", "vstack", "dstack", "broadcast_arrays"], _stacked),
    "split": _split(1, "axis"),
    "hsplit": _split(1),
    "vsplit": _split(2),
    "dsplit": _split(3),
    "take": _take,
    "take_along_axis": _take_along,
    **{n: _matrices() for n in ["matmul", "dot", "inner", "vdot"]},
    "tensordot": lambda d: call(d.x(DTYPES, (2, 2)), d.x(DTYPES, (2, 2)), **d.maybe(axes=1)),
    "einsum": lambda d: call("ij,jk->ik", d.x(DTYPES, (2, 2)), d.x(DTYPES, (2, 3))),
    "cross": lambda d: call(d.x(DTYPES, (2, d.int(2, 3))), d.x(DTYPES, (2, d.int(2, 3)))),
    "pad": _pad,
    "diag": _diag,
    "diagonal": _diagonal,
    "trace": _diagonal,
    "diag_indices": lambda d: call(d.int(0, 3), **d.maybe(ndim=d.int(1, 3))),
    "where": _where,
    "roll": _roll,
    "flip": _along,
    "rot90": lambda d: call(d.x(DTYPES, d.shape(1, 3)), **d.maybe(k=d.int(-1, 4), axes=(1, 0))),
    "moveaxis": _moved,
    "swapaxes": _moved,
    "expand_dims": lambda d: call(_array(d), d.pick(0, -1, 1, 3)),
    "squeeze": lambda d: call(d.x(DTYPES, (1, 2, 1)), **d.maybe(axis=d.pick(0, -1, (0, 2), 1))),
    "reshape": lambda d: call(d.x(DTYPES, (2, 3)), d.pick(-1, (3, 2), [6], (-1, 2), (4, 2))),
    "broadcast_to": lambda d: call(d.x(DTYPES, (1, 2)), d.pick((3, 2), [2, 2], 2, (2, 3))),
    "tile": lambda d: call(_array(d), d.pick(2, [2], [1, 2], [2, 1, 1], 0)),
    "repeat": _repeat,
    "meshgrid": lambda d: call(d.x(DTYPES, (2,)), d.x(DTYPES, (3,)), **d.maybe(indexing="ij")),
    "ix_": lambda d: call(d.x("int32", (2,)), d.x(("int32", "bool"), (3,))),
    "average": _average,
    "clip": _clip,
    "around": _around,
    "round": _around,
    "diff": lambda d: call(d.x(DTYPES, d.shape(0, 2)), **d.maybe(n=d.int(0, 3), axis=d.int(-2, 1))),
    "compress": lambda d: call(d.pick([True, False], [1, 0, 1]), d.x(DTYPES, (2, 3)), axis=0),
    "select": lambda d: call(
        [d.x("bool", (3,)) for _ in range(2)], [d.x(DTYPES, (3,)) for _ in range(2)],
        **d.maybe(default=d.pick(0, 1.5)),
    ),
    "polyval": lambda d: call(d.x(DTYPES, (d.int(0, 3),)), d.x(DTYPES, d.shape(0, 1))),
    "promote_types": lambda d: call(d.pick(*NAMES), d.pick(*NAMES)),
    "result_type": lambda d: call(*[d.pick(d.x(DTYPES, ()), 1, 1.5, True) for _ in range(2)]),
}  # fmt: skip

TABLE: Table = {f"experimental.numpy.{n}": maker for n, maker in _TABLE.items()}
