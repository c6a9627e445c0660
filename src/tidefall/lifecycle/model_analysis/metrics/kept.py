"""Rows that are kept as they are, for metrics that no sums give."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.slicing import Group
from tidefall.lifecycle.model_analysis.statistics import Accumulator, Statistic

Columns = Callable[[Inputs], Sequence[np.ndarray]]


@dataclass(frozen=True)
class KeptRows(Statistic):
    """Columns of all rows of a slice.

    Attributes:
        name: what is kept, with all that matters to it.
        columns: makes a batch's columns, [rows] or [rows, n] each.
        weight: which of them are weights, which count more where a row is drawn more often.
    """

    name: Hashable
    columns: Columns = field(compare=False)
    weight: int = 0

    @property
    def key(self) -> Hashable:
        """The name."""
        return self.name

    def new(self) -> Accumulator:
        """No rows."""
        return RowAccumulator(self.columns, self.weight)


class RowAccumulator(Accumulator):
    """Blocks of rows with the slices they are in."""

    def __init__(self, columns: Columns, weight: int):
        self._columns, self._weight = columns, weight
        self._blocks: list[tuple[np.ndarray, ...]] = []
        self._is_sorted = False

    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch."""
        columns = [np.asarray(column) for column in self._columns(inputs)]
        if times is not None:
            weights = columns[self._weight]
            columns[self._weight] = weights * times.reshape(-1, *([1] * (weights.ndim - 1)))
        for group in groups:
            picked = columns if group.rows is None else [c[group.rows] for c in columns]
            ids = np.broadcast_to(np.asarray(group.ids, np.int64), len(picked[0]))
            if picked[0].ndim > 1:
                ids = np.repeat(ids, picked[0].shape[1])
            self._blocks.append((ids, *(np.ascontiguousarray(c).reshape(-1) for c in picked)))
        self._is_sorted = False

    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Take another one's rows."""
        for ids, *columns in other.blocks:
            self._blocks.append((numbers[ids], *columns))
        self._is_sorted = False

    @property
    def blocks(self) -> list[tuple[np.ndarray, ...]]:
        """Slices and columns of rows in the order of slices: one block, or none."""
        if self._blocks and not self._is_sorted:
            joined = [np.concatenate(columns) for columns in zip(*self._blocks, strict=True)]
            order = np.argsort(joined[0], kind="stable")
            self._blocks, self._is_sorted = [tuple(c[order] for c in joined)], True
        return self._blocks

    def value(self, number: int) -> list[np.ndarray]:
        """The columns of a slice's rows; none where no row came at all."""
        if not self.blocks:
            return []
        ids, *columns = self.blocks[0]
        low, high = np.searchsorted(ids, [number, number + 1])
        return [column[low:high] for column in columns]
