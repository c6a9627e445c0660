"""What the operators of tensors and variables do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import is_dispatched, redirect
from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.state import name_scope, state
from tidefall.composite.variables.variable import Variable
from tidefall.op.op import Op
from tidefall.ops.fast import Function, agree, fast_dtypes
from tidefall.ops.linalg.matmul import matmul
from tidefall.ops.math import bitwise, comparison, division, elementwise, logical, power, unary
from tidefall.ops.math.cast import cast
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, ndarray

METHODS: dict[str, Callable[..., Any]] = {}
_DIRECT = frozenset((EagerTensor, Variable, int, float))
"""Operands that the public functions convert by themselves, with nothing to ask before."""


def _named(method: Function, label: str) -> None:
    method.__name__ = label
    method.__qualname__ = f"Tensor.{label}"
    METHODS[label] = method


def _install_binary(name: str, node: str, function: Function, loose: bool = False) -> None:
    """Make `__name__` and its reflection out of a public function.

    Args:
        name: `add` for `__add__` and `__radd__`.
        node: name of the node in a graph.
        function: computes the result of two operands.
        loose: a right operand that does not fit the left one's dtype keeps its own.
    """
    reflected = f"__r{name}__"

    def general(x: Any, y: Any) -> Any:
        try:
            if name == "mul" and x.dtype.base_dtype is dtypes.bool:
                y = _right(x, y, True)
            if state.graph is None:
                return function(x, _right(x, y, loose))
            if isinstance(x, Variable):
                x = x.value()
            with name_scope(node) as scope:
                return function(x, _right(x, y, loose), name=scope)
        except (TypeError, ValueError):
            result = _reflect(x, y, reflected)
            if result is NotImplemented:
                raise
            return result

    def forward(self: Any, other: Any) -> Any:
        if type(other) in _DIRECT and state.graph is None:
            return function(self, other)
        return general(self, other)

    def backward(self: Any, other: Any) -> Any:
        if state.graph is None:
            direct = type(other) in _DIRECT and not loose
            return function(other if direct else _left(other, self), self)
        if isinstance(self, Variable):
            self = self.value()
        with name_scope(node) as scope:
            return function(_left(other, self), self, name=scope)

    _named(forward, f"__{name}__")
    _named(backward, reflected)


def _right(x: Any, y: Any, loose: bool) -> Any:
    if isinstance(getattr(y, "dtype", None), DType):
        return y
    base = x.dtype.base_dtype
    if loose:
        return convert_to_tensor(y, dtype_hint=base, name="y")
    return convert_to_tensor(y, base, name="y")


def _left(x: Any, y: Any) -> Any:
    return convert_to_tensor(x, y.dtype.base_dtype, name="x")


def _reflect(x: Any, y: Any, reflected: str) -> Any:
    """What `y` makes of `x` if its class defines the reflected operator, else NotImplemented."""
    if isinstance(getattr(y, "dtype", None), DType):
        return NotImplemented
    method = getattr(type(y), reflected, None)
    return NotImplemented if method is None else method(y, x)


def _install_unary(name: str, function: Function) -> None:
    def method(self: Any) -> Any:
        return function(self)

    _named(method, f"__{name}__")


def _install_order(name: str, function: Function) -> None:
    def method(self: Any, other: Any) -> Any:
        return function(self, other)

    _named(method, f"__{name}__")


# ---- equality ----


def _install_equality(name: str, operation: Op, kernel: Function, otherwise: bool) -> None:
    """`==` and `!=`: shapes that do not broadcast, and None, are simply different."""
    allowed = fast_dtypes(operation)

    def method(self: Any, other: Any) -> Any:
        if type(other) is EagerTensor and type(self) is EagerTensor and not state.needs_dispatch:
            a, b = self.storage, other.storage
            if (
                type(a) is ndarray
                and type(b) is ndarray
                and a.dtype is b.dtype
                and a.dtype in allowed
            ):
                try:
                    return EagerTensor(np.asarray(kernel(a, b)))
                except ValueError:
                    return EagerTensor(np.array(otherwise))
        if other is None:
            return otherwise
        if type(self) is SymbolicTensor and not self.op.graph.building_function:
            return (self is other) != otherwise
        if is_dispatched(other):
            made = redirect("not_equal" if otherwise else "equal", self, other)
            if made is not NotImplemented:
                return made
        return operation(*agree(self, other), incompatible_shape_error=False)

    _named(method, f"__{name}__")


# ---- operators that depend on the dtype ----
# As in TensorFlow, a node for integers gets its own name inside the scope `name`.


def _conjunction(x: Any, y: Any, name: str | None = None) -> Any:
    x, y = agree(x, y)
    if x.dtype is dtypes.bool:
        return logical.logical_and(x, y, name)
    return bitwise.bitwise_and(x, y)


def _disjunction(x: Any, y: Any, name: str | None = None) -> Any:
    x, y = agree(x, y)
    if x.dtype is dtypes.bool:
        return logical.logical_or(x, y, name)
    return bitwise.bitwise_or(x, y)


def _exclusion(x: Any, y: Any, name: str | None = None) -> Any:
    x, y = agree(x, y)
    if x.dtype is dtypes.bool:
        return logical.logical_xor(x, y, name)
    return bitwise.bitwise_xor(x, y)


def _inversion(x: Any) -> Any:
    return logical.logical_not(x) if x.dtype is dtypes.bool else bitwise.invert(x)


def _multiply(x: Any, y: Any, name: str | None = None) -> Any:
    try:
        return elementwise.multiply(x, y, name)
    except (InvalidArgumentError, TypeError):
        kinds = [getattr(v, "dtype", None) for v in (x, y)]
        if kinds[0] is dtypes.bool or (kinds[1] is dtypes.bool and isinstance(kinds[0], DType)):
            return _product_with_bools(x, y, name)
        raise


def _product_with_bools(x: Any, y: Any, name: str | None) -> Any:
    """With a bool tensor on either side, TensorFlow multiplies whole numbers and gives bools."""
    whole = [cast(convert_to_tensor(v), dtypes.int32) for v in (x, y)]
    return cast(elementwise.multiply(*whole), dtypes.bool, name=name)


def _matmul(x: Any, y: Any, name: str | None = None) -> Any:
    return matmul(x, y, name=name)


def _getitem(self: Any, key: Any) -> Any:
    from tidefall.ops.slices.getitem import getitem

    # From now on without the detour.
    METHODS["__getitem__"] = getitem
    for owner in type(self).__mro__:
        if owner.__dict__.get("__getitem__") is _getitem:
            setattr(owner, "__getitem__", getitem)  # noqa: B010
    return getitem(self, key)


def _install() -> None:
    _install_binary("add", "add", elementwise.add, loose=True)
    _install_binary("sub", "sub", elementwise.subtract)
    _install_binary("mul", "mul", _multiply)
    _install_binary("truediv", "truediv", division.truediv, loose=True)
    _install_binary("div", "truediv", division.truediv, loose=True)
    _install_binary("floordiv", "floordiv", division.floordiv)
    _install_binary("mod", "mod", division.floormod)
    _install_binary("pow", "pow", power.pow)
    _install_binary("matmul", "matmul", _matmul, loose=True)
    _install_binary("and", "and", _conjunction)
    _install_binary("or", "or", _disjunction)
    _install_binary("xor", "xor", _exclusion)
    _install_order("lt", comparison.less)
    _install_order("le", comparison.less_equal)
    _install_order("gt", comparison.greater)
    _install_order("ge", comparison.greater_equal)
    _install_equality("eq", comparison.equal_op, np.equal, False)
    _install_equality("ne", comparison.not_equal_op, np.not_equal, True)
    _install_unary("neg", elementwise.negative)
    _install_unary("abs", unary.abs)
    _install_unary("invert", _inversion)
    METHODS["__getitem__"] = _getitem


_install()
