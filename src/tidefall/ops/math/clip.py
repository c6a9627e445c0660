"""Keeping values or norms within limits."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY, dispatchable, is_dispatched, redirect
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import BROADCASTING
from tidefall.ops.array.common import plain_array
from tidefall.ops.common import invalid, jnp, shape_text, unchanged
from tidefall.ops.fast import like
from tidefall.ops.math.division import truediv
from tidefall.ops.math.elementwise import multiply
from tidefall.ops.math.power import maximum, minimum
from tidefall.ops.math.unary import sqrt
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray


def _is_slices(t: Any) -> bool:
    return hasattr(t, "indices") and hasattr(t, "values")


# ---- by value ----


def _check_limits(t: Any, low: Any, high: Any) -> None:
    for limit in (low, high):
        if limit.ndim and limit.shape != t.shape:
            raise invalid(
                "clip_value_min and clip_value_max must be either of the same shape as input, or a "
                f"scalar. input shape: {shape_text(t.shape)}clip_value_min shape: "
                f"{shape_text(low.shape)}clip_value_max shape: {shape_text(high.shape)}"
            )


def _clip_host(t: Any, low: Any, high: Any) -> Any:
    _check_limits(t, low, high)
    return np.maximum(np.minimum(t, high), low)


def _clip_xla(t: Any, low: Any, high: Any) -> Any:
    _check_limits(t, low, high)
    return jnp.maximum(jnp.minimum(t, high), low)


def _clip_grad(op: Any, dy: Any) -> list[Any]:
    x, low, high = op.inputs
    select, zero = raw.SelectV2, like(0, dy)
    below, above = raw.Less(x, low), raw.Greater(x, high)
    inside = select(raw.LogicalOr(below, above), zero, dy)
    return [inside, _fit(select(below, dy, zero), low), _fit(select(above, dy, zero), high)]


def _fit(grad: Any, limit: Any) -> Any:
    """The gradient for a limit, which is either shaped like the input or a scalar."""
    if limit.shape.rank == 0:
        return reduce_sum(grad)
    if limit.shape.rank is None:
        shape = raw.Shape
        axes, _ = raw.BroadcastGradientArgs(shape(limit), shape(grad))
        return raw.Reshape(raw.Sum(grad, axes), shape(limit))
    return grad


def _plain_clip(values: Any, low: Any, high: Any) -> ndarray | None:
    """The result for an array of float32 and limits that are plain; None for anything else."""
    if type(values) is not ndarray:
        return None
    low, high = _plain_limit(low), _plain_limit(high)
    if low is None or high is None:
        return None
    try:
        clipped = _between.run(values, low, high)
    except ValueError:  # the common path says which shapes do not fit together
        return None
    fits = type(clipped) is ndarray and clipped.shape == values.shape
    return clipped if fits else None


def _plain_limit(limit: Any) -> Any:
    """A limit as an array of float32, without the way of its conversion; None for other limits."""
    if type(limit) is float or type(limit) is int:
        return _limit_of(limit)
    array = plain_array(limit)
    return None if array is None or array.dtype != np.float32 else array


@functools.lru_cache(1024)
def _limit_of(number: float) -> Any:
    """The array of a number; None where float32 does not reach it."""
    within = -_LARGEST <= number <= _LARGEST or number != number or abs(number) == np.inf
    return np.array(number, np.float32) if within else None


_LARGEST = float(np.finfo(np.float32).max)


_between = Native("clip", lambda t, low, high: None)
clip_by_value_op = op(
    "ClipByValue",
    shape=unchanged,
    host=_clip_host,
    xla=_clip_xla,
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_clip_grad,
)


@export("clip_by_value", dispatch=UNARY)
@dispatchable
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Each element, or the limit it exceeds.

    Args:
        t: real tensor of any shape, or `tf.IndexedSlices`.
        clip_value_min: lower limit: a tensor of the same dtype that broadcasts to the shape of `t`.
        clip_value_max: upper limit, likewise.
        name: name of the node in a graph.

    Returns:
        A tensor like `t`.

    Raises:
        ValueError: if a limit does not broadcast to the shape of `t`.

    >>> import tidefall as tf
    >>> tf.clip_by_value([-2.0, 0.5, 9.0], 0.0, 1.0).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    if type(t) is EagerTensor and not state.needs_dispatch:
        clipped = _plain_clip(t.storage, clip_value_min, clip_value_max)
        if clipped is not None:
            return EagerTensor(clipped)
        result = maximum(minimum(t, clip_value_max), clip_value_min)
        if result.storage.shape == t.storage.shape:
            return result
    if is_dispatched(t):
        made = redirect("clip_by_value", t, clip_value_min, clip_value_max, name=name)
        if made is not NotImplemented:
            return made
    with name_scope(name or "clip_by_value") as scope:
        slices = _is_slices(t)
        values = convert_to_tensor(t.values if slices else t, name="t")
        below = minimum(values, clip_value_max)
        values.shape.assert_is_compatible_with(below.shape)
        clipped = maximum(below, clip_value_min, name=scope if state.graph is not None else None)
        values.shape.assert_is_compatible_with(clipped.shape)
        return type(t)(clipped, t.indices, t.dense_shape) if slices else clipped


# ---- by norm ----


@export("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Scale a tensor down so that its Euclidean norm is at most `clip_norm`.

    Args:
        t: floating tensor of any shape, or `tf.IndexedSlices`.
        clip_norm: largest norm, a scalar of the same dtype; negative ones count as 0.
        axes: axes over which norms are taken; None takes one norm of everything.
        name: name of the node in a graph.

    Returns:
        A tensor like `t`.

    >>> import tidefall as tf
    >>> tf.clip_by_norm([3.0, 4.0], 1.0).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    with name_scope(name or "clip_by_norm"):
        slices = _is_slices(t)
        values = convert_to_tensor(t.values if slices else t, name="t")
        clip_norm = maximum(convert_to_tensor(clip_norm, values.dtype), like(0, values))
        total = reduce_sum(multiply(values, values), axes, keepdims=True)
        select = raw.SelectV2
        positive = raw.Greater(total, like(0, total))
        # The gradient of the square root at 0 would be infinite.
        norm = select(positive, sqrt(select(positive, total, like(1, total))), total)
        scaled = multiply(values, clip_norm)
        values.shape.assert_is_compatible_with(scaled.shape)
        clipped = truediv(scaled, maximum(norm, clip_norm))
        return type(t)(clipped, t.indices, t.dense_shape) if slices else clipped


@export("compat.v1.clip_by_average_norm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Any:
    """Scale a tensor down so that its norm divided by its size is at most `clip_norm`.

    Args:
        t: floating tensor of any shape.
        clip_norm: largest average norm, a positive scalar of the same dtype.
        name: name of the node in a graph.

    Returns:
        A tensor like `t`.

    >>> import tidefall as tf
    >>> tf.compat.v1.clip_by_average_norm([6.0, 8.0], 1.0).numpy()
    array([1.2, 1.6], dtype=float32)
    """
    with name_scope(name or "clip_by_average_norm"):
        t = convert_to_tensor(t, name="t")
        count = raw.Cast(raw.Size(t), DstT=t.dtype)
        inverse = multiply(raw.Rsqrt(reduce_sum(multiply(t, t), keepdims=True)), count)
        largest = truediv(like(1, t), convert_to_tensor(clip_norm, t.dtype))
        return multiply(multiply(t, clip_norm), minimum(inverse, largest))


# ---- by the norm of several tensors ----


@export("linalg.global_norm")
def global_norm(t_list: Sequence[Any], name: str | None = None) -> Any:
    """Euclidean norm of several tensors taken together.

    Args:
        t_list: floating tensors, `tf.IndexedSlices` or None; None is skipped.
        name: name of the node in a graph.

    Returns:
        A tensor of shape ().

    Raises:
        TypeError: if `t_list` is not a sequence.

    >>> import tidefall as tf
    >>> tf.linalg.global_norm([tf.constant([3.0]), tf.constant([4.0])]).numpy()
    np.float32(5.0)
    """
    tensors = _checked_list(t_list)
    with name_scope(name or "global_norm"):
        values = [t.values if _is_slices(t) else t for t in tensors]
        halves = [raw.L2Loss(v) for v in values if v is not None]
        if not halves:
            return convert_to_tensor(0.0)
        total = reduce_sum(raw.Pack(halves, axis=0))
        return sqrt(multiply(total, like(2, total)))


def _checked_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    return [t if t is None or _is_slices(t) else convert_to_tensor(t) for t in t_list]


@export("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """Scale several tensors down together so that their global norm is at most `clip_norm`.

    Args:
        t_list: floating tensors, `tf.IndexedSlices` or None; None stays None.
        clip_norm: largest norm, a positive scalar.
        use_norm: the global norm if it is known already.
        name: name of the node in a graph.

    Returns:
        The scaled tensors and the norm they had. They become nan if the norm is not finite.

    Raises:
        TypeError: if `t_list` is not a sequence.

    >>> import tidefall as tf
    >>> tensors, norm = tf.clip_by_global_norm([tf.constant([3.0]), tf.constant([4.0])], 1.0)
    >>> float(norm)
    5.0
    """
    tensors = _checked_list(t_list)
    if use_norm is None:
        use_norm = global_norm(tensors, name)
    with name_scope(name or "clip_by_global_norm"):
        norm = convert_to_tensor(use_norm)
        limit = convert_to_tensor(clip_norm, norm.dtype)
        # Not finite minus itself is nan, finite minus itself is 0.
        spoiled = raw.Sub(norm, norm)
        inverse = minimum(truediv(like(1, norm), norm), truediv(like(1, norm), limit))
        scale = raw.AddV2(multiply(limit, inverse), spoiled)
        return [None if t is None else _scaled(t, scale) for t in tensors], norm


def _scaled(t: Any, scale: Any) -> Any:
    slices = _is_slices(t)
    values = t.values if slices else t
    if values.dtype != scale.dtype:
        scale = raw.Cast(scale, DstT=values.dtype)
    scaled = multiply(values, scale)
    return type(t)(scaled, t.indices, t.dense_shape) if slices else scaled
