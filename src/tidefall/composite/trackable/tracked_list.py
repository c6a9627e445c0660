"""Lists that are part of the object graph."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from typing import Any, NoReturn

from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.trackable.tracked_base import (
    TrackableDataStructure,
    UntrackableError,
    same_items,
    wrap_or_unwrap,
    wrappers,
)

log = logging.getLogger("tidefall")


class List(TrackableDataStructure, Sequence):
    """An append-only list of trackables; plain lists and dicts in it are wrapped.

    Args:
        *args: as for `list`: nothing, or one iterable.

    Raises:
        ValueError: if an element is not trackable.
    """

    _storage: list[Any]

    def __init__(self, *args: Any):
        self._storage = list(*args)
        for i, element in enumerate(self._storage):
            self._storage[i] = self._track_value(element, str(i))

    def _track_value(self, value: Any, name: str) -> Any:
        value = super()._track_value(value, name)
        if not isinstance(value, Trackable):
            raise UntrackableError(value)
        return value

    @property
    def _values(self) -> Iterable[Any]:
        return self._storage

    def append(self, value: Any) -> None:
        """Add a trackable at the end."""
        self._storage.append(self._track_value(value, str(len(self._storage))))

    def extend(self, values: Iterable[Any]) -> None:
        """Add trackables at the end."""
        for value in list(values):
            self.append(value)

    def copy(self) -> Any:
        """A new container of the same elements."""
        return type(self)(list(self._storage))

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return type(self)(copy.deepcopy(self._storage, memo))

    def __len__(self) -> int:
        return len(self._storage)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._storage)

    def __getitem__(self, key: Any) -> Any:
        return self._storage[key]

    def __contains__(self, value: object) -> bool:
        return value in self._storage

    def __iadd__(self, values: Iterable[Any]) -> Any:
        self.extend(values)
        return self

    def __add__(self, other: Any) -> list[Any]:
        return self._storage + list(other)

    def __radd__(self, other: Any) -> list[Any]:
        return list(other) + self._storage

    def __mul__(self, n: int) -> list[Any]:
        return self._storage * n

    __rmul__ = __mul__

    def __imul__(self, n: int) -> Any:
        if n <= 0:
            raise ValueError(f"List only supports append, multiplying in place by {n} removes.")
        self.extend(self._storage * (n - 1))
        return self

    def __repr__(self) -> str:
        return f"List({self._storage!r})"


class ListWrapper(List, MutableSequence, list):  # pyright: ignore[reportGeneralTypeIssues]
    """A list assigned to an attribute: any elements, and it knows if it can still be saved.

    Args:
        wrapped_list: the list to work on; its plain containers are wrapped in place.
    """

    def __init__(self, wrapped_list: list[Any]):
        # Both are sticky: once true the list cannot be saved, though it can be used.
        self._non_append_mutation = False
        self._external_modification = False
        self._storage = wrapped_list
        for i, element in enumerate(wrapped_list):
            wrapped_list[i] = self._track_value(element, str(i))
        self._update_snapshot()

    def _track_value(self, value: Any, name: str) -> Any:
        try:
            return TrackableDataStructure._track_value(self, value, name)
        except ValueError as error:
            # Keras's optimizers number their variables, and the numbers may have changed.
            log.warning("Element %s of a list keeps its value: %s", name, error)
            return wrap_or_unwrap(value)

    def _update_snapshot(self) -> None:
        self._last_snapshot = list(self._storage)
        # Code in C reads the list it takes this object for, not `_storage`.
        list.__init__(self, self._storage)

    def _check_external_modification(self) -> None:
        if not same_items(self._storage, self._last_snapshot):
            self._external_modification = True

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        self._check_external_modification()
        if self._non_append_mutation:
            raise ValueError(
                f"{self._unable_to_save()}A list element was replaced (__setitem__, __setslice__), "
                "deleted (__delitem__, __delslice__), or moved (sort). In order to support "
                "restoration on object creation, tracking is exclusively for append-only data "
                "structures.\n\nIf you don't need this list checkpointed, wrap it in a "
                "non-trackable object; it will be subsequently ignored."
            )
        if self._external_modification:
            raise ValueError(
                f"{self._unable_to_save()}The wrapped list was modified outside the wrapper (its "
                f"final value was {self._storage}, its value when a checkpoint dependency was "
                f"added was {self._last_snapshot}), which breaks restoration on object "
                "creation.\n\nIf you don't need this list checkpointed, wrap it in a NoDependency "
                "object; it will be subsequently ignored."
            )
        return super()._trackable_children(save_type, **kwargs)

    def _unable_to_save(self) -> str:
        """How the errors begin; apart, since it has the values of all variables of the list."""
        return (
            f"Unable to save the object {self!r} (a list wrapper constructed to track trackable "
            "TensorFlow objects). "
        )

    def _has_mutation_or_trackable(self) -> bool:
        return self._non_append_mutation or bool(self._unconditional_dependency_names)

    def _begin_move(self) -> None:
        """Elements are about to change places."""
        self._check_external_modification()
        self._non_append_mutation = self._has_mutation_or_trackable()

    def _end_move(self) -> None:
        # Without a trackable in it before, the list may be named anew.
        for i, element in enumerate(self._storage):
            if self._non_append_mutation:
                self._storage[i] = wrap_or_unwrap(element)
            else:
                self._storage[i] = self._track_value(element, str(i))
        self._update_snapshot()

    def append(self, value: Any) -> None:
        """Add an element at the end."""
        self._check_external_modification()
        self._append(value)

    def extend(self, values: Iterable[Any]) -> None:
        """Add elements at the end."""
        self._check_external_modification()
        for value in list(values):
            self._append(value)

    def _append(self, value: Any) -> None:
        super().append(value)
        self._last_snapshot.append(self._storage[-1])
        list.append(self, self._storage[-1])

    def insert(self, index: Any, value: Any) -> None:
        """Insert an element before a position."""
        self._begin_move()
        self._storage.insert(index, value)
        self._end_move()

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            self._begin_move()
            self._storage[key] = value
            self._end_move()
            return
        self._check_external_modification()
        index = range(len(self._storage))[key]
        if str(index) in self._unconditional_dependency_names:
            self._non_append_mutation = True
        self._storage[index] = self._track_value(value, str(index))
        self._update_snapshot()

    def __delitem__(self, key: Any) -> None:
        self._begin_move()
        del self._storage[key]
        self._end_move()

    def clear(self) -> None:
        """Remove all elements."""
        del self[:]

    def pop(self, index: Any = -1) -> Any:
        """Remove and return an element."""
        value = self._storage[index]
        del self[index]
        return value

    def remove(self, value: Any) -> None:
        """Remove the first element that equals `value`."""
        del self[self._storage.index(value)]

    def reverse(self) -> None:
        """Reverse the order of the elements."""
        self._begin_move()
        self._storage.reverse()
        self._end_move()

    def sort(self, *, key: Any = None, reverse: bool = False) -> None:
        """Sort the elements."""
        self._begin_move()
        self._storage.sort(key=key, reverse=reverse)
        self._end_move()

    def __imul__(self, n: int) -> Any:
        if n <= 0:
            self.clear()
        else:
            self.extend(self._storage * (n - 1))
        return self

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._storage)

    def __eq__(self, other: object) -> bool:
        return self._storage == _plain(other)

    def __ne__(self, other: object) -> bool:
        return self._storage != _plain(other)

    def __lt__(self, other: Any) -> bool:
        return self._storage < _plain(other)

    def __le__(self, other: Any) -> bool:
        return self._storage <= _plain(other)

    def __gt__(self, other: Any) -> bool:
        return self._storage > _plain(other)

    def __ge__(self, other: Any) -> bool:
        return self._storage >= _plain(other)

    def __hash__(self) -> NoReturn:  # type: ignore[override]
        raise TypeError("unhashable type: 'ListWrapper'")

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self._storage,)

    def __repr__(self) -> str:
        return f"ListWrapper({self._storage!r})"


def _plain(value: Any) -> Any:
    return value._storage if isinstance(value, ListWrapper) else value


wrappers[list] = ListWrapper
