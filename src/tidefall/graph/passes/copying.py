"""Copies of graphs and nodes: what passes work on, so that the traced graph stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_list
from tidefall.graph.analysis import reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation, infer_shapes
from tidefall.tensor.tensor import SymbolicTensor


def copy_graph(graph: FuncGraph, outputs: Sequence[Any] | None = None) -> FuncGraph:
    """A copy of a graph with the nodes that are needed.

    Captures become plain inputs: what they stand for outside does not matter to who runs the graph.

    Args:
        graph: the graph of a function.
        outputs: the tensors to return; the graph's own by default.
    """
    outputs = graph.outputs if outputs is None else list(outputs)
    copy = FuncGraph(graph.name, outer_graph=graph.enclosing)
    tensors: dict[int, SymbolicTensor] = {}
    nodes: dict[int, Operation] = {}
    inputs = graph.inputs
    given = [t.op for t in inputs]
    first = {id(node) for node in given}
    needed = [node for node in reachable(outputs, graph.nodes) if id(node) not in first]
    for node in given + needed:
        copy.adopt(copy_node(node, copy, tensors, nodes))
    copy.arguments = [tensors[id(t)] for t in inputs]
    copy.outputs = [tensors[id(t)] for t in outputs]
    return copy


def copy_node(
    node: Operation,
    graph: Graph,
    tensors: dict[int, SymbolicTensor],
    nodes: dict[int, Operation],
    name: str | None = None,
    refine: bool = False,
) -> Operation:
    """A copy of a node for a graph; `tensors` and `nodes` map the old to the new, by id.

    The copy keeps the user's line, and with `origin` the traced node: a program keeps one state (a
    random stream, for one) for it and all of its copies.

    Args:
        name: the copy's name; the node's own by default.
        refine: whether its inputs may be better known than the node's, so that its outputs are.
    """
    waits = node.control_inputs
    copy = Operation(
        graph,
        node.name if name is None else name,
        node.op_type,
        [tensors[id(t)] for t in node.inputs],
        node.attrs.copy(),
        [nodes[id(n)] for n in waits if id(n) in nodes] if waits else [],
        node.device,
        node.frame,
    )
    copy.origin = node.site
    copy.takes_missing_gradients = node.takes_missing_gradients
    copy.residuals = None if node.residuals is None else node.residuals.copy()
    copy.inlined_from = node.inlined_from
    copy.short_value = node.short_value
    copy.full_type = node.full_type
    if node.__dict__:  # what users set
        copy.__dict__.update(node.__dict__)
    outputs = copy.outputs
    for old in node.outputs:
        new = SymbolicTensor(copy, old.value_index, old.dtype, old.shape)
        new.value_hint = old.value_hint
        if not refine:
            new.static_value = old.static_value
        if old.__dict__:  # what users set
            new.__dict__.update(old.__dict__)
        tensors[id(old)] = new
        outputs.append(new)
    if refine and node.outputs and node.inputs:
        _refine(copy)
    nodes[id(node)] = copy
    graph.by_name[copy.name] = copy
    return copy


def _refine(node: Operation) -> None:
    """Narrow the shapes of a copy's outputs by what is known of its inputs now."""
    try:
        shapes = infer_shapes(node, len(node.outputs))
    except ValueError:  # it cannot run with these inputs, and says so when it does
        return
    for tensor, shape in zip(node.outputs, shapes, strict=True):
        if shape.is_compatible_with(tensor.shape):
            tensor.set_shape(shape)


def is_narrower(shape: TensorShape, than: TensorShape) -> bool:
    """True if a shape says something that another one leaves open."""
    if shape.rank is None:
        return False
    return than.rank is None or any(
        a is not None and b is None for a, b in zip(shape.as_list(), than.as_list(), strict=True)
    )


def with_functions(node: Operation, changed: Mapping[int, Any]) -> dict[str, Any]:
    """A node's attributes with functions replaced by others, given by id."""
    attrs = dict(node.attrs)
    for key, value in attrs.items():
        if is_list(value):
            attrs[key] = [changed.get(id(item), item) for item in value]
        else:
            attrs[key] = changed.get(id(value), value)
    return attrs
