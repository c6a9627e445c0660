"""Shapes, and ops that move elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known, onnx_dtype
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Value
from tidefall.op import raw


@export(raw.Reshape)
def _reshape(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, shape = inputs
    dims = out_dims(b, node, shape)
    if None in dims and shape.data is not None and dims.count(None) > 1:
        return b.op("Reshape", [x, b.cast(shape, np.int64)], dims)
    return b.reshape(x, dims, b.cast(shape, np.int64))


def out_dims(b: Builder, node: Operation, shape: Value) -> Dims:
    """Sizes of an output of which a vector says how large it is."""
    out = node.outputs[0]
    if out.shape.rank is not None:
        return tuple(out.shape.as_list())
    if shape.data is not None:
        return tuple(None if d < 0 else int(d) for d in shape.data)
    if shape.shape[0] is not None:
        return (None,) * shape.shape[0]
    return b.dims(out)


@export(raw.Transpose)
def _transpose(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.transpose(inputs[0], known(inputs[1], "permutation").tolist())


@export(raw.ExpandDims)
def _expand_dims(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unsqueeze(inputs[0], [int(known(inputs[1], "axis").reshape(()))])


@export(raw.Squeeze)
def _squeeze(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    axes = node.attrs["squeeze_dims"] or [a for a, d in enumerate(inputs[0].shape) if d == 1]
    return b.squeeze(inputs[0], list(axes))


@export(raw.Shape, raw.ShapeN)
def _shape(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    dtype = onnx_dtype(node.outputs[0].dtype)
    return [b.cast(b.shape_of(x), dtype) for x in inputs]


@export(raw.Size)
def _size(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.cast(b.op("Size", inputs, [], np.int64), onnx_dtype(node.outputs[0].dtype))


@export(raw.Rank)
def _rank(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.const(inputs[0].rank, np.int32)


@export(raw.ConcatV2)
def _concat(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    axis = int(known(inputs[-1], "axis"))
    return b.concat(inputs[:-1], axis)


@export(raw.Pack)
def _pack(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    axis = int(node.attrs["axis"]) % (inputs[0].rank + 1)
    return b.concat([b.unsqueeze(x, [axis]) for x in inputs], axis)


@export(raw.Unpack)
def _unpack(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x, axis = inputs[0], int(node.attrs["axis"]) % inputs[0].rank
    return [b.gather(x, b.const(i, np.int64), axis) for i in range(len(node.outputs))]


@export(raw.Split)
def _split(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    axis, x = int(known(inputs[0], "axis")), inputs[1]
    count = len(node.outputs)
    if count == 1:
        return [x]
    return _parts(b, node, x, axis % x.rank, None, num_outputs=count)


@export(raw.SplitV)
def _split_v(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x, sizes, axis = inputs
    axis = int(known(axis, "axis")) % x.rank
    if sizes.data is not None and (sizes.data < 0).any():
        if x.shape[axis] is None:
            raise CannotExport("the size of what it splits is unknown")
        rest = int(x.shape[axis] - sizes.data[sizes.data >= 0].sum())
        sizes = b.const(np.where(sizes.data < 0, rest, sizes.data).astype(np.int64))
    return _parts(b, node, x, axis, b.cast(sizes, np.int64))


def _parts(
    b: Builder, node: Operation, x: Value, axis: int, sizes: Value | None, **options: Any
) -> list[Value]:
    outputs = [Value(b.name, x.dtype, b.dims(t)) for t in node.outputs]
    b.add("Split", [x] if sizes is None else [x, sizes], outputs, axis=axis, **options)
    return outputs


@export(raw.Tile)
def _tile(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("Tile", [inputs[0], b.cast(inputs[1], np.int64)], node)


@export(raw.Fill)
def _fill(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    shape, value = b.cast(inputs[0], np.int64), inputs[1]
    dims = out_dims(b, node, inputs[0])
    if value.data is not None and value.dtype.kind != "O":
        return b.filled(shape, value.data, value.dtype, dims)
    return b.op("Expand", [value, shape], dims)


@export(raw.BroadcastTo)
def _broadcast_to(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, shape = inputs
    return b.op("Expand", [x, b.cast(shape, np.int64)], out_dims(b, node, shape))


@export(raw.BroadcastArgs)
def _broadcast_args(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = (b.cast(v, np.int64) for v in inputs)
    ranks = [v.shape[0] for v in (x, y)]
    if None in ranks:
        raise CannotExport("the rank of what it broadcasts is unknown")
    longest = max(ranks)
    x, y = (
        b.concat([b.ints(*[1] * (longest - v.shape[0])), v], 0) if v.shape[0] < longest else v
        for v in (x, y)
    )
    one = b.compare("Equal", x, 1)
    return b.cast(b.where(one, y, x), onnx_dtype(node.outputs[0].dtype))


@export(raw.ZerosLike, raw.OnesLike)
def _like(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    number = 0 if node.op_type is raw.ZerosLike else 1
    return b.filled(b.shape_of(x), number, x.dtype, x.shape)


@export(raw.Range)
def _range(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("Range", inputs, node)


@export(raw.LinSpace)
def _lin_space(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    start, stop, count = inputs
    number = int(known(count, "number of points"))
    if number == 1:
        return b.reshape(start, [1])
    steps = b.const(np.arange(number, dtype=np.float64) / (number - 1), start.dtype)
    return b.binary("Add", start, b.binary("Mul", b.binary("Sub", stop, start), steps))


@export(raw.Pad, raw.PadV2, raw.MirrorPad)
def _pad(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, amounts = inputs[:2]
    mode = "constant"
    if node.op_type is raw.MirrorPad:
        if node.attrs["mode"] == "SYMMETRIC":
            return _symmetric(b, x, known(amounts, "paddings"))
        mode = "reflect"
    pads = b.reshape(b.transpose(b.cast(amounts, np.int64), [1, 0]), [2 * x.rank])
    given = [x, pads]
    if len(inputs) > 2:
        given.append(inputs[2])
    elif x.dtype.kind == "b":
        given.append(b.const(False))
    return b.like("Pad", given, node, mode=mode)


def _symmetric(b: Builder, x: Value, amounts: np.ndarray) -> Value:
    for axis, (before, after) in enumerate(amounts.tolist()):
        if not before and not after:
            continue
        size = x.shape[axis]
        if size is None:
            raise CannotExport("a size that it mirrors is unknown")
        places = np.pad(np.arange(size), (before, after), "symmetric")
        x = b.gather(x, b.const(places.astype(np.int64)), axis)
    return x


@export(raw.ReverseV2)
def _reverse(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    axes = [int(a) % x.rank for a in known(inputs[1], "axes").reshape(-1)]
    if not axes:
        return x
    far = np.iinfo(np.int64).min + 1
    return b.slice(x, [-1] * len(axes), [far] * len(axes), axes, [-1] * len(axes), x.shape)


@export(raw.ReverseSequence)
def _reverse_sequence(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, lengths = inputs
    time, batch = int(node.attrs["seq_dim"]), int(node.attrs["batch_dim"])
    if {time, batch} != {0, 1}:
        raise CannotExport(f"ONNX reverses along the first two axes, not {time} of batch {batch}")
    options = {"time_axis": time, "batch_axis": batch}
    return b.like("ReverseSequence", [x, b.cast(lengths, np.int64)], node, **options)


@export(raw.Roll)
def _roll(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    shifts, axes = (known(v, "shift or axis").reshape(-1) for v in inputs[1:])
    for shift, axis in zip(shifts.tolist(), axes.tolist(), strict=True):
        axis %= x.rank
        size = x.shape[axis]
        if size is None:
            raise CannotExport("a size that it rolls is unknown")
        places = np.roll(np.arange(size), shift).astype(np.int64)
        x = b.gather(x, b.const(places), axis)
    return x


@export(raw.InvertPermutation)
def _invert(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    count = b.size(x, 0)
    order = b.op("TopK", [b.cast(x, np.int64), count], x.shape, np.int64, axis=0, largest=0)
    values = order.producer
    assert values is not None
    places = Value(b.name, np.int64, x.shape)
    values.outputs.append(places)
    places.producer = values
    return b.cast(places, x.dtype)


# ---- blocks ----


@export(raw.DepthToSpace)
def _depth_to_space(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _blocks(b, node, inputs[0], "DepthToSpace", mode="DCR")


@export(raw.SpaceToDepth)
def _space_to_depth(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _blocks(b, node, inputs[0], "SpaceToDepth")


def _blocks(b: Builder, node: Operation, x: Value, code: str, **options: Any) -> Value:
    last = node.attrs["data_format"] == "NHWC"
    if node.attrs["data_format"] == "NCHW_VECT_C":
        raise CannotExport("its layout is NCHW_VECT_C")
    first = b.transpose(x, [0, 3, 1, 2]) if last else x
    n, h, w, c = (
        b.dims(node.outputs[0]) if last else [b.dims(node.outputs[0])[i] for i in (0, 2, 3, 1)]
    )
    size = int(node.attrs["block_size"])
    made = b.op(code, [first], (n, c, h, w), blocksize=size, **options)
    return b.transpose(made, [0, 2, 3, 1]) if last else made


@export(raw.SpaceToBatchND)
def _space_to_batch(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    block, paddings = known(inputs[1], "block shape").tolist(), known(inputs[2], "paddings")
    count = len(block)
    pads = np.zeros((x.rank, 2), np.int64)
    pads[1 : count + 1] = paddings
    sizes = [None if d is None else d + int(p.sum()) for d, p in zip(x.shape, pads, strict=True)]
    if pads.any():
        x = b.op("Pad", [x, b.const(pads.T.reshape(-1))], sizes, mode="constant")
    parts: list[Any] = [b.size(x, 0)]
    for i, size in enumerate(block):
        inner = x.shape[i + 1]
        if inner is None:
            raise CannotExport("a size that it divides is unknown")
        parts += [inner // size, size]
    parts += [b.size(x, a) for a in range(count + 1, x.rank)]
    dims = [
        p if isinstance(p, int) else (None if p.data is None else int(p.data[0])) for p in parts
    ]
    split = b.reshape(x, dims, b.sizes(*parts))
    order = [
        *range(2, 2 * count + 1, 2),
        0,
        *range(1, 2 * count, 2),
        *range(2 * count + 1, len(dims)),
    ]
    moved = b.transpose(split, order)
    spatial = [dims[i] for i in range(1, 2 * count, 2)]
    tail = [b.size(x, a) for a in range(count + 1, x.rank)]
    return b.reshape(moved, b.dims(node.outputs[0]), b.sizes(-1, *spatial, *tail))


@export(raw.BatchToSpaceND)
def _batch_to_space(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    block, crops = known(inputs[1], "block shape").tolist(), known(inputs[2], "crops")
    count = len(block)
    if any(x.shape[i + 1] is None for i in range(count)):
        raise CannotExport("a size that it multiplies is unknown")
    tail = [b.size(x, a) for a in range(count + 1, x.rank)]
    spatial = [int(x.shape[i + 1] or 0) for i in range(count)]
    tail_dims = x.shape[count + 1 :]
    split = b.reshape(x, [*block, None, *spatial, *tail_dims], b.sizes(*block, -1, *spatial, *tail))
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(2 * count + 1, split.rank)
    moved = b.transpose(split, order)
    whole = [s * k for s, k in zip(spatial, block, strict=True)]
    joined = b.reshape(moved, [None, *whole, *tail_dims], b.sizes(-1, *whole, *tail))
    axes = [i + 1 for i in range(count)]
    ends = [s - int(c[1]) for s, c in zip(whole, crops, strict=True)]
    return b.slice(joined, [int(c[0]) for c in crops], ends, axes, dims=b.dims(node.outputs[0]))
