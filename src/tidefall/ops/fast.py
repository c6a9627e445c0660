"""Short cuts for eager arithmetic: straight from two arrays to the NumPy kernel.

Each decorator wraps a public function written for the common path. When the arguments are plain
eager arrays of an allowed dtype and nothing is recording (`state.busy`), the kernel is called
directly; everything else, errors included, goes to the wrapped function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import DType
from tidefall.core.errors import InvalidArgumentError
from tidefall.core.op import Op, quietly
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, ndarray

Function = Callable[..., Any]
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_INTS = (np.dtype(np.int32), np.dtype(np.int64))


def fast_dtypes(operation: Op, attr: str | None = "T") -> dict[Any, bool]:
    """The NumPy dtypes an op takes, as keys of a dict for a quick test."""
    if attr is None:
        return {np.dtype(np.bool_): True}
    attr_def = operation.definition.attrs[attr]
    allowed = attr_def.allowed_order or tuple(dtypes.FROM_NUMPY.values())
    return {
        np.dtype(d.as_numpy_dtype): True
        for d in allowed
        if not d.is_quantized and d not in (dtypes.string, dtypes.resource, dtypes.variant)
    }


def fast_binary(
    operation: Op, kernel: Function, quiet: bool = True, attr: str | None = "T"
) -> Callable[[Function], Function]:
    """Short cut for `f(x, y, name=None)`.

    Args:
        operation: the op, for the dtypes it takes.
        kernel: NumPy function of two arrays.
        quiet: run with floating-point warnings off. False saves time where they are rare: a
            warning then falls through to the common path, which is quiet.
        attr: the op's type attribute; None for an op that takes only booleans.
    """
    allowed = fast_dtypes(operation, attr)
    floats = {d: True for d in _FLOATS if d in allowed}
    ints = {d: True for d in _INTS if d in allowed}
    run = quietly(kernel) if quiet else kernel

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(x: Any, y: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and not state.busy:
                a = x._value
                if type(y) is EagerTensor:
                    b = y._value
                    if (
                        type(a) is not ndarray
                        or type(b) is not ndarray
                        or a.dtype is not b.dtype
                        or a.dtype not in allowed
                    ):
                        return function(x, y, name)
                elif type(a) is ndarray and (
                    (type(y) is float and a.dtype in floats)
                    or (type(y) is int and (a.dtype in ints or a.dtype in floats))
                ):
                    b = y  # NumPy, too, lets a Python number take the array's dtype.
                else:
                    return function(x, y, name)
                try:
                    result = run(a, b)
                except (ValueError, OverflowError, RuntimeWarning, InvalidArgumentError):
                    return function(x, y, name)
                return EagerTensor(result if type(result) is ndarray else np.asarray(result))
            return function(x, y, name)

        return call

    return decorate


def fast_unary(
    operation: Op,
    kernel: Function,
    quiet: bool = True,
    attr: str | None = "T",
    only_real: bool = False,
) -> Callable[[Function], Function]:
    """Short cut for `f(x, name=None)`; see `fast_binary`."""
    allowed = fast_dtypes(operation, attr)
    if only_real:
        allowed = {dtype: True for dtype in allowed if dtype.kind != "c"}
    run = quietly(kernel) if quiet else kernel

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(x: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and not state.busy:
                a = x._value
                if type(a) is ndarray and a.dtype in allowed:
                    try:
                        result = run(a)
                    except (ValueError, RuntimeWarning):
                        return function(x, name)
                    return EagerTensor(result if type(result) is ndarray else np.asarray(result))
            return function(x, name)

        return call

    return decorate


def agree(x: Any, y: Any) -> tuple[Any, Any]:
    """Give two operands one dtype: a Python value or array takes that of the tensor it meets.

    Raises:
        TypeError: if the value does not fit that dtype.
    """
    if isinstance(getattr(x, "dtype", None), DType):
        if isinstance(getattr(y, "dtype", None), DType):
            return x, y
        return x, convert_to_tensor(y, x.dtype.base_dtype)
    if isinstance(getattr(y, "dtype", None), DType):
        return convert_to_tensor(x, y.dtype.base_dtype), y
    x = convert_to_tensor(x)
    return x, convert_to_tensor(y, x.dtype)


def agree_loosely(x: Any, y: Any) -> tuple[Any, Any]:
    """Like `agree`, but a value that does not fit keeps its own dtype, for the op to reject."""
    if isinstance(getattr(x, "dtype", None), DType):
        if isinstance(getattr(y, "dtype", None), DType):
            return x, y
        return x, convert_to_tensor(y, dtype_hint=x.dtype.base_dtype)
    if isinstance(getattr(y, "dtype", None), DType):
        return convert_to_tensor(x, dtype_hint=y.dtype.base_dtype), y
    x = convert_to_tensor(x)
    return x, convert_to_tensor(y, dtype_hint=x.dtype)


@functools.cache
def _scalar(value: Any, dtype: DType) -> EagerTensor:
    return EagerTensor(np.array(value, dtype.as_numpy_dtype))


def like(value: Any, x: Any) -> EagerTensor:
    """A Python number as a tensor of shape () with the dtype of `x`; made once, then reused."""
    return _scalar(value, x.dtype)
