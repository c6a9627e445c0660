"""Elements that threads make ahead of time.

Prefetching is one thread that takes elements from its source; a parallel map is several that take
elements by turns, one at a time, and then work on them side by side. Results come in the order of
the source, or as soon as they are there.

The threads know only the line of elements in the making, not the iterator that takes from it: an
iterator nobody uses any more is collected, and its finalizer ends the threads.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from tidefall.core.errors import OpError, exception_type_from_error_code
from tidefall.data.node import Element, ElementIterator, State

Work = Callable[[Element, int], Element]


class _Item:
    """One element in the making.

    Attributes:
        taken: how many the source had given, this one included.
        after: where the source stood when it had given this element, if that was quick to tell.
    """

    __slots__ = ("after", "done", "error", "taken", "value")

    def __init__(self) -> None:
        self.taken = 0
        self.value: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.after: list[State] | None = None


class Line:
    """The elements in the making, and those made and not taken yet.

    Args:
        source: where elements come from; only one thread at a time takes one.
        work: what is done with each and its number, by several threads at a time; None for
            nothing.
        size: how many elements there may be at most.
        ordered: they leave in the order in which they came.
    """

    def __init__(self, source: ElementIterator, work: Work | None, size: int, ordered: bool):
        self.source = source
        self.work = work
        self.size = size
        self.ordered = ordered
        self.items: deque[_Item] = deque()
        self.closed = False
        self.ended = False
        self.taken = 0
        """How many elements the source has given."""
        self.wanted = 0
        """How many threads there should be."""
        self._taking = threading.Lock()
        self._changed = threading.Condition(threading.RLock())

    def close(self) -> None:
        """Make no more elements. Finalizers call it, perhaps in a thread that holds the lock."""
        self.closed = True
        with self._changed:
            self._changed.notify_all()

    # ---- what the threads do ----

    def run(self, number: int) -> None:
        """Make elements until the end, or until nobody wants them."""
        while number < self.wanted:
            item = self._begin()
            if item is None:
                return
            if not item.done:
                self._finish(item)

    def _begin(self) -> _Item | None:
        """Take an element from the source; None when there will be no more."""
        with self._taking:
            if not self._wait_for_room():
                return None
            item = _Item()
            try:
                item.value = next(self.source)
                self.taken += 1
            except BaseException as error:  # noqa: BLE001 - raised where the element is asked for
                item.error = error
                self.ended = isinstance(error, StopIteration)
            item.taken = self.taken
            if self.source.saves_position():
                item.after = [self.source.save()]
            item.done = item.error is not None or self.work is None
            with self._changed:
                self.items.append(item)
                if item.done:
                    self._changed.notify_all()
        return item

    def _wait_for_room(self) -> bool:
        with self._changed:
            while not self.closed and not self.ended and len(self.items) >= self.size:
                self._changed.wait()
            return not (self.closed or self.ended)

    def _finish(self, item: _Item) -> None:
        assert self.work is not None
        try:
            item.value = self.work(item.value, item.taken - 1)
        except BaseException as error:  # noqa: BLE001 - raised where the element is asked for
            item.value, item.error = None, error
        with self._changed:
            item.done = True
            self._changed.notify_all()

    # ---- what the iterator does ----

    def take(self) -> _Item:
        """The next element that is ready, once there is one; the last one of all stays."""
        with self._changed:
            while True:
                item = self._ready()
                if item is not None:
                    break
                self._changed.wait()
            if not isinstance(item.error, StopIteration):
                self.items.remove(item)
                self._changed.notify_all()
            return item

    def _ready(self) -> _Item | None:
        if self.ordered:
            return self.items[0] if self.items and self.items[0].done else None
        for item in self.items:
            if item.done and (not isinstance(item.error, StopIteration) or len(self.items) == 1):
                return item
        return None

    def made(self) -> tuple[State, list[_Item]]:
        """Where the source stands, and the elements made since, all finished."""
        with self._taking:
            with self._changed:
                while not all(item.done for item in self.items):
                    self._changed.wait()
                items = list(self.items)
            return self.source.save(), items


class ReadAhead(ElementIterator):
    """The elements of an iterator, made ahead of time by threads.

    Args:
        source: the iterator.
        work: what is done with each element and its number; None for nothing.
        threads: how many work at a time.
        size: how many elements are in the making or ready at most.
        ordered: elements come in the order of the source.
        repeatable: `work` gives the same for the same element, so that elements that were made
            and not taken can be made again when the position is restored.
    """

    __slots__ = ("__weakref__", "_line", "_repeatable", "_start", "_started", "_taken", "_threads")

    def __init__(
        self,
        source: ElementIterator,
        *,
        work: Work | None = None,
        threads: int = 1,
        size: int = 2,
        ordered: bool = True,
        repeatable: bool = True,
    ):
        self._line = Line(source, work, size, ordered)
        self._threads = threads
        self._repeatable = repeatable and ordered
        self._started = False
        self._start: list[State] | None = None
        self._taken = 0

    def _begin(self) -> None:
        self._started = True
        line = self._line
        line.wanted = self._threads
        if line.source.saves_position():
            self._start = [line.source.save()]
        weakref.finalize(self, line.close)
        for number in range(self._threads):
            threading.Thread(
                target=line.run, args=(number,), name="tidefall-data", daemon=True
            ).start()

    def __next__(self) -> Element:
        if not self._started:
            self._begin()
        item = self._line.take()
        self._start = item.after
        self._taken = item.taken
        if item.error is not None:
            raise item.error
        return item.value

    def save(self) -> State:
        line = self._line
        if not self._started:
            return {"source": line.source.save(), "taken": line.taken, "made": []}
        if self._start is not None and self._repeatable:
            return {"source": self._start[0], "taken": self._taken, "made": []}
        source, items = line.made()
        made = [_saved_item(i) for i in items if not isinstance(i.error, StopIteration)]
        return {"source": source, "taken": line.taken, "made": made}

    def restore(self, state: State) -> None:
        old = self._line
        old.close()
        if self._started:
            old.made()  # waits until no thread uses the source any more
        line = self._line = Line(old.source, old.work, old.size, old.ordered)
        line.source.restore(state["source"])
        line.taken = self._taken = state["taken"]
        line.items.extend(_restored_item(saved) for saved in state["made"])
        self._started = False
        self._start = None

    def saves_position(self) -> bool:
        return self._repeatable and self._line.source.saves_position()


def _saved_item(item: _Item) -> State:
    if item.error is None:
        return {"value": list(item.value)}
    error = item.error
    if not isinstance(error, OpError):
        raise error
    return {"error": error.message, "code": error.error_code}


def _restored_item(saved: State) -> _Item:
    item = _Item()
    item.done = True
    if "value" in saved:
        item.value = saved["value"]
    else:
        item.error = exception_type_from_error_code(saved["code"])(None, None, saved["error"])
    return item
