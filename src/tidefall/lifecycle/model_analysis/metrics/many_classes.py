"""Metrics of classifications into many classes: matrices of classes, exact matches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, one_hot
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.matrices import interpolated
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
    labels = inputs.class_labels(context.model, context.output)
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
        thresholds: by default 0.5.
        name: of the value.
    """

    def __init__(self, thresholds: Sequence[float] | None = None, name: str | None = None):
        super().__init__(name, thresholds=thresholds)
        self._thresholds = tuple(thresholds or [0.5])

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def value(found: Mapping[str, Any]) -> Any:
            return matrix_message(_table(found["table"], len(self._thresholds)), self._thresholds)

        statistic = class_matrix(context, self._thresholds)
        return [Derived(context.key(self.name), {"table": statistic}, value)]


def _cuts(
    name: str, thresholds: Sequence[float] | None, count: int | None, default: float
) -> tuple[float, ...]:
    """The thresholds that a plot's settings mean."""
    if thresholds is not None and count is not None:
        raise invalid(f"{name}: thresholds and num_thresholds: only one of them is possible")
    if count is not None:
        return tuple(interpolated(count).tolist())
    return tuple(thresholds or [default])


class MultiClassConfusionMatrixPlot(Metric):
    """Weights by actual and predicted class, as a plot.

    Args:
        thresholds: below which a prediction is none; by default 0.
        num_thresholds: how many, at equal distances, instead.
        name: of the plot.
    """

    is_plot = True

    def __init__(
        self,
        thresholds: Sequence[float] | None = None,
        num_thresholds: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name, thresholds=thresholds, num_thresholds=num_thresholds)
        self._thresholds = _cuts(self.name, thresholds, num_thresholds, 0.0)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One plot."""
        from tidefall.proto import evaluation

        def value(found: Mapping[str, Any]) -> Any:
            table = _table(found["table"], len(self._thresholds))
            message = matrix_message(table, self._thresholds)
            return evaluation.PlotData(multi_class_confusion_matrix_at_thresholds=message)

        statistic = class_matrix(context, self._thresholds)
        return [Derived(context.plot_key(self.name), {"table": statistic}, value)]


class MultiLabelConfusionMatrixPlot(Metric):
    """For each pair of classes a matrix of the second, over the rows that have the first.

    Labels are several classes at once, [rows, classes] of 0 and 1.

    Args:
        thresholds: above which a prediction is positive; by default 0.5.
        num_thresholds: how many, at equal distances, instead.
        name: of the plot.
    """

    is_plot = True

    def __init__(
        self,
        thresholds: Sequence[float] | None = None,
        num_thresholds: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name, thresholds=thresholds, num_thresholds=num_thresholds)
        self._thresholds = _cuts(self.name, thresholds, num_thresholds, 0.5)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One plot."""

        def terms(inputs: Inputs) -> Terms:
            labels, predictions, weights = class_scores(inputs, context)
            has = labels > 0
            classes = labels.shape[1]
            # Planes are thresholds and outcomes; places are pairs of classes.
            planes = []
            for cut in self._thresholds:
                above = predictions > cut
                for outcome in (~above & has, ~above & ~has, above & ~has, above & has):
                    planes.append(weights[:, None] * outcome)
            counted = [
                (has[:, :, None] * plane[:, None, :]).reshape(len(labels), -1) for plane in planes
            ]
            places = np.broadcast_to(np.arange(classes * classes), counted[0].shape)
            return Terms(counted, places, classes * classes)

        def value(found: Mapping[str, Any]) -> Any:
            return multi_label_message(found["table"], self._thresholds)

        statistic = Sums(selected("labels", context.selection(), self._thresholds), terms)
        return [Derived(context.plot_key(self.name), {"table": statistic}, value)]


def multi_label_message(planes: np.ndarray, thresholds: Sequence[float]) -> Any:
    """`PlotData` of weights by threshold and outcome, and by pair of classes."""
    from tidefall.proto import evaluation

    found = evaluation.PlotData()
    classes = int(np.sqrt(planes.shape[1]) + 0.5)
    tables = planes.reshape(len(thresholds), 4, classes, classes)
    for threshold, (fn, tn, fp, tp) in zip(thresholds, tables, strict=True):
        matrix = found.multi_label_confusion_matrix_at_thresholds.matrices.add(threshold=threshold)
        for actual, predicted in np.argwhere(fn + tn + fp + tp):
            at = actual, predicted
            matrix.entries.add(
                actual_class_id=actual, predicted_class_id=predicted,
                false_negatives=fn[at], true_negatives=tn[at],
                false_positives=fp[at], true_positives=tp[at],
            )  # fmt: skip
    return found


class ExactMatch(Metric):
    """The share of rows whose prediction is the label, which may be text.

    Args:
        name: of the value.
        convert_to: "json" compares what texts of JSON mean.
    """

    def __init__(self, name: str | None = None, convert_to: str | None = None):
        if convert_to not in (None, "json"):
            raise invalid(f"ExactMatch: convert_to {convert_to!r}, expected 'json'")
        super().__init__(name, convert_to=convert_to)
        self._json = convert_to == "json"

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def terms(inputs: Inputs) -> Terms:
            labels = inputs.labels(context.model, context.output)
            predictions = inputs.predictions(context.model, context.output)
            if labels.size != predictions.size:
                raise invalid(
                    f"ExactMatch: labels of shape {labels.shape}, predictions of shape "
                    f"{predictions.shape}"
                )
            labels, predictions = (v.reshape(inputs.rows, -1) for v in (labels, predictions))
            if self._json:
                labels, predictions = _parsed(labels), _parsed(predictions)
            same = np.asarray(labels == predictions).all(axis=1)
            weights = inputs.weights(context.model, context.output) if context.weighted else None
            weights = np.ones(inputs.rows) if weights is None else weights
            return Terms([weights, weights * same])

        statistic = Sums(selected("exact match", context.selection(), self._json), terms)
        return [
            Derived(
                context.key(self.name),
                {"sums": statistic},
                lambda f: divided(f["sums"][1, 0], f["sums"][0, 0]),
            )
        ]


def _parsed(texts: np.ndarray) -> np.ndarray:
    """What texts of JSON mean, written in one way."""
    found = np.empty(texts.shape, object)
    for place, text in np.ndenumerate(texts):
        try:
            found[place] = json.dumps(json.loads(text), sort_keys=True)
        except (TypeError, ValueError) as error:
            raise invalid(f"ExactMatch: {text!r} is no JSON: {error}") from None
    return found
