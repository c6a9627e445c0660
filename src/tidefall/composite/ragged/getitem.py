"""Indexing and slicing of ragged tensors."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import count, known
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def getitem(ragged: RaggedTensor, key: Any) -> Any:
    """`ragged[key]`: rows are picked or sliced, ragged dimensions inside can only be sliced.

    Raises:
        ValueError: for a number in the place of a ragged dimension.
        IndexError: for a row that does not exist.
    """
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    return _pick(ragged, _without_ellipsis(keys, ragged))


def _without_ellipsis(keys: list[Any], ragged: RaggedTensor) -> list[Any]:
    where = [i for i, k in enumerate(keys) if k is Ellipsis]
    if not where:
        return keys
    if len(where) > 1:
        raise ValueError("Only one ellipsis is allowed in the key of a ragged tensor.")
    rank = ragged.shape.rank
    if rank is None:
        raise ValueError("Ellipsis not supported for unknown shape RaggedTensors")
    missing = rank - sum(k is not None and k is not Ellipsis for k in keys)
    if missing < 0:
        raise ValueError(f"Too many indices for a ragged tensor of rank {rank}.")
    return keys[: where[0]] + [slice(None)] * missing + keys[where[0] + 1 :]


def _pick(value: Any, keys: list[Any]) -> Any:
    if not keys:
        return value
    if not isinstance(value, RaggedTensor):
        return value[tuple(keys)]
    key, rest = keys[0], keys[1:]
    if key is None:
        inner = _pick(value, rest)
        if isinstance(inner, RaggedTensor):
            return RaggedTensor.from_uniform_row_length(inner, inner.nrows(), 1, validate=False)
        return raw.ExpandDims(inner, 0)
    if isinstance(key, slice):
        return _pick_inside(_rows(value, key), rest)
    return _pick(_row(value, key), rest)


def _row(value: RaggedTensor, key: Any) -> Any:
    _check_index(key)
    rows = value._row_partition.static_nrows
    number = known(key) if isinstance(key, Tensor) else key
    if rows is not None and number is not None:
        number = int(number)
        if number >= rows:
            raise IndexError(f"Row key {number} out of bounds")
        if number < -rows:
            raise InvalidArgumentError(
                None,
                None,
                f"slice index {number} of dimension 0 out of bounds: there are {rows} rows",
            )
        if number < 0:
            key = number + rows
    start, limit = value.row_starts()[key], value.row_limits()[key]
    return value.values[start:limit]


def _check_index(key: Any) -> None:
    if isinstance(key, (bool, str, float)) or not (
        hasattr(key, "__index__") or isinstance(key, Tensor)
    ):
        raise TypeError(f"slice offsets must be integers or None. Received {key!r}")


def _rows(value: RaggedTensor, key: slice) -> RaggedTensor:
    """The rows in a slice."""
    if key == slice(None):
        return value
    rows = count(value.nrows(), value.row_splits.dtype)[key]
    return gather_rows(value, rows)


def gather_rows(value: Any, rows: Any) -> Any:
    """The given rows of a tensor or ragged tensor, one after the other."""
    if not isinstance(value, RaggedTensor):
        return raw.GatherV2(value, rows, 0)
    gather = raw.GatherV2
    starts, limits = gather(value.row_starts(), rows, 0), gather(value.row_limits(), rows, 0)
    return _ranges(value, starts, limits, 1, value.uniform_row_length)


def _ranges(value: RaggedTensor, starts: Any, limits: Any, step: Any, uniform: Any = None) -> Any:
    """Rows made of the values in the given ranges."""
    dtype = value.row_splits.dtype
    splits, taken = raw.RaggedRange(starts, limits, convert_to_tensor(step, dtype), Tsplits=dtype)
    values = gather_rows(value.values, taken)
    if uniform is not None:
        rows = starts.shape[0]
        rows = raw.Shape(starts, out_type=dtype)[0] if rows is None else rows
        return RaggedTensor.from_uniform_row_length(values, uniform, rows, validate=False)
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def _pick_inside(value: RaggedTensor, keys: list[Any]) -> Any:
    """Apply keys to the dimensions after the first."""
    if not keys:
        return value
    if not isinstance(value, RaggedTensor):
        return value[(slice(None), *keys)]
    key, rest = keys[0], keys[1:]
    if key is None:
        inner = _pick_inside(value, rest)
        rows = value.nrows()
        if not isinstance(inner, RaggedTensor):
            return raw.ExpandDims(inner, 1)
        return RaggedTensor.from_uniform_row_length(inner, 1, rows, validate=False)
    if isinstance(key, slice):
        if key != slice(None):
            value = _slice_each(value, key)
        return value.with_values(_pick_inside(value.values, rest)) if rest else value
    return _pick_inside(_column(value, key), rest)


def _column(value: RaggedTensor, key: Any) -> Any:
    _check_index(key)
    length = value.uniform_row_length
    if length is None:
        raise ValueError("Cannot index into an inner ragged dimension.")
    size, number = known(length), known(key) if isinstance(key, Tensor) else key
    if size is not None and number is not None and not -size <= number < size:
        raise InvalidArgumentError(
            None, None,
            "Index out of bounds when indexing into a ragged tensor\nCondition x < y did "
            f"not hold.\nFirst 1 elements of x:\n[{int(number)}]\nFirst 1 elements of "
            f"y:\n[{int(size)}]",
        )  # fmt: skip
    offset = convert_to_tensor(key, value.row_splits.dtype)
    if number is None:
        offset = raw.FloorMod(offset, length)
    elif number < 0:
        offset = offset + length
    return gather_rows(value.values, value.row_starts() + offset)


def _slice_each(value: RaggedTensor, key: slice) -> RaggedTensor:
    """Slice every row."""
    dtype = value.row_splits.dtype
    step = 1 if key.step is None else key.step
    if not isinstance(step, Tensor) and step == 0:
        raise ValueError("slice step cannot be zero")
    if isinstance(step, Tensor):
        number = known(step)
        if number is None:
            raise ValueError("The step of a slice of a ragged dimension must be a Python integer.")
        step = int(number)
    lengths = value.row_lengths()
    low, high = (0, 0) if step > 0 else (-1, -1)
    first = _bound(key.start, lengths, low, high, dtype, default=low if step > 0 else None)
    last = _bound(key.stop, lengths, low, high, dtype, default=None if step > 0 else low)
    starts = value.row_starts()
    uniform = None
    size = value._row_partition.static_uniform_row_length
    if size is not None and not any(isinstance(k, Tensor) for k in (key.start, key.stop)):
        uniform = len(range(*key.indices(size)))
    return _ranges(value, starts + first, starts + last, step, uniform)


def _bound(key: Any, lengths: Any, low: int, high: int, dtype: Any, default: int | None) -> Any:
    """One end of a slice in every row, brought into the row as Python does it."""
    lowest, highest = convert_to_tensor(low, dtype), lengths + convert_to_tensor(high, dtype)
    if key is None:
        return highest if default is None else raw.ZerosLike(lengths) + lowest
    number = convert_to_tensor(key, None if isinstance(key, Tensor) else dtype)
    if number.dtype != dtype:
        number = raw.Cast(number, DstT=dtype)
    value = known(number)
    if value is None:
        wrapped = raw.SelectV2(
            number < convert_to_tensor(0, dtype),
            lengths + number,
            number + raw.ZerosLike(lengths),
        )
    else:
        wrapped = lengths + number if value < 0 else raw.ZerosLike(lengths) + number
    return raw.Minimum(raw.Maximum(wrapped, lowest), highest)
