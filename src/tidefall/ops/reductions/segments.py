"""Reductions over segments: rows that share a number in `segment_ids` are combined."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LINEAR
from tidefall.ops.batching import Call, Fallback
from tidefall.ops.common import invalid, jnp
from tidefall.ops.fast import like
from tidefall.ops.math.division import true_quotient
from tidefall.ops.math.elementwise import multiply
from tidefall.ops.precision import is_narrow
from tidefall.ops.reductions.segment_kernels import combine, scatter
from tidefall.tensor.conversion import convert_to_tensor

# ---- sorted segments ----


def _sorted_shape(c: Inference) -> TensorShape:
    data, ids = c.shape(0), c.shape(1)
    if ids.rank is not None and ids.rank != 1:
        raise ValueError("segment_ids should be a vector.")
    if data.rank is None:
        return TensorShape(None)
    if data.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    known = c.constant(1)
    count = None if known is None else int(known[-1]) + 1 if known.size else 0
    return TensorShape([count, *data.as_list()[1:]])


def _check_sorted(data: Any, ids: Any) -> int:
    """The number of segments, after making sure that the ids are in order."""
    if ids.ndim != 1:
        raise invalid("segment_ids should be a vector.")
    if data.ndim == 0 or data.shape[0] != ids.shape[0]:
        raise invalid("segment_ids should be the same size as dimension 0 of input.")
    if not ids.size:
        return 0
    count = int(ids[-1]) + 1
    if ids[0] < 0:
        raise invalid(
            f"Segment id {ids[0]} out of range [0, {count}), possibly because 'segment_ids' input "
            "is not sorted."
        )
    if np.any(ids[1:] < ids[:-1]):
        raise invalid("segment ids are not increasing")
    return count


def _sorted_host(reduce: Any, empty: Any) -> Any:
    def run(data: Any, ids: Any) -> Any:
        return combine(reduce, data, ids, _check_sorted(data, ids), empty)

    return run


def _sorted_xla(reduce: str, empty: Any) -> Any:
    def run(data: Any, ids: Any) -> Any:
        count = _check_sorted(data, ids)
        return scatter(reduce, data, ids, count, jnp.full((), empty, data.dtype))

    return run


def _mean_host(data: Any, ids: Any) -> Any:
    count = _check_sorted(data, ids)
    sizes = np.bincount(ids, minlength=count).reshape(-1, *[1] * (data.ndim - 1))
    sizes = np.maximum(sizes, 1)
    if data.dtype.kind in "iu":
        total = combine(np.add, data.astype(np.int64), ids, count, 0)
        return (np.sign(total) * (np.abs(total) // sizes)).astype(data.dtype)
    work = data.astype(np.float32) if is_narrow(data.dtype) else data
    total = combine(np.add, work, ids, count, 0)
    return (total / sizes.astype(total.real.dtype)).astype(data.dtype)


def _mean_xla(data: Any, ids: Any) -> Any:
    count = _check_sorted(data, ids)
    total = scatter("add", data, ids, count, jnp.zeros((), data.dtype))
    sizes = np.maximum(np.bincount(ids, minlength=count), 1)
    sizes = sizes.reshape(-1, *[1] * (data.ndim - 1))
    if data.dtype.kind in "iu":
        return (jnp.sign(total) * (jnp.abs(total) // sizes.astype(data.dtype))).astype(data.dtype)
    return total / sizes.astype(data.dtype)


# ---- gradients ----


def gather_or_zero(values: Any, ids: Any) -> tuple[Any, Any]:
    """Rows of `values` by id, zeros for negative ids; and which ids are not negative."""
    zero = raw.ZerosLike(ids)
    rows = raw.GatherV2(values, raw.Maximum(ids, zero), np.int32(0))
    kept = raw.GreaterEqual(ids, zero)
    # One condition for each row, with as many dimensions as the rows have.
    kept = raw.Reshape(kept, column_shape(ids, rows))
    return raw.SelectV2(kept, rows, like(0, rows)), kept


def _sum_grad(op: Any, dy: Any) -> list[Any]:
    return [raw.GatherV2(dy, op.inputs[1], np.int32(0)), None]


def column_shape(ids: Any, data: Any) -> Any:
    """The shape of `ids` followed by a 1 for each further dimension of `data`."""
    extra = raw.Sub(raw.Rank(data), raw.Rank(ids))
    ends = raw.Fill(raw.Reshape(extra, np.array([1], np.int32)), np.int32(1))
    return raw.ConcatV2([raw.Shape(ids), ends], np.int32(0))


def column_of_ones(ids: Any, data: Any, dtype: Any) -> Any:
    """Ones of that shape."""
    return raw.Fill(column_shape(ids, data), convert_to_tensor(1, dtype))


def _mean_grad(op: Any, dy: Any) -> list[Any]:
    data, ids = op.inputs
    sizes = segment_sum_op(column_of_ones(ids, data, dy.dtype), ids)
    return [raw.GatherV2(true_quotient(dy, sizes), ids, np.int32(0)), None]


def _extreme_grad(op: Any, dy: Any) -> list[Any]:
    data, ids = op.inputs
    gather, zero = raw.GatherV2, np.int32(0)
    chosen = raw.Equal(data, gather(op.outputs[0], ids, zero))
    # Ties share the gradient.
    sizes = segment_sum_op(raw.Cast(chosen, DstT=dy.dtype), ids)
    shared = gather(true_quotient(dy, sizes), ids, zero)
    return [raw.SelectV2(chosen, shared, like(0, dy)), None]


def _prod_grad(op: Any, dy: Any) -> list[Any]:
    data, ids = op.inputs
    gather, select, zero = raw.GatherV2, raw.SelectV2, np.int32(0)
    is_zero = raw.Equal(data, like(0, data))
    n_zeros = segment_sum_op(raw.Cast(is_zero, DstT=dtypes.int32), ids)
    # With two zeros or more in a segment no factor matters.
    dy = select(raw.Greater(n_zeros, np.int32(1)), like(0, dy), dy)
    nonzero = select(is_zero, like(1, data), data)
    others = gather(segment_prod_op(nonzero, ids), ids, zero)
    product = gather(op.outputs[0], ids, zero)
    partial = select(is_zero, others, true_quotient(product, nonzero))
    return [multiply(gather(dy, ids, zero), partial), None]


# ---- ops ----

_STATIC = ("segment_ids",)


def _segments_batching(call: Call) -> Any:
    """The same segments in all runs: the runs go behind."""
    if call.is_stacked(1):
        raise Fallback
    rank = call.rank(0)
    perm = np.array([1, 0, *range(2, rank + 1)], np.int32)
    moved = raw.Transpose(call.tensor(0), perm)
    return raw.Transpose(call.run([moved, call.tensor(1)]), perm)


segment_sum_op = op(
    "SegmentSum",
    shape=_sorted_shape,
    host=_sorted_host(np.add, 0),
    xla=_sorted_xla("add", 0),
    effects=PURE,
    traits=(LINEAR,),
    batching=_segments_batching,
    gradient=_sum_grad,
    static=_STATIC,
)
segment_mean_op = op(
    "SegmentMean",
    shape=_sorted_shape,
    host=_mean_host,
    xla=_mean_xla,
    effects=PURE,
    batching=_segments_batching,
    gradient=_mean_grad,
    static=_STATIC,
)
segment_prod_op = op(
    "SegmentProd",
    shape=_sorted_shape,
    host=_sorted_host(np.multiply, 1),
    xla=_sorted_xla("multiply", 1),
    effects=PURE,
    batching=_segments_batching,
    gradient=_prod_grad,
    static=_STATIC,
)
segment_max_op = op(
    "SegmentMax",
    shape=_sorted_shape,
    host=_sorted_host(np.maximum, 0),
    xla=_sorted_xla("max", 0),
    effects=PURE,
    batching=_segments_batching,
    gradient=_extreme_grad,
    static=_STATIC,
)
segment_min_op = op(
    "SegmentMin",
    shape=_sorted_shape,
    host=_sorted_host(np.minimum, 0),
    xla=_sorted_xla("min", 0),
    effects=PURE,
    batching=_segments_batching,
    gradient=_extreme_grad,
    static=_STATIC,
)


@export("math.segment_sum")
def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Sums of the rows of each segment.

    Args:
        data: numeric tensor of shape `[rows, ...]`.
        segment_ids: the segment of each row: int32 or int64, shape `[rows]`, in increasing order.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[last id + 1, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order or do not fit the rows.

    >>> import tidefall as tf
    >>> tf.math.segment_sum([1, 2, 3], [0, 0, 1]).numpy()
    array([3, 3], dtype=int32)
    """
    return segment_sum_op(data, segment_ids, name=name)


@export("math.segment_mean")
def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Means of the rows of each segment.

    Args:
        data: numeric tensor of shape `[rows, ...]`.
        segment_ids: the segment of each row: int32 or int64, shape `[rows]`, in increasing order.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[last id + 1, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order or do not fit the rows.

    >>> import tidefall as tf
    >>> tf.math.segment_mean([1.0, 2.0, 3.0], [0, 0, 1]).numpy()
    array([1.5, 3. ], dtype=float32)
    """
    return segment_mean_op(data, segment_ids, name=name)


@export("math.segment_prod")
def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Products of the rows of each segment.

    Args:
        data: numeric tensor of shape `[rows, ...]`.
        segment_ids: the segment of each row: int32 or int64, shape `[rows]`, in increasing order.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[last id + 1, ...]`; 1 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order or do not fit the rows.

    >>> import tidefall as tf
    >>> tf.math.segment_prod([1, 2, 3], [0, 0, 1]).numpy()
    array([2, 3], dtype=int32)
    """
    return segment_prod_op(data, segment_ids, name=name)


@export("math.segment_max")
def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Largest elements of the rows of each segment.

    Args:
        data: real tensor of shape `[rows, ...]`.
        segment_ids: the segment of each row: int32 or int64, shape `[rows]`, in increasing order.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[last id + 1, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order or do not fit the rows.

    >>> import tidefall as tf
    >>> tf.math.segment_max([1, 2, 3], [0, 0, 1]).numpy()
    array([2, 3], dtype=int32)
    """
    return segment_max_op(data, segment_ids, name=name)


@export("math.segment_min")
def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Smallest elements of the rows of each segment.

    Args:
        data: real tensor of shape `[rows, ...]`.
        segment_ids: the segment of each row: int32 or int64, shape `[rows]`, in increasing order.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[last id + 1, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order or do not fit the rows.

    >>> import tidefall as tf
    >>> tf.math.segment_min([1, 2, 3], [0, 0, 1]).numpy()
    array([1, 3], dtype=int32)
    """
    return segment_min_op(data, segment_ids, name=name)
