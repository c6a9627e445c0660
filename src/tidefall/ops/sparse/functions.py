"""Sparse tensors: conversion, and elementwise sums, maxima and minima."""

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
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.sparse.shape import check_sparse

# ---- to and from dense ----


def _to_dense_shape(c: Inference) -> TensorShape:
    return c.constant_shape(1)


def _to_dense_host(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any,
    *,
    validate_indices: bool,
) -> Any:
    shape = tuple(int(d) for d in output_shape)
    indices = sparse_indices
    if indices.ndim == 0:
        indices = indices.reshape(1, 1)
    elif indices.ndim == 1:
        indices = indices.reshape(-1, 1)
    if indices.shape[1] != len(shape):
        raise invalid(
            f"Indices have {indices.shape[1]} columns, but the dense shape {shape_text(shape)} has "
            f"{len(shape)} dimensions"
        )
    if indices.size and ((indices < 0).any() or (indices >= np.array(shape)).any()):
        row = int(np.argmax(((indices < 0) | (indices >= np.array(shape))).any(axis=1)))
        raise invalid(
            f"indices[{row}] = {indices[row].tolist()} is out of bounds: need 0 <= index < "
            f"{list(shape)}"
        )
    if validate_indices and len(indices) > 1:
        flat = np.ravel_multi_index(tuple(indices.T), shape)
        wrong = np.flatnonzero(np.diff(flat) <= 0)
        if wrong.size:
            i = int(wrong[0]) + 1
            kind = "is repeated" if flat[i] == flat[i - 1] else "is out of order"
            raise invalid(f"indices[{i}] = {indices[i].tolist()} {kind}")
    dense = np.full(shape, default_value, dtype=sparse_values.dtype)
    dense[tuple(indices.T)] = sparse_values
    return dense


def _to_dense_xla(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any,
    *,
    validate_indices: bool,
) -> Any:
    from tidefall.ops.common import jnp

    indices = jnp.reshape(sparse_indices, (-1, len(output_shape)))
    dense = jnp.full(tuple(int(d) for d in output_shape), default_value, sparse_values.dtype)
    return dense.at[tuple(indices.T)].set(sparse_values)


def _to_dense_grad(op: Any, dy: Any) -> list[Any]:
    indices = op.inputs[0]
    values = raw.GatherNd(dy, indices)
    total = raw.Sum(dy, raw.Range(0, raw.Rank(dy), 1), keep_dims=False)
    taken = raw.Sum(values, np.array([0], np.int32), keep_dims=False)
    return [None, None, values, raw.Sub(total, taken)]


op(
    "SparseToDense",
    shape=_to_dense_shape,
    host=_to_dense_host,
    xla=_to_dense_xla,
    effects=PURE,
    gradient=_to_dense_grad,
    static=("output_shape",),
)


@export("sparse.to_dense")
def to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Any:
    """The dense tensor that a sparse one stands for.

    Args:
        sp_input: a `tf.SparseTensor` of shape `[...]`.
        default_value: value of the elements that are not given; zero, or an empty string.
        validate_indices: check that the positions are sorted and unique.
        name: name of the node in a graph.

    Returns:
        A tensor of the sparse tensor's dense shape and dtype.

    Raises:
        TypeError: for anything but a SparseTensor.
        InvalidArgumentError: for positions out of bounds, repeated or out of order.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(x).numpy().tolist()
    [[0, 5], [7, 0]]
    >>> tf.sparse.to_dense(x, default_value=-1).numpy().tolist()
    [[-1, 5], [7, -1]]
    """
    sp_input = check_sparse(sp_input)
    if default_value is None:
        default_value = (
            "" if sp_input.dtype == dtypes.string else np.zeros((), sp_input.dtype.as_numpy_dtype)
        )
    result = raw.SparseToDense(
        sp_input.indices,
        sp_input.dense_shape,
        sp_input.values,
        default_value,
        validate_indices=validate_indices,
        name=name,
    )
    result.set_shape(sp_input.shape)
    return result


@export("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The sparse tensor of the elements that are not zero (or not empty strings).

    Args:
        tensor: a dense tensor of shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor` of the same dense shape and dtype, its elements in row-major order.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> x.indices.numpy().tolist(), x.values.numpy().tolist()
    ([[0, 1], [1, 0]], [5, 7])
    """
    from tidefall.tensor.conversion import convert_to_tensor

    tensor = convert_to_tensor(tensor)
    zero = "" if tensor.dtype == dtypes.string else np.zeros((), tensor.dtype.as_numpy_dtype)
    indices = raw.Where(raw.NotEqual(tensor, convert_to_tensor(zero, tensor.dtype)))
    values = raw.GatherNd(tensor, indices)
    return SparseTensor(indices, values, raw.Shape(tensor, out_type=dtypes.int64))


# ---- elementwise over two sparse tensors ----


def _union(
    a: tuple[Any, Any, Any], b: tuple[Any, Any, Any], combine: Callable[[Any, Any], Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Combine two sparse tensors over the positions of either; absent elements are zero."""
    if not np.array_equal(a[2], b[2]):
        raise invalid(
            f"Operands' shapes do not match: got {shape_text(a[2])} and {shape_text(b[2])}"
        )
    shape = tuple(int(d) for d in a[2])
    flat_a = np.ravel_multi_index(tuple(a[0].T), shape) if len(a[0]) else np.zeros(0, np.int64)
    flat_b = np.ravel_multi_index(tuple(b[0].T), shape) if len(b[0]) else np.zeros(0, np.int64)
    positions = np.union1d(flat_a, flat_b)
    left = np.zeros(len(positions), a[1].dtype)
    right = np.zeros(len(positions), b[1].dtype)
    left[np.searchsorted(positions, flat_a)] = a[1]
    right[np.searchsorted(positions, flat_b)] = b[1]
    indices = (
        np.stack(np.unravel_index(positions, shape), axis=1)
        if len(shape)
        else np.zeros((len(positions), 0))
    )
    return indices.astype(np.int64), combine(left, right)


def _sparse_shapes(c: Inference) -> list[TensorShape]:
    rank = c.shape(0)[1] if c.shape(0).rank == 2 else None
    return [TensorShape([None, rank]), TensorShape([None]), c.shape(2).with_rank(1)]


def _add_host(
    a_indices: Any,
    a_values: Any,
    a_shape: Any,
    b_indices: Any,
    b_values: Any,
    b_shape: Any,
    thresh: Any,
) -> tuple[Any, Any, Any]:
    indices, values = _union((a_indices, a_values, a_shape), (b_indices, b_values, b_shape), np.add)
    kept = np.abs(values) >= thresh
    return indices[kept], values[kept].astype(a_values.dtype), a_shape


def _at(values: Any, indices: Any, wanted: Any, shape: Any) -> Any:
    """Values of a sparse tensor at other positions, zero where it has none."""
    dims = tuple(int(d) for d in shape)
    own = np.ravel_multi_index(tuple(indices.T), dims) if len(indices) else np.zeros(0, np.int64)
    flat = np.ravel_multi_index(tuple(wanted.T), dims) if len(wanted) else np.zeros(0, np.int64)
    result = np.zeros(len(flat), values.dtype)
    if len(own):
        order = np.argsort(own)
        found = np.minimum(np.searchsorted(own[order], flat), len(own) - 1)
        hit = own[order][found] == flat
        result[hit] = values[order][found[hit]]
    return result


def _add_grad_host(
    backprop_val_grad: Any, a_indices: Any, b_indices: Any, sum_indices: Any
) -> tuple[Any, Any]:
    top = [i.max(axis=0) + 1 for i in (a_indices, b_indices, sum_indices) if len(i)]
    shape = np.max(top, axis=0) if top else np.ones(sum_indices.shape[1], np.int64)
    return (
        _at(backprop_val_grad, sum_indices, a_indices, shape),
        _at(backprop_val_grad, sum_indices, b_indices, shape),
    )


op(
    "SparseAddGrad",
    shape=lambda c: [TensorShape([c.shape(1)[0]]), TensorShape([c.shape(2)[0]])],
    host=_add_grad_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _add_grad(op: Any, d_indices: Any, d_values: Any, d_shape: Any) -> list[Any]:
    a, b = raw.SparseAddGrad(d_values, op.inputs[0], op.inputs[3], op.outputs[0])
    return [None, a, None, None, b, None, None]


op("SparseAdd", shape=_sparse_shapes, host=_add_host, effects=PURE, gradient=_add_grad)


@export("sparse.add")
def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """Sum of two tensors of which at least one is sparse.

    Args:
        a, b: tensors of one shape and dtype; sparse or dense.
        threshold: results smaller than this in magnitude are left out.

    Returns:
        A sparse tensor if both are sparse, else a dense one.

    Raises:
        TypeError: if both are dense.
        InvalidArgumentError: for shapes or dtypes that differ.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.add(x, x)).numpy().tolist()
    [[0, 10], [14, 0]]
    >>> tf.sparse.add(x, tf.ones([2, 2], tf.int32)).numpy().tolist()
    [[1, 6], [8, 1]]
    """
    if isinstance(a, SparseTensor) and isinstance(b, SparseTensor):
        real = a.dtype.real_dtype.as_numpy_dtype
        return SparseTensor(
            *raw.SparseAdd(
                a.indices,
                a.values,
                a.dense_shape,
                b.indices,
                b.values,
                b.dense_shape,
                np.asarray(threshold, real),
            )
        )
    if isinstance(a, SparseTensor):
        return raw.AddV2(to_dense(a, validate_indices=False), b)
    b = check_sparse(b)
    return raw.AddV2(a, to_dense(b, validate_indices=False))


def _declare_extreme(name: str, combine: Callable[[Any, Any], Any]) -> None:
    def host(
        a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any
    ) -> Any:
        return _union((a_indices, a_values, a_shape), (b_indices, b_values, b_shape), combine)

    op(
        name,
        shape=lambda c: _sparse_shapes(c)[:2],
        host=host,
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
    )


_declare_extreme("SparseSparseMaximum", np.maximum)
_declare_extreme("SparseSparseMinimum", np.minimum)


@export("sparse.maximum")
def maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """Elementwise maximum of two sparse tensors of one shape; absent elements count as zero.

    Args:
        sp_a: a `tf.SparseTensor`.
        sp_b: one of the same dense shape and dtype.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor` with the positions of both.

    Raises:
        InvalidArgumentError: for shapes or dtypes that differ.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> y = tf.sparse.from_dense([[-1, 9], [0, 0]])
    >>> tf.sparse.to_dense(tf.sparse.maximum(x, y)).numpy().tolist()
    [[0, 9], [7, 0]]
    """
    sp_a, sp_b = check_sparse(sp_a), check_sparse(sp_b)
    indices, values = raw.SparseSparseMaximum(
        sp_a.indices,
        sp_a.values,
        sp_a.dense_shape,
        sp_b.indices,
        sp_b.values,
        sp_b.dense_shape,
        name=name,
    )
    return SparseTensor(indices, values, sp_a.dense_shape)


@export("sparse.minimum")
def minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """Elementwise minimum of two sparse tensors of one shape; absent elements count as zero.

    Args:
        sp_a: a `tf.SparseTensor`.
        sp_b: one of the same dense shape and dtype.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor` with the positions of both.

    Raises:
        InvalidArgumentError: for shapes or dtypes that differ.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> y = tf.sparse.from_dense([[-1, 9], [0, 0]])
    >>> tf.sparse.to_dense(tf.sparse.minimum(x, y)).numpy().tolist()
    [[-1, 5], [0, 0]]
    """
    sp_a, sp_b = check_sparse(sp_a), check_sparse(sp_b)
    indices, values = raw.SparseSparseMinimum(
        sp_a.indices,
        sp_a.values,
        sp_a.dense_shape,
        sp_b.indices,
        sp_b.values,
        sp_b.dense_shape,
        name=name,
    )
    return SparseTensor(indices, values, sp_a.dense_shape)
