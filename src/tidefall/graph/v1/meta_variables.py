"""Variables of a graph and the VariableDef messages that MetaGraphDefs keep of them."""

from __future__ import annotations

from typing import Any

from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.graph.graph import Graph
from tidefall.graph.v1.graph_variable import GraphVariable
from tidefall.graph.v1.variables import RefVariable, ResourceVariable


def variable_of_proto(graph: Graph | None, message: Any, import_scope: str | None) -> GraphVariable:
    """The variable of a graph that a VariableDef describes.

    Args:
        graph: the graph, which has the variable's nodes already.
        message: the VariableDef.
        import_scope: name scope in front of the names in the message.

    Raises:
        ValueError: in eager code.
        KeyError: if a node is not there.
    """
    if graph is None:
        raise ValueError("Variables can be made of a VariableDef only in a graph.")
    prefix = f"{import_scope}/" if import_scope else ""

    def element(name: str) -> Any:
        return graph.as_graph_element(prefix + name)

    handle = element(message.variable_name)
    snapshot_name = message.snapshot_name
    kind = ResourceVariable if message.is_resource else RefVariable
    if not snapshot_name:
        snapshot_name = f"{message.variable_name.partition(':')[0]}/" + (
            "Read/ReadVariableOp:0" if message.is_resource else "read:0"
        )
    part = None
    if message.HasField("save_slice_info_def"):
        part = SaveSliceInfo(
            save_slice_info_def=message.save_slice_info_def, import_scope=import_scope
        )
    return kind.of_nodes(
        graph,
        handle,
        element(message.initializer_name),
        element(snapshot_name),
        element(message.initial_value_name) if message.initial_value_name else None,
        trainable=message.trainable,
        synchronization=message.synchronization,
        aggregation=message.aggregation,
        save_slice_info=part,
    )
