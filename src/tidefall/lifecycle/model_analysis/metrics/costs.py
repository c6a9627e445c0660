"""What decisions cost: errors in money, the threshold that is best, how much thresholds matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics import rates
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import RateMetric, divided
from tidefall.lifecycle.model_analysis.metrics.matrices import (
    Matrices,
    at_thresholds,
    histogram,
    matrices_at,
    matrices_of_buckets,
)


class Cost(Metric):
    """What predictions cost at a threshold, in money, per example or in total.

    Args:
        name: of the value.
        false_positive: what one costs.
        false_negative: what one costs.
        true_positive: what one costs; below 0 what it earns.
        true_negative: the same.
        threshold: above which a prediction is positive; by default the best of 10,000.
        total: whether the sum is wanted, not the mean.

    >>> from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices
    >>> one = np.ones(1)
    >>> m = Matrices(0.5 * one, tp=6 * one, tn=2 * one, fp=1 * one, fn=1 * one)
    >>> Cost(false_positive=5.0, false_negative=20.0).costs(m).tolist()
    [2.5]
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
        if not np.isfinite(self._prices).all():
            raise invalid(f"Cost: prices {self._prices}, expected finite numbers")
        self._threshold, self._total = threshold, total

    def derive(self, context: Context) -> Sequence[Derived]:
        """The cost, and with no threshold given the best threshold, as `<name>_threshold`."""
        if self._threshold is not None:
            cuts = [self._threshold]
            exact = at_thresholds(context.selection(), cuts)

            def at_one(found: Mapping[str, Any]) -> float:
                return float(self.costs(matrices_at(cuts, found["counts"]))[0])

            return [Derived(context.key(self.name), {"counts": exact}, at_one)]
        statistic = histogram(context.selection())

        def best(found: Mapping[str, Any]) -> tuple[float, float]:
            matrices = matrices_of_buckets(found["counts"])
            costs = self.costs(matrices)
            if np.isnan(costs).all():
                return float("nan"), float("nan")
            place = int(np.nanargmin(costs))
            return float(costs[place]), float(matrices.thresholds[place])

        return [
            Derived(context.key(self.name), {"counts": statistic}, lambda f: best(f)[0]),
            Derived(
                context.key(f"{self.name}_threshold"), {"counts": statistic}, lambda f: best(f)[1]
            ),
        ]

    def costs(self, m: Matrices) -> np.ndarray:
        """The cost at each threshold of confusion matrices: float64 [thresholds]."""
        tp, tn, fp, fn = self._prices
        total = tp * m.tp + tn * m.tn + fp * m.fp + fn * m.fn
        return total if self._total else divided(total, m.tp + m.tn + m.fp + m.fn)


class ThresholdSensitivity(Metric):
    """How much a rate changes when the threshold moves a little: the widest change, per 1.

    The largest |rate(t) - rate(threshold)| over thresholds t that are at most `width` away, divided
    by `width`. Near 0 it does not matter where exactly the threshold is.

    Args:
        name: of the value.
        metric: the class name of a rate, such as "F1Score".
        threshold: above which a prediction is positive.
        width: how far the threshold moves, to both sides.
        steps: how many thresholds are looked at on each side.
    """

    def __init__(
        self,
        name: str | None = None,
        metric: str = "F1Score",
        threshold: float = 0.5,
        width: float = 0.05,
        steps: int = 10,
    ):
        kind = getattr(rates, metric, None)
        if not (isinstance(kind, type) and issubclass(kind, RateMetric)):
            raise invalid(f"ThresholdSensitivity: metric {metric!r} is no rate, such as 'F1Score'")
        if not width > 0 or steps < 1:
            raise invalid(f"ThresholdSensitivity: width {width}, steps {steps}; expected above 0")
        super().__init__(name, metric=metric, threshold=threshold, width=width, steps=steps)
        self._rate, self._width, self._middle = kind.rate, width, steps
        offsets = np.arange(-steps, steps + 1) / steps * width
        self._cuts = [float(cut) for cut in threshold + offsets]

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value; NaN where the rate has none at the threshold."""
        statistic = at_thresholds(context.selection(), self._cuts)

        def value(found: Mapping[str, Any]) -> float:
            m = matrices_at(self._cuts, found["counts"])
            values = np.asarray(self._rate(m.tp, m.tn, m.fp, m.fn))
            apart = np.abs(values - values[self._middle])
            return float(np.nanmax(apart) / self._width) if not np.isnan(apart).all() else np.nan

        return [Derived(context.key(self.name), {"counts": statistic}, value)]
