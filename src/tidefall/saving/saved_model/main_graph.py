"""The main graph of a SavedModel: what a session, or a server without Python, runs.

It holds a handle of every variable, the ops that save and restore them, and for each signature the
placeholders that feed it and the call of its function.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import UnimplementedError
from tidefall.composite.trackable.resource import TrackableResource
from tidefall.composite.variables.storage import VariableStorage
from tidefall.function.concrete import ConcreteFunction
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation
from tidefall.graph.replay import replay
from tidefall.op import raw
from tidefall.saving.saved_model.constants import PREDICT_METHOD_NAME
from tidefall.saving.saved_model.restored import RestoredResource
from tidefall.saving.saved_model.signatures import flat_outputs


class _ExportedGraph(Graph):
    """A graph that knows what objects of this process are called in it."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[int, Any] = {}

    def capture(self, tensor: Any, name: str | None = None) -> Any:
        found = self.known.get(id(tensor)) or self.known.get(id(resource_of(tensor)))
        return super().capture(tensor, name) if found is None else found[1]


def resource_of(tensor: Any) -> Any:
    """What a handle leads to; the handle itself where that is nothing."""
    value = getattr(tensor, "storage", None)
    return tensor if value is None else value


@dataclass
class SavedTable:
    """A table whose values are saved with the variables.

    Attributes:
        key: what its names in a checkpoint begin with.
        names: these names.
        save, restore: a function, and what the main graph has for its captures. The first one is
            given the key and returns for each name the name, a slice and the tensor; the second
            one is given the tensors.
    """

    key: str
    names: Sequence[str]
    save: tuple[ConcreteFunction, Sequence[Any]]
    restore: tuple[ConcreteFunction, Sequence[Any]]


class MainGraph:
    """Builds the main graph."""

    def __init__(self) -> None:
        self.graph = _ExportedGraph()
        self._fresh: dict[int, Any] = {}

    # ---- what functions capture ----

    def add_variable(self, storage: VariableStorage) -> Any:
        """A handle for a variable."""
        with self.graph.as_default():
            name = self.graph.unique_name(storage.name or "Variable", mark_as_used=False)
            handle = raw.VarHandleOp(
                dtype=storage.dtype, shape=storage.shape, shared_name=name, name=name
            )
        return self.bind(storage, handle)

    def add_resource(self, resource: TrackableResource) -> Any:
        """Make a resource in this graph."""
        with self.graph.as_default():
            if isinstance(resource, RestoredResource):
                handle = _made_again(resource)
            else:
                handle = copy.copy(resource)._create_resource()
        return self.bind(resource_of(resource.resource_handle), handle)

    def add_call(self, function: ConcreteFunction, arguments: Sequence[Any]) -> Operation:
        """Call a function; returns the node."""
        with self.graph.as_default():
            attrs = {
                "Tin": [t.dtype for t in arguments],
                "Tout": [t.dtype for t in function.graph.outputs],
                "f": function.graph_function,
            }
            op = raw.StatefulPartitionedCall
            return self.graph.add_node(op, arguments, {**op.definition.defaults, **attrs}, op.name)

    def add_constant(self, tensor: Any) -> Any:
        """A constant with the value of an eager tensor."""
        with self.graph.as_default():
            found = self.graph.constant(tensor.host_array(), tensor.dtype, name="Const")
        return self.bind(tensor, found)

    def add_asset(self, path: Any) -> tuple[Any, Operation]:
        """A variable for the path of a file, which only the loader knows.

        Returns:
            The placeholder that the loader feeds, and the node that stores what it is fed.
        """
        graph = self.graph
        with graph.as_default():
            fed = raw.Placeholder(dtype="string", shape=[], name="asset_path_initializer")
            name = graph.unique_name("asset_path", mark_as_used=False)
            handle = raw.VarHandleOp(dtype="string", shape=[], shared_name=name, name="asset_path")
            stored = graph.add_op(raw.AssignVariableOp, [handle, fed], {}, f"{name}/Assign")
            read = raw.ReadVariableOp(handle, dtype="string", name=f"{name}/Read")
            fresh = raw.ReadVariableOp(handle, dtype="string", name=f"{name}/ReadNew")
            fresh.op.control_inputs = [stored]
        self.bind(path, read)
        self._fresh[id(read)] = fresh
        return fed, stored

    def after_assets(self, tensor: Any) -> Any:
        """A tensor as it is once the paths of files are stored."""
        return self._fresh.get(id(tensor), tensor)

    def bind(self, key: Any, tensor: Any) -> Any:
        """Let an object of this process be known as a tensor of the graph."""
        self.graph.known[id(key)] = (key, tensor)
        return tensor

    def find(self, key: Any) -> Any:
        """The tensor of the graph that an object is known as, or None."""
        found = self.graph.known.get(id(key))
        return None if found is None else found[1]

    # ---- signatures ----

    def add_signature(self, key: str, function: ConcreteFunction, captured: Sequence[Any]) -> Any:
        """Feed and call the function of a signature.

        Args:
            key: the signature's name.
            function: its wrapped function.
            captured: tensors of this graph for the function's captures.

        Returns:
            The SignatureDef.
        """
        from tidefall.proto import SignatureDef

        proto = SignatureDef(method_name=PREDICT_METHOD_NAME)
        with self.graph.as_default():
            feeds = []
            for argument in function.graph.arguments:
                name = argument.op.name
                placeholder = raw.Placeholder(
                    dtype=argument.dtype, shape=argument.shape, name=f"{key}_{name}"
                )
                _fill_info(proto.inputs[name], placeholder)
                feeds.append(placeholder)
            outputs = self.add_call(function, [*feeds, *captured]).outputs
        for name, value, start in flat_outputs(function):
            if isinstance(value, CompositeTensor):
                _fill_composite(proto.outputs[name], value, outputs[start:])
            else:
                _fill_info(proto.outputs[name], outputs[start], value.shape)
        return proto

    # ---- initialization ----

    def add_init_op(self, operations: Iterable[Operation]) -> Operation:
        """A node that runs after all others of these."""
        with self.graph.as_default():
            node = self.graph.add_node(raw.NoOp, [], {}, name="NoOp")
        node.control_inputs = list(operations)
        return node

    # ---- saving and restoring ----

    def add_saver(
        self,
        variables: Sequence[tuple[str, Any]],
        tables: Sequence[SavedTable],
        object_graph: bytes,
    ) -> Any:
        """The ops that save variables and tables to a checkpoint and restore them from one.

        Args:
            variables: the checkpoint key and the handle of each variable.
            tables: the tables.
            object_graph: the serialized object graph, which is part of every checkpoint.

        Returns:
            The SaverDef.
        """
        from tidefall.proto import SaverDef

        graph = self.graph
        kinds = [handle.op.attrs["dtype"] for _, handle in variables]
        with graph.as_default():
            filename = raw.Placeholder(dtype="string", shape=[], name="saver_filename")
            parts = [name for table in tables for name in table.names]
            keys = [*(key for key, _ in variables), *parts]
            names = _strings([*keys, "_CHECKPOINTABLE_OBJECT_GRAPH"])
            values = [
                raw.ReadVariableOp(handle, dtype=dtype, name=f"{handle.op.name}/Read")
                for (_, handle), dtype in zip(variables, kinds, strict=True)
            ]
            for table in tables:
                key = graph.constant(_string(table.key.encode()), dtypes.string, "save/key")
                function, captured = table.save
                tensors = self.add_call(function, [key, *captured]).outputs[2::3]
                values += tensors
                kinds += [tensor.dtype for tensor in tensors]
            saved = graph.add_op(
                raw.SaveV2,
                [filename, names, _strings([""] * len(names)), [*values, _string(object_graph)]],
                {},
                "save/SaveV2",
            )
            written = raw.Identity(filename, name="save/filename")
            written.op.control_inputs = [saved]
            handles = [handle for _, handle in variables]
            assigned = self._restore(handles, tables, keys, kinds, filename)
            restored = graph.add_node(raw.NoOp, [], {}, "save/restore_all")
            restored.control_inputs = assigned
        return SaverDef(
            filename_tensor_name=filename.name,
            save_tensor_name=written.name,
            restore_op_name=restored.name,
            version=SaverDef.V2,
        )

    def _restore(
        self,
        variables: Sequence[Any],
        tables: Sequence[SavedTable],
        keys: Sequence[str],
        kinds: Sequence[Any],
        filename: Any,
    ) -> list[Operation]:
        if not keys:
            return []
        values = raw.RestoreV2(
            filename,
            _strings(keys),
            _strings([""] * len(keys)),
            dtypes=list(kinds),
            name="save/RestoreV2",
        )
        assign, count = raw.AssignVariableOp, len(variables)
        done = [
            self.graph.add_op(assign, [handle, value], {}, "save/Assign")
            for handle, value in zip(variables, values[:count], strict=True)
        ]
        rest = iter(values[count:])
        for table in tables:
            function, captured = table.restore
            done.append(self.add_call(function, [*(next(rest) for _ in table.names), *captured]))
        return done


def _made_again(resource: RestoredResource) -> Any:
    """The handle of a resource of a loaded model, made by nodes of the graph that is built."""
    graph = resource._create_resource.concrete_functions[0].graph  # type: ignore[attr-defined]
    while graph.outputs[0].op.op_type is raw.StatefulPartitionedCall and len(graph.nodes) == 1:
        graph = graph.outputs[0].op.attrs["f"].graph
    known: set[int] = set()
    for node in graph.nodes:
        if node.op_type is raw.Placeholder or any(id(t) not in known for t in node.inputs):
            return resource._create_resource()  # arguments, or nodes in the order of some file
        known.update(id(t) for t in node.outputs)
    return replay(graph, [])[1][id(graph.outputs[0])]


def _strings(values: Sequence[str]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = [value.encode() for value in values]
    return array


def _string(value: bytes) -> np.ndarray:
    return np.array(value, object)


def _fill_info(info: Any, tensor: Any, shape: Any = None) -> None:
    info.name = tensor.name
    info.dtype = tensor.dtype.as_datatype_enum
    info.tensor_shape.CopyFrom((tensor.shape if shape is None else shape).as_proto())
    info.tensor_shape.SetInParent()


def _fill_composite(info: Any, value: CompositeTensor, outputs: Sequence[Any]) -> None:
    from tidefall.io.codecs.structured import encode_type_spec

    parts = nest.flatten(value, expand_composites=True)
    encode_type_spec(value._type_spec, info.composite_tensor.type_spec)
    for part, tensor in zip(parts, outputs, strict=False):
        _fill_info(info.composite_tensor.components.add(), tensor, part.shape)
    if not parts:
        raise UnimplementedError(None, None, f"{value!r} has no tensors to serve.")
