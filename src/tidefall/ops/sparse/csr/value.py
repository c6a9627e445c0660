"""What the handle of a sparse matrix in compressed rows holds, and its arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import as_dtype
from tidefall.ops.common import invalid, shape_text


class CSRMatrix:
    """One sparse matrix or a batch of them; values that are zero may be stored.

    Attributes:
        shape: `[rows, columns]` or `[batch, rows, columns]`.
        rows: int64, the row of each value, counted through the batch, not decreasing.
        columns: int64, the column of each value.
        values: the values.
    """

    __slots__ = ("columns", "rows", "shape", "values")

    def __init__(self, shape: Any, rows: np.ndarray, columns: np.ndarray, values: np.ndarray):
        self.shape = tuple(int(d) for d in shape)
        self.rows, self.columns, self.values = rows, columns, values

    def __repr__(self) -> str:
        return f"<CSRSparseMatrix of shape {list(self.shape)}, {len(self.values)} values>"

    # ---- made of indices, and taken apart ----

    @classmethod
    def from_indices(cls, indices: Any, values: np.ndarray, shape: Any) -> CSRMatrix:
        """The matrix with values at given places; rows are sorted, columns stay in order."""
        shape = tuple(int(d) for d in shape)
        rank = len(shape)
        if rank not in (2, 3):
            raise invalid(f"SparseTensor must have rank 2 or 3; but indices has rank: {rank}")
        if indices.ndim != 2 or indices.shape[1] != rank:
            raise invalid(
                f"indices must be a matrix of {rank} columns, got {shape_text(indices.shape)}"
            )
        if len(indices) != len(values):
            raise invalid(
                f"Number of elements in indices ({len(indices)}) and values ({len(values)}) do not "
                "match"
            )
        outside = ((indices < 0) | (indices >= np.array(shape))).any(axis=1)
        if outside.any():
            at = int(outside.argmax())
            raise invalid(
                f"Sparse index tuple indices[{at}, :] = {indices[at].tolist()} is out of bounds"
            )
        indices = indices.astype(np.int64)
        rows = indices[:, -2] + (indices[:, 0] * shape[1] if rank == 3 else 0)
        order = np.argsort(rows, kind="stable")
        return cls(shape, rows[order], indices[order, -1], values[order])

    def indices(self) -> np.ndarray:
        """int64 `[n, rank]`."""
        if len(self.shape) == 2:
            return np.stack([self.rows, self.columns], axis=1)
        batch, row = np.divmod(self.rows, max(self.shape[1], 1))
        return np.stack([batch, row, self.columns], axis=1)

    @property
    def batch(self) -> int:
        """How many matrices there are."""
        return self.shape[0] if len(self.shape) == 3 else 1

    def starts(self) -> np.ndarray:
        """Where each row of all matrices begins among the values, and where the last ends."""
        counts = np.bincount(self.rows, minlength=self.batch * self.shape[-2])
        return np.concatenate([[0], np.cumsum(counts)])

    def component(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row pointers, column indices and values of one matrix."""
        if not 0 <= index < self.batch:
            raise invalid(f"index ({index}) not in [0, {self.batch})")
        height = self.shape[-2]
        starts = self.starts()[index * height : (index + 1) * height + 1]
        part = slice(starts[0], starts[-1])
        pointers = (starts - starts[0]).astype(np.int32)
        return pointers, self.columns[part].astype(np.int32), self.values[part]

    def dense(self) -> np.ndarray:
        """The array it stands for."""
        result = np.zeros((self.batch * self.shape[-2], self.shape[-1]), self.values.dtype)
        result[self.rows, self.columns] = self.values
        return result.reshape(self.shape)

    def checked(self, dtype: Any) -> CSRMatrix:
        """The same, if its values have the dtype an op asks for."""
        wanted = as_dtype(dtype)
        if self.values.dtype != wanted.as_numpy_dtype:
            raise invalid(
                f"Asked for a CSRSparseMatrix of type {wanted.name} but saw dtype: "
                f"{self.values.dtype}"
            )
        return self

    # ---- arithmetic ----

    def with_values(self, values: np.ndarray) -> CSRMatrix:
        """The same places with other values."""
        return CSRMatrix(self.shape, self.rows, self.columns, values)

    def transposed(self, conjugate: bool = False) -> CSRMatrix:
        """Each matrix transposed, and conjugated if asked for."""
        batch, row = np.divmod(self.rows, max(self.shape[-2], 1))
        rows = batch * self.shape[-1] + self.columns
        order = np.lexsort((row, rows))
        values = np.conj(self.values) if conjugate else self.values
        shape = (*self.shape[:-2], self.shape[-1], self.shape[-2])
        return CSRMatrix(shape, rows[order], row[order], values[order])

    def plus(self, other: CSRMatrix) -> CSRMatrix:
        """The sum, with values wherever one of the two has one."""
        if self.shape != other.shape:
            raise invalid(
                f"Shapes of a and b must match, got {list(self.shape)} and {list(other.shape)}"
            )
        return _summed(
            self.shape,
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.values, other.values]),
        )

    def times_dense(self, b: np.ndarray) -> np.ndarray:
        """The products with the dense matrices `[..., columns, n]`."""
        if b.ndim != len(self.shape):
            raise invalid(f"Ranks of a and b must match, saw: {len(self.shape)} vs. {b.ndim}.")
        if b.shape[:-2] != self.shape[:-2]:
            raise invalid(
                f"Batch sizes of A and B do not agree. Shapes are: {shape_text(self.shape)} vs. "
                f"{shape_text(b.shape)}"
            )
        self._check_inner(b.shape)
        batch = self.rows // max(self.shape[-2], 1)
        rows = b.reshape(-1, b.shape[-1])[batch * self.shape[-1] + self.columns]
        result = np.zeros((self.batch * self.shape[-2], b.shape[-1]), b.dtype)
        filled = np.flatnonzero(np.diff(self.rows, prepend=-1))
        if len(filled):
            products = self.values[:, None] * rows
            result[self.rows[filled]] = np.add.reduceat(products, filled, axis=0)
        return result.reshape(*self.shape[:-1], b.shape[-1])

    def times(self, other: CSRMatrix) -> CSRMatrix:
        """The products with sparse matrices."""
        if self.shape[:-2] != other.shape[:-2]:
            self._disagree(other.shape)
        self._check_inner(other.shape)
        batch = self.rows // max(self.shape[-2], 1)
        starts = other.starts()
        met = batch * other.shape[-2] + self.columns
        counts = np.diff(starts)[met] if len(met) else np.zeros(0, np.int64)
        mine = np.repeat(np.arange(len(met)), counts)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        theirs = starts[met[mine]] + np.arange(len(mine)) - first
        return _summed(
            (*self.shape[:-1], other.shape[-1]),
            self.rows[mine],
            other.columns[theirs],
            self.values[mine] * other.values[theirs],
        )

    def _check_inner(self, shape: Any) -> None:
        if self.shape[-1] != shape[-2]:
            self._disagree(shape)

    def _disagree(self, shape: Any) -> None:
        raise invalid(
            "Inner product dimensions of A and B do not agree. Shapes are: "
            f"{shape_text(self.shape)} vs. {shape_text(shape)}"
        )


def _summed(shape: Any, rows: Any, columns: Any, values: Any) -> CSRMatrix:
    """A matrix of values at places that may come several times, added up."""
    width = max(shape[-1], 1)
    keys, places = np.unique(rows * width + columns, return_inverse=True)
    total = np.zeros(len(keys), values.dtype)
    np.add.at(total, places, values)
    return CSRMatrix(shape, keys // width, keys % width, total)
