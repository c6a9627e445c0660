"""`GCEClusterResolver`: the machines of an instance group of Google Compute Engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver, master_url
from tidefall.distribute.cluster_spec import ClusterSpec


def _service(credentials: Any) -> Any:
    try:
        from googleapiclient import discovery  # pyright: ignore[reportMissingImports]
        from oauth2client.client import GoogleCredentials  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ImportError(
            "googleapiclient must be installed before using the GCE cluster resolver: "
            "pip install google-api-python-client oauth2client"
        ) from None
    if credentials == "default":
        credentials = GoogleCredentials.get_application_default()
    return discovery.build("compute", "v1", credentials=credentials)


@export(
    "distribute.cluster_resolver.GCEClusterResolver",
    "compat.v1.distribute.cluster_resolver.GCEClusterResolver",
)
class GCEClusterResolver(ClusterResolver):
    """The machines of an instance group of Google Compute Engine.

    Args:
        project, zone, instance_group: names of these.
        port: the port that all tasks listen at.
        task_type: the job that the machines form.
        task_id: which of them this one is.
        rpc_layer: the protocol.
        credentials: by default those that the machine has.
        service: what `googleapiclient.discovery.build("compute", "v1")` returned.

    Raises:
        ImportError: without `service` and without the google-api-python-client package.

    >>> from unittest.mock import MagicMock
    >>> import tidefall as tf
    >>> service = MagicMock()
    >>> listed = service.instanceGroups().listInstances().execute
    >>> listed.return_value = {"items": [{"instance": "zones/z/instances/first"}]}
    >>> service.instanceGroups().listInstances_next.return_value = None
    >>> found = {"networkInterfaces": [{"networkIP": "10.0.0.1"}]}
    >>> service.instances().get().execute.return_value = found
    >>> tf.distribute.cluster_resolver.GCEClusterResolver(
    ...     "project", "zone", "group", 8470, service=service
    ... ).master()
    'grpc://10.0.0.1:8470'
    """

    def __init__(
        self,
        project: str,
        zone: str,
        instance_group: str,
        port: int,
        task_type: str = "worker",
        task_id: int = 0,
        rpc_layer: str = "grpc",
        credentials: Any = "default",
        service: Any = None,
    ):
        self._place = {"project": project, "zone": zone}
        self._instance_group = instance_group
        self._port = port
        self._task_type = task_type
        self._task_id = task_id
        self.rpc_layer = rpc_layer
        self._service = _service(credentials) if service is None else service

    def cluster_spec(self) -> ClusterSpec:
        """The running machines of the group, in the order of their addresses."""
        addresses = sorted(f"{self._ip(name)}:{self._port}" for name in self._running())
        return ClusterSpec({self._task_type: addresses})

    def _running(self) -> Iterator[str]:
        groups = self._service.instanceGroups()
        request = groups.listInstances(
            **self._place,
            instanceGroup=self._instance_group,
            body={"instanceState": "RUNNING"},
            orderBy="name",
        )
        while request is not None:
            response = request.execute()
            for instance in response.get("items", []):
                yield instance["instance"].split("/")[-1]
            request = groups.listInstances_next(
                previous_request=request, previous_response=response
            )

    def _ip(self, instance: str) -> str:
        found = self._service.instances().get(**self._place, instance=instance).execute()
        return found["networkInterfaces"][0]["networkIP"]

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default this one's."""
        task_type = self._task_type if task_type is None else task_type
        task_id = self._task_id if task_id is None else task_id
        if task_type is None or task_id is None:
            return ""
        address = self.cluster_spec().task_address(task_type, task_id)
        return master_url(address, rpc_layer or self.rpc_layer)

    @property
    def task_type(self) -> Any:
        """The job that the machines form."""
        return self._task_type

    @task_type.setter
    def task_type(self, task_type: Any) -> None:
        raise RuntimeError(
            "You cannot reset the task_type of the GCEClusterResolver after it has been created."
        )
