"""What a strategy does for libraries: variables, reductions, updates, replicas.

`StrategyExtended` is the engine of the synchronous strategies. Replicas of one process run as
threads when called eagerly (`replica_threads`); in a `tf.function` they are traced once, into one
node (`replica_tracing`).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.base import nest
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.distribute import context, replica_tracing
from tidefall.distribute.communication import InputContext, ValueContext
from tidefall.distribute.context import Entry
from tidefall.distribute.cross_device_ops import (
    CrossDeviceOps,
    at_destinations,
    combine,
    concatenate,
)
from tidefall.distribute.input.distributed_dataset import (
    DatasetFromFunction,
    DistributedDataset,
    distribute,
)
from tidefall.distribute.reduce_op import ReduceOp, as_reduce_op
from tidefall.distribute.replica_context import ReplicaContext
from tidefall.distribute.replica_threads import run_in_threads
from tidefall.distribute.values import (
    DistributedValues,
    Mirrored,
    is_per_replica,
    regroup,
    select_replica,
    value_container,
)
from tidefall.distribute.variables import DistributedVariable, make_distributed
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.device_scope import device
from tidefall.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tidefall.distribute.strategy import Strategy


@export("distribute.StrategyExtended")
class StrategyExtended:
    """The part of a strategy that libraries use.

    Args:
        strategy: the strategy.
        devices: the device of each replica of this process.
        cross_device_ops: how values are brought together; None for the usual way.
    """

    def __init__(
        self,
        strategy: Strategy,
        devices: Sequence[str],
        cross_device_ops: CrossDeviceOps | None = None,
    ):
        self._strategy = strategy
        self._devices = tuple(devices)
        self._cross_device_ops = cross_device_ops or CrossDeviceOps()

    # ---- what it is ----

    def _container_strategy(self) -> Strategy:
        return self._strategy

    @property
    def worker_devices(self) -> tuple[str, ...]:
        """The devices that replicas of this process run on."""
        return self._devices

    @property
    def worker_devices_by_replica(self) -> tuple[str, ...]:
        """The device of each replica."""
        return self._devices

    @property
    def parameter_devices(self) -> tuple[str, ...]:
        """The devices that variables are kept on."""
        return self._devices

    @property
    def _num_replicas_in_sync(self) -> int:
        return len(self._devices)

    num_hosts = 1

    @property
    def num_replicas_per_host(self) -> int:
        """How many replicas each process has."""
        return len(self._devices)

    def replica_id(self, index: int) -> int:
        """Which of all replicas the one with this index in this process is."""
        return index

    def running_replica(self) -> Any:
        """The number of the replica that code runs in, as a tensor; None outside of replicas."""
        entry = context.current()
        if entry.replica is None or entry.strategy is not self._strategy:
            return None
        return entry.replica.replica_id_in_sync_group

    def local_replicas(self) -> Sequence[int]:
        """The replicas of this process that cross-replica code reaches one by one; just the first
        while a replica function is traced, where it stands for each of them."""
        return (0,) if context.current().traced else range(len(self._devices))

    @staticmethod
    def _in_multi_worker_mode() -> bool:
        return False

    def _use_merge_call(self) -> bool:
        return True

    experimental_require_static_shapes = False
    should_checkpoint = True
    should_save_summary = True
    experimental_between_graph = False
    experimental_should_init = True

    # ---- variables ----

    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        """Make a variable in the strategy's scope.

        Args:
            next_creator: makes an ordinary one.
            **kwargs: the arguments of `tf.Variable`.
        """
        where = kwargs.pop("colocate_with", None)
        if isinstance(where, str):
            with device(where):
                return next_creator(**kwargs)
        return make_distributed(self._strategy, self._devices, next_creator, kwargs)

    def variable_created_in_scope(self, v: Any) -> bool:
        """Whether a variable was made in the scope of this strategy."""
        return getattr(v, "distribute_strategy", None) is self._strategy

    @contextlib.contextmanager
    def colocate_vars_with(self, colocate_with_variable: Any) -> Iterator[None]:
        """Make variables inside the block next to another one.

        Raises:
            ValueError: for a variable that was not made in the strategy's scope.
        """
        if not self.variable_created_in_scope(colocate_with_variable):
            raise ValueError(
                "`colocate_vars_with` must only be passed a variable created in this "
                f"tf.distribute.Strategy.scope(), not: {colocate_with_variable!r}"
            )
        yield

    def value_container(self, value: Any) -> Any:
        """The distributed variable that a component belongs to; else the value."""
        return value_container(value)

    def read_var(self, v: Any) -> Any:
        """The value of a variable."""
        return v.value()

    def reduce_variable(self, op: ReduceOp, variable: DistributedVariable) -> Any:
        """The sum or mean of the components of a variable."""
        if context.current().traced:
            return replica_tracing.all_reduce(self._strategy, op, variable.component().value())
        return combine(op, [component.value() for component in variable.values])

    def non_slot_devices(self, var_list: Any) -> tuple[str, ...]:
        """Where an optimizer keeps what belongs to no variable."""
        return self._devices

    # ---- running ----

    def call_for_each_replica(
        self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run `fn` once for each replica; see `Strategy.run`."""
        if not context.is_default():
            context.require_cross_replica(self._strategy)
        with self._strategy.scope():
            return self._call_for_each_replica(fn, tuple(args), kwargs or {})

    def _call_for_each_replica(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if len(self._devices) == 1:
            with ReplicaContext(self._strategy, self.replica_id(0)), device(self._devices[0]):
                result = fn(*select_replica(0, args), **select_replica(0, kwargs))
            return regroup([result])
        if state.graph is not None:
            return replica_tracing.run_traced(self._strategy, fn, args, kwargs, self._devices)
        compiled = replica_tracing.as_function(self._strategy, fn)
        if compiled is not None:
            return compiled(args, kwargs)
        return run_in_threads(self._strategy, fn, args, kwargs, self._devices)

    def update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        """Run `fn(component, *args)` for each component of a variable, on its device.

        Args:
            var: a variable made in the strategy's scope.
            fn: the function.
            args, kwargs: more arguments; of mirrored values each component gets its own.
            group: whether one value is returned; False gives a list of one for each component.
        """
        components = var.values if isinstance(var, DistributedVariable) else [var]

        def own(i: int) -> Callable[..., Any]:
            return functools.partial(fn, components[i])

        places = [component.device for component in components]
        return self._update_each(own, places, args, kwargs, group)

    def update_non_slot(
        self,
        colocate_with: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        """Run `fn(*args)` for each of the devices that `non_slot_devices` gave."""
        return self._update_each(lambda i: fn, self._devices, args, kwargs, group)

    def _update_each(
        self,
        own_fn: Callable[[int], Callable[..., Any]],
        places: Sequence[str],
        args: Any,
        kwargs: Any,
        group: bool,
    ) -> Any:
        """Run a function on each of some devices, with the replica's own part of the arguments."""
        results: list[Any] = []
        traced = context.current().traced
        for i in self.local_replicas()[: len(places)]:
            entry = Entry(self._strategy, None, update=i, traced=traced)
            with context.entered(entry), device(places[i]), _scope(f"update_{i}" if i else None):
                own_args, own_kwargs = select_replica(i, (tuple(args), kwargs or {}))
                results.append(own_fn(i)(*own_args, **own_kwargs))
        regrouped = regroup(results, Mirrored)
        return regrouped if group else nest.map_structure(self.local_results, regrouped)

    # ---- bringing values together ----

    def reduce_to(self, reduce_op: Any, value: Any, destinations: Any, options: Any = None) -> Any:
        """Combine the values of the replicas.

        Args:
            reduce_op: "SUM", "MEAN" or a `tf.distribute.ReduceOp`.
            value: a nest of per-replica values.
            destinations: a device, or a variable or value that is where the result is wanted.
            options: `tf.distribute.experimental.CommunicationOptions`.

        Raises:
            ValueError: for the sum of a value that is one for all replicas.
        """
        op = as_reduce_op(reduce_op)
        return nest.map_structure(lambda v: self._reduce_to(op, v, destinations, options), value)

    def _reduce_to(self, op: ReduceOp, value: Any, destinations: Any, options: Any) -> Any:
        if isinstance(value, replica_tracing.TracedPerReplica):
            return value.reduce(op)
        if isinstance(value, Mirrored) and op is ReduceOp.MEAN:
            return value
        if isinstance(value, DistributedVariable):
            return at_destinations(self.reduce_variable(op, value), destinations)
        if isinstance(value, DistributedValues):
            return self._cross_device_ops.reduce(op, value, destinations, options)
        return self._reduce_single(op, value, destinations)

    def _reduce_single(self, op: ReduceOp, value: Any, destinations: Any) -> Any:
        if not isinstance(value, (Tensor, IndexedSlices)) and np.all(np.equal(value, 0)):
            return np.zeros(np.shape(value), np.asarray(value).dtype)
        if op is ReduceOp.SUM and self._num_replicas_in_sync != 1:
            raise ValueError(
                f"A non-DistributedValues value {value} cannot be reduced with the given reduce op "
                f"{op}."
            )
        return value

    def batch_reduce_to(
        self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any = None
    ) -> list[Any]:
        """Combine several values of the replicas; see `reduce_to`.

        A tensor that is one for all replicas stays as it is, also in a sum.
        """
        op = as_reduce_op(reduce_op)
        return [
            v if isinstance(v, Tensor) else self._reduce_to(op, v, where, options)
            for v, where in value_destination_pairs
        ]

    def reduce(self, op: ReduceOp, value: Any) -> Any:
        """Combine the values of the replicas into one tensor in this process."""
        reduced = self.reduce_to(op, value, "/device:CPU:0")
        return nest.map_structure(lambda v: self.local_results(v)[0], reduced)

    def gather_to(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenate the values of the replicas."""
        if isinstance(value, replica_tracing.TracedPerReplica):
            return value.gather(axis)
        if not isinstance(value, DistributedValues):
            return value if self._num_replicas_in_sync == 1 else self._gathered([value], axis)
        values = [convert_to_tensor(v) for v in value.values]
        return self._gathered(values, axis)

    def _gathered(self, values: Sequence[Any], axis: int) -> Any:
        if len(values) == 1:
            values = list(values) * len(self._devices)
        if any(v.shape.rank == 0 for v in values):
            raise ValueError(
                "Cannot gather scalars: give them a dimension, with tf.expand_dims or tf.reshape."
            )
        return concatenate(values, axis)

    def broadcast_to(self, tensor: Any, destinations: Any) -> Any:
        """Give a value to all replicas."""
        if isinstance(tensor, (float, int)) or context.current().traced:
            return tensor
        return at_destinations(tensor, destinations)

    def first_value(self, value: Any) -> Any:
        """The value of replica 0."""
        if isinstance(value, replica_tracing.TracedPerReplica):
            return value.first()
        return self.local_results(value)[0]

    def local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of this process's replicas."""
        if isinstance(value, DistributedValues):
            return value.values
        if nest.is_nested(value):
            replicas = range(len(self._devices))
            if any(is_per_replica(v) for v in nest.flatten(value)):
                return tuple(select_replica(i, value) for i in replicas)
        return (value,)

    # ---- input ----

    def input_contexts(self) -> list[InputContext]:
        """What the input functions of this process are told."""
        return [InputContext(1, 0, self._num_replicas_in_sync)]

    def distribute_dataset(self, dataset: Any, options: Any) -> Any:
        """See `Strategy.experimental_distribute_dataset`."""
        return distribute(self._strategy, dataset, options)

    def distribute_datasets_from_function(
        self, dataset_fn: Callable[[Any], Any], options: Any
    ) -> DistributedDataset:
        """See `Strategy.distribute_datasets_from_function`."""
        return DatasetFromFunction(self._strategy, dataset_fn, options)

    def distribute_values(self, value_fn: Callable[[Any], Any]) -> Any:
        """See `Strategy.experimental_distribute_values_from_function`."""
        count = self._num_replicas_in_sync
        values = [
            value_fn(ValueContext(self.replica_id(i), count)) for i in range(len(self._devices))
        ]
        return regroup(values, always_wrap=True)

    def make_dataset_iterator(self, dataset: Any) -> Any:
        """An iterator over a dataset, spread over the replicas."""
        return iter(self.distribute_dataset(dataset, None))

    def configure(self, *args: Any) -> None:
        """Refuse what only sessions of TensorFlow 1 could use."""
        raise UnimplementedError(
            None,
            None,
            "Strategy.configure is for sessions of TensorFlow 1, which have no cluster here.",
        )


def _scope(name: str | None) -> Any:
    return contextlib.nullcontext() if name is None else name_scope(name)
