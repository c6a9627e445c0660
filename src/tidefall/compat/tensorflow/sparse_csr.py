"""Ops on sparse matrices in compressed rows, the part of them that Keras calls."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall.op import raw


class SparseParts(NamedTuple):
    """What `csr_sparse_matrix_to_sparse_tensor` returns."""

    indices: Any
    values: Any
    dense_shape: Any


def sparse_tensor_to_csr_sparse_matrix(
    indices: Any, values: Any, dense_shape: Any, name: str | None = None
) -> Any:
    """The matrix with the indices, values and shape of a sparse tensor."""
    return raw.SparseTensorToCSRSparseMatrix(indices, values, dense_shape, name=name)


def csr_sparse_matrix_to_sparse_tensor(
    sparse_matrix: Any, type: Any, name: str | None = None
) -> SparseParts:
    """Indices, values and shape of a matrix."""
    return SparseParts(*raw.CSRSparseMatrixToSparseTensor(sparse_matrix, type=type, name=name))


def sparse_matrix_sparse_mat_mul(a: Any, b: Any, type: Any, **options: Any) -> Any:
    """Product of two matrices, as a matrix."""
    return raw.SparseMatrixSparseMatMul(a, b, type=type, **options)


def sparse_matrix_mat_mul(a: Any, b: Any, **options: Any) -> Any:
    """Product of a matrix and a dense one, which is dense."""
    return raw.SparseMatrixMatMul(a, b, **options)
