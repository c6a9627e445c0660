# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.config.experimental`."""

import tidefall as tf
from tidefall._api.config import get_visible_devices as get_visible_devices
from tidefall._api.config import list_logical_devices as list_logical_devices
from tidefall._api.config import list_physical_devices as list_physical_devices
from tidefall._api.config import set_visible_devices as set_visible_devices
from typing import Any

class ClusterDeviceFilters:
    """Which devices of a cluster the task of a job may see."""
    def __init__(self) -> None: ...
    def set_device_filters(self, job_name: str, task_index: int, device_filters: Any) -> None:
        """Let a task see only some devices."""
VirtualDeviceConfiguration = tf.config.LogicalDeviceConfiguration
def disable_mlir_bridge() -> None:
    """Accepted: there is one way from graphs to XLA here, and it goes through MLIR."""
def enable_mlir_bridge() -> None:
    """Accepted: there is one way from graphs to XLA here, and it goes through MLIR."""
def enable_op_determinism() -> None:
    """Ask for ops that give the same result every time."""
def enable_tensor_float_32_execution(enabled: object) -> None:
    """Let GPUs round the inputs of float32 products to TensorFloat-32, or not."""
def get_device_details(device: Any) -> dict[str, Any]:
    """What is known about a device."""
def get_device_policy() -> str:
    """What an op on an accelerator does about inputs on another device."""
def get_execution_tier() -> str:
    """Where functions without `jit_compile=True` run: "auto", "host" or "xla"."""
def get_memory_growth(device: Any) -> bool:
    """Whether a GPU's memory is taken bit by bit."""
def get_memory_info(device: Any) -> dict[str, int]:
    """Bytes of a GPU's memory that are in use."""
def get_memory_usage(device: Any) -> int:
    """Bytes of a GPU's memory that are in use; see `get_memory_info`."""
def get_synchronous_execution() -> bool:
    """What `set_synchronous_execution` was given. Eager ops are done when they return."""
get_virtual_device_configuration = tf.config.get_logical_device_configuration
def reset_memory_stats(device: Any) -> None:
    """Start the peak of `get_memory_info` again."""
def set_device_policy(device_policy: str | None) -> None:
    """Choose what an op on an accelerator does about inputs on another device."""
def set_execution_tier(tier: str) -> None:
    """Choose where functions without `jit_compile=True` run."""
def set_memory_growth(device: Any, enable: bool) -> None:
    """Take a GPU's memory bit by bit, or most of it at the start. It holds for all GPUs."""
def set_synchronous_execution(enable: bool | None) -> None:
    """Ask for eager ops that are done when they return, as they always are here."""
set_virtual_device_configuration = tf.config.set_logical_device_configuration
def tensor_float_32_execution_enabled() -> bool:
    """Whether GPUs may round the inputs of float32 products to TensorFloat-32."""
