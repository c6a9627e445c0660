"""Dilation and erosion of images: the largest sum, or smallest difference, under a window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, jnp, same_as, shape_text
from tidefall.ops.nn.windows import Geometry, Ints, geometry, window_shape
from tidefall.ops.reductions.segment_kernels import lowest_finite


def _check(strides: Any, rates: Any) -> None:
    for name, values in (("Stride", strides), ("Rate", rates)):
        if len(values) != 4:
            raise invalid(f"{name}s must have 4 elements, got {list(values)}")
        if values[0] != 1 or values[3] != 1:
            raise UnimplementedError(
                None, None, f"{name} is only supported across spatial dimensions, got {values}"
            )
        if min(values) < 1:
            raise invalid(f"{name} must be > 0, but got {min(values)}")


@lru_cache(1024)
def _geometry(x: Ints, filters: Ints, strides: Ints, rates: Ints, padding: str) -> Geometry:
    if len(x) != 4:
        raise invalid(f"input must be 4-dimensional: {shape_text(x)}")
    if len(filters) != 3:
        raise invalid(f"filter must be 3-dimensional: {shape_text(filters)}")
    if x[3] != filters[2]:
        raise invalid(f"input and filter must have the same depth: {x[3]} vs {filters[2]}")
    _check(strides, rates)
    try:
        return geometry(x[1:3], filters[:2], strides[1:3], padding, (), rates[1:3])
    except ValueError as error:
        raise invalid(str(error)) from None


def _shape(c: Inference) -> TensorShape:
    x, filters = c.shape(0).with_rank(4), c.shape(1).with_rank(3)
    strides, rates = tuple(c.attr("strides")), tuple(c.attr("rates"))
    batch, rows, columns, depth = x.as_list()
    *window, filter_depth = filters.as_list()
    if depth is not None and filter_depth is not None and depth != filter_depth:
        raise ValueError(f"Dimensions must be equal, but are {depth} and {filter_depth}")
    depth = filter_depth if depth is None else depth
    if None in (rows, columns, *window) or min(*strides, *rates) < 1:
        return TensorShape([batch, None, None, depth])
    dims = window_shape(x, [1, *window, 1], strides, c.attr("padding"), (), rates)
    return TensorShape([batch, dims[1], dims[2], depth])


def _taps(g: Geometry) -> Iterator[tuple[int, int, tuple[slice, slice], tuple[slice, slice]]]:
    """Each place in the window; the outputs whose place lies in the image; the pixels there."""
    for i in range(g.windows[0]):
        for j in range(g.windows[1]):
            outs, seen = [], []
            for axis, place in enumerate((i, j)):
                stride = g.strides[axis]
                offset = place * g.dilations[axis] - g.before[axis]
                first = max(-(offset // stride), 0)
                last = min((g.sizes[axis] - 1 - offset) // stride, g.outs[axis] - 1)
                outs.append(slice(first, max(last + 1, first)))
                start = first * stride + offset
                count = max(last + 1 - first, 0)
                seen.append(slice(start, start + count * stride, stride) if count else slice(0))
            yield i, j, (outs[0], outs[1]), (seen[0], seen[1])


def _sums(x: Any, filters: Any, g: Geometry) -> Iterator[tuple[int, int, Any, Any]]:
    for i, j, outs, seen in _taps(g):
        values = x[(slice(None), *seen)] + filters[i, j]
        if values.size:
            yield i, j, (slice(None), *outs), values


def _host(x: Any, filters: Any, *, strides: Any, rates: Any, padding: Any) -> np.ndarray:
    g = _geometry(x.shape, filters.shape, tuple(strides), tuple(rates), padding)
    y = np.full((x.shape[0], *g.outs, x.shape[3]), lowest_finite(x.dtype), x.dtype)
    for _, _, outs, values in _sums(x, filters, g):
        # A NaN is never larger, so that it does not win.
        np.copyto(y[outs], values, where=values > y[outs])
    return y


def _xla(x: Any, filters: Any, *, strides: Any, rates: Any, padding: Any) -> Any:
    x, filters = jnp.asarray(x), jnp.asarray(filters)
    g = _geometry(x.shape, filters.shape, tuple(strides), tuple(rates), padding)
    y = jnp.full((x.shape[0], *g.outs, x.shape[3]), lowest_finite(x.dtype), x.dtype)
    for _, _, outs, values in _sums(x, filters, g):
        y = y.at[outs].set(jnp.where(values > y[outs], values, y[outs]))
    return y


def _winners(
    xp: Any, x: Any, filters: Any, dy: Any, strides: Any, rates: Any, padding: Any
) -> tuple[Geometry, Any]:
    """For each output the number of the first place of the largest sum; -1 where there is none."""
    g = _geometry(x.shape, filters.shape, tuple(strides), tuple(rates), padding)
    if tuple(dy.shape) != (x.shape[0], *g.outs, x.shape[3]):
        raise invalid(f"out_backprop has incompatible size: {shape_text(dy.shape)}")
    best = xp.full(dy.shape, lowest_finite(x.dtype), x.dtype)
    place = xp.full(dy.shape, -1, np.int32)
    for i, j, outs, values in _sums(x, filters, g):
        wins, number = values > best[outs], i * g.windows[1] + j
        if xp is np:
            np.copyto(best[outs], values, where=wins)
            np.copyto(place[outs], number, where=wins)
        else:
            best = best.at[outs].set(xp.where(wins, values, best[outs]))
            place = place.at[outs].set(xp.where(wins, number, place[outs]))
    return g, place


def _add_at(xp: Any, shape: Any, index: Any, dy: Any) -> Any:
    if xp is np:
        total = np.zeros(shape, dy.dtype)
        np.add.at(total, index, dy)
        return total
    return xp.zeros(shape, dy.dtype).at[index].add(dy)


def _pixel(xp: Any, place: Any, g: Geometry, axis: int) -> Any:
    """Row or column of the pixel that won; without a winner the first one under the window."""
    shape = (1, -1, 1, 1) if axis == 0 else (1, 1, -1, 1)
    start = np.arange(g.outs[axis], dtype=np.int32) * g.strides[axis] - g.before[axis]
    start = start.reshape(shape)
    width = max(g.windows[1], 1)
    within = place // width if axis == 0 else place % width
    return xp.where(place < 0, np.maximum(start, 0), start + within * g.dilations[axis])


def _back_to_input(xp: Any) -> Any:
    def back(
        x: Any, filters: Any, dy: Any, *, strides: Any, rates: Any, padding: Any
    ) -> np.ndarray:
        x, filters, dy = xp.asarray(x), xp.asarray(filters), xp.asarray(dy)
        g, place = _winners(xp, x, filters, dy, strides, rates, padding)
        image = np.arange(x.shape[0]).reshape(-1, 1, 1, 1)
        rows, columns = _pixel(xp, place, g, 0), _pixel(xp, place, g, 1)
        return _add_at(xp, x.shape, (image, rows, columns, np.arange(x.shape[3])), dy)

    return back


def _back_to_filter(xp: Any) -> Any:
    def back(
        x: Any, filters: Any, dy: Any, *, strides: Any, rates: Any, padding: Any
    ) -> np.ndarray:
        x, filters, dy = xp.asarray(x), xp.asarray(filters), xp.asarray(dy)
        g, place = _winners(xp, x, filters, dy, strides, rates, padding)
        if not filters.size:
            return xp.zeros(filters.shape, dy.dtype)
        place = xp.maximum(place, 0)
        depth, width = np.arange(x.shape[3]), g.windows[1]
        return _add_at(xp, filters.shape, (place // width, place % width, depth), dy)

    return back


def _gradient(op: Any, dy: Any) -> list[Any]:
    how = {key: op.attrs[key] for key in ("strides", "rates", "padding")}
    x, filters = op.inputs
    return [
        raw.Dilation2DBackpropInput(x, filters, dy, **how),
        raw.Dilation2DBackpropFilter(x, filters, dy, **how),
    ]


def _no_second(op: Any, dy: Any) -> Any:
    raise LookupError(
        f"gradient registry has no entry for: {op.type}. Dilation has no second derivative, in "
        "TensorFlow neither."
    )


dilation2d_op = op(
    "Dilation2D", shape=_shape, host=_host, xla=_xla, effects=PURE, gradient=_gradient
)
op(
    "Dilation2DBackpropInput",
    shape=same_as(0),
    host=_back_to_input(np),
    xla=_back_to_input(jnp),
    effects=PURE,
    gradient=_no_second,
)
op(
    "Dilation2DBackpropFilter",
    shape=same_as(1),
    host=_back_to_filter(np),
    xla=_back_to_filter(jnp),
    effects=PURE,
    gradient=_no_second,
)


def _only_nhwc(data_format: Any) -> None:
    if data_format != "NHWC":
        raise ValueError(
            f"data_format must be 'NHWC', the only one that is supported, got {data_format!r}"
        )


@export("nn.dilation2d")
def dilation2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """The largest sum of pixel and filter under a window, for each place and channel.

    Args:
        input: real tensor of shape `[batch, height, width, depth]`.
        filters: tensor of the same dtype and shape `[rows, columns, depth]`.
        strides: `[1, rows, columns, 1]`: distance between windows.
        padding: "SAME" or "VALID"; what lies outside the image never wins.
        data_format: "NHWC".
        dilations: `[1, rows, columns, 1]`: distance between the pixels under a window.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[batch, out_rows, out_columns, depth]` and the input's dtype.

    Raises:
        ValueError: for another data format.
        InvalidArgumentError: for shapes that do not fit.
        UnimplementedError: for strides or dilations of batch or depth.

    >>> import tidefall as tf
    >>> image = tf.reshape([1.0, 5.0, 2.0, 3.0], [1, 2, 2, 1])
    >>> ones = [1, 1, 1, 1]
    >>> tf.nn.dilation2d(image, tf.zeros([2, 2, 1]), ones, "SAME", "NHWC", ones).numpy().ravel()
    array([5., 5., 3., 3.], dtype=float32)
    """
    _only_nhwc(data_format)
    how = {"strides": list(strides), "rates": list(dilations), "padding": padding}
    return dilation2d_op(input, filters, **how, name=name)


@export("nn.erosion2d")
def erosion2d(
    value: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """The smallest difference of pixel and mirrored filter under a window, for each channel.

    It is the dilation of the negative image by the mirrored filter, negated.

    Args:
        value: real tensor of shape `[batch, height, width, depth]`.
        filters: tensor of the same dtype and shape `[rows, columns, depth]`.
        strides: `[1, rows, columns, 1]`: distance between windows.
        padding: "SAME" or "VALID"; what lies outside the image never wins.
        data_format: "NHWC".
        dilations: `[1, rows, columns, 1]`: distance between the pixels under a window.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[batch, out_rows, out_columns, depth]` and the dtype of `value`.

    Raises:
        ValueError: for another data format.
        InvalidArgumentError: for shapes that do not fit.
        UnimplementedError: for strides or dilations of batch or depth.

    >>> import tidefall as tf
    >>> image = tf.reshape([1.0, 5.0, 2.0, 3.0], [1, 2, 2, 1])
    >>> ones = [1, 1, 1, 1]
    >>> tf.nn.erosion2d(image, tf.zeros([2, 2, 1]), ones, "SAME", "NHWC", ones).numpy().ravel()
    array([1., 3., 2., 3.], dtype=float32)
    """
    _only_nhwc(data_format)
    negate = raw.Neg
    mirrored = raw.ReverseV2(filters, np.array([0, 1], np.int32))
    how = {"strides": list(strides), "rates": list(dilations), "padding": padding}
    return negate(dilation2d_op(negate(value), mirrored, **how), name=name)
