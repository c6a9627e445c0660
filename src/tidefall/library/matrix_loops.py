"""Functions of matrices that repeat until they are exact enough."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.control_flow.cond import while_loop
from tidefall.ops.array.constants import zeros
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.selecting import where
from tidefall.ops.array.shapes_of import broadcast_dynamic_shape, shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.matmul import matmul
from tidefall.ops.linalg.matrices import eye
from tidefall.ops.linalg.norms import norm
from tidefall.ops.linalg.solving import solve
from tidefall.ops.math.cast import cast
from tidefall.ops.math.exponential import log
from tidefall.ops.math.logical import logical_and
from tidefall.ops.math.rounding import ceil
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.reductions.functions import reduce_any, reduce_max, reduce_sum
from tidefall.tensor.conversion import convert_to_tensor

# ---- expm ----

# Numerators of the Pade approximants of exp, and the 1-norm up to which each is exact
# (Higham 2005, "The scaling and squaring method for the matrix exponential revisited").
_PADE_7 = (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0)
_PADE_13 = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
    960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
_EXACT_7, _EXACT_13 = 3.92572478313866, 5.371920351148152
# Enough for every finite matrix of float32. A bound makes the loop's gradient compile.
_MAX_SQUARINGS = 128


def _pade(a: Any, b: tuple[float, ...]) -> Any:
    """The approximant of exp(a) whose numerator has the coefficients `b`."""
    one = eye(_size(a), dtype=a.dtype)
    square = matmul(a, a)
    even, odd = b[0] * one, b[1] * one
    powers = one
    for i in range(2, len(b), 2):
        powers = square if i == 2 else matmul(powers, square)
        even = even + b[i] * powers
        if i + 1 < len(b):
            odd = odd + b[i + 1] * powers
    odd = matmul(a, odd)
    return solve(even - odd, even + odd)


def _size(a: Any) -> Any:
    return a.shape[-1] if a.shape[-1] is not None else shape(a)[-1]


@export("linalg.expm")
def expm(input: Any, name: str | None = None) -> Any:
    """The exponential of square matrices, by scaling and squaring.

    Args:
        input: matrices `[..., n, n]`, floating-point or complex.
        name: name of the scope in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: if the matrices are not square.

    >>> import tidefall as tf
    >>> tf.linalg.expm([[0.0, 1.0], [0.0, 0.0]]).numpy().tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    with name_scope(name or "matrix_exponential"):
        a = convert_to_tensor(input, name="input")
        if a.shape.rank is not None and a.shape.rank >= 2 and 0 in a.shape.as_list()[-2:]:
            return matmul(a, a)
        if a.dtype.is_floating and a.dtype.size < 4:
            return cast(_expm(cast(a, "float32")), a.dtype)
        return _expm(a)


def _expm(a: Any) -> Any:
    double = a.dtype.size == (16 if a.dtype.is_complex else 8)
    length = reduce_max(reduce_sum(absolute(a), axis=-2, keepdims=True), axis=-1, keepdims=True)
    ratio = log(length / (_EXACT_13 if double else _EXACT_7)) / np.log(2.0)
    # NaN and infinite matrices need no squaring: they stay what they are.
    halvings = where(
        (ratio > 0) & (ratio < _MAX_SQUARINGS),
        ceil(ratio),
        np.array(0, ratio.dtype.as_numpy_dtype),
    )
    steps = cast(halvings, "int32")
    scaled = a * cast(2.0 ** (-halvings), a.dtype)
    start = _pade(scaled, _PADE_13 if double else _PADE_7)
    count = reduce_max(steps)
    _, found = while_loop(
        lambda i, _: i < count,
        lambda i, x: (i + 1, where(i < steps, matmul(x, x), x)),
        (np.int32(0), start),
        maximum_iterations=_MAX_SQUARINGS,
    )
    return found


# ---- conjugate gradients ----

CGState = namedtuple("CGState", ["i", "x", "r", "p", "gamma"])


@export("linalg.experimental.conjugate_gradient")
def conjugate_gradient(
    operator: Any,
    rhs: Any,
    preconditioner: Any = None,
    x: Any = None,
    tol: Any = 1e-5,
    max_iter: Any = 20,
    name: str = "conjugate_gradient",
) -> Any:
    """Solve `operator @ x = rhs` for a positive definite operator, by conjugate gradients.

    Args:
        operator: a `tf.linalg.LinearOperator` that is self-adjoint and positive definite.
        rhs: vectors `[..., n]`.
        preconditioner: an operator that is near the inverse of `operator`.
        x: where to start, `[..., n]`; by default 0.
        tol: stop when the residuals are this much smaller than `rhs`.
        max_iter: stop after so many steps in any case.
        name: name of the scope in a graph.

    Returns:
        A named tuple (i, x, r, p, gamma): the number of steps, the solution `[..., n]`, the
        residual `rhs - operator @ x`, the last direction, and the product of the residual with
        itself, preconditioned.

    Raises:
        ValueError: for an operator not said to be self-adjoint and positive definite.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorFullMatrix(
    ...     [[4.0, 1.0], [1.0, 3.0]], is_self_adjoint=True, is_positive_definite=True)
    >>> state = tf.linalg.experimental.conjugate_gradient(operator, tf.constant([6.0, 7.0]))
    >>> state.x.numpy().round(4).tolist()
    [1.0, 2.0]
    """
    if not (operator.is_self_adjoint and operator.is_positive_definite):
        raise ValueError("Expected a self-adjoint, positive definite operator.")

    def preconditioned(r: Any) -> Any:
        return r if preconditioner is None else preconditioner.matvec(r)

    def step(i: Any, state: Any) -> Any:
        z = operator.matvec(state.p)
        alpha = expand_dims(state.gamma / _dot(state.p, z), -1)
        x, r = state.x + alpha * state.p, state.r - alpha * z
        q = preconditioned(r)
        gamma = _dot(r, q)
        p = q + expand_dims(gamma / state.gamma, -1) * state.p
        return i + 1, CGState(i + 1, x, r, p, gamma)

    with name_scope(name):
        rhs = convert_to_tensor(rhs, name="rhs")
        sizes = shape(rhs)
        batch = broadcast_dynamic_shape(sizes[:-1], operator.batch_shape_tensor())
        r = broadcast_to(rhs, concat([batch, sizes[-1:]], 0))
        limit = tol * norm(r, axis=-1)
        if x is None:
            x = zeros(shape(r), dtype=rhs.dtype)
            if r.shape.is_fully_defined():
                x = zeros(r.shape, dtype=rhs.dtype)
        else:
            x = convert_to_tensor(x, rhs.dtype)
            r = rhs - operator.matvec(x)
        p = preconditioned(r)
        zero = convert_to_tensor(np.int32(0))

        def unfinished(i: Any, state: Any) -> Any:
            remains = absolute(norm(state.r, axis=-1)) > absolute(limit)
            return logical_and(i < max_iter, reduce_any(remains))

        start = (zero, CGState(zero, x, r, p, _dot(r, p)))
        return while_loop(unfinished, step, start)[1]


def _dot(x: Any, y: Any) -> Any:
    return reduce_sum(conj(x) * y, axis=-1)
