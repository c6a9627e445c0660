"""Ragged tensors to and from lists, arrays, dense and sparse tensors."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import count, dimension, index_tensor, known
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor

# ---- values as arrays, lists and text ----


def to_numpy(ragged: RaggedTensor) -> np.ndarray:
    """An array of the rows; an object array where their lengths differ."""
    values = ragged.values
    array = to_numpy(values) if isinstance(values, RaggedTensor) else values.host_array()
    splits = known(ragged.row_splits)
    assert splits is not None
    rows = [array[a:b] for a, b in itertools.pairwise(splits)]
    if not rows:
        return np.zeros((0, 0, *array.shape[1:]), array.dtype)
    if all(len(row) == len(rows[0]) for row in rows):
        return np.stack(rows)
    result = np.empty(len(rows), object)
    result[:] = rows
    return result


def to_list(ragged: RaggedTensor) -> list[Any]:
    """Nested lists."""
    values = ragged.values
    items = to_list(values) if isinstance(values, RaggedTensor) else values.host_array().tolist()
    splits = known(ragged.row_splits)
    assert splits is not None
    bounds = splits.tolist()
    return [items[a:b] for a, b in itertools.pairwise(bounds)]


def text(ragged: RaggedTensor) -> str:
    """The rows as a ragged tensor prints them."""
    return _text(to_numpy(ragged))


def _text(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return str(value)
    if value.size == 0:
        return str(value.tolist())
    return np.array2string(value, separator=", ", formatter={"all": _text})


# ---- shapes ----


def bounding_shape(ragged: RaggedTensor, axis: Any, out_type: DType | None) -> Any:
    """The shape of the smallest dense tensor that holds all rows."""
    dtype = out_type or ragged.row_splits.dtype
    rows = _as(ragged.nrows(), dtype)
    if axis == 0:
        return rows
    sizes = [rows]
    for lengths in ragged.nested_row_lengths():
        sizes.append(_as(_longest(lengths), dtype))
    inner = raw.Shape(ragged.flat_values, out_type=dtype)[1:]
    whole = raw.ConcatV2([raw.Pack(sizes), inner], 0)
    if axis is None:
        return whole
    return raw.GatherV2(whole, convert_to_tensor(axis), 0)


def _longest(lengths: Any) -> Any:
    zero = convert_to_tensor(np.zeros((), lengths.dtype.as_numpy_dtype))
    return raw.Maximum(raw.Max(lengths, np.array([0], np.int32), keep_dims=False), zero)


def _as(tensor: Any, dtype: DType) -> Any:
    return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)


def merge_dims(value: Any, outer_axis: int, inner_axis: int) -> Any:
    """The dimensions from `outer_axis` to `inner_axis` of a tensor or ragged tensor, as one."""
    rank = value.shape.rank
    outer, inner = (_axis(a, rank) for a in (outer_axis, inner_axis))
    if outer > inner:
        raise ValueError(
            f"Expected outer_axis ({outer_axis}) to be less than or equal to inner_axis "
            f"({inner_axis})."
        )
    for _ in range(inner - outer):
        value = _merge_two(value, outer)
    return value


def _axis(axis: int, rank: int | None) -> int:
    if axis >= 0:
        if rank is not None and axis >= rank:
            raise ValueError(f"axis={axis} out of bounds: expected -{rank}<=axis<{rank}")
        return axis
    if rank is None:
        raise ValueError(f"axis={axis} may only be negative if the rank is statically known")
    if axis < -rank:
        raise ValueError(f"axis={axis} out of bounds: expected -{rank}<=axis<{rank}")
    return axis + rank


def _merge_two(value: Any, axis: int) -> Any:
    """Dimensions `axis` and `axis + 1` as one."""
    if not isinstance(value, RaggedTensor):
        sizes = raw.Shape(value)
        joined = sizes[axis : axis + 1] * sizes[axis + 1 : axis + 2]
        shape = raw.ConcatV2([sizes[:axis], joined, sizes[axis + 2 :]], 0)
        return raw.Reshape(value, shape)
    if axis == 0:
        return value.values
    if axis > 1:
        return value.with_values(_merge_two(value.values, axis - 1))
    inner, splits = value.values, value.row_splits
    if isinstance(inner, RaggedTensor):
        splits = raw.GatherV2(inner.row_splits, splits, 0)
        return RaggedTensor.from_row_splits(inner.values, splits, validate=False)
    width = dimension(inner, 1, splits.dtype)
    return RaggedTensor.from_row_splits(_merge_two(inner, 0), splits * width, validate=False)


# ---- dense ----


def to_tensor(ragged: RaggedTensor, default_value: Any, name: str | None, shape: Any) -> Any:
    """A dense tensor with padded rows."""
    values = ragged.flat_values
    if default_value is None:
        default = np.array(b"" if values.dtype.name == "string" else 0, values.dtype.as_numpy_dtype)
        default_value = convert_to_tensor(default, values.dtype)
    else:
        default_value = convert_to_tensor(default_value, values.dtype)
    rank = ragged.shape.rank
    if shape is None:
        target = [-1] * rank if rank is not None else -1
    elif hasattr(shape, "dtype") and not isinstance(shape, TensorShape):
        target = shape
    else:
        dims = TensorShape(shape)
        target = -1 if dims.rank is None else [-1 if d is None else d for d in dims.as_list()]
    target = convert_to_tensor(
        target, None if hasattr(target, "dtype") else ragged.row_splits.dtype
    )
    return raw.RaggedTensorToTensor(
        target,
        values,
        default_value,
        list(ragged.nested_row_splits),
        row_partition_types=[b"ROW_SPLITS"] * ragged.ragged_rank,
        name=name,
    )


def from_tensor(
    cls: Any, tensor: Any, lengths: Any, padding: Any, ragged_rank: int, dtype: DType
) -> Any:
    """A ragged tensor of the rows of a dense tensor."""
    if lengths is not None and padding is not None:
        raise ValueError("Specify argument `lengths` or `padding`, but not both.")
    if not isinstance(ragged_rank, int):
        raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
    if ragged_rank <= 0:
        raise ValueError(f"Argument `ragged_rank` must be greater than 0. Received {ragged_rank}.")
    tensor = convert_to_tensor(tensor)
    if tensor.shape.rank is not None and tensor.shape.rank < 2:
        raise ValueError(
            "The rank of a RaggedTensor must be greater than 1, i.e., a list of scalars won't have "
            f"ragged dimensions. Received argument `tensor` with rank {tensor.shape.rank}."
        )
    tensor.shape.with_rank_at_least(ragged_rank + 1)
    if isinstance(lengths, (list, tuple)) and lengths and isinstance(lengths[0], (list, tuple)):
        if len(lengths) > 1 or tensor.shape.rank is None or tensor.shape.rank > 2:
            return _nested_lengths(cls, tensor, lengths, dtype)
        lengths = next(iter(lengths))
    if ragged_rank > 1:
        rows = _merge_two(tensor, 0)
        inner = from_tensor(cls, rows, lengths, padding, ragged_rank - 1, dtype)
        return cls.from_uniform_row_length(
            inner, dimension(tensor, 1, dtype), dimension(tensor, 0, dtype), validate=False
        )
    width = dimension(tensor, 1, dtype)
    rows = dimension(tensor, 0, dtype)
    if padding is not None:
        lengths = _unpadded(tensor, padding, dtype)
    elif lengths is None:
        return cls.from_uniform_row_length(_merge_two(tensor, 0), width, rows, validate=False)
    lengths = _as(index_tensor(lengths, "lengths"), dtype)
    lengths.shape.assert_is_compatible_with([tensor.shape[0]])
    zero = convert_to_tensor(0, dtype)
    lengths = raw.Maximum(raw.Minimum(lengths, width), zero)
    starts = count(rows, dtype) * width
    one = convert_to_tensor(1, dtype)
    splits, taken = raw.RaggedRange(starts, starts + lengths, one, Tsplits=dtype)
    kept = raw.GatherV2(_merge_two(tensor, 0), taken, 0)
    return cls.from_row_splits(kept, splits, validate=False)


def _nested_lengths(cls: Any, tensor: Any, lengths: Any, dtype: DType) -> Any:
    outer = from_tensor(cls, tensor, lengths[0], None, 1, dtype)
    if len(lengths) == 1:
        return outer
    return outer.with_values(_nested_lengths(cls, outer.values, lengths[1:], dtype))


def _unpadded(tensor: Any, padding: Any, dtype: DType) -> Any:
    """The length of each row up to the last element that is no padding."""
    padding = convert_to_tensor(padding, tensor.dtype)
    if tensor.shape.rank is not None:
        padding.shape.assert_is_compatible_with(tensor.shape[2:])
    differs = raw.NotEqual(tensor, padding)
    rank = tensor.shape.rank
    if rank is None:
        raise ValueError("The rank of `tensor` must be known to remove padding from it.")
    if rank > 2:
        differs = raw.Any(differs, np.arange(2, rank, dtype=np.int32), keep_dims=False)
    position = count(dimension(tensor, 1, dtype), dtype) + convert_to_tensor(1, dtype)
    ends = raw.Cast(differs, DstT=dtype) * position
    return _row_max(ends, dtype)


def _row_max(ends: Any, dtype: DType) -> Any:
    longest = raw.Max(ends, np.array([1], np.int32), keep_dims=False)
    return raw.Maximum(longest, convert_to_tensor(0, dtype))


# ---- sparse ----


def from_sparse(cls: Any, sparse: Any, dtype: DType) -> Any:
    """The rows of a rank-2 sparse tensor without gaps."""
    from tidefall.composite.sparse_tensor import SparseTensor

    if not isinstance(sparse, SparseTensor):
        raise TypeError(f"Argument `st_input` must be of type SparseTensor. Received {sparse!r}.")
    if sparse.shape.rank not in (2, None):
        raise ValueError(
            f"rank(st_input) must be 2. Received st_input of rank {sparse.shape.rank}."
        )
    indices = known(sparse.indices)
    if indices is not None and len(indices):
        rows = indices[:, 0]
        first = np.searchsorted(rows, rows, side="left")
        if (np.diff(rows) < 0).any() or not np.array_equal(
            indices[:, 1], np.arange(len(rows)) - first
        ):
            raise InvalidArgumentError(
                None,
                None,
                "SparseTensor is not right-ragged: every row must hold the columns 0, 1, ... up "
                f"to its last value. SparseTensor.indices = {indices.tolist()}",
            )
    rowids = _as(sparse.indices[:, 0], dtype)
    return cls.from_value_rowids(
        sparse.values, rowids, _as(sparse.dense_shape[0], dtype), validate=False
    )


def to_sparse(ragged: RaggedTensor) -> Any:
    """A sparse tensor of the same values."""
    from tidefall.composite.sparse_tensor import SparseTensor

    indices, values, shape = raw.RaggedTensorToSparse(
        list(ragged.nested_row_splits), ragged.flat_values
    )
    result = SparseTensor(indices, values, shape)
    if not isinstance(values, EagerTensor):
        result.set_shape(ragged.shape)
    return result
