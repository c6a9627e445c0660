"""Iterators and access by number that are measured: they pass on what those they stand for give."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.measure import Measured, asking, working
from tidefall.data.engine.prefetch_buffer import PrefetchBuffer, ReadAhead, Work
from tidefall.data.transformations.combining.interleave_slots import InterleaveSlot, InterleaveSlots


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


class _MeasuredBuffer(PrefetchBuffer):
    """A buffer of elements that tells who waits for whom."""

    stage: Measured

    def _wait_for_room(self) -> bool:
        assert self.stage.full is not None
        with working(self.stage.full):
            return super()._wait_for_room()

    def take(self) -> Any:
        stage = self.stage
        assert stage.waiting is not None
        with working(stage.waiting):
            item, found = super().take()
        stage.threads = max(stage.threads, self.wanted)
        stage.takings += 1
        stage.found += found
        stage.size = self.size
        return item, found


class _MeasuredSlots(InterleaveSlots):
    """Datasets that are read by turns, which tell who waits for whom."""

    stage: Measured

    def start(self, threads: int, slots: list[InterleaveSlot]) -> None:
        self.stage.threads = max(self.stage.threads, threads)
        super().start(threads, slots)

    def _open_ahead(self) -> None:
        with working(self.stage):
            super()._open_ahead()

    def _fill(self, slot: InterleaveSlot) -> None:
        with working(self.stage):
            super()._fill(slot)

    def next_slot(self) -> InterleaveSlot | None:
        if not self.running:
            return super().next_slot()
        assert self.stage.waiting is not None
        with working(self.stage.waiting):
            return super().next_slot()

    def take(
        self, slot: InterleaveSlot, others: list[InterleaveSlot | None]
    ) -> tuple[Element | None, InterleaveSlot]:
        if not self.running:
            return super().take(slot, others)
        assert self.stage.waiting is not None
        with working(self.stage.waiting):
            return super().take(slot, others)


class _MeasuredWork:
    def __init__(self, work: Work, stage: Measured):
        self._work = work
        self._stage = stage

    def __call__(self, element: Element, number: int) -> Element:
        with working(self._stage):
            return self._work(element, number)


def probe(made: ElementIterator | RandomAccess, stage: Measured) -> Any:
    """What was made for a stage, measured."""
    if isinstance(made, RandomAccess):
        return AccessProbe(made, stage)
    if isinstance(made, ReadAhead):
        stage.ready_made()
        prefetch: Any = made._prefetch
        prefetch.__class__ = _MeasuredBuffer
        prefetch.stage = stage
        if prefetch.work is not None:
            prefetch.work = _MeasuredWork(prefetch.work, stage)
    if isinstance(getattr(made, "_slots", None), InterleaveSlots):
        stage.ready_made()
        slots: Any = made._slots  # type: ignore[union-attr]
        slots.__class__ = _MeasuredSlots
        slots.stage = stage
    return Probe(made, stage)
