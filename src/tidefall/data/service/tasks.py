"""How a worker gives the elements of a task to those who ask: three ways."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from tidefall.base.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
)
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import INFINITE, Node
from tidefall.data.engine.settings import started
from tidefall.data.service.rpc import Message
from tidefall.data.state.element_codec import to_bytes
from tidefall.io.records import snappy_stream

Encoded = Sequence[bytes]
_CACHE_BYTES = 1 << 30
_KEPT_ROUNDS = 64


class Task(Protocol):
    """Gives elements to clients, from several threads."""

    @property
    def is_finished(self) -> bool:
        """Whether there are no more."""
        ...

    def get(self, request: Message) -> Encoded | None:
        """The element for a request; None at the end.

        Raises:
            OpError: the pipeline failed.
        """
        ...


class Elements:
    """The elements of a pipeline, encoded, for one thread at a time.

    Args:
        node: the pipeline.
        compression: "" or "SNAPPY".
    """

    def __init__(self, node: Node, compression: str):
        self._node = node
        self._compress = snappy_stream.compress if compression else bytes
        self._iterator: ElementIterator | None = None
        self.is_finished = False

    def next(self) -> Encoded | None:
        """The next element; None at the end and ever after."""
        if self.is_finished:
            return None
        with graph_scope(None), tapes_paused():
            if self._iterator is None:
                self._iterator = started(self._node)
            try:
                return [self._compress(part) for part in to_bytes(next(self._iterator))]
            except (StopIteration, OutOfRangeError):
                self.is_finished = True
                return None


class FirstComeTask:
    """Every element goes to whoever asks first."""

    def __init__(self, elements: Elements):
        self._elements = elements
        self._lock = threading.Lock()

    @property
    def is_finished(self) -> bool:
        return self._elements.is_finished

    def get(self, request: Message) -> Encoded | None:
        with self._lock:
            return self._elements.next()


class RoundRobinTask:
    """Each consumer gets one element of every round.

    Args:
        elements: as many as one likes.
        consumers: how many consumers there are.
        cardinality: of the pipeline.
    """

    is_finished = False

    def __init__(self, elements: Elements, consumers: int, cardinality: int):
        self._elements = elements
        self._consumers = consumers
        self._cardinality = cardinality
        self._lock = threading.Lock()
        self._rounds: dict[int, list[Encoded | OpError | None]] = {}

    def get(self, request: Message) -> Encoded | None:
        index = request["consumer"]
        if self._cardinality != INFINITE:
            raise FailedPreconditionError(
                None,
                None,
                "Round robin reads require that the input dataset has infinite cardinality, but "
                f"the dataset has cardinality {self._cardinality}. Consider adding a `.repeat()` "
                "transformation to the dataset.",
            )
        if not 0 <= index < self._consumers:
            raise FailedPreconditionError(
                None,
                None,
                f"Requesting data for consumer index {index}, but the task is configured for only "
                f"{self._consumers} consumers",
            )
        with self._lock:
            number = request["round"]
            if number not in self._rounds:
                self._rounds[number] = [self._next() for _ in range(self._consumers)]
                # An answer may be lost and asked for again, but not long ago.
                for old in sorted(self._rounds)[:-_KEPT_ROUNDS]:
                    del self._rounds[old]
            found = self._rounds[number][index]
        if isinstance(found, OpError):
            raise found
        return found

    def _next(self) -> Encoded | OpError | None:
        try:
            return self._elements.next()
        except OpError as error:
            return error


class CachedTask:
    """Every trainer gets every element that is still there when it asks for the next one."""

    def __init__(self, elements: Elements):
        self._elements = elements
        self._lock = threading.Lock()
        self._kept: deque[Encoded] = deque()
        self._start = 0
        self._bytes = 0
        self._places: dict[str, int] = {}

    @property
    def is_finished(self) -> bool:
        return self._elements.is_finished

    def get(self, request: Message) -> Encoded | None:
        trainer = request["trainer"]
        if not trainer:
            raise InvalidArgumentError(
                None, None, "Cross-trainer caching requires a trainer ID. Got an empty one."
            )
        with self._lock:
            place = max(self._places.get(trainer, 0), self._start)
            if place == self._start + len(self._kept):
                element = self._elements.next()
                if element is None:
                    return None
                self._kept.append(element)
                self._bytes += sum(map(len, element))
            element = self._kept[place - self._start]
            self._places[trainer] = place + 1
            while self._bytes > _CACHE_BYTES and len(self._kept) > 1:
                self._bytes -= sum(map(len, self._kept.popleft()))
                self._start += 1
            return element
