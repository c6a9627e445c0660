"""The choice of boxes for several classes at once, class by class."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw

MAX_CLASSES = 256
"""Each class of each picture has operators of its own."""
_NOTHING = -1e30
"""The score of a place that holds no box."""


@lower(raw.CombinedNonMaxSuppression)
def _combined(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    scores, per_class, total = inputs[1:4]
    batch, _, classes = scores.shape
    if batch is None or classes is None or per_class.data is None or total.data is None:
        raise CannotLower("its batch, classes or sizes are not known when converting")
    if batch * classes > MAX_CLASSES:
        raise CannotLower(f"it chooses {batch * classes} times; {MAX_CLASSES} are spelled out")
    size = int(total.data)
    if node.attrs["pad_per_class"]:
        size = min(size, int(per_class.data) * classes)
    rows = [_picture(b, node, inputs, n, size) for n in range(batch)]
    results: list[Value] = []
    for parts in zip(*rows, strict=True):
        shape = (batch, *parts[0].shape)
        results.append(b.op("PACK", list(parts), shape, values_count=batch, axis=0))
    return results


def _picture(b: Builder, node: Operation, inputs: list[Any], n: int, size: int) -> list[Value]:
    """Boxes, scores, classes and how many there are, for one picture."""
    boxes, scores, per_class = inputs[:3]
    each, classes = int(per_class.data), scores.shape[2]
    own_boxes, own_scores = _part(b, boxes, 0, n), _part(b, scores, 0, n)
    columns = [_part(b, own_boxes, 1, q) for q in range(boxes.shape[2])]
    places = b.const(np.arange(each, dtype=np.int32))
    found_boxes: list[Value] = []
    found_scores: list[Value] = []
    for c in range(classes):
        column, score = columns[c if len(columns) > 1 else 0], _part(b, own_scores, 1, c)
        chosen, count = Value(b.name, np.int32, [each]), Value(b.name, np.int32, [])
        given = [column, score, b.const(each, np.int32), *inputs[4:]]
        b.add("NON_MAX_SUPPRESSION_V4", given, [chosen, count])
        is_there = b.op("LESS", [places, count], [each], np.bool_)
        picked = b.op("GATHER", [score, chosen], [each], axis=0)
        nothing = b.const(_NOTHING, np.float32)
        scored = b.op("SELECT_V2", [is_there, picked, nothing], [each], np.float32)
        found_scores.append(scored)
        found_boxes.append(b.op("GATHER", [column, chosen], [each, 4], axis=0))
    count = classes * each
    all_scores, all_boxes = found_scores[0], found_boxes[0]
    if classes > 1:
        all_scores = b.op("CONCATENATION", found_scores, [count], axis=0)
        all_boxes = b.op("CONCATENATION", found_boxes, [count, 4], axis=0)
    labels = b.const(np.repeat(np.arange(classes, dtype=np.float32), each))
    best = min(size, count)
    values, order = Value(b.name, np.float32, [best]), Value(b.name, np.int32, [best])
    b.add("TOPK_V2", [all_scores, b.const(best, np.int32)], [values, order])
    is_there = b.op("GREATER", [values, b.const(_NOTHING / 10, np.float32)], [best], np.bool_)
    kept = b.cast(is_there, np.float32)
    chosen_boxes = b.op("GATHER", [all_boxes, order], [best, 4], axis=0)
    if node.attrs["clip_boxes"]:
        chosen_boxes = b.binary("MINIMUM", b.binary("MAXIMUM", chosen_boxes, 0.0), 1.0)
    chosen_boxes = b.binary("MUL", chosen_boxes, b.reshape(kept, [best, 1]))
    zero = b.const(0.0, np.float32)
    final = b.op("SELECT_V2", [is_there, values, zero], [best], np.float32)
    kinds = b.binary("MUL", b.op("GATHER", [labels, order], [best], axis=0), kept)
    total = b.op("SUM", [b.cast(is_there, np.int32), b.const([0], np.int32)], [], keep_dims=False)
    return [_padded(b, v, size) for v in (chosen_boxes, final, kinds)] + [total]


def _part(b: Builder, x: Value, axis: int, at: int) -> Value:
    """One slice along an axis."""
    dims = [d for i, d in enumerate(x.shape) if i != axis]
    return b.op("GATHER", [x, b.const(at, np.int32)], dims, axis=axis)


def _padded(b: Builder, x: Value, size: int) -> Value:
    missing = size - (x.shape[0] or 0)
    if not missing:
        return x
    amounts = np.zeros([x.rank, 2], np.int32)
    amounts[0, 1] = missing
    return b.op("PAD", [x, b.const(amounts)], (size, *x.shape[1:]))
