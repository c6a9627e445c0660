"""Where eager ops run when `tf.device` names another device than the host's CPU:0.

A `Device` is what a device name stands for while a `tf.device` block is open: `state.op_device`.
None means the host itself, which is also what short cuts assume.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.config import config
from tidefall.base.device_spec import DeviceSpec, merged_name
from tidefall.base.devices import CPU, HOST
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.services import services
from tidefall.base.state import state
from tidefall.tensor.context import context
from tidefall.tensor.tensor import EagerTensor, PlacedTensor


class Device:
    """A device that eager ops were sent to.

    Attributes:
        name: its full name.
        accelerated: whether ops and functions are compiled for it.
    """

    accelerated = False
    variable_class: type | None = None
    """What variables made here are, if they are of a class of their own."""

    def __init__(self, name: str):
        self.name = name

    def check(self, op_name: str) -> None:
        """Raise unless ops can run here."""

    def run(self, op: Any, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Run an op on this device; returns its outputs, flat."""
        self.check(op.name)
        return [self.keep(t) for t in op.run(tensors, attrs)]

    def keep(self, tensor: Any) -> Any:
        """The tensor with its value on this device."""
        return PlacedTensor(tensor.storage, self.name) if type(tensor) is EagerTensor else tensor


class VirtualCpu(Device):
    """A part of the CPU. Its memory is the host's, so ops run as they do there."""


class MissingDevice(Device):
    """A device that is not there, with soft placement off."""

    def check(self, op_name: str) -> None:
        raise unsatisfiable(self.name, op_name)

    def keep(self, tensor: Any) -> Any:
        raise unsatisfiable(self.name, "_EagerConst")


class UnknownDevice(Device):
    """A device of a job or task that this process does not belong to, or with a wrong number."""

    def check(self, op_name: str) -> None:
        index = DeviceSpec.from_string(self.name).device_index
        if index is not None and index < 0:
            message = f"Malformed device specification '{self.name}' in eager op: Name: {op_name}"
        else:
            message = f"{self.name} unknown device: {op_name} cannot run there. This is {HOST}."
        raise InvalidArgumentError(None, None, message)

    def keep(self, tensor: Any) -> Any:
        self.check("_EagerConst")


def unsatisfiable(name: str, op_name: str, kinds: Sequence[str] | None = None) -> Exception:
    """The error for an op on a device that is not there or cannot run it."""
    here = context.logical_devices()
    kinds = sorted({d.device_type for d in here}) if kinds is None else kinds
    devices = ", ".join(HOST + d.name for d in here)
    return InvalidArgumentError(
        None,
        None,
        f"Could not satisfy device specification '{name}'. enable_soft_placement=0. Supported "
        f"device types [{', '.join(kinds)}]. All available devices [{devices}]. [Op:{op_name}] "
        "name: ",
    )


class MeshDevice(Device):
    """All devices of a mesh: an op or a function runs on them as one program."""

    accelerated = True

    def run_function(
        self, function: Any, inputs: Sequence[Any], dtypes_out: Sequence[Any] | None
    ) -> list[Any]:
        """Run a `GraphFunction` with the tensors of all its inputs; returns its outputs."""
        raise NotImplementedError


class Meshes:
    """Which calls of functions run on a mesh.

    Attributes:
        device_of_call: the device for the graph of a function and the tensors of its inputs, if it
            runs on a mesh; None as long as this process has none.
    """

    device_of_call: Callable[[Any, Sequence[Any]], MeshDevice | None] | None = None

    def add(self, find: Callable[[Any, Sequence[Any]], MeshDevice | None]) -> None:
        """Let one more function say which calls run elsewhere."""
        before = self.device_of_call

        def first(graph: Any, inputs: Sequence[Any]) -> MeshDevice | None:
            found = find(graph, inputs)
            return before(graph, inputs) if found is None and before is not None else found

        self.device_of_call = first


meshes = Meshes()


class OtherTasks:
    """The devices of other processes.

    Attributes:
        device: the device of a full name; None where the cluster, if there is one, has none.
    """

    device: Callable[[str], Device | None] | None = None


other_tasks = OtherTasks()

_devices: dict[str, Device] = {}


def device_for(name: str) -> Device | None:
    """The device for a full device name; None for the host itself."""
    spec = DeviceSpec.from_string(name)
    here = f"/job:{spec.job}/replica:{spec.replica}/task:{spec.task}" == HOST
    if not here and other_tasks.device is not None:
        return other_tasks.device(name) or UnknownDevice(name)
    if not here or (spec.device_index is not None and spec.device_index < 0):
        return UnknownDevice(name)
    if name == CPU:
        return None
    if not is_present(spec):
        return None if config.soft_placement else MissingDevice(name)
    found = _devices.get(name)
    if found is None:
        make = VirtualCpu if spec.device_type == "CPU" else services.make_accelerator
        found = _devices[name] = make(name)
    return found


def resource_device(op_name: str) -> str:
    """Name of the device for a resource made here and now, such as a variable.

    In a function being traced it is the one of the `tf.device` block there.

    Raises:
        InvalidArgumentError: if it cannot be there.
    """
    device = state.op_device
    if state.graph is not None and isinstance(state.device, str) and state.device:
        device = device_for(merged_name(CPU, state.device))
        if isinstance(device, (MissingDevice, UnknownDevice)):
            return CPU  # only running the graph can fail
    if device is None:
        return CPU
    device.check(op_name)
    return device.name


def is_present(spec: DeviceSpec) -> bool:
    """Whether this process has the device."""
    return any(
        d.name == f"/device:{spec.device_type}:{spec.device_index or 0}"
        for d in context.logical_devices()
    )
