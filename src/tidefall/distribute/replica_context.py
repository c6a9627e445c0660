"""Where replica code stands among the replicas, and how it reaches the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidefall.autodiff.custom_gradient import custom_gradient
from tidefall.base import dtypes, nest
from tidefall.base.exports import export
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.distribute import context
from tidefall.distribute.reduce_op import ReduceOp, as_reduce_op
from tidefall.op import raw
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tidefall.distribute.strategy import Strategy


def copy_of(value: Any) -> Any:
    """A tensor of its own with a value."""
    return raw.Identity(convert_to_tensor(value))


@export("distribute.ReplicaContext")
class ReplicaContext:
    """Where replica code stands among the replicas.

    `tf.distribute.get_replica_context()` returns it inside of the function given to
    `Strategy.run`.

    Args:
        strategy: the strategy.
        replica_id_in_sync_group: which replica this is: an int, a tensor of shape (), or None.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    >>> strategy.run(lambda: tf.distribute.get_replica_context().replica_id_in_sync_group)
    <tf.Tensor: shape=(), dtype=int32, numpy=0>
    """

    def __init__(self, strategy: Strategy, replica_id_in_sync_group: Any):
        kinds = (int, Tensor, type(None))
        if not isinstance(replica_id_in_sync_group, kinds):
            raise ValueError("replica_id_in_sync_group can only be an integer, a Tensor or None.")
        self._strategy = strategy
        self._replica_id = replica_id_in_sync_group
        self._entry = context.Entry(strategy, self)

    @property
    def strategy(self) -> Strategy:
        """The strategy."""
        return self._strategy

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas gradients are summed over."""
        return self._strategy.num_replicas_in_sync

    @property
    def replica_id_in_sync_group(self) -> Any:
        """Which of them this is, from 0 on, as an int32 tensor."""
        context.require_replica(self)
        if self._replica_id is None or isinstance(self._replica_id, Tensor):
            return self._replica_id
        return constant(self._replica_id, dtypes.int32, name="replica_id_in_sync_group")

    @property
    def component(self) -> int:
        """Which variable of a distributed one is this replica's."""
        return 0

    @property
    def devices(self) -> list[str]:
        """The devices of this replica, as a list of one name."""
        context.require_replica(self)
        return [self._strategy.extended.worker_devices[self.component]]

    def __enter__(self) -> None:
        context.push(self._entry)

    def __exit__(self, *exc: object) -> None:
        context.pop(self._entry)

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """Run a function once for all replicas, when all of them have come to this call.

        Args:
            merge_fn: called as `merge_fn(strategy, *args, **kwargs)` in a cross-replica context.
            args, kwargs: what each replica gives; where they differ, `merge_fn` sees
                `tf.types.experimental.distributed.PerReplica`.

        Returns:
            What `merge_fn` returns, of which each replica gets its own part.
        """
        context.require_replica(self)
        return self._merge_call(merge_fn, tuple(args), kwargs or {})

    def _merge_call(self, merge_fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        with context.entered(context.Entry(self._strategy)):
            return merge_fn(self._strategy, *args, **kwargs)

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Combine a value over the replicas, and give the result to each.

        Args:
            reduce_op: "SUM", "MEAN" or a `tf.distribute.ReduceOp`.
            value: a nest of tensors, of the same shapes on all replicas, or IndexedSlices.
            options: `tf.distribute.experimental.CommunicationOptions`.

        Returns:
            The nest, of combined tensors. Gradients pass: that of a sum is the sum of gradients.

        >>> import tidefall as tf
        >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
        >>> def total(x):
        ...     return tf.distribute.get_replica_context().all_reduce("sum", x)
        >>> strategy.run(total, args=(tf.constant(2.0),)).numpy()
        np.float32(2.0)
        """
        context.require_replica(self)
        op = as_reduce_op(reduce_op)
        flat = nest.flatten(value)
        reduced = flat
        if any(isinstance(v, IndexedSlices) for v in flat):
            reduced = self._all_reduce(op, flat, options)
        elif flat:
            reduced = self._differentiable_all_reduce(op, flat, options)
        return nest.pack_sequence_as(value, reduced)

    def _differentiable_all_reduce(self, op: ReduceOp, flat: list[Any], options: Any) -> list[Any]:
        @custom_gradient
        def reduce(*values: Any) -> Any:
            def grad(*dys: Any) -> list[Any]:
                return self._all_reduce(op, list(dys), options)

            return self._all_reduce(op, list(values), options), grad

        # Where all replicas give one object, so that it is returned, each has a copy of its own.
        return [copy_of(value) for value in reduce(*flat)]

    def _all_reduce(self, op: ReduceOp, flat: list[Any], options: Any) -> list[Any]:
        def merged(strategy: Strategy, *values: Any) -> Any:
            return strategy.extended.batch_reduce_to(op, [(v, v) for v in values], options)

        return list(self.merge_call(merged, args=flat))

    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenate a value of the replicas, and give the result to each.

        Args:
            value: a nest of tensors; they may differ along `axis`.
            axis: dimension to concatenate along.
            options: `tf.distribute.experimental.CommunicationOptions`.

        Raises:
            NotImplementedError: for IndexedSlices.
        """
        context.require_replica(self)
        flat = nest.flatten(value)
        if any(isinstance(v, IndexedSlices) for v in flat):
            raise NotImplementedError("all_gather does not support IndexedSlices")

        gathered = self._differentiable_all_gather(axis, flat, options) if flat else flat
        return nest.pack_sequence_as(value, gathered)

    def _differentiable_all_gather(self, axis: int, flat: list[Any], options: Any) -> list[Any]:
        @custom_gradient
        def gather(*values: Any) -> Any:
            def grad(*dys: Any) -> list[Any]:
                totals = self.all_reduce(ReduceOp.SUM, list(dys))
                return [self._own_part(t, v, axis) for t, v in zip(totals, values, strict=True)]

            return self._all_gather(axis, list(values), options), grad

        return list(gather(*[copy_of(value) for value in flat]))

    def _all_gather(self, axis: int, flat: list[Any], options: Any) -> list[Any]:
        def merged(strategy: Strategy, *values: Any) -> Any:
            return [strategy.extended.gather_to(v, axis, options) for v in values]

        return list(self.merge_call(merged, args=flat))

    def _own_part(self, gathered: Any, value: Any, axis: int) -> Any:
        """What lies where this replica's value was put."""
        count = raw.GatherV2(raw.Shape(value), [axis], 0)
        (counts,) = self._all_gather(0, [count], None)
        end = raw.GatherV2(raw.Cumsum(counts, 0), self.replica_id_in_sync_group, 0)
        rows = raw.Range(end - raw.Reshape(count, []), end, 1)
        return raw.GatherV2(gathered, rows, axis)

    def _update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: Any = True,
    ) -> Any:
        """Run `fn(variable, *args)` for the variable of each replica."""

        def merged(strategy: Strategy, *values: Any, **named: Any) -> Any:
            return strategy.extended.update(var, fn, values, named, group=group)

        return self.merge_call(merged, args, kwargs)
