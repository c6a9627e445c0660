"""Placement of the nodes of a graph: what their device names mean on this machine."""

from __future__ import annotations

from typing import Any

from tidefall.base.config import config
from tidefall.base.device_spec import DeviceSpec, merged_name
from tidefall.base.devices import CPU, HOST
from tidefall.base.errors import InvalidArgumentError
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.context import context
from tidefall.tensor.placement import Device, device_for, is_present


def check_placement(graph: FuncGraph, name: str) -> None:
    """Raise if some node was put on a device that cannot run it.

    Raises:
        InvalidArgumentError: for a device of another process; with soft placement off, for one that
            is not there.
    """
    for device, node in _devices(graph).items():
        full = merged_name(CPU, device)
        if not full.startswith(HOST + "/"):
            here = " ".join(HOST + d.name for d in context.logical_devices())
            raise InvalidArgumentError(
                None,
                None,
                f"Cannot assign a device for operation {node.name}: {{{{node {node.name}}}}} was "
                f"explicitly assigned to {device} but available devices are [ {here} ]. Make sure "
                f"the device specification refers to a valid device.\n\t [[{node.name}]] "
                f"[Op:{name}]",
            )
        if not config.soft_placement and not is_present(DeviceSpec.from_string(full)):
            raise InvalidArgumentError(
                None,
                None,
                f"Unable to find any devices for spec {device}, asked for by {{{{node "
                f"{node.name}}}}}. [Op:{name}]",
            )


def common_device(graph: FuncGraph) -> Device | None:
    """The device that the nodes of a graph ask for, if those that ask at all agree.

    An executable runs on one device. None leaves the choice to the call.
    """
    names = {merged_name(CPU, device) for device in _devices(graph)}
    if len(names) != 1:
        return None
    name = names.pop()
    return device_for(name) if is_present(DeviceSpec.from_string(name)) else None


def node_device(node: Any) -> Device | None:
    """The accelerator that a node of a function on the host is to run on, else None."""
    if not node.device:
        return None
    name = merged_name(CPU, node.device)
    if not name.startswith(HOST + "/") or not is_present(DeviceSpec.from_string(name)):
        return None
    op_device = device_for(name)
    return op_device if op_device is not None and op_device.accelerated else None


def _devices(graph: FuncGraph) -> dict[str, Any]:
    """The device names in a graph, each with the first node that asks for it."""
    found: dict[str, Any] = {}
    for node in graph.nodes:
        if node.device:
            found.setdefault(node.device, node)
    return found
