"""Dicts and tuples that are part of the object graph."""

from __future__ import annotations

import collections
import copy
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from typing import Any, NoReturn

from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.trackable.tracked_base import (
    NoDependency,
    TrackableDataStructure,
    UntrackableError,
    same_items,
    wrap_or_unwrap,
    wrappers,
)


class Mapping(TrackableDataStructure, AbstractMapping):
    """An append-only dict of trackables with string keys; plain containers in it are wrapped.

    Args:
        *args: as for `dict`.
        **kwargs: as for `dict`.

    Raises:
        TypeError: if a key is not a string.
        ValueError: if a value is not trackable, or a key is set twice.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        self._storage: dict[str, Any] = {}
        self.update(*args, **kwargs)

    @property
    def _values(self) -> Iterable[Any]:
        return [self._storage[key] for key in sorted(self._storage)]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add trackables, as `dict.update` does."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"Mapping accepts only string keys, but got a key {key!r}.")
        wrapped = wrap_or_unwrap(value)
        if not isinstance(wrapped, Trackable):
            raise UntrackableError(value)
        current = self._storage.setdefault(key, wrapped)
        if current is not wrapped:
            raise ValueError(
                "Mappings are an append-only data structure. Tried to overwrite the key "
                f"'{key}' with value {wrapped}, but it already contains {current}"
            )
        self._track_value(wrapped, key)

    def __getitem__(self, key: str) -> Any:
        return self._storage[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._storage)

    def __len__(self) -> int:
        return len(self._storage)

    def __copy__(self) -> Mapping:
        return type(self)(self._storage)

    def __deepcopy__(self, memo: dict[int, Any]) -> Mapping:
        return type(self)(copy.deepcopy(self._storage, memo))

    def __repr__(self) -> str:
        return f"Mapping({self._storage!r})"


class _DictWrapper(TrackableDataStructure, dict):
    """A dict assigned to an attribute: any keys and values, and it knows if it can be saved.

    Args:
        wrapped_dict: the dict or OrderedDict to work on; its plain containers are wrapped in
            place.
    """

    def __init__(self, wrapped_dict: dict[Any, Any] | None = None):
        storage = {} if wrapped_dict is None else wrapped_dict
        # Set before anything else: unknown attributes are looked up in it.
        object.__setattr__(self, "_storage", storage)
        self._non_string_key = False
        self._external_modification = False
        for key, value in storage.items():
            storage[key] = self._track_entry(key, value)
        self._update_snapshot()

    # isinstance(d, OrderedDict) and the like see what is wrapped.
    @property
    def __class__(self) -> type:  # type: ignore[override]
        cls = type(self._storage)
        return _DictWrapper if cls is dict else cls

    @property
    def __wrapped__(self) -> dict[Any, Any]:
        return self._storage

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_storage"), name)

    @property
    def _values(self) -> Iterable[Any]:
        # Sorted by key as everywhere, else two processes may disagree on the order.
        try:
            return [self._storage[key] for key in sorted(self._storage)]
        except TypeError:
            return list(self._storage.values())

    def _track_entry(self, key: Any, value: Any) -> Any:
        if isinstance(key, str):
            return self._track_value(value, key)
        wrapped = wrap_or_unwrap(value)
        if isinstance(wrapped, Trackable):
            self._non_string_key = True
        return wrapped

    def _update_snapshot(self) -> None:
        if not self._external_modification:
            self._last_snapshot = dict(self._storage)
        self._mirror()

    def _mirror(self) -> None:
        # Code in C reads the dict it takes this object for, not `_storage`.
        dict.clear(self)
        dict.update(self, self._storage)

    def _check_external_modification(self) -> None:
        last, now = self._last_snapshot, self._storage
        same = last.keys() == now.keys() and same_items(
            [now[key] for key in last], [*last.values()]
        )
        if not same:
            self._external_modification = True

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        self._check_external_modification()
        if self._non_string_key:
            raise self._unable_to_save(
                "contains a non-string key which maps to a trackable object or mutable data "
                "structure."
            )
        if self._external_modification:
            raise self._unable_to_save(
                f"was modified outside the wrapper (its final value was {self._storage}, its value "
                f"when a checkpoint dependency was added was {self._last_snapshot}), which breaks "
                "restoration on object creation."
            )
        return super()._trackable_children(save_type, **kwargs)

    def _unable_to_save(self, reason: str) -> ValueError:
        return ValueError(
            f"Unable to save the object {self._storage} (a dictionary wrapper constructed "
            f"automatically on attribute assignment). The wrapped dictionary {reason}\n\n"
            "If you don't need this dictionary checkpointed, wrap it in a non-trackable object; it "
            "will be subsequently ignored."
        )

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_external_modification()
        self._storage[key] = self._track_entry(key, value)
        self._update_snapshot()

    def __delitem__(self, key: Any) -> None:
        self._check_external_modification()
        del self._storage[key]
        self._update_snapshot()

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set entries, as `dict.update` does."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    # The methods below change the dict without changing what is tracked, so it cannot be saved
    # afterwards, unless nothing had changed.

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """As `dict.setdefault`; use `d[key] = value` where the dict is to be saved."""
        return self._change(self._storage.setdefault, key, default)

    def pop(self, *args: Any) -> Any:
        """As `dict.pop`; use `del d[key]` where the dict is to be saved."""
        return self._change(self._storage.pop, *args)

    def popitem(self, **kwargs: Any) -> tuple[Any, Any]:
        """As `dict.popitem`; use `del d[key]` where the dict is to be saved."""
        return self._change(self._storage.popitem, **kwargs)

    def clear(self) -> None:
        """As `dict.clear`; assign a new dict where it is to be saved."""
        self._change(self._storage.clear)

    def __ior__(self, other: Any) -> Any:
        self._change(self._storage.update, other)
        return self

    def _change(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        self._check_external_modification()
        self._mirror()
        return result

    def __getitem__(self, key: Any) -> Any:
        return self._storage[key]

    def __contains__(self, key: object) -> bool:
        return key in self._storage

    def __iter__(self) -> Iterator[Any]:
        return iter(self._storage)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._storage)

    def __len__(self) -> int:
        return len(self._storage)

    def get(self, key: Any, default: Any = None) -> Any:
        """As `dict.get`."""
        return self._storage.get(key, default)

    def keys(self) -> Any:
        """As `dict.keys`."""
        return self._storage.keys()

    def values(self) -> Any:
        """As `dict.values`."""
        return self._storage.values()

    def items(self) -> Any:
        """As `dict.items`."""
        return self._storage.items()

    def copy(self) -> _DictWrapper:
        """A new wrapper of a copy."""
        return _DictWrapper(self._storage.copy())

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> _DictWrapper:
        return _DictWrapper(copy.deepcopy(self._storage, memo))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self._storage), (dict(self._storage),)

    def __or__(self, other: Any) -> Any:
        return self._storage | other

    def __ror__(self, other: Any) -> Any:
        return other | self._storage

    def __eq__(self, other: object) -> bool:
        return self._storage == (other._storage if type(other) is _DictWrapper else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> NoReturn:  # type: ignore[override]
        raise TypeError("unhashable type: 'DictWrapper'")

    def __str__(self) -> str:
        return str(self._storage)

    def __repr__(self) -> str:
        return f"DictWrapper({self._storage!r})"


class _TupleWrapper(TrackableDataStructure, tuple):
    """A tuple or namedtuple, assigned to an attribute, with something to track in it.

    Args:
        original: the tuple; this one holds the same elements, plain containers wrapped.
    """

    _storage: tuple[Any, ...]

    def __new__(cls, original: tuple[Any, ...] = ()) -> _TupleWrapper:
        elements = [wrap_or_unwrap(element) for element in original]
        wrapper = tuple.__new__(cls, elements)
        like = type(original)
        storage = tuple.__new__(tuple if like is cls else like, elements)
        if hasattr(storage, "__dict__"):
            storage.__dict__.update(original.__dict__)
        object.__setattr__(wrapper, "_storage", storage)
        return wrapper

    def __init__(self, original: tuple[Any, ...] = ()):
        # The elements of a namedtuple are children under their names as well.
        fields = getattr(original, "_fields", ())
        positions = [str(i) for i in range(len(original))]
        names = [*zip(fields, original, self, strict=False)]
        for name, given, element in [*names, *zip(positions, original, self, strict=True)]:
            if type(given) is not NoDependency:
                self._track_value(element, name)

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return type(self._storage)

    @property
    def __wrapped__(self) -> tuple[Any, ...]:
        return self._storage

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_storage"), name)

    @property
    def _values(self) -> Iterable[Any]:
        return self._storage

    def __copy__(self) -> _TupleWrapper:
        return _TupleWrapper(self._storage)

    def __deepcopy__(self, memo: dict[int, Any]) -> _TupleWrapper:
        return _TupleWrapper(copy.deepcopy(self._storage, memo))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._storage.__reduce_ex__(protocol)

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __str__(self) -> str:
        return str(self._storage)

    def __repr__(self) -> str:
        return f"_TupleWrapper({self._storage!r})"


wrappers[dict] = wrappers[collections.OrderedDict] = _DictWrapper
wrappers[tuple] = _TupleWrapper
