"""The random words that shuffling and random datasets draw: TensorFlow's Philox generator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tidefall.ops.random.philox import blocks

_LOW = 2**64 - 1
_IN_BLOCK = 4
_FIRST = 64
_MOST = 1 << 14


class RandomBits:
    """The 32-bit words of the generator for a pair of 64-bit seeds.

    Any of them is computed from its place. Take them many at a time as an array, or one by one as
    integers; not both.
    """

    __slots__ = ("_counter", "_key", "_taken")

    def __init__(self, seed: int, seed2: int):
        self._key = seed & _LOW
        self._counter = (seed2 & _LOW) << 64
        self._taken = 0

    def at(self, start: int, count: int) -> np.ndarray:
        """The words from a place on, as int64."""
        first = start // _IN_BLOCK
        index = np.arange(first, -(-(start + count) // _IN_BLOCK), dtype=np.uint64)
        words = blocks(self._key, self._counter, index).reshape(-1)
        skipped = start - _IN_BLOCK * first
        return words[skipped : skipped + count].astype(np.int64)

    def take(self, count: int) -> np.ndarray:
        """The next `count` words, as int64."""
        start = self._taken
        self._taken = start + count
        return self.at(start, count)

    def __iter__(self) -> Iterator[int]:
        size = _FIRST
        while True:
            yield from self.take(size).tolist()
            size = min(2 * size, _MOST)
