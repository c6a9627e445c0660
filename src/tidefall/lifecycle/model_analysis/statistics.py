"""What is added up for metrics: arrays with a row per slice, which merge by adding.

A `Statistic` says what; its accumulator takes batches, merges with those of other shards and gives
each slice's part. Metrics that need the same statistic share one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.inputs import Inputs, Selection
from tidefall.lifecycle.model_analysis.slicing import Group


class Accumulator(ABC):
    """What has been added up of one statistic, slice by slice."""

    @abstractmethod
    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch.

        Args:
            inputs: its labels, predictions and features.
            groups: its slices.
            times: float64 [rows], how often each row counts; None for once.
        """

    @abstractmethod
    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Add what another one has.

        Args:
            other: an accumulator of the same statistic.
            numbers: int64 [its slices], their numbers here.
        """

    @abstractmethod
    def value(self, number: int) -> Any:
        """What there is of a slice."""


class Statistic(ABC):
    """Something that can be added up over rows."""

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """Equal for statistics that are the same."""

    @property
    def unit(self) -> str:
        """The column whose rows of equal value stay together in samples; "" for single rows."""
        return ""

    @abstractmethod
    def new(self) -> Accumulator:
        """An empty accumulator."""


@dataclass(frozen=True)
class Terms:
    """What rows add.

    Attributes:
        values: for each plane an array [rows] or [rows, n]; None for one each.
        bins: int64 [rows] or [rows, n], where in the plane; None for its only place.
        size: places in a plane.
    """

    values: Sequence[np.ndarray | None]
    bins: np.ndarray | None = None
    size: int = 1


@dataclass(frozen=True)
class Sums(Statistic):
    """Sums over rows: planes of places for each slice.

    Attributes:
        name: what is added up, with all that matters to it.
        terms: makes a batch's terms.
    """

    name: Hashable
    terms: Callable[[Inputs], Terms] = field(compare=False)

    @property
    def key(self) -> Hashable:
        """The name."""
        return self.name

    def new(self) -> Accumulator:
        """Zeros."""
        return SumAccumulator(self.terms)


class SumAccumulator(Accumulator):
    """Float64 [planes, slices, places]: the places of a plane's slices are next to each other.

    Args:
        terms: makes a batch's terms; None where they are given by `add_terms`.
    """

    def __init__(self, terms: Callable[[Inputs], Terms] | None = None):
        self._terms = terms
        self.state = np.zeros((0, 0, 0))

    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch."""
        assert self._terms is not None
        self.add_terms(self._terms(inputs), groups, times)

    def add_terms(self, terms: Terms, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take the terms of a batch."""
        slices = 1 + max((int(np.max(group.ids, initial=-1)) for group in groups), default=-1)
        self._grow(slices, len(terms.values), terms.size)
        for group in groups:
            self._add_group(terms, group, times)

    def _grow(self, slices: int, planes: int, size: int) -> None:
        old = self.state
        if slices <= old.shape[1] and planes == old.shape[0] and size <= old.shape[2]:
            return
        # Room for twice as many: slices come one by one.
        room = max(slices, min(2 * old.shape[1], slices + 256)) if old.shape[1] else slices
        self.state = np.zeros((planes, max(room, old.shape[1]), max(size, old.shape[2])))
        if old.size:
            self.state[:, : old.shape[1], : old.shape[2]] = old

    def _add_group(self, terms: Terms, group: Group, times: np.ndarray | None) -> None:
        size = self.state.shape[2]
        bins, ids = terms.bins, group.ids
        if bins is not None and group.rows is not None:
            bins = bins[group.rows]
        if times is not None and group.rows is not None:
            times = times[group.rows]
        if isinstance(ids, int):
            where, low, count = bins, ids, 1
        else:
            if not len(ids):
                return
            low, count = 0, int(ids.max()) + 1
            spread = ids if bins is None or bins.ndim == 1 else ids[:, None]
            where = (
                ids if bins is None and size == 1 else spread * size + (0 if bins is None else bins)
            )
        for plane, values in enumerate(terms.values):
            if values is not None and group.rows is not None:
                values = values[group.rows]
            self._add_plane(plane, where, values, times, low, count, len_of(group, terms))

    def _add_plane(
        self,
        plane: int,
        where: np.ndarray | None,
        values: np.ndarray | None,
        times: np.ndarray | None,
        low: int,
        count: int,
        rows: int,
    ) -> None:
        target = self.state[plane, low : low + count]
        if times is not None:
            values = _times(times, values, where)
        if where is None:
            target[0, 0] += rows if values is None else values.sum()
            return
        if values is not None and values.ndim < where.ndim:
            values = np.broadcast_to(values[:, None], where.shape)
        if values is not None and values.ndim > where.ndim:
            values = values.sum(axis=tuple(range(where.ndim, values.ndim)))
        flat = where.ravel()
        weights = None if values is None else values.ravel()
        if len(flat) < target.size:
            # Fewer rows than places: the places are not gone through.
            np.add.at(target.reshape(-1), flat, 1.0 if weights is None else weights)
            return
        found = np.bincount(flat, weights, minlength=target.size)
        target += found.reshape(target.shape)

    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Add what another one has."""
        theirs = other.state[:, : len(numbers)]
        if not theirs.size:
            return
        planes, slices, places = theirs.shape
        self._grow(int(numbers.max()) + 1, planes, places)
        self.state[:, numbers[:slices], :places] += theirs

    def value(self, number: int) -> np.ndarray:
        """Float64 [planes, places]."""
        planes, slices, places = self.state.shape
        return self.state[:, number] if number < slices else np.zeros((planes, places))


def len_of(group: Group, terms: Terms) -> int:
    """How many rows a group has."""
    if group.rows is not None:
        return len(group.rows)
    if not isinstance(group.ids, int):
        return len(group.ids)
    first = next((v for v in (terms.bins, *terms.values) if v is not None), None)
    return 0 if first is None else len(first)


def _times(times: np.ndarray, values: np.ndarray | None, where: np.ndarray | None) -> np.ndarray:
    rank = values.ndim if values is not None else (1 if where is None else where.ndim)
    shaped = times.reshape(len(times), *([1] * (rank - 1)))
    if values is not None:
        return values * shaped
    return shaped if where is None else np.broadcast_to(shaped, where.shape)


def selected(name: str, selection: Selection, *settings: Hashable) -> Hashable:
    """The name of a statistic of labels and predictions."""
    return (name, selection, *settings)
