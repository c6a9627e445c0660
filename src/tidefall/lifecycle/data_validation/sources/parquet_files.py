"""Parquet files as a source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import damaged, invalid
from tidefall.lifecycle.data_validation.sources.files import identity, matching
from tidefall.lifecycle.data_validation.sources.shards import Progressed, Shard, Source

MAX_ROWS = 1 << 17
_MIN_ROWS = 1 << 10
_MIN_READ, _MAX_READ = 1 << 14, 1 << 20
"""What is read of a column at once, where all columns of a row group are more than a batch."""


class ParquetSource:
    """Rows of Parquet files; each row group is a shard, or some of its columns.

    Args:
        location: names or patterns.
        columns: what to read; all by default.
        batch_bytes: how large batches may be.
        by_columns: whether the columns of a row group may come in several shards, so that batches
            of very many columns need not be short.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a file is no Parquet file, or damaged.
    """

    def __init__(
        self,
        location: Any,
        columns: Sequence[str] | None = None,
        batch_bytes: int = 16 << 20,
        by_columns: bool = False,
    ):
        self.files = matching(location)
        self._batch_bytes, self._by_columns = batch_bytes, by_columns
        self._metadata = [_metadata(path) for path in self.files]
        names = list(self._metadata[0].schema.to_arrow_schema().names)
        self.names = names if columns is None else list(columns)
        self.size = sum(os.path.getsize(path) for path in self.files)
        for path, metadata in zip(self.files, self._metadata, strict=True):
            lacking = {*self.names} - {*metadata.schema.to_arrow_schema().names}
            if lacking:
                raise invalid(f"{path}: columns {sorted(lacking)} of {self.files[0]} are not there")

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """One for each row group, or for each part of its columns."""
        for path, metadata in zip(self.files, self._metadata, strict=True):
            about = identity(path)
            for group in range(metadata.num_row_groups):
                sizes = self._column_sizes(metadata.row_group(group))
                parts = _packed(sizes, self._batch_bytes) if self._by_columns else [sizes]
                size = os.path.getsize(path) // (metadata.num_row_groups * len(parts))
                for number, part in enumerate(parts):
                    key = f"{about}:{group}:{number}:{len(parts)}"
                    yield ParquetShard(
                        path, group, metadata, part, key, size, self._batch_bytes, number == 0
                    )

    def _column_sizes(self, group: Any) -> dict[str, int]:
        """The bytes of a row group's columns in memory, about."""
        sizes = dict.fromkeys(self.names, 0)
        for number in range(group.num_columns):
            column = group.column(number)
            path = column.path_in_schema
            name = path if path in sizes else path.split(".", 1)[0]
            if name in sizes:
                sizes[name] += max(column.total_uncompressed_size, 8 * column.num_values)
        return sizes

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """Not possible: a file says its types."""
        raise invalid(f"{self.files[0]} and others: columns {sorted(texts)} are of several types")


def _metadata(path: str) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        found = parquet.read_metadata(path)
        found.schema.to_arrow_schema()
        return found
    except (pa.ArrowException, OSError) as error:
        raise damaged(f"{path} is no Parquet file: {error}") from None


def _coded(group: Any) -> list[str]:
    """Columns of texts that a row group holds as a dictionary and codes: they are counted as such.

    A text by itself takes four bytes and more, a code less; where the dictionary became too long
    and texts follow, the column is larger.
    """
    columns = (group.column(number) for number in range(group.num_columns))
    return [
        column.path_in_schema
        for column in columns
        if column.physical_type == "BYTE_ARRAY"
        and "RLE_DICTIONARY" in column.encodings
        and column.total_uncompressed_size < 4 * column.num_values
    ]


def _packed(sizes: dict[str, int], most: int) -> list[dict[str, int]]:
    """Columns in parts, each of which is not too large, or one column."""
    parts: list[dict[str, int]] = [{}]
    for name, size in sizes.items():
        if parts[-1] and sum(parts[-1].values()) + size > most:
            parts.append({})
        parts[-1][name] = size
    return parts


class ParquetShard:
    """A row group, or some of its columns.

    Args:
        path: the file.
        group: the number of the row group.
        metadata: of the file.
        columns: the bytes of each column that is read.
        key, size: of the shard.
        batch_bytes: how large batches may be.
        counts_rows: whether it is the one that counts the rows.
    """

    skipped = 0

    def __init__(
        self,
        path: str,
        group: int,
        metadata: Any,
        columns: Mapping[str, int],
        key: str,
        size: int,
        batch_bytes: int,
        counts_rows: bool,
    ):
        self.key, self.size, self.place = key, size, f"{path}, row group {group}"
        self.counts_rows = counts_rows
        self._path, self._group, self._metadata = path, group, metadata
        self._columns = list(columns)
        about = metadata.row_group(group)
        self._rows = about.num_rows
        self._coded = _coded(about)
        total = sum(columns.values())
        fitting = batch_bytes * self._rows // max(1, total)
        most = min(max(fitting, _MIN_ROWS), MAX_ROWS)
        # Equal batches, rather than a short one at the end.
        self._at_once = max(1, -(-self._rows // max(1, -(-self._rows // most))))
        # Without a buffer all bytes of a row group's columns are there at once.
        part = min(max(batch_bytes // max(1, len(columns)), _MIN_READ), _MAX_READ)
        self._buffer_size = 0 if total <= 2 * batch_bytes else part

    def notes(self) -> dict[str, Any]:
        """Nothing: row groups are found without reading those before."""
        return {}

    def batches(self) -> Iterator[Any]:
        """The rows."""
        import pyarrow as pa
        from pyarrow import parquet

        rows = 0
        try:
            with parquet.ParquetFile(
                self._path,
                metadata=self._metadata,
                read_dictionary=self._coded,
                buffer_size=self._buffer_size,
            ) as file:
                for batch in file.iter_batches(
                    self._at_once,
                    row_groups=[self._group],
                    columns=self._columns,
                    use_threads=False,
                ):
                    rows += batch.num_rows
                    yield batch
        except (pa.ArrowException, OSError) as error:
            raise damaged(f"{self.place}, row {rows + 1} or after it: {error}") from None
        if rows != self._rows:
            raise damaged(f"{self.place}: expected {self._rows} rows, received {rows}")
