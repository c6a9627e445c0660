"""How many rows have a feature, and how many values they have: one level of lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch
from tidefall.lifecycle.data_validation.statistics.columns import Level


class Presence:
    """Presence and valency at one level.

    Attributes:
        rows: places for a list that were seen.
        present: lists that were there.
        low, high: fewest and most values of a list.
        total: all values.
        present_weight, total_weight: the same by weight.
        lengths: the distribution of the numbers of values.
    """

    __slots__ = (
        "high",
        "lengths",
        "low",
        "present",
        "present_weight",
        "rows",
        "total",
        "total_weight",
    )

    def __init__(self, epsilon: float = 0.01):
        self.rows = self.present = self.total = self.high = 0
        self.low: int | None = None
        self.present_weight = self.total_weight = 0.0
        self.lengths = QuantileSketch(epsilon)

    def add(self, level: Level) -> None:
        """Take in what a batch says."""
        self.rows += level.rows
        if level.lengths is None:
            self._add_same(1, level.present)
        else:
            self.add_lengths(level.lengths)
        self.present_weight += level.present_weight
        self.total_weight += level.value_weight

    def add_lengths(self, lengths: np.ndarray) -> None:
        """Take in how many values lists have."""
        if not len(lengths):
            return
        low, high = int(lengths.min()), int(lengths.max())
        if low == high:
            self._add_same(low, len(lengths))
            return
        self.present += len(lengths)
        self.total += int(lengths.sum())
        self._range(low, high)
        values, counts = np.unique(lengths, return_counts=True)
        self.lengths.add(values.astype(np.float64), counts.astype(np.float64))

    def _add_same(self, length: int, count: int) -> None:
        if count:
            self.present += count
            self.total += count * length
            self._range(length, length)
            self.lengths.add(np.array([float(length)]), np.array([float(count)]))

    def _range(self, low: int, high: int) -> None:
        self.low = low if self.low is None else min(self.low, low)
        self.high = max(self.high, high)

    def merge(self, other: Presence) -> None:
        """Take in what another one has seen."""
        self.rows += other.rows
        self.present += other.present
        self.total += other.total
        self.present_weight += other.present_weight
        self.total_weight += other.total_weight
        if other.low is not None:
            self._range(other.low, other.high)
        self.lengths.merge(other.lengths)

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        low = -1 if self.low is None else self.low
        return {
            "counts": [self.rows, self.present, self.total, low, self.high],
            "weights": np.array([self.present_weight, self.total_weight]),
            "lengths": self.lengths.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Presence:
        """The one that `state` was taken of."""
        presence = cls()
        presence.rows, presence.present, presence.total, low, presence.high = state["counts"]
        presence.low = None if low < 0 else low
        presence.present_weight, presence.total_weight = map(float, state["weights"])
        presence.lengths = QuantileSketch.from_state(state["lengths"])
        return presence
