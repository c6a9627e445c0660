# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute.cluster_resolver`."""

import enum
import tidefall as tf
from typing import Any

class ClusterResolver:
    """What tells a program of the cluster that it runs in."""
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The cluster as it is now."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, for sessions of TensorFlow 1."""
    def num_accelerators(self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None) -> dict[str, int]:
        """How many devices of each kind but the CPU a worker has."""
    @property
    def environment(self) -> Any:
        """Where the program runs: "" outside of Google."""
    @property
    def task_type(self) -> Any:
        """The job of this process, such as "worker"; None if unknown."""
    @task_type.setter
    def task_type(self, value: Any) -> None: ...
    @property
    def task_id(self) -> Any:
        """The number of this process in its job; None if unknown."""
    @task_id.setter
    def task_id(self, value: Any) -> None: ...
class GCEClusterResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """The machines of an instance group of Google Compute Engine."""
    rpc_layer: str
    def __init__(self, project: str, zone: str, instance_group: str, port: int, task_type: str = 'worker', task_id: int = 0, rpc_layer: str = 'grpc', credentials: Any = 'default', service: Any = None) -> None: ...
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The running machines of the group, in the order of their addresses."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default this one's."""
    @property
    def task_type(self) -> Any:
        """The job that the machines form."""
    @task_type.setter
    def task_type(self, value: Any) -> None: ...
class KubernetesClusterResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """The pods of a Kubernetes cluster that carry some labels."""
    rpc_layer: str
    def __init__(self, job_to_label_mapping: dict[str, list[str]] | None = None, tf_server_port: int = 8470, rpc_layer: str = 'grpc', override_client: Any = None, executable_location: tf.distribute.cluster_resolver.KubernetesExecutableLocation = tf.distribute.cluster_resolver.KubernetesExecutableLocation.WITHIN_CLUSTER) -> None: ...
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The running pods, those of each selector in the order of their names."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default this one's; "" if that is not known."""
class KubernetesExecutableLocation(enum.Enum):
    """Where the program runs: in a pod of the cluster, or elsewhere."""
    WITHIN_CLUSTER = 0
    OFF_CLUSTER = 1
class SimpleClusterResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """A resolver that says what it was told."""
    rpc_layer: str | None
    def __init__(self, cluster_spec: tf.train.ClusterSpec, master: str = '', task_type: str | None = None, task_id: int | None = None, environment: str = '', num_accelerators: dict[str, int] | None = None, rpc_layer: str | None = None) -> None: ...
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The cluster that was given."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default the master that was given."""
    @property
    def environment(self) -> Any: ...
    def num_accelerators(self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None) -> dict[str, int]:
        """The numbers that were given."""
class SlurmClusterResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """The tasks of the Slurm job step that this process belongs to."""
    rpc_layer: str
    task_type: Any
    task_id: Any
    def __init__(self, jobs: dict[str, int] | None = None, port_base: int = 8888, gpus_per_node: int | None = None, gpus_per_task: int | None = None, tasks_per_node: int | dict[str, int] | None = None, auto_set_gpu: bool = True, rpc_layer: str = 'grpc') -> None: ...
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The jobs and the addresses of their tasks, hosts and jobs in the order of their names."""
    def get_task_info(self) -> tuple[Any, Any]:
        """The job and number of this process; None before `cluster_spec` was called."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default this one's; "" before `cluster_spec` was called."""
    def num_accelerators(self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None) -> dict[str, int]:
        """How many GPUs each task has."""
class TFConfigClusterResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """The cluster that the environment variable TF_CONFIG describes."""
    def __init__(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None, environment: str | None = None) -> None: ...
    @property
    def task_type(self) -> Any:
        """The job of this process, None if TF_CONFIG does not say it."""
    @task_type.setter
    def task_type(self, value: Any) -> None: ...
    @property
    def task_id(self) -> Any:
        """The number of this process, None if TF_CONFIG does not say it."""
    @task_id.setter
    def task_id(self, value: Any) -> None: ...
    @property
    def environment(self) -> Any: ...
    @property
    def rpc_layer(self) -> Any:
        """The protocol."""
    @rpc_layer.setter
    def rpc_layer(self, value: Any) -> None: ...
    def num_accelerators(self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None) -> dict[str, int]:
        """How many devices of each kind this worker has, or another one."""
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The cluster, without jobs if TF_CONFIG names none."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default this one's; "" if it is the only one."""
class TPUClusterResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """The hosts of a Cloud TPU."""
    task_type: str
    task_id: Any
    def __init__(self, tpu: Any = None, zone: str | None = None, project: str | None = None, job_name: str = 'worker', coordinator_name: str | None = None, coordinator_address: str | None = None, credentials: Any = 'default', service: Any = None, discovery_url: str | None = None) -> None: ...
    @staticmethod
    def connect(tpu: Any = None, zone: str | None = None, project: str | None = None) -> tf.distribute.cluster_resolver.TPUClusterResolver:
        """Resolve a TPU and initialize it."""
    @property
    def tpu(self) -> str:
        """Its name or addresses, or "local"."""
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The TPU's hosts; without jobs for a TPU in this machine."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default the first host's; "" for a TPU in this machine."""
    def get_master(self) -> str:
        """Same as `master()`."""
    def get_job_name(self) -> str:
        """The job that the hosts form."""
    def get_coordination_service_leader(self) -> str:
        """The task that the others coordinate through: the first host."""
    def get_tpu_system_metadata(self) -> Any:
        """The number of cores and hosts, as `tf.tpu.experimental.TPUSystemMetadata`."""
    def num_accelerators(self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None) -> dict[str, int]:
        """How many TPU cores each host has."""
    tpu_hardware_feature: Any
class UnionResolver(tf.distribute.cluster_resolver.ClusterResolver):
    """Several resolvers as one: all of their clusters, and what else the first of them says."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def cluster_spec(self) -> tf.train.ClusterSpec:
        """The jobs of all clusters."""
    def master(self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None) -> str:
        """The address of a task, by default the first resolver's master."""
    @property
    def task_type(self) -> Any:
        """The job of this process: the one given, or the first resolver's."""
    @task_type.setter
    def task_type(self, value: Any) -> None: ...
    @property
    def task_id(self) -> Any:
        """The number of this process: the one given, or the first resolver's."""
    @task_id.setter
    def task_id(self, value: Any) -> None: ...
    @property
    def environment(self) -> Any: ...
    def num_accelerators(self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None) -> dict[str, int]:
        """What the first resolver says."""
    @property
    def rpc_layer(self) -> Any:
        """The protocol: the one given, or the first resolver's."""
    @rpc_layer.setter
    def rpc_layer(self, value: Any) -> None: ...
