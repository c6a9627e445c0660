"""Convolutions and pooling, computed with channels last (`importer/layout.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, dtype_of, onnx_op


def pads_of(c: Call, sizes: list[int | None], reach: list[int], strides: list[int]) -> np.ndarray:
    """The padding of each spatial dimension: [dimensions, 2].

    Args:
        c: the call.
        sizes: of the input.
        reach: how much of the input one output sees.
        strides: of the window.
    """
    auto, count = c.attr("auto_pad", b"NOTSET").decode(), len(reach)
    if auto == "NOTSET":
        return np.array(c.attr("pads", [0] * (2 * count)), np.int64).reshape(2, count).T
    pads = np.zeros((count, 2), np.int64)
    if auto.startswith("SAME"):
        for i, (size, r, s) in enumerate(zip(sizes, reach, strides, strict=True)):
            if size is None:
                if s != 1:
                    raise CannotImport("its padding hangs on a size only known when it runs")
                total = r - 1
            else:
                total = max((-(-size // s) - 1) * s + r - size, 0)
            less, more = total // 2, total - total // 2
            pads[i] = (less, more) if auto == "SAME_UPPER" else (more, less)
    return pads


def _spatial(c: Call) -> tuple[int, list[int | None]]:
    dims = dims_of(c[0])
    return len(dims), dims[2:]


@onnx_op("Conv")
def _conv(c: Call) -> Any:
    rank, sizes = _spatial(c)
    weights = c[1]
    kernel = [int(k or 0) for k in dims_of(weights)[2:]]
    count = len(kernel)
    strides, dilations = c.attr("strides", [1] * count), c.attr("dilations", [1] * count)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    last = c.execution.layouts.last(c[0], rank)
    same = _is_same(c, strides)
    if not same:
        pads = pads_of(c, sizes, reach, strides)
        if pads.any():
            last = tf.pad(last, [[0, 0], *pads.tolist(), [0, 0]])
    filters = (
        tf.transpose(weights, [*range(2, rank), 1, 0])
        if not isinstance(weights, np.ndarray)
        else np.ascontiguousarray(np.transpose(weights, [*range(2, rank), 1, 0]))
    )
    made = _convolved(
        last, filters, strides, dilations, c.attr("group", 1), "SAME" if same else "VALID"
    )
    if c.get(2) is not None:
        made = made + c[2]
    return c.execution.layouts.first(made, rank)


def _is_same(c: Call, strides: Any) -> bool:
    return c.attr("auto_pad", b"NOTSET") == b"SAME_UPPER"


def _convolved(
    x: Any, filters: Any, strides: Any, dilations: Any, groups: int, padding: str
) -> Any:
    count = len(strides)
    channels = dims_of(x)[-1]
    depthwise = count == 2 and groups == channels and groups > 1 and dims_of(filters)[2] == 1
    even = len(set(strides)) == 1 and (max(dilations) == 1 or max(strides) == 1)
    if depthwise and even:
        height, width, _, out = dims_of(filters)
        each = tf.reshape(filters, [height, width, channels, out // channels])
        return tf.nn.depthwise_conv2d(x, each, [1, *strides, 1], padding, dilations=dilations)
    if groups > 1 and count > 2:
        xs = tf.split(x, groups, -1)
        fs = tf.split(filters, groups, -1)
        parts = [
            _convolved(a, f, strides, dilations, 1, padding) for a, f in zip(xs, fs, strict=True)
        ]
        return tf.concat(parts, -1)
    return tf.nn.convolution(x, filters, strides, padding, dilations=dilations)


@onnx_op("ConvTranspose")
def _conv_transpose(c: Call) -> Any:
    rank, sizes = _spatial(c)
    weights = c[1]
    kernel = [int(k or 0) for k in dims_of(weights)[2:]]
    count, groups = len(kernel), c.attr("group", 1)
    strides, dilations = c.attr("strides", [1] * count), c.attr("dilations", [1] * count)
    more = c.attr("output_padding", [0] * count)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    auto, wanted = c.attr("auto_pad", b"NOTSET").decode(), c.attr("output_shape")
    if None in sizes:
        raise CannotImport("sizes of its input are only known when the model runs")
    full = [(int(n or 0) - 1) * s + r for n, s, r in zip(sizes, strides, reach, strict=True)]
    pads = np.array(c.attr("pads", [0] * (2 * count))).reshape(2, count).T
    if auto.startswith("SAME") and wanted is None:
        wanted = [int(n or 0) * s for n, s in zip(sizes, strides, strict=True)]
    if wanted is not None:
        total = [f + m - w for f, m, w in zip(full, more, wanted[-count:], strict=True)]
        small = [t // 2 for t in total]
        pairs = [(t - h, h) for t, h in zip(total, small, strict=True)]
        if auto == "SAME_UPPER":
            pairs = [(e, b) for b, e in pairs]
        pads = np.array(pairs)
    last = c.execution.layouts.last(c[0], rank)
    wide = [f + max(m, 0) for f, m in zip(full, more, strict=True)]
    parts: list[Any] = []
    xs = tf.split(last, groups, -1)
    ws = tf.split(weights, groups, 0)
    for x, w in zip(xs, ws, strict=True):
        # [in, out, ...] -> [..., out, in], spread by the dilations
        filters = _spread(tf.transpose(w, [*range(2, rank), 1, 0]), dilations)
        shape = tf.concat([tf.shape(x)[:1], [*full, dims_of(filters)[-2]]], 0)
        parts.append(tf.nn.conv_transpose(x, filters, shape, strides, "VALID"))
    made = tf.concat(parts, -1) if groups > 1 else parts[0]
    if wide != full:
        ends = [w - f for w, f in zip(wide, full, strict=True)]
        made = tf.pad(made, [[0, 0], *([0, e] for e in ends), [0, 0]])
    cut = [slice(int(b), int(w - e)) for (b, e), w in zip(pads, wide, strict=True)]
    if any(int(b) < 0 or int(e) < 0 for b, e in pads):
        grown = np.maximum(-pads, 0)
        made = tf.pad(made, [[0, 0], *grown.tolist(), [0, 0]])
        cut = [
            slice(max(int(b), 0), int(w + g.sum()) - max(int(e), 0))
            for (b, e), w, g in zip(pads, wide, grown, strict=True)
        ]
    made = made[(slice(None), *cut)]
    if c.get(2) is not None:
        made = made + c[2]
    return c.execution.layouts.first(made, rank)


def _spread(filters: Any, dilations: Any) -> Any:
    """A filter with zeros between its elements, in the place of a dilation."""
    for axis, d in enumerate(dilations):
        if d > 1:
            size = dims_of(filters)[axis]
            wide = np.zeros((size, (size - 1) * d + 1), np.float32)  # type: ignore[operator]
            wide[np.arange(size), np.arange(size) * d] = 1  # type: ignore[arg-type]
            moved = tf.tensordot(tf.cast(wide.T, dtype_of(filters)), filters, [[1], [axis]])
            order = list(range(1, len(filters.shape)))
            order.insert(axis, 0)
            filters = tf.transpose(moved, order)
    return filters


# ---- pooling ----


@onnx_op("MaxPool", "AveragePool", "LpPool")
def _pool(c: Call) -> Any:
    if c.outputs > 1:
        raise CannotImport("it gives the places of the largest elements")
    rank, sizes = _spatial(c)
    kernel = c.attr("kernel_shape")
    count = len(kernel)
    strides, dilations = c.attr("strides", [1] * count), c.attr("dilations", [1] * count)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = pads_of(c, sizes, reach, strides)
    beyond = np.zeros(count, np.int64)
    if c.attr("ceil_mode", 0):
        beyond = _beyond(sizes, pads, reach, strides)
    last = c.execution.layouts.last(c[0], rank)
    grown = [
        [0, 0],
        *([int(b), int(e + m)] for (b, e), m in zip(pads, beyond, strict=True)),
        [0, 0],
    ]
    pool = _Pool(kernel, strides, dilations)
    dtype = dtype_of(c[0])
    if c.op == "MaxPool":
        least = -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
        made = pool.largest(_padded(last, grown, least))
    elif c.op == "LpPool":
        p = float(c.attr("p", 2))
        total = pool.total(_padded(tf.abs(last) ** p, grown, 0))
        made = total ** (1 / p)
    else:
        total = pool.total(_padded(last, grown, 0))
        seen = tf.ones_like(last[:1, ..., :1])
        if c.attr("count_include_pad", 0):
            seen = tf.pad(seen, [[0, 0], *pads.tolist(), [0, 0]], constant_values=1)
            rest = [[0, 0], *([0, int(m)] for m in beyond), [0, 0]]
            seen = _padded(seen, rest, 0)
        else:
            seen = _padded(seen, grown, 0)
        made = total / pool.total(seen)
    return c.execution.layouts.first(made, rank)


def _beyond(sizes: Any, pads: np.ndarray, reach: Any, strides: Any) -> np.ndarray:
    """How much further windows reach when the last one may be cut off."""
    more = np.zeros(len(reach), np.int64)
    for i, (size, r, s) in enumerate(zip(sizes, reach, strides, strict=True)):
        if size is None:
            raise CannotImport("ceil_mode hangs on a size only known when the model runs")
        whole = size + int(pads[i].sum())
        windows = -(-(whole - r) // s) + 1
        if (windows - 1) * s >= size + pads[i][0]:
            windows -= 1  # it would start in the padding at the end
        more[i] = max((windows - 1) * s + r - whole, 0)
    return more


def _padded(x: Any, amounts: list[list[int]], number: Any) -> Any:
    if not any(map(any, amounts)):
        return x
    return tf.pad(x, amounts, constant_values=tf.cast(number, x.dtype))


class _Pool:
    """Windows over the spatial dimensions of a tensor with channels last."""

    def __init__(self, kernel: Any, strides: Any, dilations: Any):
        self.kernel, self.strides, self.dilations = kernel, strides, dilations

    def largest(self, x: Any) -> Any:
        if x.dtype.is_floating:
            return self._pool(x, "MAX")
        # TensorFlow pools small integers as floats exactly.
        if x.dtype.size < 4:
            return tf.cast(self._pool(tf.cast(x, tf.float32), "MAX"), x.dtype)
        raise CannotImport(f"it pools {x.dtype.name}")

    def total(self, x: Any) -> Any:
        return self._pool(x, "AVG") * tf.cast(np.prod(self.kernel), x.dtype)

    def _pool(self, x: Any, kind: str) -> Any:
        if max(self.dilations) > 1:
            return self._by_slices(x, kind)
        function = tf.nn.max_pool if kind == "MAX" else tf.nn.avg_pool
        return function(x, self.kernel, self.strides, "VALID")

    def _by_slices(self, x: Any, kind: str) -> Any:
        """Windows with gaps: one strided slice for each of their elements."""
        sizes = dims_of(x)[1:-1]
        if None in sizes:
            raise CannotImport(
                "its windows have gaps, and a size is only known when the model runs"
            )
        parts: list[Any] = []
        for place in np.ndindex(*self.kernel):
            cut = [slice(None)]
            windows = zip(place, self.kernel, self.dilations, self.strides, sizes, strict=True)
            for i, k, d, s, n in windows:
                count = (n - (k - 1) * d - 1) // s + 1
                cut.append(slice(i * d, i * d + (count - 1) * s + 1, s))
            parts.append(x[tuple(cut)])
        stacked = tf.stack(parts)
        return tf.reduce_max(stacked, 0) if kind == "MAX" else tf.reduce_mean(stacked, 0)


@onnx_op("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def _global(c: Call) -> Any:
    rank = len(c[0].shape)
    last = c.execution.layouts.last(c[0], rank)
    axes = list(range(1, rank - 1))
    if c.op == "GlobalLpPool":
        p = float(c.attr("p", 2))
        made = tf.reduce_sum(tf.abs(last) ** p, axes, True) ** (1 / p)
    else:
        function = tf.reduce_mean if c.op == "GlobalAveragePool" else tf.reduce_max
        made = function(last, axes, True)
    return c.execution.layouts.first(made, rank)
