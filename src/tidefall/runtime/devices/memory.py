"""`tf.config.experimental`: memory and other facts about single devices."""

from __future__ import annotations

import re
from typing import Any

from tidefall.base.devices import HOST, PhysicalDevice
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.runtime.xla.jax_bridge import jax_device
from tidefall.tensor.context import context

_NAME = re.compile(
    r"/?(?:job:[^/:]+/)?(?:replica:\d+/)?(?:task:\d+/)?(?:device:)?([A-Za-z_][A-Za-z_0-9]*):(\d+)"
)


@export("config.experimental.get_device_details")
def get_device_details(device: Any) -> dict[str, Any]:
    """What is known about a device.

    Args:
        device: a `tf.config.PhysicalDevice` of this machine.

    Returns:
        Nothing for a CPU; for a GPU its `device_name` and `compute_capability`.

    Raises:
        ValueError: for anything else.

    >>> import tidefall as tf
    >>> tf.config.experimental.get_device_details(tf.config.list_physical_devices("CPU")[0])
    {}
    """
    if not isinstance(device, PhysicalDevice):
        raise ValueError(f"device must be a tf.config.PhysicalDevice, but got: {device}")
    if device not in context.physical_devices():
        raise ValueError(
            "The PhysicalDevice must be one obtained from calling "
            f"`tf.config.list_physical_devices`, but got: {device}"
        )
    if device.device_type == "CPU":
        return {}
    found = jax_device(HOST + device.name.replace("physical_device", "device"))
    details: dict[str, Any] = {"device_name": found.device_kind}
    capability = getattr(found, "compute_capability", None)
    if capability:
        details["compute_capability"] = tuple(int(part) for part in str(capability).split("."))
    return details


@export("config.experimental.get_memory_growth")
def get_memory_growth(device: Any) -> bool:
    """Whether a GPU's memory is taken bit by bit.

    Args:
        device: a physical device.

    Raises:
        ValueError: for a device that this machine does not have.
        KeyError: for a CPU.
    """
    return context.memory_growth(device)


@export("config.experimental.set_memory_growth")
def set_memory_growth(device: Any, enable: bool) -> None:
    """Take a GPU's memory bit by bit, or most of it at the start. It holds for all GPUs.

    Args:
        device: a physical device.
        enable: True for bit by bit.

    Raises:
        ValueError: for a device that this machine does not have, or a CPU.
        RuntimeError: once something was computed.
    """
    context.set_memory_growth(device, enable)


@export("config.experimental.get_memory_info")
def get_memory_info(device: Any) -> dict[str, int]:
    """Bytes of a GPU's memory that are in use.

    Args:
        device: its name, such as "GPU:0".

    Returns:
        `current` and `peak`.

    Raises:
        ValueError: for a CPU, or a device that is not there.
    """
    found = _found(device)
    stats = None if found is None else jax_device(found).memory_stats()
    if not stats:
        raise ValueError(f"Allocator stats not available for device '{device or ''}'")
    return {"current": stats["bytes_in_use"], "peak": stats["peak_bytes_in_use"]}


@export("config.experimental.get_memory_usage")
def get_memory_usage(device: Any) -> int:
    """Bytes of a GPU's memory that are in use; see `get_memory_info`."""
    return get_memory_info(device)["current"]


@export("config.experimental.reset_memory_stats")
def reset_memory_stats(device: Any) -> None:
    """Start the peak of `get_memory_info` again.

    Args:
        device: its name, such as "GPU:0".

    Raises:
        ValueError: for a CPU, or a device that is not there.
        UnimplementedError: for a GPU, whose peak jax cannot reset.
    """
    if _found(device) is None:
        raise ValueError(f"Cannot reset memory stats for device '{device or ''}'")
    raise UnimplementedError(
        None, None, "tf.config.experimental.reset_memory_stats is not implemented in Tidefall."
    )


def _found(device: Any) -> str | None:
    """The full name of the accelerator that `device` names; None for a CPU."""
    if device is not None and not isinstance(device, str):
        raise TypeError(f"device must be the name of a device, a string. Received: {device!r}")
    context.initialize()
    if not device:
        return None  # the first device there is
    parts = _NAME.fullmatch(device)
    if parts is None:
        raise ValueError(
            f"Failed parsing device name: '{device}'. Note a valid device string should at least "
            'contain a device type and a device index, like "GPU:0".'
        )
    name = f"/device:{parts[1]}:{parts[2]}"
    if not any(d.name == name for d in context.logical_devices()):
        raise ValueError(f"No matching devices found for '{device}'")
    return None if parts[1] == "CPU" else HOST + name
