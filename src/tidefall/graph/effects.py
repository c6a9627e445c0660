"""The order side effects must keep, made explicit.

In memory the order of the nodes is the order in which stateful ops run. TensorFlow knows only data
and control edges, so a graph that is written gets control edges that say the same: operations on
one resource in order (reads may run side by side), and other side effects one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidefall.graph.analysis import NodeEffects, node_effects, resource_root
from tidefall.graph.operation import Operation
from tidefall.graph.v1.control_flow import has_old_control_flow


class _Resource:
    """The last operations on one resource."""

    def __init__(self) -> None:
        self.writer: Operation | None = None
        self.readers: list[Operation] = []


def control_edges(
    nodes: Sequence[Operation],
) -> tuple[dict[int, list[Operation]], list[Operation]]:
    """The control edges that keep side effects in the order of the nodes.

    Args:
        nodes: nodes of one graph in program order.

    Returns:
        By `id` of each node the nodes it has to wait for, beside those in its `control_inputs`;
        and the nodes that must run even if nobody uses their outputs.
    """
    cache: dict[int, NodeEffects] = {}
    resources: dict[int, _Resource] = {}
    waits: dict[int, list[Operation]] = {}
    must_run: list[Operation] = []
    last_other: Operation | None = None
    if has_old_control_flow(nodes):  # written by TensorFlow, with all its edges
        return waits, must_run
    for node in nodes:
        effects = node_effects(node, cache)
        before: dict[int, Operation] = {}
        for i in effects.writes:
            before.update((id(n), n) for n in _write(resources, node, i))
        for i in effects.reads - effects.writes:
            before.update((id(n), n) for n in _read(resources, node, i))
        if effects.other:
            if last_other is not None:
                before[id(last_other)] = last_other
            last_other = node
        if effects.other or effects.writes:
            must_run.append(node)
        before.pop(id(node), None)
        if before:
            waits[id(node)] = list(before.values())
    return waits, must_run


def _write(resources: dict[int, _Resource], node: Operation, index: int) -> list[Operation]:
    resource = resources.setdefault(id(resource_root(node.inputs[index])), _Resource())
    before = resource.readers or ([resource.writer] if resource.writer is not None else [])
    resource.writer, resource.readers = node, []
    return [n for n in before if n is not node]


def _read(resources: dict[int, _Resource], node: Operation, index: int) -> list[Operation]:
    resource = resources.setdefault(id(resource_root(node.inputs[index])), _Resource())
    if node not in resource.readers:
        resource.readers.append(node)
    return [resource.writer] if resource.writer is not None else []
