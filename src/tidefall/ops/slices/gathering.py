"""Slices picked by index along one axis: gather and boolean_mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import KEEPS_FINITE, LINEAR, MOVES, SAFE_IN_HALF
from tidefall.ops.array.common import (
    constant_int,
    join_shapes,
    known_int,
    objects,
    place_text,
    plain_array,
    shape_piece,
    shortcut,
    unrecorded,
    unwrap,
)
from tidefall.ops.array.reshaping import reshape, shape_of
from tidefall.ops.batching import Call
from tidefall.ops.common import invalid, jnp
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor

# ---- GatherV2 ----

_INDICES = tuple(np.dtype(d) for d in (np.int32, np.int64, np.int16))


def _gather_v2_shape(c: Inference) -> TensorShape:
    params, indices = c.shape(0), c.shape(1)
    batch = c.attr("batch_dims")
    axis = constant_int(c, 2)
    if c.shape(2).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(2).rank}")
    if params.rank is None or indices.rank is None:
        return TensorShape(None)
    if batch < 0:
        batch += indices.rank
    if not 0 <= batch <= indices.rank:
        raise ValueError(
            f"Expected batch_dims in the range [{-indices.rank}, {indices.rank}], "
            f"but got {c.attr('batch_dims')}"
        )
    rank = params.rank + indices.rank - 1 - batch
    if axis is None:
        return TensorShape([None] * rank)
    if not -params.rank <= axis < params.rank:
        least = axis + 1 if axis >= 0 else -axis
        raise ValueError(f"Shape must be at least rank {least} but is rank {params.rank}")
    axis %= params.rank
    if batch > axis:
        raise ValueError(f"batch_dims ({batch}) must be less than or equal to axis ({axis})")
    p, i = params.as_list(), indices.as_list()
    lead = [b if a is None else a for a, b in zip(p[:batch], i[:batch], strict=True)]
    return TensorShape(lead + p[batch:axis] + i[batch:] + p[axis + 1 :])


def _check_indices(indices: np.ndarray, size: int, at: str = "indices") -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        bad = np.argwhere((indices < 0) | (indices >= size))[0].tolist()
        where = f"{at}{place_text(bad)}" if bad else at
        value = indices[tuple(bad)]
        raise invalid(f"{where} = {value} is not in [0, {size})")


def _gather_v2_host(params: Any, indices: np.ndarray, axis: np.ndarray, *, batch_dims: int) -> Any:
    array = objects(params)
    at = int(axis.reshape(-1)[0])
    if array.ndim == 0:
        raise invalid("params must be at least 1 dimensional")
    if axis.ndim:
        raise invalid("axis must be scalar")
    if not -array.ndim <= at < array.ndim:
        raise ValueError("axis out of range")
    at %= array.ndim
    batch = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    if not batch:
        return unwrap(_take(array, indices, at))
    for i in range(batch):
        if batch > at or array.shape[i] != indices.shape[i]:
            raise invalid(
                f"params.shape[{i}]: {array.shape[i]} should be equal to indices.shape[{i}]: "
                f"{indices.shape[i]}"
            )
    _check_indices(indices, array.shape[at])
    return _batch_take(array, indices, at, batch)


def _take(array: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    _check_indices(indices, array.shape[axis])
    if array.ndim == 1 and indices.ndim == 0:
        return array[indices, ...]  # np.take would unpack the one element that is left
    return np.take(array, indices, axis)


def _batch_take(params: Any, indices: Any, axis: int, batch: int) -> Any:
    """Gather along `axis` with the first `batch` dimensions walked together."""
    lead = params.shape[:batch]
    count = int(np.prod(lead))
    xp = np if isinstance(params, np.ndarray) else jnp
    flat = params.reshape((count,) + params.shape[batch:])
    moved = xp.moveaxis(flat, axis - batch + 1, 1)
    each = int(np.prod(indices.shape[batch:]))
    taken = moved[np.arange(count)[:, None], indices.reshape((count, each))]
    taken = xp.moveaxis(taken, 1, axis - batch + 1)
    middle = params.shape[batch:axis]
    return taken.reshape(lead + middle + indices.shape[batch:] + params.shape[axis + 1 :])


def _gather_v2_xla(params: Any, indices: Any, axis: np.ndarray, *, batch_dims: int) -> Any:
    params, indices = jnp.asarray(params), jnp.asarray(indices)
    at = int(axis) % params.ndim
    batch = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    if not batch:
        if not indices.size:  # jnp.take forgets the shape of the indices when params are empty too
            dims = params.shape[:at] + indices.shape + params.shape[at + 1 :]
            return jnp.zeros(dims, params.dtype)
        # XLA cannot raise: like TensorFlow's own XLA lowering, indices are clamped.
        return jnp.take(params, indices, axis=at, mode="clip")
    return _batch_take(params, jnp.clip(indices, 0, params.shape[at] - 1), at, batch)


def _gather_v2_grad(op: Any, dy: Any) -> list[Any]:
    params, indices, axis = op.inputs
    batch = op.get_attr("batch_dims")
    at = known_int(axis)
    if batch < 0:
        batch += indices.shape.rank
    if at == 0 and not batch:
        return [_sparse_rows(params, indices, dy), None, None]
    if at is None:
        raise NotImplementedError("The gradient of a gather needs a constant axis.")
    return [_dense_gather_grad(params, indices, dy, at, batch), None, None]


def _sparse_rows(params: Any, indices: Any, dy: Any) -> IndexedSlices:
    shape = shape_of(params)
    tail = shape[1:] if isinstance(shape, np.ndarray) else _tail(shape)
    if isinstance(tail, np.ndarray):
        rows = np.concatenate([np.array([_count(indices)], np.int32), tail])
    else:
        rows = raw.ConcatV2([raw.Reshape(raw.Size(indices), [1]), tail], 0)
    values = reshape(dy, rows)
    return IndexedSlices(values, reshape(indices, [-1]), convert_to_tensor(shape))


def _count(indices: Any) -> int:
    size = indices.shape.num_elements()
    return -1 if size is None else size


def _tail(shape: Any) -> Any:
    return raw.StridedSlice(shape, [1], [0], [1], end_mask=1)


def _dense_gather_grad(params: Any, indices: Any, dy: Any, axis: int, batch: int) -> Any:
    """Sum the gradient slices that came from one index, batch by batch.

    The batch and the axis become one leading dimension of rows, and indices count across it.
    """
    rank, picks = params.shape.rank, indices.shape.rank
    if rank is None or picks is None:
        return _dense_gather_grad_of_any_rank(params, indices, dy, axis, batch)
    axis %= rank
    shape = shape_of(params)
    lead, size = shape_piece(shape, 0, batch), shape_piece(shape, axis, axis + 1)
    rest = join_shapes([shape_piece(shape, batch, axis), shape_piece(shape, axis + 1, rank)])
    inner = axis + picks - batch
    front = [*range(batch), *range(axis, inner), *range(batch, axis)]
    moved = raw.Transpose(dy, np.array([*front, *range(inner, dy_rank(rank, picks, batch))]))
    groups = _prod(lead)
    rows = reshape(moved, join_shapes([_prod_of(indices), rest]))
    segments = reshape(_batch_offsets(indices, groups, size, batch), [-1])
    summed = raw.UnsortedSegmentSum(rows, segments, reshape(_times(groups, size), []))
    back = reshape(summed, join_shapes([lead, size, rest]))
    inverse = [*range(batch), *range(batch + 1, axis + 1), batch, *range(axis + 1, rank)]
    return raw.Transpose(back, np.array(inverse))


def _dense_gather_grad_of_any_rank(
    params: Any, indices: Any, dy: Any, axis: int, batch: int
) -> Any:
    """The same where ranks are known when the graph runs."""
    rank, picks = raw.Rank(params), raw.Rank(indices)
    at = axis if axis >= 0 else raw.AddV2(rank, axis)
    inner = raw.Sub(raw.AddV2(at, picks), batch)
    shape = raw.Shape(params)
    lead, size = _between(shape, 0, batch), _between(shape, at, raw.AddV2(at, 1))
    rest = join_shapes([_between(shape, batch, at), _between(shape, raw.AddV2(at, 1), rank)])
    front = [
        _numbers(0, batch),
        _numbers(at, inner),
        _numbers(batch, at),
        _numbers(inner, raw.Rank(dy)),
    ]
    moved = raw.Transpose(dy, raw.ConcatV2(front, 0))
    groups = _prod(lead)
    rows = reshape(moved, join_shapes([_prod(raw.Shape(indices)), rest]))
    segments = reshape(_batch_offsets(indices, groups, size, batch), [-1])
    summed = raw.UnsortedSegmentSum(rows, segments, reshape(_times(groups, size), []))
    back = reshape(summed, join_shapes([lead, size, rest]))
    after = raw.AddV2(at, 1)
    inverse = [_numbers(0, batch), _numbers(batch + 1, after), [batch], _numbers(after, rank)]
    return raw.Transpose(back, raw.ConcatV2(inverse, 0))


def _between(shape: Any, begin: Any, end: Any) -> Any:
    """A piece of a shape, of bounds that may be tensors."""
    return raw.StridedSlice(shape, raw.Pack([begin]), raw.Pack([end]), [1])


def _numbers(begin: Any, end: Any) -> Any:
    """The whole numbers from one to before the other."""
    return raw.Range(begin, end, 1)


def dy_rank(params: int, indices: int, batch: int) -> int:
    """Rank of what a gather gives."""
    return params + indices - 1 - batch


def _prod(shape: Any) -> Any:
    """Number of elements of a shape, as a vector of one element."""
    if isinstance(shape, np.ndarray):
        return np.array([np.prod(shape, dtype=np.int32)], np.int32)
    return raw.Prod(shape, np.array([0], np.int32), keep_dims=True)


def _prod_of(tensor: Any) -> Any:
    return _prod(shape_of(tensor))


def _times(a: Any, b: Any) -> Any:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a * b
    return raw.Mul(a, b)


def _batch_offsets(indices: Any, groups: Any, size: Any, batch: int) -> Any:
    """Indices into the concatenation of all batches."""
    if not batch:
        return indices
    numbers = raw.Range(0, reshape(groups, []), 1)
    starts = reshape(raw.Mul(numbers, reshape(size, [])), [-1, 1])
    flat = reshape(indices, join_shapes([groups, np.array([-1], np.int32)]))
    if indices.dtype != dtypes.int32:
        starts = raw.Cast(starts, DstT=indices.dtype)
    return raw.AddV2(flat, starts)


def _gather_batching(call: Call) -> Any:
    """One table for all runs is gathered from once; else the runs are a batch dimension."""
    axis, batch = int(call.constant(2)), call.attrs["batch_dims"]
    rank, index_rank = call.rank(0), call.rank(1)
    axis = axis + rank if axis < 0 else axis
    batch = batch + index_rank if batch < 0 else batch
    op = raw.GatherV2
    if not call.is_stacked(0) and not batch:
        found = op(call.tensor(0), call.tensor(1), np.array(axis, np.int32))
        if not axis:
            return found
        total = rank + index_rank
        perm = [axis, *range(axis), *range(axis + 1, total)]
        return raw.Transpose(found, np.array(perm, np.int32))
    if not call.is_stacked(1) and not batch:
        return op(call.tensor(0), call.tensor(1), np.array(axis + 1, np.int32))
    return op(call.stacked(0), call.stacked(1), np.array(axis + 1, np.int32), batch_dims=batch + 1)


gather_v2_op = op(
    "GatherV2",
    shape=_gather_v2_shape,
    host=_gather_v2_host,
    xla=_gather_v2_xla,
    effects=PURE,
    traits=(MOVES, LINEAR, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_gather_batching,
    gradient=_gather_v2_grad,
    static=("axis",),
)


def _gather_shape(c: Inference) -> TensorShape:
    params, indices = c.shape(0), c.shape(1)
    if params.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if params.rank is None or indices.rank is None:
        return TensorShape(None)
    return TensorShape(indices.as_list() + params.as_list()[1:])


def _old_gather_batching(call: Call) -> Any:
    """The same along the first dimension."""
    op, first = raw.GatherV2, np.array(0, np.int32)
    if not call.is_stacked(0):
        return op(call.tensor(0), call.tensor(1), first)
    second = np.array(1, np.int32)
    if not call.is_stacked(1):
        return op(call.tensor(0), call.tensor(1), second)
    return op(call.tensor(0), call.tensor(1), second, batch_dims=1)


gather_op = op(
    "Gather",
    shape=_gather_shape,
    host=lambda params, indices: _gather_v2_host(params, indices, np.int32(0), batch_dims=0),
    xla=lambda params, indices: jnp.take(params, indices, axis=0, mode="clip"),
    effects=PURE,
    traits=(MOVES, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_old_gather_batching,
    gradient=lambda op, dy: [_sparse_rows(op.inputs[0], op.inputs[1], dy), None],
)


@export("gather", dispatch=OTHER)
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Slices of a tensor along one axis, picked by index.

    Args:
        params: a tensor of at least one dimension, or a variable.
        indices: an integer tensor of any shape with values in `[0, params.shape[axis])`.
        validate_indices: ignored; indices are always checked where errors can be raised.
        axis: the axis to pick along; None means `batch_dims`.
        batch_dims: number of leading dimensions that `params` and `indices` share.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `params.shape[:axis] + indices.shape[batch_dims:] +
        params.shape[axis + 1:]`.

    Raises:
        InvalidArgumentError: for an index out of range (on an accelerator it is clamped).

    >>> import tidefall as tf
    >>> tf.gather([10, 20, 30], [2, 0]).numpy()
    array([30, 10], dtype=int32)
    """
    if axis is None:
        axis = batch_dims
    if type(axis) is int and not batch_dims and unrecorded(params):
        array, picks = plain_array(params), plain_array(indices)
        if array is not None and picks is not None and picks.dtype in _INDICES:
            result = shortcut(_take, array, picks, axis)
            if result is not None:
                return result
    if isinstance(axis, int) and axis == 0 and not batch_dims:
        sparse_read = getattr(params, "sparse_read", None)
        if sparse_read is not None:
            return sparse_read(indices, name=name)
    return gather_v2_op(params, indices, axis, batch_dims=batch_dims, name=name)


# ---- boolean_mask ----


@export("boolean_mask")
def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Any:
    """The parts of a tensor where a mask is True.

    Args:
        tensor: a tensor of rank n.
        mask: a bool tensor of rank k <= n, of static rank at least 1; its shape is that of
            dimensions `axis` to `axis + k - 1` of `tensor`.
        axis: the first dimension the mask is about, 0 when None.
        name: name of the node in a graph.

    Returns:
        A tensor of rank n - k + 1 with one slice per True in the mask, in order.

    Raises:
        ValueError: if the shapes do not agree or the mask is a scalar.

    >>> import tidefall as tf
    >>> tf.boolean_mask([1, 2, 3], [True, False, True]).numpy()
    array([1, 3], dtype=int32)
    """
    if (axis is None or (isinstance(axis, int) and axis == 0)) and unrecorded(tensor):
        array, chosen = plain_array(tensor), plain_array(mask)
        if array is not None and chosen is not None and _fits(chosen, array):
            return EagerTensor(array[chosen])
    tensor, mask = convert_to_tensor(tensor), convert_to_tensor(mask)
    k = mask.shape.rank
    if k == 0:
        raise ValueError("mask cannot be scalar.")
    if k is None:
        raise ValueError(
            "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. "
            "shape=[None] is ok, but shape=None is not."
        )
    known = 0 if axis is None else known_int(convert_to_tensor(axis))
    if known is None:
        return _boolean_mask_at(tensor, mask, convert_to_tensor(axis), k, name)
    axis, rank = int(known), tensor.shape.rank
    if axis < 0 and rank is not None:
        axis += rank
    if rank is not None:
        tensor.shape[axis : axis + k].assert_is_compatible_with(mask.shape)
    with name_scope(name):
        flat = _merge(tensor, axis, k)
        where = raw.Where(reshape(mask, [-1]))
        picks = raw.Squeeze(where, squeeze_dims=[1])
        return gather_v2_op(flat, picks, axis)


def _boolean_mask_at(tensor: Any, mask: Any, axis: Any, k: int, name: str) -> Any:
    """`boolean_mask` along an axis that is known when the graph runs."""
    with name_scope(name):
        axis = raw.Cast(axis, DstT=dtypes.int32)
        shape, end = raw.Shape(tensor), raw.AddV2(axis, k)
        middle = raw.Prod(_between(shape, axis, end), np.array([0], np.int32), keep_dims=True)
        parts = [_between(shape, 0, axis), middle, _between(shape, end, raw.Size(shape))]
        picks = raw.Squeeze(raw.Where(reshape(mask, [-1])), squeeze_dims=[1])
        return raw.GatherV2(reshape(tensor, raw.ConcatV2(parts, 0)), picks, axis)


def _fits(mask: np.ndarray, array: np.ndarray) -> bool:
    rank = mask.ndim
    return rank > 0 and mask.dtype == np.bool_ and array.shape[:rank] == mask.shape


def _merge(tensor: Any, axis: int, count: int) -> Any:
    """Dimensions `axis` to `axis + count - 1` as one."""
    if count == 1:
        return tensor
    shape = shape_of(tensor)
    if isinstance(shape, np.ndarray):
        middle = np.array([np.prod(shape[axis : axis + count])], np.int32)
        return reshape(tensor, np.concatenate([shape[:axis], middle, shape[axis + count :]]))
    middle = raw.Prod(
        shape_piece(shape, axis, axis + count), np.array([0], np.int32), keep_dims=True
    )
    tail = raw.StridedSlice(shape, [axis + count], [0], [1], end_mask=1)
    flat = reshape(tensor, join_shapes([shape_piece(shape, 0, axis), middle, tail]))
    static = tensor.shape
    if static.rank is not None:
        merged = static[axis : axis + count].num_elements()
        flat.set_shape(static[:axis].concatenate([merged]).concatenate(static[axis + count :]))
    return flat
