# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lookup`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import LookupInterface
from tidefall._api._types import TableInitializer
from tidefall._api._types import TensorLike
from tidefall._api.lookup import experimental as experimental
from typing import Any
from typing import overload

class KeyValueTensorInitializer(TableInitializer):
    """Fills a table with the elements of two tensors."""
    def __init__(self, keys: Any, values: Any, key_dtype: DTypeLike | None = None, value_dtype: DTypeLike | None = None, name: str | None = None) -> None: ...
    @property
    def is_known(self) -> bool:
        """Whether the contents are known now, rather than when a traced function runs."""
    def initialize(self, table: Any) -> Any:
        """Fill a table."""
class StaticHashTable(LookupInterface):
    """A table that does not change once it is filled."""
    def __init__(self, initializer: TableInitializer, default_value: Any, name: str | None = None, experimental_is_anonymous: bool = False) -> None: ...
    @property
    def name(self) -> str:
        """The table's name."""
    @property
    def default_value(self) -> Any:
        """The value of keys that are not there."""
    @overload
    def lookup(self, keys: TensorLike, name: str | None = None) -> tf.Tensor: ...
    @overload
    def lookup(self, keys: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
        """The value of each key."""
    def export(self, name: str | None = None) -> Any:
        """All keys and their values, two tensors `[size]` in one order."""
class StaticVocabularyTable(LookupInterface):
    """Numbers of terms: those of a vocabulary have theirs, all others share some by their hash."""
    def __init__(self, initializer: TableInitializer | None, num_oov_buckets: int, lookup_key_dtype: DTypeLike | None = None, name: str | None = None, experimental_is_anonymous: bool = False) -> None: ...
    @property
    def name(self) -> str:
        """The table's name."""
    @property
    def resource_handle(self) -> Any:
        """The handle of the vocabulary's table, None without a vocabulary."""
    @property
    def initializer(self) -> Any:
        """What fills the vocabulary."""
    def size(self, name: str | None = None) -> tf.Tensor:
        """How many numbers there are, those of other terms included."""
    @overload
    def lookup(self, keys: TensorLike, name: str | None = None) -> tf.Tensor: ...
    @overload
    def lookup(self, keys: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
        """The number of each term."""
class TextFileIndex:
    """What of a line a table takes, apart from columns."""
    WHOLE_LINE: int
    LINE_NUMBER: int
class TextFileInitializer(TableInitializer):
    """Fills a table with the lines of a text file."""
    def __init__(self, filename: TensorLike, key_dtype: DTypeLike, key_index: int, value_dtype: DTypeLike, value_index: int, vocab_size: int | None = None, delimiter: str = '\t', name: str | None = None, value_index_offset: int = 0) -> None: ...
    def initialize(self, table: Any) -> Any:
        """Fill a table."""
