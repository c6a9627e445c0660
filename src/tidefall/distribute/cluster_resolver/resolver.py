"""`ClusterResolver`, and the resolvers that are told everything or combine others."""

from __future__ import annotations

import abc
from collections import defaultdict
from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.cluster_spec import ClusterSpec
from tidefall.tensor.context import context


def master_url(address: str, rpc_layer: str | None = None) -> str:
    """An address with the protocol in front, if there is one.

    >>> master_url("host:2222", "grpc")
    'grpc://host:2222'
    """
    return f"{rpc_layer}://{address}" if rpc_layer else address


@export(
    "distribute.cluster_resolver.ClusterResolver",
    "compat.v1.distribute.cluster_resolver.ClusterResolver",
)
class ClusterResolver(abc.ABC):
    """What tells a program of the cluster that it runs in.

    Subclasses define `cluster_spec` and `master`, and ask anew each time.

    >>> import tidefall as tf
    >>> class Static(tf.distribute.cluster_resolver.ClusterResolver):
    ...     def cluster_spec(self):
    ...         return tf.train.ClusterSpec({"worker": ["a:2222", "b:2222"]})
    ...
    ...     def master(self, task_type=None, task_id=None, rpc_layer=None):
    ...         return ""
    >>> resolver = Static()
    >>> resolver.task_type, resolver.cluster_spec().num_tasks("worker")
    (None, 2)
    """

    _task_type: Any = None
    _task_id: Any = None

    @abc.abstractmethod
    def cluster_spec(self) -> ClusterSpec:
        """The cluster as it is now."""

    @abc.abstractmethod
    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, for sessions of TensorFlow 1.

        Args:
            task_type, task_id: which task; by default the resolver's own.
            rpc_layer: the protocol.
        """

    def num_accelerators(
        self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None
    ) -> dict[str, int]:
        """How many devices of each kind but the CPU a worker has.

        Args:
            task_type, task_id: count only those whose names say that they belong to this task.
            config_proto: unused.
        """
        self.master(task_type, task_id)  # says so if there is no such task
        found: dict[str, int] = defaultdict(int)
        for device in context.logical_devices():
            if device.device_type in ("CPU", "XLA_CPU"):
                continue
            if task_type is not None and task_id is not None:
                parts = (f"/job:{task_type}", f"/task:{task_id}")
                if not all(part in device.name for part in parts):
                    continue
            found[device.device_type] += 1
        return found

    @property
    def environment(self) -> Any:
        """Where the program runs: "" outside of Google."""
        return ""

    @property
    def task_type(self) -> Any:
        """The job of this process, such as "worker"; None if unknown."""
        return self._task_type

    @task_type.setter
    def task_type(self, task_type: Any) -> None:
        self._task_type = task_type

    @property
    def task_id(self) -> Any:
        """The number of this process in its job; None if unknown."""
        return self._task_id

    @task_id.setter
    def task_id(self, task_id: Any) -> None:
        self._task_id = task_id


@export(
    "distribute.cluster_resolver.SimpleClusterResolver",
    "compat.v1.distribute.cluster_resolver.SimpleClusterResolver",
)
class SimpleClusterResolver(ClusterResolver):
    """A resolver that says what it was told.

    Args:
        cluster_spec: a `tf.train.ClusterSpec`.
        master: address of the master.
        task_type, task_id: what this process is.
        environment: where it runs.
        num_accelerators: how many devices of each kind a worker has.
        rpc_layer: the protocol.

    Raises:
        TypeError: for a cluster that is no ClusterSpec, or a master that is no string.

    >>> import tidefall as tf
    >>> cluster = tf.train.ClusterSpec({"worker": ["a:2222", "b:2222"]})
    >>> resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
    ...     cluster, task_type="worker", task_id=1, rpc_layer="grpc"
    ... )
    >>> resolver.master("worker", 0)
    'grpc://a:2222'
    """

    def __init__(
        self,
        cluster_spec: ClusterSpec,
        master: str = "",
        task_type: str | None = None,
        task_id: int | None = None,
        environment: str = "",
        num_accelerators: dict[str, int] | None = None,
        rpc_layer: str | None = None,
    ):
        if not isinstance(cluster_spec, ClusterSpec):
            raise TypeError("cluster_spec must be a `tf.train.ClusterSpec`.")
        if not isinstance(master, str):
            raise TypeError("master must be a string.")
        self._cluster_spec = cluster_spec
        self._master = master
        self._task_type = task_type
        self._task_id = task_id
        self._environment = environment
        self._num_accelerators = num_accelerators
        self.rpc_layer = rpc_layer

    def cluster_spec(self) -> ClusterSpec:
        """The cluster that was given."""
        return self._cluster_spec

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default the master that was given."""
        address = self._master
        if task_type is not None and task_id is not None:
            address = self._cluster_spec.task_address(task_type, task_id)
        return master_url(address, rpc_layer or self.rpc_layer)

    @property
    def environment(self) -> Any:
        return self._environment

    def num_accelerators(
        self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None
    ) -> dict[str, int]:
        """The numbers that were given."""
        return self._num_accelerators or {}


@export(
    "distribute.cluster_resolver.UnionResolver",
    "compat.v1.distribute.cluster_resolver.UnionResolver",
)
class UnionClusterResolver(ClusterResolver):
    """Several resolvers as one: all of their clusters, and what else the first of them says.

    Args:
        *args: the resolvers.
        **kwargs: `task_type`, `task_id` and `rpc_layer`, in place of the first resolver's.

    Raises:
        TypeError: for something that is no resolver.
        ValueError: for no resolvers, or other keyword arguments.

    >>> import tidefall as tf
    >>> Simple = tf.distribute.cluster_resolver.SimpleClusterResolver
    >>> workers = Simple(tf.train.ClusterSpec({"worker": ["a:1"]}), task_type="worker", task_id=0)
    >>> servers = Simple(tf.train.ClusterSpec({"worker": ["b:1"], "ps": ["c:1"]}))
    >>> union = tf.distribute.cluster_resolver.UnionResolver(workers, servers)
    >>> union.cluster_spec(), union.task_type
    (ClusterSpec({'ps': ['c:1'], 'worker': ['a:1', 'b:1']}), 'worker')
    """

    def __init__(self, *args: Any, **kwargs: Any):
        self._rpc_layer = kwargs.pop("rpc_layer", None)
        self._task_type = kwargs.pop("task_type", None)
        self._task_id = kwargs.pop("task_id", None)
        if kwargs:
            raise ValueError(f"Unexpected kwargs provided {kwargs!r}")
        if not args:
            raise ValueError("At least one ClusterResolver is required.")
        if not all(isinstance(resolver, ClusterResolver) for resolver in args):
            raise TypeError("All arguments must be a sub-class of `ClusterResolver.`")
        self._resolvers: tuple[ClusterResolver, ...] = args

    def cluster_spec(self) -> ClusterSpec:
        """The jobs of all clusters.

        Tasks of a job that several have are put one after the other, where all are numbered from 0
        on; otherwise they keep their numbers.

        Raises:
            KeyError: if two tasks have the same number.
        """
        parts: dict[str, list[Any]] = defaultdict(list)
        for resolver in self._resolvers:
            for job, tasks in resolver.cluster_spec().as_dict().items():
                parts[job].append(tasks)
        return ClusterSpec({job: _joined(tasks) for job, tasks in parts.items()})

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default the first resolver's master."""
        if task_type is not None and task_id is not None:
            address = self.cluster_spec().task_address(task_type, task_id)
            return master_url(address, rpc_layer or self._rpc_layer)
        return self._resolvers[0].master(rpc_layer=rpc_layer)

    @property
    def task_type(self) -> Any:
        """The job of this process: the one given, or the first resolver's."""
        return self._task_type or self._resolvers[0].task_type

    @task_type.setter
    def task_type(self, task_type: Any) -> None:
        self._task_type = task_type

    @property
    def task_id(self) -> Any:
        """The number of this process: the one given, or the first resolver's."""
        return self._resolvers[0].task_id if self._task_id is None else self._task_id

    @task_id.setter
    def task_id(self, task_id: Any) -> None:
        self._task_id = task_id

    @property
    def environment(self) -> Any:
        return self._resolvers[0].environment

    def num_accelerators(
        self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None
    ) -> dict[str, int]:
        """What the first resolver says."""
        return self._resolvers[0].num_accelerators(task_type, task_id, config_proto)

    @property
    def rpc_layer(self) -> Any:
        """The protocol: the one given, or the first resolver's."""
        first: Any = self._resolvers[0]
        return self._rpc_layer or first.rpc_layer

    @rpc_layer.setter
    def rpc_layer(self, rpc_layer: Any) -> None:
        self._rpc_layer = rpc_layer


def _joined(parts: list[Any]) -> Any:
    if all(isinstance(tasks, list) for tasks in parts):
        return [address for tasks in parts for address in tasks]
    joined: dict[int, str] = {}
    for tasks in parts:
        numbered = dict(enumerate(tasks)) if isinstance(tasks, list) else tasks
        twice = set(joined).intersection(numbered)
        if twice:
            raise KeyError(f"Duplicate keys detected when merging two ClusterSpecs: {twice!r}")
        joined.update(numbered)
    return joined
