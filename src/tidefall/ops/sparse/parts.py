"""Sparse tensors joined and cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.common import invalid
from tidefall.ops.sparse.shape import check_sparse, shaped, sorted_order
from tidefall.tensor.conversion import convert_to_tensor


def _concat_shape(c: Inference) -> list[TensorShape]:
    rank = next((s[1] for s in c.shapes() if s.rank == 2 and s[1] is not None), None)
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


def _concat_host(
    indices: list[Any], values: list[Any], shapes: list[Any], *, concat_dim: int
) -> Any:
    rank = len(shapes[0])
    axis = concat_dim + rank if concat_dim < 0 else concat_dim
    if not 0 <= axis < rank:
        raise invalid(f"Concat dimension must be in range [{-rank}, {rank}), got {concat_dim}")
    start, moved = 0, []
    total = shapes[0].copy()
    for i, (where, shape) in enumerate(zip(indices, shapes, strict=True)):
        if len(shape) != rank:
            raise invalid(
                f"Ranks of all input tensors must match: expected {rank} but got {len(shape)} at "
                f"position {i}"
            )
        for d in range(rank):
            if d != axis and shape[d] != total[d]:
                raise invalid(
                    f"Input shapes must match: expected {total[d]} for dimension {d} but got "
                    f"{shape[d]} at position {i}"
                )
        offset = np.zeros(rank, np.int64)
        offset[axis] = start
        moved.append(where + offset)
        start += int(shape[axis])
    total[axis] = start
    joined, together = np.concatenate(moved), np.concatenate(values)
    order = sorted_order(joined, total)
    return joined[order], together[order], total


op(
    "SparseConcat",
    shape=_concat_shape,
    host=_concat_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("sparse.concat")
def concat(
    axis: int, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None
) -> SparseTensor:
    """Join sparse tensors along one dimension.

    Args:
        axis: the dimension, in `[-rank, rank)`.
        sp_inputs: sparse tensors of one rank and dtype.
        expand_nonconcat_dims: let the other dimensions differ; the largest counts.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor`, its elements in row-major order.

    Raises:
        InvalidArgumentError: if the shapes do not agree.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.concat(1, [x, x])).numpy().tolist()
    [[0, 5, 0, 5], [7, 0, 7, 0]]
    """
    inputs = [check_sparse(value) for value in sp_inputs]
    if len(inputs) == 1:
        return inputs[0]
    shapes = [s.dense_shape for s in inputs]
    if expand_nonconcat_dims:
        rank = next(s.shape.rank for s in inputs if s.shape.rank is not None)
        at = axis + rank if axis < 0 else axis
        largest = raw.Max(raw.Pack(shapes), np.array([0], np.int32), keep_dims=False)
        join = raw.ConcatV2
        shapes = [join([largest[:at], s[at : at + 1], largest[at + 1 :]], 0) for s in shapes]
    indices, values, shape = raw.SparseConcat(
        [s.indices for s in inputs], [s.values for s in inputs], shapes, concat_dim=axis, name=name
    )
    return SparseTensor(indices, values, shape)


def _slice_shape(c: Inference) -> list[TensorShape]:
    rank = c.shape(0)[1] if c.shape(0).rank == 2 else None
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


def _slice_host(indices: Any, values: Any, shape: Any, start: Any, size: Any) -> Any:
    end = np.minimum(start + size, shape)
    kept = ((indices >= start) & (indices < end)).all(axis=1)
    return indices[kept] - start, values[kept], np.maximum(end - start, 0)


def _slice_grad_host(
    backprop_val_grad: Any, input_indices: Any, input_start: Any, output_indices: Any
) -> Any:
    result = np.zeros(len(input_indices), backprop_val_grad.dtype)
    places = {tuple(row): i for i, row in enumerate((output_indices + input_start).tolist())}
    for i, row in enumerate(input_indices.tolist()):
        found = places.get(tuple(row))
        if found is not None:
            result[i] = backprop_val_grad[found]
    return result


op(
    "SparseSliceGrad",
    shape=lambda c: TensorShape([c.shape(1)[0] if c.shape(1).rank == 2 else None]),
    host=_slice_grad_host,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)


def _slice_grad(op: Any, _: Any, dvalues: Any, __: Any) -> list[Any]:
    indices, _values, _shape, start, _size = op.inputs
    return [
        None,
        raw.SparseSliceGrad(dvalues, indices, start, op.outputs[0]),
        None,
        None,
        None,
    ]


op("SparseSlice", shape=_slice_shape, host=_slice_host, effects=PURE, gradient=_slice_grad)


@export("sparse.slice")
def slice_(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """The part of a sparse tensor from `start` on, of dense shape `size` at most.

    Args:
        sp_input: a `tf.SparseTensor` of rank r.
        start: where the part begins, r numbers.
        size: its dense shape, r numbers; less where the tensor ends.
        name: name of the node in a graph.

    Returns:
        A `tf.SparseTensor`.

    Raises:
        InvalidArgumentError: if there are not r numbers.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.slice(x, [0, 1], [2, 1])).numpy().tolist()
    [[5], [0]]
    """
    sp_input = check_sparse(sp_input)
    begin, extent = convert_to_tensor(start, dtypes.int64), convert_to_tensor(size, dtypes.int64)
    parts = raw.SparseSlice(
        sp_input.indices, sp_input.values, sp_input.dense_shape, begin, extent, name=name
    )
    return SparseTensor(*parts)


@export("sparse.split")
def split(
    sp_input: Any = None, num_split: int | None = None, axis: Any = None, name: str | None = None
) -> list[SparseTensor]:
    """Cut a sparse tensor into parts along one dimension; the first may be larger by one.

    Args:
        sp_input: a `tf.SparseTensor`.
        num_split: number of parts.
        axis: the dimension.
        name: name of the node in a graph.

    Returns:
        A list of `num_split` sparse tensors.

    Raises:
        ValueError: if an argument is missing.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> parts = tf.sparse.split(x, num_split=2, axis=0)
    >>> [tf.sparse.to_dense(part).numpy().tolist() for part in parts]
    [[[0, 5]], [[7, 0]]]
    """
    if sp_input is None:
        raise ValueError("sp_input is required")
    if num_split is None:
        raise ValueError("num_split is required")
    if axis is None:
        raise ValueError("axis is required")
    sp_input = check_sparse(sp_input)
    indices, values, shapes = raw.SparseSplit(
        convert_to_tensor(axis, dtypes.int64),
        sp_input.indices,
        sp_input.values,
        sp_input.dense_shape,
        num_split=num_split,
        name=name,
    )
    return [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]


def _split_shape(c: Inference) -> list[TensorShape]:
    count = c.attr("num_split")
    rank = c.shape(1)[1] if c.shape(1).rank == 2 else None
    one = [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]
    return [shape for shape in one for _ in range(count)]


def _split_host(split_dim: Any, indices: Any, values: Any, shape: Any, *, num_split: int) -> Any:
    axis = int(split_dim)
    if axis < 0:
        axis += len(shape)
    if not 0 <= axis < len(shape):
        raise invalid(f"Input split_dim should be between 0 and rank ({len(shape)}), got {axis}")
    size = int(shape[axis])
    if num_split > size:
        raise invalid(
            f"Input num_split should be between 1 and the splitting dimension size ({size}), "
            f"got {num_split}"
        )
    sizes = [size // num_split + (i < size % num_split) for i in range(num_split)]
    where, what, shapes = [], [], []
    start = 0
    for width in sizes:
        kept = (indices[:, axis] >= start) & (indices[:, axis] < start + width)
        offset = np.zeros(len(shape), np.int64)
        offset[axis] = start
        where.append(indices[kept] - offset)
        what.append(values[kept])
        part = shape.copy()
        part[axis] = width
        shapes.append(part)
        start += width
    return where, what, shapes


op(
    "SparseSplit",
    shape=_split_shape,
    host=_split_host,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("sparse.retain")
def retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """The elements of a sparse tensor for which a bool vector holds.

    Args:
        sp_input: a `tf.SparseTensor` of n elements.
        to_retain: bool vector `[n]`.

    Returns:
        A `tf.SparseTensor` of the same dense shape.

    Raises:
        ValueError: if the lengths differ.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.retain(x, [True, False])).numpy().tolist()
    [[0, 5], [0, 0]]
    """
    sp_input = check_sparse(sp_input)
    mask = convert_to_tensor(to_retain, dtypes.bool)
    mask.shape.assert_has_rank(1)
    count = sp_input.values.shape
    if not mask.shape.is_compatible_with(count):
        raise ValueError(f"to_retain has shape {mask.shape}, the values of sp_input {count}.")
    where = raw.Reshape(raw.Where(mask), np.array([-1], np.int32))
    gather = raw.GatherV2
    result = SparseTensor(
        gather(sp_input.indices, where, 0), gather(sp_input.values, where, 0), sp_input.dense_shape
    )
    return shaped(result, sp_input.shape)


@export("sparse.eye")
def eye(
    num_rows: int,
    num_columns: int | None = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> SparseTensor:
    """A sparse matrix with ones on its diagonal.

    Args:
        num_rows: an integer, or a scalar integer tensor.
        num_columns: the same; as many as rows by default.
        dtype: dtype of the ones.
        name: name scope of the nodes in a graph.

    Raises:
        TypeError: for numbers that are no integers.
        InvalidArgumentError: for negative numbers.

    >>> import tidefall as tf
    >>> tf.sparse.to_dense(tf.sparse.eye(2, 3)).numpy()
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    with name_scope(name or "eye"):
        rows = _count_of("num_rows", num_rows)
        columns = rows if num_columns is None else _count_of("num_columns", num_columns)
        count = raw.Minimum(rows, columns)
        one = convert_to_tensor(1, dtypes.int64)
        diagonal = raw.Range(convert_to_tensor(0, dtypes.int64), count, one)
        indices = raw.Pack([diagonal, diagonal], axis=1)
        ones = raw.Fill(raw.ExpandDims(count, 0), convert_to_tensor(1, dtype))
        return SparseTensor(indices, ones, raw.Pack([rows, columns]))


def _count_of(name: str, value: Any) -> Any:
    """A number of rows or columns as a scalar int64 tensor."""
    dtype = getattr(value, "dtype", None)
    is_integer = isinstance(value, (int, np.integer)) or getattr(dtype, "is_integer", False)
    if not is_integer or getattr(getattr(value, "shape", None), "rank", 0) not in (0, None):
        raise TypeError(f"{name} must be an integer value. Received: {value!r}")
    return raw.Cast(convert_to_tensor(value), DstT=dtypes.int64)
