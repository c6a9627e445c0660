"""Elements put in places given by index: scatter_nd and tensor_scatter_nd_*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.op.traits import LINEAR
from tidefall.ops.array.common import full_shape, place_text, zeros_array
from tidefall.ops.batching import Call, numbered
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.slices.gathering_nd import gather_nd_op

Kernel = Callable[..., Any]


# ---- shapes and checks ----


def check_update_shape(target: TensorShape, indices: TensorShape, updates: TensorShape) -> None:
    """Raise ValueError unless `updates` fits rows of `target` picked by `indices`."""
    if target.rank is None or indices.rank is None or updates.rank is None:
        return
    if indices.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    depth = indices[-1]
    if depth is None:
        return
    if depth > target.rank:
        raise ValueError(
            f"The last dimension of indices, {depth}, must be at most the rank of the output, "
            f"{target.rank}"
        )
    lead = indices.rank - 1
    if not updates[:lead].is_compatible_with(indices[:-1]):
        raise ValueError(
            f"Dimensions [0,{lead}) of indices[shape={shape_text(indices)}] must match dimensions "
            f"[0,{lead}) of updates[shape={shape_text(updates)}]"
        )
    if not updates[lead:].is_compatible_with(target[depth:]):
        raise ValueError(
            f"Dimensions [{depth},{target.rank}) of input[shape={shape_text(target)}] must match "
            f"dimensions [{lead},{updates.rank}) of updates[shape={shape_text(updates)}]"
        )


def _check(shape: tuple[int, ...], indices: np.ndarray, updates: np.ndarray, policy: str) -> Any:
    """Flat row numbers and the rows, after checking; out-of-range rows are dropped on "IGNORE"."""
    check_update_shape(*(TensorShape(s) for s in (shape, indices.shape, updates.shape)))
    if not updates.ndim:
        raise invalid("Updates shape must have rank at least one. Found: []")
    depth = indices.shape[-1]
    if indices.shape[:-1] != updates.shape[: indices.ndim - 1]:
        raise invalid(
            f"Dimensions [0,{indices.ndim - 1}) of indices[shape={shape_text(indices.shape)}] must "
            f"match those of updates[shape={shape_text(updates.shape)}]"
        )
    count, row = _product(indices.shape[:-1]), _product(shape[depth:])
    rows = updates.reshape((count, row))
    if not count or not depth:
        return np.zeros(count, np.int64), rows
    flat_indices = indices.reshape((count, depth))
    outside = ((flat_indices < 0) | (flat_indices >= np.array(shape[:depth]))).any(-1)
    if outside.any():
        if policy != "IGNORE":
            _bad_index(shape, indices, int(np.argmax(outside)))
        flat_indices, rows = flat_indices[~outside], rows[~outside]
    return np.ravel_multi_index(tuple(flat_indices.T), shape[:depth]), rows


def _bad_index(shape: tuple[int, ...], indices: np.ndarray, which: int) -> None:
    where = np.unravel_index(which, indices.shape[:-1])
    raise invalid(
        f"indices{place_text(where)} = {indices[where].tolist()} "
        f"does not index into shape {shape_text(shape)}"
    )


def _product(dims: tuple[int, ...]) -> int:
    return int(np.prod(dims, dtype=np.int64))


def _rows(array: np.ndarray, depth: int) -> np.ndarray:
    """The array as `[rows, row]`, sharing memory."""
    return array.reshape((_product(array.shape[:depth]), _product(array.shape[depth:])))


def add_rows(target: np.ndarray, flat: np.ndarray, rows: np.ndarray, negate: bool = False) -> None:
    """`target[flat[i]] += rows[i]`, where an index may come several times."""
    if target.dtype == object:
        np.add.at(target, flat, rows)
    elif target.dtype == np.bool_:
        np.logical_or.at(target, flat, rows)
    elif target.shape[1] == 1:
        (np.subtract if negate else np.add).at(target[:, 0], flat, rows[:, 0])
    elif flat.size:
        order = np.argsort(flat, kind="stable")
        ordered = flat[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        sums = np.add.reduceat(rows[order], starts, axis=0)
        places = ordered[starts]
        target[places] = target[places] - sums if negate else target[places] + sums


# ---- ScatterNd ----


def _scatter_nd_shape(c: Inference) -> TensorShape:
    target = full_shape(c, 2)
    check_update_shape(target, c.shape(0), c.shape(1))
    return target


def _scatter_nd_host(
    indices: np.ndarray, updates: np.ndarray, shape: np.ndarray, *, bad_indices_policy: str
) -> np.ndarray:
    if shape.ndim != 1:
        raise invalid("Shape must be a vector")
    dims = tuple(shape.tolist())
    if dims and min(dims) < 0:
        raise ValueError("negative dimension")
    if updates.size and not all(dims):
        raise invalid(
            "Indices and updates specified for empty output.  indices shape: "
            f"{shape_text(indices.shape)}"
        )
    flat, rows = _check(dims, indices, updates, bad_indices_policy)
    result = zeros_array(dims, updates.dtype)
    add_rows(_rows(result, indices.shape[-1]), flat, rows)
    return result


def _tuple_index(indices: Any) -> tuple[Any, ...]:
    indices = jnp.asarray(indices)
    # A negative index would count from the end: push it out of range, where it is dropped.
    safe = jnp.where(indices < 0, np.iinfo(np.int32).max, indices)
    return tuple(safe[..., i] for i in range(indices.shape[-1]))


def _scatter_nd_xla(indices: Any, updates: Any, shape: np.ndarray) -> Any:
    zeros = jnp.zeros(tuple(shape.tolist()), updates.dtype)
    place = zeros.at[_tuple_index(indices)]
    add = place.max if zeros.dtype == np.bool_ else place.add
    return add(updates, mode="drop")


def _scatter_nd_batching(call: Call) -> Any:
    """The run is one more index."""
    indices = numbered(call, call.stacked(0), call.rank(0))
    shape = call.fixed(2)
    count = raw.Cast(call.runs.vector(), DstT=shape.dtype)
    return call.run([indices, call.stacked(1), raw.ConcatV2([count, shape], 0)])


scatter_nd_op = op(
    "ScatterNd",
    shape=_scatter_nd_shape,
    host=_scatter_nd_host,
    xla=_scatter_nd_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=_scatter_nd_batching,
    gradient=lambda op, dy: [None, gather_nd_op(dy, op.inputs[0]), None],
    static=("shape",),
)


@export("scatter_nd")
def scatter_nd(
    indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """A tensor of zeros with values added at the places given.

    Args:
        indices: an integer tensor `[..., depth]`; each row is a place in the first `depth`
            dimensions.
        updates: a tensor of shape `indices.shape[:-1] + shape[depth:]`; values for one place add
            up.
        shape: the shape of the result.
        bad_indices_policy: "" or "DEFAULT", "ERROR" to raise for an index out of range, "IGNORE"
            to skip it.
        name: name of the node in a graph.

    Returns:
        A tensor of the given shape and the dtype of `updates`.

    Raises:
        InvalidArgumentError: for an index out of range, or updates of another shape.

    >>> import tidefall as tf
    >>> tf.scatter_nd([[1], [3], [1]], [9, 7, 1], [5]).numpy()
    array([ 0, 10,  0,  7,  0], dtype=int32)
    """
    return scatter_nd_op(indices, updates, shape, bad_indices_policy=bad_indices_policy, name=name)


# ---- TensorScatter* ----


def _tensor_scatter_shape(c: Inference) -> TensorShape:
    check_update_shape(c.shape(0), c.shape(1), c.shape(2))
    return c.shape(0)


def _host(apply: Callable[[np.ndarray, np.ndarray, np.ndarray], None], without: str = "") -> Kernel:
    """The kernel of a scatter; `without` are the kinds of dtype that TensorFlow has none for."""

    def kernel(
        tensor: np.ndarray, indices: np.ndarray, updates: np.ndarray, *, bad_indices_policy: str
    ) -> np.ndarray:
        if tensor.dtype.kind in without:
            raise NotFoundError(None, None, f"There is no such scatter for dtype {tensor.dtype}.")
        flat, rows = _check(tensor.shape, indices, updates, bad_indices_policy)
        result = np.array(tensor, order="C")
        apply(_rows(result, indices.shape[-1]), flat, rows)
        return result

    return kernel


def _assign(target: np.ndarray, flat: np.ndarray, rows: np.ndarray) -> None:
    target[flat] = rows


def _xla(method: str) -> Kernel:
    def kernel(tensor: Any, indices: Any, updates: Any) -> Any:
        place = jnp.asarray(tensor).at[_tuple_index(indices)]
        return getattr(place, method)(updates, mode="drop")

    return kernel


def _update_grad(op: Any, dy: Any) -> list[Any]:
    indices, updates = op.inputs[1:]
    cleared = tensor_scatter_update_op(dy, indices, raw.ZerosLike(updates))
    return [cleared, None, gather_nd_op(dy, indices)]


def _extreme_grad(op: Any, dy: Any) -> list[Any]:
    """Where several elements attain the extreme, the gradient is divided between them."""
    x, indices, y = op.inputs
    result = op.outputs[0]
    cast, equal, mul, div = (find_op(n) for n in ("Cast", "Equal", "Mul", "RealDiv"))
    in_x = cast(equal(x, result), DstT=dy.dtype)
    in_y = cast(equal(y, gather_nd_op(result, indices)), DstT=dy.dtype)
    shape = raw.Shape(x, out_type=indices.dtype)
    count = raw.AddV2(in_x, scatter_nd_op(indices, in_y, shape))
    share = div(dy, count)
    return [mul(share, in_x), None, mul(gather_nd_op(share, indices), in_y)]


def _tensor_scatter_batching(call: Call) -> Any:
    """The run is one more index."""
    indices = numbered(call, call.stacked(1), call.rank(1))
    return call.run([call.stacked(0), indices, call.stacked(2)])


tensor_scatter_update_op = op(
    "TensorScatterUpdate",
    shape=_tensor_scatter_shape,
    host=_host(_assign),
    xla=_xla("set"),
    effects=PURE,
    batching=_tensor_scatter_batching,
    gradient=_update_grad,
)
tensor_scatter_add_op = op(
    "TensorScatterAdd",
    shape=_tensor_scatter_shape,
    host=_host(add_rows, without="Ob"),
    xla=_xla("add"),
    effects=PURE,
    batching=_tensor_scatter_batching,
    gradient=lambda op, dy: [dy, None, gather_nd_op(dy, op.inputs[1])],
)
tensor_scatter_sub_op = op(
    "TensorScatterSub",
    shape=_tensor_scatter_shape,
    host=_host(lambda target, flat, rows: add_rows(target, flat, rows, negate=True), "Ob"),
    xla=lambda tensor, indices, updates: _xla("add")(tensor, indices, -jnp.asarray(updates)),
    effects=PURE,
    batching=_tensor_scatter_batching,
    gradient=lambda op, dy: [dy, None, raw.Neg(gather_nd_op(dy, op.inputs[1]))],
)
tensor_scatter_min_op = op(
    "TensorScatterMin",
    shape=_tensor_scatter_shape,
    host=_host(lambda target, flat, rows: np.minimum.at(target, flat, rows), "Obc"),
    xla=_xla("min"),
    effects=PURE,
    batching=_tensor_scatter_batching,
    gradient=_extreme_grad,
)
tensor_scatter_max_op = op(
    "TensorScatterMax",
    shape=_tensor_scatter_shape,
    host=_host(lambda target, flat, rows: np.maximum.at(target, flat, rows), "Obc"),
    xla=_xla("max"),
    effects=PURE,
    batching=_tensor_scatter_batching,
    gradient=_extreme_grad,
)
scatter_nd_non_aliasing_add_op = op(
    "ScatterNdNonAliasingAdd",
    shape=_tensor_scatter_shape,
    host=_host(add_rows),
    xla=lambda input, indices, updates: _xla("add")(input, indices, updates),
    effects=PURE,
    batching=_tensor_scatter_batching,
    gradient=lambda op, dy: [dy, None, gather_nd_op(dy, op.inputs[1])],
)


@export("tensor_scatter_nd_update")
def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Any:
    """A tensor with some elements or slices replaced.

    Args:
        tensor: a tensor of any dtype.
        indices: an integer tensor `[..., depth]`; each row is a place in the first `depth`
            dimensions.
        updates: a tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `tensor`. For a place given twice the last update counts.

    Raises:
        InvalidArgumentError: for an index out of range, or updates of another shape.

    >>> import tidefall as tf
    >>> tf.tensor_scatter_nd_update([1, 2, 3], [[0], [2]], [9, 8]).numpy()
    array([9, 2, 8], dtype=int32)
    """
    return tensor_scatter_update_op(tensor, indices, updates, name=name)


@export("tensor_scatter_nd_add")
def tensor_scatter_nd_add(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """A tensor with values added at some places.

    Args:
        tensor: a numeric tensor.
        indices: an integer tensor `[..., depth]`; each row is a place in the first `depth`
            dimensions.
        updates: a tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
        bad_indices_policy: "" or "DEFAULT", "ERROR" to raise for an index out of range, "IGNORE"
            to skip it.
        name: name of the node in a graph.

    Returns:
        A tensor like `tensor`; values for one place add up.

    Raises:
        InvalidArgumentError: for an index out of range, or updates of another shape.

    >>> import tidefall as tf
    >>> tf.tensor_scatter_nd_add([1, 2, 3], [[0], [0]], [10, 20]).numpy()
    array([31,  2,  3], dtype=int32)
    """
    return tensor_scatter_add_op(
        tensor, indices, updates, bad_indices_policy=bad_indices_policy, name=name
    )


@export("tensor_scatter_nd_sub")
def tensor_scatter_nd_sub(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """A tensor with values subtracted at some places.

    Args:
        tensor: a numeric tensor.
        indices: an integer tensor `[..., depth]`; each row is a place in the first `depth`
            dimensions.
        updates: a tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
        bad_indices_policy: see `tf.tensor_scatter_nd_add`.
        name: name of the node in a graph.

    Returns:
        A tensor like `tensor`.

    Raises:
        InvalidArgumentError: for an index out of range, or updates of another shape.

    >>> import tidefall as tf
    >>> tf.tensor_scatter_nd_sub([1, 2, 3], [[0]], [10]).numpy()
    array([-9,  2,  3], dtype=int32)
    """
    return tensor_scatter_sub_op(
        tensor, indices, updates, bad_indices_policy=bad_indices_policy, name=name
    )


@export("tensor_scatter_nd_min")
def tensor_scatter_nd_min(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """A tensor with the smaller of its own value and an update at some places.

    Args:
        tensor: a numeric tensor.
        indices: an integer tensor `[..., depth]`; each row is a place in the first `depth`
            dimensions.
        updates: a tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
        bad_indices_policy: see `tf.tensor_scatter_nd_add`.
        name: name of the node in a graph.

    Returns:
        A tensor like `tensor`.

    Raises:
        InvalidArgumentError: for an index out of range, or updates of another shape.

    >>> import tidefall as tf
    >>> tf.tensor_scatter_nd_min([1, 2, 3], [[1], [2]], [5, 0]).numpy()
    array([1, 2, 0], dtype=int32)
    """
    return tensor_scatter_min_op(
        tensor, indices, updates, bad_indices_policy=bad_indices_policy, name=name
    )


@export("tensor_scatter_nd_max")
def tensor_scatter_nd_max(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """A tensor with the larger of its own value and an update at some places.

    Args:
        tensor: a numeric tensor.
        indices: an integer tensor `[..., depth]`; each row is a place in the first `depth`
            dimensions.
        updates: a tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
        bad_indices_policy: see `tf.tensor_scatter_nd_add`.
        name: name of the node in a graph.

    Returns:
        A tensor like `tensor`.

    Raises:
        InvalidArgumentError: for an index out of range, or updates of another shape.

    >>> import tidefall as tf
    >>> tf.tensor_scatter_nd_max([1, 2, 3], [[1], [2]], [5, 0]).numpy()
    array([1, 5, 3], dtype=int32)
    """
    return tensor_scatter_max_op(
        tensor, indices, updates, bad_indices_policy=bad_indices_policy, name=name
    )
