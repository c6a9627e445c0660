"""Elements that can be had in any order, by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.data.engine.elements import Element


class RandomAccess:
    """Elements that can be had in any order, by number.

    Attributes:
        size: how many there are.
        vectorized: many at once cost much less each than a single one does.
    """

    __slots__ = ()
    size: int
    vectorized = False

    def element(self, index: int) -> Element:
        """One element."""
        raise NotImplementedError(type(self).__name__)

    def gather(self, indices: np.ndarray) -> list[Any]:
        """The elements with these numbers, stacked."""
        raise NotImplementedError(type(self).__name__)

    def part(self, start: int, end: int) -> list[Any]:
        """The elements `start` to `end`, not included, stacked."""
        return self.gather(np.arange(start, end))


class _Part(RandomAccess):
    """Every `step`-th of the elements from `start` on."""

    __slots__ = ("_source", "_start", "_step", "size", "vectorized")

    def __init__(self, source: RandomAccess, start: int, step: int, size: int):
        self._source = source
        self._start = start
        self._step = step
        self.size = size
        self.vectorized = source.vectorized  # type: ignore[misc]

    def element(self, index: int) -> Element:
        return self._source.element(self._start + index * self._step)

    def gather(self, indices: np.ndarray) -> list[Any]:
        return self._source.gather(self._start + indices * self._step)

    def part(self, start: int, end: int) -> list[Any]:
        if self._step == 1:
            return self._source.part(self._start + start, self._start + end)
        return super().part(start, end)


def part_of(source: RandomAccess, start: int, end: int, step: int = 1) -> RandomAccess:
    """Every `step`-th element from `start` to `end`, not included."""
    return _Part(source, start, step, max(0, -(-(end - start) // step)))
