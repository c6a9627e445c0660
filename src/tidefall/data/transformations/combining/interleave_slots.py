"""Datasets that are read by turns, ahead of time, by threads: what a parallel `interleave` is.

Every open dataset is a slot: an iterator and the elements it has given that nobody has taken yet.
Threads open slots in the order of the source and fill them in the order in which they run empty, so
that there are no more threads than asked for, however many slots there are. Who takes elements
takes them from the slots as if it read them itself, so the order is that without threads.

Threads only start once reading has been found to take longer than handing over does.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from tidefall.base.errors import OpError
from tidefall.data.dataset import node_of
from tidefall.data.engine.elements import Element, State, restored_outcome, saved_outcome
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import ElementIterator, Opened
from tidefall.data.engine.measure import Measured, working
from tidefall.data.engine.settings import Settings, keep_using, using
from tidefall.data.engine.tuning import WORTH_A_THREAD
from tidefall.data.engine.workers import check_process, start_thread

_LONGEST_VISIT = 1e-3
"""Seconds after which a thread goes on to another slot."""
_AT_LEAST = 4
_CLIPPED = 2e-3
"""Seconds from which on it does not matter how long an element took."""
_MEASURED_AT_FIRST = 64
_UNMEASURED = 15
Made = tuple[Element | None, BaseException | None, list[State] | None]
"""An element or an error, and where the iterator stood after it, if that was quick to tell."""


class InterleaveSlot:
    """An open dataset.

    Attributes:
        opened: its iterator; None if opening it failed.
        error: what opening it raised.
        number: that of the element it was made from.
        made: what the iterator has given, and nobody has taken.
        ended: the iterator has no more.
        queued: it waits for a thread, or one is busy with it.
        at: where the iterator stood after the last element that was taken, if it has gone on since
            and that was quick to tell.
    """

    __slots__ = ("at", "ended", "error", "made", "number", "opened", "queued")

    def __init__(self, opened: Opened | None, number: int, error: BaseException | None = None):
        self.opened = opened
        self.error = error
        self.number = number
        self.made: deque[Made] = deque()
        self.ended = False
        self.queued = False
        self.at: list[State] | None = None

    def read(self) -> None:
        """Add the next element to those made."""
        assert self.opened is not None
        iterator = self.opened.iterator
        if self.at is None and not self.made:
            self.at = _position(iterator)
        try:
            element: Element | None = next(iterator)
            error: BaseException | None = None
        except StopIteration:
            self.ended = True
            return
        except BaseException as raised:  # noqa: BLE001 - raised where the element is asked for
            element, error = None, raised
        self.made.append((element, error, _position(iterator)))

    def next(self) -> Element | None:
        """The next element, made or not; None at the end."""
        if self.made:
            return self.take()
        if self.ended:
            return None
        assert self.opened is not None
        try:
            return next(self.opened.iterator)
        except StopIteration:
            self.ended = True
            return None

    def take(self) -> Element:
        """The next element of those made."""
        element, error, self.at = self.made.popleft()
        if error is not None:
            raise error
        assert element is not None
        return element

    def save(self) -> State:
        """The slot, while no thread is busy with it."""
        if self.opened is None:
            assert self.error is not None
            return {"number": self.number, "failed": saved_outcome(None, self.error)}
        if self.at is not None:
            return {**self.opened.origin(), "number": self.number, "at": self.at[0], "made": []}
        made = [saved_outcome(element, error) for element, error, _ in self.made]
        state = {**self.opened.save(), "number": self.number}
        return {**state, "made": made, "ended": self.ended}

    @classmethod
    def again(
        cls, state: State, source: ElementIterator, make: Callable[[Element], ElementIterator]
    ) -> InterleaveSlot:
        """What was saved."""
        if "failed" in state:
            return cls(None, state["number"], restored_outcome(state["failed"])[1])
        slot = cls(Opened.again(state, source, make), state["number"])
        slot.ended = state.get("ended", False)
        slot.made.extend((*restored_outcome(one), None) for one in state["made"])
        return slot


def _position(iterator: ElementIterator) -> list[State] | None:
    return [iterator.save()] if iterator.saves_position() else None


class Reads:
    """Measures whether reading takes long enough for threads to pay.

    Single delays do not count: what is read may have to be opened, and the processor has other
    things to do. At first every element is measured, later one in many.
    """

    def __init__(self) -> None:
        self._count = 0
        self._slow = 0
        self._seconds = 0.0
        self.unmeasured = 0
        """How many elements to leave out before the next one."""

    def add(self, seconds: float) -> bool:
        """Count an element; whether threads pay, as far as is known."""
        self._count += 1
        self._seconds += min(seconds, _CLIPPED)
        self._slow += seconds > WORTH_A_THREAD
        if self._count > _MEASURED_AT_FIRST:
            self.unmeasured = _UNMEASURED
        if self._count < _MEASURED_AT_FIRST:
            return self._count >= _AT_LEAST and 2 * self._slow > self._count
        return self._seconds > self._count * WORTH_A_THREAD


class InterleaveSlots:
    """The slots of one iterator, and the threads that open and fill them.

    Args:
        source: gives the elements that datasets are made of.
        function: makes the dataset of an element.
        capacity: how many elements a slot holds at most.
        ahead: how many slots are opened before their turn comes.
        settings: what the iterators are made with.
    """

    def __init__(
        self,
        source: ElementIterator,
        function: Runner,
        capacity: int,
        ahead: int,
        settings: Settings,
    ):
        self.source = source
        self.function = function
        self.index = 0
        """How many datasets the function has made."""
        self.next_slots: deque[InterleaveSlot] = deque()
        self.ended = False
        self.running = False
        self._capacity = capacity
        self._ahead = ahead
        self._settings = settings
        self.threads: list[threading.Thread] = []
        self.is_forked = False
        self.stage: Measured | None = None
        """Where a profile counts who waits for whom."""
        self._closed = False
        self._paused = False
        self._reading = 0
        self._opening = False
        self._hungry: deque[InterleaveSlot] = deque()
        self._changed = threading.Condition(threading.RLock())

    def anew(self) -> InterleaveSlots:
        """The same at the beginning, without threads, for the same source."""
        slots = InterleaveSlots(
            self.source, self.function, self._capacity, self._ahead, self._settings
        )
        slots.stage = self.stage
        return slots

    def make(self, element: Element) -> ElementIterator:
        """The iterator of an element's dataset."""
        index = self.index
        self.index = index + 1
        (node,) = self.function(element, index)
        return node_of(node).make_iterator()

    def start(self, threads: int, slots: list[InterleaveSlot]) -> None:
        """Start threads, which fill these slots first."""
        self.running = True
        if self.stage is not None:
            self.stage.threads = max(self.stage.threads, threads)
        for slot in (*slots, *self.next_slots):
            self._want(slot)
        for number in range(threads):
            start_thread(self, self._run, number)

    def forked(self) -> None:
        """This is another process, without the threads; a lock may be held for ever."""
        self.is_forked = self._closed = True
        self._changed = threading.Condition(threading.RLock())

    def close(self) -> None:
        """End the threads. Finalizers call it, perhaps in a thread that holds the lock."""
        self._closed = True
        with self._changed:
            self._changed.notify_all()

    # ---- what the threads do ----

    def _run(self, number: int) -> None:
        keep_using(self._settings)
        while True:
            with self._changed:
                while not self._closed and (self._paused or not self._has_work()):
                    self._changed.wait()
                if self._closed:
                    return
                self._reading += 1
                slot = self._hungry.popleft() if self._hungry else None
                self._opening = self._opening or slot is None
            if self.stage is None:
                self._read(slot)
            else:
                with working(self.stage):
                    self._read(slot)

    def _read(self, slot: InterleaveSlot | None) -> None:
        if slot is None:
            self._open_ahead()
        else:
            self._fill(slot)

    def _has_work(self) -> bool:
        if self._hungry:
            return True
        return not self.ended and not self._opening and len(self.next_slots) < self._ahead

    def _open_ahead(self) -> None:
        slot = self.open()
        with self._changed:
            self._opening = False
            if slot is None:
                self.ended = True
            else:
                self.next_slots.append(slot)
                self._want(slot)
            self._done()

    def _fill(self, slot: InterleaveSlot) -> None:
        until = time.perf_counter() + _LONGEST_VISIT
        while len(slot.made) < self._capacity and not slot.ended:
            slot.read()
            if time.perf_counter() > until:
                break
        with self._changed:
            slot.queued = False
            self._want(slot)
            self._done()

    def _done(self) -> None:
        self._reading -= 1
        self._changed.notify_all()

    def _want(self, slot: InterleaveSlot) -> None:
        """Let a thread fill a slot that is half empty."""
        half_empty = 2 * len(slot.made) <= self._capacity
        if half_empty and not (slot.queued or slot.ended or slot.opened is None):
            slot.queued = True
            self._hungry.append(slot)

    # ---- what the iterator does ----

    def open(self) -> InterleaveSlot | None:
        """The slot of the source's next element; None at the end."""
        with using(self._settings):
            try:
                return InterleaveSlot(Opened(self.source, self.make), self.index - 1)
            except StopIteration:
                return None
            except BaseException as error:  # noqa: BLE001 - raised where its turn comes
                return InterleaveSlot(None, self.index - 1, error)

    def next_slot(self) -> InterleaveSlot | None:
        """The next slot of all; None when there are no more."""
        if not self.running:
            if self.next_slots:
                return self.next_slots.popleft()
            slot = None if self.ended else self.open()
            self.ended = self.ended or slot is None
            return slot
        if self.stage is None:
            return self._opened_ahead()
        assert self.stage.waiting is not None
        with working(self.stage.waiting):
            return self._opened_ahead()

    def _opened_ahead(self) -> InterleaveSlot | None:
        check_process(self)
        with self._changed:
            while not self.next_slots and not self.ended:
                self._changed.wait()
            if not self.next_slots:
                return None
            self._changed.notify_all()
            return self.next_slots.popleft()

    def take(
        self, slot: InterleaveSlot, others: list[InterleaveSlot | None]
    ) -> tuple[Element | None, InterleaveSlot]:
        """The next element of a slot, or None at its end.

        Args:
            slot: the slot whose turn it is.
            others: slots that an element may come from in its place, if none is ready.

        Returns:
            The element, and the slot it comes from.
        """
        if not self.running:
            try:
                return slot.next(), slot
            except OpError as error:
                raise self._inside(slot, error) from error
        if self.stage is None:
            return self._take_made(slot, others)
        assert self.stage.waiting is not None
        with working(self.stage.waiting):
            return self._take_made(slot, others)

    def _take_made(
        self, slot: InterleaveSlot, others: list[InterleaveSlot | None]
    ) -> tuple[Element | None, InterleaveSlot]:
        check_process(self)
        with self._changed:
            while True:
                found = slot if slot.made or slot.ended else _ready(others)
                if found is not None:
                    break
                self._changed.wait()
            if not found.made:
                return None, found
            try:
                return found.take(), found
            except OpError as error:
                raise self._inside(found, error) from error
            finally:
                if not found.queued:
                    self._want(found)
                    if found.queued:
                        self._changed.notify()

    def _inside(self, slot: InterleaveSlot, error: OpError) -> OpError:
        assert slot.opened is not None
        return self.function.inside(error, slot.number, slot.opened.element)

    def pause(self) -> None:
        """Wait until no thread is busy, and keep them from going on."""
        check_process(self)
        with self._changed:
            self._paused = True
            while self._reading:
                self._changed.wait()

    def resume(self) -> None:
        """Let the threads go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()


def _ready(slots: list[InterleaveSlot | None]) -> InterleaveSlot | None:
    return next((slot for slot in slots if slot is not None and slot.made), None)
