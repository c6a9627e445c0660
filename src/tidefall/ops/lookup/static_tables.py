"""Tables that are filled once: `tf.lookup.StaticHashTable` and `StaticVocabularyTable`."""

from __future__ import annotations

import itertools
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope
from tidefall.op import raw
from tidefall.ops.lookup.initializers import TableInitializer
from tidefall.ops.lookup.interface import (
    LookupInterface,
    check_key_dtype,
    over_values,
    prepared,
)
from tidefall.ops.strings.hashing import bucket_fast_op
from tidefall.ops.strings.number_text import as_string_op
from tidefall.tensor.conversion import convert_to_tensor

_numbers = itertools.count()


@export("lookup.StaticHashTable")
class StaticHashTable(LookupInterface):
    """A table that does not change once it is filled.

    Args:
        initializer: what it is filled with, such as `tf.lookup.KeyValueTensorInitializer`.
        default_value: the value of keys that are not there, a scalar.
        name: name of the table.
        experimental_is_anonymous: make a resource without a name.

    Raises:
        FailedPreconditionError: if a key comes twice with different values.
        NotFoundError: for dtypes that there are no tables for.

    >>> import tidefall as tf
    >>> init = tf.lookup.KeyValueTensorInitializer(["a", "b", "c"], [7, 8, 9])
    >>> table = tf.lookup.StaticHashTable(init, default_value=-1)
    >>> table.lookup(tf.constant(["b", "d"])).numpy()
    array([ 8, -1], dtype=int32)
    >>> table.size().numpy()
    np.int64(3)
    """

    def __init__(
        self,
        initializer: TableInitializer,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ):
        self._is_anonymous = experimental_is_anonymous
        self._name = name or "hash_table"
        self._shared_name = f"{initializer._shared_name}_{next(_numbers)}"
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._initializer = self._track_trackable(initializer, "_initializer")
        with init_scope():
            self._default_value = convert_to_tensor(default_value, self._value_dtype)
        self._default_value.shape.merge_with(())
        prepared(self)

    def _create_resource(self) -> Any:
        options = {"key_dtype": self._key_dtype, "value_dtype": self._value_dtype}
        if self._is_anonymous:
            return raw.AnonymousHashTable(**options, name=self._name)
        return raw.HashTableV2(**options, shared_name=self._shared_name, name=self._name)

    def _initialize(self) -> Any:
        return self._initializer.initialize(self)

    @property
    def name(self) -> str:
        """The table's name."""
        return self._name

    @property
    def default_value(self) -> Any:
        """The value of keys that are not there."""
        return self._default_value

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key.

        Args:
            keys: a tensor of any shape, dense, ragged or sparse, of the table's key dtype.
            name: name of the node in a graph.

        Returns:
            The values, in a tensor of the same kind and shape.

        Raises:
            TypeError: for keys of another dtype.
        """
        if not hasattr(keys, "dtype"):
            keys = convert_to_tensor(keys, self._key_dtype)
        check_key_dtype(self, keys)
        find = raw.LookupTableFindV2
        with name_scope(name or f"{self._name}_Lookup"):
            return over_values(
                lambda dense: find(self.resource_handle, dense, self._default_value), keys
            )

    def export(self, name: str | None = None) -> Any:
        """All keys and their values, two tensors `[size]` in one order.

        Args:
            name: name of the node in a graph.
        """
        with name_scope(name or f"{self._name}_Export"):
            return raw.LookupTableExportV2(
                self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
            )


@export("lookup.StaticVocabularyTable")
class StaticVocabularyTable(LookupInterface):
    """Numbers of terms: those of a vocabulary have theirs, all others share some by their hash.

    Args:
        initializer: fills the vocabulary: int64 numbers from 0 by term, of string or integers. None
            hashes all terms.
        num_oov_buckets: how many numbers the other terms share, at least 1.
        lookup_key_dtype: dtype of the terms looked up; integers of 32 bits may be looked up where
            those of the vocabulary have 64.
        name: name of the table.
        experimental_is_anonymous: make a resource without a name.

    Raises:
        ValueError: if `num_oov_buckets` is not positive.
        TypeError: for dtypes that do not fit.

    >>> import tidefall as tf
    >>> init = tf.lookup.KeyValueTensorInitializer(
    ...     ["emerson", "lake", "palmer"], tf.constant([0, 1, 2], tf.int64))
    >>> table = tf.lookup.StaticVocabularyTable(init, num_oov_buckets=5)
    >>> table.lookup(tf.constant(["palmer", "king", "lake"])).numpy()[::2]
    array([2, 1])
    """

    _table_class = StaticHashTable

    def __init__(
        self,
        initializer: TableInitializer | None,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ):
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        wanted = None if lookup_key_dtype is None else as_dtype(lookup_key_dtype)
        self._num_oov_buckets = num_oov_buckets
        self._table: StaticHashTable | None = None
        if initializer is not None:
            _check_initializer(initializer, wanted)
            self._table = self._table_class(
                initializer, -1, experimental_is_anonymous=experimental_is_anonymous
            )
            self._track_trackable(initializer, "_initializer")
            wanted = wanted or initializer.key_dtype
        self._name = name or ("hash_bucket" if self._table is None else self._table.name)
        super().__init__(wanted or dtypes.string, dtypes.int64)

    @property
    def name(self) -> str:
        """The table's name."""
        return self._name

    @property
    def resource_handle(self) -> Any:
        """The handle of the vocabulary's table, None without a vocabulary."""
        return None if self._table is None else self._table.resource_handle

    def _create_resource(self) -> Any:
        assert self._table is not None
        return self._table._create_resource()

    def _initialize(self) -> Any:
        assert self._table is not None
        return self._table._initialize()

    @property
    def initializer(self) -> Any:
        """What fills the vocabulary."""
        return None if self._table is None else self._table._initializer

    def size(self, name: str | None = None) -> Any:
        """How many numbers there are, those of other terms included.

        Args:
            name: name of the nodes in a graph.
        """
        with name_scope(name or f"{self._name}_Size"):
            count = convert_to_tensor(self._num_oov_buckets, dtypes.int64)
            return count if self._table is None else self._table.size() + count

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The number of each term.

        Args:
            keys: a tensor of any shape, dense, ragged or sparse, of the table's key dtype.
            name: name of the nodes in a graph.

        Returns:
            int64 numbers, in a tensor of the same kind and shape.

        Raises:
            TypeError: for keys of another dtype.
        """
        if not hasattr(keys, "dtype"):
            keys = convert_to_tensor(keys, self._key_dtype)
        check_key_dtype(self, keys)
        with name_scope(name or f"{self._name}_Lookup"):
            return over_values(self._numbers_of, keys)

    def _numbers_of(self, terms: Any) -> Any:
        if self._table is not None and self._table.key_dtype != terms.dtype.base_dtype:
            terms = raw.Cast(terms, DstT=self._table.key_dtype)
        text = terms if terms.dtype == dtypes.string else as_string_op(terms)
        hashed = bucket_fast_op(text, num_buckets=self._num_oov_buckets)
        if self._table is None:
            return hashed
        numbers = self._table.lookup(terms)
        known = raw.NotEqual(numbers, self._table.default_value)
        return raw.SelectV2(known, numbers, raw.AddV2(hashed, self._table.size()))


def _check_initializer(initializer: TableInitializer, wanted: DType | None) -> None:
    if initializer.value_dtype != dtypes.int64:
        raise TypeError(
            f"Invalid `value_dtype`, expected {dtypes.int64!r} but got {initializer.value_dtype!r}."
        )
    own = initializer.key_dtype
    if wanted is not None and wanted != own and wanted.is_integer != own.is_integer:
        raise TypeError(
            f"Invalid `key_dtype`, expected {dtypes.int64!r} but got {wanted!r}."
            if own.is_integer
            else f"Invalid `key_dtype`, expected {own!r} but got {wanted!r}."
        )
