"""Sparse CSR products, the part of them that Keras imports."""

from __future__ import annotations

from typing import Any

from tidefall.core.errors import UnimplementedError


class CSRSparseMatrix:
    """A batch of sparse matrices in compressed rows; not implemented yet."""

    def __init__(self, value: Any, indices: Any = None, name: str | None = None):
        raise UnimplementedError(None, None, "CSRSparseMatrix is not implemented in Tidefall yet.")


def sparse_matrix_sparse_mat_mul(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    """Product of two CSR matrices; not implemented yet."""
    raise UnimplementedError(
        None, None, "sparse_matrix_sparse_mat_mul is not implemented in Tidefall yet."
    )


def sparse_matrix_mat_mul(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    """Product of a CSR matrix and a dense one; not implemented yet."""
    raise UnimplementedError(
        None, None, "sparse_matrix_mat_mul is not implemented in Tidefall yet."
    )
