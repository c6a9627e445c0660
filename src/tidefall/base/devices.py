"""The devices of this machine, found without starting anything heavy."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
from pathlib import Path
from typing import Any, NamedTuple

from tidefall.base.exports import export

HOST = "/job:localhost/replica:0/task:0"
CPU = f"{HOST}/device:CPU:0"
"""The device that eager code runs on unless it says otherwise."""

_NVIDIA = Path("/proc/driver/nvidia/gpus")


@export("config.PhysicalDevice")
class PhysicalDevice(NamedTuple):
    """A device of this machine.

    Attributes:
        name: such as "/physical_device:GPU:0".
        device_type: "CPU", "GPU" or "TPU".
    """

    name: str
    device_type: str


@export("config.LogicalDevice")
class LogicalDevice(NamedTuple):
    """A device that programs see: a physical one, or a part of one.

    Attributes:
        name: such as "/device:GPU:0".
        device_type: "CPU", "GPU" or "TPU".
    """

    name: str
    device_type: str


@export("config.LogicalDeviceConfiguration", "config.experimental.VirtualDeviceConfiguration")
class LogicalDeviceConfiguration(NamedTuple):
    """How a logical device is carved out of a physical one.

    Attributes:
        memory_limit: megabytes of a GPU's memory.
        experimental_priority, experimental_device_ordinal: of a GPU.
    """

    memory_limit: int | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


def find_physical_devices() -> list[PhysicalDevice]:
    """The CPU, then the accelerators that jax could use."""
    counts: dict[str, int] = {}
    devices: list[PhysicalDevice] = []
    for kind in ("CPU", *_accelerators()):
        number = counts[kind] = counts.get(kind, -1) + 1
        devices.append(PhysicalDevice(f"/physical_device:{kind}:{number}", kind))
    return devices


def _accelerators() -> list[str]:
    """Kinds of the accelerators that jax has a plugin for.

    NVIDIA's are counted in the driver's folder: to ask jax would take seconds, and would start it
    before its settings, such as memory growth, can be chosen.
    """
    plugins = _jax_plugins()
    if not plugins:
        return []
    if all("cuda" in plugin for plugin in plugins):
        return ["GPU"] * _count_nvidia()
    jax: Any = importlib.import_module("jax")  # which does not say what its devices are
    return [d.platform.upper() for d in jax.devices() if d.platform != "cpu"]


def _jax_plugins() -> list[str]:
    found = importlib.util.find_spec("jax_plugins")
    names = [] if found is None else list(found.submodule_search_locations or ())
    plugins = [module.name for module in pkgutil.iter_modules(names)]
    if importlib.util.find_spec("libtpu") is not None:
        plugins.append("libtpu")
    return plugins


def _count_nvidia() -> int:
    present = len(list(_NVIDIA.iterdir())) if _NVIDIA.is_dir() else 0
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return present
    count = 0
    for entry in chosen.split(","):
        entry = entry.strip()
        if not entry or entry == "-1" or (entry.isdigit() and int(entry) >= present):
            break  # CUDA ignores what stands behind an entry that is not there
        count += 1
    return min(count, present)


def array_device_name(array: Any) -> str:
    """Name of the device that holds a jax array."""
    device = min(array.devices(), key=lambda d: d.id)
    if device.platform == "cpu" and device.id == 0:
        return CPU
    return f"{HOST}/device:{device.platform.upper()}:{device.id}"
