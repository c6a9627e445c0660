"""Plots: data of curves, as `PlotData` messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.matrices import (
    BUCKETS,
    Matrices,
    histogram,
    matrices_of_histogram,
)


def plot_thresholds(count: int) -> np.ndarray:
    """The thresholds of TFMA's plots: one below 0, then `count` steps from 0 to 1.

    Raises:
        InvalidArgumentError: fewer than two steps.
    """
    if count < 2:
        raise invalid(f"num_thresholds {count}: expected 2 or more")
    return np.concatenate([[-1e-6], np.arange(count + 1) / count])


class ConfusionMatrixPlot(Metric):
    """Confusion matrices at many thresholds, for ROC and precision-recall curves.

    Args:
        num_thresholds: how many, at equal distances from 0 to 1.
        name: of the plot.
    """

    is_plot = True

    def __init__(self, num_thresholds: int = 1000, name: str | None = None):
        super().__init__(name, num_thresholds=num_thresholds)
        self._cuts = plot_thresholds(num_thresholds)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One plot."""
        from tidefall.proto import evaluation

        def value(found: Mapping[str, Any]) -> Any:
            matrices = self.shown(matrices_of_histogram(self._cuts, found["counts"]))
            return evaluation.PlotData(confusion_matrix_at_thresholds=matrices)

        statistic = histogram(context.selection())
        return [Derived(context.plot_key(self.name), {"counts": statistic}, value)]

    def shown(self, matrices: Matrices) -> Any:
        """The message of what is plotted."""
        return matrices.to_message()


class ScoreDistributionPlot(ConfusionMatrixPlot):
    """How many predictions are above and below thresholds, whatever their labels are.

    Weights of predictions above a threshold are in `true_positives`, of the others in
    `true_negatives`, as in TFMA.

    Args:
        num_thresholds: how many, at equal distances from 0 to 1.
        name: of the plot.
    """

    def shown(self, matrices: Matrices) -> Any:
        """The message, without what labels say."""
        from tidefall.proto import evaluation

        found = evaluation.ConfusionMatrixAtThresholds()
        above, below = matrices.tp + matrices.fp, matrices.tn + matrices.fn
        for i, threshold in enumerate(matrices.thresholds):
            found.matrices.add(
                threshold=round(float(threshold), 6),
                true_positives=above[i],
                true_negatives=below[i],
            )
        return found


class CalibrationPlot(Metric):
    """Mean labels and predictions by buckets of predictions.

    Args:
        num_buckets: between the bounds.
        left: lower bound.
        right: upper bound.
        name: of the plot.
        min_value: the same as `left`.
        max_value: the same as `right`.
    """

    is_plot = True

    def __init__(
        self,
        num_buckets: int = 1000,
        left: float | None = None,
        right: float | None = None,
        name: str | None = None,
        min_value: float | None = None,
        max_value: float | None = None,
    ):
        if num_buckets < 1:
            raise invalid(f"num_buckets {num_buckets}: expected 1 or more")
        left = left if left is not None else (min_value if min_value is not None else 0.0)
        right = right if right is not None else (max_value if max_value is not None else 1.0)
        if not left < right:
            raise invalid(f"CalibrationPlot from {left} to {right}: expected an interval")
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
