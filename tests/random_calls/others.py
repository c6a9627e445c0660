"""Strings, ragged and sparse tensors, stateless random numbers, signals, operators, indexing."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tests.oracle.spec import const, tensor
from tests.random_calls.draw import (
    COMPLEX,
    FLOATS,
    INTS,
    NUMBERS,
    REALS,
    WIDE,
    Call,
    Draw,
    Maker,
    Table,
    call,
)

WORDS = ("", "a", "tide fall", "Falling,Water", "höhe", " x  y ", "12", "-3.5", "abc123", "日本語")
SEED = ("int32", "int64")

# ---- strings ----


def _text(d: Draw, shape: tuple[int, ...] | None = None) -> Any:
    sizes = d.shape(0, 2) if shape is None else shape

    def fill(rest: tuple[int, ...]) -> Any:
        return [fill(rest[1:]) for _ in range(rest[0])] if rest else d.pick(*WORDS)

    return tensor(fill(sizes), "string") if 0 not in sizes else d.x("string", sizes)


def _regex(d: Draw) -> str:
    return d.pick("a", ".*", "[a-z]+", r"\d", "(a|b)c", "", "[", r"\pL", "^a", "(?i)F", "a{2")


def _substr(d: Draw) -> Call:
    text = _text(d)
    if d.chance(0.7):
        return call(text, d.int(-1, 3), d.int(0, 3), **d.maybe(unit=d.pick("BYTE", "UTF8_CHAR")))
    return call(text, *[d.x("int32", d.pick((), (2,)), low=0, high=2) for _ in range(2)])


def _as_string(d: Draw) -> Call:
    x = d.x((*REALS, "bool", "complex64", "string"))
    return call(x, **d.maybe(precision=d.int(-1, 3), width=d.int(-1, 8), fill=d.pick("", "0", " ")))


def _number_text(d: Draw) -> Call:
    text = tensor([d.pick("1", "-2.5", "1e3", " 7 ", "nan", "x", "", "0x1") for _ in range(2)])
    return call(text, **d.maybe(out_type=d.pick("float32", "float64", "int32", "int64", "int8")))


def _encoded(d: Draw) -> Call:
    encoding = d.pick("UTF-8", "UTF-8", "UTF-16-BE", "US-ASCII", "latin9")
    return call(_text(d), encoding, **d.maybe(errors=d.pick("replace", "ignore", "strict")))


def _reduce_join(d: Draw) -> Call:
    return call(_text(d), **d.maybe(axis=d.axes(2), keepdims=True, separator=d.pick("-", "")))


def _ngrams(d: Draw) -> Call:
    return call(
        _text(d, (d.int(0, 4),)), d.pick(1, 2, [1, 2]), **d.maybe(separator="|", padding_width=1)
    )


STRINGS: Table = {
    "strings.length": lambda d: call(_text(d), **d.maybe(unit=d.pick("BYTE", "UTF8_CHAR"))),
    "strings.lower": lambda d: call(_text(d), **d.maybe(encoding=d.pick("utf-8", ""))),
    "strings.upper": lambda d: call(_text(d), **d.maybe(encoding=d.pick("utf-8", ""))),
    "strings.strip": lambda d: call(_text(d)),
    "strings.bytes_split": lambda d: call(_text(d)),
    "strings.split": lambda d: call(_text(d), **d.maybe(sep=d.pick(",", " ", ""), maxsplit=1)),
    "strings.join": lambda d: call([_text(d, (2,)), _text(d, d.pick((), (2,), (3,)))], "-"),
    "strings.reduce_join": _reduce_join,
    "strings.regex_full_match": lambda d: call(_text(d), _regex(d)),
    "strings.regex_replace": lambda d: call(
        _text(d), _regex(d), d.pick("", "x", r"\0\0", r"\1", r"\9"), d.flag()
    ),
    "strings.substr": _substr,
    "strings.as_string": _as_string,
    "strings.to_number": _number_text,
    "strings.to_hash_bucket_fast": lambda d: call(_text(d), d.int(0, 9)),
    "strings.to_hash_bucket_strong": lambda d: call(_text(d), d.int(1, 9), [1, d.int(0, 9)]),
    "strings.to_hash_bucket": lambda d: call(_text(d), d.int(1, 9)),
    "strings.unicode_decode": _encoded,
    "strings.unicode_split": _encoded,
    "strings.unicode_split_with_offsets": _encoded,
    "strings.unicode_script": lambda d: call(d.x("int32", low=0, high=70000)),
    "strings.unicode_transcode": lambda d: call(
        _text(d), "UTF-8", d.pick("UTF-8", "UTF-16-BE", "UTF-32-BE", "latin1")
    ),
    "strings.unicode_encode": lambda d: call(d.x("int32", (3,), low=30, high=9000), "UTF-8"),
    "strings.ngrams": _ngrams,
    "strings.unsorted_segment_join": lambda d: call(_text(d, (3,)), d.index((3,), 2), 2),
    "io.encode_base64": lambda d: call(_text(d), **d.maybe(pad=True)),
    "io.decode_raw": lambda d: call(_text(d), d.pick("uint8", "int16", "float32")),
}

# ---- ragged and sparse ----


def _on_ragged(*more: Callable[[Draw], Any], dtypes: Any = REALS) -> Maker:
    return lambda d: call(d.ragged(dtypes), *[m(d) for m in more])


def _ragged_sum(d: Draw) -> Call:
    return call(d.ragged((*WIDE, "int32")), **d.maybe(axis=d.pick(0, 1, -1, None, 2, [0, 1])))


def _ragged_range(d: Draw) -> Call:
    return call(d.pick(d.int(0, 4), [1, 2, 4]), **d.maybe(limits=d.pick(5, [3, 4, 5]), deltas=2))


def _to_tensor(d: Draw) -> Call:
    x = d.ragged((*REALS, "string"))
    return call(x, **d.maybe(default_value=d.pick(0, 1, None), shape=d.pick([2, 3], [None, 2])))


def _ragged_constant(d: Draw) -> Call:
    value = d.pick([[1], [2, 3]], [], [[], [1.5]], [[["a"], []], []], [1, [2]], [[1, 2], [3, 4]], 5)
    return call(value, **d.maybe(dtype=d.pick("int64", "float32"), ragged_rank=d.int(0, 2)))


def _sparse_reduce(d: Draw) -> Call:
    return call(d.sparse(WIDE), **d.maybe(axis=d.pick(0, -1, None, [0]), keepdims=True))


def _sparse_dense(d: Draw) -> Call:
    dtype = d.pick("float32", "float64", "complex64", "int32")
    a = d.sparse(dtype, 2)
    rows = int(a.parts[2].value[1])
    return call(a, d.x(dtype, (rows if d.chance(0.9) else 2, d.int(0, 3))))


def _same_sparse(d: Draw) -> tuple[Any, Any]:
    a = d.sparse("float32", 2)
    return a, a


COMPOSITES: Table = {
    **{f"math.{n} ragged": _on_ragged() for n in ["abs", "negative", "square", "sign"]},
    **{f"math.{n} ragged": _on_ragged(dtypes=FLOATS) for n in ["exp", "tanh", "sqrt"]},
    **{
        f"math.{n} ragged": _on_ragged(lambda d: d.pick(1, 2.5, d.x("float32", (1,))))
        for n in ["add", "multiply", "less", "maximum"]
    },
    **{f"math.reduce_{n} ragged": _ragged_sum for n in ["sum", "mean", "max", "min", "prod"]},
    "concat ragged": lambda d: call([d.ragged("int32"), d.ragged("int32")], d.int(-2, 2)),
    "stack ragged": lambda d: call([d.ragged("int32")] * 2, **d.maybe(axis=d.int(-2, 2))),
    "gather ragged": lambda d: call(d.ragged(), d.index((2,), 2)),
    "size ragged": _on_ragged(),
    "rank ragged": _on_ragged(),
    "expand_dims ragged": lambda d: call(d.ragged(), d.int(-3, 3)),
    "tile ragged": lambda d: call(d.ragged(), d.pick([1, 2], [2, 1], [2])),
    "reverse ragged": lambda d: call(d.ragged(), [d.int(-1, 1)]),
    "cast ragged": lambda d: call(d.ragged(), d.pick("float32", "int32", "string")),
    "zeros_like ragged": _on_ragged(),
    "RaggedTensor.to_tensor": _to_tensor,
    "RaggedTensor.row_lengths": lambda d: call(d.ragged(), **d.maybe(axis=d.int(0, 2))),
    "RaggedTensor.to_sparse": _on_ragged(),
    "RaggedTensor.bounding_shape": _on_ragged(),
    "RaggedTensor.from_row_splits": lambda d: call(d.x(REALS, (4,)), [0, d.int(0, 5), 4]),
    "RaggedTensor.from_row_lengths": lambda d: call(d.x(REALS, (4,)), [d.int(-1, 4), 2]),
    "RaggedTensor.from_value_rowids": lambda d: call(
        d.x(REALS, (3,)), d.pick([0, 0, 2], [1, 0, 0])
    ),
    "RaggedTensor.from_tensor": lambda d: call(d.x("int32", (2, 3)), **d.maybe(padding=0)),
    "ragged.range": _ragged_range,
    "ragged.constant": _ragged_constant,
    "ragged.stack": lambda d: call([d.ragged("int32"), d.ragged("int32")]),
    "ragged.boolean_mask": lambda d: call(d.x("int32", (2, 3)), d.x("bool", d.pick((2, 3), (2,)))),
    "ragged.row_splits_to_segment_ids": lambda d: call(d.pick([0, 2, 3], [0], [0, 3, 2], [1, 2])),
    "ragged.segment_ids_to_row_splits": lambda d: call(d.pick([0, 0, 2], [], [1, 0])),
    "sparse.to_dense": lambda d: call(d.sparse((*REALS, "string")), **d.maybe(default_value=1)),
    "sparse.from_dense": lambda d: call(d.x((*REALS, "string"))),
    "sparse.reorder": lambda d: call(d.sparse(NUMBERS)),
    "sparse.transpose": lambda d: call(d.sparse(NUMBERS), **d.maybe(perm=d.pick([1, 0], [0]))),
    "sparse.reshape": lambda d: call(d.sparse(), d.pick([-1], [2, -1], [1, 2])),
    "sparse.reduce_sum": _sparse_reduce,
    "sparse.reduce_max": _sparse_reduce,
    "sparse.add": lambda d: call(*_same_sparse(d)),
    "sparse.maximum": lambda d: call(*_same_sparse(d)),
    "sparse.sparse_dense_matmul": _sparse_dense,
    "sparse.softmax": lambda d: call(d.sparse(WIDE)),
    "sparse.slice": lambda d: call(d.sparse(REALS, 2), [d.int(0, 2), 0], [d.int(0, 3), 2]),
    "sparse.concat": lambda d: call(d.int(-2, 2), [d.sparse("float32", 2), d.sparse("float32", 2)]),
    "sparse.split": lambda d: call(d.sparse("float32", 2), d.int(1, 3), d.int(-1, 2)),
    "sparse.expand_dims": lambda d: call(d.sparse(), d.int(-3, 3)),
    "sparse.retain": lambda d: call(d.sparse("float32", 2), [True] * d.int(0, 3)),
    "sparse.fill_empty_rows": lambda d: call(d.sparse("float32", 2), 1.0),
    "sparse.eye": lambda d: call(d.int(0, 3), **d.maybe(num_columns=d.int(0, 3))),
    "sparse.mask": lambda d: call(d.sparse("float32", 1), [0]),
    "sparse.bincount": lambda d: call(d.x("int32", (2, 3), low=0, high=4), **d.maybe(axis=-1)),
    "sparse.reset_shape": lambda d: call(d.sparse("float32", 2), **d.maybe(new_shape=[4, 5])),
    "sparse.to_indicator": lambda d: call(d.sparse("int64", 2), d.int(5, 12)),
}

# ---- random numbers and signals ----


def _seed(d: Draw) -> Any:
    return d.pick([d.int(0, 9), 2], d.x(SEED, (2,), low=0, high=99))


def _uniform(d: Draw) -> Call:
    if d.flag():
        return call(d.shape_like(d.shape()), _seed(d), **d.maybe(dtype=d.pick(*FLOATS)))
    limits = {"minval": d.int(-3, 3), "maxval": d.int(2, 9), "dtype": d.pick(*INTS[:3], "uint32")}
    return call(d.shape_like(d.shape()), _seed(d), **limits)


def _normal(d: Draw) -> Call:
    return call(d.shape_like(d.shape()), _seed(d), **d.maybe(dtype=d.pick(*WIDE), mean=2.0))


def _fft(d: Draw) -> Call:
    return call(d.x(COMPLEX, d.shape(1, 3)))


def _rfft(d: Draw) -> Call:
    x = d.x(WIDE, d.shape(1, 2))
    return call(x, **d.maybe(fft_length=[d.int(1, 5)]))


def _frame(d: Draw) -> Call:
    x = d.x(REALS, d.shape(1, 2))
    return call(x, d.int(1, 3), d.int(1, 2), **d.maybe(pad_end=True, axis=d.axis(len(x.shape))))


NUMERIC: Table = {
    "random.stateless_uniform": _uniform,
    "random.stateless_normal": _normal,
    "random.stateless_truncated_normal": _normal,
    "random.stateless_categorical": lambda d: call(
        d.x("float32", (d.int(1, 2), d.int(1, 3))), d.int(0, 4), _seed(d)
    ),
    "random.stateless_gamma": lambda d: call(
        d.shape_like([2, *d.shape(0, 1)]), _seed(d), d.pick(0.5, 2.0)
    ),
    "random.stateless_poisson": lambda d: call([d.int(0, 3)], _seed(d), d.pick(0.5, 4.0)),
    "random.split": lambda d: call(_seed(d), **d.maybe(num=d.int(0, 3))),
    "random.fold_in": lambda d: call(_seed(d), d.int(0, 9)),
    "random_index_shuffle": lambda d: call(d.int(0, 5), [1, 2, 3], d.int(5, 9)),
    **{f"signal.{n}": _fft for n in ["fft", "ifft", "fft2d", "ifft2d"]},
    "signal.rfft": _rfft,
    "signal.irfft": lambda d: call(
        d.x(COMPLEX, d.shape(1, 2)), **d.maybe(fft_length=[d.int(1, 5)])
    ),
    "signal.fftshift": lambda d: call(d.x(REALS), **d.maybe(axes=d.axes(2))),
    "signal.frame": _frame,
    "signal.overlap_and_add": lambda d: call(d.x(WIDE, d.shape(2, 3)), d.int(1, 3)),
    "signal.dct": lambda d: call(
        d.x(WIDE, d.shape(1, 2)), **d.maybe(type=d.int(1, 4), norm=d.pick("ortho", None))
    ),
    "signal.hann_window": lambda d: call(d.int(0, 5), **d.maybe(periodic=d.flag())),
    "signal.hamming_window": lambda d: call(d.int(0, 5), **d.maybe(periodic=d.flag())),
    "signal.kaiser_window": lambda d: call(d.int(0, 5), **d.maybe(beta=3.0)),
}

# ---- operators of tensors ----

OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne, "&": operator.and_, "|": operator.or_,
    "^": operator.xor,
}  # fmt: skip
UNARY = {"neg": operator.neg, "abs": abs, "invert": operator.invert}
_END = object()


def _binary_operator(symbol: str) -> Callable[..., Any]:
    return lambda tf, x, y, **options: OPERATORS[symbol](x, y)


def _operands(d: Draw) -> Call:
    x, y = d.pair((*NUMBERS, "bool", "bool"))
    if d.chance(0.1):
        return call(x, d.x(NUMBERS, ()))
    return call(x, y)


def _getitem(tf: Any, x: Any, *specs: Any, **options: Any) -> Any:
    """`x[...]`: lists of three are slices, "..." and "new" stand for Ellipsis and tf.newaxis."""
    words = {"...": Ellipsis, "new": tf.newaxis}
    made = tuple(
        slice(*s) if isinstance(s, list) else words.get(s, s) if isinstance(s, str) else s
        for s in specs
    )
    return x[made if len(made) != 1 else made[0]]


def _items(d: Draw) -> Call:
    x = d.x((*REALS, "string", "bool"), d.shape(0, 3))
    specs: list[Any] = []
    for _ in range(d.int(1, len(x.shape) + 1)):
        limit = d.pick(None, d.int(-4, 4))
        step = d.pick(None, None, 1, 2, -1, 0 if d.chance(0.1) else -2)
        whole: list[Any] = [limit, d.pick(None, d.int(-4, 4)), step]
        specs.append(d.pick(d.int(-3, 3), whole, whole, "...", "new", const(d.int(0, 1))))
    return call(x, *specs)


def _boolean_item(d: Draw) -> Call:
    x = d.x(REALS, d.shape(1, 2))
    return call(x, d.x("bool", x.shape[: d.int(1, 2)]))


def _ragged_item(d: Draw) -> Call:
    first = d.pick(d.int(-3, 3), [d.pick(None, 0, 1), d.pick(None, 2, -1), d.pick(None, 1, 2)])
    rest = d.pick([], [[None, d.int(-2, 2), None]], [d.int(0, 1)])
    return call(d.ragged(), first, *rest)


PROGRAMS: dict[str, Callable[..., Any]] = {
    **{f"x {s} y": _binary_operator(s) for s in OPERATORS},
    **{f"{n}(x)": lambda tf, x, n=n, **options: UNARY[n](x) for n in UNARY},
    "getitem": _getitem,
    "getitem mask": _getitem,
    "getitem ragged": _getitem,
}


def _method(name: str) -> Callable[..., Any]:
    def run(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
        return getattr(x, name)(*args, **options)

    return run


PROGRAMS.update(
    {n: _method(n.split(".")[1]) for n in COMPOSITES if n.startswith("RaggedTensor.")
     and not n.startswith("RaggedTensor.from")}
)  # fmt: skip

TABLE: Table = {
    **STRINGS,
    **COMPOSITES,
    **NUMERIC,
    **{f"x {s} y": _operands for s in OPERATORS},
    **{f"{n}(x)": lambda d: call(d.x((*NUMBERS, "bool"))) for n in UNARY},
    "getitem": _items,
    "getitem  ": _items,
    "getitem mask": _boolean_item,
    "getitem ragged": _ragged_item,
}
PROGRAMS["getitem  "] = _getitem
