"""Full names of devices, from the short ones that users write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.device_spec import merged_name
from tidefall.base.devices import CPU
from tidefall.tensor.context import context


def full_name(device: Any) -> str:
    """The full name of a device of this process: "gpu:0" is ".../device:GPU:0".

    Args:
        device: a name, or a `tf.config.LogicalDevice`.

    >>> full_name("cpu:1")
    '/job:localhost/replica:0/task:0/device:CPU:1'
    """
    given: str = getattr(device, "name", device)
    name = given if given.startswith("/") else f"/{given}"
    return merged_name(CPU, name)


def local_devices() -> list[str]:
    """All GPUs of this process, or its CPU if it has none."""
    names = [d.name for d in context.logical_devices() if d.device_type == "GPU"]
    return [full_name(name) for name in names or ["/device:CPU:0"]]


def check_different(devices: Sequence[str]) -> None:
    """Refuse a device that is named twice.

    Raises:
        ValueError: if one is.
    """
    if len(set(devices)) < len(devices):
        raise ValueError(f"No duplicates allowed in `devices` argument: {list(devices)}")
