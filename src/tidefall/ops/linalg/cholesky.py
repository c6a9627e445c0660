"""The Cholesky decomposition, and what is solved or measured with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.batching import batched
from tidefall.ops.common import jnp, lax
from tidefall.ops.linalg.batches import (
    adjoint,
    as_matrix,
    product,
    require_square,
    square,
    swapped,
    wide,
)
from tidefall.ops.linalg.matrices import band_part, diag_part, set_diag
from tidefall.ops.linalg.triangular import triangular_solve, triangular_solve_host
from tidefall.ops.math.complex_numbers import real
from tidefall.ops.math.exponential import log
from tidefall.ops.reductions.functions import reduce_sum

_cholesky = Native("cholesky", np.linalg.cholesky)


def _cholesky_host(input: np.ndarray) -> np.ndarray:
    require_square(input)
    x = wide(input)
    try:
        lower = _cholesky(x)
    except np.linalg.LinAlgError:
        lower = _one_by_one(x)
    return lower.astype(input.dtype, copy=False)


def _one_by_one(x: np.ndarray) -> np.ndarray:
    """Some matrices of a stack have no decomposition: those become NaN, the others stay right."""
    lower = np.empty_like(x)
    for index in np.ndindex(x.shape[:-2]):
        try:
            lower[index] = np.linalg.cholesky(x[index])
        except np.linalg.LinAlgError:
            lower[index] = np.tril(np.full(x.shape[-2:], np.nan, x.dtype))
    return lower


def _cholesky_xla(input: Any) -> Any:
    x = wide(jnp.asarray(input))
    return lax.linalg.cholesky(x, symmetrize_input=False).astype(input.dtype)


def _cholesky_grad(op: Any, dy: Any) -> Any:
    lower = op.outputs[0]
    middle = _half_lower(product(lower, dy, adjoint_a=True))
    right = adjoint(triangular_solve(lower, adjoint(middle), adjoint=True))
    grad = triangular_solve(lower, right, adjoint=True)
    return 0.5 * (grad + adjoint(grad))


def _half_lower(x: Any) -> Any:
    return set_diag(band_part(x, -1, 0), 0.5 * diag_part(x))


cholesky_op = op(
    "Cholesky",
    shape=square,
    host=_cholesky_host,
    xla=_cholesky_xla,
    effects=PURE,
    batching=batched,
    gradient=_cholesky_grad,
)


@export("linalg.cholesky", dispatch=OTHER)
def cholesky(input: Any, name: str | None = None) -> Any:
    """The Cholesky decomposition of positive definite matrices.

    Args:
        input: matrices `[..., n, n]`, symmetric or Hermitian and positive definite. Only the lower
            triangle is read.
        name: name of the node in a graph.

    Returns:
        Lower triangular matrices like `input`, whose product with their adjoints is `input`; NaN
        where a matrix is not positive definite.

    Raises:
        InvalidArgumentError: if the matrices are not square.

    >>> import tidefall as tf
    >>> tf.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]).numpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    return cholesky_op(input, name=name)


def _cholesky_grad_host(l: np.ndarray, grad: np.ndarray) -> np.ndarray:  # noqa: E741
    require_square(l)
    lower, dy = wide(l), wide(grad)
    middle = np.tril(swapped(lower) @ dy)
    middle *= 1 - 0.5 * np.eye(l.shape[-1], dtype=middle.dtype)
    right = swapped(triangular_solve_host(lower, swapped(middle), lower=True, adjoint=True))
    found = triangular_solve_host(lower, right, lower=True, adjoint=True)
    return (0.5 * (found + swapped(found))).astype(l.dtype)


def _cholesky_grad_xla(l: Any, grad: Any) -> Any:  # noqa: E741
    lower, dy = wide(jnp.asarray(l)), wide(jnp.asarray(grad))
    middle = jnp.tril(jnp.matmul(swapped(lower), dy))
    middle = middle * (1 - 0.5 * jnp.eye(l.shape[-1], dtype=middle.dtype))
    solve = lax.linalg.triangular_solve
    left = solve(lower, middle, left_side=True, lower=True, transpose_a=True)
    found = solve(lower, left, left_side=False, lower=True)
    return (0.5 * (found + swapped(found))).astype(l.dtype)


cholesky_grad_op = op(
    "CholeskyGrad",
    shape=square,
    host=_cholesky_grad_host,
    xla=_cholesky_grad_xla,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    batching=batched,
    gradient=NOT_DIFFERENTIABLE,
)


@export("linalg.cholesky_solve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """Solve `a @ x = rhs`, given the Cholesky decomposition of `a`.

    Args:
        chol: lower triangular matrices `[..., n, n]`, as `tf.linalg.cholesky` makes them.
        rhs: matrices `[..., n, k]` of the same dtype.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, k]`.

    Raises:
        InvalidArgumentError: if the matrices are not square or do not fit.

    >>> import tidefall as tf
    >>> chol = tf.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    >>> tf.linalg.cholesky_solve(chol, [[8.0], [12.0]]).numpy().round(4).tolist()
    [[1.0], [2.0]]
    """
    with name_scope(name or "cholesky_solve"):
        forward = triangular_solve(chol, rhs, adjoint=False, lower=True)
        return triangular_solve(chol, forward, adjoint=True, lower=True)


@export("linalg.logdet", dispatch=OTHER)
def logdet(matrix: Any, name: str | None = None) -> Any:
    """The logarithm of the determinant of positive definite matrices.

    Args:
        matrix: symmetric or Hermitian positive definite matrices `[..., n, n]`.
        name: name of the scope in a graph.

    Returns:
        A real tensor of shape `[...]`.

    Raises:
        InvalidArgumentError: if the matrices are not square.

    >>> import tidefall as tf
    >>> print(f"{tf.linalg.logdet([[4.0, 2.0], [2.0, 5.0]]).numpy():.4f}")
    2.7726
    """
    with name_scope(name or "logdet"):
        chol = cholesky(as_matrix(matrix))
        return 2.0 * reduce_sum(log(real(diag_part(chol))), axis=[-1])
