"""Incomplete gamma and beta functions, elementwise, and the logarithm of the beta function.

The host kernels come from SciPy, which is installed with JAX.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import BROADCASTING, LACKS_GRADIENT
from tidefall.ops.common import broadcast, jax, jnp, lax, shape_text, unbroadcast
from tidefall.ops.fast import like
from tidefall.ops.math.elementwise import add, multiply, negative, subtract
from tidefall.ops.math.exponential import exp, log, log1p
from tidefall.ops.math.special import lgamma, scipy_kernel
from tidefall.ops.precision import widened_xla
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.tensor.conversion import convert_to_tensor

# ---- gamma ----


def _density(a: Any, x: Any) -> Any:
    """Derivative of the lower function by `x`."""
    one = like(1, a)
    return exp(subtract(subtract(multiply(subtract(a, one), log(x)), x), lgamma(a)))


def _igamma_grad(op: Any, dy: Any) -> list[Any]:
    a, x = op.inputs
    return [
        unbroadcast(multiply(dy, igamma_grad_a_op(a, x)), a, x),
        unbroadcast(multiply(dy, _density(a, x)), x, a, first=False),
    ]


def _igammac_grad(op: Any, dy: Any) -> list[Any]:
    return [negative(grad) for grad in _igamma_grad(op, dy)]


def _only_positive(kernel: Any) -> Any:
    """TensorFlow gives nan where `a` is not positive; SciPy knows some limits there."""

    def run(a: Any, x: Any) -> Any:
        return np.where(a > 0, kernel(a, x), x.dtype.type(np.nan))

    return run


def _lowered(name: str) -> Any:
    def run(a: Any, x: Any) -> Any:
        a, x = jnp.broadcast_arrays(a, x)
        return jnp.where(a > 0, getattr(lax, name)(a, x), jnp.nan)

    return widened_xla(run)


igamma_op = op(
    "Igamma",
    shape=broadcast,
    host=_only_positive(scipy_kernel("gammainc")),
    xla=_lowered("igamma"),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_igamma_grad,
)
igammac_op = op(
    "Igammac",
    shape=broadcast,
    host=_only_positive(scipy_kernel("gammaincc")),
    xla=_lowered("igammac"),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_igammac_grad,
)
random_gamma_grad_op = op(
    "RandomGammaGrad",
    shape=broadcast,
    xla=lambda alpha, sample: lax.random_gamma_grad(*jnp.broadcast_arrays(alpha, sample)),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
igamma_grad_a_op = op(
    "IgammaGradA",
    shape=broadcast,
    host=None,
    xla=lambda a, x: lax.igamma_grad_a(*jnp.broadcast_arrays(a, x)),
    effects=PURE,
    traits=(BROADCASTING, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.igamma")
def igamma(a: Any, x: Any, name: str | None = None) -> Any:
    """Regularised lower incomplete gamma function, elementwise.

    Args:
        a: positive numbers in a floating tensor of any shape.
        x: tensor of the same dtype, of a shape that broadcasts against `a`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> round(float(tf.math.igamma(1.0, 2.0)), 4)
    0.8647
    """
    return igamma_op(a, x, name=name)


@export("math.igammac")
def igammac(a: Any, x: Any, name: str | None = None) -> Any:
    """Regularised upper incomplete gamma function, elementwise.

    Args:
        a: positive numbers in a floating tensor of any shape.
        x: tensor of the same dtype, of a shape that broadcasts against `a`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> round(float(tf.math.igammac(1.0, 2.0)), 4)
    0.1353
    """
    return igammac_op(a, x, name=name)


# ---- beta ----


def _betainc_shape(c: Inference) -> TensorShape:
    shape = TensorShape(None)
    names = "abx"
    for i, other in enumerate(c.shapes()):
        if other.rank == 0:
            continue
        try:
            shape = shape.merge_with(other)
        except ValueError:
            raise ValueError(
                f"Shapes of a and {names[i]} are inconsistent: {shape_text(shape)} vs. "
                f"{shape_text(other)}"
            ) from None
    return TensorShape(()) if all(s.rank == 0 for s in c.shapes()) else shape


def _betainc_host(a: Any, b: Any, x: Any) -> Any:
    shapes = {v.shape for v in (a, b, x) if v.ndim}
    if len(shapes) > 1:
        raise ValueError("the shapes differ")
    value = _beta(a, b, x)
    return np.where((x >= 0) & (x <= 1), value, x.dtype.type(np.nan))


_beta = scipy_kernel("betainc")


def _betainc_grad(op: Any, dy: Any) -> list[Any]:
    a, b, x = op.inputs
    one = like(1, x)
    scale = subtract(lgamma(add(a, b)), add(lgamma(a), lgamma(b)))
    rest = multiply(subtract(b, one), log1p(negative(x)))
    slope = exp(add(add(multiply(subtract(a, one), log(x)), rest), scale))
    # TensorFlow, too, has no gradients by the parameters.
    return [None, None, unbroadcast(multiply(dy, slope), x, op.outputs[0], first=False)]


betainc_op = op(
    "Betainc",
    shape=_betainc_shape,
    host=_betainc_host,
    xla=lambda a, b, x: jax.scipy.special.betainc(*jnp.broadcast_arrays(a, b, x)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_betainc_grad,
)


@export("math.betainc")
def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Any:
    """Regularised incomplete beta function, elementwise; nan outside [0, 1].

    Args:
        a: positive numbers in a float32 or float64 tensor: scalar, or of one shape with the others.
        b: positive numbers likewise.
        x: numbers in [0, 1], likewise.
        name: name of the node in a graph.

    Returns:
        A tensor of that shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the shapes differ.

    >>> import tidefall as tf
    >>> float(tf.math.betainc(1.0, 1.0, 0.25))
    0.25
    """
    return betainc_op(a, b, x, name=name)


@export("math.lbeta")
def lbeta(x: Any, name: str | None = None) -> Any:
    """Logarithm of the absolute value of the beta function along the last axis.

    Args:
        x: floating tensor of shape `[..., n]`.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[...]`; -inf where n is 0.

    >>> import tidefall as tf
    >>> round(float(tf.math.lbeta([1.0, 2.0])), 4)
    -0.6931
    """
    with name_scope(name or "lbeta"):
        x = convert_to_tensor(x, name="x")
        return subtract(reduce_sum(lgamma(x), axis=-1), lgamma(reduce_sum(x, axis=-1)))
