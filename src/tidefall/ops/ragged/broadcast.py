"""Broadcasting of ragged tensors: two tensors brought to the same rows.

Dimensions are matched from the right, as for dense tensors. A dimension of size 1 is repeated if it
is uniform; two ragged dimensions must have the same row lengths.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError
from tidefall.composite.ragged.ragged_tensor import KEY, RaggedTensor
from tidefall.composite.ragged.row_partition import RowPartition, count, known
from tidefall.op import raw
from tidefall.ops.debugging.assertions import assert_equal


def broadcast(x: Any, y: Any) -> tuple[Any, Any]:
    """Two tensors, at least one of them ragged, with the same partitions.

    Args:
        x, y: ragged or dense tensors of known rank.

    Returns:
        The two as ragged tensors of one ragged rank. Dimensions inside of the ragged ones are left
        as they are: the op on the flat values broadcasts them.

    Raises:
        InvalidArgumentError: if they do not broadcast.
        ValueError: if their row splits differ in dtype.
    """
    x, y = _aligned(x, y)
    xs, ys = x._nested_row_partitions, y._nested_row_partitions
    if _same(xs, ys):
        return x, y
    rows, in_x, in_y = _outermost(xs[0].nrows(), ys[0].nrows())
    partitions = []
    for one, two in zip(xs, ys, strict=True):
        made, in_x, in_y = _level(one, two, rows, in_x, in_y)
        partitions.append(made)
        rows = made.nvals()
    return (
        rebuilt(_taken(x.flat_values, in_x), partitions),
        rebuilt(_taken(y.flat_values, in_y), partitions),
    )


def rebuilt(values: Any, partitions: Any) -> Any:
    """A ragged tensor of flat values and partitions, outermost first."""
    for partition in reversed(partitions):
        values = RaggedTensor(values, partition, internal=KEY)
    return values


def check_split_types(*values: Any) -> None:
    """Raise ValueError if the row splits of some ragged tensors differ in dtype."""
    if len({v.row_splits.dtype for v in values if isinstance(v, RaggedTensor)}) > 1:
        raise ValueError(
            "Input RaggedTensors have mismatched row_splits dtypes; use "
            "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
        )


def _aligned(x: Any, y: Any) -> tuple[RaggedTensor, RaggedTensor]:
    """The two with one rank and one ragged rank."""
    check_split_types(x, y)
    ranks = [v.shape.rank for v in (x, y)]
    if None in ranks:
        raise ValueError("Unable to broadcast: rank is not statically known.")
    rank = max(ranks)
    dtype = next(v.row_splits.dtype for v in (x, y) if isinstance(v, RaggedTensor))
    depth = max(
        rank - r + v.ragged_rank
        for v, r in zip((x, y), ranks, strict=True)
        if isinstance(v, RaggedTensor)
    )
    return _deepened(x, rank, depth, dtype), _deepened(y, rank, depth, dtype)


def _deepened(value: Any, rank: int, depth: int, dtype: Any) -> RaggedTensor:
    missing = rank - value.shape.rank
    if not isinstance(value, RaggedTensor):
        for _ in range(missing):
            value = raw.ExpandDims(value, 0)
        return RaggedTensor.from_tensor(value, ragged_rank=depth, row_splits_dtype=dtype)
    for _ in range(missing):
        value = RaggedTensor.from_uniform_row_length(value, value.nrows(), 1, validate=False)
    more = depth - value.ragged_rank
    if more:
        inner = RaggedTensor.from_tensor(
            value.flat_values, ragged_rank=more, row_splits_dtype=dtype
        )
        value = value.with_flat_values(inner)
    return value


def _same(xs: Any, ys: Any) -> bool:
    for one, two in zip(xs, ys, strict=True):
        a, b = one.row_splits(), two.row_splits()
        if a is b:
            continue
        left, right = known(a), known(b)
        if left is None or right is None or not np.array_equal(left, right):
            return False
    return True


def _is_one(size: Any) -> bool | None:
    """Whether a number is 1; None if that is not known yet."""
    value = known(size)
    return None if value is None else int(value) == 1


def _outermost(nx: Any, ny: Any) -> tuple[Any, Any, Any]:
    """The rows of the result, and which row of each operand they come from (None: the same)."""
    a, b = known(nx), known(ny)
    if a is not None and b is not None and int(a) == int(b):
        return nx, None, None
    if _is_one(nx):
        return ny, _zeros(ny), None
    if _is_one(ny):
        return nx, None, _zeros(nx)
    if a is not None and b is not None:
        raise InvalidArgumentError(
            None,
            None,
            "Unable to broadcast: dimension size mismatch in dimension 0. Condition x == y did not "
            f"hold.\nFirst 1 elements of x:\n[{int(a)}]\nFirst 1 elements of y:\n[{int(b)}]",
        )
    rows = raw.Maximum(nx, ny)
    return rows, count(rows, rows.dtype) * _not_one(nx), count(rows, rows.dtype) * _not_one(ny)


def _not_one(size: Any) -> Any:
    """0 for a size of 1, which is repeated, else 1."""
    return raw.Cast(raw.NotEqual(size, np.array(1, _numpy(size))), DstT=size.dtype)


def _zeros(rows: Any) -> Any:
    return raw.ZerosLike(count(rows, rows.dtype))


def _numpy(tensor: Any) -> Any:
    return tensor.dtype.as_numpy_dtype


def _taken(values: Any, rows: Any) -> Any:
    return values if rows is None else raw.GatherV2(values, rows, 0)


def _level(
    one: RowPartition, two: RowPartition, rows: Any, in_x: Any, in_y: Any
) -> tuple[RowPartition, Any, Any]:
    """One dimension: its partition in the result, and where its values come from."""
    lengths_x, lengths_y = _taken(one.row_lengths(), in_x), _taken(two.row_lengths(), in_y)
    repeat_x, repeat_y = _repeats(one), _repeats(two)
    if repeat_x is True and repeat_y is True:
        repeat_x = repeat_y = False
    lengths = _longer(repeat_x, lengths_x, lengths_y)
    message = "Unable to broadcast: dimension size mismatch."
    if repeat_x is not True:
        assert_equal(_longer(repeat_x, lengths_x, lengths), lengths, message=message)
    if repeat_y is not True:
        assert_equal(_longer(repeat_y, lengths_y, lengths), lengths, message=message)
    uniform = _uniform(one, two, repeat_x)
    if uniform is not None:
        made = RowPartition.from_uniform_row_length(uniform, nrows=rows, validate=False)
    else:
        made = RowPartition.from_row_lengths(lengths, validate=False)
    return made, _below(one, made, in_x, repeat_x), _below(two, made, in_y, repeat_y)


def _repeats(partition: RowPartition) -> Any:
    """Whether rows are of one value and may be repeated: a bool, or a bool tensor."""
    length = partition.uniform_row_length()
    if length is None:
        return False
    single = _is_one(length)
    return raw.Equal(length, np.array(1, _numpy(length))) if single is None else single


def _longer(repeat: Any, lengths: Any, others: Any) -> Any:
    """The lengths of rows of which those that are repeated become as long as the others."""
    if isinstance(repeat, bool):
        return others if repeat else lengths
    return raw.SelectV2(repeat, others, lengths)


def _uniform(one: RowPartition, two: RowPartition, repeat_x: Any) -> Any:
    lengths = one.uniform_row_length(), two.uniform_row_length()
    if any(length is None for length in lengths):
        return None
    return _longer(repeat_x, *lengths)


def _below(partition: RowPartition, made: RowPartition, rows: Any, repeat: Any) -> Any:
    """For each value of the new partition, the place of its origin among an operand's values."""
    if rows is None and repeat is False:
        return None
    starts = _taken(partition.row_starts(), rows)
    places = raw.GatherV2(starts, made.value_rowids(), 0)
    if repeat is True:
        return places
    offsets = made.offsets_in_rows()
    if repeat is not False:
        offsets = offsets * raw.Cast(raw.LogicalNot(repeat), DstT=offsets.dtype)
    return places + offsets
