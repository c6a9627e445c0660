# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute.experimental.partitioners`."""

import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from typing import Any

class FixedShardsPartitioner(tf.distribute.experimental.partitioners.Partitioner):
    """A number of parts."""
    def __init__(self, num_shards: int) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike, axis: int = 0) -> list[int]: ...
class MaxSizePartitioner(tf.distribute.experimental.partitioners.Partitioner):
    """As few parts as there can be, each of at most so many bytes."""
    def __init__(self, max_shard_bytes: int, max_shards: int | None = None, bytes_per_string: int = 16) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike, axis: int = 0) -> list[int]: ...
class MinSizePartitioner(tf.distribute.experimental.partitioners.Partitioner):
    """As many parts as are allowed, each of at least so many bytes."""
    def __init__(self, min_shard_bytes: int = 262144, max_shards: int = 1, bytes_per_string: int = 16) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike, axis: int = 0) -> list[int]: ...
class Partitioner:
    """Says into how many parts a variable is divided along each dimension."""
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike, axis: int = 0) -> list[int]:
        """The number of parts along each dimension."""
