"""Gathering from ragged tensors and by ragged indices."""

from __future__ import annotations

from typing import Any

from tidefall.core.convert import convert_to_tensor
from tidefall.core.dispatch import handles
from tidefall.core.errors import UnimplementedError
from tidefall.core.op import find_op
from tidefall.core.ragged_getitem import gather_rows
from tidefall.core.ragged_tensor import RaggedTensor
from tidefall.core.row_partition import known
from tidefall.ops.gathering import gather
from tidefall.ops.gathering_nd import gather_nd
from tidefall.ops.ragged_broadcast import check_split_types
from tidefall.ops.reshaping import reshape


def _indices(value: Any) -> Any:
    if isinstance(value, RaggedTensor):
        return value
    return convert_to_tensor(value)


def _cast(tensor: Any, dtype: Any) -> Any:
    return tensor if tensor.dtype == dtype else find_op("Cast")(tensor, DstT=dtype)


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
    if axis < 0:
        if params.shape.rank is None:
            raise ValueError("axis may only be negative if the rank of params is known.")
        axis += params.shape.rank
    if not 0 <= batch_dims <= axis:
        raise ValueError(f"axis ({axis}) must not be less than batch_dims ({batch_dims})")
    check_split_types(params, indices)
    if batch_dims:
        return _in_batches(params, indices, axis, batch_dims)
    return _along(params, indices, axis)


def _known_axis(axis: Any) -> int:
    value = axis if isinstance(axis, int) else known(axis)
    if value is None:
        raise ValueError("The axis of a gather of ragged tensors must be known statically.")
    return int(value)


def _in_batches(params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
    """Gather within each row of the outer dimensions, which both have."""
    dtype = next(v.row_splits.dtype for v in (params, indices) if isinstance(v, RaggedTensor))
    if not isinstance(params, RaggedTensor):
        params = RaggedTensor.from_tensor(params, ragged_rank=1, row_splits_dtype=dtype)
    if not isinstance(indices, RaggedTensor):
        if indices.shape.rank == 1:
            columns = RaggedTensor.from_tensor(
                find_op("ExpandDims")(indices, 1), row_splits_dtype=dtype
            )
            return _first(_in_batches(params, columns, axis, batch_dims))
        indices = RaggedTensor.from_tensor(indices, ragged_rank=1, row_splits_dtype=dtype)
    if batch_dims > 1:
        return params.with_values(
            _in_batches(params.values, indices.values, axis - 1, batch_dims - 1)
        )
    if axis > 1:
        raise UnimplementedError(
            None, None, "tf.gather of ragged tensors with axis > batch_dims is not implemented."
        )
    rows = indices.values
    if isinstance(rows, RaggedTensor):
        raise UnimplementedError(
            None, None, "tf.gather in batches by indices of ragged rank above 1 is not implemented."
        )
    starts = find_op("GatherV2")(params.row_starts(), indices.value_rowids(), 0)
    for _ in range((rows.shape.rank or 1) - 1):
        starts = find_op("ExpandDims")(starts, -1)
    return indices.with_values(_along(params.values, _cast(rows, dtype) + starts, 0))


def _first(value: Any) -> Any:
    """Rows of one value each, without their dimension."""
    return value.values


def _along(params: Any, indices: Any, axis: int) -> Any:
    if isinstance(indices, RaggedTensor) and axis == 0:
        return indices.with_values(_along(params, indices.values, 0))
    if not isinstance(params, RaggedTensor):
        return gather(params, indices, axis=axis)
    if axis > 1:
        return params.with_values(_along(params.values, indices, axis - 1))
    if isinstance(indices, RaggedTensor):
        raise UnimplementedError(
            None, None, "tf.gather along an inner dimension by ragged indices is not implemented."
        )
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
        starts = find_op("ExpandDims")(starts, -1)
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
        return gather_nd(params, find_op("ExpandDims")(indices, 0))[0]
    if rank > 2:
        dtype = params.row_splits.dtype
        nested = RaggedTensor.from_tensor(indices, ragged_rank=rank - 2, row_splits_dtype=dtype)
        return nested.with_flat_values(gather_nd(params, nested.flat_values))
    return _places(params, indices)


def _places(params: RaggedTensor, indices: Any) -> Any:
    coordinates = _cast(indices, params.row_splits.dtype)
    row, value, used = coordinates[:, 0], params, 1
    while used < indices.shape[-1] and isinstance(value, RaggedTensor):
        row = find_op("GatherV2")(value.row_starts(), row, 0) + coordinates[:, used]
        value, used = value.values, used + 1
    if used < indices.shape[-1]:
        rest = find_op("ConcatV2")([reshape(row, [-1, 1]), coordinates[:, used:]], 1)
        return gather_nd(value, rest)
    return _along(value, row, 0)
