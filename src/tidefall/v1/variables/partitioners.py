"""How variables are divided: functions from shape and dtype to the number of parts by dimension."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape

Partitioner = Callable[..., list[int]]


def _element_size(dtype: DType, bytes_per_string: int) -> int:
    return bytes_per_string if dtype.name == "string" else dtype.size


@export("compat.v1.fixed_size_partitioner")
def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """A partitioner that makes a number of parts.

    Args:
        num_shards: how many; fewer where there are not as many rows.
        axis: the dimension to cut.

    >>> import tidefall as tf
    >>> cut = tf.compat.v1.fixed_size_partitioner(3)
    >>> cut(shape=tf.TensorShape([5, 2]), dtype=tf.float32)
    [3, 1]
    """

    def partitioner(shape: TensorShape, **unused: Any) -> list[int]:
        parts = [1] * len(shape)
        dims: Any = shape.as_list()
        parts[axis] = min(num_shards, dims[axis])
        return parts

    return partitioner


@export("compat.v1.variable_axis_size_partitioner")
def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """A partitioner that makes parts of a limited size.

    Args:
        max_shard_bytes: the limit in bytes; a part with one row may be larger.
        axis: the dimension to cut.
        bytes_per_string_element: what a string counts for.
        max_shards: how many parts there may be, whatever their size.

    Raises:
        ValueError: for limits that are not positive.

    >>> import tidefall as tf
    >>> cut = tf.compat.v1.variable_axis_size_partitioner(16)
    >>> cut(shape=tf.TensorShape([5, 2]), dtype=tf.float32)
    [3, 1]
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, "
            f"max_shard_bytes is {max_shard_bytes} and bytes_per_string_element is "
            f"{bytes_per_string_element}."
        )
    if max_shards and max_shards < 1:
        raise ValueError(f"max_shards must be positive, got {max_shards}.")

    def partitioner(shape: TensorShape, dtype: DType) -> list[int]:
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        dims: Any = shape.as_list()
        parts = [1] * len(dims)
        row = _element_size(dtype, bytes_per_string_element) * (
            math.prod(dims[:axis]) * math.prod(dims[axis + 1 :])
        )
        rows = max(1, math.floor(max_shard_bytes / row)) if row else dims[axis]
        wanted = math.ceil(dims[axis] / rows) if rows else 1
        parts[axis] = max(1, min(max_shards, wanted) if max_shards else wanted)
        return parts

    return partitioner


@export("compat.v1.min_max_variable_partitioner")
def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """A partitioner that makes as many parts as have a size worth it.

    Args:
        max_partitions: how many parts there may be.
        axis: the dimension to cut.
        min_slice_size: how many bytes a part should have at least.
        bytes_per_string_element: what a string counts for.

    >>> import tidefall as tf
    >>> cut = tf.compat.v1.min_max_variable_partitioner(4, min_slice_size=16)
    >>> cut(shape=tf.TensorShape([5, 2]), dtype=tf.float32)
    [3, 1]
    """

    def partitioner(shape: TensorShape, dtype: DType) -> list[int]:
        dims: Any = shape.as_list()
        if axis >= len(dims):
            raise ValueError(
                f"Cannot partition variable along axis {axis} when shape is only {shape}"
            )
        size = _element_size(dtype, bytes_per_string_element) * math.prod(dims)
        parts = [1] * len(dims)
        wanted = max(1, math.ceil(size / min_slice_size))
        parts[axis] = max(1, min(dims[axis], max_partitions, wanted))
        return parts

    return partitioner
