# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute`."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
import enum
import tidefall as tf
from tidefall._api.distribute import experimental as experimental
from typing import Any

class DistributedDataset:
    """A dataset whose elements are spread over replicas."""
class DistributedIterator:
    """An iterator whose elements are spread over replicas."""
class DistributedValues:
    """Values of several replicas, one each."""
    def __init__(self, values: Any) -> None: ...
    @property
    def values(self) -> tuple[Any, ...]: ...
class InputContext:
    """What an input function knows about its place among the pipelines."""
    num_input_pipelines: int
    input_pipeline_id: int
    num_replicas_in_sync: int
    def __init__(self, num_input_pipelines: int = 1, input_pipeline_id: int = 0, num_replicas_in_sync: int = 1) -> None: ...
    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Batch size of one replica."""
class MirroredStrategy(tf.distribute.Strategy):
    """`tf.distribute.MirroredStrategy`, not implemented yet."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
class MultiWorkerMirroredStrategy(tf.distribute.Strategy):
    """`tf.distribute.MultiWorkerMirroredStrategy`, not implemented yet."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
class OneDeviceStrategy(tf.distribute.Strategy):
    """`tf.distribute.OneDeviceStrategy`, not implemented yet."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
class ParameterServerStrategy(tf.distribute.Strategy):
    """`tf.distribute.ParameterServerStrategy`, not implemented yet."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
class ReduceOp(enum.Enum):
    """How values of several replicas are combined."""
    @staticmethod
    def from_variable_aggregation(aggregation: Any) -> tf.distribute.ReduceOp:
        """The reduction that a `tf.VariableAggregation` asks for."""
    SUM = 'SUM'
    MEAN = 'MEAN'
class ReplicaContext:
    """Where replica code stands among the replicas."""
    def __init__(self, strategy: tf.distribute.Strategy, replica_id_in_sync_group: int = 0) -> None: ...
    @property
    def strategy(self) -> tf.distribute.Strategy: ...
    @property
    def num_replicas_in_sync(self) -> int: ...
    @property
    def replica_id_in_sync_group(self) -> int: ...
    @property
    def devices(self) -> tuple[str, ...]: ...
    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """Run `merge_fn(strategy, *args)` once for all replicas."""
    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Combine a value over the replicas, and give the result to each."""
    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenate a value of the replicas, and give the result to each."""
    def __enter__(self) -> tf.distribute.ReplicaContext: ...
    def __exit__(self, *exc: object) -> None: ...
class Strategy:
    """How training is spread over devices. This base class is the one-replica strategy."""
    def __init__(self, extended: Any = None) -> None: ...
    @property
    def extended(self) -> Any: ...
    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas gradients are summed over."""
    @property
    def cluster_resolver(self) -> None: ...
    def scope(self) -> AbstractContextManager[tf.distribute.Strategy]:
        """Make this the strategy in force inside the block."""
    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """Run `fn` on every replica, here once."""
    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """Combine the values of the replicas, and along an axis if one is given."""
    def gather(self, value: Any, axis: int) -> Any:
        """Concatenate the values of the replicas."""
    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of this worker's replicas."""
    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Spread a dataset over the replicas; one replica reads it as it is."""
    def distribute_datasets_from_function(self, dataset_fn: Callable[[Any], Any], options: Any = None) -> Any:
        """Make a dataset for this worker."""
    def make_dataset_iterator(self, dataset: Any) -> Any:
        """An iterator over a dataset."""
    def experimental_distribute_values_from_function(self, value_fn: Callable[[Any], Any]) -> Any:
        """Make a value for every replica."""
class TPUStrategy(tf.distribute.Strategy):
    """`tf.distribute.TPUStrategy`, not implemented yet."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
def get_replica_context() -> tf.distribute.ReplicaContext | None:
    """The replica context, or None inside `merge_call`."""
def get_strategy() -> tf.distribute.Strategy:
    """The strategy in force."""
def has_strategy() -> bool:
    """Whether a strategy other than the default is in force."""
def in_cross_replica_context() -> bool:
    """Whether code runs once for all replicas."""
