"""Fields of extension types: their annotations, values converted to them, when they can be set."""

from __future__ import annotations

import collections.abc
import functools
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidefall.base.composite import CompositeTensor, TypeSpecBase
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.shapes import TensorShape
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

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


class Sealed:
    """Fields that are set while the constructor runs and not afterwards."""

    _fields: typing.ClassVar[Any] = {}
    _base_name = "ExtensionType"

    def __setattr__(self, name: str, value: Any) -> None:
        self._check_open(name)
        vars(self)[name] = value

    def __delattr__(self, name: str) -> None:
        self._check_open(name)
        del vars(self)[name]

    def _check_open(self, name: str) -> None:
        if name not in _ANY_TIME and not (vars(self).get("_open") and name in self._fields):
            raise AttributeError(
                f"Cannot mutate attribute `{name}` outside the custom constructor of "
                f"{self._base_name}."
            )


_ANY_TIME = ("_keras_mask", "_cached_cmp_key")


def finishing(init: Callable[..., None], specs: bool = False) -> Callable[..., None]:
    """A constructor after which, unless a subclass's is running, the fields are converted.

    Args:
        init: the constructor.
        specs: whether it makes the type of a value, with specs in place of tensors.
    """

    @functools.wraps(init)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        depth = vars(self).get("_open", 0)
        vars(self)["_open"] = depth + 1
        init(self, *args, **kwargs)
        vars(self)["_open"] = depth
        if depth == 0:
            missing = [name for name in self._fields if name not in vars(self)]
            if missing:
                shown = ", ".join(map(repr, missing))
                raise ValueError(f"Missing required fields: {{{shown}}}")
            for name, hint in self._fields.items():
                vars(self)[name] = converted(vars(self)[name], hint, name, specs)
            self.__validate__()

    return call


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
    if specs and issubclass(annotation, _TENSORS):
        if not isinstance(value, TypeSpecBase):
            raise _wrong(path, "a TensorSpec" if annotation is Tensor else "a TypeSpec", value)
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


def anonymous(value: Any) -> Any:
    """The value of a field of which no annotation is known.

    Raises:
        ValueError: for a value that fields cannot have.
    """
    if isinstance(value, (*_PLAIN, *_TENSORS, TypeSpecBase, DType, TensorShape)):
        return value
    if isinstance(value, tuple):
        return tuple(map(anonymous, value))
    if isinstance(value, Mapping):
        return ImmutableDict({k: anonymous(v) for k, v in value.items()})
    raise ValueError(
        f"Cannot convert anonymous fields from an unsupported `value` argument: {value!r}."
    )


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
