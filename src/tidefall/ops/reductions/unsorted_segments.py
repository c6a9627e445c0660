"""Reductions over segments whose rows come in any order, with a given number of segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LINEAR
from tidefall.ops.batching import Call, joined
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.fast import like
from tidefall.ops.math.division import true_quotient, truediv
from tidefall.ops.math.elementwise import multiply
from tidefall.ops.math.power import maximum
from tidefall.ops.math.unary import sqrt
from tidefall.ops.reductions.segment_kernels import (
    combine_unsorted,
    highest_finite,
    lowest_finite,
    scatter,
)
from tidefall.ops.reductions.segments import column_of_ones, gather_or_zero
from tidefall.tensor.conversion import convert_to_tensor

# ---- shapes and kernels ----


def _shape(c: Inference) -> TensorShape:
    data, ids, count = c.shape(0), c.shape(1), c.constant(2)
    if count is not None and int(count) < 0:
        raise ValueError(f"Input num_segments == {int(count)} must not be negative.")
    if data.rank is None or ids.rank is None:
        return TensorShape(None)
    if ids.rank > data.rank or not data[: ids.rank].is_compatible_with(ids):
        raise ValueError(_misfit(data, ids))
    return TensorShape([None if count is None else int(count), *data.as_list()[ids.rank :]])


def _misfit(data: Any, ids: Any) -> str:
    return (
        f"data.shape = {shape_text(data)} does not start with segment_ids.shape = {shape_text(ids)}"
    )


def _checked_count(data: Any, ids: Any, count: Any) -> int:
    count = int(count)
    if count < 0:
        raise invalid(f"Input num_segments == {count} must not be negative.")
    if data.shape[: ids.ndim] != ids.shape:
        raise invalid(_misfit(data.shape, ids.shape))
    return count


def _host(reduce: np.ufunc, empty: Any) -> Any:
    def run(data: Any, ids: Any, count: Any) -> Any:
        count = _checked_count(data, ids, count)
        start = empty(data.dtype) if callable(empty) else empty
        rows = data.reshape(ids.size, *data.shape[ids.ndim :])
        flat = ids.reshape(-1)
        if flat.size and flat.max() >= count:
            place = int(np.argmax(flat >= count))
            where = ", ".join(str(i) for i in np.unravel_index(place, ids.shape))
            raise invalid(f"segment_ids[{where}] = {flat[place]} is out of range [0, {count})")
        return combine_unsorted(reduce, rows, flat, count, start)

    return run


def _xla(reduce: str, empty: Any) -> Any:
    def run(data: Any, ids: Any, count: Any) -> Any:
        count = _checked_count(data, ids, count)
        start = empty(data.dtype) if callable(empty) else empty
        rows = jnp.reshape(data, (ids.size, *data.shape[ids.ndim :]))
        value = jnp.full((), start, data.dtype)
        return scatter(reduce, rows, jnp.reshape(ids, -1), count, value)

    return run


# ---- gradients ----


def _sum_grad(op: Any, dy: Any) -> list[Any]:
    return [gather_or_zero(dy, op.inputs[1])[0], None, None]


def _extreme_grad(op: Any, dy: Any) -> list[Any]:
    data, ids, count = op.inputs
    best, kept = gather_or_zero(op.outputs[0], ids)
    chosen = raw.LogicalAnd(raw.Equal(data, best), kept)
    # Ties share the gradient.
    sizes = unsorted_segment_sum_op(raw.Cast(chosen, DstT=dy.dtype), ids, count)
    shared, _ = gather_or_zero(true_quotient(dy, sizes), ids)
    return [raw.SelectV2(chosen, shared, like(0, dy)), None, None]


def _prod_grad(op: Any, dy: Any) -> list[Any]:
    data, ids, count = op.inputs
    select = raw.SelectV2
    is_zero = raw.Equal(data, like(0, data))
    n_zeros = unsorted_segment_sum_op(raw.Cast(is_zero, DstT=dtypes.int32), ids, count)
    # With two zeros or more in a segment no factor matters.
    dy = select(raw.Greater(n_zeros, np.int32(1)), like(0, dy), dy)
    nonzero = select(is_zero, like(1, data), data)
    others, _ = gather_or_zero(unsorted_segment_prod_op(nonzero, ids, count), ids)
    product, _ = gather_or_zero(op.outputs[0], ids)
    partial = select(is_zero, others, true_quotient(product, nonzero))
    return [multiply(gather_or_zero(dy, ids)[0], partial), None, None]


# ---- ops ----

_STATIC = ("num_segments",)


def _unsorted_segments_batching(call: Call) -> Any:
    """Each run gets segment numbers of its own."""
    count = raw.Cast(call.fixed(2), DstT="int32")
    ids = raw.Cast(call.stacked(1), DstT="int32")
    ones = [1] * call.rank(1)
    first = raw.Range(0, call.runs.count, 1)
    offsets = raw.Reshape(first * count, joined(call.runs.vector(), ones))
    # Numbers below zero stand for elements that are left out.
    zero = np.array(0, np.int32)
    moved = raw.SelectV2(raw.Less(ids, zero), ids, ids + offsets)
    found = call.node.op_type(call.stacked(0), moved, call.runs.count * count)
    sizes = raw.Reshape(count, np.array([1], np.int32))
    rest = _rest(found)
    return raw.Reshape(found, joined(call.runs.vector(), sizes, rest))


def _rest(tensor: Any) -> Any:
    if tensor.shape.rank is not None and None not in tensor.shape.as_list()[1:]:
        return np.array(tensor.shape.as_list()[1:], np.int32)
    return raw.Shape(tensor)[1:]


unsorted_segment_sum_op = op(
    "UnsortedSegmentSum",
    shape=_shape,
    host=_host(np.add, 0),
    xla=_xla("add", 0),
    effects=PURE,
    traits=(LINEAR,),
    batching=_unsorted_segments_batching,
    gradient=_sum_grad,
    static=_STATIC,
)
unsorted_segment_prod_op = op(
    "UnsortedSegmentProd",
    shape=_shape,
    host=_host(np.multiply, 1),
    xla=_xla("multiply", 1),
    effects=PURE,
    batching=_unsorted_segments_batching,
    gradient=_prod_grad,
    static=_STATIC,
)
unsorted_segment_max_op = op(
    "UnsortedSegmentMax",
    shape=_shape,
    host=_host(np.maximum, lowest_finite),
    xla=_xla("max", lowest_finite),
    effects=PURE,
    batching=_unsorted_segments_batching,
    gradient=_extreme_grad,
    static=_STATIC,
)
unsorted_segment_min_op = op(
    "UnsortedSegmentMin",
    shape=_shape,
    host=_host(np.minimum, highest_finite),
    xla=_xla("min", highest_finite),
    effects=PURE,
    batching=_unsorted_segments_batching,
    gradient=_extreme_grad,
    static=_STATIC,
)
# The V2 ops of sorted segments take the number of segments, too; TensorFlow knows no gradients.
segment_sum_v2_op = op(
    "SegmentSumV2",
    shape=_shape,
    host=_host(np.add, 0),
    xla=_xla("add", 0),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
segment_prod_v2_op = op(
    "SegmentProdV2",
    shape=_shape,
    host=_host(np.multiply, 1),
    xla=_xla("multiply", 1),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
segment_max_v2_op = op(
    "SegmentMaxV2",
    shape=_shape,
    host=_host(np.maximum, lowest_finite),
    xla=_xla("max", lowest_finite),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
segment_min_v2_op = op(
    "SegmentMinV2",
    shape=_shape,
    host=_host(np.minimum, highest_finite),
    xla=_xla("min", highest_finite),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)


# ---- public functions ----


@export("math.unsorted_segment_sum", dispatch=OTHER)
def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Sums of the rows of each segment.

    Args:
        data: numeric tensor of shape `[..., *row]`.
        segment_ids: the segment of each row: an integer tensor shaped like the leading dimensions
            of `data`; rows with negative ids are left out.
        num_segments: number of segments.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_segments, *row]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if an id is out of range, or the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.math.unsorted_segment_sum([1, 2, 3], [1, 0, 1], 2).numpy()
    array([2, 4], dtype=int32)
    """
    return unsorted_segment_sum_op(data, segment_ids, num_segments, name=name)


@export("math.unsorted_segment_prod", dispatch=OTHER)
def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Products of the rows of each segment.

    Args:
        data: numeric tensor of shape `[..., *row]`.
        segment_ids: the segment of each row: an integer tensor shaped like the leading dimensions
            of `data`; rows with negative ids are left out.
        num_segments: number of segments.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_segments, *row]`; 1 for segments without rows.

    Raises:
        InvalidArgumentError: if an id is out of range, or the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.math.unsorted_segment_prod([1, 2, 3], [1, 0, 1], 2).numpy()
    array([2, 3], dtype=int32)
    """
    return unsorted_segment_prod_op(data, segment_ids, num_segments, name=name)


@export("math.unsorted_segment_max", dispatch=OTHER)
def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Largest elements of the rows of each segment.

    Args:
        data: real tensor of shape `[..., *row]`.
        segment_ids: the segment of each row: an integer tensor shaped like the leading dimensions
            of `data`; rows with negative ids are left out.
        num_segments: number of segments.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_segments, *row]`; the lowest finite value of the dtype for segments
        without rows.

    Raises:
        InvalidArgumentError: if an id is out of range, or the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.math.unsorted_segment_max([1, 2, 3], [1, 0, 1], 2).numpy()
    array([2, 3], dtype=int32)
    """
    return unsorted_segment_max_op(data, segment_ids, num_segments, name=name)


@export("math.unsorted_segment_min", dispatch=OTHER)
def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Smallest elements of the rows of each segment.

    Args:
        data: real tensor of shape `[..., *row]`.
        segment_ids: the segment of each row: an integer tensor shaped like the leading dimensions
            of `data`; rows with negative ids are left out.
        num_segments: number of segments.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_segments, *row]`; the highest finite value of the dtype for
        segments without rows.

    Raises:
        InvalidArgumentError: if an id is out of range, or the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.math.unsorted_segment_min([1, 2, 3], [1, 0, 1], 2).numpy()
    array([2, 1], dtype=int32)
    """
    return unsorted_segment_min_op(data, segment_ids, num_segments, name=name)


def _sizes(data: Any, ids: Any, count: Any) -> Any:
    """Rows in each segment, at least 1, in the dtype of `data` and shaped to divide its sums."""
    sizes = unsorted_segment_sum_op(column_of_ones(ids, data, data.dtype), ids, count)
    return sizes if data.dtype.is_complex else maximum(sizes, like(1, sizes))


@export("math.unsorted_segment_mean", dispatch=OTHER)
def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Means of the rows of each segment.

    Args:
        data: numeric tensor of shape `[..., *row]`.
        segment_ids: the segment of each row: an integer tensor shaped like the leading dimensions
            of `data`; rows with negative ids are left out.
        num_segments: number of segments.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_segments, *row]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if an id is out of range, or the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.math.unsorted_segment_mean([1.0, 2.0, 3.0], [1, 0, 1], 2).numpy()
    array([2., 2.], dtype=float32)
    """
    with name_scope(name or "UnsortedSegmentMean"):
        data, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        total = unsorted_segment_sum_op(data, ids, num_segments)
        return truediv(total, _sizes(data, ids, num_segments))


@export("math.unsorted_segment_sqrt_n", dispatch=OTHER)
def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Sums of the rows of each segment divided by the square roots of their numbers.

    Args:
        data: floating tensor of shape `[..., *row]`.
        segment_ids: the segment of each row: an integer tensor shaped like the leading dimensions
            of `data`; rows with negative ids are left out.
        num_segments: number of segments.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_segments, *row]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if an id is out of range, or the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.math.unsorted_segment_sqrt_n([1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 0, 0, 1], 2).numpy()
    array([5., 5.], dtype=float32)
    """
    with name_scope(name or "UnsortedSegmentSqrtN"):
        data, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        total = unsorted_segment_sum_op(data, ids, num_segments)
        return truediv(total, sqrt(_sizes(data, ids, num_segments)))
