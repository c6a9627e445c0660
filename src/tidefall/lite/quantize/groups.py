"""Values that share a scale."""

from __future__ import annotations

import numpy as np

from tidefall.lite.converter.ir import Quantization, Value
from tidefall.lite.quantize.calibration import Range

_LEAST = 1e-9
"""A smaller range is none: the value is zero throughout, and any scale will do."""
_NARROWEST = 1e-6
"""Smaller ranges are widened to this: by a finer scale the 6 of RELU6 is no int32 any more, and
LiteRT refuses the file."""


def scale_of(low: float, high: float, bits: int) -> Quantization:
    """The scale and zero point of a range, which is widened to hold zero.

    Args:
        low, high: the least and the largest number.
        bits: 8 for one zero point anywhere, 16 for zero at zero.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < _LEAST:
        high = 1.0
    widened = max(1.0, _NARROWEST / (high - low))
    low, high = low * widened, high * widened
    if bits == 16:
        largest = max(-low, high)
        return Quantization.of(largest / 32767.0, 0)
    scale = float(np.float32((high - low) / 255.0))
    zero = int(np.clip(round(-128 - low / scale), -128, 127))
    return Quantization.of(scale, zero)


class Groups:
    """Sets of values with one scale each: the range of all of them together.

    Args:
        bits: of the integers.
    """

    def __init__(self, bits: int):
        self.bits = bits
        self._parent: dict[int, int] = {}
        self._fixed: dict[int, Quantization] = {}
        self._ranges: dict[int, tuple[float, float]] = {}
        self._made: dict[int, Quantization] = {}

    def note_ranges(self, ranges: dict[int, Range]) -> None:
        """Take the ranges of values, by id. Those from training are not widened by others."""
        for key, r in ranges.items():
            self._ranges[key] = (r.low, r.high)
            if r.is_trained:
                self._fixed[key] = scale_of(r.low, r.high, self.bits)

    def _root(self, key: int) -> int:
        while key in self._parent:
            key = self._parent[key]
        return key

    def is_fixed(self, value: Value) -> bool:
        """Whether a value's scale is prescribed."""
        return self._root(id(value)) in self._fixed

    def fix(self, value: Value, scale: Quantization) -> None:
        """Prescribe the scale of a value."""
        self._fixed[self._root(id(value))] = scale

    def join(self, a: Value, b: Value) -> None:
        """Let two values have one scale, unless that is prescribed otherwise for both."""
        x, y = self._root(id(a)), self._root(id(b))
        if x == y or (x in self._fixed and y in self._fixed):
            return
        self._parent[x] = y
        if x in self._fixed:
            self._fixed[y] = self._fixed.pop(x)
        ranges = [r for r in (self._ranges.get(x), self._ranges.get(y)) if r is not None]
        if ranges:
            self._ranges[y] = (min(r[0] for r in ranges), max(r[1] for r in ranges))

    def scale(self, value: Value) -> Quantization:
        """The scale of a value."""
        root = self._root(id(value))
        if root in self._fixed:
            return self._fixed[root]
        if root not in self._made:
            low, high = self._ranges.get(root, (0.0, 0.0))
            self._made[root] = scale_of(low, high, self.bits)
        return self._made[root]
