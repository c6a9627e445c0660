"""Products and quotients of two operators: another structured operator where there is one."""

from __future__ import annotations

from typing import Any

from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.linalg.batches import scaled_columns, scaled_rows
from tidefall.ops.linalg.operators.arguments import now
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.operators.composing import LinearOperatorComposition
from tidefall.ops.linalg.operators.dense import LinearOperatorDiag, LinearOperatorLowerTriangular
from tidefall.ops.linalg.operators.identity import (
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
    LinearOperatorZeros,
)
from tidefall.ops.linalg.operators.wrapping import LinearOperatorInversion

_DIAGONAL = (LinearOperatorDiag, LinearOperatorScaledIdentity)


def both(one: bool | None, other: bool | None) -> bool | None:
    """True where both are; else nothing is known."""
    return True if one is True and other is True else None


def _non_singular(a: Any, b: Any) -> bool | None:
    if a.is_non_singular is False or b.is_non_singular is False:
        return False
    return both(a.is_non_singular, b.is_non_singular)


def _definite(a: Any, b: Any) -> bool | None:
    """Products of self-adjoint operators that commute."""
    return both(a.is_positive_definite, b.is_positive_definite)


def _hints(a: Any, b: Any) -> dict[str, Any]:
    return {
        "is_non_singular": _non_singular(a, b),
        "is_self_adjoint": both(a.is_self_adjoint, b.is_self_adjoint),
        "is_positive_definite": _definite(a, b),
        "is_square": True,
    }


def _no_wider(identity: Any, other: Any) -> bool:
    """Whether an identity adds no batch dimensions to the other operator."""
    mine, theirs = identity.batch_shape, other.batch_shape
    return mine.rank == 0 or (mine.is_fully_defined() and mine == theirs)


def product_of(left: Any, right: Any) -> LinearOperator:
    """`left @ right` as an operator."""
    if isinstance(left, LinearOperatorIdentity) and _no_wider(left, right):
        return right
    if isinstance(right, LinearOperatorIdentity) and _no_wider(right, left):
        return left
    for one, other in ((left, right), (right, left)):
        squares = isinstance(one, LinearOperatorZeros) and one.is_square and other.is_square
        if squares and _no_wider(other, one):
            return one
    found = _diagonals(left, right, inverse=False)
    if found is None:
        found = _same_structure(left, right, "matmul")
    if found is not None:
        return found
    return LinearOperatorComposition([left, right], **_outer_hints(left, right))


def _outer_hints(left: Any, right: Any) -> dict[str, Any]:
    square = None
    rows, columns = left.range_dimension, right.domain_dimension
    if rows is not None and columns is not None:
        square = rows == columns
    single = _non_singular(left, right) if square else None
    return {"is_non_singular": single, "is_square": square}


def _diagonals(left: Any, right: Any, inverse: bool) -> LinearOperator | None:
    """Operators of which one is diagonal, or a multiple of the identity."""
    if isinstance(left, LinearOperatorScaledIdentity) and isinstance(
        right, LinearOperatorScaledIdentity
    ):
        a, b = now(left.multiplier), now(right.multiplier)
        rows = left.parameters["num_rows"]
        return LinearOperatorScaledIdentity(
            rows, b / a if inverse else a * b, **_hints(left, right)
        )
    if isinstance(left, _DIAGONAL) and isinstance(right, _DIAGONAL):
        a, b = _numbers(left), _numbers(right)
        return LinearOperatorDiag(b / a if inverse else a * b, **_hints(left, right))
    if isinstance(left, LinearOperatorDiag) and isinstance(right, LinearOperatorLowerTriangular):
        d = now(left.diag)
        rows = scaled_rows(1.0 / d if inverse else d, right.to_dense())
        return _lower(rows, left, right)
    if (
        not inverse
        and isinstance(left, LinearOperatorLowerTriangular)
        and isinstance(right, LinearOperatorDiag)
    ):
        return _lower(scaled_columns(left.to_dense(), now(right.diag)), left, right)
    return None


def _numbers(operator: Any) -> Any:
    """Factors that broadcast against a diagonal."""
    if isinstance(operator, LinearOperatorDiag):
        return now(operator.diag)
    return expand_dims(now(operator.multiplier), -1)


def _lower(matrix: Any, left: Any, right: Any) -> LinearOperator:
    return LinearOperatorLowerTriangular(
        matrix, is_non_singular=_non_singular(left, right), is_square=True
    )


def _same_structure(left: Any, right: Any, method: str) -> LinearOperator | None:
    """Operators of a class whose products stay in it: they say so themselves."""
    own = getattr(left, "_with_same", None)
    if own is None or type(left) is not type(right):
        return None
    return own(right, method, _hints(left, right))


def solution_of(left: Any, right: Any) -> LinearOperator:
    """`inverse(left) @ right` as an operator."""
    if isinstance(left, LinearOperatorIdentity) and _no_wider(left, right):
        return right
    if isinstance(right, LinearOperatorIdentity) and _no_wider(right, left):
        return left.inverse()
    found = _diagonals(left, right, inverse=True)
    if found is None:
        found = _same_structure(left, right, "solve")
    if found is not None:
        return found
    return LinearOperatorComposition(
        [LinearOperatorInversion(left), right], **_outer_hints(left, right)
    )
