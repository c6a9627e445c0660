"""Elements picked by index: gather, gather_nd, boolean_mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.indexed_slices import IndexedSlices
from tidefall.core.inference import Inference
from tidefall.core.op import export, find_op, op
from tidefall.core.shapes import TensorShape
from tidefall.ops.array_common import constant_int, known_int, merge_dims, objects, unwrap
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.reshaping import reshape, shape_of

# ---- GatherV2 ----


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
            f"Expected batch_dims in the range [{-indices.rank}, {indices.rank}], but got {c.attr('batch_dims')}"
        )
    rank = params.rank + indices.rank - 1 - batch
    if axis is None:
        return TensorShape([None] * rank)
    if not -params.rank <= axis < params.rank:
        raise ValueError(
            f"Shape must be at least rank {axis + 1 if axis >= 0 else -axis} but is rank {params.rank}"
        )
    axis %= params.rank
    if batch > axis:
        raise ValueError(f"batch_dims ({batch}) must be less than or equal to axis ({axis})")
    p, i = params.as_list(), indices.as_list()
    lead = [merge_dims(a, b) for a, b in zip(p[:batch], i[:batch], strict=True)]
    return TensorShape(lead + p[batch:axis] + i[batch:] + p[axis + 1 :])


def _check_indices(indices: np.ndarray, size: int, at: str = "indices") -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        bad = np.argwhere((indices < 0) | (indices >= size))[0].tolist()
        where = f"{at}{bad}" if bad else at
        value = indices[tuple(bad)]
        raise invalid(f"{where} = {value} is not in [0, {size})")


def _gather_v2_host(
    params: Any, indices: np.ndarray, axis: np.ndarray, *, batch_dims: int, Tparams: Any
) -> Any:
    array = objects(params)
    at = int(axis)
    if not -array.ndim <= at < array.ndim:
        raise ValueError("axis out of range")
    at %= array.ndim
    batch = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    _check_indices(indices, array.shape[at])
    if not batch:
        return unwrap(np.take(array, indices, at)[...], Tparams)
    if batch > at or array.shape[:batch] != indices.shape[:batch]:
        raise ValueError("batch dimensions do not match")
    return _batch_take(array, indices, at, batch)


def _batch_take(params: Any, indices: Any, axis: int, batch: int) -> Any:
    """Gather along `axis` with the first `batch` dimensions walked together."""
    lead = params.shape[:batch]
    count = int(np.prod(lead))
    flat = params.reshape((count,) + params.shape[batch:])
    picks = indices.reshape((count, -1))
    moved = (
        np.moveaxis(flat, axis - batch + 1, 1)
        if isinstance(flat, np.ndarray)
        else jnp.moveaxis(flat, axis - batch + 1, 1)
    )
    rows = np.arange(count)[:, None]
    taken = moved[rows, picks]
    back = np.moveaxis if isinstance(taken, np.ndarray) else jnp.moveaxis
    taken = back(taken, 1, axis - batch + 1)
    middle = params.shape[batch:axis]
    return taken.reshape(lead + middle + indices.shape[batch:] + params.shape[axis + 1 :])


def _gather_v2_xla(params: Any, indices: Any, axis: np.ndarray, *, batch_dims: int) -> Any:
    params, indices = jnp.asarray(params), jnp.asarray(indices)
    at = int(axis) % params.ndim
    batch = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    if not batch:
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
        rows = find_op("ConcatV2")([find_op("Reshape")(find_op("Size")(indices), [1]), tail], 0)
    values = reshape(dy, rows)
    return IndexedSlices(values, reshape(indices, [-1]), convert_to_tensor(shape))


def _count(indices: Any) -> int:
    size = indices.shape.num_elements()
    return -1 if size is None else size


def _tail(shape: Any) -> Any:
    return find_op("StridedSlice")(shape, [1], [0], [1], end_mask=1)


def _dense_gather_grad(params: Any, indices: Any, dy: Any, axis: int, batch: int) -> Any:
    """Sum the gradient rows that came from one index, batch by batch."""
    rank, picks = params.shape.rank, indices.shape.rank
    if rank is None or picks is None:
        raise NotImplementedError("The gradient of a gather needs inputs of known rank.")
    axis %= rank
    middle = list(range(axis, axis + picks - batch))
    order = (
        list(range(batch))
        + middle
        + list(range(batch, axis))
        + list(range(axis + picks - batch, rank + picks - batch - 1))
    )
    moved = find_op("Transpose")(dy, np.array(order, np.int32))
    shape = shape_of(params)
    lead = _piece(shape, 0, batch)
    size = _piece(shape, axis, axis + 1)
    rest = _join([_piece(shape, batch, axis), _piece(shape, axis + 1, rank)])
    groups = find_op("Prod")(lead, np.array([0], np.int32)) if batch else np.int32(1)
    one = np.array([-1], np.int32)
    rows = reshape(moved, _join([one, rest])) if _has_rows(indices) else moved
    offsets = _batch_offsets(indices, groups, size, batch)
    segments = reshape(offsets, [-1])
    total = find_op("Mul")(groups, reshape(size, []))
    summed = find_op("UnsortedSegmentSum")(rows, segments, total)
    back = reshape(summed, _join([lead, size, rest]))
    inverse = (
        list(range(batch))
        + [i + 1 for i in range(batch, axis)]
        + [batch]
        + list(range(axis + 1, rank))
    )
    return find_op("Transpose")(back, np.array(inverse, np.int32))


def _has_rows(indices: Any) -> bool:
    return True


def _piece(shape: Any, begin: int, end: int) -> Any:
    if isinstance(shape, np.ndarray):
        return shape[begin:end]
    return find_op("StridedSlice")(shape, [begin], [end], [1])


def _join(parts: list[Any]) -> Any:
    if all(isinstance(p, np.ndarray) for p in parts):
        return np.concatenate(parts)
    return find_op("ConcatV2")(parts, 0)


def _batch_offsets(indices: Any, groups: Any, size: Any, batch: int) -> Any:
    """Indices into the concatenation of all batches."""
    if not batch:
        return indices
    starts = find_op("Mul")(find_op("Range")(0, groups, 1), reshape(size, []))
    flat = reshape(
        indices,
        _join([reshape_1(groups), np.array([-1], np.int32)])
        if not isinstance(groups, np.generic)
        else [int(groups), -1],
    )
    starts = find_op("Cast")(reshape(starts, [-1, 1]), DstT=indices.dtype)
    return find_op("AddV2")(flat, starts)


def reshape_1(scalar: Any) -> Any:
    """A scalar as a vector of one element."""
    return reshape(scalar, [1])


gather_v2_op = op(
    "GatherV2",
    shape=_gather_v2_shape,
    host=_gather_v2_host,
    xla=_gather_v2_xla,
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


gather_op = op(
    "Gather",
    shape=_gather_shape,
    host=lambda params, indices, *, Tparams: _gather_v2_host(
        params, indices, np.int32(0), batch_dims=0, Tparams=Tparams
    ),
    xla=lambda params, indices: jnp.take(params, indices, axis=0, mode="clip"),
    gradient=lambda op, dy: [_sparse_rows(op.inputs[0], op.inputs[1], dy), None],
)


@export("gather")
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
    if isinstance(axis, int) and axis == 0 and not batch_dims:
        sparse_read = getattr(params, "sparse_read", None)
        if sparse_read is not None:
            return sparse_read(indices, name=name)
    return gather_v2_op(params, indices, axis, batch_dims=batch_dims, name=name)


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
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: {shape_text(indices)} "
            f"and params shape: {shape_text(params)}"
        )
    return TensorShape(indices.as_list()[:-1] + params.as_list()[depth:])


def flat_index(indices: Any, shape: Any, xp: Any = np) -> Any:
    """Position in row-major order of each index vector `[..., depth]` into `shape[:depth]`."""
    depth = indices.shape[-1]
    strides = np.cumprod([1, *shape[1:depth][::-1]])[::-1] if depth else np.zeros(0)
    return (indices * xp.asarray(strides.astype(np.int64))).sum(-1, dtype=np.int64)


def _gather_nd_host(
    params: Any, indices: np.ndarray, *, Tparams: Any, bad_indices_policy: str
) -> Any:
    array = objects(params)
    depth = indices.shape[-1]
    if depth > array.ndim:
        raise ValueError("too deep")
    outside = ((indices < 0) | (indices >= np.array(array.shape[:depth], np.int64))).any(-1)
    ignore = bad_indices_policy == "IGNORE"
    if not ignore and outside.any():
        where = np.argwhere(outside)[0].tolist()
        row = indices[tuple(where)]
        raise invalid(
            f"indices{where} = {row.tolist()} does not index into param shape "
            f"{shape_text(array.shape)}, node name: GatherNd"
        )
    picks = np.where(outside[..., None], 0, indices) if ignore else indices
    taken = array[(*np.moveaxis(picks, -1, 0), ...)]
    if ignore and outside.any():
        taken = np.array(taken)
        taken[outside] = b"" if taken.dtype == object else 0
    return unwrap(taken, Tparams)


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
            else find_op("Cast")(shape, DstT=dtypes.int64)
        )
    return [find_op("ScatterNd")(indices, dy, shape), None]


gather_nd_op = op(
    "GatherNd",
    shape=_gather_nd_shape,
    host=_gather_nd_host,
    xla=_gather_nd_xla,
    gradient=_gather_nd_grad,
)


@export("gather_nd")
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
    shape = find_op("Shape")(indices, out_type=indices.dtype)
    columns = []
    for i in range(batch_dims):
        size = reshape(_piece(shape, i, i + 1), [])
        zero, one = convert_to_tensor(0, indices.dtype), convert_to_tensor(1, indices.dtype)
        line = find_op("Range")(zero, size, one)
        dims = np.ones(rank, np.int32)
        dims[i] = -1
        target = _join([_piece(shape, 0, rank - 1), convert_to_tensor([1], indices.dtype)])
        columns.append(find_op("BroadcastTo")(reshape(line, dims), target))
    full = find_op("ConcatV2")([*columns, indices], -1)
    return gather_nd_op(params, full, name=name)


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
    tensor, mask = convert_to_tensor(tensor), convert_to_tensor(mask)
    k = mask.shape.rank
    if k == 0:
        raise ValueError("mask cannot be scalar.")
    if k is None:
        raise ValueError(
            "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. "
            "shape=[None] is ok, but shape=None is not."
        )
    axis = 0 if axis is None else int(known_int(convert_to_tensor(axis)) or 0)
    rank = tensor.shape.rank
    if axis < 0 and rank is not None:
        axis += rank
    if rank is not None:
        tensor.shape[axis : axis + k].assert_is_compatible_with(mask.shape)
    flat = _merge(tensor, axis, k)
    where = find_op("Where")(reshape(mask, [-1]))
    picks = find_op("Squeeze")(where, squeeze_dims=[1])
    return gather_v2_op(flat, picks, axis, name=name)


def _merge(tensor: Any, axis: int, count: int) -> Any:
    """Dimensions `axis` to `axis + count - 1` as one."""
    if count == 1:
        return tensor
    shape = shape_of(tensor)
    if isinstance(shape, np.ndarray):
        middle = np.array([np.prod(shape[axis : axis + count])], np.int32)
        return reshape(tensor, np.concatenate([shape[:axis], middle, shape[axis + count :]]))
    middle = find_op("Prod")(
        _piece(shape, axis, axis + count), np.array([0], np.int32), keep_dims=True
    )
    tail = find_op("StridedSlice")(shape, [axis + count], [0], [1], end_mask=1)
    flat = reshape(tensor, _join([_piece(shape, 0, axis), middle, tail]))
    static = tensor.shape
    if static.rank is not None:
        merged = static[axis : axis + count].num_elements()
        flat.set_shape(static[:axis].concatenate([merged]).concatenate(static[axis + count :]))
    return flat
