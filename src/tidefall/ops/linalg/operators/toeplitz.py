"""Toeplitz operators: every diagonal holds one number."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.joining import concat
from tidefall.ops.array.ranges import range as range_of
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.reversing import reverse
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.debugging import assertions
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.matrices import matrix_transpose
from tidefall.ops.linalg.operators.arguments import (
    common_shape,
    common_shape_tensor,
    float_tensor,
    now,
    turned,
)
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import real
from tidefall.ops.signal import fourier
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("linalg.LinearOperatorToeplitz")
class LinearOperatorToeplitz(LinearOperator):
    """Toeplitz matrices, given by their first columns and rows.

    Products go through a Fourier transform: they take n log n steps for each column.

    Args:
        col: first columns `[..., n]`, floating-point or complex.
        row: first rows `[..., n]` of the same dtype; batch shapes broadcast. The corner is that of
            `col`.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        name: name of the operator.

    Raises:
        ValueError: for a scalar, for rows and columns of different lengths, or is_square=False.
        TypeError: for another dtype.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorToeplitz([1.0, 2.0], [1.0, 3.0]).to_dense().numpy().tolist()
    [[1.0, 3.0], [2.0, 1.0]]
    """

    def __init__(
        self,
        col: Any,
        row: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorToeplitz",
    ):
        if is_square is False:
            raise ValueError("A Toeplitz operator is always square.")
        col = float_tensor(col, "col")
        if not isinstance(row, Tensor) and getattr(row, "_is_variable", False) is not True:
            row = convert_to_tensor(row, dtype=col.dtype, name="row")
        row = float_tensor(row, "row")
        if row.dtype.base_dtype != col.dtype.base_dtype:
            raise TypeError(f"'col' is {col.dtype.name}, but 'row' is {row.dtype.name}.")
        for given, what in ((col, "col"), (row, "row")):
            if given.shape.rank == 0:
                raise ValueError(f"Argument '{what}' must have at least 1 dimension.")
        if None not in (col.shape.rank, row.shape.rank):
            if not col.shape[-1:].is_compatible_with(row.shape[-1:]):
                raise ValueError(
                    "Expected square matrices: 'col' and 'row' have different lengths, "
                    f"{col.shape[-1]} and {row.shape[-1]}."
                )
            common_shape((col.shape[:-1], row.shape[:-1]))
        super().__init__(
            col.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {
                "col": col,
                "row": row,
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._col, self._row = col, row

    @property
    def col(self) -> Any:
        """The first columns."""
        return self._col

    @property
    def row(self) -> Any:
        """The first rows."""
        return self._row

    def _shape(self) -> TensorShape:
        if self._col.shape.rank is None or self._row.shape.rank is None:
            return TensorShape(None)
        size = self._col.shape[-1] if self._col.shape[-1] is not None else self._row.shape[-1]
        return common_shape((self._col.shape[:-1], self._row.shape[:-1])).concatenate([size, size])

    def _shape_tensor(self) -> Any:
        sizes = shape(now(self._col)), shape(now(self._row))
        batch = common_shape_tensor([size[:-1] for size in sizes])
        return concat([batch, sizes[0][-1:], sizes[0][-1:]], 0)

    def _vectors(self) -> Any:
        """Columns and rows with all their batch dimensions."""
        vectors = self.shape[:-1]
        wanted = vectors if vectors.is_fully_defined() else self.shape_tensor()[:-1]
        return [broadcast_to(now(v), wanted) for v in (self._col, self._row)]

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        col, row = self._vectors()
        if adjoint:
            corner = conj(col[..., :1])
            col, row = concat([corner, conj(row[..., 1:])], -1), conj(col)
        # The matrix is the corner of a circulant one of 2 n - 1 rows.
        wide = dtypes.complex128 if self.dtype.name.endswith(("64", "128")) else dtypes.complex64
        if self.dtype == dtypes.complex64:
            wide = dtypes.complex64
        period = cast(concat([col, reverse(row[..., 1:], [-1])], -1), wide)
        columns = cast(matrix_transpose(turned(x, adjoint_arg)), wide)
        size = shape(columns)
        rest = concat([size[:-1], size[-1:] - 1], 0)
        padded = concat([columns, broadcast_to(columns[..., :1] * 0, rest)], -1)
        product = fourier.ifft(fourier.fft(padded) * expand_dims(fourier.fft(period), -2))
        found = matrix_transpose(product[..., : size[-1]])
        if not self.dtype.is_complex:
            found = real(found)
        return _with_static(cast(found, self.dtype), self.shape, x, adjoint_arg)

    def _to_dense(self) -> Any:
        col, row = self._vectors()
        numbers = concat([reverse(row[..., 1:], [-1]), col], -1)
        count = shape(col)[-1]
        places = range_of(count)
        at = expand_dims(places, -1) - expand_dims(places, 0) + count - 1
        found = gather(numbers, at, axis=-1)
        found.set_shape(self.shape)
        return found

    def _diag_part(self) -> Any:
        vectors = self.shape[:-1]
        wanted = vectors if vectors.is_fully_defined() else self.shape_tensor()[:-1]
        return broadcast_to(now(self._col)[..., :1], wanted)

    def _assert_self_adjoint(self) -> Any:
        return assertions.assert_equal(
            now(self._row),
            conj(now(self._col)),
            message="The rows and columns are not the same, so this operator is not self-adjoint.",
        )


def _with_static(found: Any, own: TensorShape, x: Any, adjoint_arg: bool) -> Any:
    """A product with what is known of its shape."""
    if own.rank is not None and x.shape.rank is not None:
        batch = common_shape((own[:-2], x.shape[:-2]))
        found.set_shape(batch.concatenate([own[-2], x.shape[-2 if adjoint_arg else -1]]))
    return found
