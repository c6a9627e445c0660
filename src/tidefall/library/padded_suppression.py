"""`tf.image.non_max_suppression_padded`: the best boxes of many images, tile by tile.

Boxes sorted by score are settled a tile at a time. A box falls when one of an earlier tile overlaps
it; within a tile the boxes that fall are found by repetition until nothing changes. All images of
a batch go through it together, so no size need be known while tracing, and XLA compiles it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.control_flow.while_loop import while_loop
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor

_TINY = 1e-8  # keeps the union of two empty boxes from being zero


def _cast(value: Any, dtype: Any) -> Any:
    return raw.Cast(value, DstT=dtype)


@export("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> Any:
    """The best boxes of one or more images, with zeros behind up to a fixed number.

    It is not `non_max_suppression` for many: boxes whose coordinates are all zero or less are
    never taken, an overlap of just the threshold is too much, and the first box tells for all
    which corner comes first.

    Args:
        boxes: float `[..., boxes, 4]`: `y1, x1, y2, x2`.
        scores: float `[..., boxes]`.
        max_output_size: scalar int32, how many to take at most.
        iou_threshold: scalar in 0 to 1; the intersection over union that is too much.
        score_threshold: scalar; boxes must score more.
        pad_to_max_output_size: fill up with zeros. Must be True for several images.
        name: name scope of the nodes in a graph.
        sorted_input: the boxes come best first.
        canonicalized_coordinates: the first corner has the lesser coordinates.
        tile_size: how many boxes to compare with each other at a time.

    Returns:
        int32 `[..., taken]`: indices of the boxes, best first; and int32 `[...]`: how many.

    Raises:
        ValueError: for several images without padding.

    >>> import tidefall as tf
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1]]
    >>> indices, count = tf.image.non_max_suppression_padded(
    ...     boxes, [0.5, 0.9], 2, pad_to_max_output_size=True
    ... )
    >>> indices.numpy(), count.numpy()
    (array([1, 0], dtype=int32), np.int32(1))
    """
    with name_scope(name or "non_max_suppression_padded"):
        boxes = convert_to_tensor(boxes, name="boxes")
        scores = convert_to_tensor(scores, name="scores")
        limit = convert_to_tensor(max_output_size, dtypes.int32, name="max_output_size")
        iou = convert_to_tensor(iou_threshold, boxes.dtype, name="iou_threshold")
        if not pad_to_max_output_size and boxes.shape.rank is not None and boxes.shape.rank > 2:
            raise ValueError(
                "'pad_to_max_output_size' (value False) must be True for batched input"
            )
        shape = raw.Shape(boxes)
        images, count = shape[:-2], shape[-2]
        rows = raw.Reshape(boxes, raw.Pack([np.int32(-1), count, np.int32(4)]))
        marks = raw.Reshape(scores, raw.Pack([np.int32(-1), count]))
        least = convert_to_tensor(score_threshold, marks.dtype, name="score_threshold")
        good = raw.Greater(marks, least)
        marks, rows = marks * _cast(good, marks.dtype), rows * _cast(good, rows.dtype)[..., None]
        rows = rows if canonicalized_coordinates else _canonical(rows)
        order = None
        if not sorted_input:
            order = raw.TopKV2(marks, count)[1]
            rows = raw.GatherV2(rows, order, np.int32(1), batch_dims=1)
        rows = _padded(rows, count, limit, tile_size)
        rows, taken = _resolve(rows, limit, iou, tile_size)
        indices = _positions(rows, taken, limit, count, order)
        taken = raw.Reshape(taken, images)
        if not pad_to_max_output_size:
            return indices[0, : raw.Reshape(taken, np.zeros(0, np.int32))], taken
        places = raw.ConcatV2([images, raw.ExpandDims(limit, 0)], 0)
        return raw.Reshape(indices, places), taken


def _canonical(boxes: Any) -> Any:
    """The corner with the lesser coordinates first, as it is in the first box."""
    y1, x1, y2, x2 = raw.Unpack(boxes, num=4, axis=2)
    upright = raw.LessEqual(y1[0, 0], y2[0, 0])
    top, bottom = raw.SelectV2(upright, y1, y2), raw.SelectV2(upright, y2, y1)
    leftward = raw.LessEqual(x1[0, 0], x2[0, 0])
    left, right = raw.SelectV2(leftward, x1, x2), raw.SelectV2(leftward, x2, x1)
    return raw.Pack([top, left, bottom, right], axis=2)


def _padded(boxes: Any, count: Any, limit: Any, tile: int) -> Any:
    """Boxes with zeros behind: whole tiles, and enough of them for the result."""
    needed = raw.Maximum(count, limit)
    behind = (needed + (tile - 1)) // tile * tile - count
    zero = np.int32(0)
    pads = raw.Pack([np.zeros(2, np.int32), raw.Pack([zero, behind]), np.zeros(2, np.int32)])
    return raw.Pad(boxes, pads)


def _resolve(boxes: Any, limit: Any, iou: Any, tile: int) -> tuple[Any, Any]:
    """Make zeros of the boxes that fall.

    Returns:
        The boxes, and int32 `[batch]`, how many are left, `limit` at most.
    """
    tiles = raw.Shape(boxes)[1] // tile
    zero = convert_to_tensor(np.int32(0))
    found = _cast(raw.ZerosLike(boxes[:, 0, 0]), dtypes.int32)

    def more(index: Any, boxes: Any, found: Any) -> Any:
        least = raw.Min(found, np.array([0], np.int32))
        return raw.LogicalAnd(index < tiles, least < limit)

    def step(index: Any, boxes: Any, found: Any) -> Any:
        start = index * tile
        own = start + np.arange(tile, dtype=np.int32)
        part = raw.GatherV2(boxes, own, np.int32(1))
        before = raw.Range(zero, raw.Shape(boxes)[1], np.int32(1)) < start
        over = raw.GreaterEqual(_overlaps(boxes, part), iou)
        fallen = raw.Any(raw.LogicalAnd(over, before[:, None]), np.array([1], np.int32))
        part = _without(part, fallen)
        part = _without(part, _fallen_within(part, iou, tile))
        left = raw.Sum(_cast(_is_box(part), dtypes.int32), np.array([1], np.int32))
        boxes = raw.TensorScatterUpdate(_turned(boxes), own[:, None], _turned(part))
        return index + 1, _turned(boxes), found + left

    _, boxes, found = while_loop(more, step, (zero, boxes, found))
    return boxes, raw.Minimum(found, limit)


def _turned(boxes: Any) -> Any:
    return raw.Transpose(boxes, np.array([1, 0, 2], np.int32))


def _is_box(boxes: Any) -> Any:
    return raw.Any(boxes > 0, np.array([2], np.int32))


def _without(boxes: Any, fallen: Any) -> Any:
    return boxes * _cast(raw.LogicalNot(fallen), boxes.dtype)[..., None]


def _overlaps(ones: Any, others: Any) -> Any:
    """Intersection over union `[batch, ones, others]`; -1 where the other is all negative."""
    low = raw.Maximum(ones[:, :, None, :2], others[:, None, :, :2])
    high = raw.Minimum(ones[:, :, None, 2:], others[:, None, :, 2:])
    sides = raw.Relu(high - low)
    shared = sides[..., 0] * sides[..., 1]
    union = _area(ones)[:, :, None] + _area(others)[:, None, :] - shared + _TINY
    outside = raw.Max(others, np.array([2], np.int32)) < 0
    share = shared / union
    return raw.SelectV2(outside[:, None, :], -raw.OnesLike(share), share)


def _area(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _fallen_within(boxes: Any, iou: Any, size: int) -> Any:
    """Which boxes of a tile fall for a better one of the tile: bool `[batch, tile]`."""
    share = _overlaps(boxes, boxes)
    better = np.triu(np.ones((size, size), bool), 1)
    counts = raw.LogicalAnd(raw.GreaterEqual(share, iou), better)
    first = share * _cast(counts, share.dtype)
    both = np.array([1, 2], np.int32)

    def changing(share: Any, total: Any, fell: Any) -> Any:
        return fell

    def step(share: Any, total: Any, fell: Any) -> Any:
        down = np.array([1], np.int32)
        standing = _cast(raw.Max(share, down) < iou, share.dtype)
        threatened = raw.Max(standing[:, :, None] * share, down)
        share = _cast(threatened < iou, share.dtype)[:, :, None] * share
        now = raw.Sum(share, both)
        return share, now, raw.Any(total - now > iou, np.array([0], np.int32))

    start = (first, raw.Sum(first, both), convert_to_tensor(True))
    share = while_loop(changing, step, start)[0]
    return raw.Sum(share, np.array([1], np.int32)) > 0


def _positions(boxes: Any, taken: Any, limit: Any, count: Any, order: Any) -> Any:
    """Indices of the boxes that are left, best first, zeros behind: int32 `[batch, limit]`."""
    size = raw.Shape(boxes)[1]
    falling = raw.Range(size, np.int32(0), np.int32(-1))
    ranks = _cast(_is_box(boxes), dtypes.int32) * falling
    found = raw.Minimum(size - raw.TopKV2(ranks, limit)[0], count - 1)
    if order is not None:
        found = raw.GatherV2(order, found, np.int32(1), batch_dims=1)
    places = raw.Range(np.int32(0), limit, np.int32(1))
    return found * _cast(places < taken[:, None], dtypes.int32)
