"""`TPUClusterResolver`: the hosts of a Cloud TPU."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver, master_url
from tidefall.distribute.cluster_resolver.tpu_client import TPUClient
from tidefall.distribute.cluster_spec import ClusterSpec
from tidefall.tensor.context import context


@export(
    "distribute.cluster_resolver.TPUClusterResolver",
    "compat.v1.distribute.cluster_resolver.TPUClusterResolver",
)
class TPUClusterResolver(ClusterResolver):
    """The hosts of a Cloud TPU.

    Args:
        tpu: its name, or addresses of its hosts with grpc:// in front; "local" for one in this
            machine; None for what KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS, TPU_NAME or TPU_CONFIG says.
        zone, project: where it is; by default where this machine is.
        job_name: the job its hosts form.
        coordinator_name, coordinator_address: a job with one more task.
        credentials: by default those that the machine has.
        service: the API, as `googleapiclient.discovery.build` returns it.
        discovery_url: where the API is described.

    Raises:
        ValueError: if nothing names a TPU.
        UnimplementedError: for a coordinator without an address, which would need a server.

    >>> import tidefall as tf
    >>> resolver = tf.distribute.cluster_resolver.TPUClusterResolver("grpc://10.0.0.1:8470")
    >>> resolver.cluster_spec(), resolver.master()
    (ClusterSpec({'worker': ['10.0.0.1:8470']}), 'grpc://10.0.0.1:8470')
    """

    def __init__(
        self,
        tpu: Any = None,
        zone: str | None = None,
        project: str | None = None,
        job_name: str = "worker",
        coordinator_name: str | None = None,
        coordinator_address: str | None = None,
        credentials: Any = "default",
        service: Any = None,
        discovery_url: str | None = None,
    ):
        self._client: TPUClient | None = None
        if tpu != "local":
            self._client = TPUClient(tpu, zone, project, credentials, service, discovery_url)
        if coordinator_name and not coordinator_address:
            raise UnimplementedError(
                None,
                None,
                "TPUClusterResolver cannot start a server for the coordinator in Tidefall: give "
                "`coordinator_address`.",
            )
        self.task_type = job_name
        self.task_id = 0
        self._coordinator = {coordinator_name: [coordinator_address]} if coordinator_name else {}

    @staticmethod
    def connect(
        tpu: Any = None, zone: str | None = None, project: str | None = None
    ) -> TPUClusterResolver:
        """Resolve a TPU and initialize it.

        Raises:
            NotFoundError: as Tidefall has no TPUs.
        """
        from tidefall.distribute.tpu.system import initialize_tpu_system

        resolver = TPUClusterResolver(tpu, zone, project)
        initialize_tpu_system(resolver)
        return resolver

    @property
    def tpu(self) -> str:
        """Its name or addresses, or "local"."""
        return "local" if self._client is None else self._client.name

    def cluster_spec(self) -> ClusterSpec:
        """The TPU's hosts; without jobs for a TPU in this machine.

        Raises:
            RuntimeError: if it is not ready, or the Google API client is missing.
        """
        if self._client is None:
            return ClusterSpec({})
        hosts = [f"{found['ipAddress']}:{found['port']}" for found in self._client.endpoints()]
        return ClusterSpec({self.task_type: hosts, **self._coordinator})

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default the first host's; "" for a TPU in this machine."""
        if self._client is None:
            return ""
        kind, index = task_type, task_id
        if kind is None or index is None:
            kind, index = self.task_type or "worker", self.task_id or 0
        return master_url(self.cluster_spec().task_address(kind, index), "grpc")

    def get_master(self) -> str:
        """Same as `master()`."""
        return self.master()

    def get_job_name(self) -> str:
        """The job that the hosts form."""
        return self.task_type

    def get_coordination_service_leader(self) -> str:
        """The task that the others coordinate through: the first host."""
        return f"/job:{self.get_job_name()}/task:0"

    def get_tpu_system_metadata(self) -> Any:
        """The number of cores and hosts, as `tf.tpu.experimental.TPUSystemMetadata`.

        Raises:
            NotFoundError: as Tidefall has no TPUs.
        """
        from tidefall.distribute.tpu.system import no_tpu

        raise no_tpu(self)

    def num_accelerators(
        self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None
    ) -> dict[str, int]:
        """How many TPU cores each host has."""
        return {"TPU": context.count("TPU")}

    tpu_hardware_feature = None
    """`tf.tpu.experimental.HardwareFeature` of an initialized TPU; None where there is none."""

    def __deepcopy__(self, memo: Any) -> TPUClusterResolver:
        return self
