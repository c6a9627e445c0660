"""`tf.tpu.experimental`: starting a TPU system, which says here that there is none."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.tpu import TPUClusterResolver


def no_tpu(resolver: TPUClusterResolver) -> NotFoundError:
    """The error for a TPU that a resolver found, and Tidefall cannot use."""
    return NotFoundError(
        None,
        None,
        f"TPUs not found in the cluster: Tidefall runs on CPUs and GPUs, not on TPU "
        f"{resolver.tpu!r}. Use tf.distribute.MirroredStrategy.",
    )


@export(
    "tpu.experimental.initialize_tpu_system", "compat.v1.tpu.experimental.initialize_tpu_system"
)
def initialize_tpu_system(cluster_resolver: TPUClusterResolver | None = None) -> Any:
    """Start the TPUs of a cluster.

    Args:
        cluster_resolver: which; by default what the environment names.

    Raises:
        ValueError: if nothing names a TPU.
        NotFoundError: else, as Tidefall has no TPUs.

    >>> import tidefall as tf
    >>> try:
    ...     tf.tpu.experimental.initialize_tpu_system()
    ... except ValueError:
    ...     strategy = tf.distribute.MirroredStrategy(["cpu:0"])
    """
    raise no_tpu(cluster_resolver or TPUClusterResolver(""))


@export("tpu.experimental.shutdown_tpu_system", "compat.v1.tpu.experimental.shutdown_tpu_system")
def shutdown_tpu_system(cluster_resolver: TPUClusterResolver | None = None) -> None:
    """Stop the TPUs of a cluster.

    Args:
        cluster_resolver: which; by default what the environment names.

    Raises:
        ValueError: if nothing names a TPU.
        NotFoundError: else, as Tidefall has no TPUs.

    >>> import tidefall as tf
    >>> tpu = tf.distribute.cluster_resolver.TPUClusterResolver("local")
    >>> try:
    ...     tf.tpu.experimental.shutdown_tpu_system(tpu)
    ... except tf.errors.NotFoundError as error:
    ...     print(error.message.partition(":")[0])
    TPUs not found in the cluster
    """
    raise no_tpu(cluster_resolver or TPUClusterResolver(""))


@export("tpu.experimental.TPUSystemMetadata", "compat.v1.tpu.experimental.TPUSystemMetadata")
class TPUSystemMetadata(NamedTuple):
    """What there is of a TPU system.

    Attributes:
        num_cores: number of cores.
        num_hosts: number of hosts.
        num_of_cores_per_host: number of cores of each host.
        topology: a `tf.tpu.experimental.Topology`.
        devices: names of the devices.

    >>> import tidefall as tf
    >>> tf.tpu.experimental.TPUSystemMetadata(8, 1, 8, None, ()).num_cores
    8
    """

    num_cores: int
    num_hosts: int
    num_of_cores_per_host: int
    topology: Any
    devices: tuple[str, ...]


@export("tpu.XLAOptions", "compat.v1.tpu.XLAOptions")
class XLAOptions(NamedTuple):
    """How XLA compiles for TPUs, for `tf.distribute.RunOptions`; it changes nothing here.

    >>> import tidefall as tf
    >>> tf.tpu.XLAOptions().enable_xla_dynamic_padder
    True
    """

    use_spmd_for_xla_partitioning: bool = True
    enable_xla_dynamic_padder: bool = True
    use_shardy_partitioner: bool = False
