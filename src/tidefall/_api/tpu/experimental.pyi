# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.tpu.experimental`."""

import tidefall as tf
from typing import Any
from typing import NamedTuple

class TPUSystemMetadata(NamedTuple):
    """What there is of a TPU system."""
    num_cores: Any
    num_hosts: Any
    num_of_cores_per_host: Any
    topology: Any
    devices: Any
def initialize_tpu_system(cluster_resolver: tf.distribute.cluster_resolver.TPUClusterResolver | None = None) -> Any:
    """Start the TPUs of a cluster."""
def shutdown_tpu_system(cluster_resolver: tf.distribute.cluster_resolver.TPUClusterResolver | None = None) -> None:
    """Stop the TPUs of a cluster."""
