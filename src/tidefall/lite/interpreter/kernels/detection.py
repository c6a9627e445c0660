"""Detection: boxes that do not overlap, and the last step of an object detector."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.interpreter.shapes import checked_shape


def intersection_over_union(box: Any, others: Any) -> Any:
    """How much of two boxes is common to them: one box with each of the others."""
    low = np.minimum(box[:2], box[2:])
    high = np.maximum(box[:2], box[2:])
    lows = np.minimum(others[:, :2], others[:, 2:])
    highs = np.maximum(others[:, :2], others[:, 2:])
    area = np.prod(high - low)
    areas = np.prod(highs - lows, axis=1)
    common = np.prod(
        np.maximum(np.minimum(high, highs) - np.maximum(low, lows), np.float32(0)), axis=1
    )
    with np.errstate(all="ignore"):
        found = common / (area + areas - common)
    return np.where((area <= 0) | (areas <= 0), np.float32(0), found)


def select_boxes(
    boxes: Any, scores: Any, count: int, overlap: float, least: float, sigma: float
) -> tuple[list[int], list[float]]:
    """The best boxes that do not overlap more than allowed, and their scores.

    Args:
        boxes: `[boxes, 4]`, float32, two opposite corners.
        scores: `[boxes]`, float32.
        count: how many to select at most.
        overlap: boxes of more than this intersection over union suppress each other.
        least: scores must be greater.
        sigma: above 0, scores are lowered by overlap instead.
    """
    queue = [
        (-float(score), index, 0) for index, score in enumerate(scores) if score > np.float32(least)
    ]
    heapq.heapify(queue)
    wanted = min(len(queue), count)
    scale = np.float32(-0.5 / sigma) if sigma > 0 else np.float32(0)
    chosen: list[int] = []
    kept: list[float] = []
    while len(chosen) < wanted and queue:
        negative, index, begin = heapq.heappop(queue)
        score = original = np.float32(-negative)
        suppressed = False
        others = chosen[begin:]
        if others:
            for shared in intersection_over_union(boxes[index], boxes[others])[::-1]:
                if shared >= np.float32(overlap):
                    suppressed = True
                    break
                if sigma > 0:
                    score = score * np.exp(scale * shared * shared)
                if score <= np.float32(least):
                    break
        if suppressed:
            continue
        begin = len(chosen)
        if score == original:
            chosen.append(index)
            kept.append(float(score))
        elif score > np.float32(least):
            heapq.heappush(queue, (-float(score), index, begin))
    return chosen, kept


@kernel("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5")
def non_max_suppression(node: Node) -> Kernel:
    soft = node.operator.endswith("5")

    def run(boxes: Any, scores: Any, count: Any, overlap: Any, least: Any, sigma: Any = 0.0) -> Any:
        if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
            raise ValueError(f"boxes of {boxes.shape} do not go with scores of {scores.shape}")
        values = [np.asarray(each).reshape(())[()] for each in (count, overlap, least, sigma)]
        wanted = int(values[0])
        checked_shape([wanted], node.operator)
        if values[3] < 0:
            raise ValueError(f"a sigma of {values[3]} is not possible")
        chosen, kept = select_boxes(boxes, scores, wanted, *map(float, values[1:]))
        places = np.zeros(wanted, np.int32)
        places[: len(chosen)] = chosen
        number = np.array(len(chosen), np.int32)
        if not soft:
            return places, number
        best = np.zeros(wanted, np.float32)
        best[: len(kept)] = kept
        return places, best, number

    return run


def _options(node: Node) -> dict[str, Any]:
    try:
        from flatbuffers import flexbuffers
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "TFLite_Detection_PostProcess takes the package flatbuffers: "
            "pip install tidefall[lite]."
        ) from error
    found = flexbuffers.Loads(node.custom_options)
    if not isinstance(found, dict):
        raise ValueError("its options are not a map")
    return found


@kernel("TFLite_Detection_PostProcess")
def detection_postprocess(node: Node) -> Kernel:
    options = _options(node)
    scales = np.array([float(options[f"{name}_scale"]) for name in "yxhw"])
    classes = int(options["num_classes"])
    detections = int(options["max_detections"])
    each = int(options["max_classes_per_detection"])
    least = np.float32(options["nms_score_threshold"])
    overlap = np.float32(options["nms_iou_threshold"])
    regular = bool(options.get("use_regular_nms", False))
    per_class = min(int(options.get("detections_per_class", 100)), detections)
    checked_shape([1, detections * each, 4], node.operator)

    def reals(x: Any, index: int) -> Any:
        if x.dtype != np.uint8:
            return x
        info = node.input(index)
        return (x.astype(np.float32) - np.float32(info.zero_point)) * info.scale

    def run(encodings: Any, predictions: Any, anchors: Any) -> Any:
        boxes = _decode(reals(encodings, 0)[0, :, :4], reals(anchors, 2), scales)
        scores = reals(predictions, 1)[0]
        offset = scores.shape[1] - classes
        if regular:
            found = _by_class(boxes, scores[:, offset:], per_class, detections, least, overlap)
        else:
            found = _by_best_class(boxes, scores[:, offset:], each, detections, least, overlap)
        size = detections * each
        out_boxes = np.zeros((1, size, 4), np.float32)
        out_classes = np.zeros((1, size), np.float32)
        out_scores = np.zeros((1, size), np.float32)
        for place, (box, label, score) in enumerate(found[:size]):
            out_boxes[0, place] = boxes[box]
            out_classes[0, place] = label
            out_scores[0, place] = score
        number = len(found) if regular else len(found) // min(each, classes)
        return out_boxes, out_classes, out_scores, np.array([number], np.float32)

    return run


def _decode(encodings: Any, anchors: Any, scales: Any) -> Any:
    """Corners of boxes that are given by center and size relative to anchors."""
    code, anchor = encodings.astype(np.float64), anchors.astype(np.float64)
    center = (code[:, :2] / scales[:2] * anchor[:, 2:] + anchor[:, :2]).astype(np.float32)
    half = (0.5 * np.exp(code[:, 2:] / scales[2:]) * anchor[:, 2:]).astype(np.float32)
    return np.concatenate([center - half, center + half], 1)


def _one_class(boxes: Any, scores: Any, count: int, least: Any, overlap: Any) -> list[int]:
    kept = np.flatnonzero(scores >= least)
    order = kept[np.argsort(-scores[kept], kind="stable")]
    active = np.ones(order.size, bool)
    chosen: list[int] = []
    for place in range(order.size):
        if len(chosen) >= min(count, order.size):
            break
        if not active[place]:
            continue
        chosen.append(int(order[place]))
        rest = np.flatnonzero(active[place + 1 :]) + place + 1
        shared = intersection_over_union(boxes[order[place]], boxes[order[rest]])
        active[rest[shared > overlap]] = False
    return chosen


def _by_class(
    boxes: Any, scores: Any, per_class: int, detections: int, least: Any, overlap: Any
) -> list[tuple[int, int, Any]]:
    best: list[tuple[int, int, Any]] = []
    for label in range(scores.shape[1]):
        chosen = _one_class(boxes, scores[:, label], per_class, least, overlap)
        best += [(box, label, scores[box, label]) for box in chosen]
        best.sort(key=lambda found: -found[2])
        del best[detections:]
    return best


def _by_best_class(
    boxes: Any, scores: Any, each: int, detections: int, least: Any, overlap: Any
) -> list[tuple[int, int, Any]]:
    count = min(each, scores.shape[1])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    chosen = _one_class(boxes, scores.max(1), detections, least, overlap)
    return [(box, int(label), scores[box, label]) for box in chosen for label in order[box]]
