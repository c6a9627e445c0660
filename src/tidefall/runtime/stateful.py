"""Which nodes of a program keep something between its runs, and where (see `base/run_state.py`)."""

from __future__ import annotations

from tidefall.graph.analysis import all_nodes, functions_of
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation


def is_stateful(node: Operation) -> bool:
    """Whether a node keeps something between runs: a stream, a mutex, a queue, a count."""
    return hasattr(node.op_type.host, "for_node")


def keeps_state(graph: FuncGraph) -> bool:
    """Whether a graph, or a function that it refers to, has such nodes."""
    return graph.analysis(_keeps_state)


def _keeps_state(graph: FuncGraph) -> bool:
    return any(is_stateful(node) for node in all_nodes(graph))


def calls_stateful(node: Operation) -> bool:
    """Whether a node runs functions that have such nodes."""
    return any(keeps_state(function.graph) for function in functions_of(node))
