"""Geometry of sliding windows, shared by convolution and pooling.

A window has a size, a stride and a dilation in each dimension; padding puts `before` and `after`
elements around the input. Everything here works on tuples with one entry per dimension.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape

Ints = tuple[int, ...]
BLOCK_ELEMENTS = 1 << 19
"""Patches are gathered in blocks of about this many elements, to stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes of one sliding-window operation, per dimension."""

    sizes: Ints
    windows: Ints
    strides: Ints
    dilations: Ints
    before: Ints
    after: Ints
    outs: Ints

    @property
    def padded(self) -> bool:
        """True when there is any padding, or cropping, around the input."""
        return any(self.before) or any(self.after)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Padding as pairs, the way XLA takes it."""
        return list(zip(self.before, self.after, strict=True))

    @property
    def disjoint(self) -> bool:
        """True when no input element is under two windows."""
        return all(
            w == 1 or (s >= w and d == 1)
            for w, s, d in zip(self.windows, self.strides, self.dilations, strict=True)
        )

    @property
    def tiled(self) -> bool:
        """True when each window follows the one before it without gap or overlap."""
        return self.windows == self.strides and all(d == 1 for d in self.dilations)

    @property
    def covered(self) -> Ints:
        """How much of the padded input the windows reach, per dimension."""
        return tuple(
            (o - 1) * s + (w - 1) * d + 1 if o else 0
            for o, s, w, d in zip(
                self.outs, self.strides, self.windows, self.dilations, strict=True
            )
        )

    def slices(self) -> Iterator[tuple[slice, ...]]:
        """For each position inside the window, in order: what it sees of the padded input."""
        ranges = []
        for w, d, s, o in zip(self.windows, self.dilations, self.strides, self.outs, strict=True):
            ranges.append(
                [slice(i * d, i * d + (o - 1) * s + 1 if o else i * d, s) for i in range(w)]
            )
        return itertools.product(*ranges)


def effective(window: int, dilation: int) -> int:
    """Extent of a dilated window."""
    return (window - 1) * dilation + 1


def same_padding(size: int, window: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Padding before and after that makes the output `ceil(size / stride)` long."""
    out = -(-size // stride)
    total = max((out - 1) * stride + effective(window, dilation) - size, 0)
    return total // 2, total - total // 2


def out_size(
    size: int | None,
    window: int | None,
    stride: int,
    dilation: int,
    padding: str,
    before: int = 0,
    after: int = 0,
) -> int | None:
    """Number of window positions in one dimension; None if it is not known.

    Raises:
        ValueError: if the window is larger than the padded input by more than a stride.
    """
    if size is None:
        return None
    if padding == "SAME":
        return -(-size // stride)
    if window is None:
        return None
    extent = effective(window, dilation)
    out = (size + before + after - extent) // stride + 1
    if out < 0:
        raise ValueError(
            f"Computed output size would be negative: {out} [input_size: {size + before + after}, "
            f"effective_filter_size: {extent}, stride: {stride}]"
        )
    return out


@lru_cache(4096)
def geometry(
    sizes: Ints,
    windows: Ints,
    strides: Ints,
    padding: str,
    explicit: Ints = (),
    dilations: Ints | None = None,
) -> Geometry:
    """The geometry for input sizes, windows, strides and a padding rule.

    Args:
        explicit: with padding "EXPLICIT", `before` and `after` of each dimension in turn.
    """
    dilations = dilations or (1,) * len(sizes)
    if padding == "SAME":
        pairs = [
            same_padding(*item) for item in zip(sizes, windows, strides, dilations, strict=True)
        ]
    elif padding == "EXPLICIT":
        pairs = list(zip(explicit[::2], explicit[1::2], strict=True))
    else:
        pairs = [(0, 0)] * len(sizes)
    outs = tuple(
        out_size(size, w, s, d, padding, *pair)
        for size, w, s, d, pair in zip(sizes, windows, strides, dilations, pairs, strict=True)
    )
    before, after = zip(*pairs, strict=True)
    return Geometry(sizes, windows, strides, dilations, before, after, outs)  # type: ignore[arg-type]


def channels_first(data_format: str) -> bool:
    """True for NCHW, NCDHW and NCW."""
    return data_format.startswith("NC")


def spatial(values: Sequence[Any], data_format: str) -> tuple[Any, ...]:
    """The entries of `values` that belong to the spatial dimensions."""
    return tuple(values[2:]) if channels_first(data_format) else tuple(values[1:-1])


def to_last(x: Any, data_format: str) -> Any:
    """Move the channels to the end, if they are not there."""
    if not channels_first(data_format):
        return x
    return x.transpose((0, *range(2, x.ndim), 1))


def from_last(x: Any, data_format: str) -> Any:
    """Move the channels from the end to where the format has them."""
    if not channels_first(data_format):
        return x
    moved = x.transpose((0, x.ndim - 1, *range(1, x.ndim - 1)))
    return np.ascontiguousarray(moved) if isinstance(x, np.ndarray) else moved


def pad(x: np.ndarray, before: Ints, after: Ints, value: Any = 0) -> np.ndarray:
    """`x` with a border of `value`; negative amounts crop."""
    if not any(before) and not any(after):
        return x
    crop = tuple(
        slice(max(-b, 0), size - max(-a, 0))
        for b, a, size in zip(before, after, x.shape, strict=True)
    )
    x = x[crop]
    before = tuple(max(b, 0) for b in before)
    shape = [b + n + max(a, 0) for b, n, a in zip(before, x.shape, after, strict=True)]
    result = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    result[tuple(slice(b, b + n) for b, n in zip(before, x.shape, strict=True))] = x
    return result


def unpad(x: np.ndarray, before: Ints, sizes: Ints) -> np.ndarray:
    """The inverse of `pad`: the middle of a padded array, zeros where it was cropped."""
    if x.shape == tuple(sizes) and not any(before):
        return x
    after = tuple(n - x.shape[i] + before[i] for i, n in enumerate(sizes))
    return pad(x, tuple(-b for b in before), after)


def patches(x: np.ndarray, g: Geometry) -> np.ndarray:
    """View of a padded `[batch, *spatial, channels]` array: all that each window sees.

    Returns:
        An array of shape `[batch, *outs, *windows, channels]`.
    """
    batch, *steps, channel = x.strides
    outer = [step * s for step, s in zip(steps, g.strides, strict=True)]
    inner = [step * d for step, d in zip(steps, g.dilations, strict=True)]
    shape = (x.shape[0], *g.outs, *g.windows, x.shape[-1])
    strides = (batch, *outer, *inner, channel)
    if x.flags.c_contiguous and x.size:
        # as_strided does the same ten times slower, which shows on small images.
        return np.ndarray(shape, x.dtype, x, 0, strides)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def blocks(batch: int, g: Geometry, channels: int) -> Iterator[tuple[slice, slice]]:
    """Cut the windows into blocks of images, or of rows of one image: slices of both."""
    per_row = math.prod(g.outs[1:]) * math.prod(g.windows) * channels
    rows = g.outs[0]
    images = BLOCK_ELEMENTS // max(per_row * rows, 1)
    if images:
        for n in range(0, batch, images):
            yield slice(n, min(n + images, batch)), slice(0, rows)
        return
    step = max(BLOCK_ELEMENTS // per_row, 1)
    for n in range(batch):
        for r in range(0, rows, step):
            yield slice(n, n + 1), slice(r, min(r + step, rows))


def window_shape(
    shape: TensorShape,
    windows: Sequence[int | None],
    strides: Sequence[int],
    padding: str,
    explicit: Sequence[int] = (),
    dilations: Sequence[int] | None = None,
) -> list[int | None]:
    """Static output sizes of a sliding window over all the dimensions of `shape`."""
    rank = len(strides)
    dims = shape.with_rank(rank).as_list()
    pads = list(explicit) if padding == "EXPLICIT" else [0] * (2 * rank)
    return [
        out_size(
            dims[i],
            windows[i],
            strides[i],
            dilations[i] if dilations else 1,
            padding,
            pads[2 * i],
            pads[2 * i + 1],
        )
        for i in range(rank)
    ]
