"""Systems of linear equations, exact and least squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.constants import zeros
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims, reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.batching import two_batched
from tidefall.ops.common import invalid, jnp
from tidefall.ops.linalg.batches import (
    as_matrix,
    dims_of,
    needs,
    product,
    require_matrix,
    require_square,
    square_dims,
    swapped,
    wide,
)
from tidefall.ops.linalg.cholesky import cholesky, cholesky_solve
from tidefall.ops.linalg.matrices import eye
from tidefall.ops.math.cast import cast

# ---- MatrixSolve ----

_SINGULAR = "Input matrix is not invertible."


def _require_fit(matrix: Any, rhs: Any) -> None:
    require_square(matrix, "First input (lhs) must be a square matrix.")
    _require_same_rows(matrix, rhs)


def _require_same_rows(matrix: Any, rhs: Any) -> None:
    require_matrix(matrix)
    require_matrix(rhs, 1)
    if matrix.shape[:-2] != rhs.shape[:-2]:
        raise invalid(
            f"All input tensors must have the same outer dimensions, got shapes "
            f"{list(matrix.shape)} and {list(rhs.shape)}."
        )
    if matrix.shape[-2] != rhs.shape[-2]:
        raise invalid(
            f"Input matrix and rhs are incompatible: {matrix.shape[-2]} rows and "
            f"{rhs.shape[-2]} rows."
        )


def _solve_host(matrix: np.ndarray, rhs: np.ndarray, *, adjoint: bool) -> np.ndarray:
    _require_fit(matrix, rhs)
    a, b = wide(matrix), wide(rhs)
    try:
        found = np.linalg.solve(swapped(a) if adjoint else a, b)
    except np.linalg.LinAlgError:
        raise invalid(_SINGULAR) from None
    if np.isnan(found).any() and not np.isfinite(a).all():
        raise invalid(_SINGULAR)
    return found.astype(matrix.dtype, copy=False)


def _solve_xla(matrix: Any, rhs: Any, *, adjoint: bool) -> Any:
    _require_fit(matrix, rhs)
    a, b = wide(jnp.asarray(matrix)), wide(jnp.asarray(rhs))
    if not b.size:
        return jnp.zeros(b.shape, matrix.dtype)
    return jnp.linalg.solve(swapped(a) if adjoint else a, b).astype(matrix.dtype)


def _solve_shape(c: Inference) -> TensorShape:
    left, right = square_dims(c.shape(0)), dims_of(c.shape(1))
    if left is None or right is None:
        return TensorShape(None)
    (batch_a, size), (batch_b, rows, columns) = left, right
    if size is not None and rows is not None and size != rows:
        raise ValueError(f"Dimensions must be equal, but are {size} and {rows}")
    batch = batch_a.merge_with(batch_b)
    return TensorShape([*batch, size if size is not None else rows, columns])


def _solve_grad(op: Any, dy: Any) -> list[Any]:
    a = op.inputs[0]
    turned, x = op.attrs["adjoint"], op.outputs[0]
    db = solve(a, dy, adjoint=not turned)
    da = None
    if needs(op, 0):
        da = -product(x, db, adjoint_b=True) if turned else -product(db, x, adjoint_b=True)
    return [da, db]


matrix_solve_op = op(
    "MatrixSolve",
    shape=_solve_shape,
    host=_solve_host,
    xla=_solve_xla,
    effects=PURE,
    batching=two_batched,
    gradient=_solve_grad,
)


@export("linalg.solve", dispatch=OTHER)
def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """Solve `matrix @ x = rhs`.

    Args:
        matrix: square matrices `[..., n, n]`.
        rhs: matrices `[..., n, k]` with the same batch dimensions and dtype.
        adjoint: solve with the conjugate transpose of `matrix`.
        name: name of the node in a graph.

    Returns:
        Matrices `[..., n, k]`.

    Raises:
        InvalidArgumentError: if the shapes do not fit, or a matrix is not invertible (compiled
            code gives infinities or NaN for it).

    >>> import tidefall as tf
    >>> tf.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [8.0]]).numpy().tolist()
    [[1.0], [2.0]]
    """
    return matrix_solve_op(matrix, rhs, adjoint=adjoint, name=name)


# ---- MatrixSolveLs ----


def _normal(a: Any, b: Any, ridge: Any, xp: Any) -> Any:
    """Least squares (or least norm) through the normal equations."""
    rows, columns = a.shape[-2:]
    turned = swapped(a)
    tall = rows >= columns
    gram = xp.matmul(turned, a) if tall else xp.matmul(a, turned)
    gram = gram + xp.asarray(ridge, a.dtype) * xp.eye(gram.shape[-1], dtype=a.dtype)
    if tall:
        return xp.linalg.solve(gram, xp.matmul(turned, b))
    return xp.matmul(turned, xp.linalg.solve(gram, b))


def _ls_host(
    matrix: np.ndarray, rhs: np.ndarray, l2_regularizer: np.ndarray, *, fast: bool
) -> np.ndarray:
    _require_ls(matrix, rhs, l2_regularizer)
    a, b = wide(matrix), wide(rhs)
    if not matrix.size or not rhs.size:
        return np.zeros((*a.shape[:-2], a.shape[-1], b.shape[-1]), matrix.dtype)
    if not fast:
        return (np.linalg.pinv(a) @ b).astype(matrix.dtype, copy=False)
    try:
        return _normal(a, b, l2_regularizer, np).astype(matrix.dtype, copy=False)
    except np.linalg.LinAlgError:
        raise invalid("Input matrix was rank deficient or ill-conditioned.") from None


def _require_ls(matrix: Any, rhs: Any, ridge: Any) -> None:
    _require_same_rows(matrix, rhs)
    if np.ndim(ridge):
        raise invalid(f"l2_regularizer must be scalar, got shape {list(np.shape(ridge))}")


def _ls_xla(matrix: Any, rhs: Any, l2_regularizer: Any, *, fast: bool) -> Any:
    _require_ls(matrix, rhs, l2_regularizer)
    a, b = wide(jnp.asarray(matrix)), wide(jnp.asarray(rhs))
    if not matrix.size or not rhs.size:
        return jnp.zeros((*a.shape[:-2], a.shape[-1], b.shape[-1]), matrix.dtype)
    found = _normal(a, b, l2_regularizer, jnp) if fast else jnp.matmul(jnp.linalg.pinv(a), b)
    return found.astype(matrix.dtype)


def _ls_shape(c: Inference) -> TensorShape:
    left, right = dims_of(c.shape(0)), dims_of(c.shape(1))
    if left is None or right is None:
        return TensorShape(None)
    (batch_a, rows, columns), (batch_b, others, wide) = left, right
    if rows is not None and others is not None and rows != others:
        raise ValueError(f"Dimensions must be equal, but are {rows} and {others}")
    return TensorShape([*batch_a.merge_with(batch_b), columns, wide])


def _ls_grad(op: Any, dy: Any) -> list[Any]:
    a, b, ridge = op.inputs
    if not op.attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    rows, columns = a.shape[-2], a.shape[-1]
    x = op.outputs[0]
    if rows is None or columns is None:
        return [*_ls_grad_of_any_size(a, b, ridge, x, dy), None]
    given = _tall_ls_grad if rows >= columns else _wide_ls_grad
    return [*given(a, b, ridge, x, dy), None]


def _tall_ls_grad(a: Any, b: Any, ridge: Any, x: Any, dy: Any) -> tuple[Any, Any]:
    z = cholesky_solve(cholesky(_gram(a, ridge, True)), dy)
    db = product(a, z)
    da = product(b - product(a, x), z, adjoint_b=True) - product(db, x, adjoint_b=True)
    return da, db


def _wide_ls_grad(a: Any, b: Any, ridge: Any, x: Any, dy: Any) -> tuple[Any, Any]:
    chol = cholesky(_gram(a, ridge, False))
    db = cholesky_solve(chol, product(a, dy))
    y = cholesky_solve(chol, b)
    residual = dy - product(a, db, adjoint_a=True)
    da = product(y, residual, adjoint_b=True) - product(db, x, adjoint_b=True)
    return da, db


def _ls_grad_of_any_size(a: Any, b: Any, ridge: Any, x: Any, dy: Any) -> tuple[Any, Any]:
    """Both gradients, the one that does not apply with an empty matrix."""
    size = shape(a)
    rows, columns = size[-2], size[-1]
    is_tall = cast(rows >= columns, "int32")
    high, low = rows * is_tall, rows * (1 - is_tall)
    width = columns * is_tall
    da, db = _tall_ls_grad(
        a[..., :high, :width], b[..., :high, :], ridge, x[..., :width, :], dy[..., :width, :]
    )
    da_wide, db_wide = _wide_ls_grad(a[..., :low, :], b[..., :low, :], ridge, x, dy)
    ends = expand_dims(high, 0), size[-1:]
    da = reshape(da, concat([size[:-2], *ends], 0))
    return concat([da, da_wide], -2), concat([db, db_wide], -2)


def _gram(a: Any, ridge: Any, tall: bool) -> Any:
    """The smaller of the two products of a matrix with its adjoint, plus a multiple of one."""
    gram = product(a, a, adjoint_a=tall, adjoint_b=not tall)
    at = -1 if tall else -2
    size = a.shape[at] if a.shape[at] is not None else shape(a)[at]
    return gram + cast(ridge, a.dtype) * eye(size, dtype=a.dtype)


matrix_solve_ls_op = op(
    "MatrixSolveLs",
    shape=_ls_shape,
    host=_ls_host,
    xla=_ls_xla,
    effects=PURE,
    batching=two_batched,
    gradient=_ls_grad,
)


@export("linalg.lstsq")
def lstsq(
    matrix: Any,
    rhs: Any,
    l2_regularizer: Any = 0.0,
    fast: bool = True,
    name: str | None = None,
) -> Any:
    """Solve `matrix @ x = rhs` in the least-squares sense.

    Args:
        matrix: matrices `[..., m, n]`.
        rhs: matrices `[..., m, k]` of the same dtype.
        l2_regularizer: weight of the squared norm of x in what is minimized; only with `fast`.
        fast: through the normal equations, which need a matrix of full rank or a regularizer.
            Otherwise through the pseudo-inverse, which gives the x of least norm; that has no
            gradient.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, k]`.

    Raises:
        InvalidArgumentError: if the shapes do not fit.

    >>> import tidefall as tf
    >>> a = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]
    >>> tf.linalg.lstsq(a, [[1.0], [3.0], [5.0]]).numpy().round(3).tolist()
    [[1.0], [2.0]]
    """
    with name_scope(name or "matrix_solve_ls"):
        a = as_matrix(matrix)
        if a.shape.rank == 0:
            raise ValueError("lstsq: matrix must be at least of rank 2, but it is a scalar.")
        known = a.shape.rank is not None and a.shape.rank >= 2
        rows, columns = a.shape[-2:] if known else (None, None)
        if not fast or rows is None or columns is None:
            return matrix_solve_ls_op(a, rhs, l2_regularizer, fast=fast)
        if not rows or not columns:
            b = as_matrix(rhs, "rhs")
            size = [*(d if d is not None else shape(a)[i] for i, d in enumerate(a.shape[:-2]))]
            last = b.shape[-1] if b.shape[-1] is not None else shape(b)[-1]
            return zeros([*size, columns, last], a.dtype)
        chol = cholesky(_gram(a, as_matrix(l2_regularizer, "ridge"), rows >= columns))
        if rows >= columns:
            return cholesky_solve(chol, product(a, rhs, adjoint_a=True))
        return product(a, cholesky_solve(chol, rhs), adjoint_a=True)
