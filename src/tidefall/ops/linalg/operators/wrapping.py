"""The adjoint and the inverse of an operator, without computing them."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.linalg.batches import adjoint as adjoint_of
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.operators.base import LinearOperator

_HINTS = ("is_non_singular", "is_self_adjoint", "is_positive_definite", "is_square")


def merged_hints(operator: Any, hints: dict[str, Any], what: str) -> dict[str, Any]:
    """The hints given, filled up with those of the operator inside.

    Raises:
        ValueError: if they contradict each other.
    """
    found = {}
    for hint, given in hints.items():
        inner = getattr(operator, hint)
        if given is not None and inner is not None and given != inner:
            raise ValueError(f"The operator has {hint}={inner}, but its {what} was given {given}.")
        found[hint] = inner if given is None else given
    return found


@export("linalg.LinearOperatorAdjoint")
class LinearOperatorAdjoint(LinearOperator):
    """The conjugate transpose of another operator.

    Args:
        operator: the other operator.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints; by default the
            other operator's.
        name: name of the operator.

    Raises:
        ValueError: for hints that contradict the other operator's.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorFullMatrix([[1.0, 2.0], [3.0, 4.0]])
    >>> tf.linalg.LinearOperatorAdjoint(operator).to_dense().numpy().tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """

    def __init__(
        self,
        operator: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        given = (is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        hints: dict[str, Any] = dict(zip(_HINTS, given, strict=True))
        super().__init__(
            operator.dtype,
            name=name or f"{operator.name}_adjoint",
            parameters={"operator": operator, **hints, "name": name},
            **merged_hints(operator, hints, "adjoint"),
        )
        self._operator = operator

    @property
    def operator(self) -> Any:
        """The other operator."""
        return self._operator

    def _shape(self) -> TensorShape:
        inner = self._operator.shape
        return inner if inner.rank is None else TensorShape([*inner[:-2], inner[-1], inner[-2]])

    def _shape_tensor(self) -> Any:
        from tidefall.ops.array.joining import concat

        size = self._operator.shape_tensor()
        return concat([size[:-2], size[-1:], size[-2:-1]], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.matmul(x, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return self._operator.matvec(x, adjoint=not adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.solve(rhs, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        return self._operator.solvevec(rhs, adjoint=not adjoint)

    def _to_dense(self) -> Any:
        return adjoint_of(self._operator.to_dense())

    def _add_to_tensor(self, x: Any) -> Any:
        return self._to_dense() + x

    def _determinant(self) -> Any:
        return conj(self._operator.determinant())

    def _log_abs_determinant(self) -> Any:
        return self._operator.log_abs_determinant()

    def _trace(self) -> Any:
        return conj(self._operator.trace())

    def _diag_part(self) -> Any:
        return conj(self._operator.diag_part())

    def _eigvals(self) -> Any:
        return conj(self._operator.eigvals())

    def _cond(self) -> Any:
        return self._operator.cond()

    def _adjoint(self) -> Any:
        return self._operator

    def _assert_non_singular(self) -> Any:
        return self._operator.assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        return self._operator.assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        return self._operator.assert_self_adjoint()


@export("linalg.LinearOperatorInversion")
class LinearOperatorInversion(LinearOperator):
    """The inverse of another operator.

    Args:
        operator: the other operator.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints; by default the
            other operator's. It must not be said to be singular or not to be square.
        name: name of the operator.

    Raises:
        ValueError: for an operator without an inverse, and hints that contradict its own.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorFullMatrix([[2.0, 0.0], [0.0, 4.0]])
    >>> tf.linalg.LinearOperatorInversion(operator).matvec([2.0, 8.0]).numpy().tolist()
    [1.0, 2.0]
    """

    def __init__(
        self,
        operator: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        if operator.is_square is False or operator.is_non_singular is False:
            raise ValueError(
                f"Operator {operator.name} has no inverse: its hints are "
                f"is_non_singular={operator.is_non_singular}, is_square={operator.is_square}."
            )
        if is_non_singular is False or is_square is False:
            raise ValueError("An inverse is always square and non-singular.")
        given = (is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        hints: dict[str, Any] = dict(zip(_HINTS, given, strict=True))
        merged = merged_hints(operator, hints, "inverse")
        super().__init__(
            operator.dtype,
            name=name or f"{operator.name}_inv",
            parameters={"operator": operator, **hints, "name": name},
            **merged,
        )
        self._operator = operator

    @property
    def operator(self) -> Any:
        """The other operator."""
        return self._operator

    def _shape(self) -> TensorShape:
        return self._operator.shape

    def _shape_tensor(self) -> Any:
        return self._operator.shape_tensor()

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.solve(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.matmul(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _determinant(self) -> Any:
        return 1.0 / self._operator.determinant()

    def _log_abs_determinant(self) -> Any:
        return -self._operator.log_abs_determinant()

    def _eigvals(self) -> Any:
        return 1.0 / self._operator.eigvals()

    def _cond(self) -> Any:
        return self._operator.cond()

    def _inverse(self) -> Any:
        return self._operator

    def _assert_non_singular(self) -> Any:
        return self._operator.assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        return self._operator.assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        return self._operator.assert_self_adjoint()
