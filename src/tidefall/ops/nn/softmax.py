"""Softmax and its logarithm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER, UNARY
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.native import softmax as native
from tidefall.native.functions import Kernel, Native
from tidefall.native.softmax import has_rows
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.op.registry import op
from tidefall.op.traits import CHEAP, TOTAL
from tidefall.ops.batching import unary
from tidefall.ops.common import invalid, jax
from tidefall.ops.eager_tiers import LARGE, prefer_compiled
from tidefall.ops.fast import after_shortcut, fast_dtypes
from tidefall.ops.lowering_cpu import native_or_xla
from tidefall.ops.nn.activations import widen
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray


def _at_least_1d(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank == 0:
        raise ValueError("logits must have >= 1 dimension, got []")
    return shape


def _check_rank(logits: np.ndarray) -> None:
    if not logits.ndim:
        raise invalid("logits must have >= 1 dimension, got []")


def shifted_logits(x: np.ndarray) -> np.ndarray:
    """A fresh array of `x` minus its maximum along the last axis."""
    _check_rank(x)
    if not x.shape[-1]:
        return x.copy()
    return x - np.maximum.reduce(x, axis=-1, keepdims=True)


def _softmax(logits: np.ndarray) -> np.ndarray:
    result = shifted_logits(widen(logits))
    np.exp(result, out=result)
    result /= np.add.reduce(result, axis=-1, keepdims=True)
    return result.astype(logits.dtype, copy=False)


_softmax_of_rows = Native("softmax", quietly(_softmax))


def _softmax_host(logits: np.ndarray) -> np.ndarray:
    _check_rank(logits)
    return _softmax_of_rows(logits)


def _softmax_xla(logits: Any) -> Any:
    def in_general(x: Any) -> Any:
        return jax.nn.softmax(x, axis=-1)

    if not has_rows(logits):
        return in_general(logits)
    return native_or_xla(native.softmax, in_general, logits)


def _softmax_grad(op: Any, dy: Any) -> Any:
    softmax = op.outputs[0]
    weighted = raw.Sum(dy * softmax, -1, keep_dims=True)
    return (dy - weighted) * softmax


softmax_op = op(
    "Softmax",
    shape=_at_least_1d,
    host=_softmax_host,
    xla=_softmax_xla,
    effects=PURE,
    traits=(CHEAP, TOTAL),
    batching=unary,
    gradient=_softmax_grad,
)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    result = shifted_logits(widen(logits))
    result -= np.log(np.add.reduce(np.exp(result), axis=-1, keepdims=True))
    return result.astype(logits.dtype, copy=False)


_log_softmax_of_rows = Native("log_softmax", quietly(_log_softmax))


def _log_softmax_host(logits: np.ndarray) -> np.ndarray:
    _check_rank(logits)
    return _log_softmax_of_rows(logits)


def _log_softmax_grad(op: Any, dy: Any) -> Any:
    softmax = raw.Exp(op.outputs[0])
    return dy - raw.Sum(dy, -1, keep_dims=True) * softmax


log_softmax_op = op(
    "LogSoftmax",
    shape=_at_least_1d,
    host=_log_softmax_host,
    xla=lambda logits: jax.nn.log_softmax(logits, axis=-1),
    effects=PURE,
    traits=(CHEAP, TOTAL),
    batching=unary,
    gradient=_log_softmax_grad,
)
prefer_compiled(softmax_op, log_softmax_op, elements=LARGE)


def move_to_last(x: Any, axis: int) -> tuple[Any, Callable[[Any], Any]]:
    """`x` with `axis` exchanged with the last one, and a function that exchanges them back."""
    rank = x.shape.rank
    if rank is not None:
        order = list(range(rank))
        order[axis], order[-1] = order[-1], order[axis]
        perm: Any = np.array(order, np.int32)
    else:
        count = raw.Rank(x)
        last = count - 1
        axes = raw.Range
        middle = axes(axis % count + 1, last, 1)
        first = axes(0, axis % count, 1)
        parts = [first, [last], middle, [axis % count]]
        perm = raw.ConcatV2(parts, 0)
    transpose = raw.Transpose
    return transpose(x, perm), lambda y: transpose(y, perm)


def _fast(operation: Op, kernel: Native) -> Callable[[Kernel], Kernel]:
    """The short cut of `f(logits, axis)` for eager tensors, not large, along the last axis."""
    allowed = fast_dtypes(operation)

    def short(logits: Any, axis: int | None = None, name: str | None = None) -> EagerTensor | None:
        needs_dispatch = state.needs_dispatch
        if type(logits) is not EagerTensor or (needs_dispatch and state.off_host):
            return None
        x = logits.storage
        attrs = allowed.get(x.dtype) if type(x) is ndarray else None
        if attrs is None or x.size > LARGE or not x.ndim or (axis is not None and axis != -1):
            return None
        out = EagerTensor(kernel.run(x))
        if needs_dispatch:
            observe(operation, [logits], attrs, [out])
        return out

    return after_shortcut(short)


def _along(operation: Op, logits: Any, axis: int | None, name: str | None) -> Any:
    """Apply a softmax op, which works on the last axis, along any axis."""
    if axis is None:
        axis = -1
    logits = convert_to_tensor(logits)
    rank = logits.shape.rank
    if rank and not -rank <= axis < rank:
        raise invalid(
            f"`dim` must be in the range [{-rank}, {rank}) where {rank} is the number of "
            f"dimensions in the input. Received: dim={axis}"
        )
    if axis == -1 or (rank is not None and axis == rank - 1) or rank == 0:
        return operation(logits, name=name)
    with name_scope(name or operation.name):
        moved, back = move_to_last(logits, axis)
        return back(operation(moved))


@export("math.softmax", "nn.softmax", dispatch=OTHER)
@_fast(softmax_op, _softmax_of_rows)
def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Exponentials of the logits, scaled to sum to 1 along an axis.

    Args:
        logits: floating-point tensor of shape `[..., classes]`.
        axis: the axis to sum along; None is the last.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        InvalidArgumentError: if `logits` is a scalar or has no such axis.

    >>> import tidefall as tf
    >>> tf.nn.softmax([-1.0, 0.0, 1.0]).numpy().round(4)
    array([0.09  , 0.2447, 0.6652], dtype=float32)
    """
    return _along(softmax_op, logits, axis, name)


@export("math.log_softmax", "nn.log_softmax", dispatch=UNARY)
@_fast(log_softmax_op, _log_softmax_of_rows)
def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Logarithm of the softmax: `logits - log(sum(exp(logits)))`, without overflow.

    Args:
        logits: floating-point tensor of shape `[..., classes]`.
        axis: the axis to sum along; None is the last.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        InvalidArgumentError: if `logits` is a scalar or has no such axis.

    >>> import tidefall as tf
    >>> tf.nn.log_softmax([0.0, 0.0]).numpy().round(4)
    array([-0.6931, -0.6931], dtype=float32)
    """
    return _along(log_softmax_op, logits, axis, name)
