"""`python.ops.linalg.sparse`: sparse matrices in compressed rows.

Asked for by Keras (the ops) and spektral (`CSRSparseMatrix`, `matmul`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall import surface
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


class CSRSparseMatrix:
    """A batch of sparse matrices in compressed rows, as one tensor.

    Args:
        value: a `tf.SparseTensor` or a dense matrix.
        indices: where the values of a dense matrix stand that are kept; all that are not 0 if None.
        name: name of the op.

    Raises:
        ValueError: if the rank is neither 2 nor 3.
    """

    def __init__(self, value: Any, indices: Any = None, name: str | None = None):
        if not isinstance(value, surface.resolve("", "SparseTensor")):
            dense = surface.resolve("", "convert_to_tensor")(value)
            if indices is None:
                value = surface.resolve("sparse", "from_dense")(dense)
            else:
                kept = surface.resolve("", "gather_nd")(dense, indices)
                value = surface.resolve("", "SparseTensor")(indices, kept, dense.shape)
        if value.shape.rank not in (2, 3):
            raise ValueError(
                f"CSRSparseMatrix takes a matrix or a batch of them, got {value.shape}."
            )
        self.dtype = value.dtype
        self.shape = value.shape
        self._matrix = raw.SparseTensorToCSRSparseMatrix(
            value.indices, value.values, value.dense_shape, name=name
        )

    @property
    def csr_matrix(self) -> Any:
        """The tensor that holds it."""
        return self._matrix

    def to_sparse_tensor(self) -> Any:
        """It as a `tf.SparseTensor`."""
        return surface.resolve("", "SparseTensor")(
            *raw.CSRSparseMatrixToSparseTensor(self._matrix, type=self.dtype)
        )

    def to_dense(self) -> Any:
        """It as a dense tensor."""
        return raw.CSRSparseMatrixToDense(self._matrix, type=self.dtype)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Any:
    """Product of a sparse matrix and a dense one (dense), or of two sparse ones (sparse)."""
    options = {
        "transpose_a": transpose_a,
        "transpose_b": transpose_b,
        "adjoint_a": adjoint_a,
        "adjoint_b": adjoint_b,
    }
    if isinstance(a, CSRSparseMatrix) and isinstance(b, CSRSparseMatrix):
        product = raw.SparseMatrixSparseMatMul(
            a.csr_matrix, b.csr_matrix, type=a.dtype, name=name, **options
        )
        parts = raw.CSRSparseMatrixToSparseTensor(product, type=a.dtype)
        return CSRSparseMatrix(surface.resolve("", "SparseTensor")(*parts))
    if isinstance(a, CSRSparseMatrix):
        return raw.SparseMatrixMatMul(
            a.csr_matrix, surface.resolve("", "convert_to_tensor")(b), name=name, **options
        )
    turned = matmul(
        b,
        surface.resolve("linalg", "matrix_transpose")(a),
        transpose_a=not (transpose_b or adjoint_b),
        transpose_b=transpose_a or adjoint_a,
        name=name,
    )
    return surface.resolve("linalg", "matrix_transpose")(turned)
