"""Shapes and arrangement of ragged tensors: expand_dims, tile, reverse, split and the like."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import api, handles
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.composite.ragged.dynamic_shape import DynamicRaggedShape
from tidefall.composite.ragged.getitem import gather_rows
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import count, known
from tidefall.op import raw
from tidefall.ops.array import reshaping, shapes_of
from tidefall.ops.array.sorting import argsort
from tidefall.ops.debugging.assertions import assert_equal
from tidefall.ops.math import division, elementwise, exponential, unary
from tidefall.ops.ragged.functions import join
from tidefall.ops.ragged.reductions import checked_axis, over_segments, reduce_max, reduce_sum
from tidefall.tensor.conversion import constant, convert_to_tensor


@handles("size", given=RaggedTensor)
def _size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    return shapes_of.size(input.flat_values, out_type, name)


@handles("rank", given=RaggedTensor)
def _rank(input: Any, name: str | None = None) -> Any:
    inner = shapes_of.rank(input.flat_values, name)
    return inner + input.ragged_rank


@handles("expand_dims", given=RaggedTensor)
def _expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    rank = input.shape.rank
    axis = checked_axis(int(axis), None if rank is None else rank + 1)
    return _expanded(input, axis)


def _expanded(value: Any, axis: int) -> Any:
    if axis == 0:
        return RaggedTensor.from_uniform_row_length(value, value.nrows(), 1, validate=False)
    if axis == 1:
        return RaggedTensor.from_uniform_row_length(value, 1, value.nrows(), validate=False)
    inner = value.values
    if isinstance(inner, RaggedTensor):
        return value.with_values(_expanded(inner, axis - 1))
    return value.with_values(reshaping.expand_dims(inner, axis - 1))


@handles("squeeze", given=RaggedTensor)
def _squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    if axis is None:
        raise ValueError("Ragged.squeeze must have an axis argument.")
    axes = [axis] if isinstance(axis, int) else list(axis)
    result = input
    for one in sorted({checked_axis(int(a), input.shape.rank) for a in axes}, reverse=True):
        result = _squeezed(result, one)
    return result


def _squeezed(value: Any, axis: int) -> Any:
    if not isinstance(value, RaggedTensor):
        return reshaping.squeeze(value, axis)
    if axis > 1:
        return value.with_values(_squeezed(value.values, axis - 1))
    sizes = known(value.nrows() if axis == 0 else value.row_lengths())
    if sizes is not None and np.any(sizes != 1):
        raise InvalidArgumentError(
            None,
            None,
            f"tf.squeeze: dimension {axis} of a ragged tensor must have size 1. Condition x == y "
            f"did not hold.\nFirst elements of x:\n{np.atleast_1d(sizes)[:3]}\nFirst 1 elements of "
            "y:\n[1]",
        )
    return value.values


@handles("reverse", given=RaggedTensor)
def _reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    axes = known(axis) if not isinstance(axis, (list, tuple)) else axis
    if axes is None:
        raise ValueError("The axes to reverse in a ragged tensor must be known statically.")
    result = tensor
    for i, one in enumerate(axes):
        at = checked_axis(int(one), tensor.shape.rank, f"axis[{i}]")
        result = result[(*[slice(None)] * at, slice(None, None, -1))]
    return result


@handles("concat", given=RaggedTensor)
def _concat(values: Any, axis: Any, name: str | None = None) -> Any:
    return join(_parts(values), int(axis), stacked=False)


@handles("stack", given=RaggedTensor)
def _stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    return join(_parts(values), int(axis), stacked=True)


def _parts(values: Any) -> list[Any]:
    """Ragged tensors as they are, everything else as tensors."""
    return [v if isinstance(v, RaggedTensor) else convert_to_tensor(v) for v in values]


@handles("tile", given=RaggedTensor)
def _tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    multiples = convert_to_tensor(multiples)
    rank = input.shape.rank
    if rank is None:
        raise ValueError("tf.tile of a ragged tensor needs its rank to be known.")
    length = rank if multiples.shape[0] is None else multiples.shape[0]
    if length < rank and length <= input.ragged_rank:
        raise IndexError(f"multiples must have {rank} elements, got {length}.")
    counts = known(multiples)
    if length != rank or (counts is not None and counts.min() < 0):
        raise InvalidArgumentError(
            None,
            None,
            f"tf.tile: multiples must be {rank} numbers that are not negative, got "
            f"{length if counts is None else counts.tolist()}.",
        )
    result = input
    for axis in range(rank):
        result = _repeated(result, axis, multiples[axis] if counts is None else int(counts[axis]))
    return result


def _repeated(value: Any, axis: int, times: Any) -> Any:
    """A tensor repeated along one dimension; `times` is an int or a scalar tensor."""
    if isinstance(times, int) and times == 1:
        return value
    depth, rank = value.ragged_rank, value.shape.rank
    if axis > depth:
        flat = [1] * (axis - depth) + [times] + [1] * (rank - axis - 1)
        return value.with_flat_values(api("tile").function(value.flat_values, flat))
    if isinstance(times, int):
        if times == 0:
            return value[(*[slice(None)] * axis, slice(0, 0))]
        return join([value] * times, axis, stacked=False)
    if axis > 1:
        return value.with_values(_repeated(value.values, axis - 1, times))
    rows = count(value.nrows(), value.row_splits.dtype)
    times = raw.Cast(times, DstT=rows.dtype)
    if axis == 0:
        return gather_rows(value, api("tile").function(rows, raw.ExpandDims(times, 0)))
    each = raw.ExpandDims(rows, 1)
    ones = raw.Pack([constant(1, rows.dtype), times])
    again = raw.Reshape(api("tile").function(each, ones), np.array([-1], np.int32))
    values = gather_rows(value, again).values
    return RaggedTensor.from_row_splits(values, value.row_splits * times, validate=False)


@handles("one_hot", given=RaggedTensor)
def _one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    if not isinstance(indices, RaggedTensor):
        return NotImplemented
    if axis is not None and axis >= 0:
        if axis <= indices.ragged_rank:
            raise ValueError(
                f"axis ({axis}) must be greater than indices.ragged_rank ({indices.ragged_rank})."
            )
        axis -= indices.ragged_rank
    hot = api("one_hot").function(
        indices.flat_values, depth, on_value, off_value, axis, dtype, name
    )
    return indices.with_flat_values(hot)


@handles("reshape", given=RaggedTensor)
def _reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    if isinstance(shape, DynamicRaggedShape):
        return NotImplemented
    return reshaping.reshape(tensor.flat_values, shape, name)


@handles("math.cumsum", given=RaggedTensor)
def _cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    axis = checked_axis(int(axis), x.shape.rank)
    if axis > 1:
        inner = x.values
        return x.with_values(api("math.cumsum").function(inner, axis - 1, exclusive, reverse))
    if isinstance(x.values, RaggedTensor):
        groups = _lines(x, axis)
        return x.with_flat_values(_grouped_cumsum(x.flat_values, groups, exclusive, reverse))
    partition = x._row_partition
    groups = partition.value_rowids() if axis == 1 else partition.offsets_in_rows()
    return x.with_values(_grouped_cumsum(x.values, groups, exclusive, reverse))


def _lines(x: RaggedTensor, axis: int) -> Any:
    """For each flat value a number shared by those that differ along one dimension only."""
    gather = raw.GatherV2
    partitions = x._nested_row_partitions
    inner = partitions[-1]
    places, rows = [inner.offsets_in_rows()], inner.value_rowids()
    for partition in reversed(partitions[:-1]):
        places.insert(0, gather(partition.offsets_in_rows(), rows, 0))
        rows = gather(partition.value_rowids(), rows, 0)
    places.insert(0, rows)
    key: Any = None
    for place in places[:axis] + places[axis + 1 :]:
        if key is None:
            key = place
        else:
            largest = raw.Max(place, np.array([0], np.int32), keep_dims=False)
            key = key * (largest + 1) + place
    return raw.Unique(key, out_idx=key.dtype)[1]


def _grouped_cumsum(values: Any, groups: Any, exclusive: bool, reverse: bool) -> Any:
    """Sums that start again for every group of values, in the order they come."""
    gather = raw.GatherV2
    order = argsort(groups, stable=True)
    back = raw.InvertPermutation(order)
    static = values.shape
    values, groups = gather(values, order, 0), gather(groups, order, 0)
    sums = raw.Cumsum(values, 0, exclusive=exclusive, reverse=reverse)
    last = groups[-1:] + 1
    total = raw.Sum(last, np.array([0], np.int32), keep_dims=False)
    totals = over_segments("UnsortedSegmentSum", values, groups, total)
    before = raw.Cumsum(totals, 0, exclusive=True, reverse=reverse)
    result = gather(sums - gather(before, groups, 0), back, 0)
    result.set_shape(static)
    return result


@handles("nn.softmax", given=RaggedTensor)
def _softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    axis = checked_axis(-1 if axis is None else int(axis), logits.shape.rank)
    if axis > logits.ragged_rank:
        dense = api("nn.softmax").function(logits.flat_values, axis - logits.ragged_rank)
        return logits.with_flat_values(dense)
    top = reduce_max(logits, axis, True)
    weights = exponential.exp(elementwise.subtract(logits, top))
    return division.divide(weights, reduce_sum(weights, axis, True))


@handles("nn.dropout", given=RaggedTensor)
def _dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None
) -> Any:
    if noise_shape is not None:
        raise ValueError("noise_shape is not supported yet for RaggedTensor x")
    return x.with_flat_values(api("nn.dropout").function(x.flat_values, rate, seed=seed, name=name))


@handles("dynamic_partition", given=RaggedTensor)
def _dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Any]:
    if not isinstance(num_partitions, int) or num_partitions < 0:
        raise TypeError("num_partitions must be a non-negative integer")
    if isinstance(partitions, RaggedTensor):
        if not isinstance(data, RaggedTensor):
            raise InvalidArgumentError(
                None, None, "tf.dynamic_partition: partitions must not be ragged unless data is."
            )
        return _dynamic_partition(data.values, partitions.values, num_partitions)
    if not isinstance(data, RaggedTensor):
        return api("dynamic_partition").function(data, partitions, num_partitions, name)
    partitions = convert_to_tensor(partitions)
    numbers = known(partitions)
    if numbers is not None and ((numbers < 0) | (numbers >= num_partitions)).any():
        raise InvalidArgumentError(
            None,
            None,
            "tf.dynamic_partition: partitions must be non-negative and less than "
            f"num_partitions, {num_partitions}. Received {numbers.tolist()}.",
        )
    found = []
    for i in range(num_partitions):
        wanted = raw.Equal(partitions, constant(i, partitions.dtype))
        rows = raw.Reshape(raw.Where(wanted), np.array([-1], np.int32))
        found.append(gather_rows(data, rows))
    return found


def _segments(op: str, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    """Reduce the slices of ragged data that have one id."""
    while isinstance(segment_ids, RaggedTensor):
        if not isinstance(data, RaggedTensor):
            raise ValueError("If segment_ids is ragged, then data must be ragged.")
        ours, theirs = segment_ids.row_splits, data.row_splits
        same = raw.Cast(ours, DstT=theirs.dtype)
        assert_equal(same, theirs, message="segment_ids.shape must be a prefix of data.shape")
        data, segment_ids = data.values, segment_ids.values
    ids = convert_to_tensor(segment_ids)
    number = raw.Cast(convert_to_tensor(num_segments), DstT=ids.dtype)
    return over_segments(op, data, ids, number)


def _register_segments(name: str, op: str) -> None:
    @handles(f"math.unsorted_segment_{name}", given=RaggedTensor)
    def segment(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return _segments(op, data, segment_ids, num_segments)


for _name in ("sum", "prod", "max", "min"):
    _register_segments(_name, f"UnsortedSegment{_name.capitalize()}")


def _sizes(data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any]:
    """Sums of the slices of each segment, and of as many ones."""
    if not isinstance(data, RaggedTensor):
        raise ValueError("If segment_ids is ragged, then data must be ragged.")
    total = _segments("UnsortedSegmentSum", data, segment_ids, num_segments)
    ones = data.with_flat_values(raw.OnesLike(data.flat_values))
    return total, _segments("UnsortedSegmentSum", ones, segment_ids, num_segments)


@handles("math.unsorted_segment_mean", given=RaggedTensor)
def _segment_mean(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    total, sizes = _sizes(data, segment_ids, num_segments)
    return division.truediv(total, sizes)


@handles("math.unsorted_segment_sqrt_n", given=RaggedTensor)
def _segment_sqrt_n(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    total, sizes = _sizes(data, segment_ids, num_segments)
    return division.truediv(total, unary.sqrt(sizes))


@handles("stop_gradient", given=RaggedTensor)
def _stop_gradient(input: Any, name: str | None = None) -> Any:
    return input.with_flat_values(raw.StopGradient(input.flat_values))


@handles("bitcast", given=RaggedTensor)
def _bitcast(input: Any, type: Any, name: str | None = None) -> Any:
    size, inner = input.dtype.size, input.flat_values.shape.rank
    if size < as_dtype(type).size and (inner is None or inner < 2):
        raise ValueError(
            "`input.flat_values` is required to have rank >= 2 when input.dtype.size < type.size. "
            f"Actual rank: {inner}"
        )
    return input.with_flat_values(api("bitcast").function(input.flat_values, type, name))


@handles("nn.experimental.stateless_dropout", given=RaggedTensor)
def _stateless_dropout(
    x: Any, rate: Any, seed: Any, rng_alg: Any = None, noise_shape: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    if noise_shape is not None:
        raise ValueError("noise_shape is not supported yet for RaggedTensor x")
    dense = api("nn.experimental.stateless_dropout").function
    return x.with_flat_values(dense(x.flat_values, rate, seed, rng_alg, name=name))
