"""`RaggedGather`: rows of a ragged tensor, by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid


def _gather_shape(c: Inference) -> list[TensorShape]:
    depth = c.attr("PARAMS_RAGGED_RANK")
    values = c.shape(depth)
    inner = TensorShape(None) if values.rank is None else values[1:]
    splits = [TensorShape([None])] * c.attr("OUTPUT_RAGGED_RANK")
    return [*splits, TensorShape([None]).concatenate(inner)]


def _gather(
    params_nested_splits: list[np.ndarray], params_dense_values: np.ndarray, indices: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    kind = params_nested_splits[0].dtype
    rows = len(params_nested_splits[0]) - 1
    flat = indices.reshape(-1).astype(np.int64)
    bad = (flat < 0) | (flat >= rows)
    if bad.any():
        at = int(np.argmax(bad))
        raise invalid(f"indices[{at}] = {flat[at]} is not in [0, {rows})")
    outer = [
        (np.arange(int(np.prod(indices.shape[:i])) + 1) * indices.shape[i]).astype(kind)
        for i in range(1, indices.ndim)
    ]
    nested = []
    for splits in params_nested_splits:
        lengths = (splits[1:] - splits[:-1])[flat]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.repeat(splits[:-1][flat] - ends[:-1], lengths) + np.arange(ends[-1])
        nested.append(ends.astype(kind))
    return [*outer, *nested], params_dense_values[flat]


def _gather_grad(op: Any, *gradients: Any) -> list[Any]:
    """Each value's gradient goes back to the place it came from."""
    *splits, values, indices = op.inputs
    size = raw.Shape(values)
    count = raw.Shape(values, out_type=splits[0].dtype)[0]
    zero, one = (np.array(i, splits[0].dtype.as_numpy_dtype) for i in (0, 1))
    _, places = raw.RaggedGather(
        splits,
        raw.Range(zero, count, one),
        indices,
        OUTPUT_RAGGED_RANK=op.get_attr("OUTPUT_RAGGED_RANK"),
    )
    back = raw.UnsortedSegmentSum(gradients[-1], places, size[0])
    return [*[None] * len(splits), back, None]


op("RaggedGather", shape=_gather_shape, host=_gather, effects=PURE, gradient=_gather_grad)
