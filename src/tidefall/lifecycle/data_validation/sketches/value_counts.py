"""How often each value of a stream occurs, and how many distinct ones there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.distinct import DistinctSketch

_GATHERED = 1 << 16
"""Rows of counts that wait until they are added up."""


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
        import pyarrow as pa
        import pyarrow.compute as pc

        if not len(values):
            return
        if weights is None:
            counted = pc.value_counts(values)
            distinct, counts = counted.field(0), counted.field(1)
            table = _table(distinct, counts, None)
        else:
            table = pa.table({"value": values, "weight": weights})
            table = table.group_by("value", use_threads=False).aggregate(
                [("weight", "count"), ("weight", "sum")]
            )
            distinct = table["value"].combine_chunks()
            table = _table(distinct, table["weight_count"], table["weight_sum"])
        if self._distinct is not None:
            self._distinct.add(distinct)
        self._take(table)

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
        order = np.argsort(-credit, kind="stable")
        lost = credit[order[keep]]
        kept = np.sort(order[:keep][credit[order[:keep]] > lost])
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


def _table(values: Any, counts: Any, weights: Any) -> Any:
    """One row for each distinct value. `credit` decides who stays, `count` is what was seen."""
    import pyarrow as pa

    columns = {"value": values, "count": counts, "credit": counts.cast(pa.float64())}
    if weights is not None:
        columns["weight"] = weights
    return pa.table(columns)
