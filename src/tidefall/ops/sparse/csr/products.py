"""Arithmetic of sparse matrices in compressed rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, needs, shape_text
from tidefall.ops.sparse.csr.converting import matrix, matrix_shape, swapped, variant
from tidefall.ops.sparse.csr.value import CSRMatrix


def _check_once(flags: dict[str, bool]) -> None:
    for side in "ab":
        if flags[f"transpose_{side}"] and flags[f"adjoint_{side}"]:
            raise invalid(f"Only one of adjoint_{side} and transpose_{side} may be true.")


def _turned(value: CSRMatrix, transpose: bool, adjoint: bool) -> CSRMatrix:
    return value.transposed(adjoint) if transpose or adjoint else value


def _places(handle: Any, dtype: Any) -> Any:
    """Indices, values and shape of a sparse matrix."""
    return raw.CSRSparseMatrixToSparseTensor(handle, type=dtype)


def _pruned(dense: Any, handle: Any) -> Any:
    """The elements of a dense matrix where a sparse one has values, as a sparse matrix."""
    return raw.DenseToCSRSparseMatrix(dense, _places(handle, dense.dtype)[0])


def _conjugate(x: Any) -> Any:
    return raw.Conj(x) if x.dtype.is_complex else x


# ---- with dense matrices ----


def _matmul(
    a: Any, b: Any, *, transpose_a: bool, transpose_b: bool, adjoint_a: bool, adjoint_b: bool,
    transpose_output: bool, conjugate_output: bool,
) -> np.ndarray:  # fmt: skip
    _check_once(
        {"transpose_a": transpose_a, "transpose_b": transpose_b,
         "adjoint_a": adjoint_a, "adjoint_b": adjoint_b}
    )  # fmt: skip
    held = _turned(matrix(a), transpose_a, adjoint_a)
    if b.ndim < 2:
        raise invalid(f"Ranks of a and b must match, saw: {len(held.shape)} vs. {b.ndim}.")
    if transpose_b or adjoint_b:
        b = np.swapaxes(b, -1, -2)
    result = held.times_dense(np.conj(b) if adjoint_b else b)
    result = np.conj(result) if conjugate_output else result
    return np.ascontiguousarray(np.swapaxes(result, -1, -2)) if transpose_output else result


def _matmul_shape(c: Inference) -> TensorShape:
    a, b = matrix_shape(c.inputs[0]), c.shape(1)
    if a.rank is None or b.rank is None:
        return TensorShape(None)
    a = swapped(a) if c.attr("transpose_a") or c.attr("adjoint_a") else a
    b = swapped(b) if c.attr("transpose_b") or c.attr("adjoint_b") else b
    result = TensorShape([*b[:-2], a[-2], b[-1]])
    return swapped(result) if c.attr("transpose_output") else result


def _matmul_grad(op: Any, dy: Any) -> list[Any]:
    """The product rule; what the output was turned into is undone first."""
    a, b = op.inputs
    if op.get_attr("conjugate_output"):
        dy = _conjugate(dy)
    dense, sparse = raw.BatchMatMulV2, raw.SparseMatrixMatMul
    ta, ca = op.get_attr("transpose_a"), op.get_attr("adjoint_a")
    tb, cb = op.get_attr("transpose_b"), op.get_attr("adjoint_b")
    out = op.get_attr("transpose_output")
    right = _conjugate(b) if tb else b
    # With y = A B: dA = dy B^H and dB = A^H dy, where A and B are turned as the op turns them.
    whole = _matrix_transpose(dy, False) if out else dy
    da = dense(whole, right, adj_y=not (tb or cb))
    if ta or ca:
        da = _matrix_transpose(da, ca)
    left = raw.SparseMatrixTranspose(a, type=b.dtype, conjugate=True)
    if ta:
        left = raw.SparseMatrixTranspose(left, type=b.dtype)
    elif ca:
        left = a
    db = sparse(left, dy, transpose_b=out)
    if tb or cb:
        db = _matrix_transpose(db, cb)
    return [_pruned(da, a), db]


def _matrix_transpose(x: Any, conjugate: bool) -> Any:
    rank = x.shape.rank
    if rank is None:
        raise ValueError("The rank of a sparse product must be known to take its gradient.")
    order = np.array([*range(rank - 2), rank - 1, rank - 2], np.int32)
    return (raw.ConjugateTranspose if conjugate else raw.Transpose)(x, order)


op("SparseMatrixMatMul", shape=_matmul_shape, host=_matmul, effects=PURE, gradient=_matmul_grad)

# ---- with sparse matrices ----


def _sparse_matmul(
    a: Any, b: Any, *, type: Any, transpose_a: bool, transpose_b: bool, adjoint_a: bool,
    adjoint_b: bool,
) -> CSRMatrix:  # fmt: skip
    _check_once(
        {"transpose_a": transpose_a, "transpose_b": transpose_b,
         "adjoint_a": adjoint_a, "adjoint_b": adjoint_b}
    )  # fmt: skip
    left = _turned(matrix(a).checked(type), transpose_a, adjoint_a)
    return left.times(_turned(matrix(b).checked(type), transpose_b, adjoint_b))


def _sparse_matmul_grad(op: Any, dy: Any) -> list[Any]:
    """The product rule, kept where the operands have values."""
    dtype = op.get_attr("type")
    product, turn = raw.SparseMatrixSparseMatMul, raw.SparseMatrixTranspose
    a, b = op.inputs
    left = _as_turned(turn, op, a, "a", dtype)
    right = _as_turned(turn, op, b, "b", dtype)
    da = product(dy, right, type=dtype, adjoint_b=True)
    db = product(left, dy, type=dtype, adjoint_a=True)
    grads = []
    for side, handle, gradient in (("a", a, da), ("b", b, db)):
        gradient = _as_turned(turn, op, gradient, side, dtype)
        dense = raw.CSRSparseMatrixToDense(gradient, type=dtype)
        grads.append(_pruned(dense, handle))
    return grads


def _as_turned(turn: Any, op: Any, handle: Any, side: str, dtype: Any) -> Any:
    """A matrix transposed as the op does with the operand of a side."""
    adjoint = op.get_attr(f"adjoint_{side}")
    if op.get_attr(f"transpose_{side}") or adjoint:
        return turn(handle, conjugate=adjoint, type=dtype)
    return handle


op(
    "SparseMatrixSparseMatMul",
    shape=variant,
    host=_sparse_matmul,
    effects=PURE,
    gradient=_sparse_matmul_grad,
)


def _add(a: Any, b: Any, alpha: Any, beta: Any) -> CSRMatrix:
    one, two = matrix(a), matrix(b)
    if alpha.ndim or beta.ndim:
        raise invalid("alpha and beta must be scalars")
    return one.with_values(one.values * alpha).plus(two.with_values(two.values * beta))


def _add_grad(op: Any, dy: Any) -> list[Any]:
    a, b, alpha, beta = op.inputs
    scaled = raw.SparseMatrixMul
    dense = raw.CSRSparseMatrixToDense(dy, type=alpha.dtype)
    grads: list[Any] = []
    for handle, factor in ((a, alpha), (b, beta)):
        grads.append(scaled(_pruned(dense, handle), _conjugate(factor)))
    for handle in (a, b):
        grads.append(_inner(_pruned(dense, handle), handle, alpha.dtype))
    return grads


def _inner(one: Any, two: Any, dtype: Any) -> Any:
    """The sum of the products of the values of two matrices with the same places."""
    left, right = _places(one, dtype)[1], _places(two, dtype)[1]
    return raw.Sum(left * _conjugate(right), np.array([0], np.int32), keep_dims=False)


op("SparseMatrixAdd", shape=variant, host=_add, effects=PURE, gradient=_add_grad)


def _mul(a: Any, b: Any) -> CSRMatrix:
    held = matrix(a)
    if b.ndim == 0:
        return held.with_values(held.values * b)
    if b.ndim != 3 or len(held.shape) != 3 or b.shape[1:] != (1, 1):
        raise invalid(
            "b must be a scalar or, for a batch of matrices, of shape [batch, 1, 1], got "
            f"{shape_text(b.shape)}"
        )
    if b.shape[0] != held.batch:
        raise invalid(f"batch sizes of a and b must agree, got {held.batch} and {b.shape[0]}")
    each = b.reshape(-1)[held.rows // max(held.shape[1], 1)]
    return held.with_values(held.values * each)


def _mul_grad(op: Any, dy: Any) -> list[Any]:
    a, b = op.inputs
    da = raw.SparseMatrixMul(dy, _conjugate(b))
    if not needs(op, 1):
        return [da, None]
    if b.shape.rank == 0:
        return [da, _inner(dy, a, b.dtype)]
    dense = [raw.CSRSparseMatrixToDense(v, type=b.dtype) for v in (dy, a)]
    other = _conjugate(dense[1])
    return [da, raw.Sum(dense[0] * other, np.array([1, 2], np.int32), keep_dims=True)]


op("SparseMatrixMul", shape=variant, host=_mul, effects=PURE, gradient=_mul_grad)


def _transpose(input: Any, *, conjugate: bool, type: Any) -> CSRMatrix:
    return matrix(input).checked(type).transposed(conjugate)


def _transpose_grad(op: Any, dy: Any) -> Any:
    attrs = {"conjugate": op.get_attr("conjugate"), "type": op.get_attr("type")}
    return [raw.SparseMatrixTranspose(dy, **attrs)]


op("SparseMatrixTranspose", shape=variant, host=_transpose, effects=PURE, gradient=_transpose_grad)

# ---- softmax ----


def _softmax(logits: Any, *, type: Any) -> CSRMatrix:
    """Softmax over the values of each row, as if the others were minus infinity."""
    held = matrix(logits).checked(type)
    size = held.batch * held.shape[-2]
    top = np.full(size, -np.inf, held.values.dtype)
    np.maximum.at(top, held.rows, held.values)
    weights = np.exp(held.values - top[held.rows])
    total = np.zeros(size, weights.dtype)
    np.add.at(total, held.rows, weights)
    return held.with_values(weights / total[held.rows])


def _softmax_grad(op: Any, dy: Any) -> Any:
    return [raw.SparseMatrixSoftmaxGrad(op.outputs[0], dy, type=op.get_attr("type"))]


op("SparseMatrixSoftmax", shape=variant, host=_softmax, effects=PURE, gradient=_softmax_grad)


def _softmax_backwards(softmax: Any, grad_softmax: Any, *, type: Any) -> CSRMatrix:
    held = matrix(softmax).checked(type)
    other = matrix(grad_softmax).checked(type)
    if held.shape != other.shape:
        raise invalid(
            f"Shapes of softmax and its gradient must match, got {list(held.shape)} and "
            f"{list(other.shape)}"
        )
    width = max(held.shape[-1], 1)
    keys, theirs = (m.rows * width + m.columns for m in (held, other))
    order = np.argsort(theirs, kind="stable")
    at = np.searchsorted(theirs[order], keys)
    found = np.zeros_like(held.values)
    if len(theirs):
        at = np.minimum(at, len(theirs) - 1)
        found = np.where(theirs[order][at] == keys, other.values[order][at], 0)
    total = np.zeros(held.batch * held.shape[-2], held.values.dtype)
    np.add.at(total, held.rows, found * held.values)
    return held.with_values((found - total[held.rows]) * held.values)


op(
    "SparseMatrixSoftmaxGrad",
    shape=variant,
    host=_softmax_backwards,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
