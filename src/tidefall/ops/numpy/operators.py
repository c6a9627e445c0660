"""Operators and methods of tensors after `experimental_enable_numpy_behavior`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.composite.variables.variable import Variable
from tidefall.ops import operator_methods
from tidefall.ops.math.cast import cast
from tidefall.ops.numpy import creation, picking, reducing, shaping
from tidefall.ops.numpy.indexing import getitem
from tidefall.ops.numpy.promotion import as_tf_dtype, legacy_result_type
from tidefall.ops.numpy.settings import weak_numbers
from tidefall.ops.numpy.weak import promoted, strengthen, weaken
from tidefall.ops.operators import NAMES
from tidefall.ops.operators import operator_methods as stand_ins
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor

Method = Callable[..., Any]

_ARITHMETIC = ("add", "sub", "mul", "truediv", "div", "floordiv", "mod", "pow")
# Which operators promote, and in the modes "all" and "safe" keep a weak dtype.
_LEGACY = (*_ARITHMETIC, "matmul", "and", "or", "xor", "lt", "le", "gt", "ge", "eq", "ne")
_NEW = (*_ARITHMETIC, "matmul", "eq", "ne")
_UNARY = ("neg", "abs", "invert")
_TESTS = ("lt", "le", "gt", "ge", "eq", "ne")


def _is_plain(x: Any, y: Any) -> bool:
    """Whether two operands need no promotion."""
    return type(x) is EagerTensor and type(y) is EagerTensor and x.dtype is y.dtype


def _to(value: Any, dtype: Any) -> Any:
    if isinstance(value, (Tensor, Variable)):
        tensor = convert_to_tensor(value)
        return strengthen(tensor) if tensor.dtype == dtype else cast(tensor, dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return cast(convert_to_tensor(value), dtype)
    return convert_to_tensor(value, dtype)


def _promoting(method: Method, weak: bool) -> Method:
    """An operator whose operands are first given the dtype they have in common."""

    def call(self: Any, other: Any) -> Any:
        if _is_plain(self, other) or other is None:
            return method(self, other)
        if not weak_numbers():
            dtype = legacy_result_type([self, other])
            return method(_to(self, dtype), _to(other, dtype))
        dtype, weakly = promoted([self, other])
        result = method(_to(self, dtype), _to(other, dtype))
        return weaken(result) if weakly and weak else result

    return _called_like(call, method)


def _keeping(method: Method) -> Method:
    """An operator of one tensor that keeps its weak dtype."""
    from tidefall.ops.numpy.weak import is_weak

    def call(self: Any) -> Any:
        result = method(self)
        return weaken(result, (self,)) if is_weak(self) else result

    return _called_like(call, method)


def _called_like(call: Method, method: Method) -> Method:
    call.__name__ = method.__name__
    call.__qualname__ = method.__qualname__
    return call


def _operators() -> dict[str, Method]:
    """The operators for the current mode, by method name."""
    methods = operator_methods.METHODS
    if config.numpy_dtype_mode == "off":
        return {**{name: methods[name] for name in NAMES}, "__getitem__": getitem}
    names = _NEW if weak_numbers() else _LEGACY
    made: dict[str, Method] = {name: methods[name] for name in NAMES}
    for name in names:
        for method in (f"__{name}__", f"__r{name}__"):
            if method in methods:
                made[method] = _promoting(methods[method], weak=name not in _TESTS)
    if weak_numbers():
        made.update((f"__{name}__", _keeping(methods[f"__{name}__"])) for name in _UNARY)
    made["__getitem__"] = getitem
    return made


# ---- methods ----


def _astype(self: Any, dtype: Any, name: str | None = None) -> Any:
    """The same values in another dtype."""
    return cast(self, as_tf_dtype(dtype), name)


def _reshape(self: Any, *newshape: Any, **kwargs: Any) -> Any:
    """The same elements in another shape, given as ints or as one sequence."""
    target = newshape[0] if len(newshape) == 1 else newshape
    return shaping.reshape(self, target, **kwargs)


def _transpose(self: Any, axes: Any = None) -> Any:
    """Axes in another order, by default reversed."""
    return shaping.transpose(self, axes)


def _ravel(self: Any) -> Any:
    """All elements in one dimension."""
    return shaping.ravel(self)


def _flatten(self: Any, order: Any = "C") -> Any:
    """All elements in one dimension."""
    return shaping.flatten(self, order)


def _clip(self: Any, a_min: Any, a_max: Any) -> Any:
    """Elements moved into an interval."""
    return picking.clip(self, a_min, a_max)


def _max(self: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """The largest element over axes."""
    return reducing.amax(self, axis, out, keepdims)


def _min(self: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """The smallest element over axes."""
    return reducing.amin(self, axis, out, keepdims)


def _mean(
    self: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = None
) -> Any:
    """The mean over axes."""
    return reducing.mean(self, axis, dtype, out, keepdims)


def _tolist(self: Any) -> Any:
    """The values as nested lists."""
    return convert_to_tensor(self).numpy().tolist()


def _pos(self: Any) -> Any:
    """The tensor itself."""
    return self if isinstance(self, Tensor) else creation.array(self)


_ADDED: dict[str, Any] = {
    "T": property(lambda self: shaping.transpose(self), doc="The axes reversed."),
    "data": property(lambda self: self, doc="The tensor itself."),
    "size": property(lambda self: shaping.size(self), doc="Number of elements."),
    "astype": _astype,
    "clip": _clip,
    "flatten": _flatten,
    "max": _max,
    "mean": _mean,
    "min": _min,
    "ravel": _ravel,
    "reshape": _reshape,
    "tolist": _tolist,
    "transpose": _transpose,
    "__pos__": _pos,
}


def install() -> None:
    """Give tensors and variables the operators and methods of the current mode."""
    made = _operators()
    for owner in (Tensor, Variable):
        for name, method in made.items():
            setattr(owner, name, method)
    # Variables keep their own.
    Variable.__getitem__ = operator_methods.METHODS["__getitem__"]  # type: ignore[method-assign]
    for name, value in _ADDED.items():
        if not isinstance(value, property):
            value.__name__ = name
        setattr(Tensor, name, value)


def are_installed() -> bool:
    """Whether tensors have them now."""
    return all(name in vars(Tensor) for name in _ADDED)


def uninstall() -> None:
    """Give tensors and variables their own operators back."""
    for owner in (Tensor, Variable):
        for name, method in stand_ins().items():
            setattr(owner, name, method)
    for name in _ADDED:
        delattr(Tensor, name)
