"""What is the same in all iterations of a loop: its gradient need not keep it of each one."""

from __future__ import annotations

from typing import Any

from tidefall.base.state import graph_scope
from tidefall.graph.analysis import all_nodes, may_use_any_variable, written_inputs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_node
from tidefall.graph.passes.loop_invariants import can_move
from tidefall.op import raw


class LoopConstants:
    """The tensors of a loop's body that no iteration changes.

    Args:
        body: its graph.
        cond: the graph of its condition.

    Attributes:
        reads: the nodes that read a variable which the loop leaves as it is, by id, with the number
            of the loop variable that is its handle.
        computed: the nodes that compute something of such values, by id.
    """

    def __init__(self, body: FuncGraph, cond: FuncGraph):
        self.reads: dict[int, tuple[Operation, int]] = {}
        self.computed: dict[int, Operation] = {}
        fixed = {
            id(a): i
            for i, (a, b) in enumerate(zip(body.inputs, body.outputs, strict=False))
            if a is b
        }
        self._inputs = fixed
        constant = set(fixed)
        may_change = _Writes(body, cond)
        for node in body.nodes:
            kind = node.op_type
            if kind is raw.ReadVariableOp:
                i = fixed.get(id(node.inputs[0]))
                if i is None or may_change(node.inputs[0], i):
                    continue
                self.reads[id(node)] = node, i
            elif kind is raw.Const or can_move(node, constant):
                self.computed[id(node)] = node
            else:
                continue
            constant.update(id(t) for t in node.outputs)

    def holds(self, tensor: Any) -> bool:
        """Whether a tensor that the body computes is the same in all iterations."""
        return id(tensor.op) in self.reads or id(tensor.op) in self.computed

    def behind(self, tensor: Any) -> tuple[list[Operation], list[Any]]:
        """The nodes that compute a tensor, in order, and the reads and loop variables they need."""
        nodes: list[Operation] = []
        sources: list[Any] = []
        seen: set[int] = set()

        def visit(t: Any) -> None:
            if id(t.op) in seen:
                return
            seen.add(id(t.op))
            if id(t.op) in self.computed:
                for source in t.op.inputs:
                    visit(source)
                nodes.append(t.op)
            else:
                sources.append(t)

        visit(tensor)
        return nodes, sources

    def position(self, tensor: Any) -> int | None:
        """The number of the loop variable that a tensor is, or None for what was read."""
        return self._inputs.get(id(tensor))

    def handle(self, tensor: Any) -> int:
        """The number of the loop variable whose variable was read."""
        return self.reads[id(tensor.op)][1]


class _Writes:
    """Tells whether a loop may assign to a variable, under this handle or another one."""

    def __init__(self, body: FuncGraph, cond: FuncGraph):
        graphs = body, cond
        self._positions = set().union(*(written_inputs(g) for g in graphs))
        self._anything = any(
            may_use_any_variable(node) for graph in graphs for node in all_nodes(graph)
        )
        self._storages = [
            _storage(g.inputs[i]) for g in graphs for i in self._positions if i < len(g.inputs)
        ]

    def __call__(self, handle: Any, position: int) -> bool:
        if self._anything or position in self._positions:
            return True
        if not self._positions:
            return False
        own = _storage(handle)
        return own is None or any(other is None or other is own for other in self._storages)


def _storage(handle: Any) -> Any:
    return getattr(getattr(handle, "value_hint", None), "storage", None)


def copied_into(graph: FuncGraph, nodes: list[Operation], given: dict[int, Any], at: int) -> int:
    """Put copies of nodes into a graph.

    Args:
        graph: the graph, whose nodes run in order.
        nodes: nodes of another graph, in order.
        given: old tensors, by id, to the new; gets those of the copies. What it has is not copied.
        at: position of the first copy.

    Returns:
        The position after the last one.
    """
    start = len(graph.nodes)
    made: dict[int, Operation] = {}
    for node in nodes:
        if id(node.outputs[0]) in given:
            continue
        name, number = node.name, 0
        while name in graph.by_name:
            number += 1
            name = f"{node.name}_{number}"
        graph.adopt(copy_node(node, graph, given, made, name))
    end = at + len(graph.nodes) - start
    graph.move_last(start, at)
    return end


def read_before(op: Any, handle: int, dtype: Any) -> Any:
    """What a variable held when a loop ran that did not change it.

    Args:
        op: the While node, or the record of one that ran eagerly.
        handle: which of its inputs the variable is.
        dtype: the variable's dtype.
    """
    if not isinstance(op, Operation):
        return raw.ReadVariableOp(op.inputs[handle], dtype=dtype)
    graph = op.graph
    start = len(graph.nodes)
    with graph_scope(graph):
        value = raw.ReadVariableOp(op.inputs[handle], dtype=dtype)
    # In memory, nodes run in the order of the list: a later assignment must not be seen.
    graph.move_last(start, next(i for i, n in enumerate(graph.nodes) if n is op))
    return value
