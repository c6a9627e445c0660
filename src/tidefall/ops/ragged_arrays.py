"""Shapes and arrangement of ragged tensors: expand_dims, tile, reverse, split and the like."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import constant, convert_to_tensor
from tidefall.core.dispatch import api, handles
from tidefall.core.dtypes import as_dtype
from tidefall.core.errors import InvalidArgumentError, UnimplementedError
from tidefall.core.op import find_op
from tidefall.core.ragged_getitem import gather_rows
from tidefall.core.ragged_shape import DynamicRaggedShape
from tidefall.core.ragged_tensor import RaggedTensor
from tidefall.core.row_partition import known
from tidefall.ops import division, elementwise, exponential, reshaping, shapes_of
from tidefall.ops.ragged import join
from tidefall.ops.ragged_reductions import checked_axis, over_segments, reduce_max, reduce_sum
from tidefall.ops.sorting import argsort


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
    counts = known(convert_to_tensor(multiples))
    if counts is None:
        raise UnimplementedError(
            None, None, "tf.tile of a ragged tensor takes multiples that are known statically."
        )
    rank = input.shape.rank
    if rank is not None and len(counts) != rank:
        raise IndexError(f"multiples must have {rank} elements. Received: {counts.tolist()}")
    result = input
    for axis, times in enumerate(int(c) for c in counts):
        if times == 0:
            result = result[(*[slice(None)] * axis, slice(0, 0))]
        elif times > 1 and axis > input.ragged_rank:
            flat = [1] * (axis - input.ragged_rank) + [times] + [1] * (len(counts) - axis - 1)
            result = result.with_flat_values(api("tile").function(result.flat_values, flat))
        elif times > 1:
            result = join([result] * times, axis, stacked=False)
    return result


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


@handles("split", given=RaggedTensor)
def _split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: str = "split"
) -> list[Any]:
    rank = value.shape.rank
    axis = checked_axis(int(axis), rank)
    if axis >= 1 and value._row_partition.static_uniform_row_length is None:
        raise ValueError(f"tf.split: cannot split a ragged dimension, axis {axis}.")
    size = known(value.nrows()) if axis == 0 else value._row_partition.static_uniform_row_length
    if axis > 1:
        raise UnimplementedError(
            None, None, "tf.split of a ragged tensor along an axis above 1 is not implemented."
        )
    sizes = known(convert_to_tensor(num_or_size_splits))
    if sizes is None:
        raise UnimplementedError(
            None, None, "tf.split of a ragged tensor needs sizes that are known statically."
        )
    if size is None and sizes.ndim == 0:
        share = value.nrows() // int(sizes)
        keys = [slice(share * i, share * (i + 1)) for i in range(int(sizes))]
    else:
        parts = sizes.tolist() if size is None else _part_sizes(int(size), sizes)
        keys = [slice(int(a), int(b)) for a, b in pairwise(np.cumsum([0, *parts]))]
    return [value[key] if axis == 0 else value[:, key] for key in keys]


def _part_sizes(size: int, sizes: np.ndarray) -> list[int]:
    if sizes.ndim == 0:
        if size % int(sizes):
            raise InvalidArgumentError(
                None, None, f"Cannot exactly split the RaggedTensor of size {size} by {int(sizes)}"
            )
        return [size // int(sizes)] * int(sizes)
    if int(sizes.sum()) != size:
        raise InvalidArgumentError(
            None, None, f"Cannot split the RaggedTensor of size {size} into {sizes.tolist()}"
        )
    return sizes.tolist()


@handles("math.cumsum", given=RaggedTensor)
def _cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    axis = checked_axis(int(axis), x.shape.rank)
    if axis > 1:
        inner = x.values
        return x.with_values(api("math.cumsum").function(inner, axis - 1, exclusive, reverse))
    if isinstance(x.values, RaggedTensor):
        raise UnimplementedError(
            None, None, "tf.cumsum over the outer dimensions of a deep ragged tensor is missing."
        )
    partition = x._row_partition
    groups = partition.value_rowids() if axis == 1 else partition.offsets_in_rows()
    return x.with_values(_grouped_cumsum(x.values, groups, exclusive, reverse))


def _grouped_cumsum(values: Any, groups: Any, exclusive: bool, reverse: bool) -> Any:
    """Sums that start again for every group of values, in the order they come."""
    gather = find_op("GatherV2")
    order = argsort(groups, stable=True)
    back = find_op("InvertPermutation")(order)
    static = values.shape
    values, groups = gather(values, order, 0), gather(groups, order, 0)
    sums = find_op("Cumsum")(values, 0, exclusive=exclusive, reverse=reverse)
    last = groups[-1:] + 1
    total = find_op("Sum")(last, np.array([0], np.int32), keep_dims=False)
    totals = over_segments("UnsortedSegmentSum", values, groups, total)
    before = find_op("Cumsum")(totals, 0, exclusive=True, reverse=reverse)
    result = gather(sums - gather(before, groups, 0), back, 0)
    result.set_shape(static)
    return result


@handles("linalg.matmul", given=RaggedTensor)
def _matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Any:
    """Products of the matrices of two batches whose numbers of rows differ."""
    if transpose_a or transpose_b or adjoint_a or adjoint_b:
        raise UnimplementedError(
            None, None, "tf.matmul of transposed ragged tensors is not implemented in Tidefall."
        )
    dense = [v.to_tensor() if isinstance(v, RaggedTensor) else convert_to_tensor(v) for v in (a, b)]
    product = api("linalg.matmul").function(*dense)
    rank = product.shape.rank
    if not isinstance(a, RaggedTensor) or a.ragged_rank != 1 or rank != 3:
        raise UnimplementedError(
            None, None, "tf.matmul takes a ragged batch [batch, (rows), inner] on the left only."
        )
    return RaggedTensor.from_tensor(product, lengths=a.row_lengths())


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


@handles("math.bincount", given=RaggedTensor)
def _bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Any:
    if axis not in (None, 0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are supported."
        )
    flat_weights = weights.flat_values if isinstance(weights, RaggedTensor) else weights
    count = api("math.bincount").function
    if axis != -1:
        return count(
            arr.flat_values, flat_weights, minlength, maxlength, dtype, name, None, binary_output
        )
    hot = api("one_hot").function
    values = arr.flat_values
    size = find_op("Maximum")(
        find_op("Max")(values, np.array([0], np.int32), keep_dims=False) + 1,
        constant(minlength or 0, values.dtype),
    )
    if maxlength is not None:
        size = find_op("Minimum")(size, constant(maxlength, values.dtype))
    dtype = as_dtype(dtype) if weights is None else flat_weights.dtype
    ones = hot(values, find_op("Cast")(size, DstT=dtypes.int32), dtype=dtype)
    if flat_weights is not None:
        ones = ones * find_op("ExpandDims")(flat_weights, 1)
    op = "UnsortedSegmentMax" if binary_output else "UnsortedSegmentSum"
    counts = over_segments(op, ones, arr.value_rowids(), arr.nrows())
    return find_op("Maximum")(counts, find_op("ZerosLike")(counts)) if binary_output else counts


@handles("dynamic_partition", given=RaggedTensor)
def _dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Any]:
    if isinstance(partitions, RaggedTensor):
        if not isinstance(data, RaggedTensor):
            raise ValueError("partitions must not be ragged unless data is.")
        return _dynamic_partition(data.values, partitions.values, num_partitions)
    if not isinstance(data, RaggedTensor):
        return api("dynamic_partition").function(data, partitions, num_partitions, name)
    partitions = convert_to_tensor(partitions)
    found = []
    for i in range(num_partitions):
        wanted = find_op("Equal")(partitions, constant(i, partitions.dtype))
        rows = find_op("Reshape")(find_op("Where")(wanted), np.array([-1], np.int32))
        found.append(gather_rows(data, rows))
    return found


def _register_segments(name: str, op: str) -> None:
    @handles(f"math.unsorted_segment_{name}", given=RaggedTensor)
    def segment(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        while isinstance(segment_ids, RaggedTensor) and isinstance(data, RaggedTensor):
            data, segment_ids = data.values, segment_ids.values
        ids = convert_to_tensor(segment_ids)
        count = find_op("Cast")(convert_to_tensor(num_segments), DstT=ids.dtype)
        return over_segments(op, data, ids, count)


for _name in ("sum", "prod", "max", "min"):
    _register_segments(_name, f"UnsortedSegment{_name.capitalize()}")
