"""Windows over the spatial axes of a tensor: what convolutions and pools look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def padded(x: NDArray[Any], pads: Sequence[tuple[int, int]], value: Any = 0) -> NDArray[Any]:
    """x with its spatial axes, those after the first, padded."""
    if not any(before or after for before, after in pads):
        return x
    size = [
        each + sum(pads[axis - 1]) if 0 < axis <= len(pads) else each
        for axis, each in enumerate(x.shape)
    ]
    found = np.full(size, value, x.dtype) if value else np.zeros(size, x.dtype)
    place = [slice(None)] + [
        slice(before, before + length)
        for (before, _), length in zip(pads, x.shape[1 : len(pads) + 1], strict=True)
    ]
    found[tuple(place)] = x
    return found


def patches(
    x: NDArray[Any],
    window: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    out: Sequence[int],
) -> NDArray[Any]:
    """A view of all windows of a padded tensor.

    Args:
        x: `[batch, *spatial, channels]`, padded so far that all windows fit.
        window: the window's size along each spatial axis.
        strides: steps from one window to the next.
        dilations: steps inside a window.
        out: how many windows there are along each axis.

    Returns:
        `[batch, *out, *window, channels]`, a view.
    """
    batch, *spatial, channel = x.strides
    shape = (x.shape[0], *out, *window, x.shape[-1])
    steps = (
        batch,
        *(step * stride for step, stride in zip(spatial, strides, strict=True)),
        *(step * dilation for step, dilation in zip(spatial, dilations, strict=True)),
        channel,
    )
    return np.lib.stride_tricks.as_strided(x, shape, steps, writeable=False)


def needed(
    x_shape: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    out: Sequence[int],
    before: Sequence[int],
) -> list[tuple[int, int]]:
    """The padding that makes all windows fit."""
    pads = []
    for axis, size in enumerate(x_shape):
        extent = (window[axis] - 1) * dilations[axis] + 1
        last = (out[axis] - 1) * strides[axis] + extent
        pads.append((before[axis], max(0, last - size - before[axis])))
    return pads


def fits_float32(count: int, largest: int) -> bool:
    """Whether sums of so many products of this size are exact in float32."""
    return count * largest < 1 << 24


def exact_matmul(a: NDArray[Any], b: NDArray[Any], largest: int) -> NDArray[np.int64]:
    """The product of integer matrices by floating-point multiplication, which is exact here.

    Args:
        a: `[rows, depth]`, integers in any dtype.
        b: `[depth, columns]`, the same.
        largest: the greatest product of two elements.
    """
    kind = np.float32 if fits_float32(a.shape[-1], largest) else np.float64
    return (a.astype(kind, copy=False) @ b.astype(kind, copy=False)).astype(np.int64)
