"""How the values of a checkpoint are divided among its data files."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.saving.checkpoint.object_graph import OBJECT_GRAPH_KEY
from tidefall.tensor.tensor import EagerTensor

_TASK = "<task DeviceSpec(job='localhost', task=0)>"

Shards = Sequence[Mapping[str, Mapping[str, Any]]]


@export("train.experimental.ShardableTensor")
@dataclasses.dataclass(frozen=True)
class ShardableTensor:
    """A tensor of a checkpoint, as a `ShardingCallback` gets it.

    Attributes:
        tensor: the value.
        dtype: its dtype.
        device: a description of the device whose values go into one file.
        name: its name in the checkpoint.
        shape: its shape.
        slice_spec: "", or what part of a larger tensor it is.
        checkpoint_key: its name in the checkpoint.
        trackable: the object that it belongs to, if known.

    >>> import tempfile
    >>> import tidefall as tf
    >>> class Listing(tf.train.experimental.ShardByTaskPolicy):
    ...     def __call__(self, tensors: list[tf.train.experimental.ShardableTensor]):
    ...         print([(t.checkpoint_key, t.shape) for t in tensors if t.dtype == tf.float32])
    ...         return super().__call__(tensors)
    >>> options = tf.train.CheckpointOptions(experimental_sharding_callback=Listing())
    >>> checkpoint = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]))
    >>> path = checkpoint.write(tempfile.mkdtemp() + "/ckpt", options)
    [('v/.ATTRIBUTES/VARIABLE_VALUE', TensorShape([2]))]
    """

    _tensor_save_spec: Any
    tensor: Any
    dtype: DType
    device: str
    name: str
    shape: TensorShape
    slice_spec: str
    checkpoint_key: str
    trackable: Any


@export("train.experimental.ShardingCallback")
class ShardingCallback(abc.ABC):
    """Base of what divides the values of a checkpoint among data files.

    A subclass has a property `description`, and is called with a list of `ShardableTensor`. It
    returns a list with a dict for each file: from the name of a tensor to a dict from slices to
    values. The slice "" is the whole tensor; `"5 2 0,3:-"` are the first three rows of five.

    >>> import tidefall as tf
    >>> class OneEach(tf.train.experimental.ShardingCallback):
    ...     @property
    ...     def description(self):
    ...         return "A file for each tensor."
    ...     def __call__(self, shardable_tensors):
    ...         return [{t.checkpoint_key: {t.slice_spec: t.tensor}} for t in shardable_tensors]
    >>> tf.train.CheckpointOptions(experimental_sharding_callback=OneEach()) is not None
    True
    """

    @property
    @abc.abstractmethod
    def description(self) -> str:
        """What it does, in a sentence."""

    @abc.abstractmethod
    def __call__(self, shardable_tensors: Sequence[ShardableTensor]) -> Shards:
        """Divide tensors among files."""


@export("train.experimental.ShardByTaskPolicy")
class ShardByTaskPolicy(ShardingCallback):
    """One file for each task, that is one: this process.

    >>> import tidefall as tf
    >>> tf.train.experimental.ShardByTaskPolicy().description
    'One file holds the values of each task.'
    """

    @property
    def description(self) -> str:
        """What it does, in a sentence."""
        return "One file holds the values of each task."

    def __call__(self, shardable_tensors: Sequence[ShardableTensor]) -> Shards:
        shards: list[dict[str, dict[str, Any]]] = [{}]
        for each in shardable_tensors:
            shards[0].setdefault(each.checkpoint_key, {})[each.slice_spec] = each.tensor
        return shards


@export("train.experimental.MaxShardSizePolicy")
class MaxShardSizePolicy(ShardingCallback):
    """Files of a limited size; larger tensors are cut along one dimension.

    A file is larger than the limit if what cannot be cut is: a scalar, a tensor of strings, or one
    row. The object graph of the checkpoint does not count.

    Args:
        max_shard_size: the limit in bytes, at least 1.

    Raises:
        ValueError: for a limit below 1.

    >>> import glob, tempfile
    >>> import tidefall as tf
    >>> policy = tf.train.experimental.MaxShardSizePolicy(64)
    >>> options = tf.train.CheckpointOptions(experimental_sharding_callback=policy)
    >>> checkpoint = tf.train.Checkpoint(v=tf.Variable(tf.zeros([8, 4])))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = checkpoint.write(folder + "/ckpt", options)
    ...     len(glob.glob(path + ".data-*"))
    2
    """

    def __init__(self, max_shard_size: int):
        if max_shard_size < 1:
            raise ValueError(f"max_shard_size must be at least 1 byte, got {max_shard_size}.")
        self.max_shard_size = max_shard_size

    @property
    def description(self) -> str:
        """What it does, in a sentence."""
        return f"Files hold at most {self.max_shard_size} bytes; larger tensors are cut."

    def __call__(self, shardable_tensors: Sequence[ShardableTensor]) -> Shards:
        shards: list[dict[str, dict[str, Any]]] = [{}]
        left = self.max_shard_size
        for each in shardable_tensors:
            for spec, value, size in self._pieces(each, left):
                if size > left and shards[-1]:
                    shards.append({})
                    left = self.max_shard_size
                shards[-1].setdefault(each.checkpoint_key, {})[spec] = value
                left = max(left - size, 0)
        return shards

    def _pieces(self, each: ShardableTensor, left: int) -> list[tuple[str, Any, int]]:
        """The parts that a tensor is cut into, the first of which fits into what is left."""
        if each.checkpoint_key == OBJECT_GRAPH_KEY:
            return [(each.slice_spec, each.tensor, 0)]
        array = np.asarray(each.tensor)
        size = _size_of(array)
        can_cut = array.dtype != object and array.size and not each.slice_spec
        if size <= left or not can_cut or max(array.shape, default=1) == 1:
            return [(each.slice_spec, each.tensor, size)]
        axis = int(np.argmax(array.shape))
        row = size // array.shape[axis]
        most = max(self.max_shard_size // row, 1)
        first = left // row or most
        found, start = [], 0
        while start < array.shape[axis]:
            count = min(first if start == 0 else most, array.shape[axis] - start)
            part = array[(slice(None),) * axis + (slice(start, start + count),)]
            found.append((_slice_spec(array.shape, axis, start, count), part, count * row))
            start += count
        return found


def _size_of(array: np.ndarray) -> int:
    if array.dtype == object:
        return sum(len(text) for text in array.reshape(-1).tolist())
    return math.prod(array.shape) * array.dtype.itemsize


def _slice_spec(shape: Sequence[int], axis: int, start: int, count: int) -> str:
    parts = [f"{start},{count}" if i == axis else f"0,{size}" for i, size in enumerate(shape)]
    return " ".join([*map(str, shape), ":".join(parts)])


def divide(callback: Any, values: Mapping[str, Any]) -> Shards:
    """The values of a checkpoint as a callback divides them.

    Args:
        callback: called with a list of `ShardableTensor`.
        values: arrays by name, in the order in which they are to be written.

    Raises:
        InvalidArgumentError: it leaves a value out, or gives one back that it did not get.
    """
    given = [
        ShardableTensor(
            None, EagerTensor(a), as_dtype(_dtype_of(a)), _TASK, name, TensorShape(a.shape), "",
            name, None,
        )
        for name, a in values.items()
    ]  # fmt: skip
    shards = [{k: dict(parts) for k, parts in shard.items()} for shard in callback(given)]
    names = {name for shard in shards for name, parts in shard.items() if parts}
    if names != set(values):
        raise InvalidArgumentError(
            None,
            None,
            "The sharding callback has to give back every tensor it gets. It left out "
            f"{sorted(set(values) - names)}, and added {sorted(names - set(values))}.",
        )
    return shards


def _dtype_of(array: np.ndarray) -> Any:
    return "string" if array.dtype == object else array.dtype
