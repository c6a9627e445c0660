"""Arithmetic on sparse tensors: sums, maxima, matrix products, functions of the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.common import invalid, jnp, known_value
from tidefall.ops.sparse.shape import check_sparse
from tidefall.tensor.conversion import convert_to_tensor

# ---- reductions ----


def _reduced(shape: Any, axes: Any) -> set[int]:
    """The dimensions that go; none for an empty list of axes.

    Raises:
        InvalidArgumentError: for a dimension that does not exist.
    """
    rank = len(shape)
    for axis in np.reshape(axes, -1):
        if not -rank <= axis < rank:
            raise invalid(f"Invalid reduction dimension {axis}, for input with {rank} dimensions.")
    return {int(a) % rank for a in np.reshape(axes, -1)}


def _reduced_shape(c: Inference) -> TensorShape:
    shape, axes = c.constant_shape(2), c.constant(3)
    if shape.rank is None or axes is None:
        return TensorShape(None)
    gone, keep = _reduced(shape.as_list(), axes), c.attr("keep_dims")
    return TensorShape(
        [1 if i in gone else d for i, d in enumerate(shape) if keep or i not in gone]
    )


def _sparse_reduced_shape(c: Inference) -> list[TensorShape]:
    rank = _reduced_shape(c).rank
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


def _final(shape: Any, gone: set[int], keep_dims: bool) -> list[int]:
    return [1 if i in gone else int(d) for i, d in enumerate(shape) if keep_dims or i not in gone]


def _groups(indices: Any, shape: Any, gone: set[int]) -> tuple[Any, int]:
    """For each element the number of the group it goes into, and how many groups there are."""
    kept = [i for i in range(len(shape)) if i not in gone]
    dims = tuple(int(shape[i]) for i in kept)
    count = int(np.prod(dims, dtype=np.int64))
    if kept and len(indices):
        return np.ravel_multi_index(tuple(indices[:, kept].T), dims), count
    return np.zeros(len(indices), np.int64), count


def _reduce(indices: Any, values: Any, shape: Any, axes: Any, keep_dims: bool, at: Any) -> Any:
    """Reduce over the elements that are given; a group without any is zero."""
    gone = _reduced(shape, axes)
    group, count = _groups(indices, shape, gone)
    return at(group, values, count).reshape(_final(shape, gone, keep_dims))


def _reduce_sparse(at: Any) -> Any:
    """A kernel that gives the groups with elements, also those whose sum is zero."""

    def host(
        input_indices: Any,
        input_values: Any,
        input_shape: Any,
        reduction_axes: Any,
        *,
        keep_dims: bool,
    ) -> Any:
        gone = _reduced(input_shape, reduction_axes)
        group, _ = _groups(input_indices, input_shape, gone)
        groups, place = np.unique(group, return_inverse=True)
        values = at(place.reshape(-1), input_values, len(groups))
        final = _final(input_shape, gone, keep_dims)
        indices = np.zeros((len(groups), len(final)), np.int64)
        if final:
            indices = np.stack(np.unravel_index(groups, final), -1).astype(np.int64)
        return indices, values, np.array(final, np.int64)

    return host


def _sum_groups(group: Any, values: Any, count: int) -> Any:
    result = np.zeros(count, values.dtype)
    np.add.at(result, group, values)
    return result


def _max_groups(group: Any, values: Any, count: int) -> Any:
    result = np.zeros(count, values.dtype)
    result[group] = values
    np.maximum.at(result, group, values)
    return result


def _sum_host(
    input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *, keep_dims: bool
) -> Any:
    return _reduce(input_indices, input_values, input_shape, reduction_axes, keep_dims, _sum_groups)


def _max_host(
    input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *, keep_dims: bool
) -> Any:
    return _reduce(input_indices, input_values, input_shape, reduction_axes, keep_dims, _max_groups)


def _sum_grad(op: Any, dy: Any) -> list[Any]:
    """Every element gets the gradient of the sum it went into."""
    indices, _, shape, axes = op.inputs
    size = raw.Size(shape)
    zero, one = (convert_to_tensor(i, dtypes.int32) for i in (0, 1))
    everything = raw.Range(zero, size, one)
    axes = raw.Reshape(axes, np.array([-1], np.int32))
    axes = raw.FloorMod(axes, size)
    sizes = raw.Cast(shape, DstT=dtypes.int32)
    kept = raw.DynamicStitch([everything, axes], [sizes, raw.OnesLike(axes)])
    spread = raw.BroadcastTo(raw.Reshape(dy, kept), shape)
    return [None, raw.GatherNd(spread, indices), None, None]


op("SparseReduceSum", shape=_reduced_shape, host=_sum_host, effects=PURE, gradient=_sum_grad)
op(
    "SparseReduceMax",
    shape=_reduced_shape,
    host=_max_host,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)
for _name, _at in (("SparseReduceSumSparse", _sum_groups), ("SparseReduceMaxSparse", _max_groups)):
    op(
        _name,
        shape=_sparse_reduced_shape,
        host=_reduce_sparse(_at),
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
    )


def _reduction(name: str, sp_input: Any, axis: Any, keepdims: Any, sparse: bool, label: Any) -> Any:
    sp_input = check_sparse(sp_input)
    rank = sp_input.shape.rank
    if axis is None:
        axis = (
            raw.Range(0, raw.Size(sp_input.dense_shape), 1) if rank is None else list(range(rank))
        )
    axes = convert_to_tensor(axis, dtypes.int32)
    if axes.shape.rank == 0:
        axes = raw.Reshape(axes, np.array([1], np.int32))
    arguments = (sp_input.indices, sp_input.values, sp_input.dense_shape, axes)
    keep = False if keepdims is None else keepdims
    if not sparse:
        return find_op(name)(*arguments, keep_dims=keep, name=label)
    from tidefall.composite.sparse_tensor import SparseTensor

    return SparseTensor(*find_op(f"{name}Sparse")(*arguments, keep_dims=keep, name=label))


@export("sparse.reduce_sum")
def reduce_sum(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Sum of a sparse tensor's elements along some dimensions.

    Args:
        sp_input: a `tf.SparseTensor`.
        axis: a dimension or list of them; all by default.
        keepdims: keep reduced dimensions with size 1.
        output_is_sparse: return a sparse tensor, of the sums that have elements; it has no
            gradient.
        name: name of the node in a graph.

    Returns:
        A dense tensor, or a sparse one with `output_is_sparse`.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.reduce_sum(x, axis=1).numpy().tolist()
    [5, 7]
    >>> int(tf.sparse.reduce_sum(x))
    12
    """
    return _reduction("SparseReduceSum", sp_input, axis, keepdims, output_is_sparse, name)


@export("sparse.reduce_max")
def reduce_max(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Largest of the elements given, along some dimensions; zero where none is given.

    Args:
        sp_input: a `tf.SparseTensor`.
        axis: a dimension or list of them; all by default.
        keepdims: keep reduced dimensions with size 1.
        output_is_sparse: return a sparse tensor, of the maxima that are not zero.
        name: name of the node in a graph.

    Returns:
        A dense tensor, or a sparse one with `output_is_sparse`.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.reduce_max(x, axis=1).numpy().tolist()
    [5, 7]
    """
    return _reduction("SparseReduceMax", sp_input, axis, keepdims, output_is_sparse, name)


# ---- matrix products ----


def _matmul_shape(c: Inference) -> TensorShape:
    a, b = c.constant_shape(2), c.shape(3)
    if a.rank is None or b.rank is None:
        return TensorShape([None, None])
    left, inner = (a[1], a[0]) if c.attr("adjoint_a") else (a[0], a[1])
    other, right = (b[1], b[0]) if c.attr("adjoint_b") else (b[0], b[1])
    if inner is not None and other is not None and inner != other:
        raise ValueError(
            "Cannot multiply A and B because inner dimension does not match: "
            f"{inner} vs. {other}.  Did you forget a transpose?  Dimensions of A: {a}.  Dimensions "
            f"of B: {b}"
        )
    return TensorShape([left, right])


def _product_parts(
    indices: Any, values: Any, shape: Any, b: Any, adjoint_a: bool, adjoint_b: bool, xp: Any
) -> Any:
    row, column = (1, 0) if adjoint_a else (0, 1)
    dense = xp.conj(b).T if adjoint_b else b
    if adjoint_a:
        values = xp.conj(values)
    if int(shape[column]) != dense.shape[0]:
        raise ValueError("inner dimensions differ")
    rows = indices[:, row]
    return int(shape[row]), rows, values[:, None] * dense[indices[:, column]]


def _matmul_host(
    a_indices: Any, a_values: Any, a_shape: Any, b: Any, *, adjoint_a: bool, adjoint_b: bool
) -> Any:
    count, rows, parts = _product_parts(a_indices, a_values, a_shape, b, adjoint_a, adjoint_b, np)
    result = np.zeros((count, parts.shape[1]), b.dtype)
    np.add.at(result, rows, parts)
    return result


def _matmul_xla(
    a_indices: Any, a_values: Any, a_shape: Any, b: Any, *, adjoint_a: bool, adjoint_b: bool
) -> Any:
    a_indices = jnp.asarray(a_indices)
    count, rows, parts = _product_parts(
        a_indices, jnp.asarray(a_values), a_shape, jnp.asarray(b), adjoint_a, adjoint_b, jnp
    )
    return jnp.zeros((count, parts.shape[1]), parts.dtype).at[rows].add(parts)


def _matmul_grad(op: Any, dy: Any) -> list[Any]:
    indices, values, shape, b = op.inputs
    adjoint_a, adjoint_b = op.get_attr("adjoint_a"), op.get_attr("adjoint_b")
    conj = raw.Conj if dy.dtype.is_complex else (lambda t: t)
    db = raw.SparseTensorDenseMatMul(indices, values, shape, dy, adjoint_a=not adjoint_a)
    if adjoint_b:
        db = conj(raw.Transpose(db, np.array([1, 0], np.int32)))
    row, column = (1, 0) if adjoint_a else (0, 1)
    dense = conj(raw.Transpose(b, np.array([1, 0], np.int32))) if adjoint_b else b
    gather = raw.GatherV2
    left = gather(dy, indices[:, row], 0)
    right = gather(dense, indices[:, column], 0)
    product = raw.Mul(left, conj(right))
    dvalues = raw.Sum(product, np.array([1], np.int32), keep_dims=False)
    return [None, conj(dvalues) if adjoint_a else dvalues, None, db]


op(
    "SparseTensorDenseMatMul",
    shape=_matmul_shape,
    host=_matmul_host,
    xla=_matmul_xla,
    effects=PURE,
    gradient=_matmul_grad,
    static=("a_shape",),
)


@export("sparse.sparse_dense_matmul")
def sparse_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """Product of a sparse matrix and a dense one, in either order.

    Args:
        sp_a: a `tf.SparseTensor` `[m, k]`, or a dense matrix if `b` is sparse.
        b: dense matrix `[k, n]`.
        adjoint_a, adjoint_b: transpose and conjugate a factor first.
        name: name of the node in a graph.

    Returns:
        A dense matrix `[m, n]`.

    Raises:
        InvalidArgumentError: if the inner dimensions differ.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.sparse_dense_matmul(x, [[1], [2]]).numpy().tolist()
    [[10], [7]]
    """
    if isinstance(b, SparseTensor):
        order = np.array([1, 0], np.int32)
        flipped = sparse_dense_matmul(b, sp_a, adjoint_a=not adjoint_b, adjoint_b=not adjoint_a)
        result = raw.Transpose(flipped, order)
        return raw.Conj(result) if result.dtype.is_complex else result
    sp_a = check_sparse(sp_a)
    return raw.SparseTensorDenseMatMul(
        sp_a.indices,
        sp_a.values,
        sp_a.dense_shape,
        convert_to_tensor(b, dtype_hint=sp_a.dtype),
        adjoint_a=adjoint_a,
        adjoint_b=adjoint_b,
        name=name,
    )


# ---- functions of the values ----


@export("sparse.map_values")
def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the values of sparse tensors that have the same positions.

    Args:
        op: called with the arguments, each sparse tensor replaced by its values.
        *args: arguments; at least one is a sparse tensor.
        **kwargs: likewise.

    Returns:
        A sparse tensor with the positions of the first and what `op` returned as values.

    Raises:
        ValueError: if no argument is a sparse tensor.

    >>> import tidefall as tf
    >>> x = tf.sparse.from_dense([[0, 5], [7, 0]])
    >>> tf.sparse.to_dense(tf.sparse.map_values(tf.square, x)).numpy().tolist()
    [[0, 25], [49, 0]]
    """
    found = [v for v in (*args, *kwargs.values()) if isinstance(v, SparseTensor)]
    if not found:
        raise ValueError("No SparseTensor in argument list of map_values")
    first = found[0]
    for other in found[1:]:
        check_same_positions(first, other)

    def inner(value: Any) -> Any:
        return value.values if isinstance(value, SparseTensor) else value

    values = op(*map(inner, args), **{key: inner(v) for key, v in kwargs.items()})
    result = SparseTensor(first.indices, values, first.dense_shape)
    result.set_shape(first.shape)
    return result


def check_same_positions(one: SparseTensor, two: SparseTensor) -> None:
    """Raise InvalidArgumentError if two sparse tensors are known to have other positions."""
    a, b = known_value(one.indices), known_value(two.indices)
    if a is not None and b is not None and not np.array_equal(a, b):
        raise invalid(
            "SparseTensors must have matching indices for op to be applied to their values."
        )


@export("sparse.mask")
def mask(a: Any, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The slices of a `tf.IndexedSlices` whose indices are not among `mask_indices`.

    Args:
        a: `tf.IndexedSlices`.
        mask_indices: the indices to leave out, an integer vector.
        name: name of the nodes in a graph.

    Returns:
        `tf.IndexedSlices` of those that are left.

    >>> import tidefall as tf
    >>> slices = tf.IndexedSlices(tf.constant([1.0, 2.0]), tf.constant([3, 4]))
    >>> tf.sparse.mask(slices, tf.constant([4])).values.numpy().tolist()
    [1.0]
    """
    indices = a.indices
    kept, where = raw.ListDiff(indices, convert_to_tensor(mask_indices, indices.dtype))
    return IndexedSlices(raw.GatherV2(a.values, where, 0), kept, a.dense_shape)
