"""The resources behind the handles of lookup tables."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import FailedPreconditionError, UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.native import text as native
from tidefall.native.library import enabled
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.lookup.buckets import bucket_numbers


def _array(items: Sequence[Any], dtype: DType) -> np.ndarray:
    """A vector of scalars, or what rows of one shape stack to."""
    if dtype.as_numpy_dtype is object:
        result = np.empty(len(items), object)
        result[:] = items
        return result
    return np.array(items, dtype.as_numpy_dtype)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


class LookupTable:
    """A table of values by key.

    Args:
        key_dtype, value_dtype: what it holds.
        value_shape: shape of one value.

    Attributes:
        entries: the values by key: Python scalars, or arrays of `value_shape`.
        key_shape: shape of one key, once it is known; () but for dense tables.
    """

    kind = "LookupTable"

    def __init__(self, key_dtype: DType, value_dtype: DType, value_shape: Any = ()):
        self.key_dtype = key_dtype
        self.value_dtype = value_dtype
        self.value_shape: tuple[int, ...] = tuple(
            d or 0 for d in TensorShape(value_shape).as_list()
        )
        self.key_shape: tuple[int, ...] | None = ()
        self.entries: dict[Any, Any] = {}
        self.lock = threading.RLock()
        self.name = ""
        self.is_initialized = True

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key_dtype.name} -> {self.value_dtype.name}>"

    # ---- arrays and entries ----

    def check_keys(self, keys: np.ndarray) -> None:
        """Refuse keys of another dtype."""
        self._check_dtype("key", keys, self.key_dtype)

    def _check_dtype(self, what: str, array: np.ndarray, dtype: DType) -> None:
        if array.dtype != np.dtype(dtype.as_numpy_dtype):
            raise invalid(
                f"Signature mismatch, the {what}s of the table are {dtype.name}, but "
                f"{'string' if array.dtype == object else array.dtype.name} came."
            )

    def to_keys(self, keys: np.ndarray) -> list[Any]:
        """The keys of entries, for an array of keys."""
        return keys.reshape(-1).tolist()

    def _to_values(self, values: np.ndarray, count: int) -> list[Any]:
        if not self.value_shape:
            return values.reshape(-1).tolist()
        return list(values.reshape(count, *self.value_shape).copy())

    def _batch(self, keys: np.ndarray) -> tuple[int, ...]:
        return keys.shape

    def check_values(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Refuse values of another dtype, or not one for each key."""
        self.check_keys(keys)
        self._check_dtype("value", values, self.value_dtype)
        wanted = (*self._batch(keys), *self.value_shape)
        if values.shape != wanted:
            raise invalid(
                f"Expected shape {shape_text(wanted)} for value, got {shape_text(values.shape)}"
            )

    # ---- reading ----

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        """The value of each key; `default` has one for all, or one for each."""
        self.check_keys(keys)
        self._check_dtype("value", default, self.value_dtype)
        batch = self._batch(keys)
        shape = (*batch, *self.value_shape)
        wanted = self.to_keys(keys)
        with self.lock:
            if default.shape == self.value_shape:
                one = default if self.value_shape else default.item()
                values = map(self.entries.get, wanted, repeat(one))
                if not self.value_shape and self.value_dtype != dtypes.string:
                    kind = self.value_dtype.as_numpy_dtype
                    return np.fromiter(values, kind, len(wanted)).reshape(shape)
                found = list(values)
            else:
                found = self._find_or_own(wanted, shape, default)
        return _array(found, self.value_dtype).reshape(shape)

    def _find_or_own(self, wanted: list[Any], shape: tuple[int, ...], default: Any) -> list[Any]:
        if default.shape != shape:
            raise invalid(
                f"Expected shape {shape_text(self.value_shape)} or {shape_text(shape)} for "
                f"default value, got {shape_text(default.shape)}"
            )
        get = self.entries.get
        own = self._to_values(default, len(wanted))
        return [get(key, value) for key, value in zip(wanted, own, strict=True)]

    def size(self) -> int:
        """The number of entries."""
        return len(self.entries)

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys and their values."""
        with self.lock:
            keys, values = list(self.entries), list(self.entries.values())
        shape = (len(keys), *self.value_shape)
        return _array(keys, self.key_dtype), _array(values, self.value_dtype).reshape(shape)

    # ---- writing ----

    def insert(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Set the values of some keys."""
        self.check_values(keys, values)
        listed = self.to_keys(keys)
        with self.lock:
            self.entries.update(zip(listed, self._to_values(values, len(listed)), strict=True))

    def remove(self, keys: np.ndarray) -> None:
        """Take keys out, those that are there."""
        self.check_keys(keys)
        with self.lock:
            for key in self.to_keys(keys):
                self.entries.pop(key, None)

    def replace(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Make these the only entries."""
        with self.lock:
            self.entries.clear()
            self.insert(keys, values)

    def initialize(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Fill a table that is filled once."""
        raise invalid(f"Table {self.name or self.kind} is not initializable.")


# From here on packing the keys pays: entries are then so many that they leave the caches.
_MANY_KEYS, _MANY_ENTRIES = 1024, 8192


class PackedKeys:
    """The strings of a table that does not change any more, as native kernels take them.

    Args:
        keys: the strings.
        values: their values.
    """

    def __init__(self, keys: native.Packed, values: np.ndarray):
        self._keys = keys
        self._index = native.text_index(self._keys)
        self._values = values

    def find(self, texts: native.Packed, default: np.ndarray) -> np.ndarray:
        """The value of each text; `default` where there is none."""
        found = native.find_text(texts, self._keys, self._index)
        values = self._values.take(found, mode="clip")
        values[found < 0] = default
        return values

    def vectorize(
        self, texts: native.Packed, left_out: bytes, lower: bool, width: int, default: int, pad: int
    ) -> np.ndarray:
        """The values, int64 `[texts, width]`, of the parts of each text (native/text.py)."""
        return native.vectorize_texts(
            texts, left_out, lower, self._keys, self._index, self._values, width, default, pad
        )


class StaticTable(LookupTable):
    """A table that is filled once."""

    kind = "HashTable"

    def __init__(self, key_dtype: DType, value_dtype: DType):
        super().__init__(key_dtype, value_dtype)
        self.is_initialized = False
        self._packed: PackedKeys | None = None

    def packed_keys(self) -> PackedKeys | None:
        """What looks up packed texts; None where native kernels cannot, or nothing is there yet."""
        if not self.entries or not enabled() or self.key_dtype is not dtypes.string:
            return None
        if self._packed is None:
            with self.lock:
                keys, values = self.export()
            packed = native.packed(keys.tolist())
            if packed is None:
                return None
            self._packed = PackedKeys(packed, values)
        return self._packed

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        """The value of each key."""
        if not self.is_initialized:
            raise FailedPreconditionError(
                None,
                None,
                "Table not initialized. Run its initializer first (tf.compat.v1."
                "tables_initializer in a session).",
            )
        if default.size != 1:
            raise invalid(f"Expected shape [] for default value, got {shape_text(default.shape)}")
        default = default.reshape(())
        found = None
        if keys.size >= _MANY_KEYS and len(self.entries) >= _MANY_ENTRIES:
            found = self._find_packed(keys, default)
        return super().find(keys, default) if found is None else found

    def _find_packed(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray | None:
        """The value of each key by native kernels; None where they cannot tell."""
        self.check_keys(keys)
        self._check_dtype("value", default, self.value_dtype)
        known = self.packed_keys()
        texts = None if known is None else native.packed(self.to_keys(keys))
        if known is None or texts is None:
            return None
        return known.find(texts, default).reshape(keys.shape)

    def initialize(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Fill the table. What comes later must have as many entries, and is not looked at."""
        self.check_values(keys, values)
        entries: dict[Any, Any] = {}
        for key, value in zip(self.to_keys(keys), values.reshape(-1).tolist(), strict=True):
            known = entries.setdefault(key, value)
            if known != value:
                raise FailedPreconditionError(
                    None,
                    None,
                    f"HashTable has different value for same key. Key {_text(key)} has "
                    f"{_text(known)} and trying to add value {_text(value)}",
                )
        with self.lock:
            if not self.is_initialized:
                self.entries, self.is_initialized = entries, True
            elif len(entries) != len(self.entries):
                raise FailedPreconditionError(
                    None, None, "Table was already initialized with different data."
                )

    def insert(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Refused: such a table does not change."""
        self._refuse("Insert")

    def remove(self, keys: np.ndarray) -> None:
        """Refused: such a table does not change."""
        self._refuse("Remove")

    def replace(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Fill the table. What comes later must have as many entries, and is not looked at."""
        if not keys.size:
            raise invalid("keys and values cannot be empty tensors.")
        self.initialize(keys, values)

    def _refuse(self, what: str) -> None:
        raise UnimplementedError(
            None, None, f"{what} not supported by InitializableLookupTable implementations"
        )


class MutableTable(LookupTable):
    """A table that changes."""

    kind = "MutableHashTable"


class DenseTable(LookupTable):
    """A table with two keys that mark its empty and its deleted buckets.

    Args:
        key_dtype, value_dtype, value_shape: as for other tables.
        empty_key, deleted_key: keys that no entry may have.
        buckets: how many buckets to begin with, a power of 2.
        load: the table gets twice the buckets when this part of them is taken.
    """

    kind = "MutableDenseHashTable"

    def __init__(
        self,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Any,
        empty_key: np.ndarray,
        deleted_key: np.ndarray | None,
        buckets: int,
        load: float,
    ):
        super().__init__(key_dtype, value_dtype, value_shape)
        self.key_shape = empty_key.shape
        self.empty_key = empty_key
        self._empty = self._one_key(empty_key)
        self._deleted = None if deleted_key is None else self._one_key(deleted_key)
        if buckets < 4 or buckets & (buckets - 1):
            raise invalid(
                "Number of buckets must be at least 4 and a power of 2, got: " + str(buckets)
            )
        if deleted_key is not None:
            if deleted_key.shape != empty_key.shape:
                raise invalid("Empty and deleted keys must have same shape")
            if self._empty == self._deleted:
                raise invalid("Empty and deleted keys cannot be equal")
        self._buckets, self._load = buckets, load

    @staticmethod
    def _one_key(key: np.ndarray) -> Any:
        return tuple(key.reshape(-1).tolist()) if key.ndim else key.item()

    def _batch(self, keys: np.ndarray) -> tuple[int, ...]:
        assert self.key_shape is not None
        return keys.shape[: keys.ndim - len(self.key_shape)]

    def to_keys(self, keys: np.ndarray) -> list[Any]:
        """The keys of entries; neither of the two special ones is allowed."""
        if self.key_shape and keys.shape[-len(self.key_shape) :] != self.key_shape:
            raise invalid(
                f"Expected key shape {shape_text(self.key_shape)} at the end of the shape of the "
                f"keys, got {shape_text(keys.shape)}"
            )
        listed: list[Any] = keys.reshape(-1).tolist()
        if self.key_shape:
            width = self.empty_key.size
            listed = list(map(tuple, keys.reshape(-1, width).tolist()))
        for key in listed:
            if key == self._empty:
                raise invalid("Using the empty_key as a table key is not allowed")
            if self._deleted is not None and key == self._deleted:
                raise invalid("Using the deleted_key as a table key is not allowed")
        return listed

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        """The value of each key; there is one default."""
        if default.shape != self.value_shape:
            raise invalid(
                f"Expected shape {shape_text(self.value_shape)} for default value, got "
                f"{shape_text(default.shape)}"
            )
        return super().find(keys, default)

    def insert(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Set the values of some keys."""
        super().insert(keys, values)
        while len(self.entries) > self._load * self._buckets:
            self._buckets *= 2

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        """The contents of all buckets, a row each; those without an entry have the empty key."""
        with self.lock:
            entries = list(self.entries.items())
        width = self.empty_key.size
        keys = np.empty((self._buckets, width), self.empty_key.dtype)
        keys[:] = self.empty_key.reshape(-1)
        empty = b"" if self.value_dtype.as_numpy_dtype is object else 0
        shape = (self._buckets, math.prod(self.value_shape))
        values = np.full(shape, empty, self.value_dtype.as_numpy_dtype)
        if entries:
            # The entry of each row is a scalar or a tuple of a key's numbers.
            listed = [key if isinstance(key, tuple) else (key,) for key, _ in entries]
            rows = np.array(listed, self.empty_key.dtype)
            found = _array([value for _, value in entries], self.value_dtype)
            at = bucket_numbers(rows, self._buckets)
            keys[at] = rows
            values[at] = found.reshape(len(rows), -1)
        return keys, values

    def replace(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Make what `export` returned the only entries."""
        self.check_keys(keys)
        rows = keys.reshape(len(keys), -1)
        special = [np.array(self._empty)] + (
            [] if self._deleted is None else [np.array(self._deleted)]
        )
        kept = np.ones(len(rows), bool)
        for key in special:
            kept &= ~(rows == key.astype(rows.dtype).reshape(-1)).all(axis=1)
        assert self.key_shape is not None
        with self.lock:
            self.entries.clear()
            while len(rows) > self._buckets:
                self._buckets *= 2
            entries = values[kept].reshape(-1, *self.value_shape)
            self.insert(rows[kept].reshape(-1, *self.key_shape), entries)
