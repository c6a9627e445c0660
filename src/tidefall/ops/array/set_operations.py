"""`tf.sets`: what sets have in common, their union and difference, and how large they are.

A set is one row of a dense or sparse tensor, along the last dimension; sets at the same place of
two tensors are combined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.ops.common import invalid, shape_text
from tidefall.tensor.conversion import convert_to_tensor

_ALLOWED = frozenset(
    (
        dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16,
        dtypes.string,
    )
)  # fmt: skip

# ---- kernels ----


class _Sets:
    """The elements of many sets: the number of the set of each, and its value."""

    def __init__(self, shape: tuple[int, ...], group: np.ndarray, values: np.ndarray) -> None:
        self.shape = shape
        self.group = group
        self.values = values


def _dense_sets(values: np.ndarray) -> _Sets:
    if values.ndim < 2:
        raise invalid(f"Shape {shape_text(values.shape)} has rank {values.ndim} < 2")
    count = int(np.prod(values.shape[:-1], dtype=np.int64))
    return _Sets(
        values.shape[:-1], np.repeat(np.arange(count), values.shape[-1]), values.reshape(-1)
    )


def check_order(indices: np.ndarray) -> None:
    """Raise the error for indices that are repeated or out of order."""
    if len(indices) < 2:
        return
    differs = indices[1:] != indices[:-1]
    first = np.argmax(differs, axis=1)
    rows = np.arange(len(first))
    wrong = (indices[1:][rows, first] <= indices[:-1][rows, first]).nonzero()[0]
    if wrong.size:
        at = int(wrong[0]) + 1
        if (indices[at] == indices[at - 1]).all():
            raise invalid(f"indices[{at}] = [{_numbers(indices[at])}] is repeated")
        raise invalid(
            f"indices[{at}] = [{_numbers(indices[at])}] is out of order. Many sparse ops require "
            "sorted indices. Use `tf.sparse.reorder` to create a correctly ordered copy."
        )


def _numbers(row: np.ndarray) -> str:
    return ",".join(map(str, row.tolist()))


def _sparse_sets(
    indices: np.ndarray, values: np.ndarray, shape: np.ndarray, validate: bool
) -> _Sets:
    dims = tuple(int(d) for d in shape)
    if indices.ndim != 2 or values.ndim != 1 or len(indices) != len(values):
        raise invalid(
            f"Expected indices of shape [n,{len(dims)}] and n values, got indices of shape "
            f"{shape_text(indices.shape)} and values of shape {shape_text(values.shape)}"
        )
    if indices.shape[1] != len(dims):
        raise invalid(f"Index rank {indices.shape[1]} and shape rank {len(dims)} do not match.")
    if len(dims) < 2:
        raise invalid(f"Invalid rank {len(dims)}.")
    outside = ((indices < 0) | (indices >= shape)).any(axis=1)
    if outside.any():
        at = int(np.argmax(outside))
        raise invalid(
            f"indices[{at}] = [{_numbers(indices[at])}] is out of bounds: need 0 <= index < "
            f"{shape_text(dims)}"
        )
    if validate:
        check_order(indices)
    group = np.zeros(0, np.int64)
    if len(indices):
        group = np.asarray(np.ravel_multi_index(tuple(indices[:, :-1].T), dims[:-1]))
    return _Sets(dims[:-1], group, values)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "intersection": np.intersect1d,
    "union": np.union1d,
    "a-b": np.setdiff1d,
    "b-a": lambda a, b: np.setdiff1d(b, a),
}


def _combined(a: _Sets, b: _Sets, set_operation: Any) -> tuple[Any, Any, Any]:
    """The sets that come out, each sorted, as the parts of a sparse tensor."""
    name = set_operation.decode() if isinstance(set_operation, bytes) else set_operation
    operation = _OPERATIONS.get(name.lower())
    if operation is None:
        raise invalid(f"Invalid set_operation {name}.")
    if a.shape != b.shape:
        raise invalid(f"Mismatched shapes {shape_text(a.shape)} vs {shape_text(b.shape)}")
    distinct, ranks = np.unique(np.concatenate([a.values, b.values]), return_inverse=True)
    width = max(len(distinct), 1)
    cut = len(a.values)
    found = operation(a.group * width + ranks[:cut], b.group * width + ranks[cut:])
    found = found.astype(np.int64)
    group = found // width
    counts = np.bincount(group, minlength=1)
    place = np.arange(len(group)) - (np.cumsum(counts) - counts)[group]
    rows = np.unravel_index(group, a.shape) if len(group) else [group] * len(a.shape)
    shape = np.array([*a.shape, int(counts.max())], np.int64)
    return np.stack([*rows, place], axis=1).astype(np.int64), distinct[found % width], shape


def _dense_dense(set1: Any, set2: Any, *, set_operation: Any, validate_indices: bool) -> Any:
    return _combined(_dense_sets(set1), _dense_sets(set2), set_operation)


def _dense_sparse(
    set1: Any, set2_indices: Any, set2_values: Any, set2_shape: Any, *, set_operation: Any,
    validate_indices: bool,
) -> Any:  # fmt: skip
    other = _sparse_sets(set2_indices, set2_values, set2_shape, validate_indices)
    return _combined(_dense_sets(set1), other, set_operation)


def _sparse_sparse(
    set1_indices: Any, set1_values: Any, set1_shape: Any, set2_indices: Any, set2_values: Any,
    set2_shape: Any, *, set_operation: Any, validate_indices: bool,
) -> Any:  # fmt: skip
    one = _sparse_sets(set1_indices, set1_values, set1_shape, validate_indices)
    other = _sparse_sets(set2_indices, set2_values, set2_shape, validate_indices)
    return _combined(one, other, set_operation)


def _set_size(
    set_indices: Any, set_values: Any, set_shape: Any, *, validate_indices: bool
) -> np.ndarray:
    sets = _sparse_sets(set_indices, set_values, set_shape, validate_indices)
    distinct, ranks = np.unique(sets.values, return_inverse=True)
    width = max(len(distinct), 1)
    count = int(np.prod(sets.shape, dtype=np.int64))
    pairs = np.unique(sets.group * width + ranks).astype(np.int64)
    return np.bincount(pairs // width, minlength=count).astype(np.int32).reshape(sets.shape)


# ---- shape rules ----


def _result(rank: int | None) -> list[TensorShape]:
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


def _dense_rank(shape: TensorShape) -> int | None:
    if shape.rank is not None and shape.rank < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {shape.rank}")
    return shape.rank


def _sparse_rank(c: Inference, at: int) -> int | None:
    """The rank of a sparse input, after checking that its parts fit each other."""
    indices, values, shape = (c.shape(at + i) for i in range(3))
    for part, rank in ((indices, 2), (values, 1), (shape, 1)):
        if part.rank not in (None, rank):
            raise ValueError(f"Shape must be rank {rank} but is rank {part.rank}")
    indices, values, shape = indices.with_rank(2), values.with_rank(1), shape.with_rank(1)
    if not TensorShape([indices[0]]).is_compatible_with(values):
        raise ValueError(
            f"Number of elements in index ({indices[0]}) and values ({values[0]}) do not match."
        )
    if not TensorShape([indices[1]]).is_compatible_with(shape):
        raise ValueError(f"Index rank ({indices[1]}) and shape rank ({shape[0]}) do not match.")
    return shape[0] if shape[0] is not None else indices[1]


def _same_rank(a: int | None, b: int | None) -> int | None:
    if a is not None and b is not None and a != b:
        raise ValueError(f"Dimension must be {a} but is {b}")
    return a if a is not None else b


def _dense_dense_shapes(c: Inference) -> list[TensorShape]:
    one, other = c.shape(0), c.shape(1)
    first, second = _dense_rank(one), _dense_rank(other)
    if first is not None and second is not None:
        if first != second:
            raise ValueError(f"Shape must be rank {first} but is rank {second}")
        TensorShape(one[:-1]).assert_is_compatible_with(TensorShape(other[:-1]))
    return _result(_same_rank(first, second))


def _dense_sparse_shapes(c: Inference) -> list[TensorShape]:
    return _result(_same_rank(_dense_rank(c.shape(0)), _sparse_rank(c, 1)))


def _sparse_sparse_shapes(c: Inference) -> list[TensorShape]:
    rank = _same_rank(_sparse_rank(c, 0), _sparse_rank(c, 3))
    if rank is not None and rank < 2:
        raise ValueError(f"Input 0, expected rank >= 2, got {rank}.")
    return _result(rank)


def _size_shape(c: Inference) -> TensorShape:
    shape = c.constant_shape(2)
    return TensorShape(None) if shape.rank is None else TensorShape(shape.as_list()[:-1])


op(
    "DenseToDenseSetOperation",
    shape=_dense_dense_shapes,
    host=_dense_dense,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "DenseToSparseSetOperation",
    shape=_dense_sparse_shapes,
    host=_dense_sparse,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "SparseToSparseSetOperation",
    shape=_sparse_sparse_shapes,
    host=_sparse_sparse,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op("SetSize", shape=_size_shape, host=_set_size, effects=PURE, gradient=NOT_DIFFERENTIABLE)

# ---- public functions ----


def _set_operation(a: Any, b: Any, operation: str, validate_indices: bool) -> SparseTensor:
    a, b = (v if isinstance(v, SparseTensor) else convert_to_tensor(v) for v in (a, b))
    if a.dtype not in _ALLOWED:
        raise TypeError(
            f"'a' has invalid dtype `{a.dtype!r}` not in supported dtypes: "
            f"`{sorted(d.name for d in _ALLOWED)}`."
        )
    if b.dtype != a.dtype:
        raise TypeError(f"Types don't match, {a.dtype!r} vs {b.dtype!r}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        # There is an op for dense sets with sparse ones, and none for the reverse.
        a, b = b, a
        operation = {"a-b": "b-a", "b-a": "a-b"}.get(operation, operation)
    kind, parts = "", []
    for given in (a, b):
        sparse = isinstance(given, SparseTensor)
        parts += [given.indices, given.values, given.dense_shape] if sparse else [given]
        kind += "Sparse" if sparse else "Dense"
        kind += "To" if given is a and "To" not in kind else ""
    found = find_op(f"{kind}SetOperation")(
        *parts, set_operation=operation, validate_indices=validate_indices
    )
    return SparseTensor(*found)


@export("sets.intersection")
def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that the sets of two tensors have in common.

    Args:
        a: a dense or sparse tensor `[..., n]` of rank 2 or more, of integers or strings; each row
            along the last dimension is a set.
        b: another of the same dtype, `[..., m]`; one of them or both may be sparse.
        validate_indices: check that positions of sparse tensors are in order and not repeated.

    Returns:
        A sparse tensor `[..., k]`: in each row the elements in both sets, once each and sorted.

    Raises:
        TypeError: for other dtypes or two different ones.
        InvalidArgumentError: for shapes that do not fit, or positions out of order.

    >>> import tidefall as tf
    >>> tf.sparse.to_dense(tf.sets.intersection([[1, 2, 3], [4, 5, 6]], [[3, 1], [6, 0]])).numpy()
    array([[1, 3],
           [6, 0]], dtype=int32)
    """
    return _set_operation(a, b, "intersection", validate_indices)


@export("sets.union")
def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements in either of the sets of two tensors.

    Args:
        a: a dense or sparse tensor `[..., n]` of rank 2 or more, of integers or strings; each row
            along the last dimension is a set.
        b: another of the same dtype, `[..., m]`; one of them or both may be sparse.
        validate_indices: check that positions of sparse tensors are in order and not repeated.

    Returns:
        A sparse tensor `[..., k]`: in each row the elements in either set, once each and sorted.

    Raises:
        TypeError: for other dtypes or two different ones.
        InvalidArgumentError: for shapes that do not fit, or positions out of order.

    >>> import tidefall as tf
    >>> tf.sets.union([["b", "a"]], [["c", "a"]]).values.numpy().tolist()
    [b'a', b'b', b'c']
    """
    return _set_operation(a, b, "union", validate_indices)


@export("sets.difference")
def difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """The elements in the sets of one tensor that are not in those of another.

    Args:
        a: a dense or sparse tensor `[..., n]` of rank 2 or more, of integers or strings; each row
            along the last dimension is a set.
        b: another of the same dtype, `[..., m]`; one of them or both may be sparse.
        aminusb: True for what is in `a` and not in `b`; False for the reverse.
        validate_indices: check that positions of sparse tensors are in order and not repeated.

    Returns:
        A sparse tensor `[..., k]`: in each row the elements left, once each and sorted.

    Raises:
        TypeError: for other dtypes or two different ones.
        InvalidArgumentError: for shapes that do not fit, or positions out of order.

    >>> import tidefall as tf
    >>> tf.sets.difference([[3, 1, 1]], [[1, 2]]).values.numpy()
    array([3], dtype=int32)
    """
    return _set_operation(a, b, "a-b" if aminusb else "b-a", validate_indices)


@export("sets.size")
def size(a: Any, validate_indices: bool = True) -> Any:
    """How many different elements each set of a sparse tensor has.

    Args:
        a: a `tf.SparseTensor` `[..., n]` of rank 2 or more, of integers or strings; each row along
            the last dimension is a set.
        validate_indices: check that positions are in order and not repeated.

    Returns:
        An int32 tensor of shape `[...]`.

    Raises:
        TypeError: for a dense tensor or another dtype.
        InvalidArgumentError: for positions out of order or out of bounds.

    >>> import tidefall as tf
    >>> tf.sets.size(tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [7, 7, 5], [3, 2])).numpy()
    array([1, 0, 1], dtype=int32)
    """
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a!r}.")
    if a.dtype not in _ALLOWED:
        raise TypeError(
            f"Invalid dtype `{a.dtype!r}` not in supported dtypes: "
            f"`{sorted(d.name for d in _ALLOWED)}`."
        )
    return raw.SetSize(a.indices, a.values, a.dense_shape, validate_indices=validate_indices)
