"""Which nodes of a program keep something between its runs, and where (see `core/run_state.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Operation, Site
from tidefall.graph.printer import functions_of, nested_graphs
from tidefall.graph.reachability import reachable


def is_stateful(node: Operation) -> bool:
    """Whether a node keeps something between runs: a stream, a mutex, a queue, a count."""
    return hasattr(node.op_type.host, "for_node")


def keeps_state(graph: FuncGraph) -> bool:
    """Whether a graph, or a function that it refers to, has such nodes."""
    return graph.analysis(_keeps_state)


def _keeps_state(graph: FuncGraph) -> bool:
    return any(is_stateful(node) for g in (graph, *nested_graphs(graph)) for node in g.nodes)


def calls_stateful(node: Operation) -> bool:
    """Whether a node runs functions that have such nodes."""
    return any(keeps_state(function.graph) for function in functions_of(node))


def random_sites(graph: FuncGraph) -> list[Site]:
    """The nodes that draw from a stream, in a graph and in the functions it calls: a function that
    is called in two places has streams in both."""
    return graph.analysis(_random_sites)


def _random_sites(graph: FuncGraph) -> list[Site]:
    if not keeps_state(graph):
        return []
    return list(dict.fromkeys(_sites(graph, frozenset((id(graph),)))))


def _sites(graph: FuncGraph, inside: frozenset[int]) -> Iterator[Site]:
    for node in reachable(graph.outputs, graph.nodes):
        if node.op_type.random_blocks is not None:
            yield node.site
        for function in functions_of(node):
            inner = function.graph
            if id(inner) not in inside:  # else it calls itself
                for site in _sites(inner, inside | {id(inner)}):
                    yield (*node.site, *site)
