"""Ops that make sparse matrices in compressed rows of tensors, and tensors of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.sparse.csr.value import CSRMatrix

# ---- static shapes ----

_SAME = (
    "SparseMatrixSoftmax",
    "SparseMatrixMul",
    "SparseMatrixAdd",
    "SparseMatrixSparseCholesky",
    "Identity",
)


def matrix_shape(tensor: Any) -> TensorShape:
    """What is known of the shape of the matrix that a variant in a graph holds."""
    node = getattr(tensor, "op", None)
    if node is None or not getattr(tensor, "is_symbolic", False):
        return TensorShape(None)
    if node.op_type in (raw.SparseTensorToCSRSparseMatrix, raw.SparseMatrixZeros):
        sizes = node.inputs[-1]
        value = tensor.graph.static_value(sizes)
        if value is not None:
            return TensorShape([int(d) for d in value])
        rank = sizes.shape[0] if sizes.shape.rank == 1 else None
        return TensorShape(None if rank is None else [None] * rank)
    if node.op_type is raw.DenseToCSRSparseMatrix:
        return node.inputs[0].shape
    if node.type in _SAME:
        return matrix_shape(node.inputs[0])
    if node.op_type is raw.SparseMatrixTranspose:
        shape = matrix_shape(node.inputs[0])
        return shape if shape.rank is None else swapped(shape)
    if node.op_type is raw.SparseMatrixSparseMatMul:
        shapes = [matrix_shape(node.inputs[0]), matrix_shape(node.inputs[1])]
        if any(shape.rank is None for shape in shapes):
            return TensorShape(None)
        left, right = (
            swapped(shape) if turned(node, side) else shape
            for shape, side in zip(shapes, "ab", strict=True)
        )
        return TensorShape([*left[:-1], right[-1]])
    return TensorShape(None)


def turned(node: Any, side: str) -> bool:
    """Whether a product takes the operand of a side transposed."""
    return node.get_attr(f"transpose_{side}") or node.get_attr(f"adjoint_{side}")


def swapped(shape: TensorShape) -> TensorShape:
    """A shape with its last two dimensions swapped."""
    return TensorShape([*shape[:-2], shape[-1], shape[-2]])


def variant(c: Inference) -> TensorShape:
    """The shape of a handle."""
    return TensorShape([])


def matrix(value: Any) -> CSRMatrix:
    """The matrix in a raw variant."""
    held = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if not isinstance(held, CSRMatrix):
        raise invalid(f"The variant does not hold a CSRSparseMatrix but a {type(held).__name__}")
    return held


# ---- from tensors ----


def _from_sparse(indices: Any, values: Any, dense_shape: Any) -> CSRMatrix:
    return CSRMatrix.from_indices(indices, values, dense_shape)


def _from_sparse_grad(op: Any, dy: Any) -> list[Any]:
    _, values, _ = raw.CSRSparseMatrixToSparseTensor(dy, type=op.inputs[1].dtype)
    return [None, values, None]


op(
    "SparseTensorToCSRSparseMatrix",
    shape=variant,
    host=_from_sparse,
    effects=PURE,
    gradient=_from_sparse_grad,
)


def _from_dense(dense_input: Any, indices: Any) -> CSRMatrix:
    if dense_input.ndim not in (2, 3):
        raise invalid(
            "params must have rank == 2 or 3; but saw shape: " + shape_text(dense_input.shape)
        )
    made = CSRMatrix.from_indices(indices, np.zeros(len(indices)), dense_input.shape)
    flat = dense_input.reshape(-1, dense_input.shape[-1])
    return made.with_values(flat[made.rows, made.columns])


def _from_dense_grad(op: Any, dy: Any) -> list[Any]:
    return [raw.CSRSparseMatrixToDense(dy, type=op.inputs[0].dtype), None]


op(
    "DenseToCSRSparseMatrix",
    shape=variant,
    host=_from_dense,
    effects=PURE,
    gradient=_from_dense_grad,
)


def _zeros(dense_shape: Any, *, type: Any) -> CSRMatrix:
    if dense_shape.ndim != 1 or len(dense_shape) not in (2, 3):
        raise invalid(f"dense_shape must have 2 or 3 elements, got {dense_shape.tolist()}")
    none = np.zeros(0, np.int64)
    return CSRMatrix(dense_shape, none, none, np.zeros(0, type.as_numpy_dtype))


op("SparseMatrixZeros", shape=variant, host=_zeros, effects=PURE, gradient=NOT_DIFFERENTIABLE)

# ---- to tensors ----


def _to_dense(sparse_input: Any, *, type: Any) -> np.ndarray:
    return matrix(sparse_input).checked(type).dense()


def _to_dense_grad(op: Any, dy: Any) -> Any:
    """The gradient at the places of the values."""
    indices, _, _ = raw.CSRSparseMatrixToSparseTensor(op.inputs[0], type=dy.dtype)
    return [raw.DenseToCSRSparseMatrix(dy, indices)]


op(
    "CSRSparseMatrixToDense",
    shape=lambda c: matrix_shape(c.inputs[0]),
    host=_to_dense,
    effects=PURE,
    gradient=_to_dense_grad,
)


def _to_sparse(sparse_matrix: Any, *, type: Any) -> Any:
    held = matrix(sparse_matrix).checked(type)
    return held.indices(), held.values, np.array(held.shape, np.int64)


def _to_sparse_grad(op: Any, *gradients: Any) -> Any:
    indices, _, shape = op.outputs
    return [raw.SparseTensorToCSRSparseMatrix(indices, gradients[1], shape)]


def _sparse_shapes(c: Inference) -> list[TensorShape]:
    rank = matrix_shape(c.inputs[0]).rank
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


op(
    "CSRSparseMatrixToSparseTensor",
    shape=_sparse_shapes,
    host=_to_sparse,
    effects=PURE,
    gradient=_to_sparse_grad,
)


def _components(csr_sparse_matrix: Any, index: Any, *, type: Any) -> Any:
    return matrix(csr_sparse_matrix).checked(type).component(int(index))


def _component_shapes(c: Inference) -> list[TensorShape]:
    shape = matrix_shape(c.inputs[0])
    rows = None if shape.rank is None else shape[-2]
    pointers = TensorShape([None if rows is None else rows + 1])
    return [pointers, TensorShape([None]), TensorShape([None])]


op(
    "CSRSparseMatrixComponents",
    shape=_component_shapes,
    host=_components,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _count(sparse_matrix: Any) -> np.ndarray:
    held = matrix(sparse_matrix)
    if len(held.shape) == 2:
        return np.array(len(held.values), np.int32)
    numbers = np.bincount(held.rows // max(held.shape[1], 1), minlength=held.batch)
    return numbers.astype(np.int32)


op(
    "SparseMatrixNNZ",
    shape=lambda c: TensorShape(None) if (s := matrix_shape(c.inputs[0])).rank is None else s[:-2],
    host=_count,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
