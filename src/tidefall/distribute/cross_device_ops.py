"""Bringing values of several replicas together: sums, means, concatenations, copies.

In one process the values of all replicas are at hand, and are combined by ops of their own. Which
`CrossDeviceOps` a strategy was given makes no difference to results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.distribute.reduce_op import ReduceOp, as_reduce_op
from tidefall.distribute.values import DistributedValues, Mirrored, PerReplica
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def combine(op: ReduceOp, values: Sequence[Any]) -> Any:
    """The sum or mean of tensors, or of IndexedSlices.

    Raises:
        ValueError: if they differ in dtype or shape.
    """
    if isinstance(values[0], IndexedSlices):
        return _combine_slices(op, values)
    tensors = [convert_to_tensor(v) for v in values]
    if len(tensors) == 1:
        return tensors[0]
    total = raw.AddN(tensors)
    if op is ReduceOp.SUM:
        return total
    return total / len(tensors)


def _combine_slices(op: ReduceOp, values: Sequence[Any]) -> IndexedSlices:
    rows = raw.ConcatV2([v.values for v in values], 0)
    if op is ReduceOp.MEAN:
        rows = raw.RealDiv(rows, len(values))
    return IndexedSlices(rows, raw.ConcatV2([v.indices for v in values], 0), values[0].dense_shape)


def concatenate(values: Sequence[Any], axis: int) -> Any:
    """The tensors one after the other along an axis."""
    tensors = [convert_to_tensor(v) for v in values]
    return tensors[0] if len(tensors) == 1 else raw.ConcatV2(tensors, axis)


def at_destinations(value: Any, destinations: Any) -> Any:
    """A value for each replica where the destinations are those of several."""
    if isinstance(destinations, DistributedValues) and len(destinations.values) > 1:
        return Mirrored([value] * len(destinations.values))
    return value


def check_destinations(destinations: Any) -> None:
    """Refuse what is no place for a value.

    Raises:
        ValueError: for anything but distributed values, tensors, variables, and device names.
    """
    kinds = (DistributedValues, Tensor, IndexedSlices, str)
    if not isinstance(destinations, kinds) and not getattr(destinations, "_is_variable", False):
        raise ValueError(
            "destinations must be one of a `DistributedValues` object, a tf.Variable object, or a "
            f"device string. Received: {destinations!r}"
        )
    if isinstance(destinations, str) and not destinations:
        raise ValueError("destinations can not be empty")


@export("distribute.CrossDeviceOps")
class CrossDeviceOps:
    """How values of several devices are brought together.

    >>> import tidefall as tf
    >>> ops = tf.distribute.ReductionToOneDevice()
    >>> values = tf.types.experimental.distributed.PerReplica([tf.constant(1.0), tf.constant(2.0)])
    >>> ops.reduce(tf.distribute.ReduceOp.SUM, values, "/cpu:0").numpy()
    np.float32(3.0)
    """

    def __init__(self) -> None:  # so that it takes no arguments, as TensorFlow's
        super().__init__()

    def reduce(
        self, reduce_op: Any, per_replica_value: Any, destinations: Any, options: Any = None
    ) -> Any:
        """Combine the values of the replicas.

        Args:
            reduce_op: a `tf.distribute.ReduceOp`.
            per_replica_value: the values, or one tensor.
            destinations: where the result is wanted: a device, or something that is there.
            options: `tf.distribute.experimental.CommunicationOptions`.

        Raises:
            ValueError: for destinations that are none.
        """
        check_destinations(destinations)
        return self.reduce_implementation(
            as_reduce_op(reduce_op), _per_replica(per_replica_value), destinations, options
        )

    def batch_reduce(
        self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any = None
    ) -> list[Any]:
        """Combine several values of the replicas; see `reduce`."""
        pairs = [(_per_replica(value), where) for value, where in value_destination_pairs]
        return self.batch_reduce_implementation(as_reduce_op(reduce_op), pairs, options)

    def broadcast(self, tensor: Any, destinations: Any) -> Any:
        """Give all destinations a value."""
        check_destinations(destinations)
        return self.broadcast_implementation(tensor, destinations)

    def reduce_implementation(
        self, reduce_op: Any, per_replica_value: Any, destinations: Any, options: Any
    ) -> Any:
        """What `reduce` does, for subclasses to replace."""
        return at_destinations(combine(reduce_op, per_replica_value.values), destinations)

    def batch_reduce_implementation(
        self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any
    ) -> list[Any]:
        """What `batch_reduce` does, for subclasses to replace."""
        return [
            self.reduce_implementation(reduce_op, value, destinations, options)
            for value, destinations in value_destination_pairs
        ]

    def broadcast_implementation(self, tensor: Any, destinations: Any) -> Any:
        """What `broadcast` does, for subclasses to replace."""
        return at_destinations(tensor, destinations)


def _per_replica(value: Any) -> Any:
    return (
        value if isinstance(value, DistributedValues) else PerReplica((convert_to_tensor(value),))
    )


@export("distribute.ReductionToOneDevice")
class ReductionToOneDevice(CrossDeviceOps):
    """Brings values together on one device.

    Args:
        reduce_to_device: the device; by default that of the destinations.
        accumulation_fn: sums a list of tensors; by default `tf.add_n`.
    """

    def __init__(self, reduce_to_device: Any = None, accumulation_fn: Any = None):
        self.reduce_to_device = reduce_to_device
        self.accumulation_fn = accumulation_fn

    def reduce_implementation(
        self, reduce_op: Any, per_replica_value: Any, destinations: Any, options: Any
    ) -> Any:
        if self.accumulation_fn is None or isinstance(per_replica_value.values[0], IndexedSlices):
            return super().reduce_implementation(
                reduce_op, per_replica_value, destinations, options
            )
        values = per_replica_value.values
        total = self.accumulation_fn([convert_to_tensor(v) for v in values])
        if reduce_op is ReduceOp.MEAN:
            total = raw.RealDiv(total, len(values))
        return at_destinations(total, destinations)


class _AllReduce(CrossDeviceOps):
    """Brings values together on all devices at once.

    Args:
        num_packs: into how many packs values are put; XLA packs them by itself.

    Raises:
        ValueError: for a negative number.
    """

    def __init__(self, num_packs: int = 1):
        if num_packs < 0:
            raise ValueError(
                f"{type(self).__name__} requires num_packs >= 0, but {num_packs} is given"
            )
        self.num_packs = num_packs


@export("distribute.NcclAllReduce")
class NcclAllReduce(_AllReduce):
    __doc__ = _AllReduce.__doc__


@export("distribute.HierarchicalCopyAllReduce")
class HierarchicalCopyAllReduce(_AllReduce):
    __doc__ = _AllReduce.__doc__
