"""Convolution and its two gradients in NumPy: patches gathered block by block, then matmul.

Inputs are `[batch, *spatial, channels]`, filters `[*window, channels / groups, filters]`; the
geometry covers the spatial dimensions.
"""

from __future__ import annotations

import math

import numpy as np

from tidefall.ops.nn.activations import widen
from tidefall.ops.nn.windows import Geometry, Ints, blocks, pad, patches, unpad


def _pointwise(g: Geometry) -> bool:
    """True when each output position sees exactly one input position, its own."""
    return not g.padded and all(
        w == 1 and s == 1 for w, s in zip(g.windows, g.strides, strict=True)
    )


def _filter_matrix(w: np.ndarray, groups: int) -> np.ndarray:
    """The filter as `[window * channels, filters]`, or with a leading group dimension."""
    if groups == 1:
        return w.reshape(-1, w.shape[-1])
    parted = w.reshape(*w.shape[:-1], groups, w.shape[-1] // groups)
    return np.ascontiguousarray(np.moveaxis(parted, -2, 0)).reshape(groups, -1, parted.shape[-1])


def _columns(block: np.ndarray, windows: int, groups: int) -> np.ndarray:
    """Patches as `[positions, window * channels]`, or `[groups, positions, ...]`."""
    channels = block.shape[-1]
    if groups == 1:
        return block.reshape(-1, windows * channels)
    parted = block.reshape(-1, windows, groups, channels // groups)
    return np.moveaxis(parted, 2, 0).reshape(groups, -1, windows * (channels // groups))


def _rows(dy: np.ndarray, groups: int) -> np.ndarray:
    """Output gradients as `[positions, filters]`, or `[groups, positions, filters / groups]`."""
    filters = dy.shape[-1]
    if groups == 1:
        return dy.reshape(-1, filters)
    return np.moveaxis(dy.reshape(-1, groups, filters // groups), 1, 0)


def _pad_spatial(x: np.ndarray, g: Geometry) -> np.ndarray:
    return pad(x, (0, *g.before, 0), (0, *g.after, 0))


def convolve(x: np.ndarray, w: np.ndarray, g: Geometry) -> np.ndarray:
    """Convolution (cross-correlation) of `x` with `w`."""
    kind = x.dtype
    x, w = widen(x), widen(w)
    batch, channels, filters = x.shape[0], x.shape[-1], w.shape[-1]
    groups = channels // w.shape[-2]
    if _pointwise(g) and groups == 1:
        return (
            (x.reshape(-1, channels) @ w.reshape(channels, filters))
            .reshape(batch, *g.outs, filters)
            .astype(kind, copy=False)
        )
    out = np.empty((batch, *g.outs, filters), x.dtype)
    if not out.size:
        return out.astype(kind, copy=False)
    matrix = _filter_matrix(w, groups)
    view = patches(_pad_spatial(x, g), g)
    windows = math.prod(g.windows)
    for n, r in blocks(batch, g, channels):
        product = _columns(view[n, r], windows, groups) @ matrix
        target = out[n, r]
        if groups == 1:
            target[...] = product.reshape(target.shape)
        else:
            target[...] = np.moveaxis(product, 0, 1).reshape(target.shape)
    return out.astype(kind, copy=False)


def convolve_filter_gradient(
    x: np.ndarray, dy: np.ndarray, filter_shape: Ints, g: Geometry
) -> np.ndarray:
    """Gradient of a convolution with respect to its filter."""
    kind = dy.dtype
    x, dy = widen(x), widen(dy)
    batch, channels, filters = x.shape[0], x.shape[-1], dy.shape[-1]
    groups = channels // filter_shape[-2]
    if _pointwise(g) and groups == 1:
        result = x.reshape(-1, channels).T @ dy.reshape(-1, filters)
        return result.reshape(filter_shape).astype(kind, copy=False)
    windows = math.prod(g.windows)
    lead = () if groups == 1 else (groups,)
    total = np.zeros((*lead, windows * (channels // groups), filters // groups), x.dtype)
    if dy.size and x.size:
        view = patches(_pad_spatial(x, g), g)
        for n, r in blocks(batch, g, channels):
            columns = _columns(view[n, r], windows, groups)
            total += columns.swapaxes(-1, -2) @ _rows(dy[n, r], groups)
    if groups > 1:
        total = np.moveaxis(total, 0, 1)
    return total.reshape(filter_shape).astype(kind, copy=False)


def convolve_input_gradient(
    dy: np.ndarray, w: np.ndarray, input_shape: Ints, g: Geometry
) -> np.ndarray:
    """Gradient of a convolution with respect to its input."""
    kind = dy.dtype
    dy, w = widen(dy), widen(w)
    batch, channels, filters = input_shape[0], input_shape[-1], dy.shape[-1]
    groups = channels // w.shape[-2]
    if _pointwise(g) and groups == 1:
        result = dy.reshape(-1, filters) @ w.reshape(channels, filters).T
        return result.reshape(input_shape).astype(kind, copy=False)
    padded = [b + n + a for b, n, a in zip(g.before, g.sizes, g.after, strict=True)]
    dx = np.zeros((batch, *padded, channels), dy.dtype)
    if dx.size and dy.size:
        matrix = _filter_matrix(w, groups).swapaxes(-1, -2)
        for n, r in blocks(batch, g, channels):
            columns = _rows(dy[n, r], groups) @ matrix
            _scatter(columns, dx[n], g, r, groups)
    return unpad(dx, (0, *g.before, 0), tuple(input_shape)).astype(kind, copy=False)


def _scatter(columns: np.ndarray, dx: np.ndarray, g: Geometry, rows: slice, groups: int) -> None:
    """Add the gradients of a block of patches to the input positions they came from."""
    count, channels = rows.stop - rows.start, dx.shape[-1]
    shape = (dx.shape[0], count, *g.outs[1:])
    windows = math.prod(g.windows)
    if groups > 1:
        columns = np.moveaxis(columns.reshape(groups, -1, windows, channels // groups), 0, 2)
    parts = columns.reshape(*shape, windows, channels)
    first = rows.start * g.strides[0]
    for index, (row, *others) in enumerate(g.slices()):
        start = row.start + first
        row = slice(start, start + (count - 1) * g.strides[0] + 1, g.strides[0])
        dx[(slice(None), row, *others)] += parts[..., index, :]


def depthwise(x: np.ndarray, w: np.ndarray, g: Geometry) -> np.ndarray:
    """Each channel convolved with its own filters: `w` is `[*window, channels, multiplier]`."""
    kind = x.dtype
    x, w = widen(x), widen(w)
    channels, multiplier = w.shape[-2:]
    flat = w.reshape(-1, channels, multiplier)
    out = np.zeros((x.shape[0], *g.outs, channels, multiplier), x.dtype)
    padded = _pad_spatial(x, g)
    for index, seen in enumerate(g.slices()):
        if multiplier == 1:
            out[..., 0] += padded[(slice(None), *seen)] * flat[index, :, 0]
        else:
            out += padded[(slice(None), *seen)][..., None] * flat[index]
    shape = (*out.shape[:-2], channels * multiplier)
    return out.reshape(shape).astype(kind, copy=False)


def depthwise_filter_gradient(
    x: np.ndarray, dy: np.ndarray, filter_shape: Ints, g: Geometry
) -> np.ndarray:
    """Gradient of a depthwise convolution with respect to its filter."""
    kind = dy.dtype
    x, dy = widen(x), widen(dy)
    channels, multiplier = filter_shape[-2:]
    padded = _pad_spatial(x, g)
    parts = dy.reshape(-1, channels, multiplier)
    total = np.empty((math.prod(g.windows), channels, multiplier), x.dtype)
    for index, seen in enumerate(g.slices()):
        source = padded[(slice(None), *seen)].reshape(-1, channels)
        total[index] = np.einsum("pc,pcm->cm", source, parts)
    return total.reshape(filter_shape).astype(kind, copy=False)


def depthwise_input_gradient(
    dy: np.ndarray, w: np.ndarray, input_shape: Ints, g: Geometry
) -> np.ndarray:
    """Gradient of a depthwise convolution with respect to its input."""
    kind = dy.dtype
    dy, w = widen(dy), widen(w)
    channels, multiplier = w.shape[-2:]
    flat = w.reshape(-1, channels, multiplier)
    parts = dy.reshape(*dy.shape[:-1], channels, multiplier)
    padded = [b + n + a for b, n, a in zip(g.before, g.sizes, g.after, strict=True)]
    dx = np.zeros((input_shape[0], *padded, channels), dy.dtype)
    for index, seen in enumerate(g.slices()):
        if multiplier == 1:
            dx[(slice(None), *seen)] += parts[..., 0] * flat[index, :, 0]
        else:
            dx[(slice(None), *seen)] += (parts * flat[index]).sum(-1)
    return unpad(dx, (0, *g.before, 0), tuple(input_shape)).astype(kind, copy=False)
