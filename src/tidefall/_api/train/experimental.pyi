# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.train.experimental`."""

from collections.abc import Mapping
from collections.abc import Sequence
import tidefall as tf
from typing import Any

class MaxShardSizePolicy(tf.train.experimental.ShardingCallback):
    """Files of a limited size; larger tensors are cut along one dimension."""
    max_shard_size: int
    def __init__(self, max_shard_size: int) -> None: ...
    @property
    def description(self) -> str:
        """What it does, in a sentence."""
    def __call__(self, shardable_tensors: Sequence[tf.train.experimental.ShardableTensor]) -> Sequence[Mapping[str, Mapping[str, Any]]]: ...
class PythonState(tf.__internal__.tracking.Trackable):
    """Base of objects whose state is a string made and read by Python."""
    def serialize(self) -> str | bytes:
        """The state as a string."""
    def deserialize(self, string_value: bytes) -> None:
        """Take over a state that `serialize` returned."""
class ShardByTaskPolicy(tf.train.experimental.ShardingCallback):
    """One file for each task, that is one: this process."""
    @property
    def description(self) -> str:
        """What it does, in a sentence."""
    def __call__(self, shardable_tensors: Sequence[tf.train.experimental.ShardableTensor]) -> Sequence[Mapping[str, Mapping[str, Any]]]: ...
class ShardableTensor:
    """A tensor of a checkpoint, as a `ShardingCallback` gets it."""
    tensor: Any
    dtype: tf.DType
    device: str
    name: str
    shape: tf.TensorShape
    slice_spec: str
    checkpoint_key: str
    trackable: Any
    def __init__(self, _tensor_save_spec: Any, tensor: Any, dtype: tf.DType, device: str, name: str, shape: tf.TensorShape, slice_spec: str, checkpoint_key: str, trackable: Any) -> None: ...
class ShardingCallback:
    """Base of what divides the values of a checkpoint among data files."""
    @property
    def description(self) -> str:
        """What it does, in a sentence."""
    def __call__(self, shardable_tensors: Sequence[tf.train.experimental.ShardableTensor]) -> Sequence[Mapping[str, Mapping[str, Any]]]:
        """Divide tensors among files."""
