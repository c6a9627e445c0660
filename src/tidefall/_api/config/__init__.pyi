# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.config`."""

import tidefall as tf
from tidefall._api.config import experimental as experimental
from tidefall._api.config import optimizer as optimizer
from tidefall._api.config import threading as threading
from typing import Any
from typing import NamedTuple

class LogicalDevice(NamedTuple):
    """A device that programs see: a physical one, or a part of one."""
    name: Any
    device_type: Any
class LogicalDeviceConfiguration(NamedTuple):
    """How a logical device is carved out of a physical one."""
    memory_limit: Any = None
    experimental_priority: Any = None
    experimental_device_ordinal: Any = None
class PhysicalDevice(NamedTuple):
    """A device of this machine."""
    name: Any
    device_type: Any
def experimental_connect_to_cluster(cluster_spec_or_resolver: Any, job_name: str = 'localhost', task_index: int = 0, protocol: str | None = None, make_master_device_default: bool = True, cluster_device_filters: Any = None) -> None:
    """Use the devices of a cluster: `tf.device("/job:worker/task:1")` is one of them from now on."""
def experimental_connect_to_host(remote_host: Any = None, job_name: str = 'worker') -> None:
    """Use the devices of other machines, on each of which a `tf.distribute.Server` is."""
def experimental_functions_run_eagerly() -> bool:
    """Whether `tf.function`s currently run as plain Python functions."""
def experimental_run_functions_eagerly(run_eagerly: bool) -> None:
    """Make every `tf.function` run as the plain Python function, for debugging."""
functions_run_eagerly = tf.config.experimental_functions_run_eagerly
def get_logical_device_configuration(device: Any) -> Any:
    """What a device was split into."""
def get_soft_device_placement() -> bool:
    """Whether ops for a device that is not there, or cannot run them, run elsewhere."""
def get_visible_devices(device_type: str | None = None) -> list[tf.config.PhysicalDevice]:
    """Devices that programs may use."""
def list_logical_devices(device_type: str | None = None) -> list[tf.config.LogicalDevice]:
    """Devices that programs see. Once asked, they cannot be set up any more."""
def list_physical_devices(device_type: str | None = None) -> list[tf.config.PhysicalDevice]:
    """Devices of this machine. Asking starts none of them."""
run_functions_eagerly = tf.config.experimental_run_functions_eagerly
def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Split a device into several logical ones."""
def set_soft_device_placement(enabled: bool | None) -> None:
    """Let ops for a device that is not there run elsewhere, or make that an error."""
def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Choose the devices that programs may use."""
