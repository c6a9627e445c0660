"""What every iteration of a loop computes anew from the same values is computed before the loop."""

from __future__ import annotations

from typing import Any

from tidefall.graph.analysis import has_side_effect
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_graph, copy_node
from tidefall.graph.passes.rewriting import Rewriter, is_pure, rules_for
from tidefall.op import raw
from tidefall.op.traits import LOOP, TOTAL
from tidefall.tensor.tensor import SymbolicTensor

_FLOATS_ONLY = frozenset({raw.FloorDiv, raw.Pow, raw.RealDiv})
"""Integers may be divided by zero."""
_BOUNDED = frozenset({raw.Slice, raw.StridedSlice})
"""Their bounds must be constants: others may be out of range."""
_CHEAP = frozenset(
    {raw.Const, raw.Identity, raw.Reshape, raw.Squeeze, raw.ExpandDims, raw.Transpose}
)
"""Not worth another loop variable."""


def move_invariants(graph: FuncGraph) -> int:
    """Move nodes out of While bodies that depend only on what no iteration changes.

    Loop variables that are passed on as they are, captures among them, do not change. Values that
    the rest of the body needs become such variables. Only ops that cannot fail, with static shapes,
    are moved, since a loop may run zero times.
    """
    if not any(LOOP in node.op_type.traits for node in graph.nodes):
        return 0
    moved = [0]

    def rule(node: Operation, rewriter: Rewriter) -> list[Any] | None:
        loop = _Loop(node)
        if loop.nested:
            moved[0] += loop.nested
        if not loop.wanted and not loop.nested:
            return None
        moved[0] += len(loop.hoisted)
        return loop.rewritten(rewriter)

    Rewriter(graph).run(rules_for(graph, {LOOP: rule}))
    return moved[0]


class _Loop:
    """One While node, and what can be moved out of it."""

    def __init__(self, node: Operation):
        self.node = node
        body = node.attrs["body"].graph
        self.body = body
        self.nested = 0
        if any(LOOP in n.op_type.traits for n in body.nodes):
            copy = copy_graph(body)
            self.nested = move_invariants(copy)
            if self.nested:
                self.body = copy
        self.fixed = [
            i
            for i, (a, b) in enumerate(zip(self.body.inputs, self.body.outputs, strict=True))
            if a is b
        ]
        self.hoisted = self._invariant_nodes()
        self.wanted = self._wanted()

    def _invariant_nodes(self) -> list[Operation]:
        """Nodes to move, in program order: the invariant ones, as far as they are worth it."""
        constant = {id(self.body.inputs[i]) for i in self.fixed}
        found: list[Operation] = []
        for node in self.body.nodes:
            if node.op_type is raw.Const or can_move(node, constant):
                found.append(node)
                constant.update(id(t) for t in node.outputs)
        return found

    def _wanted(self) -> list[Any]:
        """The tensors that the rest of the body reads of what is moved."""
        moved = {id(n) for n in self.hoisted}
        readers = [n for n in self.body.nodes if id(n) not in moved]
        read = {id(t) for n in readers for t in n.inputs}
        read.update(id(t) for t in self.body.outputs)
        return [
            t
            for n in self.hoisted
            if n.op_type is not raw.Const and self._pays(n)
            for t in n.outputs
            if id(t) in read
        ]

    def _pays(self, node: Operation) -> bool:
        """False for what only renames or views its input, all the way up."""
        while node.op_type in _CHEAP:
            if not node.inputs:
                return False
            node = node.inputs[0].op
        return node.op_type is not raw.Placeholder

    def rewritten(self, rewriter: Rewriter) -> list[Any]:
        """The loop without what is moved, which comes before it; returns its outputs."""
        node = self.node
        values = self._compute_before(rewriter)
        body = self._new_body()
        cond = _with_inputs(node.attrs["cond"].graph, self.wanted)
        attrs = dict(node.attrs)
        attrs["T"] = [*attrs["T"], *(t.dtype for t in self.wanted)]
        if attrs["output_shapes"]:
            attrs["output_shapes"] = [*attrs["output_shapes"], *(t.shape for t in self.wanted)]
        attrs["body"] = attrs["body"].with_graph(body)
        attrs["cond"] = attrs["cond"].with_graph(cond)
        new = rewriter.add(node.op_type, [*node.inputs, *values], attrs, node)
        rewriter.wait_for(node, [new])
        for old, tensor in zip(node.outputs, new.outputs, strict=False):
            if tensor.shape.is_compatible_with(old.shape):
                tensor.set_shape(old.shape)
        return new.outputs[: len(node.outputs)]

    def _compute_before(self, rewriter: Rewriter) -> list[Any]:
        tensors = {
            id(t): given for t, given in zip(self.body.inputs, self.node.inputs, strict=True)
        }
        nodes: dict[int, Operation] = {}
        needed = _behind(self.wanted)
        for old in self.hoisted:
            if id(old) not in needed:
                continue
            name = rewriter.unique(f"{self.node.name}/{old.name}")
            rewriter.nodes.append(copy_node(old, rewriter.graph, tensors, nodes, name))
        return [tensors[id(t)] for t in self.wanted]

    def _new_body(self) -> FuncGraph:
        """The body with moved values as inputs that are passed on."""
        body = _with_inputs(self.body, self.wanted, through=self.wanted)
        body.outputs = body.outputs + body.arguments[len(self.node.inputs) :]
        return body


def can_move(node: Operation, constant: set[int]) -> bool:
    """True for a node of a loop that may run before it: it cannot fail, and only reads tensors that
    are the same in all iterations, given by id."""
    kind = node.op_type
    if TOTAL not in node.op_type.traits or not is_pure(node) or not node.inputs:
        return False
    for t in node.inputs:
        if id(t) not in constant or not t.shape.is_fully_defined():
            return False
    if kind in _FLOATS_ONLY and not node.outputs[0].dtype.is_floating:
        return False
    if kind in _BOUNDED and any(t.op.op_type is not raw.Const for t in node.inputs[1:]):
        return False
    return all(t.shape.is_fully_defined() for t in node.outputs)


def _behind(tensors: list[Any]) -> set[int]:
    """Ids of the nodes that tensors depend on."""
    found: set[int] = set()
    waiting = [t.op for t in tensors]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found.add(id(node))
            waiting.extend(t.op for t in node.inputs)
    return found


def _with_inputs(graph: FuncGraph, like: list[Any], through: list[Any] | None = None) -> FuncGraph:
    """A copy of a graph with further inputs, which `through` tensors are replaced by."""
    copy = FuncGraph(graph.name, outer_graph=graph.enclosing)
    tensors: dict[int, Any] = {}
    nodes: dict[int, Operation] = {}
    for old in graph.inputs:
        copy.adopt(copy_node(old.op, copy, tensors, nodes))
    inputs = list(graph.inputs)
    extra: list[SymbolicTensor] = []
    taken = {n.name for n in graph.nodes}
    for i, tensor in enumerate(like):
        name = f"invariant_{i}"
        while name in taken:
            name += "_"
        extra.append(_placeholder(copy, tensor, name))
    for old, new in zip(through or (), extra, strict=False):
        tensors[id(old)] = new
    given = {id(t.op) for t in inputs}
    for node in _still_needed(graph, {id(t) for t in through or ()}):
        if id(node) not in given:
            copy.adopt(copy_node(node, copy, tensors, nodes))
    copy.arguments = [tensors[id(t)] for t in inputs] + extra
    copy.outputs = [tensors[id(t)] for t in graph.outputs]
    return copy


def _still_needed(graph: FuncGraph, replaced: set[int]) -> list[Operation]:
    """The nodes that are needed when some tensors come from elsewhere, in program order."""
    needed = {id(t.op) for t in graph.outputs if id(t) not in replaced}
    kept: list[Operation] = []
    for node in reversed(graph.nodes):
        if id(node) in needed or has_side_effect(node):
            kept.append(node)
            needed.update(id(t.op) for t in node.inputs if id(t) not in replaced)
            needed.update(id(n) for n in node.control_inputs)
    kept.reverse()
    return kept


def _placeholder(graph: FuncGraph, like: Any, name: str) -> SymbolicTensor:
    attrs = {"dtype": like.dtype, "shape": like.shape}
    node = Operation(graph, name, raw.Placeholder, [], attrs, [], "", like.op.frame)
    node.outputs = [SymbolicTensor(node, 0, like.dtype, like.shape)]
    graph.adopt(node)
    return node.outputs[0]
