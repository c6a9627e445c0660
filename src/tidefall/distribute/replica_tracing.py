"""Replicas in graphs: the function of `Strategy.run`, traced once for all of them.

In the graph of a `tf.function` a run is one node, `_ReplicatedCall`, whose function is what one
replica does. While it is traced, the component of replica 0 stands for each replica's own, and
values of several replicas are collectives of that function. The compiler makes one program over all
devices of it; the host runs it in threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.replica_group import REPLICAS
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.control_flow.replicated_call import replicated_call_op
from tidefall.control_flow.subgraphs import watch_in_outer
from tidefall.distribute import context
from tidefall.distribute.context import Entry
from tidefall.distribute.reduce_op import ReduceOp
from tidefall.distribute.replica_context import ReplicaContext
from tidefall.distribute.values import PerReplica, is_per_replica
from tidefall.function.polymorphic import Function, function
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.ops.collective import gather_from_replicas, reduce_over_replicas
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor, Tensor, hint_of

if TYPE_CHECKING:
    from tidefall.distribute.strategy import Strategy

_numbers = itertools.count()


# ---- values ----


class TracedPerReplica(PerReplica):
    """A value of a replica function that is being traced, as cross-replica code sees it.

    Args:
        local: the value of the replica that stands for all.
        strategy: whose replicas they are.
    """

    def __init__(self, local: Any, strategy: Strategy):
        self.local = local
        self._strategy = strategy

    @property
    def values(self) -> tuple[Any, ...]:
        """The value of each replica, which all of them get."""
        gathered = gather_from_replicas(raw.ExpandDims(self.local, 0), _keys(self._strategy))
        return tuple(raw.Unpack(gathered, num=self._strategy.num_replicas_in_sync))

    def of_replica(self, index: int) -> Any:
        return self.local

    def reduce(self, op: ReduceOp) -> Any:
        """The sum or mean, which all replicas get."""
        return all_reduce(self._strategy, op, self.local)

    def gather(self, axis: int) -> Any:
        """The values one after the other along an axis, which all replicas get."""
        return gather_from_replicas(self.local, _keys(self._strategy), axis)

    def first(self) -> Any:
        """The value of replica 0, which all replicas get."""
        is_first = raw.Equal(raw.XlaReplicaId(), 0)

        def first(part: Any) -> Any:
            tensor = convert_to_tensor(part)
            if tensor.dtype.is_bool:
                return raw.Cast(first(raw.Cast(tensor, DstT=dtypes.int32)), DstT=dtypes.bool)
            own = raw.SelectV2(is_first, tensor, raw.ZerosLike(tensor))
            return all_reduce(self._strategy, ReduceOp.SUM, own)

        return nest.map_structure(first, self.local, expand_composites=True)


def _keys(strategy: Strategy) -> tuple[int, int]:
    return strategy.num_replicas_in_sync, REPLICAS


def all_reduce(strategy: Strategy, op: ReduceOp, value: Any) -> Any:
    """The sum or mean of a value over the replicas, in the function of one of them."""
    return reduce_over_replicas(value, _keys(strategy), mean=op is ReduceOp.MEAN)


# ---- tracing ----


class TracedReplicaContext(ReplicaContext):
    """The context of a replica function that is being traced."""

    def __init__(self, strategy: Strategy):
        super().__init__(strategy, None)
        self._entry = Entry(strategy, self, traced=True)

    @property
    def replica_id_in_sync_group(self) -> Any:
        """Which of the replicas this is, as a tensor."""
        context.require_replica(self)
        return raw.XlaReplicaId()

    def _merge_call(self, merge_fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        def merged(value: Any) -> Any:
            is_value = isinstance(value, (SymbolicTensor, IndexedSlices))
            return TracedPerReplica(value, self._strategy) if is_value else value

        def own(value: Any) -> Any:
            return value.of_replica(0) if is_per_replica(value) else value

        args, kwargs = nest.map_structure(merged, (args, kwargs))
        with context.entered(Entry(self._strategy, None, traced=True)):
            result = merge_fn(self._strategy, *args, **kwargs)
        return nest.map_structure(own, result)

    def _differentiable_all_reduce(self, op: ReduceOp, flat: list[Any], options: Any) -> list[Any]:
        return self._all_reduce(op, flat, options)  # the collective has a gradient of its own


def run_traced(
    strategy: Strategy,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    devices: Sequence[str],
) -> Any:
    """Add the node that runs a function once for each replica to the graph being built.

    Args:
        strategy: whose replicas they are.
        fn: the function.
        args, kwargs: its arguments; of `PerReplica` values each replica gets its own.
        devices: the device of each replica.

    Returns:
        The nest that `fn` returned, with a `PerReplica` in place of each tensor.
    """
    replicas = len(devices)
    body = FuncGraph(f"replica_{next(_numbers)}")
    body.outer_tapes = state.tapes
    given: list[list[Any]] = []

    def placeholder(value: Any) -> Any:
        if not is_per_replica(value):
            return value
        parts = [nest.flatten(v, expand_composites=True) for v in value.values]
        own = []
        for row in zip(*parts, strict=True):
            with graph_scope(body.enclosing):
                tensors = [convert_to_tensor(t) for t in row]
            shape = tensors[0].shape
            for other in tensors[1:]:
                shape = shape.most_specific_compatible_shape(other.shape)
            given.append(tensors)
            own.append(body.add_argument(tensors[0].dtype, shape, f"replica_input_{len(given)}"))
        return nest.pack_sequence_as(value.values[0], own, expand_composites=True)

    with graph_scope(body), tapes_paused():
        own_args, own_kwargs = nest.map_structure(placeholder, (args, kwargs))
        with TracedReplicaContext(strategy):
            result = fn(*own_args, **own_kwargs)
        structure = nest.map_structure(_output, result)
        body.outputs = [
            body.capture(t)
            for t in nest.flatten(structure, expand_composites=True)
            if isinstance(t, Tensor)
        ]
    captured = [_of_each_replica(t, replicas) for t in body.external_captures]
    body.lift_captures()
    watch_in_outer([body])
    columns = [*given, *captured]
    inputs = [column[i] for i in range(replicas) for column in columns]
    outputs = replicated_call_op(
        inputs,
        Tout=[t.dtype for t in body.outputs] * replicas,
        f=GraphFunction(body.name, body),
        devices=list(devices),
        name="replicated_call",
    )
    flat = outputs if isinstance(outputs, list) else []
    count = len(body.outputs)
    rows = [iter(flat[i * count : (i + 1) * count]) for i in range(replicas)]
    return nest.map_structure(lambda item: _regrouped(item, rows), structure)


def _output(item: Any) -> Any:
    if getattr(item, "_is_variable", False):
        return convert_to_tensor(item)
    return item


def _regrouped(item: Any, rows: Sequence[Any]) -> Any:
    if isinstance(item, Tensor):
        return PerReplica([next(row) for row in rows])
    if isinstance(item, CompositeTensor) and not is_per_replica(item):
        count = len(nest.flatten(item, expand_composites=True))
        return PerReplica(
            [nest.pack_sequence_as(item, [next(row) for _ in range(count)], True) for row in rows]
        )
    return item


def _of_each_replica(tensor: Any, replicas: int) -> list[Any]:
    """What each replica captures where the one that was traced captured this."""
    if tensor.dtype == dtypes.resource:
        storage = getattr(hint_of(tensor), "storage", None)
        owner = getattr(storage, "owner", None)
        component = None if owner is None else owner()
        container = getattr(component, "_distributed_container", None)
        variable = None if container is None else container()
        if variable is not None:
            return [component.handle for component in variable.values]
    return [tensor] * replicas


# ---- tf.functions called eagerly ----

_functions: WeakKeyDictionary[Strategy, WeakKeyDictionary[Any, Function]] = WeakKeyDictionary()


def as_function(strategy: Strategy, fn: Any) -> Function | None:
    """A `tf.function` of `(args, kwargs)` that runs a `tf.function` on the replicas; None for any
    other function."""
    if not isinstance(fn, Function):
        return None
    of_strategy = _functions.setdefault(strategy, WeakKeyDictionary())
    found = of_strategy.get(fn)
    if found is None:

        def run_replicas(args: Any, kwargs: Any) -> Any:
            return strategy.run(fn, args, kwargs)

        found = of_strategy[fn] = function(run_replicas, autograph=False)
    return found
