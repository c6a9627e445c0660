"""The object graph of a SavedModel being written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.composite.trackable.resource import Asset, TrackableResource
from tidefall.composite.trackable.trackable import VARIABLE_VALUE_KEY, Trackable
from tidefall.composite.trackable.tracked_list import ListWrapper
from tidefall.composite.trackable.tracked_mapping import _DictWrapper, _TupleWrapper
from tidefall.composite.variables.storage import VariableStorage
from tidefall.composite.variables.variable import Variable
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.polymorphic import Function, function
from tidefall.graph.codec.graph_def import Library, WrittenGradient
from tidefall.graph.operation import Operation
from tidefall.graph.replay import traced_gradient
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction
from tidefall.saving.checkpoint.object_graph import (
    ObjectGraph,
    children_of,
    has_values,
    value_endings,
    value_group,
)
from tidefall.saving.saved_model import functions
from tidefall.saving.saved_model.constants import SIGNATURES_ATTRIBUTE
from tidefall.saving.saved_model.main_graph import MainGraph, SavedTable, resource_of
from tidefall.saving.saved_model.options import SaveOptions
from tidefall.saving.saved_model.restored import RestoredTable
from tidefall.saving.saved_model.signatures import SignatureMap
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, MeshTensor, TypedTensor, hint_of

_CONTAINERS = {
    ListWrapper: "trackable_list_wrapper",
    _DictWrapper: "trackable_dict_wrapper",
    _TupleWrapper: "trackable_tuple_wrapper",
}


class _Constant(Trackable):
    """A tensor that a function captured."""

    def __init__(self, tensor: EagerTensor):
        self.tensor = tensor


class _Captured(Trackable):
    """A tensor inside a function that a gradient function uses."""

    def __init__(self, function: str, name: str):
        self.function = function
        self.name = name


def is_plain(tensor: Any) -> bool:
    """Whether a tensor is a value that can be written as a constant."""
    if not isinstance(tensor, EagerTensor):
        return False
    return tensor.dtype not in (dtypes.resource, dtypes.variant)


def storage_of(obj: Any) -> VariableStorage | None:
    """The storage behind a variable, or behind an object that acts as one; else None."""
    obj = getattr(obj, "exported_variable", obj)
    if not getattr(obj, "_should_act_as_resource_variable", False):
        return None
    storage = getattr(getattr(obj, "handle", None), "storage", None)
    return storage if isinstance(storage, VariableStorage) else None


def _other_components(storage: VariableStorage) -> list[VariableStorage]:
    """The storages of the other replicas' parts of a distributed variable; in a file they are one
    variable."""
    owner = None if storage.owner is None else storage.owner()
    container = getattr(owner, "_distributed_container", None)
    variable = None if container is None else container()
    found = [storage_of(component) for component in getattr(variable, "values", ())]
    return [other for other in found if other is not None and other is not storage]


def _identity(obj: Any) -> Any:
    """Objects that share a variable, such as Keras's and ours inside it, are one node."""
    storage = storage_of(obj)
    return id(obj) if storage is None else ("variable", id(storage))


class ExportedObjects:
    """Everything that belongs to a model, and what functions capture of it.

    Args:
        root: the object to save.
        signatures: its signatures.
        main: the main graph, which gets a node for every variable, constant and resource.
        library: gets the functions.
        options: how to save.

    Attributes:
        graph: the object graph.
        initializers: nodes of the main graph that fill resources.
        assets: the name, the source and the tensor of the main graph of each file.
    """

    def __init__(
        self,
        root: Any,
        signatures: SignatureMap,
        main: MainGraph,
        library: Library,
        options: SaveOptions,
    ):
        self._root = root
        self._signatures = signatures
        self._main = main
        self._library = library
        self._options = options
        self.initializers: list[Operation] = []
        self.assets: list[tuple[str, str, Any]] = []
        self._asset_numbers: dict[int, int] = {}
        self._kept: list[Any] = []
        self.graph = ObjectGraph(root, self._children, _identity)
        self._owners: dict[int, int] = {}
        self._operations: dict[int, str] = {}
        self._add_to_main_graph()
        self._concrete: dict[str, Any] = {}
        self._tables = self._add_table_functions()
        for number, node in enumerate(list(self.graph.nodes)):
            if isinstance(node, ConcreteFunction):
                bound = self._bind(number, node)
                self._concrete[self._name(node)] = functions.concrete_to_proto(node, bound)
        self._add_initializers()

    # ---- the objects ----

    def _children(self, obj: Any) -> dict[str, Any]:
        if isinstance(obj, ConcreteFunction):
            return {}
        if isinstance(obj, Function):
            return {f"trace_{i}": f for i, f in enumerate(functions.serializable(obj))}
        children = children_of(obj, "savedmodel", cache={})
        if isinstance(obj, TrackableResource):
            children.update(_resource_functions(obj))
        if obj is self._root:
            children[SIGNATURES_ATTRIBUTE] = self._signatures
        return children

    def _add_to_main_graph(self) -> None:
        for number, node in enumerate(self.graph.nodes):
            storage = storage_of(node)
            if storage is not None:
                self._main.add_variable(storage)
                self._owners[id(storage)] = number
                for other in _other_components(storage):
                    self._owners[id(other)] = number
                    self._main.bind(other, self._main.find(storage))
            elif isinstance(node, Asset):
                self._add_asset(number, node)
            elif isinstance(node, TrackableResource):
                self._main.add_resource(node)
                self._owners[id(resource_of(node.resource_handle))] = number

    def _add_initializers(self) -> None:
        """Call the functions that fill resources in the main graph."""
        for number, node in enumerate(self.graph.nodes):
            if isinstance(node, TrackableResource):
                child = dict(self.graph.children[number])["_initialize"]
                initialize = self.graph.nodes[child]
                for concrete in functions.serializable(initialize):
                    found = [self._main.find(key) for key in self.captures(concrete)]
                    captured = [self._main.after_assets(tensor) for tensor in found]
                    self.initializers.append(self._main.add_call(concrete, captured))

    def _add_asset(self, number: int, asset: Asset) -> None:
        source = os.fsdecode(asset.asset_path.numpy())
        taken = {name for name, path, _ in self.assets if path != source}
        name = base = os.path.basename(source)
        count = 1
        while name in taken:
            name = f"{base}_{count}"
            count += 1
        tensor, stored = self._main.add_asset(asset.asset_path)
        self.initializers.append(stored)
        self._asset_numbers[number] = len(self.assets)
        self.assets.append((name, source, tensor))
        self._owners[id(asset.asset_path)] = number

    def _add_table_functions(self) -> dict[int, tuple[int, int]]:
        """Nodes of functions that give and take the values of tables, by the table's number."""
        found = {}
        for number, node in enumerate(list(self.graph.nodes)):
            if isinstance(node, TrackableResource) and has_values(node):
                save, restore = (self.graph.append(f) for f in _table_functions(node))
                found[number] = save, restore
        return found

    # ---- functions ----

    def _bind(self, number: int, concrete: ConcreteFunction) -> list[int]:
        """The nodes that the captures of a function stand for."""
        bound = []
        for i, tensor in enumerate(concrete.captured_inputs):
            owner = self._owner(tensor)
            if owner is None:
                if not is_plain(tensor):
                    _untracked(concrete, tensor)
                owner = self._add_constant(number, i, tensor)
            bound.append(owner)
        return bound

    def _owner(self, tensor: Any) -> int | None:
        """The node of the object that a tensor stands for in functions, if it is known."""
        owner = self._owners.get(id(tensor))
        if owner is None and isinstance(tensor, TypedTensor | MeshTensor):
            owner = self._owners.get(id(resource_of(tensor)))
        return owner

    def _add_constant(self, number: int, position: int, tensor: Any) -> int:
        owner = self.graph.add(_Constant(tensor), number, f"capture_{position}")
        self._owners[id(tensor)] = owner
        self._operations[owner] = self._main.add_constant(tensor).op.name
        return owner

    def captures(self, concrete: ConcreteFunction) -> Sequence[Any]:
        """What the main graph knows the captures of a function by."""
        return [
            t if self._main.find(t) is not None else t.storage for t in concrete.captured_inputs
        ]

    def names_of(self, target: Any) -> list[str]:
        """The names in the file of the traces of a function."""
        traces = functions.serializable(target) if isinstance(target, Function) else [target]
        return [self._name(trace) for trace in traces]

    def _name(self, concrete: ConcreteFunction) -> str:
        return self._library.name_of(concrete.graph_function)

    def add_gradients(self) -> list[tuple[str, str]]:
        """Add the gradient functions of the nodes that have their own.

        Nodes inside them may have some too, as those that jax2tf makes always do. These are left
        out, as TensorFlow does: there would be no end to it.

        Returns:
            The name of each function, and the type of the nodes it belongs to.

        Raises:
            ValueError: if one cannot be traced, or uses what cannot be saved.
        """
        found: list[tuple[str, str]] = []
        for written in self._library.gradients:
            gradient = traced_gradient(written.node)
            made = GraphFunction("__inference_internal_grad_fn", gradient.graph)
            self._kept.append(made)
            with self._library.leaving_out_gradients():
                name = self._library.name_of(made)
            bound = [self._bind_gradient(written, tensor) for tensor in gradient.captures]
            self._concrete[name] = functions.gradient_to_proto(gradient, bound)
            found.append((name, written.op_type))
        return found

    def _bind_gradient(self, written: WrittenGradient, tensor: Any) -> int:
        """The node that a capture of a gradient function stands for."""
        known = hint_of(tensor)
        owner = self._owner(known)
        if owner is None and is_plain(tensor):
            owner = self._add_constant(0, len(self.graph.nodes), tensor)
        elif owner is None and getattr(tensor, "graph", None) is written.node.graph:
            owner = self.graph.append(_Captured(written.function, written.tensor_name(tensor)))
        if owner is None:
            raise ValueError(
                f"Cannot save custom gradient {written.node.name} called in function "
                f"{written.function} because SavedModel is unable to serialize the captured "
                f"input: {tensor!r}"
            )
        return owner

    # ---- messages ----

    def write(self, proto: Any) -> None:
        """Fill the SavedObjectGraph."""
        for number, node in enumerate(self.graph.nodes):
            message = proto.nodes.add()
            for name, child in self.graph.children[number]:
                message.children.add(node_id=child, local_name=name)
            self._write_object(number, node, message)
        for name, message in self._concrete.items():
            proto.concrete_functions[name].CopyFrom(message)

    def _write_object(self, number: int, node: Any, message: Any) -> None:
        if storage_of(node) is not None:
            node._write_object_proto(message, self._options)
        elif isinstance(node, ConcreteFunction):
            message.bare_concrete_function.CopyFrom(functions.bare_to_proto(node, self._name(node)))
        elif isinstance(node, Function):
            message.function.CopyFrom(functions.function_to_proto(node, self.names_of(node)))
        elif isinstance(node, _Captured):
            message.captured_tensor.concrete_function = node.function
            message.captured_tensor.name = node.name
        elif isinstance(node, _Constant):
            message.constant.operation = self._operations[number]
        elif isinstance(node, Asset):
            message.asset.asset_file_def_index = self._asset_numbers[number]
        elif isinstance(node, TrackableResource):
            message.resource.device = node._resource_device
            if number in self._tables:
                saveable = message.saveable_objects[value_group(node)]
                saveable.save_function, saveable.restore_function = self._tables[number]
        else:
            self._write_user_object(node, message)

    def _write_user_object(self, node: Any, message: Any) -> None:
        user = message.user_object
        user.identifier = _CONTAINERS.get(type(node)) or node._object_identifier
        user.version.producer = user.version.min_consumer = 1
        if has_values(node):
            raise UnimplementedError(
                None,
                None,
                f"{node!r} has values of its own that are not variables; Tidefall cannot save "
                "such objects in a SavedModel yet. Keep it out of the object that is saved.",
            )

    def table_values(self, graph_proto: Any) -> list[SavedTable]:
        """How the main graph saves and restores each mutable table."""
        found = []
        for number, functions_ in self._tables.items():
            save, restore = (self.graph.nodes[i] for i in functions_)
            # All of its values begin with one key.
            endings = value_endings(self.graph.nodes[number])
            first = graph_proto.nodes[number].attributes[0].checkpoint_key
            key = first.removesuffix(endings[0])
            calls = [(f, [self._main.find(t) for t in self.captures(f)]) for f in (save, restore)]
            found.append(SavedTable(key, [f"{key}{ending}" for ending in endings], *calls))
        return found

    def variable_keys(self, graph_proto: Any) -> list[tuple[str, Any]]:
        """The checkpoint key and the handle in the main graph of each variable."""
        found = []
        for number, node in enumerate(self.graph.nodes):
            storage = storage_of(node)
            if storage is not None:
                key = next(
                    a.checkpoint_key
                    for a in graph_proto.nodes[number].attributes
                    if a.name == VARIABLE_VALUE_KEY
                )
                found.append((key, self._main.find(storage)))
        return found


def _resource_functions(resource: TrackableResource) -> dict[str, Any]:
    """Functions that make and fill a resource again."""

    def create() -> Any:
        return resource._create_resource()

    def initialize() -> Any:
        resource._initialize()
        return np.int32(1)

    def destroy() -> Any:
        resource._destroy_resource()
        return np.int32(1)

    made = {"_create_resource": create, "_initialize": initialize, "_destroy_resource": destroy}
    return {name: function(f, input_signature=[], autograph=False) for name, f in made.items()}


def _table_functions(table: Any) -> Sequence[ConcreteFunction]:
    """What saves a table, given its key in the checkpoint, and what restores it."""
    if isinstance(table, RestoredTable):
        return table.value_functions

    def save_fn(checkpoint_key: Any) -> Any:
        join, parts = raw.StringJoin, table._serialize_to_tensors()
        whole = convert_to_tensor("")
        return [
            {"name": join([checkpoint_key, ending]), "slice_spec": whole, "tensor": tensor}
            for ending, tensor in parts.items()
        ]

    def restore_fn(restored_tensors_0: Any, restored_tensors_1: Any) -> Any:
        table._restore_from_tensors({"-keys": restored_tensors_0, "-values": restored_tensors_1})
        return np.int32(1)

    parts = [TensorSpec(None, table.key_dtype), TensorSpec(None, table.value_dtype)]
    return [
        function(
            save_fn, input_signature=[TensorSpec([], dtypes.string)], autograph=False
        ).get_concrete_function(),
        function(restore_fn, input_signature=parts, autograph=False).get_concrete_function(),
    ]


def _untracked(concrete: ConcreteFunction, tensor: Any) -> None:
    storage = getattr(tensor, "storage", None)
    known = isinstance(storage, VariableStorage) and storage.owner is not None
    owner = storage.owner() if known else None
    what = repr(owner) if isinstance(owner, Variable) else repr(tensor)
    raise AssertionError(
        f"Tried to export a function which references an 'untracked' resource: the function "
        f"{concrete.name} uses {what}, which cannot be reached from the object that is saved. "
        "TensorFlow objects (e.g. tf.Variable) captured by functions must be 'tracked' by "
        "assigning them to an attribute of a tracked object, or to an attribute of the main "
        "object directly."
    )
