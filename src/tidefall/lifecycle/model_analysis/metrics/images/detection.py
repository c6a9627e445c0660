"""What metrics of detected objects have in common: boxes of all rows are kept, 40 bytes of each.

A label is positive, a detected box that is none is negative, and predictions are scores; a label
that was not detected has score 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.images.boxes import (
    IN_RANGE,
    BoxSettings,
    detections,
    labels_of,
    predictions_of,
)
from tidefall.lifecycle.model_analysis.metrics.kept import KeptRows
from tidefall.lifecycle.model_analysis.metrics.matrices import (
    Matrices,
    interpolated,
    matrices_of_pairs,
)
from tidefall.lifecycle.model_analysis.statistics import Statistic, selected


def kept_boxes(context: Context, settings: BoxSettings) -> Statistic:
    """Weights, classes, scores and matches of the boxes of all rows, see `Detections`."""

    def columns(inputs: Inputs) -> Sequence[np.ndarray]:
        rows = [
            detections(labels, found, settings)
            for labels, found in zip(
                labels_of(inputs, settings, context.model, context.output),
                predictions_of(inputs, settings, context.model, context.output),
                strict=True,
            )
        ]
        weights = inputs.weights(context.model, context.output) if context.weighted else None
        weights = np.ones(inputs.rows) if weights is None else weights
        # Rows have different numbers of boxes: those with fewer get some that weigh nothing.
        width = max((len(row.classes) for row in rows), default=0)
        padded = np.zeros((4, inputs.rows, max(width, 1)))
        matches = np.zeros(padded.shape[1:], np.int64)
        for place, row in enumerate(rows):
            count = len(row.classes)
            padded[0, place, :count] = weights[place]
            padded[1, place, :count] = row.classes
            padded[2, place, :count] = row.scores
            matches[place, :count] = row.matches
        return padded[0], padded[1], padded[2], matches

    return KeptRows(selected("boxes", context.selection(), settings), columns)


class Found:
    """The boxes of one class, at one overlap.

    Args:
        columns: of `kept_boxes`; none where there was no row.
        class_id: the class.
        overlap: the place of the overlap in the settings.
        weight: of the class.
    """

    def __init__(
        self, columns: Sequence[np.ndarray], class_id: int, overlap: int, weight: float = 1.0
    ):
        weights, classes, scores = columns[:3] if columns else [np.zeros(0)] * 3
        matches: Any = columns[3] if columns else np.zeros(0, np.int64)
        chosen = (classes == class_id) & (weights > 0)
        weights, scores, matches = weights[chosen] * weight, scores[chosen], matches[chosen]
        is_label = np.isnan(scores)
        hit = ((matches >> overlap) & 1).astype(bool)
        wrong = ~hit & ((matches & IN_RANGE) != 0)
        self.labels = float(weights[is_label].sum())
        self.hits, self.hit_weights = scores[hit], weights[hit]
        self.wrong, self.wrong_weights = scores[wrong], weights[wrong]

    def matrices(self, cuts: np.ndarray) -> Matrices:
        """The confusion matrices at thresholds of scores."""
        missed = self.labels - self.hit_weights.sum()
        return matrices_of_pairs(
            cuts,
            np.concatenate([np.ones(len(self.hits) + 1), np.zeros(len(self.wrong))]),
            np.concatenate([self.hits, [0.0], self.wrong]),
            np.concatenate([self.hit_weights, [missed], self.wrong_weights]),
        )

    def average_precision(self, recalls: np.ndarray, count: int | None) -> float:
        """The mean over recalls of the best precision with at least that recall.

        Args:
            recalls: float64 [recalls].
            count: of thresholds; every score by default, which is exact.

        Returns:
            The mean; NaN where there are no labels.
        """
        if self.labels <= 0:
            return float("nan")
        if count is None:
            scores = np.unique(np.concatenate([self.hits, self.wrong]))
            cuts = np.nextafter(scores, -np.inf)
        else:
            cuts = interpolated(count)
            cuts[[0, -1]] = 1e-12, 1 - 1e-12
        found = self.matrices(cuts)
        # From the highest threshold down recall grows; the envelope is the best there still is.
        recall = (found.tp / self.labels)[::-1]
        precision = np.asarray(divided(found.tp, found.tp + found.fp)).reshape(-1)[::-1]
        envelope = np.maximum.accumulate(np.nan_to_num(precision)[::-1])[::-1]
        # Sums of weights are not exact: a recall that is reached but for rounding is reached.
        place = np.searchsorted(recall, recalls - 1e-12, "left")
        return float(np.append(envelope, 0.0)[place].mean())

    def max_recall(self) -> float:
        """The share of labels that were detected at all; NaN where there are none."""
        return float(divided(float(self.hit_weights[self.hits > 1e-12].sum()), self.labels))


class BoxMetric(Metric, is_base=True):
    """A metric of boxes.

    Args:
        name: of the value.
        classes: ids of classes of objects.
        weights: of the classes; 1 by default.
        overlaps: intersections over union from which a box is the labelled one.
        area_range: the least and largest area of boxes that count.
        max_num_detections: of a row and class.
        labels_to_stack: columns of left, top, right, bottom and class; the labels by default.
        predictions_to_stack: outputs or columns of the same and scores; the predictions by default.
        num_detections_key: the output that says how many of them are no padding.
        allow_missing_key: whether rows have no boxes where a column is not there.
        config: what `get_config` gives beside.
    """

    def __init__(
        self,
        name: str | None,
        classes: Sequence[int] | None,
        weights: Sequence[float] | None,
        overlaps: Sequence[float],
        area_range: Sequence[float] | None,
        max_num_detections: int | None,
        labels_to_stack: Sequence[str] | None,
        predictions_to_stack: Sequence[str] | None,
        num_detections_key: str | None,
        allow_missing_key: bool,
        **config: Any,
    ):
        super().__init__(
            name, area_range=area_range, max_num_detections=max_num_detections,
            labels_to_stack=labels_to_stack, predictions_to_stack=predictions_to_stack,
            num_detections_key=num_detections_key, allow_missing_key=allow_missing_key or None,
            **config,
        )  # fmt: skip
        if not classes:
            raise invalid(f"{type(self).__name__}: which class? class_id or class_ids says so")
        self._weights = [1.0] * len(classes) if weights is None else list(weights)
        if len(self._weights) != len(classes) or min(self._weights) < 0:
            raise invalid(
                f"{type(self).__name__}: weights {self._weights} of classes {list(classes)}, "
                "expected one from 0 for each"
            )
        low, high = area_range or (0.0, float("inf"))
        self._settings = BoxSettings(
            tuple(classes), tuple(overlaps), (float(low), float(high)),
            max_num_detections, tuple(labels_to_stack or ()), tuple(predictions_to_stack or ()),
            num_detections_key, allow_missing_key,
        )  # fmt: skip

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        if context.sub_key is not None or context.aggregation is not None:
            raise invalid(f"{self.name}: boxes are not binarized; class_id says the class")
        if context.output and (
            self._settings.labels_to_stack or self._settings.predictions_to_stack
        ):
            raise invalid(f"{self.name}: output_names beside labels or predictions to stack")
        statistic = kept_boxes(context, self._settings)
        return [Derived(self.key(context), {"boxes": statistic}, lambda f: self.result(f["boxes"]))]

    def key(self, context: Context) -> Any:
        """The key of the value."""
        return context.key(self.name)

    def found(self, columns: Sequence[np.ndarray]) -> list[Found]:
        """The boxes by class and overlap."""
        return [
            Found(columns, number, place, weight)
            for number, weight in zip(self._settings.class_ids, self._weights, strict=True)
            for place in range(len(self._settings.iou_thresholds))
        ]

    def result(self, columns: Sequence[np.ndarray]) -> Any:
        """The value, of `kept_boxes`."""
        raise NotImplementedError(type(self).__name__)
