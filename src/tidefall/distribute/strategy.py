"""`tf.distribute.Strategy`: how training is spread over devices.

A program made for one device keeps its lines: it makes its model in `strategy.scope()` and runs its
step with `strategy.run`. The default strategy has one replica, on this machine; it is what code
written for any strategy, Keras's trainer among it, runs under when no other was chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.variables.creation import variable_creator_scope
from tidefall.distribute import context
from tidefall.distribute.communication import InputContext
from tidefall.distribute.context import Entry
from tidefall.distribute.extended import StrategyExtended
from tidefall.distribute.reduce_op import ReduceOp, as_reduce_op
from tidefall.distribute.replica_context import ReplicaContext
from tidefall.function.polymorphic import Function, function
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor


@export("distribute.Strategy")
class Strategy:
    """How training is spread over devices.

    Args:
        extended: the part that libraries use.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    >>> with strategy.scope():
    ...     weight = tf.Variable(2.0)
    >>> strategy.run(lambda x: weight * x, args=(tf.constant(3.0),)).numpy()
    np.float32(6.0)
    """

    _should_use_with_coordinator = False
    """Whether a coordinator schedules its functions; Keras asks."""

    def __init__(self, extended: StrategyExtended):
        self._extended = extended
        self._entry = Entry(self)
        self._reductions: dict[Any, Function] = {}

    @property
    def extended(self) -> StrategyExtended:
        """The part of the strategy that libraries use."""
        return self._extended

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas gradients are summed over."""
        return self._extended._num_replicas_in_sync

    @property
    def cluster_resolver(self) -> Any:
        """What told the strategy of its cluster; None for one process."""
        return None

    def scope(self) -> Any:
        """Return a context manager that makes this the strategy in force: variables made inside
        have a component for each replica."""
        return _Scope(self)

    def run(
        self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None
    ) -> Any:
        """Run a function once for each replica.

        Args:
            fn: the function.
            args, kwargs: its arguments; of `PerReplica` values each replica gets its own.
            options: `tf.distribute.RunOptions`.

        Returns:
            What `fn` returned: with several replicas, nests of `PerReplica` values.

        Raises:
            ValueError: if `args` is neither a list nor a tuple.
        """
        if not isinstance(args, (list, tuple)):
            raise ValueError(f"positional args must be a list or tuple, got {type(args)}")
        return self._extended.call_for_each_replica(fn, tuple(args), kwargs or {})

    def reduce(self, reduce_op: Any, value: Any, axis: Any) -> Any:
        """Combine the values of the replicas, and along an axis if one is given.

        Args:
            reduce_op: "SUM", "MEAN" or a `tf.distribute.ReduceOp`.
            value: a nest of per-replica values.
            axis: axis of each replica's value to reduce as well; None for none. A mean counts each
                element once, also where replicas have different numbers of them.

        Returns:
            The nest with one tensor in place of the values.

        Raises:
            ValueError: for an axis that a value does not have.
            TypeError: for an axis that is no integer.
        """
        op = as_reduce_op(reduce_op)
        with self.scope():
            if self._extended._in_multi_worker_mode() and self._are_scalars(value):
                axis = None  # Keras's trainer asks for axis 0 of them, with several workers
            if axis is None:
                return self._extended.reduce(op, value)
            if op is ReduceOp.SUM:
                partial = self.run(self._reduction(axis, _sum_along), args=(value,))
                return self._extended.reduce(op, partial)
            total, count = self.run(self._reduction(axis, _sum_and_count), args=(value,))
            total = self._extended.reduce(ReduceOp.SUM, total)
            count = self._extended.reduce(ReduceOp.SUM, count)
            return raw.RealDiv(total, raw.Cast(count, DstT=total.dtype))

    def _are_scalars(self, value: Any) -> bool:
        local = [self._extended.local_results(item)[0] for item in nest.flatten(value)]
        return all(getattr(item, "shape", None) == () for item in local)

    def _reduction(self, axis: Any, reduction: Callable[..., Any]) -> Callable[..., Any]:
        def along(value: Any) -> Any:
            return reduction(value, axis)

        if state.graph is not None:
            return along
        key = (axis if isinstance(axis, int) else tuple(axis), reduction)
        found = self._reductions.get(key)
        if found is None:
            found = self._reductions[key] = function(along)
        return found

    def gather(self, value: Any, axis: int) -> Any:
        """Concatenate the values of the replicas.

        Args:
            value: a nest of per-replica values, which may differ along `axis`.
            axis: dimension to concatenate along.

        Raises:
            NotImplementedError: for IndexedSlices.
        """

        def gathered(item: Any) -> Any:
            first = self._extended.local_results(item)[0]
            if isinstance(first, IndexedSlices):
                raise NotImplementedError("gather does not support IndexedSlices")
            return self._extended.gather_to(item, axis)

        with self.scope():
            return nest.map_structure(gathered, value)

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the values of this process's replicas, as a tuple."""
        return self._extended.local_results(value)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Spread a dataset over the replicas: each gets a part of each of its batches.

        Args:
            dataset: a `tf.data.Dataset` of global batches.
            options: `tf.distribute.InputOptions`.

        Returns:
            A `tf.distribute.DistributedDataset`.
        """
        return self._extended.distribute_dataset(dataset, options)

    def distribute_datasets_from_function(
        self, dataset_fn: Callable[[Any], Any], options: Any = None
    ) -> Any:
        """Spread the elements of a dataset over the replicas as they are.

        Args:
            dataset_fn: makes the dataset of a worker, of a `tf.distribute.InputContext`; its
                batches are those of one replica.
            options: `tf.distribute.InputOptions`.

        Returns:
            A `tf.distribute.DistributedDataset`.
        """
        return self._extended.distribute_datasets_from_function(dataset_fn, options)

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_values_from_function(self, value_fn: Callable[[Any], Any]) -> Any:
        """Make a value for each replica.

        Args:
            value_fn: makes it, of a `tf.distribute.experimental.ValueContext`.

        Returns:
            A nest of `PerReplica` values.
        """
        return self._extended.distribute_values(value_fn)

    def make_dataset_iterator(self, dataset: Any) -> Any:
        """An iterator over a dataset that is spread over the replicas."""
        return self._extended.make_dataset_iterator(dataset)

    def group(self, value: Any, name: str | None = None) -> Any:
        """`tf.group` of the values of this process's replicas."""
        from tidefall.ops.array.identity import group

        return group(*nest.flatten(self.experimental_local_results(value)), name=name)

    def unwrap(self, value: Any) -> tuple[Any, ...]:
        """Same as `experimental_local_results`."""
        return self.experimental_local_results(value)

    def colocate_vars_with(self, colocate_with_variable: Any) -> Any:
        """See `StrategyExtended.colocate_vars_with`."""
        return self._extended.colocate_vars_with(colocate_with_variable)

    def update_config_proto(self, config_proto: Any) -> Any:
        """The message as it is: it is for sessions of TensorFlow 1."""
        return config_proto

    def configure(
        self,
        session_config: Any = None,
        cluster_spec: Any = None,
        task_type: Any = None,
        task_id: Any = None,
    ) -> None:
        """Raise: it is for sessions of TensorFlow 1."""
        self._extended.configure(session_config, cluster_spec, task_type, task_id)

    def __deepcopy__(self, memo: Any) -> Strategy:
        return self


class _Scope:
    """What `Strategy.scope` returns. Entered again inside itself it changes nothing.

    Raises:
        RuntimeError: inside the scope of another strategy, and in a replica.
    """

    def __init__(self, strategy: Strategy):
        self._strategy = strategy
        self._undo: list[Any] = []

    def __enter__(self) -> Strategy:
        strategy = self._strategy
        entry = context.current()
        if not context.is_default() and entry.strategy is not strategy:
            raise RuntimeError(
                "Mixing different tf.distribute.Strategy objects: "
                f"{entry.strategy} is not {strategy}"
            )
        context.require_cross_replica(entry.strategy)
        if context.is_default():
            creator = variable_creator_scope(strategy.extended.create_variable)
            creator.__enter__()
            context.push(strategy._entry)
            self._undo.append(creator)
        else:
            self._undo.append(None)
        return strategy

    def __exit__(self, *exc: object) -> None:
        creator = self._undo.pop()
        if creator is not None:
            context.pop(self._strategy._entry)
            creator.__exit__(*exc)


def _sum_along(value: Any, axis: Any) -> Any:
    return nest.map_structure(lambda v: raw.Sum(convert_to_tensor(v), axis, keep_dims=False), value)


def _sum_and_count(value: Any, axis: Any) -> tuple[Any, Any]:
    tensor = convert_to_tensor(value)
    if isinstance(axis, int):
        count = _size(tensor, axis)
    elif isinstance(axis, (tuple, list)):
        count = _size(tensor, axis[0])
        for other in axis[1:]:
            count = raw.Mul(count, _size(tensor, other))
    else:
        raise TypeError(f"Expected `axis` to be an integer, tuple or list not: {axis!r}")
    return raw.Sum(tensor, axis, keep_dims=False), count


def _size(tensor: Any, axis: int) -> Any:
    rank = tensor.shape.rank
    if rank is not None and not -rank <= axis < rank:
        raise ValueError(f"`axis` = {axis!r} out of range for `value` with rank {rank}")
    shape = raw.Shape(tensor, out_type="int64")
    return raw.StridedSlice(shape, [axis], [axis + 1 or 2**31 - 1], [1], shrink_axis_mask=1)


# ---- the default strategy ----


class DefaultExtended(StrategyExtended):
    """What the default strategy does: nothing is spread."""

    def __init__(self, strategy: Strategy):
        super().__init__(strategy, ("/job:localhost/replica:0/task:0/device:CPU:0",))

    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        return next_creator(**kwargs)

    def variable_created_in_scope(self, v: Any) -> bool:
        return getattr(v, "distribute_strategy", None) is None

    def _call_for_each_replica(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        with ReplicaContext(self._strategy, 0):
            return fn(*args, **kwargs)

    def update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        result = fn(var, *args, **(kwargs or {}))
        return result if group else nest.map_structure(self.local_results, result)

    def distribute_dataset(self, dataset: Any, options: Any) -> Any:
        return dataset

    def distribute_datasets_from_function(
        self, dataset_fn: Callable[[Any], Any], options: Any
    ) -> Any:
        return dataset_fn(InputContext())


class DefaultStrategy(Strategy):
    """The strategy where no other was chosen: one replica, on this machine."""

    def __init__(self) -> None:
        super().__init__(DefaultExtended(self))

    def scope(self) -> Any:
        """Return a context manager that changes nothing.

        It cannot be entered inside of another strategy's scope.
        """
        return _DefaultScope(self)


class _DefaultScope:
    def __init__(self, strategy: Strategy):
        self._strategy = strategy

    def __enter__(self) -> Strategy:
        if has_strategy():
            raise RuntimeError("Must not nest tf.distribute.Strategy scopes.")
        return self._strategy

    def __exit__(self, *exc: object) -> None:
        return None


_default = DefaultStrategy()
context.set_default(_default, ReplicaContext(_default, 0))


# ---- what is in force ----


@export("distribute.get_strategy")
def get_strategy() -> Strategy:
    """Return the strategy in force.

    >>> import tidefall as tf
    >>> tf.distribute.get_strategy().num_replicas_in_sync
    1
    """
    return context.current().strategy


@export("distribute.has_strategy")
def has_strategy() -> bool:
    """Whether a strategy other than the default one is in force.

    >>> import tidefall as tf
    >>> tf.distribute.has_strategy()
    False
    """
    return context.current().strategy is not _default


@export("distribute.get_replica_context")
def get_replica_context() -> ReplicaContext | None:
    """Return the replica context; None in a cross-replica context.

    >>> import tidefall as tf
    >>> tf.distribute.get_replica_context().replica_id_in_sync_group
    <tf.Tensor: shape=(), dtype=int32, numpy=0>
    >>> with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
    ...     print(tf.distribute.get_replica_context())
    None
    """
    return context.current().replica


@export("distribute.in_cross_replica_context")
def in_cross_replica_context() -> bool:
    """Whether code runs once for all replicas.

    >>> import tidefall as tf
    >>> tf.distribute.in_cross_replica_context()
    False
    """
    return context.current().replica is None


@export("distribute.experimental_set_strategy")
def experimental_set_strategy(strategy: Strategy | None) -> None:
    """Make a strategy the one in force from now on, as if all that follows were in its scope.

    Args:
        strategy: the strategy; None for the default one.

    Raises:
        RuntimeError: inside the scope of a strategy.

    >>> import tidefall as tf
    >>> tf.distribute.experimental_set_strategy(tf.distribute.OneDeviceStrategy("/cpu:0"))
    >>> tf.distribute.has_strategy()
    True
    >>> tf.distribute.experimental_set_strategy(None)
    """
    entered = _set_globally
    if len(context.entries()) != len(entered):
        raise RuntimeError("Must not be called inside a `tf.distribute.Strategy` scope.")
    while entered:
        entered.pop().__exit__(None, None, None)
    if strategy is not None:
        scope = strategy.scope()
        scope.__enter__()
        entered.append(scope)


_set_globally: list[Any] = []


@export("__internal__.distribute.interim.maybe_merge_call")
def maybe_merge_call(fn: Callable[..., Any], strategy: Strategy, *args: Any, **kwargs: Any) -> Any:
    """Run `fn(strategy, ...)` once for all replicas, from a replica or a cross-replica context."""
    replica = context.current().replica
    if replica is None or strategy is _default:
        return fn(strategy, *args, **kwargs)
    return replica.merge_call(fn, args=args, kwargs=kwargs)


@export("__internal__.distribute.strategy_supports_no_merge_call")
def strategy_supports_no_merge_call() -> bool:
    """Whether the strategy in force changes variables without `merge_call`."""
    return not get_strategy().extended._use_merge_call()
