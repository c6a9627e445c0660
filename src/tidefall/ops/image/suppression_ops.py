"""The ops NonMaxSuppression, V1 to V5, with overlaps and combined: the best boxes apart.

Boxes are taken by falling score; one that overlaps a box taken before is left out, or, softly, has
its score lowered.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import SIZED_BY_VALUES, Trait
from tidefall.ops.common import invalid, shape_text

F = np.float32

# ---- overlap ----


def _sorted_corners(boxes: np.ndarray) -> np.ndarray:
    """Boxes as `[n, 4]`: least y, least x, largest y, largest x."""
    low = np.minimum(boxes[:, :2], boxes[:, 2:])
    return np.concatenate([low, np.maximum(boxes[:, :2], boxes[:, 2:])], 1).astype(F)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _overlap(box: np.ndarray, area: Any, boxes: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with others; 0 for boxes without area."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    sides = np.maximum(sides, F(0))
    shared = sides[:, 0] * sides[:, 1]
    union = area + areas - shared
    usable = (areas > 0) & (area > 0)
    return np.where(usable, shared / np.where(usable, union, F(1)), F(0))


# ---- selection ----


def select(
    boxes: np.ndarray, scores: np.ndarray, limit: int, iou: float, least: float
) -> np.ndarray:
    """Indices of the boxes taken, best first."""
    corners = _sorted_corners(boxes)
    areas = _areas(corners)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > least]
    taken: list[int] = []
    while len(order) and len(taken) < limit:
        best, order = int(order[0]), order[1:]
        taken.append(best)
        over = _overlap(corners[best], areas[best], corners[order], areas[order])
        order = order[~(over > iou)]
    return np.array(taken, np.int32)


def select_by_overlaps(
    overlaps: np.ndarray, scores: np.ndarray, limit: int, largest: float, least: float
) -> np.ndarray:
    """`select` for overlaps that are given as a matrix."""
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > least]
    taken: list[int] = []
    while len(order) and len(taken) < limit:
        best, order = int(order[0]), order[1:]
        taken.append(best)
        order = order[~(overlaps[order, best] > largest)]
    return np.array(taken, np.int32)


def select_softly(
    boxes: np.ndarray, scores: np.ndarray, limit: int, least: float, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Indices and lowered scores of the boxes taken.

    Reference: Bodla et al., "Soft-NMS: improving object detection with one line of code", 2017.
    """
    corners = _sorted_corners(boxes)
    areas = _areas(corners)
    left = scores.astype(F)
    alive = left > least
    taken: list[int] = []
    found: list[Any] = []
    while len(taken) < limit and alive.any():
        best = int(np.argmax(np.where(alive, left, -np.inf)))
        taken.append(best)
        found.append(left[best])
        alive[best] = False
        over = _overlap(corners[best], areas[best], corners, areas)
        weight = np.exp(F(-0.5 / sigma) * over * over)
        left = np.where(alive, left * weight, left)
        alive &= left > least
    return np.array(taken, np.int32), np.array(found, F)


# ---- checks ----


def _check_boxes(boxes: Any, scores: Any) -> None:
    if boxes.ndim != 2:
        raise invalid(f"boxes must be 2-D, got shape {shape_text(boxes.shape)}")
    if boxes.shape[1] != 4:
        raise invalid(f"boxes must have 4 columns, got shape {shape_text(boxes.shape)}")
    if scores.ndim != 1:
        raise invalid(f"scores must be 1-D, got shape {shape_text(scores.shape)}")
    if scores.shape[0] != boxes.shape[0]:
        raise invalid(f"scores has incompatible shape {shape_text(scores.shape)}")


def _limit(value: Any, name: str = "max_output_size") -> int:
    if value.ndim:
        raise invalid(f"{name} must be 0-D, got shape {shape_text(value.shape)}")
    if int(value) < 0:
        raise invalid(f"{name} must be non-negative, got {int(value)}")
    return int(value)


def _share(value: Any, name: str = "iou_threshold") -> float:
    value = np.asarray(value)
    if value.ndim:
        raise invalid(f"{name} must be 0-D, got shape {shape_text(value.shape)}")
    if not 0 <= float(value) <= 1:
        raise invalid(f"{name} must be in [0, 1], got {float(value)}")
    return float(value)


def _number(value: Any, name: str) -> float:
    if value.ndim:
        raise invalid(f"{name} must be 0-D, got shape {shape_text(value.shape)}")
    return float(value)


# ---- shapes ----


def _check_shapes(c: Inference) -> None:
    boxes, scores = c.shape(0), c.shape(1)
    if boxes.rank not in (None, 2) or scores.rank not in (None, 1):
        raise ValueError(
            f"boxes must be 2-D and scores 1-D, got {shape_text(boxes)}, {shape_text(scores)}"
        )
    if boxes.rank == 2 and boxes[1] not in (None, 4):
        raise ValueError(f"boxes must have 4 columns, got shape {shape_text(boxes)}")
    for index in range(2, c.n_inputs):
        if c.shape(index).rank not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {c.shape(index).rank}")


def _indices_shape(c: Inference) -> TensorShape:
    _check_shapes(c)
    return TensorShape([None])


def _padded_length(c: Inference) -> int | None:
    size = c.constant(2) if c.attr("pad_to_max_output_size") else None
    return None if size is None else int(size)


def _shape_v4(c: Inference) -> list[TensorShape]:
    _check_shapes(c)
    return [TensorShape([_padded_length(c)]), TensorShape(())]


def _shape_v5(c: Inference) -> list[TensorShape]:
    length = TensorShape([_padded_length(c)])
    _check_shapes(c)
    return [length, length, TensorShape(())]


# ---- the ops ----


def _host(boxes: Any, scores: Any, max_output_size: Any, *, iou_threshold: float) -> np.ndarray:
    _check_boxes(boxes, scores)
    limit, iou = _limit(max_output_size), _share(iou_threshold)
    return select(boxes, scores, limit, iou, -np.inf)


def _host_v2(boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any) -> np.ndarray:
    _check_boxes(boxes, scores)
    limit, iou = _limit(max_output_size), _share(iou_threshold)
    return select(boxes.astype(F), scores.astype(F), limit, iou, -np.inf)


def _host_v3(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any, score_threshold: Any
) -> np.ndarray:
    _check_boxes(boxes, scores)
    limit, iou = _limit(max_output_size), _share(iou_threshold)
    least = _number(score_threshold, "score_threshold")
    return select(boxes.astype(F), scores.astype(F), limit, iou, least)


def _host_v4(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_to_max_output_size: bool,
) -> tuple[np.ndarray, np.ndarray]:
    taken = _host_v3(boxes, scores, max_output_size, iou_threshold, score_threshold)
    count = np.array(len(taken), np.int32)
    if pad_to_max_output_size:
        taken = np.pad(taken, (0, int(max_output_size) - len(taken)))
    return taken, count


def _host_v5(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    soft_nms_sigma: Any,
    *,
    pad_to_max_output_size: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _check_boxes(boxes, scores)
    limit, iou = _limit(max_output_size), _share(iou_threshold)
    least = _number(score_threshold, "score_threshold")
    sigma = _number(soft_nms_sigma, "soft_nms_sigma")
    if sigma < 0:
        raise invalid(f"soft_nms_sigma must be non-negative, got {sigma}")
    if sigma:
        taken, found = select_softly(boxes.astype(F), scores, limit, least, sigma)
    else:
        taken = select(boxes.astype(F), scores.astype(F), limit, iou, least)
        found = scores[taken]
    count = np.array(len(taken), np.int32)
    if pad_to_max_output_size:
        rest = (0, limit - len(taken))
        taken, found = np.pad(taken, rest), np.pad(found, rest)
    return taken, found.astype(scores.dtype), count


def _host_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any,
    score_threshold: Any,
) -> np.ndarray:
    if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1]:
        raise invalid(f"overlaps must be square, got shape {shape_text(overlaps.shape)}")
    if scores.shape != overlaps.shape[:1]:
        raise invalid(f"scores has incompatible shape {shape_text(scores.shape)}")
    limit = _limit(max_output_size)
    largest = _number(overlap_threshold, "overlap_threshold")
    least = _number(score_threshold, "score_threshold")
    return select_by_overlaps(overlaps, scores, limit, largest, least)


def _declare(name: str, shape: Any, host: Any, *traits: Trait) -> Any:
    return op(
        name, shape=shape, host=host, effects=PURE, traits=traits, gradient=NOT_DIFFERENTIABLE
    )


_declare("NonMaxSuppression", _indices_shape, _host)
_declare("NonMaxSuppressionV2", _indices_shape, _host_v2)
suppression_v3_op = _declare("NonMaxSuppressionV3", _indices_shape, _host_v3, SIZED_BY_VALUES)
suppression_v4_op = _declare("NonMaxSuppressionV4", _shape_v4, _host_v4, SIZED_BY_VALUES)
suppression_v5_op = _declare("NonMaxSuppressionV5", _shape_v5, _host_v5)
suppression_overlaps_op = _declare(
    "NonMaxSuppressionWithOverlaps", lambda c: TensorShape([None]), _host_overlaps
)


# ---- many classes ----


def _combined_length(c: Inference) -> int | None:
    total, each, classes = c.constant(3), c.constant(2), c.shape(1).with_rank(3)[2]
    if total is None:
        return None
    if not c.attr("pad_per_class"):
        return int(total)
    return None if each is None or classes is None else min(int(total), int(each) * classes)


def _combined_shape(c: Inference) -> list[TensorShape]:
    boxes, scores = c.shape(0), c.shape(1)
    if boxes.rank not in (None, 4) or scores.rank not in (None, 3):
        raise ValueError(
            f"boxes must be 4-D and scores 3-D, got {shape_text(boxes)}, {shape_text(scores)}"
        )
    batch, length = boxes.with_rank(4)[0], _combined_length(c)
    row = TensorShape([batch, length])
    return [TensorShape([batch, length, 4]), row, row, TensorShape([batch])]


def _combined_host(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_per_class: bool,
    clip_boxes: bool,
) -> tuple[np.ndarray, ...]:
    if boxes.ndim != 4 or scores.ndim != 3:
        raise invalid(
            f"boxes must be 4-D and scores 3-D, got {shape_text(boxes.shape)} and "
            f"{shape_text(scores.shape)}"
        )
    batch, count, classes = scores.shape
    if boxes.shape[:2] != (batch, count) or boxes.shape[3] != 4:
        raise invalid(f"boxes of shape {shape_text(boxes.shape)} do not fit the scores")
    if boxes.shape[2] not in (1, classes):
        raise invalid(f"third dimension of boxes must be either 1 or num classes {classes}")
    each = _limit(max_output_size_per_class, "max_size_per_class")
    total = _limit(max_total_size, "max_total_size")
    if each <= 0 or total <= 0:
        raise invalid("max_size_per_class and max_total_size must be positive")
    iou = _share(iou_threshold)
    least = _number(score_threshold, "score_threshold")
    length = min(total, each * classes) if pad_per_class else total
    found = (
        np.zeros((batch, length, 4), F),
        np.zeros((batch, length), F),
        np.zeros((batch, length), F),
        np.zeros(batch, np.int32),
    )
    for b in range(batch):
        _combine(b, boxes[b], scores[b], each, length, iou, least, clip_boxes, found)
    return found


def _combine(
    b: int,
    boxes: np.ndarray,
    scores: np.ndarray,
    each: int,
    length: int,
    iou: float,
    least: float,
    clip: bool,
    found: tuple[np.ndarray, ...],
) -> None:
    """Fill in one image's row of the results."""
    rows, kinds = [], []
    for kind in range(scores.shape[1]):
        own = boxes[:, kind if boxes.shape[1] > 1 else 0]
        taken = select(own, scores[:, kind], each, iou, least)
        rows.append(taken)
        kinds.append(np.full(len(taken), kind))
    index, kind = np.concatenate(rows), np.concatenate(kinds)
    best = np.argsort(-scores[index, kind], kind="stable")[:length]
    index, kind = index[best], kind[best]
    chosen = boxes[index, kind if boxes.shape[1] > 1 else 0]
    count = len(best)
    found[0][b, :count] = np.clip(chosen, 0, 1) if clip else chosen
    found[1][b, :count] = scores[index, kind]
    found[2][b, :count] = kind
    found[3][b] = count


combined_suppression_op = _declare("CombinedNonMaxSuppression", _combined_shape, _combined_host)
