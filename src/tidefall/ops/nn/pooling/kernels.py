"""Max and average pooling in NumPy, over any dimensions: one pass per position in the window."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.ops.nn.activations import widen
from tidefall.ops.nn.windows import Geometry, Ints, pad, unpad


def lowest(dtype: Any) -> Any:
    """The value that never wins a maximum."""
    dtype = np.dtype(dtype)
    return np.iinfo(dtype).min if dtype.kind in "iu" else dtype.type(-np.inf)


def _padded_lowest(x: np.ndarray, g: Geometry) -> np.ndarray:
    return pad(x, g.before, g.after, lowest(x.dtype)) if g.padded else x


def counts(g: Geometry) -> np.ndarray:
    """Number of input elements in each window, padding left out; broadcasts against the output."""
    total = np.ones((1,) * len(g.sizes), np.float64)
    for axis, (size, window, stride, dilation, before, out) in enumerate(
        zip(g.sizes, g.windows, g.strides, g.dilations, g.before, g.outs, strict=True)
    ):
        seen = np.arange(out)[:, None] * stride + np.arange(window) * dilation - before
        inside = ((seen >= 0) & (seen < size)).sum(1)
        shape = [1] * len(g.sizes)
        if out and (inside == inside[0]).all():
            total = total * inside[0]
        else:
            shape[axis] = out
            total = total * inside.reshape(shape)
    return total


def max_pool(x: np.ndarray, g: Geometry) -> np.ndarray:
    """Maximum of each window."""
    padded = _padded_lowest(x, g)
    out: np.ndarray | None = None
    for seen in g.slices():
        if out is None:
            out = padded[seen].copy()
        else:
            np.maximum(out, padded[seen], out=out)
    assert out is not None
    return out


def _winners(x: np.ndarray, y: np.ndarray, g: Geometry) -> Any:
    """For each position in the window: the slices it sees, and where it is the first maximum."""
    padded = _padded_lowest(x, g)
    free = np.ones(y.shape, bool)
    for seen in g.slices():
        here = padded[seen] == y
        here &= free
        free ^= here
        yield seen, here


def max_pool_gradient(x: np.ndarray, y: np.ndarray, dy: np.ndarray, g: Geometry) -> np.ndarray:
    """Hand each window's gradient to its first maximum."""
    shape = [b + n + a for b, n, a in zip(g.before, g.sizes, g.after, strict=True)]
    dx = np.zeros(shape, dy.dtype)
    zero = dy.dtype.type(0)
    for seen, here in _winners(x, y, g):
        if g.disjoint:
            dx[seen] = np.where(here, dy, zero)
        else:
            dx[seen] += np.where(here, dy, zero)
    return unpad(dx, g.before, g.sizes)


def max_pool_gradient_gradient(
    x: np.ndarray, y: np.ndarray, ddx: np.ndarray, g: Geometry
) -> np.ndarray:
    """Pick from `ddx` what stands where each window has its first maximum."""
    padded = pad(ddx, g.before, g.after)
    out = np.zeros(y.shape, ddx.dtype)
    for seen, here in _winners(x, y, g):
        np.copyto(out, padded[seen], where=here)
    return out


def max_pool_argmax(x: np.ndarray, g: Geometry, with_batch: bool) -> tuple[np.ndarray, np.ndarray]:
    """Maximum of each window and its flat index in the image (or in the batch)."""
    y = max_pool(x, g)
    index = np.arange(x.size, dtype=np.int64).reshape(x.shape)
    if not with_batch and x.shape[0]:
        index %= x.size // x.shape[0]
    return y, max_pool_gradient_gradient(x, y, index, g)


def avg_pool(x: np.ndarray, g: Geometry) -> np.ndarray:
    """Mean of each window, padding left out."""
    padded = pad(widen(x), g.before, g.after)
    out: np.ndarray | None = None
    for seen in g.slices():
        if out is None:
            out = padded[seen].copy()
        else:
            out += padded[seen]
    assert out is not None
    out /= counts(g).astype(out.dtype)
    return out.astype(x.dtype, copy=False)


def avg_pool_gradient(dy: np.ndarray, sizes: Ints, g: Geometry) -> np.ndarray:
    """Share each window's gradient evenly among its elements."""
    share = widen(dy)
    share = share / counts(g).astype(share.dtype)
    shape = [b + n + a for b, n, a in zip(g.before, g.sizes, g.after, strict=True)]
    dx = np.zeros(shape, share.dtype)
    for seen in g.slices():
        if g.disjoint:
            dx[seen] = share
        else:
            dx[seen] += share
    return unpad(dx, g.before, sizes).astype(dy.dtype, copy=False)
