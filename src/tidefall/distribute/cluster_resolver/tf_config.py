"""`TFConfigClusterResolver`: the cluster that the environment variable TF_CONFIG describes."""

from __future__ import annotations

import json
import os
from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver, master_url
from tidefall.distribute.cluster_spec import ClusterSpec

_EXPECTED = (
    'a JSON object such as {"cluster": {"worker": ["host:port", ...]}, '
    '"task": {"type": "worker", "index": 0}}'
)


def _config() -> dict[str, Any]:
    text = os.environ.get("TF_CONFIG", "{}")
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise json.JSONDecodeError(
            f"TF_CONFIG is {text!r}, expected {_EXPECTED}; {error.msg}", error.doc, error.pos
        ) from None
    if not isinstance(config, dict):
        raise TypeError(f"TF_CONFIG is {text!r}, expected {_EXPECTED}")
    return config


def _task() -> dict[str, Any]:
    task = _config().get("task", {})
    if not isinstance(task, dict):
        raise TypeError(f"'task' of TF_CONFIG is {task!r}, expected an object as in {_EXPECTED}")
    return task


@export(
    "distribute.cluster_resolver.TFConfigClusterResolver",
    "compat.v1.distribute.cluster_resolver.TFConfigClusterResolver",
)
class TFConfigClusterResolver(ClusterResolver):
    """The cluster that the environment variable TF_CONFIG describes.

    Args:
        task_type, task_id, rpc_layer: in place of what it says.
        environment: where the program runs.

    >>> import json, os
    >>> import tidefall as tf
    >>> os.environ["TF_CONFIG"] = json.dumps(
    ...     {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}
    ... )
    >>> resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    >>> resolver.task_type, resolver.task_id, resolver.master()
    ('worker', 1, 'b:1')
    >>> del os.environ["TF_CONFIG"]
    """

    def __init__(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
        environment: str | None = None,
    ):
        self._task_type = task_type
        self._task_id = task_id
        self._rpc_layer = rpc_layer
        self._environment = environment

    @property
    def task_type(self) -> Any:
        """The job of this process, None if TF_CONFIG does not say it."""
        if self._task_type is not None:
            return str(self._task_type)
        found = _task().get("type")
        return None if found is None else str(found)

    @task_type.setter
    def task_type(self, task_type: Any) -> None:
        self._task_type = task_type

    @property
    def task_id(self) -> Any:
        """The number of this process, None if TF_CONFIG does not say it.

        Raises:
            ValueError: if it says something that is no number.
        """
        if self._task_id is not None:
            return int(self._task_id)
        found = _task().get("index")
        try:
            return None if found is None else int(found)
        except ValueError:
            raise ValueError(
                f"'index' of the task in TF_CONFIG is {found!r}, expected a number"
            ) from None

    @task_id.setter
    def task_id(self, task_id: Any) -> None:
        self._task_id = task_id

    @property
    def environment(self) -> Any:
        return self._environment

    @property
    def rpc_layer(self) -> Any:
        """The protocol."""
        return _config().get("rpc_layer") if self._rpc_layer is None else self._rpc_layer

    @rpc_layer.setter
    def rpc_layer(self, rpc_layer: Any) -> None:
        self._rpc_layer = rpc_layer

    def num_accelerators(
        self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None
    ) -> dict[str, int]:
        """How many devices of each kind this worker has, or another one."""
        task_type = self.task_type if task_type is None else task_type
        task_id = self.task_id if task_id is None else task_id
        return super().num_accelerators(task_type, task_id, config_proto)

    def cluster_spec(self) -> ClusterSpec:
        """The cluster, without jobs if TF_CONFIG names none.

        Raises:
            json.JSONDecodeError: (a ValueError) if TF_CONFIG is no JSON.
            TypeError: if it describes no cluster.
        """
        return ClusterSpec(_config().get("cluster", {}))

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default this one's; "" if it is the only one.

        Raises:
            ValueError: if the cluster has no such task.
        """
        session_master = _config().get("session_master")
        if session_master is not None:
            return session_master
        cluster = self.cluster_spec()
        if sum(cluster.num_tasks(job) for job in cluster.jobs) <= 1:
            return ""
        task_type = self.task_type if task_type is None else task_type
        task_id = self.task_id if task_id is None else task_id
        address = cluster.task_address(task_type, task_id)  # type: ignore[arg-type]
        return master_url(address, self.rpc_layer if rpc_layer is None else rpc_layer)
