"""How often each value of a stream occurs, and how many distinct ones there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.distinct import DistinctSketch
from tidefall.lifecycle.data_validation.sketches.hashing import hash_values

_GATHERED = 1 << 16
"""Rows of counts that wait until they are added up."""
_SAMPLE = 2048
"""Values that tell whether nearly all are different."""
_SINGLES = 1 << 12
"""Values that occur once which are taken in all the same, where there is no place for all."""


class ValueCounts:
    """Counts of values: all of them while they are few, then those of the frequent ones.

    Up to `limit` distinct values everything is exact. Beyond that the values with the most credit
    stay, as in Misra and Gries' sketch: a value that is kept has counted each occurrence since it
    came in, and `error` is the most that it can have missed; no value that occurs more often than
    that is absent. The number of distinct values then comes from HyperLogLog.

    Source: Agarwal and others, "Mergeable summaries", 2013.

    Args:
        limit: the most values to keep.
        byte_limit: the most bytes of values to keep.

    Attributes:
        error: by how much a count may be too low.
    """

    def __init__(self, limit: int = 1 << 16, byte_limit: int = 8 << 20):
        self.limit = limit
        self.byte_limit = byte_limit
        self.error = 0.0
        self._tables: list[Any] = []
        self._rows = 0
        self._bytes = 0
        self._distinct: DistinctSketch | None = None

    @property
    def is_exact(self) -> bool:
        """Whether all values are kept."""
        return self._distinct is None

    def add(self, values: Any, weights: np.ndarray | None = None) -> None:
        """Take values in.

        Args:
            values: an Arrow array of strings, bytes or integers, without nulls.
            weights: float64 `[n]`.
        """
        if len(values):
            self.add_counted(*counted(values, weights))

    def add_counted(self, distinct: Any, counts: Any, weights: Any = None) -> None:
        """Take in values that `counted` has counted."""
        if self._distinct is not None:
            self._distinct.add(distinct)
        self._take(_table(distinct, counts, weights))

    def has_room(self, values: Any) -> bool:
        """Whether `add_scarce` is no better than `add` for values.

        Args:
            values: an Arrow array without nulls.
        """
        import pyarrow as pa

        if len(values) < self.limit or pa.types.is_dictionary(values.type):
            return True
        return len(pa.compute.unique(values.slice(0, _SAMPLE))) < _SAMPLE // 2

    def add_scarce(self, values: Any, weights: np.ndarray | None = None) -> None:
        """Take in many values of which most occur once, without a place for each of these.

        To leave out what occurs once makes counts of at least `limit` values too low by one at
        most, as the sketch would itself. What occurs several times has a hash that does.

        Args:
            values: an Arrow array of strings or bytes, without nulls, of `limit` values or more.
            weights: float64 `[n]`.
        """
        import pyarrow as pa

        hashes = hash_values(values)
        # Half of a hash is enough: who shares it with another value is counted, no more.
        halves = (hashes >> np.uint64(32)).astype(np.uint32)
        ordered = np.sort(halves)
        again = ordered[1:] == ordered[:-1]
        if self._distinct is None:
            if len(ordered) - np.count_nonzero(again) <= self.limit:
                self.add(values, weights)
                return
            self._distinct = self._sketch_of_all()
        self._distinct.add_hashes(hashes)
        several = _among(halves, ordered[1:][again])
        several[np.flatnonzero(~several)[:_SINGLES]] = True
        rest = values.filter(pa.array(several))
        self._take(_table(*counted(rest, None if weights is None else weights[several])))
        self.error += 1.0

    def merge(self, other: ValueCounts) -> None:
        """Take in what another one has seen."""
        if other._distinct is not None:
            if self._distinct is None:
                self._distinct = self._sketch_of_all()
            self._distinct.merge(other._distinct)
        elif self._distinct is not None:
            for table in other._tables:
                self._distinct.add(table["value"].combine_chunks())
        self.error += other.error
        for table in other._tables:
            self._take(table)

    def settle(self) -> None:
        """Add up what waits, so that others need not: merging is then little work."""
        self._compact()

    @property
    def unique(self) -> int:
        """How many distinct values there are; an estimate if not `is_exact`."""
        self._compact()
        if self._distinct is None:
            return self._rows
        return max(self._rows, round(self._distinct.estimate()))

    def most_common(
        self, count: int | None = None, by_weight: bool = False
    ) -> list[tuple[Any, Any]]:
        """Values and their counts, by count and then by value, both descending.

        Args:
            count: how many; all by default.
            by_weight: count weights instead of occurrences.
        """
        self._compact()
        if not self._tables:
            return []
        column = "weight" if by_weight else "count"
        table = self._tables[0].select(["value", column])
        table = table.sort_by([(column, "descending"), ("value", "descending")])
        if count is not None:
            table = table.slice(0, count)
        return list(zip(table["value"].to_pylist(), table[column].to_pylist(), strict=True))

    def _take(self, table: Any) -> None:
        self._tables.append(table)
        self._rows += len(table)
        self._bytes += table.nbytes
        if self._rows > self.limit + _GATHERED or self._bytes > 2 * self.byte_limit:
            self._compact()

    def _compact(self) -> None:
        """Add up what was gathered; let go of the rare values if that is too much."""
        import pyarrow as pa

        if len(self._tables) > 1:
            table = pa.concat_tables(self._tables, promote_options="permissive")
            names = [name for name in table.column_names if name != "value"]
            table = table.group_by("value", use_threads=False).aggregate(
                [(name, "sum") for name in names]
            )
            table = table.rename_columns(
                [name.removesuffix("_sum") for name in table.column_names]
            ).select(["value", *names])
            self._tables = [table]
        if self._tables and not self._fits(self._tables[0]):
            self._prune()
        self._rows = sum(map(len, self._tables))
        self._bytes = sum(table.nbytes for table in self._tables)

    def _fits(self, table: Any) -> bool:
        return len(table) <= self.limit and table.nbytes <= self.byte_limit

    def _prune(self) -> None:
        (table,) = self._tables
        if self._distinct is None:
            self._distinct = self._sketch_of_all()
        size = max(16, table.nbytes // max(1, len(table)))
        keep = min(self.limit, max(1, self.byte_limit // size), len(table) - 1)
        credit = np.asarray(table["credit"].combine_chunks(), dtype=np.float64)
        # The most that a value without a place has.
        lost = np.partition(credit, len(credit) - 1 - keep)[len(credit) - 1 - keep]
        kept = np.flatnonzero(credit > lost)
        table = table.take(kept)
        place = table.column_names.index("credit")
        self.error += float(lost)
        self._tables = [table.set_column(place, "credit", [credit[kept] - lost])]

    def _sketch_of_all(self) -> DistinctSketch:
        sketch = DistinctSketch()
        for table in self._tables:
            sketch.add(table["value"].combine_chunks())
        return sketch

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        self._compact()
        return {
            "limits": [self.limit, self.byte_limit],
            "error": self.error,
            "table": self._tables[0] if self._tables else None,
            "registers": None if self._distinct is None else self._distinct.registers,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> ValueCounts:
        """The one that `state` was taken of."""
        counts = cls(*state["limits"])
        counts.error = state["error"]
        if state["registers"] is not None:
            counts._distinct = DistinctSketch(state["registers"].copy())
        if state["table"] is not None:
            counts._tables = [state["table"]]
            counts._rows, counts._bytes = len(state["table"]), state["table"].nbytes
        return counts


def _among(hashes: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Which hashes are among others, that are in order; bool."""
    if not len(chosen):
        return np.zeros(len(hashes), bool)
    places = np.minimum(np.searchsorted(chosen, hashes), len(chosen) - 1)
    return chosen[places] == hashes


def counted(values: Any, weights: np.ndarray | None = None) -> tuple[Any, Any, Any]:
    """The distinct values of an Arrow array.

    Args:
        values: strings, bytes or integers, or a dictionary of these, without nulls.
        weights: float64 `[n]`.

    Returns:
        Arrow arrays: the values, int64 how often each is there, and float64 the sum of its weights;
        None without weights.
    """
    import pyarrow as pa

    if not pa.types.is_dictionary(values.type):
        if weights is None:
            found = pa.compute.value_counts(values)
            return found.field(0), found.field(1), None
        values = values.dictionary_encode()
    codes = np.asarray(values.indices)
    counts = np.bincount(codes, minlength=len(values.dictionary))
    there = np.flatnonzero(counts)
    distinct, counts = values.dictionary.take(pa.array(there)), pa.array(counts[there])
    if len(pa.compute.unique(distinct)) < len(distinct):
        return counted(values.dictionary_decode(), weights)
    if weights is None:
        return distinct, counts, None
    sums = np.bincount(codes, weights, len(values.dictionary))[there]
    return distinct, counts, pa.array(sums)


def _table(values: Any, counts: Any, weights: Any) -> Any:
    """One row for each distinct value. `credit` decides who stays, `count` is what was seen."""
    import pyarrow as pa

    columns = {"value": values, "count": counts, "credit": counts.cast(pa.float64())}
    if weights is not None:
        columns["weight"] = weights
    return pa.table(columns)
