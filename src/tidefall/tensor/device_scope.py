"""`tf.device`: where ops run, and where a graph says they shall."""

from __future__ import annotations

from typing import Any

from tidefall.base.config import config
from tidefall.base.device_spec import DeviceSpec, merged_name
from tidefall.base.devices import CPU
from tidefall.base.exports import export
from tidefall.base.state import refresh, state
from tidefall.tensor.context import context
from tidefall.tensor.placement import device_for


@export("device")
def device(device_name: Any) -> Any:
    """Place the ops made inside the block.

    Eager ops run on the device, and their results stay there; in a graph the nodes carry its name.
    Unless soft placement is off, ops for a device that is not there run on the CPU.

    Args:
        device_name: such as "/device:CPU:0", "gpu:1" or "/job:worker/task:0", a `tf.DeviceSpec`,
            a logical device, or None for no device at all. What it leaves open is taken from the
            block around it.

    Raises:
        ValueError: for a name that is not understood.
        RuntimeError: for a function.
        InvalidArgumentError: from an op inside, for a device of another process and, where soft
            placement is off, for one that is not there.

    >>> import tidefall as tf
    >>> with tf.device("/cpu:0"):
    ...     total = tf.add(1, 2)
    """
    if callable(device_name):
        raise RuntimeError("tf.device does not support functions.")
    return _scope(device_name)


@export("compat.v1.device")
def device_v1(device_name_or_function: Any) -> Any:
    """Place the ops made inside the block; see `tf.device`.

    Args:
        device_name_or_function: what `tf.device` takes; in a graph also a function that is given
            each new node and returns the name of its device.

    Raises:
        RuntimeError: for a function in eager code.
    """
    if state.graph is None and callable(device_name_or_function):
        raise RuntimeError("tf.device does not support functions when eager execution is enabled.")
    return _scope(device_name_or_function)


def _scope(device_name: Any) -> Any:
    if state.graph is not None:
        return GraphDeviceScope(device_name)
    context.initialize()
    return EagerDeviceScope(device_name)


class EagerDeviceScope:
    """The block of a `tf.device` in eager code; it may be entered again."""

    def __init__(self, device_name: Any):
        self._device_name = device_name
        self._entered: list[tuple[tuple[str, Any], tuple[str, Any]]] = []

    def __enter__(self) -> None:
        saved = (state.eager_device, state.op_device)
        name = self._device_name
        if name is None:
            full, op_device = "", None
        else:
            full = merged_name(saved[0] or CPU, _eager_name(name))
            op_device = device_for(full)
        self._entered.append((saved, (full, op_device)))
        state.eager_device, state.op_device = full, op_device
        refresh()

    def __exit__(self, *exc: object) -> None:
        saved, mine = self._entered.pop()
        balanced = state.eager_device == mine[0]
        state.eager_device, state.op_device = saved
        refresh()
        if not balanced:
            raise RuntimeError("Exiting device scope without proper scope nesting")


def _eager_name(device: Any) -> str:
    if isinstance(device, str):
        return device
    if isinstance(device, DeviceSpec):
        return device.to_string()
    name = getattr(device, "name", None)
    if isinstance(name, str) and not name.startswith("/physical_device"):
        return name
    raise ValueError(f"Expecting a string device name. Got {type(device)}({device})")


class GraphDeviceScope:
    """The block of a `tf.device` in a graph."""

    def __init__(self, device: Any):
        self._device = device
        self._saved: list[Any] = []

    def __enter__(self) -> None:
        self._saved.append(state.device)
        state.device = inner_device(state.device, self._device)

    def __exit__(self, *exc: object) -> None:
        state.device = self._saved.pop()


class DeviceFunctions:
    """A device that some functions of the node choose, and names between them, outermost first."""

    def __init__(self, steps: tuple[Any, ...]):
        self.steps = steps

    def of(self, node: Any) -> str:
        """The device of a node: each step, from the innermost on, may fill in what is open."""
        for step in reversed(self.steps):
            if isinstance(step, str):
                node.device = merged_name(step, node.device)
                continue
            chosen = step(node)
            if isinstance(chosen, DeviceSpec):
                chosen = chosen.to_string()
            if not isinstance(chosen, str):
                raise TypeError(f"Expected binary or unicode string, got {chosen!r}")
            node.device = chosen
        return node.device


def inner_device(outer: Any, device: Any) -> Any:
    """The device of nodes inside a block for `device` inside one for `outer`.

    Args:
        outer, device: names; `device` may be None, which forgets `outer`, or a function.
    """
    if device is None:
        return ""
    if callable(device):
        steps = outer.steps if isinstance(outer, DeviceFunctions) else (outer,) if outer else ()
        return DeviceFunctions((*steps, device))
    if isinstance(device, DeviceSpec):
        name = device.to_string()
    else:
        name = device if isinstance(device, str) else getattr(device, "name", device)
    if isinstance(outer, DeviceFunctions):
        return DeviceFunctions((*outer.steps, DeviceSpec.from_string(name).to_string()))
    return merged_name(outer, name)


def device_of_node(node: Any) -> str:
    """The device for a node that was just made, by the blocks around it."""
    chosen: str | DeviceFunctions = state.device
    return chosen if isinstance(chosen, str) else chosen.of(node)


def _soft_placement_changed(_: bool) -> None:
    """Look up the device of the open block again."""
    if state.eager_device:
        state.op_device = device_for(state.eager_device)
        refresh()


config.observe("soft_placement", _soft_placement_changed)
