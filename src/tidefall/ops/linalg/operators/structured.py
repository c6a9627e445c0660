"""Operators given by few numbers: reflections, permutations, tridiagonal matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.constants import ones, zeros
from tidefall.ops.array.joining import concat
from tidefall.ops.array.ranges import range as range_of
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.matmul import matmul
from tidefall.ops.linalg.norms import normalize
from tidefall.ops.linalg.operators.arguments import float_tensor, now, same_batch, turned
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.tridiagonal import compact_diagonals, tridiagonal_matmul, tridiagonal_solve
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import equal
from tidefall.tensor.conversion import convert_to_tensor


def _vector_shape(values: Any) -> TensorShape:
    inner = values.shape
    return inner if inner.rank is None else inner.concatenate(inner[-1:])


def _vector_shape_tensor(values: Any) -> Any:
    size = shape(now(values))
    return concat([size, size[-1:]], 0)


@export("linalg.LinearOperatorHouseholder")
class LinearOperatorHouseholder(LinearOperator):
    """Reflections: `x - 2 * v * <v, x>`, where v is the reflection axis at length 1.

    Args:
        reflection_axis: vectors `[..., n]`, floating-point or complex.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints; a reflection is
            self-adjoint and never positive definite.
        name: name of the operator.

    Raises:
        ValueError: for hints that cannot be.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorHouseholder([1.0, 0.0]).to_dense().numpy().tolist()
    [[-1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(
        self,
        reflection_axis: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorHouseholder",
    ):
        if is_self_adjoint is False:
            raise ValueError("A Householder operator is always self-adjoint.")
        if is_positive_definite is True:
            raise ValueError("A Householder operator is never positive definite.")
        if is_square is False:
            raise ValueError("A Householder operator is always square.")
        axis = float_tensor(reflection_axis, "reflection_axis")
        if axis.shape.rank == 0:
            raise ValueError("Argument 'reflection_axis' must have at least 1 dimension.")
        super().__init__(
            axis.dtype,
            None,
            is_non_singular,
            True,
            False,
            True,
            name,
            {
                "reflection_axis": axis,
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._reflection_axis = axis

    @property
    def reflection_axis(self) -> Any:
        """The axes."""
        return self._reflection_axis

    def _shape(self) -> TensorShape:
        return _vector_shape(self._reflection_axis)

    def _shape_tensor(self) -> Any:
        return _vector_shape_tensor(self._reflection_axis)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(x, adjoint_arg)
        unit = expand_dims(normalize(now(self._reflection_axis), axis=-1)[0], -1)
        return x - 2.0 * unit * matmul(unit, x, adjoint_a=True)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint, adjoint_arg)

    def _size(self) -> Any:
        size = self.shape[:-1]
        return size if size.is_fully_defined() else self.shape_tensor()[:-1]

    def _determinant(self) -> Any:
        return -ones(self._batch(), dtype=self.dtype)

    def _batch(self) -> Any:
        batch = self.batch_shape
        return batch if batch.is_fully_defined() else self.batch_shape_tensor()

    def _log_abs_determinant(self) -> Any:
        return zeros(self._batch(), dtype=self.dtype)

    def _trace(self) -> Any:
        count = cast(self.domain_dimension_tensor(), self.dtype)
        return ones(self._batch(), dtype=self.dtype) * (count - 2.0)

    def _diag_part(self) -> Any:
        unit = normalize(now(self._reflection_axis), axis=-1)[0]
        return 1.0 - 2.0 * unit * conj(unit)

    def _eigvals(self) -> Any:
        last = ones(self._size(), dtype=self.dtype)
        return concat([-last[..., :1], last[..., 1:]], -1)

    def _cond(self) -> Any:
        return ones(self._batch(), dtype=self.dtype)

    def _inverse(self) -> Any:
        return self


@export("linalg.LinearOperatorPermutation")
class LinearOperatorPermutation(LinearOperator):
    """Permutations of the rows: row i of the product is row `perm[i]` of the argument.

    Args:
        perm: int32 or int64 permutations `[..., n]`.
        dtype: dtype of the matrices.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        name: name of the operator.

    Raises:
        TypeError: for another dtype of `perm`.
        ValueError: if what is known of `perm` is no permutation.

    >>> import tidefall as tf
    >>> tf.linalg.LinearOperatorPermutation([1, 2, 0]).matvec([5.0, 6.0, 7.0]).numpy().tolist()
    [6.0, 7.0, 5.0]
    """

    def __init__(
        self,
        perm: Any,
        dtype: Any = dtypes.float32,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorPermutation",
    ):
        if is_square is False:
            raise ValueError("A permutation operator is always square.")
        if getattr(perm, "_is_variable", False) is not True:
            perm = convert_to_tensor(perm, name="perm")
        if perm.dtype.name not in ("int32", "int64"):
            raise TypeError(f"Argument 'perm' must be int32 or int64, not {perm.dtype.name}.")
        if perm.shape.rank == 0:
            raise ValueError("Argument 'perm' must have at least 1 dimension.")
        from tidefall.ops.common import known_value

        known = known_value(now(perm))
        if known is not None and not np.array_equal(
            np.sort(known, -1), np.broadcast_to(np.arange(known.shape[-1]), known.shape)
        ):
            raise ValueError(f"Argument 'perm' must hold permutations of 0..n-1, not {known}.")
        super().__init__(
            as_dtype(dtype),
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {
                "perm": perm,
                "dtype": as_dtype(dtype),
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._perm = perm

    @property
    def perm(self) -> Any:
        """The permutations."""
        return self._perm

    def _shape(self) -> TensorShape:
        return _vector_shape(self._perm)

    def _shape_tensor(self) -> Any:
        return _vector_shape_tensor(self._perm)

    def _to_dense(self) -> Any:
        perm = now(self._perm)
        columns = range_of(shape(perm)[-1])
        return cast(equal(expand_dims(perm, -1), cast(columns, perm.dtype)), self.dtype)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self._to_dense(), turned(x, adjoint_arg), adjoint_a=adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, not adjoint, adjoint_arg)

    def _log_abs_determinant(self) -> Any:
        return self._diag_part()[..., 0] * 0

    def _cond(self) -> Any:
        return self._diag_part()[..., 0] * 0 + 1


@export("linalg.LinearOperatorTridiag")
class LinearOperatorTridiag(LinearOperator):
    """Tridiagonal matrices.

    Args:
        diagonals: superdiagonals, main diagonals and subdiagonals: "compact" `[..., 3, n]`;
            "sequence": three tensors `[..., n]`; "matrix": `[..., n, n]`.
        diagonals_format: one of the three.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        name: name of the operator.

    Raises:
        ValueError: for an unknown format.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorTridiag([[1.0, 0.0], [2.0, 3.0], [0.0, 4.0]])
    >>> operator.to_dense().numpy().tolist()
    [[2.0, 1.0], [4.0, 3.0]]
    """

    def __init__(
        self,
        diagonals: Any,
        diagonals_format: str = "compact",
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorTridiag",
    ):
        if diagonals_format not in ("compact", "sequence", "matrix"):
            raise ValueError(
                "'diagonals_format' must be 'compact', 'sequence' or 'matrix', not "
                f"{diagonals_format!r}."
            )
        if is_square is False:
            raise ValueError("A tridiagonal operator is always square.")
        if diagonals_format == "sequence":
            diagonals = [float_tensor(d, "diagonals") for d in diagonals]
        else:
            diagonals = float_tensor(diagonals, "diagonals")
        first = diagonals[0] if isinstance(diagonals, list) else diagonals
        super().__init__(
            first.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {
                "diagonals": diagonals,
                "diagonals_format": diagonals_format,
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._diagonals: Any = tuple(diagonals) if isinstance(diagonals, list) else diagonals
        self._diagonals_format = diagonals_format

    @property
    def diagonals(self) -> Any:
        """The diagonals as they were given."""
        return list(self._diagonals) if isinstance(self._diagonals, tuple) else self._diagonals

    @property
    def diagonals_format(self) -> str:
        """How they were given."""
        return self._diagonals_format

    def _three(self) -> Any:
        given = self.diagonals
        parts = [now(d) for d in given] if isinstance(given, list) else now(given)
        return compact_diagonals(parts, self._diagonals_format)

    def _shape(self) -> TensorShape:
        if self._diagonals_format == "matrix":
            return self._diagonals.shape
        if self._diagonals_format == "sequence":
            return _vector_shape(self._diagonals[1])
        inner = self._diagonals.shape
        return inner if inner.rank is None else TensorShape([*inner[:-2], inner[-1], inner[-1]])

    def _shape_tensor(self) -> Any:
        size = shape(self._three())
        return concat([size[:-2], size[-1:], size[-1:]], 0)

    def _turned(self, adjoint: bool) -> Any:
        three = self._three()
        if not adjoint:
            return three
        above, main, below = (conj(three[..., i, :]) for i in range(3))
        from tidefall.ops.array.stacking import stack

        zero = main[..., :1] * 0
        up = concat([below[..., 1:], zero], -1)
        down = concat([zero, above[..., :-1]], -1)
        return stack([up, main, down], axis=-2)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return tridiagonal_matmul(*same_batch(self._turned(adjoint), turned(x, adjoint_arg)))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        three, rhs = same_batch(self._turned(adjoint), turned(rhs, adjoint_arg))
        return tridiagonal_solve(three, rhs)

    def _diag_part(self) -> Any:
        return self._three()[..., 1, :]
