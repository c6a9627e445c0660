"""Kernels of the reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.native.functions import Native
from tidefall.ops.common import jnp
from tidefall.ops.precision import is_narrow
from tidefall.ops.reductions.axes import as_numpy_axes
from tidefall.ops.reductions.sum_lowerings import total, total_product, total_square

# ---- NumPy ----
# Each takes the axes as NumPy does: a tuple, an int, or None for all.


def _sum(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.dtype.char in "fd":  # first, as these are the commonest
        return np.add.reduce(x, axis, None, None, keepdims)
    if is_narrow(x.dtype):
        return np.add.reduce(x.astype(np.float32), axis, None, None, keepdims).astype(x.dtype)
    return np.add.reduce(x, axis, x.dtype, None, keepdims)


def _mean(x: Any, axis: Any, keepdims: bool) -> Any:
    kind = x.dtype.kind
    if kind in "iu":
        total = np.add.reduce(x, axis, np.int64, None, keepdims)
        count = max(x.size // max(total.size, 1), 1)
        return (np.sign(total) * (np.abs(total) // count)).astype(x.dtype)
    work = x.astype(np.float32) if is_narrow(x.dtype) else x
    total = np.add.reduce(work, axis, None, None, keepdims)
    count = x.size // max(total.size, 1)
    mean = total / work.dtype.type(count)
    return mean if work is x else mean.astype(x.dtype)


def host_prod(x: Any, axis: Any, keepdims: bool) -> Any:
    if is_narrow(x.dtype):
        return np.multiply.reduce(x.astype(np.float32), axis, None, None, keepdims).astype(x.dtype)
    return np.multiply.reduce(x, axis, x.dtype, None, keepdims)


def _lowest(dtype: Any) -> Any:
    return dtype.type(np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf)


def _highest(dtype: Any) -> Any:
    return dtype.type(np.iinfo(dtype).max if dtype.kind in "iu" else np.inf)


def _max(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.size:
        return np.maximum.reduce(x, axis, None, None, keepdims)
    return np.maximum.reduce(x, axis, None, None, keepdims, _lowest(x.dtype))


def _min(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.size:
        return np.minimum.reduce(x, axis, None, None, keepdims)
    return np.minimum.reduce(x, axis, None, None, keepdims, _highest(x.dtype))


host_sum = Native("reduce_sum", _sum)
host_mean = Native("reduce_mean", _mean)
host_max = Native("reduce_max", _max)
host_min = Native("reduce_min", _min)


def host_all(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.logical_and.reduce(x, axis, None, None, keepdims)


def host_any(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.logical_or.reduce(x, axis, None, None, keepdims)


def host_norm(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.dtype.kind == "c":
        squares = (x * x.conj()).real
    elif x.dtype.kind in "iu":
        squares = np.square(x.astype(np.float64))
    else:
        squares = np.square(x.astype(np.float32) if is_narrow(x.dtype) else x)
    total = np.add.reduce(squares, axis, None, None, keepdims)
    return np.sqrt(total).astype(x.dtype)


def as_op_kernel(kernel: Any) -> Any:
    """The host kernel of an op out of one that takes the axes as NumPy does."""

    def run(x: Any, axes: Any, *, keep_dims: bool) -> Any:
        numpy_axes = as_numpy_axes(axes)
        if not x.ndim and numpy_axes:  # NumPy lets 0 and -1 pass
            raise ValueError(
                f"Invalid reduction dimension ({numpy_axes[0]} for input with 0 dimension(s)"
            )
        if len(numpy_axes) == 1:
            return kernel(x, numpy_axes[0], keep_dims)
        every = numpy_axes == tuple(range(x.ndim))  # as native kernels take them
        return kernel(x, None if every else numpy_axes, keep_dims)

    return run


# ---- XLA ----


def _widened(x: Any) -> Any:
    return (
        x.astype(np.float32)
        if jnp.issubdtype(x.dtype, jnp.floating) and x.dtype.itemsize < 4
        else x
    )


def xla_sum(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return total(_widened(x), as_numpy_axes(axes), keep_dims).astype(x.dtype)


def xla_sum_of_product(x: Any, y: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The sum of a product, which need not be made for it."""
    if x.dtype != np.float32:
        return xla_sum(x * y, axes, keep_dims=keep_dims)
    return total_product(x, y, as_numpy_axes(axes), keep_dims)


def xla_sum_of_squares(x: Any, centre: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The sum of squared differences."""
    if x.dtype != np.float32:
        return xla_sum(jnp.square(x - centre), axes, keep_dims=keep_dims)
    return total_square(x, centre, as_numpy_axes(axes), keep_dims)


def xla_mean(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if x.dtype.kind in "iu":
        sums = jnp.sum(x, as_numpy_axes(axes), np.int64, keepdims=keep_dims)
        count = max(x.size // max(sums.size, 1), 1)
        return (jnp.sign(sums) * (jnp.abs(sums) // count)).astype(x.dtype)
    work = _widened(x)
    return _mean_of(total(work, as_numpy_axes(axes), keep_dims), x.size).astype(x.dtype)


def xla_mean_of_squares(x: Any, centre: Any, axes: Any, *, keep_dims: bool) -> Any:
    """The mean of squared differences."""
    if x.dtype != np.float32:
        return xla_mean(jnp.square(x - centre), axes, keep_dims=keep_dims)
    size = math.prod(np.broadcast_shapes(x.shape, centre.shape))
    return _mean_of(total_square(x, centre, as_numpy_axes(axes), keep_dims), size)


def _mean_of(sums: Any, size: int) -> Any:
    """The means of as many elements, which are summed up."""
    return sums / sums.dtype.type(size // sums.size if sums.size else 0)


def xla_prod(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.prod(_widened(x), as_numpy_axes(axes), keepdims=keep_dims).astype(x.dtype)


def xla_max(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.max(x, as_numpy_axes(axes), keepdims=keep_dims, initial=_lowest(x.dtype))


def xla_min(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.min(x, as_numpy_axes(axes), keepdims=keep_dims, initial=_highest(x.dtype))


def xla_norm(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    work = _widened(x) if x.dtype.kind not in "iu" else jnp.asarray(x, np.float64)
    squares = jnp.real(work * jnp.conj(work))
    return jnp.sqrt(jnp.sum(squares, as_numpy_axes(axes), keepdims=keep_dims)).astype(x.dtype)


def xla_all(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.all(x, as_numpy_axes(axes), keepdims=keep_dims)


def xla_any(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.any(x, as_numpy_axes(axes), keepdims=keep_dims)
