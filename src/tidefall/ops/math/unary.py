"""Absolute values, signs, squares, roots and reciprocals, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import (
    CHEAP,
    ELEMENTWISE,
    IDEMPOTENT,
    SAFE_IN_HALF,
    SAME_SHAPE,
    SPECULATABLE,
    TOTAL,
)
from tidefall.ops.common import jnp, lax, unchanged
from tidefall.ops.fast import fast_unary, like
from tidefall.ops.math.division import true_quotient
from tidefall.ops.math.elementwise import conjugate, multiply, negative
from tidefall.tensor.conversion import convert_to_tensor

# ---- absolute value and sign ----

abs_op = op(
    "Abs",
    shape=unchanged,
    host=np.abs,
    xla=lambda x: jnp.abs(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE, IDEMPOTENT),
    gradient=lambda op, dy: multiply(dy, sign(op.inputs[0])),
)


def _as_complex(x: Any, dtype: Any) -> Any:
    return raw.Complex(x, raw.ZerosLike(x), Tout=dtype)


def _complex_abs_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return raw.DivNoNan(multiply(_as_complex(dy, x.dtype), x), _as_complex(op.outputs[0], x.dtype))


complex_abs_op = op(
    "ComplexAbs",
    shape=unchanged,
    host=np.abs,
    xla=lambda x: jnp.abs(x),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_complex_abs_grad,
)


@export("math.abs", "abs", dispatch=UNARY)
@fast_unary(abs_op, np.abs, quiet=False)
def abs(x: Any, name: str | None = None) -> Any:
    """Absolute value, elementwise; of complex numbers the modulus.

    Args:
        x: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`; for complex64 float32, for complex128 float64.

    >>> import tidefall as tf
    >>> tf.abs([-1.5, 2.0]).numpy()
    array([1.5, 2. ], dtype=float32)
    """
    x = convert_to_tensor(x, name="x")
    if x.dtype.is_complex:
        return complex_abs_op(x, Tout=x.dtype.real_dtype, name=name or "Abs")
    return abs_op(x, name=name)


def _sign_of_numpy(x: Any) -> Any:
    # Adding 0 turns the -0 that NumPy keeps into 0.
    return np.sign(x) if x.dtype.kind in "iu" else np.sign(x) + x.dtype.type(0)


_sign_host = Native("sign", quietly(_sign_of_numpy))
sign_op = op(
    "Sign",
    shape=unchanged,
    host=_sign_host,
    xla=lambda x: jnp.sign(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, IDEMPOTENT),
    gradient=lambda op, dy: raw.ZerosLike(op.inputs[0]),
)


@export("math.sign", "sign", dispatch=UNARY)
@fast_unary(sign_op, _sign_host, kinds="fiV", costly=True)
def sign(x: Any, name: str | None = None) -> Any:
    """-1, 0 or 1 by the sign, elementwise; for complex numbers `x / |x|`, and 0 for 0.

    Args:
        x: signed numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.sign([-3.0, 0.0, 2.0]).numpy()
    array([-1.,  0.,  1.], dtype=float32)
    """
    x = convert_to_tensor(x)
    if x.dtype.is_complex:
        # Not the op, whose gradient is 0: it is not for complex numbers.
        modulus = raw.Cast(abs(x), DstT=x.dtype)
        return raw.DivNoNan(x, modulus, name=name)
    return sign_op(x, name=name)


# ---- squares and roots ----


def _square_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return multiply(dy, multiply(conjugate(x), like(2, x)))


square_op = op(
    "Square",
    shape=unchanged,
    host=np.square,
    xla=lambda x: jnp.square(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=_square_grad,
)


@export("math.square", "square", dispatch=UNARY)
@fast_unary(square_op, np.square, quiet=False)
def square(x: Any, name: str | None = None) -> Any:
    """`x * x`, elementwise.

    Args:
        x: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.square([-2.0, 3.0]).numpy()
    array([4., 9.], dtype=float32)
    """
    return square_op(x, name=name)


def _half(x: Any) -> Any:
    return x.dtype.type(0.5)


def _sqrt_grad_grad(op: Any, dz: Any) -> list[Any]:
    # z = dy / 2 / conj(y)
    slope = true_quotient(dz, op.inputs[0])
    return [
        negative(multiply(conjugate(slope), op.outputs[0])),
        multiply(like(0.5, slope), slope),
    ]


sqrt_grad_op = op(
    "SqrtGrad",
    shape=unchanged,
    host=Native("sqrt_grad", lambda y, dy: dy * _half(y) / np.conjugate(y)),
    xla=lambda y, dy: dy * _half(y) / jnp.conj(y),
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_sqrt_grad_grad,
)
_sqrt_host = Native("sqrt", quietly(np.sqrt))
sqrt_op = op(
    "Sqrt",
    shape=unchanged,
    host=_sqrt_host,
    xla=lambda x: jnp.sqrt(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF),
    gradient=lambda op, dy: sqrt_grad_op(op.outputs[0], dy),
)


@export("math.sqrt", "sqrt", dispatch=UNARY)
@fast_unary(sqrt_op, _sqrt_host)
def sqrt(x: Any, name: str | None = None) -> Any:
    """Square root, elementwise; nan for negative numbers.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.sqrt([4.0, 9.0]).numpy()
    array([2., 3.], dtype=float32)
    """
    return sqrt_op(x, name=name)


def _inverse_root(x: Any) -> Any:
    root = np.sqrt(x)
    return np.reciprocal(root, out=root) if type(root) is np.ndarray else np.reciprocal(root)


_rsqrt_host = Native("rsqrt", quietly(_inverse_root))


def _rsqrt_slope(y: Any, dy: Any) -> Any:
    return np.conjugate(y * y * y) * (dy * -_half(y))


def _rsqrt_grad_grad(op: Any, dz: Any) -> list[Any]:
    # z = -dy / 2 * conj(y)^3
    y, dy = op.inputs
    conj_y = conjugate(y)
    scaled = multiply(multiply(like(-1.5, y), conjugate(dz)), dy)
    return [multiply(scaled, square(conj_y)), rsqrt_grad_op(conj_y, dz)]


rsqrt_grad_op = op(
    "RsqrtGrad",
    shape=unchanged,
    host=Native("rsqrt_grad", _rsqrt_slope),
    xla=lambda y, dy: jnp.conj(y * y * y) * (dy * -_half(y)),
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_rsqrt_grad_grad,
)
rsqrt_op = op(
    "Rsqrt",
    shape=unchanged,
    host=_rsqrt_host,
    xla=lambda x: lax.rsqrt(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL),
    gradient=lambda op, dy: rsqrt_grad_op(op.outputs[0], dy),
)


@export("math.rsqrt", dispatch=UNARY)
@fast_unary(rsqrt_op, _rsqrt_host)
def rsqrt(x: Any, name: str | None = None) -> Any:
    """`1 / sqrt(x)`, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.rsqrt([4.0, 16.0]).numpy()
    array([0.5 , 0.25], dtype=float32)
    """
    return rsqrt_op(x, name=name)


# ---- reciprocals ----


def _reciprocal_host(x: Any) -> Any:
    if x.dtype.kind == "i":
        raise NotFoundError(
            None,
            None,
            f"No reciprocal of {dtypes.as_dtype(x.dtype).name}: cast to a float first.",
        )
    return np.reciprocal(x)


def _reciprocal_grad_grad(op: Any, dz: Any) -> list[Any]:
    # z = -dy * conj(y)^2
    y, dy = op.inputs
    conj_y = conjugate(y)
    scaled = multiply(multiply(like(-2, y), conjugate(dz)), dy)
    return [multiply(scaled, conj_y), reciprocal_grad_op(conj_y, dz)]


def _reciprocal_grad_host(y: Any, dy: Any) -> Any:
    return -dy * np.conjugate(y * y)


def _reciprocal_grad_xla(y: Any, dy: Any) -> Any:
    return -dy * jnp.conj(y * y)


reciprocal_grad_op = op(
    "ReciprocalGrad",
    shape=unchanged,
    host=_reciprocal_grad_host,
    xla=_reciprocal_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_reciprocal_grad_grad,
)
inv_grad_op = op(
    "InvGrad",
    shape=unchanged,
    host=_reciprocal_grad_host,
    xla=_reciprocal_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_reciprocal_grad_grad,
)
reciprocal_op = op(
    "Reciprocal",
    shape=unchanged,
    host=_reciprocal_host,
    xla=lambda x: jnp.reciprocal(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF),
    gradient=lambda op, dy: reciprocal_grad_op(op.outputs[0], dy),
)
inv_op = op(
    "Inv",
    shape=unchanged,
    host=_reciprocal_host,
    xla=lambda x: jnp.reciprocal(x),
    effects=PURE,
    traits=(ELEMENTWISE, SAFE_IN_HALF),
    gradient=lambda op, dy: inv_grad_op(op.outputs[0], dy),
)


@export("math.reciprocal", dispatch=UNARY)
@fast_unary(reciprocal_op, _reciprocal_host)
def reciprocal(x: Any, name: str | None = None) -> Any:
    """`1 / x`, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.reciprocal([2.0, 4.0]).numpy()
    array([0.5 , 0.25], dtype=float32)
    """
    return reciprocal_op(x, name=name)
