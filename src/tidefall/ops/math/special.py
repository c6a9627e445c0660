"""Special functions: error function and kin, gamma function and kin, elementwise.

The host kernels come from SciPy, which is installed with JAX.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import BROADCASTING, CHEAP, ELEMENTWISE, SAFE_IN_HALF, TOTAL
from tidefall.ops.common import broadcast, jax, jnp, lax, unbroadcast, unchanged
from tidefall.ops.eager_tiers import LARGE, prefer_compiled
from tidefall.ops.fast import fast_unary, like
from tidefall.ops.math.elementwise import add, multiply, negative
from tidefall.ops.math.exponential import exp
from tidefall.ops.math.unary import square
from tidefall.ops.precision import widened, widened_xla
from tidefall.tensor.conversion import convert_to_tensor


def scipy_kernel(name: str, several: bool = False) -> Any:
    """A host kernel of `scipy.special`, imported when first used.

    Args:
        name: name of the function.
        several: it returns several arrays, and takes no narrow floats.
    """

    def run(*arrays: Any) -> Any:
        try:
            special = importlib.import_module("scipy.special")
        except ImportError as error:
            raise UnimplementedError(
                None, None, f"{name} needs SciPy, which is not installed: pip install scipy."
            ) from error
        return getattr(special, name)(*arrays)

    return run if several else widened(run)


# ---- error function ----


def _erf_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return multiply(dy, multiply(like(2 / math.sqrt(math.pi), x), exp(negative(square(x)))))


def _erfinv_grad(op: Any, dy: Any) -> Any:
    y = op.outputs[0]
    return multiply(dy, multiply(like(math.sqrt(math.pi) / 2, y), exp(square(y))))


def _ndtri_grad(op: Any, dy: Any) -> Any:
    y = op.outputs[0]
    density = exp(multiply(square(y), like(0.5, y)))
    return multiply(dy, multiply(like(math.sqrt(2 * math.pi), y), density))


_erf_host = Native("erf", quietly(scipy_kernel("erf")))
_erfc_host = scipy_kernel("erfc")
_erfinv_host = scipy_kernel("erfinv")
_ndtri_host = scipy_kernel("ndtri")

erf_op = op(
    "Erf",
    shape=unchanged,
    host=_erf_host,
    xla=lambda x: lax.erf(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF),
    gradient=_erf_grad,
)
erfc_op = op(
    "Erfc",
    shape=unchanged,
    host=_erfc_host,
    xla=lambda x: lax.erfc(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: negative(_erf_grad(op, dy)),
)
erfinv_op = op(
    "Erfinv",
    shape=unchanged,
    host=_erfinv_host,
    xla=lambda x: lax.erf_inv(x),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_erfinv_grad,
)
ndtri_op = op(
    "Ndtri",
    shape=unchanged,
    host=_ndtri_host,
    xla=widened_xla(lambda x: jax.scipy.special.ndtri(x)),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_ndtri_grad,
)
prefer_compiled(erfc_op, erfinv_op, ndtri_op, elements=LARGE)


@export("math.erf", dispatch=UNARY)
@fast_unary(erf_op, _erf_host, costly=True)
def erf(x: Any, name: str | None = None) -> Any:
    """Gauss error function, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.erf([0.0, 10.0]).numpy()
    array([0., 1.], dtype=float32)
    """
    return erf_op(x, name=name)


@export("math.erfc", dispatch=UNARY)
@fast_unary(erfc_op, _erfc_host, costly=True)
def erfc(x: Any, name: str | None = None) -> Any:
    """`1 - erf(x)`, elementwise, exact also for large `x`.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.erfc([0.0, 100.0]).numpy()
    array([1., 0.], dtype=float32)
    """
    return erfc_op(x, name=name)


@export("math.erfinv", dispatch=UNARY)
def erfinv(x: Any, name: str | None = None) -> Any:
    """Inverse of the error function, elementwise; nan outside [-1, 1].

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.erfinv([0.0, 1.0]).numpy()
    array([ 0., inf], dtype=float32)
    """
    return erfinv_op(x, name=name)


@export("math.ndtri", dispatch=UNARY)
def ndtri(x: Any, name: str | None = None) -> Any:
    """Quantile of the standard normal distribution, elementwise.

    Args:
        x: probabilities in [0, 1], a floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> float(tf.math.ndtri(0.5))
    0.0
    """
    return ndtri_op(x, name=name)


@export("math.erfcinv", dispatch=UNARY)
def erfcinv(x: Any, name: str | None = None) -> Any:
    """Inverse of `erfc`, elementwise; nan outside [0, 2].

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> abs(float(tf.math.erfcinv(1.0)))
    0.0
    """
    x = convert_to_tensor(x, name="x")
    quantile = ndtri_op(multiply(like(0.5, x), x))
    return multiply(negative(quantile), like(math.sqrt(0.5), x), name)


# ---- gamma function ----


def _polygamma_grad(op: Any, dy: Any) -> list[Any]:
    n, x = op.inputs
    slope = polygamma_op(add(n, like(1, n)), x)
    return [None, unbroadcast(multiply(dy, slope), x, n, first=False)]


def _at_poles(xp: Any, x: Any, q: Any, value: Any) -> Any:
    """The value, but at the poles (`q` a negative integer or 0): inf for even `x`, else nan."""
    pole = (q <= 0) & (q == xp.floor(q)) & (x > 1)
    at_pole = xp.where(xp.mod(x, 2) == 0, xp.inf, xp.nan).astype(value.dtype)
    return xp.where(pole, at_pole, value)


def _zeta_host(x: Any, q: Any) -> Any:
    return _at_poles(np, x, q, scipy_kernel("zeta", several=True)(x, q))


def _zeta_grad(op: Any, dy: Any) -> list[Any]:
    x, q = op.inputs
    slope = multiply(negative(x), zeta_op(add(x, like(1, x)), q))
    return [None, unbroadcast(multiply(dy, slope), q, x, first=False)]


def _polygamma_host(a: Any, x: Any) -> Any:
    # SciPy's own takes integers only for `a`; TensorFlow's gives nan for others.
    special = importlib.import_module("scipy.special")
    sign = np.where(np.mod(a, 2) == 0, -1.0, 1.0)
    value = sign * special.gamma(a + 1.0) * special.zeta(a + 1.0, x)
    value = np.where(a == 0, special.digamma(x), value)
    return np.where((a == np.floor(a)) & (a >= 0), value, np.nan).astype(x.dtype)


_lgamma_host = scipy_kernel("gammaln")
_digamma_host = scipy_kernel("digamma")

lgamma_op = op(
    "Lgamma",
    shape=unchanged,
    host=_lgamma_host,
    xla=lambda x: lax.lgamma(x),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=lambda op, dy: multiply(dy, digamma(op.inputs[0])),
)
digamma_op = op(
    "Digamma",
    shape=unchanged,
    host=_digamma_host,
    xla=lambda x: lax.digamma(x),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=lambda op, dy: multiply(dy, polygamma_op(like(1, op.inputs[0]), op.inputs[0])),
)
polygamma_op = op(
    "Polygamma",
    shape=broadcast,
    host=_polygamma_host,
    xla=lambda a, x: lax.polygamma(*jnp.broadcast_arrays(a, x)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_polygamma_grad,
)
zeta_op = op(
    "Zeta",
    shape=broadcast,
    host=widened(_zeta_host),
    xla=lambda x, q: _at_poles(jnp, x, q, jax.scipy.special.zeta(x, q)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_zeta_grad,
)


@export("math.lgamma", dispatch=UNARY)
@fast_unary(lgamma_op, _lgamma_host)
def lgamma(x: Any, name: str | None = None) -> Any:
    """Logarithm of the absolute value of the gamma function, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.lgamma([1.0, 2.0, 0.0]).numpy()
    array([ 0.,  0., inf], dtype=float32)
    """
    return lgamma_op(x, name=name)


@export("math.digamma", dispatch=UNARY)
@fast_unary(digamma_op, _digamma_host)
def digamma(x: Any, name: str | None = None) -> Any:
    """Derivative of `lgamma`, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> round(float(tf.math.digamma(1.0)), 4)
    -0.5772
    """
    return digamma_op(x, name=name)


@export("math.polygamma")
def polygamma(a: Any, x: Any, name: str | None = None) -> Any:
    """The derivative of order `a` of `digamma`, elementwise.

    Args:
        a: whole numbers in a float32 or float64 tensor of any shape.
        x: tensor of the same dtype, of a shape that broadcasts against `a`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> round(float(tf.math.polygamma(1.0, 1.0)), 4)
    1.6449
    """
    return polygamma_op(a, x, name=name)


@export("math.zeta", dispatch=BINARY)
def zeta(x: Any, q: Any, name: str | None = None) -> Any:
    """Hurwitz zeta function, the sum of `(n + q) ** -x` over n from 0, elementwise.

    Args:
        x: float32 or float64 tensor of any shape.
        q: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> round(float(tf.math.zeta(2.0, 1.0)), 4)
    1.6449
    """
    return zeta_op(x, q, name=name)
