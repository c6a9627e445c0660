"""Running a graph's nodes again elsewhere, and what becomes of custom gradients on the way.

The Python function behind `tf.custom_gradient` refers to tensors of the graph it was called in. As
a graph of its own it can follow the node into another graph, or into a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.base.type_guards import is_sequence
from tidefall.graph.analysis import reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.observers import Record
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor


class TracedGradient:
    """The gradient function of one node.

    Args:
        graph: takes the gradients of the node's outputs, then the captures.
        captures: tensors of the node's own graph, or eager ones.
        positions: for each input of the node where its gradient is among the outputs of `graph`;
            None for an input that has none.
    """

    def __init__(self, graph: FuncGraph, captures: Sequence[Any], positions: Sequence[int | None]):
        self.graph = graph
        self.captures = list(captures)
        self.positions = list(positions)

    def __call__(self, *gradients: Any) -> list[Any]:
        """The gradients of the node's inputs, from those of its outputs."""
        given = [
            _nothing(argument) if gradient is None else convert_to_tensor(gradient)
            for gradient, argument in zip(gradients, self.graph.inputs, strict=False)
        ]
        _, mapping = replay(self.graph, [*given, *self.captures])
        outputs = [mapping[id(t)] for t in self.graph.outputs]
        return [None if i is None else outputs[i] for i in self.positions]

    def moved(self, mapping: Mapping[int, Any]) -> TracedGradient:
        """The same for a copy of the node, where `mapping` gives the new tensor for the id of each
        old one."""
        captures = [mapping.get(id(t), t) for t in self.captures]
        return TracedGradient(self.graph, captures, self.positions)


def _nothing(argument: SymbolicTensor) -> Any:
    """A zero for the gradient of an output that cannot have one."""
    sizes = argument.shape.as_list() if argument.shape.rank is not None else []
    return constant(0, argument.dtype, [1 if size is None else size for size in sizes])


def traced_gradient(node: Operation) -> TracedGradient:
    """The custom gradient of a node as a graph; traced when first asked for."""
    backward = node.backward
    if isinstance(backward, TracedGradient):
        return backward
    known = node.traced_gradient
    if known is None:
        try:
            known = _trace(node, backward)
        except Exception as error:
            where = f" called at {node.user_line}" if node.user_line else ""
            raise ValueError(
                f"The custom gradient of {node.name}{where} cannot be traced: {error}. Models can "
                "be saved without it with tf.saved_model.SaveOptions("
                "experimental_custom_gradients=False)."
            ) from error
        node.traced_gradient = known
    return known


def _trace(node: Operation, backward: Any) -> TracedGradient:
    graph = FuncGraph("internal_grad_fn", outer_graph=node.graph)
    with graph_scope(graph), tapes_paused():
        given = [
            graph.add_argument(t.dtype, t.shape, f"result_grads_{i}")
            for i, t in enumerate(node.outputs)
        ]
        results = backward(*given)
        positions: list[int | None] = []
        for result in results if is_sequence(results) else [results]:
            positions.append(None if result is None else len(graph.outputs))
            if result is not None:
                graph.outputs.append(graph.capture(convert_to_tensor(result)))
    captures = graph.external_captures
    graph.lift_captures()
    graph.structured_outputs = list(graph.outputs)
    return TracedGradient(graph, captures, positions)


def has_gradient(node: Operation) -> bool:
    """Whether a node has a custom gradient that is there (it may be missing from a file)."""
    backward = node.backward
    return backward is not None and not getattr(backward, "is_missing", False)


def with_gradients(outputs: Sequence[Any], nodes: Sequence[Operation]) -> list[Operation]:
    """The nodes needed for outputs, and for the custom gradients of these nodes, in order."""
    wanted = list(outputs)
    while True:
        found = reachable(wanted, nodes)
        known = {id(t) for t in wanted}
        more = [
            tensor
            for node in found
            if has_gradient(node)
            for tensor in traced_gradient(node).captures
            if isinstance(tensor, SymbolicTensor)
            and tensor.op.graph is node.graph
            and id(tensor) not in known
        ]
        if not more:
            return found
        wanted += more


def replay(graph: FuncGraph, inputs: Sequence[Any]) -> tuple[list[Any], dict[int, Any]]:
    """Run a graph's nodes again on other inputs: eagerly, or into the graph being built.

    Returns:
        The records of what ran, and the new tensor for each old one by identity.
    """
    mapping: dict[int, Any] = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
    records: list[Any] = []
    for node in with_gradients(graph.outputs, graph.nodes):
        if node.op_type is raw.Placeholder:
            continue
        tensors = [mapping[id(t)] for t in node.inputs]
        if state.graph is not None:
            new = state.graph.add_node(
                node.op_type, tensors, dict(node.attrs), node.name.split("/")[-1]
            )
            outputs: Sequence[Any] = new.outputs
            for old, copy in zip(node.outputs, new.outputs, strict=True):
                if copy.shape.is_compatible_with(old.shape):
                    copy.set_shape(old.shape)
            record: Any = new
        else:
            outputs = node.op_type.run(tensors, node.attrs)
            record = Record(node.op_type, tensors, node.attrs, outputs)
        for old, copy in zip(node.outputs, outputs, strict=True):
            mapping[id(old)] = copy
        if has_gradient(node):
            record = _WithBackward(record, traced_gradient(node).moved(mapping))
        elif node.backward is not None:
            record = _WithBackward(record, node.backward)
        records.append(record)
    return records, mapping


class _WithBackward:
    """A replayed record that keeps the custom gradient of the original."""

    op_type = None
    takes_missing_gradients = False

    def __init__(self, record: Any, backward: Any):
        self.type = record.type
        self.inputs = record.inputs
        self.outputs = record.outputs
        self.backward = backward
