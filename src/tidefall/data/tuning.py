"""How many threads, and how many elements ahead, where that is left to us.

Both follow what is measured while the pipeline runs. Threads: one more is tried while whoever takes
the elements has to wait for them, and kept if more elements come. Elements ahead: the buffer grows
when it has been full and is then found empty, as long as the memory allowed for it lasts.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

WORTH_A_THREAD = 100e-6
"""Seconds of work on an element from which on handing it to a thread pays (measured: 20-40 us)."""
_WINDOW = 0.2
_FIRST_ELEMENTS = 8
_GAIN = 1.08
_LONGEST_REST = 64
_MOST_AHEAD = 512


class FirstElements:
    """Measures the work on the first elements, which are made without threads."""

    def __init__(self) -> None:
        self._count = 0
        self._seconds = 0.0

    def add(self, seconds: float) -> bool:
        """Count the work on an element; whether threads are worth it, once that is clear."""
        self._count += 1
        # The first one may have to load or compile something.
        if self._count > 1:
            self._seconds += seconds
        enough = self._count > _FIRST_ELEMENTS or self._seconds > _FIRST_ELEMENTS * WORTH_A_THREAD
        return enough and self._seconds / max(1, self._count - 1) > WORTH_A_THREAD


class ThreadTuner:
    """Climbs to the number of threads that makes the most elements.

    Args:
        most: the largest number.
    """

    def __init__(self, most: int):
        self.threads = 1
        self._most = most
        self._before = 0.0
        self._trying = False
        self._rest = 0
        self._next_rest = 2
        self._start = 0.0
        self._elements = 0
        self._waited = 0.0

    def taken(self, waited: float) -> bool:
        """Count an element that was taken; whether `threads` has changed.

        Args:
            waited: seconds that the taker had to wait for it.
        """
        now = time.perf_counter()
        if not self._start:
            self._start = now
            return False
        self._elements += 1
        self._waited += waited
        elapsed = now - self._start
        if elapsed < _WINDOW or self._elements < 2 * self.threads:
            return False
        rate, share = self._elements / elapsed, self._waited / elapsed
        self._start, self._elements, self._waited = now, 0, 0.0
        return self._decide(rate, share)

    def _decide(self, rate: float, share: float) -> bool:
        if self._trying:
            self._trying = False
            if rate < _GAIN * self._before:
                self.threads -= 1
                self._rest = self._next_rest
                self._next_rest = min(2 * self._next_rest, _LONGEST_REST)
                return True
        if self._rest:
            self._rest -= 1
            return False
        if share < 0.1 or self.threads >= self._most:
            return False
        self._before = rate
        self._trying = True
        self.threads += 1
        return True


class BufferTuner:
    """The number of elements to keep ready.

    Args:
        size: the number to begin with.
        budget: bytes that they may take together.
    """

    def __init__(self, size: int, budget: int):
        self.size = size
        self._budget = budget
        self._was_full = False

    def found(self, ready: int) -> None:
        """Count what somebody found who came for an element."""
        if ready >= self.size:
            self._was_full = True

    def found_nothing(self, element: Any) -> bool:
        """Somebody had to wait for an element; whether `size` has changed."""
        if not self._was_full:
            return False
        self._was_full = False
        wanted = min(2 * self.size, _MOST_AHEAD)
        if wanted == self.size or wanted * size_of(element) > self._budget:
            return False
        self.size = wanted
        return True


def size_of(element: Any) -> int:
    """The bytes of the arrays of an element."""
    return sum(value.nbytes for value in element or () if isinstance(value, np.ndarray))
