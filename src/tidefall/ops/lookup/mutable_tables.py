"""Tables that change: `tf.lookup.experimental.MutableHashTable` and `DenseHashTable`."""

from __future__ import annotations

import itertools
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope, state
from tidefall.composite.variables.saveable import Saveable, SaveSpec
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.lookup.initializers import last_node
from tidefall.ops.lookup.interface import LookupInterface, check_key_dtype, over_values, prepared
from tidefall.tensor.conversion import convert_to_tensor

_numbers = itertools.count()


def _builds_graph() -> bool:
    return state.graph is not None and not state.graph.building_function


class TableSaveable(Saveable):
    """The entries of a table, for savers.

    Args:
        table: the table.
        name: what the names of the two tensors begin with.
    """

    def __init__(self, table: MutableTable, name: str):
        self._table = table
        specs = [
            SaveSpec(tensor, "", name + ending, tensor.dtype)
            for ending, tensor in table._serialize_to_tensors().items()
        ]
        super().__init__(table.resource_handle, specs, name)

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """Replace the entries; in a graph, the node that does so."""
        with name_scope(f"{self._table.name}_table_restore"):
            raw.LookupTableImportV2(self.op, *restored_tensors)
            return last_node()


class MutableTable(LookupInterface):
    """A table that checkpoints store."""

    _value_group = "table"
    _value_endings = ("-keys", "-values")
    """What checkpoints call the values: the keys and the values of a table are one of them."""

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, name: str, checkpoint: bool
    ):
        self._name = name or "table"
        self._shared_name = f"table_{next(_numbers)}"
        self._checkpoint = checkpoint
        super().__init__(key_dtype, value_dtype)
        with init_scope():
            self._default_value = convert_to_tensor(default_value, self._value_dtype)
            if _builds_graph():
                self._shared_name = ""  # sessions find it by the name of its node
        self._value_shape = self._default_value.shape

    def _prepare(self) -> None:
        """Make the table; in a graph, tell savers of it."""
        prepared(self)
        with init_scope():
            if not _builds_graph():
                return
            given, self._name = self._name, self.resource_handle.op.name.rpartition("/")[2]
            if self._checkpoint:
                graph = state.graph
                assert graph is not None
                graph.add_to_collection("saveable_objects", TableSaveable(self, given))

    @property
    def name(self) -> str:
        """The table's name."""
        return self._name

    def _keys(self, keys: Any) -> Any:
        return keys if hasattr(keys, "dtype") else convert_to_tensor(keys, self._key_dtype)

    def remove(self, keys: Any, name: str | None = None) -> Any:
        """Take keys and their values out; those that are not there do not matter.

        Args:
            keys: a tensor of any shape, of the table's key dtype.
            name: name of the node in a graph.

        Returns:
            The node in a graph, None otherwise.

        Raises:
            TypeError: for keys of another dtype.
        """
        keys = self._keys(keys)
        check_key_dtype(self, keys)
        with name_scope(name or f"{self._name}_lookup_table_remove"):
            raw.LookupTableRemoveV2(self.resource_handle, keys)
            return last_node()

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """Set the values of keys.

        Args:
            keys: a tensor of any shape, of the table's key dtype.
            values: a value for each key.
            name: name of the node in a graph.

        Returns:
            The node in a graph, None otherwise.

        Raises:
            InvalidArgumentError: if the shapes do not fit.
        """
        with name_scope(name or f"{self._name}_lookup_table_insert"):
            keys = convert_to_tensor(keys, self._key_dtype, name="keys")
            values = convert_to_tensor(values, self._value_dtype, name="values")
            raw.LookupTableInsertV2(self.resource_handle, keys, values)
            return last_node()

    def export(self, name: str | None = None) -> Any:
        """All keys and their values: two tensors in one order, that of insertion.

        Args:
            name: name of the node in a graph.
        """
        with name_scope(name or f"{self._name}_lookup_table_export_values"):
            return raw.LookupTableExportV2(
                self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
            )

    def _serialize_to_tensors(self) -> dict[str, Any]:
        keys, values = self.export()
        return {"-keys": keys, "-values": values}

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        raw.LookupTableImportV2(
            self.resource_handle, restored_tensors["-keys"], restored_tensors["-values"]
        )


@export("lookup.experimental.MutableHashTable")
class MutableHashTable(MutableTable):
    """A table whose entries can be set and taken out.

    Args:
        key_dtype: dtype of the keys.
        value_dtype: dtype of the values.
        default_value: the value of keys that are not there. Its shape is that of all values.
        name: name of the table.
        checkpoint: whether a `tf.compat.v1.train.Saver` stores the entries; `tf.train.Checkpoint`
            always does.
        experimental_is_anonymous: make a resource without a name.

    >>> import tidefall as tf
    >>> table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, default_value=-1)
    >>> table.insert(["a", "b"], [7, 8])
    >>> table.remove(["a"])
    >>> table.lookup(tf.constant(["a", "b"])).numpy()
    array([-1,  8])
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ):
        super().__init__(key_dtype, value_dtype, default_value, name, checkpoint)
        self._is_anonymous = experimental_is_anonymous
        self._prepare()

    def _create_resource(self) -> Any:
        options: dict[str, Any] = {"key_dtype": self._key_dtype, "value_dtype": self._value_dtype}
        of_tensors = "OfTensors" if self._value_shape.rank else ""
        if of_tensors:
            options["value_shape"] = self._value_shape
        if self._is_anonymous:
            return find_op(f"AnonymousMutableHashTable{of_tensors}")(**options, name=self._name)
        return find_op(f"MutableHashTable{of_tensors}V2")(
            **options,
            shared_name=self._shared_name,
            use_node_name_sharing=self._checkpoint,
            name=self._name,
        )

    def lookup(self, keys: Any, dynamic_default_values: Any = None, name: str | None = None) -> Any:
        """The value of each key.

        Args:
            keys: a tensor of any shape, dense, ragged or sparse, of the table's key dtype.
            dynamic_default_values: values of keys that are not there, one for each key or one for
                all, instead of the table's.
            name: name of the node in a graph.

        Returns:
            The values, in a tensor of the same kind and the shape of the keys and of one value.

        Raises:
            TypeError: for keys of another dtype.
        """
        default = (
            self._default_value
            if dynamic_default_values is None
            else convert_to_tensor(dynamic_default_values, self._value_dtype)
        )
        keys = self._keys(keys)
        find = raw.LookupTableFindV2
        with name_scope(name or f"{self._name}_lookup_table_find"):
            return over_values(
                lambda dense: find(
                    self.resource_handle,
                    convert_to_tensor(dense, self._key_dtype, name="keys"),
                    default,
                ),
                keys,
            )


@export("lookup.experimental.DenseHashTable")
class DenseHashTable(MutableTable):
    """A table whose entries can be set and taken out, with keys that are scalars or vectors.

    Args:
        key_dtype: dtype of the keys.
        value_dtype: dtype of the values.
        default_value: the value of keys that are not there. Its shape is that of all values.
        empty_key: a key that is never used. Its shape is that of all keys.
        deleted_key: another key that is never used.
        initial_num_buckets: how many entries to make room for at first, a power of 2.
        name: name of the table.
        checkpoint: whether a `tf.compat.v1.train.Saver` stores the entries; `tf.train.Checkpoint`
            always does.
        experimental_is_anonymous: make a resource without a name.

    Raises:
        InvalidArgumentError: if the two special keys are equal.

    >>> import tidefall as tf
    >>> table = tf.lookup.experimental.DenseHashTable(
    ...     tf.int64, tf.int64, default_value=-1, empty_key=0, deleted_key=-1)
    >>> table.insert([3, 4], [30, 40])
    >>> table.lookup(tf.constant([4, 5], tf.int64)).numpy()
    array([40, -1])
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ):
        super().__init__(key_dtype, value_dtype, default_value, name, checkpoint)
        self._is_anonymous = experimental_is_anonymous
        self._initial_num_buckets = initial_num_buckets
        with init_scope():
            self._empty_key = convert_to_tensor(empty_key, self._key_dtype, name="empty_key")
            self._deleted_key = convert_to_tensor(deleted_key, self._key_dtype, name="deleted_key")
        self._prepare()

    def _create_resource(self) -> Any:
        options: dict[str, Any] = {
            "value_dtype": self._value_dtype,
            "value_shape": self._value_shape,
        }
        if self._initial_num_buckets is not None:
            options["initial_num_buckets"] = self._initial_num_buckets
        keys = self._empty_key, self._deleted_key
        if self._is_anonymous:
            return raw.AnonymousMutableDenseHashTable(*keys, **options, name=self._name)
        return raw.MutableDenseHashTableV2(
            *keys,
            **options,
            shared_name=self._shared_name,
            use_node_name_sharing=self._checkpoint,
            name=self._name,
        )

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key.

        Args:
            keys: a tensor of keys, dense, ragged or sparse, of the table's key dtype.
            name: name of the node in a graph.

        Returns:
            The values, in a tensor of the same kind and the shape of the keys and of one value.

        Raises:
            TypeError: for keys of another dtype.
            InvalidArgumentError: for one of the two special keys.
        """
        keys = self._keys(keys)
        find = raw.LookupTableFindV2
        with name_scope(name or f"{self._name}_lookup_table_find"):
            return over_values(
                lambda dense: find(
                    self.resource_handle,
                    convert_to_tensor(dense, self._key_dtype, name="keys"),
                    self._default_value,
                ),
                keys,
            )

    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """Set the values of keys; the same as `insert`.

        Args:
            keys: keys.
            values: a value for each key.
            name: name of the node in a graph.
        """
        return self.insert(keys, values, name)

    def erase(self, keys: Any, name: str | None = None) -> Any:
        """Take keys out; the same as `remove`.

        Args:
            keys: keys.
            name: name of the node in a graph.
        """
        return self.remove(keys, name)
