"""Calls in converted code: what a function is replaced by before it is called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from tidefall.function.autograph.builtins import OVERLOADS
from tidefall.function.autograph.context import context
from tidefall.function.autograph.conversion import convert, is_converted
from tidefall.function.autograph.rules import converts, is_library


def call(function: Any) -> Any:
    """What converted code calls instead of `function`."""
    kind = type(function)
    if kind is FunctionType:
        if is_converted(function) or not context.converts:
            return function
        return convert(function) if converts(function) else function
    if kind is MethodType:
        inner = function.__func__
        if type(inner) is FunctionType:
            return MethodType(call(inner), function.__self__)
        return function
    if isinstance(function, type):
        return OVERLOADS.get(function, function)
    if kind is functools.partial:
        return functools.partial(call(function.func), *function.args, **function.keywords)
    try:
        found = OVERLOADS.get(function)
    except TypeError:  # unhashable objects may be callable
        found = None
    if found is not None:
        return found
    return _called_object(function, kind)


def _called_object(function: Any, kind: type) -> Any:
    """An object with a `__call__` of the user's."""
    method = getattr(kind, "__call__", None)
    if type(method) is not FunctionType or is_library(method.__globals__.get("__name__") or ""):
        return function
    return MethodType(call(method), function)


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """What `tf.function` traces for a Python function: the same, converted if it is to be."""
    method = getattr(function, "_method_of", None)
    if method is not None:  # a method that tf.function bound to its object
        target, inner = method

        def bound(*args: Any, **kwargs: Any) -> Any:
            return call(inner)(target(), *args, **kwargs)

        return functools.wraps(function)(bound) if target() is not None else function
    return call(function)
