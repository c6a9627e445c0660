"""`tf.distribute.experimental.CentralStorageStrategy`: variables in one place, replicas in several.

Replicas run as threads, also while a graph is traced: each of them reads the same variables, and
what they assign is brought together before it is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.variables.creation import VariableAggregation
from tidefall.composite.variables.variable import Variable
from tidefall.distribute import replica_tracing
from tidefall.distribute.context import Entry, entered
from tidefall.distribute.device_names import full_name, local_devices
from tidefall.distribute.extended import StrategyExtended
from tidefall.distribute.reduce_op import ReduceOp
from tidefall.distribute.replica_threads import run_in_threads
from tidefall.distribute.strategy import Strategy
from tidefall.distribute.values import select_replica
from tidefall.distribute.variables import Change, DistributedVariable, MirroredVariable
from tidefall.function.polymorphic import Function
from tidefall.tensor.device_scope import device


class AggregatingVariable(MirroredVariable):
    """A variable that all replicas share: what they assign is brought together first.

    Args:
        strategy: the strategy in whose scope it is made.
        variable: the one variable.
    """

    def __init__(self, strategy: Strategy, variable: Variable):
        super().__init__(strategy, [variable])

    def component(self) -> Variable:
        """The one variable."""
        return self.primary

    def __deepcopy__(self, memo: dict[int, Any]) -> AggregatingVariable:
        copied = type(self)(self.distribute_strategy, self.primary.__deepcopy__(memo))
        memo[id(self)] = copied
        return copied

    def __repr__(self) -> str:
        return repr(self.primary)

    def __str__(self) -> str:
        return str(self.primary)

    def _change_in_replica(self, replica: Any, change: Change, value: Any) -> None:
        if self.aggregation is VariableAggregation.NONE:
            raise ValueError(
                "You must specify an aggregation method to update a AggregatingVariable in Replica "
                "Context. You can do so by passing an explicit value for argument `aggregation` to "
                "tf.Variable(..), e.g. `tf.Variable(..., aggregation=tf.VariableAggregation.SUM)`."
            )
        super()._change_in_replica(replica, change, value)

    def _change_everywhere(self, change: Change, value: Any) -> None:
        change(self.primary, select_replica(0, value))


class CentralStorageExtended(StrategyExtended):
    """Replicas on several devices, whose variables are on one.

    Args:
        strategy: the strategy.
        devices: the device of each replica.
        parameter_device: that of the variables.
    """

    def __init__(self, strategy: Strategy, devices: Sequence[str], parameter_device: str):
        super().__init__(strategy, devices)
        self._parameter_device = parameter_device

    @property
    def parameter_devices(self) -> tuple[str, ...]:
        return (self._parameter_device,)

    def non_slot_devices(self, var_list: Any) -> tuple[str, ...]:
        return self.parameter_devices

    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        where = kwargs.pop("colocate_with", None)
        with device(where if isinstance(where, str) else self._parameter_device):
            variable = next_creator(**kwargs)
        if len(self.worker_devices) > 1:
            return AggregatingVariable(self._strategy, variable)
        variable.distribute_strategy = self._strategy
        return variable

    def reduce_variable(self, op: ReduceOp, variable: DistributedVariable) -> Any:
        return self._reduce_single(op, variable.value(), None)

    def _call_for_each_replica(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if len(self.worker_devices) == 1:
            return super()._call_for_each_replica(fn, args, kwargs)
        if state.graph is None:
            compiled = replica_tracing.as_function(self._strategy, fn)
            if compiled is not None:
                return compiled(args, kwargs)
        if isinstance(fn, Function):
            fn = fn.converted_function  # in this graph, where replicas can meet
        return run_in_threads(self._strategy, fn, args, kwargs, self.worker_devices)

    def update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        variable = var.primary if isinstance(var, AggregatingVariable) else var
        own_args, own_kwargs = select_replica(0, (tuple(args), kwargs or {}))
        with device(variable.device), entered(Entry(self._strategy, None, update=0)):
            result = fn(variable, *own_args, **own_kwargs)
        return result if group else nest.map_structure(self.local_results, result)

    def update_non_slot(
        self,
        colocate_with: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        own_args, own_kwargs = select_replica(0, (tuple(args), kwargs or {}))
        with device(self._parameter_device), entered(Entry(self._strategy, None, update=0)):
            result = fn(*own_args, **own_kwargs)
        return result if group else nest.map_structure(self.local_results, result)


@export(
    "distribute.experimental.CentralStorageStrategy",
    "compat.v1.distribute.experimental.CentralStorageStrategy",
)
class CentralStorageStrategy(Strategy):
    """Keep all variables on one device of this machine, and compute on several.

    What replicas assign to a variable is aggregated first, as its `aggregation` says.

    Args:
        compute_devices: names of the replicas' devices; by default all GPUs, or the CPU if there
            is none.
        parameter_device: that of the variables; by default that of the replica if there is only
            one, else the CPU.

    Raises:
        ValueError: for no devices.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.experimental.CentralStorageStrategy(["cpu:0"])
    >>> with strategy.scope():
    ...     weight = tf.Variable(2.0)
    >>> strategy.run(lambda x: weight * x, args=(tf.constant(3.0),)).numpy()
    np.float32(6.0)
    """

    def __init__(
        self, compute_devices: Sequence[str] | None = None, parameter_device: str | None = None
    ):
        names = (
            local_devices() if compute_devices is None else [full_name(d) for d in compute_devices]
        )
        if not names:
            raise ValueError("Got an empty `compute_devices` list: name at least one device.")
        if parameter_device is None:
            parameter_device = names[0] if len(names) == 1 else "/device:CPU:0"
        super().__init__(CentralStorageExtended(self, names, parameter_device))
