"""Exponentials and logarithms, elementwise, and the logistic function."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import ACTIVATION, CHEAP, ELEMENTWISE, SAFE_IN_HALF, SAME_SHAPE, TOTAL
from tidefall.ops.common import jnp, lax, unchanged
from tidefall.ops.fast import fast_unary, like
from tidefall.ops.math.elementwise import add, conjugate, multiply, subtract
from tidefall.ops.math.unary import reciprocal
from tidefall.ops.precision import widened

# ---- exponentials ----


_exp_host = Native("exp", quietly(np.exp))
exp_op = op(
    "Exp",
    shape=unchanged,
    host=_exp_host,
    xla=lambda x: jnp.exp(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=lambda op, dy: multiply(dy, conjugate(op.outputs[0])),
)
expm1_op = op(
    "Expm1",
    shape=unchanged,
    host=np.expm1,
    xla=lambda x: jnp.expm1(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: multiply(dy, exp(conjugate(op.inputs[0]))),
)


@export("math.exp", "exp", dispatch=UNARY)
@fast_unary(exp_op, _exp_host, costly=True)
def exp(x: Any, name: str | None = None) -> Any:
    """e to the power `x`, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.exp([0.0, 1.0]).numpy().round(3).tolist()
    [1.0, 2.7179999351501465]
    """
    return exp_op(x, name=name)


@export("math.expm1", dispatch=UNARY)
@fast_unary(expm1_op, np.expm1, costly=True)
def expm1(x: Any, name: str | None = None) -> Any:
    """`exp(x) - 1`, elementwise, exact also for small `x`.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.expm1([0.0, 1e-10]).numpy()
    array([0.e+00, 1.e-10], dtype=float32)
    """
    return expm1_op(x, name=name)


# ---- logarithms ----


def _log1p_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return multiply(dy, reciprocal(add(like(1, x), conjugate(x))))


_log_host = Native("log", quietly(np.log))
log_op = op(
    "Log",
    shape=unchanged,
    host=_log_host,
    xla=lambda x: jnp.log(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=lambda op, dy: multiply(dy, reciprocal(conjugate(op.inputs[0]))),
)
log1p_op = op(
    "Log1p",
    shape=unchanged,
    host=np.log1p,
    xla=lambda x: jnp.log1p(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=_log1p_grad,
)


@export("math.log", dispatch=UNARY)
@fast_unary(log_op, _log_host, costly=True)
def log(x: Any, name: str | None = None) -> Any:
    """Natural logarithm, elementwise; -inf for 0 and nan for negative numbers.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.log([1.0, 0.0]).numpy()
    array([  0., -inf], dtype=float32)
    """
    return log_op(x, name=name)


@export("math.log1p", dispatch=UNARY)
@fast_unary(log1p_op, np.log1p, costly=True)
def log1p(x: Any, name: str | None = None) -> Any:
    """`log(1 + x)`, elementwise, exact also for small `x`.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.log1p([0.0, 1e-10]).numpy()
    array([0.e+00, 1.e-10], dtype=float32)
    """
    return log1p_op(x, name=name)


# ---- the logistic function ----


def _logistic(x: Any) -> Any:
    return np.reciprocal(np.exp(-x) + x.dtype.type(1))


_sigmoid_host = Native("sigmoid", quietly(widened(_logistic)))


def _sigmoid_grad_grad(op: Any, dz: Any) -> list[Any]:
    # z = dy * y * (1 - y)
    y, dy = conjugate(op.inputs[0]), conjugate(op.inputs[1])
    scaled = multiply(dz, dy)
    slope = subtract(scaled, multiply(multiply(like(2, y), scaled), y))
    return [slope, sigmoid_grad_op(y, dz)]


def _logistic_slope(y: Any, dy: Any) -> Any:
    return dy * (y * (y.dtype.type(1) - y))


_sigmoid_grad_host = Native("sigmoid_grad", widened(_logistic_slope))


def _sigmoid_grad_xla(y: Any, dy: Any) -> Any:
    return dy * (y * (1 - y))


sigmoid_grad_op = op(
    "SigmoidGrad",
    shape=unchanged,
    host=_sigmoid_grad_host,
    xla=_sigmoid_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE, SAFE_IN_HALF),
    gradient=_sigmoid_grad_grad,
)
sigmoid_op = op(
    "Sigmoid",
    shape=unchanged,
    host=_sigmoid_host,
    xla=lambda x: lax.logistic(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, ACTIVATION),
    gradient=lambda op, dy: sigmoid_grad_op(conjugate(op.outputs[0]), dy),
)


@export("math.sigmoid", "sigmoid", "nn.sigmoid", dispatch=UNARY)
@fast_unary(sigmoid_op, _sigmoid_host, costly=True)
def sigmoid(x: Any, name: str | None = None) -> Any:
    """The logistic function `1 / (1 + exp(-x))`, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.sigmoid([0.0, 100.0]).numpy()
    array([0.5, 1. ], dtype=float32)
    """
    return sigmoid_op(x, name=name)
