"""The QR decomposition."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.joining import concat
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.batching import batched
from tidefall.ops.common import jnp
from tidefall.ops.linalg.batches import adjoint, dims_of, product, require_matrix, wide
from tidefall.ops.linalg.matrices import band_part, diag_part, set_diag
from tidefall.ops.linalg.triangular import triangular_solve


def _qr_host(input: np.ndarray, *, full_matrices: bool) -> Any:
    require_matrix(input)
    mode = "complete" if full_matrices else "reduced"
    q, r = np.linalg.qr(wide(input), mode=mode)
    return q.astype(input.dtype, copy=False), r.astype(input.dtype, copy=False)


def _qr_xla(input: Any, *, full_matrices: bool) -> Any:
    require_matrix(input)
    mode = "complete" if full_matrices else "reduced"
    q, r = jnp.linalg.qr(wide(jnp.asarray(input)), mode=mode)
    return q.astype(input.dtype), r.astype(input.dtype)


def _qr_shape(c: Inference) -> list[TensorShape]:
    dims = dims_of(c.shape(0))
    if dims is None:
        return [TensorShape(None)] * 2
    batch, rows, columns = dims
    small = None if rows is None or columns is None else min(rows, columns)
    inner = rows if c.attr("full_matrices") else small
    return [TensorShape([*batch, rows, inner]), TensorShape([*batch, inner, columns])]


def _qr_grad(op: Any, dq: Any, dr: Any) -> Any:
    a = op.inputs[0]
    q, r = op.outputs
    rows, columns = a.shape[-2], a.shape[-1]
    known = rows is not None and columns is not None
    if rows is not None and columns is not None and rows > columns and op.attrs["full_matrices"]:
        raise UnimplementedError(
            None,
            None,
            "Qr has no gradient for full matrices of more rows than columns: the further columns "
            "of q are not determined.",
        )
    if known and rows >= columns:
        return _tall_grad(q, r, dq, dr)
    # Without columns beyond the square part, what follows adds nothing.
    rows = rows if known else shape(q)[-1]
    # The columns beyond the square part are q @ r there, and q is that of the square part.
    right = a[..., rows:]
    du, dv = dr[..., :rows], dr[..., rows:]
    dleft = _tall_grad(q, r[..., :rows], dq + product(right, dv, adjoint_b=True), du)
    return concat([dleft, product(q, dv)], -1)


def _tall_grad(q: Any, r: Any, dq: Any, dr: Any) -> Any:
    middle = product(r, dr, adjoint_b=True) - product(dq, q, adjoint_a=True)
    lower = band_part(middle, -1, 0)
    halved = set_diag(lower, 0.5 * diag_part(lower))
    both = halved + adjoint(halved)
    return adjoint(triangular_solve(r, adjoint(dq + product(q, both)), lower=False))


qr_op = op(
    "Qr",
    shape=_qr_shape,
    host=_qr_host,
    xla=_qr_xla,
    effects=PURE,
    batching=batched,
    gradient=_qr_grad,
)

Qr = namedtuple("Qr", ["q", "r"])


@export("linalg.qr")
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """QR decomposition: `input = q @ r` with orthonormal columns in q and an upper triangular r.

    Args:
        input: matrices `[..., m, n]`, floating-point or complex; p is the smaller of m and n.
        full_matrices: return a square q and an r of m rows.
        name: name of the node in a graph.

    Returns:
        A named tuple (q, r) of matrices `[..., m, p]` and `[..., p, n]`.

    Raises:
        InvalidArgumentError: for fewer than two dimensions.

    >>> import tidefall as tf
    >>> q, r = tf.linalg.qr([[1.0, 2.0], [0.0, 3.0]])
    >>> tf.matmul(q, r).numpy().round(4).tolist()
    [[1.0, 2.0], [0.0, 3.0]]
    """
    return Qr(*qr_op(input, full_matrices=full_matrices, name=name))
