"""Functions defined by integrals: Dawson, exponential, Fresnel, Spence; elementwise.

The host kernels come from SciPy, which is installed with JAX.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import ELEMENTWISE
from tidefall.ops.common import jax, unchanged
from tidefall.ops.fast import like
from tidefall.ops.math.division import true_quotient
from tidefall.ops.math.elementwise import multiply, subtract
from tidefall.ops.math.exponential import exp, log
from tidefall.ops.math.special import scipy_kernel
from tidefall.ops.math.trigonometric import cos, sin
from tidefall.ops.math.unary import square
from tidefall.ops.precision import widened, widened_xla

# ---- ops ----

_fresnel = scipy_kernel("fresnel", several=True)


@widened
def _fresnel_sin_host(x: Any) -> Any:
    return _fresnel(x)[0]


@widened
def _fresnel_cos_host(x: Any) -> Any:
    return _fresnel(x)[1]


def _quarter(x: Any) -> Any:
    return multiply(like(math.pi / 2, x), square(x))


def _spence_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    one = like(1, x)
    slope = true_quotient(log(x), subtract(one, x))
    return multiply(dy, raw.SelectV2(raw.Equal(x, one), like(-1, x), slope))


def _dawsn_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return multiply(dy, subtract(like(1, x), multiply(multiply(like(2, x), x), op.outputs[0])))


def _expint_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return multiply(dy, true_quotient(exp(x), x))


_expi = scipy_kernel("expi")


def _expint_host(x: Any) -> Any:
    # TensorFlow defines it for positive numbers only.
    return np.where(x < 0, x.dtype.type(np.nan), _expi(x))


dawsn_op = op(
    "Dawsn",
    shape=unchanged,
    host=scipy_kernel("dawsn"),
    xla=None,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_dawsn_grad,
)
expint_op = op(
    "Expint",
    shape=unchanged,
    host=_expint_host,
    xla=None,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_expint_grad,
)
fresnel_cos_op = op(
    "FresnelCos",
    shape=unchanged,
    host=_fresnel_cos_host,
    xla=None,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=lambda op, dy: multiply(dy, cos(_quarter(op.inputs[0]))),
)
fresnel_sin_op = op(
    "FresnelSin",
    shape=unchanged,
    host=_fresnel_sin_host,
    xla=None,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=lambda op, dy: multiply(dy, sin(_quarter(op.inputs[0]))),
)
spence_op = op(
    "Spence",
    shape=unchanged,
    host=scipy_kernel("spence"),
    xla=widened_xla(lambda x: jax.scipy.special.spence(x)),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_spence_grad,
)


# ---- public functions ----


@export("math.special.dawsn", dispatch=UNARY)
def dawsn(x: Any, name: str | None = None) -> Any:
    """Dawson's integral, `exp(-x^2)` times the integral of `exp(t^2)` from 0 to `x`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.dawsn(1.0)), 4)
    0.5381
    """
    return dawsn_op(x, name=name)


@export("math.special.expint", dispatch=UNARY)
def expint(x: Any, name: str | None = None) -> Any:
    """Exponential integral Ei of positive numbers, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.expint(1.0)), 4)
    1.8951
    """
    return expint_op(x, name=name)


@export("math.special.fresnel_cos", dispatch=UNARY)
def fresnel_cos(x: Any, name: str | None = None) -> Any:
    """Fresnel integral of `cos(pi/2 * t^2)` from 0 to `x`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.fresnel_cos(1.0)), 4)
    0.7799
    """
    return fresnel_cos_op(x, name=name)


@export("math.special.fresnel_sin", dispatch=UNARY)
def fresnel_sin(x: Any, name: str | None = None) -> Any:
    """Fresnel integral of `sin(pi/2 * t^2)` from 0 to `x`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.special.fresnel_sin(1.0)), 4)
    0.4383
    """
    return fresnel_sin_op(x, name=name)


@export("math.special.spence", dispatch=UNARY)
def spence(x: Any, name: str | None = None) -> Any:
    """Spence's integral, the dilogarithm of `1 - x`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.special.spence(1.0))
    0.0
    """
    return spence_op(x, name=name)
