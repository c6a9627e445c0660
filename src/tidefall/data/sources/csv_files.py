"""`tf.data.experimental.make_csv_dataset`: batches of the columns of CSV files, by their names."""

from __future__ import annotations

import collections
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2
from tidefall.data.engine.node import AUTOTUNE
from tidefall.data.sources.csv_dataset import CsvDatasetV2
from tidefall.data.sources.epochs import read_files, shuffled_epochs
from tidefall.data.sources.slices import from_tensor_slices
from tidefall.data.transformations.batching.batch import batch
from tidefall.data.transformations.ignore_errors import ignore_errors as without_errors
from tidefall.data.transformations.map import map_
from tidefall.data.transformations.prefetch import prefetch
from tidefall.data.transformations.shuffle import shuffle as shuffled
from tidefall.io.file_systems.file_system import glob
from tidefall.io.file_systems.open_file import open_file
from tidefall.tensor.conversion import convert_to_tensor


@dataclass(frozen=True)
class _Files:
    """CSV files, looked at before the pipeline is built."""

    names: Sequence[str]
    delimiter: str
    quotes: bool
    compression: str | None
    encoding: str
    header: bool

    def rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of a file, with the number of the line each ends in."""
        quoting = csv.QUOTE_MINIMAL if self.quotes else csv.QUOTE_NONE
        with open_file(name) as raw:
            text = io.TextIOWrapper(self._plain(raw), encoding=self.encoding, newline="")
            reader = csv.reader(text, delimiter=self.delimiter, quoting=quoting)
            for row in reader:
                yield reader.line_num, row

    def _plain(self, raw: Any) -> Any:
        if self.compression == "GZIP":
            return gzip.GzipFile(fileobj=raw)
        return io.BytesIO(zlib.decompress(raw.read())) if self.compression == "ZLIB" else raw

    def column_names(self) -> list[str]:
        """The names in the headers, which must be the same in all files."""
        first: list[str] | None = None
        for name in self.names:
            _, found = next(self.rows(name), (0, []))
            if first is not None and found != first:
                raise ValueError(
                    "All input CSV files should have the same column names in the header row. "
                    f"File {name} has different column names."
                )
            first = found
        return first or []

    def sample(self, columns: int) -> Iterator[list[str]]:
        """The rows of all files, without headers; ValueError if one has other columns."""
        for name in self.names:
            rows = self.rows(name)
            if self.header:
                next(rows, None)
            for line, row in rows:
                if len(row) != columns:
                    raise ValueError(
                        f"Problem inferring types: CSV row {line} has {len(row)} number of "
                        f"fields. Expected: {columns}."
                    )
                yield row


# ---- what columns hold ----


def _is_integer(dtype: type[np.signedinteger]) -> Callable[[str], bool]:
    limits = np.iinfo(dtype)

    def holds(text: str) -> bool:
        try:
            return limits.min <= int(text) <= limits.max
        except ValueError:
            return False

    return holds


def _is_float(largest: float) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            # Infinite and no numbers are texts.
            return float(text) <= largest
        except ValueError:
            return False

    return holds


_KINDS: tuple[tuple[DType, Callable[[str], bool]], ...] = (
    (dtypes.int32, _is_integer(np.int32)),
    (dtypes.int64, _is_integer(np.int64)),
    (dtypes.float32, _is_float(float(np.finfo(np.float32).max))),
    (dtypes.float64, _is_float(float(np.finfo(np.float64).max))),
    (dtypes.string, lambda _: True),
)


def _inferred(files: _Files, columns: int, selected: Sequence[int], na: str, rows: Any) -> list:
    """The narrowest kind for each column that holds what stands in the first rows."""
    kinds = [-1] * len(selected)
    for i, row in enumerate(files.sample(columns)):
        if rows is not None and i >= rows:
            break
        for j, column in enumerate(selected):
            text = row[column]
            if text not in ("", na):
                kinds[j] = next(
                    k for k, (_, holds) in enumerate(_KINDS) if k >= kinds[j] and holds(text)
                )
    found = [_KINDS[kind][0] for kind in kinds]
    return [convert_to_tensor(["" if t == dtypes.string else 0], t) for t in found]


def _selected(columns: Sequence[Any], names: Sequence[str]) -> list[int]:
    """The numbers of columns given by number or name, increasing."""
    if len(set(columns)) != len(columns):
        raise ValueError(f"The `select_columns` argument contains duplicate columns: {columns}.")
    numbers = []
    for column in columns:
        if isinstance(column, int):
            if not 0 <= column < len(names):
                raise ValueError(
                    f"Column index {column} specified in `select_columns` must be > 0 and less "
                    f"than {len(names)}."
                )
            numbers.append(column)
        elif column in names:
            numbers.append(names.index(column))
        else:
            raise ValueError(
                f"Column {column} specified in `select_columns` must be of one of the columns: "
                f"{list(names)}."
            )
    return sorted(numbers)


@export("data.experimental.make_csv_dataset")
def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Any = None,
    column_defaults: Any = None,
    label_name: str | None = None,
    select_columns: Any = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: str | None = None,
    ignore_errors: bool = False,
    encoding: str = "utf-8",
) -> DatasetV2:
    """Batches of the records of CSV files: dicts of column names and vectors.

    Args:
        file_pattern: paths or patterns, as of `tf.io.gfile.glob`.
        batch_size: records in a batch.
        column_names: the names of all columns; by default those in the header.
        column_defaults: dtypes, or values for empty fields, of all columns or the selected ones; by
            default what the first records hold decides.
        label_name: a column that comes beside the dict, as the second part of a tuple.
        select_columns: names or numbers of the columns that are wanted; all by default.
        field_delim, use_quote_delim, na_value: as for `tf.data.experimental.CsvDataset`.
        header: the first record of each file is a header.
        num_epochs: how often to go over the files; without end by default, and then without a last
            batch that is smaller.
        shuffle: whether to mix files and records.
        shuffle_buffer_size, shuffle_seed: as for `Dataset.shuffle`.
        prefetch_buffer_size: batches to prepare ahead.
        num_parallel_reads: how many files to read by turns.
        sloppy: accepted; the order is always the same.
        num_rows_for_inference: how many records to look at; None for all.
        compression_type: "GZIP", "ZLIB" or None.
        ignore_errors: leave out records that cannot be read.
        encoding: of the header, and of the records that are looked at.

    Raises:
        ValueError: no file matches, columns are named twice or not there, files differ in their
            headers, or records that are looked at in their numbers of fields.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "rivers.csv")
    >>> tf.io.write_file(path, "name,length\\nElbe,1094\\nWeser,452\\n")
    >>> dataset = tf.data.experimental.make_csv_dataset(path, 2, num_epochs=1, shuffle=False)
    >>> [{name: list(column) for name, column in b.items()} for b in dataset.as_numpy_iterator()]
    [{'name': [b'Elbe', b'Weser'], 'length': [np.int32(1094), np.int32(452)]}]
    """
    names = _matching(file_pattern)
    source = from_tensor_slices(names)
    if shuffle:
        source = shuffled(source, len(names), shuffle_seed)
    if column_names is None and not header:
        raise ValueError("Expected `column_names` or `header` arguments. Neither is provided.")
    files = _Files(names, field_delim, use_quote_delim, compression_type, encoding, header)
    columns = list(column_names) if column_names is not None else files.column_names()
    _check_names(columns, label_name)
    selected = list(range(len(columns)))
    if select_columns is not None:
        selected = _selected(list(select_columns), columns)
    if column_defaults is None:
        defaults = _inferred(files, len(columns), selected, na_value, num_rows_for_inference)
    else:
        defaults = list(column_defaults)
    wanted = [columns[i] for i in selected]
    if label_name is not None and label_name not in wanted:
        raise ValueError(
            f"`label_name` provided must be one of the columns: {wanted}. Received: {label_name}."
        )

    def read(name: Any) -> DatasetV2:
        records = CsvDatasetV2(
            name,
            defaults,
            compression_type,
            header=header,
            field_delim=field_delim,
            use_quote_delim=use_quote_delim,
            na_value=na_value,
            select_cols=selected if select_columns is not None else None,
        )
        return without_errors(records) if ignore_errors else records

    def named(*values: Any) -> Any:
        features = collections.OrderedDict(zip(wanted, values, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    dataset = read_files(source, read, num_parallel_reads or 1)
    dataset = shuffled_epochs(dataset, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    dataset = batch(dataset, batch_size, drop_remainder=num_epochs is None)
    ahead = AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size
    return prefetch(map_(dataset, named), ahead)


def _matching(file_pattern: Any) -> list[str]:
    patterns = [file_pattern] if isinstance(file_pattern, str | bytes) else list(file_pattern)
    names = [name for pattern in patterns for name in glob(pattern)]
    if not names:
        raise ValueError(f"No files match `file_pattern` {file_pattern}.")
    return sorted(names)


def _check_names(columns: Sequence[str], label_name: str | None) -> None:
    twice = {name for name, count in collections.Counter(columns).items() if count > 1}
    if twice:
        raise ValueError(
            "Either `column_names` argument or CSV header row contains duplicate column names: "
            f"{twice}."
        )
    if label_name is not None and label_name not in columns:
        raise ValueError(
            f"`label_name` provided must be one of the columns: {list(columns)}. Received: "
            f"{label_name}."
        )
