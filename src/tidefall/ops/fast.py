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
from tidefall.core.op import Op, quietly
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, ndarray

Function = Callable[..., Any]


def fast_dtypes(operation: Op, attr: str = "T") -> dict[Any, bool]:
    """The NumPy dtypes an op takes, as keys of a dict for a quick test."""
    attr_def = operation.definition.attrs[attr]
    allowed = attr_def.allowed_order or tuple(dtypes.FROM_NUMPY.values())
    return {
        np.dtype(d.as_numpy_dtype): True
        for d in allowed
        if not d.is_quantized and d not in (dtypes.string, dtypes.resource, dtypes.variant)
    }


def fast_binary(operation: Op, kernel: Function, quiet: bool = True) -> Callable[[Function], Function]:
    """Short cut for `f(x, y, name=None)`.

    Args:
        operation: the op, for the dtypes it takes.
        kernel: NumPy function of two arrays.
        quiet: run with floating-point warnings off. False saves time where they are rare: a
            warning then falls through to the common path, which is quiet.
    """
    allowed = fast_dtypes(operation)
    run = quietly(kernel) if quiet else kernel

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(x: Any, y: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and type(y) is EagerTensor and not state.busy:
                a = x._value
                b = y._value
                if type(a) is ndarray and type(b) is ndarray and a.dtype is b.dtype and a.dtype in allowed:
                    try:
                        result = run(a, b)
                    except (ValueError, RuntimeWarning):
                        return function(x, y, name)
                    return EagerTensor(result if type(result) is ndarray else np.asarray(result))
            return function(x, y, name)

        return call

    return decorate


def fast_unary(operation: Op, kernel: Function, quiet: bool = True) -> Callable[[Function], Function]:
    """Short cut for `f(x, name=None)`; see `fast_binary`."""
    allowed = fast_dtypes(operation)
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
    """Let a Python value or array take the dtype of the tensor it meets, as operators do."""
    hint = getattr(x, "dtype", None)
    if isinstance(hint, DType):
        if isinstance(getattr(y, "dtype", None), DType):
            return x, y
        return x, convert_to_tensor(y, dtype_hint=hint)
    hint = getattr(y, "dtype", None)
    if isinstance(hint, DType):
        return convert_to_tensor(x, dtype_hint=hint), y
    x = convert_to_tensor(x)
    return x, convert_to_tensor(y, dtype_hint=x.dtype)
