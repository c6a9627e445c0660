# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute`."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
import enum
import tidefall as tf
from tidefall._api._types import AllReduce
from tidefall._api._types import DistributedVariable
from tidefall._api._types import OwnedIterator
from tidefall._api._types import TensorLike
from tidefall._api.distribute import cluster_resolver as cluster_resolver
from tidefall._api.distribute import coordinator as coordinator
from tidefall._api.distribute import experimental as experimental
from typing import Any
from typing import NamedTuple

class CrossDeviceOps:
    """How values of several devices are brought together."""
    def __init__(self) -> None: ...
    def reduce(self, reduce_op: Any, per_replica_value: TensorLike, destinations: Any, options: Any = None) -> Any:
        """Combine the values of the replicas."""
    def batch_reduce(self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any = None) -> list[Any]:
        """Combine several values of the replicas; see `reduce`."""
    def broadcast(self, tensor: Any, destinations: Any) -> Any:
        """Give all destinations a value."""
    def reduce_implementation(self, reduce_op: Any, per_replica_value: Any, destinations: Any, options: Any) -> Any:
        """What `reduce` does, for subclasses to replace."""
    def batch_reduce_implementation(self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any) -> list[Any]:
        """What `batch_reduce` does, for subclasses to replace."""
    def broadcast_implementation(self, tensor: Any, destinations: Any) -> Any:
        """What `broadcast` does, for subclasses to replace."""
class DistributedDataset(tf.__internal__.CompositeTensor):
    """A dataset whose elements are spread over replicas."""
    def __init__(self, dataset: tf.data.Dataset) -> None: ...
    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def cardinality(self) -> Any:
        """How many elements there are, as `tf.data.Dataset.cardinality` says it."""
    def reduce(self, initial_state: Any, reduce_func: Callable[[Any, Any], Any]) -> Any:
        """Combine all elements, one after the other; see `tf.data.Dataset.reduce`."""
class DistributedIterator(OwnedIterator):
    """An iterator whose elements are spread over replicas."""
class DistributedValues:
    """Values of several replicas, one each."""
    def __init__(self, values: Any) -> None: ...
    @property
    def values(self) -> tuple[Any, ...]:
        """The value of each replica of this worker."""
    def of_replica(self, index: int) -> Any:
        """The value that one replica sees."""
class HierarchicalCopyAllReduce(AllReduce):
    """Brings values together on all devices at once."""
class InputContext:
    """What an input function knows about its place among the pipelines."""
    def __init__(self, num_input_pipelines: int = 1, input_pipeline_id: int = 0, num_replicas_in_sync: int = 1) -> None: ...
    @property
    def num_input_pipelines(self) -> int:
        """How many pipelines there are."""
    @property
    def input_pipeline_id(self) -> int:
        """Which of them this is."""
    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas there are in all."""
    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Batch size of one replica."""
class InputOptions(NamedTuple):
    """How a dataset is spread."""
    experimental_fetch_to_device: Any = True
    experimental_replication_mode: Any = tf.distribute.InputReplicationMode.PER_WORKER
    experimental_place_dataset_on_device: Any = False
    experimental_per_replica_buffer_size: Any = 1
class InputReplicationMode(enum.Enum):
    """How often an input function is called: once for each worker, or for each replica."""
    PER_WORKER = 'PER_WORKER'
    PER_REPLICA = 'PER_REPLICA'
class MirroredStrategy(tf.distribute.Strategy):
    """Train on several devices of this machine at once."""
    def __init__(self, devices: Sequence[str] | None = None, cross_device_ops: tf.distribute.CrossDeviceOps | None = None) -> None: ...
class MultiWorkerMirroredStrategy(tf.distribute.Strategy):
    """Train in several processes, on one machine or many."""
    def __init__(self, cluster_resolver: tf.distribute.cluster_resolver.ClusterResolver | None = None, communication_options: tf.distribute.experimental.CommunicationOptions | None = None) -> None: ...
    @property
    def cluster_resolver(self) -> tf.distribute.cluster_resolver.ClusterResolver:
        """What told the strategy of its cluster."""
class NcclAllReduce(AllReduce):
    """Brings values together on all devices at once."""
class OneDeviceStrategy(tf.distribute.Strategy):
    """Put all variables and computations on one device."""
    def __init__(self, device: str) -> None: ...
class ParameterServerStrategy(tf.distribute.Strategy):
    """Keep variables on parameter servers, which workers read and change, each at its own pace."""
    def __init__(self, cluster_resolver: tf.distribute.cluster_resolver.ClusterResolver, variable_partitioner: Any = None) -> None: ...
    @property
    def cluster_resolver(self) -> tf.distribute.cluster_resolver.ClusterResolver:
        """What told the strategy of its cluster."""
class ReduceOp(enum.Enum):
    """How values of several replicas are combined."""
    @staticmethod
    def from_variable_aggregation(aggregation: Any) -> tf.distribute.ReduceOp:
        """The reduction that a `tf.VariableAggregation` asks for."""
    SUM = 'SUM'
    MEAN = 'MEAN'
class ReductionToOneDevice(tf.distribute.CrossDeviceOps):
    """Brings values together on one device."""
    reduce_to_device: Any
    accumulation_fn: Any
    def __init__(self, reduce_to_device: Any = None, accumulation_fn: Any = None) -> None: ...
    def reduce_implementation(self, reduce_op: Any, per_replica_value: Any, destinations: Any, options: Any) -> Any: ...
class ReplicaContext:
    """Where replica code stands among the replicas."""
    def __init__(self, strategy: tf.distribute.Strategy, replica_id_in_sync_group: Any) -> None: ...
    @property
    def strategy(self) -> tf.distribute.Strategy:
        """The strategy."""
    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas gradients are summed over."""
    @property
    def replica_id_in_sync_group(self) -> Any:
        """Which of them this is, from 0 on, as an int32 tensor."""
    @property
    def component(self) -> int:
        """Which variable of a distributed one is this replica's."""
    @property
    def devices(self) -> list[str]:
        """The devices of this replica, as a list of one name."""
    def __enter__(self) -> None: ...
    def __exit__(self, *exc: object) -> None: ...
    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """Run a function once for all replicas, when all of them have come to this call."""
    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Combine a value over the replicas, and give the result to each."""
    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenate a value of the replicas, and give the result to each."""
class RunOptions(NamedTuple):
    """How a function is run on the replicas."""
    experimental_enable_dynamic_batch_size: Any = True
    experimental_bucketizing_dynamic_shape: Any = False
    experimental_xla_options: Any = None
class Server:
    """This process as a task of a cluster, which keeps resources and runs functions for others."""
    def __init__(self, server_or_cluster_def: Any, job_name: str | None = None, task_index: int | None = None, protocol: str | None = None, config: Any = None, start: bool = True) -> None: ...
    def start(self) -> None:
        """Begin to answer, until the process ends, also when nobody holds the server any more."""
    def join(self) -> None:
        """Wait until the server ends: for ever, as it does so only with its process."""
    @property
    def server_def(self) -> Any:
        """The `tf.train.ServerDef` of this server."""
    @property
    def target(self) -> str:
        """What others connect to: "grpc://localhost:2222"."""
    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> tf.distribute.Server:
        """A server that is a cluster by itself, with a free port."""
class Strategy:
    """How training is spread over devices."""
    def __init__(self, extended: tf.distribute.StrategyExtended) -> None: ...
    @property
    def extended(self) -> tf.distribute.StrategyExtended:
        """The part of the strategy that libraries use."""
    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas gradients are summed over."""
    @property
    def cluster_resolver(self) -> Any:
        """What told the strategy of its cluster; None for one process."""
    def scope(self) -> Any:
        """Return a context manager that makes this the strategy in force: variables made inside have a component for each replica."""
    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """Run a function once for each replica."""
    def reduce(self, reduce_op: Any, value: Any, axis: TensorLike | None) -> Any:
        """Combine the values of the replicas, and along an axis if one is given."""
    def gather(self, value: Any, axis: int) -> Any:
        """Concatenate the values of the replicas."""
    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the values of this process's replicas, as a tuple."""
    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Spread a dataset over the replicas: each gets a part of each of its batches."""
    def distribute_datasets_from_function(self, dataset_fn: Callable[[Any], Any], options: Any = None) -> Any:
        """Spread the elements of a dataset over the replicas as they are."""
    def experimental_distribute_datasets_from_function(self, dataset_fn: Callable[[Any], Any], options: Any = None) -> Any:
        """Spread the elements of a dataset over the replicas as they are."""
    def experimental_distribute_values_from_function(self, value_fn: Callable[[Any], Any]) -> Any:
        """Make a value for each replica."""
    def make_dataset_iterator(self, dataset: Any) -> Any:
        """An iterator over a dataset that is spread over the replicas."""
    def group(self, value: Any, name: str | None = None) -> tf.Operation | None:
        """`tf.group` of the values of this process's replicas."""
    def unwrap(self, value: Any) -> tuple[Any, ...]:
        """Same as `experimental_local_results`."""
    def colocate_vars_with(self, colocate_with_variable: Any) -> Any:
        """See `StrategyExtended.colocate_vars_with`."""
    def update_config_proto(self, config_proto: Any) -> Any:
        """The message as it is: it is for sessions of TensorFlow 1."""
    def configure(self, session_config: Any = None, cluster_spec: Any = None, task_type: Any = None, task_id: Any = None) -> None:
        """Raise: it is for sessions of TensorFlow 1."""
class StrategyExtended:
    """The part of a strategy that libraries use."""
    def __init__(self, strategy: tf.distribute.Strategy, devices: Sequence[str], cross_device_ops: tf.distribute.CrossDeviceOps | None = None) -> None: ...
    @property
    def worker_devices(self) -> tuple[str, ...]:
        """The devices that replicas of this process run on."""
    @property
    def worker_devices_by_replica(self) -> tuple[str, ...]:
        """The device of each replica."""
    @property
    def parameter_devices(self) -> tuple[str, ...]:
        """The devices that variables are kept on."""
    num_hosts: int
    @property
    def num_replicas_per_host(self) -> int:
        """How many replicas each process has."""
    def replica_id(self, index: int) -> int:
        """Which of all replicas the one with this index in this process is."""
    def running_replica(self) -> tf.Tensor:
        """The number of the replica that code runs in, as a tensor; None outside of replicas."""
    def local_replicas(self) -> Sequence[int]:
        """The replicas of this process that cross-replica code reaches one by one; just the first while a replica function is traced, where it stands for each of them."""
    experimental_require_static_shapes: bool
    should_checkpoint: bool
    should_save_summary: bool
    experimental_between_graph: bool
    experimental_should_init: bool
    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        """Make a variable in the strategy's scope."""
    def variable_created_in_scope(self, v: Any) -> bool:
        """Whether a variable was made in the scope of this strategy."""
    def colocate_vars_with(self, colocate_with_variable: Any) -> AbstractContextManager[None]:
        """Make variables inside the block next to another one."""
    def value_container(self, value: Any) -> Any:
        """The distributed variable that a component belongs to; else the value."""
    def read_var(self, v: Any) -> Any:
        """The value of a variable."""
    def reduce_variable(self, op: tf.distribute.ReduceOp, variable: DistributedVariable) -> Any:
        """The sum or mean of the components of a variable."""
    def non_slot_devices(self, var_list: Any) -> tuple[str, ...]:
        """Where an optimizer keeps what belongs to no variable."""
    def call_for_each_replica(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """Run `fn` once for each replica; see `Strategy.run`."""
    def update(self, var: Any, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, group: bool = True) -> Any:
        """Run `fn(component, *args)` for each component of a variable, on its device."""
    def update_non_slot(self, colocate_with: Any, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, group: bool = True) -> Any:
        """Run `fn(*args)` for each of the devices that `non_slot_devices` gave."""
    def reduce_to(self, reduce_op: Any, value: Any, destinations: Any, options: Any = None) -> Any:
        """Combine the values of the replicas."""
    def batch_reduce_to(self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any = None) -> list[Any]:
        """Combine several values of the replicas; see `reduce_to`."""
    def reduce(self, op: tf.distribute.ReduceOp, value: Any) -> Any:
        """Combine the values of the replicas into one tensor in this process."""
    def gather_to(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenate the values of the replicas."""
    def broadcast_to(self, tensor: Any, destinations: Any) -> Any:
        """Give a value to all replicas."""
    def first_value(self, value: Any) -> Any:
        """The value of replica 0."""
    def local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of this process's replicas."""
    def input_contexts(self) -> list[tf.distribute.InputContext]:
        """What the input functions of this process are told."""
    def distribute_dataset(self, dataset: Any, options: Any) -> Any:
        """See `Strategy.experimental_distribute_dataset`."""
    def distribute_datasets_from_function(self, dataset_fn: Callable[[Any], Any], options: Any) -> tf.distribute.DistributedDataset:
        """See `Strategy.distribute_datasets_from_function`."""
    def distribute_values(self, value_fn: Callable[[Any], Any]) -> Any:
        """See `Strategy.experimental_distribute_values_from_function`."""
    def make_dataset_iterator(self, dataset: Any) -> Any:
        """An iterator over a dataset, spread over the replicas."""
    def configure(self, *args: Any) -> None:
        """Refuse what only sessions of TensorFlow 1 could use."""
class TPUStrategy(tf.distribute.Strategy):
    """Training on TPUs, which Tidefall does not have: it cannot be made."""
    def __init__(self, tpu_cluster_resolver: tf.distribute.cluster_resolver.TPUClusterResolver | None = None, experimental_device_assignment: Any = None, experimental_spmd_xla_partitioning: bool = False) -> None: ...
def experimental_set_strategy(strategy: tf.distribute.Strategy | None) -> None:
    """Make a strategy the one in force from now on, as if all that follows were in its scope."""
def get_replica_context() -> tf.distribute.ReplicaContext | None:
    """Return the replica context; None in a cross-replica context."""
def get_strategy() -> tf.distribute.Strategy:
    """Return the strategy in force."""
def has_strategy() -> bool:
    """Whether a strategy other than the default one is in force."""
def in_cross_replica_context() -> bool:
    """Whether code runs once for all replicas."""
