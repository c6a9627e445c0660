"""Trigonometric and hyperbolic functions and their inverses, elementwise; angles are radians."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import (
    ACTIVATION,
    BROADCASTING,
    CHEAP,
    ELEMENTWISE,
    SAFE_IN_HALF,
    SAME_SHAPE,
    TOTAL,
)
from tidefall.ops.common import broadcast, jnp, unbroadcast, unchanged
from tidefall.ops.fast import agree, fast_binary, fast_unary, like
from tidefall.ops.math.division import true_quotient
from tidefall.ops.math.elementwise import add, conjugate, multiply, negative, subtract
from tidefall.ops.math.unary import reciprocal, sqrt, square
from tidefall.ops.precision import widened

# ---- gradients ----


def _input(op: Any) -> Any:
    return conjugate(op.inputs[0])


def _tan_grad(op: Any, dy: Any) -> Any:
    return multiply(dy, square(reciprocal(cos(_input(op)))))


def _asin_slope(op: Any) -> Any:
    x = _input(op)
    return reciprocal(sqrt(subtract(like(1, x), square(x))))


def _atan_grad(op: Any, dy: Any) -> Any:
    x = _input(op)
    return multiply(dy, reciprocal(add(like(1, x), square(x))))


def _atanh_grad(op: Any, dy: Any) -> Any:
    x = _input(op)
    return multiply(dy, reciprocal(subtract(like(1, x), square(x))))


# ---- ops ----

sin_op = op(
    "Sin",
    shape=unchanged,
    host=np.sin,
    xla=lambda x: jnp.sin(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=lambda op, dy: multiply(dy, cos(_input(op))),
)
cos_op = op(
    "Cos",
    shape=unchanged,
    host=np.cos,
    xla=lambda x: jnp.cos(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=lambda op, dy: negative(multiply(dy, sin(_input(op)))),
)
tan_op = op(
    "Tan",
    shape=unchanged,
    host=np.tan,
    xla=lambda x: jnp.tan(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=_tan_grad,
)
asin_op = op(
    "Asin",
    shape=unchanged,
    host=np.arcsin,
    xla=lambda x: jnp.arcsin(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: multiply(dy, _asin_slope(op)),
)
acos_op = op(
    "Acos",
    shape=unchanged,
    host=np.arccos,
    xla=lambda x: jnp.arccos(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: negative(multiply(dy, _asin_slope(op))),
)
atan_op = op(
    "Atan",
    shape=unchanged,
    host=np.arctan,
    xla=lambda x: jnp.arctan(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=_atan_grad,
)
sinh_op = op(
    "Sinh",
    shape=unchanged,
    host=np.sinh,
    xla=lambda x: jnp.sinh(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: multiply(dy, cosh(_input(op))),
)
cosh_op = op(
    "Cosh",
    shape=unchanged,
    host=np.cosh,
    xla=lambda x: jnp.cosh(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: multiply(dy, sinh(_input(op))),
)
asinh_op = op(
    "Asinh",
    shape=unchanged,
    host=np.arcsinh,
    xla=lambda x: jnp.arcsinh(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: true_quotient(dy, cosh(conjugate(op.outputs[0]))),
)
acosh_op = op(
    "Acosh",
    shape=unchanged,
    host=np.arccosh,
    xla=lambda x: jnp.arccosh(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: true_quotient(dy, sinh(conjugate(op.outputs[0]))),
)
atanh_op = op(
    "Atanh",
    shape=unchanged,
    host=np.arctanh,
    xla=lambda x: jnp.arctanh(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=_atanh_grad,
)


@export("math.sin", "sin", dispatch=UNARY)
@fast_unary(sin_op, np.sin)
def sin(x: Any, name: str | None = None) -> Any:
    """Sine, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.sin([0.0, 1.5707964]).numpy()
    array([0., 1.], dtype=float32)
    """
    return sin_op(x, name=name)


@export("math.cos", "cos", dispatch=UNARY)
@fast_unary(cos_op, np.cos)
def cos(x: Any, name: str | None = None) -> Any:
    """Cosine, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.cos([0.0, 3.1415927]).numpy()
    array([ 1., -1.], dtype=float32)
    """
    return cos_op(x, name=name)


@export("math.tan", "tan", dispatch=UNARY)
@fast_unary(tan_op, np.tan)
def tan(x: Any, name: str | None = None) -> Any:
    """Tangent, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.tan(0.0))
    0.0
    """
    return tan_op(x, name=name)


@export("math.asin", "asin", dispatch=UNARY)
@fast_unary(asin_op, np.arcsin)
def asin(x: Any, name: str | None = None) -> Any:
    """Inverse sine, elementwise, from -pi/2 to pi/2; nan outside [-1, 1].

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.asin(0.0))
    0.0
    """
    return asin_op(x, name=name)


@export("math.acos", "acos", dispatch=UNARY)
@fast_unary(acos_op, np.arccos)
def acos(x: Any, name: str | None = None) -> Any:
    """Inverse cosine, elementwise, from 0 to pi; nan outside [-1, 1].

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.acos(1.0))
    0.0
    """
    return acos_op(x, name=name)


@export("math.atan", "atan", dispatch=UNARY)
@fast_unary(atan_op, np.arctan)
def atan(x: Any, name: str | None = None) -> Any:
    """Inverse tangent, elementwise, from -pi/2 to pi/2.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.atan(0.0))
    0.0
    """
    return atan_op(x, name=name)


@export("math.sinh", "sinh", dispatch=UNARY)
@fast_unary(sinh_op, np.sinh, costly=True)
def sinh(x: Any, name: str | None = None) -> Any:
    """Hyperbolic sine, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.sinh(0.0))
    0.0
    """
    return sinh_op(x, name=name)


@export("math.cosh", "cosh", dispatch=UNARY)
@fast_unary(cosh_op, np.cosh, costly=True)
def cosh(x: Any, name: str | None = None) -> Any:
    """Hyperbolic cosine, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.cosh(0.0))
    1.0
    """
    return cosh_op(x, name=name)


@export("math.asinh", "asinh", dispatch=UNARY)
@fast_unary(asinh_op, np.arcsinh, costly=True)
def asinh(x: Any, name: str | None = None) -> Any:
    """Inverse hyperbolic sine, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.asinh(0.0))
    0.0
    """
    return asinh_op(x, name=name)


@export("math.acosh", "acosh", dispatch=UNARY)
@fast_unary(acosh_op, np.arccosh, costly=True)
def acosh(x: Any, name: str | None = None) -> Any:
    """Inverse hyperbolic cosine, elementwise; nan below 1.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.acosh(1.0))
    0.0
    """
    return acosh_op(x, name=name)


@export("math.atanh", "atanh", dispatch=UNARY)
@fast_unary(atanh_op, np.arctanh, costly=True)
def atanh(x: Any, name: str | None = None) -> Any:
    """Inverse hyperbolic tangent, elementwise; nan outside [-1, 1].

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.atanh(0.0))
    0.0
    """
    return atanh_op(x, name=name)


# ---- hyperbolic tangent ----


def _tanh_grad_grad(op: Any, dz: Any) -> list[Any]:
    # z = dy * (1 - y * y)
    y, dy = conjugate(op.inputs[0]), conjugate(op.inputs[1])
    slope = multiply(multiply(multiply(like(-2, y), dz), dy), y)
    return [slope, tanh_grad_op(y, dz)]


def _tanh_slope(y: Any, dy: Any) -> Any:
    return dy * (y.dtype.type(1) - y * y)


_tanh_grad_host = Native("tanh_grad", widened(_tanh_slope))


def _tanh_grad_xla(y: Any, dy: Any) -> Any:
    return dy * (1 - y * y)


tanh_grad_op = op(
    "TanhGrad",
    shape=unchanged,
    host=_tanh_grad_host,
    xla=_tanh_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE, SAFE_IN_HALF),
    gradient=_tanh_grad_grad,
)
_tanh_host = Native("tanh", quietly(np.tanh))
tanh_op = op(
    "Tanh",
    shape=unchanged,
    host=_tanh_host,
    xla=lambda x: jnp.tanh(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, ACTIVATION),
    gradient=lambda op, dy: tanh_grad_op(conjugate(op.outputs[0]), dy),
)


@export("math.tanh", "tanh", "nn.tanh", dispatch=UNARY)
@fast_unary(tanh_op, _tanh_host, costly=True)
def tanh(x: Any, name: str | None = None) -> Any:
    """Hyperbolic tangent, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.tanh([0.0, 100.0]).numpy()
    array([0., 1.], dtype=float32)
    """
    return tanh_op(x, name=name)


# ---- the angle of a point ----


def _atan2_grad(op: Any, dz: Any) -> list[Any]:
    y, x = op.inputs
    scaled = true_quotient(dz, add(square(x), square(y)))
    return [
        unbroadcast(multiply(scaled, x), y, x),
        unbroadcast(multiply(scaled, negative(y)), x, y, first=False),
    ]


atan2_op = op(
    "Atan2",
    shape=broadcast,
    host=np.arctan2,
    xla=lambda y, x: jnp.arctan2(y, x),
    effects=PURE,
    traits=(BROADCASTING, TOTAL),
    gradient=_atan2_grad,
)


@fast_binary(atan2_op, np.arctan2)
def _atan2(y: Any, x: Any, name: str | None = None) -> Any:
    return atan2_op(*agree(y, x), name=name)


@export("math.atan2", "atan2", dispatch=BINARY)
def atan2(y: Any, x: Any, name: str | None = None) -> Any:
    """Angle of the point `(x, y)` seen from the origin, elementwise, from -pi to pi.

    Args:
        y: floating tensor of any shape.
        x: tensor of the same dtype, of a shape that broadcasts against `y`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.atan2([0.0, 1.0], [1.0, 0.0]).numpy()
    array([0.       , 1.5707964], dtype=float32)
    """
    return _atan2(y, x, name)
