"""Shapes, slices, joining and splitting, gathering and scattering, padding."""

from __future__ import annotations

from tests.random_calls.draw import (
    ANY,
    FLOATS,
    INDICES,
    NUMBERS,
    REALS,
    Call,
    Draw,
    Maker,
    Table,
    call,
)

DTYPES = ("float32", "float32", "float64", "bfloat16", "int32", "int64", "uint8", "bool")
MOVED = (*DTYPES, "complex64", "string", "float16", "int16", "uint32")


def _reshape(d: Draw) -> Call:
    x = d.x(MOVED)
    sizes = list(d.rng.permutation(x.shape))
    if sizes and d.chance(0.4):
        sizes[d.int(0, len(sizes) - 1)] = -1
    elif d.flag():
        sizes = [*sizes, 1] if d.flag() else [-1]
    return call(x, d.shape_like(sizes))


def _slice(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    begin = [d.int(0, s) for s in x.shape]
    size = [
        d.int(-1, s - b) if d.chance(0.93) else d.int(-2, 5)
        for s, b in zip(x.shape, begin, strict=True)
    ]
    return call(x, d.shape_like(begin), d.shape_like(size))


def _strided_slice(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    count = d.int(1, len(x.shape))
    strides = [d.pick(1, 1, 2, -1, -2) for _ in range(count)]
    begin, end = [[d.int(-4, 4) for _ in range(count)] for _ in range(2)]
    masks = d.maybe(begin_mask=d.int(0, 3), end_mask=d.int(0, 3))
    if d.chance(0.2):
        masks["ellipsis_mask"] = d.pick(0, 1, 2)
    if d.chance(0.2):
        masks["new_axis_mask"] = d.pick(0, 1, 2)
    if d.chance(0.2):
        masks["shrink_axis_mask"] = d.pick(0, 1, 2)
    return call(x, begin, end, strides, **masks)


def _gather(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    axis = d.axis(len(x.shape))
    size = x.shape[axis] if -len(x.shape) <= axis < len(x.shape) else 2
    options = {"axis": axis}
    lead: tuple[int, ...] = ()
    if d.chance(0.25):
        batch = d.int(0, len(x.shape))
        lead = x.shape[:batch]
        options["batch_dims"] = batch
    return call(x, d.index((*lead, *d.shape(0, 2)), size), **options)


def _gather_nd(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    depth = d.int(0, len(x.shape))
    below = min(x.shape[:depth], default=1)
    options = {"batch_dims": d.int(0, 1)} if d.chance(0.2) else {}
    lead = x.shape[:1] if options.get("batch_dims") else d.shape(0, 2)
    return call(x, d.index((*lead, depth), below), **options)


def _boolean_mask(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    if d.flag():
        axis = d.axis(len(x.shape))
        size = x.shape[axis] if -len(x.shape) <= axis < len(x.shape) else 2
        return call(x, d.x("bool", (size,)), axis=axis)
    return call(x, d.x("bool", x.shape[: d.int(1, len(x.shape))]))


def _scatter_nd(d: Draw) -> Call:
    shape = d.shape(1, 3)
    depth = d.int(1, len(shape))
    lead = d.shape(0, 2)
    indices = d.index((*lead, depth), min(shape[:depth]))
    return call(indices, d.x(NUMBERS, (*lead, *shape[depth:])), d.shape_like(shape))


def _tensor_scatter(d: Draw) -> Call:
    shape = d.shape(1, 3)
    depth, lead, dtype = d.int(1, len(shape)), d.shape(0, 2), d.pick(*DTYPES)
    indices = d.index((*lead, depth), min(shape[:depth]))
    return call(d.x(dtype, shape), indices, d.x(dtype, (*lead, *shape[depth:])))


def _pad(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(0, 3))
    paddings = [[d.int(0, 2), d.int(0, 2)] for _ in x.shape]
    if paddings and d.chance(0.05):
        paddings[0][0] = -1
    options = {"mode": d.pick("CONSTANT", "REFLECT", "SYMMETRIC", "reflect")} if d.flag() else {}
    if not options and d.flag() and x.dtype not in ("string", "bool"):
        options["constant_values"] = d.pick(1, 0, 3)
    return call(x, paddings, **options)


def _tile(d: Draw) -> Call:
    x = d.x(MOVED)
    return call(x, d.shape_like([d.int(0, 3) for _ in x.shape]))


def _concat(d: Draw) -> Call:
    shape = d.shape(1, 3)
    axis, dtype = d.axis(len(shape)), d.pick(*MOVED)
    parts = []
    for _ in range(d.int(1, 3)):
        one = list(shape)
        if -len(shape) <= axis < len(shape):
            one[axis] = d.size()
        parts.append(d.x(dtype, one))
    return call(parts, axis)


def _stack(d: Draw) -> Call:
    shape, dtype = d.shape(0, 2), d.pick(*MOVED)
    parts = [d.x(dtype, shape) for _ in range(d.int(1, 3))]
    return call(parts, **d.maybe(axis=d.axis(len(shape) + 1)))


def _unstack(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    return call(x, axis=d.axis(len(x.shape)), num=x.shape[0] if d.chance(0.3) else None)


def _split(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    axis = d.axis(len(x.shape))
    size = x.shape[axis] if -len(x.shape) <= axis < len(x.shape) else 2
    first = d.int(0, size)
    counts = d.pick(1, size, [first, size - first], [first, -1], [size], d.int(1, 4), [2, 1])
    return call(x, counts, axis=axis)


def _transpose(d: Draw) -> Call:
    x = d.x(MOVED)
    perm = [int(p) for p in d.rng.permutation(len(x.shape))]
    if perm and d.chance(0.07):
        perm[0] = d.int(-2, 4)
    options = {"perm": d.shape_like(perm)} if d.chance(0.75) else {}
    return call(x, **options, **({"conjugate": True} if d.chance(0.1) else {}))


def _roll(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    rank = len(x.shape)
    if d.flag():
        return call(x, d.int(-4, 4), d.axis(rank))
    count = d.int(0, rank)
    return call(x, [d.int(-4, 4) for _ in range(count)], [d.axis(rank) for _ in range(count)])


def _reverse(d: Draw) -> Call:
    x = d.x(MOVED)
    axes = {d.axis(len(x.shape)) for _ in range(d.int(0, 2))}
    return call(x, sorted(axes))


def _where(d: Draw) -> Call:
    shape, other = d.broadcasting()
    if d.chance(0.2):
        return call(d.x(("bool", "bool", *REALS), d.shape(0, 3)))
    dtype = d.pick(*MOVED)
    y = d.pick(d.x(dtype, other), 0, d.x(dtype, ()))
    return call(d.x("bool", shape), d.x(dtype, other), y)


def _one_hot(d: Draw) -> Call:
    indices = d.x(("int32", "int64", "uint8"), d.shape(0, 2), low=-1, high=5)
    options = d.maybe(axis=d.axis(len(indices.shape) + 1))
    if d.flag():
        options |= d.maybe(on_value=d.pick(2, 0.5, True), off_value=d.pick(-1, 0.5, False))
        options |= d.maybe(dtype=d.pick("float32", "int32", "bool", "uint8", "string"))
    return call(indices, d.int(0, 5), **options)


def _sequence_mask(d: Draw) -> Call:
    lengths = d.x(INDICES, d.shape(0, 2), low=-1, high=5)
    return call(lengths, **d.maybe(maxlen=d.int(0, 5), dtype=d.pick("float32", "int32", "bool")))


def _meshgrid(d: Draw) -> Call:
    dtype = d.pick(*MOVED)
    parts = [d.x(dtype, d.shape(0, 1)) for _ in range(d.int(0, 3))]
    return call(*parts, **d.maybe(indexing=d.pick("xy", "ij")))


def _unique(d: Draw) -> Call:
    x = d.x((*REALS, "string", "bool"), d.pick((d.int(0, 6),), d.shape(0, 2)))
    return call(x, **d.maybe(out_idx=d.pick("int32", "int64")))


def _squeeze(d: Draw) -> Call:
    shape = tuple(d.pick(1, 1, d.size()) for _ in range(d.int(0, 4)))
    return call(d.x(MOVED, shape), **d.maybe(axis=d.axes(len(shape))))


def _expand(d: Draw) -> Call:
    x = d.x(MOVED)
    return call(x, d.axis(len(x.shape) + 1))


def _broadcast_to(d: Draw) -> Call:
    whole = d.shape()
    part = tuple(1 if d.chance(0.3) else s for s in whole[d.int(0, len(whole)) :])
    return call(d.x(MOVED, part), d.shape_like(whole))


def _repeat(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(0, 3))
    options = {"axis": d.axis(len(x.shape))} if d.chance(0.7) else {}
    axis = options.get("axis")
    size = 1
    if axis is None:
        for s in x.shape:
            size *= s
    elif -len(x.shape) <= axis < len(x.shape):
        size = x.shape[axis]
    repeats = d.pick(d.int(0, 3), d.x("int32", (size,), low=0, high=3), [1, 2])
    return call(x, repeats, **options)


def _dynamic_partition(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(1, 3))
    return call(x, d.index(x.shape[: d.int(0, len(x.shape))], 3), 3)


def _dynamic_stitch(d: Draw) -> Call:
    dtype, tail = d.pick(*MOVED), d.shape(0, 1)
    counts = [d.int(0, 3) for _ in range(d.int(1, 2))]
    return call(
        [d.x("int32", (c,), low=0, high=5) for c in counts],
        [d.x(dtype, (c, *tail)) for c in counts],
    )


def _reverse_sequence(d: Draw) -> Call:
    x = d.x(MOVED, d.shape(2, 3))
    seq, batch = d.pick((1, 0), (0, 1), (1, 0), (-1, 0))
    lengths = d.x(INDICES, (x.shape[batch],), low=0, high=max(x.shape[seq], 0) + 1)
    return call(x, lengths, seq_axis=seq, batch_axis=batch)


def _space_to_batch(d: Draw) -> Call:
    x = d.x(DTYPES, (d.int(1, 2), 2 * d.int(1, 2), 2 * d.int(0, 2), d.int(1, 2)))
    return call(
        x, d.pick([2, 2], [1, 2], [2]), d.pick([[0, 0], [0, 0]], [[1, 1], [0, 2]], [[0, 0]])
    )


def _batch_to_space(d: Draw) -> Call:
    x = d.x(DTYPES, (4 * d.int(1, 2), d.int(1, 2), d.int(1, 3), 1))
    return call(x, [2, 2], d.pick([[0, 0], [0, 0]], [[1, 0], [0, 1]]))


def _filled(d: Draw) -> Call:
    return call(d.shape_like(d.shape()), **d.maybe(dtype=d.pick(*ANY)))


def _like(d: Draw) -> Call:
    return call(d.x(MOVED), **d.maybe(dtype=d.pick(*ANY)))


def _fill(d: Draw) -> Call:
    return call(d.shape_like(d.shape()), d.pick(1, 0.5, True, "text", d.x(MOVED, ())))


def _moved(d: Draw) -> Call:
    return call(d.x(MOVED))


def _measured(d: Draw) -> Call:
    return call(d.x(MOVED), **d.maybe(out_type=d.pick("int32", "int64", "int16")))


def _unravel(d: Draw) -> Call:
    return call(d.index(d.shape(0, 1), 6), d.pick([2, 3], [6], [3, 2, 1]))


def _cast(d: Draw) -> Call:
    return call(d.x((*NUMBERS, "bool"), low=-300, high=300), d.pick(*ANY[:-1]))


def _bitcast(d: Draw) -> Call:
    x = d.x(("float32", "int32", "uint8", "float64", "bfloat16"), d.shape(0, 2))
    return call(x, d.pick("float32", "int32", "uint8", "int64", "float16", "complex64"))


def _constant(d: Draw) -> Call:
    value = d.pick(
        1, 2.5, True, "text", [1, 2], [[1.5], [2]], [], [[1], [2, 3]], [1, "a"], 2**40, 1j
    )
    options = d.maybe(dtype=d.pick(*ANY))
    if d.chance(0.3):
        options["shape"] = d.pick([2], [2, 1], [], [3])
    return call(value, **options)


def _convert(d: Draw) -> Call:
    value = d.pick(1, 2.5, True, "text", [1, 2.0], [[1], [2]], [], d.x(MOVED))
    return call(value, **d.maybe(dtype=d.pick(*ANY), dtype_hint=d.pick(*ANY)))


def _ensure_shape(d: Draw) -> Call:
    x = d.x(MOVED)
    return call(x, d.pick(None, list(x.shape), [None] * len(x.shape), [2], [None, 3]))


def _scatter_minmax(d: Draw) -> Call:
    shape, dtype = d.shape(1, 2), d.pick(*REALS)
    indices = d.index((d.int(0, 3), 1), shape[0])
    return call(d.x(dtype, shape), indices, d.x(dtype, (indices.shape[0], *shape[1:])))


def _same(*names: str, maker: Maker) -> Table:
    return dict.fromkeys(names, maker)


TABLE: Table = {
    **_same("reshape", maker=_reshape),
    **_same("slice", maker=_slice),
    **_same("strided_slice", maker=_strided_slice),
    **_same("gather", maker=_gather),
    **_same("gather_nd", maker=_gather_nd),
    **_same("boolean_mask", maker=_boolean_mask),
    **_same("scatter_nd", maker=_scatter_nd),
    **_same("tensor_scatter_nd_update", "tensor_scatter_nd_add", maker=_tensor_scatter),
    **_same("tensor_scatter_nd_sub", maker=_tensor_scatter),
    **_same("tensor_scatter_nd_min", "tensor_scatter_nd_max", maker=_scatter_minmax),
    **_same("pad", maker=_pad),
    **_same("tile", maker=_tile),
    **_same("concat", maker=_concat),
    **_same("stack", maker=_stack),
    **_same("unstack", maker=_unstack),
    **_same("split", maker=_split),
    **_same("transpose", maker=_transpose),
    **_same("roll", maker=_roll),
    **_same("reverse", maker=_reverse),
    **_same("where", maker=_where),
    **_same("one_hot", maker=_one_hot),
    **_same("sequence_mask", maker=_sequence_mask),
    **_same("meshgrid", maker=_meshgrid),
    **_same("unique", "unique_with_counts", maker=_unique),
    **_same("squeeze", maker=_squeeze),
    **_same("expand_dims", maker=_expand),
    **_same("broadcast_to", maker=_broadcast_to),
    **_same("repeat", maker=_repeat),
    **_same("dynamic_partition", maker=_dynamic_partition),
    **_same("dynamic_stitch", maker=_dynamic_stitch),
    **_same("reverse_sequence", maker=_reverse_sequence),
    **_same("space_to_batch", maker=_space_to_batch),
    **_same("batch_to_space", maker=_batch_to_space),
    **_same("zeros", "ones", maker=_filled),
    **_same("zeros_like", "ones_like", maker=_like),
    **_same("fill", maker=_fill),
    **_same("rank", "identity", "stop_gradient", "guarantee_const", maker=_moved),
    **_same("shape", "size", maker=_measured),
    **_same("unravel_index", maker=_unravel),
    **_same("cast", "saturate_cast", maker=_cast),
    **_same("bitcast", maker=_bitcast),
    **_same("constant", maker=_constant),
    **_same("convert_to_tensor", maker=_convert),
    **_same("ensure_shape", maker=_ensure_shape),
    "shape_n": lambda d: call([d.x(MOVED) for _ in range(d.int(0, 2))]),
    "identity_n": lambda d: call([d.x(MOVED) for _ in range(d.int(0, 2))]),
    "broadcast_dynamic_shape": lambda d: call(*[d.shape_like(s) for s in d.broadcasting()]),
    "broadcast_static_shape": lambda d: call(*[d.shape_like(s) for s in d.broadcasting()]),
    "parallel_stack": lambda d: call([d.x("float32", (2,)) for _ in range(d.int(1, 2))]),
    "edit_distance": lambda d: call(d.sparse("int64", 2), d.sparse("int64", 2)),
    "fingerprint": lambda d: call(d.x(("int32", "uint8", "string"), d.shape(1, 2))),
    "required_space_to_batch_paddings": lambda d: call([d.int(1, 5), 3], [d.int(1, 3), 2]),
    "linalg.tensordot": lambda d: call(d.x(FLOATS, (2, 2)), d.x(FLOATS, (2, 2)), d.axis(2)),
}
