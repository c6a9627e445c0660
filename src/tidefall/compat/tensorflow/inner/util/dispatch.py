"""`python.util.dispatch` and `tf.__internal__.dispatch`: types that take over the ops they meet.

Asked for by tf-keras, whose symbolic tensors make layers of the ops that meet them, and by
tensorflow-gnn.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from tidefall.base.dispatch import Api, dispatched, handle_everywhere, only_given, register_type
from tidefall.base.exports import replace_export

__all__ = ["GlobalOpDispatcher", "OpDispatcher", "add_dispatch_support", "dispatch_for_types"]


class GlobalOpDispatcher:
    """What is asked about every public function that is given a value of a foreign class."""

    NOT_SUPPORTED = object()

    def handle(self, op: Any, args: Any, kwargs: Any) -> Any:
        """The result of `op(*args, **kwargs)`; NOT_SUPPORTED to leave it to others."""
        return self.NOT_SUPPORTED

    def register(self) -> None:
        """Ask this dispatcher from now on."""

        def handler(record: Api, args: Any, kwargs: Any) -> Any:
            result = self.handle(record.function, args, kwargs)
            return NotImplemented if result is self.NOT_SUPPORTED else result

        # The functions that `x[...]` and the like stand for are made with their module.
        importlib.import_module("tidefall.compat.tensorflow.inner.operators")
        handle_everywhere(handler)


class OpDispatcher:
    """What is asked about one public function."""

    NOT_SUPPORTED = object()

    def handle(self, args: Any, kwargs: Any) -> Any:
        """The result of the function for these arguments; NOT_SUPPORTED to leave it to others."""
        return self.NOT_SUPPORTED

    def register(self, op: Any) -> None:
        """Ask this dispatcher about a function from now on.

        Raises:
            ValueError: if the function does not dispatch.
        """

        asked = _dispatching_method(op) if inspect.ismethod(op) else _record(op)

        def handler(record: Api, args: Any, kwargs: Any) -> Any:
            if record is not asked:
                return NotImplemented
            result = self.handle(args, kwargs)
            return NotImplemented if result is self.NOT_SUPPORTED else result

        handle_everywhere(handler)


def _dispatching_method(method: Any) -> Api:
    """Let a class method of Tidefall's dispatch, and return its record."""
    function, owner = method.__func__, method.__self__
    if not hasattr(function, "dispatch_api"):
        function = add_dispatch_support(function)
        setattr(owner, function.__name__, classmethod(function))
    return _record(function)


def _record(op: Any) -> Api:
    record = getattr(op, "dispatch_api", None)
    if isinstance(record, Api):
        return record
    if not (inspect.isfunction(op) and op.__module__.startswith("tidefall.")):
        raise ValueError(f"{op} does not support dispatch.")
    made = add_dispatch_support(op)
    replace_export(op, made)
    return _record(made)


def dispatch_for_types(op: Any, *types: type) -> Callable[[Any], Any]:
    """Decorate a function to be called in place of a public one for arguments of some classes."""
    record = _record(op)

    def decorate(target: Any) -> Any:
        for cls in types:
            register_type(cls)
            record.handlers.append(only_given(cls, target))
        return target

    return decorate


def add_dispatch_support(target: Any = None, iterable_parameters: Any = None) -> Any:
    """Decorate a function so that types can take it over, as they do the public ones."""
    if target is None:
        return add_dispatch_support
    if isinstance(getattr(target, "dispatch_api", None), Api):
        return target
    made = dispatched(target)
    record: Api = made.dispatch_api  # type: ignore[attr-defined]
    record.name, record.function = target.__name__, made
    return made
