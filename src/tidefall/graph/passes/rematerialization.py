"""Values that would be kept for long are computed again instead, under a budget of memory.

A forward pass keeps activations for its gradient. Those that are cheap to make from what is there
anyway are made a second time shortly before they are read, and the first copies die early.
"""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_node
from tidefall.graph.passes.rewriting import is_pure
from tidefall.op import raw
from tidefall.op.traits import CHEAP
from tidefall.tensor.tensor import SymbolicTensor

_SMALLEST = 1024
_ROUNDS = 32
_DEEPEST = 4
"""As many nodes in a row are repeated at most."""
_GAP = 8
"""Nodes between two readers from which on keeping a value is taken to cost memory."""


def rematerialize(graph: FuncGraph, budget: int) -> int:
    """Recompute cheap values until the values alive at any point fit `budget` bytes, or no cheap
    one is left.

    Unknown dimensions count as 1, and so does what variables and arguments take: nothing.

    Returns:
        The number of nodes that were repeated.
    """
    repeated = 0
    for _ in range(_ROUNDS):
        schedule = _Schedule(graph)
        if schedule.peak <= budget:
            break
        count = _relieve(graph, schedule, budget)
        repeated += count
        if not count:
            break
    return repeated


def peak_bytes(graph: FuncGraph) -> int:
    """The most bytes that values computed by the graph take at any point of running it."""
    return _Schedule(graph).peak


class _Schedule:
    """When each value is made and read, if nodes run in their order and values die when read."""

    def __init__(self, graph: FuncGraph):
        self.position = {id(node): i for i, node in enumerate(graph.nodes)}
        self.readers: dict[int, list[int]] = {}
        for i, node in enumerate(graph.nodes):
            for t in node.inputs:
                self.readers.setdefault(id(t), []).append(i)
        end = len(graph.nodes)
        for t in graph.outputs:
            self.readers.setdefault(id(t), []).append(end)
        self._find_peak(graph)

    def _find_peak(self, graph: FuncGraph) -> None:
        change = [0] * (len(graph.nodes) + 2)
        for i, node in enumerate(graph.nodes):
            if node.op_type in (raw.Const, raw.Placeholder):
                continue
            for t in node.outputs:
                size = size_of(t)
                change[i] += size
                change[self.readers.get(id(t), [i])[-1] + 1] -= size
        self.peak, self.at, level = 0, 0, 0
        for i, difference in enumerate(change):
            level += difference
            if level > self.peak:
                self.peak, self.at = level, i


def size_of(tensor: SymbolicTensor) -> int:
    """Bytes of a tensor; unknown dimensions count as 1, resources and lists as nothing."""
    if tensor.dtype in (dtypes.resource, dtypes.variant, dtypes.string):
        return 0
    size = tensor.dtype.size
    for d in tensor.shape.as_list() if tensor.shape.rank is not None else ():
        size *= 1 if d is None else d
    return size


def _relieve(graph: FuncGraph, schedule: _Schedule, budget: int) -> int:
    """Repeat nodes whose values are only waiting at the peak, the largest first."""
    excess = schedule.peak - budget
    chosen: set[int] = set()
    insert: dict[int, list[list[Operation]]] = {}
    for size, node, when in _candidates(graph, schedule):
        if excess <= 0:
            break
        chain = _chain(node, when, schedule, chosen)
        if chain is None:
            continue
        chosen.update(id(n.outputs[0]) for n in chain)
        insert.setdefault(when, []).append(chain)
        excess -= size
    if insert:
        _insert(graph, insert, schedule)
    return len(chosen)


def _is_cheap(node: Operation) -> bool:
    return CHEAP in node.op_type.traits and is_pure(node) and len(node.outputs) == 1


def _candidates(graph: FuncGraph, schedule: _Schedule) -> list[tuple[int, Operation, int]]:
    """Values to make again: their sizes, their nodes, and where they are read next."""
    at = schedule.at
    found: list[tuple[int, int, Operation, int]] = []
    for i, node in enumerate(graph.nodes[:at]):
        if not _is_cheap(node):
            continue
        size = size_of(node.outputs[0])
        reads = schedule.readers.get(id(node.outputs[0]), [])
        later = [r for r in reads if r > at]
        if size < _SMALLEST or not later or later[0] >= len(graph.nodes) or at in reads:
            continue
        if later[0] - i >= _GAP:
            found.append((size, i, node, later[0]))
    found.sort(key=lambda c: (-c[0], c[1]))
    return [(size, node, when) for size, _, node, when in found]


def _chain(
    node: Operation, when: int, schedule: _Schedule, chosen: set[int], depth: int = _DEEPEST
) -> list[Operation] | None:
    """The nodes to repeat for a node's value, itself last; None if that would keep alive what
    would have died, or takes more than cheap nodes."""
    if id(node.outputs[0]) in chosen:
        return None
    chain: list[Operation] = []
    for t in node.inputs:
        source = t.op
        if source.op_type in (raw.Const, raw.Placeholder) or source in chain:
            continue
        if id(t) not in chosen and (schedule.readers[id(t)][-1] >= when or size_of(t) < _SMALLEST):
            continue
        before = _chain(source, when, schedule, chosen, depth - 1) if depth else None
        if before is None or not _is_cheap(source):
            return None
        chain.extend(n for n in before if n not in chain)
    return [*chain, node]


def _insert(
    graph: FuncGraph, insert: dict[int, list[list[Operation]]], schedule: _Schedule
) -> None:
    """Repeat chains of nodes before the nodes at these positions, for all who read them later."""
    old_nodes = graph.nodes
    nodes: list[Operation] = []
    for i, reader in enumerate(old_nodes):
        for chain in insert.get(i, ()):
            made: dict[int, SymbolicTensor] = {}
            for node in chain:
                nodes.extend(_repeat(graph, node, made))
                old = node.outputs[0]
                for r in schedule.readers[id(old)]:
                    if i <= r < len(old_nodes):
                        new = made[id(old)]
                        other = old_nodes[r]
                        other.inputs = [new if t is old else t for t in other.inputs]
        nodes.append(reader)
    graph.nodes = nodes
    graph.by_name = {node.name: node for node in nodes}


def _repeat(graph: FuncGraph, node: Operation, made: dict[int, SymbolicTensor]) -> list[Operation]:
    """A copy of a node behind a barrier, which keeps XLA from merging the two again."""
    inputs: list[Any] = [made.get(id(t), t) for t in node.inputs]
    barrier = Operation(
        graph,
        _unique(graph, f"{node.name}/barrier"),
        raw.XlaOptimizationBarrier,
        inputs,
        {"T": [t.dtype for t in inputs]},
        list(node.control_inputs),
        node.device,
        node.frame,
    )
    barrier.outputs = [SymbolicTensor(barrier, i, t.dtype, t.shape) for i, t in enumerate(inputs)]
    graph.by_name[barrier.name] = barrier
    tensors = {id(t): b for t, b in zip(node.inputs, barrier.outputs, strict=True)}
    copy = copy_node(node, graph, tensors, {}, _unique(graph, f"{node.name}/again"))
    made[id(node.outputs[0])] = copy.outputs[0]
    return [barrier, copy]


def _unique(graph: FuncGraph, name: str) -> str:
    candidate, number = name, 0
    while candidate in graph.by_name:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
