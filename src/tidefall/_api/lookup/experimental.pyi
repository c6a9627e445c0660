# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lookup.experimental`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import MutableTable
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

class DenseHashTable(MutableTable):
    """A table whose entries can be set and taken out, with keys that are scalars or vectors."""
    def __init__(self, key_dtype: DTypeLike, value_dtype: DTypeLike, default_value: Any, empty_key: Any, deleted_key: Any, initial_num_buckets: int | None = None, name: str = 'MutableDenseHashTable', checkpoint: bool = True, experimental_is_anonymous: bool = False) -> None: ...
    @overload
    def lookup(self, keys: TensorLike, name: str | None = None) -> tf.Tensor: ...
    @overload
    def lookup(self, keys: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
        """The value of each key."""
    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """Set the values of keys; the same as `insert`."""
    def erase(self, keys: Any, name: str | None = None) -> Any:
        """Take keys out; the same as `remove`."""
class MutableHashTable(MutableTable):
    """A table whose entries can be set and taken out."""
    def __init__(self, key_dtype: DTypeLike, value_dtype: DTypeLike, default_value: Any, name: str = 'MutableHashTable', checkpoint: bool = True, experimental_is_anonymous: bool = False) -> None: ...
    @overload
    def lookup(self, keys: TensorLike, dynamic_default_values: Any = None, name: str | None = None) -> tf.Tensor: ...
    @overload
    def lookup(self, keys: TensorLike | tf.__internal__.CompositeTensor, dynamic_default_values: Any = None, name: str | None = None) -> Any:
        """The value of each key."""
