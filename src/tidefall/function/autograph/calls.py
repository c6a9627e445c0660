"""Calls in converted code: what a function is replaced by before it is called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from tidefall.base import nest
from tidefall.function.autograph.builtins import OVERLOADS
from tidefall.function.autograph.context import context
from tidefall.function.autograph.conversion import convert, is_converted
from tidefall.function.autograph.errors import explained
from tidefall.function.autograph.lists import StagedList
from tidefall.function.autograph.rules import converts, is_library
from tidefall.graph.user_code import PACKAGE


def call(function: Any) -> Any:
    """What converted code calls instead of `function`."""
    kind = type(function)
    if kind is FunctionType:
        if is_converted(function) or not context.converts:
            return function
        return convert(function) if converts(function) else OVERLOADS.get(function, function)
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
    method = getattr(kind, "__call__", None)  # noqa: B004 - it is looked at, not tested
    if type(method) is not FunctionType or is_library(method.__globals__.get("__name__") or ""):
        return function
    return MethodType(call(method), function)


def traced(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """What is traced for a Python function: the same, converted if it is to be.

    Args:
        function: the user's function.
        name: what it is called in errors.
    """
    method = getattr(function, "method_of", None)  # tf.function bound it to its object
    owner = None if method is None else method[0]()
    if owner is None:
        # Asked for by name: converted wherever it was defined, but for our own code.
        requested = type(function) is FunctionType and context.converts
        target = _requested(function) if requested else call(function)
        if target is function:
            return function
    else:
        target = functools.partial(call(method[1]), owner)  # type: ignore[index]

    def run(*args: Any, **kwargs: Any) -> Any:
        with explained(name):
            return nest.map_structure(_finished, target(*args, **kwargs))

    return run


def _requested(function: FunctionType) -> FunctionType:
    """A function that was given to `tf.function`, converted."""
    return function if function.__code__.co_filename.startswith(PACKAGE) else convert(function)


def _finished(value: Any) -> Any:
    """A result as the function's caller gets it: lists that loops filled become tensors."""
    return value.stack() if type(value) is StagedList else value
