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
_WINDOW = 0.1
_HARDLY = 0.1
_MOSTLY = 0.5
_GAIN = 1.08
_LONGEST_REST = 64
_MAX_AHEAD = 512


class ThreadTuner:
    """Climbs to the number of threads that gives the most elements, beginning with none.

    Work that keeps Python busy gains nothing from threads: then whoever asks for an element makes
    it. What one iterator found out the next one of the same stage begins with.
    """

    threads = 0

    def __init__(self) -> None:
        self._most = 1
        self._step = 1
        self._rest = 0
        self._next_rest = 2
        self._start = 0.0
        self._elements = 0
        self._waited = 0.0
        self._tried: tuple[int, float] | None = None

    def begin(self, most: int) -> None:
        """Another iterator begins, which may have that many threads."""
        self._most = most
        self.threads = min(self.threads, most)
        self._start, self._elements, self._waited = 0.0, 0, 0.0

    def taken(self, waited: float) -> bool:
        """Count an element that was taken; whether `threads` has changed.

        Args:
            waited: seconds that the taker had to wait for it, or took to make it.
        """
        now = time.perf_counter()
        if not self._start:
            self._start = now
            return False
        self._elements += 1
        self._waited += waited
        elapsed = now - self._start
        if elapsed < _WINDOW or self._elements <= 2 * self.threads:
            return False
        rate, each, share = self._elements / elapsed, self._waited / self._elements, self._waited
        self._start, self._elements, self._waited = now, 0, 0.0
        if not self.threads and each < WORTH_A_THREAD:
            return False
        return self._decide(rate, share / elapsed)

    def _decide(self, rate: float, share: float) -> bool:
        """Whether to have another number of threads, and set it.

        Args:
            rate: elements taken each second.
            share: part of the time that the taker waited.
        """
        if self._tried is not None:
            before, rate_before = self._tried
            self._tried = None
            # A thread more has to earn its keep, one less only has to do no harm.
            if rate < rate_before * (_GAIN if self.threads > before else 1):
                self._step = before - self.threads
                self.threads = before
                self._rest = self._next_rest
                self._next_rest = min(2 * self._next_rest, _LONGEST_REST)
                return True
        if self._rest:
            self._rest -= 1
            return False
        wanted = self._next(share)
        if wanted == self.threads:
            return False
        self._tried = self.threads, rate
        self.threads = wanted
        return True

    def _next(self, share: float) -> int:
        """How many threads to try: on in the direction that paid, the other way when it did not."""
        if share < _HARDLY:
            return self.threads
        wanted = self.threads + self._step
        if not 0 <= wanted <= self._most:
            self._step = -self._step
            wanted = self.threads + self._step
        return max(0, min(wanted, self._most))


class PrefetchTuner(ThreadTuner):
    """Finds out whether one thread that works while the program does gives more elements than none.

    It begins with the thread. A program that mostly waits for elements has little to do meanwhile:
    then making them where they are asked for is tried, which spares handing them over.
    """

    threads = 1

    def _next(self, share: float) -> int:
        if self.threads:
            return int(share < _MOSTLY)
        return int(_HARDLY < share < 1 - _HARDLY)


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
        wanted = min(2 * self.size, _MAX_AHEAD)
        if wanted == self.size or wanted * size_of(element) > self._budget:
            return False
        self.size = wanted
        return True


def size_of(element: Any) -> int:
    """The bytes of the arrays of an element."""
    return sum(value.nbytes for value in element or () if isinstance(value, np.ndarray))
