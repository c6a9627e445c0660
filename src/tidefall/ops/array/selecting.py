"""Choices between elements: where, one_hot, sequence_mask."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER, dispatchable, is_dispatched, redirect
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import (
    BROADCASTING,
    CHEAP,
    LINEAR,
    MOVES,
    SAFE_IN_HALF,
    SIZED_BY_VALUES,
    TOTAL,
)
from tidefall.ops.array.common import (
    constant_int,
    merge_shapes,
    objects,
    plain_array,
    unrecorded,
    unwrap,
)
from tidefall.ops.batching import Call, joined, shape_vector, shifted
from tidefall.ops.branchless import choose
from tidefall.ops.common import invalid, jnp, shape_text, unbroadcast
from tidefall.ops.eager_tiers import LARGE, prefer_compiled
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

# ---- Where ----


def _where_shape(c: Inference) -> list[int | None]:
    value = c.constant(0)
    count = None if value is None else int(np.count_nonzero(value))
    return [count, c.shape(0).rank]


def _where_host(input: np.ndarray) -> np.ndarray:
    if input.ndim == 0:
        raise invalid("WhereOp : Unhandled input dimensions: 0")
    return np.argwhere(input).astype(np.int64, copy=False)


where_op = op(
    "Where",
    shape=_where_shape,
    host=_where_host,
    effects=PURE,
    traits=(SIZED_BY_VALUES,),
    gradient=NOT_DIFFERENTIABLE,
)


# ---- SelectV2 ----


def _select_v2_shape(c: Inference) -> TensorShape:
    condition, t, e = c.shapes()
    try:
        return broadcast_shape(condition, broadcast_shape(t, e))
    except ValueError:
        texts = [shape_text(s) if s.rank is not None else "<unknown>" for s in (condition, t, e)]
        raise ValueError(
            f"condition {texts[0]}, then {texts[1]}, and else {texts[2]} must be broadcastable"
        ) from None


def _select_v2_grad(op: Any, dy: Any) -> list[Any]:
    condition, t, e = op.inputs
    zeros = raw.ZerosLike(dy)
    dt = select_v2_op(condition, dy, zeros)
    de = select_v2_op(condition, zeros, dy)
    return [None, unbroadcast(dt, t, dt), unbroadcast(de, e, de)]


def _select_v2_host(condition: np.ndarray, t: Any, e: Any) -> Any:
    return unwrap(choose(condition, objects(t), objects(e)))


select_v2_op = op(
    "SelectV2",
    shape=_select_v2_shape,
    host=_select_v2_host,
    xla=lambda condition, t, e: jnp.where(condition, t, e),
    effects=PURE,
    traits=(BROADCASTING, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF),
    gradient=_select_v2_grad,
)
prefer_compiled(select_v2_op, elements=LARGE)


def _select_shape(c: Inference) -> TensorShape:
    condition, t, e = c.shapes()
    merged = merge_shapes(t, e)
    if condition.rank is not None and merged.rank is not None and condition.rank > 1:
        merge_shapes(condition, merged)
    return merged


def _aligned(condition: Any, t: Any) -> Any:
    """A condition vector chooses whole rows."""
    if condition.ndim == 1 and t.ndim > 1:
        if condition.shape[0] != t.shape[0]:
            raise invalid(
                "Number of batches of 'then' must match size of 'cond', but saw: "
                f"{t.shape[0]} vs. {condition.shape[0]}"
            )
        return condition.reshape((-1,) + (1,) * (t.ndim - 1))
    if condition.ndim not in (0, t.ndim):
        raise ValueError("condition does not fit")
    return condition


def _select_host(condition: np.ndarray, t: Any, e: Any) -> Any:
    t, e = objects(t), objects(e)
    if t.shape != e.shape:
        raise ValueError("shapes differ")
    return unwrap(choose(_aligned(condition, t), t, e))


def _select_grad(op: Any, dy: Any) -> list[Any]:
    condition = op.inputs[0]
    zeros = raw.ZerosLike(dy)
    return [None, select_op(condition, dy, zeros), select_op(condition, zeros, dy)]


def _select_batching(call: Call) -> Any:
    """The condition has one element for all, for each row, or for each element."""
    rank = call.rank(0)
    if not call.is_stacked(0) and rank == 0:
        return call.run([call.tensor(0), call.stacked(1), call.stacked(2)])
    condition = call.stacked(0)
    if 0 < rank < call.rank(1):
        condition = _with_ones(condition, call.rank(1) - rank)
    elif rank == 0 and call.rank(1) > 0:
        condition = _with_ones(condition, call.rank(1))
    return raw.SelectV2(condition, call.stacked(1), call.stacked(2))


def _with_ones(tensor: Any, extra: int) -> Any:
    return raw.Reshape(tensor, joined(shape_vector(tensor), [1] * extra))


select_op = op(
    "Select",
    shape=_select_shape,
    host=_select_host,
    xla=lambda condition, t, e: jnp.where(_aligned(jnp.asarray(condition), t), t, e),
    effects=PURE,
    traits=(MOVES, LINEAR, TOTAL, SAFE_IN_HALF),
    batching=_select_batching,
    gradient=_select_grad,
)


@export("where", dispatch=OTHER)
@dispatchable
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Elements of `x` where a condition holds and of `y` elsewhere; or where it holds.

    Args:
        condition: a bool tensor; with one argument, any numeric tensor (nonzero counts).
        x: a tensor that broadcasts with the others, or None.
        y: a tensor of the dtype of `x`, or None.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape; with one argument, int64 `[n, rank]` coordinates of the
        true elements.

    Raises:
        ValueError: if only one of `x` and `y` is given.
        InvalidArgumentError: if the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.where([True, False], [1, 2], 0).numpy()
    array([1, 0], dtype=int32)
    >>> tf.where([True, False, True]).numpy()
    array([[0],
           [2]])
    """
    if type(condition) is type(x) is type(y) is EagerTensor and unrecorded(x, y):
        c, a, b = condition.storage, x.storage, y.storage  # type: ignore[union-attr]
        if type(c) is type(a) is type(b) is ndarray and c.dtype == np.bool_ and a.dtype is b.dtype:
            try:
                return EagerTensor(choose(c, a, b))
            except ValueError:
                pass
    if is_dispatched(condition) or is_dispatched(x) or is_dispatched(y):
        made = redirect("where", condition, x, y, name=name)
        if made is not NotImplemented:
            return made
    if x is None and y is None:
        return where_op(convert_to_tensor(condition, dtype_hint=dtypes.bool), name=name or "Where")
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return select_v2_op(condition, x, y, name=name or "SelectV2")


@export("compat.v1.where")
def where_v1(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """`tf.where` as it was: `x` and `y` have one shape, and a vector chooses whole rows of them.

    Args:
        condition: a bool tensor of the shape of `x`, or a vector of its first dimension.
        x, y: tensors of one shape and dtype, or None.
        name: name of the node in a graph.

    >>> import tidefall as tf
    >>> tf.compat.v1.where([True, False], [[1, 2], [3, 4]], [[5, 6], [7, 8]]).numpy()
    array([[1, 2],
           [7, 8]], dtype=int32)
    """
    if x is None or y is None or any(is_dispatched(each) for each in (condition, x, y)):
        return where(condition, x, y, name)
    return raw.Select(condition, x, y, name=name or "Select")


# ---- OneHot ----


def _one_hot_shape(c: Inference) -> TensorShape:
    indices, depth = c.shape(0), constant_int(c, 1)
    for i, what in ((1, "depth"), (2, "on_value"), (3, "off_value")):
        if c.shape(i).rank not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {c.shape(i).rank} ({what})")
    if depth is not None and depth < 0:
        raise ValueError(f"depth must be non-negative, got: {depth}")
    axis = c.attr("axis")
    if indices.rank is None:
        return indices
    if not -1 <= axis <= indices.rank:
        return TensorShape(None)  # the kernel says what is wrong
    dims = indices.as_list()
    dims.insert(len(dims) if axis == -1 else axis, depth)
    return TensorShape(dims)


def _one_hot_host(
    indices: np.ndarray,
    depth: np.ndarray,
    on_value: np.ndarray,
    off_value: np.ndarray,
    *,
    axis: int,
) -> np.ndarray:
    for value, what in ((depth, "depth"), (on_value, "on_value"), (off_value, "off_value")):
        if value.ndim:
            raise invalid(f"{what} must be a scalar, but got: {shape_text(value.shape)}")
    if not -1 <= axis <= indices.ndim:
        raise invalid(
            f"Expected axis to be -1 or between [0, {indices.ndim + 1}).  But received: {axis}"
        )
    if int(depth) < 0:
        raise ValueError("depth is negative")
    return _marked(indices, int(depth), axis, on_value, off_value)


def _marked(
    indices: np.ndarray, depth: int, axis: int, on_value: np.ndarray, off_value: np.ndarray
) -> np.ndarray:
    """`on_value` at the places that indices name along a new axis, `off_value` elsewhere."""
    if indices.size * depth < LARGE:
        classes = np.arange(depth).reshape(_class_dims(indices.ndim, axis))
        return np.where(np.expand_dims(indices, axis) == classes, on_value, off_value)
    at = indices.ndim if axis == -1 else axis
    shape = (*indices.shape[:at], depth, *indices.shape[at:])
    if off_value.dtype.kind in "biufc" and not off_value:
        result = np.zeros(shape, off_value.dtype)  # memory that need not be written
    else:
        result = np.full(shape, off_value, off_value.dtype)
    before, after = math.prod(indices.shape[:at]), math.prod(indices.shape[at:])
    places = indices.reshape(before, after)
    outer, inner = ((places >= 0) & (places < depth)).nonzero()
    result.reshape(before, depth, after)[outer, places[outer, inner], inner] = on_value
    return result


def _class_dims(rank: int, axis: int) -> list[int]:
    dims = [1] * (rank + 1)
    dims[axis] = -1
    return dims


def _one_hot_xla(
    indices: Any, depth: np.ndarray, on_value: Any, off_value: Any, *, axis: int
) -> Any:
    indices = jnp.asarray(indices)
    classes = np.arange(int(depth), dtype=np.int64).reshape(_class_dims(indices.ndim, axis))
    hit = jnp.expand_dims(indices, axis) == classes
    return jnp.where(hit, on_value, off_value)


def _one_hot_batching(call: Call) -> Any:
    """An axis counted from the front moves by one."""
    rest = [call.fixed(i) for i in (1, 2, 3)]
    return call.run([call.tensor(0), *rest], axis=int(shifted(call.attrs["axis"])))


one_hot_op = op(
    "OneHot",
    shape=_one_hot_shape,
    host=_one_hot_host,
    xla=_one_hot_xla,
    effects=PURE,
    traits=(MOVES,),
    batching=_one_hot_batching,
    gradient=NOT_DIFFERENTIABLE,
    static=("depth",),
)


@export("one_hot", dispatch=OTHER)
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """One value at the place each index names, another everywhere else.

    Args:
        indices: an integer tensor of any shape; indices outside `[0, depth)` name no place.
        depth: size of the new dimension.
        on_value: a scalar, 1 when None.
        off_value: a scalar, 0 when None.
        axis: where the new dimension goes, last when None or -1.
        dtype: dtype of the result; None takes that of the values, or float32.
        name: name of the node in a graph.

    Returns:
        A tensor of one more dimension than `indices`.

    Raises:
        TypeError: if the dtypes of the values and `dtype` differ.
        InvalidArgumentError: for a negative depth or an axis out of range.

    >>> import tidefall as tf
    >>> tf.one_hot([0, 2], 3).numpy()
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    picks = plain_array(indices)
    if picks is not None and on_value is None and off_value is None and type(depth) is int:
        result = _plain_one_hot(picks, depth, -1 if axis is None else axis, dtype)
        if result is not None:
            return result
    with name_scope(name or "one_hot") as scope:
        return _one_hot(indices, depth, on_value, off_value, axis, dtype, scope)


def _one_hot(
    indices: Any, depth: Any, on_value: Any, off_value: Any, axis: Any, dtype: Any, name: str
) -> Any:
    wanted = None if dtype is None else as_dtype(dtype)
    on = (
        None
        if on_value is None
        else convert_to_tensor(on_value, dtype_hint=wanted, name="on_value")
    )
    off = (
        None
        if off_value is None
        else convert_to_tensor(off_value, dtype_hint=wanted, name="off_value")
    )
    found = on.dtype if on is not None else (off.dtype if off is not None else None)
    if wanted is None:
        wanted = found or dtypes.float32
    for value, what in ((on, "on_value"), (off, "off_value")):
        if value is not None and value.dtype != wanted and dtype is not None:
            raise TypeError(
                f"dtype {value.dtype} of {what} does not match dtype parameter {wanted}"
            )
    if on is not None and off is not None and on.dtype != off.dtype:
        raise TypeError(
            f"dtype {on.dtype} of on_value does not match dtype {off.dtype} of off_value"
        )
    on = convert_to_tensor(1, wanted, name="on_value") if on is None else on
    off = convert_to_tensor(0, wanted, name="off_value") if off is None else off
    at = -1 if axis is None else axis
    return one_hot_op(indices, depth, on, off, axis=at, name=name)


_INDICES = tuple(np.dtype(d) for d in (np.int32, np.int64, np.uint8, np.int8))


def _plain_one_hot(indices: np.ndarray, depth: int, axis: int, dtype: Any) -> Any:
    """Ones and zeros of a plain dtype, eagerly; None leaves the call to the op."""
    wanted = dtypes.float32 if dtype is None else as_dtype(dtype)
    if state.graph is not None or state.hooks or indices.dtype not in _INDICES:
        return None
    if not (wanted.is_floating or wanted.is_integer) or not -1 <= axis <= indices.ndim or depth < 0:
        return None
    if indices.size * depth >= LARGE:
        one = np.ones((), wanted.as_numpy_dtype)
        return EagerTensor(_marked(indices, depth, axis, one, np.zeros_like(one)))
    classes = np.arange(depth).reshape(_class_dims(indices.ndim, axis))
    hit = np.expand_dims(indices, axis) == classes
    return EagerTensor(hit.astype(wanted.as_numpy_dtype))


# ---- sequence_mask ----


@export("sequence_mask")
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None
) -> Any:
    """True for the first `lengths[...]` of `maxlen` places.

    Args:
        lengths: an integer tensor of any shape `[...]`.
        maxlen: number of places, a scalar; the largest length when None.
        dtype: dtype of the result.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor `[..., maxlen]`.

    Raises:
        ValueError: if `maxlen` is not a scalar.

    >>> import tidefall as tf
    >>> tf.sequence_mask([1, 3], dtype=tf.int32).numpy()
    array([[1, 0, 0],
           [1, 1, 1]], dtype=int32)
    """
    with name_scope(name or "SequenceMask"):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            axes = raw.Range(0, raw.Rank(lengths), 1)
            longest = raw.Max(lengths, axes, keep_dims=False)
            maxlen = raw.Maximum(convert_to_tensor(0, longest.dtype), longest)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.rank is not None and maxlen.shape.rank != 0:
            raise ValueError(
                "Argument `maxlen` must be scalar for sequence_mask, "
                f"received `maxlen` = {maxlen} with shape '{maxlen.shape}'"
            )
        zero, one = convert_to_tensor(0, maxlen.dtype), convert_to_tensor(1, maxlen.dtype)
        places = raw.Range(zero, maxlen, one)
        ends = raw.ExpandDims(lengths, -1)
        ends = ends if ends.dtype == maxlen.dtype else raw.Cast(ends, DstT=maxlen.dtype)
        mask = raw.Less(places, ends)
        wanted = as_dtype(dtype)
        return mask if wanted == dtypes.bool else raw.Cast(mask, DstT=wanted)
