"""`tf.linalg.LinearOperator`: what all linear operators can do, by way of the dense matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.composite import CompositeTensor
from tidefall.base.dispatch import register_type
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.module import Module
from tidefall.ops.array.reshaping import expand_dims, squeeze
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.debugging import assertions
from tidefall.ops.linalg import eigen, inverse, solving, svd
from tidefall.ops.linalg.batches import adjoint as adjoint_of
from tidefall.ops.linalg.cholesky import cholesky as cholesky_of
from tidefall.ops.linalg.cholesky import cholesky_solve
from tidefall.ops.linalg.matrices import diag_part, eye
from tidefall.ops.linalg.operators.arguments import same_batch
from tidefall.ops.linalg.operators.spec import LinearOperatorSpec
from tidefall.ops.math.complex_numbers import real
from tidefall.ops.math.exponential import exp, log
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.reductions.functions import reduce_max, reduce_min, reduce_sum
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("linalg.LinearOperator")
class LinearOperator(Module, CompositeTensor):
    """A batch of matrices `[..., m, n]`, known by its structure.

    A subclass defines `_shape`, `_shape_tensor` and `_matmul`, and whatever else it knows a
    shorter way for than through the dense matrix: `_solve`, `_to_dense`, `_diag_part`, ...

    The hints `is_non_singular`, `is_self_adjoint`, `is_positive_definite` and `is_square` are
    promises of the caller (None: nothing is known). They choose faster methods and are not
    checked; the `assert_` methods do that.

    Args:
        dtype: dtype of the matrices and of what they are applied to.
        graph_parents: not used any more.
        is_non_singular: whether the matrices have inverses.
        is_self_adjoint: whether they equal their conjugate transposes.
        is_positive_definite: whether the quadratic form has a positive real part.
        is_square: whether they have as many rows as columns.
        name: name of the operator.
        parameters: the arguments of the subclass, by name.

    Raises:
        ValueError: for hints that contradict each other.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorDiag([1.0, 2.0])
    >>> operator.matvec([3.0, 4.0]).numpy().tolist()
    [3.0, 8.0]
    >>> (operator @ operator).to_dense().numpy().tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """

    def __init__(
        self,
        dtype: Any,
        graph_parents: Any = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
        parameters: dict[str, Any] | None = None,
    ):
        for hint, value in (
            ("is_non_singular", is_non_singular),
            ("is_self_adjoint", is_self_adjoint),
            ("is_positive_definite", is_positive_definite),
            ("is_square", is_square),
        ):
            if value not in (None, True, False):
                raise TypeError(f"{hint} must be None, True or False, not {value!r}.")
        if is_positive_definite or is_self_adjoint:
            if is_square is False:
                raise ValueError("A self-adjoint or positive definite operator is always square.")
            is_square = True
        if is_positive_definite:
            if is_non_singular is False:
                raise ValueError("A positive definite operator is always non-singular.")
            is_non_singular = True
        if is_non_singular:
            if is_square is False:
                raise ValueError("An operator that is not square has no inverse: is_non_singular "
                                 "must not be True.")  # fmt: skip
            is_square = True
        super().__init__(name=name or type(self).__name__)
        self._dtype = None if dtype is None else as_dtype(dtype).base_dtype
        self._graph_parents = [] if graph_parents is None else list(graph_parents)
        self._non_singular = is_non_singular
        self._self_adjoint = is_self_adjoint
        self._definite = is_positive_definite
        self._square = is_square
        # Kept from the tracking of attributes, which would wrap the dictionary.
        object.__setattr__(self, "_given", dict(parameters or {}))

    # ---- what it is ----

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return dict(self._given)  # type: ignore[attr-defined]

    @property
    def dtype(self) -> Any:
        """The dtype of the matrices."""
        return self._dtype

    @property
    def name(self) -> str:
        """The name given to it."""
        return self._name

    @property
    def graph_parents(self) -> list[Any]:
        """Deprecated: tensors it was made from."""
        return self._graph_parents

    @property
    def is_non_singular(self) -> bool | None:
        """Whether there is an inverse; None if that is not known."""
        return self._non_singular

    @property
    def is_self_adjoint(self) -> bool | None:
        """Whether it is its own adjoint; None if that is not known."""
        return self._self_adjoint

    @property
    def is_positive_definite(self) -> bool | None:
        """Whether it is positive definite; None if that is not known."""
        return self._definite

    @property
    def is_square(self) -> bool | None:
        """Whether rows and columns are equally many; None if that is not known."""
        found = self.domain_dimension, self.range_dimension
        automatic = None if None in found else found[0] == found[1]
        if self._square is None:
            return automatic
        if automatic is not None and automatic != self._square:
            raise ValueError(f"is_square is {self._square}, but the shape is {self.shape}.")
        return self._square

    @property
    def _type_spec(self) -> Any:
        return LinearOperatorSpec.of(self)

    def _shape_invariant_to_type_spec(self, shape: Any) -> Any:
        return self._type_spec

    # ---- shapes ----

    def _shape(self) -> TensorShape:
        raise NotImplementedError(f"{type(self).__name__}._shape")

    def _shape_tensor(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__}._shape_tensor")

    @property
    def shape(self) -> TensorShape:
        """The static shape `[..., m, n]`."""
        return self._shape()

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """The shape as an int32 vector."""
        with name_scope(name):
            if self.shape.is_fully_defined():
                return convert_to_tensor(np.array(self.shape.as_list(), np.int32))
            return self._shape_tensor()

    @property
    def batch_shape(self) -> TensorShape:
        """The static shape but for the last two dimensions."""
        return self.shape[:-2]

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """The shape but for the last two dimensions, as an int32 vector."""
        with name_scope(name):
            if self.batch_shape.is_fully_defined():
                return convert_to_tensor(np.array(self.batch_shape.as_list(), np.int32))
            return self.shape_tensor()[:-2]

    @property
    def tensor_rank(self) -> int | None:
        """The number of dimensions, batch dimensions included."""
        return self.shape.rank

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Any:
        """The number of dimensions as an int32 scalar."""
        with name_scope(name):
            if self.tensor_rank is not None:
                return convert_to_tensor(np.int32(self.tensor_rank))
            return shape(self.shape_tensor())[0]

    @property
    def domain_dimension(self) -> Any:
        """How many columns there are, if that is known."""
        return None if self.shape.rank is None else self.shape[-1]

    @property
    def range_dimension(self) -> Any:
        """How many rows there are, if that is known."""
        return None if self.shape.rank is None else self.shape[-2]

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Any:
        """How many columns there are, as an int32 scalar."""
        with name_scope(name):
            return self.shape_tensor()[-1]

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Any:
        """How many rows there are, as an int32 scalar."""
        with name_scope(name):
            return self.shape_tensor()[-2]

    # ---- products ----

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        raise NotImplementedError(f"{type(self).__name__}._matmul")

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """The product with matrices, or with another operator.

        Args:
            x: matrices `[..., n, k]` of the operator's dtype, or a LinearOperator.
            adjoint: use the adjoint of this operator.
            adjoint_arg: use the adjoint of `x`.
            name: name of the scope in a graph.

        Returns:
            Matrices `[..., m, k]`, or a LinearOperator.

        Raises:
            ValueError: if the sizes do not fit.
        """
        if isinstance(x, LinearOperator):
            left = self.adjoint() if adjoint else self
            right = x.adjoint() if adjoint_arg else x
            _check_inner(left.domain_dimension, right.range_dimension, "matmul")
            with name_scope(name):
                from tidefall.ops.linalg.operators import algebra

                return algebra.product_of(left, right)
        with name_scope(name):
            x = self._argument(x)
            inner = self.range_dimension if adjoint else self.domain_dimension
            if x.shape.rank is not None:
                _check_inner(inner, x.shape[-1 if adjoint_arg else -2], "matmul")
            return self._matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other)

    def _argument(self, x: Any) -> Any:
        x = convert_to_tensor(x, dtype=None if isinstance(x, Tensor) else self.dtype, name="x")
        if x.dtype.base_dtype != self.dtype:
            raise TypeError(
                f"Input argument has dtype {x.dtype.name}, but the operator has dtype "
                f"{self.dtype.name}."
            )
        return x

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """The product with vectors `[..., n]`: vectors `[..., m]`."""
        with name_scope(name):
            return self._matvec(self._argument(x), adjoint=adjoint)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return squeeze(self.matmul(expand_dims(x, -1), adjoint=adjoint), axis=-1)

    # ---- systems of equations ----

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve"
    ) -> Any:
        """The x with `operator @ x = rhs`.

        Args:
            rhs: matrices `[..., m, k]` of the operator's dtype, or a LinearOperator.
            adjoint: use the adjoint of this operator.
            adjoint_arg: use the adjoint of `rhs`.
            name: name of the scope in a graph.

        Returns:
            Matrices `[..., n, k]`, or a LinearOperator.

        Raises:
            NotImplementedError: for an operator said to be singular, or not to be square.
            ValueError: if the sizes do not fit.
        """
        self._require_solvable()
        if isinstance(rhs, LinearOperator):
            left = self.adjoint() if adjoint else self
            right = rhs.adjoint() if adjoint_arg else rhs
            _check_inner(left.range_dimension, right.range_dimension, "solve")
            with name_scope(name):
                from tidefall.ops.linalg.operators import algebra

                return algebra.solution_of(left, right)
        with name_scope(name):
            rhs = self._argument(rhs)
            if rhs.shape.rank is not None:
                rows = self.domain_dimension if adjoint else self.range_dimension
                _check_inner(rows, rhs.shape[-1 if adjoint_arg else -2], "solve")
            return self._solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _require_solvable(self) -> None:
        if self.is_non_singular is False:
            raise NotImplementedError("Exact solve not implemented for a singular operator.")
        if self.is_square is False:
            raise NotImplementedError("Exact solve not implemented for a non-square operator.")

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = adjoint_of(rhs) if adjoint_arg else rhs
        if self._can_use_cholesky():
            return cholesky_solve(cholesky_of(self.to_dense()), rhs)
        matrix, rhs = same_batch(self.to_dense(), rhs)
        return solving.solve(matrix, rhs, adjoint=adjoint)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """The x with `operator @ x = rhs` for vectors `[..., m]`."""
        with name_scope(name):
            return self._solvevec(self._argument(rhs), adjoint=adjoint)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        return squeeze(self.solve(expand_dims(rhs, -1), adjoint=adjoint), axis=-1)

    def _can_use_cholesky(self) -> bool:
        return bool(self.is_self_adjoint and self.is_positive_definite)

    # ---- numbers ----

    def _require_square(self, what: str) -> None:
        if self.is_square is False:
            raise NotImplementedError(f"{what} not implemented for an operator that is not square.")

    def determinant(self, name: str = "det") -> Any:
        """The determinants `[...]`."""
        self._require_square("Determinant")
        with name_scope(name):
            return self._determinant()

    def _determinant(self) -> Any:
        if self._can_use_cholesky():
            return exp(self._log_abs_determinant())
        return inverse.det(self.to_dense())

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """The logarithms of the absolute values of the determinants, `[...]`."""
        self._require_square("Determinant")
        with name_scope(name):
            return self._log_abs_determinant()

    def _log_abs_determinant(self) -> Any:
        if self._can_use_cholesky():
            diagonal = diag_part(cholesky_of(self.to_dense()))
            return 2.0 * reduce_sum(log(diagonal), axis=[-1])
        return inverse.slogdet(self.to_dense())[1]

    def diag_part(self, name: str = "diag_part") -> Any:
        """The main diagonals `[..., min(m, n)]`."""
        with name_scope(name):
            return self._diag_part()

    def _diag_part(self) -> Any:
        return diag_part(self.to_dense())

    def trace(self, name: str = "trace") -> Any:
        """The traces `[...]`."""
        with name_scope(name):
            return self._trace()

    def _trace(self) -> Any:
        return reduce_sum(self.diag_part(), axis=-1)

    def eigvals(self, name: str = "eigvals") -> Any:
        """The eigenvalues `[..., n]` of a self-adjoint operator."""
        if not self.is_self_adjoint:
            raise NotImplementedError(
                "Only self-adjoint matrices are supported: give the operator is_self_adjoint=True."
            )
        with name_scope(name):
            return self._eigvals()

    def _eigvals(self) -> Any:
        return eigen.eigvalsh(self.to_dense())

    def cond(self, name: str = "cond") -> Any:
        """The condition numbers `[...]`: largest over smallest singular value."""
        with name_scope(name):
            return self._cond()

    def _cond(self) -> Any:
        if self.is_self_adjoint:
            sizes = absolute(self.eigvals())
        else:
            sizes = svd.svd(self.to_dense(), compute_uv=False)
        return reduce_max(sizes, axis=-1) / reduce_min(sizes, axis=-1)

    # ---- other operators and matrices ----

    def to_dense(self, name: str = "to_dense") -> Any:
        """The matrices `[..., m, n]`."""
        with name_scope(name):
            return self._to_dense()

    def _to_dense(self) -> Any:
        sizes = self.shape_tensor()
        if self.shape.is_fully_defined():
            sizes = self.shape.as_list()
        batch = None if self.shape.rank == 2 else sizes[:-2]
        return self.matmul(eye(sizes[-1], batch_shape=batch, dtype=self.dtype))

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """The matrices added to those of a tensor whose shape broadcasts."""
        with name_scope(name):
            return self._add_to_tensor(self._argument(x))

    def _add_to_tensor(self, x: Any) -> Any:
        return self.to_dense() + x

    def adjoint(self, name: str = "adjoint") -> Any:
        """The adjoint operator: of the conjugate transposes."""
        if self.is_self_adjoint is True:
            return self
        with name_scope(name):
            return self._adjoint()

    H = property(adjoint, doc="The adjoint operator.")

    def _adjoint(self) -> Any:
        from tidefall.ops.linalg.operators.wrapping import LinearOperatorAdjoint

        return LinearOperatorAdjoint(
            self,
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=self.is_positive_definite,
            is_square=True if self.is_square else None,
        )

    def inverse(self, name: str = "inverse") -> Any:
        """The inverse operator.

        Raises:
            ValueError: for an operator said to be singular, or not to be square.
        """
        if self.is_square is False:
            raise ValueError("Cannot get the inverse: the operator is not square.")
        if self.is_non_singular is False:
            raise ValueError("Cannot get the inverse: the operator is singular.")
        with name_scope(name):
            return self._inverse()

    def _inverse(self) -> Any:
        from tidefall.ops.linalg.operators.wrapping import LinearOperatorInversion

        return LinearOperatorInversion(
            self,
            is_non_singular=self.is_non_singular,
            is_self_adjoint=self.is_self_adjoint,
            is_positive_definite=self.is_positive_definite,
            is_square=self.is_square,
        )

    def cholesky(self, name: str = "cholesky") -> Any:
        """The Cholesky factor, a lower triangular operator.

        Raises:
            ValueError: for an operator not said to be self-adjoint and positive definite.
        """
        if not self._can_use_cholesky():
            raise ValueError(
                "Cannot take the Cholesky decomposition: the operator must be self-adjoint and "
                "positive definite; give it is_self_adjoint=True and is_positive_definite=True."
            )
        with name_scope(name):
            return self._cholesky()

    def _cholesky(self) -> Any:
        from tidefall.ops.linalg.operators.dense import LinearOperatorLowerTriangular

        return LinearOperatorLowerTriangular(
            cholesky_of(self.to_dense()),
            is_non_singular=True,
            is_self_adjoint=False,
            is_square=True,
        )

    # ---- checks ----

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """Check that the operator has an inverse, as far as its dtype can tell."""
        with name_scope(name):
            return self._assert_non_singular()

    def _assert_non_singular(self) -> Any:
        limit = float(np.finfo(self.dtype.as_numpy_dtype).eps) * 2.0
        largest = self.domain_dimension
        bound = 1.0 / (limit * max(1, largest or 1))
        return assertions.assert_less(
            real(self.cond()), bound, message="Singular matrix up to precision epsilon."
        )

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> Any:
        """Check that the operator is positive definite; it must be self-adjoint."""
        with name_scope(name):
            return self._assert_positive_definite()

    def _assert_positive_definite(self) -> Any:
        if not self.is_self_adjoint:
            raise NotImplementedError(
                "assert_positive_definite is not implemented for an operator that is not known to "
                "be self-adjoint: give it is_self_adjoint=True."
            )
        diagonal = real(diag_part(cholesky_of(self.to_dense())))
        zero = np.array(0, diagonal.dtype.as_numpy_dtype)
        return assertions.assert_greater(
            diagonal, zero, message="Operator was not positive definite."
        )

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> Any:
        """Check that the operator equals its adjoint."""
        with name_scope(name):
            return self._assert_self_adjoint()

    def _assert_self_adjoint(self) -> Any:
        dense = self.to_dense()
        return assertions.assert_equal(
            dense, adjoint_of(dense), message="Matrix was not equal to its adjoint."
        )


register_type(LinearOperator, "tidefall.ops.linalg.operators.dispatching")


def _check_inner(one: int | None, other: int | None, what: str) -> None:
    if one is not None and other is not None and one != other:
        raise ValueError(
            f"Dimensions are not compatible for {what}: the operator has {one}, "
            f"the argument {other}."
        )
