"""`python.util.{tf_export, tf_decorator, tf_contextlib, deprecation, dispatch}` and `doc_controls`.

TensorFlow's own source is full of decorators, and packages that grew out of it (tf-keras,
tensorflow-probability, tf-agents) import them. Most only register or document a function.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

contextmanager = contextlib.contextmanager


def unchanged(*_args: Any, **_kwargs: Any) -> Callable[[Any], Any]:
    """A decorator with arguments that returns what it decorates as it is."""
    return _same


def _same(target: Any) -> Any:
    return target


class tf_export:  # noqa: N801 - its name in TensorFlow
    """`@tf_export("a.name")`: remembers the names under which a symbol is published."""

    def __init__(self, *names: str, **options: Any):
        self._names = names
        self._old = tuple(options.get("v1", ()))
        self._api = options.get("api_name", "tensorflow")

    def __call__(self, symbol: Any) -> Any:
        """Remember the names of a function or class, which is returned as it is."""
        for name in self._names:
            _named[f"{self._api}.{name}"] = symbol
        if not isinstance(symbol, (str, int)):
            own = self._names + self._old
            _names_of[id(symbol)] = (symbol, self._api, own)
        return symbol

    def export_constant(self, module_name: str, name: str) -> None:
        """Remember the names of a constant of a module."""
        for public in self._names:
            _named[f"{self._api}.{public}"] = (module_name, name)


_named: dict[str, Any] = {}
_names_of: dict[int, tuple[Any, str, tuple[str, ...]]] = {}

keras_export = functools.partial(tf_export, api_name="keras")


def get_canonical_name_for_symbol(
    symbol: Any, api_name: str = "tensorflow", add_prefix_to_v1_names: bool = False
) -> str | None:
    """The first published name of a symbol; None if it has none of that API."""
    _, api, names = _names_of.get(id(symbol), (None, None, ()))
    return names[0] if names and api == api_name else None


def get_symbol_from_name(name: str) -> Any:
    """The symbol published under "keras.layers.Dense" or the like; None if there is none."""
    return _named.get(name)


class TFDecorator:
    """What `make_decorator` attaches: the function inside, and how its arguments are written."""

    def __init__(
        self,
        decorator_name: str,
        target: Any,
        decorator_doc: str = "",
        decorator_argspec: Any = None,
    ):
        self.decorator_name = decorator_name
        self.decorated_target = target
        self.decorator_doc = decorator_doc
        self.decorator_argspec = decorator_argspec


def make_decorator(
    target: Any,
    decorator_func: Any,
    decorator_name: str | None = None,
    decorator_doc: str = "",
    decorator_argspec: Any = None,
) -> Any:
    """Make `decorator_func` look like `target`, and remember what it wraps."""
    functools.update_wrapper(decorator_func, target)
    name = decorator_name or getattr(decorator_func, "__name__", "decorator")
    made = TFDecorator(name, target, decorator_doc, decorator_argspec)
    decorator_func._tf_decorator = made
    decorator_func.__wrapped__ = target
    if decorator_argspec is not None and hasattr(decorator_argspec, "args"):
        del decorator_func.__wrapped__
    return decorator_func


def unwrap(maybe_tf_decorator: Any) -> tuple[list[TFDecorator], Any]:
    """The decorators around a function, outermost first, and the function inside."""
    decorators: list[TFDecorator] = []
    current = maybe_tf_decorator
    while isinstance(getattr(current, "_tf_decorator", None), TFDecorator):
        decorators.append(current._tf_decorator)
        current = current._tf_decorator.decorated_target
    return decorators, current


def rewrap(decorator_func: Any, previous_target: Any, new_target: Any) -> Any:
    """Put another function inside decorators; returns what is outermost."""
    current, innermost = decorator_func, None
    while isinstance(getattr(current, "_tf_decorator", None), TFDecorator):
        innermost = current
        if current is previous_target:
            break
        current = current._tf_decorator.decorated_target
    if innermost is None or decorator_func is previous_target:
        return new_target
    innermost._tf_decorator.decorated_target = new_target
    innermost.__wrapped__ = new_target
    return decorator_func


def deprecated_alias(
    deprecated_name: str, name: str, func_or_class: Any, warn_once: bool = True
) -> Any:
    """A function or class under an older name."""
    if isinstance(func_or_class, type):
        return type(func_or_class.__name__, (func_or_class,), {"__doc__": func_or_class.__doc__})

    @functools.wraps(func_or_class)
    def call(*args: Any, **kwargs: Any) -> Any:
        return func_or_class(*args, **kwargs)

    return call


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument that has an older name as well.

    Raises:
        ValueError: if both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'.")
    return old_value


deprecated = deprecated_args = deprecated_arg_values = deprecated_endpoints = unchanged
silence = contextlib.nullcontext

do_not_generate_docs = do_not_doc = do_not_doc_inheritable = _same
for_subclass_implementers = doc_private = doc_in_current_and_subclasses = _same


def filter_traceback(fn: Any) -> Any:
    """A decorator around public functions; errors here say the user's line already."""
    return fn


def composite_already(cls: Any, module_name: str = "") -> Any:
    """A class of linear operators as it is: all of them are composite tensors here."""
    return cls
