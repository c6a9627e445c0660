"""Boxes around objects: where a row has them, and which of those detected are in its labels.

A box is left, top, right, bottom and class; one that is detected has a score, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, output_or_column

CLASS, SCORE = 4, 5
MAX_THRESHOLDS = 62
"""Overlaps that one statistic looks at: each is a bit of an int64, and one more is used."""
IN_RANGE = 1 << MAX_THRESHOLDS


@dataclass(frozen=True)
class BoxSettings:
    """Which boxes count; the names are those of TensorFlow Model Analysis's settings.

    Attributes:
        class_ids: classes of objects.
        iou_thresholds: overlaps, intersection over union, from which a box is the labelled one.
        area_range: the least and largest area of a box that counts.
        max_num_detections: of a row and class, those with the highest scores.
        labels_to_stack: columns of left, top, right, bottom and class, in that order.
        predictions_to_stack: outputs or columns of the same, and of scores.
        num_detections_key: the output or column that says how many of them are no padding.
        allow_missing_key: whether rows have no boxes where a column is not there.
    """

    class_ids: tuple[int, ...]
    iou_thresholds: tuple[float, ...] = (0.5,)
    area_range: tuple[float, float] = (0.0, float("inf"))
    max_num_detections: int | None = None
    labels_to_stack: tuple[str, ...] = ()
    predictions_to_stack: tuple[str, ...] = ()
    num_detections_key: str | None = None
    allow_missing_key: bool = False

    def __post_init__(self) -> None:
        low, high = self.area_range
        if not low < high:
            raise invalid(f"area_range {self.area_range}: expected a lower and a higher bound")
        if self.max_num_detections is not None and self.max_num_detections < 1:
            raise invalid(f"max_num_detections {self.max_num_detections}: expected 1 or more")
        if not self.class_ids or min(self.class_ids) < 0:
            raise invalid(f"class ids {list(self.class_ids)}: expected one or more, from 0")
        overlaps = self.iou_thresholds
        if not 1 <= len(overlaps) <= MAX_THRESHOLDS or not all(0 <= t <= 1 for t in overlaps):
            raise invalid(
                f"iou_thresholds {list(overlaps)}: expected 1 to {MAX_THRESHOLDS} from 0 to 1"
            )


@dataclass(frozen=True)
class Detections:
    """What a row's boxes come to, one entry for each label and each detected box that counts.

    Attributes:
        classes: int64 [entries].
        scores: float64 [entries], of detected boxes; NaN for labels.
        matches: int64 [entries], for detected boxes: a bit for each overlap at which one is a label
            that counts, and `IN_RANGE` where its own area is in the range.
    """

    classes: np.ndarray
    scores: np.ndarray
    matches: np.ndarray


def labels_of(inputs: Inputs, settings: BoxSettings, model: str, output: str) -> list[np.ndarray]:
    """Return float64 [labels, 5] for each row."""
    if not settings.labels_to_stack:
        return [_boxes(row, CLASS + 1, "labels") for row in inputs.labels(model, output)]
    return _stacked(inputs, settings, model, settings.labels_to_stack, CLASS + 1, of_model=False)


def predictions_of(
    inputs: Inputs, settings: BoxSettings, model: str, output: str
) -> list[np.ndarray]:
    """Return float64 [detected, 6] for each row."""
    if settings.predictions_to_stack:
        names = settings.predictions_to_stack
        found = _stacked(inputs, settings, model, names, SCORE + 1, of_model=True)
    else:
        rows = inputs.predictions(model, output)
        found = [_boxes(row, SCORE + 1, "predictions") for row in rows]
    if settings.num_detections_key is None:
        return found
    counts = output_or_column(inputs, model, settings.num_detections_key)
    return [
        boxes[: int(np.asarray(count).reshape(-1)[0])]
        for boxes, count in zip(found, counts, strict=True)
    ]


def _boxes(row: Any, width: int, what: str) -> np.ndarray:
    values = np.asarray(row, np.float64).reshape(-1)
    if values.size % width:
        raise invalid(
            f"{what} of a row are {values.size} numbers, expected {width} for each box: left, top, "
            f"right, bottom, class{', score' if width > CLASS + 1 else ''}"
        )
    return values.reshape(-1, width)


def _stacked(
    inputs: Inputs,
    settings: BoxSettings,
    model: str,
    names: Sequence[str],
    width: int,
    of_model: bool,
) -> list[np.ndarray]:
    columns = []
    for name in names:
        has_output = of_model and inputs.has_output(model, name)
        if settings.allow_missing_key and not has_output and not inputs.has_column(name):
            return [np.zeros((0, width))] * inputs.rows
        columns.append(output_or_column(inputs, model, name) if of_model else inputs.values(name))
    found = []
    for cells in zip(*columns, strict=True):
        parts = [np.asarray(cell, np.float64) for cell in cells]
        # One box with one value of each kind may come without its dimension.
        parts = [part.reshape(len(part), -1) if part.ndim else part.reshape(1, 1) for part in parts]
        if len({len(part) for part in parts}) > 1:
            raise invalid(f"columns {list(names)} of a row have {[len(p) for p in parts]} boxes")
        boxes = np.hstack(parts)
        if len(boxes) and boxes.shape[1] != width:
            raise invalid(f"columns {list(names)} give {boxes.shape[1]} numbers, expected {width}")
        found.append(boxes.reshape(-1, width))
    return found


def detections(labels: np.ndarray, predictions: np.ndarray, settings: BoxSettings) -> Detections:
    """Return what a row's boxes come to.

    Detected boxes, from the highest score down, take each the label with the largest overlap that
    is left, if that is large enough, as COCO has it.

    Args:
        labels: float64 [labels, 5].
        predictions: float64 [detected, 6].
        settings: which count.

    Raises:
        InvalidArgumentError: a box ends before it begins.

    >>> settings = BoxSettings((1,), (0.5,))
    >>> label, hit = [[0, 0, 2, 2, 1]], [[0, 0, 2, 1.5, 1, 0.9]]
    >>> found = detections(np.array(label, float), np.array(hit), settings)
    >>> found.scores, (found.matches & 1).tolist()
    (array([nan, 0.9]), [0, 1])
    """
    classes: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    matches: list[np.ndarray] = []
    low, high = settings.area_range
    for number in settings.class_ids:
        wanted = labels[labels[:, CLASS] == number]
        area = _areas(wanted)
        wanted = wanted[(low <= area) & (area <= high)]
        found = predictions[predictions[:, CLASS] == number]
        found = found[np.argsort(-found[:, SCORE], kind="stable")][: settings.max_num_detections]
        area = _areas(found)
        bits = _matched(_overlaps(found, wanted), settings.iou_thresholds)
        bits |= np.where((low <= area) & (area <= high), IN_RANGE, 0)
        classes.append(np.full(len(wanted) + len(found), number, np.int64))
        scores += [np.full(len(wanted), np.nan), found[:, SCORE]]
        matches += [np.zeros(len(wanted), np.int64), bits]
    return Detections(*(np.concatenate(parts) for parts in (classes, scores, matches)))


def _areas(boxes: np.ndarray) -> np.ndarray:
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    if (wide < 0).any() or (high < 0).any():
        wrong = boxes[(wide < 0) | (high < 0)][0]
        raise invalid(f"box {wrong.tolist()}: expected left, top, right, bottom, each in order")
    return wide * high


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union, float64 [boxes, others]."""
    top = np.maximum(boxes[:, None, :2], others[None, :, :2])
    end = np.minimum(boxes[:, None, 2:4], others[None, :, 2:4])
    shared = np.prod(np.maximum(end - top, 0), axis=-1)
    union = _areas(boxes)[:, None] + _areas(others)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _matched(overlaps: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """For each detected box a bit for each threshold at which it has a label."""
    count, labels = overlaps.shape
    bits = np.zeros(count, np.int64)
    if not labels:
        return bits
    cuts = np.minimum(np.asarray(thresholds), 1 - 1e-10)
    free = np.ones((len(cuts), labels), bool)
    places = np.arange(len(cuts))
    for box in range(count):
        open_to = np.where(free, overlaps[box], -1.0)
        # Of labels that overlap alike the last one is taken, as COCO has it.
        best = labels - 1 - open_to[:, ::-1].argmax(axis=1)
        hit = open_to[places, best] >= cuts
        free[places[hit], best[hit]] = False
        bits[box] = (hit.astype(np.int64) << places).sum()
    return bits
