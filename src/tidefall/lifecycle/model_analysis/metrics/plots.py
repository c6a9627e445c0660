"""Plots: data of curves, as `PlotData` messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.matrices import (
    BUCKETS,
    histogram,
    interpolated,
    matrices_of_histogram,
)


class ConfusionMatrixPlot(Metric):
    """Confusion matrices at many thresholds, for ROC and precision-recall curves.

    Args:
        name: of the plot.
        num_thresholds: how many.
    """

    is_plot = True

    def __init__(self, name: str | None = None, num_thresholds: int = 1000):
        super().__init__(name, num_thresholds=num_thresholds)
        self._cuts = interpolated(num_thresholds)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One plot."""
        from tidefall.proto import evaluation

        def value(found: Mapping[str, Any]) -> Any:
            matrices = matrices_of_histogram(self._cuts, found["counts"]).to_message()
            return evaluation.PlotData(confusion_matrix_at_thresholds=matrices)

        statistic = histogram(context.selection())
        return [Derived(context.plot_key(self.name), {"counts": statistic}, value)]


class CalibrationPlot(Metric):
    """Mean labels and predictions by buckets of predictions.

    Args:
        name: of the plot.
        num_buckets: between the bounds.
        left: lower bound.
        right: upper bound.
        min_value: the same as `left`.
        max_value: the same as `right`.
    """

    is_plot = True

    def __init__(
        self,
        name: str | None = None,
        num_buckets: int = 1000,
        left: float | None = None,
        right: float | None = None,
        min_value: float | None = None,
        max_value: float | None = None,
    ):
        left = left if left is not None else (min_value if min_value is not None else 0.0)
        right = right if right is not None else (max_value if max_value is not None else 1.0)
        super().__init__(name, num_buckets=num_buckets, left=left, right=right)
        self._buckets, self._left, self._right = num_buckets, left, right

    def derive(self, context: Context) -> Sequence[Derived]:
        """One plot."""
        low, high, count = self._left, self._right, self._buckets
        unit = (low, high) == (0.0, 1.0)
        # Buckets of the histogram that other metrics share, where they can be put together.
        shared = unit and BUCKETS % count == 0
        statistic = histogram(
            context.selection(), BUCKETS if shared else count, low, high, fractional=unit
        )

        def value(found: Mapping[str, Any]) -> Any:
            planes = found["counts"][:, :-1]
            inner = planes[:, 1:-1].reshape(3, count, -1).sum(axis=2)
            planes = np.concatenate([planes[:, :1], inner, planes[:, -1:]], axis=1)
            return calibration_message(planes, low, high)

        return [Derived(context.plot_key(self.name), {"counts": statistic}, value)]


def calibration_message(planes: np.ndarray, low: float, high: float) -> Any:
    """`PlotData` of weights, weighted labels and predictions: float64 [3, buckets + 2]."""
    from tidefall.proto import evaluation

    found = evaluation.PlotData()
    edges = np.concatenate([[-np.inf], np.linspace(low, high, planes.shape[1] - 1), [np.inf]])
    for place in range(planes.shape[1]):
        bucket = found.calibration_histogram_buckets.buckets.add(
            lower_threshold_inclusive=edges[place], upper_threshold_exclusive=edges[place + 1]
        )
        bucket.num_weighted_examples.value = planes[0, place]
        bucket.total_weighted_label.value = planes[1, place]
        bucket.total_weighted_refined_prediction.value = planes[2, place]
    return found
