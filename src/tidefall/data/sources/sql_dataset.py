"""`tf.data.experimental.SqlDataset`: the rows that a database gives for a query."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError, UnknownError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, dataset_op
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import text
from tidefall.io.file_systems.paths import local_path
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec

_NUMBER = re.compile(rb"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TYPES = (
    dtypes.string, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8,
    dtypes.uint16, dtypes.bool, dtypes.float64,
)  # fmt: skip


class SqlNode(Node):
    """The rows of a query to an SQLite database."""

    def __init__(self, path: str, query: str, types: Sequence[DType]):
        self.path = path
        self.query = query
        self.types = list(types)

    def make_iterator(self) -> ElementIterator:
        return _Rows(self)


class _Rows(ElementIterator):
    """Its state is a number of rows: the query is run again."""

    __slots__ = ("__weakref__", "_node", "_rows", "_taken")

    def __init__(self, node: SqlNode):
        self._node = node
        self._rows: Any = None
        self._taken = 0

    def __next__(self) -> Element:
        if self._rows is None:
            self._rows = _run(self._node)
        try:
            row = next(self._rows)
        except sqlite3.Error as error:
            raise UnknownError(None, None, f"{self._node.path}: {error}") from None
        self._taken += 1
        return [_CONVERTED[t](value) for t, value in zip(self._node.types, row, strict=True)]

    def save(self) -> State:
        return self._taken

    def restore(self, state: State) -> None:
        self._rows = _run(self._node)
        self._taken = sum(1 for _ in islice(self._rows, state))

    def saves_position(self) -> bool:
        return True


def _run(node: SqlNode) -> Any:
    """The rows of a query; the connection is closed behind them."""
    if node.path and not node.path.startswith(":") and not os.path.exists(node.path):
        # SQLite would make an empty database.
        message = f"Failed to open {node.path}: {os.strerror(errno.ENOENT)}"
        raise UnknownError(None, None, message)
    try:
        # Threads take turns: one at a time uses an iterator.
        connection = sqlite3.connect(node.path, check_same_thread=False)
    except sqlite3.Error as error:
        raise UnknownError(None, None, f"Failed to open {node.path}: {error}") from None
    connection.text_factory = bytes
    try:
        cursor = connection.execute(node.query)
    except (sqlite3.Error, sqlite3.Warning) as error:
        connection.close()
        raise UnknownError(None, None, f"{node.path}: {error}: {node.query}") from None
    found = len(cursor.description or ())
    if found != len(node.types):
        connection.close()
        raise InvalidArgumentError(
            None,
            None,
            f"The number of columns in query ({found}) must match the number of elements in "
            f"output_types ({len(node.types)}).",
        )
    return _until_closed(connection, cursor)


def _until_closed(connection: sqlite3.Connection, cursor: sqlite3.Cursor) -> Any:
    with closing(connection):
        yield from cursor


# ---- values as SQLite converts them ----


def _number(value: Any) -> float | int:
    if value is None:
        return 0
    if isinstance(value, bytes):
        found = _NUMBER.match(value)
        return float(found[0]) if found else 0
    return value


def _integers(dtype: DType) -> Callable[[Any], np.ndarray]:
    kind = dtype.as_numpy_dtype
    return lambda value: np.array(int(_number(value)), np.int64).astype(kind)


def _string(value: Any) -> np.ndarray:
    if value is None:
        value = b""
    elif isinstance(value, float):
        value = f"{value:.15g}" if not value.is_integer() else f"{value:.1f}"
    return np.array(value if isinstance(value, bytes) else str(value).encode(), object)


_CONVERTED: dict[DType, Callable[[Any], np.ndarray]] = {
    **{t: _integers(t) for t in _TYPES if t.is_integer},
    dtypes.string: _string,
    dtypes.bool: lambda value: np.array(int(_number(value)) != 0),
    dtypes.float64: lambda value: np.array(_number(value), np.float64),
}


def _build(
    driver_name: Any, data_source_name: Any, query: Any, *, output_types: Sequence[DType]
) -> Node:
    driver = text(driver_name)
    if driver != "sqlite":
        raise InvalidArgumentError(
            None,
            None,
            f"The database type, {driver}, is not supported by SqlDataset. The set of supported "
            "databases is: {'sqlite'}.",
        )
    wrong = [dtype.name for dtype in output_types if dtype not in _TYPES]
    if wrong:
        raise InvalidArgumentError(
            None,
            None,
            f"Each element of `output_types` must be one of {[t.name for t in _TYPES]}, not "
            f"{wrong}.",
        )
    return SqlNode(local_path(text(data_source_name)), text(query), output_types)


dataset_op("ExperimentalSqlDataset", _build)
sql_dataset_op = dataset_op("SqlDataset", _build)


@export("data.experimental.SqlDataset")
class SqlDatasetV2(DatasetV2):
    """The rows that a database gives for a query.

    Args:
        driver_name: "sqlite".
        data_source_name: the file of the database.
        query: the query, in SQL.
        output_types: the dtypes of the columns, in the structure of the elements: string, float64,
            bool or integers of up to 64 bits. Missing values are 0 or "".

    Raises:
        tf.errors.InvalidArgumentError: another driver or dtype; while iterating, the query has
            another number of columns.
        tf.errors.UnknownError: while iterating, the database refuses the query.

    >>> import os, sqlite3, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "rivers")
    >>> with sqlite3.connect(path) as database:
    ...     _ = database.execute("create table rivers (name text, length integer)")
    ...     _ = database.execute("insert into rivers values ('Elbe', 1094)")
    >>> database.close()
    >>> query = "select name, length from rivers"
    >>> types = (tf.string, tf.int32)
    >>> dataset = tf.data.experimental.SqlDataset("sqlite", path, query, types)
    >>> list(dataset.as_numpy_iterator())
    [(b'Elbe', np.int32(1094))]
    """

    def __init__(self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any):
        spec = data_nest.map_structure(lambda t: TensorSpec([], as_dtype(t)), output_types)
        types = [leaf.dtype for leaf in data_nest.flatten(spec)]
        variant = sql_dataset_op(
            convert_to_tensor(driver_name, dtypes.string),
            convert_to_tensor(data_source_name, dtypes.string),
            convert_to_tensor(query, dtypes.string),
            output_types=types,
            output_shapes=[TensorShape([])] * len(types),
        )
        self._set(variant, spec, (), None)
