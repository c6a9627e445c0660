"""What a task does for others: it keeps resources, executes ops on them, and runs functions."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import NotFoundError, UnavailableError
from tidefall.base.shapes import TensorShape
from tidefall.composite.variables.storage import VariableStorage
from tidefall.data.report.dataset_graph import node_of_graph
from tidefall.data.service.rpc import Message
from tidefall.distribute.cluster import remote_ops
from tidefall.distribute.cluster.messages import op_of_bytes, plain_value, value_of
from tidefall.distribute.cluster.remote import RemoteResource, RemoteStorage
from tidefall.distribute.cluster.task import Reference
from tidefall.distribute.cluster.tasks import Tasks
from tidefall.distribute.progress import reporter
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.op import raw
from tidefall.ops.lookup.tables import StaticTable
from tidefall.proto import FunctionDef
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.tensor import EagerTensor, TypedTensor


class Function:
    """A function that others call.

    Attributes:
        function: the function.
        captured: the values of its last inputs.
    """

    def __init__(self, function: GraphFunction, captured: list[Any]):
        self.function = function
        self.captured = captured


class Host:
    """The resources and functions of one task.

    Args:
        name: of the task: "/job:ps/replica:0/task:0".
        tasks: the others, whose resources functions here may use.
    """

    def __init__(self, name: str, tasks: Tasks):
        self.name = name
        self.incarnation = SystemRandom().getrandbits(62)
        self._tasks = tasks
        self._numbers = itertools.count(1)
        self._resources: dict[int, Any] = {}
        self._functions: dict[int, Function] = {}
        self._lock = threading.Lock()
        self._elsewhere: dict[Reference, Any] = {}

    def methods(self) -> dict[str, Callable[[Message], Message]]:
        """What others may ask, by name."""
        return {
            "hello": self.hello,
            "variable": self.variable,
            "assign": self.assign,
            "read": self.read,
            "update": self.update,
            "execute": self.execute,
            "iterator": self.iterator,
            "define": self.define,
            "call": self.call,
            "forget": self.forget,
        }

    def hello(self, request: Message) -> Message:
        """Who this is."""
        return {"task": self.name, "incarnation": self.incarnation}

    # ---- resources ----

    def _keep(self, resource: Any) -> Message:
        number = next(self._numbers)
        self._resources[number] = resource
        return {"reference": Reference(self.name, self.incarnation, number).plain()}

    def _resource(self, plain: dict[str, Any]) -> Any:
        """The resource a reference is about: this task's own, or what stands for another's."""
        reference = Reference.of(plain)
        if reference.task != self.name:
            return self._of_other(reference)
        if reference.incarnation != self.incarnation:
            raise UnavailableError(
                None,
                None,
                f"{self.name} was restarted: the variables and other resources that it had are "
                "lost. Make them again, and restore them from a checkpoint.",
            )
        found = self._resources.get(reference.number)
        if found is None:
            raise NotFoundError(
                None, None, f"Resource {reference.number} of {self.name} does not exist any more."
            )
        return found

    def _of_other(self, reference: Reference) -> Any:
        with self._lock:
            found = self._elsewhere.get(reference)
            if found is None:
                task = self._tasks.named(reference.task)
                remote = RemoteResource(task, reference, f"{reference.task}/device:CPU:0")
                remote.borrow()
                storage = RemoteStorage(remote, "variable", dtypes.float32, TensorShape(None))
                found = self._elsewhere[reference] = storage
            return found

    def forget(self, request: Message) -> Message:
        """Let resources go."""
        for plain in request["resources"]:
            if plain["incarnation"] == self.incarnation:
                self._resources.pop(plain["number"], None)
        return {}

    def variable(self, request: Message) -> Message:
        """Make a variable without a value."""
        shape = TensorShape(request["shape"])
        return self._keep(VariableStorage(request["name"], as_dtype(request["dtype"]), shape))

    def assign(self, request: Message) -> Message:
        """Set the value of a variable."""
        storage = self._resource(request["resource"])
        value = value_of(request["value"])
        with storage.lock:
            storage.value = value
        return {}

    def read(self, request: Message) -> Message:
        """The values of variables."""
        found = []
        for plain in request["resources"]:
            storage = self._resource(plain)
            missing = request.get("missing") and storage.value is None
            found.append(None if missing else plain_value(storage.read()))
        return {"values": found}

    def iterator(self, request: Message) -> Message:
        """Make an iterator of a dataset."""
        dataset: Any = TypedTensor(node_of_graph(request["graph"]), dtypes.variant)
        kinds = [as_dtype(name) for name in request["types"]]
        shapes = [TensorShape(shape) for shape in request["shapes"]]
        handle: Any
        handle, _ = raw.AnonymousIteratorV2(output_types=kinds, output_shapes=shapes)
        raw.MakeIterator(dataset, handle)
        return self._keep(handle.storage)

    # ---- ops ----

    def execute(self, request: Message) -> Message:
        """Execute an op; its outputs."""
        return {"outputs": [self._sent(t) for t in self._run(request)]}

    def update(self, request: Message) -> Message:
        """Execute ops without outputs, in order."""
        for each in request["ops"]:
            self._run(each)
        return {}

    def _run(self, request: Message) -> Sequence[Any]:
        op, attrs = op_of_bytes(request["op"])
        return op.run([_tensor(self._value(plain)) for plain in request["inputs"]], attrs)

    def _value(self, plain: dict[str, Any]) -> Any:
        if "reference" in plain:
            return self._resource(plain["reference"])
        if "table" in plain:
            key, value = map(as_dtype, plain["table"])
            handle: Any = raw.AnonymousHashTable(key_dtype=key, value_dtype=value)
            raw.InitializeTableV2(handle, plain["keys"], plain["values"])
            table: StaticTable = handle.storage
            return table
        return value_of(plain)

    def _sent(self, tensor: Any) -> Message:
        if tensor.dtype == dtypes.resource:
            return self._keep(tensor.storage)
        return plain_value(tensor.host_array())

    # ---- functions ----

    def define(self, request: Message) -> Message:
        """Take a function, and the values that it captured."""
        protos = [FunctionDef.FromString(data) for data in request["functions"]]
        function = FunctionLibrary(protos, GraphFunction).function(request["name"])
        number = next(self._numbers)
        captured = [self._value(plain) for plain in request["captured"]]
        self._functions[number] = Function(function, captured)
        return {"function": number + self.incarnation, "incarnation": self.incarnation}

    def call(self, request: Message) -> Message:
        """Run a function; its outputs."""
        found = self._functions.get(request["function"] - self.incarnation)
        if found is None:
            raise NotFoundError(None, None, f"Function {request['function']} is not known here.")
        values = [*(self._value(plain) for plain in request["inputs"]), *found.captured]
        outputs = remote_ops.call(found.function, values)
        reporter.step()
        graph = found.function.graph
        return {
            "outputs": [
                self._keep(value) if t.dtype == dtypes.resource else plain_value(np.asarray(value))
                for t, value in zip(graph.outputs, outputs, strict=True)
            ]
        }


def _tensor(value: Any) -> Any:
    is_array = isinstance(value, np.ndarray)
    return EagerTensor(value) if is_array else TypedTensor(value, dtypes.resource)
