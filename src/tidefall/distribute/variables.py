"""Variables of several replicas: `tf.Variable` as it is made in the scope of a strategy.

A distributed variable has one *component* for each replica, a variable of its own. Which of them
code sees follows from where it runs: a replica its own, an update (`StrategyExtended.update`) the
one that it changes, and everything else the first one, the *primary*.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tidefall.base.state import tapes_paused
from tidefall.composite.variables.creation import VariableAggregation, VariableSynchronization
from tidefall.composite.variables.variable import Variable
from tidefall.distribute import context
from tidefall.distribute.reduce_op import ReduceOp
from tidefall.distribute.values import DistributedValues, PerReplica, select_replica
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.device_scope import device

if TYPE_CHECKING:
    from tidefall.distribute.strategy import Strategy


class Change(NamedTuple):
    """A way to change a component of a variable.

    Attributes:
        method: the name of the method of `tf.Variable`.
        apply: does it, given the component and a value.
    """

    method: str
    apply: Callable[[Variable, Any], Any]

    def __call__(self, component: Variable, value: Any) -> Any:
        return self.apply(component, value)


_CHOOSING = ("scatter_min", "scatter_max", "scatter_update")
"""Methods whose changes have no sum."""
_SLICE = "slice assignment"


def _method_of(op: Op) -> str:
    """The method of `tf.Variable` that an op belongs to: `scatter_add` of ResourceScatterAdd."""
    name = op.name.removeprefix("Resource").removesuffix("VariableOp")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class DistributedVariable(Variable, DistributedValues):
    """A variable with a component for each replica.

    Args:
        strategy: the strategy in whose scope it is made.
        components: the variables, the primary first.
    """

    is_distributed_variable = True

    def __init__(self, strategy: Strategy, components: Sequence[Variable]):
        primary = components[0]
        self._values = tuple(components)
        self._strategy = strategy
        self._name = primary.name
        self._dtype = primary.dtype
        self._shape = primary.shape
        self._trainable = primary.trainable
        self._synchronization = primary.synchronization
        self._aggregation = primary.aggregation
        self._constraint = primary.constraint
        self._unique_id = primary._unique_id
        for component in components:
            component._distributed_container = weakref.ref(self)  # type: ignore[attr-defined]

    # ---- which component ----

    @property
    def distribute_strategy(self) -> Strategy:
        """The strategy in whose scope it was made."""
        return self._strategy

    @property
    def primary(self) -> Variable:
        """The component of replica 0."""
        return self._values[0]

    _primary = primary

    def component(self) -> Variable:
        """The component that code which runs here sees."""
        entry = context.current()
        if entry.update is not None:
            return self._values[entry.update]
        if entry.replica is not None and entry.strategy is self._strategy:
            return self._values[entry.replica.component]
        return self._values[0]

    def on_components(self, fn: Callable[[Variable], Any]) -> Any:
        """Call a function with each component that code which runs here is to change.

        Args:
            fn: gives the same for all of them, if they are alike.

        Returns:
            What it returned for the first of them.
        """
        entry = context.current()
        inside = entry.replica is not None and entry.strategy is self._strategy
        if inside or entry.update is not None:
            return fn(self.component())
        count = len(self._strategy.extended.local_replicas())
        results = [fn(component) for component in self._values[:count]]
        return results[0]

    @property
    def handle(self) -> Any:
        """The handle of the component that code which runs here sees."""
        return self.component().handle

    @property
    def _storage(self) -> Any:
        return self.component()._storage

    @property
    def device(self) -> str:
        return self.component().device

    def is_initialized(self, name: str | None = None) -> Any:
        """Whether all components have values, as a bool tensor."""
        result = self._values[0].is_initialized()
        for component in self._values[1:]:
            result = raw.LogicalAnd(result, component.is_initialized())
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> DistributedVariable:
        copied = type(self)(self._strategy, [v.__deepcopy__(memo) for v in self._values])
        memo[id(self)] = copied
        return copied

    def __repr__(self) -> str:
        return DistributedValues.__repr__(self)

    def __str__(self) -> str:
        return DistributedValues.__str__(self)

    def __tf_tracing_type__(self, context: Any = None) -> Any:
        return DistributedVariableType(self)

    # ---- writing ----

    def _change(self, change: Change, value: Any) -> DistributedVariable:
        """Change the components that code which runs here is to reach.

        Args:
            change: changes one of them.
            value: a nest of what `change` is given; of the values of several replicas each
                component gets its own.
        """
        entry = context.current()
        if entry.update is not None:
            change(self.component(), value)
        elif entry.replica is not None and entry.strategy is self._strategy:
            self._change_in_replica(entry.replica, change, value)
        else:
            self._change_everywhere(change, value)
        return self

    def _change_in_replica(self, replica: Any, change: Change, value: Any) -> None:
        raise NotImplementedError

    def _change_everywhere(self, change: Change, value: Any) -> None:
        for i in self._strategy.extended.local_replicas():
            change(self._values[i], select_replica(i, value))

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        change = Change("assign", lambda component, new: component.assign(new, name=name))
        result = self._change(change, value)
        return result if read_value else None

    def _update(self, op: Op, delta: Any, name: str | None, read_value: bool) -> Any:
        method = _method_of(op)
        change = Change(method, lambda component, d: component._update(op, d, name, True))
        result = self._change(change, delta)
        return result if read_value else None

    def _scatter(self, op: Op, sparse_delta: Any, name: str | None) -> Any:
        method = _method_of(op)
        change = Change(method, lambda component, d: component._scatter(op, d, name))
        return self._change(change, sparse_delta)

    def _scatter_nd(self, op: Op, indices: Any, updates: Any, name: str | None) -> Any:
        def scatter(component: Variable, given: Any) -> None:
            indices, updates = given
            component._scatter_nd(op, indices, updates, name)

        return self._change(Change(_method_of(op), scatter), (indices, updates))

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: Any, assign: Any, **masks: Any
    ) -> Any:
        def assign_slice(component: Variable, given: Any) -> None:
            begin, end, strides, value = given
            component._strided_slice_assign(begin, end, strides, value, name, assign, **masks)

        change = Change(_SLICE, assign_slice)
        return self._change(change, (begin, end, strides, value))

    # ---- files ----

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        for component in self._values:
            component._restore_from_tensors(restored_tensors)
        return self

    def _restore_later(self, dtype: Any, shape: Any, read: Callable[[], Any]) -> None:
        for component in self._values:
            component._restore_later(dtype, shape, read)


class MirroredVariable(DistributedVariable):
    """A variable whose components are kept the same: replicas bring their changes together."""

    def _change(self, change: Change, value: Any) -> DistributedVariable:
        sums = self._aggregation in (VariableAggregation.SUM, VariableAggregation.MEAN)
        if sums and change.method in _CHOOSING:
            raise NotImplementedError(
                f"{change.method} is only supported for mirrored variable (variable created within "
                "certain `tf.distribute.Strategy` scope) with NONE or `ONLY_FIRST_REPLICA` "
                f"aggregation, got: {self._aggregation}."
            )
        return super()._change(change, value)

    def _change_in_replica(self, replica: Any, change: Change, value: Any) -> None:
        aggregation = self._aggregation
        if aggregation is VariableAggregation.NONE or change.method == _SLICE:
            change(self.component(), value)
            return
        places = isinstance(value, tuple)
        if places and aggregation is not VariableAggregation.ONLY_FIRST_REPLICA:
            raise NotImplementedError(
                f"{change.method} of a mirrored variable in a replica is there for aggregations "
                f"NONE and ONLY_FIRST_REPLICA, got: {aggregation}. Use scatter_add or assign_add, "
                "or change the variable outside of the replicas."
            )

        def merged(strategy: Strategy, *value: Any) -> Any:
            if (
                aggregation is VariableAggregation.MEAN
                and not self._dtype.is_floating
                and any(isinstance(v, PerReplica) for v in value)
            ):
                raise ValueError(
                    "Cannot update non-float variables with tf.VariableAggregation.MEAN "
                    "aggregation in replica context. Either change the variable dtype to float or "
                    "update it in cross-replica context."
                )
            whole = tuple(aggregate(strategy, v, aggregation, self) for v in value)
            given = whole if places else whole[0]
            return strategy.extended.update(self, change, args=(given,))

        replica.merge_call(merged, args=value if places else (value,))


class SyncOnReadVariable(DistributedVariable):
    """A variable whose components go their own ways, and are brought together when it is read
    from outside of the replicas: counts and sums of metrics, say."""

    def _change(self, change: Change, value: Any) -> DistributedVariable:
        if change.method.startswith("scatter"):
            raise NotImplementedError(
                f"Variables with `synchronization=ON_READ` doesn't support `{change.method}`"
            )
        return super()._change(change, value)

    def _change_in_replica(self, replica: Any, change: Change, value: Any) -> None:
        change(self.component(), value)

    def _change_everywhere(self, change: Change, value: Any) -> None:
        if self._aggregation is VariableAggregation.SUM:
            if change.method != "assign":
                raise ValueError(
                    f"SyncOnReadVariable does not support `{change.method}` in cross-replica "
                    "context when aggregation is set to `tf.VariableAggregation.SUM`."
                )
            value = self._share(value)
        super()._change_everywhere(change, value)

    def _share(self, value: Any) -> Any:
        """What each component holds so that their sum is a value."""
        whole = convert_to_tensor(value, self._dtype)
        part = whole / convert_to_tensor(self._strategy.num_replicas_in_sync, whole.dtype)
        return raw.Cast(part, DstT=self._dtype)

    def value(self) -> Any:
        """The component's value in a replica, elsewhere that of all components together."""
        entry = context.current()
        if entry.update is not None or (
            entry.replica is not None and entry.strategy is self._strategy
        ):
            return super().value()
        if self._aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
            return self._values[0].value()
        op = ReduceOp.from_variable_aggregation(self._aggregation)
        return self._strategy.extended.reduce_variable(op, self)

    def numpy(self) -> Any:
        return self.value().numpy()

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        ((key, value),) = restored_tensors.items()
        tensor = convert_to_tensor(value)
        if self._aggregation is VariableAggregation.SUM:
            tensor = self._share(tensor)
        return super()._restore_from_tensors({key: tensor})

    def _restore_later(self, dtype: Any, shape: Any, read: Callable[[], Any]) -> None:
        self._values[0]._restore_later(dtype, shape, read)
        whole = self._values[0].value()
        super()._restore_from_tensors({"VARIABLE_VALUE": whole})
        if self._aggregation is VariableAggregation.SUM:
            DistributedVariable._restore_from_tensors(self, {"VARIABLE_VALUE": self._share(whole)})


class DistributedVariableType:
    """What a distributed variable is to the cache of traces: itself."""

    def __init__(self, variable: DistributedVariable):
        self._variable = weakref.ref(variable)
        self._hash = id(variable)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        mine = self._variable()
        return (
            isinstance(other, DistributedVariableType)
            and mine is not None
            and mine is other._variable()
        )

    def placeholder_value(self, placeholder_context: Any) -> Any:
        """The variable: a trace is for this one only."""
        return self._variable()


def aggregate(strategy: Strategy, value: Any, aggregation: Any, destinations: Any) -> Any:
    """Bring together what the replicas give for a variable, in a cross-replica context."""
    if aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
        return strategy.extended.broadcast_to(
            strategy.extended.first_value(value), destinations=destinations
        )
    op = ReduceOp.from_variable_aggregation(aggregation)
    return strategy.extended.reduce_to(op, value, destinations)


def make_distributed(
    strategy: Strategy, devices: Sequence[str], create: Callable[..., Any], options: dict[str, Any]
) -> DistributedVariable:
    """Make a variable with a component on each device, all with the same value.

    Args:
        strategy: the strategy in whose scope it is made.
        devices: names of devices.
        create: makes a component, of the keyword arguments of `tf.Variable`.
        options: these arguments.

    Raises:
        ValueError: for a synchronization that no strategy has, or the mean of values that are no
            floating-point numbers.
    """
    synchronization = VariableSynchronization(
        options.get("synchronization") or VariableSynchronization.AUTO
    )
    if synchronization is VariableSynchronization.NONE:
        raise ValueError(
            "`NONE` variable synchronization mode is not supported with tf.distribute strategy. "
            f"Please change the `synchronization` for variable: {options.get('name')}"
        )
    if synchronization is VariableSynchronization.AUTO:
        synchronization = VariableSynchronization.ON_WRITE
    options = {**options, "synchronization": synchronization, "caching_device": None}
    if synchronization is VariableSynchronization.ON_READ and options.get("trainable") is None:
        options["trainable"] = False
    components: list[Any] = []
    with tapes_paused():
        for i, name in enumerate(devices):
            if i:
                first = components[0]
                options["name"] = f"{first._shared_name}/replica_{i}"
                options["initial_value"] = first.value
            with device(name):
                components.append(create(**options))
    primary = components[0]
    if primary.aggregation is VariableAggregation.MEAN and not primary.dtype.is_floating:
        raise ValueError(
            "creating distributed tf.Variable with aggregation=MEAN and a non-floating dtype "
            "is not supported, please use a different aggregation or dtype"
        )
    kind = {
        VariableSynchronization.ON_WRITE: MirroredVariable,
        VariableSynchronization.ON_READ: SyncOnReadVariable,
    }[synchronization]
    return kind(strategy, components)
