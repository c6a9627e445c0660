"""TF1's `Dimension`: the size of one dimension as an object, perhaps unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


def size_of(value: Any) -> int | None:
    """The size of one dimension: an int of at least 0, or None when unknown."""
    if value is None:
        return None
    if isinstance(value, Dimension):
        return value.value
    try:
        size = int(operator.index(value))
    except TypeError:
        raise TypeError(
            "Dimension value must be integer or None or have an __index__ method, "
            f"got value '{value!r}' with type '{type(value)!r}'"
        ) from None
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


def _arithmetic(function: Callable[[int, int], int], swap: bool = False) -> Any:
    def method(self: Dimension, other: Any) -> Any:
        try:
            value = size_of(other)
        except (TypeError, ValueError):
            return NotImplemented
        a, b = (value, self.value) if swap else (self.value, value)
        return Dimension(None if a is None or b is None else function(a, b))

    return method


def _comparison(function: Callable[[int, int], bool]) -> Any:
    def method(self: Dimension, other: Any) -> Any:
        a, b = self.value, size_of(other)
        return None if a is None or b is None else function(a, b)

    return method


def _floordiv(a: int, b: int) -> int:
    return a // b


def _no_true_division(left: Any, right: Any) -> TypeError:
    return TypeError(
        f"unsupported operand type(s) for /: '{type(left).__name__}' and "
        f"'{type(right).__name__}', please use // instead"
    )


class Dimension:
    """The size of one dimension in TF1's style, where anything done with an unknown is unknown.

    Comparisons with an unknown size give None.

    Args:
        value: an int, None, another Dimension or anything with `__index__`.

    Raises:
        TypeError: the value is not an integer.
        ValueError: the value is negative.

    >>> from tidefall.base.dimension import Dimension
    >>> Dimension(3) + 4, Dimension(3) * None
    (Dimension(7), Dimension(None))
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: Any) -> None:
        self._value = size_of(value)

    @property
    def value(self) -> int | None:
        """The size, or None when unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the two are equal or one of them is unknown."""
        value = size_of(other)
        return self._value is None or value is None or self._value == value

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless the two are equal or one of them is unknown."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """The one of the two that is known; raises ValueError if they contradict each other."""
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other._value if self._value is None else self._value)

    __add__ = _arithmetic(operator.add)
    __radd__ = _arithmetic(operator.add, swap=True)
    __sub__ = _arithmetic(operator.sub)
    __rsub__ = _arithmetic(operator.sub, swap=True)
    __mul__ = _arithmetic(operator.mul)
    __rmul__ = _arithmetic(operator.mul, swap=True)
    __floordiv__ = _arithmetic(_floordiv)
    __rfloordiv__ = _arithmetic(_floordiv, swap=True)
    __mod__ = _arithmetic(operator.mod)
    __rmod__ = _arithmetic(operator.mod, swap=True)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    def __truediv__(self, other: Any) -> Any:
        raise _no_true_division(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        raise _no_true_division(other, self)

    # As in TensorFlow: equality can be unknown, so a Dimension has no hash, is no dictionary key.
    def __eq__(self, other: object) -> Any:
        try:
            value = size_of(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if self._value is None or value is None else self._value == value

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is None or equal is NotImplemented else not equal

    def __bool__(self) -> bool:
        return bool(self._value)

    def __int__(self) -> Any:
        return self._value

    def __index__(self) -> Any:
        return self._value

    def __repr__(self) -> str:
        return f"Dimension({self._value})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        return Dimension, (self._value,)


def as_dimension(value: Any) -> Dimension:
    """The dimension itself, or a new `Dimension` of anything that class takes."""
    return value if isinstance(value, Dimension) else Dimension(value)


def dimension_value(dimension: Any) -> Any:
    """The size of a `Dimension`; anything else is returned as it is.

    >>> import tidefall as tf
    >>> tf.compat.dimension_value(tf.TensorShape([3, None])[0])
    3
    """
    return dimension.value if isinstance(dimension, Dimension) else dimension
