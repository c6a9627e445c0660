"""`tf.config`: using the devices of other processes."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver
from tidefall.distribute.cluster_spec import ClusterSpec


@export("config.experimental.ClusterDeviceFilters")
class ClusterDeviceFilters:
    """Which devices of a cluster the task of a job may see.

    >>> import tidefall as tf
    >>> filters = tf.config.experimental.ClusterDeviceFilters()
    >>> filters.set_device_filters("worker", 0, ["/job:worker/replica:0/task:0", "/job:ps"])
    """

    def __init__(self) -> None:
        self._filters: dict[tuple[str, Any], list[str]] = {}

    def set_device_filters(self, job_name: str, task_index: int, device_filters: Any) -> None:
        """Let a task see only some devices.

        Args:
            job_name: name of the job.
            task_index: number of the task.
            device_filters: beginnings of device names.
        """
        self._filters[job_name, task_index] = list(device_filters)


@export("config.experimental_connect_to_host")
def experimental_connect_to_host(remote_host: Any = None, job_name: str = "worker") -> None:
    """Use the devices of other machines, on each of which a `tf.distribute.Server` is.

    Args:
        remote_host: the address of one, or a list of them.
        job_name: name of the job they form.

    Raises:
        ValueError: without an address.
        tf.errors.UnavailableError: one does not answer.

    >>> import tidefall as tf
    >>> tf.config.experimental_connect_to_host()
    Traceback (most recent call last):
    ValueError: Must provide at least one remote_host
    """
    if not remote_host:
        raise ValueError("Must provide at least one remote_host")
    hosts = list(remote_host) if isinstance(remote_host, (list, tuple)) else [remote_host]
    plain = [host.removeprefix("grpc://") for host in hosts]
    experimental_connect_to_cluster(ClusterSpec({job_name: plain}))


@export("config.experimental_connect_to_cluster")
def experimental_connect_to_cluster(
    cluster_spec_or_resolver: Any,
    job_name: str = "localhost",
    task_index: int = 0,
    protocol: str | None = None,
    make_master_device_default: bool = True,
    cluster_device_filters: Any = None,
) -> None:
    """Use the devices of a cluster: `tf.device("/job:worker/task:1")` is one of them from now on.

    Each of its tasks is a `tf.distribute.Server`. What is already connected to another cluster is
    let go.

    Args:
        cluster_spec_or_resolver: a `tf.train.ClusterSpec` or a cluster resolver.
        job_name, task_index: what this process is in it.
        protocol: how its processes talk: "grpc".
        make_master_device_default: whether ops run at the resolver's master by default; they run
            here in any case.
        cluster_device_filters: `tf.config.experimental.ClusterDeviceFilters`: the tasks that this
            one is to see, by default all.

    Raises:
        ValueError: in a graph, or for another kind of object.
        tf.errors.UnavailableError: a task does not come within a minute; it is named.

    >>> import tidefall as tf
    >>> alone = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    >>> tf.config.experimental_connect_to_cluster(alone)
    """
    if state.graph is not None:
        raise ValueError(
            "`tf.config.experimental_connect_to_cluster` can only be called in eager mode."
        )
    cluster = cluster_spec_or_resolver
    if isinstance(cluster, ClusterResolver):
        if cluster.master() in ("", "local"):
            return
        cluster = cluster.cluster_spec()
    elif not isinstance(cluster, ClusterSpec):
        raise ValueError(
            "`cluster_spec_or_resolver` must be a `ClusterSpec` or a `ClusterResolver`."
        )
    if cluster_device_filters and not isinstance(cluster_device_filters, ClusterDeviceFilters):
        raise ValueError(
            "`cluster_device_filters` must be an instance of "
            "`tf.config.experimental.ClusterDeviceFilters`."
        )
    if protocol not in (None, "grpc"):
        raise ValueError(f'`protocol` must be "grpc". Received: {protocol!r}')
    from tidefall.distribute.cluster.tasks import connect  # it needs the extra `serve`

    seen = _seen(cluster_device_filters, job_name, task_index)
    connect(cluster, job_name, task_index, seen)


def _seen(filters: ClusterDeviceFilters | None, job: str, index: int) -> list[str] | None:
    found = None if filters is None else filters._filters.get((job, index))
    return None if found is None else [each.lstrip("/") for each in found]
