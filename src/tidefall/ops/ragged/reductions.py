"""Reductions of ragged tensors, along ragged and dense dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import handles
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import known, lengths_to_splits
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.math import division, elementwise, exponential, unary
from tidefall.ops.math.cast import cast
from tidefall.ops.nn import activations
from tidefall.ops.reductions import functions

Reduce = Callable[..., Any]
Segments = str | Callable[..., Any]


def checked_axis(axis: int, rank: int | None, name: str = "axis") -> int:
    """An axis counted from the front.

    Raises:
        ValueError: if it is out of bounds, or negative where the rank is not known.
    """
    if rank is None:
        if axis < 0:
            raise ValueError(f"{name}={axis} may only be negative if the rank is statically known")
        return axis
    if not -rank <= axis < rank:
        raise ValueError(f"{name}={axis} out of bounds: expected {-rank}<={name}<{rank}")
    return axis % rank


def _axes(axis: Any, rank: int | None) -> Any:
    """None for all dimensions, an int, or a list of ints from the innermost out."""
    value = known(axis) if axis is not None and not isinstance(axis, int) else axis
    if value is None:
        if axis is None:
            return None
        raise ValueError("The axis of a reduction of a ragged tensor must be known statically.")
    if np.ndim(value) == 0:
        return checked_axis(int(value), rank)
    found = sorted({checked_axis(int(a), rank) for a in np.asarray(value).reshape(-1)})
    return found[::-1]


def reduce_ragged(
    dense: Reduce, segments: Segments, x: RaggedTensor, axis: Any, keepdims: bool, after: Any = None
) -> Any:
    """Reduce with the function of dense tensors (x, axis, keepdims) and an op over segments."""
    rank = x.shape.rank
    axes = _axes(axis, rank)
    if axes is None:
        result = dense(x.flat_values, None, False)
        for _ in range(rank or 0) if keepdims else ():
            result = expand_dims(result, 0)
        return result
    result: Any = x
    for one in axes if isinstance(axes, list) else [axes]:
        if isinstance(result, RaggedTensor):
            result = _along(dense, segments, result, one, keepdims)
        else:
            result = dense(result, one, keepdims)
    return result


def _along(dense: Reduce, segments: Segments, x: RaggedTensor, axis: int, keepdims: bool) -> Any:
    partition = x._row_partition
    if axis > 1:
        inner = x.values
        if isinstance(inner, RaggedTensor):
            return x.with_values(_along(dense, segments, inner, axis - 1, keepdims))
        return x.with_values(dense(inner, axis - 1, keepdims))
    if axis == 0:
        size = _longest(partition.row_lengths())
        result = over_segments(segments, x.values, partition.offsets_in_rows(), size)
    else:
        result = over_segments(segments, x.values, partition.value_rowids(), partition.nrows())
    return expand_dims(result, axis) if keepdims else result


def _longest(lengths: Any) -> Any:
    """The length of the longest row, 0 if there is none."""
    longest = raw.Max(lengths, np.array(0, np.int32), keep_dims=False)
    zero = raw.Cast(np.array(0, np.int32), DstT=lengths.dtype)
    return raw.Maximum(longest, zero)


def over_segments(op: Segments, data: Any, segment_ids: Any, count: Any) -> Any:
    """Reduce the rows of a dense or ragged tensor that have the same id.

    Args:
        op: name of the op for dense tensors, such as "UnsortedSegmentSum", or a function.
        data: `[n, ...]`.
        segment_ids: `[n]`.
        count: number of segments, a scalar.

    Returns:
        `[count, ...]`, ragged if `data` is: a row is as long as the longest of its segment.
    """
    if not isinstance(data, RaggedTensor):
        return (find_op(op) if isinstance(op, str) else op)(data, segment_ids, count)
    lengths = data.row_lengths()
    longest = raw.UnsortedSegmentMax(lengths, segment_ids, count)
    zero = raw.Cast(np.array(0, np.int32), DstT=longest.dtype)
    splits = lengths_to_splits(raw.Maximum(longest, zero))
    gather = raw.GatherV2
    partition = data._row_partition
    starts = gather(gather(splits, segment_ids, 0), partition.value_rowids(), 0)
    places = starts + partition.offsets_in_rows()
    values = over_segments(op, data.values, places, splits[-1])
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def _register(name: str, segments: str) -> Reduce:
    dense = getattr(functions, name)

    @handles(name, given=RaggedTensor)
    def reduce(x: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
        return reduce_ragged(dense, segments, x, axis, bool(keepdims))

    return reduce


reduce_sum = _register("reduce_sum", "UnsortedSegmentSum")
reduce_prod = _register("reduce_prod", "UnsortedSegmentProd")
reduce_max = _register("reduce_max", "UnsortedSegmentMax")
reduce_min = _register("reduce_min", "UnsortedSegmentMin")


@handles("reduce_all", given=RaggedTensor)
def _all(x: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    return cast(reduce_prod(cast(x, dtypes.int32), axis, keepdims), dtypes.bool)


@handles("reduce_any", given=RaggedTensor)
def _any(x: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    return cast(reduce_sum(cast(x, dtypes.int32), axis, keepdims), dtypes.bool)


@handles("reduce_mean", given=RaggedTensor)
def _mean(x: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The sum over the number of values: not a number for an empty row."""
    if axis is None and not keepdims:
        values = x.flat_values
        if values.dtype.is_integer:
            total = functions.reduce_sum(values)
            return division.truediv(total, raw.Size(values, out_type=values.dtype))
        return functions.reduce_mean(values)
    total = reduce_sum(x, axis, keepdims)
    ones = x.with_flat_values(raw.OnesLike(x.flat_values))
    return division.truediv(total, reduce_sum(ones, axis, keepdims))


@handles("math.reduce_variance", given=RaggedTensor)
def _variance(
    input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None
) -> Any:
    """The mean of the squares less the square of the mean."""
    squares = _mean(unary.square(input_tensor), axis, keepdims)
    mean = _mean(input_tensor, axis, keepdims)
    variance = elementwise.subtract(squares, unary.square(mean))
    return activations.relu(variance) if variance.dtype.is_floating else variance


@handles("math.reduce_std", given=RaggedTensor)
def _std(
    input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None
) -> Any:
    return unary.sqrt(_variance(input_tensor, axis, keepdims))


@handles("reduce_logsumexp", given=RaggedTensor)
def _log_sum_exp(
    input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None
) -> Any:
    largest = raw.StopGradient
    top = reduce_max(input_tensor, axis, True)
    if isinstance(top, RaggedTensor):
        top = top.with_flat_values(largest(top.flat_values))
    else:
        top = largest(top)
    total = reduce_sum(exponential.exp(elementwise.subtract(input_tensor, top)), axis, True)
    result = elementwise.add(exponential.log(total), top)
    if keepdims:
        return result
    # One value along each of these dimensions is left.
    return (
        reduce_sum(result, axis, False)
        if isinstance(result, RaggedTensor)
        else (functions.reduce_sum(result, axis))
    )
