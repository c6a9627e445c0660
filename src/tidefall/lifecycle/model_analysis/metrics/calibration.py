"""Whether predictions are as high as labels: means, their ratio, calibration by buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.matrices import histogram
from tidefall.lifecycle.model_analysis.metrics.pairs import PairMetric


class MeanLabel(PairMetric):
    """The mean of labels."""

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Labels."""
        return [labels]


class MeanPrediction(PairMetric):
    """The mean of predictions."""

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Predictions."""
        return [predictions]


class Calibration(PairMetric):
    """The sum of predictions over that of labels: above 1 where predictions are too high."""

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Labels and predictions."""
        return [labels, predictions]

    def outcome(self, sums: np.ndarray) -> float:
        """Their ratio."""
        return divided(sums[2], sums[1])


class BrierScore(PairMetric):
    """The mean of (label - probability)^2."""

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Squares."""
        return [(labels - predictions) ** 2]


class ExpectedCalibrationError(Metric):
    """The mean distance of mean label and mean prediction over buckets of predictions.

    sum over buckets of (weight of bucket / all weight) * |mean label - mean prediction|
    (Naeini, Cooper, Hauskrecht, 2015).

    Args:
        name: of the value.
        num_buckets: of equal width, between 0 and 1.
    """

    def __init__(self, name: str | None = None, num_buckets: int = 10):
        if num_buckets < 1:
            raise invalid(f"num_buckets {num_buckets}: expected 1 or more")
        super().__init__(name, num_buckets=num_buckets)
        self._buckets = num_buckets

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def value(found: Mapping[str, Any]) -> float:
            weights, labels, predictions = found["histogram"]
            if weights[-1]:
                return float("nan")
            # A prediction of 1 is in the bucket that ends there.
            apart = labels - predictions
            apart[-3] += apart[-2]
            return divided(np.abs(apart[:-2]).sum(), weights.sum())

        statistic = histogram(context.selection(), self._buckets)
        return [Derived(context.key(self.name), {"histogram": statistic}, value)]
