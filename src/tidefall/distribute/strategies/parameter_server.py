"""`tf.distribute.ParameterServerStrategy`: variables on servers, which workers read and change."""

from __future__ import annotations

import contextlib
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from tidefall.base import nest
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import init_scope
from tidefall.composite.variables.creation import variable_creator_scope
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver
from tidefall.distribute.cluster_spec import ClusterSpec
from tidefall.distribute.connection import ClusterDeviceFilters, experimental_connect_to_cluster
from tidefall.distribute.context import Entry, current, entered
from tidefall.distribute.device_names import full_name
from tidefall.distribute.extended import StrategyExtended
from tidefall.distribute.sharded_variable import ShardedVariable
from tidefall.distribute.strategy import Strategy
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.device_scope import EagerDeviceScope, device
from tidefall.tensor.tensor import SymbolicTensor

_JOBS = ("chief", "worker", "ps", "evaluator")


class ParameterServerExtended(StrategyExtended):
    """One replica in whichever worker runs a function; variables are on the parameter servers.

    Args:
        strategy: the strategy.
        cluster: the cluster.
        partitioner: divides variables, given `shape=` and `dtype=`; see
            `tf.distribute.experimental.partitioners`.
    """

    def __init__(
        self, strategy: Strategy, cluster: ClusterSpec, partitioner: Callable[..., Any] | None
    ):
        super().__init__(strategy, [full_name("cpu:0")])
        self._servers = cluster.num_tasks("ps")
        self._partitioner = partitioner
        self._numbers = itertools.count()

    @property
    def parameter_devices(self) -> tuple[str, ...]:
        return tuple(_server(i) for i in range(self._servers))

    # ---- variables ----

    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        if kwargs.pop("per_worker_variable", False):
            raise UnimplementedError(
                None,
                None,
                "Variables of which each worker has its own (per_worker_variable=True) are not "
                "implemented: let functions return such values, or keep them on the servers.",
            )
        where = kwargs.pop("colocate_with", None)
        if where is not None and not isinstance(where, ShardedVariable):
            return self._on(where if isinstance(where, str) else where.device, next_creator, kwargs)
        sizes = self._sizes(kwargs)
        # What belongs to a variable in shards is divided like it, each part beside the shard.
        beside = [] if where is None else [shard.device for shard in where.variables]
        alike = beside and len(beside) == len(sizes)
        places = iter(beside if alike else self._next_servers())
        if len(sizes) < 2:
            return self._on(next(places), next_creator, kwargs)
        return ShardedVariable(self._shards(places, next_creator, kwargs, sizes))

    def _owned(self, variable: Any) -> Any:
        variable.distribute_strategy = self._strategy
        return variable

    def _next_servers(self) -> Iterator[str]:
        for number in self._numbers:
            yield _server(number % self._servers)

    def _on(self, name: str, next_creator: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        # A variable that is made while a function is traced is made at once, too.
        with device(name), EagerDeviceScope(name):
            return self._owned(next_creator(**kwargs))

    def _sizes(self, kwargs: dict[str, Any]) -> list[int]:
        """How many rows each shard of a variable has; what is said of it is completed."""
        if self._partitioner is None:
            return []
        value, dtype, shape = (kwargs.get(key) for key in ("initial_value", "dtype", "shape"))
        if value is None:
            raise ValueError(
                "It looks like you are using `ParameterServerStrategy` with a "
                "`variable_partitioner`, and trying to create a variable without specifying "
                "`initial_value`. This is not allowed. Please specify the `initial_value`."
            )
        if isinstance(value, SymbolicTensor):
            value = value.graph.evaluate(value)  # shards are made at once, also in a function
        with init_scope():
            if callable(value) and (shape is None or dtype is None):
                value = value()
            if not callable(value):
                value = convert_to_tensor(value, dtype)
                kwargs.update(initial_value=value, dtype=value.dtype, shape=value.shape)
        shape = TensorShape(kwargs["shape"])
        if not shape.rank:
            return []
        counts = self._partitioner(shape=shape, dtype=kwargs["dtype"])
        if not counts or not counts[0] or any(count != 1 for count in counts[1:]):
            raise ValueError(
                "variable_partitioner must return a list/tuple whose elements are 1 besides the "
                f"first element (non-zero), got: {counts!r}"
            )
        rows = shape[0] or 0
        number = min(int(counts[0]), rows)
        return [rows // number + (i < rows % number) for i in range(number)] if number else []

    def _shards(
        self,
        places: Iterator[str],
        next_creator: Callable[..., Any],
        kwargs: dict[str, Any],
        sizes: Sequence[int],
    ) -> Iterator[Any]:
        name, value, rest = kwargs.get("name"), kwargs["initial_value"], list(kwargs["shape"])[1:]
        offset = 0
        for i, size in enumerate(sizes):
            shape = TensorShape([size, *rest])
            own = {
                **kwargs,
                "shape": shape,
                "initial_value": _initial_part(value, shape, offset),
            }
            if name is not None:
                own["name"] = f"{name}/part_{i}"
            yield self._on(next(places), next_creator, own)
            offset += size

    @contextlib.contextmanager
    def colocate_vars_with(self, colocate_with_variable: Any) -> Iterator[None]:
        def beside(next_creator: Callable[..., Any], **kwargs: Any) -> Any:
            return next_creator(**kwargs, colocate_with=colocate_with_variable)

        is_sharded = isinstance(colocate_with_variable, ShardedVariable)
        first = colocate_with_variable.variables[0] if is_sharded else colocate_with_variable
        # Outside of the scope nothing is placed.
        creator = variable_creator_scope(beside) if self._is_in_force() else nullcontext()
        with super().colocate_vars_with(first), creator:
            yield

    def _is_in_force(self) -> bool:
        return current().strategy is self._strategy

    # ---- updates ----

    def update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        with entered(Entry(self._strategy, None, update=0)):
            result = fn(var, *args, **(kwargs or {}))
        return result if group else nest.map_structure(self.local_results, result)


def _server(index: int) -> str:
    return f"/job:ps/replica:0/task:{index}/device:CPU:0"


class ShardInfo(NamedTuple):
    """What an initializer with a parameter `shard_info` is told.

    Attributes:
        shape: of the shard that it is to make.
        offset: where that begins in the whole variable, for each axis.
    """

    shape: TensorShape
    offset: tuple[int, ...]


def _initial_part(value: Any, shape: TensorShape, offset: int) -> Callable[[], Any]:
    """What makes the initial value of a shard, and no more than that where it can."""

    def part() -> Any:
        if not callable(value):
            return value[offset : offset + (shape[0] or 0)]
        place = (offset, *(0 for _ in shape[1:]))
        try:
            made: Any = value(partition_shape=tuple(shape.as_list()), partition_offset=place)
        except (TypeError, ValueError):
            made = value()  # it makes the whole only
        if TensorShape(made.shape) == shape:
            return made
        return made[offset : offset + (shape[0] or 0)]

    if callable(value) and "shard_info" in inspect.signature(value).parameters:
        place = (offset, *(0 for _ in shape[1:]))
        return lambda: value(shard_info=ShardInfo(shape=shape, offset=place))
    return part


@export("distribute.ParameterServerStrategy", "distribute.experimental.ParameterServerStrategy")
class ParameterServerStrategy(Strategy):
    """Keep variables on parameter servers, which workers read and change, each at its own pace.

    The process that makes it is the coordinator: it has the training loop, makes the variables, and
    schedules functions with a `tf.distribute.coordinator.ClusterCoordinator`. The other processes
    are `tf.distribute.Server`s.

    Args:
        cluster_resolver: tells of the cluster; its jobs are "worker", "ps", and "chief" for the
            coordinator.
        variable_partitioner: divides large variables over the servers: a
            `tf.distribute.experimental.partitioners.Partitioner`, or a function of `shape` and
            `dtype` that returns a list of the number of parts along each dimension.

    Raises:
        ValueError: the cluster has no workers, no parameter servers, or other jobs.
        tf.errors.UnavailableError: a task did not come; it is named.
    """

    _is_parameter_server_strategy_v2 = True

    _should_use_with_coordinator = True

    def __init__(self, cluster_resolver: ClusterResolver, variable_partitioner: Any = None):
        self._resolver = cluster_resolver
        cluster = cluster_resolver.cluster_spec()
        _check(cluster)
        self._cluster_coordinator: Any = None
        filters = ClusterDeviceFilters()
        experimental_connect_to_cluster(
            cluster_resolver,
            job_name="chief",
            protocol=getattr(cluster_resolver, "rpc_layer", None) or "grpc",
            cluster_device_filters=filters,
        )
        super().__init__(ParameterServerExtended(self, cluster, variable_partitioner))

    @property
    def cluster_resolver(self) -> ClusterResolver:
        """What told the strategy of its cluster."""
        return self._resolver


def _check(cluster: Any) -> None:
    if not cluster:
        raise ValueError(
            "Cluster spec must be non-empty in `tf.distribute.cluster_resolver.ClusterResolver`."
        )
    jobs = cluster.as_dict()
    for job in jobs:
        if job not in _JOBS:
            raise ValueError(
                f"Disallowed task type found in cluster spec. Allowed types are {list(_JOBS)} and "
                f"the cluster spec is {cluster}."
            )
    for job in ("ps", "worker"):
        if not jobs.get(job):
            raise ValueError(f"There must be at least one {job}.")
