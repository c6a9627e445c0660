"""The rows that are evaluated: files, tables and datasets in batches of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.sources.examples import batch_to_examples
from tidefall.lifecycle.data_validation.sources.files import matching
from tidefall.lifecycle.data_validation.sources.parquet_files import ParquetSource
from tidefall.lifecycle.data_validation.sources.record_files import RecordShard
from tidefall.lifecycle.data_validation.sources.shards import Source
from tidefall.lifecycle.data_validation.sources.tables import (
    arrow_source,
    dataset_source,
    frame_source,
)
from tidefall.lifecycle.data_validation.statistics.generate import format_of, source_of
from tidefall.lifecycle.data_validation.statistics.scan import Progress

MAX_ROWS = 1 << 16
"""Rows of a batch at most."""
_FORMATS = {
    "": "", "tfrecord": "tfrecord", "tfrecords": "tfrecord", "csv": "csv", "text": "csv",
    "parquet": "parquet",
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """A batch of rows.

    Attributes:
        batch: an Arrow record batch.
        records: the same rows as serialized Examples, where they came as such.
    """

    batch: Any
    records: Sequence[bytes] | None = None

    def examples(self) -> Sequence[bytes]:
        """Return the rows as serialized Examples."""
        return batch_to_examples(self.batch) if self.records is None else self.records

    def part(self, start: int, count: int) -> Rows:
        """Return some of the rows."""
        if start == 0 and count >= self.batch.num_rows:
            return self
        records = None if self.records is None else self.records[start : start + count]
        return Rows(self.batch.slice(start, count), records)


def table_of(data: Any, file_format: str = "") -> Source:
    """Return what rows are read from.

    Args:
        data: names, patterns or folders of files; or a pandas data frame, Arrow table, batch or
            reader of batches; or a `tf.data` dataset; or what `add_quantile_buckets` and
            `add_time_windows` return of these.
        file_format: "tfrecords", "csv" or "parquet"; by the files' names by default, and
            "tfrecords" where they do not say.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: the format is another one.
        TypeError: the data are something else.
    """
    if hasattr(data, "shards"):
        return data
    if hasattr(data, "iloc"):
        return frame_source(data)
    if hasattr(data, "element_spec"):
        return dataset_source(data)
    if not isinstance(data, str | os.PathLike | list | tuple):
        return arrow_source(data)
    if file_format not in _FORMATS:
        raise invalid(
            f"file_format {file_format!r}: expected one of {sorted(filter(None, _FORMATS))}"
        )
    if isinstance(data, list | tuple):
        for one in data:
            if not isinstance(one, str | os.PathLike):
                raise TypeError(f"expected names of files, received {type(one).__name__} in a list")
    files = matching(data)
    name = _FORMATS[file_format] or format_of(files[0]) or "tfrecord"
    if name == "parquet":
        # Rows come whole, where statistics would take the columns of large files one by one.
        return ParquetSource(files)
    return source_of(files, StatsOptions(), name)


def rows_of(table: Source, progress: Progress | None = None) -> Iterator[Rows]:
    """Yield the rows of a table in batches.

    Args:
        table: what they are read from.
        progress: told bytes done, and of all.
    """
    done = 0
    for shard in table.shards():
        records = shard.records if isinstance(shard, RecordShard) else None
        for batch in shard.batches():
            whole = Rows(batch, records)
            for start in range(0, batch.num_rows, MAX_ROWS):
                yield whole.part(start, MAX_ROWS)
        done += shard.size
        if progress is not None:
            progress(done, max(done, table.size))
