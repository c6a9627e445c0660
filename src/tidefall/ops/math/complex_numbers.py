"""Complex numbers: parts, angle, conjugate, and building them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import BROADCASTING, ELEMENTWISE, INVOLUTION, LINEAR
from tidefall.ops.common import broadcast, jnp, lax, unbroadcast, unchanged
from tidefall.ops.fast import like
from tidefall.ops.math.elementwise import multiply, negative
from tidefall.ops.math.unary import reciprocal
from tidefall.tensor.conversion import convert_to_tensor

# ---- conjugate ----

conj_op = op(
    "Conj",
    shape=unchanged,
    host=np.conjugate,
    xla=lambda x: jnp.conj(x),
    effects=PURE,
    traits=(ELEMENTWISE, LINEAR, INVOLUTION),
    gradient=lambda op, dy: conj(dy),
)


@export("math.conj", dispatch=UNARY)
def conj(x: Any, name: str | None = None) -> Any:
    """Complex conjugate, elementwise; real tensors come back as they are.

    Args:
        x: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    Raises:
        TypeError: if `x` is not numeric.

    >>> import tidefall as tf
    >>> tf.math.conj([1 + 2j]).numpy()
    array([1.-2.j])
    """
    x = convert_to_tensor(x, name="x")
    if x.dtype.is_complex:
        return conj_op(x, name=name)
    if x.dtype.is_floating or x.dtype.is_integer:
        return x
    raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}.")


# ---- building complex numbers ----


def _complex_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [
        unbroadcast(real(dy), x, y),
        unbroadcast(imag(dy), y, x, first=False),
    ]


def _complex_host(x: Any, y: Any) -> Any:
    shape = x.shape if x.shape == y.shape else np.broadcast_shapes(x.shape, y.shape)
    result = np.empty(shape, np.complex64 if x.dtype == np.float32 else np.complex128)
    result.real = x
    result.imag = y
    return result


complex_op = op(
    "Complex",
    shape=broadcast,
    host=_complex_host,
    xla=lambda x, y: lax.complex(*jnp.broadcast_arrays(x, y)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_complex_grad,
)


@export("complex", "dtypes.complex", dispatch=BINARY)
def complex_(real: Any, imag: Any, name: str | None = None) -> Any:
    """Complex numbers of their real and imaginary parts.

    Args:
        real: float32 or float64 tensor of any shape.
        imag: tensor of the same dtype, of a shape that broadcasts against `real`.
        name: name of the node in a graph.

    Returns:
        A complex64 tensor for float32 parts, complex128 for float64, of the broadcast shape.

    Raises:
        TypeError: for parts of other or different dtypes.

    >>> import tidefall as tf
    >>> tf.complex([1.0], [2.0]).numpy()
    array([1.+2.j], dtype=complex64)
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    pair = (real.dtype.base_dtype, imag.dtype.base_dtype)
    if pair == (dtypes.float64, dtypes.float64):
        target = dtypes.complex128
    elif pair == (dtypes.float32, dtypes.float32):
        target = dtypes.complex64
    else:
        raise TypeError(
            f"The `real` and `imag` components have incorrect types: {real.dtype.name} "
            f"{imag.dtype.name}. They must be consistent, and one of "
            f"{[dtypes.float32, dtypes.float64]}"
        )
    return complex_op(real, imag, Tout=target, name=name)


# ---- parts ----


def _zeros(x: Any) -> Any:
    return raw.ZerosLike(x)


def _join(x: Any, y: Any) -> Any:
    return complex_op(
        x, y, Tout=dtypes.complex64 if x.dtype == dtypes.float32 else dtypes.complex128
    )


def _angle_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    turned = reciprocal(_join(imag(x), real(x)))
    return negative(multiply(_join(dy, _zeros(dy)), turned))


real_op = op(
    "Real",
    shape=unchanged,
    host=lambda x: x.real,
    xla=lambda x: jnp.real(x),
    effects=PURE,
    traits=(ELEMENTWISE, LINEAR),
    gradient=lambda op, dy: _join(dy, _zeros(dy)),
)
imag_op = op(
    "Imag",
    shape=unchanged,
    host=lambda x: x.imag,
    xla=lambda x: jnp.imag(x),
    effects=PURE,
    traits=(ELEMENTWISE, LINEAR),
    gradient=lambda op, dy: _join(_zeros(dy), dy),
)
angle_op = op(
    "Angle",
    shape=unchanged,
    host=np.angle,
    xla=lambda x: jnp.angle(x),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=_angle_grad,
)


@export("math.real", dispatch=UNARY)
def real(input: Any, name: str | None = None) -> Any:
    """Real part, elementwise; real tensors come back as they are.

    Args:
        input: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A real tensor shaped like `input`.

    Raises:
        TypeError: if `input` is not numeric.

    >>> import tidefall as tf
    >>> tf.math.real([1 + 2j]).numpy()
    array([1.])
    """
    input = convert_to_tensor(input, name="input")
    if input.dtype.is_complex:
        return real_op(input, Tout=input.dtype.real_dtype, name=name)
    if input.dtype.is_numeric:
        return input
    raise TypeError(f"input must be a numeric tensor, but got tensor with dtype {input.dtype}")


@export("math.imag", dispatch=UNARY)
def imag(input: Any, name: str | None = None) -> Any:
    """Imaginary part, elementwise; zeros for real tensors.

    Args:
        input: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A real tensor shaped like `input`.

    >>> import tidefall as tf
    >>> tf.math.imag([1 + 2j]).numpy()
    array([2.])
    """
    input = convert_to_tensor(input, name="input")
    if input.dtype.is_complex:
        return imag_op(input, Tout=input.dtype.real_dtype, name=name)
    return _zeros(input)


@export("math.angle", dispatch=UNARY)
def angle(input: Any, name: str | None = None) -> Any:
    """Angle with the positive real axis, elementwise, in radians from -pi to pi.

    Args:
        input: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A real tensor shaped like `input`.

    >>> import tidefall as tf
    >>> tf.math.angle([1j, -1]).numpy()
    array([1.57079633, 3.14159265])
    """
    input = convert_to_tensor(input, name="input")
    if input.dtype.is_complex:
        return angle_op(input, Tout=input.dtype.real_dtype, name=name)
    with name_scope(name or "Angle"):
        left = raw.Less(input, like(0, input))
        half_turn = convert_to_tensor(np.pi, input.dtype)
        return raw.SelectV2(left, half_turn, like(0, input))
