"""Precision, recall and their kin over the boxes of one class, at one overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.keys import SubKey
from tidefall.lifecycle.model_analysis.metrics.base import Context
from tidefall.lifecycle.model_analysis.metrics.confusion import MatrixMetric, Thresholds
from tidefall.lifecycle.model_analysis.metrics.constraints import (
    PrecisionAtRecall,
    ThresholdAtRecall,
)
from tidefall.lifecycle.model_analysis.metrics.images.detection import BoxMetric
from tidefall.lifecycle.model_analysis.metrics.plots import plot_thresholds
from tidefall.lifecycle.model_analysis.metrics.rates import MaxRecall, Precision, Recall


class ObjectDetectionMetric(BoxMetric, is_base=True):
    """A metric of two classes over boxes.

    Args:
        rate: the metric.
        name: of the value.
        iou_threshold: overlap, intersection over union; 0.5 by default.
        class_id: the class of objects.
        class_weight: its weight.
        boxes: which boxes count, as `BoxMetric` takes them.
        config: the settings of the metric.
    """

    def __init__(
        self,
        rate: MatrixMetric,
        name: str | None,
        iou_threshold: float | None,
        class_id: int | None,
        class_weight: float | None,
        boxes: tuple[Any, ...],
        **config: Any,
    ):
        super().__init__(
            name, None if class_id is None else [class_id],
            None if class_weight is None else [class_weight],
            [0.5 if iou_threshold is None else iou_threshold], *boxes,
            iou_threshold=iou_threshold, class_id=class_id, class_weight=class_weight, **config,
        )  # fmt: skip
        self._rate, self._class_id = rate, class_id

    def key(self, context: Context) -> Any:
        """The key of the value, with the class."""
        return context.key(self.name, SubKey(class_id=self._class_id))

    def result(self, columns: Sequence[np.ndarray]) -> Any:
        """The rate of the boxes' matrices."""
        (found,) = self.found(columns)
        return self._rate.result(found.matrices(self._rate.cuts()))


class ObjectDetectionPrecision(ObjectDetectionMetric):
    """The share of detected boxes that are labelled; see `Precision` and `BoxMetric`."""

    def __init__(
        self,
        thresholds: Thresholds = None,
        name: str | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            Precision(thresholds), name, iou_threshold, class_id, class_weight,
            (area_range, max_num_detections, labels_to_stack, predictions_to_stack,
             num_detections_key, allow_missing_key),
            thresholds=thresholds,
        )  # fmt: skip


class ObjectDetectionRecall(ObjectDetectionMetric):
    """The share of labelled boxes that are detected; see `Recall` and `BoxMetric`."""

    def __init__(
        self,
        thresholds: Thresholds = None,
        name: str | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            Recall(thresholds), name, iou_threshold, class_id, class_weight,
            (area_range, max_num_detections, labels_to_stack, predictions_to_stack,
             num_detections_key, allow_missing_key),
            thresholds=thresholds,
        )  # fmt: skip


class ObjectDetectionMaxRecall(ObjectDetectionMetric):
    """The share of labelled boxes that are detected with any score; see `BoxMetric`."""

    def __init__(
        self,
        name: str | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            MaxRecall(), name, iou_threshold, class_id, class_weight,
            (area_range, max_num_detections, labels_to_stack, predictions_to_stack,
             num_detections_key, allow_missing_key),
        )  # fmt: skip


class ObjectDetectionPrecisionAtRecall(ObjectDetectionMetric):
    """The highest precision where recall is at least a bound; see `PrecisionAtRecall`."""

    def __init__(
        self,
        recall: float | Sequence[float],
        thresholds: Thresholds = None,
        num_thresholds: int | None = None,
        name: str | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            PrecisionAtRecall(recall, thresholds, num_thresholds), name, iou_threshold, class_id,
            class_weight,
            (area_range, max_num_detections, labels_to_stack, predictions_to_stack,
             num_detections_key, allow_missing_key),
            recall=recall, thresholds=thresholds, num_thresholds=num_thresholds,
        )  # fmt: skip


class ObjectDetectionThresholdAtRecall(ObjectDetectionMetric):
    """The highest threshold where recall is at least a bound; see `ThresholdAtRecall`."""

    def __init__(
        self,
        recall: float | Sequence[float],
        thresholds: Thresholds = None,
        num_thresholds: int | None = None,
        name: str | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            ThresholdAtRecall(recall, thresholds, num_thresholds), name, iou_threshold, class_id,
            class_weight,
            (area_range, max_num_detections, labels_to_stack, predictions_to_stack,
             num_detections_key, allow_missing_key),
            recall=recall, thresholds=thresholds, num_thresholds=num_thresholds,
        )  # fmt: skip


class ObjectDetectionConfusionMatrixPlot(BoxMetric):
    """Confusion matrices of boxes at many thresholds; see `ConfusionMatrixPlot`."""

    is_plot = True

    def __init__(
        self,
        num_thresholds: int = 1000,
        name: str | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            name or "confusion_matrix_plot", None if class_id is None else [class_id],
            None if class_weight is None else [class_weight],
            [0.5 if iou_threshold is None else iou_threshold], area_range, max_num_detections,
            labels_to_stack, predictions_to_stack, num_detections_key, allow_missing_key,
            iou_threshold=iou_threshold, class_id=class_id, class_weight=class_weight,
            num_thresholds=num_thresholds,
        )  # fmt: skip
        self._cuts, self._class_id = plot_thresholds(num_thresholds), class_id

    def key(self, context: Context) -> Any:
        """The key of the plot, with the class."""
        return context.plot_key(self.name, SubKey(class_id=self._class_id))

    def result(self, columns: Sequence[np.ndarray]) -> Any:
        """The message of the matrices."""
        from tidefall.proto import evaluation

        (found,) = self.found(columns)
        message = found.matrices(self._cuts).to_message()
        return evaluation.PlotData(confusion_matrix_at_thresholds=message)
