"""Metrics of classifications into many classes: matrices of classes, exact matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, one_hot
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.statistics import Statistic, Sums, Terms, selected

NO_PREDICTED_CLASS_ID = -1
"""The class of a prediction that is above no threshold."""


def class_scores(inputs: Inputs, context: Context) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and predictions [rows, classes], weights [rows]."""
    predictions = inputs.predictions(context.model, context.output)
    if predictions.ndim != 2 or predictions.shape[1] < 2:
        raise invalid(
            f"a metric of many classes needs predictions [rows, classes], received shape "
            f"{predictions.shape}"
        )
    labels = inputs.labels(context.model, context.output)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    labels = one_hot(labels, predictions.shape[1])
    weights = inputs.weights(context.model, context.output) if context.weighted else None
    return labels, predictions, np.ones(len(labels)) if weights is None else weights


def class_matrix(context: Context, thresholds: Sequence[float]) -> Statistic:
    """Weights by threshold, actual class and predicted one; the last column is for no prediction.

    The places are of a table [thresholds, classes, classes + 1].
    """

    def terms(inputs: Inputs) -> Terms:
        labels, predictions, weights = class_scores(inputs, context)
        classes = predictions.shape[1]
        actual = labels.argmax(axis=1)[:, None]
        best = predictions.argmax(axis=1)[:, None]
        top = np.take_along_axis(predictions, best, 1)
        cuts = np.asarray(thresholds)
        predicted = np.where(top > cuts, best, classes)
        place = (np.arange(len(cuts)) * classes + actual) * (classes + 1) + predicted
        return Terms(
            [np.broadcast_to(weights[:, None], place.shape)],
            place,
            len(cuts) * classes * (classes + 1),
        )

    return Sums(selected("classes", context.selection(), tuple(thresholds)), terms)


def _table(counts: np.ndarray, thresholds: int) -> np.ndarray:
    cells = counts.shape[-1] // thresholds
    classes = int((np.sqrt(4 * cells + 1) - 1) / 2 + 0.5)
    return counts[0].reshape(thresholds, classes, classes + 1)


def matrix_message(table: np.ndarray, thresholds: Sequence[float]) -> Any:
    """The message `MultiClassConfusionMatrixAtThresholds` of a table of weights."""
    from tidefall.proto import evaluation

    found = evaluation.MultiClassConfusionMatrixAtThresholds()
    classes = table.shape[1]
    for threshold, cells in zip(thresholds, table, strict=True):
        matrix = found.matrices.add(threshold=threshold)
        for actual, predicted in np.argwhere(cells):
            matrix.entries.add(
                actual_class_id=actual,
                predicted_class_id=NO_PREDICTED_CLASS_ID if predicted == classes else predicted,
                num_weighted_examples=cells[actual, predicted],
            )
    return found


class MultiClassConfusionMatrixAtThresholds(Metric):
    """Weights by actual and predicted class; a prediction at or below a threshold has none.

    Args:
        name: of the value.
        thresholds: by default 0.5.
        num_thresholds: how many, at equal distances from 0 on, instead.
    """

    def __init__(
        self,
        name: str | None = None,
        thresholds: Sequence[float] | None = None,
        num_thresholds: int | None = None,
    ):
        super().__init__(name, thresholds=thresholds, num_thresholds=num_thresholds)
        if num_thresholds is not None:
            thresholds = [i / num_thresholds for i in range(num_thresholds)]
        self._thresholds = tuple(thresholds or [0.0 if self.is_plot else 0.5])

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def value(found: Mapping[str, Any]) -> Any:
            table = _table(found["table"], len(self._thresholds))
            return self._shown(matrix_message(table, self._thresholds))

        key = context.plot_key(self.name) if self.is_plot else context.key(self.name)
        return [Derived(key, {"table": class_matrix(context, self._thresholds)}, value)]

    def _shown(self, message: Any) -> Any:
        return message


class MultiClassConfusionMatrixPlot(MultiClassConfusionMatrixAtThresholds):
    """The same as a plot; by default at threshold 0."""

    is_plot = True

    def _shown(self, message: Any) -> Any:
        from tidefall.proto import evaluation

        return evaluation.PlotData(multi_class_confusion_matrix_at_thresholds=message)


class ExactMatch(Metric):
    """The share of rows whose prediction is the label."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def terms(inputs: Inputs) -> Terms:
            labels = inputs.labels(context.model, context.output)
            predictions = inputs.predictions(context.model, context.output)
            same = np.asarray(labels == predictions).reshape(inputs.rows, -1).all(axis=1)
            weights = inputs.weights(context.model, context.output) if context.weighted else None
            weights = np.ones(inputs.rows) if weights is None else weights
            return Terms([weights, weights * same])

        statistic = Sums(selected("exact match", context.selection()), terms)
        return [
            Derived(
                context.key(self.name),
                {"sums": statistic},
                lambda f: divided(f["sums"][1, 0], f["sums"][0, 0]),
            )
        ]
