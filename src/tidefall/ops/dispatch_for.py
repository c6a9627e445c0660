"""`tf.experimental.dispatch_for_...`: what public functions do with a program's own types."""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
import typing
from collections.abc import Callable
from functools import partial
from typing import Any

from tidefall.base.composite import CompositeTensor
from tidefall.base.dispatch import (
    ASSERT,
    BINARY,
    UNARY,
    Api,
    add_elementwise_handler,
    forget,
    register_type,
)
from tidefall.base.exports import export
from tidefall.base.state import name_scope

Target = Callable[..., Any]

_registered: dict[Any, list[Any]] = {}
_elementwise_types: dict[tuple[str, Any], Target] = {}


def matches(value: Any, annotation: Any) -> bool:
    """Whether a value is of an annotated type: a class, a union, or a list or tuple of one."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(matches(value, part) for part in typing.get_args(annotation))
    if origin in (list, tuple):
        item = typing.get_args(annotation)[0]
        return isinstance(value, (list, tuple)) and all(matches(v, item) for v in value)
    if annotation is None:
        return value is None
    return isinstance(annotation, type) and isinstance(value, annotation)


def _register_classes(annotation: Any) -> None:
    """Let functions look for handlers when they are given one of the annotated classes."""
    for part in typing.get_args(annotation):
        _register_classes(part)
    if isinstance(annotation, type) and issubclass(annotation, CompositeTensor):
        register_type(annotation)


@export("experimental.dispatch_for_api")
def dispatch_for_api(api: Any, *signatures: dict[Any, Any]) -> Callable[[Target], Target]:
    """Decorate a function to be called in place of a public one for arguments of given types.

    Args:
        api: the public function, such as `tf.concat`.
        *signatures: for each, a dictionary from parameter names (or positions) to types; arguments
            of these types, or lists of them (`List[T]`), are given to the decorated function. By
            default the annotations of the decorated function.

    Raises:
        ValueError: if `api` does not dispatch, or the parameters are not the same.

    >>> import tidefall as tf
    >>> class Masked(tf.experimental.ExtensionType):
    ...     values: tf.Tensor
    ...     mask: tf.Tensor
    >>> @tf.experimental.dispatch_for_api(tf.size)
    ... def masked_size(input: Masked, out_type=None, name=None):
    ...     return tf.size(input.values, out_type)
    >>> int(tf.size(Masked([1, 2, 3], [True, False, True])))
    3
    """
    record = getattr(api, "dispatch_api", None)
    if not isinstance(record, Api):
        raise ValueError(f"{api} does not support dispatch.")
    wanted = inspect.signature(api)
    names = list(wanted.parameters)

    def decorate(target: Target) -> Target:
        own = inspect.signature(target)
        unnamed = "name" in names and "name" not in own.parameters
        if list(own.parameters) != ([n for n in names if n != "name"] if unnamed else names):
            raise ValueError(
                f"Dispatch function's signature {own} does not match API's signature "
                f"{_bare(wanted)}."
            )
        chosen = [_named(s, names) for s in signatures] or [
            _annotations(target, sys._getframe(1).f_locals)
        ]
        for signature in chosen:
            for annotation in signature.values():
                _register_classes(annotation)

        def handler(*args: Any, **kwargs: Any) -> Any:
            bound = wanted.bind(*args, **kwargs)
            given = bound.arguments
            for signature in chosen:
                if all(n in given and matches(given[n], a) for n, a in signature.items()):
                    name = given.pop("name", None) if unnamed else None
                    with contextlib.nullcontext() if name is None else name_scope(name):
                        return target(*bound.args, **bound.kwargs)
            return NotImplemented

        record.handlers.insert(0, handler)
        _registered.setdefault(target, []).append((record.handlers, handler, None))
        return target

    return decorate


def _bare(signature: inspect.Signature) -> inspect.Signature:
    empty = inspect.Parameter.empty
    parameters = [p.replace(annotation=empty) for p in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=empty)


def _named(signature: dict[Any, Any], names: list[str]) -> dict[str, Any]:
    found = {}
    for key, annotation in signature.items():
        name = names[key] if isinstance(key, int) and -len(names) <= key < len(names) else key
        if name not in names:
            raise ValueError(f"signature includes annotation for unknown parameter {key!r}.")
        found[name] = annotation
    return found


def _annotations(target: Target, names: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(target, localns=names)
    found = {k: v for k, v in hints.items() if k != "return"}
    if not found:
        raise ValueError(
            "The dispatch_for_api decorator must be called with at least one signature, or applied "
            "to a function that has type annotations on its parameters."
        )
    return found


def _elementwise(kind: str, words: str, annotations: tuple[Any, ...]) -> Any:
    key = (kind, annotations)

    def decorate(target: Target) -> Target:
        if key in _elementwise_types:
            shown = ", ".join(str(a) for a in annotations)
            raise ValueError(
                f"A {words} dispatch handler ({_elementwise_types[key]}) has already been "
                f"registered for {shown}."
            )
        for annotation in annotations:
            _register_classes(annotation)

        def handler(record: Api, *args: Any, **kwargs: Any) -> Any:
            signature = inspect.signature(record.function)
            given = dict(signature.bind(*args, **kwargs).arguments)
            first = list(given)[: len(annotations)]
            values = [given.pop(name) for name in first]
            given = {k: v for k, v in given.items() if v is not signature.parameters[k].default}
            if len(values) < len(annotations) or not all(map(matches, values, annotations)):
                return NotImplemented
            function = partial(record.function, **given) if given else record.function
            return target(function, *values)

        handlers = add_elementwise_handler(kind, handler)
        _elementwise_types[key] = target
        _registered.setdefault(target, []).append((handlers, handler, key))
        return target

    return decorate


@export("experimental.dispatch_for_unary_elementwise_apis")
def dispatch_for_unary_elementwise_apis(x_type: Any) -> Callable[[Target], Target]:
    """Decorate a function that does every elementwise function of one tensor for a type.

    Args:
        x_type: the type of the first argument.

    Returns:
        A decorator of `f(api, x)`: `api` is the public function, with its other arguments given.

    Raises:
        ValueError: if the type has such a function already.

    >>> import tidefall as tf
    >>> class Celsius(tf.experimental.ExtensionType):
    ...     degrees: tf.Tensor
    >>> @tf.experimental.dispatch_for_unary_elementwise_apis(Celsius)
    ... def on_degrees(api_func, x):
    ...     return Celsius(api_func(x.degrees))
    >>> float(tf.abs(Celsius(-3.0)).degrees)
    3.0
    >>> tf.experimental.unregister_dispatch_for(on_degrees)
    """
    return _elementwise(UNARY, "unary elementwise", (x_type,))


@export("experimental.dispatch_for_binary_elementwise_apis")
def dispatch_for_binary_elementwise_apis(x_type: Any, y_type: Any) -> Callable[[Target], Target]:
    """Decorate a function that does every elementwise function of two tensors for two types.

    Args:
        x_type, y_type: the types of the first two arguments.

    Returns:
        A decorator of `f(api, x, y)`: `api` is the public function, with its other arguments given.

    Raises:
        ValueError: if the types have such a function already.

    >>> import tidefall as tf
    >>> class Metres(tf.experimental.ExtensionType):
    ...     length: tf.Tensor
    >>> @tf.experimental.dispatch_for_binary_elementwise_apis(Metres, Metres)
    ... def on_lengths(api_func, x, y):
    ...     return Metres(api_func(x.length, y.length))
    >>> float(tf.maximum(Metres(1.0), Metres(2.0)).length)
    2.0
    >>> tf.experimental.unregister_dispatch_for(on_lengths)
    """
    return _elementwise(BINARY, "binary elementwise", (x_type, y_type))


@export("experimental.dispatch_for_binary_elementwise_assert_apis")
def dispatch_for_binary_elementwise_assert_apis(
    x_type: Any, y_type: Any
) -> Callable[[Target], Target]:
    """Decorate a function that does every elementwise assertion for two types.

    Args:
        x_type, y_type: the types of the first two arguments.

    Returns:
        A decorator of `f(api, x, y)`: `api` is the assertion, with its other arguments given.

    Raises:
        ValueError: if the types have such a function already.

    >>> import tidefall as tf
    >>> class Grams(tf.experimental.ExtensionType):
    ...     weight: tf.Tensor
    >>> @tf.experimental.dispatch_for_binary_elementwise_assert_apis(Grams, Grams)
    ... def on_weights(api_func, x, y):
    ...     return api_func(x.weight, y.weight)
    >>> tf.debugging.assert_equal(Grams(1.0), Grams(1.0))
    >>> tf.experimental.unregister_dispatch_for(on_weights)
    """
    return _elementwise(ASSERT, "binary elementwise assert", (x_type, y_type))


@export("experimental.unregister_dispatch_for")
def unregister_dispatch_for(dispatch_target: Target) -> None:
    """Undo what one of the `dispatch_for_...` decorators did.

    Args:
        dispatch_target: the decorated function.

    Raises:
        ValueError: if it is not registered.

    >>> import tidefall as tf
    >>> class Money(tf.experimental.ExtensionType):
    ...     cents: tf.Tensor
    >>> @tf.experimental.dispatch_for_api(tf.add, {'x': Money, 'y': Money})
    ... def add_money(x, y, name=None):
    ...     return Money(x.cents + y.cents)
    >>> int(tf.add(Money(1), Money(2)).cents)
    3
    >>> tf.experimental.unregister_dispatch_for(add_money)
    """
    if dispatch_target not in _registered:
        raise ValueError(
            f"Function {dispatch_target} was not registered using a `@dispatch_for_*` decorator."
        )
    for handlers, handler, key in _registered.pop(dispatch_target):
        forget(handlers, handler)
        _elementwise_types.pop(key, None)
