"""How many distinct values a stream has, by HyperLogLog."""

from __future__ import annotations

import math

import numpy as np

from tidefall.lifecycle.data_validation.sketches.hashing import hash_values

_BITS = 14
_REGISTERS = 1 << _BITS


class DistinctSketch:
    """HyperLogLog with 2**14 registers: 16 KiB, a standard error of 0.8 %.

    Merging two gives, bit for bit, what one would be that had seen both streams.

    Source: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", 2007, with linear counting for small
    numbers.

    Attributes:
        registers: uint8 `[16384]`.
    """

    __slots__ = ("registers",)

    def __init__(self, registers: np.ndarray | None = None):
        self.registers = np.zeros(_REGISTERS, np.uint8) if registers is None else registers

    def add(self, values: object) -> None:
        """Take in an Arrow array of strings or of integers; each value once is enough."""
        self.add_hashes(hash_values(values))

    def add_hashes(self, hashes: np.ndarray) -> None:
        """Take in what `hash_values` has made of values."""
        places = (hashes >> np.uint64(64 - _BITS)).astype(np.intp)
        rest = (hashes << np.uint64(_BITS)) | np.uint64((1 << _BITS) - 1)
        np.maximum.at(self.registers, places, _leading_zeros(rest) + np.uint8(1))

    def merge(self, other: DistinctSketch) -> None:
        """Take in what another one has seen."""
        np.maximum(self.registers, other.registers, out=self.registers)

    def estimate(self) -> float:
        """The number of distinct values."""
        alpha = 0.7213 / (1 + 1.079 / _REGISTERS)
        raw = alpha * _REGISTERS**2 / float(np.exp2(-self.registers.astype(np.float64)).sum())
        empty = int((self.registers == 0).sum())
        if raw <= 2.5 * _REGISTERS and empty:
            return _REGISTERS * math.log(_REGISTERS / empty)
        return raw

    @property
    def error(self) -> float:
        """The standard deviation of the estimate, as a share of it."""
        return 1.04 / math.sqrt(_REGISTERS)


def _leading_zeros(numbers: np.ndarray) -> np.ndarray:
    """Of uint64s in which one of the upper 53 bits is set, as uint8."""
    # The upper 53 bits are a float64 without rounding, whose exponent says where the first is.
    exponents = (numbers >> np.uint64(11)).astype(np.float64).view(np.uint64) >> np.uint64(52)
    return (np.uint64(1023 + 52) - exponents).astype(np.uint8)
