"""`tf.data.experimental.CsvDataset`: the records of CSV files, a tensor for each column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError, OpError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, dataset_op
from tidefall.data.engine.elements import Batch, Element, State, elements_of
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import READ_AHEAD, FilesNode, text, texts
from tidefall.io.parsing.csv import decode_records
from tidefall.io.records.compression import check_compression
from tidefall.io.records.record_chunks import CsvReader
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor

_TYPES = (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.string)


_AT_ONCE = 64
"""How many records are read together where they are taken one by one."""


class _Columns:
    """Makes columns of records."""

    def __init__(self, delimiter: bytes, quotes: bool, na: bytes, select: Any, exclude: Any):
        self.delimiter = delimiter
        self.quotes = quotes
        self.na = na
        self.select = list(select)
        self.exclude = frozenset(exclude)
        self.types: list[DType] = []
        self.defaults: list[np.ndarray] = []

    def batch(self, count: int, columns: Sequence[Any]) -> list[Any]:
        """The columns of many records."""
        return decode_records(
            columns[0],
            self.defaults,
            self.types,
            self.delimiter,
            self.quotes,
            self.na,
            self.select,
            self.exclude,
            blank=[b""],
        )


class CsvNode(Node):
    """The records of files as columns."""

    def __init__(self, records: FilesNode, columns: _Columns):
        self.inputs = (records,)
        self.columns = columns

    def make_iterator(self) -> ElementIterator:
        return _Elements(self.inputs[0].make_iterator(), self.columns)


class _Elements(Derived):
    """Makes columns of many records at once, also where elements are taken one by one.

    Its state is the place before those that were made together, and how many of them were taken.
    """

    __slots__ = ("_before", "_columns", "_made", "_singly", "_taken")

    def __init__(self, source: ElementIterator, columns: _Columns):
        super().__init__(source)
        self._columns = columns
        self._start()

    def _start(self) -> None:
        self._before: State = self._source.save()
        self._made: list[Element] = []
        self._taken = 0
        self._singly = 0
        """How many of the next records are read one by one, since one of them fails."""

    def __next__(self) -> Element:
        if self._taken == len(self._made):
            self._fill()
        self._taken += 1
        return self._made[self._taken - 1]

    def _fill(self) -> None:
        self._made, self._taken = [], 0
        self._before = self._source.save()
        if not self._singly:
            try:
                count, columns = self._source.batch(_AT_ONCE)
                if not count:
                    raise StopIteration
                made = self._columns.batch(count, columns)
            except OpError:
                self._source.restore(self._before)
                self._singly = _AT_ONCE
            else:
                self._made = list(elements_of(count, made))
                return
        self._singly -= 1
        self._made = [self._columns.batch(1, next(self._source))]

    def batch(self, count: int) -> Batch:
        if self._taken < len(self._made) or self._singly:
            return super().batch(count)
        self._start()
        found, columns = self._source.batch(count)
        if not found:
            return 0, []
        try:
            return found, self._columns.batch(found, columns)
        except OpError:
            # The error of the first record that fails, and the place behind that one.
            self._source.restore(self._before)
            self._singly = found
            return super().batch(count)

    def save(self) -> State:
        if self._taken == len(self._made):
            return {"before": self._source.save(), "taken": 0}
        return {"before": self._before, "taken": self._taken}

    def restore(self, state: State) -> None:
        self._source.restore(state["before"])
        self._start()
        for _ in range(state["taken"]):
            next(self)


def _check(names: Any, delimiter: Any, select: np.ndarray, count: int) -> None:
    if len(text(delimiter)) != 1:
        raise _invalid("field_delim should be only 1 char")
    if select.size and select.size != count:
        raise _invalid("select_cols should match output size")
    for name, values in (("select_cols", select), ("exclude_cols", names)):
        if (np.diff(values) <= 0).any():
            raise _invalid(f"{name} should be strictly increasing indices")
        if (values < 0).any():
            raise _invalid(f"{name} should be non-negative indices")
    if select.size and names.size:
        raise _invalid("Either select_cols or exclude_cols should be empty")


def _invalid(message: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, None, message)


def _build(
    filenames: Any,
    compression_type: Any,
    buffer_size: Any,
    header: Any,
    field_delim: Any,
    use_quote_delim: Any,
    na_value: Any,
    select_cols: Any,
    record_defaults: Sequence[Any],
    exclude_cols: Any = (),
    *,
    output_types: Sequence[DType],
) -> Node:
    exclude = np.asarray(exclude_cols, np.int64)
    _check(exclude, field_delim, np.asarray(select_cols), len(output_types))
    quotes = bool(use_quote_delim)
    columns = _Columns(
        text(field_delim).encode(), quotes, text(na_value).encode(), select_cols, exclude.tolist()
    )
    columns.types = list(output_types)
    columns.defaults = [np.asarray(default) for default in record_defaults]
    reader = partial(
        CsvReader,
        compression=check_compression(text(compression_type)),
        size=int(buffer_size) or READ_AHEAD,
        quotes=quotes,
    )
    with_header = partial(reader, header=bool(header))
    return CsvNode(FilesNode(reader, texts(filenames), first=with_header), columns)


dataset_op("CSVDataset", _build)
dataset_op("ExperimentalCSVDataset", _build)
csv_dataset_op = dataset_op("CSVDatasetV2", _build)


def _default(value: Any) -> Any:
    """The default of a column: a tensor, empty where a field is required."""
    if isinstance(value, Tensor):
        return value
    try:
        # TensorFlow takes the number of a type for the type as well.
        dtype = as_dtype(value)
    except (TypeError, ValueError):
        return convert_to_tensor(value)
    return convert_to_tensor([], dtype) if dtype in _TYPES else convert_to_tensor(value)


@export("data.experimental.CsvDataset")
class CsvDatasetV2(DatasetV2):
    """The records of CSV files (RFC 4180); an element is a tuple with a scalar for each column.

    Args:
        filenames: a path or URL, or a list or tensor of them.
        record_defaults: for each column that is wanted a tensor, whose dtype is the column's and
            whose value stands for empty fields, or a dtype, where fields must not be empty:
            float32, float64, int32, int64 or string.
        compression_type: "", "GZIP" or "ZLIB".
        buffer_size: bytes to read ahead.
        header: leave out the first record of each file.
        field_delim: the character between fields.
        use_quote_delim: whether fields may stand in double quotes, with delimiters and line ends
            in them.
        na_value: a further text that stands for an empty field.
        select_cols: the numbers of the columns that are wanted, increasing; all by default.
        exclude_cols: the numbers of the columns that are not wanted, instead.

    Raises:
        tf.errors.InvalidArgumentError: arguments contradict each other; while iterating, a record
            has another number of fields, or a field cannot be read. The next element is then that
            of the next record.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "rivers.csv")
    >>> tf.io.write_file(path, "name,length\\nElbe,1094\\nWeser,\\n")
    >>> dataset = tf.data.experimental.CsvDataset(path, [tf.string, [-1]], header=True)
    >>> list(dataset.as_numpy_iterator())
    [(b'Elbe', np.int32(1094)), (b'Weser', np.int32(-1))]
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        header: Any = False,
        field_delim: Any = ",",
        use_quote_delim: Any = True,
        na_value: Any = "",
        select_cols: Any = None,
        exclude_cols: Any = None,
    ):
        defaults = [_default(value) for value in record_defaults]
        spec = tuple(TensorSpec([], default.dtype) for default in defaults)
        variant = csv_dataset_op(
            convert_to_tensor(filenames, dtypes.string),
            "" if compression_type is None else compression_type,
            np.int64(4 * READ_AHEAD) if buffer_size is None else buffer_size,
            header,
            field_delim,
            use_quote_delim,
            na_value,
            convert_to_tensor([] if select_cols is None else select_cols, dtypes.int64),
            defaults,
            convert_to_tensor([] if exclude_cols is None else exclude_cols, dtypes.int64),
            output_shapes=[TensorShape([])] * len(spec),
        )
        self._set(variant, spec, (), None)
