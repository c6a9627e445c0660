"""`tf.config`: using the devices of other processes, which Tidefall does not do yet."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import UnimplementedError
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


def _not_yet(function: str, what: str) -> UnimplementedError:
    return UnimplementedError(
        None,
        None,
        f"tf.config.{function} is not implemented in Tidefall yet: ops run on the devices of this "
        f"process only, not on those of {what}.",
    )


@export("config.experimental_connect_to_host")
def experimental_connect_to_host(remote_host: Any = None, job_name: str = "worker") -> None:
    """Use the devices of another machine; not implemented.

    Args:
        remote_host: its address, or a list of them.
        job_name: name of the job they form.

    Raises:
        ValueError: without an address.
        UnimplementedError: with one.

    >>> import tidefall as tf
    >>> tf.config.experimental_connect_to_host()
    Traceback (most recent call last):
    ValueError: Must provide at least one remote_host
    """
    if not remote_host:
        raise ValueError("Must provide at least one remote_host")
    raise _not_yet("experimental_connect_to_host", repr(remote_host))


@export("config.experimental_connect_to_cluster")
def experimental_connect_to_cluster(
    cluster_spec_or_resolver: Any,
    job_name: str = "localhost",
    task_index: int = 0,
    protocol: str | None = None,
    make_master_device_default: bool = True,
    cluster_device_filters: Any = None,
) -> None:
    """Use the devices of a cluster: nothing is to be done where that is this process alone.

    Args:
        cluster_spec_or_resolver: a `tf.train.ClusterSpec` or a cluster resolver.
        job_name, task_index: what this process is in it.
        protocol: how its processes talk.
        make_master_device_default: whether ops run at the resolver's master by default.
        cluster_device_filters: `tf.config.experimental.ClusterDeviceFilters`.

    Raises:
        ValueError: in a graph, or for another kind of object.
        UnimplementedError: for a cluster of other processes.

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
    raise _not_yet("experimental_connect_to_cluster", repr(cluster))
