"""Sparse softmax, indicators of what a row holds, and products where a sparse tensor has values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.sparse.shape import check_sparse
from tidefall.tensor.conversion import convert_to_tensor

# ---- softmax ----


def _softmax_shape(c: Inference) -> TensorShape:
    for index, rank in enumerate((2, 1, 1)):
        if c.shape(index).rank not in (None, rank):
            raise ValueError(f"Shape must be rank {rank} but is rank {c.shape(index).rank}")
    return c.shape(1).with_rank(1)


def _check_softmax(indices: Any, values: Any, shape: Any) -> None:
    if indices.ndim != 2:
        raise invalid(
            f"Input sp_indices should be a matrix but received shape: {shape_text(indices.shape)}"
        )
    if values.ndim != 1 or shape.ndim != 1:
        raise invalid(
            "Inputs sp_values and sp_shape should be vectors but received shapes: "
            f"{shape_text(values.shape)} and {shape_text(shape.shape)}"
        )
    if shape.size < 2:
        raise invalid(f"Input should have rank >= 2, but received shape: {shape.tolist()}")
    if len(indices) != len(values):
        raise invalid(
            "indices and values rows (indexing dimension) must match. "
            f"(indices = {len(indices)}, values = {len(values)})"
        )


def _softmax_host(sp_indices: Any, sp_values: Any, sp_shape: Any) -> Any:
    """Softmax over the elements that differ in the last index only."""
    _check_softmax(sp_indices, sp_values, sp_shape)
    if not len(sp_values):
        return sp_values
    order = np.lexsort(sp_indices.T[-2::-1])
    rows = sp_indices[order, :-1]
    first = np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])
    starts, group = np.flatnonzero(first), np.cumsum(first) - 1
    work = sp_values[order]
    work = work.astype(np.float32) if work.dtype == np.float16 else work
    powers = np.exp(work - np.maximum.reduceat(work, starts)[group])
    result = np.empty_like(sp_values)
    result[order] = powers / np.add.reduceat(powers, starts)[group]
    return result


def _softmax_grad(op: Any, dy: Any) -> list[Any]:
    indices, _, shape = op.inputs
    y = op.outputs[0]
    product = raw.Mul(y, dy)
    last = np.array([-1], np.int32)
    sums = raw.SparseReduceSum(indices, product, shape, last, keep_dims=False)
    own = raw.GatherNd(sums, indices[:, :-1])
    return [None, raw.Sub(product, raw.Mul(y, own)), None]


op("SparseSoftmax", shape=_softmax_shape, host=_softmax_host, effects=PURE, gradient=_softmax_grad)


@export("sparse.softmax")
def softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Softmax over the elements given, along the last dimension.

    Args:
        sp_input: a `tf.SparseTensor` of shape `[..., n]`: float16, float32 or float64, of rank 2 or
            more.
        name: name of the node in a graph.

    Returns:
        A sparse tensor with the same positions; absent elements take no part.

    Raises:
        InvalidArgumentError: for a sparse vector.

    >>> import tidefall as tf
    >>> x = tf.SparseTensor([[0, 1], [0, 2], [1, 0]], [1.0, 1.0, 5.0], [2, 3])
    >>> tf.sparse.softmax(x).values.numpy()
    array([0.5, 0.5, 1. ], dtype=float32)
    """
    sp_input = check_sparse(sp_input)
    values = raw.SparseSoftmax(sp_input.indices, sp_input.values, sp_input.dense_shape, name=name)
    return SparseTensor(sp_input.indices, values, sp_input.dense_shape)


# ---- indicators ----


@export("sparse.to_indicator")
def to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Any:
    """Which numbers each row holds, as a dense tensor of bools.

    Args:
        sp_input: a `tf.SparseTensor` of shape `[..., n]` and an integer dtype.
        vocab_size: scalar, one more than the largest number.
        name: name of the node in a graph.

    Returns:
        A bool tensor of shape `[..., vocab_size]`: True at `[..., v]` where the row has the value
        `v` at some place.

    Raises:
        TypeError: for anything but a SparseTensor.
        InvalidArgumentError: for a value that is negative or not below `vocab_size`.

    >>> import tidefall as tf
    >>> x = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [2, 0, 1], [2, 2])
    >>> tf.cast(tf.sparse.to_indicator(x, 3), tf.int32).numpy()
    array([[1, 0, 1],
           [0, 1, 0]], dtype=int32)
    """
    sp_input = check_sparse(sp_input)
    numbers = raw.Cast(sp_input.values, DstT=dtypes.int64)
    column = raw.ExpandDims(numbers, np.int32(-1))
    indices = raw.ConcatV2([sp_input.indices[:, :-1], column], np.int32(1))
    size = raw.Reshape(convert_to_tensor(vocab_size, dtypes.int64), np.array([1], np.int32))
    shape = raw.ConcatV2([sp_input.dense_shape[:-1], size], np.int32(0))
    yes = raw.Fill(raw.Shape(numbers), np.True_)
    return raw.SparseToDense(indices, shape, yes, np.False_, validate_indices=False, name=name)


# ---- sampled products ----


@export("sparse.sampled_addmm")
def sampled_addmm(
    indices: Any, values: Any, dense_shape: Any, mat1: Any, mat2: Any, beta: Any = 1.0,
    alpha: Any = 1.0, output_type: Any = dtypes.float32,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Elements of a matrix product where a sparse matrix has values, added to these values.

    Args:
        indices: places `[..., n, 2]`: int32 or int64.
        values: the sparse matrix' values at these places: `[..., n]`.
        dense_shape: int32 vector, the shape of one product: `[rows, columns]`.
        mat1: tensor of shape `[..., rows, inner]`.
        mat2: tensor of shape `[..., inner, columns]`.
        beta: scalar, factor of `values`.
        alpha: scalar, factor of the product.
        output_type: dtype of the values, the matrices and the result.

    Returns:
        `indices`, `beta * values + alpha * (mat1 @ mat2)[indices]`, and `dense_shape`.

    Raises:
        ValueError: if `dense_shape` is known not to be the shape of the product.
        InvalidArgumentError: for matrices that do not fit or a place out of range.

    >>> import tidefall as tf
    >>> a, b = [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]
    >>> tf.sparse.sampled_addmm([[0, 1], [1, 0]], [10.0, 20.0], [2, 2], a, b)[1].numpy()
    array([12., 23.], dtype=float32)
    """
    indices = convert_to_tensor(indices)
    values = convert_to_tensor(values, output_type)
    dense_shape = convert_to_tensor(dense_shape, dtypes.int32)
    mat1 = convert_to_tensor(mat1, output_type)
    mat2 = convert_to_tensor(mat2, output_type)
    _check_product_shape(dense_shape, mat1, mat2)
    batch = _batch_dims(indices)
    columns = raw.Transpose(mat2, _swapped(mat2))
    left = _gather(mat1, indices[..., :1], batch)
    right = _gather(columns, indices[..., 1:], batch)
    product = raw.Sum(raw.Mul(left, right), np.array([-1], np.int32))
    scale = raw.Mul
    added = scale(convert_to_tensor(alpha, output_type), product)
    kept = scale(convert_to_tensor(beta, output_type), values)
    return indices, raw.AddV2(added, kept), dense_shape


def _gather(matrix: Any, places: Any, batch: int) -> Any:
    from tidefall.ops.slices.gathering_nd import gather_nd

    return gather_nd(matrix, places, batch_dims=batch)


def _batch_dims(indices: Any) -> int:
    rank = indices.shape.rank
    if rank is None:
        raise ValueError(
            "tf.sparse.sampled_addmm needs indices of a known rank: `[..., n, 2]`; received "
            "indices of unknown shape. Use tf.ensure_shape."
        )
    return max(rank - 2, 0)


def _swapped(matrix: Any) -> Any:
    """The order of dimensions that transposes the last two."""
    rank = matrix.shape.rank
    if rank is None or rank < 2:
        raise ValueError(
            f"tf.sparse.sampled_addmm needs matrices of a known rank of at least 2; received mat2 "
            f"of shape {matrix.shape}."
        )
    return np.array([*range(rank - 2), rank - 1, rank - 2], np.int32)


def _check_product_shape(dense_shape: Any, mat1: Any, mat2: Any) -> None:
    from tidefall.ops.common import known_value

    given = known_value(dense_shape)
    if given is None or mat1.shape.rank is None or mat2.shape.rank is None:
        return
    if mat1.shape.rank < 2 or mat2.shape.rank < 2:
        return
    wanted = TensorShape([mat1.shape[-2], mat2.shape[-1]])
    if not TensorShape(given.tolist()).is_compatible_with(wanted):
        raise ValueError(f"Dense shape: {given} does not match output shape: {wanted}")
