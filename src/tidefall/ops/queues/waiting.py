"""A queue's elements, and the threads that wait to add or take some.

Two lines form before a queue, one of those that add elements and one of those that take them. Only
the first of a line acts, so that nobody is overtaken; a queue is closed by an entry in the first
line, after what was waiting there.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import CancelledError, OutOfRangeError
from tidefall.base.shapes import TensorShape
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.random.philox import block
from tidefall.ops.random.seeds import Stream

Row = tuple[np.ndarray, ...]


class _Attempt:
    """One thread's place in a line."""

    __slots__ = ("cancelled", "thread")

    def __init__(self) -> None:
        self.cancelled = False
        self.thread = threading.get_ident()


class QueueValue:
    """What a queue's handle refers to; elements leave in the order they came.

    Args:
        name: the name that errors give.
        capacity: how many elements fit; any number if negative.
        dtypes: dtypes of the components of an element.
        shapes: their shapes, or nothing if they may be of any shape.
    """

    kind = "FIFOQueue"

    def __init__(
        self, name: str, capacity: int, dtypes: Sequence[Any], shapes: Sequence[TensorShape]
    ):
        if shapes and len(shapes) != len(dtypes):
            raise invalid(
                f"Different number of component types.  Types: "
                f"{', '.join(t.name for t in dtypes)}, Shapes: "
                f"[{', '.join(shape_text(s) for s in shapes)}]"
            )
        self.name = name
        self.capacity = capacity if capacity >= 0 else math.inf
        self.dtypes = list(dtypes)
        self.shapes = list(shapes)
        self.closed = False
        self._changed = threading.Condition()
        self._adding: deque[_Attempt] = deque()
        self._taking: deque[_Attempt] = deque()
        self._start()

    # ---- what the kinds of queues differ in ----

    def _start(self) -> None:
        self._rows: Any = deque()

    def _add(self, row: Row) -> None:
        self._rows.append(row)

    def _take(self) -> Row:
        return self._rows.popleft()

    def _put_back(self, rows: list[Row]) -> None:
        self._rows.extendleft(reversed(rows))

    def _available(self) -> int:
        """How many elements may be taken now."""
        return len(self._rows)

    def check(self, arrays: Sequence[np.ndarray], skip: int = 0) -> None:
        """Raise unless the components (behind `skip` dimensions) fit the queue."""
        for i, (array, shape) in enumerate(zip(arrays, self.shapes, strict=bool(self.shapes))):
            if not shape.is_compatible_with(array.shape[skip:]):
                raise invalid(
                    f"Shape mismatch in tuple component {i}. Expected "
                    f"{self._wanted(shape, arrays[0], skip)}, got {shape_text(array.shape)}"
                )

    @staticmethod
    def _wanted(shape: TensorShape, first: np.ndarray, skip: int) -> str:
        return shape_text([*first.shape[:skip], *shape.as_list()])

    def stack(self, rows: list[Row]) -> list[np.ndarray]:
        """The components of some elements side by side, `[count, ...]`."""
        if rows:
            return [np.stack(column) for column in zip(*rows, strict=True)]
        return [
            np.empty([0, *(d or 0 for d in shape.as_list())], dtype.as_numpy_dtype)
            for shape, dtype in zip(self.shapes, self.dtypes, strict=True)
        ]

    # ---- adding, taking, closing ----

    @property
    def size(self) -> int:
        """How many elements there are."""
        return len(self._rows)

    def enqueue(self, rows: Sequence[Row]) -> None:
        """Add elements one after the other, waiting while the queue is full.

        Raises:
            CancelledError: if the queue is closed, or what waits is cancelled.
        """
        with self._changed:
            attempt = self._line_up(self._adding)
            try:
                for row in rows:
                    self._wait(attempt, self._adding, self._has_room)
                    if self.closed:
                        raise CancelledError(None, None, f"{self.kind} '{self.name}' is closed.")
                    self._add(row)
                    self._changed.notify_all()
            finally:
                self._leave(attempt, self._adding)

    def _has_room(self) -> bool:
        return self.closed or len(self._rows) < self.capacity

    def dequeue(self, count: int, up_to: bool = False) -> list[Row]:
        """Take elements, waiting while there are too few.

        Args:
            count: how many.
            up_to: take fewer if the queue is closed and has no more.

        Raises:
            OutOfRangeError: if the queue is closed and has too few.
            CancelledError: if what waits is cancelled.
        """
        taken: list[Row] = []
        if count == 0:
            return taken
        with self._changed:
            attempt = self._line_up(self._taking)
            try:
                while len(taken) < count:
                    self._wait(attempt, self._taking, lambda: self.closed or self._available() > 0)
                    missing, there = count - len(taken), self._available()
                    if self.closed and there < missing:
                        if not (up_to and (taken or there)):
                            raise self._exhausted(missing)
                        count = len(taken) + there
                    taken.extend(self._take() for _ in range(min(there, count - len(taken))))
                    self._changed.notify_all()
            except BaseException:
                self._put_back(taken)
                raise
            finally:
                self._leave(attempt, self._taking)
        return taken

    def _exhausted(self, wanted: int) -> OutOfRangeError:
        return OutOfRangeError(
            None,
            None,
            f"{self.kind} '{self.name}' is closed and has insufficient elements (requested "
            f"{wanted}, current size {len(self._rows)})",
        )

    def close(self, cancel: bool) -> None:
        """Accept no more elements, once those that wait to be added are, or are cancelled."""
        with self._changed:
            attempt = self._line_up(self._adding)
            try:
                if cancel:
                    self._cancel(self._adding, but=attempt)
                else:
                    self._wait(attempt, self._adding, lambda: True)
                if self.closed:
                    raise CancelledError(None, None, f"Queue '{self.name}' is already closed.")
                self.closed = True
            finally:
                self._leave(attempt, self._adding)

    def cancel_all(self) -> None:
        """Let nobody wait any longer: the session that owns the queue is closed."""
        with self._changed:
            self._cancel(self._adding)
            self._cancel(self._taking)
            self._changed.notify_all()

    def cancel_thread(self, thread: int) -> None:
        """Let one thread not wait any longer."""
        with self._changed:
            for attempt in (*self._adding, *self._taking):
                attempt.cancelled = attempt.cancelled or attempt.thread == thread
            self._changed.notify_all()

    # ---- the lines ----

    def _line_up(self, line: deque[_Attempt]) -> _Attempt:
        attempt = _Attempt()
        line.append(attempt)
        return attempt

    def _leave(self, attempt: _Attempt, line: deque[_Attempt]) -> None:
        line.remove(attempt)
        self._changed.notify_all()

    def _wait(self, attempt: _Attempt, line: deque[_Attempt], may_go: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: attempt.cancelled or (line[0] is attempt and may_go()))
        if attempt.cancelled:
            what = "Enqueue" if line is self._adding else "Dequeue"
            raise CancelledError(None, None, f"{what} operation was cancelled")

    @staticmethod
    def _cancel(line: deque[_Attempt], but: _Attempt | None = None) -> None:
        for attempt in line:
            attempt.cancelled = attempt is not but


class PaddingFIFOQueueValue(QueueValue):
    """A queue whose components differ in size, and are padded with zeros when taken together."""

    kind = "PaddingFIFOQueue"

    def stack(self, rows: list[Row]) -> list[np.ndarray]:
        """The components of some elements, padded to the largest of each dimension."""
        if not rows:
            return super().stack(rows)
        return [
            _padded(column, dtype)
            for column, dtype in zip(zip(*rows, strict=True), self.dtypes, strict=True)
        ]


def _padded(column: Sequence[np.ndarray], dtype: Any) -> np.ndarray:
    largest = np.max([array.shape for array in column], axis=0, initial=0).astype(int).tolist()
    if all(list(array.shape) == largest for array in column):
        return np.stack(column)
    result = np.zeros([len(column), *largest], column[0].dtype)
    if dtype.name == "string":
        result[...] = b""
    for place, array in zip(result, column, strict=True):
        place[tuple(slice(size) for size in array.shape)] = array
    return result


class PriorityQueueValue(QueueValue):
    """A queue whose smallest elements, by their first component, leave first."""

    kind = "PriorityQueue"

    def _start(self) -> None:
        self._rows: list[tuple[int, int, Row]] = []
        self._added = 0

    def _add(self, row: Row) -> None:
        self._added += 1
        heapq.heappush(self._rows, (int(row[0]), self._added, row))

    def _take(self) -> Row:
        return heapq.heappop(self._rows)[2]

    def _put_back(self, rows: list[Row]) -> None:
        for row in rows:
            self._add(row)


class RandomShuffleQueueValue(QueueValue):
    """A queue whose elements leave in random order.

    Args:
        min_after_dequeue: how many have to stay for that, until it is closed.
        seed, seed2: of the generator.
    """

    kind = "RandomShuffleQueue"

    def __init__(
        self,
        name: str,
        capacity: int,
        dtypes: Sequence[Any],
        shapes: Sequence[TensorShape],
        min_after_dequeue: int,
        seed: int,
        seed2: int,
    ):
        if min_after_dequeue < 0:
            raise invalid(f"min_after_dequeue {min_after_dequeue} must be >= 0")
        if 0 <= capacity <= min_after_dequeue:
            raise invalid(f"min_after_dequeue {min_after_dequeue} must be < capacity {capacity}")
        self._least = min_after_dequeue
        self._stream = Stream(seed, seed2)
        self._words: list[int] = []
        super().__init__(name, capacity, dtypes, shapes)

    def _start(self) -> None:
        self._rows: list[Row] = []

    def _available(self) -> int:
        return len(self._rows) - (0 if self.closed else self._least)

    def _take(self) -> Row:
        if not self._words:
            self._words = list(block(*self._stream.reserve(1)))
        index = self._words.pop(0) % len(self._rows)
        rows = self._rows
        rows[index], rows[-1] = rows[-1], rows[index]
        return rows.pop()

    def _put_back(self, rows: list[Row]) -> None:
        self._rows.extend(rows)
