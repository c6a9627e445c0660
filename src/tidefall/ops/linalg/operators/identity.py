"""Operators without stored elements: identity, its multiples, and zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.constants import ones, zeros
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.common import known_value
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.matrices import diag_part, eye, set_diag
from tidefall.ops.linalg.operators.arguments import (
    common_shape,
    common_shape_tensor,
    float_tensor,
    now,
    turned,
)
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.operators.dense import (
    assert_all_positive,
    assert_all_real,
    assert_no_zeros,
)
from tidefall.ops.math.cast import cast
from tidefall.ops.math.exponential import log
from tidefall.ops.math.power import pow as power
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.math.unary import sqrt
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def _count(value: Any, name: str) -> Any:
    """A number of rows: a Python int if it is known, else an int32 tensor."""
    if not isinstance(value, Tensor):
        array = np.asarray(value)
        if array.ndim or array.dtype.kind not in "iu":
            raise TypeError(f"Argument '{name}' must be an integer scalar, not {value!r}.")
    else:
        if not value.dtype.is_integer:
            raise TypeError(f"Argument '{name}' must be an integer, not {value.dtype.name}.")
        if value.shape.rank not in (None, 0):
            raise ValueError(f"Argument '{name}' must be a scalar, not of shape {value.shape}.")
        array = known_value(value)
        if array is None:
            return cast(value, "int32")
    if array < 0:
        raise ValueError(f"Argument '{name}' must be non-negative, not {int(array)}.")
    return int(array)


def _batch(value: Any) -> Any:
    """A batch shape: a list of ints if it is known, else an int32 vector."""
    if value is None:
        return []
    if isinstance(value, Tensor):
        array = known_value(value)
        if array is None:
            return cast(value, "int32")
        value = array
    if isinstance(value, TensorShape):
        value = value.as_list()
    array = np.asarray(value)
    if array.ndim != 1:
        raise ValueError(f"Argument 'batch_shape' must be a vector, not {value!r}.")
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"Argument 'batch_shape' must be integer type. Found: {value!r}.")
    if array.size and array.min() < 0:
        raise ValueError(f"Argument 'batch_shape' must be non-negative, not {value!r}.")
    return [int(d) for d in array]


def _static(batch: Any, *dims: Any) -> TensorShape:
    known = [d if isinstance(d, int) else None for d in dims]
    if isinstance(batch, list):
        return TensorShape([*batch, *known])
    length = batch.shape[0]
    return TensorShape(None if length is None else [*[None] * length, *known])


def _sizes(batch: Any, *dims: Any) -> Any:
    parts = [convert_to_tensor(batch, dtype="int32"), *(expand_dims(d, 0) for d in dims)]
    return concat([cast(p, "int32") for p in parts], 0)


class _Unstored(LinearOperator):
    """What the operators below share: their size, and arguments repeated to it."""

    _num_rows: Any
    _num_columns: Any
    _batch_arg: Any

    def _shape(self) -> TensorShape:
        return _static(self._batch_arg, self._num_rows, self._num_columns)

    def _shape_tensor(self) -> Any:
        return _sizes(self._batch_arg, self._num_rows, self._num_columns)

    def _repeated(self, x: Any) -> Any:
        """`x` with its batch dimensions broadcast against the operator's."""
        batch, mine = x.shape[:-2], self.batch_shape
        if mine.rank == 0:
            return x
        if batch.is_fully_defined() and mine.is_fully_defined() and x.shape.is_fully_defined():
            wanted = common_shape([batch, mine])
            return x if wanted == batch else broadcast_to(x, [*wanted, *x.shape[-2:]])
        size = shape(x)
        wanted = common_shape_tensor([size[:-2], self.batch_shape_tensor()])
        return broadcast_to(x, concat([wanted, size[-2:]], 0))

    def _filled(self, number: float) -> Any:
        static = self.batch_shape
        return (ones if number else zeros)(
            static if static.is_fully_defined() else self.batch_shape_tensor(), dtype=self.dtype
        )


def _hints(
    non_singular: Any, self_adjoint: Any, definite: Any, square: Any
) -> dict[str, bool | None]:
    return {
        "is_non_singular": non_singular,
        "is_self_adjoint": self_adjoint,
        "is_positive_definite": definite,
        "is_square": square,
    }


@export("linalg.LinearOperatorIdentity")
class LinearOperatorIdentity(_Unstored):
    """Identity matrices.

    Args:
        num_rows: how many rows; an integer scalar.
        batch_shape: shape of the batch, an integer vector.
        dtype: float32 by default.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: True, all of them.
        assert_proper_shapes: accepted; what is known is checked in any case.
        name: name of the operator.

    Raises:
        ValueError: for a negative size, or a hint that is False.
        TypeError: for sizes that are not integers.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorIdentity(2).to_dense().numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(
        self,
        num_rows: Any,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = True,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = True,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorIdentity",
    ):
        hints = _hints(is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        if False in hints.values():
            raise ValueError("An identity operator is always self-adjoint, positive definite, "
                             "non-singular and square.")  # fmt: skip
        rows, batch = _count(num_rows, "num_rows"), _batch(batch_shape)
        dtype = as_dtype(dtype or "float32")
        super().__init__(
            dtype,
            name=name,
            parameters=dict(
                num_rows=rows,
                batch_shape=batch or None if isinstance(batch, list) else batch,
                dtype=dtype,
                assert_proper_shapes=assert_proper_shapes,
                name=name,
                **hints,
            ),
            **hints,
        )
        self._num_rows = self._num_columns = rows
        self._batch_arg = batch

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._repeated(turned(x, adjoint_arg))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._repeated(turned(rhs, adjoint_arg))

    def _to_dense(self) -> Any:
        return self._repeated(eye(self._num_rows, dtype=self.dtype))

    def _diag_part(self) -> Any:
        size = self.shape[:-1]
        return ones(size if size.is_fully_defined() else self.shape_tensor()[:-1], dtype=self.dtype)

    def _trace(self) -> Any:
        return self._filled(1.0) * cast(self.domain_dimension_tensor(), self.dtype)

    def _determinant(self) -> Any:
        return self._filled(1.0)

    def _log_abs_determinant(self) -> Any:
        return self._filled(0.0)

    def _cond(self) -> Any:
        return self._filled(1.0)

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _inverse(self) -> Any:
        return self

    def _cholesky(self) -> Any:
        return self

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """The matrices added to those of a tensor whose shape broadcasts."""
        mat = self._argument(mat)
        return set_diag(mat, 1.0 + diag_part(mat)) if self.batch_shape.rank == 0 else (
            self.to_dense() + mat
        )  # fmt: skip

    def _nothing(self) -> Any:
        from tidefall.ops.debugging.assertions import assert_equal

        return assert_equal(0, 0)

    _assert_non_singular = _assert_positive_definite = _assert_self_adjoint = _nothing


@export("linalg.LinearOperatorScaledIdentity")
class LinearOperatorScaledIdentity(_Unstored):
    """Multiples of identity matrices.

    Args:
        num_rows: how many rows; an integer scalar.
        multiplier: the factors `[...]`, floating-point or complex; their shape is the batch's.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        assert_proper_shapes: accepted; what is known is checked in any case.
        name: name of the operator.

    Raises:
        ValueError: for a negative size, or is_square=False.
        TypeError: for a size that is not an integer.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorScaledIdentity(2, 3.0).matvec([1.0, 2.0]).numpy().tolist()
    [3.0, 6.0]
    """

    def __init__(
        self,
        num_rows: Any,
        multiplier: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ):
        given = _hints(is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        if is_square is False:
            raise ValueError("A ScaledIdentity operator is always square.")
        rows = _count(num_rows, "num_rows")
        multiplier = float_tensor(multiplier, "multiplier")
        if not multiplier.dtype.is_complex:
            is_self_adjoint = True
        super().__init__(
            multiplier.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            dict(
                num_rows=rows,
                multiplier=multiplier,
                assert_proper_shapes=assert_proper_shapes,
                name=name,
                **given,
            ),
        )
        self._multiplier = multiplier
        self._num_rows = self._num_columns = rows

    @property
    def multiplier(self) -> Any:
        """The factors."""
        return self._multiplier

    def _shape(self) -> TensorShape:
        rows = self._num_rows if isinstance(self._num_rows, int) else None
        return self._multiplier.shape.concatenate([rows, rows])

    def _shape_tensor(self) -> Any:
        return _sizes(shape(now(self._multiplier)), self._num_rows, self._num_rows)

    def _factor(self, adjoint: bool = False) -> Any:
        m = now(self._multiplier)
        return expand_dims(expand_dims(conj(m) if adjoint else m, -1), -1)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return turned(x, adjoint_arg) * self._factor(adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return turned(rhs, adjoint_arg) / self._factor(adjoint)

    def _to_dense(self) -> Any:
        return eye(self._num_rows, dtype=self.dtype) * self._factor()

    def _diag_part(self) -> Any:
        return expand_dims(now(self._multiplier), -1) * ones([self._num_rows], dtype=self.dtype)

    def _rows(self, dtype: Any) -> Any:
        return cast(convert_to_tensor(self._num_rows), dtype)

    def _trace(self) -> Any:
        return now(self._multiplier) * self._rows(self.dtype)

    def _determinant(self) -> Any:
        return power(now(self._multiplier), self._rows(self.dtype))

    def _log_abs_determinant(self) -> Any:
        size = absolute(now(self._multiplier))
        return cast(log(size) * self._rows(size.dtype), self.dtype)

    def _cond(self) -> Any:
        return self._filled(1.0)

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _with(self, multiplier: Any, definite: bool | None) -> Any:
        return LinearOperatorScaledIdentity(
            self._num_rows,
            multiplier,
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=definite,
            is_square=True,
        )

    def _adjoint(self) -> Any:
        return self._with(conj(now(self._multiplier)), self.is_positive_definite)

    def _inverse(self) -> Any:
        return self._with(1.0 / now(self._multiplier), self.is_positive_definite)

    def _cholesky(self) -> Any:
        return self._with(sqrt(now(self._multiplier)), True)

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """The matrices added to those of a tensor whose shape broadcasts."""
        return self.to_dense() + self._argument(mat)

    def _assert_non_singular(self) -> Any:
        return assert_no_zeros(now(self._multiplier))

    def _assert_positive_definite(self) -> Any:
        return assert_all_positive(now(self._multiplier))

    def _assert_self_adjoint(self) -> Any:
        return assert_all_real(now(self._multiplier))


@export("linalg.LinearOperatorZeros")
class LinearOperatorZeros(_Unstored):
    """Matrices of zeros.

    Args:
        num_rows: how many rows; an integer scalar.
        num_columns: how many columns; as many as rows by default.
        batch_shape: shape of the batch, an integer vector.
        dtype: float32 by default.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        assert_proper_shapes: accepted; what is known is checked in any case.
        name: name of the operator.

    Raises:
        ValueError: for a negative size, or hints that cannot be.
        TypeError: for sizes that are not integers.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorZeros(2).matvec([1.0, 2.0]).numpy().tolist()
    [0.0, 0.0]
    """

    def __init__(
        self,
        num_rows: Any,
        num_columns: Any = None,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = False,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = False,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorZeros",
    ):
        hints = _hints(is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        if is_non_singular or is_positive_definite:
            raise ValueError("A zero operator is never non-singular or positive definite.")
        rows = _count(num_rows, "num_rows")
        columns = rows if num_columns is None else _count(num_columns, "num_columns")
        if is_square and isinstance(rows, int) and isinstance(columns, int) and rows != columns:
            raise ValueError(
                f"LinearOperatorZeros initialized as is_square=True, but got num_rows={rows} and "
                f"num_columns={columns}."
            )
        batch, dtype = _batch(batch_shape), as_dtype(dtype or "float32")
        super().__init__(
            dtype,
            name=name,
            parameters=dict(
                num_rows=rows,
                num_columns=columns,
                batch_shape=batch or None if isinstance(batch, list) else batch,
                dtype=dtype,
                assert_proper_shapes=assert_proper_shapes,
                name=name,
                **hints,
            ),
            **hints,
        )
        self._num_rows, self._num_columns, self._batch_arg = rows, columns, batch

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = self._repeated(turned(x, adjoint_arg))
        rows = self._num_columns if adjoint else self._num_rows
        if x.shape.is_fully_defined() and isinstance(rows, int):
            return zeros([*x.shape[:-2], rows, x.shape[-1]], dtype=self.dtype)
        size = shape(x)
        return zeros(concat([size[:-2], [rows], size[-1:]], 0), dtype=self.dtype)

    def _to_dense(self) -> Any:
        static = self.shape
        return zeros(static if static.is_fully_defined() else self.shape_tensor(), dtype=self.dtype)

    def _trace(self) -> Any:
        return self._filled(0.0)

    _determinant = _trace

    def _log_abs_determinant(self) -> Any:
        return log(absolute(self._filled(0.0)))

    def _add_to_tensor(self, x: Any) -> Any:
        return self._repeated(x)

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """The tensor itself, its batch dimensions broadcast."""
        return self._add_to_tensor(self._argument(mat))

    def _adjoint(self) -> Any:
        return LinearOperatorZeros(
            self._num_columns,
            self._num_rows,
            self._batch_arg,
            self.dtype,
            is_self_adjoint=self.is_self_adjoint,
            is_square=self._square,
        )

    def _assert_non_singular(self) -> Any:
        from tidefall.base.errors import InvalidArgumentError

        raise InvalidArgumentError(None, None, "Zero operators are always non-invertible.")

    def _assert_positive_definite(self) -> Any:
        from tidefall.base.errors import InvalidArgumentError

        raise InvalidArgumentError(None, None, "Zero operators are always non-positive definite.")
