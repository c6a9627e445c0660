"""`tf.graph_util.import_graph_def`: the nodes of a GraphDef added to a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.graph.codec.importer import import_nodes, nodes_of, source_of
from tidefall.graph.create import any_op
from tidefall.graph.graph import Graph
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor


@export("graph_util.import_graph_def", "import_graph_def", "compat.v1.import_graph_def")
def import_graph_def(
    graph_def: Any,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the nodes of a GraphDef to the default graph.

    Args:
        graph_def: the message.
        input_map: tensors of the graph to use for some of the message's, by their names there.
        return_elements: names in the message of tensors (`node:0`) and nodes to return.
        name: what the names of the nodes begin with; "import" by default, nothing if empty.
        op_dict, producer_op_list: accepted.

    Returns:
        A list with the `return_elements`; None without them.

    Raises:
        TypeError: if it is no GraphDef.
        ValueError: for names that are not there, or nodes that are there already.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default() as graph:
    ...     x = tf.constant(2.0, name="x")
    ...     y = tf.add(x, 1.0, name="y")
    >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ...     three = tf.constant(3.0)
    ...     found = tf.graph_util.import_graph_def(graph.as_graph_def(), {"x:0": three}, ["y:0"])
    ...     print(found[0].name, session.run(found[0]))
    import/y:0 4.0
    """
    if not hasattr(graph_def, "node") or not hasattr(graph_def, "library"):
        raise TypeError(
            "Argument `graph_def` must be a GraphDef proto. Received type: "
            f"{type(graph_def).__name__}."
        )
    wanted = _elements(return_elements)
    graph = state.graph if state.graph is not None else get_default_graph()
    with graph.inside():
        return _import(graph, graph_def, dict(input_map or {}), wanted, name)


def _elements(names: Sequence[str] | None) -> list[str] | None:
    if names is None:
        return None
    if any(not isinstance(n, (str, bytes)) for n in names):
        raise TypeError(
            "Argument `return_elements` must be a list of strings. Received "
            f"return_elements={names!r}."
        )
    return [n.decode() if isinstance(n, bytes) else n for n in names]


def _import(
    graph: Graph, message: Any, input_map: dict[str, Any], wanted: Any, name: str | None
) -> list[Any] | None:
    inside = {node.name for node in message.node}
    sources = {source_of(text) for node in message.node for text in node.input}
    unused = [k for k in input_map if source_of(k) not in inside and source_of(k) not in sources]
    if unused:
        raise ValueError(
            f"Attempted to map inputs that were not found in graph_def: [{', '.join(unused)}]"
        )
    with graph.name_scope("import" if name is None else name) as scope:
        given = {_canonical(k): convert_to_tensor(v) for k, v in input_map.items()}
    if name is not None and name and not name.endswith("/"):
        scope = f"{scope[:-1]}/"
    prefix = scope
    for node in message.node:
        if f"{prefix}{node.name}" in graph.by_name:
            raise ValueError(f"Node name '{prefix}{node.name}' already exists in the Graph")
    library = FunctionLibrary(message.library.function, GraphFunction, op_of=any_op)
    before = len(graph.nodes)
    try:
        with graph.control_dependencies(None):
            made = import_nodes(
                nodes_of(message), graph, given, library.function, "graph_def", True,
                prefix=prefix, op_of=any_op,
            )  # fmt: skip
    except Exception:
        graph.remove_nodes(before)
        raise
    kept = graph.imported_functions
    for function in message.library.function:
        name = function.signature.name
        kept.setdefault(name, (function, library.made(name)))
    if wanted is None:
        return None
    return [_element(text, made, given) for text in wanted]


def _canonical(text: str) -> str:
    name, _, index = text.partition(":")
    return f"{name}:{index or 0}"


def _element(text: str, made: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    missing = ValueError(f"Requested return_element {text!r} not found in graph_def.")
    name, colon, index = text.partition(":")
    node = made.get(name)
    if colon:
        mapped = given.get(_canonical(text))
        if mapped is not None:
            return mapped
        if node is None or not index.isdigit() or int(index) >= len(node.outputs):
            raise missing
        return node.outputs[int(index)]
    if node is None:
        raise missing
    return node
