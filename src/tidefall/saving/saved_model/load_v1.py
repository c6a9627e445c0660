"""Loading SavedModels of TensorFlow 1: a graph with signatures, and no object graph."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import DataLossError, UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, init_scope, tapes_paused
from tidefall.composite.trackable.auto_trackable import AutoTrackable
from tidefall.composite.trackable.resource import Asset
from tidefall.composite.variables.variable import Variable
from tidefall.function.concrete import ConcreteFunction
from tidefall.graph.codec.attributes import attr_from_proto
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.graph.codec.importer import import_nodes, nodes_of, source_of
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.v1.ref_variables import is_reference, without_references
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.runtime.graph_function import GraphFunction
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model.initialization import refuse_writers
from tidefall.saving.saved_model.loaded_tables import LoadedTables
from tidefall.saving.saved_model.reader import asset_path
from tidefall.saving.saved_model.signatures import SignatureMap
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor

_RESOURCES = frozenset(
    {raw.HashTableV2.name, raw.MutableHashTableV2.name, raw.MutableHashTableOfTensorsV2.name}
)
_LONGEST_WAY = 100  # calls and Identity nodes between the use of a table and its node
_CALLS = frozenset({raw.PartitionedCall.name, raw.StatefulPartitionedCall.name})


class LoadedGraph(AutoTrackable):
    """What loading a SavedModel of TensorFlow 1 returns.

    Attributes:
        signatures: functions by name.
        variables: the variables of the graph.
        asset_paths: the model's files, as `tf.saved_model.Asset`s.
    """

    def __init__(self, importer: _Importer):
        self._setattr_tracking = False
        self._importer = importer
        self._setattr_tracking = True
        self.variables = list(importer.variables.values())
        self._track_trackable(importer.tables, "tables")

    def restore(self, save_path: Any) -> None:
        """Restore the variables from another checkpoint of the graph.

        Args:
            save_path: what the names of the checkpoint's files begin with.
        """
        self._importer.restore(os.fspath(save_path))

    def initializer(self) -> None:
        """Run the op that fills the graph's tables; done once by loading."""
        self._importer.initialize()

    def prune(self, feeds: Any, fetches: Any, name: str = "pruned") -> ConcreteFunction:
        """A function of some tensors of the graph that returns others.

        Args:
            feeds: names (`node:0`) of the tensors that become arguments, in a nest.
            fetches: names of tensors to return, or of nodes to run, in a nest.
            name: the function's name.
        """
        return self._importer.function(feeds, fetches, name)


def load_v1(meta: Any, folder: str) -> LoadedGraph:
    """Load a MetaGraphDef that has no object graph.

    Args:
        meta: the MetaGraphDef.
        folder: the directory of the SavedModel.

    Raises:
        UnimplementedError: if it uses what Tidefall does not have; all of it is listed.
        DataLossError: if it is damaged.
    """
    importer = _Importer(meta, folder)
    importer.check()
    root = LoadedGraph(importer)
    importer.restore()
    root.asset_paths = list(importer.assets.values())
    importer.initialize()
    root.signatures = SignatureMap(
        {key: importer.signature(key) for key in importer.signature_names()}
    )
    return root


def copy_values(variables: Iterable[Variable]) -> None:
    """Gives variables values in memory of this process, where they may be maps of files."""
    for variable in variables:
        storage = variable.handle.storage
        with storage.lock:
            if storage.value is not None:
                storage.value = np.array(storage.read())


class _Importer:
    """Makes functions of parts of one graph."""

    def __init__(self, meta: Any, folder: str):
        self._meta = meta
        self._folder = folder
        self._where = f"the graph of the SavedModel at {folder}"
        self._library = FunctionLibrary(meta.graph_def.library.function, GraphFunction)
        self._nodes = {n.name: n for n in without_references(nodes_of(meta.graph_def))}
        self._order = {name: i for i, name in enumerate(self._nodes)}
        trainable = {self._variable_name(v) for v in self._collection("trainable_variables")}
        self.variables = {
            name: _variable(node, name in trainable)
            for name, node in self._nodes.items()
            if is_reference(node) or node.op == raw.VarHandleOp.name
        }
        self._functions = {f.signature.name: f for f in meta.graph_def.library.function}
        self.tables = LoadedTables(self._fill)
        self._filler: ConcreteFunction | None = None
        self.assets = self._find_assets()

    # ---- collections ----

    def _collection(self, key: str) -> list[Any]:
        if key not in self._meta.collection_def:
            return []
        value = self._meta.collection_def[key]
        return list(getattr(value, value.WhichOneof("kind") or "bytes_list").value)

    @staticmethod
    def _variable_name(serialized: Any) -> str:
        from google.protobuf.message import DecodeError

        from tidefall.proto import VariableDef

        try:
            return VariableDef.FromString(serialized).variable_name.partition(":")[0]
        except (DecodeError, TypeError):
            return ""

    def _find_assets(self) -> dict[str, Any]:
        """The model's files, by the name of the tensor they are fed to."""
        from tidefall.proto import AssetFileDef

        entries = list(self._meta.asset_file_def)
        if not entries:
            found = self._collection(names.ASSETS_KEY)
            entries = [AssetFileDef.FromString(item.value) for item in found]
        return {
            entry.tensor_info.name: Asset(asset_path(self._folder, entry.filename))
            for entry in entries
        }

    def _initializers(self) -> list[str]:
        """The nodes that prepare the model."""
        if names.INIT_OP_SIGNATURE_KEY in self._meta.signature_def:
            outputs = self._meta.signature_def[names.INIT_OP_SIGNATURE_KEY].outputs
            return [info.name for info in outputs.values()]
        return self._collection(names.MAIN_OP_KEY) or self._collection(names.LEGACY_INIT_OP_KEY)

    def signature_names(self) -> list[str]:
        """The signatures that can be called."""
        hidden = (names.INIT_OP_SIGNATURE_KEY, names.TRAIN_OP_SIGNATURE_KEY)
        return sorted(key for key in self._meta.signature_def if key not in hidden)

    # ---- what is run ----

    def check(self) -> None:
        """Refuse a graph of which a part that can be used needs what Tidefall does not have."""
        parts = {}
        for key in self.signature_names():
            definition = self._meta.signature_def[key]
            feeds = [info.name for info in definition.inputs.values()]
            fetches = [info.name for info in definition.outputs.values()]
            parts[f"signature {key}"] = self._needed(feeds, fetches)
        parts["initialization"] = self._needed(list(self.assets), self._initializers())
        self._library.check((), parts)

    def restore(self, prefix: str | None = None) -> None:
        """Run the op that restores the variables, by default from the model's own checkpoint."""
        saver = self._meta.saver_def
        if prefix is None:
            folder = os.path.join(self._folder, names.VARIABLES_DIRECTORY)
            if not saver.restore_op_name or not os.path.isdir(folder):
                return
            prefix = os.path.join(folder, names.VARIABLES_FILENAME)
        function = self.function([saver.filename_tensor_name], [saver.restore_op_name], "restore")
        function.call_flat([_path_tensor(prefix)])

    def initialize(self) -> None:
        """Run the op that fills tables and the like."""
        fetches = self._initializers()
        if fetches:
            nodes = self._needed(self._fed_files(), fetches)
            refuse_writers(self._library.reachable(nodes), self._folder)
            self._fill()

    def _fed_files(self) -> list[str]:
        """The tensors of the graph that the paths of files are fed to."""
        return [name for name in self.assets if source_of(name) in self._nodes]

    def _fill(self) -> None:
        """Run the op that fills tables, or call it in the function that is traced."""
        feeds, fetches = self._fed_files(), self._initializers()
        if self._filler is None and fetches:
            self._filler = self.function(feeds, fetches, "init")
        if self._filler is not None:
            self._filler.call_flat([self.assets[name].asset_path for name in feeds])

    def signature(self, key: str) -> ConcreteFunction:
        """The function of a signature."""
        definition = self._meta.signature_def[key]
        for label, info in (*definition.inputs.items(), *definition.outputs.items()):
            if info.WhichOneof("encoding") != "name":
                raise UnimplementedError(
                    None,
                    None,
                    f"The tensor {label} of signature {key} is not dense, which "
                    "Tidefall does not support for models of TensorFlow 1 yet.",
                )
        feeds = {label: info.name for label, info in definition.inputs.items()}
        fetches = {label: info.name for label, info in definition.outputs.items()}
        function = self.function(feeds, fetches, f"signature_wrapper_{key}")
        graph = function.graph
        keywords = sorted(feeds)
        graph.structured_input_signature = (
            (),
            {
                label: TensorSpec(tensor.shape, tensor.dtype, label)
                for label, tensor in zip(keywords, graph.arguments, strict=True)
            },
        )
        function._arg_keywords = keywords
        function._num_positional_args = 1 if len(keywords) == 1 else 0  # type: ignore[attr-defined]
        return function

    # ---- functions ----

    def _needed(self, feeds: Iterable[str], fetches: Iterable[str]) -> list[Any]:
        """The nodes that fetches depend on when feeds are given, in the file's order."""
        given = {_canonical(name) for name in feeds}
        waiting = [name for name in fetches if _canonical(name) not in given]
        found: set[str] = set()
        while waiting:
            name = source_of(waiting.pop())
            if name in found or self._is_held(name):
                continue
            if name not in self._nodes:
                raise DataLossError(None, None, f"{self._where} has no node {name}.")
            found.add(name)
            waiting.extend(
                text
                for text in self._nodes[name].input
                if text.startswith("^") or _canonical(text) not in given
            )
        return [self._nodes[name] for name in sorted(found, key=self._order.__getitem__)]

    def _is_held(self, name: str) -> bool:
        """Whether a node stands for a variable or table that lives outside of functions."""
        return name in self.variables or self._table_node(name) is not None

    def _table_node(self, name: str) -> Any:
        """The node that makes a table: that of the name, or one in the functions it calls."""
        node = self._nodes.get(name)
        for _ in range(_LONGEST_WAY):
            if node is None or node.op in _RESOURCES:
                return node
            if node.op not in _CALLS or any(not text.startswith("^") for text in node.input):
                return None
            node = self._returned(node.attr["f"].func.name)
        return None

    def _returned(self, function: str) -> Any:
        """The node whose output a function returns, if it returns one tensor."""
        definition = self._functions.get(function)
        if definition is None or len(definition.signature.output_arg) != 1:
            return None
        nodes = {node.name: node for node in definition.node_def}
        node = nodes.get(source_of(definition.ret[definition.signature.output_arg[0].name]))
        for _ in range(_LONGEST_WAY):
            if node is None or node.op != raw.Identity.name or not node.input:
                return node
            node = nodes.get(source_of(node.input[0]))
        return None

    def function(self, feeds: Any, fetches: Any, name: str) -> ConcreteFunction:
        """A function of some tensors that returns others; see `LoadedGraph.prune`."""
        fed = [_canonical(text) for text in nest.flatten(feeds)]
        wanted = nest.flatten(fetches)
        needed = self._needed(fed, wanted)
        graph = FuncGraph(name)
        graph.enclosing = None
        with graph_scope(graph), tapes_paused():
            resolve = {text: self._argument(graph, text) for text in fed}
        held = {source_of(t) for node in needed for t in node.input} | set(map(source_of, wanted))
        for source in sorted(held):
            if f"{source}:0" not in resolve and self._is_held(source):
                resolve[f"{source}:0"] = self._held(graph, source)
        self._refuse_unfed(needed, name)
        made = import_nodes(
            needed, graph, resolve, self._library.function, self._where, flat_names=True
        )
        outputs = {text: self._fetch(graph, text, resolve, made) for text in wanted}
        graph.outputs = [t for t in (outputs[text] for text in wanted) if t is not None]
        graph.structured_outputs = nest.map_structure(outputs.__getitem__, fetches)
        graph.structured_input_signature = (tuple(_specs(feeds, graph)), {})
        function = ConcreteFunction(graph)
        function.kept_alive = list(self.variables.values())
        return function

    def _argument(self, graph: FuncGraph, text: str) -> Any:
        dtype, shape = self._describe(text)
        return graph.add_argument(dtype, shape, source_of(text).replace("/", "_"))

    def _describe(self, text: str) -> tuple[Any, TensorShape]:
        """The dtype and the shape of a tensor of the file."""
        node = self._nodes.get(source_of(text))
        if node is None:
            raise DataLossError(None, None, f"{self._where} has no node {source_of(text)}.")
        op, attrs = find_op(node.op), _plain_attrs(node)
        dtype = op.definition.output_dtypes(attrs)[int(text.partition(":")[2])]
        if op is raw.Placeholder:
            return dtype, attrs["shape"]
        for definition in self._meta.signature_def.values():
            for info in definition.inputs.values():
                # Some files give a tensor another type than it has.
                if _canonical(info.name) == text and as_dtype(info.dtype) == dtype:
                    return dtype, TensorShape(info.tensor_shape)
        return dtype, attrs["shape"] if op.effects.given else TensorShape(None)

    def _held(self, graph: FuncGraph, name: str) -> Any:
        """The placeholder of a variable or table in a function."""
        variable = self.variables.get(name)
        if variable is not None:
            graph.watch_variable(variable)
            return graph.capture(variable.handle)
        node = self._table_node(name)
        with init_scope():
            handle = self.tables.handle(node, _plain_attrs(node))
        return graph.capture(handle)

    def _refuse_unfed(self, nodes: Sequence[Any], name: str) -> None:
        unfed = [node.name for node in nodes if node.op == raw.Placeholder.name]
        if unfed:
            raise ValueError(
                f"{name} depends on the placeholders {unfed} of {self._where}, which are not fed."
            )

    def _fetch(
        self, graph: FuncGraph, text: str, resolve: Mapping[str, Any], made: Mapping[str, Any]
    ) -> Any:
        known = resolve.get(_canonical(text))
        if known is not None:
            if known.dtype != dtypes.resource:
                return known
            variable = self.variables.get(source_of(text))
            with graph_scope(graph), tapes_paused():
                return None if variable is None else variable.value()
        node = made[source_of(text)]
        if ":" not in text:
            return None  # a node that is run for its effects
        index = int(text.partition(":")[2])
        if index >= len(node.outputs):
            raise DataLossError(None, None, f"{self._where} has no tensor {text}.")
        return node.outputs[index]


def _path_tensor(path: str) -> EagerTensor:
    return EagerTensor(np.array(os.fsencode(path), object))


def _plain_attrs(node: Any) -> dict[str, Any]:
    """The attributes of a NodeDef that calls no functions."""
    return {
        key: attr_from_proto(attr.kind, node.attr[key], str) if key in node.attr else attr.default
        for key, attr in find_op(node.op).definition.attrs.items()
    }


def _canonical(text: str) -> str:
    name, _, index = text.partition(":")
    return f"{name}:{index or 0}"


def _specs(feeds: Any, graph: FuncGraph) -> list[Any]:
    specs = [TensorSpec(t.shape, t.dtype, t.op.name) for t in graph.arguments]
    packed = nest.pack_sequence_as(feeds, specs)
    return list(packed) if isinstance(feeds, list | tuple) else [packed]


def _variable(node: Any, trainable: bool) -> Variable:
    return Variable.uninitialized(
        node.name,
        as_dtype(node.attr["dtype"].type),
        TensorShape(node.attr["shape"].shape),
        trainable,
    )
