"""How often each string or integer occurs, in Arrow tables: counted outside of Python's lock."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import need
from tidefall.lifecycle.data_validation.sketches.value_counts import counted

_GATHERED = 1 << 18
"""Rows of counts that wait until they are added up, beside as many as there are tokens."""


class TokenCounts:
    """All distinct tokens, and how often each occurs, or the sum of its weights.

    Args:
        is_string: False for integers.
    """

    def __init__(self, is_string: bool = True):
        self._is_string = is_string
        self._tables: list[Any] = []
        self._rows = self._distinct = 0

    def add(self, tokens: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Take tokens in: bytes or integers of any shape, and as many weights."""
        pa = _arrow()
        values = pa.array(tokens.ravel(), self._type())
        if weights is None:
            self.add_column(values)
            return
        heavy = weights.ravel()
        if len(values):
            distinct, _, sums = counted(values, heavy.astype(np.float64))
            if heavy.dtype.kind in "iu":
                sums = sums.cast(pa.int64())
            self._take(pa.table({"token": distinct, "count": sums}))

    def add_column(self, values: Any) -> None:
        """Take in an Arrow array of tokens, without nulls."""
        if len(values):
            distinct, counts, _ = counted(values)
            self._take(_arrow().table({"token": distinct.cast(self._type()), "count": counts}))

    def _type(self) -> Any:
        pa = _arrow()
        return pa.large_binary() if self._is_string else pa.int64()

    def merge(self, other: TokenCounts) -> None:
        """Take in what another one has counted."""
        for table in other._tables:
            self._take(table)

    def _take(self, table: Any) -> None:
        self._tables.append(table)
        self._rows += len(table)
        if self._rows > 2 * self._distinct + _GATHERED:
            self._add_up()

    def _add_up(self) -> Any:
        pa = _arrow()
        if not self._tables:
            empty = [pa.array([], self._type()), pa.array([], pa.int64())]
            return pa.table(empty, ["token", "count"])
        if len(self._tables) > 1:
            table = pa.concat_tables(self._tables, promote_options="permissive")
            table = table.group_by("token", use_threads=False).aggregate([("count", "sum")])
            table = table.rename_columns({"count_sum": "count"}).select(["token", "count"])
            self._tables = [table]
            self._rows = self._distinct = len(table)
        return self._tables[0]

    def ranked(self) -> tuple[list[Any], list[Any]]:
        """Tokens and counts: highest count first, then by token, descending."""
        keys = [("count", "descending"), ("token", "descending")]
        table = self._add_up().sort_by(keys)
        return table["token"].to_pylist(), table["count"].to_pylist()

    def in_order(self) -> tuple[list[Any], np.ndarray]:
        """Tokens in ascending order, and their counts."""
        table = self._add_up().sort_by("token")
        return table["token"].to_pylist(), np.asarray(table["count"])

    def state(self) -> dict[str, np.ndarray]:
        """All of it: strings as their bytes and lengths."""
        table = self._add_up().combine_chunks()
        tokens = table["token"].combine_chunks()
        counts = np.array(table["count"])
        if not self._is_string:
            return {"integers": np.array(tokens), "counts": counts}
        if not len(tokens):
            return {"bytes": np.zeros(0, np.uint8), "lengths": np.zeros(0, np.int64),
                    "counts": counts}  # fmt: skip
        _, ends, content = tokens.buffers()
        offsets = np.frombuffer(ends, np.int64)[tokens.offset : tokens.offset + len(tokens) + 1]
        whole = np.frombuffer(content, np.uint8) if content is not None else np.zeros(0, np.uint8)
        return {
            "bytes": whole[offsets[0] : offsets[-1]], "lengths": np.diff(offsets),
            "counts": counts,
        }  # fmt: skip

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Hold what `state` gave."""
        pa = _arrow()
        if self._is_string:
            offsets = np.concatenate([[0], np.cumsum(state["lengths"])]).astype(np.int64)
            buffers = [None, pa.py_buffer(offsets), pa.py_buffer(state["bytes"])]
            tokens = pa.Array.from_buffers(pa.large_binary(), len(state["lengths"]), buffers)
        else:
            tokens = pa.array(state["integers"], pa.int64())
        self._tables = [pa.table({"token": tokens, "count": pa.array(state["counts"])})]
        self._rows = self._distinct = len(tokens)


def _arrow() -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        raise need("pyarrow") from None
    return pa
