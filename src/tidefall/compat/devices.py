"""`tf.device`: where ops run, or at least where a graph says they shall."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from tidefall.compat.config import list_logical_devices
from tidefall.core.device_spec import DeviceSpec
from tidefall.core.errors import InvalidArgumentError
from tidefall.core.exports import export
from tidefall.core.state import state

_placement = {"soft": True}


@lru_cache(maxsize=64)
def _merged(outer: str, name: str) -> str:
    return DeviceSpec.from_string(outer).make_merged_spec(DeviceSpec.from_string(name)).to_string()


def _name_of(device: Any) -> str:
    if isinstance(device, str):
        return device
    if isinstance(device, DeviceSpec):
        return device.to_string()
    name = getattr(device, "name", None)
    if isinstance(name, str):
        return name
    raise ValueError(f"Expecting a string device name. Got {type(device)}({device})")


@export("device")
@contextmanager
def device(device_name: Any) -> Iterator[None]:
    """Place the ops made inside the block.

    In a graph the nodes carry the device. What runs on this machine runs where it can: a device
    that is not there is no error, unless soft placement is off.

    Args:
        device_name: such as "/device:CPU:0", "gpu:1" or "/job:worker/task:0", a `tf.DeviceSpec`,
            a logical device, or None for no device at all. What it leaves open is taken from the
            block around it.

    Raises:
        ValueError: for a name that is not understood.
        InvalidArgumentError: for another job than "localhost" in eager code, and for a missing
            device where soft placement is off.

    >>> import tidefall as tf
    >>> with tf.device("/cpu:0"):
    ...     total = tf.add(1, 2)
    """
    saved = state.device
    if device_name is None:
        state.device = ""
    elif callable(device_name):
        raise ValueError("tf.device takes no functions in TensorFlow 2.")
    else:
        name = _merged(saved, _name_of(device_name))
        if state.graph is None:
            _check_present(name)
        state.device = name
    try:
        yield
    finally:
        state.device = saved


def _check_present(name: str) -> None:
    spec = DeviceSpec.from_string(name)
    if spec.job not in (None, "localhost") or spec.task not in (None, 0):
        raise InvalidArgumentError(None, None, f"{name} unknown device.")
    if _placement["soft"] or spec.device_type is None:
        return
    here = [d.name for d in list_logical_devices()]
    wanted = f"/device:{spec.device_type}:{spec.device_index or 0}"
    if wanted not in here:
        raise InvalidArgumentError(
            None,
            None,
            f"Could not satisfy device specification '{wanted}'. enable_soft_placement=0. All "
            f"available devices {here}.",
        )


@export("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """Whether ops for a device that is not there run elsewhere."""
    return _placement["soft"]


@export("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool) -> None:
    """Let ops for a device that is not there run elsewhere, or make that an error.

    Args:
        enabled: True, the default, lets them run.
    """
    _placement["soft"] = bool(enabled)
