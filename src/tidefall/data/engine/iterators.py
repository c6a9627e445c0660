"""Iterators over the elements of nodes.

All position in a pipeline lives in them: they can tell it (`save`) and take it up (`restore`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, ClassVar, NoReturn, Protocol, runtime_checkable

from tidefall.base.errors import OpError, UnimplementedError
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State, elements_of, join_batches, stack


class ElementIterator:
    """Gives the elements of a node, one by one or many at a time.

    The two ways may be mixed. A subclass whose elements come from arrays overrides `batch`, so that
    batches are cut out of those arrays and no element is ever made.
    """

    __slots__ = ()

    def __iter__(self) -> ElementIterator:
        return self

    def __next__(self) -> Element:
        """The next element; StopIteration at the end and ever after."""
        raise NotImplementedError(type(self).__name__)

    def batch(self, count: int) -> Batch:
        """The next elements, stacked: at most `count`, fewer only at the end."""
        elements = list(islice(self, count))
        return len(elements), stack(elements)

    def skip(self, count: int) -> int:
        """Drop the next `count` elements; returns how many there were."""
        return sum(1 for _ in islice(self, count))

    def save(self) -> State:
        """Where it stands.

        Raises:
            UnimplementedError: if that cannot be told.
        """
        raise UnimplementedError(
            None,
            None,
            f"The position of {type(self).__name__.strip('_')} in a pipeline cannot be saved.",
        )

    def restore(self, state: State) -> None:
        """Stand where another iterator over the same pipeline stood when it was saved."""
        raise NotImplementedError(type(self).__name__)

    def saves_position(self) -> bool:
        """Whether `save` is quick and its result small: positions, and no elements.

        Stages that read ahead then remember positions, and drop what nobody has taken.
        """
        return False


@runtime_checkable
class Stateful(Protocol):
    """What can tell its state and take it up again: iterators, functions with random ops."""

    def save(self) -> State:
        """The state."""

    def restore(self, state: State) -> None:
        """Take up a state."""


class Derived(ElementIterator):
    """An iterator over what it makes of the elements of another one.

    `_kept` names the attributes of a subclass that are its state, besides that of its source.
    """

    __slots__ = ("_source",)
    _kept: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: ElementIterator):
        self._source = source

    def save(self) -> State:
        state = {name: _saved(getattr(self, name)) for name in self._kept}
        state["source"] = self._source.save()
        return state

    def restore(self, state: State) -> None:
        self._source.restore(state["source"])
        for name in self._kept:
            value = getattr(self, name)
            if isinstance(value, Stateful):
                value.restore(state[name])
            else:
                setattr(self, name, _saved(state[name]))

    def saves_position(self) -> bool:
        return self._source.saves_position()


def _saved(value: Any) -> State:
    if isinstance(value, Stateful):
        return value.save()
    return list(value) if isinstance(value, list) else value


_AT_ONCE = 64
"""How many elements are made together where they are taken one by one."""


class ByNumber(ElementIterator):
    """The elements of a node that has them by number, in order. Its state is one number."""

    __slots__ = ("_access", "_alone", "_made", "_position", "_size")

    def __init__(self, access: RandomAccess):
        self._access = access
        self._size = access.size
        self._position = 0
        self._made: Iterator[Element] | None = None
        self._alone = 0

    def __next__(self) -> Element:
        position = self._position
        if position >= self._size:
            raise StopIteration
        self._position = position + 1
        if not self._access.vectorized:
            return self._access.element(position)
        for element in self._made or ():
            return element
        return self._make(position)

    def _make(self, position: int) -> Element:
        """The element at a position; those after it are kept for the next calls."""
        end = min(position + _AT_ONCE, self._size)
        self._made = None
        if end == position + 1 or position < self._alone:
            return self._access.element(position)
        try:
            columns = self._access.part(position, end)
        except OpError:
            # One of them fails: the others are still to be had.
            self._alone = end
            return self._access.element(position)
        self._made = elements_of(end - position, columns)
        return next(self._made)

    def batch(self, count: int) -> Batch:
        start, self._made = self._position, None
        end = self._position = min(start + count, self._size)
        if end == start:
            return 0, []
        try:
            return end - start, self._access.part(start, end)
        except OpError:
            # The error of the first element that fails, and the position behind that one.
            return end - start, stack(list(self._one_by_one(start, end)))

    def _one_by_one(self, start: int, end: int) -> Iterator[Element]:
        for i in range(start, end):
            self._position = i + 1
            yield self._access.element(i)

    def skip(self, count: int) -> int:
        start = self._position
        self._position = min(start + count, self._size)
        self._made = None
        return self._position - start

    def save(self) -> State:
        return self._position

    def restore(self, state: State) -> None:
        self._position = state
        self._made = None

    def saves_position(self) -> bool:
        return True


class ChainedIterator(ElementIterator):
    """The elements of one iterator after another; a subclass says which."""

    __slots__ = ("_current",)

    def __init__(self) -> None:
        self._current: ElementIterator | None = None

    def _open(self) -> ElementIterator:
        """The next iterator; StopIteration when there is none, now and ever after."""
        raise NotImplementedError(type(self).__name__)

    def _save_outer(self) -> State:
        """Which iterators are behind, and which one is open."""
        raise NotImplementedError(type(self).__name__)

    def _restore_outer(self, state: State, is_open: bool) -> ElementIterator | None:
        """Stand where `_save_outer` was called; returns the open iterator, at its beginning."""
        raise NotImplementedError(type(self).__name__)

    def __next__(self) -> Element:
        while True:
            if self._current is None:
                self._current = self._open()
            try:
                return next(self._current)
            except StopIteration:
                self._current = None
            except OpError as error:
                self._raise(error)

    def _raise(self, error: OpError) -> NoReturn:
        """Raise an error of the open iterator; a subclass tells what that was made from."""
        raise error

    def batch(self, count: int) -> Batch:
        parts: list[Batch] = []
        while count > 0:
            if self._current is None:
                try:
                    self._current = self._open()
                except StopIteration:
                    break
            try:
                part = self._current.batch(count)
            except OpError as error:
                self._raise(error)
            if part[0]:
                parts.append(part)
            if part[0] < count:
                self._current = None
            count -= part[0]
        return join_batches(parts) if parts else (0, [])

    def save(self) -> State:
        current = self._current
        inner = None if current is None else [current.save()]
        return {"outer": self._save_outer(), "inner": inner}

    def restore(self, state: State) -> None:
        inner = state["inner"]
        self._current = self._restore_outer(state["outer"], inner is not None)
        if inner is not None:
            assert self._current is not None
            self._current.restore(inner[0])


class Opened:
    """An iterator that was made from an element of a source, which it can be made from again.

    Args:
        source: gives the element.
        make: makes an iterator of it.

    Attributes:
        element: the element.

    Raises:
        StopIteration: the source has no more elements.
    """

    __slots__ = ("_before", "element", "iterator")

    def __init__(self, source: ElementIterator, make: Callable[[Element], ElementIterator]):
        self._before = [source.save()] if source.saves_position() else None
        self.element = next(source)
        self.iterator = make(self.element)

    def save(self) -> State:
        """The element or how to get it, and where the iterator stands."""
        return {**self.origin(), "at": self.iterator.save()}

    def origin(self) -> State:
        """The element, or how to get it."""
        if self._before is not None:
            return {"before": self._before, "element": None}
        return {"before": None, "element": self.element}

    @classmethod
    def again(
        cls, state: State, source: ElementIterator, make: Callable[[Element], ElementIterator]
    ) -> Opened:
        """What was saved, from the same source; it stands where it stood before this call."""
        opened = cls.__new__(cls)
        opened._before, opened.element = state["before"], state["element"]
        if opened._before is not None:
            now = source.save()
            source.restore(opened._before[0])
            opened.element = next(source)
            source.restore(now)
        opened.iterator = make(opened.element)
        if "at" in state:
            opened.iterator.restore(state["at"])
        return opened


class NestedIterator(ChainedIterator):
    """The elements of iterators that are made, one after another, from elements of a source."""

    __slots__ = ("_opened", "_source")

    def __init__(self, source: ElementIterator):
        super().__init__()
        self._source = source
        self._opened: Opened | None = None

    def _make(self, element: Element) -> ElementIterator:
        """The iterator for an element."""
        raise NotImplementedError(type(self).__name__)

    def _open(self) -> ElementIterator:
        self._opened = Opened(self._source, self._make)
        return self._opened.iterator

    def _save_outer(self) -> State:
        opened = None if self._current is None or self._opened is None else self._opened.origin()
        return {"source": self._source.save(), "opened": opened}

    def _restore_outer(self, state: State, is_open: bool) -> ElementIterator | None:
        self._source.restore(state["source"])
        if not is_open:
            return None
        self._opened = Opened.again(state["opened"], self._source, self._make)
        return self._opened.iterator

    def saves_position(self) -> bool:
        current = self._current
        return self._source.saves_position() and (current is None or current.saves_position())
