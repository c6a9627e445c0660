"""COCO's averages over recalls, overlaps and classes of boxes.

Lin et al., Microsoft COCO: Common Objects in Context (2014), and its evaluation code. A class that
has no label counts in none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.images.detection import BoxMetric

_OVERLAPS = tuple(np.linspace(0.5, 0.95, 10).tolist())


def _recalls(recalls: Sequence[float] | None, count: int | None) -> np.ndarray:
    if recalls is not None and count is not None:
        raise invalid("recalls and num_recalls: only one of them is possible")
    if recalls is None:
        return np.linspace(0.0, 1.0, 101 if count is None else count)
    return np.asarray(recalls, np.float64)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


class COCOAveragePrecision(BoxMetric):
    """The mean over recalls of the best precision with at least that recall; see `BoxMetric`.

    Args:
        num_thresholds: of scores, at equal distances; by default every score is one.
        iou_threshold: overlap, intersection over union; 0.5 by default.
        class_id: the class of objects.
        recalls: from 0 to 1; by default 101 at equal distances, or
        num_recalls: how many at equal distances.
    """

    def __init__(
        self,
        num_thresholds: int | None = None,
        iou_threshold: float | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        recalls: Sequence[float] | None = None,
        num_recalls: int | None = None,
        name: str | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            name, None if class_id is None else [class_id],
            None if class_weight is None else [class_weight],
            [0.5 if iou_threshold is None else iou_threshold], area_range, max_num_detections,
            labels_to_stack, predictions_to_stack, num_detections_key, allow_missing_key,
            num_thresholds=num_thresholds, iou_threshold=iou_threshold, class_id=class_id,
            class_weight=class_weight, recalls=recalls, num_recalls=num_recalls,
        )  # fmt: skip
        self._recalls, self._count = _recalls(recalls, num_recalls), num_thresholds

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "average_precision"

    def result(self, columns: Sequence[np.ndarray]) -> float:
        """The average."""
        (found,) = self.found(columns)
        return found.average_precision(self._recalls, self._count)


class COCOMeanAveragePrecision(BoxMetric):
    """The mean of average precisions over classes and overlaps; see `COCOAveragePrecision`.

    Args:
        iou_thresholds: overlaps; by default 0.5, 0.55, ... 0.95.
        class_ids: the classes of objects.
    """

    def __init__(
        self,
        num_thresholds: int | None = None,
        iou_thresholds: Sequence[float] | None = None,
        class_ids: Sequence[int] | None = None,
        class_weights: Sequence[float] | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        recalls: Sequence[float] | None = None,
        num_recalls: int | None = None,
        name: str | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            name, class_ids, class_weights, iou_thresholds or _OVERLAPS, area_range,
            max_num_detections, labels_to_stack, predictions_to_stack, num_detections_key,
            allow_missing_key, num_thresholds=num_thresholds, iou_thresholds=iou_thresholds,
            class_ids=class_ids, class_weights=class_weights, recalls=recalls,
            num_recalls=num_recalls,
        )  # fmt: skip
        self._recalls, self._count = _recalls(recalls, num_recalls), num_thresholds

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "mean_average_precision"

    def result(self, columns: Sequence[np.ndarray]) -> float:
        """The mean."""
        several = self.found(columns)
        return _mean([one.average_precision(self._recalls, self._count) for one in several])


class COCOAverageRecall(BoxMetric):
    """The mean over overlaps of the share of labels that are detected; see `BoxMetric`.

    Args:
        iou_thresholds: overlaps; by default 0.5, 0.55, ... 0.95.
        class_id: the class of objects.
    """

    def __init__(
        self,
        iou_thresholds: Sequence[float] | None = None,
        class_id: int | None = None,
        class_weight: float | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        name: str | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            name, None if class_id is None else [class_id],
            None if class_weight is None else [class_weight], iou_thresholds or _OVERLAPS,
            area_range, max_num_detections, labels_to_stack, predictions_to_stack,
            num_detections_key, allow_missing_key, iou_thresholds=iou_thresholds,
            class_id=class_id, class_weight=class_weight,
        )  # fmt: skip

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "average_recall"

    def result(self, columns: Sequence[np.ndarray]) -> float:
        """The mean."""
        return _mean([one.max_recall() for one in self.found(columns)])


class COCOMeanAverageRecall(BoxMetric):
    """The mean of average recalls over classes; see `COCOAverageRecall`.

    Args:
        iou_thresholds: overlaps; by default 0.5, 0.55, ... 0.95.
        class_ids: the classes of objects.
    """

    def __init__(
        self,
        iou_thresholds: Sequence[float] | None = None,
        class_ids: Sequence[int] | None = None,
        class_weights: Sequence[float] | None = None,
        area_range: Sequence[float] | None = None,
        max_num_detections: int | None = None,
        name: str | None = None,
        labels_to_stack: Sequence[str] | None = None,
        predictions_to_stack: Sequence[str] | None = None,
        num_detections_key: str | None = None,
        allow_missing_key: bool = False,
    ):
        super().__init__(
            name, class_ids, class_weights, iou_thresholds or _OVERLAPS, area_range,
            max_num_detections, labels_to_stack, predictions_to_stack, num_detections_key,
            allow_missing_key, iou_thresholds=iou_thresholds, class_ids=class_ids,
            class_weights=class_weights,
        )  # fmt: skip

    @classmethod
    def default_name(cls) -> str:
        """As TensorFlow Model Analysis calls it."""
        return "mean_average_recall"

    def result(self, columns: Sequence[np.ndarray]) -> float:
        """The mean: a class has as many overlaps as any other."""
        return _mean([one.max_recall() for one in self.found(columns)])
