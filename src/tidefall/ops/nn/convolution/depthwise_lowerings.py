"""Depthwise convolution and its gradients for XLA.

A convolution in as many groups as channels; where a CPU has no native kernel for it, XLA is faster
by shifted products. The geometry covers the two spatial dimensions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.native import depthwise as native
from tidefall.native.library import takes_products
from tidefall.ops.common import jnp, lax
from tidefall.ops.lowering_cpu import native_or_xla, on_cpu
from tidefall.ops.nn.convolution.lowerings import (
    convolve,
    convolve_filter_gradient,
    convolve_input_gradient,
    pad_spatial,
)
from tidefall.ops.nn.pooling.lowerings import gather_windows
from tidefall.ops.nn.windows import Geometry, Ints, channels_first, from_last, to_last

BLOCK = 56
"""About how many results of a depthwise convolution a step of its filter's gradient takes. With
less than half of it the steps themselves cost more than what they do."""


def depthwise(x: Any, w: Any, g: Geometry, data_format: str) -> Any:
    """Each channel convolved with its own filters: `w` is `[*window, channels, multiplier]`."""

    def shifted(x: Any, w: Any) -> Any:
        channels, multiplier = w.shape[-2:]
        flat = w.reshape(-1, channels, multiplier)
        padded = pad_spatial(to_last(x, data_format), g)
        total: Any = None
        for i, seen in enumerate(g.slices()):
            part = padded[(slice(None), *seen)][..., None] * flat[i]
            total = part if total is None else total + part
        return from_last(total.reshape(*total.shape[:-2], -1), data_format)

    def grouped(x: Any, w: Any) -> Any:
        return convolve(x, depthwise_filter(w), g, data_format, w.shape[-2])

    if takes_products(x, w):
        return grouped(x, w)
    return on_cpu(shifted, grouped, jnp.asarray(x), jnp.asarray(w))


def depthwise_input_gradient(dy: Any, w: Any, g: Geometry, data_format: str) -> Any:
    """Gradient of `depthwise` with respect to its input."""

    def shifted(dy: Any, w: Any) -> Any:
        channels, multiplier = w.shape[-2:]
        flat = w.reshape(-1, channels * multiplier)
        last = to_last(dy, data_format)
        whole = _with_batch_and_channels(g, last.shape[0], last.shape[-1])
        dx = gather_windows(whole, (last,), lambda i, parts: parts[0] * flat[i])
        dx = dx.reshape(*dx.shape[:-1], channels, multiplier).sum(-1)
        return from_last(dx, data_format)

    def grouped(dy: Any, w: Any) -> Any:
        return convolve_input_gradient(dy, depthwise_filter(w), g, data_format, w.shape[-2])

    # The shifted form reads windows of neighbours, which dilated ones are not.
    if takes_products(dy, w) or any(d != 1 for d in g.dilations):
        return grouped(jnp.asarray(dy), jnp.asarray(w))
    return on_cpu(shifted, grouped, jnp.asarray(dy), jnp.asarray(w))


def _with_batch_and_channels(g: Geometry, batch: int, channels: int) -> Geometry:
    """The geometry over all dimensions of a channels-last tensor."""
    return Geometry(
        (batch, *g.sizes, channels),
        (1, *g.windows, 1),
        (1, *g.strides, 1),
        (1, *g.dilations, 1),
        (0, *g.before, 0),
        (0, *g.after, 0),
        (batch, *g.outs, channels),
    )


def depthwise_filter_gradient(x: Any, dy: Any, shape: Ints, g: Geometry, data_format: str) -> Any:
    """Gradient of `depthwise` with respect to its filter, of the given shape."""

    def summed(x: Any, dy: Any) -> Any:
        padded = pad_spatial(to_last(x, data_format), g)
        return _sum_of_products(padded, to_last(dy, data_format), shape, g)

    def grouped(x: Any, dy: Any) -> Any:
        result = convolve_filter_gradient(x, dy, g, data_format, shape[-2])
        return result.reshape(shape)

    if takes_products(x, dy):
        first = channels_first(data_format)
        return native_or_xla(
            lambda run, x, dy: native.depthwise_filter_gradient(run, x, dy, shape, g, first),
            grouped,
            x,
            dy,
            takes=takes_products,
        )
    return on_cpu(summed, grouped, jnp.asarray(x), jnp.asarray(dy))


def _sum_of_products(x: Any, dy: Any, shape: Ints, g: Geometry) -> Any:
    """The gradient of a filter of the given shape: what each of its elements was multiplied with,
    times the gradients of the results, summed.

    A sum over rows for each element of the window would be a kernel for each, slow to compile and
    to run. Instead a step of a loop takes a block of results and adds, for all of the window at
    once, one product for each result; its steps are the same for a window of any size.
    """
    *_, height, width, filters = dy.shape
    wide = np.float32 if dy.dtype.itemsize < 4 else dy.dtype  # halves would lose what is added late
    total = jnp.zeros((*g.windows, filters), wide)
    for columns in _parts(width, BLOCK // 2):
        for rows in _parts(height, max(BLOCK // columns.block, 1)):
            total = _add_products(total, x, dy, (rows, columns), g)
    return total.astype(dy.dtype).reshape(shape)


class _Part(NamedTuple):
    """A part of a dimension: blocks of one size, one behind the other."""

    start: int
    count: int
    block: int


def _parts(size: int, most: int) -> list[_Part]:
    """A dimension cut into blocks of at most `most`, and into two parts if need be."""
    if size <= most:
        return [_Part(0, 1, size)]
    block = next((d for d in range(most, most // 2 - 1, -1) if size % d == 0), most)
    count, rest = divmod(size, block)
    parts = [_Part(0, count, block)]
    return [*parts, _Part(count * block, 1, rest)] if rest else parts


def _add_products(total: Any, x: Any, dy: Any, parts: tuple[_Part, _Part], g: Geometry) -> Any:
    """`total` and the products of a part of the rows and of the columns."""
    batch, *_, channels = x.shape
    filters = dy.shape[-1]
    rows, columns = parts
    reach = [(w - 1) * d + 1 for w, d in zip(g.windows, g.dilations, strict=True)]
    seen = [(p.block - 1) * s + r for p, s, r in zip(parts, g.strides, reach, strict=True)]

    def add(step: Any, total: Any) -> Any:
        image, place = divmod(step, rows.count * columns.count)
        blocks = divmod(place, columns.count)
        at = [p.start + n * p.block for p, n in zip(parts, blocks, strict=True)]
        starts = [n * s for n, s in zip(at, g.strides, strict=True)]
        source = lax.dynamic_slice(x, (image, *starts, 0), (1, *seen, channels))
        source = source.reshape(*seen, channels, 1).astype(total.dtype)
        source = jnp.broadcast_to(source, (*seen, channels, filters // channels))
        source = source.reshape(*seen, filters)
        gradients = lax.dynamic_slice(dy, (image, *at, 0), (1, rows.block, columns.block, filters))
        gradients = gradients[0].astype(total.dtype)
        products: Any = np.zeros((), total.dtype)
        for i, j in np.ndindex(rows.block, columns.block):
            start = (i * g.strides[0], j * g.strides[1], 0)
            end = (start[0] + reach[0], start[1] + reach[1], filters)
            window = lax.slice(source, start, end, (*g.dilations, 1))
            gradient = lax.slice(gradients, (i, j, 0), (i + 1, j + 1, filters))
            products += window * lax.broadcast_in_dim(gradient, window.shape, (0, 1, 2))
        return total + products

    return lax.fori_loop(0, batch * rows.count * columns.count, add, total)


def depthwise_filter(w: Any) -> Any:
    """`[*window, channels, multiplier]` as the filter of a convolution in `channels` groups."""
    *window, channels, multiplier = w.shape
    return w.reshape(*window, 1, channels * multiplier)
