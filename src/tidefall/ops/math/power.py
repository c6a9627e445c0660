"""Powers, larger and smaller of two, squared differences: elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import find_op, op
from tidefall.op.traits import BROADCASTING, CHEAP, KEEPS_FINITE, SAFE_IN_HALF, SPECULATABLE, TOTAL
from tidefall.ops.common import broadcast, invalid, jnp, lax, needs, unbroadcast
from tidefall.ops.fast import agree, fast_binary, like
from tidefall.ops.math.elementwise import conjugate, multiply, negative, subtract
from tidefall.tensor.conversion import convert_to_tensor

# ---- powers ----


def _pow_grad(op: Any, dy: Any) -> list[Any]:
    x, y = (conjugate(v) for v in op.inputs)
    dx = dexponent = None
    if needs(op, 0):
        dx = multiply(multiply(dy, y), pow(x, subtract(y, like(1, y))))
        dx = unbroadcast(dx, op.inputs[0], op.inputs[1])
    if needs(op, 1):
        slope = multiply(multiply(dy, conjugate(op.outputs[0])), _safe_log(x))
        dexponent = unbroadcast(slope, op.inputs[1], op.inputs[0], first=False)
    return [dx, dexponent]


def _safe_log(x: Any) -> Any:
    """The logarithm where it exists, else 0."""
    zero, select = like(0, x), raw.SelectV2
    defined = (raw.NotEqual if x.dtype.is_complex else raw.Greater)(x, zero)
    return select(defined, raw.Log(select(defined, x, like(1, x))), zero)


def _pow_host(x: Any, y: Any) -> Any:
    if x.dtype.kind in "iu" and y.dtype.kind == "i" and np.any(y < 0):
        raise invalid("Integers to negative integer powers are not allowed")
    return np.power(x, y)


def _fast_pow(x: Any, y: Any) -> Any:
    if not y.ndim and y == 2:
        return np.square(x)  # much faster
    return _pow_host(x, y)


def _pow_xla(x: Any, y: Any) -> Any:
    return jnp.power(x, y) if x.dtype.kind not in "iu" else _int_pow_xla(x, y)


def _int_pow_xla(x: Any, y: Any) -> Any:
    x, y = jnp.broadcast_arrays(x, y)
    result = jnp.ones_like(x)
    # Square and multiply over the bits of the exponent.
    for _ in range(y.dtype.itemsize * 8 - 1):
        result = jnp.where(y & 1, result * x, result)
        x, y = x * x, y >> 1
    return result


pow_op = op(
    "Pow",
    shape=broadcast,
    host=_pow_host,
    xla=_pow_xla,
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL),
    gradient=_pow_grad,
)


@export("math.pow", "pow", dispatch=BINARY)
@fast_binary(pow_op, _fast_pow)
def pow(x: Any, y: Any, name: str | None = None) -> Any:
    """`x` to the power `y`, elementwise.

    Args:
        x: numeric tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: for a negative power of an integer.

    >>> import tidefall as tf
    >>> tf.pow([2, 3], [3, 2]).numpy()
    array([8, 9], dtype=int32)
    """
    return pow_op(*agree(x, y), name=name)


# ---- the larger and the smaller of two ----


def _extreme_grad(comparison: str) -> Any:
    def gradient(op: Any, dy: Any) -> list[Any]:
        x, y = op.inputs
        chosen = find_op(comparison)(x, y)
        select, zero = raw.SelectV2, like(0, dy)
        return [
            unbroadcast(select(chosen, dy, zero), x, y) if needs(op, 0) else None,
            unbroadcast(select(chosen, zero, dy), y, x, first=False) if needs(op, 1) else None,
        ]

    return gradient


maximum_op = op(
    "Maximum",
    shape=broadcast,
    host=np.maximum,
    xla=lambda x, y: jnp.maximum(x, y),
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE, KEEPS_FINITE),
    gradient=_extreme_grad("GreaterEqual"),
)
minimum_op = op(
    "Minimum",
    shape=broadcast,
    host=np.minimum,
    xla=lambda x, y: jnp.minimum(x, y),
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE, KEEPS_FINITE),
    gradient=_extreme_grad("LessEqual"),
)


@export("math.maximum", "maximum", dispatch=BINARY)
@fast_binary(maximum_op, Native("maximum", np.maximum))
def maximum(x: Any, y: Any, name: str | None = None) -> Any:
    """The larger of two tensors, elementwise; nan if either is nan.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.maximum([1.0, 5.0], 3.0).numpy()
    array([3., 5.], dtype=float32)
    """
    return maximum_op(*agree(x, y), name=name)


@export("math.minimum", "minimum", dispatch=BINARY)
@fast_binary(minimum_op, Native("minimum", np.minimum))
def minimum(x: Any, y: Any, name: str | None = None) -> Any:
    """The smaller of two tensors, elementwise; nan if either is nan.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.minimum([1.0, 5.0], 3.0).numpy()
    array([1., 3.], dtype=float32)
    """
    return minimum_op(*agree(x, y), name=name)


# ---- squared differences ----


def _squared_difference_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    slope = multiply(multiply(like(2, dy), dy), subtract(x, y))
    return [
        unbroadcast(slope, x, y),
        negative(unbroadcast(slope, y, x, first=False)),
    ]


def _squared(x: Any, y: Any) -> Any:
    difference = np.subtract(x, y)
    if difference.dtype.kind == "c":
        return np.multiply(difference, np.conjugate(difference))
    return np.multiply(difference, difference)


_squared_difference_host = Native("squared_difference", quietly(_squared))


def _squared_difference_xla(x: Any, y: Any) -> Any:
    difference = jnp.subtract(x, y)
    return difference * jnp.conj(difference)


squared_difference_op = op(
    "SquaredDifference",
    shape=broadcast,
    host=_squared_difference_host,
    xla=_squared_difference_xla,
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL),
    gradient=_squared_difference_grad,
)


@export("math.squared_difference", dispatch=BINARY)
@fast_binary(squared_difference_op, _squared_difference_host)
def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """`(x - y)` times its conjugate, elementwise.

    Args:
        x: numeric tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.math.squared_difference([1.0, 5.0], 3.0).numpy()
    array([4., 4.], dtype=float32)
    """
    return squared_difference_op(*agree(x, y), name=name)


# ---- neighbours ----


def _nextafter_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    ones, zeros = raw.OnesLike(x), raw.ZerosLike(y)
    return [
        unbroadcast(multiply(ones, dy), x, y),
        unbroadcast(multiply(zeros, dy), y, x, first=False),
    ]


next_after_op = op(
    "NextAfter",
    shape=broadcast,
    host=np.nextafter,
    xla=lambda x, y: lax.nextafter(*jnp.broadcast_arrays(x, y)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_nextafter_grad,
)


@export("math.nextafter", dispatch=UNARY)
def nextafter(x1: Any, x2: Any, name: str | None = None) -> Any:
    """The next number after `x1` on the way to `x2`, elementwise.

    Args:
        x1: float32 or float64 tensor of any shape.
        x2: tensor of the same dtype, of a shape that broadcasts against `x1`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> float(tf.math.nextafter(1.0, 2.0)) > 1.0
    True
    """
    x1 = convert_to_tensor(x1)
    return next_after_op(*agree(x1, x2), name=name)
