"""Bessel functions of orders 0 and 1, elementwise.

The host kernels come from SciPy, which is installed with JAX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.op import Op
from tidefall.op.registry import op
from tidefall.op.traits import ELEMENTWISE
from tidefall.ops.common import jax, unchanged
from tidefall.ops.fast import like
from tidefall.ops.math.division import true_quotient
from tidefall.ops.math.elementwise import add, multiply, negative, subtract
from tidefall.ops.math.special import scipy_kernel
from tidefall.ops.math.unary import reciprocal, sign
from tidefall.ops.precision import widened_xla

# ---- ops ----


def _declare(name: str, function: str, slope: Callable[[Any, Any], Any], below: float) -> Op:
    """Declare one op.

    Args:
        name: of the op.
        function: name in `scipy.special`.
        slope: derivative as a function of the input and the output.
        below: value for negative inputs where SciPy says nan; nan to leave it.
    """
    kernel = scipy_kernel(function)

    def host(x: Any) -> Any:
        return np.where(x < 0, x.dtype.type(below), kernel(x)) if below == below else kernel(x)

    def lower(x: Any) -> Any:
        return getattr(jax.scipy.special, function)(x)

    return op(
        name,
        shape=unchanged,
        host=host,
        xla=widened_xla(lower) if function.startswith("i") else None,
        effects=PURE,
        traits=(ELEMENTWISE,),
        gradient=lambda op, dy: multiply(dy, slope(op.inputs[0], op.outputs[0])),
    )


def _at_zero(x: Any, value: Any) -> Any:
    """`value`, and 1/2 where `x` is 0."""
    return raw.SelectV2(raw.Equal(x, like(0, x)), like(0.5, x), value)


NAN = float("nan")
INF = float("inf")
bessel_i0_op = _declare("BesselI0", "i0", lambda x, y: bessel_i1_op(x), NAN)
bessel_i0e_op = _declare(
    "BesselI0e", "i0e", lambda x, y: subtract(bessel_i1e_op(x), multiply(sign(x), y)), NAN
)
bessel_i1_op = _declare(
    "BesselI1",
    "i1",
    lambda x, y: _at_zero(x, subtract(bessel_i0_op(x), true_quotient(y, x))),
    NAN,
)
bessel_i1e_op = _declare(
    "BesselI1e",
    "i1e",
    lambda x, y: _at_zero(x, subtract(bessel_i0e_op(x), multiply(y, add(sign(x), reciprocal(x))))),
    NAN,
)
bessel_j0_op = _declare("BesselJ0", "j0", lambda x, y: negative(bessel_j1_op(x)), NAN)
bessel_j1_op = _declare(
    "BesselJ1",
    "j1",
    lambda x, y: _at_zero(x, subtract(bessel_j0_op(x), true_quotient(y, x))),
    NAN,
)
bessel_k0_op = _declare("BesselK0", "k0", lambda x, y: negative(bessel_k1_op(x)), INF)
bessel_k0e_op = _declare("BesselK0e", "k0e", lambda x, y: subtract(y, bessel_k1e_op(x)), INF)
bessel_k1_op = _declare(
    "BesselK1",
    "k1",
    lambda x, y: subtract(negative(bessel_k0_op(x)), true_quotient(y, x)),
    INF,
)
bessel_k1e_op = _declare(
    "BesselK1e",
    "k1e",
    lambda x, y: subtract(multiply(y, subtract(like(1, x), reciprocal(x))), bessel_k0e_op(x)),
    INF,
)
bessel_y0_op = _declare("BesselY0", "y0", lambda x, y: negative(bessel_y1_op(x)), -INF)
bessel_y1_op = _declare(
    "BesselY1", "y1", lambda x, y: subtract(bessel_y0_op(x), true_quotient(y, x)), -INF
)


# ---- public functions ----


@export("math.special.bessel_i0", "math.bessel_i0", dispatch=UNARY)
def bessel_i0(x: Any, name: str | None = None) -> Any:
    """Modified Bessel function of the first kind and order 0, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.bessel_i0(0.0))
    1.0
    """
    return bessel_i0_op(x, name=name)


@export("math.special.bessel_i0e", "math.bessel_i0e", dispatch=UNARY)
def bessel_i0e(x: Any, name: str | None = None) -> Any:
    """`bessel_i0(x) * exp(-abs(x))`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.bessel_i0e(0.0))
    1.0
    """
    return bessel_i0e_op(x, name=name)


@export("math.special.bessel_i1", "math.bessel_i1", dispatch=UNARY)
def bessel_i1(x: Any, name: str | None = None) -> Any:
    """Modified Bessel function of the first kind and order 1, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.bessel_i1(0.0))
    0.0
    """
    return bessel_i1_op(x, name=name)


@export("math.special.bessel_i1e", "math.bessel_i1e", dispatch=UNARY)
def bessel_i1e(x: Any, name: str | None = None) -> Any:
    """`bessel_i1(x) * exp(-abs(x))`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.bessel_i1e(0.0))
    0.0
    """
    return bessel_i1e_op(x, name=name)


@export("math.special.bessel_j0", dispatch=UNARY)
def bessel_j0(x: Any, name: str | None = None) -> Any:
    """Bessel function of the first kind and order 0, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.bessel_j0(0.0))
    1.0
    """
    return bessel_j0_op(x, name=name)


@export("math.special.bessel_j1", dispatch=UNARY)
def bessel_j1(x: Any, name: str | None = None) -> Any:
    """Bessel function of the first kind and order 1, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.bessel_j1(0.0))
    0.0
    """
    return bessel_j1_op(x, name=name)


@export("math.special.bessel_k0", dispatch=UNARY)
def bessel_k0(x: Any, name: str | None = None) -> Any:
    """Modified Bessel function of the second kind and order 0, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.bessel_k0(1.0)), 4)
    0.421
    """
    return bessel_k0_op(x, name=name)


@export("math.special.bessel_k0e", dispatch=UNARY)
def bessel_k0e(x: Any, name: str | None = None) -> Any:
    """`bessel_k0(x) * exp(x)`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.bessel_k0e(1.0)), 4)
    1.1445
    """
    return bessel_k0e_op(x, name=name)


@export("math.special.bessel_k1", dispatch=UNARY)
def bessel_k1(x: Any, name: str | None = None) -> Any:
    """Modified Bessel function of the second kind and order 1, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.bessel_k1(1.0)), 4)
    0.6019
    """
    return bessel_k1_op(x, name=name)


@export("math.special.bessel_k1e", dispatch=UNARY)
def bessel_k1e(x: Any, name: str | None = None) -> Any:
    """`bessel_k1(x) * exp(x)`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.bessel_k1e(1.0)), 4)
    1.6362
    """
    return bessel_k1e_op(x, name=name)


@export("math.special.bessel_y0", dispatch=UNARY)
def bessel_y0(x: Any, name: str | None = None) -> Any:
    """Bessel function of the second kind and order 0, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.bessel_y0(1.0)), 4)
    0.0883
    """
    return bessel_y0_op(x, name=name)


@export("math.special.bessel_y1", dispatch=UNARY)
def bessel_y1(x: Any, name: str | None = None) -> Any:
    """Bessel function of the second kind and order 1, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.bessel_y1(1.0)), 4)
    -0.7812
    """
    return bessel_y1_op(x, name=name)
