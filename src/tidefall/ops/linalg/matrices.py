"""Diagonals and bands of matrices, identity matrices, and grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.op.traits import LINEAR
from tidefall.ops.array.constants import ones, zeros
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.shapes_of import size as size_of
from tidefall.ops.array.transposing import transpose
from tidefall.ops.batching import Call, Fallback, batched
from tidefall.ops.common import invalid, jnp, shape_text, unchanged
from tidefall.ops.linalg.diagonals import diag, diag_part, set_diag
from tidefall.tensor.conversion import convert_to_tensor, eager
from tidefall.tensor.tensor import Tensor

# ---- MatrixBandPart ----


def _band_mask(shape: tuple[int, ...], lower: Any, upper: Any, xp: Any) -> Any:
    offset = np.arange(shape[-1])[None, :] - np.arange(shape[-2])[:, None]
    return ((lower < 0) | (-offset <= lower)) & ((upper < 0) | (offset <= upper))


def _band_host(input: np.ndarray, num_lower: np.ndarray, num_upper: np.ndarray) -> np.ndarray:
    if input.ndim < 2:
        raise invalid(f"input must be at least 2-dim, received shape: {list(input.shape)}")
    for value, what in ((num_lower, "num_lower"), (num_upper, "num_upper")):
        if value.ndim:
            raise invalid(f"{what} must be scalar, got shape {shape_text(value.shape)}")
    rows, cols = input.shape[-2:]
    for value, size, what in ((num_lower, rows, "num_lower"), (num_upper, cols, "num_upper")):
        if int(value) > size:
            raise invalid(
                f"{what} must be negative or less or equal to number of "
                f"{'rows' if what == 'num_lower' else 'columns'} ({size}) got: {int(value)}"
            )
    mask = _band_mask(input.shape, int(num_lower), int(num_upper), np)
    zero = b"" if input.dtype == object else np.zeros((), input.dtype)
    return np.where(mask, input, zero)


def _band_xla(input: Any, num_lower: Any, num_upper: Any) -> Any:
    mask = _band_mask(input.shape, jnp.asarray(num_lower), jnp.asarray(num_upper), jnp)
    return jnp.where(mask, input, jnp.zeros((), input.dtype))


def _band_grad(op: Any, dy: Any) -> list[Any]:
    return [find_op(op.type)(dy, op.inputs[1], op.inputs[2]), None, None]


matrix_band_part_op = op(
    "MatrixBandPart",
    shape=unchanged,
    host=_band_host,
    xla=_band_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=batched,
    gradient=_band_grad,
)


@export("linalg.band_part")
def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Any:
    """Set everything outside a band around the main diagonal to zero.

    Args:
        input: matrices `[..., rows, columns]`.
        num_lower: how many diagonals below the main one to keep; negative keeps all.
        num_upper: how many above; negative keeps all.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for more diagonals than there are.

    >>> import tidefall as tf
    >>> tf.linalg.band_part([[1, 2], [3, 4]], 0, -1).numpy()
    array([[1, 2],
           [0, 4]], dtype=int32)
    """
    return matrix_band_part_op(input, num_lower, num_upper, name=name)


# ---- Diag: tensors, not matrices ----


def _diag_host(diagonal: np.ndarray) -> np.ndarray:
    if diagonal.ndim == 0:
        raise invalid("Input must be at least rank 1, got 0")
    return np.diag(diagonal.reshape(-1)).reshape(diagonal.shape * 2)


def _diag_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    if source.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return source.concatenate(source)


def _diag_part_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    if source.rank is None:
        return source
    if source.rank == 0 or source.rank % 2:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {source.rank}")
    half = source.rank // 2
    return source[:half].merge_with(source[half:])


def _diag_part(input: Any) -> Any:
    half = input.ndim // 2
    if input.ndim % 2:
        raise invalid(f"The rank of the tensor should be even, got shape {list(input.shape)}")
    for i in range(half):
        if input.shape[i] != input.shape[half + i]:
            raise invalid(
                f"Invalid shape {shape_text(input.shape)}: dimensions {i} and {half + i} do not "
                "match."
            )
    size = int(np.prod(input.shape[:half]))
    return input.reshape(size, size).diagonal().reshape(input.shape[:half])


def _diag_batching(call: Call) -> Any:
    """A diagonal matrix for each run."""
    if call.rank(0) != 1:
        raise Fallback
    return raw.MatrixDiag(call.tensor(0))


diag_op = op(
    "Diag",
    shape=_diag_shape,
    host=_diag_host,
    xla=lambda diagonal: jnp.diag(jnp.reshape(diagonal, -1)).reshape(diagonal.shape * 2),
    effects=PURE,
    traits=(LINEAR,),
    batching=_diag_batching,
    gradient=lambda op, dy: diag_part_op(dy),
)


def _diag_part_batching(call: Call) -> Any:
    """The diagonal for each run."""
    if call.rank(0) != 2:
        raise Fallback
    return raw.MatrixDiagPart(call.tensor(0))


diag_part_op = op(
    "DiagPart",
    shape=_diag_part_shape,
    host=_diag_part,
    xla=lambda input: _diag_part(jnp.asarray(input)),
    effects=PURE,
    traits=(LINEAR,),
    batching=_diag_part_batching,
    gradient=lambda op, dy: diag_op(dy),
)


@export("linalg.tensor_diag")
def tensor_diag(diagonal: Any, name: str | None = None) -> Any:
    """A tensor of twice the rank with the given elements on its diagonal.

    Args:
        diagonal: a tensor `[...]` of at least one dimension.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `diagonal.shape + diagonal.shape`, zero off the diagonal.

    Raises:
        InvalidArgumentError: for a scalar.

    >>> import tidefall as tf
    >>> tf.linalg.tensor_diag([1, 2]).numpy()
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    return diag_op(diagonal, name=name)


@export("linalg.tensor_diag_part")
def tensor_diag_part(input: Any, name: str | None = None) -> Any:
    """The diagonal of a tensor whose shape is some shape twice.

    Args:
        input: a tensor of shape `s + s`.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `s`.

    Raises:
        InvalidArgumentError: for a tensor of another form.

    >>> import tidefall as tf
    >>> tf.linalg.tensor_diag_part([[1, 2], [3, 4]]).numpy()
    array([1, 4], dtype=int32)
    """
    return diag_part_op(input, name=name)


# ---- trace, transpose ----


@export("linalg.trace", dispatch=OTHER)
def trace(x: Any, name: str | None = None) -> Any:
    """The sum of the main diagonal.

    Args:
        x: matrices `[..., rows, columns]`.
        name: name of the node in a graph.

    Returns:
        A tensor `[...]`.

    >>> import tidefall as tf
    >>> int(tf.linalg.trace([[1, 2], [3, 4]]))
    5
    """
    with name_scope(name or "Trace"):
        return raw.Sum(diag_part(x), np.array([-1], np.int32), keep_dims=False)


@export("linalg.matrix_transpose")
def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Any:
    """Swap the last two dimensions.

    Args:
        a: matrices `[..., rows, columns]`.
        name: name scope of the nodes in a graph.
        conjugate: also take the complex conjugate.

    Returns:
        A tensor `[..., columns, rows]`.

    Raises:
        ValueError: for fewer than two dimensions.

    >>> import tidefall as tf
    >>> tf.linalg.matrix_transpose(tf.zeros([5, 2, 3])).shape
    TensorShape([5, 3, 2])
    """
    with name_scope(name):
        tensor = convert_to_tensor(a)
        rank = tensor.shape.rank
        if rank is None:
            last = raw.Sub(raw.Rank(tensor), 2)
            lead = raw.Range(0, last, 1)
            tail = raw.AddV2(raw.Pack([last, last], axis=0), [1, 0])
            return transpose(tensor, raw.ConcatV2([lead, tail], 0), conjugate)
        if rank < 2:
            raise ValueError(
                "Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = "
                f"{a} with shape: {tensor.shape}"
            )
        return transpose(tensor, [*range(rank - 2), rank - 1, rank - 2], conjugate)


@export("linalg.adjoint", dispatch=OTHER)
def adjoint(matrix: Any, name: str | None = None) -> Any:
    """The transposed, conjugated matrices.

    Args:
        matrix: a tensor `[..., rows, columns]`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor `[..., columns, rows]`.

    >>> import tidefall as tf
    >>> tf.linalg.adjoint([[1 + 2j, 3]]).numpy()
    array([[1.-2.j],
           [3.-0.j]])
    """
    return matrix_transpose(matrix, name or "adjoint", conjugate=True)


# ---- eye ----


def _smaller(a: Any, b: Any) -> Any:
    return min(a, b) if type(a) is type(b) is int else raw.Minimum(a, b)


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


@export("eye", "linalg.eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Identity matrices.

    Args:
        num_rows: an int or int32 scalar.
        num_columns: an int or int32 scalar, `num_rows` when None.
        batch_shape: leading dimensions, a list or int32 vector; none when None.
        dtype: dtype of the result.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor `batch_shape + [num_rows, num_columns]`.

    Raises:
        TypeError: for a number of rows that is not an integer.
        InvalidArgumentError: for a negative one.

    >>> import tidefall as tf
    >>> tf.eye(2).numpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    columns = num_rows if num_columns is None else num_columns
    for value in (num_rows, columns):
        if not (value.dtype.is_integer if isinstance(value, Tensor) else _is_whole(value)):
            raise TypeError(
                "Arguments `num_rows` and `num_columns` must be positive integer values. "
                f"Received: num_rows={num_rows}, num_columns={columns}"
            )
    wanted = as_dtype(dtype)
    plain = type(num_rows) is type(columns) is int and min(num_rows, columns) >= 0
    if plain and batch_shape is None and state.graph is None and wanted.size:
        return eager(np.eye(num_rows, columns, dtype=wanted.as_numpy_dtype), wanted)
    with name_scope(name or "eye"):
        square = num_columns is None or (
            type(num_rows) is type(columns) is int and num_rows == columns
        )
        size = num_rows if square else _smaller(num_rows, columns)
        if batch_shape is None:
            batch_shape = []
        if isinstance(batch_shape, Tensor) or isinstance(size, Tensor):
            lead = convert_to_tensor(batch_shape, dtypes.int32)
            ones_shape: Any = concat([lead, reshape(size, [1])], 0)
        else:
            ones_shape = [*batch_shape, size]
        diagonal = ones(ones_shape, wanted)
        if square:
            return diag(diagonal)
        if isinstance(ones_shape, Tensor):
            tail = raw.Pack([num_rows, columns], axis=0)
            shape: Any = concat([convert_to_tensor(batch_shape, dtypes.int32), tail], 0)
        else:
            shape = [*batch_shape, num_rows, columns]
        return set_diag(zeros(shape, wanted), diagonal)


# ---- meshgrid ----


@export("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> list[Any]:
    """Coordinates of a grid: each vector repeated along the axes of the others.

    Args:
        *args: n vectors (scalars count as vectors of one element).
        **kwargs: `indexing`, "xy" (the default: the first two axes are swapped) or "ij"; `name`.

    Returns:
        A list of n tensors of rank n.

    Raises:
        TypeError: for an unknown keyword.
        ValueError: for another `indexing`.

    >>> import tidefall as tf
    >>> x, y = tf.meshgrid([1, 2], [3, 4])
    >>> x.numpy(), y.numpy()
    (array([[1, 2],
           [1, 2]], dtype=int32), array([[3, 3],
           [4, 4]], dtype=int32))
    """
    indexing, name = kwargs.pop("indexing", "xy"), kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'"
        )
    with name_scope(name):
        vectors = [convert_to_tensor(a) for a in args]
        count = len(vectors)
        if not count:
            return []
        axes = list(range(count))
        if indexing == "xy" and count > 1:
            axes[0], axes[1] = 1, 0
        sizes = [size_of(v) for v in vectors]
        order = [sizes[axes[i]] for i in range(count)]
        full = ones(raw.Pack(order, axis=0), vectors[0].dtype)
        grids = []
        for vector, axis in zip(vectors, axes, strict=True):
            dims = [1] * count
            dims[axis] = -1
            row = reshape(vector, dims)
            if row.dtype.is_bool or full.dtype.is_bool:
                parts = (raw.Cast(t, DstT=dtypes.bool) for t in (row, full))
                grids.append(raw.LogicalAnd(*parts))
            else:
                grids.append(raw.Mul(row, full))
        return grids
