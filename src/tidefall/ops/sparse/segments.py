"""Segment reductions of chosen rows: sums, means and sums over the root of the count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.precision import is_narrow
from tidefall.ops.reductions.segment_kernels import combine, scatter

# How many rows went into a segment -> what its sum is divided by.
Divisor = Callable[[Any], Any]
DIVISORS: dict[str, Divisor | None] = {
    "Sum": None,
    "Mean": lambda counts: counts,
    "SqrtN": lambda counts: counts**0.5,
}

# ---- shape rules ----


def _check_rank(shape: TensorShape, rank: int) -> TensorShape:
    if shape.rank is not None and shape.rank != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {shape.rank}")
    return shape.with_rank(rank)


def _rows(c: Inference) -> TensorShape:
    """The shape of the rows, after checking that both lists of numbers fit each other."""
    data = c.shape(0)
    if data.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    _check_rank(c.shape(1), 1).merge_with(_check_rank(c.shape(2), 1))
    return data


def _with_first(data: TensorShape, count: int | None) -> TensorShape:
    return TensorShape(None if data.rank is None else [count, *data.as_list()[1:]])


def _segment_shape(c: Inference) -> TensorShape:
    return _with_first(_rows(c), None)


def _count_of(c: Inference, what: str) -> int | None:
    _check_rank(c.shape(3), 0)
    count = c.constant(3)
    if count is None:
        return None
    if int(count) < 0:
        raise ValueError(f"Cannot specify a negative value for {what}")
    return int(count)


def _counted_shape(c: Inference) -> TensorShape:
    return _with_first(_rows(c), _count_of(c, "num_segments"))


def _grad_shape(c: Inference) -> TensorShape:
    return _with_first(_rows(c), _count_of(c, "output_dim0"))


def _grad_v2_shape(c: Inference) -> list[TensorShape]:
    return [_with_first(_rows(c), None), TensorShape([None])]


# ---- kernels ----


def _check_ids(indices: Any, segment_ids: Any) -> None:
    if indices.ndim != 1:
        raise invalid("indices should be a vector.")
    if segment_ids.ndim != 1:
        raise invalid("segment_ids should be a vector.")
    if indices.shape[0] != segment_ids.shape[0]:
        raise invalid("segment_ids and indices should have same size.")


def _check_segments(data: Any, indices: Any, segment_ids: Any) -> int:
    """The number of segments there are, after making sure that their numbers are in order."""
    if data.ndim < 1:
        raise invalid("Shape must be at least rank 1")
    _check_ids(indices, segment_ids)
    if not segment_ids.size:
        return 0
    count = int(segment_ids[-1]) + 1
    if segment_ids[0] < 0:
        raise invalid(
            f"Segment id {segment_ids[0]} out of range [0, {count}), possibly because "
            "'segment_ids' input is not sorted."
        )
    if np.any(segment_ids[1:] < segment_ids[:-1]):
        raise invalid("segment ids are not increasing")
    return count


def _check_count(num_segments: Any, count: int | None) -> int:
    if num_segments.ndim:
        raise invalid(
            f"num_segments should be a scalar, not shape {shape_text(num_segments.shape)}"
        )
    wanted = int(num_segments)
    if wanted < 0:
        raise invalid("segment ids must be >= 0")
    if count is not None and count > wanted:
        raise invalid("segment ids must be < num_segments")
    return wanted


def _column(values: Any, rank: int) -> Any:
    return values.reshape(-1, *[1] * (rank - 1))


def _chosen(data: Any, indices: Any) -> Any:
    """The rows at `indices`."""
    outside = (indices < 0) | (indices >= data.shape[0])
    if outside.any():
        at = int(np.argmax(outside))
        raise invalid(f"Bad: indices[{at}] == {indices[at]} out of range [0, {data.shape[0]})")
    return data[indices]


def _reduced(data: Any, indices: Any, ids: Any, count: int, divisor: Divisor | None) -> Any:
    rows = _chosen(data, indices)
    if divisor is None:
        return combine(np.add, rows, ids, count, 0)
    work = rows.astype(np.float32) if is_narrow(rows.dtype) else rows
    sizes = np.maximum(np.bincount(ids, minlength=count), 1).astype(work.dtype)
    total = combine(np.add, work, ids, count, 0)
    return (total / _column(divisor(sizes), total.ndim)).astype(data.dtype)


def _host(divisor: Divisor | None) -> Any:
    def run(data: Any, indices: Any, segment_ids: Any, *, sparse_gradient: bool) -> Any:
        count = _check_segments(data, indices, segment_ids)
        return _reduced(data, indices, segment_ids, count, divisor)

    return run


def _counted_host(divisor: Divisor | None) -> Any:
    def run(
        data: Any, indices: Any, segment_ids: Any, num_segments: Any, *, sparse_gradient: bool
    ) -> Any:
        count = _check_count(num_segments, _check_segments(data, indices, segment_ids))
        return _reduced(data, indices, segment_ids, count, divisor)

    return run


def _lowered(data: Any, indices: Any, ids: Any, count: int, divisor: Divisor | None) -> Any:
    data, ids = jnp.asarray(data), jnp.asarray(ids)
    work = data.astype(jnp.float32) if is_narrow(data.dtype) else data
    rows = jnp.take(work, jnp.asarray(indices), axis=0, mode="clip")
    total = scatter("add", rows, ids, count, jnp.zeros((), work.dtype))
    if divisor is not None:
        total = total / _column(divisor(_sizes(ids, count, work.dtype)), total.ndim)
    return total.astype(data.dtype)


def _sizes(ids: Any, count: int, dtype: Any) -> Any:
    """How many rows each segment has, at least 1."""
    ones = jnp.ones(ids.shape, dtype)
    return jnp.maximum(scatter("add", ones, ids, count, jnp.zeros((), dtype)), 1)


def _xla(divisor: Divisor | None) -> Any:
    def run(data: Any, indices: Any, segment_ids: Any, *, sparse_gradient: bool) -> Any:
        count = _check_segments(data, indices, segment_ids)
        return _lowered(data, indices, segment_ids, count, divisor)

    return run


def _counted_xla(divisor: Divisor | None) -> Any:
    def run(
        data: Any, indices: Any, segment_ids: Any, num_segments: Any, *, sparse_gradient: bool
    ) -> Any:
        _check_ids(indices, segment_ids)
        count = _check_count(num_segments, None)
        return _lowered(data, indices, segment_ids, count, divisor)

    return run


def _shares(grad: Any, ids: Any, divisor: Divisor | None) -> Any:
    """The gradient that each chosen row gets from its segment."""
    if ids.size and (ids.max() >= grad.shape[0] or ids.min() < 0):
        raise invalid("Invalid number of segments")
    work = grad.astype(np.float32) if is_narrow(grad.dtype) else grad
    if divisor is not None:
        sizes = np.maximum(np.bincount(ids, minlength=grad.shape[0]), 1).astype(work.dtype)
        work = work / _column(divisor(sizes), work.ndim)
    return work[ids]


def _check_places(indices: Any, count: int) -> None:
    outside = (indices < 0) | (indices >= count)
    if outside.any():
        raise invalid(f"Index {indices[np.argmax(outside)]} out of range [0, {count}).")


def _grad_host(divisor: Divisor | None) -> Any:
    def run(grad: Any, indices: Any, segment_ids: Any, output_dim0: Any) -> Any:
        _check_ids(indices, segment_ids)
        _check_places(indices, int(output_dim0))
        shares = _shares(grad, segment_ids, divisor)
        order = np.argsort(indices, kind="stable")
        total = combine(np.add, shares[order], indices[order], int(output_dim0), 0)
        return total.astype(grad.dtype)

    return run


def _grad_v2_host(divisor: Divisor | None) -> Any:
    def run(grad: Any, indices: Any, segment_ids: Any, dense_output_dim0: Any) -> Any:
        _check_ids(indices, segment_ids)
        _check_places(indices, int(dense_output_dim0))
        places, inverse = np.unique(indices, return_inverse=True)
        shares = _shares(grad, segment_ids, divisor)
        order = np.argsort(inverse, kind="stable")
        total = combine(np.add, shares[order], inverse[order], len(places), 0)
        return total.astype(grad.dtype), places

    return run


def _grad_xla(divisor: Divisor | None) -> Any:
    def run(grad: Any, indices: Any, segment_ids: Any, output_dim0: Any) -> Any:
        _check_ids(indices, segment_ids)
        grad, ids = jnp.asarray(grad), jnp.asarray(segment_ids)
        work = grad.astype(jnp.float32) if is_narrow(grad.dtype) else grad
        if divisor is not None:
            sizes = divisor(_sizes(ids, grad.shape[0], work.dtype))
            work = work / _column(sizes, work.ndim)
        rows = jnp.take(work, ids, axis=0, mode="clip")
        zero = jnp.zeros((), work.dtype)
        return scatter("add", rows, jnp.asarray(indices), int(output_dim0), zero).astype(grad.dtype)

    return run


# ---- gradients ----


def _gradient(kind: str) -> Any:
    def run(op: Any, dy: Any) -> list[Any]:
        data, indices, ids = op.inputs[:3]
        shape = raw.Shape(data)
        rows = raw.StridedSlice(shape, [0], [1], [1], shrink_axis_mask=1)
        if op.get_attr("sparse_gradient"):
            values, places = find_op(f"SparseSegment{kind}GradV2")(dy, indices, ids, rows)
            found: Any = IndexedSlices(values, places, shape)
        else:
            found = find_op(f"SparseSegment{kind}Grad")(dy, indices, ids, rows)
        return [found, *[None] * (len(op.inputs) - 1)]

    return run


def _second_gradient(kind: str) -> Any:
    def run(op: Any, dy: Any) -> list[Any]:
        grad, indices, ids, _ = op.inputs
        shape = raw.Shape(grad)
        count = raw.StridedSlice(shape, [0], [1], [1], shrink_axis_mask=1)
        reduce = find_op(f"SparseSegment{kind}WithNumSegments")
        return [reduce(dy, indices, ids, count), None, None, None]

    return run


# ---- ops ----

for _kind, _divisor in DIVISORS.items():
    op(
        f"SparseSegment{_kind}",
        shape=_segment_shape,
        host=_host(_divisor),
        xla=_xla(_divisor),
        effects=PURE,
        gradient=_gradient(_kind),
        static=("segment_ids",),
    )
    op(
        f"SparseSegment{_kind}WithNumSegments",
        shape=_counted_shape,
        host=_counted_host(_divisor),
        xla=_counted_xla(_divisor),
        effects=PURE,
        gradient=_gradient(_kind),
        static=("num_segments",),
    )
    op(
        f"SparseSegment{_kind}Grad",
        shape=_grad_shape,
        host=_grad_host(_divisor),
        xla=_grad_xla(_divisor),
        effects=PURE,
        gradient=_second_gradient(_kind),
        static=("output_dim0",),
    )
    op(
        f"SparseSegment{_kind}GradV2",
        shape=_grad_v2_shape,
        host=_grad_v2_host(_divisor),
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
    )


def _segments(
    kind: str, data: Any, indices: Any, ids: Any, count: Any, name: Any, sparse: bool
) -> Any:
    if count is None:
        return find_op(f"SparseSegment{kind}")(
            data, indices, ids, sparse_gradient=sparse, name=name
        )
    reduce = find_op(f"SparseSegment{kind}WithNumSegments")
    return reduce(data, indices, ids, count, sparse_gradient=sparse, name=name)


@export("sparse.segment_sum")
def segment_sum(
    data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:  # fmt: skip
    """Sums of chosen rows of a tensor, segment by segment.

    Args:
        data: real tensor of shape `[rows, ...]`.
        indices: the rows to take: int32 or int64, shape `[n]`.
        segment_ids: the segment of each taken row: shape `[n]`, in increasing order.
        num_segments: scalar, the number of segments; the last id + 1 by default.
        name: name of the node in a graph.
        sparse_gradient: let the gradient of `data` be a `tf.IndexedSlices`.

    Returns:
        A tensor of shape `[num_segments, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order, or an index or id is out of range.

    >>> import tidefall as tf
    >>> tf.sparse.segment_sum([1, 2, 4, 8], [0, 3, 1], [0, 0, 1]).numpy()
    array([9, 2], dtype=int32)
    """
    return _segments("Sum", data, indices, segment_ids, num_segments, name, sparse_gradient)


@export("sparse.segment_mean")
def segment_mean(
    data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:  # fmt: skip
    """Means of chosen rows of a tensor, segment by segment.

    Args:
        data: floating-point tensor of shape `[rows, ...]`.
        indices: the rows to take: int32 or int64, shape `[n]`.
        segment_ids: the segment of each taken row: shape `[n]`, in increasing order.
        num_segments: scalar, the number of segments; the last id + 1 by default.
        name: name of the node in a graph.
        sparse_gradient: let the gradient of `data` be a `tf.IndexedSlices`.

    Returns:
        A tensor of shape `[num_segments, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order, or an index or id is out of range.

    >>> import tidefall as tf
    >>> tf.sparse.segment_mean([1.0, 2.0, 4.0], [0, 1, 2], [0, 0, 1], num_segments=3).numpy()
    array([1.5, 4. , 0. ], dtype=float32)
    """
    return _segments("Mean", data, indices, segment_ids, num_segments, name, sparse_gradient)


@export("sparse.segment_sqrt_n")
def segment_sqrt_n(
    data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:  # fmt: skip
    """Sums of chosen rows of each segment, divided by the square root of how many they are.

    Args:
        data: floating-point tensor of shape `[rows, ...]`.
        indices: the rows to take: int32 or int64, shape `[n]`.
        segment_ids: the segment of each taken row: shape `[n]`, in increasing order.
        num_segments: scalar, the number of segments; the last id + 1 by default.
        name: name of the node in a graph.
        sparse_gradient: let the gradient of `data` be a `tf.IndexedSlices`.

    Returns:
        A tensor of shape `[num_segments, ...]`; 0 for segments without rows.

    Raises:
        InvalidArgumentError: if the ids are not in order, or an index or id is out of range.

    >>> import tidefall as tf
    >>> tf.sparse.segment_sqrt_n([1.0, 1.0, 1.0, 1.0], [0, 1, 2, 3], [0, 0, 0, 0]).numpy()
    array([2.], dtype=float32)
    """
    return _segments("SqrtN", data, indices, segment_ids, num_segments, name, sparse_gradient)
