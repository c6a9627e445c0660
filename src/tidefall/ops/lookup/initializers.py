"""What lookup tables are filled with."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope, state
from tidefall.composite.trackable.resource import Asset
from tidefall.composite.trackable.trackable import Trackable
from tidefall.op import raw
from tidefall.ops.common import invalid
from tidefall.ops.lookup.text_files import LINE_NUMBER, WHOLE_LINE
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor

_numbers = itertools.count()


@export("lookup.TextFileIndex")
class TextFileIndex:
    """What of a line a table takes, apart from columns.

    Attributes:
        WHOLE_LINE: all of it.
        LINE_NUMBER: its number, from 0.

    >>> import tidefall as tf
    >>> tf.lookup.TextFileIndex.LINE_NUMBER
    -1
    """

    WHOLE_LINE = WHOLE_LINE
    LINE_NUMBER = LINE_NUMBER


class TableInitializer(Trackable):
    """Fills a table.

    Args:
        key_dtype, value_dtype: what it fills the table with.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any):
        self._key_dtype: DType = as_dtype(key_dtype)
        self._value_dtype: DType = as_dtype(value_dtype)

    @property
    def key_dtype(self) -> DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """The dtype of the values."""
        return self._value_dtype

    @property
    def _shared_name(self) -> str:
        """A name for tables filled so; no two different contents have the same."""
        return f"hash_table_{self._number}"

    @property
    def _number(self) -> int:
        if not hasattr(self, "_own_number"):
            self._own_number = next(_numbers)
        return self._own_number

    @property
    def is_known(self) -> bool:
        """Whether the contents are known now, rather than when a traced function runs."""
        return True

    def initialize(self, table: Any) -> Any:
        """Fill a table; in a graph, returns the node that does it."""
        raise NotImplementedError

    def _check(self, table: Any) -> None:
        for what, own, wanted in (
            ("key", self.key_dtype, table.key_dtype),
            ("value", self.value_dtype, table.value_dtype),
        ):
            if own != wanted:
                raise TypeError(
                    f"Invalid {what} dtype for table initializer: the table has {wanted!r}, the "
                    f"initializer {own!r}."
                )


def remember_initializer(node: Any) -> Any:
    """Put a node that fills a table where `tf.compat.v1.tables_initializer` finds it."""
    graph = state.graph
    if graph is not None and not graph.building_function:
        graph.add_to_collection("table_initializer", node)
    return node


def last_node() -> Any:
    """The node added to the graph last, for ops without outputs; None outside of graphs."""
    return None if state.graph is None else state.graph.nodes[-1]


@export("lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer(TableInitializer):
    """Fills a table with the elements of two tensors.

    Args:
        keys: the keys, of any shape.
        values: the values, of the same shape.
        key_dtype: dtype of the keys, if they are no tensor.
        value_dtype: dtype of the values, if they are no tensor.
        name: name of the nodes in a graph.

    >>> import tidefall as tf
    >>> init = tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([1, 2], tf.int64))
    >>> tf.lookup.StaticHashTable(init, -1).lookup(tf.constant(["b", "c"])).numpy()
    array([ 2, -1])
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ):
        with init_scope():
            self._keys: Any = convert_to_tensor(keys, key_dtype, name="keys")
            self._values: Any = convert_to_tensor(values, value_dtype, name="values")
        self._name = name if name is not None else "key_value_init"
        super().__init__(self._keys.dtype, self._values.dtype)

    @property
    def is_known(self) -> bool:
        """Whether the contents are known now, rather than when a traced function runs."""
        # Subclasses, such as Keras's for an empty vocabulary, need not call the constructor.
        given = [t for t in (vars(self).get("_keys"), vars(self).get("_values")) if t is not None]
        graphs = (getattr(t, "graph", None) for t in given if t.is_symbolic)
        return not any(graph is not None and graph.building_function for graph in graphs)

    def initialize(self, table: Any) -> Any:
        """Fill a table.

        Args:
            table: the table.

        Raises:
            TypeError: if its dtypes are others.
            InvalidArgumentError: if keys and values have different shapes.
        """
        self._check(table)
        keys, values = self._keys.shape, self._values.shape
        if not keys.is_compatible_with(values):
            raise invalid(f"A table needs a value for each key, got keys {keys}, values {values}.")
        with name_scope(self._name):
            flat = raw.Reshape
            keys = self._keys if self._keys.shape.rank == 1 else flat(self._keys, [-1])
            values = self._values if self._values.shape.rank == 1 else flat(self._values, [-1])
            raw.LookupTableImportV2(table.resource_handle, keys, values)
            return remember_initializer(last_node())


class _PathInGraph:
    """The path of a file that a tensor of a graph of TensorFlow 1 holds."""

    def __init__(self, tensor: SymbolicTensor):
        self.asset_path = tensor


@export("lookup.TextFileInitializer")
class TextFileInitializer(TableInitializer):
    """Fills a table with the lines of a text file.

    The file goes with SavedModels of objects that have the table.

    Args:
        filename: path of the file.
        key_dtype: dtype of the keys.
        key_index: the column that holds the keys, or one of `tf.lookup.TextFileIndex`.
        value_dtype: dtype of the values.
        value_index: the column that holds the values, or one of `tf.lookup.TextFileIndex`.
        vocab_size: how many lines to read; None for all.
        delimiter: the character between columns.
        name: name of the nodes in a graph.
        value_index_offset: number of the first line, where values are line numbers.

    Raises:
        ValueError: for indices that do not go with the dtypes.

    >>> import tempfile
    >>> import tidefall as tf
    >>> path = tempfile.mktemp()
    >>> with open(path, "w") as file:
    ...     _ = file.write("emerson 10\\nlake 20\\npalmer 30\\n")
    >>> init = tf.lookup.TextFileInitializer(path, tf.string, 0, tf.int64, 1, delimiter=" ")
    >>> tf.lookup.StaticHashTable(init, -1).lookup(tf.constant(["palmer", "cobham"])).numpy()
    array([30, -1])
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ):
        is_path = isinstance(filename, (str, bytes, os.PathLike))
        if is_path and not os.fspath(filename):
            raise ValueError("`filename` argument required for tf.lookup.TextFileInitializer")
        key_dtype, value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        _check_index("key", key_index, key_dtype)
        _check_index("value", value_index, value_dtype)
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}.")
        self._source = os.fsdecode(filename) if is_path else "file"
        self._options = {
            "key_index": int(key_index),
            "value_index": int(value_index),
            "vocab_size": -1 if vocab_size is None else int(vocab_size),
            "delimiter": delimiter,
            "offset": int(value_index_offset),
        }
        self._name = name if name is not None else "text_file_init"
        super().__init__(key_dtype, value_dtype)
        with init_scope():
            self._filename: Any = self._path(filename)

    def _path(self, filename: Any) -> Any:
        """The file, in a form that a SavedModel knows it by."""
        graph = state.graph
        if isinstance(filename, SymbolicTensor):
            return _PathInGraph(filename)
        if graph is None or graph.building_function:
            return self._track_trackable(Asset(filename), "_filename")
        if isinstance(filename, Asset):
            filename = filename.asset_path
        path = np.array(filename.numpy() if hasattr(filename, "numpy") else os.fsencode(filename))
        return _PathInGraph(graph.constant(path.astype(object), dtypes.string, "asset_path"))

    def initialize(self, table: Any) -> Any:
        """Fill a table.

        Args:
            table: the table.

        Raises:
            TypeError: if its dtypes are others.
            NotFoundError: if there is no such file.
            InvalidArgumentError: if the file does not hold what the options say.
        """
        self._check(table)
        with name_scope(self._name):
            raw.InitializeTableFromTextFileV2(
                table.resource_handle, self._filename.asset_path, **self._options
            )
            graph = state.graph
            if graph is not None and not graph.building_function:
                graph.add_to_collection("asset_filepaths", self._filename.asset_path)
            return remember_initializer(last_node())


def _check_index(what: str, index: int, dtype: DType) -> None:
    if index < WHOLE_LINE:
        raise ValueError(f"`{what}_index` should be >= {WHOLE_LINE}, received: {index}.")
    if index == LINE_NUMBER and dtype != dtypes.int64:
        raise ValueError(
            f"`{what}_dtype` must be int64 if `{what}_index` is {LINE_NUMBER}, received: {dtype!r}"
        )
    if index == WHOLE_LINE and not (dtype.is_integer or dtype == dtypes.string):
        raise ValueError(
            f"`{what}_dtype` must be string or an integer for `{what}_index` {WHOLE_LINE}, "
            f"received: {dtype!r}"
        )
