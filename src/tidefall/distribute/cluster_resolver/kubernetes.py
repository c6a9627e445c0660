"""`KubernetesClusterResolver`: the pods of a Kubernetes cluster that carry some labels."""

from __future__ import annotations

import enum
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver, master_url
from tidefall.distribute.cluster_spec import ClusterSpec

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@export(
    "distribute.cluster_resolver.KubernetesExecutableLocation",
    "compat.v1.distribute.cluster_resolver.KubernetesExecutableLocation",
)
class ExecutableLocation(enum.Enum):
    """Where the program runs: in a pod of the cluster, or elsewhere.

    >>> import tidefall as tf
    >>> tf.distribute.cluster_resolver.KubernetesExecutableLocation(1).name
    'OFF_CLUSTER'
    """

    WITHIN_CLUSTER = 0
    OFF_CLUSTER = 1


class Pod(NamedTuple):
    """What matters of a pod."""

    name: str
    phase: str
    host_ip: str


class _Pods(Protocol):
    """Lists pods by their labels."""

    def pods(self, selector: str) -> Iterator[Pod]: ...


class ServiceAccountPods:
    """Pods as the API server lists them for the service account of this process's pod.

    Args:
        account: the folder that Kubernetes mounts its token and certificate in.

    Raises:
        RuntimeError: outside of a pod.
    """

    def __init__(self, account: Path = SERVICE_ACCOUNT):
        host = os.environ.get("KUBERNETES_SERVICE_HOST")
        port = os.environ.get("KUBERNETES_SERVICE_PORT")
        if not host or not port or not (account / "token").is_file():
            raise RuntimeError(
                "This process does not run in a pod of Kubernetes: that needs "
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in the environment and a "
                f"service account's token in {account}. Use `override_client`, or "
                "KubernetesExecutableLocation.OFF_CLUSTER."
            )
        self._host = f"[{host}]" if ":" in host else host
        self._port = port
        self._account = account

    def pods(self, selector: str) -> Iterator[Pod]:
        """The pods of all namespaces with some labels.

        Raises:
            RuntimeError: if the API server refuses.
        """
        query = urllib.parse.urlencode({"labelSelector": selector})
        url = f"https://{self._host}:{self._port}/api/v1/pods?{query}"
        token = (self._account / "token").read_text().strip()  # Kubernetes replaces it at times
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        trusted = ssl.create_default_context(cafile=str(self._account / "ca.crt"))
        try:
            with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
                listed = json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(
                f"The Kubernetes API answered {error.code} to {url}: {error.read().decode()}"
            ) from error
        for item in listed["items"]:
            status = item["status"]
            yield Pod(item["metadata"]["name"], status["phase"], status.get("hostIP", ""))


class ClientPods:
    """Pods as a client of the `kubernetes` package lists them.

    Args:
        client: its `CoreV1Api`.
    """

    def __init__(self, client: Any):
        self._client = client

    def pods(self, selector: str) -> Iterator[Pod]:
        """The pods of all namespaces with some labels."""
        for item in self._client.list_pod_for_all_namespaces(label_selector=selector).items:
            yield Pod(item.metadata.name, item.status.phase, item.status.host_ip)


def _configured_client() -> Any:
    try:
        from kubernetes import client, config  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ImportError(
            "The Kubernetes Python client must be installed before using the Kubernetes Cluster "
            "Resolver. To install the Kubernetes Python client, run `pip install kubernetes` on "
            "your command line."
        ) from None
    config.load_kube_config()
    return client.CoreV1Api()


@export(
    "distribute.cluster_resolver.KubernetesClusterResolver",
    "compat.v1.distribute.cluster_resolver.KubernetesClusterResolver",
)
class KubernetesClusterResolver(ClusterResolver):
    """The pods of a Kubernetes cluster that carry some labels.

    It does not know which of them this process is: set `task_type` and `task_id`. In a pod it asks
    the API server, as the pod's service account; elsewhere it needs the `kubernetes` package.

    Args:
        job_to_label_mapping: the label selectors of each job's pods.
        tf_server_port: the port that all tasks listen at.
        rpc_layer: the protocol.
        override_client: a client with `list_pod_for_all_namespaces`.
        executable_location: whether this process runs in a pod of the cluster.

    Raises:
        ImportError: outside of the cluster without the `kubernetes` package.
        RuntimeError: for a process that runs in no pod but is said to.
        ValueError: for a location that is none.

    >>> from types import SimpleNamespace as Object
    >>> import tidefall as tf
    >>> pod = Object(
    ...     metadata=Object(name="w0"), status=Object(phase="Running", host_ip="10.0.0.1")
    ... )
    >>> client = Object(list_pod_for_all_namespaces=lambda label_selector: Object(items=[pod]))
    >>> resolver = tf.distribute.cluster_resolver.KubernetesClusterResolver(
    ...     {"worker": ["job-name=training"]}, override_client=client
    ... )
    >>> resolver.cluster_spec()
    ClusterSpec({'worker': ['10.0.0.1:8470']})
    """

    def __init__(
        self,
        job_to_label_mapping: dict[str, list[str]] | None = None,
        tf_server_port: int = 8470,
        rpc_layer: str = "grpc",
        override_client: Any = None,
        executable_location: ExecutableLocation = ExecutableLocation.WITHIN_CLUSTER,
    ):
        self._pods: _Pods
        if override_client:
            self._pods = ClientPods(override_client)
        elif executable_location is ExecutableLocation.WITHIN_CLUSTER:
            self._pods = ServiceAccountPods()
        elif executable_location is ExecutableLocation.OFF_CLUSTER:
            self._pods = ClientPods(_configured_client())
        else:
            raise ValueError("The executable location provided is invalid.")
        self._selectors = job_to_label_mapping or {"worker": ["job-name=tensorflow"]}
        self._port = tf_server_port
        self.rpc_layer = rpc_layer

    def cluster_spec(self) -> ClusterSpec:
        """The running pods, those of each selector in the order of their names.

        Raises:
            RuntimeError: if a pod is not running.
        """
        return ClusterSpec(
            {
                job: [self._address(pod) for s in selectors for pod in sorted(self._pods.pods(s))]
                for job, selectors in self._selectors.items()
            }
        )

    def _address(self, pod: Pod) -> str:
        if pod.phase != "Running":
            raise RuntimeError(f'Pod "{pod.name}" is not running; phase: "{pod.phase}"')
        return f"{pod.host_ip}:{self._port}"

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default this one's; "" if that is not known."""
        task_type = self.task_type if task_type is None else task_type
        task_id = self.task_id if task_id is None else task_id
        if task_type is None or task_id is None:
            return ""
        address = self.cluster_spec().task_address(task_type, task_id)
        return master_url(address, rpc_layer or self.rpc_layer)
