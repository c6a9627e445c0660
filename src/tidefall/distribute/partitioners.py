"""`tf.distribute.experimental.partitioners`: into how many shards variables are divided."""

from __future__ import annotations

from typing import Any

from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape


@export("distribute.experimental.partitioners.Partitioner")
class Partitioner:
    """Says into how many parts a variable is divided along each dimension.

    `ParameterServerStrategy` divides along the first only. A subclass overrides `__call__`.
    """

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        """The number of parts along each dimension.

        Args:
            shape: of the variable, fully defined.
            dtype: of its elements.
            axis: the dimension to divide.
        """
        raise NotImplementedError

    def _parts(self, shape: Any, axis: int, count: int) -> list[int]:
        dims = TensorShape(shape).as_list()
        found = [1] * len(dims)
        found[axis] = max(1, min(count, dims[axis] or 1))
        return found


@export("distribute.experimental.partitioners.FixedShardsPartitioner")
class FixedShardsPartitioner(Partitioner):
    """A number of parts.

    Args:
        num_shards: how many; fewer where there are not as many rows.

    >>> import tidefall as tf
    >>> divide = tf.distribute.experimental.partitioners.FixedShardsPartitioner(num_shards=2)
    >>> divide(tf.TensorShape([10, 3]), tf.float32)
    [2, 1]
    """

    def __init__(self, num_shards: int):
        self._num_shards = num_shards

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        return self._parts(shape, axis, self._num_shards)


def _positive(**given: Any) -> None:
    for name, value in given.items():
        if value is not None and value < 1:
            raise ValueError(f"Argument `{name}` must be positive. Received: {value}")


def _bytes(shape: Any, dtype: Any, bytes_per_string: int) -> int:
    dtype = as_dtype(dtype)
    size = bytes_per_string if dtype.name == "string" else dtype.size
    return size * (TensorShape(shape).num_elements() or 0)


@export("distribute.experimental.partitioners.MinSizePartitioner")
class MinSizePartitioner(Partitioner):
    """As many parts as are allowed, each of at least so many bytes.

    Args:
        min_shard_bytes: the least size of a part.
        max_shards: how many parts there may be.
        bytes_per_string: what a string counts for.

    Raises:
        ValueError: for numbers that are not positive.

    >>> import tidefall as tf
    >>> divide = tf.distribute.experimental.partitioners.MinSizePartitioner(4, max_shards=2)
    >>> divide(tf.TensorShape([6, 1]), tf.float32)
    [2, 1]
    """

    def __init__(
        self, min_shard_bytes: int = 256 << 10, max_shards: int = 1, bytes_per_string: int = 16
    ):
        _positive(
            min_shard_bytes=min_shard_bytes,
            max_shards=max_shards,
            bytes_per_string=bytes_per_string,
        )
        self._least = min_shard_bytes
        self._most_shards = max_shards
        self._bytes_per_string = bytes_per_string

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        size = _bytes(shape, dtype, self._bytes_per_string)
        return self._parts(shape, axis, min(self._most_shards, -(-size // self._least)))


@export("distribute.experimental.partitioners.MaxSizePartitioner")
class MaxSizePartitioner(Partitioner):
    """As few parts as there can be, each of at most so many bytes.

    Args:
        max_shard_bytes: the largest size of a part; one row may be larger.
        max_shards: how many parts there may be, whatever their size; None for any number.
        bytes_per_string: what a string counts for.

    Raises:
        ValueError: for numbers that are not positive.

    >>> import tidefall as tf
    >>> divide = tf.distribute.experimental.partitioners.MaxSizePartitioner(4)
    >>> divide(tf.TensorShape([6, 1]), tf.float32)
    [6, 1]
    """

    def __init__(
        self, max_shard_bytes: int, max_shards: int | None = None, bytes_per_string: int = 16
    ):
        _positive(
            max_shard_bytes=max_shard_bytes,
            max_shards=max_shards or None,
            bytes_per_string=bytes_per_string,
        )
        self._most = max_shard_bytes
        self._most_shards = max_shards
        self._bytes_per_string = bytes_per_string

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        rows = TensorShape(shape).as_list()[axis] or 1
        row = max(1, _bytes(shape, dtype, self._bytes_per_string) // rows)
        in_a_shard = max(1, self._most // row)
        count = -(-rows // in_a_shard)
        return self._parts(shape, axis, min(count, self._most_shards or count))
