"""Short cuts for eager arithmetic: straight from two arrays to the NumPy kernel.

Each decorator wraps a public function written for the common path. When the arguments are plain
eager arrays of an allowed dtype and no graph is being built, the kernel is called directly, and
shown to the tapes if there are any; everything else, errors included, goes to the wrapped function.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import dispatched
from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.float_errors import quietly
from tidefall.base.state import state
from tidefall.composite.variables.variable import Variable
from tidefall.native.functions import Native
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.ops.eager_tiers import LARGE, prefer_compiled
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

Function = Callable[..., Any]

# TensorFlow gives inf and nan without a word, and the kernels called from here shall, too.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tidefall\.ops\.fast$")

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_INTS = (np.dtype(np.int32), np.dtype(np.int64))


class _Quiet:
    """A kernel of NumPy's that is called like a native one."""

    __slots__ = ("run",)

    def __init__(self, run: Function):
        self.run = run


def runnable(kernel: Function, quiet: bool) -> Native | _Quiet:
    """An object whose `run` is the kernel; a native one may become another.

    Args:
        kernel: a function of arrays.
        quiet: run with floating-point warnings off; native kernels give none.
    """
    if isinstance(kernel, Native):
        return kernel
    return _Quiet(quietly(kernel) if quiet else kernel)


def fast_dtypes(
    operation: Op, attr: str | None = "T", kinds: str | None = None, **attrs: Any
) -> dict[Any, dict[str, Any]]:
    """The NumPy dtypes an op takes, each with the attributes of a call.

    Args:
        operation: the op.
        attr: its type attribute; None for an op that takes only booleans.
        kinds: NumPy's letters of the kinds of dtypes to keep; None keeps all.
        **attrs: values of attributes that differ from their defaults.
    """
    complete = {**operation.definition.defaults, **attrs}
    if attr is None:
        return {np.dtype(np.bool_): complete}
    attr_def = operation.definition.attrs[attr]
    allowed = attr_def.allowed_order or tuple(dtypes.FROM_NUMPY.values())
    found = {
        np.dtype(d.as_numpy_dtype): {**complete, attr: d}
        for d in allowed
        if not d.is_quantized and d not in (dtypes.string, dtypes.resource, dtypes.variant)
    }
    return {d: v for d, v in found.items() if kinds is None or d.kind in kinds}


def fast_binary(
    operation: Op,
    kernel: Function,
    quiet: bool = True,
    attr: str | None = "T",
    kinds: str | None = None,
    left_decides: bool = False,
) -> Callable[[Function], Function]:
    """Short cut for `f(x, y, name=None)`.

    Args:
        operation: the op, for the dtypes it takes and for the tapes.
        kernel: NumPy function of two arrays.
        quiet: run with floating-point warnings off. False saves time where they are rare; a
            warning made into an error falls through to the common path, which is quiet.
        attr: the op's type attribute; None for an op that takes only booleans.
        kinds: NumPy's letters of the kinds of dtypes to take; None takes all the op knows.
        left_decides: a Python number on the left keeps its own dtype, int32 or float32.
    """
    allowed = fast_dtypes(operation, attr, kinds)
    # NumPy, too, lets a Python number take the dtype of the array it meets.
    weak = isinstance(getattr(kernel, "otherwise", kernel), np.ufunc)
    plain: dict[type, set[Any]] = {float: {d for d in _FLOATS if d in allowed}}
    plain[int] = {d for d in _INTS if d in allowed} | plain[float]
    left = plain
    if left_decides:
        own = {float: np.dtype(np.float32), int: np.dtype(np.int32)}
        left = {kind: {d for d in plain[kind] if d == own[kind]} for kind in plain}
    none: frozenset[Any] = frozenset()
    kernel = runnable(kernel, quiet)

    def decorate(function: Function) -> Function:
        function = dispatched(function)

        @functools.wraps(function)
        def call(x: Any, y: Any, name: str | None = None) -> Any:
            needs_dispatch = state.needs_dispatch
            if needs_dispatch and state.off_host:
                return function(x, y, name)
            if type(x) is EagerTensor:
                a = x.storage
                attrs = allowed.get(a.dtype) if type(a) is ndarray else None
                if attrs is None:
                    return function(x, y, name)
                if type(y) is EagerTensor:
                    b = y.storage
                    if type(b) is not ndarray or b.dtype is not a.dtype:
                        return function(x, y, name)
                elif a.dtype in plain.get(type(y), none):
                    b = y if weak else like(y, x).storage
                elif type(y) is Variable:
                    return call(x, y.value(), name)
                else:
                    return function(x, y, name)
            elif type(y) is EagerTensor and type(x) in left:
                b = y.storage
                if type(b) is not ndarray or b.dtype not in left[type(x)]:
                    return function(x, y, name)
                a = x if weak else like(x, y).storage
                attrs = allowed[b.dtype]
            elif type(x) is Variable:
                return call(x.value(), y.value() if type(y) is Variable else y, name)
            else:
                return function(x, y, name)
            try:
                result = kernel.run(a, b)
            except (ValueError, OverflowError, RuntimeWarning, InvalidArgumentError):
                return function(x, y, name)
            out = EagerTensor(result if type(result) is ndarray else np.asarray(result))
            if needs_dispatch:
                if type(x) is not EagerTensor:
                    x = like(x, y)
                elif type(y) is not EagerTensor:
                    y = like(y, x)
                observe(operation, [x, y], attrs, [out])
            return out

        return call

    return decorate


def fast_unary(
    operation: Op,
    kernel: Function,
    quiet: bool = True,
    attr: str | None = "T",
    kinds: str | None = None,
    costly: bool = False,
) -> Callable[[Function], Function]:
    """Short cut for `f(x, name=None)`.

    Args:
        operation, kernel, quiet, attr, kinds: see `fast_binary`.
        costly: whether XLA is several times as fast as NumPy: large arrays then take the common
            path, on which the op moves to XLA when that pays.
    """
    allowed = fast_dtypes(operation, attr, kinds)
    most = LARGE if costly else sys.maxsize
    if costly:
        prefer_compiled(operation, elements=LARGE)
    kernel = runnable(kernel, quiet)

    def decorate(function: Function) -> Function:
        function = dispatched(function)

        @functools.wraps(function)
        def call(x: Any, name: str | None = None) -> Any:
            needs_dispatch = state.needs_dispatch
            if needs_dispatch and state.off_host:
                return function(x, name)
            if type(x) is not EagerTensor:
                return call(x.value(), name) if type(x) is Variable else function(x, name)
            a = x.storage
            attrs = allowed.get(a.dtype) if type(a) is ndarray else None
            if attrs is None or a.size > most:
                return function(x, name)
            try:
                result = kernel.run(a)
            except (ValueError, RuntimeWarning):
                return function(x, name)
            out = EagerTensor(result if type(result) is ndarray else np.asarray(result))
            if needs_dispatch:
                observe(operation, [x], attrs, [out])
            return out

        return call

    return decorate


def after_shortcut(short: Function) -> Callable[[Function], Function]:
    """Ask a short cut of the same arguments first; where it gives None, the function is called."""

    def decorate(function: Function) -> Function:
        function = dispatched(function)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                result = short(*args, **kwargs)
            except TypeError:  # the function says better what is wrong with the arguments
                result = None
            return function(*args, **kwargs) if result is None else result

        return call

    return decorate


def agree(x: Any, y: Any) -> tuple[Any, Any]:
    """Give two operands one dtype: a Python value or array takes that of the tensor it meets.

    Raises:
        TypeError: if the value does not fit that dtype.
    """
    if state.graph is not None:
        return x, y  # the op does the same, and names what it makes after itself
    if isinstance(getattr(x, "dtype", None), DType):
        if isinstance(getattr(y, "dtype", None), DType):
            return x, y
        return x, convert_to_tensor(y, x.dtype.base_dtype)
    if isinstance(getattr(y, "dtype", None), DType):
        return convert_to_tensor(x, y.dtype.base_dtype), y
    x = convert_to_tensor(x)
    return x, convert_to_tensor(y, x.dtype)


def agree_loosely(
    x: Any, y: Any, x_name: str | None = None, y_name: str | None = None
) -> tuple[Any, Any]:
    """Tensors of both operands; the right one takes the dtype of the left one if it fits.

    A value on the left keeps its own dtype, whatever is on the right.

    Args:
        x, y: the operands.
        x_name, y_name: names of the constants they become in a graph.
    """
    if isinstance(getattr(x, "dtype", None), DType):
        if isinstance(getattr(y, "dtype", None), DType):
            return x, y
        return x, convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name=y_name)
    x = convert_to_tensor(x, name=x_name)
    if isinstance(getattr(y, "dtype", None), DType):
        return x, y
    return x, convert_to_tensor(y, dtype_hint=x.dtype, name=y_name)


@functools.lru_cache(maxsize=4096)
def _scalar(value: Any, kind: type, dtype: DType) -> EagerTensor:
    return EagerTensor(np.array(value, dtype.as_numpy_dtype))


def like(value: Any, x: Any) -> EagerTensor:
    """A Python number as a tensor of shape () with the dtype of `x`; made once, then reused."""
    return _scalar(value, type(value), x.dtype)
