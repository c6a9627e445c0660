"""`tf.distribute.MultiWorkerMirroredStrategy`: the same model in several processes and machines.

Each worker runs the script and has a replica for each of its devices. What workers bring together
goes over a `ProcessGroup`, outside of compiled programs: graphs are compiled in parts around it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.base.replica_group import WORKERS, use_workers
from tidefall.base.state import init_scope
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver
from tidefall.distribute.cluster_resolver.tf_config import TFConfigClusterResolver
from tidefall.distribute.collectives.process_group import ProcessGroup
from tidefall.distribute.collectives.training_group import TrainingGroup
from tidefall.distribute.communication import (
    CommunicationImplementation,
    CommunicationOptions,
    InputContext,
)
from tidefall.distribute.cross_device_ops import at_destinations, combine
from tidefall.distribute.device_names import local_devices
from tidefall.distribute.extended import StrategyExtended
from tidefall.distribute.finished import finished
from tidefall.distribute.reduce_op import ReduceOp
from tidefall.distribute.strategy import Strategy
from tidefall.distribute.values import DistributedValues
from tidefall.distribute.variables import DistributedVariable, MirroredVariable
from tidefall.op import raw
from tidefall.ops.collective import gather_from_replicas, reduce_over_replicas
from tidefall.tensor.conversion import convert_to_tensor

PACKED_ELEMENTS = 1 << 14
"""Larger tensors go by themselves: a message of their own costs less than to join them with others,
which XLA fuses with what makes them, into loops that take many times as long."""
TRAINING = ("chief", "worker")
"""The tasks that train together, in the order of their ranks."""


class MultiWorkerExtended(StrategyExtended):
    """One replica in each of several workers.

    Args:
        strategy: the strategy.
        device: the device of this worker's replica.
        group: the workers.
        is_chief: whether this one writes checkpoints and summaries.
    """

    experimental_between_graph = True

    def __init__(self, strategy: Strategy, device: str, group: TrainingGroup, is_chief: bool):
        super().__init__(strategy, [device])
        self._group = group
        self._has_others = group.workers > 1
        self._variables: list[weakref.ref[DistributedVariable]] = []
        self._handed_over: list[Any] = []
        group.state, group.take = self._state, self._take
        self.should_checkpoint = is_chief
        self.should_save_summary = is_chief

    @property
    def _num_replicas_in_sync(self) -> int:
        return self._group.size

    @property
    def num_hosts(self) -> int:
        """How many workers there are."""
        return self._group.size

    def replica_id(self, index: int) -> int:
        return self._group.index

    def _in_multi_worker_mode(self) -> bool:
        return self._has_others

    def _keys(self) -> tuple[int, int]:
        return self._group.size, WORKERS

    # ---- variables ----

    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        """Make a variable with the first worker's initial value; a newcomer takes the value that
        the others have trained it to."""
        variable = super().create_variable(next_creator, **kwargs)
        if not isinstance(variable, DistributedVariable):
            return variable
        number = len(self._variables)
        self._variables.append(weakref.ref(variable))
        with init_scope():
            if self._group.is_stale:
                self._set_value(variable, self._handed_over[number : number + 1])
            elif self._group.size > 1:
                own = variable.primary.numpy()
                given = own if self._group.index == 0 else np.zeros_like(own)
                self._set_value(variable, [self._group.all_reduce(given, np.add)])
        return variable

    @staticmethod
    def _set_value(variable: DistributedVariable, value: Sequence[Any]) -> None:
        """Give a variable the only value in a list, unless the list is empty."""
        for component in variable.values if value else ():
            component.assign(value[0])

    def _state(self) -> list[Any]:
        """The values of all variables, in the order in which they were made."""
        found = [reference() for reference in self._variables]
        return [np.zeros(0) if v is None else v.primary.numpy() for v in found]

    def _take(self, arrays: Sequence[Any]) -> None:
        """Take over values; those of variables that are still to be made are kept for them."""
        self._handed_over = list(arrays)
        for reference, value in zip(self._variables, arrays, strict=False):
            variable = reference()
            if not isinstance(variable, MirroredVariable):
                continue
            if variable.shape.is_compatible_with(value.shape):
                self._set_value(variable, [value])

    def reduce_variable(self, op: ReduceOp, variable: DistributedVariable) -> Any:
        return self._over_workers(op, combine(op, [v.value() for v in variable.values]))

    # ---- bringing values together ----

    def _over_workers(self, op: ReduceOp, value: Any) -> Any:
        if not self._has_others:
            return value
        return reduce_over_replicas(value, self._keys(), mean=op is ReduceOp.MEAN)

    def _reduce_to(self, op: ReduceOp, value: Any, destinations: Any, options: Any) -> Any:
        if isinstance(value, DistributedVariable):
            return at_destinations(self.reduce_variable(op, value), destinations)
        if isinstance(value, DistributedValues):
            value = combine(op, value.values)
        return at_destinations(self._over_workers(op, value), destinations)

    def batch_reduce_to(
        self, reduce_op: Any, value_destination_pairs: Sequence[Any], options: Any = None
    ) -> list[Any]:
        """Combine several values; small ones are packed into one message for each dtype."""
        values = [value for value, _ in value_destination_pairs]
        return self._packed(ReduceOp(reduce_op), values)

    def _packed(self, op: ReduceOp, values: Sequence[Any]) -> list[Any]:
        if not self._has_others:
            return list(values)
        results: list[Any] = [None] * len(values)
        packs: dict[Any, list[int]] = {}
        for i, value in enumerate(values):
            if isinstance(value, IndexedSlices) or _is_large(value):
                results[i] = self._over_workers(op, value)
            else:
                packs.setdefault(value.dtype, []).append(i)
        for members in packs.values():
            if len(members) == 1:
                results[members[0]] = self._over_workers(op, values[members[0]])
                continue
            tensors = [convert_to_tensor(values[i]) for i in members]
            flat = raw.ConcatV2([raw.Reshape(t, [-1]) for t in tensors], 0)
            total = self._over_workers(op, flat)
            sizes = [raw.Size(t) for t in tensors]
            parts = raw.SplitV(total, raw.Pack(sizes), 0, num_split=len(tensors))
            for i, tensor, part in zip(members, tensors, parts, strict=True):
                results[i] = raw.Reshape(part, raw.Shape(tensor))
        return results

    def gather_to(self, value: Any, axis: int, options: Any = None) -> Any:
        if not self._has_others:
            return convert_to_tensor(self.local_results(value)[0])
        return gather_from_replicas(self.local_results(value)[0], self._keys(), axis)

    # ---- input ----

    def input_contexts(self) -> list[InputContext]:
        return [InputContext(self._group.size, self._group.index, self._group.size)]


@export("distribute.MultiWorkerMirroredStrategy")
class MultiWorkerMirroredStrategy(Strategy):
    """Train in several processes, on one machine or many.

    Every worker runs the same script. The cluster, and which worker this one is, stand in the
    environment variable TF_CONFIG; `tidefall launch` sets it on one machine. Without a cluster this
    is the only worker.

    Args:
        cluster_resolver: tells of the cluster; by default TF_CONFIG does.
        communication_options: `tf.distribute.experimental.CommunicationOptions`.

    Raises:
        ValueError: for a cluster without this worker's task, or arguments of other types.
        tf.errors.DeadlineExceededError: a worker did not come; it is named.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.MultiWorkerMirroredStrategy()
    >>> strategy.num_replicas_in_sync
    1
    """

    def __init__(
        self,
        cluster_resolver: ClusterResolver | None = None,
        communication_options: CommunicationOptions | None = None,
    ):
        if communication_options is not None and not isinstance(
            communication_options, CommunicationOptions
        ):
            raise ValueError(
                "communication_options must be an instance of "
                "tf.distribute.experimental.CommunicationOptions"
            )
        if cluster_resolver is not None and not isinstance(cluster_resolver, ClusterResolver):
            raise ValueError(
                "cluster_resolver must be an instance of "
                "tf.distribute.cluster_resolver.ClusterResolver"
            )
        self._resolver = cluster_resolver or TFConfigClusterResolver()
        addresses, rank, is_chief = _place(self._resolver)
        devices = local_devices()
        if len(devices) > 1:
            raise UnimplementedError(
                None,
                None,
                f"This worker has {len(devices)} GPUs. Several devices in each of several workers "
                "are not implemented in Tidefall; start a worker for each GPU, with "
                "CUDA_VISIBLE_DEVICES.",
            )
        options = communication_options or CommunicationOptions()
        self._group = TrainingGroup(
            ProcessGroup(
                addresses, rank, collective_timeout=options.timeout_seconds, finished=finished
            )
        )
        use_workers(self._group)
        super().__init__(MultiWorkerExtended(self, devices[0], self._group, is_chief))
        get_logger().info(
            "MultiWorkerMirroredStrategy: worker %d of %d, %s", rank, len(addresses), addresses
        )

    @property
    def cluster_resolver(self) -> ClusterResolver:
        """What told the strategy of its cluster."""
        return self._resolver

    def __deepcopy__(self, memo: Any) -> Strategy:
        raise ValueError("MultiWorkerMirroredStrategy cannot be deep copied in eager mode.")


@export("distribute.experimental.MultiWorkerMirroredStrategy")
class ExperimentalMultiWorkerMirroredStrategy(MultiWorkerMirroredStrategy):
    """The older form of `tf.distribute.MultiWorkerMirroredStrategy`.

    Args:
        communication: a `tf.distribute.experimental.CommunicationImplementation`.
        cluster_resolver: tells of the cluster; by default TF_CONFIG does.

    >>> import tidefall as tf
    >>> tf.distribute.experimental.MultiWorkerMirroredStrategy().num_replicas_in_sync
    1
    """

    def __init__(
        self,
        communication: CommunicationImplementation = CommunicationImplementation.AUTO,
        cluster_resolver: ClusterResolver | None = None,
    ):
        options = CommunicationOptions(implementation=communication)
        super().__init__(cluster_resolver, options)


def _is_large(value: Any) -> bool:
    elements = value.shape.num_elements()
    return elements is not None and elements > PACKED_ELEMENTS


def _place(resolver: ClusterResolver) -> tuple[list[str], int, bool]:
    """The addresses of the workers that train, which of them this is, and whether it is the chief.

    Raises:
        ValueError: if this task is none of them.
    """
    cluster = resolver.cluster_spec().as_dict()
    if not cluster:
        return ["localhost:0"], 0, True
    kind, index = resolver.task_type, resolver.task_id
    if kind is None or index is None:
        raise ValueError(
            "When `cluster_spec` is given, you must also specify `task_type` and `task_id`."
        )
    if kind == "evaluator":
        return ["localhost:0"], 0, True
    addresses = _addresses(cluster)
    if not addresses or kind not in TRAINING:
        raise ValueError(
            f"No `worker`, `chief` or `evaluator` tasks can be found in `cluster_spec`: {cluster}"
        )
    rank = index if kind == "chief" else len(cluster.get("chief", [])) + index
    if not 0 <= index < len(cluster.get(kind, [])):
        raise ValueError(
            f"This is {kind} {index}, but the cluster has {len(cluster.get(kind, []))} of them: "
            f"{cluster}"
        )
    return addresses, rank, rank == 0


def _addresses(cluster: dict[str, list[str]]) -> list[str]:
    """The addresses of those that train, the chief's first.

    Raises:
        ValueError: for other tasks than TensorFlow's, two chiefs, or an address given twice.
        InvalidArgumentError: for an address without a port.
    """
    unknown = sorted(set(cluster) - {*TRAINING, "evaluator", "ps"})
    if unknown:
        raise ValueError(
            f"Disallowed task type found in cluster spec: {', '.join(unknown)}. Allowed types are "
            f"'chief', 'worker', 'evaluator' and 'ps', and the cluster spec is {cluster}."
        )
    if len(cluster.get("chief", [])) > 1:
        raise ValueError(f"There must be at most one 'chief' job. The cluster spec is {cluster}.")
    addresses = [address for task in TRAINING for address in cluster.get(task, [])]
    for address in addresses:
        if not address.rpartition(":")[2].isdecimal():
            raise InvalidArgumentError(
                None, None, f"Could not parse port for local server from {address!r} in {cluster}."
            )
        if addresses.count(address) > 1:
            raise ValueError(f"{address} is the address of two tasks of the cluster: {cluster}")
    return addresses
