"""Elements and slices picked by vectors of indices: gather_nd, unravel_index."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LINEAR, MOVES, SAFE_IN_HALF
from tidefall.ops.array.common import (
    join_shapes,
    known_int,
    objects,
    place_text,
    shape_piece,
    unwrap,
)
from tidefall.ops.array.reshaping import reshape, shape_of
from tidefall.ops.batching import Call, numbered
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.tensor.conversion import convert_to_tensor

# ---- GatherNd ----


def _gather_nd_shape(c: Inference) -> TensorShape:
    params, indices = c.shape(0), c.shape(1)
    if indices.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if params.rank is None or indices.rank is None or indices[-1] is None:
        return TensorShape(None)
    depth = indices[-1]
    if depth > params.rank:
        raise ValueError(
            "indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"{shape_text(indices)} and params shape: {shape_text(params)}"
        )
    return TensorShape(indices.as_list()[:-1] + params.as_list()[depth:])


def _gather_nd_host(params: Any, indices: np.ndarray, *, bad_indices_policy: str) -> Any:
    array = objects(params)
    if indices.ndim == 0:
        raise invalid("indices must be at least a vector")
    depth = indices.shape[-1]
    if depth > array.ndim:
        raise invalid(
            "index innermost dimension length must be <= params rank; saw: "
            f"{depth} vs. {array.ndim}"
        )
    if not depth:
        return unwrap(np.broadcast_to(array, indices.shape[:-1] + array.shape))
    if indices.size and not all(array.shape[:depth]):
        raise invalid(
            "Requested more than 0 entries, but params is empty.  Params shape: "
            f"{shape_text(array.shape)}"
        )
    outside = ((indices < 0) | (indices >= np.array(array.shape[:depth], np.int64))).any(-1)
    ignore = bad_indices_policy == "IGNORE"
    if not ignore and outside.any():
        where = np.argwhere(outside)[0].tolist()
        row = indices[tuple(where)]
        raise invalid(
            f"indices{place_text(where)} = {row.tolist()} does not index into param shape "
            f"{shape_text(array.shape)}"
        )
    picks = np.where(outside[..., None], 0, indices) if ignore else indices
    taken = array[(*np.moveaxis(picks, -1, 0), ...)]
    if ignore and outside.any():
        taken = np.array(taken)
        taken[outside] = b"" if taken.dtype == object else 0
    return unwrap(taken)


def _gather_nd_xla(params: Any, indices: Any) -> Any:
    depth = indices.shape[-1]
    limits = jnp.asarray(np.array(params.shape[:depth]) - 1, indices.dtype)
    picks = jnp.clip(jnp.asarray(indices), 0, limits)
    return (
        jnp.asarray(params)[tuple(picks[..., i] for i in range(depth))]
        if depth
        else jnp.broadcast_to(params, indices.shape[:-1] + params.shape)
    )


def _gather_nd_grad(op: Any, dy: Any) -> list[Any]:
    params, indices = op.inputs
    shape = shape_of(params)
    if indices.dtype == dtypes.int64:
        shape = (
            shape.astype(np.int64)
            if isinstance(shape, np.ndarray)
            else raw.Cast(shape, DstT=dtypes.int64)
        )
    if indices.shape.rank == 2 and indices.shape[-1] == 1:  # rows, as of `tf.gather`
        return [
            IndexedSlices(dy, raw.Squeeze(indices, squeeze_dims=[-1]), convert_to_tensor(shape)),
            None,
        ]
    return [raw.ScatterNd(indices, dy, shape), None]


def _gather_nd_batching(call: Call) -> Any:
    """One table for all runs is gathered from once; else the run is one more index."""
    if not call.is_stacked(0):
        return call.run([call.tensor(0), call.tensor(1)])
    return call.run([call.tensor(0), numbered(call, call.stacked(1), call.rank(1))])


gather_nd_op = op(
    "GatherNd",
    shape=_gather_nd_shape,
    host=_gather_nd_host,
    xla=_gather_nd_xla,
    effects=PURE,
    traits=(MOVES, LINEAR, SAFE_IN_HALF),
    batching=_gather_nd_batching,
    gradient=_gather_nd_grad,
)


@export("gather_nd", dispatch=OTHER)
def gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """Elements or slices of a tensor, each picked by a vector of indices.

    Args:
        params: a tensor of any dtype, or a variable.
        indices: an integer tensor `[..., depth]`; each row indexes the first `depth` dimensions.
        batch_dims: number of leading dimensions that `params` and `indices` share.
        name: name of the node in a graph.
        bad_indices_policy: "" or "DEFAULT", "ERROR" to raise for an index out of range, "IGNORE"
            to give zeros there.

    Returns:
        A tensor of shape `indices.shape[:-1] + params.shape[depth:]`.

    Raises:
        InvalidArgumentError: for an index out of range.

    >>> import tidefall as tf
    >>> tf.gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).numpy()
    array([2, 3], dtype=int32)
    """
    if batch_dims == 0 or (isinstance(batch_dims, int) and batch_dims == 0):
        reader = getattr(params, "gather_nd", None)
        if reader is not None:
            return reader(indices, name=name)
        return gather_nd_op(params, indices, bad_indices_policy=bad_indices_policy, name=name)
    return _batch_gather_nd(params, indices, batch_dims, name)


def _batch_gather_nd(params: Any, indices: Any, batch_dims: int, name: str | None) -> Any:
    """Put the batch coordinates in front of every index, then gather."""
    params, indices = convert_to_tensor(params), convert_to_tensor(indices)
    rank = indices.shape.rank
    if not isinstance(batch_dims, int):
        batch_dims = known_int(batch_dims)
    if params.shape.rank is None or rank is None:
        raise ValueError("tf.gather_nd with batch_dims needs inputs of known rank.")
    if not 0 <= batch_dims < rank or batch_dims >= params.shape.rank:
        raise ValueError(
            f"batch_dims = {batch_dims} must be less than rank(indices) = {rank} and "
            f"rank(params) = {params.shape.rank}"
        )
    shape = raw.Shape(indices, out_type=indices.dtype)
    columns = []
    for i in range(batch_dims):
        size = reshape(shape_piece(shape, i, i + 1), [])
        zero, one = convert_to_tensor(0, indices.dtype), convert_to_tensor(1, indices.dtype)
        line = raw.Range(zero, size, one)
        dims = np.ones(rank, np.int32)
        dims[i] = -1
        target = join_shapes(
            [shape_piece(shape, 0, rank - 1), convert_to_tensor([1], indices.dtype)]
        )
        columns.append(raw.BroadcastTo(reshape(line, dims), target))
    full = raw.ConcatV2([*columns, indices], -1)
    return gather_nd_op(params, full, name=name)


# ---- UnravelIndex ----


def _unravel_shape(c: Inference) -> TensorShape:
    indices, dims = c.shape(0), c.shape(1)
    if indices.rank is None:
        return TensorShape(None)
    count = dims[0] if dims.rank == 1 else None
    return TensorShape([count, *indices.as_list()])


def _unravel_index(indices: np.ndarray, dims: np.ndarray) -> np.ndarray:
    if indices.ndim > 1:
        raise invalid(
            f'The indices can only be scalar or vector, got "{shape_text(indices.shape)}"'
        )
    if dims.ndim != 1:
        raise invalid(f'The indices can only be 1-D, got "{shape_text(dims.shape)}"')
    if not dims.all():
        raise invalid(
            "Input dims cannot contain a dim of zero, but dims contains zero at index "
            f"{int(np.argmin(dims != 0))}"
        )
    if indices.size and (indices.min() < 0 or indices.max() >= np.prod(dims, dtype=np.int64)):
        raise invalid("index is out of bound as with dims")
    strides = np.cumprod(np.r_[1, dims[:0:-1]])[::-1]
    spread = [-1] + [1] * indices.ndim
    return ((indices // strides.reshape(spread)) % dims.reshape(spread)).astype(indices.dtype)


unravel_index_op = op(
    "UnravelIndex",
    shape=_unravel_shape,
    host=_unravel_index,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("unravel_index")
def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Any:
    """Coordinates of positions in the row-major order of an array.

    Args:
        indices: an integer scalar or vector of positions.
        dims: the array's shape, a vector of the same dtype.
        name: name of the node in a graph.

    Returns:
        A tensor `[rank]` or `[rank, n]`, a column per position.

    Raises:
        InvalidArgumentError: for a position outside the array.

    >>> import tidefall as tf
    >>> tf.unravel_index([2, 5], [2, 3]).numpy()
    array([[0, 1],
           [2, 2]], dtype=int32)
    """
    return unravel_index_op(indices, dims, name=name)
