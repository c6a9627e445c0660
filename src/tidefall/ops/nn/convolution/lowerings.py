"""Convolution and its gradients for XLA: native kernels on a CPU, XLA's convolutions otherwise.

Inputs are `[batch, *spatial, channels]`, or with the channels second; filters are
`[*window, channels / groups, filters]`; the geometry covers the spatial dimensions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.native import convolution as native
from tidefall.native.library import takes_products
from tidefall.ops.common import jnp, lax
from tidefall.ops.lowering_cpu import native_or_xla, on_cpu
from tidefall.ops.nn.windows import Geometry, Ints, channels_first, to_last

_SPATIAL = "DHW"
MATMUL_ROWS = 4096
"""Patches that are multiplied at a time when a filter's gradient is computed by products."""
LARGE_GRADIENT = 6 << 20
"""Output gradients of more bytes than this make products the faster way on a CPU."""


def _layouts(rank: int, data_format: str) -> tuple[str, str]:
    """Dimension letters of the input and of the filter."""
    letters = _SPATIAL[-rank:]
    layout = f"NC{letters}" if channels_first(data_format) else f"N{letters}C"
    return layout, letters


def convolve(x: Any, w: Any, g: Geometry, data_format: str, groups: int) -> Any:
    """Convolution (cross-correlation) of `x` with `w`."""
    first = channels_first(data_format)
    return native_or_xla(
        lambda run, x, w: native.convolve(run, x, w, g, groups, first),
        lambda x, w: _convolve(x, w, g, data_format, groups),
        x,
        w,
        takes=takes_products,
    )


def _convolve(x: Any, w: Any, g: Geometry, data_format: str, groups: int) -> Any:
    layout, letters = _layouts(len(g.windows), data_format)
    return lax.conv_general_dilated(
        x,
        w,
        window_strides=g.strides,
        padding=g.pairs,
        rhs_dilation=g.dilations,
        dimension_numbers=(layout, f"{letters}IO", layout),
        feature_group_count=groups,
    )


def convolve_input_gradient(dy: Any, w: Any, g: Geometry, data_format: str, groups: int) -> Any:
    """Gradient with respect to the input."""
    first = channels_first(data_format)
    return native_or_xla(
        lambda run, dy, w: native.convolve_input_gradient(run, dy, w, g, groups, first),
        lambda dy, w: _input_gradient_as_convolution(dy, w, g, data_format, groups),
        dy,
        w,
        takes=takes_products,
    )


def _input_gradient_as_convolution(
    dy: Any, w: Any, g: Geometry, data_format: str, groups: int
) -> Any:
    """The strided-out gradient under the reversed filter."""
    layout, letters = _layouts(len(g.windows), data_format)
    rank = len(g.windows)
    reversed_filter = lax.rev(jnp.asarray(w), tuple(range(rank)))
    if groups > 1:
        # [..., channels / groups, filters] -> [..., channels, filters / groups]
        *window, channels, filters = w.shape
        parted = reversed_filter.reshape(*window, channels, groups, filters // groups)
        parted = jnp.moveaxis(parted, -2, -3)
        reversed_filter = parted.reshape(*window, groups * channels, filters // groups)
    padding = []
    for i in range(rank):
        extent = (g.windows[i] - 1) * g.dilations[i]
        spread = (g.outs[i] - 1) * g.strides[i] + 1
        padding.append((extent - g.before[i], g.sizes[i] + g.before[i] - spread))
    return lax.conv_general_dilated(
        dy,
        reversed_filter,
        window_strides=(1,) * rank,
        padding=padding,
        lhs_dilation=g.strides,
        rhs_dilation=g.dilations,
        dimension_numbers=(layout, f"{letters}OI", layout),
        feature_group_count=groups,
    )


def convolve_filter_gradient(x: Any, dy: Any, g: Geometry, data_format: str, groups: int) -> Any:
    """Gradient with respect to the filter."""
    first = channels_first(data_format)
    return native_or_xla(
        lambda run, x, dy: native.convolve_filter_gradient(run, x, dy, g, groups, first),
        lambda x, dy: _filter_gradient(x, dy, g, data_format, groups),
        x,
        dy,
        takes=takes_products,
    )


def _filter_gradient(x: Any, dy: Any, g: Geometry, data_format: str, groups: int) -> Any:
    pointwise = math.prod(g.windows) == 1
    if groups > 1 or not (pointwise or dy.size * dy.dtype.itemsize > LARGE_GRADIENT):
        return _filter_gradient_as_convolution(x, dy, g, data_format, groups)
    return on_cpu(
        lambda x, dy: _filter_gradient_by_matmul(
            to_last(x, data_format), to_last(dy, data_format), g
        ),
        lambda x, dy: _filter_gradient_as_convolution(x, dy, g, data_format, 1),
        jnp.asarray(x),
        jnp.asarray(dy),
    )


def _filter_gradient_as_convolution(
    x: Any, dy: Any, g: Geometry, data_format: str, groups: int
) -> Any:
    """As a convolution in which channels act as batch, and the batch is summed."""
    rank = len(g.windows)
    letters = _SPATIAL[-rank:]
    if channels_first(data_format):
        inputs, filters = f"CN{letters}", f"IO{letters}"
    else:
        inputs, filters = f"C{letters}N", f"I{letters}O"
    padding = []
    for i in range(rank):
        extent = (g.windows[i] - 1) * g.dilations[i] + 1
        spread = (g.outs[i] - 1) * g.strides[i]
        padding.append((g.before[i], extent + spread - g.sizes[i] - g.before[i]))
    return lax.conv_general_dilated(
        x,
        dy,
        window_strides=g.dilations,
        padding=padding,
        rhs_dilation=g.strides,
        dimension_numbers=(inputs, filters, f"{letters}NC"),
        batch_group_count=groups,
    )


def _filter_gradient_by_matmul(x: Any, dy: Any, g: Geometry) -> Any:
    """As products of patches and output gradients, some images at a time.

    The equivalent convolution has a window as large as the image. On a CPU it takes two to twenty
    times as long once the gradients, which it reads for every patch, outgrow the cache.
    """
    batch, channels, filters = x.shape[0], x.shape[-1], dy.shape[-1]
    shape = (*g.windows, channels, filters)
    rows = math.prod(g.outs)
    contract = (((0,), (0,)), ((), ()))
    if math.prod(g.windows) == 1:
        seen = pad_spatial(x, g)[(slice(None), *next(iter(g.slices())))]
        left, right = seen.reshape(-1, channels), dy.reshape(-1, filters)
        return lax.dot_general(left, right, contract).reshape(shape)
    images = _divisor(batch, max(MATMUL_ROWS // rows, 1))
    blocks = pad_spatial(x, g).reshape(-1, images, *_padded_sizes(g), channels)
    gradients = dy.reshape(-1, images * rows, filters)

    def add(total: Any, block: tuple[Any, Any]) -> tuple[Any, None]:
        images, gradient = block
        patches = jnp.concatenate([images[(slice(None), *s)] for s in g.slices()], axis=-1)
        columns = patches.reshape(-1, patches.shape[-1])
        return total + lax.dot_general(columns, gradient, contract), None

    start = jnp.zeros((math.prod(g.windows) * channels, filters), dy.dtype)
    total, _ = lax.scan(add, start, (blocks, gradients))
    return total.reshape(shape)


def _divisor(n: int, most: int) -> int:
    """The largest divisor of `n` that is at most `most`."""
    return next(d for d in range(min(n, most), 0, -1) if n % d == 0)


def _padded_sizes(g: Geometry) -> Ints:
    return tuple(b + n + a for b, n, a in zip(g.before, g.sizes, g.after, strict=True))


def pad_spatial(x: Any, g: Geometry) -> Any:
    """A channels-last `x` with zeros around its spatial dimensions, as the geometry wants them."""
    if not g.padded:
        return jnp.asarray(x)
    pairs = [(0, 0, 0), *[(b, a, 0) for b, a in g.pairs], (0, 0, 0)]
    return lax.pad(jnp.asarray(x), np.zeros((), x.dtype), pairs)
