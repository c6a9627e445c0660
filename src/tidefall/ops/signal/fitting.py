"""Cropping and padding to the lengths of a transform, and the weights of half a spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.op import raw
from tidefall.ops.array.padding import pad
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.selecting import where
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.common import known_value
from tidefall.ops.math.cast import cast


def fit(x: Any, like: Any, axes: list[int], only_pad: bool = False, halved: bool = False) -> Any:
    """Crop `x`, or pad it with zeros behind, along some axes.

    Args:
        x: the tensor.
        like: a tensor whose shape is wanted along `axes`; or an int32 vector with a length for each
            axis, told apart by `only_pad`.
        axes: axes, negative or not.
        only_pad: `like` holds lengths, and nothing is cropped: the transform does that.
        halved: of the last length, only half and one more are wanted.
    """
    rank = x.shape.rank
    wanted = _static_lengths(like, axes, only_pad, halved)
    if rank is not None and None not in wanted and _known(x, axes):
        return _fit_static(x, wanted, axes, only_pad)
    sizes = shape(x)
    targets = _dynamic_lengths(like, axes, only_pad, halved)
    if rank is None:
        return _fit_any_rank(x, sizes, targets, axes, only_pad)
    paddings = [np.array([0, 0], np.int32)] * rank
    limits = [sizes[i] for i in range(rank)]
    maximum, stack = raw.Maximum, raw.Pack
    zero = np.array(0, np.int32)
    for i, axis in enumerate(axes):
        paddings[axis] = stack([zero, maximum(targets[i] - sizes[axis], zero)])
        limits[axis] = targets[i]
    x = pad(x, stack(paddings))
    return x if only_pad else raw.Slice(x, np.zeros(rank, np.int32), stack(limits))


def _fit_any_rank(x: Any, sizes: Any, targets: list[Any], axes: list[int], only_pad: bool) -> Any:
    size, zero = raw.Size, np.array(0, np.int32)
    rank = size(sizes)
    limits = sizes
    for axis, target in zip(axes, targets, strict=True):
        place = raw.Equal(range_(rank), axis + rank if axis < 0 else axis)
        limits = where(place, target, limits)
    missing = raw.Maximum(limits - sizes, zero)
    x = pad(x, raw.Pack([raw.ZerosLike(sizes), missing], axis=1))
    return x if only_pad else raw.Slice(x, raw.ZerosLike(sizes), limits)


def _known(x: Any, axes: list[int]) -> bool:
    return all(x.shape[a] is not None for a in axes)


def _static_lengths(like: Any, axes: list[int], given: bool, halved: bool) -> list[int | None]:
    if given:
        value = like if isinstance(like, np.ndarray) else known_value(like)
        if value is None:
            return [None] * len(axes)
        lengths = [int(n) for n in value.reshape(-1)]
        if halved and lengths:
            lengths[-1] = lengths[-1] // 2 + 1
        # Another number of lengths, or a negative one, is for the op to refuse.
        return [max(n, 0) for n in lengths] if len(lengths) == len(axes) else [0] * len(axes)
    return [like.shape[a] if like.shape.rank is not None else None for a in axes]


def _dynamic_lengths(like: Any, axes: list[int], given: bool, halved: bool) -> list[Any]:
    if not given:
        sizes = shape(like)
        return [sizes[a] for a in axes]
    lengths = [like[i] for i in range(len(axes))]
    if halved:
        lengths[-1] = lengths[-1] // 2 + 1
    return lengths


def _fit_static(x: Any, wanted: list[Any], axes: list[int], only_pad: bool) -> Any:
    rank = x.shape.rank
    paddings = np.zeros((rank, 2), np.int32)
    limits = np.full(rank, -1, np.int32)
    for length, axis in zip(wanted, axes, strict=True):
        paddings[axis, 1] = max(length - x.shape[axis], 0)
        if x.shape[axis] > length:
            limits[axis] = length
    if paddings.any():
        x = pad(x, paddings)
    if only_pad or (limits == -1).all():
        return x
    return raw.Slice(x, np.zeros(rank, np.int32), limits)


def half_weights(length: Any, dtype: DType, end: float, middle: float) -> Any:
    """A weight for each value of half a spectrum: those that stand for two others have another.

    The first value stands for itself alone; so does the last one if `length` is even.
    """
    if isinstance(length, int):
        k = np.arange(length // 2 + 1 if length else 0)
        return np.where((k == 0) | (2 * k == length), end, middle).astype(dtype.as_numpy_dtype)
    k = range_(length // 2 + 1)
    alone = raw.LogicalOr(raw.Equal(k, 0), raw.Equal(2 * k, length))
    return cast(where(alone, np.float64(end), np.float64(middle)), dtype)
