"""Resources of other tasks: their handles, variables made there, and the devices of tasks."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.device_spec import DeviceSpec
from tidefall.base.dtypes import DType
from tidefall.base.errors import FailedPreconditionError, InvalidArgumentError, UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.composite.variables.storage import StoredValue, VariableStorage
from tidefall.composite.variables.variable import Variable
from tidefall.distribute.cluster.messages import op_to_bytes, plain_value, value_of
from tidefall.distribute.cluster.task import Reference, Task
from tidefall.graph.analysis import takes_functions
from tidefall.runtime.host.plan import to_tensor
from tidefall.tensor.placement import MeshDevice
from tidefall.tensor.tensor import EagerTensor, MeshTensor, PlacedTensor


class RemoteResource:
    """What stands for a resource of another task: the value of its handle.

    Args:
        task: where it is.
        reference: which it is.
        device: the name of its device.
    """

    def __init__(self, task: Task, reference: Reference, device: str):
        self.task = task
        self.reference = reference
        self.device = device
        self._end = weakref.finalize(self, task.forget, reference)
        self._end.atexit = False

    def borrow(self) -> None:
        """Leave it to another process to let the resource go."""
        self._end.detach()

    def __repr__(self) -> str:
        return f"<resource {self.reference.number} of {self.task.name}>"


class RemoteStorage(VariableStorage):
    """The resource of a variable of another task; see `VariableStorage`.

    Reading its value fetches it, and setting it sends it.
    """

    __slots__ = ("remote",)

    def __init__(self, remote: RemoteResource, name: str, dtype: DType, shape: TensorShape):
        self.remote = remote
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.device = remote.device
        self.lock = threading.RLock()
        self.owner = None

    @property
    def value(self) -> Any:  # type: ignore[override]
        """The value, fetched; None if it has none."""
        task, reference = self.remote.task, self.remote.reference
        (found,) = task.ask("read", resources=[reference.plain()], missing=True)["values"]
        return None if found is None else value_of(found)

    @value.setter
    def value(self, value: Any) -> None:
        if value is None:
            return
        given = value.read() if isinstance(value, StoredValue) else np.asarray(value)
        task, reference = self.remote.task, self.remote.reference
        task.ask("assign", resource=reference.plain(), value=plain_value(given))

    def read(self) -> Any:
        """See `VariableStorage.read`."""
        found = self.value
        if found is None:
            raise FailedPreconditionError(
                None, None, f"Could not find variable {self.name} of {self.remote.task.name}."
            )
        return found


class RemoteHandle(MeshTensor):
    """The handle of a resource of another task: ops that take it are executed there."""

    __slots__ = ()

    @property
    def dtype(self) -> DType:
        return dtypes.resource

    @property
    def shape(self) -> TensorShape:
        return TensorShape([])


def remote_of(value: Any) -> RemoteResource | None:
    """What stands for a resource of another task; None for any other value of a tensor."""
    if isinstance(value, RemoteResource):
        return value
    return value.remote if isinstance(value, RemoteStorage) else None


class RemoteDevice(MeshDevice):
    """A device of another task.

    Args:
        name: its full name.
        task: the task.
    """

    accelerated = False

    def __init__(self, name: str, task: Task):
        super().__init__(name)
        self.task = task
        self.variable_class = RemoteVariable

    def run(self, op: Any, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Execute an op there, or where its resources are."""
        if takes_functions(op):
            return [self.keep(t) for t in op.run(tensors, attrs)]
        task = self.task
        for tensor in tensors:
            remote = remote_of(tensor.storage)
            if remote is not None:
                task = remote.task
            elif tensor.dtype == dtypes.variant or tensor.dtype == dtypes.resource:
                return [self.keep(t) for t in op.run(tensors, attrs)]
        answer = task.ask(
            "execute",
            op=op_to_bytes(op, attrs),
            inputs=[input_for(task, op.name, t.storage) for t in tensors],
        )
        kinds = op.definition.output_dtypes(attrs)
        return [
            self._received(task, value, dtype)
            for value, dtype in zip(answer["outputs"], kinds, strict=True)
        ]

    def _received(self, task: Task, plain: Any, dtype: DType) -> Any:
        if dtype == dtypes.resource:
            return handle_of(task, Reference.of(plain["reference"]), self.name)
        return self.keep(to_tensor(value_of(plain), dtype))

    def run_function(
        self, function: Any, inputs: Sequence[Any], dtypes_out: Sequence[Any] | None
    ) -> list[Any]:
        """Run a function there."""
        from tidefall.distribute.cluster.shipping import run_there

        return [self.keep(t) for t in run_there(self.task, function, inputs)]

    def keep(self, tensor: Any) -> Any:
        """The tensor, said to be on this device; its value stays in this process."""
        return PlacedTensor(tensor.storage, self.name) if type(tensor) is EagerTensor else tensor


def input_for(task: Task, op_name: str, value: Any) -> Any:
    """The value of a tensor for a message to a task.

    Raises:
        InvalidArgumentError: for a resource that another task, or this process, has.
    """
    remote = remote_of(value)
    if remote is None:
        return plain_value(value)
    if remote.task.name != task.name:
        raise InvalidArgumentError(
            None,
            None,
            f"{op_name} takes resources of {task.name} and of {remote.task.name}: those of one op "
            "must be on one task. Make them under the same tf.device, or in "
            "strategy.extended.colocate_vars_with.",
        )
    return {"reference": remote.reference.plain()}


def handle_of(task: Task, reference: Reference, device: str) -> RemoteHandle:
    """The handle of a resource of a task that is no variable made here."""
    return RemoteHandle(RemoteResource(task, reference, device), RemoteDevice(device, task))


class RemoteVariable(Variable):
    """A variable that lives in another task; see `tf.Variable`."""

    def _setup(self, name: str, dtype: Any, shape: Any, *args: Any, **kwargs: Any) -> None:
        super()._setup(name, dtype, shape, *args, **kwargs)
        device: Any = state.op_device
        if not isinstance(device, RemoteDevice):
            raise UnimplementedError(
                None, None, f"Variable {name} must be made in the tf.device of its task."
            )
        answer = device.task.ask("variable", name=name, dtype=dtype.name, shape=dims(self._shape))
        remote = RemoteResource(device.task, Reference.of(answer["reference"]), device.name)
        storage = RemoteStorage(remote, name, dtype, self._shape)
        storage.owner = weakref.ref(self)
        self._storage = storage
        self.handle = RemoteHandle(storage, device)

    @property
    def device(self) -> str:
        """The device of its task."""
        return self._storage.device


def dims(shape: TensorShape) -> list[int | None] | None:
    """A shape for a message."""
    return None if shape.rank is None else shape.as_list()


def device_named(name: str, task: Task) -> RemoteDevice:
    """The device of a task for a full or partial name."""
    spec = DeviceSpec.from_string(name)
    kind, index = spec.device_type or "CPU", spec.device_index or 0
    return RemoteDevice(f"{task.name}/device:{kind}:{index}", task)


class Here(MeshDevice):
    """This process, for functions that use resources of other tasks."""

    def run_function(
        self, function: Any, inputs: Sequence[Any], dtypes_out: Sequence[Any] | None
    ) -> list[Any]:
        """Run a function here; what it uses of other tasks is asked for."""
        from tidefall.distribute.cluster.remote_ops import call

        outputs = call(function, [t.storage for t in inputs])
        kinds = [t.dtype for t in function.graph.outputs]
        return [to_tensor(v, d) for v, d in zip(outputs, kinds, strict=True)]


_here = Here("/job:localhost/replica:0/task:0/device:CPU:0")


def device_of_call(graph: Any, inputs: Sequence[Any]) -> MeshDevice | None:
    """Where a function runs that is called in the `tf.device` of a task, or that takes resources of
    one; None for all others."""
    device = state.op_device
    if isinstance(device, RemoteDevice):
        return device
    return _here if any(type(t) is RemoteHandle for t in inputs) else None
