"""Errors of regressions and correlations of labels with predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.kept import KeptRows
from tidefall.lifecycle.model_analysis.metrics.pairs import PairMetric


class RegressionError(PairMetric, is_base=True):
    """The mean of an error; as in TFMA, pairs whose error is NaN do not count."""

    def error(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """The error of each pair, of the labels' shape."""
        raise NotImplementedError(type(self).__name__)

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Which pairs count, and their errors."""
        with np.errstate(divide="ignore", invalid="ignore"):
            error = self.error(labels, predictions)
        known = ~np.isnan(error)
        return [known.astype(np.float64), np.where(known, error, 0.0)]

    def settings(self) -> tuple[Any, ...]:
        """The error."""
        return (type(self).error.__module__, type(self).error.__qualname__)

    def outcome(self, sums: np.ndarray) -> float:
        """The mean."""
        return divided(sums[2], sums[1])


class MeanAbsoluteError(RegressionError):
    """The mean of |label - prediction|."""

    def error(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Distances."""
        return np.abs(labels - predictions)


class MeanSquaredError(RegressionError):
    """The mean of (label - prediction)^2."""

    def error(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Squares."""
        return (labels - predictions) ** 2


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of (label - prediction)^2."""

    def outcome(self, sums: np.ndarray) -> float:
        """The root."""
        return float(np.sqrt(super().outcome(sums)))


class MeanAbsolutePercentageError(RegressionError):
    """The mean of 100 |label - prediction| / |label|; labels of 0 do not count."""

    def error(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Percentages."""
        apart = 100 * np.abs(labels - predictions)
        return np.where(labels == 0, np.nan, apart / np.abs(labels))


class MeanSquaredLogarithmicError(RegressionError):
    """The mean of (log(label + 1) - log(prediction + 1))^2."""

    def error(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Squares; NaN where one is below -1."""
        return (np.log(labels + 1) - np.log(predictions + 1)) ** 2


class PearsonCorrelation(PairMetric):
    """Pearson's correlation of labels and predictions, from -1 to 1."""

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """First and second moments."""
        y, p = labels, predictions
        return [y, p, y * y, p * p, y * p]

    def outcome(self, sums: np.ndarray) -> float:
        """The covariance over the roots of the variances; NaN where one has none."""
        covariance, spread = _moments(sums)
        return divided(covariance, np.sqrt(max(spread, 0.0)))


class SquaredPearsonCorrelation(PearsonCorrelation):
    """The square of Pearson's correlation of labels and predictions."""

    def outcome(self, sums: np.ndarray) -> float:
        """The square; NaN where labels or predictions are all the same."""
        covariance, spread = _moments(sums)
        return divided(covariance * covariance, spread)


def _moments(sums: np.ndarray) -> tuple[float, float]:
    """The covariance and the product of variances, times the sum of weights each."""
    w, y, p, yy, pp, yp = sums
    if w <= 0:
        return float("nan"), 0.0
    return yp - y * p / w, (yy - y * y / w) * (pp - p * p / w)


class SpearmanCorrelation(Metric):
    """Spearman's correlation: Pearson's of the ranks of labels and predictions.

    Ranks need all rows: 32 bytes are kept of each. Ties get the middle of their ranks; with weights
    a rank is the weight below and half of that beside.
    """

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        selection = context.selection()

        def columns(inputs: Inputs) -> list[np.ndarray]:
            pairs = inputs.pairs(selection)
            labels, predictions = np.broadcast_arrays(pairs.labels, pairs.predictions)
            weights = np.ones(1) if pairs.weights is None else pairs.weights
            if weights.ndim < labels.ndim:
                weights = weights[:, None] if len(weights) > 1 else weights
            return [labels, predictions, np.broadcast_to(weights, labels.shape)]

        def value(found: Mapping[str, Any]) -> float:
            return spearman(*found["rows"]) if found["rows"] else float("nan")

        statistic = KeptRows(("spearman", selection), columns, weight=2)
        return [Derived(context.key(self.name), {"rows": statistic}, value)]


def weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weight below each value and half of the weight at it: float64 [rows].

    >>> weighted_ranks(np.array([5.0, 1.0, 5.0]), np.ones(3)).tolist()
    [2.0, 0.5, 2.0]
    """
    _, place = np.unique(values, return_inverse=True)
    at = np.bincount(place, weights)
    return (np.cumsum(at) - at / 2)[place]


def spearman(labels: np.ndarray, predictions: np.ndarray, weights: np.ndarray) -> float:
    """Spearman's correlation of float64 [rows] each; NaN where it is not defined.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 9.0]), np.ones(3))
    1.0
    """
    if not weights.sum() > 0 or np.isnan(labels).any() or np.isnan(predictions).any():
        return float("nan")
    a, b = weighted_ranks(labels, weights), weighted_ranks(predictions, weights)
    a, b = a - np.average(a, weights=weights), b - np.average(b, weights=weights)
    spread = (weights * a * a).sum() * (weights * b * b).sum()
    return divided((weights * a * b).sum(), np.sqrt(spread))
