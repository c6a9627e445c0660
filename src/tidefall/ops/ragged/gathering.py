"""Gathering from ragged tensors and by ragged indices."""

from __future__ import annotations

from typing import Any

from tidefall.base.dispatch import handles
from tidefall.composite.ragged.getitem import gather_rows
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import known
from tidefall.op import raw
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.debugging.assertions import assert_equal
from tidefall.ops.ragged.broadcast import check_split_types, rebuilt
from tidefall.ops.slices.gathering import gather
from tidefall.ops.slices.gathering_nd import gather_nd
from tidefall.tensor.conversion import convert_to_tensor


def _indices(value: Any) -> Any:
    if isinstance(value, RaggedTensor):
        return value
    return convert_to_tensor(value)


def _cast(tensor: Any, dtype: Any) -> Any:
    return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)


@handles("gather", given=RaggedTensor)
def _gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Rows of `params`, arranged like `indices`."""
    if not isinstance(params, RaggedTensor):
        params = convert_to_tensor(params)
    indices = _indices(indices)
    if batch_dims < 0:
        rank = indices.shape.rank
        if rank is None:
            raise ValueError("batch_dims may only be negative if the rank of indices is known.")
        batch_dims += rank
    axis = batch_dims if axis is None else _known_axis(axis)
    rank = params.shape.rank
    if axis < 0:
        if rank is None:
            raise ValueError("axis may only be negative if the rank of params is known.")
        axis += rank
    if rank is not None and axis >= rank:
        raise ValueError(f"axis={axis} out of bounds: expected -{rank}<=axis<{rank}")
    if not 0 <= batch_dims <= axis:
        raise ValueError(f"axis ({axis}) must not be less than batch_dims ({batch_dims})")
    check_split_types(params, indices)
    if batch_dims:
        return _in_batches(params, indices, axis, batch_dims)
    if axis and isinstance(indices, RaggedTensor):
        return _inside(params, indices, axis, 0)
    return _along(params, indices, axis)


def _known_axis(axis: Any) -> int:
    value = axis if isinstance(axis, int) else known(axis)
    if value is None:
        raise ValueError("The axis of a gather of ragged tensors must be known statically.")
    return int(value)


def _in_batches(params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
    """Gather within each row of the outer dimensions, which both have."""
    if not isinstance(params, RaggedTensor) and not isinstance(indices, RaggedTensor):
        return gather(params, indices, axis=axis, batch_dims=batch_dims)
    dtype = next(v.row_splits.dtype for v in (params, indices) if isinstance(v, RaggedTensor))
    _check_batches(params, indices, batch_dims)
    if batch_dims > 1:
        params, indices = (_deep(value, 1, dtype) for value in (params, indices))
        _check_rows(params, indices)
        inner = _in_batches(params.values, indices.values, axis - 1, batch_dims - 1)
        return params.with_values(inner)
    if axis > 1:
        return _inside(params, indices, axis, 1)
    params = _deep(params, 1, dtype)
    starts = params.row_starts()
    if isinstance(indices, RaggedTensor):
        rows = indices.value_rowids()
        for partition in indices._nested_row_partitions[1:]:
            rows = raw.GatherV2(rows, partition.value_rowids(), 0)
        starts = raw.GatherV2(starts, rows, 0)
        for _ in range((indices.flat_values.shape.rank or 1) - 1):
            starts = raw.ExpandDims(starts, -1)
        places = indices.with_flat_values(_cast(indices.flat_values, dtype) + starts)
    else:
        for _ in range((indices.shape.rank or 1) - 1):
            starts = raw.ExpandDims(starts, -1)
        places = _cast(indices, dtype) + starts
    return _along(params.values, places, 0)


def _deep(value: Any, depth: int, dtype: Any) -> RaggedTensor:
    """A value with at least `depth` partitioned dimensions."""
    if not isinstance(value, RaggedTensor):
        return RaggedTensor.from_tensor(value, ragged_rank=depth, row_splits_dtype=dtype)
    missing = depth - value.ragged_rank
    if missing <= 0:
        return value
    flat = RaggedTensor.from_tensor(
        value.flat_values, ragged_rank=missing, row_splits_dtype=value.row_splits.dtype
    )
    return value.with_flat_values(flat)


def _check_batches(params: Any, indices: Any, batch_dims: int) -> None:
    """Raise ValueError if the batch dimensions are known to differ."""
    ours, theirs = params.shape[:batch_dims], indices.shape[:batch_dims]
    if not ours.is_compatible_with(theirs):
        raise ValueError(
            f"batch shape from indices {theirs} does not match params shape {params.shape}"
        )
    if isinstance(indices, RaggedTensor) and not isinstance(params, RaggedTensor):
        partitions = indices._nested_row_partitions[: batch_dims - 1]
        if not all(partition.is_uniform() for partition in partitions):
            raise ValueError(
                "batch shape from indices does not match params shape: ragged indices dimension "
                "corresponds to uniform params dimension"
            )


def _check_rows(params: RaggedTensor, indices: RaggedTensor) -> None:
    _check_batches(params.values, indices.values, 1)
    assert_equal(
        params.row_splits, indices.row_splits,
        message="tf.gather: the batch dimensions of params and indices differ",
    )  # fmt: skip


def _inside(params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
    """Gather along an axis behind the batch dimensions, of which there is one or none.

    Each row along the axis gets indices of its own: those of its batch, or all of them.
    """
    ragged = next(v for v in (params, indices) if isinstance(v, RaggedTensor))
    params = _deep(params, axis, ragged.row_splits.dtype)
    partitions = params._nested_row_partitions[:axis]
    outer, rows = partitions[:-1], params
    for _ in outer:
        rows = rows.values
    if batch_dims:
        batch = outer[0].value_rowids()
        for partition in outer[1:]:
            batch = raw.GatherV2(batch, partition.value_rowids(), 0)
        own = gather_rows(indices, batch)
    else:
        batch = raw.ZerosLike(rows.row_starts())
        one = RaggedTensor.from_uniform_row_length(indices, indices.nrows(), 1, validate=False)
        own = gather_rows(one, batch)
    return rebuilt(_in_batches(rows, own, 1, 1), outer)


def _along(params: Any, indices: Any, axis: int) -> Any:
    if isinstance(indices, RaggedTensor) and axis == 0:
        return indices.with_values(_along(params, indices.values, 0))
    if not isinstance(params, RaggedTensor):
        return gather(params, indices, axis=axis)
    if axis > 1:
        return params.with_values(_along(params.values, indices, axis - 1))
    if axis == 1:
        return _columns(params, indices)
    rank = indices.shape.rank
    if rank == 0:
        return params[indices]
    if rank == 1:
        return gather_rows(params, indices)
    nested = RaggedTensor.from_tensor(
        indices, ragged_rank=rank - 1, row_splits_dtype=params.row_splits.dtype
    )
    result = gather_rows(params, nested.flat_values)
    for splits in reversed(nested.nested_row_splits):  # no longer known to be uniform
        result = RaggedTensor.from_row_splits(result, splits, validate=False)
    return result


def _columns(params: RaggedTensor, indices: Any) -> Any:
    """The same positions of every row."""
    starts = params.row_starts()
    for _ in range(indices.shape.rank or 0):
        starts = raw.ExpandDims(starts, -1)
    return _along(params.values, starts + _cast(indices, starts.dtype), 0)


@handles("gather_nd", given=RaggedTensor)
def _gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """The values at given places, each a vector of coordinates."""
    if not isinstance(batch_dims, int) or batch_dims != 0:
        raise ValueError("batch_dims != 0 is not supported for ragged gather yet.")
    indices = _indices(indices)
    if isinstance(indices, RaggedTensor):
        if indices.ragged_rank == indices.shape.rank - 1:
            raise ValueError("The innermost dimension of indices must be uniform.")
        return indices.with_flat_values(gather_nd(params, indices.flat_values))
    if not isinstance(params, RaggedTensor):
        return gather_nd(params, indices)
    rank = indices.shape.rank
    if rank is None or indices.shape[-1] is None:
        raise ValueError("Argument `indices` must have a known rank and a known last dimension.")
    if rank == 1:
        return gather_nd(params, raw.ExpandDims(indices, 0))[0]
    if rank > 2:
        dtype = params.row_splits.dtype
        nested = RaggedTensor.from_tensor(indices, ragged_rank=rank - 2, row_splits_dtype=dtype)
        return nested.with_flat_values(gather_nd(params, nested.flat_values))
    return _places(params, indices)


def _places(params: RaggedTensor, indices: Any) -> Any:
    coordinates = _cast(indices, params.row_splits.dtype)
    row, value, used = coordinates[:, 0], params, 1
    while used < indices.shape[-1] and isinstance(value, RaggedTensor):
        row = raw.GatherV2(value.row_starts(), row, 0) + coordinates[:, used]
        value, used = value.values, used + 1
    if used < indices.shape[-1]:
        rest = raw.ConcatV2([reshape(row, [-1, 1]), coordinates[:, used:]], 1)
        return gather_nd(value, rest)
    return _along(value, row, 0)
