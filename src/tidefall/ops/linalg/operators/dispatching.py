"""Functions of `tf.linalg` that take linear operators in place of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base.dispatch import api
from tidefall.ops.linalg.operators.base import LinearOperator


def _unary(name: str, call: Callable[..., Any]) -> None:
    def handler(*args: Any, **kwargs: Any) -> Any:
        first = args[0] if args else next(iter(kwargs.values()), None)
        if not isinstance(first, LinearOperator):
            return NotImplemented
        return call(first, *args[1:], **(kwargs if args else dict(list(kwargs.items())[1:])))

    api(name).handlers.append(handler)


def _adjoint(x: Any, name: str | None = None) -> Any:
    return x.adjoint(name or "adjoint")


def _inverse(x: Any, adjoint: bool = False, name: str | None = None) -> Any:
    found = x.inverse(name or "inverse")
    return found.adjoint() if adjoint else found


def _diag_part(x: Any, name: str = "diag_part", **options: Any) -> Any:
    if options.get("k", 0) != 0:
        return NotImplemented
    return x.diag_part(name)


def _solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Any:
    if not isinstance(matrix, LinearOperator):
        return NotImplemented
    return matrix.solve(rhs, adjoint=adjoint, name=name or "solve")


def _matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    plain = not (transpose_a or transpose_b or a_is_sparse or b_is_sparse) and output_type is None
    if not plain:
        return NotImplemented
    if isinstance(a, LinearOperator):
        return a.matmul(b, adjoint=adjoint_a, adjoint_arg=adjoint_b, name=name or "matmul")
    if isinstance(b, LinearOperator):
        # The product from the left is the adjoint of one from the right.
        from tidefall.ops.linalg.batches import adjoint as adjoint_of

        turned = b.matmul(a, adjoint=not adjoint_b, adjoint_arg=not adjoint_a)
        return adjoint_of(turned)
    return NotImplemented


def _matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    if not isinstance(a, LinearOperator) or transpose_a or a_is_sparse or b_is_sparse:
        return NotImplemented
    return a.matvec(b, adjoint=adjoint_a, name=name or "matvec")


_unary("linalg.adjoint", _adjoint)
_unary("linalg.cholesky", lambda x, name=None: x.cholesky(name or "cholesky"))
_unary("linalg.det", lambda x, name=None: x.determinant(name or "det"))
_unary("linalg.diag_part", _diag_part)
_unary("linalg.inv", _inverse)
_unary("linalg.logdet", lambda x, name=None: x.log_abs_determinant(name or "log_abs_det"))
_unary("linalg.trace", lambda x, name=None: x.trace(name or "trace"))
api("linalg.solve").handlers.append(_solve)
api("linalg.matmul").handlers.append(_matmul)
api("linalg.matvec").handlers.append(_matvec)
