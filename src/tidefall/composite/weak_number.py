"""A Python number whose value a traced function does not depend on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.tensor.conversion import convert_to_tensor, register_tensor_conversion_function

_DTYPES = {bool: dtypes.bool, int: dtypes.int64, float: dtypes.float64}
_ALONE = {bool: dtypes.bool, int: dtypes.int32, float: dtypes.float32}
_OPS = {
    "add": raw.AddV2,
    "sub": raw.Sub,
    "mul": raw.Mul,
    "floordiv": raw.FloorDiv,
    "truediv": raw.RealDiv,
    "mod": raw.FloorMod,
}
_COMPARISONS = {
    "lt": raw.Less,
    "le": raw.LessEqual,
    "gt": raw.Greater,
    "ge": raw.GreaterEqual,
    "eq": raw.Equal,
    "ne": raw.NotEqual,
}


class ValueNeededError(TypeError):
    """The program needs the value of a number that was traced as an unknown one."""


class WeakNumber:
    """Stands for an int or float argument while a function is traced for all its values.

    Like a Python number it takes the dtype of the tensor it meets, and arithmetic and comparison
    with other Python numbers give another one, computed in 64 bits. Whatever needs the value now
    (`range(n)`, `if n > 3`, formatting) raises `ValueNeededError`: Python's control flow over
    Python values is decided while tracing, so such a program has to be traced for each of them.

    Args:
        kind: `int`, `float`, or `bool` for what a comparison gives.
        tensor: its value, a scalar of dtype int64, float64 or bool.
    """

    __slots__ = ("kind", "tensor")
    __array_ufunc__ = None

    def __init__(self, kind: type, tensor: Any):
        self.kind = kind
        self.tensor = tensor

    def as_tensor(self, dtype: DType | None = None) -> Any:
        """The number as a tensor, as `tf.constant(number, dtype)` would give it."""
        wanted = dtype or _ALONE[self.kind]
        if self.kind is bool:
            return convert_to_tensor(self.tensor, wanted)
        if self.kind is float and not (wanted.is_floating or wanted.is_complex):
            raise TypeError(f"Cannot convert a Python float to a tensor of dtype {wanted.name}.")
        if wanted in (dtypes.string, dtypes.bool, dtypes.resource, dtypes.variant):
            raise TypeError(f"Cannot convert a Python number to a tensor of dtype {wanted.name}.")
        return raw.Cast(self.tensor, DstT=wanted)

    def _operand(self, other: Any) -> WeakNumber | None:
        if isinstance(other, WeakNumber):
            return other
        kind = int if type(other) is bool else type(other)
        if kind is int or kind is float:
            value = np.array(other, np.int64 if kind is int else np.float64)
            return WeakNumber(kind, convert_to_tensor(value))
        return None

    def _in(self, kind: type) -> Any:
        if self.kind is kind:
            return self.tensor
        return raw.Cast(self.tensor, DstT=_DTYPES[kind])

    def _apply(self, op: Op, x: WeakNumber, y: WeakNumber, divides: bool = False) -> WeakNumber:
        kind = float if divides or x.kind is float or y.kind is float else int
        return WeakNumber(kind, op(x._in(kind), y._in(kind)))

    def __neg__(self) -> WeakNumber:
        return WeakNumber(self.kind, raw.Neg(self.tensor))

    def __pos__(self) -> WeakNumber:
        return self

    def __abs__(self) -> WeakNumber:
        return WeakNumber(self.kind, raw.Abs(self.tensor))

    def __pow__(self, other: Any) -> Any:
        # The power of two ints is an int or a float, as the sign of the exponent has it.
        exponent = self._operand(other)
        if exponent is None:
            return NotImplemented
        if self.kind is int and exponent.kind is int and not (type(other) is int and other >= 0):
            self._needed()
        return self._apply(raw.Pow, self, exponent)

    def __repr__(self) -> str:
        return f"<traced {self.kind.__name__}>"

    def _needed(self, *_: Any) -> NoReturn:
        raise ValueNeededError(
            f"The value of a Python {self.kind.__name__} is needed while the function is traced."
        )

    __bool__ = __int__ = __float__ = __index__ = __complex__ = _needed
    __str__ = __format__ = __hash__ = __array__ = __iter__ = __len__ = _needed  # type: ignore[assignment]
    __round__ = __trunc__ = __floor__ = __ceil__ = __divmod__ = __rpow__ = _needed


def _arithmetic(name: str, op: Op) -> tuple[Callable[..., Any], Callable[..., Any]]:
    divides = name == "truediv"

    def forward(self: WeakNumber, other: Any) -> Any:
        y = self._operand(other)
        return NotImplemented if y is None else self._apply(op, self, y, divides)

    def reflected(self: WeakNumber, other: Any) -> Any:
        x = self._operand(other)
        return NotImplemented if x is None else self._apply(op, x, self, divides)

    return forward, reflected


def _comparison(op: Op) -> Callable[..., Any]:
    def compare(self: WeakNumber, other: Any) -> Any:
        y = self._operand(other)
        if y is None:
            return NotImplemented
        kind = float if float in (self.kind, y.kind) else int
        return WeakNumber(bool, op(self._in(kind), y._in(kind)))

    return compare


for _name, _op in _OPS.items():
    _forward, _reflected = _arithmetic(_name, _op)
    setattr(WeakNumber, f"__{_name}__", _forward)
    setattr(WeakNumber, f"__r{_name}__", _reflected)
for _name, _op in _COMPARISONS.items():
    setattr(WeakNumber, f"__{_name}__", _comparison(_op))


def _convert(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    return value.as_tensor(dtype)


register_tensor_conversion_function(WeakNumber, _convert)
