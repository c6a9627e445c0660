"""What all lookup tables have in common."""

from __future__ import annotations

from typing import Any

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.state import init_scope, name_scope
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.composite.trackable.resource import TrackableResource
from tidefall.op import raw


def over_values(function: Any, keys: Any) -> Any:
    """Apply a function of a dense tensor to one, or to the values of a ragged or sparse one."""
    if isinstance(keys, RaggedTensor):
        return keys.with_flat_values(function(keys.flat_values))
    if isinstance(keys, SparseTensor):
        return keys.with_values(function(keys.values))
    return function(keys)


def check_key_dtype(table: Any, keys: Any) -> None:
    """Refuse keys of another dtype than the table's."""
    if as_dtype(keys.dtype).base_dtype != table.key_dtype:
        raise TypeError(
            f"Dtype of argument `keys` must be {table.key_dtype!r}, received: {keys.dtype!r}"
        )


class LookupInterface(TrackableResource):
    """Base of the tables of `tf.lookup`.

    Args:
        key_dtype, value_dtype: what the table holds.
    """

    _filled_by: Any = None
    """The node that fills the table, in a graph."""

    def __init__(self, key_dtype: Any, value_dtype: Any):
        self._key_dtype: DType = as_dtype(key_dtype)
        self._value_dtype: DType = as_dtype(value_dtype)
        super().__init__()

    def _create_resource(self) -> Any:
        raise NotImplementedError

    @property
    def key_dtype(self) -> DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """The dtype of the values."""
        return self._value_dtype

    @property
    def name(self) -> Any:
        """The table's name."""
        raise NotImplementedError

    def size(self, name: str | None = None) -> Any:
        """The number of entries, int64.

        Args:
            name: name of the node in a graph.
        """
        with name_scope(name or f"{self.name}_Size"):
            return raw.LookupTableSizeV2(self.resource_handle)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key.

        Args:
            keys: keys.
            name: name of the node in a graph.
        """
        raise NotImplementedError

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)


def prepared(table: LookupInterface) -> None:
    """Make the resource of a new table, and fill it where that is its kind.

    What is computed in a traced function is known when the function runs, and fills it then.
    """
    initializer = getattr(table, "_initializer", None)
    with init_scope():
        table._resource_handle = table._create_resource()
        if initializer is None or initializer.is_known:
            table._filled_by = table._initialize()
            return
    table._filled_by = table._initialize()
