"""Shapes, joining and splitting, padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


@lower(raw.Shape)
def _shape(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.cast(b.shape_of(inputs[0]), lite_dtype(node.outputs[0].dtype))


@lower(raw.ShapeN)
def _shape_n(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    return [b.cast(b.shape_of(v), lite_dtype(node.outputs[0].dtype)) for v in inputs]


@lower(raw.Size)
def _size(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    shape = b.shape_of(inputs[0])
    total = b.op("REDUCE_PROD", [shape, b.const([0], np.int32)], [], keep_dims=False)
    return b.cast(total, lite_dtype(node.outputs[0].dtype))


@lower(raw.Reshape)
def _reshape(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, shape = inputs
    dims = b.dims(node.outputs[0])
    if shape.data is not None and dims.count(None) > 1 and (shape.data == -1).sum() < 2:
        return b.op("RESHAPE", [x, b.cast(shape, np.int32)], dims)
    return b.reshape(x, dims, shape)


@lower(raw.ExpandDims)
def _expand_dims(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, axis = inputs
    if axis.data is None:
        raise CannotLower("its axis is not known when converting")
    dims = b.dims(node.outputs[0])
    place = int(np.asarray(axis.data).reshape(-1)[0]) % len(dims)
    dims = (*x.shape[:place], 1, *x.shape[place:])
    if dims.count(None) < 2 and 0 not in dims:
        return b.reshape(x, dims)
    return b.op("EXPAND_DIMS", [x, b.const(place, np.int32)], dims)


@lower(raw.Squeeze)
def _squeeze(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    dims = b.dims(node.outputs[0])
    x = inputs[0]
    if dims.count(None) < 2 and 0 not in dims:
        return b.reshape(x, dims)
    axes = [int(a) % x.rank for a in node.attrs["squeeze_dims"]]
    return b.op("SQUEEZE", [x], dims, squeeze_dims=axes)


@lower(raw.Transpose)
def _transpose(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, order = inputs
    if order.data is None:
        return b.like("TRANSPOSE", inputs, node)
    return b.transpose(x, [int(a) % x.rank for a in order.data])


@lower(raw.ConcatV2)
def _concat(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    *parts, axis = inputs
    if axis.data is None:
        raise CannotLower("its axis is not known when converting")
    place = int(axis.data) % parts[0].rank
    parts = [p for p in parts if p.shape[place] != 0] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    return b.like("CONCATENATION", parts, node, axis=place)


@lower(raw.Pack)
def _pack(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    place = int(node.attrs["axis"]) % (inputs[0].rank + 1)
    return b.like("PACK", inputs, node, values_count=len(inputs), axis=place)


@lower(raw.Unpack)
def _unpack(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x = inputs[0]
    place = int(node.attrs["axis"]) % x.rank
    made = [Value(b.name, x.dtype, b.dims(t)) for t in node.outputs]
    b.add("UNPACK", [x], made, num=len(made), axis=place)
    return made


@lower(raw.Split)
def _split(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    axis, x = inputs
    if axis.data is None:
        raise CannotLower("its axis is not known when converting")
    if len(node.outputs) == 1:
        return [x]
    place = b.const(int(axis.data) % x.rank, np.int32)
    made = [Value(b.name, x.dtype, b.dims(t)) for t in node.outputs]
    b.add("SPLIT", [place, x], made, num_splits=len(made))
    return made


@lower(raw.SplitV)
def _split_v(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x, sizes, axis = inputs
    if axis.data is None or sizes.data is None:
        raise CannotLower("its sizes or axis are not known when converting")
    if len(node.outputs) == 1:
        return [x]
    place = b.const(int(axis.data) % x.rank, np.int32)
    made = [Value(b.name, x.dtype, b.dims(t)) for t in node.outputs]
    b.add("SPLIT_V", [x, b.cast(sizes, np.int32), place], made, num_splits=len(made))
    return made


@lower(raw.Tile)
def _tile(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, times = inputs
    if times.data is not None and (times.data == 1).all():
        return x
    return b.like("TILE", [x, b.cast(times, np.int32)], node)


@lower(raw.BroadcastTo)
def _broadcast_to(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, shape = inputs
    dims = b.dims(node.outputs[0])
    return b.broadcast_to(x, dims, b.cast(shape, np.int32))


@lower(raw.BroadcastArgs)
def _broadcast_args(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("BROADCAST_ARGS", inputs, node)


@lower(raw.Fill)
def _fill(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("FILL", [b.cast(inputs[0], np.int32), inputs[1]], node)


def _filled(number: int) -> Any:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        x = inputs[0]
        return b.like("FILL", [b.shape_of(x), b.const(number, x.dtype)], node)

    return rule


lower(raw.ZerosLike)(_filled(0))
lower(raw.OnesLike)(_filled(1))


@lower(raw.Range)
def _range(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("RANGE", inputs, node)


def _paddings(value: Value) -> np.ndarray:
    if value.data is None:
        raise CannotLower("its paddings are not known when converting")
    return np.asarray(value.data)


@lower(raw.Pad)
def _pad(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _zero_padded(b, node, *inputs)


def _zero_padded(b: Builder, node: Operation, x: Value, paddings: Value) -> Value:
    known = paddings.data
    if known is not None and not known.any():
        return x
    return b.like("PAD", [x, b.cast(paddings, np.int32)], node)


@lower(raw.PadV2)
def _pad_v2(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, paddings, value = inputs
    if value.data is not None and not np.asarray(value.data).any():
        return _zero_padded(b, node, x, paddings)
    return b.like("PADV2", [x, b.cast(paddings, np.int32), value], node)


@lower(raw.MirrorPad)
def _mirror_pad(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, paddings = inputs
    _paddings(paddings)
    mode = node.attrs["mode"]
    return b.like("MIRROR_PAD", [x, b.cast(paddings, np.int32)], node, mode=mode)


@lower(raw.ReverseV2)
def _reverse(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, axes = inputs
    if axes.data is None:
        raise CannotLower("its axes are not known when converting")
    for axis in np.asarray(axes.data).reshape(-1):
        place = b.const([int(axis) % x.rank], np.int32)
        x = b.op("REVERSE_V2", [x, place], x.shape)
    return x


@lower(raw.ReverseSequence)
def _reverse_sequence(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    a = node.attrs
    return b.like("REVERSE_SEQUENCE", inputs, node, seq_dim=a["seq_dim"], batch_dim=a["batch_dim"])


@lower(raw.Roll)
def _roll(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, shifts, axes = inputs
    if shifts.data is None or axes.data is None:
        raise CannotLower("its shifts are not known when converting")
    for shift, axis in zip(shifts.data.reshape(-1), axes.data.reshape(-1), strict=True):
        axis = int(axis) % x.rank
        size = x.shape[axis]
        if size is None:
            raise CannotLower("the size that it rolls along is free")
        at = int(shift) % size
        if at:
            head = _part(b, x, axis, size - at, at)
            tail = _part(b, x, axis, 0, size - at)
            x = b.op("CONCATENATION", [head, tail], x.shape, axis=axis)
    return x


def _part(b: Builder, x: Value, axis: int, start: int, count: int) -> Value:
    begin = [0] * x.rank
    size = [-1] * x.rank
    begin[axis], size[axis] = start, count
    dims = [count if i == axis else d for i, d in enumerate(x.shape)]
    return b.op("SLICE", [x, b.const(begin, np.int32), b.const(size, np.int32)], dims)


@lower(raw.SpaceToDepth, raw.DepthToSpace)
def _blocks(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if node.attrs["data_format"] != "NHWC":
        raise CannotLower(f"its layout {node.attrs['data_format']} is not NHWC")
    code = "SPACE_TO_DEPTH" if node.op_type is raw.SpaceToDepth else "DEPTH_TO_SPACE"
    return b.like(code, inputs, node, block_size=node.attrs["block_size"])


@lower(raw.SpaceToBatchND, raw.BatchToSpaceND)
def _batch_blocks(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    code = "SPACE_TO_BATCH_ND" if node.op_type is raw.SpaceToBatchND else "BATCH_TO_SPACE_ND"
    return b.like(code, [inputs[0], *(b.cast(v, np.int32) for v in inputs[1:])], node)


@lower(raw.InvertPermutation)
def _invert(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    if x.shape[0] is None:
        raise CannotLower("its length is free")
    places = b.reshape(x, (*x.shape, 1))
    numbers = b.const(np.arange(x.shape[0]), x.dtype)
    return b.like("SCATTER_ND", [places, numbers, b.const(x.shape, np.int32)], node)


@lower(raw.MatrixDiag, raw.MatrixDiagV2, raw.MatrixDiagV3)
def _matrix_diag(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    out = b.dims(node.outputs[0])
    if len(inputs) > 1 and (inputs[1].data is None or np.any(inputs[1].data)):
        raise CannotLower("it places other diagonals than the main one")
    if len(out) >= 2 and out[-1] != out[-2]:
        raise CannotLower("its matrices are not square")
    return b.like("MATRIX_DIAG", inputs[:1], node)


@lower(raw.MatrixSetDiag)
def _matrix_set_diag(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("MATRIX_SET_DIAG", inputs, node)


@lower(raw.MatrixBandPart)
def _band_part(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """Zero outside of the band: rows and columns are numbered and compared."""
    x, lower_count, upper_count = inputs
    if lower_count.data is None or upper_count.data is None:
        raise CannotLower("its band is not known when converting")
    low, high = int(lower_count.data), int(upper_count.data)
    rows, columns = (_numbers(b, x, axis) for axis in (-2, -1))
    shape = (rows.shape[0], columns.shape[1])
    conditions: list[Value] = []
    if low >= 0:
        below = b.op("SUB", [rows, columns], shape)
        conditions.append(b.op("LESS_EQUAL", [below, b.const(low, np.int32)], shape, np.bool_))
    if high >= 0:
        above = b.op("SUB", [columns, rows], shape)
        conditions.append(b.op("LESS_EQUAL", [above, b.const(high, np.int32)], shape, np.bool_))
    if not conditions:
        return x
    inside = conditions[0]
    if len(conditions) > 1:
        inside = b.op("LOGICAL_AND", conditions, shape)
    if x.dtype == np.bool_:
        return b.like("LOGICAL_AND", [x, inside], node)
    return b.like("MUL", [x, b.cast(inside, x.dtype)], node)


def _numbers(b: Builder, x: Value, axis: int) -> Value:
    """0, 1, ... along the last or the last but one dimension, as a matrix."""
    size = x.shape[axis]
    start, step = b.const(0, np.int32), b.const(1, np.int32)
    if size is not None:
        line = b.const(np.arange(size, dtype=np.int32))
    else:
        line = b.op("RANGE", [start, b.size(x, axis), step], [None], np.int32)
    return b.reshape(line, (size, 1) if axis == -2 else (1, size))


@lower(raw.LowerBound, raw.UpperBound)
def _bound(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """How many of the sorted numbers are below a value."""
    ordered, values = inputs
    code = "LESS" if node.op_type is raw.LowerBound else "LESS_EQUAL"
    rows, count = ordered.shape
    given = values.shape
    left = b.reshape(ordered, (rows, 1, count))
    right = b.reshape(values, (*given, 1))
    below = b.op(code, [left, right], (given[0], given[1], count), np.bool_)
    dtype = lite_dtype(node.outputs[0].dtype)
    return b.like("SUM", [b.cast(below, dtype), b.const([2], np.int32)], node, keep_dims=False)


@lower(raw.DenseBincount)
def _bincount(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """A sum of one-hot vectors."""
    x, size, weights = inputs
    dtype = lite_dtype(node.outputs[0].dtype)
    dims = (*x.shape, None if size.data is None else int(size.data))
    on, off = b.const(1, dtype), b.const(0, dtype)
    hits = b.op("ONE_HOT", [x, b.cast(size, np.int32), on, off], dims, dtype, axis=-1)
    if weights.shape != (0,) and not node.attrs["binary_output"]:
        spread = b.reshape(weights, (*weights.shape, 1))
        hits = b.binary("MUL", hits, spread)
    code = "REDUCE_MAX" if node.attrs["binary_output"] else "SUM"
    return b.like(code, [hits, b.const([x.rank - 1], np.int32)], node, keep_dims=False)


@lower(raw.Bitcast)
def _bitcast(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("BITCAST", inputs, node)


@lower(raw.LinSpace)
def _linspace(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    start, stop, count = inputs
    if count.data is None:
        raise CannotLower("how many numbers it gives is not known when converting")
    n = int(count.data)
    step = b.binary("MUL", b.binary("SUB", stop, start), 1.0 / max(n - 1, 1))
    places = b.const(np.arange(n, dtype=np.float32))
    return b.binary("ADD", b.binary("MUL", places, step), start)
