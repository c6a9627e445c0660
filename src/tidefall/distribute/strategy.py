"""`tf.distribute`: the strategy in force, its replica context, and reductions.

The default strategy has one replica, on this machine. It is what code written for any strategy,
Keras's trainer among it, runs under when no other was chosen.
"""

from __future__ import annotations

import contextlib
import enum
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tidefall.base import nest
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor


@export("distribute.ReduceOp")
class ReduceOp(enum.Enum):
    """How values of several replicas are combined."""

    SUM = "SUM"
    MEAN = "MEAN"

    @staticmethod
    def from_variable_aggregation(aggregation: Any) -> ReduceOp:
        """The reduction that a `tf.VariableAggregation` asks for."""
        name = getattr(aggregation, "name", "")
        if name not in ("SUM", "MEAN"):
            raise ValueError(
                f"Could not convert from `tf.VariableAggregation` {aggregation} to "
                "`tf.distribute.ReduceOp` type"
            )
        return ReduceOp[name]


@export("distribute.DistributedValues", "types.experimental.distributed.PerReplica")
class DistributedValues:
    """Values of several replicas, one each.

    >>> import tidefall as tf
    >>> tf.types.experimental.distributed.PerReplica([1, 2]).values
    (1, 2)
    """

    def __init__(self, values: Any):
        self._values = tuple(values)

    @property
    def values(self) -> tuple[Any, ...]:
        return self._values


@export("types.experimental.distributed.Mirrored")
class Mirrored(DistributedValues):
    """Values of several replicas that are kept the same.

    >>> import tidefall as tf
    >>> tf.types.experimental.distributed.Mirrored([1, 1]).values
    (1, 1)
    """


@export("distribute.DistributedIterator")
class DistributedIterator:
    """An iterator whose elements are spread over replicas."""


@export("distribute.DistributedDataset")
class DistributedDataset:
    """A dataset whose elements are spread over replicas."""


class _Scopes(threading.local):
    stack: tuple[Any, ...] = ()


_scopes = _Scopes()


@export("distribute.InputContext")
class InputContext:
    """What an input function knows about its place among the pipelines."""

    def __init__(
        self,
        num_input_pipelines: int = 1,
        input_pipeline_id: int = 0,
        num_replicas_in_sync: int = 1,
    ):
        self.num_input_pipelines = num_input_pipelines
        self.input_pipeline_id = input_pipeline_id
        self.num_replicas_in_sync = num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Batch size of one replica.

        Raises:
            ValueError: if the global batch does not divide evenly.
        """
        if global_batch_size % self.num_replicas_in_sync:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size} is not divisible by "
                f"`num_replicas_in_sync` {self.num_replicas_in_sync}"
            )
        return global_batch_size // self.num_replicas_in_sync


class StrategyExtended:
    """The part of a strategy that libraries use."""

    def __init__(self, strategy: Strategy):
        self._strategy = strategy

    @property
    def worker_devices(self) -> tuple[str, ...]:
        return ("/job:localhost/replica:0/task:0/device:CPU:0",)

    parameter_devices = worker_devices

    @property
    def _num_replicas_in_sync(self) -> int:
        return 1

    @staticmethod
    def _in_multi_worker_mode() -> bool:
        return False

    @staticmethod
    @contextlib.contextmanager
    def colocate_vars_with(colocate_with_variable: Any) -> Iterator[None]:
        """Create variables next to another one inside the block."""
        yield

    @staticmethod
    def variable_created_in_scope(v: Any) -> bool:
        """Whether a variable belongs to this strategy."""
        return True

    @staticmethod
    def update(
        var: Any, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, group: bool = True
    ) -> Any:
        """Run `fn(var, *args)` where the variable lives."""
        return fn(var, *args, **(kwargs or {}))

    @staticmethod
    def reduce_to(reduce_op: Any, value: Any, destinations: Any, options: Any = None) -> Any:
        """Combine the values of the replicas."""
        return value

    @staticmethod
    def batch_reduce_to(reduce_op: Any, value_destination_pairs: Any, options: Any = None) -> Any:
        """Combine several values of the replicas."""
        return [value for value, _ in value_destination_pairs]

    @staticmethod
    def broadcast_to(tensor: Any, destinations: Any) -> Any:
        """Copy a value to the replicas."""
        return tensor

    def _use_merge_call(self) -> bool:
        return True


@export("distribute.Strategy")
class Strategy:
    """How training is spread over devices. This base class is the one-replica strategy."""

    def __init__(self, extended: Any = None):
        self._extended = extended or StrategyExtended(self)

    @property
    def extended(self) -> Any:
        return self._extended

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas gradients are summed over."""
        return 1

    @property
    def cluster_resolver(self) -> None:
        return None

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Make this the strategy in force inside the block."""
        saved = _scopes.stack
        _scopes.stack = (*saved, self)
        try:
            yield self
        finally:
            _scopes.stack = saved

    def run(
        self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None
    ) -> Any:
        """Run `fn` on every replica, here once."""
        return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """Combine the values of the replicas, and along an axis if one is given.

        Args:
            reduce_op: "SUM", "MEAN" or a `tf.distribute.ReduceOp`.
            value: a tensor, or nest of them.
            axis: axis of each replica's value to reduce as well; None for none.
        """
        if axis is None:
            return value
        kind = ReduceOp(reduce_op.upper() if isinstance(reduce_op, str) else reduce_op)
        reduction = raw.Sum if kind is ReduceOp.SUM else raw.Mean
        return nest.map_structure(
            lambda v: reduction(convert_to_tensor(v), axis, keep_dims=False), value
        )

    def gather(self, value: Any, axis: int) -> Any:
        """Concatenate the values of the replicas."""
        return value

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of this worker's replicas."""
        return value.values if isinstance(value, DistributedValues) else (value,)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Spread a dataset over the replicas; one replica reads it as it is."""
        return dataset

    def distribute_datasets_from_function(
        self, dataset_fn: Callable[[Any], Any], options: Any = None
    ) -> Any:
        """Make a dataset for this worker."""
        return dataset_fn(InputContext())

    def make_dataset_iterator(self, dataset: Any) -> Any:
        """An iterator over a dataset."""
        return iter(dataset)

    def experimental_distribute_values_from_function(self, value_fn: Callable[[Any], Any]) -> Any:
        """Make a value for every replica."""
        return value_fn(get_replica_context())

    def __deepcopy__(self, memo: Any) -> Strategy:
        return self


@export("distribute.ReplicaContext")
class ReplicaContext:
    """Where replica code stands among the replicas."""

    def __init__(self, strategy: Strategy, replica_id_in_sync_group: int = 0):
        self._strategy = strategy
        self._replica_id = replica_id_in_sync_group

    @property
    def strategy(self) -> Strategy:
        return self._strategy

    @property
    def num_replicas_in_sync(self) -> int:
        return self._strategy.num_replicas_in_sync

    @property
    def replica_id_in_sync_group(self) -> int:
        return self._replica_id

    @property
    def devices(self) -> tuple[str, ...]:
        return self._strategy.extended.worker_devices

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """Run `merge_fn(strategy, *args)` once for all replicas."""
        saved = _scopes.stack
        _scopes.stack = (*saved, _CROSS_REPLICA)
        try:
            return merge_fn(self._strategy, *args, **(kwargs or {}))
        finally:
            _scopes.stack = saved

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Combine a value over the replicas, and give the result to each."""
        return value

    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenate a value of the replicas, and give the result to each."""
        return value

    def __enter__(self) -> ReplicaContext:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


_CROSS_REPLICA = object()
_default = Strategy()
_replica = ReplicaContext(_default)


@export("distribute.get_strategy")
def get_strategy() -> Strategy:
    """The strategy in force.

    >>> import tidefall as tf
    >>> tf.distribute.get_strategy().num_replicas_in_sync
    1
    """
    for entry in reversed(_scopes.stack):
        if isinstance(entry, Strategy):
            return entry
    return _default


@export("distribute.has_strategy")
def has_strategy() -> bool:
    """Whether a strategy other than the default is in force."""
    return get_strategy() is not _default


@export("distribute.get_replica_context")
def get_replica_context() -> ReplicaContext | None:
    """The replica context, or None inside `merge_call`."""
    if _scopes.stack and _scopes.stack[-1] is _CROSS_REPLICA:
        return None
    strategy = get_strategy()
    return _replica if strategy is _default else ReplicaContext(strategy)


@export("distribute.in_cross_replica_context")
def in_cross_replica_context() -> bool:
    """Whether code runs once for all replicas."""
    return get_replica_context() is None


@export("__internal__.distribute.interim.maybe_merge_call")
def maybe_merge_call(fn: Callable[..., Any], strategy: Strategy, *args: Any, **kwargs: Any) -> Any:
    """Run `fn(strategy, ...)` once for all replicas, merging only if the strategy needs it."""
    return fn(strategy, *args, **kwargs)


@export("__internal__.distribute.strategy_supports_no_merge_call")
def strategy_supports_no_merge_call() -> bool:
    """Whether the strategy in force updates variables without merging."""
    return True


def _not_yet(name: str) -> type[Strategy]:
    """A strategy class that exists for `isinstance`, and says so when it is made."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        raise UnimplementedError(
            None, None, f"tf.distribute.{name} is not implemented in Tidefall yet."
        )

    return type(
        name,
        (Strategy,),
        {"__init__": __init__, "__doc__": f"`tf.distribute.{name}`, not implemented yet."},
    )


OneDeviceStrategy = export("distribute.OneDeviceStrategy")(_not_yet("OneDeviceStrategy"))
MirroredStrategy = export("distribute.MirroredStrategy")(_not_yet("MirroredStrategy"))
MultiWorkerMirroredStrategy = export("distribute.MultiWorkerMirroredStrategy")(
    _not_yet("MultiWorkerMirroredStrategy")
)
ParameterServerStrategy = export(
    "distribute.experimental.ParameterServerStrategy", "distribute.ParameterServerStrategy"
)(_not_yet("ParameterServerStrategy"))
TPUStrategy = export("distribute.TPUStrategy")(_not_yet("TPUStrategy"))
