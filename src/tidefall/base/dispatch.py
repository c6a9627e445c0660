"""Public functions that make room for types of their own: ragged tensors, and a program's.

A function exported with `dispatch=` asks, where its short cut does not apply, whether one of its
arguments is of a type that registered itself here. If so the handlers of that type are tried, in
the order they were registered, and the function's own body is not reached.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]

UNARY, BINARY, ASSERT, OTHER = "unary", "binary", "assert", "other"


class Api:
    """A public function that dispatches.

    Attributes:
        name: its first public name.
        kind: UNARY or BINARY for elementwise functions, ASSERT for elementwise assertions, or
            OTHER.
        function: the public function itself.
        handlers: functions called with the same arguments; they may return NotImplemented.
    """

    def __init__(self) -> None:
        self.name = ""
        self.kind = OTHER
        self.function: Any = None
        self.handlers: list[Function] = []

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a handler makes of the arguments, or NotImplemented."""
        if _conversions and (_values_among(args) or _values_among(kwargs.values())):
            return self.function(
                *map(_converted, args), **{key: _converted(v) for key, v in kwargs.items()}
            )
        for handler in self.handlers:
            result = handler(*args, **kwargs)
            if result is not NotImplemented:
                return result
        for handler in _elementwise[self.kind]:
            result = handler(self, *args, **kwargs)
            if result is not NotImplemented:
                return result
        for handler in _everywhere:
            result = handler(self, args, kwargs)
            if result is not NotImplemented:
                return result
        return NotImplemented


_apis: dict[str, Api] = {}
_elementwise: dict[str, list[Function]] = {UNARY: [], BINARY: [], ASSERT: [], OTHER: []}
_everywhere: list[Function] = []
_conversions: dict[type, Function] = {}
_types: dict[type, tuple[str, ...]] = {}
operators: dict[str, Function] = {}
"""What `+` and the like mean for ragged tensors, by method name; filled by their handlers."""
_cache: dict[type, bool] = {}


def register_type(cls: type, *modules: str) -> None:
    """Let functions look for handlers when they are given a `cls`.

    Args:
        cls: the type; its subclasses are meant, too.
        *modules: those that register the handlers, imported when the first is needed.
    """
    _types[cls] = modules
    _cache.clear()


def register_conversion(cls: type, convert: Function) -> None:
    """Let every function take a `cls` in place of what `convert` makes of it."""
    _conversions[cls] = convert
    register_type(cls)


def _values_among(args: Any) -> bool:
    return any(_holds(value, tuple(_conversions)) for value in args)


def _converted(value: Any) -> Any:
    """An argument, or the items of a list, with what stands for another value converted."""
    if type(value) in (list, tuple):
        return type(value)([_converted(item) for item in value])
    for cls, convert in _conversions.items():
        if isinstance(value, cls):
            return convert(value)
    return value


def handle_everywhere(handler: Function) -> None:
    """Register a handler of all functions, `handler(api, args, kwargs)`; NotImplemented: not mine.

    It is asked last, when a function is given a value of a class that is neither Python's nor
    NumPy's nor Tidefall's.
    """
    _everywhere.append(handler)
    _cache.clear()


_OWN = frozenset({"abc", "builtins", "collections", "ml_dtypes", "numpy", "tidefall"})


def is_dispatched(value: object) -> bool:
    """Whether a value is of a type that has handlers."""
    kind = type(value)
    found = _cache.get(kind)
    if found is None:
        owners = [cls for cls in _types if issubclass(kind, cls)]
        for owner in owners:
            modules, _types[owner] = _types[owner], ()
            for module in modules:
                importlib.import_module(module)
        foreign = bool(_everywhere) and kind.__module__.partition(".")[0] not in _OWN
        found = _cache[kind] = foreign or bool(owners)
    return found


def _among(args: Any) -> bool:
    for value in args:
        if is_dispatched(value):
            return True
        if type(value) in (list, tuple) and any(is_dispatched(item) for item in value):
            return True
    return False


def redirect(public: str, /, *args: Any, **kwargs: Any) -> Any:
    """What the handlers of the public function `public` make of the arguments.

    NotImplemented if none takes them.
    """
    return api(public)(args, kwargs)


def api(name: str) -> Api:
    """The record of the public function `name`."""
    return _apis.setdefault(name, Api())


def dispatched(function: Function) -> Function:
    """Ask the handlers before `function` is called; the part of a function behind its short cut.

    The record is attached to the result, and with `functools.wraps` to what wraps it, and gets its
    name when the function is exported.
    """
    return _asking_first(function, Api())


def _asking_first(function: Function, record: Api) -> Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if (_types or _everywhere) and (_among(args) or (kwargs and _among(kwargs.values()))):
            result = record(args, kwargs)
            if result is not NotImplemented:
                return result
        return function(*args, **kwargs)

    made: Any = call
    made.dispatch_api = record
    return made


def dispatchable(function: Function) -> Function:
    """Mark a function whose own body asks the handlers, with `is_dispatched` and `redirect`."""
    marked: Any = function
    marked.dispatch_api = Api()
    return marked


def publish(function: Function, names: tuple[str, ...], kind: str) -> Function:
    """Give an exported function that dispatches its names; wraps it if it does not ask itself."""
    record = next((_apis[name] for name in names if name in _apis), None)
    asking: Api | None = getattr(function, "dispatch_api", None)
    if asking is None:
        asking = Api()
        function = _asking_first(function, asking)
    if record is not None:  # a handler came first
        asking.handlers = record.handlers
    asking.name, asking.kind, asking.function = names[0], kind, function
    for name in names:
        _apis[name] = asking
    return function


def handles(*names: str, given: type | None = None) -> Callable[[Function], Function]:
    """Register a handler of public functions; it may return NotImplemented.

    Args:
        *names: public names of the functions.
        given: the handler is asked only if an argument, or an item of a list, is of this type.
    """

    def register(handler: Function) -> Function:
        for name in names:
            api(name).handlers.append(handler if given is None else only_given(given, handler))
        return handler

    return register


def only_given(cls: type, handler: Function) -> Function:
    """A handler that is asked only if an argument, or an item of a list, is of a class."""

    def when_given(*args: Any, **kwargs: Any) -> Any:
        if not any(_holds(value, cls) for value in (*args, *kwargs.values())):
            return NotImplemented
        return handler(*args, **kwargs)

    return when_given


def add_elementwise_handler(kind: str, handler: Function) -> list[Function]:
    """Register a handler of all functions of a kind, before those there are.

    Returns the list it is in.
    """
    _elementwise[kind].insert(0, handler)
    return _elementwise[kind]


def forget(handlers: list[Function], handler: Function) -> None:
    """Take a handler out of its list."""
    handlers.remove(handler)


def _holds(value: Any, cls: Any) -> bool:
    if type(value) in (list, tuple):
        return any(isinstance(item, cls) for item in value)
    return isinstance(value, cls)


def handles_elementwise(kind: str) -> Callable[[Function], Function]:
    """Register a handler of all functions of a kind, called with the `Api` first."""

    def register(handler: Function) -> Function:
        _elementwise[kind].append(handler)
        return handler

    return register
