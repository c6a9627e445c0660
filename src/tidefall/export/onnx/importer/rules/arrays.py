"""Shapes, and ops that move elements."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, dtype_of, onnx_op
from tidefall.export.onnx.importer.values import array_of, tensor_dtype


@onnx_op("Constant")
def _constant(c: Call) -> Any:
    for name, value in c.attributes.items():
        if name == "value":
            return array_of(value)
        if name in ("value_string", "value_strings"):
            return np.array(value, object)
        if name in ("value_float", "value_floats"):
            return np.array(value, np.float32)
        if name in ("value_int", "value_ints"):
            return np.array(value, np.int64)
    raise CannotImport("it has no value that is read")


@onnx_op("ConstantOfShape")
def _constant_of_shape(c: Call) -> Any:
    value = c.attr("value")
    number = np.float32(0) if value is None else array_of(value).reshape(())
    return tf.fill(c[0], number)


@onnx_op("Shape")
def _shape(c: Call) -> Any:
    x = c[0]
    dims = list(x.shape) if isinstance(x, np.ndarray) or x.shape.rank is not None else None
    start, end = c.attr("start", 0), c.attr("end")
    if dims is not None and None not in dims[start:end]:
        return np.array(dims[start:end], np.int64)
    return tf.shape(x, tf.int64)[start:end]


@onnx_op("Size")
def _size(c: Call) -> Any:
    return tf.size(c[0], tf.int64)


@onnx_op("Reshape")
def _reshape(c: Call) -> Any:
    x = c[0]
    if c.opset < 5:
        shape = np.array(c.attr("shape"), np.int64)
    else:
        shape = c[1]
    if c.attr("allowzero", 0):
        return tf.reshape(x, shape)
    if isinstance(shape, np.ndarray):
        dims = list(x.shape)
        given = [dims[i] if d == 0 else int(d) for i, d in enumerate(shape)]
        if None not in given:
            return tf.reshape(x, np.array(given, np.int64))
        if given.count(None) == 1 and -1 not in given:
            return tf.reshape(x, [-1 if d is None else d for d in given])
        sizes = tf.shape(x, tf.int64)
        return tf.reshape(x, tf.stack([sizes[i] if d is None else d for i, d in enumerate(given)]))
    sizes = tf.shape(x, tf.int64)
    count = dims_of(shape)[0]
    if count is None:
        raise CannotImport("the rank of its output is only known when the model runs")
    padded = tf.concat([sizes, tf.zeros([count], tf.int64)], 0)[:count]
    return tf.reshape(x, tf.where(shape == 0, padded, shape))


@onnx_op("Flatten")
def _flatten(c: Call) -> Any:
    x, axis = c[0], c.attr("axis", 1)
    dims = dims_of(x)
    axis += len(dims) if axis < 0 else 0
    first, rest = dims[:axis], dims[axis:]
    if None not in rest:
        return tf.reshape(x, [-1 if None in first else int(np.prod(first)), int(np.prod(rest))])
    return tf.reshape(x, tf.stack([tf.reduce_prod(tf.shape(x)[:axis]), -1]))


@onnx_op("Transpose")
def _transpose(c: Call) -> Any:
    rank = len(c[0].shape)
    order = list(c.attr("perm") or range(rank)[::-1])
    last = c.execution.layouts.known_last(c[0])
    if last is not None and order == [0, *range(2, rank), 1]:
        return last
    return tf.transpose(c[0], order)


@onnx_op("Unsqueeze")
def _unsqueeze(c: Call) -> Any:
    x, axes = c[0], c.axes(1, None) or []
    rank = len(x.shape) + len(axes)
    for axis in sorted(a % rank for a in axes):
        x = tf.expand_dims(x, axis)
    return x if axes else tf.identity(x)


@onnx_op("Squeeze")
def _squeeze(c: Call) -> Any:
    return tf.squeeze(c[0], c.axes(1, None))


@onnx_op("Concat")
def _concat(c: Call) -> Any:
    axis = c.attr("axis", 1)
    if len(c.inputs) == 1:
        return tf.identity(c[0])
    layouts = c.execution.layouts
    lasts = [None if isinstance(v, np.ndarray) else layouts.known_last(v) for v in c.inputs]
    if all(v is not None for v in lasts):
        rank = lasts[0].shape.rank
        axis %= rank
        moved = 0 if axis == 0 else rank - 1 if axis == 1 else axis - 1
        return layouts.first(tf.concat(lasts, moved), rank)
    return tf.concat(c.inputs, axis)


@onnx_op("Split")
def _split(c: Call) -> Any:
    x, axis = c[0], c.attr("axis", 0)
    sizes = c.attr("split") if c.opset < 13 else None
    if sizes is None and c.get(1) is not None:
        sizes = c[1]
    count = c.attr("num_outputs", c.outputs)
    if sizes is not None:
        return tf.split(x, sizes, axis, num=c.outputs)
    size = dims_of(x)[axis]
    if size is None:
        return tf.split(x, count, axis)
    each = -(-size // count)
    return tf.split(x, [each] * (count - 1) + [size - each * (count - 1)], axis)


@onnx_op("Slice")
def _slice(c: Call) -> Any:
    x = c[0]
    dims = dims_of(x)
    if c.opset < 10:
        starts, ends = np.array(c.attr("starts")), np.array(c.attr("ends"))
        axes, steps = c.attr("axes"), None
    else:
        starts, ends, steps = c[1], c[2], c.get(4)
        axes = None if c.get(3) is None else c.known(3, "axes").reshape(-1).tolist()
    count = dims_of(starts)[0]
    if count is None:
        raise CannotImport("the number of its axes is only known when the model runs")
    axes = list(range(count)) if axes is None else axes
    strides = [1] * count if steps is None else c.known(4, "steps").reshape(-1).tolist()
    places: list[Any] = [slice(None)] * len(dims)
    for i, axis in enumerate(axes):
        axis %= len(dims)
        places[axis] = _range(x, axis, dims[axis], starts, ends, i, int(strides[i]))
    return tf.convert_to_tensor(x)[tuple(places)]


def _range(x: Any, axis: int, size: Any, starts: Any, ends: Any, i: int, step: int) -> slice:
    if isinstance(starts, np.ndarray) and isinstance(ends, np.ndarray):
        start, end = int(starts[i]), int(ends[i])
        if size is not None:
            r = range(*slice(start, end, step).indices(size)) if step > 0 else None
            if r is not None:
                return slice(r.start, r.stop, step)
            start = min(start if start >= 0 else start + size, size - 1)
            end = end if end >= 0 else end + size
            return slice(start, None if end < 0 else end, step)
        far = np.iinfo(np.int32).max
        first = None if abs(start) >= far else start
        last = None if abs(end) >= far else end
        return slice(first, last, step)
    # TensorFlow clamps as ONNX does, but where a walk backwards ends before the first element.
    start, end = starts[i], ends[i]
    if step < 0:
        count = tf.shape(x, tf.int64)[axis]
        end = tf.where(end < 0, end + count, end)
        end = tf.where(end < 0, -count - 1, end)
    return slice(start, end, step)


@onnx_op("Pad")
def _pad(c: Call) -> Any:
    x, rank = c[0], len(c[0].shape)
    mode = c.attr("mode", b"constant").decode()
    pads = np.array(c.attr("pads")) if c.opset < 11 else c[1]
    value = c.attr("value", 0.0) if c.opset < 11 else c.get(2)
    axes = None if c.get(3) is None else [a % rank for a in c.known(3, "axes").tolist()]
    if axes is not None:
        known = c.known(1, "pads").reshape(2, -1)
        pads = np.zeros((2, rank), np.int64)
        pads[:, axes] = known
    if isinstance(pads, np.ndarray):
        amounts = pads.reshape(2, -1).T
        if (amounts < 0).any():
            cut = [slice(max(-b, 0), None if e >= 0 else e) for b, e in amounts.tolist()]
            x = tf.convert_to_tensor(x)[tuple(cut)]
            amounts = np.maximum(amounts, 0)
        if mode in ("edge", "wrap"):
            return _pad_by_index(x, amounts, mode)
    else:
        amounts = tf.transpose(tf.reshape(pads, [2, -1]))
        if mode in ("edge", "wrap"):
            raise CannotImport("its pads are only known when the model runs")
    if mode == "reflect":
        return tf.pad(x, amounts, "REFLECT")
    number = 0 if value is None else tf.reshape(tf.cast(value, dtype_of(x)), [])
    last = c.execution.layouts.known_last(x)
    if last is not None and isinstance(amounts, np.ndarray):
        moved = np.concatenate([amounts[:1], amounts[2:], amounts[1:2]])
        return c.execution.layouts.first(tf.pad(last, moved, constant_values=number), rank)
    if dtype_of(x) == np.bool_:
        made = tf.pad(tf.cast(x, tf.int8), amounts, constant_values=tf.cast(number, tf.int8))
        return tf.cast(made, tf.bool)
    return tf.pad(x, amounts, constant_values=number)


def _pad_by_index(x: Any, amounts: np.ndarray, mode: str) -> Any:
    for axis, (before, after) in enumerate(amounts.tolist()):
        if before or after:
            size = dims_of(x)[axis]
            if size is None:
                raise CannotImport("a size that it repeats is only known when the model runs")
            x = tf.gather(x, np.pad(np.arange(size), (before, after), mode), axis=axis)
    return x


@onnx_op("Tile")
def _tile(c: Call) -> Any:
    return tf.tile(c[0], c[1])


@onnx_op("Expand")
def _expand(c: Call) -> Any:
    x = c[0]
    shape = tf.broadcast_dynamic_shape(tf.shape(x, tf.int64), tf.cast(c[1], tf.int64))
    if isinstance(c[1], np.ndarray) and None not in dims_of(x):
        shape = np.array(np.broadcast_shapes(tuple(dims_of(x)), tuple(c[1])), np.int64)  # type: ignore[arg-type]
    return tf.broadcast_to(x, shape)


@onnx_op("Range")
def _range_op(c: Call) -> Any:
    start, limit, delta = (tf.reshape(c[i], []) for i in range(3))
    return tf.range(start, limit, delta)


@onnx_op("EyeLike")
def _eye_like(c: Call) -> Any:
    dims = dims_of(c[0])
    dtype = tensor_dtype(c.attr("dtype")).as_numpy_dtype if c.attr("dtype") else dtype_of(c[0])
    if None in dims:
        raise CannotImport("its size is only known when the model runs")
    return tf.constant(np.eye(*dims, c.attr("k", 0), dtype=dtype))  # type: ignore[misc]


@onnx_op("Trilu")
def _trilu(c: Call) -> Any:
    x = c[0]
    k = 0 if c.get(1) is None else int(c.known(1, "diagonal").reshape(()))
    rows, columns = dims_of(x)[-2:]
    if rows is None or columns is None:
        places = tf.range(tf.shape(x)[-1]) - tf.range(tf.shape(x)[-2])[:, None]
    else:
        places = np.arange(columns) - np.arange(rows)[:, None]
    keep = places >= k if c.attr("upper", 1) else places <= k
    return tf.where(keep, x, tf.zeros_like(x))


@onnx_op("ReverseSequence")
def _reverse_sequence(c: Call) -> Any:
    return tf.reverse_sequence(c[0], c[1], c.attr("time_axis", 0), c.attr("batch_axis", 1))


@onnx_op("DepthToSpace")
def _depth_to_space(c: Call) -> Any:
    size = c.attr("blocksize")
    n, channels, height, width = dims_of(c[0])
    if None in (channels, height, width):
        raise CannotImport("its sizes are only known when the model runs")
    left = channels // size**2  # type: ignore[operator]
    if c.attr("mode", b"DCR") == b"DCR":
        split = tf.reshape(c[0], [-1, size, size, left, height, width])
        moved = tf.transpose(split, [0, 3, 4, 1, 5, 2])
    else:
        split = tf.reshape(c[0], [-1, left, size, size, height, width])
        moved = tf.transpose(split, [0, 1, 4, 2, 5, 3])
    return tf.reshape(moved, [-1 if n is None else n, left, height * size, width * size])  # type: ignore[operator]


@onnx_op("SpaceToDepth")
def _space_to_depth(c: Call) -> Any:
    size = c.attr("blocksize")
    n, channels, height, width = dims_of(c[0])
    if None in (channels, height, width):
        raise CannotImport("its sizes are only known when the model runs")
    rows, columns = height // size, width // size  # type: ignore[operator]
    split = tf.reshape(c[0], [-1, channels, rows, size, columns, size])
    depth_first = c.attr("mode", b"DCR") == b"CRD"
    moved = tf.transpose(split, [0, 1, 3, 5, 2, 4] if depth_first else [0, 3, 5, 1, 2, 4])
    return tf.reshape(moved, [-1 if n is None else n, channels * size**2, rows, columns])  # type: ignore[operator]


@onnx_op("CenterCropPad")
def _center(c: Call) -> Any:
    x, rank = c[0], len(c[0].shape)
    axes = [a % rank for a in c.attr("axes", range(rank))]
    for axis, wanted in zip(axes, c.known(1, "shape").tolist(), strict=True):
        size = dims_of(x)[axis]
        if size is None:
            raise CannotImport("a size is only known when the model runs")
        if wanted < size:
            places = np.arange(wanted) + (size - wanted) // 2
            x = tf.gather(x, places, axis=axis)
        elif wanted > size:
            pads = np.zeros((rank, 2), np.int64)
            pads[axis] = (wanted - size) // 2, wanted - size - (wanted - size) // 2
            x = tf.pad(x, pads)
    return x


@onnx_op("HannWindow", "HammingWindow", "BlackmanWindow")
def _window(c: Call) -> Any:
    size = int(c.known(0, "size"))
    dtype = tensor_dtype(c.attr("output_datatype", 1)).as_numpy_dtype
    length = size if c.attr("periodic", 1) else size - 1
    angle = 2 * np.pi * np.arange(size) / length
    if c.op == "BlackmanWindow":
        made = 0.42 - 0.5 * np.cos(angle) + 0.08 * np.cos(2 * angle)
    else:
        first = 0.5 if c.op == "HannWindow" else 25 / 46
        made = first - (1 - first) * np.cos(angle)
    return tf.constant(made.astype(dtype))
