"""Products of operators: one after the other, and Kronecker products."""

from __future__ import annotations

import functools
import itertools
from typing import Any

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims, reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.linalg.operators.arguments import common_shape, common_shape_tensor, turned
from tidefall.ops.linalg.operators.base import LinearOperator


def checked_operators(operators: Any) -> list[Any]:
    """A list of at least one operator, all of one dtype."""
    operators = list(operators)
    if not operators:
        raise ValueError("Expected a list of at least one operator, got an empty one.")
    dtype = operators[0].dtype
    if any(operator.dtype != dtype for operator in operators):
        names = ", ".join(f"{o.name}: {o.dtype.name}" for o in operators)
        raise TypeError(f"Expected operators of the same dtype, got {names}.")
    return operators


def implied(operators: Any, hint: str, given: bool | None) -> bool | None:
    """A hint that holds for the whole if it holds for every part."""
    if all(getattr(operator, hint) for operator in operators):
        if given is False:
            raise ValueError(f"The operators have {hint}=True, so {hint}=False cannot be.")
        return True
    return given


def _is_mirrored(operators: list[Any]) -> bool:
    """Whether a product reads the same from behind, each operator turned into its adjoint."""
    half, odd = divmod(len(operators), 2)
    pairs = zip(operators[:half], operators[::-1], strict=False)
    return not odd and all(_are_adjoint(a, b) for a, b in pairs)


def _are_adjoint(a: Any, b: Any) -> bool:
    if a is b:
        return a.is_self_adjoint is True
    inner = getattr(a, "operator", None), getattr(b, "operator", None)
    wraps = tuple(type(o).__name__ == "LinearOperatorAdjoint" for o in (a, b))
    return (wraps[0] and inner[0] is b) or (wraps[1] and inner[1] is a)


@export("linalg.LinearOperatorComposition")
class LinearOperatorComposition(LinearOperator):
    """The matrix product of several operators.

    Args:
        operators: a list of operators; the last is applied first. Batch shapes broadcast.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints.
        name: name of the operator; by default the names joined by "_o_".

    Raises:
        TypeError: if the dtypes differ.
        ValueError: for an empty list, or sizes that do not fit.

    >>> import tidefall as tf
    >>> double = tf.linalg.LinearOperatorScaledIdentity(2, 2.0)
    >>> shear = tf.linalg.LinearOperatorFullMatrix([[1.0, 1.0], [0.0, 1.0]])
    >>> tf.linalg.LinearOperatorComposition([double, shear]).matvec([1.0, 2.0]).numpy().tolist()
    [6.0, 4.0]
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        operators = checked_operators(operators)
        for left, right in itertools.pairwise(operators):
            inner = left.domain_dimension, right.range_dimension
            if None not in inner and inner[0] != inner[1]:
                raise ValueError(
                    f"Operators {left.name} {left.shape} and {right.name} {right.shape} do not fit."
                )
        given = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        single = implied(operators, "is_non_singular", is_non_singular)
        if _is_mirrored(operators):
            if is_self_adjoint is False:
                raise ValueError("The product is self-adjoint: is_self_adjoint=False cannot be.")
            is_self_adjoint = True
            if single and is_positive_definite is not False:
                is_positive_definite = True
        super().__init__(
            operators[0].dtype,
            None,
            single,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name or "_o_".join(operator.name for operator in operators),
            {"operators": operators, **given, "name": name},
        )
        self._operators = tuple(operators)

    @property
    def operators(self) -> list[Any]:
        """The operators, the last applied first."""
        return list(self._operators)

    def _shape(self) -> TensorShape:
        batch = common_shape(o.batch_shape for o in self._operators)
        first, last = self._operators[0], self._operators[-1]
        return batch.concatenate([first.range_dimension, last.domain_dimension])

    def _shape_tensor(self) -> Any:
        batch = common_shape_tensor([o.batch_shape_tensor() for o in self._operators])
        first, last = self._operators[0], self._operators[-1]
        ends = [first.range_dimension_tensor(), last.domain_dimension_tensor()]
        return concat([batch, *(expand_dims(e, 0) for e in ends)], 0)

    def _chain(self, x: Any, method: str, forward: bool, adjoint: bool, adjoint_arg: bool) -> Any:
        for operator in self._operators if forward else self._operators[::-1]:
            x = getattr(operator, method)(x, adjoint=adjoint, adjoint_arg=adjoint_arg)
            adjoint_arg = False
        return x

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._chain(x, "matmul", adjoint, adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._chain(rhs, "solve", not adjoint, adjoint, adjoint_arg)

    def _to_dense(self) -> Any:
        found = self._operators[-1].to_dense()
        for operator in self._operators[-2::-1]:
            found = operator.matmul(found)
        return found

    def _each_square(self) -> bool:
        return all(operator.is_square for operator in self._operators)

    def _determinant(self) -> Any:
        if not self._each_square():
            return super()._determinant()
        parts = [operator.determinant() for operator in self._operators]
        return functools.reduce(lambda a, b: a * b, parts)

    def _log_abs_determinant(self) -> Any:
        if not self._each_square():
            return super()._log_abs_determinant()
        parts = [operator.log_abs_determinant() for operator in self._operators]
        return functools.reduce(lambda a, b: a + b, parts)

    def _adjoint(self) -> Any:
        return LinearOperatorComposition(
            [operator.adjoint() for operator in self._operators[::-1]],
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=self.is_positive_definite,
            is_square=self.is_square,
        )

    def _inverse(self) -> Any:
        if not self._each_square():
            return super()._inverse()
        return LinearOperatorComposition(
            [operator.inverse() for operator in self._operators[::-1]],
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=self.is_positive_definite,
            is_square=self.is_square,
        )


@export("linalg.LinearOperatorKronecker")
class LinearOperatorKronecker(LinearOperator):
    """The Kronecker product of several operators.

    Args:
        operators: a list of operators; batch shapes broadcast.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. What all
            operators promise holds for the product, too.
        name: name of the operator; by default the names joined by "_x_".

    Raises:
        TypeError: if the dtypes differ.
        ValueError: for an empty list, or hints that cannot be.

    >>> import tidefall as tf
    >>> one = tf.linalg.LinearOperatorDiag([1.0, 2.0])
    >>> tf.linalg.LinearOperatorKronecker([one, one]).diag_part().numpy().tolist()
    [1.0, 2.0, 2.0, 4.0]
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        operators = checked_operators(operators)
        given = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        found = {hint: implied(operators, hint, value) for hint, value in given.items()}
        super().__init__(
            operators[0].dtype,
            name=name or "_x_".join(operator.name for operator in operators),
            parameters={"operators": operators, **given, "name": name},
            **found,
        )
        self._operators = tuple(operators)

    @property
    def operators(self) -> list[Any]:
        """The operators."""
        return list(self._operators)

    def _shape(self) -> TensorShape:
        batch = common_shape(o.batch_shape for o in self._operators)
        sizes = []
        for at in ("range_dimension", "domain_dimension"):
            each = [getattr(operator, at) for operator in self._operators]
            sizes.append(None if None in each else functools.reduce(lambda a, b: a * b, each))
        return batch.concatenate(sizes)

    def _shape_tensor(self) -> Any:
        batch = common_shape_tensor([o.batch_shape_tensor() for o in self._operators])
        ends = [o.shape_tensor()[-2:] for o in self._operators]
        return concat([batch, functools.reduce(lambda a, b: a * b, ends)], 0)

    def _apply(self, x: Any, method: str, adjoint: bool) -> Any:
        """Apply each operator along its own digit of the row number."""
        lead = ("domain" if adjoint else "range") if method == "solve" else (
            "range" if adjoint else "domain")  # fmt: skip
        sizes = [_size(o, f"{lead}_dimension") for o in self._operators]
        columns = _dim(x, -1)
        found = x
        for size, operator in zip(sizes, self._operators, strict=True):
            # Rows [size, rest] and columns c: the operator works on `size`, and its new digit
            # goes behind the others; after all of them the digits are in order again.
            batch = _batch_of(found)
            flat = reshape(found, _join(batch, [size, -1]))
            flat = getattr(operator, method)(flat, adjoint=adjoint)
            new, batch = _dim(flat, -2), _batch_of(flat)
            split = reshape(flat, _join(batch, [new, -1, columns]))
            found = reshape(_moved(split), _join(batch, [-1, columns]))
        return found

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._apply(turned(x, adjoint_arg), "matmul", adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._apply(turned(rhs, adjoint_arg), "solve", adjoint)

    def _products(self, method: str) -> Any:
        parts = [getattr(operator, method)() for operator in self._operators]

        def outer(a: Any, b: Any) -> Any:
            both = expand_dims(a, -1) * expand_dims(b, -2)
            return reshape(both, _join(_batch_of(both), [-1]))

        return functools.reduce(outer, parts)

    def _diag_part(self) -> Any:
        if not all(operator.is_square for operator in self._operators):
            return super()._diag_part()
        return self._products("diag_part")

    def _eigvals(self) -> Any:
        return self._products("eigvals")

    def _trace(self) -> Any:
        if not all(operator.is_square for operator in self._operators):
            return super()._trace()
        parts = [operator.trace() for operator in self._operators]
        return functools.reduce(lambda a, b: a * b, parts)

    def _determinant(self) -> Any:
        total = self._total()
        parts = [
            o.determinant() ** _as(total / _as(_size(o, "domain_dimension"), total), o)
            for o in self._operators
        ]
        return functools.reduce(lambda a, b: a * b, parts)

    def _log_abs_determinant(self) -> Any:
        total = self._total()
        parts = [
            o.log_abs_determinant() * _as(total / _as(_size(o, "domain_dimension"), total), o)
            for o in self._operators
        ]
        return functools.reduce(lambda a, b: a + b, parts)

    def _total(self) -> Any:
        if self.domain_dimension is not None:
            return float(self.domain_dimension)
        from tidefall.ops.math.cast import cast

        return cast(self.domain_dimension_tensor(), "float64")

    def _cond(self) -> Any:
        parts = [operator.cond() for operator in self._operators]
        return functools.reduce(lambda a, b: a * b, parts)

    def _each(self, method: str, **hints: Any) -> Any:
        return LinearOperatorKronecker([getattr(o, method)() for o in self._operators], **hints)

    def _same_hints(self) -> dict[str, Any]:
        return {
            "is_non_singular": self.is_non_singular,
            "is_self_adjoint": self.is_self_adjoint,
            "is_positive_definite": self.is_positive_definite,
            "is_square": self.is_square,
        }

    def _adjoint(self) -> Any:
        return self._each("adjoint", **self._same_hints())

    def _inverse(self) -> Any:
        if not all(operator.is_square for operator in self._operators):
            return super()._inverse()
        return self._each("inverse", **self._same_hints())

    def _cholesky(self) -> Any:
        if not all(o.is_self_adjoint and o.is_positive_definite for o in self._operators):
            return super()._cholesky()
        return self._each("cholesky", is_non_singular=True, is_square=True)


def _dim(x: Any, at: int) -> Any:
    return x.shape[at] if x.shape[at] is not None else shape(x)[at]


def _size(operator: Any, at: str) -> Any:
    found = getattr(operator, at)
    return found if found is not None else getattr(operator, f"{at}_tensor")()


def _batch_of(x: Any, inner: int = 2) -> Any:
    batch = x.shape[:-inner]
    return batch.as_list() if batch.is_fully_defined() else shape(x)[:-inner]


def _join(batch: Any, dims: list[Any]) -> Any:
    if isinstance(batch, list) and all(isinstance(d, int) for d in dims):
        return [*batch, *dims]
    from tidefall.tensor.conversion import convert_to_tensor

    parts = [convert_to_tensor(batch, dtype="int32")]
    return concat([*parts, *(expand_dims(convert_to_tensor(d, dtype="int32"), 0) for d in dims)], 0)


def _moved(x: Any) -> Any:
    """`[..., new, rest, columns]` with the first two of these exchanged."""
    from tidefall.ops.array.transposing import transpose

    count = x.shape.rank
    return transpose(x, [*range(count - 3), count - 2, count - 3, count - 1])


def _as(x: Any, like: Any) -> Any:
    from tidefall.ops.math.cast import cast

    if isinstance(x, int | float):
        return x if isinstance(like, float) else cast(x, like.dtype)
    return cast(x, like.dtype)
