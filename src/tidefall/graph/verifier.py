"""Checking that a graph is well formed: what every pass and executor takes for granted."""

from __future__ import annotations

from typing import Any, NoReturn

from tidefall.base.errors import InternalError
from tidefall.graph.analysis import functions_of, nested_graphs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation, infer_shapes
from tidefall.graph.printer import node_text, type_text
from tidefall.op import raw
from tidefall.op.traits import BRANCH, CALL, LOOP
from tidefall.tensor.tensor import SymbolicTensor


def verify(graph: Graph, nested: bool = True) -> None:
    """Check a graph.

    Names are unique; every input is an output of an earlier node; control inputs are earlier nodes;
    attributes are complete; dtypes and numbers of inputs and outputs are what the op's signature
    says; static shapes agree with the op's shape rule; functions fit the nodes that call them.

    Args:
        graph: any graph.
        nested: whether the functions it refers to are checked, too.

    Raises:
        InternalError: naming the node and what is wrong with it.
    """
    for one in (graph, *(nested_graphs(graph) if nested else ())):
        _verify_one(one)


def _verify_one(graph: Graph) -> None:
    # Arguments are there from the start, wherever their placeholders stand.
    arguments = graph.inputs if isinstance(graph, FuncGraph) else []
    seen = {id(t.op) for t in arguments}
    names: set[str] = set()
    # A view of a graph, with other outputs, shares the nodes of the one it was made of.
    owner = graph.nodes[0].graph if graph.nodes else graph
    for node in graph.nodes:
        if node.graph is not owner:
            _fail(graph, node, "it says it belongs to another graph")
        if node.name in names:
            _fail(graph, node, "another node has the same name")
        names.add(node.name)
        _check_inputs(graph, node, seen)
        _check_attrs(graph, node)
        _check_signature(graph, node)
        _check_shapes(graph, node)
        _check_functions(graph, node)
        seen.add(id(node))
    if isinstance(graph, FuncGraph):
        _check_ends(graph, seen)


def _fail(graph: Graph, node: Operation | None, problem: str) -> NoReturn:
    where = getattr(graph, "name", "a graph")
    if node is None:
        raise InternalError(None, None, f"{where} is not well formed: {problem}.")
    line = f" defined at {node.user_line}" if node.user_line else ""
    raise InternalError(
        node,
        node.op_type,
        f"{where} is not well formed: {problem}.\n\t [[{{{{node {node.name}}}}}]]{line}\n"
        f"\t {node_text(node)}",
    )


def _check_inputs(graph: Graph, node: Operation, seen: set[int]) -> None:
    for i, tensor in enumerate(node.inputs):
        _check_input(graph, node, i, tensor, seen)
    for other in node.control_inputs:
        if id(other) not in seen:
            _fail(graph, node, f"it waits for {other.name}, which is not a node before it")


def _check_input(
    graph: Graph, node: Operation, position: int, tensor: object, seen: set[int]
) -> None:
    where = f"input {position} is"
    if not isinstance(tensor, SymbolicTensor):
        _fail(graph, node, f"{where} {tensor!r}, not a tensor of a graph")
    source = tensor.op
    if id(source) not in seen:
        _fail(graph, node, f"{where} {tensor.name}, which no node before it makes")
    if tensor.value_index >= len(source.outputs) or (
        source.outputs[tensor.value_index] is not tensor
    ):
        _fail(graph, node, f"{where} {tensor.name}, which is not an output of its node")


def _check_attrs(graph: Graph, node: Operation) -> None:
    for name, attr in node.op_type.definition.attrs.items():
        if name not in node.attrs:
            _fail(graph, node, f"it lacks the attribute '{name}' of {node.type}")
        value = node.attrs[name]
        if attr.kind == "type" and attr.allowed and value.base_dtype not in attr.allowed:
            _fail(graph, node, f"{value.name} is not allowed for the attribute '{name}'")


def _check_signature(graph: Graph, node: Operation) -> None:
    expected = _input_dtypes(node)
    if len(expected) != len(node.inputs):
        _fail(graph, node, f"{node.type} takes {len(expected)} inputs, it has {len(node.inputs)}")
    for i, (dtype, tensor) in enumerate(zip(expected, node.inputs, strict=True)):
        if dtype.base_dtype != tensor.dtype.base_dtype:
            _fail(graph, node, f"input {i} should be {dtype.name}, it is {tensor.dtype.name}")
    made = node.op_type.definition.output_dtypes(node.attrs)
    if len(made) != len(node.outputs):
        _fail(graph, node, f"{node.type} has {len(made)} outputs, the node has {len(node.outputs)}")
    for i, (dtype, tensor) in enumerate(zip(made, node.outputs, strict=True)):
        if dtype.base_dtype != tensor.dtype.base_dtype:
            _fail(graph, node, f"output {i} should be {dtype.name}, it is {tensor.dtype.name}")
        if tensor.op is not node or tensor.value_index != i:
            _fail(graph, node, f"output {i} belongs to {tensor.name}")


def _input_dtypes(node: Operation) -> list[Any]:
    found: list[Any] = []
    for arg in node.op_type.definition.inputs:
        if arg.type_list_attr is not None:
            found.extend(node.attrs[arg.type_list_attr])
            continue
        dtype = arg.dtype if arg.type_attr is None else node.attrs[arg.type_attr]
        found.extend([dtype] * (node.attrs[arg.number_attr] if arg.number_attr else 1))
    return found


def _check_shapes(graph: Graph, node: Operation) -> None:
    if not node.outputs:
        return
    try:
        inferred = infer_shapes(node, len(node.outputs))
    except ValueError as error:
        _fail(graph, node, f"its shape rule refuses it: {error}")
    for i, (shape, tensor) in enumerate(zip(inferred, node.outputs, strict=True)):
        if not shape.is_compatible_with(tensor.shape):
            _fail(
                graph, node, f"output {i} is {type_text(tensor)}, but the shape rule says {shape}"
            )


def _check_functions(graph: Graph, node: Operation) -> None:
    for name, attr in node.op_type.definition.attrs.items():
        if attr.kind == "func" and node.attrs[name] not in (None, ""):
            _check_function(graph, node, name, node.attrs[name])
    traits = node.op_type.traits
    if CALL in traits or BRANCH in traits:
        skipped = 1 if BRANCH in traits else 0
        for function in functions_of(node):
            _fits(graph, node, function, node.inputs[skipped:], node.outputs)
    elif LOOP in traits:
        _fits(graph, node, node.attrs["cond"], node.inputs, None)
        _fits(graph, node, node.attrs["body"], node.inputs, node.outputs)


def _check_function(graph: Graph, node: Operation, name: str, value: Any) -> None:
    if not hasattr(getattr(value, "graph", None), "nodes"):
        _fail(graph, node, f"the attribute '{name}' is {value!r}, not a function with a graph")


def _fits(graph: Graph, node: Operation, function: Any, given: Any, made: Any) -> None:
    inner = function.graph
    pairs = [("input", inner.inputs, given)]
    if made is not None:
        pairs.append(("output", inner.outputs, made))
    for what, ours, theirs in pairs:
        if [t.dtype.base_dtype for t in ours] != [t.dtype.base_dtype for t in theirs]:
            _fail(
                graph,
                node,
                f"{inner.name} has the {what}s ({', '.join(map(type_text, ours))}), the node "
                f"({', '.join(map(type_text, theirs))})",
            )


def _check_ends(graph: FuncGraph, seen: set[int]) -> None:
    for tensor in graph.inputs:
        if id(tensor.op) not in seen or tensor.op.op_type is not raw.Placeholder:
            _fail(graph, tensor.op, "it is an input of the graph, but not one of its placeholders")
    for tensor in graph.outputs:
        if id(tensor.op) not in seen or tensor.op.outputs[tensor.value_index] is not tensor:
            _fail(graph, tensor.op, "it makes an output of the graph, but is not in it")
