"""Operators whose elements are stored: full, lower triangular and diagonal matrices."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.debugging import assertions
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.matrices import band_part, diag, diag_part, set_diag
from tidefall.ops.linalg.operators.arguments import dense_product, float_tensor, now, turned
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.triangular import triangular_solve
from tidefall.ops.math.complex_numbers import real
from tidefall.ops.math.exponential import log
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.math.unary import sqrt
from tidefall.ops.reductions.functions import reduce_prod, reduce_sum


def _matrix(value: Any, name: str) -> Any:
    value = float_tensor(value, name)
    if value.shape.rank is not None and value.shape.rank < 2:
        raise ValueError(
            f"Argument '{name}' must have at least 2 dimensions, not shape {value.shape}."
        )
    return value


@export("linalg.LinearOperatorFullMatrix")
class LinearOperatorFullMatrix(LinearOperator):
    """Matrices that are stored whole.

    Args:
        matrix: matrices `[..., m, n]`, floating-point or complex.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        name: name of the operator.

    Raises:
        TypeError: for another dtype.
        ValueError: for fewer than two dimensions.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorFullMatrix([[1.0, 2.0], [0.0, 1.0]])
    >>> operator.solvevec([5.0, 2.0]).numpy().tolist()
    [1.0, 2.0]
    """

    def __init__(
        self,
        matrix: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorFullMatrix",
    ):
        matrix = _matrix(matrix, "matrix")
        super().__init__(
            matrix.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {
                "matrix": matrix,
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._matrix = matrix

    @property
    def matrix(self) -> Any:
        """The matrices."""
        return self._matrix

    def _shape(self) -> TensorShape:
        return self._matrix.shape

    def _shape_tensor(self) -> Any:
        return shape(now(self._matrix))

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return dense_product(self._matrix, x, adjoint, adjoint_arg)

    def _to_dense(self) -> Any:
        return now(self._matrix)


@export("linalg.LinearOperatorLowerTriangular")
class LinearOperatorLowerTriangular(LinearOperator):
    """Lower triangular matrices.

    Args:
        tril: matrices `[..., n, n]`; what is above the diagonal is not read.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        name: name of the operator.

    Raises:
        ValueError: for fewer than two dimensions, or is_square=False.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorLowerTriangular([[2.0, 9.0], [1.0, 4.0]])
    >>> operator.solvevec([2.0, 9.0]).numpy().tolist()
    [1.0, 2.0]
    """

    def __init__(
        self,
        tril: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowerTriangular",
    ):
        if is_square is False:
            raise ValueError("Only square lower triangular operators are supported.")
        tril = _matrix(tril, "tril")
        super().__init__(
            tril.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {
                "tril": tril,
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._tril = tril

    @property
    def tril(self) -> Any:
        """The matrices as they were given."""
        return self._tril

    def _shape(self) -> TensorShape:
        return self._tril.shape

    def _shape_tensor(self) -> Any:
        return shape(now(self._tril))

    def _to_dense(self) -> Any:
        return band_part(now(self._tril), -1, 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return dense_product(self._to_dense(), x, adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return triangular_solve(now(self._tril), turned(rhs, adjoint_arg), adjoint=adjoint)

    def _diag_part(self) -> Any:
        return diag_part(now(self._tril))

    def _determinant(self) -> Any:
        return reduce_prod(self._diag_part(), axis=[-1])

    def _log_abs_determinant(self) -> Any:
        return reduce_sum(log(absolute(self._diag_part())), axis=[-1])

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _assert_non_singular(self) -> Any:
        return assert_no_zeros(self._diag_part())


def assert_no_zeros(values: Any) -> Any:
    """Check that no eigenvalue or element of a diagonal is 0."""
    size = absolute(values)
    zero = size.dtype.as_numpy_dtype(0)
    return assertions.assert_greater(
        size, zero, message="Singular operator: an eigenvalue or element of the diagonal is 0."
    )


def assert_all_positive(values: Any) -> Any:
    """Check that all numbers have positive real parts."""
    part = real(values) if values.dtype.is_complex else values
    zero = part.dtype.as_numpy_dtype(0)
    return assertions.assert_greater(part, zero, message="Operator was not positive definite.")


def assert_all_real(values: Any) -> Any:
    """Check that numbers have no imaginary part."""
    return assertions.assert_equal(
        values, conj(values), message="This operator contains non-zero imaginary values, and so "
        "is not self-adjoint.",
    )  # fmt: skip


@export("linalg.LinearOperatorDiag")
class LinearOperatorDiag(LinearOperator):
    """Diagonal matrices.

    Args:
        diag: diagonals `[..., n]`, floating-point or complex.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. A real diagonal
            is self-adjoint in any case.
        name: name of the operator.

    Raises:
        TypeError: for another dtype.
        ValueError: for a scalar, is_square=False or is_self_adjoint=False with real numbers.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorDiag([1.0, 2.0]).inverse().to_dense().numpy().tolist()
    [[1.0, 0.0], [0.0, 0.5]]
    """

    def __init__(
        self,
        diag: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorDiag",
    ):
        given = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
            "name": name,
        }
        diag = float_tensor(diag, "diag")
        if diag.shape.rank == 0:
            raise ValueError("Argument 'diag' must have at least 1 dimension.")
        if not diag.dtype.is_complex:
            if is_self_adjoint is False:
                raise ValueError("A real diagonal operator is always self-adjoint.")
            is_self_adjoint = True
        if is_square is False:
            raise ValueError("Only square diagonal operators are supported.")
        super().__init__(
            diag.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {"diag": diag, **given},
        )
        self._diag = diag

    @property
    def diag(self) -> Any:
        """The diagonals."""
        return self._diag

    def _shape(self) -> TensorShape:
        d = self._diag.shape
        return TensorShape(None) if d.rank is None else d.concatenate(d[-1:])

    def _shape_tensor(self) -> Any:
        from tidefall.ops.array.joining import concat

        size = shape(now(self._diag))
        return concat([size, size[-1:]], 0)

    def _column(self, adjoint: bool) -> Any:
        d = now(self._diag)
        return expand_dims(conj(d) if adjoint else d, -1)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._column(adjoint) * turned(x, adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        d = now(self._diag)
        return (conj(d) if adjoint else d) * x

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return turned(rhs, adjoint_arg) / self._column(adjoint)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        d = now(self._diag)
        return rhs / (conj(d) if adjoint else d)

    def _to_dense(self) -> Any:
        return diag(now(self._diag))

    def _diag_part(self) -> Any:
        return now(self._diag)

    def _determinant(self) -> Any:
        return reduce_prod(now(self._diag), axis=[-1])

    def _log_abs_determinant(self) -> Any:
        found = reduce_sum(log(absolute(now(self._diag))), axis=[-1])
        return found if found.dtype == self.dtype else _complex(found, self.dtype)

    def _add_to_tensor(self, x: Any) -> Any:
        d, main = now(self._diag), diag_part(x)
        both = d + main
        if is_same_shape(both, main):
            return set_diag(x, both)
        return self._to_dense() + x

    def _eigvals(self) -> Any:
        return now(self._diag)

    def _cond(self) -> Any:
        from tidefall.ops.reductions.functions import reduce_max, reduce_min

        size = absolute(now(self._diag))
        found = reduce_max(size, axis=-1) / reduce_min(size, axis=-1)
        return found if found.dtype == self.dtype else _complex(found, self.dtype)

    def _adjoint(self) -> Any:
        return LinearOperatorDiag(
            conj(now(self._diag)),
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=self.is_positive_definite,
            is_square=True,
        )

    def _inverse(self) -> Any:
        return LinearOperatorDiag(
            1.0 / now(self._diag),
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=self.is_positive_definite,
            is_square=True,
        )

    def _cholesky(self) -> Any:
        return LinearOperatorDiag(
            sqrt(now(self._diag)),
            is_non_singular=True,
            is_self_adjoint=True,
            is_positive_definite=True,
            is_square=True,
        )

    def _assert_non_singular(self) -> Any:
        return assert_no_zeros(now(self._diag))

    def _assert_positive_definite(self) -> Any:
        return assert_all_positive(now(self._diag))

    def _assert_self_adjoint(self) -> Any:
        return assert_all_real(now(self._diag))


def _complex(x: Any, dtype: Any) -> Any:
    from tidefall.ops.math.cast import cast

    return cast(x, dtype)


def is_same_shape(one: Any, other: Any) -> bool:
    """Whether two tensors are known to have the same shape."""
    return one.shape.is_fully_defined() and one.shape == other.shape
