"""`python.util.object_identity`: sets and dictionaries of objects compared by identity.

Asked for by gpflow, tf-agents, tf-keras.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, MutableMapping, MutableSet
from typing import Any

from tidefall.tensor.tensor import Reference

__all__ = [
    "ObjectIdentityDictionary",
    "ObjectIdentitySet",
    "ObjectIdentityWeakKeyDictionary",
    "ObjectIdentityWeakSet",
    "Reference",
]


class ObjectIdentityDictionary(MutableMapping[Any, Any]):
    """A dictionary whose keys are compared by identity."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._storage: dict[int, tuple[Any, Any]] = {}
        self.update(dict(*args, **kwargs))

    def __getitem__(self, key: Any) -> Any:
        try:
            return self._storage[id(key)][1]
        except KeyError:
            raise KeyError(key) from None

    def __setitem__(self, key: Any, value: Any) -> None:
        self._storage[id(key)] = (key, value)

    def __delitem__(self, key: Any) -> None:
        del self._storage[id(key)]

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in list(self._storage.values()))

    def __len__(self) -> int:
        return len(self._storage)

    def __repr__(self) -> str:
        return f"ObjectIdentityDictionary({list(self._storage.values())!r})"


class ObjectIdentityWeakKeyDictionary(MutableMapping[Any, Any]):
    """A dictionary whose keys are compared by identity and not kept alive."""

    def __init__(self) -> None:
        self._storage: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def __getitem__(self, key: Any) -> Any:
        return self._storage[id(key)][1]

    def __setitem__(self, key: Any, value: Any) -> None:
        number, storage = id(key), self._storage
        storage[number] = (weakref.ref(key, lambda _: storage.pop(number, None)), value)

    def __delitem__(self, key: Any) -> None:
        del self._storage[id(key)]

    def __iter__(self) -> Iterator[Any]:
        alive = (reference() for reference, _ in list(self._storage.values()))
        return (key for key in alive if key is not None)

    def __len__(self) -> int:
        return len(self._storage)


class ObjectIdentitySet(MutableSet[Any]):
    """A set whose members are compared by identity."""

    def __init__(self, items: Iterable[Any] = ()):
        self._storage = {id(item): item for item in items}

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> ObjectIdentitySet:
        return cls(it)

    def __contains__(self, item: object) -> bool:
        return id(item) in self._storage

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._storage.values()))

    def __len__(self) -> int:
        return len(self._storage)

    def add(self, value: Any) -> None:
        """Add an object."""
        self._storage[id(value)] = value

    def discard(self, value: Any) -> None:
        """Remove an object, if it is there."""
        self._storage.pop(id(value), None)

    def update(self, items: Iterable[Any]) -> None:
        """Add several objects."""
        for item in items:
            self.add(item)

    def intersection(self, items: Iterable[Any]) -> ObjectIdentitySet:
        """The objects of `items` that are in this set."""
        return ObjectIdentitySet(item for item in items if item in self)

    def difference(self, items: Iterable[Any]) -> ObjectIdentitySet:
        """The objects of this set that are not in `items`."""
        others = ObjectIdentitySet(items)
        return ObjectIdentitySet(item for item in self if item not in others)


class ObjectIdentityWeakSet(MutableSet[Any]):
    """A set whose members are compared by identity and not kept alive."""

    def __init__(self, items: Iterable[Any] = ()):
        self._storage = ObjectIdentityWeakKeyDictionary()
        for item in items:
            self.add(item)

    def __contains__(self, item: object) -> bool:
        return any(found is item for found in self._storage)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._storage)

    def __len__(self) -> int:
        return len(self._storage)

    def add(self, value: Any) -> None:
        """Add an object."""
        self._storage[value] = None

    def discard(self, value: Any) -> None:
        """Remove an object, if it is there."""
        if value in self:
            del self._storage[value]
