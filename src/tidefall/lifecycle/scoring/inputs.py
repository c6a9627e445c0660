"""The parts of a table that is scored, each with a key that says whether it is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.sources.shards import Shard
from tidefall.lifecycle.data_validation.statistics.generate import source_of

_SQL_ROWS = 1 << 15


@dataclass(frozen=True)
class Part:
    """Some rows of the input.

    Args:
        key: says which, and the state of their file.
        shard: gives them.
    """

    key: str
    shard: Shard

    @property
    def name(self) -> str:
        """A name for files that is the same for the same rows."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]


def parts_of(location: Any, file_format: str = "", delimiter: str = ",") -> Iterator[Part]:
    """Yield the parts of files, or of the result of a query.

    Args:
        location: CSV, Parquet or TFRecord files, patterns, folders; or `sql:` and a query, which
            DuckDB runs, whose rows should come in an order that is always the same.
        file_format: "csv", "parquet" or "tfrecord"; by the names by default.
        delimiter: of CSV files.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: names do not say what the files are; rows come twice, since a file
            was named twice.
    """
    query = location[0] if isinstance(location, list) and len(location) == 1 else location
    if isinstance(query, str) and query.startswith("sql:"):
        yield from _parts_of_query(query.removeprefix("sql:").strip())
        return
    seen: set[str] = set()
    for shard in source_of(location, StatsOptions(), file_format, delimiter).shards():
        if not shard.key:
            raise invalid(f"{shard.place}: these rows cannot be told from others, so as to go on")
        if shard.key in seen:
            raise invalid(f"{shard.place} is named twice, and its rows would be scored twice")
        seen.add(shard.key)
        yield Part(shard.key, shard)


def _parts_of_query(query: str) -> Iterator[Part]:
    from tidefall.lifecycle.data_validation.sources.tables import sql_source

    for number, shard in enumerate(sql_source(query, rows=_SQL_ROWS).shards()):
        yield Part(f"{query}:{_SQL_ROWS}:{number}", shard)


def split(batches: Iterable[Any], rows: int) -> Iterator[Any]:
    """Yield Arrow record batches of at most so many rows."""
    for batch in batches:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)
