"""Iterators and access by number that are measured: they pass on what those they stand for give."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.measure import Measured, Threaded, asking


class Probe(ElementIterator):
    """An iterator whose time and elements are counted."""

    __slots__ = ("_iterator", "_stage")

    def __init__(self, iterator: ElementIterator, stage: Measured):
        self._iterator = iterator
        self._stage = stage

    def __next__(self) -> Element:
        stage = self._stage
        with asking(stage) as before:
            element = next(self._iterator)
        if before is not stage:
            stage.add_elements(1)
        return element

    def batch(self, count: int) -> Batch:
        stage = self._stage
        with asking(stage) as before:
            rows = self._iterator.batch(count)
        if before is not stage:
            stage.add_elements(rows[0])
        return rows

    def skip(self, count: int) -> int:
        stage = self._stage
        with asking(stage) as before:
            skipped = self._iterator.skip(count)
        if before is not stage:
            stage.add_elements(skipped)
        return skipped

    def save(self) -> State:
        return self._iterator.save()

    def restore(self, state: State) -> None:
        self._iterator.restore(state)

    def saves_position(self) -> bool:
        return self._iterator.saves_position()


class AccessProbe(RandomAccess):
    """Access by number whose time and elements are counted."""

    __slots__ = ("_access", "_stage", "size", "vectorized")

    def __init__(self, access: RandomAccess, stage: Measured):
        self._access = access
        self._stage = stage
        self.size = access.size
        self.vectorized = access.vectorized  # type: ignore[misc]

    def element(self, index: int) -> Element:
        with asking(self._stage) as before:
            element = self._access.element(index)
        return self._counted(element, 1, before)

    def gather(self, indices: np.ndarray) -> list[Any]:
        with asking(self._stage) as before:
            columns = self._access.gather(indices)
        return self._counted(columns, len(indices), before)

    def part(self, start: int, end: int) -> list[Any]:
        with asking(self._stage) as before:
            columns = self._access.part(start, end)
        return self._counted(columns, end - start, before)

    def _counted(self, made: Any, count: int, before: Measured | None) -> Any:
        if before is not self._stage:
            self._stage.add_elements(count)
        return made


def probe(made: ElementIterator | RandomAccess, stage: Measured) -> Any:
    """What was made for a stage, measured."""
    if isinstance(made, RandomAccess):
        return AccessProbe(made, stage)
    if isinstance(made, Threaded):
        made.measure_threads(stage)
    return Probe(made, stage)
