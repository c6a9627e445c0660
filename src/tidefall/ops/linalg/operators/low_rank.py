"""Operators changed by a product of few columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.joining import concat
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.cholesky import cholesky as cholesky_of
from tidefall.ops.linalg.cholesky import cholesky_solve
from tidefall.ops.linalg.inverse import det, slogdet
from tidefall.ops.linalg.matmul import matmul
from tidefall.ops.linalg.matrices import diag_part
from tidefall.ops.linalg.operators.arguments import (
    common_shape,
    common_shape_tensor,
    float_tensor,
    now,
    same_batch,
    turned,
)
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.operators.dense import LinearOperatorDiag
from tidefall.ops.linalg.operators.identity import LinearOperatorIdentity
from tidefall.ops.linalg.solving import solve
from tidefall.ops.math.exponential import exp, log
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.tensor.conversion import convert_to_tensor


@export("linalg.LinearOperatorLowRankUpdate")
class LinearOperatorLowRankUpdate(LinearOperator):
    """`base + u @ diag(diag_update) @ adjoint(v)` for matrices u and v of few columns.

    Systems and determinants take those of the base operator and of a small matrix of k rows, by
    the Woodbury identity and the matrix determinant lemma.

    Args:
        base_operator: an operator `[..., m, n]`. Batch shapes broadcast.
        u: matrices `[..., m, k]` of its dtype.
        diag_update: diagonals `[..., k]`; 1 by default.
        v: matrices `[..., n, k]`; u by default.
        is_diag_update_positive: whether all of `diag_update` is known to be positive.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. If v is u and
            the diagonal is real, what the base operator promises of itself holds here, too.
        name: name of the operator.

    Raises:
        ValueError: for shapes that do not fit, or hints that cannot be.
        TypeError: for dtypes that are not floating-point or complex.

    >>> import tidefall as tf
    >>> base = tf.linalg.LinearOperatorDiag([1.0, 2.0])
    >>> operator = tf.linalg.LinearOperatorLowRankUpdate(base, [[1.0], [1.0]])
    >>> operator.to_dense().numpy().tolist()
    [[2.0, 1.0], [1.0, 3.0]]
    """

    def __init__(
        self,
        base_operator: Any,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        is_diag_update_positive: bool | None = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowRankUpdate",
    ):
        given = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        dtype = base_operator.dtype
        u = _kept(u, dtype, "u")
        diag_update = None if diag_update is None else _kept(diag_update, dtype, "diag_update")
        v = None if v is None else _kept(v, dtype, "v")
        positive = is_diag_update_positive
        if diag_update is None:
            if positive is False:
                raise ValueError(
                    "The diagonal is 1 where none is given: is_diag_update_positive=False "
                    "cannot be."
                )
            positive = True
        hints = dict(given)
        is_real = positive is True or not dtype.is_complex
        if v is None and base_operator.is_self_adjoint and is_real:
            _imply(hints, positive is True and base_operator.is_positive_definite is True)
        super().__init__(
            dtype,
            name=name,
            parameters={
                "base_operator": base_operator,
                "u": u,
                "diag_update": diag_update,
                "v": v,
                "is_diag_update_positive": is_diag_update_positive,
                **given,
                "name": name,
            },
            **hints,
        )
        self._base, self._u, self._v_arg, self._diag_arg = base_operator, u, v, diag_update
        self._diag_positive = positive
        self._check_shapes()

    def _check_shapes(self) -> None:
        base, u, v = self._base, self._u, self.v
        for factor, size, what in ((u, base.range_dimension, "u"), (v, base.domain_dimension, "v")):
            if factor.shape.rank is None:
                continue
            if factor.shape.rank < 2:
                raise ValueError(f"Argument '{what}' must be matrices, not shape {factor.shape}.")
            rows = factor.shape[-2]
            if None not in (rows, size) and rows != size:
                raise ValueError(
                    f"Dimensions {size} and {rows} are not compatible: the base operator has "
                    f"shape {base.shape}, {what} has shape {factor.shape}."
                )
        columns = {f.shape[-1] for f in (u, v) if f.shape.rank is not None}
        if self._diag_arg is not None and self._diag_arg.shape.rank is not None:
            if self._diag_arg.shape.rank == 0:
                raise ValueError("Argument 'diag_update' must have at least 1 dimension.")
            columns.add(self._diag_arg.shape[-1])
        if len(columns - {None}) > 1:
            raise ValueError(
                f"Dimensions {' and '.join(map(str, sorted(columns - {None})))} are not "
                f"compatible: u, v and diag_update must have as many columns."
            )
        self._shape()  # batch shapes that do not broadcast

    @property
    def base_operator(self) -> Any:
        """The operator that is changed."""
        return self._base

    @property
    def u(self) -> Any:
        """The left factor."""
        return self._u

    @property
    def v(self) -> Any:
        """The right factor."""
        return self._u if self._v_arg is None else self._v_arg

    @property
    def diag_update(self) -> Any:
        """The diagonal between the factors, None if it is 1."""
        return self._diag_arg

    @property
    def is_diag_update_positive(self) -> bool | None:
        """Whether the diagonal is known to be positive."""
        return self._diag_positive

    @property
    def diag_operator(self) -> Any:
        """The diagonal between the factors as an operator."""
        if self._diag_arg is not None:
            return LinearOperatorDiag(
                self._diag_arg,
                is_non_singular=self._diag_positive or None,
                is_positive_definite=self._diag_positive,
            )
        count = self._u.shape[-1] if self._u.shape.rank is not None else None
        return LinearOperatorIdentity(
            shape(now(self._u))[-1] if count is None else count, dtype=self.dtype
        )

    # ---- shapes ----

    def _parts(self) -> list[Any]:
        return [self._u] if self._v_arg is None else [self._u, self._v_arg]

    def _shape(self) -> TensorShape:
        base = self._base.shape
        shapes = [part.shape for part in self._parts()]
        if base.rank is None or any(s.rank is None for s in shapes):
            return TensorShape(None)
        batches = [s[:-2] for s in (base, *shapes)]
        if self._diag_arg is not None:
            if self._diag_arg.shape.rank is None:
                return TensorShape(None)
            batches.append(self._diag_arg.shape[:-1])
        return common_shape(batches).concatenate(base[-2:])

    def _shape_tensor(self) -> Any:
        own = self._base.shape_tensor()
        batches = [own[:-2], *(shape(now(part))[:-2] for part in self._parts())]
        if self._diag_arg is not None:
            batches.append(shape(now(self._diag_arg))[:-1])
        return concat([common_shape_tensor(batches), own[-2:]], 0)

    # ---- what it does ----

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(x, adjoint_arg)
        u, v = now(self._u), now(self.v)
        if adjoint:
            u, v = v, u
        inner = self.diag_operator.matmul(matmul(v, x, adjoint_a=True), adjoint=adjoint)
        return self._base.matmul(x, adjoint=adjoint) + matmul(u, inner)

    def _diag_part(self) -> Any:
        u, v = now(self._u), now(self.v)
        if self._diag_arg is not None:
            u = u * now(self._diag_arg)[..., None, :]
        return self._base.diag_part() + reduce_sum(u * conj(v), axis=-1)

    def _capacitance(self) -> Any:
        """The small matrix: the inverse diagonal plus `adjoint(v) @ inverse(base) @ u`."""
        solved = self._base.solve(now(self._u))
        inner = matmul(now(self.v), solved, adjoint_a=True)
        return self.diag_operator.inverse().add_to_tensor(inner)

    def _definite_part(self) -> bool:
        """Whether the small matrix has a Cholesky factor."""
        return bool(
            self._v_arg is None
            and self._base.is_self_adjoint
            and self._base.is_positive_definite
            and self._diag_positive
        )

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        first = self._base.solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)
        u, v = now(self._u), now(self.v)
        if adjoint:
            u, v = v, u
        inner = matmul(v, first, adjoint_a=True)
        small = self._capacitance()
        small, inner = same_batch(small, inner)
        if self._definite_part():
            inner = cholesky_solve(cholesky_of(small), inner)
        else:
            inner = solve(small, inner, adjoint=adjoint)
        return first - self._base.solve(matmul(u, inner), adjoint=adjoint)

    def _determinant(self) -> Any:
        if self._definite_part():
            return exp(self._log_abs_determinant())
        outer = self._base.determinant() * self.diag_operator.determinant()
        return outer * det(self._capacitance())

    def _log_abs_determinant(self) -> Any:
        outer = self._base.log_abs_determinant() + self.diag_operator.log_abs_determinant()
        small = self._capacitance()
        if not self._definite_part():
            return outer + slogdet(small)[1]
        diagonal = diag_part(cholesky_of(small))
        return outer + np.array(2, self.dtype.as_numpy_dtype) * reduce_sum(log(diagonal), axis=[-1])

    def _assert_self_adjoint(self) -> Any:
        if self.is_self_adjoint:
            from tidefall.ops.array.identity import no_op

            return no_op()
        return super()._assert_self_adjoint()

    def _adjoint(self) -> Any:
        if self._v_arg is None and self._diag_arg is None:
            return LinearOperatorLowRankUpdate(
                self._base.adjoint(), self._u, is_non_singular=self.is_non_singular
            )
        return super()._adjoint()


def _kept(value: Any, dtype: Any, name: str) -> Any:
    """A tensor or variable; what has no dtype takes the operator's."""
    if not hasattr(value, "dtype"):
        value = convert_to_tensor(value, dtype=dtype, name=name)
    found = float_tensor(value, name)
    if found.dtype.base_dtype != dtype:
        raise TypeError(
            f"Argument '{name}' is {found.dtype.name}, but the base operator is {dtype.name}."
        )
    return found


def _imply(hints: dict[str, bool | None], definite: bool) -> None:
    """Add what follows from a self-adjoint base, a real diagonal and v being u."""
    implied = ["is_self_adjoint"]
    if definite:
        implied += ["is_positive_definite", "is_non_singular"]
    for hint in implied:
        if hints[hint] is False:
            raise ValueError(
                f"The arguments imply {hint}=True: the base operator has it, the diagonal is "
                f"{'positive' if definite else 'real'} and v is u."
            )
        hints[hint] = True
