"""Statistics of numbers: moments, extremes, quantiles, zeros, NaN and infinities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.moments import Moments
from tidefall.lifecycle.data_validation.sketches.quantiles import RAW, QuantileSketch


class NumberStatistics:
    """What is known of the values of a numeric feature.

    Args:
        epsilon: the largest error of the quantiles.
        weighted: whether values have weights.
        histograms: whether quantiles are gathered.
        raw: values that are kept as they are.

    Attributes:
        zeros, nans: how many.
        low, high: extremes without NaN; `finite_low`, `finite_high` also without infinities.
        infinite: how many are positive infinity, and their weight.
    """

    def __init__(
        self,
        epsilon: float = 0.01,
        weighted: bool = False,
        histograms: bool = True,
        raw: int = RAW,
    ):
        self.zeros = self.nans = 0
        self.low = self.finite_low = math.inf
        self.high = self.finite_high = -math.inf
        self.infinite = self.infinite_weight = 0.0
        self.moments = Moments()
        self.quantiles = QuantileSketch(epsilon, raw) if histograms else None
        self.weighted_moments = Moments() if weighted else None
        self.weighted_quantiles = QuantileSketch(epsilon, raw) if weighted and histograms else None

    def add(self, values: np.ndarray, weights: np.ndarray | None) -> None:
        """Take values in: float64 `[n]`, and their weights."""
        if not len(values):
            return
        low, high = float(values.min()), float(values.max())
        if math.isnan(low):
            nan = np.isnan(values)
            self.nans += int(nan.sum())
            self.add(values[~nan], None if weights is None else weights[~nan])
            return
        if low <= 0 <= high:
            self.zeros += len(values) - int(np.count_nonzero(values))
        self._extremes(low, high)
        if math.isinf(low) or math.isinf(high):
            finite = values[np.isfinite(values)]
            infinite = values == np.inf
            self.infinite += int(infinite.sum())
            if weights is not None:
                self.infinite_weight += float(weights[infinite].sum())
            if len(finite):
                self._finite(float(finite.min()), float(finite.max()))
        else:
            self._finite(low, high)
        self.moments.add(values)
        if self.quantiles is not None:
            self.quantiles.add(values)
        if self.weighted_moments is not None and weights is not None:
            self.weighted_moments.add(values, weights)
            if self.weighted_quantiles is not None:
                self.weighted_quantiles.add(values, weights)

    def _extremes(self, low: float, high: float) -> None:
        self.low, self.high = min(self.low, low), max(self.high, high)

    def _finite(self, low: float, high: float) -> None:
        self.finite_low = min(self.finite_low, low)
        self.finite_high = max(self.finite_high, high)

    def merge(self, other: NumberStatistics) -> None:
        """Take in what another one has seen."""
        self.zeros += other.zeros
        self.nans += other.nans
        self._extremes(other.low, other.high)
        self._finite(other.finite_low, other.finite_high)
        self.infinite += other.infinite
        self.infinite_weight += other.infinite_weight
        self.moments.merge(other.moments)
        if self.quantiles is not None and other.quantiles is not None:
            self.quantiles.merge(other.quantiles)
        if self.weighted_moments is not None and other.weighted_moments is not None:
            self.weighted_moments.merge(other.weighted_moments)
        if self.weighted_quantiles is not None and other.weighted_quantiles is not None:
            self.weighted_quantiles.merge(other.weighted_quantiles)

    _NUMBERS = (
        "zeros", "nans", "low", "high", "finite_low", "finite_high", "infinite", "infinite_weight",
    )  # fmt: skip
    _PARTS = (
        ("moments", Moments),
        ("quantiles", QuantileSketch),
        ("weighted_moments", Moments),
        ("weighted_quantiles", QuantileSketch),
    )

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        parts = {name: getattr(self, name) for name, _ in self._PARTS}
        return {
            "numbers": np.array([getattr(self, name) for name in self._NUMBERS], np.float64),
            **{name: None if part is None else part.state() for name, part in parts.items()},
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> NumberStatistics:
        """The one that `state` was taken of."""
        made = cls()
        for name, value in zip(cls._NUMBERS, state["numbers"], strict=True):
            setattr(made, name, int(value) if name in ("zeros", "nans") else float(value))
        for name, kind in cls._PARTS:
            setattr(made, name, None if state[name] is None else kind.from_state(state[name]))
        return made
