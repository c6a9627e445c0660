"""Sparse tensors put in order and reshaped: their elements stay, their positions change."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor, sparse_of_value
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, known_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor


def check_sparse(value: Any) -> SparseTensor:
    """The sparse tensor that `value` is, or is the value of; TypeError otherwise."""
    value = sparse_of_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError(f"Input must be a SparseTensor. Received: {value!r}")
    return value


def sorted_order(indices: Any, shape: Any) -> np.ndarray:
    """The order that sorts positions row by row."""
    if indices.shape[1] == 0:
        return np.arange(len(indices))
    if len(indices) and ((indices < 0).any() or (indices >= np.asarray(shape)).any()):
        row = int(np.argmax(((indices < 0) | (indices >= np.asarray(shape))).any(axis=1)))
        raise invalid(
            f"indices[{row}] = {indices[row].tolist()} is out of bounds: need 0 <= index < "
            f"{np.asarray(shape).tolist()}"
        )
    return np.lexsort(indices.T[::-1])


# ---- order ----


def _reorder_shape(c: Inference) -> list[TensorShape]:
    return [c.shape(0).with_rank(2), c.shape(1).with_rank(1)]


def _reorder_host(input_indices: Any, input_values: Any, input_shape: Any) -> Any:
    # Positions outside the shape stay what they are, as in TensorFlow.
    order = np.lexsort(input_indices.T[::-1]) if input_indices.shape[1] else slice(None)
    return input_indices[order], input_values[order]


def _reorder_grad(op: Any, _: Any, dvalues: Any) -> list[Any]:
    """The gradient goes back to where each element came from."""
    indices, values, shape = op.inputs
    count = raw.Shape(values, out_type=dtypes.int64)[0]
    zero, one = (convert_to_tensor(i, dtypes.int64) for i in (0, 1))
    numbers = raw.Range(zero, count, one)
    _, order = raw.SparseReorder(indices, numbers, shape)
    back = raw.InvertPermutation(order)
    return [None, raw.GatherV2(dvalues, back, 0), None]


op("SparseReorder", shape=_reorder_shape, host=_reorder_host, effects=PURE, gradient=_reorder_grad)


@export("sparse.reorder")
def reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same sparse tensor with its elements in row-major order.

    Args:
        sp_input: a `tf.SparseTensor`.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor` of the same dense shape and dtype.

    Raises:
        TypeError: for anything but a SparseTensor.

    >>> import tidefall as tf
    >>> x = tf.SparseTensor([[1, 0], [0, 1]], [7, 5], [2, 2])
    >>> tf.sparse.reorder(x).values.numpy().tolist()
    [5, 7]
    """
    sp_input = check_sparse(sp_input)
    indices, values = raw.SparseReorder(
        sp_input.indices, sp_input.values, sp_input.dense_shape, name=name
    )
    return shaped(SparseTensor(indices, values, sp_input.dense_shape), sp_input.shape)


def shaped(value: SparseTensor, shape: Any) -> SparseTensor:
    if not isinstance(value.values, EagerTensor):
        value.set_shape(shape)
    return value


# ---- shape ----


def _reshape_shape(c: Inference) -> list[TensorShape]:
    new = c.shape(2)
    rank = new[0] if new.rank == 1 else None
    rows = c.shape(0)[0] if c.shape(0).rank == 2 else None
    return [TensorShape([rows, rank]), TensorShape([rank])]


def _reshape_host(input_indices: Any, input_shape: Any, new_shape: Any) -> Any:
    size = int(np.prod(input_shape, dtype=np.int64))
    target = new_shape.astype(np.int64).copy()
    unknown = np.flatnonzero(target == -1)
    if len(unknown) > 1:
        raise invalid(
            f"only one output dimension may be -1, not both {unknown[0]} and {unknown[1]}"
        )
    if len(unknown):
        rest = int(np.prod(np.delete(target, unknown), dtype=np.int64))
        if rest == 0 or size % rest:
            raise invalid(
                f"Input to reshape is a SparseTensor with {size} dense values, but the requested "
                f"shape requires a multiple of {rest}. input_shape={input_shape.tolist()} "
                f"output_shape={new_shape.tolist()}"
            )
        target[unknown[0]] = size // rest
    if int(np.prod(target, dtype=np.int64)) != size:
        raise invalid(
            f"Input to reshape is a tensor with {size} dense values, but the requested shape has "
            f"{int(np.prod(target, dtype=np.int64))}. input_shape={input_shape.tolist()} "
            f"output_shape={new_shape.tolist()}"
        )
    if not len(input_indices):
        return np.zeros((0, len(target)), np.int64), target
    flat = np.ravel_multi_index(tuple(input_indices.T), tuple(input_shape.tolist()))
    indices = np.stack(np.unravel_index(flat, tuple(target.tolist())), axis=1)
    return indices.astype(np.int64), target


op(
    "SparseReshape",
    shape=_reshape_shape,
    host=_reshape_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("sparse.reshape")
def reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """The elements of a sparse tensor in another dense shape.

    Args:
        sp_input: a `tf.SparseTensor`.
        shape: the new dense shape; one dimension may be -1.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor` of dense shape `shape`.

    Raises:
        InvalidArgumentError: if the number of dense elements differs.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.reshape(x, [-1])).numpy().tolist()
    [0, 5, 7, 0]
    """
    sp_input = check_sparse(sp_input)
    wanted = convert_to_tensor(shape, None if hasattr(shape, "dtype") else dtypes.int64)
    if wanted.dtype != dtypes.int64:
        wanted = raw.Cast(wanted, DstT=dtypes.int64)
    indices, dense_shape = raw.SparseReshape(
        sp_input.indices, sp_input.dense_shape, wanted, name=name
    )
    result = SparseTensor(indices, sp_input.values, dense_shape)
    if isinstance(wanted, EagerTensor):
        return result
    return shaped(result, wanted.graph.static_shape(wanted))  # type: ignore[attr-defined]


@export("sparse.expand_dims")
def expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with one more dimension, of size 1.

    Args:
        sp_input: a `tf.SparseTensor` of rank `r`.
        axis: where the dimension goes, in `[-r - 1, r]`; last by default.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor` of rank `r + 1`.

    Raises:
        ValueError: for an axis out of range.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.expand_dims(x, 0).shape
    TensorShape([1, 2, 2])
    """
    sp_input = check_sparse(sp_input)
    axis = -1 if axis is None else axis
    rank = sp_input.shape.rank
    if rank is not None:
        if not -rank - 1 <= axis <= rank:
            raise InvalidArgumentError(
                None, None, f"axis must be in [{-rank - 1}, {rank}], but is {axis}."
            )
        axis = axis + rank + 1 if axis < 0 else axis
    elif axis < 0:  # as an end of a slice: None is behind all dimensions
        axis = axis + 1 or None
    shape, indices = sp_input.dense_shape, sp_input.indices
    concat = raw.ConcatV2
    one = convert_to_tensor(np.ones(1, np.int64))
    zeros = raw.ZerosLike(indices[:, :1])
    if axis is None:
        new_shape, new_indices = concat([shape, one], 0), concat([indices, zeros], 1)
    else:
        new_shape = concat([shape[:axis], one, shape[axis:]], 0)
        new_indices = concat([indices[:, :axis], zeros, indices[:, axis:]], 1)
    result = SparseTensor(new_indices, sp_input.values, new_shape)
    if rank is None:
        return result
    known = sp_input.shape.as_list()
    return shaped(result, [*known[:axis], 1, *known[axis:]])


@export("sparse.transpose")
def transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with its dimensions in another order, by default reversed.

    Args:
        sp_input: a `tf.SparseTensor` of rank r.
        perm: the old dimension for each new one; `[r - 1, ..., 0]` by default.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor`, its elements in row-major order.

    Raises:
        TypeError: for anything but a SparseTensor.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.transpose(x)).numpy().tolist()
    [[0, 7], [5, 0]]
    """
    sp_input = check_sparse(sp_input)
    rank = sp_input.shape.rank
    if perm is None and rank is None:
        last = raw.Sub(raw.Size(sp_input.dense_shape), np.int32(1))
        order: Any = raw.Range(last, np.int32(-1), np.int32(-1))
    elif isinstance(perm, Tensor) and known_value(perm) is None:
        order, rank = perm, None
    else:
        order = np.asarray(range(rank or 0)[::-1] if perm is None else perm, np.int32)
        if rank is not None and order.shape != (rank,) and (order < rank).all():
            raise ValueError(f"Dimensions {order.size} and {rank} are not compatible")
    gather = raw.GatherV2
    shape = gather(sp_input.dense_shape, order, 0)
    moved = SparseTensor(gather(sp_input.indices, order, 1), sp_input.values, shape)
    if rank is not None:
        known = sp_input.shape.as_list()
        shaped(moved, [known[i] for i in order])
    return reorder(moved)


@export("sparse.reset_shape")
def reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The same elements in a larger dense shape, or by default in the smallest that holds them.

    Args:
        sp_input: a `tf.SparseTensor`.
        new_shape: the dense shape, at least as large in each dimension.

    Returns:
        A `tf.SparseTensor` with the same elements.

    Raises:
        ValueError: if the new shape is too small.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.reset_shape(x, [2, 3]).shape
    TensorShape([2, 3])
    """
    sp_input = check_sparse(sp_input)
    indices = sp_input.indices
    if new_shape is None:
        one = convert_to_tensor(np.array(1, np.int64))
        top = raw.Max(indices, np.array([0], np.int32), keep_dims=False) + one
        zero = convert_to_tensor(np.array(0, np.int64))
        return SparseTensor(indices, sp_input.values, raw.Maximum(top, zero))
    wanted = convert_to_tensor(new_shape, dtypes.int64)
    wanted.shape.assert_has_rank(1)
    old, new = known_value(sp_input.dense_shape), known_value(wanted)
    if old is not None and new is not None and (len(old) != len(new) or (new < old).any()):
        raise ValueError(
            "Requested new_shape should have dimension sizes >= sp_input.shape.  Found new_shape "
            f"({new.tolist()}), sp_input.shape ({old.tolist()})."
        )
    return SparseTensor(indices, sp_input.values, wanted)
