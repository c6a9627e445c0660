"""Where the time of a pipeline goes: what `Dataset.profile` measures while elements are made.

Every thread has a clock that charges the time since it was last read to the stage the thread works
for; a stage that asks its input for elements passes the clock on, and gets it back. So times are a
stage's own, whatever is nested in what. Nothing is measured, and hardly anything asked, where no
pipeline is being profiled.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from tidefall.data.engine.node import Node

_Make = Callable[["Node"], Any]


class _Clock(threading.local):
    """Which stage a thread works for, since when that has not been charged, and which node is
    making an iterator."""

    stage: Measured | None = None
    since = 0.0
    making: Node | None = None


clock = _Clock()
roots: list[Callable[[Node], Measured | None]] = []
"""For each profile that goes on: the measurements of a pipeline that begins, if it is of those."""


class Measured:
    """What was measured of one stage.

    Attributes:
        node: the stage; one of them, if the stage is made anew for every element of another.
        inputs: the stages it took elements from, by a key that tells them apart.
        waiting: the time that those who asked for elements waited for a thread to make them.
        full: the time that threads waited since enough elements were ready.
        threads: the most threads that worked at a time.
        takings, found, size: how often an element was taken that a thread had made, how many were
            there, all times together, and how many might have been at most.
    """

    def __init__(self, node: Node | None):
        self.node = node
        self._places: weakref.WeakKeyDictionary[Node, int] = weakref.WeakKeyDictionary()
        self.inputs: dict[Any, Measured] = {}
        self.waiting: Measured | None = None
        self.full: Measured | None = None
        self.threads = 1
        self.takings = self.found = self.size = 0
        self._own: dict[int, float] = {}
        self._asked: dict[int, float] = {}
        self._elements: dict[int, int] = {}
        self._lock = threading.Lock()

    # Each thread has a place of its own, so that none is lost when two of them add at a time.

    def add_time(self, seconds: float) -> None:
        """Charge time of this thread."""
        thread = threading.get_ident()
        self._own[thread] = self._own.get(thread, 0.0) + seconds

    def add_asked(self, seconds: float) -> None:
        """Tell how long someone waited for elements."""
        thread = threading.get_ident()
        self._asked[thread] = self._asked.get(thread, 0.0) + seconds

    def add_elements(self, count: int) -> None:
        """Count elements that were given."""
        thread = threading.get_ident()
        self._elements[thread] = self._elements.get(thread, 0) + count

    @property
    def own(self) -> float:
        """Seconds spent in the stage itself, by all threads together."""
        return sum(self._own.copy().values())

    @property
    def asked(self) -> float:
        """Seconds that whoever asked for its elements waited for them, whatever took them."""
        return sum(self._asked.copy().values())

    @property
    def elements(self) -> int:
        """How many elements it gave."""
        return sum(self._elements.copy().values())

    def input(self, node: Node) -> Measured:
        """The measurements of a stage that this one takes elements from."""
        # Stages made for an element are the same as those made for the one before.
        functions = tuple(function.described for function in node.functions)
        with self._lock:
            key = self._places.get(node), type(node), functions
            found = self.inputs.get(key)
            if found is None:
                found = self.inputs[key] = Measured(node)
        found.stands_for(node)
        return found

    def stands_for(self, node: Node) -> None:
        """These are also the measurements of that node: remember its inputs as inputs."""
        with self._lock:
            for i, one in enumerate(node.inputs):
                self._places[one] = i

    def ready_made(self) -> None:
        """Elements are made by threads, ahead of time."""
        self.waiting = self.waiting or Measured(None)
        self.full = self.full or Measured(None)


@runtime_checkable
class Threaded(Protocol):
    """An iterator with threads of its own, which make elements ahead of time."""

    def measure_threads(self, stage: Measured) -> None:
        """Count from now on who waits for whom."""


class working:  # noqa: N801 - a context manager on a hot path, named like a function
    """While it is entered, the time of this thread is charged to a stage."""

    __slots__ = ("before", "stage")

    def __init__(self, stage: Measured):
        self.stage = stage

    def __enter__(self) -> Measured | None:
        now = perf_counter()
        before = self.before = clock.stage
        if before is not None:
            before.add_time(now - clock.since)
        clock.stage, clock.since = self.stage, now
        return before

    def __exit__(self, *_: object) -> None:
        now = perf_counter()
        self.stage.add_time(now - clock.since)
        clock.stage, clock.since = self.before, now


class asking(working):  # noqa: N801
    """The same for whoever asks a stage for elements: how long that takes is told as well."""

    __slots__ = ("begun",)

    def __enter__(self) -> Measured | None:
        before = super().__enter__()
        self.begun = clock.since
        return before

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.before is not self.stage:
            self.stage.add_asked(clock.since - self.begun)


def measured(make: _Make) -> _Make:
    """A method of a node that makes an iterator, or access by number, which may be measured."""

    @functools.wraps(make)
    def method(node: Node) -> Any:
        stage = clock.stage
        if stage is None:
            if not roots:
                return make(node)
            stage = _root(node)
            if stage is None:
                return make(node)
        elif clock.making is node:
            return make(node)
        else:
            stage = stage.input(node)
        before, clock.making = clock.making, node
        try:
            with working(stage):
                made = make(node)
        finally:
            clock.making = before
        return None if made is None else _probe(made, stage)

    return method


def _probe(made: Any, stage: Measured) -> Any:
    from tidefall.data.report.probes import probe

    return probe(made, stage)


def _root(node: Node) -> Measured | None:
    return next((found for root in list(roots) if (found := root(node)) is not None), None)


def contains(node: Node, wanted: Node) -> bool:
    """Whether a pipeline is or has a stage."""
    return node is wanted or any(contains(one, wanted) for one in node.inputs)


def in_order(
    stage: Measured, depth: int = 0, threads: int = 1
) -> Sequence[tuple[Measured, int, int]]:
    """A stage behind all it takes elements from.

    Returns:
        Each stage, how deep it is nested in another, and how many threads work on it at a time.
    """
    found: list[tuple[Measured, int, int]] = []
    for (place, *_), one in list(stage.inputs.items()):
        if place is None:
            found += in_order(one, depth + 1, max(stage.threads, threads))
        else:
            found += in_order(one, depth, threads)
    return [*found, (stage, depth, max(stage.threads, threads))]
