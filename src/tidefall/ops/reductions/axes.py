"""Axes of reductions: their checks, the shapes that result, and how gradients are spread back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.inference import Inference
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

# ---- axes ----


def reduced_shape(c: Inference) -> TensorShape:
    """Shape rule of all reductions."""
    shape, axes, keep = c.shape(0), c.constant(1), c.attr("keep_dims")
    if shape.rank is None:
        return TensorShape(None)
    if axes is None:
        return _unknown_axes(c, shape, keep)
    reduced = set(checked_axes(axes, shape.rank))
    if keep:
        return TensorShape([1 if i in reduced else d for i, d in enumerate(shape)])
    return TensorShape([d for i, d in enumerate(shape) if i not in reduced])


def _unknown_axes(c: Inference, shape: TensorShape, keep: bool) -> TensorShape:
    if keep:
        return TensorShape([None] * shape.rank)
    count = c.shape(1).num_elements()
    if count is None:
        return TensorShape(None)
    return TensorShape([None] * (shape.rank - count))


def checked_axes(axes: np.ndarray, rank: int) -> list[int]:
    """Axes as non-negative ints; ValueError for one out of range or given twice."""
    found: list[int] = []
    for axis in np.asarray(axes).reshape(-1).tolist():
        if not -rank <= axis < rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimension(s)"
            )
        axis %= rank
        if axis in found:
            raise ValueError(
                f"Invalid reduction arguments: Axes contains duplicate dimension: {axis}"
            )
        found.append(axis)
    return found


def as_numpy_axes(axes: np.ndarray) -> Any:
    """The axes as NumPy's `axis` argument; NumPy itself rejects the impossible ones."""
    if axes.ndim == 1:
        return tuple(axes.tolist())
    return tuple(axes.reshape(-1).tolist())


@functools.cache
def _all_axes(rank: int) -> EagerTensor:
    return EagerTensor(np.arange(rank, dtype=np.int32))


def axes_input(x: Any, axis: Any) -> Any:
    """The axes input of a reduction of `x`: all of them when `axis` is None."""
    in_graph = state.graph is not None
    if axis is not None:
        if in_graph and isinstance(axis, (int, list, tuple)) and not _holds_tensors(axis):
            return np.array(axis, np.int32)  # named as the op's input
        if isinstance(axis, (int, float, list, tuple)):
            return convert_to_tensor(axis, dtypes.int32, name="reduction_indices")
        return axis
    rank = x.shape.rank
    if rank is not None:
        return convert_to_tensor(_all_axes(rank)) if in_graph else _all_axes(rank)
    return raw.Range(np.int32(0), raw.Rank(x), np.int32(1), name="range")


def _holds_tensors(axis: Any) -> bool:
    return isinstance(axis, (list, tuple)) and any(not isinstance(a, int) for a in axis)


# ---- gradients ----


def kept_shape(shape: list[int], axes: Any) -> list[int]:
    """The reduced shape with a 1 in place of each reduced dimension."""
    reduced = set(checked_axes(axes, len(shape)))
    return [1 if i in reduced else d for i, d in enumerate(shape)]


def known_axes(tensor: Any) -> Any:
    """Values of the axes input of a reduction if they are known, else None."""
    if isinstance(tensor, EagerTensor):
        return tensor.host_array()
    return tensor.graph.static_value(tensor)


def spread(dy: Any, x: Any, axes: Any, keep_dims: bool = False) -> Any:
    """Repeat a reduced tensor along the axes it was reduced over, up to the shape of `x`."""
    if type(dy) is type(x) is type(axes) is EagerTensor and not state.needs_dispatch:
        sizes, value = x.storage.shape, axes.host_array()
        reduced = range(len(sizes)) if value.size == len(sizes) else checked_axes(value, len(sizes))
        return EagerTensor(_repeated(dy.host_array(), sizes, reduced))
    known = known_axes(axes)
    if known is not None and x.shape.is_fully_defined():
        shape = x.shape.as_list()
        if not keep_dims and dy.shape.rank:
            dy = raw.Reshape(dy, np.array(kept_shape(shape, known), np.int32))
        return raw.BroadcastTo(dy, np.array(shape, np.int32))
    shape = raw.Shape(x)
    if not keep_dims:
        dy = raw.Reshape(dy, kept_shape_dynamic(shape, axes))
    return raw.BroadcastTo(dy, shape)


def _repeated(value: np.ndarray, shape: Sequence[int], axes: Sequence[int]) -> np.ndarray:
    """A view of an array that was reduced over `axes`, repeated along them."""
    if len(axes) == len(shape) and value.dtype.kind in "fciu":
        # What np.broadcast_to gives, in a tenth of the time.
        return ndarray(shape, value.dtype, np.ascontiguousarray(value), 0, (0,) * len(shape))
    kept = [1 if i in axes else size for i, size in enumerate(shape)]
    return np.broadcast_to(value.reshape(kept), shape)


def kept_shape_dynamic(shape: Any, axes: Any) -> Any:
    """`kept_shape` as a tensor, for a shape or axes known only when the program runs."""
    rank = raw.Size(shape)
    axes = raw.Cast(raw.Reshape(axes, np.array([-1], np.int32)), DstT=dtypes.int32)
    axes = raw.FloorMod(raw.AddV2(axes, rank), rank)
    ones = raw.Fill(raw.Shape(axes), np.int32(1))
    everywhere = raw.Range(np.int32(0), rank, np.int32(1))
    return raw.DynamicStitch([everywhere, axes], [shape, ones])
