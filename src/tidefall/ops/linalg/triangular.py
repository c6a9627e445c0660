"""Solving systems with triangular matrices, dense and banded."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims, reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.array.stacking import stack
from tidefall.ops.batching import broadcasting
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.linalg.batches import (
    as_matrix,
    dims_of,
    needs,
    product,
    square_dims,
    summed_to,
    swapped,
    wide,
)
from tidefall.ops.linalg.matrices import band_part, diag_part

# ---- kernels ----


def triangular_solve_host(
    matrix: np.ndarray, rhs: np.ndarray, *, lower: bool, adjoint: bool
) -> np.ndarray:
    """Solve with one triangle of `matrix`; the batch dimensions broadcast."""
    _require_fit(matrix, rhs)
    a, b = wide(matrix), wide(rhs)
    a = np.tril(a) if lower else np.triu(a)
    if adjoint:
        a = swapped(a)
    if lower != adjoint:
        # Turned upside down the matrix is upper triangular, and LU leaves it as it is: no pivoting.
        found = _solve_upper(a[..., ::-1, ::-1], b[..., ::-1, :])[..., ::-1, :]
    else:
        found = _solve_upper(a, b)
    return np.ascontiguousarray(found.astype(matrix.dtype, copy=False))


def _require_fit(matrix: Any, rhs: Any) -> None:
    for position, x in enumerate((matrix, rhs)):
        if x.ndim < 2:
            raise invalid(f"In[{position}] ndims must be >= 2: {x.ndim}")
    rows, columns = matrix.shape[-2:]
    if rows != columns:
        raise invalid(
            f"In[0] matrices in the last dimensions must be square ({rows} =/= {columns})"
        )
    if rhs.shape[-2] != rows:
        raise invalid(
            f"In[0] mismatch In[1] shape: {columns} vs. {rhs.shape[-2]}: "
            f"{shape_text(matrix.shape)} {shape_text(rhs.shape)}"
        )


def _solve_upper(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        return _substitute(a, b)


def _substitute(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Back substitution, row by row: a zero on the diagonal gives infinities and NaN."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.array(np.broadcast_to(b, (*batch, *b.shape[-2:])))
    for i in range(a.shape[-1] - 1, -1, -1):
        known = a[..., i : i + 1, i + 1 :] @ x[..., i + 1 :, :]
        x[..., i, :] = (x[..., i, :] - known[..., 0, :]) / a[..., i, i, None]
    return x


def triangular_solve_xla(matrix: Any, rhs: Any, *, lower: bool, adjoint: bool) -> Any:
    """The same, lowered."""
    _require_fit(matrix, rhs)
    a, b = wide(jnp.asarray(matrix)), wide(jnp.asarray(rhs))
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = jnp.broadcast_to(a, (*batch, *a.shape[-2:]))
    b = jnp.broadcast_to(b, (*batch, *b.shape[-2:]))
    found = lax.linalg.triangular_solve(
        a, b, left_side=True, lower=lower, transpose_a=adjoint, conjugate_a=adjoint
    )
    return found.astype(matrix.dtype)


# ---- MatrixTriangularSolve ----


def _shape(c: Inference) -> TensorShape:
    left, right = square_dims(c.shape(0)), dims_of(c.shape(1))
    if left is None or right is None:
        return TensorShape(None)
    (batch_a, size), (batch_b, rows, columns) = left, right
    if size is not None and rows is not None and size != rows:
        raise ValueError(f"Dimensions must be equal, but are {size} and {rows}")
    batch = broadcast_shape(batch_a, batch_b)
    if batch.rank is None:
        return TensorShape(None)
    return TensorShape([*batch, size if size is not None else rows, columns])


def _grad(op: Any, dy: Any) -> list[Any]:
    a, b = op.inputs
    lower, turned = op.attrs["lower"], op.attrs["adjoint"]
    x = op.outputs[0]
    db = matrix_triangular_solve_op(a, dy, lower=lower, adjoint=not turned)
    da = None
    if needs(op, 0):
        da = -product(x, db, adjoint_b=True) if turned else -product(db, x, adjoint_b=True)
        da = summed_to(band_part(da, -1, 0) if lower else band_part(da, 0, -1), a)
    return [da, summed_to(db, b)]


matrix_triangular_solve_op = op(
    "MatrixTriangularSolve",
    shape=_shape,
    host=triangular_solve_host,
    xla=triangular_solve_xla,
    effects=PURE,
    batching=broadcasting,
    gradient=_grad,
)


@export("linalg.triangular_solve")
def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """Solve `matrix @ x = rhs` for triangular matrices.

    Args:
        matrix: matrices `[..., n, n]`; only the lower (or upper) triangle is read.
        rhs: matrices `[..., n, k]` of the same dtype. The batch dimensions broadcast.
        lower: read the lower triangle instead of the upper one.
        adjoint: solve with the conjugate transpose of `matrix`.
        name: name of the node in a graph.

    Returns:
        Matrices `[..., n, k]`; infinities and NaN where the diagonal has zeros.

    Raises:
        InvalidArgumentError: if the matrices are not square or do not fit.

    >>> import tidefall as tf
    >>> tf.linalg.triangular_solve([[2.0, 9.0], [1.0, 4.0]], [[2.0], [9.0]]).numpy().tolist()
    [[1.0], [2.0]]
    """
    return matrix_triangular_solve_op(matrix, rhs, lower=lower, adjoint=adjoint, name=name)


# ---- BandedTriangularSolve ----


def _require_bands(bands: Any, rhs: Any) -> None:
    for position, x in enumerate((bands, rhs)):
        if x.ndim < 2:
            raise invalid(f"In[{position}] ndims must be >= 2: {x.ndim}")
    if not bands.size:
        raise invalid(f"In[0] must not be an empty tensor, got shape {shape_text(bands.shape)}")
    size = bands.shape[-1]
    if size != rhs.shape[-2]:
        raise invalid(f"In[0] mismatch In[1] shape: {size} vs. {rhs.shape[-2]}")


def _dense(bands: Any, lower: bool, xp: Any) -> Any:
    """The triangular matrices that have these bands."""
    count, size = bands.shape[-2:]
    rows, columns = np.indices((size, size))
    # Row r of the bands holds element (i, i - r) of a lower matrix at column i.
    band = rows - columns if lower else count - 1 - (columns - rows)
    inside = (band >= 0) & (band < count)
    picked = bands[..., np.where(inside, band, 0), rows]
    return xp.where(inside, picked, xp.zeros((), bands.dtype))


def _banded_host(bands: np.ndarray, rhs: np.ndarray, *, lower: bool, adjoint: bool) -> np.ndarray:
    _require_bands(bands, rhs)
    main = bands[..., 0 if lower else -1, :]
    if not np.all(np.abs(wide(main)) > 0):
        raise invalid("Input matrix is not invertible.")
    return triangular_solve_host(_dense(bands, lower, np), rhs, lower=lower, adjoint=adjoint)


def _banded_xla(bands: Any, rhs: Any, *, lower: bool, adjoint: bool) -> Any:
    _require_bands(bands, rhs)
    dense = _dense(jnp.asarray(bands), lower, jnp)
    return triangular_solve_xla(dense, rhs, lower=lower, adjoint=adjoint)


def _banded_shape(c: Inference) -> TensorShape:
    left, right = dims_of(c.shape(0)), dims_of(c.shape(1))
    if left is None or right is None:
        return TensorShape(None)
    (batch_a, bands, size), (batch_b, rows, columns) = left, right
    if bands is not None and bands < 1:
        raise ValueError(f"Number of bands must be positive, but is {bands}")
    if bands is not None and size is not None and bands > size:
        raise ValueError(f"Number of bands {bands} cannot exceed the size of the matrix {size}")
    if size is not None and rows is not None and size != rows:
        raise ValueError(f"Dimensions must be equal, but are {size} and {rows}")
    batch = broadcast_shape(batch_a, batch_b)
    if batch.rank is None:
        return TensorShape(None)
    return TensorShape([*batch, size if size is not None else rows, columns])


def _banded_grad(op: Any, dy: Any) -> list[Any]:
    bands, b = op.inputs
    lower, turned = op.attrs["lower"], op.attrs["adjoint"]
    x = op.outputs[0]
    db = banded_triangular_solve_op(bands, dy, lower=lower, adjoint=not turned)
    full = -product(x, db, adjoint_b=True) if turned else -product(db, x, adjoint_b=True)
    count = bands.shape[-2]
    if count is None:
        count = shape(bands)[-2]
    k = (1 - count, 0) if lower else (0, count - 1)
    da = diag_part(full, k=stack(list(k)), align="LEFT_RIGHT")
    if not isinstance(count, int):
        # A single diagonal comes without the dimension that counts them.
        da = reshape(da, concat([shape(full)[:-2], [count], shape(full)[-1:]], 0))
    elif count == 1:
        da = expand_dims(da, -2)
    return [summed_to(da, bands), summed_to(db, b)]


banded_triangular_solve_op = op(
    "BandedTriangularSolve",
    shape=_banded_shape,
    host=_banded_host,
    xla=_banded_xla,
    effects=PURE,
    gradient=_banded_grad,
)


@export("linalg.banded_triangular_solve")
def banded_triangular_solve(
    bands: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """Solve `a @ x = rhs` for triangular matrices given by their bands.

    Args:
        bands: `[..., k, n]`: the k diagonals. Lower matrices: the main diagonal first; the element
            of row i of the matrix is at column i. Upper ones: the main diagonal last.
        rhs: matrices `[..., n, m]` of the same dtype. The batch dimensions broadcast.
        lower: whether the matrices are lower triangular.
        adjoint: solve with the conjugate transpose.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, m]`.

    Raises:
        InvalidArgumentError: if the shapes do not fit, or a main diagonal has a zero.

    >>> import tidefall as tf
    >>> bands = [[2.0, 4.0], [0.0, 1.0]]
    >>> tf.linalg.banded_triangular_solve(bands, [[2.0], [9.0]]).numpy().tolist()
    [[1.0], [2.0]]
    """
    with name_scope(name or "banded_triangular_solve"):
        return banded_triangular_solve_op(
            as_matrix(bands, "bands"), rhs, lower=lower, adjoint=adjoint
        )
