"""`tf.compat.v1.graph_util`: cutting down GraphDefs, and freezing their variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.graph.codec.importer import source_of
from tidefall.op import raw
from tidefall.v1.graphs.variables_as_constants import Constant, ConstantReaders, constant_node

_ON_CPU = frozenset({raw.Variable.name, raw.VariableV2.name})


def _check(graph_def: Any) -> None:
    if not hasattr(graph_def, "node") or not hasattr(graph_def, "library"):
        raise TypeError(
            f"graph_def must be a graph_pb2.GraphDef proto, but got type {type(graph_def)}."
        )


def _copy(message: Any) -> Any:
    copied = type(message)()
    copied.CopyFrom(message)
    return copied


@export("compat.v1.graph_util.extract_sub_graph")
def extract_sub_graph(graph_def: Any, dest_nodes: Iterable[str]) -> Any:
    """The part of a GraphDef that some nodes depend on.

    Args:
        graph_def: the GraphDef.
        dest_nodes: names of the nodes.

    Returns:
        A GraphDef with those nodes and what they read and wait for, in the same order.

    Raises:
        TypeError: if it is no GraphDef, or `dest_nodes` is a string.
        AssertionError: for a node that is not there.
    """
    _check(graph_def)
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be an iterable of strings, not a string.")
    nodes = {node.name: node for node in graph_def.node}
    waiting = [name.decode() if isinstance(name, bytes) else name for name in dest_nodes]
    for name in waiting:
        if name not in nodes:
            raise AssertionError(f"{name} is not in graph")
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found or name not in nodes:
            continue
        found.add(name)
        waiting.extend(source_of(text) for text in nodes[name].input)
    kept = type(graph_def)()
    for node in graph_def.node:
        if node.name in found:
            kept.node.add().CopyFrom(node)
    kept.library.CopyFrom(graph_def.library)
    kept.versions.CopyFrom(graph_def.versions)
    return kept


@export("compat.v1.graph_util.remove_training_nodes")
def remove_training_nodes(input_graph: Any, protected_nodes: Any = None) -> Any:
    """A GraphDef without nodes that inference does not need: checks, and nodes that do nothing.

    Args:
        input_graph: the GraphDef.
        protected_nodes: names of nodes to keep.

    Returns:
        A GraphDef without `CheckNumerics`, and without `Identity` where that changes nothing.
    """
    protected = set(protected_nodes or ())
    dropped = {raw.CheckNumerics.name}
    kept = [_copy(n) for n in input_graph.node if n.op not in dropped or n.name in protected]
    gone = {
        node.name: node
        for node in input_graph.node
        if node.op in dropped and node.name not in protected
    }
    _splice(kept, gone)
    waited_for = {text[1:] for node in kept for text in node.input if text.startswith("^")}
    passing = {
        node.name: node
        for node in kept
        if node.op == raw.Identity.name
        and node.name not in protected
        and node.name not in waited_for
        and not any(text.startswith("^") for text in node.input)
        and "_class" not in node.attr
    }
    kept = [node for node in kept if node.name not in passing]
    _splice(kept, passing)
    result = type(input_graph)()
    result.node.extend(kept)
    result.library.CopyFrom(input_graph.library)
    result.versions.CopyFrom(input_graph.versions)
    return result


def _splice(nodes: list[Any], gone: dict[str, Any]) -> None:
    """Let nodes read what the nodes that are gone read."""
    for node in nodes:
        inputs = []
        for text in node.input:
            name = text.removeprefix("^")
            while source_of(name) in gone:
                source = gone[source_of(name)].input[0]
                name = source.removeprefix("^")
            inputs.append(f"^{source_of(name)}" if text.startswith("^") else name)
        del node.input[:]
        node.input.extend(inputs)


@export("compat.v1.graph_util.must_run_on_cpu")
def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether a node can run on a CPU only.

    Args:
        node: a NodeDef, or a node of a graph.
        pin_variables_on_cpu: count variables, too.
    """
    message = node.node_def if hasattr(node, "node_def") else node
    if pin_variables_on_cpu and message.op in _ON_CPU:
        return True
    strings = 7
    if message.op == raw.Const.name:
        return message.attr["dtype"].type == strings
    if message.op in (raw.DynamicStitch.name, raw.ParallelDynamicStitch.name):
        return message.attr["T"].type == 3
    if message.op == raw.Cast.name:
        return strings in (message.attr["SrcT"].type, message.attr["DstT"].type)
    return False


@export("compat.v1.graph_util.tensor_shape_from_node_def_name")
def tensor_shape_from_node_def_name(graph: Any, input_name: str) -> TensorShape:
    """The static shape of a tensor of a graph, by the name that inputs of NodeDefs have.

    Args:
        graph: the graph.
        input_name: such as "node", "node:1" or "^node".
    """
    name = input_name.removeprefix("^")
    return graph.get_tensor_by_name(name if ":" in name else f"{name}:0").shape


@export("compat.v1.graph_util.convert_variables_to_constants")
def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Any,
    variable_names_whitelist: Any = None,
    variable_names_blacklist: Any = None,
) -> Any:
    """The part of a GraphDef that some nodes depend on, with constants in place of variables.

    Args:
        sess: the session that has the variables.
        input_graph_def: the GraphDef.
        output_node_names: names of the nodes.
        variable_names_whitelist: convert only these.
        variable_names_blacklist: do not convert these.

    Raises:
        ValueError: if a node does with a variable what cannot be done with a constant.
    """
    kept = extract_sub_graph(input_graph_def, output_node_names)
    chosen = [
        node
        for node in kept.node
        if node.op in (raw.VarHandleOp.name, raw.VariableV2.name, raw.Variable.name)
        and (variable_names_whitelist is None or node.name in variable_names_whitelist)
        and node.name not in (variable_names_blacklist or ())
    ]
    fetches = [
        f"{n.name}/Read/ReadVariableOp:0" if n.op == raw.VarHandleOp.name else f"{n.name}:0"
        for n in chosen
    ]
    values = dict(zip([n.name for n in chosen], sess.run(fetches) if fetches else [], strict=True))
    nodes, handles = [], {}
    for node in kept.node:
        if node.name in values:
            value, dtype = values[node.name], node.attr["dtype"].type
            if node.op == raw.VarHandleOp.name:
                shape = TensorShape(value.shape).as_proto().SerializeToString()
                handles[node.name] = Constant(dtype, shape)
            constant = type(node)(device=node.device)
            constant_node(constant, node.name, value, dtype)
            node = constant
        nodes.append(node)
    readers = ConstantReaders(kept.library.function)
    result = type(kept)()
    result.node.extend(readers.graph(nodes, handles))
    result.library.function.extend(readers.called(result.node))
    result.versions.CopyFrom(kept.versions)
    return result
