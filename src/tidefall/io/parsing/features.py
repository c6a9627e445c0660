"""What `tf.io.parse_example` is told about a feature: its dtype, shape and default."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export


@export("io.VarLenFeature", "compat.v1.VarLenFeature", "compat.v1.io.VarLenFeature")
class VarLenFeature(namedtuple("VarLenFeature", ["dtype"])):
    """A feature with any number of values, parsed to a `tf.SparseTensor`.

    Args:
        dtype: float32, int64 or string.

    >>> import tidefall as tf
    >>> tf.io.VarLenFeature(tf.int64)
    VarLenFeature(dtype=tf.int64)
    """

    __slots__ = ()


@export("io.FixedLenFeature", "compat.v1.FixedLenFeature", "compat.v1.io.FixedLenFeature")
class FixedLenFeature(namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"])):
    """A feature of one shape in all examples, parsed to a dense tensor.

    Args:
        shape: its shape, fully known.
        dtype: float32, int64 or string.
        default_value: what stands in for it in examples without it, of that shape; without it,
            every example must have the feature.

    >>> import tidefall as tf
    >>> tf.io.FixedLenFeature([], tf.int64, default_value=0)
    FixedLenFeature(shape=[], dtype=tf.int64, default_value=0)
    """

    __slots__ = ()

    def __new__(cls, shape: Any, dtype: Any, default_value: Any = None) -> FixedLenFeature:
        return super().__new__(cls, shape, dtype, default_value)


@export(
    "io.FixedLenSequenceFeature",
    "compat.v1.FixedLenSequenceFeature",
    "compat.v1.io.FixedLenSequenceFeature",
)
class FixedLenSequenceFeature(
    namedtuple("FixedLenSequenceFeature", ["shape", "dtype", "allow_missing", "default_value"])
):
    """A feature with any number of rows of one shape, padded to the longest of the batch.

    Args:
        shape: shape of one row, fully known.
        dtype: float32, int64 or string.
        allow_missing: whether examples may lack it. `tf.io.parse_example` wants True.
        default_value: a single value to pad with; 0 or "" by default.

    >>> import tidefall as tf
    >>> tf.io.FixedLenSequenceFeature([2], tf.float32, allow_missing=True).shape
    [2]
    """

    __slots__ = ()

    def __new__(
        cls, shape: Any, dtype: Any, allow_missing: bool = False, default_value: Any = None
    ) -> FixedLenSequenceFeature:
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


@export("io.SparseFeature", "compat.v1.SparseFeature", "compat.v1.io.SparseFeature")
class SparseFeature(
    namedtuple("SparseFeature", ["index_key", "value_key", "dtype", "size", "already_sorted"])
):
    """A sparse tensor that examples hold as a feature of positions and a feature of values.

    Args:
        index_key: name of the int64 feature with the positions; a list of names for a sparse
            tensor of more than one axis.
        value_key: name of the feature with the values.
        dtype: their dtype: float32, int64 or string.
        size: size of the axis; a list where `index_key` is one.
        already_sorted: whether the positions of each example are in order, so that sorting can
            be left out.

    >>> import tidefall as tf
    >>> tf.io.SparseFeature("position", "value", tf.float32, size=10).size
    10
    """

    __slots__ = ()

    def __new__(
        cls, index_key: Any, value_key: Any, dtype: Any, size: Any, already_sorted: bool = False
    ) -> SparseFeature:
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


class RowSplits(namedtuple("RowSplits", ["key"])):
    """The feature `key` says where rows start, and at last where the last ends."""

    __slots__ = ()


class RowLengths(namedtuple("RowLengths", ["key"])):
    """The feature `key` says how long each row is."""

    __slots__ = ()


class RowStarts(namedtuple("RowStarts", ["key"])):
    """The feature `key` says where each row starts."""

    __slots__ = ()


class RowLimits(namedtuple("RowLimits", ["key"])):
    """The feature `key` says where each row ends."""

    __slots__ = ()


class ValueRowIds(namedtuple("ValueRowIds", ["key"])):
    """The feature `key` says of each value which row it is in."""

    __slots__ = ()


class UniformRowLength(namedtuple("UniformRowLength", ["length"])):
    """All rows are `length` long."""

    __slots__ = ()


PARTITIONS = (RowSplits, RowLengths, RowStarts, RowLimits, ValueRowIds, UniformRowLength)


@export("io.RaggedFeature", "compat.v1.io.RaggedFeature")
class RaggedFeature(
    namedtuple(
        "RaggedFeature", ["dtype", "value_key", "partitions", "row_splits_dtype", "validate"]
    )
):
    """A feature with any number of values, parsed to a `tf.RaggedTensor`.

    Args:
        dtype: float32, int64 or string.
        value_key: name of the feature; by default the key it stands under.
        partitions: how the values of an example are cut into rows, outermost first: a list of
            `RaggedFeature.RowSplits(key)`, `RowLengths(key)`, `RowStarts(key)`, `RowLimits(key)`
            and `ValueRowIds(key)`, which name an int64 feature, and `UniformRowLength(length)`.
        row_splits_dtype: int32 or int64.
        validate: whether the partitions are checked.

    Raises:
        TypeError, ValueError: for arguments of other types.

    >>> import tidefall as tf
    >>> tf.io.RaggedFeature(tf.int64, partitions=[tf.io.RaggedFeature.RowLengths("n")]).partitions
    (RowLengths(key='n'),)
    """

    __slots__ = ()

    RowSplits = RowSplits
    RowLengths = RowLengths
    RowStarts = RowStarts
    RowLimits = RowLimits
    ValueRowIds = ValueRowIds
    UniformRowLength = UniformRowLength

    def __new__(
        cls,
        dtype: Any,
        value_key: str | None = None,
        partitions: Any = (),
        row_splits_dtype: Any = dtypes.int32,
        validate: bool = False,
    ) -> RaggedFeature:
        if value_key is not None and not isinstance(value_key, str):
            raise ValueError(f"Argument `value_key` must be a string; got {value_key}")
        if not isinstance(partitions, list | tuple):
            raise TypeError(f"Argument `partitions` must be a list or tuple, not {partitions!r}")
        for partition in partitions:
            if not isinstance(partition, PARTITIONS):
                raise TypeError(f"{partition!r} in `partitions` is none of RaggedFeature's kinds")
        dtype, row_splits_dtype = as_dtype(dtype), as_dtype(row_splits_dtype)
        if dtype not in (dtypes.int64, dtypes.float32, dtypes.string):
            raise ValueError(f"Argument `dtype` must be int64, float32 or string; got {dtype!r}")
        if row_splits_dtype not in (dtypes.int32, dtypes.int64):
            raise ValueError(
                f"Argument `row_splits_dtype` must be int32 or int64; got {row_splits_dtype!r}"
            )
        if not isinstance(validate, bool):
            raise TypeError(f"Argument `validate` must be a bool; got {validate!r}")
        return super().__new__(cls, dtype, value_key, tuple(partitions), row_splits_dtype, validate)
