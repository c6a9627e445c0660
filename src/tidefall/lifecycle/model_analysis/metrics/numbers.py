"""Metrics that are ratios of sums: counts, means, regression errors, calibration, losses, costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.matrices import (
    histogram,
    interpolated,
    matrices_of_histogram,
)
from tidefall.lifecycle.model_analysis.statistics import Statistic, Sums, Terms, selected


class ExampleCount(Metric):
    """The number of rows."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        rows = Sums("rows", lambda inputs: Terms([np.ones(inputs.rows)]))
        return [Derived(context.key(self.name), {"rows": rows}, lambda f: float(f["rows"][0, 0]))]


class WeightedExampleCount(Metric):
    """The sum of the rows' weights."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def terms(inputs: Inputs) -> Terms:
            weights = inputs.weights(context.model, context.output) if context.weighted else None
            return Terms([np.ones(inputs.rows) if weights is None else weights])

        name = ("weights", context.model, context.output, bool(context.weighted))
        return [
            Derived(
                context.key(self.name),
                {"rows": Sums(name, terms)},
                lambda f: float(f["rows"][0, 0]),
            )
        ]


Values = Callable[[np.ndarray, np.ndarray], Sequence[np.ndarray]]


def pair_sums(context: Context, name: str, values: Values) -> Statistic:
    """Weighted sums of functions of labels and predictions, after the sum of weights."""
    selection = context.selection()

    def terms(inputs: Inputs) -> Terms:
        pairs = inputs.pairs(selection)
        labels, predictions = np.broadcast_arrays(pairs.labels, pairs.predictions)
        found = [np.ones(labels.shape), *values(labels, predictions)]
        if pairs.weights is not None:
            weights = pairs.weights
            if weights.ndim < labels.ndim:
                weights = weights[:, None]
            found = [value * weights for value in found]
        return Terms([v if v.ndim == 1 else v.sum(axis=1) for v in found])

    return Sums(selected(name, selection), terms)


class PairMetric(Metric):
    """The weighted mean of a function of label and prediction."""

    values: Values
    outcome: Callable[[np.ndarray], float]

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        kind = type(self)
        statistic = pair_sums(context, kind.__name__, kind.values)
        return [
            Derived(
                context.key(self.name),
                {"sums": statistic},
                lambda found: float(kind.outcome(found["sums"][:, 0])),
            )
        ]


def _mean(sums: np.ndarray) -> float:
    return divided(sums[1], sums[0])


def _pearson(sums: np.ndarray) -> float:
    w, y, p, yy, pp, yp = sums
    if w <= 0:
        return float("nan")
    covariance = yp - y * p / w
    spread = (yy - y * y / w) * (pp - p * p / w)
    return divided(covariance * covariance, spread)


def _log_loss(labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
    p = np.clip(predictions, 1e-7, 1 - 1e-7)
    return [-(labels * np.log(p) + (1 - labels) * np.log(1 - p))]


def _percentage(labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
    return [100 * np.abs(labels - predictions) / np.maximum(np.abs(labels), 1e-7)]


def _log_squares(labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
    logs = [np.log1p(np.maximum(v, 1e-7)) for v in (labels, predictions)]
    return [(logs[0] - logs[1]) ** 2]


def _discrimination(sums: np.ndarray) -> float:
    w, y, p, yp = sums
    return divided(yp, y) - divided(p - yp, w - y)


def _relative_discrimination(sums: np.ndarray) -> float:
    w, y, p, yp = sums
    return divided(divided(yp, y), divided(p - yp, w - y))


PAIR_METRICS: dict[str, tuple[Values, Callable[[np.ndarray], float]]] = {
    "MeanLabel": (lambda y, p: [y], _mean),
    "MeanPrediction": (lambda y, p: [p], _mean),
    "Calibration": (lambda y, p: [y, p], lambda s: divided(s[2], s[1])),
    "MeanAbsoluteError": (lambda y, p: [np.abs(y - p)], _mean),
    "MeanSquaredError": (lambda y, p: [(y - p) ** 2], _mean),
    "RootMeanSquaredError": (lambda y, p: [(y - p) ** 2], lambda s: float(np.sqrt(_mean(s)))),
    "MeanAbsolutePercentageError": (_percentage, _mean),
    "MeanSquaredLogarithmicError": (_log_squares, _mean),
    "BinaryCrossEntropy": (_log_loss, _mean),
    "CoefficientOfDiscrimination": (lambda y, p: [y, p, y * p], _discrimination),
    "RelativeCoefficientOfDiscrimination": (
        lambda y, p: [y, p, y * p], _relative_discrimination,
    ),
    "SquaredPearsonCorrelation": (lambda y, p: [y, p, y * y, p * p, y * p], _pearson),
    "BrierScore": (lambda y, p: [(y - p) ** 2], _mean),
}  # fmt: skip
"""Functions of labels and predictions, and the value of their sums after the sum of weights."""

for _name, (_values, _outcome) in PAIR_METRICS.items():
    globals()[_name] = type(
        _name,
        (PairMetric,),
        {
            "values": staticmethod(_values),
            "outcome": staticmethod(_outcome),
            "__module__": __name__,
        },
    )


class ExpectedCalibrationError(Metric):
    """The mean distance of mean label and mean prediction over buckets of predictions.

    Args:
        name: of the value.
        num_buckets: of equal width, between 0 and 1.
    """

    def __init__(self, name: str | None = None, num_buckets: int = 10):
        super().__init__(name, num_buckets=num_buckets)
        self._buckets = num_buckets

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def value(found: Mapping[str, Any]) -> float:
            weights, labels, predictions = found["histogram"]
            if weights[-1]:
                return float("nan")
            return divided(np.abs(labels - predictions).sum(), weights.sum())

        statistic = histogram(context.selection(), self._buckets)
        return [Derived(context.key(self.name), {"histogram": statistic}, value)]


class Cost(Metric):
    """What predictions cost at a threshold, in money, per example or in total.

    Args:
        name: of the value.
        false_positive: what one costs.
        false_negative: what one costs.
        true_positive: what one costs; below 0 what it earns.
        true_negative: the same.
        threshold: above which a prediction is positive; by default the best one.
        total: whether the sum is wanted, not the mean.
    """

    def __init__(
        self,
        name: str | None = None,
        false_positive: float = 1.0,
        false_negative: float = 1.0,
        true_positive: float = 0.0,
        true_negative: float = 0.0,
        threshold: float | None = None,
        total: bool = False,
    ):
        super().__init__(
            name, false_positive=false_positive, false_negative=false_negative,
            true_positive=true_positive, true_negative=true_negative, threshold=threshold,
            total=total,
        )  # fmt: skip
        self._prices = (true_positive, true_negative, false_positive, false_negative)
        self._threshold, self._total = threshold, total

    def derive(self, context: Context) -> Sequence[Derived]:
        """The cost, and with no threshold given the best threshold, as `<name>_threshold`."""
        from tidefall.lifecycle.model_analysis.metrics.matrices import at_thresholds, matrices_at

        if self._threshold is not None:
            cuts = [self._threshold]
            statistic = at_thresholds(context.selection(), cuts)

            def at_one(found: Mapping[str, Any]) -> float:
                return float(self._costs(matrices_at(cuts, found["counts"]))[0])

            return [Derived(context.key(self.name), {"counts": statistic}, at_one)]
        statistic, all_cuts = histogram(context.selection()), interpolated(10_000)

        def best(found: Mapping[str, Any]) -> tuple[float, float]:
            costs = self._costs(matrices_of_histogram(all_cuts, found["counts"]))
            if np.isnan(costs).all():
                return float("nan"), float("nan")
            place = int(np.nanargmin(costs))
            return float(costs[place]), float(np.clip(all_cuts[place], 0, 1))

        return [
            Derived(context.key(self.name), {"counts": statistic}, lambda f: best(f)[0]),
            Derived(
                context.key(f"{self.name}_threshold"), {"counts": statistic}, lambda f: best(f)[1]
            ),
        ]

    def _costs(self, m: Any) -> np.ndarray:
        tp, tn, fp, fn = self._prices
        total = tp * m.tp + tn * m.tn + fp * m.fp + fn * m.fn
        return total if self._total else divided(total, m.tp + m.tn + m.fp + m.fn)
