"""TensorFlow's public functions with promotion, put in place by `install`."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from tidefall._index import EXPORTS
from tidefall.base.config import config
from tidefall.base.exports import exported, replace_export
from tidefall.composite.variables.variable import Variable
from tidefall.composite.weak_number import WeakNumber
from tidefall.ops.math.cast import cast
from tidefall.ops.numpy.promotion import leaves
from tidefall.ops.numpy.settings import weak_numbers
from tidefall.ops.numpy.weak import is_weak, promoted, strengthen, weak_dtype, weaken
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

Function = Callable[..., Any]

_KEEP = """
abs acos acosh asin asinh atan atanh cos cosh exp floor negative ones_like round sign sin sinh sqrt
square tan tanh zeros_like identity math.angle math.bessel_i0 math.bessel_i0e math.bessel_i1
math.bessel_i1e math.ceil math.conj math.digamma math.erf math.erfc math.erfcinv math.erfinv
math.expm1 math.imag math.lgamma math.log math.log1p math.log_sigmoid math.ndtri math.real
math.reciprocal math.reciprocal_no_nan math.rint math.rsqrt math.sigmoid math.softplus
math.special.bessel_i0 math.special.bessel_j0 math.special.dawsn math.special.expint
math.special.spence math.special.bessel_y0 math.special.fresnel_cos nn.gelu nn.leaky_relu
nn.log_softmax nn.relu6 nn.silu reduce_sum reduce_prod reduce_mean reduce_max reduce_min
reduce_logsumexp math.reduce_std math.reduce_variance math.reduce_euclidean_norm squeeze transpose
linalg.diag linalg.diag_part linalg.tensor_diag_part linalg.trace linalg.matrix_transpose
expand_dims reshape stop_gradient clip_by_value
"""
_PROMOTE = """
add subtract multiply divide truediv realdiv pow math.floordiv math.floormod math.divide_no_nan
math.multiply_no_nan matmul
"""
_PROMOTE_STRONGLY = "maximum minimum equal not_equal"

_originals: dict[str, Function] = {}
_assignments: dict[str, Function] = {}


def _is_weak_value(value: Any) -> bool:
    """Whether a value is a weak tensor, or Python numbers that would make one."""
    if isinstance(value, Tensor):
        return is_weak(value)
    found = list(leaves(value))
    return bool(found) and all(
        isinstance(leaf, (int, float, complex, WeakNumber)) and not isinstance(leaf, bool)
        for leaf in found
    )


def _keeping(function: Function) -> Function:
    """A function that gives a weak tensor for one, or for Python numbers."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        first = args[0] if args else next(iter(kwargs.values()), None)
        if kwargs.get("dtype") is None and _is_weak_value(first):
            return weaken(result, (first,))
        return result

    return call


def _promoting(function: Function, weak: bool) -> Function:
    """A function of two tensors that are first given the dtype they have in common."""

    @functools.wraps(function)
    def call(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        dtype, weakly = promoted([x, y])
        result = function(_to(x, dtype), _to(y, dtype), *args, **kwargs)
        return weaken(result) if weakly and weak else result

    return call


def _by_name(function: Function, weak: bool) -> Function:
    """The same, for arguments given by name too."""
    inner = _promoting(function, weak)
    code = getattr(function, "__wrapped__", function)
    while hasattr(code, "__wrapped__"):
        code = code.__wrapped__
    first, second = code.__code__.co_varnames[:2]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = list(args)
        for name in (first, second)[len(given) :]:
            if name in kwargs:
                given.append(kwargs.pop(name))
        if len(given) < 2:
            return function(*given, **kwargs)
        return inner(*given, **kwargs)

    return call


def _to(value: Any, dtype: Any) -> Any:
    if isinstance(value, (Tensor, Variable)):
        tensor = convert_to_tensor(value)
        return strengthen(tensor) if tensor.dtype == dtype else cast(tensor, dtype)
    if hasattr(value, "dtype"):
        return cast(convert_to_tensor(value), dtype)
    return convert_to_tensor(value, dtype)


def _constant(function: Function) -> Function:
    """`tf.constant`: Python numbers make weak tensors, and tensors are cast."""

    @functools.wraps(function)
    def call(value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const") -> Any:
        if isinstance(value, Tensor) and not value.is_symbolic:
            return value if dtype is None else cast(value, dtype)
        if dtype is None and _is_weak_value(value):
            weak_dtype(value)  # rejects numbers that do not fit
            return weaken(function(value, None, shape, name))
        return function(value, dtype, shape, name)

    return call


def _strong(function: Function) -> Function:
    """A function whose result is not weak."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return strengthen(function(*args, **kwargs))

    return call


def _assigning(method: Function) -> Function:
    """An assignment of a value that the variable's dtype can take."""

    @functools.wraps(method)
    def call(self: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        dtype = self.dtype.base_dtype
        try:
            other = weak_dtype(value)
        except TypeError:
            return method(self, value, *args, **kwargs)
        if other[0] != dtype:
            found, weakly = promoted([dtype, value])
            if found != dtype or weakly:
                raise TypeError(
                    f"A value of dtype {other[0].name} cannot be assigned to a variable of dtype "
                    f"{dtype.name}: together they would be {found.name}. Use tf.cast."
                )
            value = _to(value, dtype)
        return method(self, value, *args, **kwargs)

    return call


def _replacements() -> dict[str, Callable[[Function], Function]]:
    made: dict[str, Callable[[Function], Function]] = {"constant": _constant}
    made.update(cast=_strong, convert_to_tensor=_strong)
    made.update((name, _keeping) for name in _KEEP.split())
    made.update((name, lambda f: _by_name(f, weak=True)) for name in _PROMOTE.split())
    strongly = _PROMOTE_STRONGLY.split()
    made.update((name, lambda f: _by_name(f, weak=False)) for name in strongly)
    return {name: wrap for name, wrap in made.items() if name in EXPORTS}


def install() -> None:
    """Put the functions for the current mode in place."""
    uninstall()
    if config.numpy_dtype_mode == "legacy":
        _replace("divide", lambda function: _legacy_divide)
    if not weak_numbers():
        return
    for name, wrap in _replacements().items():
        _replace(name, wrap)
    for name in ("assign", "assign_add", "assign_sub"):
        _assignments[name] = getattr(Variable, name)
        setattr(Variable, name, _assigning(_assignments[name]))


def _replace(name: str, wrap: Callable[[Function], Function]) -> None:
    importlib.import_module(EXPORTS[name])
    _originals[name] = exported(name)
    replace_export(_originals[name], wrap(_originals[name]))


def _legacy_divide(x: Any, y: Any, name: str | None = None) -> Any:
    """`tf.divide`, which is the operator, and promotes as that does."""
    if isinstance(x, (Tensor, Variable)) or isinstance(y, (Tensor, Variable)):
        return x / y
    return _originals["divide"](x, y, name)


def uninstall() -> None:
    """Put the functions themselves back."""
    for name, function in _originals.items():
        replace_export(exported(name), function)
    for name, method in _assignments.items():
        setattr(Variable, name, method)
    _originals.clear()
    _assignments.clear()
