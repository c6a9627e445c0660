"""Fields of extension types: which annotations there may be, and values converted to them."""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidefall.core.composite import CompositeTensor, TypeSpecBase
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import DType, as_dtype
from tidefall.core.shapes import TensorShape
from tidefall.core.tensor import Tensor

_PLAIN = (int, float, str, bytes, bool, type(None))


class ImmutableDict(Mapping[Any, Any]):
    """A dictionary that cannot be changed."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._dict = dict(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self._dict[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __repr__(self) -> str:
        return f"ImmutableDict({self._dict!r})"


def check_annotation(name: str, annotation: Any) -> None:
    """Raise TypeError for an annotation that fields cannot have."""
    if not _is_supported(annotation):
        shown = repr(annotation.__name__) if isinstance(annotation, type) else str(annotation)
        raise TypeError(f"In field {name!r}: Unsupported type annotation {shown}")


def _is_supported(annotation: Any) -> bool:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return all(map(_is_supported, parts))
    if origin is tuple:
        return all(_is_supported(p) for p in parts if p is not Ellipsis)
    if origin is collections.abc.Mapping:
        return parts[0] in _PLAIN and _is_supported(parts[1])
    if annotation is None or annotation in _PLAIN:
        return True
    return isinstance(annotation, type) and issubclass(
        annotation, (Tensor, CompositeTensor, DType, TensorShape)
    )


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """The value with `function` applied to what is in its tuples and dictionaries."""
    if type(value) is tuple:
        return tuple(map_leaves(function, v) for v in value)
    if isinstance(value, ImmutableDict):
        return ImmutableDict({k: map_leaves(function, v) for k, v in value.items()})
    return function(value)


def leaves(value: Any) -> list[Any]:
    """What is in the tuples and dictionaries of a value, in order."""
    found: list[Any] = []
    map_leaves(found.append, value)
    return found


def converted(value: Any, annotation: Any, path: str, specs: bool = False) -> Any:
    """A value as its field's annotation wants it.

    Args:
        value: the value given.
        annotation: the type of the field.
        path: name of the field, for messages.
        specs: whether type specs stand for tensors.

    Raises:
        TypeError: if it cannot be converted.
    """
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _any_of(value, annotation, path, specs)
    if origin is tuple:
        return _tuple(value, typing.get_args(annotation), path, specs)
    if origin is collections.abc.Mapping:
        return _mapping(value, typing.get_args(annotation), path, specs)
    if annotation is None:
        annotation = type(None)
    if specs and isinstance(value, TypeSpecBase) and issubclass(annotation, _TENSORS):
        return value
    if annotation is Tensor:
        return _tensor(value, path)
    if annotation is DType and isinstance(value, (str, type, DType)):
        return as_dtype(value)
    if annotation is TensorShape and not isinstance(value, str):
        return TensorShape(value)
    if not isinstance(value, annotation):
        raise _wrong(path, repr(annotation.__name__), value)
    return value


_TENSORS = (Tensor, CompositeTensor)


def _wrong(path: str, expected: str, value: Any) -> TypeError:
    return TypeError(f"{path}: expected {expected}, got {type(value).__name__!r}")


def _tensor(value: Any, path: str) -> Any:
    if isinstance(value, Tensor):
        return value
    try:
        return convert_to_tensor(value)
    except (TypeError, ValueError):
        raise _wrong(path, "a Tensor", value) from None


def _any_of(value: Any, annotation: Any, path: str, specs: bool) -> Any:
    for option in typing.get_args(annotation):
        try:
            return converted(value, option, path, specs)
        except TypeError:
            continue
    raise _wrong(path, f"one of {annotation}", value)


def _tuple(value: Any, parts: tuple[Any, ...], path: str, specs: bool) -> Any:
    if not isinstance(value, (list, tuple)):
        raise _wrong(path, "tuple", value)
    if len(parts) == 2 and parts[1] is Ellipsis:
        parts = (parts[0],) * len(value)
    if len(parts) != len(value):
        raise TypeError(f"{path}: expected tuple of length {len(parts)}, got {len(value)}")
    return tuple(
        converted(v, a, f"{path}[{i}]", specs)
        for i, (v, a) in enumerate(zip(value, parts, strict=True))
    )


def _mapping(value: Any, parts: tuple[Any, ...], path: str, specs: bool) -> Any:
    if not isinstance(value, Mapping):
        raise _wrong(path, "mapping", value)
    return ImmutableDict(
        {
            converted(k, parts[0], f"{path}[<key>]"): converted(
                v, parts[1], f"{path}[{k!r}]", specs
            )
            for k, v in value.items()
        }
    )
