"""Distinct elements and places in sorted rows: unique, setdiff1d, searchsorted."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT, SIZED_BY_VALUES
from tidefall.ops.array.common import check_axis, require_rank
from tidefall.ops.batching import Call, joined, shape_vector
from tidefall.ops.common import invalid, jax, jnp, shape_text
from tidefall.tensor.conversion import convert_to_tensor

Unique = namedtuple("Unique", ["y", "idx"])
UniqueWithCounts = namedtuple("UniqueWithCounts", ["y", "idx", "count"])

# ---- Unique ----


def first_seen(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct elements of a vector in the order they first appear.

    Returns:
        The place of each distinct element, the number of the distinct element at each place, and
        how often each comes.
    """
    _, first, inverse, counts = (
        np.unique(
            values, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
        )
        if values.dtype != object
        else _unique_objects(values)
    )
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse.reshape(-1)], counts[order]


def _unique_objects(values: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
    numbers: dict[Any, int] = {}
    inverse = np.array([numbers.setdefault(v, len(numbers)) for v in values.tolist()], np.int64)
    _, first, counts = np.unique(inverse, return_index=True, return_counts=True)
    return None, first, inverse, counts


def _row_numbers(x: np.ndarray, axis: int) -> np.ndarray:
    """A number per slice along `axis`, equal for equal slices."""
    if not x.size:
        return np.zeros(x.shape[axis], np.int64)
    rows = np.moveaxis(x, axis, 0).reshape((x.shape[axis], -1))
    _, numbers, _ = first_seen(rows.reshape(-1))
    table = numbers.reshape(rows.shape)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def _unique(x: np.ndarray, axis: np.ndarray | None, out_idx: DType) -> tuple[np.ndarray, ...]:
    dtype = out_idx.as_numpy_dtype
    if axis is None or axis.size == 0:
        if x.ndim != 1:
            raise invalid("unique expects a 1D vector.")
        first, idx, count = first_seen(x)
        return x[first], idx.astype(dtype), count.astype(dtype)
    if axis.size > 1:
        raise invalid("axis does not support input tensors larger than 1 elements")
    at = check_axis(int(axis.reshape(())), x.ndim)
    if x.ndim == 1:
        first, idx, count = first_seen(x)
    else:
        first, idx, count = first_seen(_row_numbers(x, at))
    return np.take(x, first, at), idx.astype(dtype), count.astype(dtype)


def _unique_shape(c: Inference) -> list[TensorShape]:
    if c.definition.name == "Unique":  # of the others, TensorFlow says so when they run
        require_rank(c.shape(0), 1)
    shapes = [TensorShape([None]), c.shape(0), TensorShape([None])]
    return shapes[: c.definition.n_outputs]


def _unique_v2_shape(c: Inference) -> list[TensorShape]:
    source = c.shape(0)
    axis = c.constant(1)
    outputs = c.definition.n_outputs
    if source.rank is None or axis is None:
        y = TensorShape(None if source.rank is None else [None] * source.rank)
        return [y, TensorShape([None]), TensorShape([None])][:outputs]
    if axis.size == 0:
        require_rank(source, 1)
        at = 0
    else:
        at = check_axis(int(axis.reshape(-1)[0]), source.rank)
    dims = source.as_list()
    size = dims[at]
    dims[at] = None
    return [TensorShape(dims), TensorShape([size]), TensorShape([None])][:outputs]


unique_op = op(
    "Unique",
    shape=_unique_shape,
    host=lambda x, *, out_idx: _unique(x, None, out_idx)[:2],
    effects=PURE,
    traits=(SIZED_BY_VALUES, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)
unique_v2_op = op(
    "UniqueV2",
    shape=_unique_v2_shape,
    host=lambda x, axis, *, out_idx: _unique(x, axis, out_idx)[:2],
    effects=PURE,
    traits=(SIZED_BY_VALUES, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)
unique_with_counts_op = op(
    "UniqueWithCounts",
    shape=_unique_shape,
    host=lambda x, *, out_idx: _unique(x, None, out_idx),
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)
unique_with_counts_v2_op = op(
    "UniqueWithCountsV2",
    shape=_unique_v2_shape,
    host=lambda x, axis, *, out_idx: _unique(x, axis, out_idx),
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("unique")
def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """The distinct elements of a vector, in the order they first appear.

    Args:
        x: a vector of any dtype.
        out_idx: `tf.int32` or `tf.int64`.
        name: name of the node in a graph.

    Returns:
        A named tuple: `y`, the distinct elements, and `idx` with `y[idx[i]] == x[i]`.

    Raises:
        InvalidArgumentError: if `x` is not a vector.

    >>> import tidefall as tf
    >>> y, idx = tf.unique([7, 5, 7])
    >>> y.numpy(), idx.numpy()
    (array([7, 5], dtype=int32), array([0, 1, 0], dtype=int32))
    """
    return Unique(*unique_op(x, out_idx=out_idx, name=name))


@export("unique_with_counts")
def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """The distinct elements of a vector and how often each comes.

    Args:
        x: a vector of any dtype.
        out_idx: `tf.int32` or `tf.int64`.
        name: name of the node in a graph.

    Returns:
        A named tuple: `y`, the distinct elements in the order they first appear, `idx` with
        `y[idx[i]] == x[i]`, and `count`.

    Raises:
        InvalidArgumentError: if `x` is not a vector.

    >>> import tidefall as tf
    >>> tf.unique_with_counts([7, 5, 7]).count.numpy()
    array([2, 1], dtype=int32)
    """
    return UniqueWithCounts(*unique_with_counts_op(x, out_idx=out_idx, name=name))


# ---- ListDiff ----


def _list_diff(x: np.ndarray, y: np.ndarray, *, out_idx: DType) -> tuple[np.ndarray, np.ndarray]:
    if x.ndim != 1 or y.ndim != 1:
        raise invalid(
            f"x and y should be 1D vectors, got {shape_text(x.shape)} and {shape_text(y.shape)}."
        )
    if x.dtype == object:
        known = set(y.tolist())
        kept = np.array([v not in known for v in x.tolist()], np.bool_)
    else:
        kept = ~np.isin(x, y)
    return x[kept], np.flatnonzero(kept).astype(out_idx.as_numpy_dtype)


def _list_diff_shape(c: Inference) -> list[TensorShape]:
    require_rank(c.shape(0), 1)
    require_rank(c.shape(1), 1)
    return [TensorShape([None]), TensorShape([None])]


list_diff_op = op(
    "ListDiff",
    shape=_list_diff_shape,
    host=_list_diff,
    effects=PURE,
    traits=(SIZED_BY_VALUES, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)

# ---- searchsorted ----


def _bound_shape(c: Inference) -> TensorShape:
    rows, values = c.shape(0), c.shape(1)
    require_rank(rows, 2)
    require_rank(values, 2)
    return values.with_rank(2)


def _bound(side: str) -> Any:
    def kernel(sorted_inputs: np.ndarray, values: np.ndarray, *, out_type: DType) -> np.ndarray:
        if len(sorted_inputs) != len(values):
            raise invalid(
                "Leading dim_size of both tensors must match: "
                f"{len(sorted_inputs)} vs. {len(values)}"
            )
        result = np.empty(values.shape, out_type.as_numpy_dtype)
        for row, wanted, places in zip(sorted_inputs, values, result, strict=True):
            places[:] = np.searchsorted(row, wanted, side=side)  # type: ignore[call-overload]
        return result

    return kernel


def _bound_xla(side: str) -> Any:
    def kernel(sorted_inputs: Any, values: Any, *, out_type: DType) -> Any:
        search = jax.vmap(lambda row, wanted: jnp.searchsorted(row, wanted, side=side))
        found = search(jnp.asarray(sorted_inputs), jnp.asarray(values))
        return found.astype(out_type.as_numpy_dtype)

    return kernel


def _bounds_batching(call: Call) -> Any:
    """Runs and rows are one dimension for the op."""
    left, right = call.stacked(0), call.stacked(1)
    full, sizes = shape_vector(right), shape_vector(left)
    found = call.run(
        [
            raw.Reshape(left, joined([-1], sizes[2:])),
            raw.Reshape(right, joined([-1], full[2:])),
        ]
    )
    return raw.Reshape(found, full)


lower_bound_op = op(
    "LowerBound",
    shape=_bound_shape,
    host=_bound("left"),
    xla=_bound_xla("left"),
    effects=PURE,
    batching=_bounds_batching,
    gradient=NOT_DIFFERENTIABLE,
)
upper_bound_op = op(
    "UpperBound",
    shape=_bound_shape,
    host=_bound("right"),
    xla=_bound_xla("right"),
    effects=PURE,
    batching=_bounds_batching,
    gradient=NOT_DIFFERENTIABLE,
)


@export("searchsorted")
def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Where values would have to be inserted into sorted rows to keep them sorted.

    Args:
        sorted_sequence: a tensor `[..., n]`, sorted along the last axis.
        values: a tensor `[..., m]` of the same leading dimensions.
        side: "left" for the first possible place, "right" for the last.
        out_type: `tf.int32` or `tf.int64`.
        name: name of the node in a graph.

    Returns:
        A tensor of the shape of `values`.

    Raises:
        ValueError: for another `side`.
        InvalidArgumentError: if the leading dimensions differ.

    >>> import tidefall as tf
    >>> tf.searchsorted([1, 3, 5], [3, 6]).numpy()
    array([1, 3], dtype=int32)
    """
    if side not in ("left", "right"):
        raise ValueError(
            f"Argument `side` must be either 'right' or 'left'. Received: `side` = '{side}'."
        )
    reshape, shape = raw.Reshape, raw.Shape
    sorted_sequence = convert_to_tensor(sorted_sequence)
    values = convert_to_tensor(values)
    rows = reshape(sorted_sequence, _matrix(sorted_sequence))
    wanted = reshape(values, _matrix(values))
    chosen = lower_bound_op if side == "left" else upper_bound_op
    found = chosen(rows, wanted, out_type=as_dtype(out_type), name=name)
    return reshape(found, shape(values))


def _matrix(tensor: Any) -> Any:
    """The shape `[rows, last]`."""
    shape = tensor.shape
    if shape.rank and shape.is_fully_defined():
        return np.array([math.prod(shape[:-1]), shape[-1]], np.int32)
    if shape.rank and shape[-1] is not None:
        return np.array([-1, shape[-1]], np.int32)
    size = raw.StridedSlice(raw.Shape(tensor), [-1], [0], [1], end_mask=1)
    return raw.ConcatV2([np.array([-1], np.int32), size], 0)
