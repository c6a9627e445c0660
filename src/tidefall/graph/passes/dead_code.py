"""Nodes that nobody needs are removed."""

from __future__ import annotations

from tidefall.graph.analysis import reachable
from tidefall.graph.func_graph import FuncGraph


def remove_dead_code(graph: FuncGraph) -> int:
    """Keep the nodes that outputs, effects or control inputs need, and the inputs."""
    before = len(graph.nodes)
    kept = {id(node) for node in reachable(graph.outputs, graph.nodes)}
    kept.update([id(t.op) for t in graph.inputs])
    if len(kept) == before:
        return 0
    graph.nodes = [node for node in graph.nodes if id(node) in kept]
    graph.by_name = {node.name: node for node in graph.nodes}
    return before - len(graph.nodes)
