"""The order side effects must keep, made explicit.

In memory the order of the nodes is the order in which stateful ops run. TensorFlow knows only data
and control edges, so a graph that is written gets control edges that say the same: operations on
one resource in order (reads may run side by side), and other side effects one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tidefall.core import dtypes, raw
from tidefall.graph.graph import Operation
from tidefall.graph.old_control_flow import has_old_control_flow

READS = frozenset(
    {
        "DisableCopyOnRead",
        "LookupTableExportV2",
        "LookupTableFindV2",
        "LookupTableSizeV2",
        "ReadVariableOp",
        "ResourceGather",
        "ResourceGatherNd",
        "VarIsInitializedOp",
        "VariableShape",
    }
)
"""Ops that look at the resource they are given and do not change it."""
CALLS_PYTHON = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})
"""Ops that run Python, which may use and assign any variable."""

# Stateful in TensorFlow's op table, with no effect that could come too early or too late: they make
# or name a resource, or draw from a random generator that belongs to the node.
_FREE = frozenset(
    {
        "AnonymousHashTable",
        "Arg",
        "FIFOQueue",
        "FIFOQueueV2",
        "HashTable",
        "HashTableV2",
        "Multinomial",
        "MutexV2",
        "MutableDenseHashTableV2",
        "MutableHashTableOfTensorsV2",
        "MutableHashTableV2",
        "PaddingFIFOQueue",
        "PaddingFIFOQueueV2",
        "ParameterizedTruncatedNormal",
        "Placeholder",
        "PriorityQueue",
        "PriorityQueueV2",
        "RandomGamma",
        "RandomPoisson",
        "RandomPoissonV2",
        "RandomShuffle",
        "RandomShuffleQueue",
        "RandomShuffleQueueV2",
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "TruncatedNormal",
        "VarHandleOp",
        "Variable",
        "VariableV2",
    }
)
_NOT_CALLED = "Dataset"
"""Ops whose name ends so keep their functions for later."""


class Effects(NamedTuple):
    """What running a node or a function does: positions of its resource inputs, and the rest."""

    reads: frozenset[int]
    writes: frozenset[int]
    other: bool


_NONE = Effects(frozenset(), frozenset(), False)


def node_effects(node: Operation, cache: dict[int, Effects] | None = None) -> Effects:
    """What running a node does to its inputs and to the world."""
    cache = {} if cache is None else cache
    called = [] if _NOT_CALLED in node.type else list(_functions(node))
    if called:
        shift = 1 if node.op_type in (raw.If, raw.StatelessIf, raw.Case, raw.StatelessCase) else 0
        found = [_function_effects(function, cache) for function in called]
        return Effects(
            frozenset(i + shift for e in found for i in e.reads),
            frozenset(i + shift for e in found for i in e.writes),
            any(e.other for e in found),
        )
    if not node.op_type.is_stateful or node.type in _FREE:
        return _NONE
    resources = frozenset(i for i, t in enumerate(node.inputs) if t.dtype == dtypes.resource)
    if node.type in READS:
        return Effects(resources, frozenset(), False)
    return Effects(frozenset(), resources, not resources)


def _functions(node: Operation) -> Iterable[Any]:
    for value in node.attrs.values():
        for item in value if isinstance(value, list) else (value,):
            if hasattr(getattr(item, "graph", None), "nodes"):
                yield item


def _function_effects(function: Any, cache: dict[int, Effects]) -> Effects:
    key = id(function.graph)
    if key not in cache:
        cache[key] = _NONE  # a function that calls itself
        cache[key] = _graph_effects(function.graph, cache)
    return cache[key]


def _graph_effects(graph: Any, cache: dict[int, Effects]) -> Effects:
    position = {id(t): i for i, t in enumerate(graph.inputs)}
    reads: set[int] = set()
    writes: set[int] = set()
    other = False
    for node in graph.nodes:
        effects = node_effects(node, cache)
        other = other or effects.other
        for positions, found in ((effects.reads, reads), (effects.writes, writes)):
            for i in positions:
                root = position.get(id(resource_root(node.inputs[i])))
                if root is None:
                    other = True
                else:
                    found.add(root)
    return Effects(frozenset(reads), frozenset(writes), other)


def resource_root(tensor: Any) -> Any:
    """The tensor that first stood for a resource, behind the ops that only pass it on."""
    while True:
        node = tensor.op
        if node.op_type is raw.Identity:
            tensor = node.inputs[0]
        elif node.op_type is raw.IdentityN or node.op_type in (raw.While, raw.StatelessWhile):
            tensor = node.inputs[tensor.value_index]
        else:
            return tensor


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
    cache: dict[int, Effects] = {}
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
