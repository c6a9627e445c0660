"""Inverses and determinants."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.batching import batched
from tidefall.ops.common import invalid, jnp
from tidefall.ops.linalg.batches import (
    conj,
    product,
    require_square,
    square,
    square_dims,
    swapped,
    wide,
)
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import imag, real

SINGULAR = "Input is not invertible."

# ---- MatrixInverse ----


def _inverse_host(input: np.ndarray, *, adjoint: bool) -> np.ndarray:
    require_square(input)
    x = wide(input)
    try:
        found = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise invalid(SINGULAR) from None
    if np.isnan(found).any():
        raise invalid(SINGULAR)
    return (swapped(found) if adjoint else found).astype(input.dtype, copy=False)


def _inverse_xla(input: Any, *, adjoint: bool) -> Any:
    require_square(input)
    found = jnp.linalg.inv(wide(jnp.asarray(input)))
    return (swapped(found) if adjoint else found).astype(input.dtype)


def _inverse_grad(op: Any, dy: Any) -> Any:
    y = op.outputs[0]
    if op.attrs["adjoint"]:
        return -product(y, product(dy, y, adjoint_a=True))
    return -product(y, product(dy, y, adjoint_b=True), adjoint_a=True)


matrix_inverse_op = op(
    "MatrixInverse",
    shape=square,
    host=_inverse_host,
    xla=_inverse_xla,
    effects=PURE,
    batching=batched,
    gradient=_inverse_grad,
)


@export("linalg.inv", dispatch=OTHER)
def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """Inverses of square matrices.

    Args:
        input: matrices `[..., n, n]`, floating-point or complex.
        adjoint: return the inverses of the conjugate transposes.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: if the matrices are not square, or one is not invertible. Compiled
            code gives infinities or NaN for such a matrix.

    >>> import tidefall as tf
    >>> tf.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    return matrix_inverse_op(input, adjoint=adjoint, name=name)


# ---- determinants ----


def _batch_shape(c: Inference) -> TensorShape:
    dims = square_dims(c.shape(0))
    return TensorShape(None) if dims is None else dims[0]


def _det_host(input: np.ndarray) -> np.ndarray:
    require_square(input)
    return np.asarray(np.linalg.det(wide(input))).astype(input.dtype, copy=False)


def _det_xla(input: Any) -> Any:
    require_square(input)
    sign, logarithm = jnp.linalg.slogdet(wide(jnp.asarray(input)))
    return (sign * jnp.exp(logarithm)).astype(input.dtype)


def _det_grad(op: Any, dy: Any) -> Any:
    return _by_matrix(dy * conj(op.outputs[0])) * inv(op.inputs[0], adjoint=True)


def _by_matrix(x: Any) -> Any:
    return expand_dims(expand_dims(x, -1), -1)


matrix_determinant_op = op(
    "MatrixDeterminant",
    shape=_batch_shape,
    host=_det_host,
    xla=_det_xla,
    effects=PURE,
    batching=batched,
    gradient=_det_grad,
)


@export("linalg.det", dispatch=OTHER)
def det(input: Any, name: str | None = None) -> Any:
    """Determinants of square matrices.

    Args:
        input: matrices `[..., n, n]`, floating-point or complex.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[...]` with the dtype of `input`.

    Raises:
        InvalidArgumentError: if the matrices are not square.

    >>> import tidefall as tf
    >>> float(tf.linalg.det([[2.0, 0.0], [1.0, 4.0]]))
    8.0
    """
    return matrix_determinant_op(input, name=name)


def _slogdet_host(input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    require_square(input)
    x = wide(input)
    sign, logarithm = (np.asarray(v) for v in np.linalg.slogdet(x))
    bad = np.isnan(x).any((-1, -2))
    if bad.any():
        sign, logarithm = np.where(bad, np.nan, sign), np.where(bad, np.nan, logarithm)
    return sign.astype(input.dtype, copy=False), logarithm.astype(input.dtype)


def _slogdet_xla(input: Any) -> Any:
    require_square(input)
    sign, logarithm = jnp.linalg.slogdet(wide(jnp.asarray(input)))
    return sign.astype(input.dtype), logarithm.astype(input.dtype)


def _slogdet_grad(op: Any, dsign: Any, dlog: Any) -> Any:
    if op.inputs[0].dtype.is_complex:
        # log |det| is the real part of log det; the phase turns with the imaginary part.
        turn = imag(conj(op.outputs[0]) * dsign)
        dlog = cast(real(dlog), dlog.dtype) + 1j * cast(turn, dlog.dtype)
    return _by_matrix(dlog) * inv(op.inputs[0], adjoint=True)


log_matrix_determinant_op = op(
    "LogMatrixDeterminant",
    shape=lambda c: [_batch_shape(c)] * 2,
    host=_slogdet_host,
    xla=_slogdet_xla,
    effects=PURE,
    batching=batched,
    gradient=_slogdet_grad,
)

LogMatrixDeterminant = namedtuple("LogMatrixDeterminant", ["sign", "log_abs_determinant"])


@export("linalg.slogdet")
def slogdet(input: Any, name: str | None = None) -> Any:
    """Sign and logarithm of the absolute value of determinants.

    Args:
        input: matrices `[..., n, n]`, floating-point or complex.
        name: name of the node in a graph.

    Returns:
        A named tuple (sign, log_abs_determinant) of tensors of shape `[...]`. The determinant is
        `sign * exp(log_abs_determinant)`; a singular matrix has sign 0 and -inf.

    Raises:
        InvalidArgumentError: if the matrices are not square.

    >>> import tidefall as tf
    >>> sign, logarithm = tf.linalg.slogdet([[-1.0, 0.0], [0.0, 1.0]])
    >>> float(sign), float(logarithm)
    (-1.0, 0.0)
    """
    return LogMatrixDeterminant(*log_matrix_determinant_op(input, name=name))
