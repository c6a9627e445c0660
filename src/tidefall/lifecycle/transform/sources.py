"""Data in many forms, as shards whose batches are flat tensors for the analysis graph.

Accepted: a dict of arrays, a list of dicts, an Arrow table or record batch, a data frame, a
`tf.data.Dataset` of batches, and names of files: `.csv`, `.parquet`, and TFRecords of Examples.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import damaged, invalid, missing, need
from tidefall.lifecycle.transform.cache import file_digest
from tidefall.lifecycle.transform.column_tensors import arrow_tensor, column_tensor

BATCH_SIZE = 16384


class Batch(Protocol):
    """Some rows of a shard."""

    def tensors(self, names: Collection[str]) -> dict[str, Any]:
        """Some of the columns, as tensors."""
        ...

    def strings(self, name: str) -> Any:
        """The values of a column of strings as an Arrow array; None if they are not there so."""
        ...


class Shard(Protocol):
    """A part of the data that can be read again and again.

    Attributes:
        name: what messages call it.
    """

    name: str

    def digest(self) -> str | None:
        """What names its content, or None if it cannot be known."""
        ...

    def features(self) -> Iterator[dict[str, Any]]:
        """Its batches, as dicts of tensors."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Its batches, of which not all columns need become tensors."""
        ...


class TensorBatch:
    """Rows whose columns are tensors."""

    def __init__(self, columns: Mapping[str, Any]):
        self._columns = columns

    def tensors(self, names: Collection[str]) -> dict[str, Any]:
        return {name: self._columns[name] for name in names}

    def strings(self, name: str) -> Any:
        return None


class ArrowBatch:
    """Rows of an Arrow record batch.

    Args:
        source: what messages call it.
        batch: the rows.
        spec: of the columns.
    """

    def __init__(self, source: str, batch: Any, spec: Mapping[str, Any]):
        self._source, self._batch, self._spec = source, batch, spec

    def _column(self, name: str) -> Any:
        return self._batch.column(self._batch.schema.get_field_index(name))

    def tensors(self, names: Collection[str]) -> dict[str, Any]:
        return {
            name: arrow_tensor(self._source, name, self._spec[name], self._column(name))
            for name in names
        }

    def strings(self, name: str) -> Any:
        import pyarrow as pa

        column = self._column(name)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        plain = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_string,
                 pa.types.is_large_string)  # fmt: skip
        # What lacks values may be wrong, or be filled: `arrow_tensor` knows.
        return column if not column.null_count and any(is_(kind) for is_ in plain) else None


class _Shard:
    def __init__(self, name: str, feature_spec: Mapping[str, Any]):
        self.name, self._spec = name, dict(feature_spec)

    def digest(self) -> str | None:
        return None

    def features(self) -> Iterator[dict[str, Any]]:
        raise NotImplementedError

    def batches(self) -> Iterator[Batch]:
        yield from map(TensorBatch, self.features())


class _Arrays(_Shard):
    """Columns in memory."""

    def __init__(self, columns: Mapping[str, Any], spec: Mapping[str, Any], batch_size: int):
        super().__init__("the data", spec)
        _check_columns(self.name, columns, spec)
        self._columns = {name: columns[name] for name in spec}
        lengths = {name: len(column) for name, column in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise invalid(f"the columns have different lengths: {lengths}")
        self._rows, self._size = next(iter(lengths.values()), 0), batch_size

    def features(self) -> Iterator[dict[str, Any]]:
        for start in range(0, self._rows, self._size):
            yield {
                name: column_tensor(name, self._spec[name], column[start : start + self._size])
                for name, column in self._columns.items()
            }


class _Arrow(_Shard):
    """Record batches, of a table in memory or of a file."""

    def __init__(self, name: str, spec: Mapping[str, Any], open_: Any, path: str | None = None):
        super().__init__(name, spec)
        self._open, self._path = open_, path

    def digest(self) -> str | None:
        return file_digest(self._path) if self._path else None

    def features(self) -> Iterator[dict[str, Any]]:
        for batch in self.batches():
            yield batch.tensors(self._spec)

    def batches(self) -> Iterator[Batch]:
        first = 0
        for batch in self._open():
            _check_columns(self.name, batch.schema.names, self._spec)
            if batch.num_rows:
                yield ArrowBatch(f"{self.name}, from row {first}", batch, self._spec)
            first += batch.num_rows


class _Records(_Shard):
    """A file of serialized Examples."""

    def __init__(self, path: str, spec: Mapping[str, Any], batch_size: int):
        super().__init__(path, spec)
        self._size = batch_size

    def digest(self) -> str | None:
        return file_digest(self.name)

    def features(self) -> Iterator[dict[str, Any]]:
        kind = "GZIP" if self.name.endswith(".gz") else ""
        for records in tf.data.TFRecordDataset(self.name, compression_type=kind).batch(self._size):
            try:
                yield tf.io.parse_example(records, self._spec)
            except tf.errors.InvalidArgumentError as error:
                raise invalid(f"{self.name}: {error}") from error


class _Dataset(_Shard):
    """A dataset whose elements are batches: dicts of tensors."""

    def __init__(self, dataset: Any, spec: Mapping[str, Any]):
        super().__init__("the dataset", spec)
        _check_columns(self.name, dataset.element_spec, spec)
        self._dataset = dataset

    def features(self) -> Iterator[dict[str, Any]]:
        yield from self._dataset


def _check_columns(source: str, columns: Any, spec: Mapping[str, Any]) -> None:
    absent = [name for name in spec if name not in columns]
    if absent:
        raise invalid(f"{source} has no column {absent[0]!r}. There are {sorted(columns)}")


@dataclass(frozen=True)
class CsvOptions:
    """How a CSV file is read.

    Attributes:
        column_names: names of the columns; None if the first line has them.
        delimiter: what stands between cells.
    """

    column_names: Sequence[str] | None = None
    delimiter: str = ","


def _csv_shard(path: str, spec: Mapping[str, Any], options: CsvOptions) -> _Arrow:
    def batches() -> Iterator[Any]:
        try:
            import pyarrow as pa
            from pyarrow import csv
        except ImportError:
            raise need("pyarrow") from None

        types = {
            name: pa.binary() if one.dtype == tf.string
            else pa.from_numpy_dtype(one.dtype.as_numpy_dtype)
            for name, one in spec.items()
        }  # fmt: skip
        names = list(options.column_names) if options.column_names else None
        try:
            yield from csv.open_csv(
                path,
                csv.ReadOptions(column_names=names, block_size=4 << 20),
                csv.ParseOptions(delimiter=options.delimiter, newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=types, include_columns=list(spec), strings_can_be_null=True,
                    quoted_strings_can_be_null=False, null_values=[""],
                ),
            )  # fmt: skip
        except pa.ArrowException as error:
            raise invalid(f"{path}: {error}") from error
        except FileNotFoundError:
            raise
        except OSError as error:
            raise damaged(f"{path} is damaged: {error}") from error

    return _Arrow(path, spec, batches, path)


def _parquet_shard(path: str, spec: Mapping[str, Any], batch_size: int) -> _Arrow:
    def batches() -> Iterator[Any]:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            raise need("pyarrow") from None
        rows = 0
        try:
            with parquet.ParquetFile(path) as file:
                _check_columns(path, file.schema_arrow.names, spec)
                for batch in file.iter_batches(batch_size, columns=list(spec)):
                    rows += batch.num_rows
                    yield batch
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError) as error:
            raise damaged(f"{path}, row {rows + 1} or after it: {error}") from error

    return _Arrow(path, spec, batches, path)


def shards_of(
    data: Any,
    feature_spec: Mapping[str, Any],
    batch_size: int = BATCH_SIZE,
    csv_options: CsvOptions | None = None,
) -> list[Shard]:
    """Return the shards of some data: one for each file, or one.

    Raises:
        NotFoundError: no file has the name.
        InvalidArgumentError: a column is missing.
        TypeError: data of another kind.
    """
    if isinstance(data, (str, os.PathLike)):
        data = [data]
    if isinstance(data, Sequence) and data and isinstance(data[0], (str, os.PathLike)):
        return [
            _file_shard(path, feature_spec, batch_size, csv_options or CsvOptions())
            for pattern in data for path in _files(os.fspath(pattern))
        ]  # fmt: skip
    if isinstance(data, Mapping):
        return [_Arrays(data, feature_spec, batch_size)]
    if isinstance(data, tf.data.Dataset):
        return [_Dataset(data, feature_spec)]
    if isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        columns = {name: [row.get(name) for row in data] for name in feature_spec}
        seen: set[str] = set().union(*data) if data else set(feature_spec)
        _check_columns("the data", seen, feature_spec)
        return [_Arrays(columns, feature_spec, batch_size)]
    if hasattr(data, "to_batches") and hasattr(data, "schema"):
        return [_Arrow("the table", feature_spec, lambda: data.to_batches(batch_size))]
    if hasattr(data, "num_rows") and hasattr(data, "schema"):
        return [_Arrow("the record batch", feature_spec, lambda: [data])]
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        return [_Arrays({n: data[n].to_numpy() for n in data.columns}, feature_spec, batch_size)]
    raise TypeError(
        "data should be a dict of arrays, a list of dicts, an Arrow table, a data frame, a Dataset "
        f"of batches, or names of files, got {type(data).__name__}"
    )


def _files(pattern: str) -> list[str]:
    found = sorted(glob.glob(pattern)) if not os.path.exists(pattern) else [pattern]
    if not found:
        raise missing(f"there is no file {pattern}")
    return found


def _file_shard(path: str, spec: Mapping[str, Any], batch_size: int, options: CsvOptions) -> Shard:
    if path.endswith((".csv", ".csv.gz")):
        return _csv_shard(path, spec, options)
    if path.endswith(".parquet"):
        return _parquet_shard(path, spec, batch_size)
    return _Records(path, spec, batch_size)
