"""`tf.ragged.constant`, and the same as arrays: nested lists as ragged tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.values import RaggedTensorValue, is_ragged
from tidefall.tensor.conversion import constant as dense_constant


@export("ragged.constant")
def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """A ragged tensor of nested Python lists.

    Args:
        pylist: nested lists, tuples or arrays; all scalars at the same depth.
        dtype: dtype of the values; inferred by default.
        ragged_rank: number of partitioned dimensions; by default all but those of `inner_shape`.
        inner_shape: shape of the innermost values, which are then dense.
        row_splits_dtype: int32 or int64.

    Returns:
        A RaggedTensor, or a dense tensor if nothing is partitioned.

    Raises:
        ValueError: if scalars are nested at different depths.

    >>> import tidefall as tf
    >>> tf.ragged.constant([[1, 2], [3]])
    <tf.RaggedTensor [[1, 2], [3]]>
    """

    def dense(items: Any, shape: tuple[int, ...] | None) -> Any:
        return dense_constant(items, dtype, shape=shape, name=name)

    def partition(values: Any, splits: np.ndarray) -> Any:
        return RaggedTensor.from_row_splits(values, splits, validate=False)

    return _build(pylist, ragged_rank, inner_shape, as_dtype(row_splits_dtype), dense, partition)


@export("compat.v1.ragged.constant_value")
def constant_value(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    row_splits_dtype: Any = "int64",
) -> Any:
    """The arrays of a ragged tensor of nested Python lists.

    Args:
        pylist: nested lists, tuples or arrays; all scalars at the same depth.
        dtype: NumPy's dtype of the values; inferred by default.
        ragged_rank: number of partitioned dimensions; by default all but those of `inner_shape`.
        inner_shape: shape of the innermost values, which are then dense.
        row_splits_dtype: int32 or int64.

    Returns:
        A `tf.compat.v1.ragged.RaggedTensorValue`, or an array if nothing is partitioned.

    Raises:
        ValueError: if scalars are nested at different depths.

    >>> import tidefall as tf
    >>> tf.compat.v1.ragged.constant_value([[1, 2], [3]]).to_list()
    [[1, 2], [3]]
    """
    chosen = dtype.as_numpy_dtype if isinstance(dtype, DType) else dtype

    def dense(items: Any, shape: tuple[int, ...] | None) -> Any:
        array = np.array(items, chosen) if chosen in (None, object) else np.array(items)
        array = array if chosen is None else array.astype(chosen)
        return array if shape is None else array.reshape(shape)

    return _build(
        pylist, ragged_rank, inner_shape, as_dtype(row_splits_dtype), dense, RaggedTensorValue
    )


def _build(
    pylist: Any,
    ragged_rank: int | None,
    inner_shape: Any,
    splits_dtype: DType,
    dense: Callable[[Any, tuple[int, ...] | None], Any],
    partition: Callable[[Any, np.ndarray], Any],
) -> Any:
    """Nested lists as what `dense` makes of the innermost values and `partition` of their rows."""
    if is_ragged(pylist):
        raise TypeError("pylist may not be a RaggedTensor or RaggedTensorValue.")
    if ragged_rank is not None and not isinstance(ragged_rank, int):
        raise TypeError("ragged_rank must be an int")
    items = pylist.tolist() if isinstance(pylist, np.ndarray) else pylist
    if not _is_list(items):
        if ragged_rank:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with ragged_rank={ragged_rank}"
            )
        if inner_shape:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with dim(inner_shape)={len(inner_shape)}"
            )
        return dense(items, ())
    if ragged_rank is not None and ragged_rank < 0:
        raise ValueError(f"Invalid ragged_rank={ragged_rank}: must be nonnegative")
    scalar_depth, depth = _scalar_depth(items), _depth(items)
    if scalar_depth is not None and depth > scalar_depth:
        raise ValueError(
            f"Invalid pylist={pylist!r}: empty list nesting is greater than scalar value nesting"
        )
    if inner_shape is not None and ragged_rank is not None:
        expected = ragged_rank + 1 + len(inner_shape)
        if (scalar_depth is not None and expected != scalar_depth) or (
            scalar_depth is None and expected < depth
        ):
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with ragged_rank={ragged_rank} "
                f"and dim(inner_shape)={len(inner_shape)}"
            )
    if ragged_rank is None:
        ragged_rank = depth - 1 if inner_shape is None else max(0, depth - 1 - len(inner_shape))
    if ragged_rank == 0 and inner_shape is not None:
        return dense(items, tuple(inner_shape))
    values: Any = items
    nested = []
    if scalar_depth is not None and depth < ragged_rank:
        raise ValueError(
            f"Invalid pylist={pylist!r}, max depth smaller than ragged_rank={ragged_rank}"
        )
    for level in range(ragged_rank):
        if any(not _is_list(v) for v in values):
            raise ValueError(
                f"pylist has scalar values depth {level + 1}, but ragged_rank={ragged_rank} "
                f"requires scalar value depth greater than {ragged_rank}"
            )
        nested.append(np.cumsum([0, *(len(v) for v in values)]).astype(splits_dtype.as_numpy_dtype))
        values = [item for row in values for item in row]
    inner = _inner_shape(items, ragged_rank) if inner_shape is None else tuple(inner_shape)
    result = dense(values, (len(values), *inner))
    for splits in reversed(nested):
        result = partition(result, splits)
    return result


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _scalar_depth(items: Any) -> int | None:
    if not _is_list(items):
        return 0
    found = {_scalar_depth(item) for item in items} - {None}
    if len(found) > 1:
        raise ValueError("all scalar values must have the same nesting depth")
    return found.pop() + 1 if found else None


def _depth(items: Any) -> int:
    if not _is_list(items):
        return 0
    return 1 + max((_depth(item) for item in items), default=0)


def _inner_shape(items: Any, ragged_rank: int) -> tuple[int, ...]:
    for _ in range(ragged_rank):
        items = [x for row in items if _is_list(row) for x in row]
    shape: list[int] = []

    def visit(rows: list[Any]) -> None:
        if not rows or not all(_is_list(r) for r in rows):
            if any(_is_list(r) for r in rows):
                raise ValueError("inner values have inconsistent shape")
            return
        sizes = {len(r) for r in rows}
        if len(sizes) > 1:
            raise ValueError("inner values have inconsistent shape")
        shape.append(sizes.pop())
        visit([x for r in rows for x in r])

    visit(list(items))
    return tuple(shape)
