"""`tf.ragged`: ranges, joining and masking ragged tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.getitem import gather_rows
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import (
    RowPartition,
    count,
    dimension,
    index_tensor,
    known,
    lengths_to_splits,
)
from tidefall.composite.ragged.values import convert_to_tensor_or_ragged_tensor
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("ragged.range")
def range_(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """A ragged tensor of arithmetic sequences, one in each row.

    Args:
        starts: first values, `[nrows]` or scalar; the limits, if `limits` is not given.
        limits: ends, exclusive.
        deltas: steps.
        dtype: dtype of the values.

    >>> import tidefall as tf
    >>> tf.ragged.range([3, 5, 2])
    <tf.RaggedTensor [[0, 1, 2], [0, 1, 2, 3, 4], [0, 1]]>
    """
    if limits is None:
        starts, limits = 0, starts
    wanted = None if dtype is None else as_dtype(dtype)
    parts = [
        convert_to_tensor(v, None if isinstance(v, Tensor) else wanted)
        for v in (starts, limits, deltas)
    ]
    if wanted is None:
        order = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]
        wanted = max((p.dtype for p in parts), key=order.index)
    parts = [p if p.dtype == wanted else raw.Cast(p, DstT=wanted) for p in parts]
    splits, values = raw.RaggedRange(*parts, Tsplits=as_dtype(row_splits_dtype), name=name)
    return RaggedTensor.from_row_splits(values, splits, validate=False)


# ---- segments ----


@export("ragged.row_splits_to_segment_ids")
def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Any:
    """The row of each value, for row splits.

    >>> import tidefall as tf
    >>> tf.ragged.row_splits_to_segment_ids([0, 3, 3, 5]).numpy()
    array([0, 0, 0, 2, 2])
    """
    given = index_tensor(splits, "splits")
    given.shape.assert_has_rank(1)
    if given.shape[0] == 0:
        raise ValueError("Invalid row_splits: []")
    rowids = RowPartition.from_row_splits(given, validate=False).value_rowids()
    return (
        rowids
        if out_type is None or as_dtype(out_type) == rowids.dtype
        else raw.Cast(rowids, DstT=as_dtype(out_type))
    )


@export("ragged.segment_ids_to_row_splits")
def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Any:
    """The row splits of sorted row numbers.

    >>> import tidefall as tf
    >>> tf.ragged.segment_ids_to_row_splits([0, 0, 0, 2, 2, 3]).numpy()
    array([0, 3, 3, 5, 6])
    """
    ids = index_tensor(segment_ids, "segment_ids")
    splits = RowPartition.from_value_rowids(ids, num_segments, validate=False).row_splits()
    return (
        splits
        if out_type is None or as_dtype(out_type) == splits.dtype
        else raw.Cast(splits, DstT=as_dtype(out_type))
    )


# ---- joining ----


@export("ragged.stack")
def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Join ragged or dense tensors along a new dimension, which may be ragged.

    Args:
        values: a list of ragged and dense tensors of one rank and dtype.
        axis: where the new dimension goes.

    Returns:
        A ragged tensor of one more dimension; dense if the inputs are scalars.

    >>> import tidefall as tf
    >>> tf.ragged.stack([[1, 2], [3]])
    <tf.RaggedTensor [[1, 2], [3]]>
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    return join([convert_to_tensor_or_ragged_tensor(v) for v in values], axis, stacked=True)


def join(values: list[Any], axis: int, stacked: bool) -> Any:
    """Concatenate or stack tensors of which some may be ragged."""
    if not values:
        raise ValueError("values may not be empty.")
    ranks = {v.shape.rank for v in values} - {None}
    if len(ranks) > 1:
        raise ValueError(f"all inputs must have the same rank, but have ranks {sorted(ranks)}")  # type: ignore[type-var]
    rank = next(iter(ranks), None)
    if axis < 0:
        if rank is None:
            raise ValueError(f"axis={axis} may only be negative if the rank is statically known")
        axis += rank + (1 if stacked else 0)
    limit = None if rank is None else rank + (1 if stacked else 0)
    if axis < 0 or (limit is not None and axis >= limit):
        raise ValueError(f"axis={axis} out of bounds: expected -{limit}<=axis<{limit}")
    if not any(isinstance(v, RaggedTensor) for v in values):
        if rank is not None and (rank == 0 or (rank == 1 and not stacked)):
            return raw.Pack(values) if stacked else _concat(values)
        if (not stacked and axis > 1) or (stacked and axis > 1):
            return raw.Pack(values, axis=axis) if stacked else raw.ConcatV2(values, axis)
    if rank == 1 and stacked and axis == 0:
        lengths = raw.Pack([dimension(v, 0, dtypes.int32) for v in values])
        return RaggedTensor.from_row_lengths(_concat(values), lengths, validate=False)
    if rank == 1 and stacked:
        return raw.Pack(values, axis=1)
    ragged = _one_kind(values, axis)
    if axis == 0:
        return _outer(ragged, stacked)
    if axis == 1:
        return _rowwise(ragged, stacked)
    first = ragged[0]
    _check_rows(ragged)
    return first.with_values(join([r.values for r in ragged], axis - 1, stacked))


def _concat(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else raw.ConcatV2(tensors, 0)


def _one_kind(values: list[Any], axis: int) -> list[Any]:
    """All values as ragged tensors of one ragged rank and one row splits dtype."""
    depth = max([v.ragged_rank for v in values if isinstance(v, RaggedTensor)], default=1)
    depth = max(depth, min(axis, 1))
    split_types = {v.row_splits.dtype for v in values if isinstance(v, RaggedTensor)}
    dtype = next(iter(split_types)) if len(split_types) == 1 else dtypes.int64
    result = []
    for value in values:
        if not isinstance(value, RaggedTensor):
            value = RaggedTensor.from_tensor(value, ragged_rank=depth, row_splits_dtype=dtype)
        elif value.ragged_rank < depth:
            inner = RaggedTensor.from_tensor(
                value.flat_values, ragged_rank=depth - value.ragged_rank, row_splits_dtype=dtype
            )
            value = value.with_flat_values(inner)
        result.append(
            value if value.row_splits.dtype == dtype else value.with_row_splits_dtype(dtype)
        )
    return result


def _outer(values: list[Any], stacked: bool) -> Any:
    """Rows of all values one after the other; stacked, each value becomes a row."""
    if isinstance(values[0], RaggedTensor):
        inner = _outer([v.values for v in values], False)
        lengths = _concat([v.row_lengths() for v in values])
        result = RaggedTensor.from_row_splits(inner, lengths_to_splits(lengths), validate=False)
    else:
        result = _concat(values)
    if not stacked:
        return result
    rows = raw.Pack([v.nrows() for v in values])
    return RaggedTensor.from_row_splits(result, lengths_to_splits(rows), validate=False)


def _check_rows(values: list[Any]) -> None:
    sizes = [v._row_partition.static_nrows for v in values]
    for i, size in enumerate(sizes):
        if size is not None and sizes[0] is not None and size != sizes[0]:
            raise InvalidArgumentError(
                None, None,
                f"Input tensors at index 0 (=x) and {i} (=y) have incompatible shapes.\nCondition "
                f"x == y did not hold.\nFirst 1 elements of x:\n[{sizes[0]}]\nFirst 1 elements of "
                f"y:\n[{size}]",
            )  # fmt: skip


def _rowwise(values: list[Any], stacked: bool) -> Any:
    """Join row by row: row i of the result is made of row i of each value."""
    _check_rows(values)
    n = len(values)
    rows = values[0].nrows()
    dtype = rows.dtype
    together = _outer(values, False)
    numbers = raw.Pack([count(rows, dtype) + rows * i for i in range(n)], axis=1)
    shuffled = gather_rows(together, raw.Reshape(numbers, np.array([-1], np.int32)))
    step = convert_to_tensor(n, dtype)
    every = count(rows + 1, dtype) * step
    if stacked:
        return RaggedTensor.from_row_splits(shuffled, every, validate=False)
    splits = raw.GatherV2(shuffled.row_splits, every, 0)
    return RaggedTensor.from_row_splits(shuffled.values, splits, validate=False)


# ---- masks and functions of the values ----


@export("ragged.boolean_mask")
def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """The values where a mask holds, in ragged rows.

    Args:
        data: dense or ragged tensor.
        mask: bool tensor, dense or ragged, shaped like the outer dimensions of `data`.

    Returns:
        A tensor of the rank of `data`: dense for a mask of rank 1 and dense data, ragged otherwise.

    >>> import tidefall as tf
    >>> tf.ragged.boolean_mask([[1, 2, 3], [4, 5, 6]], [[True, False, True], [False, False, True]])
    <tf.RaggedTensor [[1, 3], [6]]>
    """
    data = convert_to_tensor_or_ragged_tensor(data)
    if not isinstance(mask, RaggedTensor):
        mask = convert_to_tensor(mask, dtypes.bool)
    rank = mask.shape.rank
    if rank is not None and not isinstance(data, RaggedTensor):
        data.shape[:rank].assert_is_compatible_with(mask.shape)
    if rank is None:
        raise ValueError("mask.shape.ndims must be known statically.")
    if rank == 0:
        raise ValueError("mask cannot be scalar.")
    if rank == 1:
        where = raw.Reshape(raw.Where(mask), np.array([-1], np.int32))
        return gather_rows(data, where)
    dtype = _splits_dtype(data, mask)
    if not isinstance(mask, RaggedTensor):
        mask = RaggedTensor.from_tensor(mask, ragged_rank=rank - 1, row_splits_dtype=dtype)
    if not isinstance(data, RaggedTensor):
        data = RaggedTensor.from_tensor(data, ragged_rank=rank - 1, row_splits_dtype=dtype)
    elif data.ragged_rank < rank - 1:
        inner = RaggedTensor.from_tensor(
            data.flat_values, ragged_rank=rank - 1 - data.ragged_rank, row_splits_dtype=dtype
        )
        data = data.with_flat_values(inner)
    return _mask_rows(data, mask, dtype)


def _splits_dtype(*values: Any) -> Any:
    found = {v.row_splits.dtype for v in values if isinstance(v, RaggedTensor)}
    return next(iter(found)) if len(found) == 1 else dtypes.int64


def _mask_rows(data: Any, mask: RaggedTensor, dtype: Any) -> Any:
    data_splits, mask_splits = known(data.row_splits), known(mask.row_splits)
    if (
        data_splits is not None
        and mask_splits is not None
        and not np.array_equal(data_splits, mask_splits)
    ):
        raise InvalidArgumentError(
            None, None, "tf.ragged.boolean_mask: the rows of the mask and of the data differ in "
            f"length: row splits {mask_splits.tolist()} and {data_splits.tolist()}."
        )  # fmt: skip
    if isinstance(mask.values, RaggedTensor):
        return data.with_values(_mask_rows(data.values, mask.values, dtype))
    kept = raw.Cast(mask.values, DstT=dtype)
    before = lengths_to_splits(kept)
    splits = raw.GatherV2(before, data.row_splits, 0)
    return RaggedTensor.from_row_splits(
        boolean_mask(data.values, mask.values), splits, validate=False
    )


@export("ragged.map_flat_values")
def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the innermost values of ragged tensors.

    Args:
        op: called with the arguments, each ragged tensor replaced by its flat values.
        *args: arguments, in which ragged tensors may be nested.
        **kwargs: likewise.

    Returns:
        A ragged tensor with the rows of the first one and what `op` returned as its flat values.

    Raises:
        ValueError: if the ragged tensors or the result differ in the number of values.

    >>> import tidefall as tf
    >>> tf.ragged.map_flat_values(lambda x: x * 2, tf.ragged.constant([[1, 2], [3]]))
    <tf.RaggedTensor [[2, 4], [6]]>
    """
    found = [v for v in nest.flatten([list(args), kwargs]) if isinstance(v, RaggedTensor)]
    if not found:
        return op(*args, **kwargs)
    sizes = {v.flat_values.shape[0] for v in found} - {None}
    if len(sizes) > 1:
        raise ValueError(
            "Input RaggedTensors' flat_values must all have the same outer-dimension size.  Got "
            f"sizes: {sizes}"
        )
    first = found[0]
    for other in found[1:]:
        _check_same_partitions(first, other)

    def flat(value: Any) -> Any:
        return value.flat_values if isinstance(value, RaggedTensor) else value

    result = op(*nest.map_structure(flat, list(args)), **nest.map_structure(flat, kwargs))
    size = next(iter(sizes), None)
    if result.shape.rank == 0 or (
        size is not None and result.shape.rank is not None and result.shape[0] not in (None, size)
    ):
        raise ValueError(
            "tf.ragged.map_flat_values requires that the output of `op` have the same "
            "outer-dimension size as flat_values of any ragged inputs. (output shape: "
            f"{result.shape}; expected outer dimension size: {size})"
        )
    return first.with_flat_values(result)


def _check_same_partitions(one: RaggedTensor, two: RaggedTensor) -> None:
    if one.ragged_rank != two.ragged_rank:
        raise ValueError("All ragged inputs must have the same ragged_rank.")
    for a, b in zip(one.nested_row_splits, two.nested_row_splits, strict=True):
        left, right = known(a), known(b)
        if left is not None and right is not None and not np.array_equal(left, right):
            raise InvalidArgumentError(
                None,
                None,
                f"Inputs must have identical ragged splits: {left.tolist()} and {right.tolist()}.",
            )


@export("ragged.stack_dynamic_partitions")
def stack_dynamic_partitions(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> Any:
    """Rows of the slices of `data` that share a partition number.

    Args:
        data: dense or ragged tensor `[..., *slice]`.
        partitions: integers shaped like the leading dimensions of `data`, in
            `[0, num_partitions)`.
        num_partitions: number of rows of the result.

    Returns:
        A ragged tensor `[num_partitions, (slices), *slice]`.

    Raises:
        InvalidArgumentError: for a number out of range, or ragged rows that differ.
        ValueError: if `partitions` is not shaped like the leading dimensions of `data`.

    >>> import tidefall as tf
    >>> tf.ragged.stack_dynamic_partitions([1, 2, 3], [0, 2, 0], 3)
    <tf.RaggedTensor [[1, 3], [], [2]]>
    """
    data, numbers = (convert_to_tensor_or_ragged_tensor(v) for v in (data, partitions))
    if isinstance(numbers, RaggedTensor) and isinstance(data, RaggedTensor):
        dtype = data.row_splits.dtype
        numbers = numbers.with_flat_values(raw.Cast(numbers.flat_values, DstT=dtype))
    while isinstance(numbers, RaggedTensor):
        if not isinstance(data, RaggedTensor):
            data = RaggedTensor.from_tensor(
                data, ragged_rank=numbers.ragged_rank, row_splits_dtype=numbers.row_splits.dtype
            )
        _check_same_rows(data, numbers)
        data, numbers = data.values, numbers.values
    rank = numbers.shape.rank
    if rank is None:
        raise ValueError("partitions must have known rank")
    count_ = convert_to_tensor(num_partitions, numbers.dtype)
    _check_partitions(numbers, count_)
    if isinstance(data, RaggedTensor):
        if rank == 0:
            return stack_dynamic_partitions(stack([data]), [numbers], num_partitions)
        data = data.merge_dims(0, rank - 1) if rank > 1 else data
    else:
        numbers.shape.assert_is_compatible_with(data.shape[:rank])
        inner = raw.Shape(data)[rank:]
        rows = np.array([-1], np.int32)
        if rank != 1:
            static = data.shape[rank:]
            data = raw.Reshape(data, raw.ConcatV2([rows, inner], 0))
            data = raw.EnsureShape(data, shape=TensorShape([None]).concatenate(static))
    numbers = raw.Reshape(numbers, np.array([-1], np.int32)) if rank != 1 else numbers
    from tidefall.ops.array.sorting import argsort

    order = argsort(numbers, stable=True)
    rowids = raw.GatherV2(numbers, order, 0)
    return RaggedTensor.from_value_rowids(gather_rows(data, order), rowids, count_, validate=False)


def _check_same_rows(data: RaggedTensor, partitions: RaggedTensor) -> None:
    ours, theirs = known(data.row_splits), known(partitions.row_splits)
    if ours is not None and theirs is not None and not np.array_equal(ours, theirs):
        raise InvalidArgumentError(
            None,
            None,
            "data and partitions have incompatible ragged shapes: row splits "
            f"{ours.tolist()} and {theirs.tolist()}.",
        )


def _check_partitions(partitions: Any, count_: Any) -> None:
    numbers, limit = known(partitions), known(count_)
    if numbers is None or limit is None or not numbers.size:
        return
    if numbers.min() < 0 or numbers.max() >= limit:
        raise InvalidArgumentError(
            None,
            None,
            "partitions must be non-negative and less than num_partitions, "
            f"{int(limit)}. Received {numbers.tolist()}.",
        )
