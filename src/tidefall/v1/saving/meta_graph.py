"""MetaGraphDefs: a graph with its collections and how it is saved, written and read."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.composite.variables.saveable import Saveable
from tidefall.function.graph_import import import_graph_def
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.graph.v1.graph_variable import GraphVariable
from tidefall.graph.v1.meta_variables import variable_of_proto
from tidefall.io.file_systems.file_system import makedirs, replace_file
from tidefall.saving.checkpoint.restoration import log
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.v1.graphs.graph_keys import GraphKeys

TF_VERSION = "2.21.0"
_OF_VARIABLES = (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.METRIC_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.GLOBAL_STEP,
)


def make_meta_graph(
    graph: Graph | None = None,
    saver_def: Any = None,
    collection_list: Any = None,
    clear_devices: bool = False,
    strip_default_attrs: bool = False,
    tags: Any = (),
    export_scope: str | None = None,
) -> Any:
    """The MetaGraphDef of a graph.

    Args:
        graph: the graph; the default one if None.
        saver_def: how its variables are saved.
        collection_list: names of the collections to write; all of them by default.
        clear_devices: leave out where nodes run.
        strip_default_attrs: leave out attributes that equal their default.
        tags: what the MetaGraphDef is for.
        export_scope: write only what is in this name scope, without its name.
    """
    from tidefall.graph.codec.graph_def import graph_to_proto
    from tidefall.proto import MetaGraphDef

    graph = graph or get_default_graph()
    meta = MetaGraphDef()
    meta.meta_info_def.tensorflow_version = TF_VERSION
    meta.meta_info_def.stripped_default_attrs = strip_default_attrs
    meta.meta_info_def.tags.extend(tags)
    nodes = graph_to_proto(graph, add_shapes=True, all_attrs=not strip_default_attrs)
    meta.graph_def.CopyFrom(nodes if export_scope is None else _within(nodes, export_scope))
    if clear_devices:
        for node in meta.graph_def.node:
            node.device = ""
    used = {node.op for node in meta.graph_def.node}
    used |= {n.op for f in meta.graph_def.library.function for n in f.node_def}
    for name in sorted(used):
        from tidefall.graph.codec.op_messages import op_def_message

        meta.meta_info_def.stripped_op_list.op.append(op_def_message(name))
    if saver_def is not None:
        meta.saver_def.CopyFrom(saver_def)
    for key in collection_list if collection_list is not None else graph.get_all_collection_keys():
        _add_collection(meta, key, graph.get_collection(key), export_scope)
    return meta


def _within(message: Any, scope: str) -> Any:
    """The nodes in a name scope, without its name."""
    prefix = f"{scope}/"

    def strip(text: str) -> str:
        caret, rest = ("^", text[1:]) if text.startswith("^") else ("", text)
        return caret + (rest[len(prefix) :] if rest.startswith(prefix) else rest)

    kept = type(message)()
    kept.CopyFrom(message)
    del kept.node[:]
    for node in message.node:
        if node.name.startswith(prefix):
            added = kept.node.add()
            added.CopyFrom(node)
            added.name = strip(node.name)
            inputs = [strip(text) for text in node.input]
            del added.input[:]
            added.input.extend(inputs)
    return kept


def _add_collection(meta: Any, key: str, values: list[Any], scope: str | None) -> None:
    """Write a collection if all of it can be written."""
    definition = meta.collection_def[key]
    first = values[0] if values else None
    if first is None:
        del meta.collection_def[key]
    elif isinstance(first, Saveable):
        definition.node_list.value.extend(value.op.op.name for value in values)
    elif isinstance(first, GraphVariable) or hasattr(first, "to_proto"):
        messages = [value.to_proto(export_scope=scope) for value in values]
        found = [m.SerializeToString() for m in messages if m is not None]
        definition.bytes_list.value.extend(found)
    elif isinstance(first, (SymbolicTensor, Operation)):
        prefix = f"{scope}/" if scope else ""
        names = [value.name.removeprefix(prefix) for value in values]
        definition.node_list.value.extend(names)
    elif isinstance(first, (str, bytes)):
        found = [v.encode() if isinstance(v, str) else v for v in values]
        definition.bytes_list.value.extend(found)
    elif hasattr(first, "SerializeToString"):
        definition.bytes_list.value.extend(v.SerializeToString() for v in values)
    elif isinstance(first, int):
        definition.int64_list.value.extend(values)
    elif isinstance(first, float):
        definition.float_list.value.extend(values)
    else:
        log.warning("%ss in the collection %s cannot be written.", type(first).__name__, key)
        del meta.collection_def[key]


def write_message(message: Any, path: str, as_text: bool = False) -> None:
    """Write a message to a file, made whole before it is seen."""
    from google.protobuf import text_format

    makedirs(os.path.dirname(path) or ".")
    text = text_format.MessageToString(message).encode() if as_text else None
    data = message.SerializeToString() if text is None else text
    replace_file(path, lambda file: file.write(data))


def read_meta_graph(source: Any) -> Any:
    """A MetaGraphDef from a file, binary or text; a message comes back as it is.

    Raises:
        NotFoundError, OSError: if there is no such file.
    """
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    from tidefall.proto import MetaGraphDef
    from tidefall.proto.registry import pool

    if hasattr(source, "graph_def"):
        return source
    path = os.fspath(source)
    if not os.path.isfile(path):
        raise OSError(f"File does not exist. Received: {path}.")
    with open(path, "rb") as file:
        data = file.read()
    try:
        return MetaGraphDef.FromString(data)
    except DecodeError:
        pass
    try:
        return text_format.Parse(data.decode(), MetaGraphDef(), descriptor_pool=pool())
    except (UnicodeDecodeError, text_format.ParseError) as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from None


def load_meta_graph(
    source: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    input_map: Any = None,
    return_elements: Any = None,
) -> tuple[Any, list[Any] | None]:
    """Add a MetaGraphDef's nodes and collections to the default graph.

    Returns:
        The message, and the elements asked for.
    """
    meta = read_meta_graph(source)
    if clear_devices:
        copied = type(meta)()
        copied.CopyFrom(meta)
        meta = copied
        for node in meta.graph_def.node:
            node.device = ""
    graph = get_default_graph()
    found = import_graph_def(meta.graph_def, input_map, return_elements, name=import_scope or "")
    variables: dict[Any, Any] = {}
    for key in sorted(meta.collection_def):
        _restore_collection(graph, key, meta.collection_def[key], import_scope, variables)
    return meta, found


def _restore_collection(
    graph: Graph, key: str, definition: Any, scope: str | None, variables: dict[Any, Any]
) -> None:
    from tidefall.proto import VariableDef

    kind = definition.WhichOneof("kind")
    if kind is None:
        return
    prefix = f"{scope}/" if scope else ""
    for value in getattr(definition, kind).value:
        if kind == "node_list":
            try:
                graph.add_to_collection(key, graph.as_graph_element(prefix + value))
            except (KeyError, ValueError) as error:
                raise NotFoundError(
                    None, None, f"The collection {key} names {value}, which is not in the graph."
                ) from error
        elif kind == "bytes_list" and key in _OF_VARIABLES:
            if value not in variables:
                proto = VariableDef.FromString(value)
                variables[value] = variable_of_proto(graph, proto, scope)
            graph.add_to_collection(key, variables[value])
        else:
            graph.add_to_collection(key, value)


@export("compat.v1.train.export_meta_graph")
def export_meta_graph(
    filename: str | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Any = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """A graph and its collections as a MetaGraphDef.

    Args:
        filename: also write it to this file.
        meta_info_def: a MetaInfoDef to put in.
        graph_def: a GraphDef to put in instead of the graph's own.
        saver_def: how the variables are saved.
        collection_list: names of the collections to write; all by default.
        as_text: write the text form.
        graph: the graph; the default one if None.
        export_scope: only what is in this name scope, without its name.
        clear_devices: leave out where nodes run.
        clear_extraneous_savers: accepted.
        strip_default_attrs: leave out attributes that equal their default.
        save_debug_info: accepted.

    Returns:
        A MetaGraphDef.
    """
    meta = make_meta_graph(
        graph, saver_def, collection_list, clear_devices, strip_default_attrs,
        export_scope=export_scope,
    )  # fmt: skip
    if graph_def is not None:
        meta.graph_def.CopyFrom(graph_def)
    if meta_info_def is not None:
        meta.meta_info_def.MergeFrom(meta_info_def)
    if filename is not None:
        write_message(meta, os.fspath(filename), as_text)
    return meta
