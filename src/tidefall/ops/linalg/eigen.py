"""Eigenvalues and eigenvectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.transposing import transpose
from tidefall.ops.batching import batched
from tidefall.ops.common import invalid, jnp, lax
from tidefall.ops.linalg.batches import (
    adjoint,
    as_matrix,
    conj,
    product,
    require_square,
    scaled_columns,
    square_dims,
    wide,
)
from tidefall.ops.linalg.matrices import band_part, diag, diag_part, set_diag
from tidefall.ops.linalg.solving import solve
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import real
from tidefall.ops.math.division import divide_no_nan
from tidefall.ops.slices.gathering import boolean_mask


def _shapes(c: Inference) -> list[TensorShape]:
    dims = square_dims(c.shape(0))
    if dims is None:
        unknown = TensorShape(None)
        return [unknown, unknown if c.attr("compute_v") else TensorShape([0])]
    batch, size = dims
    vectors = TensorShape([*batch, size, size]) if c.attr("compute_v") else TensorShape([0])
    return [TensorShape([*batch, size]), vectors]


# ---- SelfAdjointEigV2 ----

_FAILED = "Self-adjoint eigen decomposition was not successful. The input might not be valid."


def _eigh_host(input: np.ndarray, *, compute_v: bool) -> tuple[np.ndarray, np.ndarray]:
    require_square(input)
    x, dtype = wide(input), input.dtype
    if not np.isfinite(np.tril(x)).all():
        raise invalid(_FAILED)
    try:
        if not compute_v:
            return np.linalg.eigvalsh(x).astype(dtype), np.zeros([0], dtype)
        values, vectors = np.linalg.eigh(x)
    except np.linalg.LinAlgError:
        raise invalid(_FAILED) from None
    return values.astype(dtype), vectors.astype(dtype)


def _eigh_xla(input: Any, *, compute_v: bool) -> Any:
    require_square(input)
    dtype = input.dtype
    x = jnp.tril(wide(jnp.asarray(input)))
    if not x.size:
        values, vectors = jnp.zeros(x.shape[:-1], dtype), jnp.zeros(x.shape, dtype)
    else:
        vectors, values = lax.linalg.eigh(x, lower=True, symmetrize_input=False)
    return values.astype(dtype), vectors.astype(dtype) if compute_v else jnp.zeros([0], dtype)


def _differences(e: Any) -> Any:
    """`e_j - e_i` at row i, column j."""
    return expand_dims(e, -2) - expand_dims(e, -1)


def _eigh_grad(op: Any, de: Any, dv: Any) -> Any:
    e, v = op.outputs
    if op.attrs["compute_v"]:
        inner = divide_no_nan(product(v, dv, adjoint_a=True), _differences(e))
        middle = set_diag(inner, de)
    else:
        _, v = self_adjoint_eig_op(op.inputs[0])
        middle = diag(de)
    grad = product(v, product(middle, v, adjoint_b=True))
    # Only the lower triangle is read.
    lower = band_part(grad + adjoint(grad), -1, 0)
    return set_diag(lower, 0.5 * diag_part(lower))


self_adjoint_eig_op = op(
    "SelfAdjointEigV2",
    shape=_shapes,
    host=_eigh_host,
    xla=_eigh_xla,
    effects=PURE,
    batching=batched,
    gradient=_eigh_grad,
)


@export("linalg.eigh")
def eigh(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues and eigenvectors of symmetric or Hermitian matrices.

    Args:
        tensor: matrices `[..., n, n]`; only the lower triangle is read.
        name: name of the node in a graph.

    Returns:
        A tuple (e, v): eigenvalues `[..., n]`, ascending, and eigenvectors `[..., n, n]`, one in
        each column, both with the dtype of `tensor`. Vectors are determined up to their sign or
        phase.

    Raises:
        InvalidArgumentError: if the matrices are not square or not finite.

    >>> import tidefall as tf
    >>> e, v = tf.linalg.eigh([[2.0, 1.0], [1.0, 2.0]])
    >>> e.numpy().round(4).tolist()
    [1.0, 3.0]
    """
    return self_adjoint_eig_op(tensor, compute_v=True, name=name)


@export("linalg.eigvalsh")
def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues of symmetric or Hermitian matrices, ascending.

    Args:
        tensor: matrices `[..., n, n]`; only the lower triangle is read.
        name: name of the node in a graph.

    Returns:
        A tensor `[..., n]` with the dtype of `tensor`.

    Raises:
        InvalidArgumentError: if the matrices are not square or not finite.

    >>> import tidefall as tf
    >>> tf.linalg.eigvalsh([[2.0, 1.0], [1.0, 2.0]]).numpy().round(4).tolist()
    [1.0, 3.0]
    """
    return self_adjoint_eig_op(tensor, compute_v=False, name=name)[0]


# ---- Eig ----

_EIG_FAILED = "Eigen decomposition was not successful. The input might not be valid."


def _eig_host(input: np.ndarray, *, compute_v: bool, Tout: DType) -> tuple[np.ndarray, np.ndarray]:
    require_square(input)
    kind = Tout.as_numpy_dtype
    try:
        if not compute_v:
            return np.linalg.eigvals(input).astype(kind), np.zeros([0], kind)
        values, vectors = np.linalg.eig(input)
    except np.linalg.LinAlgError:
        raise invalid(_EIG_FAILED) from None
    return values.astype(kind), vectors.astype(kind)


def _eig_grad(op: Any, de: Any, dv: Any) -> Any:
    a = op.inputs[0]
    e, v = op.outputs
    if op.attrs["compute_v"]:
        inner = product(v, dv, adjoint_a=True)
        # The vectors have length 1: what changes their length does not count.
        norms = scaled_columns(product(v, v, adjoint_a=True), cast(real(diag_part(inner)), e.dtype))
        off = divide_no_nan(inner - norms, conj(_differences(e)))
        middle = set_diag(off, de)
    else:
        _, v = eig_op(a, Tout=op.attrs["Tout"])
        middle = diag(de)
    grad = solve(v, product(middle, v, adjoint_b=True), adjoint=True)
    return cast(grad if a.dtype.is_complex else real(grad), a.dtype)


eig_op = op(
    "Eig", shape=_shapes, host=_eig_host, effects=PURE, batching=batched, gradient=_eig_grad
)

_COMPLEX = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}


def _eig_of(tensor: Any, compute_v: bool, name: str | None) -> Any:
    tensor = as_matrix(tensor, "tensor")
    out = tensor.dtype if tensor.dtype.is_complex else _COMPLEX.get(tensor.dtype, dtypes.complex64)
    return eig_op(tensor, Tout=out, compute_v=compute_v, name=name)


@export("linalg.eig", "eig")
def eig(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues and eigenvectors of square matrices.

    Args:
        tensor: matrices `[..., n, n]`: float32, float64, complex64 or complex128.
        name: name of the node in a graph.

    Returns:
        A tuple (e, v) of complex tensors: eigenvalues `[..., n]` in no particular order, and
        eigenvectors `[..., n, n]` of length 1, one in each column.

    Raises:
        InvalidArgumentError: if the matrices are not square or not finite.

    >>> import tidefall as tf
    >>> e, v = tf.linalg.eig([[2.0, 0.0], [0.0, 3.0]])
    >>> e.numpy().tolist()
    [(2+0j), (3+0j)]
    """
    return _eig_of(tensor, True, name)


@export("linalg.eigvals", "eigvals")
def eigvals(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues of square matrices, in no particular order.

    Args:
        tensor: matrices `[..., n, n]`: float32, float64, complex64 or complex128.
        name: name of the node in a graph.

    Returns:
        A complex tensor `[..., n]`.

    Raises:
        InvalidArgumentError: if the matrices are not square or not finite.

    >>> import tidefall as tf
    >>> tf.linalg.eigvals([[0.0, -1.0], [1.0, 0.0]]).numpy().tolist()
    [1j, -1j]
    """
    return _eig_of(tensor, False, name)[0]


# ---- tridiagonal matrices ----


@export("linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    alpha: Any,
    beta: Any,
    eigvals_only: bool = True,
    select: str = "a",
    select_range: Any = None,
    tol: Any = None,
    name: str | None = None,
) -> Any:
    """Eigenvalues, and eigenvectors, of one Hermitian tridiagonal matrix.

    Args:
        alpha: main diagonal `[n]`.
        beta: diagonal above it `[n - 1]`, of the same dtype; below it are the conjugates.
        eigvals_only: leave the eigenvectors out.
        select: "a" for all eigenvalues; "v" for those in the half-open interval
            `(select_range[0], select_range[1]]`; "i" for those with indices
            `select_range[0]` to `select_range[1]`, inclusive.
        select_range: two numbers, for "v" and "i".
        tol: accepted; eigenvalues are as exact as the dtype allows.
        name: name of the scope in a graph.

    Returns:
        Real eigenvalues `[m]`, ascending; or a tuple of them and the eigenvectors `[n, m]`.

    Raises:
        ValueError: for diagonals that do not fit, or an unknown selection.

    >>> import tidefall as tf
    >>> tf.linalg.eigh_tridiagonal([2.0, 2.0], [1.0]).numpy().round(4).tolist()
    [1.0, 3.0]
    """
    with name_scope(name or "eigh_tridiagonal"):
        alpha, beta = as_matrix(alpha, "alpha"), as_matrix(beta, "beta")
        _check_tridiagonal(alpha, beta, select, select_range)
        matrix = diag(alpha) + diag(conj(beta), k=-1) if alpha.shape[0] != 1 else diag(alpha)
        values, vectors = self_adjoint_eig_op(matrix, compute_v=not eigvals_only)
        values = real(values) if values.dtype.is_complex else values
        if select == "a":
            pick = lambda x: x  # noqa: E731
        elif select == "i":
            first, last = int(select_range[0]), int(select_range[1])
            pick = lambda x: x[..., first : last + 1]  # noqa: E731
        else:
            low = cast(as_matrix(select_range[0]), values.dtype)
            inside = (values > low) & (values <= cast(as_matrix(select_range[1]), values.dtype))
            pick = lambda x: _columns_where(x, inside)  # noqa: E731
        return pick(values) if eigvals_only else (pick(values), pick(vectors))


def _check_tridiagonal(alpha: Any, beta: Any, select: str, select_range: Any) -> None:
    if alpha.dtype != beta.dtype:
        raise ValueError(f"'alpha' is {alpha.dtype.name} but 'beta' is {beta.dtype.name}.")
    n, off = alpha.shape.num_elements(), beta.shape.num_elements()
    if n is not None and off is not None and off != n - 1:
        raise invalid(f"'beta' must have {n - 1} elements, one less than 'alpha', not {off}.")
    if select not in ("a", "v", "i"):
        raise ValueError(f"'select' must be 'a', 'v' or 'i', not {select!r}.")
    if select == "a":
        return
    if select_range is None or len(select_range) != 2:
        raise ValueError(f"select={select!r} needs 'select_range' with 2 numbers.")
    if select == "i" and not 0 <= int(select_range[0]) <= int(select_range[1]):
        raise ValueError(f"'select_range' must be two ascending indices, not {select_range}.")


def _columns_where(x: Any, inside: Any) -> Any:
    if x.shape.rank == 1:
        return boolean_mask(x, inside)
    return transpose(boolean_mask(transpose(x), inside))
