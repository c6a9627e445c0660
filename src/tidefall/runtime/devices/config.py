"""`tf.config`: which devices there are, how programs see them, and what ops do about them."""

from __future__ import annotations

from typing import Any

from tidefall.base.config import config
from tidefall.base.devices import LogicalDevice, PhysicalDevice
from tidefall.base.exports import export
from tidefall.tensor.context import context


def _of_type(devices: list[Any], device_type: str | None) -> list[Any]:
    return [d for d in devices if device_type is None or d.device_type == device_type]


@export("config.list_physical_devices", "config.experimental.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Devices of this machine. Asking starts none of them.

    Args:
        device_type: "CPU", "GPU" or "TPU"; None for all.

    >>> import tidefall as tf
    >>> tf.config.list_physical_devices("CPU")[0].name
    '/physical_device:CPU:0'
    """
    return _of_type(context.physical_devices(), device_type)


@export("config.list_logical_devices", "config.experimental.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """Devices that programs see. Once asked, they cannot be set up any more.

    Args:
        device_type: "CPU", "GPU" or "TPU"; None for all.

    Raises:
        NotFoundError: if the CPU was made invisible.
    """
    return _of_type(context.logical_devices(), device_type)


@export("config.get_visible_devices", "config.experimental.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Devices that programs may use.

    Args:
        device_type: "CPU", "GPU" or "TPU"; None for all.
    """
    return _of_type(context.visible_devices(), device_type)


@export("config.set_visible_devices", "config.experimental.set_visible_devices")
def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Choose the devices that programs may use.

    Args:
        devices: a physical device or a list of them.
        device_type: the kind that `devices` are all of; the other kinds stay as they are. None
            chooses among all.

    Raises:
        ValueError: for a device that this machine does not have or that is of another kind.
        RuntimeError: once something needed a device.

    >>> import tidefall as tf
    >>> tf.config.set_visible_devices([], "GPU")
    """
    context.set_visible_devices(devices, device_type)


@export(
    "config.get_logical_device_configuration",
    "config.experimental.get_virtual_device_configuration",
)
def get_logical_device_configuration(device: Any) -> Any:
    """What a device was split into.

    Args:
        device: a physical device.

    Returns:
        What `set_logical_device_configuration` was given, or None.

    Raises:
        ValueError: for a device that this machine does not have.
    """
    return context.configuration(device)


@export(
    "config.set_logical_device_configuration",
    "config.experimental.set_virtual_device_configuration",
)
def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Split a device into several logical ones.

    The parts of a CPU share its memory; compiled functions placed on them run side by side.

    Args:
        device: a physical device.
        logical_devices: a list of `tf.config.LogicalDeviceConfiguration`, one for each part.

    Raises:
        ValueError: for a device that this machine does not have, or limits on a CPU.
        UnimplementedError: for a GPU in several parts or with limits.
        RuntimeError: once something needed a device.
    """
    context.set_configuration(device, logical_devices)


@export("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """Whether ops for a device that is not there, or cannot run them, run elsewhere."""
    return config.soft_placement


@export("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool | None) -> None:
    """Let ops for a device that is not there run elsewhere, or make that an error.

    Args:
        enabled: True lets them run. None is the default, which is True.
    """
    config.soft_placement = True if enabled is None else bool(enabled)


@export("config.experimental.get_device_policy")
def get_device_policy() -> str:
    """What an op on an accelerator does about inputs on another device."""
    return config.device_policy


@export("config.experimental.set_device_policy")
def set_device_policy(device_policy: str | None) -> None:
    """Choose what an op on an accelerator does about inputs on another device.

    Args:
        device_policy: "silent" copies them, "warn" does so with a warning, "explicit" raises an
            error, "silent_for_int32" raises it except for int32. None is "silent".

    Raises:
        ValueError: for another name.
    """
    policy = "silent" if device_policy is None else device_policy
    if policy not in ("silent", "silent_for_int32", "warn", "explicit"):
        raise ValueError(
            f"Invalid argument `device_policy`: {device_policy!r}. Please refer to "
            "https://www.tensorflow.org/api_docs/python/tf/config/experimental/set_device_policy "
            "for valid `device_policy` arguments."
        )
    config.device_policy = policy


@export("config.experimental.get_synchronous_execution")
def get_synchronous_execution() -> bool:
    """What `set_synchronous_execution` was given. Eager ops are done when they return."""
    return config.synchronous_execution


@export("config.experimental.set_synchronous_execution")
def set_synchronous_execution(enable: bool | None) -> None:
    """Ask for eager ops that are done when they return, as they always are here.

    Args:
        enable: kept for `get_synchronous_execution`; None is True.
    """
    config.synchronous_execution = True if enable is None else bool(enable)


def restart_devices() -> None:
    """Let devices be set up again in a process that has used them; jax's arrays are lost."""
    from tidefall.runtime.xla.jax_bridge import restart_jax

    restart_jax()  # which may ask for the devices there were
    context.reset()
