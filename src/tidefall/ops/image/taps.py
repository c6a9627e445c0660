"""Resampling one axis: which input positions make up an output position, with which weights.

Every resize is two of these, one for the rows and one for the columns. All arithmetic on positions
is in float32, step by step as TensorFlow does it, because rounding decides which pixel is taken.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from tidefall.native import resample as native
from tidefall.native.resample import Sources
from tidefall.ops.common import jnp, lax

F = np.float32
_SMALLEST_SUM = F(1000) * np.finfo(np.float32).tiny


@dataclass(frozen=True, eq=False)
class Taps:
    """Sources of each output position along an axis.

    Attributes:
        index: `[outputs, taps]`, positions in the input.
        weight: float32 `[outputs, taps]`.
        size: length of the input axis.
        blends: there are two taps, whose weights add up to 1.
    """

    index: np.ndarray
    weight: np.ndarray
    size: int
    blends: bool = False

    @cached_property
    def sources(self) -> Sources:
        """The same, as the native kernel takes it."""
        return np.ascontiguousarray(self.index, np.int32), self.weight, self.blends

    @cached_property
    def columns(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Position and weight of each tap, for all outputs."""
        return list(zip(self.index.T.copy(), self.weight.T.copy(), strict=True))

    @cached_property
    def reversed(self) -> Taps:
        """The same outputs, the last one first."""
        return Taps(self.index[::-1].copy(), self.weight[::-1].copy(), self.size, self.blends)

    def matrix(self) -> np.ndarray:
        """The same as a matrix `[outputs, size]`."""
        dense = np.zeros((len(self.index), self.size), F)
        rows = np.arange(len(self.index))
        for k in range(self.index.shape[1]):
            np.add.at(dense, (rows, self.index[:, k]), self.weight[:, k])
        return dense


def scale_of(source: int, target: int, align_corners: bool) -> np.float32:
    """Distance in the input between neighbours in the output."""
    if align_corners and target > 1:
        return F(source - 1) / F(target - 1)
    return F(source) / F(target)


def positions(source: int, target: int, align_corners: bool, half_pixel: bool) -> np.ndarray:
    """Where each output position falls in the input: float32 `[target]`."""
    scale = scale_of(source, target, align_corners)
    out = np.arange(target, dtype=F)
    return (out + F(0.5)) * scale - F(0.5) if half_pixel else out * scale


@lru_cache(512)
def nearest(source: int, target: int, align_corners: bool, half_pixel: bool) -> np.ndarray:
    """The input position of each output position, for nearest neighbours."""
    out = np.arange(target, dtype=F)
    where = (out + F(0.5) if half_pixel else out) * scale_of(source, target, align_corners)
    # Halves away from zero, as C rounds; NumPy rounds them to even.
    chosen = np.floor(where + F(0.5)) if align_corners else np.floor(where)
    return np.clip(chosen.astype(np.int64), 0, source - 1)


@lru_cache(512)
def linear(source: int, target: int, align_corners: bool, half_pixel: bool) -> Taps:
    """Two neighbours, weighted by their distance."""
    where = positions(source, target, align_corners, half_pixel)
    floor = np.floor(where)
    low = np.maximum(floor.astype(np.int64), 0)
    high = np.minimum(np.ceil(where).astype(np.int64), source - 1)
    share = where - floor
    index = np.stack([np.minimum(low, source - 1), high], 1)
    return Taps(index, np.stack([F(1) - share, share], 1), source, blends=True)


_TABLE = 1024


@lru_cache(4)
def _cubic_table(a: float) -> np.ndarray:
    near = np.arange(_TABLE + 1, dtype=np.float64).astype(F) / F(_TABLE)
    far = near + F(1)
    a = F(a)  # type: ignore[assignment]
    inner = ((a + F(2)) * near - (a + F(3))) * near * near + F(1)
    outer = ((a * far - F(5) * a) * far + F(8) * a) * far - F(4) * a
    return np.stack([inner, outer], 1).astype(F)


@lru_cache(512)
def cubic(source: int, target: int, align_corners: bool, half_pixel: bool) -> Taps:
    """Four neighbours; half-pixel centres leave out those beyond the edge."""
    where = positions(source, target, align_corners, half_pixel)
    first = np.floor(where)
    offset = np.rint((where - first) * F(_TABLE)).astype(np.int64)
    table = _cubic_table(-0.5 if half_pixel else -0.75)
    weight = np.stack(
        [
            table[offset, 1],
            table[offset, 0],
            table[_TABLE - offset, 0],
            table[_TABLE - offset, 1],
        ],
        1,
    )
    wanted = first.astype(np.int64)[:, None] + np.arange(-1, 3)
    index = np.clip(wanted, 0, source - 1)
    if half_pixel:
        weight = normalized(np.where(index == wanted, weight, F(0)))
    return Taps(index, weight, source)


def normalized(weight: np.ndarray) -> np.ndarray:
    """Weights that add up to 1 in each row; rows that add up to nothing stay or are zeros."""
    total = weight.sum(1, keepdims=True, dtype=F)
    usable = np.abs(total) >= _SMALLEST_SUM
    return np.where(usable, weight / np.where(usable, total, F(1)), weight).astype(F)


@lru_cache(512)
def area(source: int, target: int, align_corners: bool) -> Taps:
    """All positions that an output position covers, each by how much of it is covered."""
    scale = scale_of(source, target, align_corners)
    out = np.arange(target, dtype=F)
    low, high = out * scale, (out + F(1)) * scale
    start = np.floor(low).astype(np.int64)
    end = np.ceil(high).astype(np.int64)
    count = int(max((end - start).max(initial=0), 1))
    wanted = start[:, None] + np.arange(count)
    at = wanted.astype(F)
    low, high = low[:, None], high[:, None]
    tail = np.where(at + F(1) > high, high - at, F(1))
    weight = np.where(at < low, np.where(at + F(1) > high, scale, at + F(1) - low), tail)
    weight = np.where(wanted < end[:, None], weight, F(0))
    return Taps(np.clip(wanted, 0, source - 1), (weight / scale).astype(F), source)


# ---- kernels of ScaleAndTranslate ----


def _lanczos(radius: float) -> Any:
    def kernel(x: np.ndarray) -> np.ndarray:
        pi = F(math.pi)
        safe = np.where(x <= F(1e-3), F(1), x)
        value = F(radius) * np.sin(pi * safe) * np.sin(pi * safe / F(radius))
        value = value / (pi * pi * safe * safe)
        return np.where(x > F(radius), F(0), np.where(x <= F(1e-3), F(1), value))

    return kernel


def _gaussian(x: np.ndarray) -> np.ndarray:
    sigma = F(0.5)
    return np.where(x >= F(1.5), F(0), np.exp(-x * x / (F(2) * sigma * sigma)))


def _box(x: np.ndarray) -> np.ndarray:
    return np.where(x < F(0.5), F(1), np.where(x == F(0.5), F(0.5), F(0)))


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.where(x < F(1), F(1) - x, F(0))


def _keys(x: np.ndarray) -> np.ndarray:
    outer = ((F(-0.5) * x + F(2.5)) * x - F(4)) * x + F(2)
    inner = ((F(1.5) * x - F(2.5)) * x) * x + F(1)
    return np.where(x >= F(2), F(0), np.where(x >= F(1), outer, inner))


def _mitchell(x: np.ndarray) -> np.ndarray:
    outer = ((F(-7 / 18) * x + F(2)) * x - F(10 / 3)) * x + F(16 / 9)
    inner = ((F(7 / 6) * x - F(2)) * x) * x + F(8 / 9)
    return np.where(x >= F(2), F(0), np.where(x >= F(1), outer, inner))


KERNELS: dict[str, tuple[float, Any]] = {
    "lanczos1": (1.0, _lanczos(1)),
    "lanczos3": (3.0, _lanczos(3)),
    "lanczos5": (5.0, _lanczos(5)),
    "gaussian": (1.5, _gaussian),
    "box": (1.0, _box),
    "triangle": (1.0, _triangle),
    "keyscubic": (2.0, _keys),
    "mitchellcubic": (2.0, _mitchell),
}
"""Radius and function of the distance, by the name in the op's attribute."""


@lru_cache(512)
def spans(
    source: int, target: int, scale: float, translation: float, kernel: str, antialias: bool
) -> Taps:
    """The positions within reach of a kernel; widened by the scale when shrinking smoothly."""
    radius, function = KERNELS[kernel]
    inverse = F(1) / F(scale)
    widening = max(inverse, F(1)) if antialias else F(1)
    reach = F(radius) * widening
    centre = (np.arange(target, dtype=F) + F(0.5)) * inverse + -inverse * F(translation)
    inside = (centre >= 0) & (centre <= F(source))
    start = np.clip(np.ceil(centre - reach - F(0.5)), 0, source - 1).astype(np.int64)
    end = np.clip(np.floor(centre + reach - F(0.5)), 0, source - 1).astype(np.int64)
    count = int(max((end - start)[inside].max(initial=0) + 1, 1))
    wanted = start[:, None] + np.arange(count)
    distance = np.abs((wanted.astype(F) + F(0.5) - centre[:, None]) / widening)
    weight = np.where(wanted <= end[:, None], function(distance), F(0)).astype(F)
    total = weight.sum(1, keepdims=True, dtype=F)
    usable = inside[:, None] & (np.abs(total) >= _SMALLEST_SUM)
    weight = np.where(usable, weight / np.where(usable, total, F(1)), F(0)).astype(F)
    return Taps(np.clip(wanted, 0, source - 1), weight, source)


# ---- using them ----


def _along(weight: Any, rank: int, axis: int) -> Any:
    return weight.reshape((-1,) + (1,) * (rank - 1 - axis))


_FEW_CHANNELS = 8


def resample_picture(
    x: np.ndarray, axes: tuple[int, int], taps_of: Callable[[int], Taps]
) -> np.ndarray:
    """Resample two axes one after the other, with the taps that there are for each.

    Args:
        x: `[batch, height, width, channels]`.
        axes: 1 and 2, in the order in which they are done.
        taps_of: the taps of an axis.
    """
    first, last = axes
    taps = {axis: taps_of(axis) for axis in axes}
    outputs = (
        x.size // max(1, x.shape[1] * x.shape[2]) * math.prod(len(t.index) for t in taps.values())
    )
    if native.takes(x, outputs):
        return native.resample(x, taps[1].sources, taps[2].sources, first == 1)
    return resample(resample(x, first, taps[first], temporary=True), last, taps[last])


def resample(x: np.ndarray, axis: int, taps: Taps, temporary: bool = False) -> np.ndarray:
    """Resample one axis; of an array of integers the result is float32.

    Args:
        x: the array.
        axis: which.
        taps: the sources of each position along it.
        temporary: the result is gone with the next call that asks for this.
    """
    inner = math.prod(x.shape[axis + 1 :])
    if 1 < inner <= _FEW_CHANNELS:
        # NumPy is slow where the last axis is short: it becomes one with the axis before.
        flat = x.reshape(*x.shape[:axis], x.shape[axis] * inner)
        return resample(flat, axis, _with_channels(taps, inner), temporary).reshape(
            *x.shape[:axis], len(taps.index), *x.shape[axis + 1 :]
        )
    dtype = F if x.dtype.kind in "iu" else x.dtype
    behind = (1,) * (x.ndim - 1 - axis)
    (index, weight), *others = (
        (index, weight.reshape(-1, *behind).astype(dtype, copy=False))
        for index, weight in taps.columns
    )
    shape = (*x.shape[:axis], len(index), *x.shape[axis + 1 :])
    total = scratch.array("total", shape, dtype) if temporary else np.empty(shape, dtype)
    part = scratch.array("part", shape, dtype)
    _take(x, axis, index, total)
    if not taps.blends:
        total *= weight
    for index, weight in others:
        _take(x, axis, index, part)
        if taps.blends:
            part -= total
        part *= weight
        total += part
    return total


def _take(x: np.ndarray, axis: int, index: np.ndarray, out: np.ndarray) -> None:
    """Some positions of an axis."""
    if x.dtype == out.dtype:
        x.take(index, axis, out=out, mode="clip")  # the other modes make another copy
    elif axis == x.ndim - 1 and x.itemsize == 1:
        out[...] = x[..., index]  # the faster one there
    else:
        taken = scratch.array("taken", out.shape, x.dtype)
        out[...] = x.take(index, axis, out=taken, mode="clip")


class _Scratch(threading.local):
    """Memory for what is needed in between.

    Arrays of this size made anew are mapped anew by the system, which takes longer than what is
    done with them (measured for a picture of 320 x 240: 0.13 of 0.31 ms).
    """

    def __init__(self) -> None:
        self._buffers: dict[str, np.ndarray] = {}

    def array(self, use: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array of any values, good until the next of the same use."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > _MAX_SCRATCH:
            return np.empty(shape, dtype)
        buffer = self._buffers.get(use)
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[use] = np.empty(size, np.uint8)
        return buffer[:size].view(dtype).reshape(shape)


_MAX_SCRATCH = 1 << 22
scratch = _Scratch()


@lru_cache(512)
def _with_channels(taps: Taps, channels: int) -> Taps:
    """Taps of an axis and the channels behind it as one axis."""
    index = taps.index[:, None, :] * channels + np.arange(channels)[:, None]
    flat = index.reshape(-1, index.shape[2])
    weight = np.repeat(taps.weight, channels, 0)
    return Taps(flat, weight, taps.size * channels, taps.blends)


def spread(grad: np.ndarray, axis: int, taps: Taps) -> np.ndarray:
    """The transpose of `resample`: each output's gradient goes back to its sources.

    Sources ascend along the outputs, so those that share one lie side by side and are summed as
    a segment.
    """
    shape = (*grad.shape[:axis], taps.size, *grad.shape[axis + 1 :])
    total = np.zeros(shape, grad.dtype)
    ahead = (slice(None),) * axis
    for k in range(taps.index.shape[1]):
        column = taps.index[:, k]
        starts = np.flatnonzero(np.diff(column, prepend=-1))
        weighted = grad * _along(taps.weight[:, k].astype(grad.dtype), grad.ndim, axis)
        if len(starts):
            total[(*ahead, column[starts])] += np.add.reduceat(weighted, starts, axis)
    return total


def resample_xla(x: Any, axis: int, taps: Taps) -> Any:
    """`resample` for jax: a few gathers, or one matrix product where there are many."""
    count = taps.index.shape[1]
    if count > 8:
        product = jnp.tensordot(
            taps.matrix().astype(x.dtype), x, axes=([1], [axis]), precision=lax.Precision.HIGHEST
        )
        return jnp.moveaxis(product, 0, axis)
    parts = [
        jnp.take(x, taps.index[:, k], axis)
        * _along(taps.weight[:, k], x.ndim, axis).astype(x.dtype)
        for k in range(count)
    ]
    return sum(parts[1:], parts[0])


def spread_xla(grad: Any, axis: int, taps: Taps) -> Any:
    """`spread` for jax: a product with the transposed matrix."""
    product = jnp.tensordot(
        taps.matrix().astype(grad.dtype), grad, axes=([0], [axis]), precision=lax.Precision.HIGHEST
    )
    return jnp.moveaxis(product, 0, axis)
