"""Elements that threads make ahead of time.

Prefetching is one thread that takes elements from its source; a parallel map is several that take
elements by turns, one at a time, and then work on them side by side. Results come in the order of
the source, or as soon as they are there.

The threads know only the buffer of elements in the making, not the iterator that takes from it: an
iterator nobody uses any more is collected, and its finalizer ends the threads.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from tidefall.data.engine.elements import Element, State, restored_outcome, saved_outcome
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.measure import Measured, working
from tidefall.data.engine.node import AUTOTUNE
from tidefall.data.engine.settings import current_settings, keep_using
from tidefall.data.engine.tuning import BufferTuner, ThreadTuner
from tidefall.data.engine.workers import check_process, start_thread

Work = Callable[[Element, int], Element]


_FIRST_SIZE = 2
"""Elements kept ready at first when the size is left to us: one being read and one being made."""
_LONG = 1e-3
"""Seconds for the first element from which on threads do not wait until the second is wanted."""


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


class PrefetchBuffer:
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
        self.settings = current_settings()
        self.items: deque[_Item] = deque()
        self.closed = False
        self.ended = False
        self.taken = 0
        """How many elements the source has given."""
        self.wanted = 0
        """How many threads there should be."""
        self.running = 0
        """How many there are."""
        self.threads: list[threading.Thread] = []
        self.is_forked = False
        self.stage: Measured | None = None
        """Where a profile counts who waits for whom."""
        self._taking = threading.Lock()
        self._in_source = False
        self._saving = False
        self._changed = threading.Condition(threading.RLock())

    def close(self) -> None:
        """Make no more elements. Finalizers call it, perhaps in a thread that holds the lock."""
        self.closed = True
        with self._changed:
            for item in self.items:
                item.error = None  # it would keep what it was raised in, with all threads there
            self._changed.notify_all()

    def want(self, threads: int) -> None:
        """Have this many threads from now on; those that are too many end after their element."""
        with self._changed:
            self.wanted = threads
            missing = range(self.running, threads)
            self.running = max(self.running, threads)
            self._changed.notify_all()
        for number in missing:
            start_thread(self, self.run, number)

    def is_at_rest(self) -> bool:
        """Whether no thread has begun anything that was not taken, and none will."""
        return not (self.wanted or self.items or self._in_source)

    def forked(self) -> None:
        """This is another process, without the threads; a lock may be held for ever."""
        self.is_forked = self.closed = True
        self._taking = threading.Lock()
        self._changed = threading.Condition(threading.RLock())

    # ---- what the threads do ----

    def run(self, number: int) -> None:
        """Make elements until the end, or until nobody wants them."""
        keep_using(self.settings)
        while True:
            item = self._begin()
            if item is None:
                return
            if not item.done:
                self._finish(item)
            # While this waits for room: an error leads back to the iterator, which would live on.
            del item

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
            self._note_position(item)
            item.done = item.error is not None or self.work is None
            with self._changed:
                self.items.append(item)
                self._in_source = False
                if item.done or self._saving:
                    self._changed.notify_all()
        try:
            return item
        finally:
            del item  # else this frame and the error would keep each other

    def _note_position(self, item: _Item) -> None:
        try:
            if self.source.saves_position():
                item.after = [self.source.save()]
        except Exception as error:  # noqa: BLE001 - raised where the element is asked for
            item.error = item.error or error

    def _wait_for_room(self) -> bool:
        if self.stage is None:
            return self._has_room()
        assert self.stage.full is not None
        with working(self.stage.full):
            return self._has_room()

    def _has_room(self) -> bool:
        """Wait until there is room for an element; False if there is to be none."""
        with self._changed:
            while not (self.closed or self.ended or self.running > self.wanted):
                if len(self.items) < self.size and not self._saving:
                    self._in_source = True
                    return True
                self._changed.wait()
            self.running -= 1
            return False

    def _finish(self, item: _Item) -> None:
        assert self.work is not None
        try:
            item.value = self.work(item.value, item.taken - 1)
        except BaseException as error:  # noqa: BLE001 - raised where the element is asked for
            item.value, item.error = None, error
        with self._changed:
            item.done = True
            self._changed.notify_all()
        del item

    # ---- what the iterator does ----

    def take(self) -> tuple[_Item, int]:
        """The next element that is ready, once there is one; the last one of all stays.

        Returns:
            The element, and how many were in the buffer, or 0 if it was not ready yet.
        """
        stage = self.stage
        if stage is None:
            return self._take()
        assert stage.waiting is not None
        with working(stage.waiting):
            item, found = self._take()
        stage.threads = max(stage.threads, self.wanted)
        stage.takings += 1
        stage.found += found
        stage.size = self.size
        return item, found

    def _take(self) -> tuple[_Item, int]:
        check_process(self)
        with self._changed:
            item, found = self._ready(), len(self.items)
            while item is None:
                found = 0
                self._changed.wait()
                item = self._ready()
            if not isinstance(item.error, StopIteration):
                self.items.remove(item)
                self._changed.notify_all()
            return item, found

    def _ready(self) -> _Item | None:
        if self.ordered:
            return self.items[0] if self.items and self.items[0].done else None
        for item in self.items:
            if item.done and (not isinstance(item.error, StopIteration) or len(self.items) == 1):
                return item
        return None

    def made(self) -> tuple[State, list[_Item]]:
        """Where the source stands, and the elements made since, all finished."""
        check_process(self)
        with self._changed:
            # Not `_taking`: a thread holds that while it waits for room.
            self._saving = True
            try:
                while self._in_source or not all(item.done for item in self.items):
                    self._changed.wait()
                return self.source.save(), list(self.items)
            finally:
                self._saving = False
                self._changed.notify_all()


class ReadAhead(ElementIterator):
    """The elements of an iterator, made ahead of time by threads.

    Args:
        source: the iterator.
        work: what is done with each element and its number; None for nothing.
        threads: how many work at a time; AUTOTUNE for as many as it pays to have, which is none
            for work that is done sooner than it is handed over, or that keeps Python busy.
        size: how many elements are in the making or ready at most; AUTOTUNE for as many as are
            needed, within the memory that the settings allow.
        ordered: elements come in the order of the source.
        tuner: what is known of the number of threads from earlier iterators, for AUTOTUNE.
        repeatable: `work` gives the same for the same element, so that elements that were made
            and not taken can be made again when the position is restored.
    """

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_made_one",
        "_prefetch",
        "_repeatable",
        "_start",
        "_started",
        "_taken",
        "_threads",
        "_tuner",
    )  # fmt: skip

    def __init__(
        self,
        source: ElementIterator,
        *,
        work: Work | None = None,
        threads: int = 1,
        size: int = 2,
        ordered: bool = True,
        repeatable: bool = True,
        tuner: ThreadTuner | None = None,
    ):
        settings = current_settings()
        tuned = settings.autotune
        self._buffer = (
            BufferTuner(_FIRST_SIZE, settings.buffer_bytes())
            if size == AUTOTUNE and tuned
            else None
        )
        self._tuner = tuner if threads == AUTOTUNE and tuned else None
        if self._tuner is not None:
            self._tuner.begin(settings.threads(AUTOTUNE))
        self._threads = settings.threads(threads) if self._tuner is None else self._tuner.threads
        if size == AUTOTUNE:
            size = max(_FIRST_SIZE, self._threads)
        self._prefetch = PrefetchBuffer(source, work, size, ordered)
        self._repeatable = repeatable and ordered
        self._started = False
        self._start: list[State] | None = None
        self._taken = 0
        self._made_one = False

    def has_made(self, count: int) -> None:
        """Go on behind elements that were made of the source before."""
        self._prefetch.taken = self._taken = count

    def measure_threads(self, stage: Measured) -> None:
        stage.ready_made()
        prefetch = self._prefetch
        prefetch.stage = stage
        if prefetch.work is not None:
            prefetch.work = _MeasuredWork(prefetch.work, stage)

    def _begin(self) -> None:
        prefetch = self._prefetch
        if not self._started:
            self._started = True
            weakref.finalize(self, prefetch.close)
        if prefetch.source.saves_position():
            self._start = [prefetch.source.save()]
            self._taken = prefetch.taken
        prefetch.want(self._threads)

    def __next__(self) -> Element:
        prefetch = self._prefetch
        if prefetch.wanted != self._threads and prefetch.is_at_rest():
            if self._tuner is not None and not self._made_one:
                return self._make_first()
            self._begin()
        if prefetch.is_at_rest():
            return self._make_here()
        begun = time.perf_counter()
        item, ready = prefetch.take()
        self._start = item.after
        self._taken = item.taken
        if isinstance(item.error, StopIteration):
            # That one stays in the buffer: with a traceback it would keep whoever called this
            # alive.
            raise StopIteration
        if item.error is not None:
            error, item.error = item.error, None
            try:
                raise error
            finally:
                del error  # else this frame and the error would keep each other
        self._tune(item.value, ready, time.perf_counter() - begun)
        return item.value

    def _make_first(self) -> Element:
        """Make the first element without threads; nobody may want another one.

        If it took long, threads begin with the next ones before anybody asks for those.
        """
        self._made_one = True
        begun = time.perf_counter()
        value = self._make_here()
        if time.perf_counter() - begun > _LONG:
            self._begin()
        return value

    def _make_here(self) -> Element:
        """Make an element without threads."""
        prefetch = self._prefetch
        begun = time.perf_counter()
        value = next(prefetch.source)
        prefetch.taken += 1
        if prefetch.work is not None:
            value = prefetch.work(value, prefetch.taken - 1)
        self._tune(value, 0, time.perf_counter() - begun)
        return value

    def _tune(self, element: Element, ready: int, waited: float) -> None:
        """Follow what was found when an element was taken."""
        prefetch, tuner, buffer = self._prefetch, self._tuner, self._buffer
        if tuner is not None and tuner.taken(waited):
            self._threads = tuner.threads
            if not prefetch.is_at_rest():
                prefetch.want(tuner.threads)
        if buffer is not None and prefetch.wanted:
            if ready:
                buffer.found(ready)
            else:
                buffer.found_nothing(element)
        if tuner is not None or buffer is not None:
            prefetch.size = max(prefetch.size if buffer is None else buffer.size, 2 * self._threads)

    def save(self) -> State:
        prefetch = self._prefetch
        if prefetch.is_at_rest():
            return {"source": prefetch.source.save(), "taken": prefetch.taken, "made": []}
        if self._start is not None and self._repeatable:
            return {"source": self._start[0], "taken": self._taken, "made": []}
        source, items = prefetch.made()
        made = [
            saved_outcome(i.value, i.error) for i in items if not isinstance(i.error, StopIteration)
        ]
        return {"source": source, "taken": prefetch.taken, "made": made}

    def restore(self, state: State) -> None:
        old = self._prefetch
        old.close()
        if self._started:
            old.made()  # waits until no thread uses the source any more
        prefetch = self._prefetch = PrefetchBuffer(old.source, old.work, old.size, old.ordered)
        prefetch.stage = old.stage
        prefetch.source.restore(state["source"])
        prefetch.taken = self._taken = state["taken"]
        prefetch.items.extend(_restored_item(saved) for saved in state["made"])
        self._started = False
        self._start = None

    def saves_position(self) -> bool:
        return self._repeatable and self._prefetch.source.saves_position()


class _MeasuredWork:
    """Work whose time is charged to a stage."""

    def __init__(self, work: Work, stage: Measured):
        self._work = work
        self._stage = stage

    def __call__(self, element: Element, number: int) -> Element:
        with working(self._stage):
            return self._work(element, number)


def _restored_item(saved: State) -> _Item:
    item = _Item()
    item.done = True
    item.value, item.error = restored_outcome(saved)
    return item
