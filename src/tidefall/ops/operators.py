"""Operators of tensors and variables: `x + y`, `x[1:]`, `x @ y`, `x == y`.

`import tidefall` must stay light, so what is installed at first are stand-ins: the first use of
any of them loads the real ones (`tidefall.ops.operator_methods`) and puts them in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.composite.variables.variable import Variable
from tidefall.tensor.tensor import Tensor

Method = Callable[..., Any]

NAMES = (
    "__abs__", "__add__", "__and__", "__div__", "__eq__", "__floordiv__", "__ge__", "__getitem__",
    "__gt__", "__invert__", "__le__", "__lt__", "__matmul__", "__mod__", "__mul__", "__ne__",
    "__neg__", "__or__", "__pow__", "__radd__", "__rand__", "__rdiv__", "__rfloordiv__",
    "__rmatmul__", "__rmod__", "__rmul__", "__ror__", "__rpow__", "__rsub__", "__rtruediv__",
    "__rxor__", "__sub__", "__truediv__", "__xor__",
)  # fmt: skip


def _stand_in(name: str) -> Method:
    def method(self: Any, *args: Any) -> Any:
        from tidefall.ops.operator_methods import METHODS

        real = METHODS[name]
        for owner in type(self).__mro__:
            if owner.__dict__.get(name) is method:
                setattr(owner, name, real)
        return real(self, *args)

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    return method


_stand_ins: dict[str, Method] = {}


def operator_methods() -> dict[str, Method]:
    """The operators by method name, to be set on a class that behaves like a tensor."""
    if not _stand_ins:
        _stand_ins.update((name, _stand_in(name)) for name in NAMES)
    return dict(_stand_ins)


def install() -> None:
    """Give `tf.Tensor` and `tf.Variable` their operators."""
    for name, method in operator_methods().items():
        setattr(Tensor, name, method)
        setattr(Variable, name, method)
    Tensor.OVERLOADABLE_OPERATORS = frozenset(NAMES)
