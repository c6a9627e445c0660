"""Fairness indicators: rates of errors at thresholds, to be compared between slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidefall.lifecycle.model_analysis.metrics import rates
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.matrices import at_thresholds, matrices_at


def _negative_rate(tp: float, tn: float, fp: float, fn: float) -> float:
    return 1 - rates.PredictedPositiveRate.rate(tp, tn, fp, fn)


RATES: dict[str, Callable[..., Any]] = {
    "false_positive_rate": rates.FallOut.rate,
    "false_negative_rate": rates.MissRate.rate,
    "true_positive_rate": rates.Recall.rate,
    "true_negative_rate": rates.Specificity.rate,
    "positive_rate": rates.PredictedPositiveRate.rate,
    "negative_rate": _negative_rate,
    "false_discovery_rate": rates.FalseDiscoveryRate.rate,
    "false_omission_rate": rates.FalseOmissionRate.rate,
    "precision": rates.Precision.rate,
    "recall": rates.Recall.rate,
}
"""The rates by the names that Fairness Indicators gives them."""


class FairnessIndicators(Metric):
    """Rates of errors at several thresholds, to be compared between slices.

    Args:
        name: what the values' names begin with.
        thresholds: by default 0.1 to 0.9.
    """

    def __init__(self, name: str | None = None, thresholds: Sequence[float] | None = None):
        super().__init__(name, thresholds=thresholds)
        self._thresholds = sorted(thresholds or [i / 10 for i in range(1, 10)])
        # As many digits as the longest threshold has, as Fairness Indicators names them.
        self._digits = max(1, *(len(str(threshold)) - 2 for threshold in self._thresholds))

    @classmethod
    def default_name(cls) -> str:
        """What Fairness Indicators calls them."""
        return "fairness_indicators_metrics"

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value for each rate and threshold."""
        statistic = at_thresholds(context.selection(), self._thresholds)

        def value(found: Mapping[str, Any], place: int, rate: str) -> float:
            m = matrices_at(self._thresholds, found["counts"])
            return float(RATES[rate](m.tp[place], m.tn[place], m.fp[place], m.fn[place]))

        return [
            Derived(
                context.key(f"{self.name}/{name}@{threshold:.{self._digits}f}"),
                {"counts": statistic},
                lambda found, place=place, rate=name: value(found, place, rate),
            )
            for name in RATES
            for place, threshold in enumerate(self._thresholds)
        ]
