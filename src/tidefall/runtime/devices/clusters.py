"""`tf.config`: joining other processes, which Tidefall does not do yet."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export


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
    """Use the devices of another machine; not implemented.

    Args:
        remote_host: its address, or a list of them.
        job_name: name of the job they form.

    Raises:
        ValueError: without an address.
        UnimplementedError: with one.
    """
    if not remote_host:
        raise ValueError("Must provide at least one remote_host")
    raise UnimplementedError(
        None, None, "tf.config.experimental_connect_to_host is not implemented in Tidefall yet."
    )


@export("config.experimental_connect_to_cluster")
def experimental_connect_to_cluster(
    cluster_spec_or_resolver: Any,
    job_name: str = "localhost",
    task_index: int = 0,
    protocol: str | None = None,
    make_master_device_default: bool = True,
    cluster_device_filters: Any = None,
) -> None:
    """Use the devices of a cluster; not implemented.

    Args:
        cluster_spec_or_resolver: a `tf.train.ClusterSpec` or a cluster resolver.
        job_name, task_index: what this process is in it.
        protocol: how its processes talk.
        make_master_device_default: whether ops run at the resolver's master by default.
        cluster_device_filters: `tf.config.experimental.ClusterDeviceFilters`.

    Raises:
        ValueError: for another kind of object.
        UnimplementedError: always else.
    """
    if not any(hasattr(cluster_spec_or_resolver, a) for a in ("cluster_spec", "as_cluster_def")):
        raise ValueError(
            "`cluster_spec_or_resolver` must be a `ClusterSpec` or a `ClusterResolver`."
        )
    raise UnimplementedError(
        None, None, "tf.config.experimental_connect_to_cluster is not implemented in Tidefall yet."
    )
