"""Statistics of strings and bytes: lengths, values by frequency, what is no UTF-8."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.sketches.value_counts import ValueCounts, counted

PLACEHOLDER = "__BYTES_VALUE__"
"""What statistics say in place of a value that is no UTF-8."""


def new_counts(options: StatsOptions, features: int) -> ValueCounts:
    """Counts of values within a feature's part of the memory.

    Args:
        options: say how much there is.
        features: how many features share it.
    """
    threads = options.threads or os.cpu_count() or 1
    share = options.memory_budget // (2 * max(1, features) * (threads + 2))
    limit = options.exact_values
    if options.is_sketched:
        limit = min(limit, max(options.num_rank_histogram_buckets, options.num_top_values))
    return ValueCounts(limit, int(np.clip(share, 32 << 10, 16 << 20)))


class TextStatistics:
    """What is known of the values of a feature that holds strings, or of a category of integers.

    Args:
        counts: of its values.

    Attributes:
        bytes: the length of all values together; of integers, none.
        shortest, longest: in bytes.
        invalid: how many values are no UTF-8.
    """

    def __init__(self, counts: ValueCounts):
        self.counts = counts
        self.bytes = self.longest = self.invalid = 0
        self.shortest: int | None = None

    def add(self, values: Any, weights: np.ndarray | None, count_values: bool = True) -> None:
        """Take values in: an Arrow array of strings, bytes or integers, without nulls."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not len(values):
            return
        if pa.types.is_integer(values.type) or pa.types.is_boolean(values.type):
            # Labels of statistics are texts, in whose order they also stand.
            values = values.cast(pa.int64()).cast(pa.large_string())
        if not count_values:
            self._add_lengths(pc.binary_length(values.cast(pa.large_binary())), None)
            return
        if not self.counts.has_room(values):
            raw = values.cast(pa.large_binary())
            self._add_lengths(pc.binary_length(raw), None)
            self.invalid += len(as_texts(raw)[1])
            self.counts.add_scarce(raw, weights)
            return
        distinct, counts, weight = counted(values, weights)
        raw = distinct.cast(pa.large_binary())
        self._add_lengths(pc.binary_length(raw), counts)
        wrong = as_texts(raw)[1]
        if len(wrong):
            self.invalid += int(np.asarray(counts)[wrong].sum())
        self.counts.add_counted(raw, counts, weight)

    def _add_lengths(self, lengths: Any, counts: Any) -> None:
        import pyarrow.compute as pc

        low_high = pc.min_max(lengths).as_py()
        self.bytes += pc.sum(lengths if counts is None else pc.multiply(lengths, counts)).as_py()
        self.longest = max(self.longest, low_high["max"])
        low = low_high["min"]
        self.shortest = low if self.shortest is None else min(self.shortest, low)

    def ranked(self, count: int, by_weight: bool = False) -> list[tuple[str, float]]:
        """The most frequent values, by count and then by value, both descending.

        Values that are no UTF-8 count as one, by the name of a placeholder.
        """
        found: list[tuple[str, float]] = []
        unknown = 0.0
        most = None if self.invalid else count
        for value, occurrences in self.counts.most_common(most, by_weight):
            try:
                found.append((value.decode(), occurrences))
            except UnicodeDecodeError:
                unknown += occurrences
        if unknown:
            found.append((PLACEHOLDER, unknown))
            found.sort(key=lambda pair: (pair[1], pair[0]), reverse=True)
        return found[:count]

    def merge(self, other: TextStatistics) -> None:
        """Take in what another one has seen."""
        self.counts.merge(other.counts)
        self.bytes += other.bytes
        self.longest = max(self.longest, other.longest)
        self.invalid += other.invalid
        if other.shortest is not None:
            low = other.shortest
            self.shortest = low if self.shortest is None else min(self.shortest, low)

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        shortest = -1 if self.shortest is None else self.shortest
        return {
            "numbers": [self.bytes, shortest, self.longest, self.invalid],
            "counts": self.counts.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TextStatistics:
        """The one that `state` was taken of."""
        made = cls(ValueCounts.from_state(state["counts"]))
        made.bytes, shortest, made.longest, made.invalid = state["numbers"]
        made.shortest = None if shortest < 0 else shortest
        return made


def as_texts(values: Any) -> tuple[Any, np.ndarray]:
    """Values as strings, with a placeholder for what is no UTF-8, and the places of that."""
    import pyarrow as pa

    try:
        texts = values.cast(pa.large_string())
        texts.validate(full=True)
        return texts, np.zeros(0, np.int64)
    except pa.ArrowInvalid:
        found, wrong = [], []
        for place, value in enumerate(values.cast(pa.large_binary()).to_pylist()):
            try:
                found.append(value.decode())
            except UnicodeDecodeError:
                found.append(PLACEHOLDER)
                wrong.append(place)
        return pa.array(found, pa.large_string()), np.array(wrong, np.int64)
