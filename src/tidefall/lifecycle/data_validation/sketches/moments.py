"""Mean and variance of a stream, weighted or not, in one pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_BLOCK = 12288
"""Values at once, so that intermediate arrays stay in the cache and in memory that is there."""


class Moments:
    """Mean and population variance, merged without loss but for rounding.

    Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.

    Attributes:
        weight: the sum of the weights; the number of values, where there are none.
        mean: of the values; 0 without values, NaN with an infinity among them, so that it does not
            depend on their order.
    """

    __slots__ = ("_squares", "mean", "weight")

    def __init__(self, weight: float = 0.0, mean: float = 0.0, squares: float = 0.0):
        self.weight = weight
        self.mean = mean
        self._squares = squares

    @property
    def variance(self) -> float:
        """Of the population; NaN where a value is infinite."""
        return self._squares / self.weight if self.weight else 0.0

    @property
    def standard_deviation(self) -> float:
        """The root of the variance, 0 where that is not a number."""
        variance = self.variance
        return float(np.sqrt(variance)) if variance > 0 else 0.0

    def add(self, values: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Take values in.

        Args:
            values: float64 `[n]`, without NaN.
            weights: float64 `[n]`.
        """
        if not len(values):
            return
        with np.errstate(invalid="ignore", over="ignore"):
            if weights is None:
                for start in range(0, len(values), _BLOCK):
                    block = values[start : start + _BLOCK]
                    mean = _finite(float(block.mean()))
                    off = block - mean
                    # Not `dot`: it wakes BLAS's threads, of which there are enough already.
                    squares = float(np.square(off, out=off).sum())
                    self._combine(float(len(block)), mean, squares)
                return
            total = float(weights.sum())
            if total:
                mean = _finite(float((weights * values).sum()) / total)
                squares = float((weights * np.square(values - mean)).sum())
                self._combine(total, mean, squares)

    def merge(self, other: Moments) -> None:
        """Take in what another one has seen."""
        with np.errstate(invalid="ignore", over="ignore"):
            self._combine(other.weight, other.mean, other._squares)

    def _combine(self, weight: float, mean: float, squares: float) -> None:
        if not weight:
            return
        if not self.weight:
            self.weight, self.mean, self._squares = weight, mean, squares
            return
        total = self.weight + weight
        off = np.float64(mean) - self.mean
        self._squares += squares + float(off * off) * self.weight * weight / total
        # From the heavier side, so that a small batch does not disturb the digits of a large one.
        if weight <= self.weight:
            self.mean = float(self.mean + off * (weight / total))
        else:
            self.mean = float(mean - off * (self.weight / total))
        self.weight = total

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        return {"numbers": np.array([self.weight, self.mean, self._squares])}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Moments:
        """The one that `state` was taken of."""
        return cls(*map(float, state["numbers"]))


def _finite(mean: float) -> float:
    return mean if math.isfinite(mean) else math.nan
