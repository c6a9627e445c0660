"""How good answers are while their labels are not known yet, and how far such estimates were off.

Confidence-based: a calibrated score says itself how likely it is right, so the expected confusion
matrix of a window follows from its scores. That holds while the relation of scores and labels does;
inputs may drift. Direct loss: a model of the loss, learned on labelled rows, says what the loss of
others is; it is for regressions.

Sources: Guillory et al., "Predicting with confidence on unseen distributions", 2021; Bialek et al.,
"Estimating model performance under covariate shift without labels", 2024.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, need

MIN_ROWS = 100
"""Labelled rows of the reference that an estimate takes at least."""
_CHUNKS = 10
_Z = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A metric without labels.

    Args:
        value: what is expected.
        low, high: bounds that hold with 95 % confidence if scores and labels go together as in the
            reference: they hold what chance does to a window of this size, and `error`.
        error: the root mean square of estimate minus truth over chunks of the reference that the
            estimator had not seen.
        count: rows.
    """

    value: float
    low: float
    high: float
    error: float
    count: int


def expected_accuracy(p: np.ndarray, predicted: np.ndarray) -> float:
    """Return the accuracy that calibrated scores promise.

    >>> expected_accuracy(np.array([0.9, 0.2]), np.array([True, False]))
    0.85
    """
    return float(np.where(predicted, p, 1 - p).mean())


def expected_precision(p: np.ndarray, predicted: np.ndarray) -> float:
    """Return the precision that calibrated scores promise; NaN where nothing is positive."""
    return float(p[predicted].mean()) if predicted.any() else math.nan


def expected_recall(p: np.ndarray, predicted: np.ndarray) -> float:
    """Return the recall that calibrated scores promise."""
    return float(p[predicted].sum() / p.sum()) if p.sum() > 0 else math.nan


def expected_f1(p: np.ndarray, predicted: np.ndarray) -> float:
    """Return the F1 score that calibrated scores promise."""
    total = p.sum() + predicted.sum()
    return float(2 * p[predicted].sum() / total) if total > 0 else math.nan


def expected_auc(p: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve that calibrated scores promise.

    >>> expected_auc(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.2, 0.3, 0.4]))
    0.75
    """
    order = np.argsort(scores, kind="stable")
    p, scores = p[order], scores[order]
    starts = np.flatnonzero(np.append(True, scores[1:] != scores[:-1]))
    positive, negative = np.add.reduceat(p, starts), np.add.reduceat(1 - p, starts)
    below = np.cumsum(negative) - negative
    total = p.sum() * (1 - p).sum()
    return float((positive * (below + negative / 2)).sum() / total) if total > 0 else math.nan


EXPECTED: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": expected_accuracy,
    "precision": expected_precision,
    "recall": expected_recall,
    "f1": expected_f1,
}
"""The metrics of decisions, by name; "auc" takes scores."""


def metric_value(name: str, labels: np.ndarray, scores: np.ndarray, threshold: float) -> float:
    """Return a metric that labels say: a label is a probability that is 0 or 1."""
    p = labels.astype(np.float64)
    if name == "auc":
        return expected_auc(p, scores)
    return EXPECTED[name](p, scores >= threshold)


class ConfidenceEstimator:
    """Estimates metrics of a binary classifier from its scores.

    Args:
        scores: of the reference, `[n]`.
        labels: 0 or 1, `[n]`.
        threshold: from which score on a row is positive.

    Raises:
        InvalidArgumentError: there are too few, or all labels are equal.
    """

    def __init__(self, scores: np.ndarray, labels: np.ndarray, threshold: float = 0.5) -> None:
        if len(scores) < MIN_ROWS or len(np.unique(labels)) < 2:
            what = f"{len(scores)} labelled rows with labels {np.unique(labels)[:5].tolist()}"
            raise invalid(f"an estimate takes {MIN_ROWS} rows of two labels, received {what}")
        self.threshold = threshold
        self._calibrate = _isotonic(scores, labels)
        self._errors = self._measured_errors(scores, labels)

    def _measured_errors(self, scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """What estimates were off, and not by the chance of labels alone, in chunks of rows that
        were left out."""
        chunks = np.array_split(np.arange(len(scores)), _CHUNKS)
        found: dict[str, list[float]] = {}
        for chunk in chunks:
            rest = np.ones(len(scores), bool)
            rest[chunk] = False
            if len(np.unique(labels[rest])) < 2:
                continue
            p = _isotonic(scores[rest], labels[rest])(scores[chunk])
            for name in (*EXPECTED, "auc"):
                promised = self._value(name, p, scores[chunk])
                true = metric_value(name, labels[chunk], scores[chunk], self.threshold)
                if np.isfinite(promised - true):
                    found.setdefault(name, []).append(promised - true)
        return {name: float(np.sqrt(np.mean(np.square(off)))) for name, off in found.items()}

    def _value(self, name: str, p: np.ndarray, scores: np.ndarray) -> float:
        if name == "auc":
            return expected_auc(p, scores)
        return EXPECTED[name](p, scores >= self.threshold)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return calibrated scores."""
        return self._calibrate(scores)

    def estimate(self, name: str, scores: np.ndarray) -> Estimate:
        """Return what a metric is expected to be.

        Args:
            name: "accuracy", "precision", "recall", "f1" or "auc".
            scores: of the window, `[n]`.
        """
        p = self._calibrate(scores)
        value = self._value(name, p, scores)
        error = self._errors.get(name, math.nan)
        # Labels drawn by the scores themselves: what chance does to a window of this size.
        generator = np.random.default_rng(0)
        if len(scores) > 20_000:
            some = generator.choice(len(scores), 20_000, replace=False)
        else:
            some = np.arange(len(scores))
        draws = [
            metric_value(name, generator.random(len(some)) < p[some], scores[some], self.threshold)
            for _ in range(30)
        ]
        chance = float(np.nanstd(draws)) * math.sqrt(len(some) / max(1, len(scores)))
        spread = _Z * math.hypot(chance, 0.0 if math.isnan(error) else error)
        return Estimate(
            value, max(0.0, value - spread), min(1.0, value + spread), error, len(scores)
        )


class LossEstimator:
    """Estimates the loss of a regression from its inputs and predictions.

    Args:
        features: of the reference, `[n, width]`, NaN for what is missing.
        losses: of its rows, `[n]`, 0 or more.

    Raises:
        InvalidArgumentError: there are too few.
    """

    def __init__(self, features: np.ndarray, losses: np.ndarray) -> None:
        if len(losses) < MIN_ROWS:
            raise invalid(f"an estimate takes {MIN_ROWS} labelled rows, received {len(losses)}")
        self._model = _boosted(features, losses)
        self._errors, promised = [], np.empty(len(losses))
        for chunk in np.array_split(np.arange(len(losses)), 5):
            rest = np.ones(len(losses), bool)
            rest[chunk] = False
            promised[chunk] = _boosted(features[rest], losses[rest]).predict(features[chunk])
        chunks = np.array_split(np.arange(len(losses)), _CHUNKS)
        off = [promised[chunk].mean() - losses[chunk].mean() for chunk in chunks]
        self.error = float(np.sqrt(np.mean(np.square(off))))
        self._residual = float(np.std(losses - promised))

    def estimate(self, features: np.ndarray, root: bool = False) -> Estimate:
        """Return what the mean loss of rows is expected to be.

        Args:
            features: of the window, `[n, width]`.
            root: whether to give the root of it, as for the root mean square error.
        """
        mean = max(0.0, float(self._model.predict(features).mean()))
        chance = self._residual / math.sqrt(max(1, len(features)))
        spread = _Z * math.hypot(chance, self.error)
        low, high, error = max(0.0, mean - spread), mean + spread, self.error
        if root:
            error = error / (2 * math.sqrt(mean)) if mean else math.nan
            mean, low, high = math.sqrt(mean), math.sqrt(low), math.sqrt(high)
        return Estimate(mean, low, high, error, len(features))


def _isotonic(scores: np.ndarray, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    try:
        from sklearn.isotonic import IsotonicRegression
    except ImportError:
        raise need("scikit-learn", "monitoring") from None
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    fitted.fit(scores.astype(np.float64), labels.astype(np.float64))
    return lambda values: fitted.predict(values.astype(np.float64))


def _boosted(features: np.ndarray, losses: np.ndarray) -> Any:
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        raise need("scikit-learn", "monitoring") from None
    return HistGradientBoostingRegressor(max_iter=60, random_state=0).fit(features, losses)


def calibration_error(scores: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error, over bins that have equally many rows.

    >>> calibration_error(np.array([0.5] * 4), np.array([1, 0, 1, 1]), bins=1)
    0.25
    """
    order = np.argsort(scores, kind="stable")
    total = 0.0
    for chunk in np.array_split(order, min(bins, max(1, len(order)))):
        if len(chunk):
            total += abs(float(scores[chunk].mean() - labels[chunk].mean())) * len(chunk)
    return total / max(1, len(order))


def calibration_p_value(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return how likely labels are as far from their scores if scores are their probabilities.

    Source: Spiegelhalter, "Probabilistic prediction in patient management", 1986.
    """
    from scipy.special import ndtr

    p = np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)
    variance = float(np.sum((1 - 2 * p) ** 2 * p * (1 - p)))
    if not variance:
        return 1.0
    statistic = float(np.sum((labels - p) * (1 - 2 * p))) / np.sqrt(variance)
    return float(2 * ndtr(-abs(statistic)))
