"""Choosing boxes that do not overlap: `tf.image.non_max_suppression` and its relatives."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.ops.image.suppression_ops import (
    combined_suppression_op,
    suppression_overlaps_op,
    suppression_v3_op,
    suppression_v5_op,
)
from tidefall.tensor.conversion import convert_to_tensor


@export("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """The best boxes, leaving out those that overlap a better one.

    Args:
        boxes: float `[boxes, 4]`: `y1, x1, y2, x2`, any two opposite corners.
        scores: float `[boxes]`.
        max_output_size: scalar int32, how many to take at most.
        iou_threshold: scalar in 0 to 1; the intersection over union that is too much.
        score_threshold: scalar; boxes must score more.
        name: name scope of the nodes in a graph.

    Returns:
        int32 `[taken]`: indices of the boxes, best first.

    Raises:
        InvalidArgumentError: for other shapes or thresholds out of range.

    >>> import tidefall as tf
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]]
    >>> tf.image.non_max_suppression(boxes, [0.5, 0.9, 0.7], 3).numpy()
    array([1, 2], dtype=int32)
    """
    with name_scope(name or "non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, name="iou_threshold")
        score_threshold = convert_to_tensor(
            score_threshold, iou_threshold.dtype, name="score_threshold"
        )
        return suppression_v3_op(boxes, scores, max_output_size, iou_threshold, score_threshold)


@export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> Any:
    """The best boxes and their scores, which may be lowered instead of leaving boxes out.

    Args:
        boxes: float `[boxes, 4]`: `y1, x1, y2, x2`, any two opposite corners.
        scores: float `[boxes]`.
        max_output_size: scalar int32, how many to take at most.
        iou_threshold: scalar in 0 to 1; the intersection over union that is too much.
        score_threshold: scalar; boxes must score more, after lowering.
        soft_nms_sigma: scalar; 0 leaves boxes out, more lowers the scores of overlapping ones.
        name: name scope of the nodes in a graph.

    Returns:
        int32 `[taken]`, indices of the boxes, best first; and their scores.

    Raises:
        InvalidArgumentError: for other shapes or thresholds out of range.

    >>> import tidefall as tf
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 2.0, 1.0, 3.0]]
    >>> indices, scores = tf.image.non_max_suppression_with_scores(boxes, [0.5, 0.9], 2)
    >>> indices.numpy(), scores.numpy()
    (array([1, 0], dtype=int32), array([0.9, 0.5], dtype=float32))
    """
    with name_scope(name or "non_max_suppression_with_scores"):
        boxes = convert_to_tensor(boxes, name="boxes")
        numbers = [
            convert_to_tensor(v, boxes.dtype)
            for v in (iou_threshold, score_threshold, soft_nms_sigma)
        ]
        indices, found, _ = suppression_v5_op(
            boxes, scores, max_output_size, *numbers, pad_to_max_output_size=False
        )
        return indices, found


@export("image.non_max_suppression_overlaps")
def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """The best boxes, for overlaps of your own measure.

    Args:
        overlaps: float32 `[boxes, boxes]`.
        scores: float32 `[boxes]`.
        max_output_size: scalar int32, how many to take at most.
        overlap_threshold: scalar; what is too much.
        score_threshold: scalar; boxes must score more.
        name: name scope of the nodes in a graph.

    Returns:
        int32 `[taken]`: indices of the boxes, best first.

    Raises:
        InvalidArgumentError: for other shapes.

    >>> import tidefall as tf
    >>> tf.image.non_max_suppression_overlaps([[1.0, 0.8], [0.8, 1.0]], [0.1, 0.2], 2).numpy()
    array([1], dtype=int32)
    """
    with name_scope(name or "non_max_suppression_overlaps"):
        return suppression_overlaps_op(
            overlaps, scores, max_output_size, overlap_threshold, score_threshold
        )


class CombinedNonMaxSuppression(NamedTuple):
    """What `combined_non_max_suppression` returns."""

    nmsed_boxes: Any
    nmsed_scores: Any
    nmsed_classes: Any
    valid_detections: Any


@export("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> Any:
    """The best boxes of each class, and of those the best.

    Args:
        boxes: float32 `[batch, boxes, q, 4]`, q one or the number of classes.
        scores: float32 `[batch, boxes, classes]`.
        max_output_size_per_class: scalar int32, how many to take of each class at most.
        max_total_size: scalar int32, how many to take in all.
        iou_threshold: scalar in 0 to 1; the intersection over union that is too much.
        score_threshold: scalar; boxes must score more.
        pad_per_class: give `min(max_total_size, max_output_size_per_class * classes)` places
            instead of `max_total_size`.
        clip_boxes: clip the boxes to 0 to 1.
        name: name scope of the nodes in a graph.

    Returns:
        `(nmsed_boxes, nmsed_scores, nmsed_classes, valid_detections)`: float32
        `[batch, places, 4]`, float32 `[batch, places]` twice, int32 `[batch]`; zeros fill up.

    Raises:
        InvalidArgumentError: for other shapes or thresholds out of range.

    >>> import tidefall as tf
    >>> boxes, scores = tf.zeros([1, 2, 1, 4]), tf.constant([[[0.1], [0.2]]])
    >>> tf.image.combined_non_max_suppression(boxes, scores, 1, 3)[1].numpy()
    array([[0.2, 0. , 0. ]], dtype=float32)
    """
    with name_scope(name or "combined_non_max_suppression"):
        found = combined_suppression_op(
            boxes,
            scores,
            max_output_size_per_class,
            convert_to_tensor(max_total_size, dtypes.int32),
            iou_threshold,
            score_threshold,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )
        return CombinedNonMaxSuppression(*found)


@export("image.generate_bounding_box_proposals")
def generate_bounding_box_proposals(
    scores: Any,
    bbox_deltas: Any,
    image_info: Any,
    anchors: Any,
    nms_threshold: Any = 0.7,
    pre_nms_topn: Any = 6000,
    min_size: Any = 16,
    post_nms_topn: int = 300,
    name: str | None = None,
) -> Any:
    """Regions of interest from anchors and their shifts: not implemented.

    Args:
        scores: float32 `[batch, height, width, anchors]`.
        bbox_deltas: float32 `[batch, height, width, 4 * anchors]`.
        image_info: float32 `[batch, 5]`.
        anchors: float32 `[anchors, 4]`.
        nms_threshold, pre_nms_topn, min_size, post_nms_topn: limits.
        name: name of the node in a graph.

    Raises:
        UnimplementedError: always. TensorFlow has the op for GPUs only.

    >>> import tidefall as tf
    >>> tf.image.generate_bounding_box_proposals(
    ...     0, 0, 0, 0
    ... )  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnimplementedError: GenerateBoundingBoxProposals
    """
    raise UnimplementedError(
        None,
        None,
        "GenerateBoundingBoxProposals is not implemented; use tf.image.non_max_suppression on "
        "decoded boxes.",
    )
