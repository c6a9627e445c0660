"""Operators made of blocks, each an operator itself: block diagonal, block lower triangular."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.ops.array.identity import group
from tidefall.ops.array.joining import concat
from tidefall.ops.array.padding import pad
from tidefall.ops.array.reshaping import expand_dims, squeeze
from tidefall.ops.array.splitting import split
from tidefall.ops.array.stacking import stack
from tidefall.ops.linalg.operators.arguments import (
    common_shape,
    common_shape_tensor,
    same_batch,
    turned,
)
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.operators.composing import (
    LinearOperatorComposition,
    checked_operators,
    implied,
)
from tidefall.ops.linalg.operators.dense import LinearOperatorFullMatrix
from tidefall.ops.linalg.operators.identity import LinearOperatorScaledIdentity
from tidefall.ops.math.addn import add_n
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


class _Blocks(LinearOperator):
    """What block operators share: arguments that come in blocks, and the dense matrix."""

    def _diagonal(self) -> list[Any]:
        """The blocks on the diagonal."""
        raise NotImplementedError(f"{type(self).__name__}._diagonal")

    def _rows(self) -> list[list[Any]]:
        """The blocks of each row that are stored; the last of a row is on the diagonal."""
        raise NotImplementedError(f"{type(self).__name__}._rows")

    def _block_matmul(self, blocks: list[Any], adjoint: bool) -> list[Any]:
        raise NotImplementedError(f"{type(self).__name__}._block_matmul")

    def _block_solve(self, blocks: list[Any], adjoint: bool) -> list[Any]:
        raise NotImplementedError(f"{type(self).__name__}._block_solve")

    # ---- shapes ----

    def _sizes(self, which: str) -> list[Any]:
        """How many rows ("range") or columns ("domain") each block has, None if unknown."""
        return [getattr(block, f"{which}_dimension") for block in self._diagonal()]

    def _known_sizes(self, which: str) -> list[Any]:
        """The same with tensors for what is unknown."""
        found = []
        for block in self._diagonal():
            size = getattr(block, f"{which}_dimension")
            found.append(getattr(block, f"{which}_dimension_tensor")() if size is None else size)
        return found

    def _all_blocks(self) -> list[Any]:
        return list(itertools.chain.from_iterable(self._rows()))

    def _shape(self) -> TensorShape:
        if any(block.shape.rank is None for block in self._all_blocks()):
            return TensorShape(None)
        batch = common_shape(block.batch_shape for block in self._all_blocks())
        ends = []
        for which in ("range", "domain"):
            sizes = self._sizes(which)
            ends.append(None if None in sizes else sum(sizes))
        return batch.concatenate(ends)

    def _shape_tensor(self) -> Any:
        batch = common_shape_tensor([b.batch_shape_tensor() for b in self._all_blocks()])
        ends = [_total(self._known_sizes(which)) for which in ("range", "domain")]
        return concat([batch, stack([convert_to_tensor(e, dtype="int32") for e in ends])], 0)

    # ---- products and systems ----

    def _in_blocks(self, x: Any, sizes: list[Any], rank: int, axis: int) -> list[Any] | None:
        """The tensors of an argument that is a list of blocks; None for one tensor."""
        if not isinstance(x, (list, tuple)) or len(x) != len(sizes):
            return None
        is_nested = all(isinstance(part, (list, tuple, int, float, complex)) for part in x)
        parts = [p if isinstance(p, Tensor) else _tensor(p, self.dtype) for p in x]
        if any(p.shape.rank is not None and p.shape.rank < rank for p in parts):
            return None
        found = [None if p.shape.rank is None else p.shape[axis] for p in parts]
        for size, got in zip(sizes, found, strict=True):
            if None not in (size, got) and size != got:
                if is_nested:
                    return None
                raise ValueError(
                    f"Dimensions {size} and {got} are not compatible: the operator has blocks of "
                    f"{sizes}, the argument blocks of {found}."
                )
        return [self._argument(part) for part in parts]

    def _apply(self, method: str, x: Any, adjoint: bool, adjoint_arg: bool, name: str) -> Any:
        which = "range" if (method == "matmul") is adjoint else "domain"
        blocks = None
        if not isinstance(x, LinearOperator):
            axis = -1 if adjoint_arg else -2
            blocks = self._in_blocks(x, self._sizes(which), 2, axis)
        if blocks is None:
            return getattr(super(), method)(x, adjoint, adjoint_arg, name)
        with name_scope(name):
            work = self._block_matmul if method == "matmul" else self._block_solve
            return work([turned(block, adjoint_arg) for block in blocks], adjoint)

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """The product with matrices, with a list of blocks of rows, or with another operator.

        Args:
            x: matrices `[..., n, k]`, or a list of one `[..., n_i, k]` for each block, or a
                LinearOperator.
            adjoint: use the adjoint of this operator.
            adjoint_arg: use the adjoint of `x`.
            name: name of the scope in a graph.

        Returns:
            Matrices `[..., m, k]`; a list of one for each block if `x` was one; or a
            LinearOperator.

        Raises:
            ValueError: if the sizes do not fit.
        """
        return self._apply("matmul", x, adjoint, adjoint_arg, name)

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve"
    ) -> Any:
        """The x with `operator @ x = rhs`.

        Args:
            rhs: matrices `[..., m, k]`, or a list of one `[..., m_i, k]` for each block, or a
                LinearOperator.
            adjoint: use the adjoint of this operator.
            adjoint_arg: use the adjoint of `rhs`.
            name: name of the scope in a graph.

        Returns:
            Matrices `[..., n, k]`; a list of one for each block if `rhs` was one; or a
            LinearOperator.

        Raises:
            NotImplementedError: for an operator said to be singular, or not to be square.
            ValueError: if the sizes do not fit.
        """
        self._require_solvable()
        return self._apply("solve", rhs, adjoint, adjoint_arg, name)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """The product with vectors `[..., n]`, or with a list of blocks `[..., n_i]`."""
        blocks = self._in_blocks(x, self._sizes("range" if adjoint else "domain"), 1, -1)
        if blocks is None:
            return super().matvec(x, adjoint, name)
        found = self.matmul([expand_dims(b, -1) for b in blocks], adjoint=adjoint, name=name)
        return [squeeze(block, axis=-1) for block in found]

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """The x with `operator @ x = rhs` for vectors `[..., m]`, or a list of blocks."""
        blocks = self._in_blocks(rhs, self._sizes("domain" if adjoint else "range"), 1, -1)
        if blocks is None:
            return super().solvevec(rhs, adjoint, name)
        found = self.solve([expand_dims(b, -1) for b in blocks], adjoint=adjoint, name=name)
        return [squeeze(block, axis=-1) for block in found]

    def _cut(self, x: Any, which: str) -> list[Any]:
        sizes = self._known_sizes(which)
        if not all(isinstance(size, int) for size in sizes):
            sizes = stack([convert_to_tensor(size, dtype="int32") for size in sizes])
        return split(x, sizes, axis=-2, num=len(self._diagonal()))

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        blocks = self._cut(turned(x, adjoint_arg), "range" if adjoint else "domain")
        return _joined(self._block_matmul(blocks, adjoint), -2)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        blocks = self._cut(turned(rhs, adjoint_arg), "domain" if adjoint else "range")
        return _joined(self._block_solve(blocks, adjoint), -2)

    # ---- numbers ----

    def _to_dense(self) -> Any:
        columns = self._known_sizes("domain")
        rows = []
        for i, stored in enumerate(self._rows()):
            last = i + 1
            before = _total(columns[: last - len(stored)])
            after = _total(columns[last:])
            dense = _joined([block.to_dense() for block in stored], -1)
            room = [[0, 0]] * (dense.shape.rank - 1) + [[before, after]]
            rows.append(pad(dense, room))
        return _joined(rows, -2)

    def _each_square(self, what: str) -> None:
        if not all(block.is_square for block in self._diagonal()):
            raise NotImplementedError(
                f"`{what}` not implemented for an operator whose blocks are not square."
            )

    def _diag_part(self) -> Any:
        self._each_square("diag_part")
        return _joined_vectors([block.diag_part() for block in self._diagonal()])

    def _trace(self) -> Any:
        self._each_square("trace")
        return functools.reduce(lambda a, b: a + b, [b.trace() for b in self._diagonal()])

    def _determinant(self) -> Any:
        self._each_square("determinant")
        parts = [block.determinant() for block in self._diagonal()]
        return functools.reduce(lambda a, b: a * b, parts)

    def _log_abs_determinant(self) -> Any:
        self._each_square("log_abs_determinant")
        parts = [block.log_abs_determinant() for block in self._diagonal()]
        return functools.reduce(lambda a, b: a + b, parts)

    def _eigvals(self) -> Any:
        self._each_square("eigvals")
        return _joined_vectors([block.eigvals() for block in self._diagonal()])

    def _asserted(self, method: str) -> Any:
        """The same check of each block on the diagonal."""
        return group(*[op for b in self._diagonal() if (op := getattr(b, method)()) is not None])

    def _assert_non_singular(self) -> Any:
        if not all(block.is_square for block in self._diagonal()):
            return super()._assert_non_singular()
        return self._asserted("assert_non_singular")


@export("linalg.LinearOperatorBlockDiag")
class LinearOperatorBlockDiag(_Blocks):
    """Operators along the diagonal of a larger matrix, zeros elsewhere.

    Args:
        operators: a list of operators; batch shapes broadcast.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. What all
            operators promise holds for the whole, too.
        name: name of the operator; by default the names joined by "_ds_".

    Raises:
        TypeError: if the dtypes differ.
        ValueError: for an empty list, or hints that cannot be.

    >>> import tidefall as tf
    >>> one = tf.linalg.LinearOperatorDiag([1.0, 2.0])
    >>> two = tf.linalg.LinearOperatorFullMatrix([[3.0]])
    >>> operator = tf.linalg.LinearOperatorBlockDiag([one, two])
    >>> operator.matvec([1.0, 1.0, 1.0]).numpy().tolist()
    [1.0, 2.0, 3.0]
    >>> [part.numpy().tolist() for part in operator.matvec([tf.ones(2), tf.ones(1)])]
    [[1.0, 2.0], [3.0]]
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ):
        operators = checked_operators(operators)
        given = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
        }
        found = {hint: implied(operators, hint, value) for hint, value in given.items()}
        # True is the default and says nothing of blocks that are not square.
        oblong = any(operator.is_square is False for operator in operators)
        super().__init__(
            operators[0].dtype,
            name=name or "_ds_".join(operator.name for operator in operators),
            parameters={"operators": operators, **given, "is_square": is_square, "name": name},
            is_square=None if oblong else is_square,
            **found,
        )
        self._operators = tuple(operators)
        self._shape()  # batch shapes that do not broadcast

    @property
    def operators(self) -> list[Any]:
        """The operators on the diagonal."""
        return list(self._operators)

    def _diagonal(self) -> list[Any]:
        return list(self._operators)

    def _rows(self) -> list[list[Any]]:
        return [[operator] for operator in self._operators]

    def _block_matmul(self, blocks: list[Any], adjoint: bool) -> list[Any]:
        pairs = zip(self._operators, blocks, strict=True)
        return [operator.matmul(block, adjoint=adjoint) for operator, block in pairs]

    def _block_solve(self, blocks: list[Any], adjoint: bool) -> list[Any]:
        pairs = zip(self._operators, blocks, strict=True)
        return [operator.solve(block, adjoint=adjoint) for operator, block in pairs]

    def _each(self, method: str, **hints: Any) -> Any:
        return LinearOperatorBlockDiag([getattr(o, method)() for o in self._operators], **hints)

    def _hints(self) -> dict[str, Any]:
        return {
            "is_non_singular": self.is_non_singular,
            "is_self_adjoint": self.is_self_adjoint,
            "is_positive_definite": self.is_positive_definite,
            "is_square": True if self.is_square else None,
        }

    def _adjoint(self) -> Any:
        return self._each("adjoint", **self._hints())

    def _inverse(self) -> Any:
        if not all(operator.is_square for operator in self._operators):
            return super()._inverse()
        return self._each("inverse", **self._hints())

    def _cholesky(self) -> Any:
        if not all(o.is_self_adjoint and o.is_positive_definite for o in self._operators):
            return super()._cholesky()
        return self._each("cholesky", is_non_singular=True, is_square=True)

    def _with_same(self, other: Any, method: str, hints: dict[str, Any]) -> Any:
        mine = self._sizes("domain" if method == "matmul" else "range")
        theirs = other._sizes("range")
        if len(mine) != len(theirs):
            return None
        for size, got in zip(mine, theirs, strict=True):
            if None not in (size, got) and size != got:
                raise ValueError(
                    f"Blocks are incompatible: {self.name} has blocks of {mine}, "
                    f"{other.name} blocks of {theirs}."
                )
        pairs = zip(self._operators, other.operators, strict=True)
        parts = [getattr(a, method)(b) for a, b in pairs]
        single = hints["is_non_singular"]
        return LinearOperatorBlockDiag(parts, is_non_singular=single, is_square=None)

    def _assert_self_adjoint(self) -> Any:
        if not all(operator.is_square for operator in self._operators):
            return super()._assert_self_adjoint()
        return self._asserted("assert_self_adjoint")

    def _assert_positive_definite(self) -> Any:
        return self._asserted("assert_positive_definite")


@export("linalg.LinearOperatorBlockLowerTriangular")
class LinearOperatorBlockLowerTriangular(_Blocks):
    """Operators on and below the diagonal of a larger matrix, zeros above.

    Args:
        operators: a list of rows; row i has i + 1 operators, of which the last is on the diagonal
            and square. Batch shapes broadcast.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. The operator is
            non-singular if all on the diagonal are.
        name: name of the operator.

    Raises:
        TypeError: if the dtypes differ.
        ValueError: for rows of other lengths, sizes that do not fit, or hints that cannot be.

    >>> import tidefall as tf
    >>> one = tf.linalg.LinearOperatorDiag([2.0])
    >>> operator = tf.linalg.LinearOperatorBlockLowerTriangular([[one], [one, one]])
    >>> operator.to_dense().numpy().tolist()
    [[2.0, 0.0], [2.0, 2.0]]
    >>> operator.solvevec([2.0, 4.0]).numpy().tolist()
    [1.0, 1.0]
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorBlockLowerTriangular",
    ):
        rows = _checked_rows(operators)
        if is_square is False:
            raise ValueError("A block lower triangular operator is always square.")
        diagonal = [row[-1] for row in rows]
        single = implied(diagonal, "is_non_singular", is_non_singular)
        if any(block.is_non_singular is False for block in diagonal):
            if is_non_singular:
                raise ValueError(
                    "An operator on the diagonal is singular: is_non_singular=True cannot be."
                )
            single = False
        super().__init__(
            diagonal[0].dtype,
            None,
            single,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {
                "operators": rows,
                "is_non_singular": is_non_singular,
                "is_self_adjoint": is_self_adjoint,
                "is_positive_definite": is_positive_definite,
                "is_square": is_square,
                "name": name,
            },
        )
        self._operators = tuple(tuple(row) for row in rows)
        self._shape()  # batch shapes that do not broadcast

    @property
    def operators(self) -> list[Any]:
        """The rows of operators."""
        return [list(row) for row in self._operators]

    def _diagonal(self) -> list[Any]:
        return [row[-1] for row in self._operators]

    def _rows(self) -> list[list[Any]]:
        return self.operators

    def _below(self, i: int, adjoint: bool) -> list[tuple[int, Any]]:
        """Places and operators of row i (of column i for the adjoint), without the diagonal."""
        if adjoint:
            return [(k, self._operators[k][i]) for k in range(i + 1, len(self._operators))]
        return [(j, self._operators[i][j]) for j in range(i)]

    def _block_matmul(self, blocks: list[Any], adjoint: bool) -> list[Any]:
        found = []
        for i, row in enumerate(self._operators):
            parts = [o.matmul(blocks[j], adjoint=adjoint) for j, o in self._below(i, adjoint)]
            found.append(_sum([*parts, row[-1].matmul(blocks[i], adjoint=adjoint)]))
        return found

    def _block_solve(self, blocks: list[Any], adjoint: bool) -> list[Any]:
        found: list[Any] = [None] * len(blocks)
        order = range(len(blocks))
        for i in reversed(order) if adjoint else order:
            rest = blocks[i]
            for j, operator in self._below(i, adjoint):
                rest = rest - operator.matmul(found[j], adjoint=adjoint)
            found[i] = self._operators[i][-1].solve(rest, adjoint=adjoint)
        return found

    def _inverse(self) -> Any:
        diagonal = [row[-1].inverse() for row in self._operators]
        rows: list[list[Any]] = []
        for i, corner in enumerate(diagonal):
            row = []
            for j in range(i):
                column = [r[j] for r in rows[j:]]  # of the inverse, from row j down
                left = self._operators[i][j:i]
                pairs = zip(left, column, strict=True)
                total = LinearOperatorFullMatrix(_sum([o.matmul(c.to_dense()) for o, c in pairs]))
                row.append(_negative(LinearOperatorComposition([corner, total])))
            rows.append([*row, corner])
        return LinearOperatorBlockLowerTriangular(rows, is_non_singular=self.is_non_singular)


def _checked_rows(operators: Any) -> list[list[Any]]:
    rows = [list(row) for row in operators]
    if not rows:
        raise ValueError("Argument 'operators' must be a list of at least one row, got none.")
    for i, row in enumerate(rows):
        if len(row) != i + 1:
            raise ValueError(f"operators[{i}] must hold {i + 1} operators, got {len(row)}.")
        if row[-1].is_square is False:
            raise ValueError(
                f"Operators on the diagonal must be square; operators[{i}][{i}] has shape "
                f"{row[-1].shape}."
            )
    checked_operators(itertools.chain.from_iterable(rows))
    for i, row in enumerate(rows):
        for j, operator in enumerate(row):
            for which, other in (("range", row[-1]), ("domain", rows[j][-1])):
                size = getattr(operator, f"{which}_dimension")
                wanted = getattr(other, f"{which}_dimension")
                if None not in (size, wanted) and size != wanted:
                    raise ValueError(
                        f"operators[{i}][{j}] of shape {operator.shape} does not fit: its "
                        f"{which} dimension must be {wanted}."
                    )
    return rows


def _negative(operator: Any) -> Any:
    rows = operator.range_dimension
    rows = operator.range_dimension_tensor() if rows is None else rows
    minus = LinearOperatorScaledIdentity(rows, np.array(-1, operator.dtype.as_numpy_dtype))
    return LinearOperatorComposition([minus, operator])


def _tensor(value: Any, dtype: Any) -> Any:
    return convert_to_tensor(value, dtype=None if hasattr(value, "dtype") else dtype)


def _total(sizes: list[Any]) -> Any:
    return functools.reduce(lambda a, b: a + b, sizes, 0)


def _sum(parts: list[Any]) -> Any:
    if len({part.shape for part in parts}) == 1 and parts[0].shape.is_fully_defined():
        return parts[0] if len(parts) == 1 else add_n(parts)
    return functools.reduce(lambda a, b: a + b, parts)


def _joined(parts: list[Any], axis: int) -> Any:
    return parts[0] if len(parts) == 1 else concat(list(same_batch(*parts)), axis)


def _joined_vectors(parts: list[Any]) -> Any:
    columns = _joined([expand_dims(part, -1) for part in parts], -2)
    return squeeze(columns, axis=-1)
