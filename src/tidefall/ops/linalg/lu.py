"""The LU decomposition with partial pivoting, and what is computed from it."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.array.constants import ones_like
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.array.sorting import argsort
from tidefall.ops.batching import batched
from tidefall.ops.common import invalid, jnp, lax
from tidefall.ops.linalg.batches import as_matrix, product, require_square, square_dims, wide
from tidefall.ops.linalg.matrices import band_part, diag_part, eye, set_diag
from tidefall.ops.linalg.triangular import triangular_solve
from tidefall.ops.slices.gathering import gather

_PANEL = 32


def lu_host(input: np.ndarray, *, output_idx_type: DType) -> tuple[np.ndarray, np.ndarray]:
    """Decompose a stack of matrices: NumPy has no LU of its own."""
    if input.ndim < 2:
        raise invalid(f"Input tensor must have rank >= 2, got {input.ndim}")
    require_square(input)
    n = input.shape[-1]
    count = int(np.prod(input.shape[:-2]))
    lu = np.array(wide(input).reshape(count, n, n))
    perm = np.tile(np.arange(n), (len(lu), 1))
    for start in range(0, n, _PANEL):
        stop = min(start + _PANEL, n)
        _eliminate(lu, perm, start, stop)
        if stop < n:
            corner = np.tril(lu[:, start:stop, start:stop], -1) + np.eye(stop - start)
            block = np.linalg.solve(corner.astype(lu.dtype), lu[:, start:stop, stop:])
            lu[:, start:stop, stop:] = block
            lu[:, stop:, stop:] -= lu[:, stop:, start:stop] @ block
    return (
        lu.reshape(input.shape).astype(input.dtype, copy=False),
        perm.reshape(input.shape[:-1]).astype(output_idx_type.as_numpy_dtype),
    )


def _eliminate(lu: np.ndarray, perm: np.ndarray, start: int, stop: int) -> None:
    """Factor the columns `start` to `stop` below the diagonal, in place, all matrices at once."""
    every = np.arange(len(lu))
    for k in range(start, stop):
        pivot = k + np.abs(lu[:, k:, k]).argmax(1)
        lu[every, k], lu[every, pivot] = lu[every, pivot], lu[every, k].copy()
        perm[every, k], perm[every, pivot] = perm[every, pivot], perm[every, k].copy()
        head = lu[:, k, k]
        if not (np.abs(head) > 0).all():
            raise invalid("Input is not invertible.")
        lu[:, k + 1 :, k] /= head[:, None]
        lu[:, k + 1 :, k + 1 : stop] -= lu[:, k + 1 :, k, None] * lu[:, None, k, k + 1 : stop]


def _lu_xla(input: Any, *, output_idx_type: DType) -> Any:
    require_square(input)
    lu, _, perm = lax.linalg.lu(wide(jnp.asarray(input)))
    return lu.astype(input.dtype), perm.astype(output_idx_type.as_numpy_dtype)


def _lu_shape(c: Inference) -> list[TensorShape]:
    dims = square_dims(c.shape(0))
    if dims is None:
        return [TensorShape(None)] * 2
    batch, size = dims
    return [TensorShape([*batch, size, size]), TensorShape([*batch, size])]


lu_op = op(
    "Lu",
    shape=_lu_shape,
    host=lu_host,
    xla=_lu_xla,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    batching=batched,
    gradient=NOT_DIFFERENTIABLE,
)

Lu = namedtuple("Lu", ["lu", "p"])


@export("linalg.lu")
def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """LU decomposition with partial pivoting.

    Args:
        input: matrices `[..., n, n]`, floating-point or complex.
        output_idx_type: int32 or int64.
        name: name of the node in a graph.

    Returns:
        A named tuple (lu, p): `[..., n, n]` with the lower triangular factor below the diagonal
        (its own diagonal is 1) and the upper one on and above it; and permutations `[..., n]`, the
        row of `input` that each row of the product is.

    Raises:
        InvalidArgumentError: if the matrices are not square or not invertible.

    >>> import tidefall as tf
    >>> tf.linalg.lu([[1.0, 1.0], [2.0, 1.0]])
    Lu(lu=<tf.Tensor: shape=(2, 2), dtype=float32, numpy=
    array([[2. , 1. ],
           [0.5, 0.5]], dtype=float32)>, p=<tf.Tensor: shape=(2,), dtype=int32, numpy=array([1, 0], dtype=int32)>)
    """  # noqa: E501
    return Lu(*lu_op(input, output_idx_type=output_idx_type, name=name))


# ---- from the factors ----


def _checked(lower_upper: Any, perm: Any) -> tuple[Any, Any]:
    lower_upper, perm = as_matrix(lower_upper, "lower_upper"), as_matrix(perm, "perm")
    rank = lower_upper.shape.rank
    if rank is not None:
        if rank < 2:
            raise ValueError(f"Input `lower_upper` must have at least 2 dimensions, saw: {rank}.")
        if perm.shape.rank is not None and perm.shape.rank + 1 != rank:
            raise ValueError(
                "Input `lower_upper` must have one more dimension than `perm`: "
                f"{rank} and {perm.shape.rank}."
            )
        rows, columns = lower_upper.shape[-2:]
        if rows is not None and columns is not None and rows != columns:
            raise ValueError(f"Input `lower_upper` must be square, not {lower_upper.shape}.")
    return lower_upper, perm


def _unit_lower(lower_upper: Any) -> Any:
    lower = band_part(lower_upper, -1, 0)
    return set_diag(lower, ones_like(diag_part(lower_upper)))


def _rows(x: Any, index: Any) -> Any:
    """The rows of each matrix in another order."""
    count = index.shape.rank
    if count is None:
        return _rows_of_any_rank(x, index)
    if count == 1:
        return gather(x, index, axis=-2)
    return gather(x, index, axis=count - 1, batch_dims=count - 1)


def _rows_of_any_rank(x: Any, index: Any) -> Any:
    """The batch dimensions are made one, and parted again."""
    reshape, shape, pack = raw.Reshape, raw.Shape, raw.Pack
    sizes = shape(x)
    rows = shape(index)[-1]
    batch = raw.Prod(sizes[:-2], np.int32(0))
    flat = reshape(x, pack([batch, sizes[-2], sizes[-1]]))
    return reshape(gather(flat, reshape(index, pack([batch, rows])), axis=1, batch_dims=1), sizes)


@export("linalg.lu_reconstruct")
def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The matrix that `tf.linalg.lu` took apart.

    Args:
        lower_upper: `[..., n, n]`, first output of `tf.linalg.lu`.
        perm: `[..., n]`, its second output.
        validate_args: accepted; static shapes are checked in any case.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, n]`.

    Raises:
        ValueError: if the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.linalg.lu_reconstruct(*tf.linalg.lu([[1.0, 1.0], [2.0, 1.0]])).numpy().tolist()
    [[1.0, 1.0], [2.0, 1.0]]
    """
    with name_scope(name or "lu_reconstruct"):
        lower_upper, perm = _checked(lower_upper, perm)
        found = product(_unit_lower(lower_upper), band_part(lower_upper, 0, -1))
        return _rows(found, argsort(perm, axis=-1))


@export("linalg.lu_solve")
def lu_solve(
    lower_upper: Any,
    perm: Any,
    rhs: Any,
    validate_args: bool = False,
    name: str | None = None,
) -> Any:
    """Solve `a @ x = rhs`, given the LU decomposition of `a`.

    Args:
        lower_upper: `[..., n, n]`, first output of `tf.linalg.lu`.
        perm: `[..., n]`, its second output.
        rhs: matrices `[..., n, k]`.
        validate_args: accepted; static shapes are checked in any case.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, k]`.

    Raises:
        ValueError: if the shapes do not fit.

    >>> import tidefall as tf
    >>> factors = tf.linalg.lu([[1.0, 1.0], [2.0, 1.0]])
    >>> tf.linalg.lu_solve(*factors, [[3.0], [4.0]]).numpy().tolist()
    [[1.0], [2.0]]
    """
    with name_scope(name or "lu_solve"):
        lower_upper, perm = _checked(lower_upper, perm)
        rhs = as_matrix(rhs, "rhs")
        if rhs.shape.rank is not None and rhs.shape.rank < 2:
            raise ValueError(f"Input `rhs` must have at least 2 dimensions, saw: {rhs.shape.rank}.")
        forward = triangular_solve(_unit_lower(lower_upper), _rows(rhs, perm))
        return triangular_solve(lower_upper, forward, lower=False)


@export("linalg.lu_matrix_inverse")
def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The inverse of a matrix, given its LU decomposition.

    Args:
        lower_upper: `[..., n, n]`, first output of `tf.linalg.lu`.
        perm: `[..., n]`, its second output.
        validate_args: accepted; static shapes are checked in any case.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, n]`.

    Raises:
        ValueError: if the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.linalg.lu_matrix_inverse(*tf.linalg.lu([[0.0, 2.0], [4.0, 0.0]])).numpy().tolist()
    [[0.0, 0.25], [0.5, 0.0]]
    """
    with name_scope(name or "lu_matrix_inverse"):
        lower_upper, perm = _checked(lower_upper, perm)
        sizes = shape(lower_upper)
        identity = eye(sizes[-1], batch_shape=sizes[:-2], dtype=lower_upper.dtype)
        return lu_solve(lower_upper, perm, identity)
