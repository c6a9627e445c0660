"""Bands of diagonals taken out of matrices and put into them: MatrixDiag and its relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LINEAR
from tidefall.ops.array.common import constant_int
from tidefall.ops.batching import batched, two_batched
from tidefall.ops.common import invalid, jnp
from tidefall.ops.linalg.diagonal_bands import Band, band, check_limits, limits, longest_diagonal
from tidefall.tensor.conversion import convert_to_tensor

ZERO = np.zeros((), np.int32)
V2 = "LEFT_LEFT"

# ---- MatrixDiag: from diagonals to matrices ----


def _matrix_size(
    shape: Any, low: int, high: int, num_rows: int, num_cols: int
) -> tuple[int, int, int]:
    """Rows and columns of the matrix the diagonals belong to, and the diagonals' length."""
    longest = shape[-1]
    min_rows, min_cols = longest - min(high, 0), longest + max(low, 0)
    rows = num_rows
    cols = num_cols
    if rows == -1 and cols == -1:
        rows = cols = max(min_rows, min_cols)
    elif rows == -1:
        rows = min_rows
    elif cols == -1:
        cols = min_cols
    if rows < min_rows:
        raise invalid("The number of rows is too small.")
    if cols < min_cols:
        raise invalid("The number of columns is too small.")
    if rows != min_rows and cols != min_cols:
        raise invalid(
            "The number of rows or columns is not consistent with the specified d_lower, d_upper, "
            "and diagonal."
        )
    return rows, cols, longest


def _packed_lead(shape: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    """The batch dimensions of packed diagonals, after checking their number."""
    if not shape:
        raise invalid("diagonal must be at least 1-dim, received shape: []")
    if low == high:
        return shape[:-1]
    if len(shape) < 2 or shape[-2] != high - low + 1:
        raise invalid(
            "The number of diagonals provided in the input does not match the lower_diag_index and "
            f"upper_diag_index range: {list(shape)} against {low} to {high}"
        )
    return shape[:-2]


def lay_diagonals(
    diagonal: Any,
    k: np.ndarray,
    rows: np.ndarray,
    cols: np.ndarray,
    padding: Any,
    align: str,
    xp: Any,
) -> Any:
    low, high = limits(k)
    lead = _packed_lead(diagonal.shape, low, high)
    m, n, _ = _matrix_size(diagonal.shape, low, high, int(rows), int(cols))
    found = band(m, n, low, high, align)
    packed = diagonal.reshape((*lead, found.count, found.longest))
    values = packed[..., found.diagonals, found.places]
    if xp is np:
        result = np.empty((*lead, m, n), diagonal.dtype)
        result[...] = padding if diagonal.dtype != object else padding[()]
        result[..., found.rows, found.cols] = values
        return result
    result = jnp.full((*lead, m, n), padding, diagonal.dtype)
    return result.at[..., found.rows, found.cols].set(values)


def matrix_diag_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    k, rows, cols = c.constant(1), constant_int(c, 2), constant_int(c, 3)
    if source.rank is not None and source.rank < 1:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if source.rank is None or k is None:
        return TensorShape(None)
    low, high = limits(k)
    lead = source[:-1] if low == high else source[:-2]
    if low != high and source.rank < 2:
        raise ValueError("Shape must be at least rank 2 but is rank 1")
    if low != high and source[-2] not in (None, high - low + 1):
        raise ValueError(
            f"The number of rows of `diagonal` doesn't match the number of diagonals: {source[-2]} "
            f"rows for the diagonals {low} to {high}"
        )
    if source[-1] is None or rows is None or cols is None:
        return lead.concatenate(
            [rows if rows and rows > 0 else None, cols if cols and cols > 0 else None]
        )
    m, n, _ = _matrix_size(source.as_list(), low, high, rows, cols)
    return lead.concatenate([m, n])


def matrix_diag_grad(op: Any, dy: Any) -> list[Any]:
    k, align = _k_and_align(op, 1)
    return [_part_like(op, dy, k, align)] + [None] * (len(op.inputs) - 1)


def _k_and_align(op: Any, index: int) -> tuple[Any, str]:
    k = op.inputs[index] if len(op.inputs) > index else ZERO
    return k, op.attrs.get("align", V2)


def _part_like(op: Any, matrix: Any, k: Any, align: str) -> Any:
    padding = convert_to_tensor(0, matrix.dtype)
    return matrix_diag_part_v3_op(matrix, k, padding, align=align)


matrix_diag_v3_op = op(
    "MatrixDiagV3",
    shape=matrix_diag_shape,
    host=lambda diagonal, k, num_rows, num_cols, padding_value, *, align: lay_diagonals(
        diagonal, k, num_rows, num_cols, padding_value, align, np
    ),
    xla=lambda diagonal, k, num_rows, num_cols, padding_value, *, align: lay_diagonals(
        jnp.asarray(diagonal), k, num_rows, num_cols, padding_value, align, jnp
    ),
    effects=PURE,
    traits=(LINEAR,),
    batching=batched,
    gradient=matrix_diag_grad,
    static=("k", "num_rows", "num_cols"),
)


@export("linalg.diag")
def diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Matrices with the given diagonals.

    Args:
        diagonal: a tensor `[..., longest]`, or `[..., diagonals, longest]` for a band, the highest
            diagonal first.
        name: name of the node in a graph.
        k: which diagonal, or the lowest and the highest of a band; 0 is the main one.
        num_rows: rows of the matrix; -1 makes it as small as it can be.
        num_cols: columns of the matrix, likewise.
        padding_value: what stands off the diagonals.
        align: on which side shorter superdiagonals, and subdiagonals, are aligned.

    Returns:
        A tensor `[..., rows, columns]`.

    Raises:
        InvalidArgumentError: if the diagonals do not fit.

    >>> import tidefall as tf
    >>> tf.linalg.diag([1, 2], k=1).numpy()
    array([[0, 1, 0],
           [0, 0, 2],
           [0, 0, 0]], dtype=int32)
    """
    diagonal = convert_to_tensor(diagonal)
    padding = (
        convert_to_tensor(padding_value, diagonal.dtype)
        if not _is_default(padding_value)
        else _zero(diagonal)
    )
    return matrix_diag_v3_op(diagonal, k, num_rows, num_cols, padding, align=align, name=name)


def _is_default(padding: Any) -> bool:
    return type(padding) is int and padding == 0


def _zero(tensor: Any) -> Any:
    """A scalar zero of a tensor's dtype; False and the empty string too."""
    array = np.zeros((), tensor.dtype.as_numpy_dtype)
    return convert_to_tensor(b"" if array.dtype == object else array)


# ---- MatrixDiagPart: from matrices to diagonals ----


def _check_matrix(x: Any, low: int, high: int) -> tuple[int, int]:
    if x.ndim < 2:
        raise invalid(f"input must be at least 2-dim, received shape: {list(x.shape)}")
    rows, cols = x.shape[-2:]
    check_limits(rows, cols, low, high)
    return rows, cols


def _packed(found: Band, lead: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    return (*lead, found.longest) if low == high else (*lead, found.count, found.longest)


def take_diagonals(x: Any, k: np.ndarray, padding: Any, align: str, xp: Any) -> Any:
    low, high = limits(k)
    rows, cols = _check_matrix(x, low, high)
    found = band(rows, cols, low, high, align)
    lead = x.shape[:-2]
    values = x[..., found.rows, found.cols]
    shape = (*lead, found.count, found.longest)
    if xp is np:
        result = np.empty(shape, x.dtype)
        result[...] = padding if x.dtype != object else padding[()]
        result[..., found.diagonals, found.places] = values
    else:
        result = jnp.full(shape, padding, x.dtype)
        result = result.at[..., found.diagonals, found.places].set(values)
    return result.reshape(_packed(found, lead, low, high))


def matrix_diag_part_shape(c: Inference) -> TensorShape:
    source, k = c.shape(0), c.constant(1)
    if source.rank is not None and source.rank < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {source.rank}")
    if source.rank is None or k is None:
        return TensorShape(None)
    low, high = limits(k)
    rows, cols = source[-2], source[-1]
    known = rows is not None and cols is not None
    if known:
        check_limits(rows, cols, low, high)
    longest = longest_diagonal(rows, cols, low, high) if known else None
    tail = [longest] if low == high else [high - low + 1, longest]
    return source[:-2].concatenate(tail)


def matrix_diag_part_grad(op: Any, dy: Any) -> list[Any]:
    k, align = _k_and_align(op, 1)
    x = op.inputs[0]
    tail = x.shape[-2:] if x.shape.rank is not None else TensorShape(None)
    rest = [None] * (len(op.inputs) - 1)
    if tail.is_fully_defined():
        rows, cols = tail.as_list()
        return [matrix_diag_v3_op(dy, k, rows, cols, _zero(dy), align=align), *rest]
    return [matrix_set_diag_v3_op(raw.ZerosLike(x), dy, k, align=align), *rest]


matrix_diag_part_v3_op = op(
    "MatrixDiagPartV3",
    shape=matrix_diag_part_shape,
    host=lambda input, k, padding_value, *, align: take_diagonals(
        input, k, padding_value, align, np
    ),
    xla=lambda input, k, padding_value, *, align: take_diagonals(
        jnp.asarray(input), k, padding_value, align, jnp
    ),
    effects=PURE,
    traits=(LINEAR,),
    batching=batched,
    gradient=matrix_diag_part_grad,
    static=("k",),
)


@export("linalg.diag_part", dispatch=OTHER)
def diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Diagonals of matrices.

    Args:
        input: matrices `[..., rows, columns]`.
        name: name of the node in a graph.
        k: which diagonal, or the lowest and the highest of a band; 0 is the main one.
        padding_value: what fills up the shorter diagonals of a band.
        align: on which side shorter superdiagonals, and subdiagonals, are aligned.

    Returns:
        A tensor `[..., longest]`, or `[..., diagonals, longest]` for a band, the highest diagonal
        first.

    Raises:
        InvalidArgumentError: for a diagonal that does not exist.

    >>> import tidefall as tf
    >>> tf.linalg.diag_part([[1, 2], [3, 4]]).numpy()
    array([1, 4], dtype=int32)
    """
    tensor = convert_to_tensor(input)
    padding = (
        convert_to_tensor(padding_value, tensor.dtype)
        if not _is_default(padding_value)
        else _zero(tensor)
    )
    return matrix_diag_part_v3_op(tensor, k, padding, align=align, name=name)


# ---- MatrixSetDiag: diagonals replaced ----


def put_diagonals(x: Any, diagonal: Any, k: np.ndarray, align: str, xp: Any) -> Any:
    low, high = limits(k)
    rows, cols = _check_matrix(x, low, high)
    found = band(rows, cols, low, high, align)
    wanted = _packed(found, x.shape[:-2], low, high)
    if tuple(diagonal.shape) != wanted:
        raise invalid(
            "Either the dimensions of `diagonal` do not match those of the diagonals in `input`: "
            f"expected {list(wanted)}, received {list(diagonal.shape)}"
        )
    packed = diagonal.reshape((*x.shape[:-2], found.count, found.longest))
    values = packed[..., found.diagonals, found.places]
    if xp is np:
        result = np.array(x)
        result[..., found.rows, found.cols] = values
        return result
    return x.at[..., found.rows, found.cols].set(values)


def matrix_set_diag_shape(c: Inference) -> TensorShape:
    source, diagonal, k = c.shape(0), c.shape(1), _given_limits(c, 2)
    if source.rank is not None and source.rank < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {source.rank}")
    if source.rank is None:
        return source
    rows, columns = source[-2], source[-1]
    if k is not None and rows is not None and columns is not None:
        check_limits(rows, columns, *k)
    if diagonal.rank is None:
        return source
    if not source.rank - 1 <= diagonal.rank <= source.rank:
        raise ValueError(
            f"`diagonal` must be of rank {source.rank - 1} or {source.rank} but is of rank "
            f"{diagonal.rank}"
        )
    if k is not None:
        wanted = source.rank - 1 if k[0] == k[1] else source.rank
        if diagonal.rank != wanted:
            raise ValueError(
                f"`diagonal` must be of rank {wanted} for the diagonals {k[0]} to {k[1]} but is of "
                f"rank {diagonal.rank}"
            )
    return source


def _given_limits(c: Inference, index: int) -> tuple[int, int] | None:
    """The lowest and the highest diagonal, where they are known."""
    k = c.constant(index) if index < len(c.inputs) else None
    return None if k is None else limits(k)


def matrix_set_diag_grad(op: Any, dy: Any) -> list[Any]:
    k, align = _k_and_align(op, 2)
    cleared = matrix_set_diag_v3_op(dy, raw.ZerosLike(op.inputs[1]), k, align=align)
    return [cleared, _part_like(op, dy, k, align)] + [None] * (len(op.inputs) - 2)


matrix_set_diag_v3_op = op(
    "MatrixSetDiagV3",
    shape=matrix_set_diag_shape,
    host=lambda input, diagonal, k, *, align: put_diagonals(input, diagonal, k, align, np),
    xla=lambda input, diagonal, k, *, align: put_diagonals(
        jnp.asarray(input), jnp.asarray(diagonal), k, align, jnp
    ),
    effects=PURE,
    batching=two_batched,
    gradient=matrix_set_diag_grad,
    static=("k",),
)


@export("linalg.set_diag")
def set_diag(
    input: Any,
    diagonal: Any,
    name: str = "set_diag",
    k: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Matrices with some diagonals replaced.

    Args:
        input: matrices `[..., rows, columns]`.
        diagonal: the new diagonals, packed as `tf.linalg.diag_part` gives them.
        name: name of the node in a graph.
        k: which diagonal, or the lowest and the highest of a band; 0 is the main one.
        align: on which side shorter superdiagonals, and subdiagonals, are aligned.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: if the diagonals do not fit.

    >>> import tidefall as tf
    >>> tf.linalg.set_diag([[1, 2], [3, 4]], [8, 9]).numpy()
    array([[8, 2],
           [3, 9]], dtype=int32)
    """
    return matrix_set_diag_v3_op(input, diagonal, k, align=align, name=name)
