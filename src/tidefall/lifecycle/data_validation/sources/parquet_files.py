"""Parquet files as a source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import damaged, invalid
from tidefall.lifecycle.data_validation.sources.files import identity, matching
from tidefall.lifecycle.data_validation.sources.shards import Progressed, Shard, Source

_ROWS = 1 << 16


class ParquetSource:
    """Rows of Parquet files; each row group is a shard.

    Args:
        location: names or patterns.
        columns: what to read; all by default.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a file is no Parquet file, or damaged.
    """

    def __init__(self, location: Any, columns: Sequence[str] | None = None):
        self.files = matching(location)
        self._columns = None if columns is None else list(columns)
        self._metadata = [_metadata(path) for path in self.files]
        self.names = self._columns or list(self._metadata[0].schema.to_arrow_schema().names)
        self.size = sum(os.path.getsize(path) for path in self.files)
        for path, metadata in zip(self.files, self._metadata, strict=True):
            lacking = {*self.names} - {*metadata.schema.to_arrow_schema().names}
            if lacking:
                raise invalid(f"{path}: columns {sorted(lacking)} of {self.files[0]} are not there")

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """One for each row group."""
        for path, metadata in zip(self.files, self._metadata, strict=True):
            about = identity(path)
            for group in range(metadata.num_row_groups):
                rows = metadata.row_group(group).num_rows
                size = os.path.getsize(path) // metadata.num_row_groups
                yield ParquetShard(path, group, rows, self._columns, f"{about}:{group}", size)

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """Not possible: a file says its types."""
        raise invalid(f"{self.files[0]} and others: columns {sorted(texts)} are of several types")


def _metadata(path: str) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise damaged(f"{path} is no Parquet file: {error}") from None


class ParquetShard:
    """A row group."""

    def __init__(
        self, path: str, group: int, rows: int, columns: list[str] | None, key: str, size: int
    ):
        self.key, self.size, self.place = key, size, f"{path}, row group {group}"
        self._path, self._group, self._rows, self._columns = path, group, rows, columns

    def notes(self) -> dict[str, Any]:
        """Nothing: row groups are found without reading those before."""
        return {}

    def batches(self) -> Iterator[Any]:
        """The rows."""
        import pyarrow as pa
        from pyarrow import parquet

        rows = 0
        try:
            with parquet.ParquetFile(self._path) as file:
                for batch in file.iter_batches(
                    _ROWS, row_groups=[self._group], columns=self._columns, use_threads=False
                ):
                    rows += batch.num_rows
                    yield batch
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged(f"{self.place}, row {rows + 1} or after it: {error}") from None
        if rows != self._rows:
            raise damaged(f"{self.place}: expected {self._rows} rows, received {rows}")
