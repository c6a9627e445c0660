"""`tf.config`: devices, threads and switches of the runtime."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from typing import Any

from tidefall.core.errors import UnimplementedError
from tidefall.core.exports import export


@export("config.PhysicalDevice")
@dataclasses.dataclass(frozen=True)
class PhysicalDevice:
    """A device of this machine."""

    name: str
    device_type: str


@export("config.LogicalDevice")
@dataclasses.dataclass(frozen=True)
class LogicalDevice:
    """A device that programs see."""

    name: str
    device_type: str


@export("config.LogicalDeviceConfiguration", "config.experimental.VirtualDeviceConfiguration")
@dataclasses.dataclass(frozen=True)
class LogicalDeviceConfiguration:
    """How a logical device is carved out of a physical one."""

    memory_limit: int | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


def _accelerators() -> list[str]:
    """Kinds of the GPUs and TPUs that jax can use.

    Starting jax takes seconds, so it is not asked where no plugin for a device is installed.
    """
    if "jax" not in sys.modules and importlib.util.find_spec("jax_plugins") is None:
        return []
    import jax

    return [d.platform.upper() for d in jax.devices() if d.platform != "cpu"]


@export("config.list_physical_devices", "config.experimental.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Devices of this machine.

    Args:
        device_type: "CPU", "GPU" or "TPU"; None for all.

    >>> import tidefall as tf
    >>> tf.config.list_physical_devices("CPU")[0].name
    '/physical_device:CPU:0'
    """
    kinds = ["CPU", *_accelerators()]
    counts: dict[str, int] = {}
    devices = []
    for kind in kinds:
        number = counts[kind] = counts.get(kind, -1) + 1
        devices.append(PhysicalDevice(f"/physical_device:{kind}:{number}", kind))
    return [d for d in devices if device_type in (None, d.device_type)]


@export("config.list_logical_devices", "config.experimental.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """Devices that programs see.

    Args:
        device_type: "CPU", "GPU" or "TPU"; None for all.
    """
    return [
        LogicalDevice(d.name.replace("physical_device", "device"), d.device_type)
        for d in list_physical_devices(device_type)
    ]


@export("config.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Devices that programs may use."""
    return list_physical_devices(device_type)


@export("config.set_logical_device_configuration")
def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Split a device into several logical ones.

    Raises:
        UnimplementedError: when more than one is asked for.
    """
    if len(logical_devices) > 1:
        raise UnimplementedError(
            None,
            None,
            "Several logical devices on one physical device are not implemented in Tidefall yet.",
        )


_determinism = {"enabled": False}


@export("config.experimental.enable_op_determinism")
def enable_op_determinism() -> None:
    """Ask for ops that give the same result every time. On the CPU all of Tidefall's do."""
    _determinism["enabled"] = True


def disable_op_determinism() -> None:
    """Undo `enable_op_determinism`."""
    _determinism["enabled"] = False


def is_op_determinism_enabled() -> bool:
    """Whether determinism was asked for."""
    return _determinism["enabled"]
