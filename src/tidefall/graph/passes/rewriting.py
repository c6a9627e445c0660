"""One walk over a graph in program order that replaces nodes as it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.graph.analysis import NodeEffects
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation, infer_shapes
from tidefall.op import raw
from tidefall.op.definition import Attrs
from tidefall.op.op import Op
from tidefall.op.traits import Trait
from tidefall.tensor.tensor import SymbolicTensor

Rule = Callable[[Operation, "Rewriter"], "Sequence[Any] | None"]
"""Takes a node whose inputs are up to date. Returns the tensors to use instead of its outputs, and
the node goes; or None, and it stays. Nodes the rule adds come right before it."""


class Rewriter:
    """A walk over a graph that builds its new list of nodes.

    Args:
        graph: a working copy; changed in place.
    """

    def __init__(self, graph: FuncGraph):
        self.graph = graph
        self.nodes: list[Operation] = []
        self.count = 0
        """How many nodes were replaced."""
        self.effects: dict[int, NodeEffects] = {}
        self._tensors: dict[int, SymbolicTensor] = {}
        self._waits: dict[int, Sequence[Operation]] = {}
        self._replaced: dict[int, Sequence[Any]] = {}
        self._names: dict[str, int] = {}
        self._keep: list[Any] = []
        self._uses: dict[int, int] | None = None
        self._dropped: set[int] = set()

    def run(self, rules: Mapping[Any, Rule] | Rule) -> int:
        """Walk the graph with one rule for all nodes, or one for the nodes of each op.

        Returns:
            The number of nodes that were replaced.
        """
        every = rules if callable(rules) else None
        by_op: Mapping[Any, Rule] = {} if callable(rules) else rules
        gone, tensors = self._replaced, self._tensors
        for node in self.graph.nodes:
            if gone:
                inputs = node.inputs
                for t in inputs:
                    if id(t) in tensors:
                        node.inputs = [tensors.get(id(t), t) for t in inputs]
                        break
                if node.control_inputs:
                    self._update_waits(node)
            rule = every if every is not None else by_op.get(node.op_type)
            if rule is not None:
                replaced = rule(node, self)
                if replaced is not None:
                    self._replace(node, replaced)
                    continue
            self.nodes.append(node)
        graph = self.graph
        if self._dropped:
            self.nodes = [node for node in self.nodes if id(node) not in self._dropped]
        graph.nodes = self.nodes
        graph.outputs = [self.current(t) for t in graph.outputs]
        return self.count

    def _update_waits(self, node: Operation) -> None:
        """Let a node wait for what replaced the nodes it waited for."""
        new: dict[int, Operation] = {}
        for other in node.control_inputs:
            for n in self._instead_of(other):
                new[id(n)] = n
        node.control_inputs = list(new.values())

    def _instead_of(self, node: Operation) -> Sequence[Operation]:
        """The nodes to wait for instead of one that may have been replaced."""
        replaced = self._replaced.get(id(node))
        if replaced is None:
            return (node,)
        given = self._waits.get(id(node))
        return [*(t.op for t in replaced), *node.control_inputs] if given is None else given

    def current(self, tensor: SymbolicTensor) -> SymbolicTensor:
        """What stands for a tensor now."""
        return self._tensors.get(id(tensor), tensor)

    def _replace(self, node: Operation, replaced: Sequence[Any]) -> None:
        self.count += 1
        self.release(node)
        self._keep.append(node)  # ids of what is gone must not be given out again
        for old, new in zip(node.outputs, replaced, strict=True):
            new = self._tensors[id(old)] = self.current(new)
            if self._uses is not None:
                self._uses[id(new)] = self._uses.get(id(new), 0) + self._uses.get(id(old), 0)
        self._replaced[id(node)] = replaced

    def wait_for(self, node: Operation, others: Sequence[Operation]) -> None:
        """Let nodes that waited for `node`, which is about to be replaced, wait for others."""
        self._waits[id(node)] = list(others)

    def drop(self, node: Operation) -> None:
        """Remove a node met before, which nobody reads any more; its name is free."""
        self._dropped.add(id(node))
        self._keep.append(node)
        self.release(node)

    def release(self, node: Operation) -> None:
        """Free the name of a node that is about to be replaced, for a new one to take."""
        if self.graph.by_name.get(node.name) is node:
            del self.graph.by_name[node.name]

    # ---- questions ----

    def uses(self, tensor: SymbolicTensor) -> int:
        """How many inputs of nodes and outputs of the graph read a tensor; `count_uses` first."""
        assert self._uses is not None
        return self._uses.get(id(tensor), 0)

    def count_uses(self) -> None:
        """Count how often each tensor is read, before the walk."""
        self._uses = count_uses(self.graph)

    # ---- new nodes ----

    def add(
        self,
        op: Op,
        inputs: Sequence[Any],
        attrs: Attrs,
        like: Operation,
        name: str | None = None,
    ) -> Operation:
        """A new node, which takes name, line, device and control inputs from the one it is for.

        Args:
            op: the op.
            inputs: tensors of the graph.
            attrs: the attributes that are not defaults; they must be complete with those.
            like: the node it is for.
            name: its name; that of `like` with a number by default.
        """
        node = Operation(
            self.graph,
            self.unique(name or like.name),
            op,
            list(inputs),
            {**op.definition.defaults, **attrs},
            list(like.control_inputs),
            like.device,
            like.frame,
        )
        node.inlined_from = like.inlined_from
        dtypes_out = op.definition.output_dtypes(node.attrs)
        shapes = infer_shapes(node, len(dtypes_out))
        node.outputs = [
            SymbolicTensor(node, i, dtype, shape)
            for i, (dtype, shape) in enumerate(zip(dtypes_out, shapes, strict=True))
        ]
        self.nodes.append(node)
        self.graph.by_name[node.name] = node
        return node

    def instead(
        self, node: Operation, op: Op, inputs: Sequence[Any], attrs: Attrs
    ) -> list[SymbolicTensor]:
        """The outputs of a new node that takes a node's place and name; what is known of its shapes
        is kept. The rule must return them.
        """
        self.release(node)
        new = self.add(op, inputs, attrs, node)
        for old, tensor in zip(node.outputs, new.outputs, strict=True):
            if tensor.shape.is_compatible_with(old.shape):
                tensor.set_shape(old.shape)
        return new.outputs

    def constant(self, value: np.ndarray, dtype: DType, like: Operation) -> SymbolicTensor:
        """A constant for a node's place; it takes the name if that is free."""
        node = self.add(raw.Const, [], {"value": value, "dtype": dtype}, like)
        node.control_inputs = []
        return node.outputs[0]

    def unique(self, name: str) -> str:
        """`name`, numbered if a node has it."""
        taken = self.graph.by_name
        if name not in taken:
            return name
        number = self._names.get(name, 0) + 1
        while f"{name}_{number}" in taken:
            number += 1
        self._names[name] = number
        return f"{name}_{number}"


def rules_for(graph: FuncGraph, rules: Mapping[Trait, Rule]) -> dict[Op, Rule]:
    """A table of the rules of traits for those ops of a graph that have them."""
    ops = {node.op_type for node in graph.nodes}
    return {op: rule for trait, rule in rules.items() for op in ops if trait in op.traits}


def count_uses(graph: FuncGraph) -> dict[int, int]:
    """By id of each tensor how many inputs of nodes and outputs of the graph it is."""
    uses: dict[int, int] = {}
    for node in graph.nodes:
        for t in node.inputs:
            uses[id(t)] = uses.get(id(t), 0) + 1
    for t in graph.outputs:
        uses[id(t)] = uses.get(id(t), 0) + 1
    return uses


def is_pure(node: Operation) -> bool:
    """True if a node does nothing but compute its outputs, always the same from the same inputs."""
    return node.op_type.effects.is_pure and not node.control_inputs and bool(node.outputs)


def known(tensor: SymbolicTensor) -> np.ndarray | None:
    """The value of a constant, else None."""
    node = tensor.op
    return node.attrs["value"] if node.op_type is raw.Const else None
