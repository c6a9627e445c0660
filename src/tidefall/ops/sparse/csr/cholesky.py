"""Cholesky factors of sparse matrices, and orders of rows that keep them sparse.

Davis: Direct Methods for Sparse Linear Systems, chapters 4 and 7.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid
from tidefall.ops.sparse.csr.converting import matrix, matrix_shape, variant
from tidefall.ops.sparse.csr.value import CSRMatrix


def _square(held: CSRMatrix) -> int:
    height, width = held.shape[-2:]
    if height != width:
        raise invalid(f"sparse matrix must be square; got: {height} != {width}")
    return height


def _minimum_degree(pointers: np.ndarray, columns: np.ndarray, n: int) -> list[int]:
    """The row with the fewest neighbours comes next, and these become neighbours."""
    neighbours: list[set[int]] = [set() for _ in range(n)]
    rows = np.repeat(np.arange(n), np.diff(pointers))
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if row != column:
            neighbours[row].add(column)
            neighbours[column].add(row)
    order: list[int] = []
    left = set(range(n))
    while left:
        row = min(left, key=lambda i: (len(neighbours[i]), i))
        left.discard(row)
        order.append(row)
        around = neighbours[row]
        for other in around:
            neighbours[other] |= around
            neighbours[other] -= {row, other}
    return order


def _ordering(input: Any) -> np.ndarray:
    held = matrix(input)
    n = _square(held)
    orders = [_minimum_degree(*held.component(i)[:2], n) for i in range(held.batch)]
    return np.array(orders, np.int32).reshape(held.shape[:-1])


def _ordering_shape(c: Inference) -> TensorShape:
    shape = matrix_shape(c.inputs[0])
    return shape if shape.rank is None else TensorShape([*shape[:-1]])


op(
    "SparseMatrixOrderingAMD",
    shape=_ordering_shape,
    host=_ordering,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _cholesky(input: Any, permutation: Any, *, type: Any) -> CSRMatrix:
    held = matrix(input).checked(type)
    n = _square(held)
    if permutation.shape[-1:] != (n,) or permutation.size != held.batch * n:
        size = permutation.shape[-1] if permutation.ndim else 0
        raise invalid(
            "permutation must have the same number of elements in each batch as the number of rows "
            f"in sparse matrix; got: {size} != {n}"
        )
    rows, columns, values = [], [], []
    for i, order in enumerate(permutation.reshape(held.batch, n)):
        row, column, value = _factor(held, i, order, n)
        rows.append(row + i * n)
        columns.append(column)
        values.append(value)
    return CSRMatrix(held.shape, *(np.concatenate(part) for part in (rows, columns, values)))


def _factor(held: CSRMatrix, i: int, order: np.ndarray, n: int) -> tuple[Any, Any, Any]:
    """Rows, columns and values of the lower factor of one matrix, its rows put in an order."""
    place = np.full(n, -1)
    if ((order >= 0) & (order < n)).all():
        place[order] = np.arange(n)
    if (place < 0).any():
        raise _failed(i)
    pointers, columns, values = held.component(i)
    rows = place[np.repeat(np.arange(n), np.diff(pointers))]
    columns = place[columns]
    lower = rows >= columns
    rows, columns, values = rows[lower], columns[lower], values[lower]
    by_column = np.lexsort((rows, columns))
    rows, columns, values = rows[by_column], columns[by_column], values[by_column]
    bounds = np.searchsorted(columns, np.arange(n + 1))
    return _columns_of_factor(rows, values, bounds, n, i)


def _columns_of_factor(
    rows: np.ndarray, values: np.ndarray, bounds: np.ndarray, n: int, i: int
) -> tuple[Any, Any, Any]:
    """The factor column by column: what earlier columns with a value in row `k` take from it."""
    places: list[np.ndarray] = []
    numbers: list[np.ndarray] = []
    meeting: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    work = np.zeros(n, values.dtype)
    for k in range(n):
        part = slice(bounds[k], bounds[k + 1])
        work[rows[part]] = values[part]
        touched = [np.array([k]), rows[part]]
        for column, at in meeting[k]:
            below, factors = places[column][at:], numbers[column][at:]
            work[below] -= factors * np.conj(factors[0])
            touched.append(below)
        where = np.unique(np.concatenate(touched))
        pivot = work[k].real
        if not pivot > 0:
            raise _failed(i)
        column = work[where] / np.sqrt(pivot)
        work[where] = 0
        places.append(where)
        numbers.append(column.astype(values.dtype))
        for at, row in enumerate(where[1:].tolist(), 1):
            meeting[row].append((k, at))
    all_rows = np.concatenate(places) if n else np.zeros(0, np.int64)
    all_columns = np.repeat(np.arange(n), [len(p) for p in places])
    order = np.lexsort((all_columns, all_rows))
    found = np.concatenate(numbers) if n else values
    return all_rows[order], all_columns[order], found[order]


def _failed(i: int) -> Exception:
    return invalid(
        f"Sparse Cholesky factorization failed for batch index {i}. The input might not be valid: "
        "it must be positive definite, and the permutation hold each row once."
    )


op(
    "SparseMatrixSparseCholesky",
    shape=variant,
    host=_cholesky,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
