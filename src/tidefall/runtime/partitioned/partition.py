"""Graphs that XLA cannot take whole: the parts that it can take become functions of their own.

A node belongs to the host or to XLA. Its level counts how often the side changes on the longest
way to it, so that everything of one level that XLA can take is a cluster: no way leads out of a
level and back. What could run at several levels goes to where its result is needed, so that few
values cross from one cluster to another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.type_guards import is_list
from tidefall.graph.analysis import functions_of, may_use_any_variable, with_inner_nodes
from tidefall.graph.effects import control_edges
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_node
from tidefall.graph.passes.pipeline import HOST, optimize
from tidefall.graph.passes.rewriting import Rewriter
from tidefall.graph.v1.control_flow import has_old_control_flow
from tidefall.op import raw
from tidefall.op.traits import SHAPE_ONLY
from tidefall.runtime.devices.node_placement import node_device
from tidefall.runtime.xla.compilable import is_for_xla
from tidefall.tensor.tensor import SymbolicTensor

SMALLEST_CLUSTER = 4
"""Nodes below which a cluster is not worth the call of a program (as TensorFlow has it)."""
_STEPS = (
    *("inline_calls", "forward_identities", "simplify_shapes", "fold_constants"),
    "remove_dead_code",
)
_CALL = raw.StatefulPartitionedCall
_SHARED = frozenset((raw.Const, raw.Placeholder))
"""Nodes that stand outside of all clusters; a constant is copied into those that use it."""

Factory = Callable[[str, FuncGraph], Any]
"""Makes of a name and a graph what the `f` attribute of a call refers to."""


def partition(graph: FuncGraph, function: Factory) -> FuncGraph | None:
    """A graph that does the same, in which all that XLA can take is in calls of clusters.

    Args:
        graph: the graph of a function; not changed.
        function: makes the function of a cluster.

    Returns:
        The graph; None if there is nothing to gain.
    """
    if has_old_control_flow(graph.nodes):
        return None
    graph = optimize(graph, HOST, only=_STEPS)
    levels = _Levels(graph)
    clusters = levels.clusters()
    if not clusters:
        return None
    return _Partition(graph, clusters, function).run(levels.order(clusters))


class _Levels:
    """Which nodes run together: levels, even ones of XLA's nodes, odd ones of the host's."""

    def __init__(self, graph: FuncGraph):
        waits, _ = control_edges(graph.nodes)
        _wait_for_python(graph.nodes, waits)
        self.shared = [node for node in graph.nodes if node.op_type in _SHARED]
        self.nodes = [node for node in graph.nodes if node.op_type not in _SHARED]
        ids = {id(node) for node in self.nodes}
        self.before: dict[int, list[Operation]] = {}
        self.after: dict[int, list[Operation]] = {i: [] for i in ids}
        for node in self.nodes:
            sources = [t.op for t in node.inputs]
            found = {id(n): n for n in (*sources, *node.control_inputs, *waits.get(id(node), ()))}
            self.before[id(node)] = [n for i, n in found.items() if i in ids]
            for other in self.before[id(node)]:
                self.after[id(other)].append(node)
        self.for_xla = {
            id(node) for node in self.nodes if is_for_xla(node) and node_device(node) is None
        }
        self.outputs = {id(t) for t in graph.outputs}
        self.level: dict[int, int] = {}

    def clusters(self) -> list[list[Operation]]:
        """The nodes of each cluster, in the order of the clusters."""
        while True:
            self._rank()
            wrong = self._misplaced()
            if not wrong:
                break
            self.for_xla -= wrong
        members: dict[int, list[Operation]] = {}
        for node in self.nodes:
            if id(node) in self.for_xla:
                members.setdefault(self.level[id(node)], []).append(node)
        found = [nodes for _, nodes in sorted(members.items())]
        return [nodes for nodes in found if sum(map(_weight, nodes)) >= SMALLEST_CLUSTER]

    def order(self, clusters: Sequence[list[Operation]]) -> list[list[Operation]]:
        """All nodes in an order in which they can run, each cluster at once."""
        inside = {id(node): nodes for nodes in clusters for node in nodes}
        found = [self.shared] if self.shared else []
        levels: dict[int, list[list[Operation]]] = {}
        for node in self.nodes:
            at = levels.setdefault(self.level[id(node)], [])
            cluster = inside.get(id(node))
            if cluster is None:
                at.append([node])
            elif cluster[0] is node:
                at.append(cluster)
        for _, at in sorted(levels.items()):
            found.extend(at)
        return found

    def _rank(self) -> None:
        level = self.level = {}
        for node in self.nodes:
            mine = id(node) in self.for_xla
            level[id(node)] = max(
                (
                    level[id(other)] + ((id(other) in self.for_xla) != mine)
                    for other in self.before[id(node)]
                ),
                default=0 if mine else 1,
            )
        for node in reversed(self.nodes):
            later = self.after[id(node)]
            if later and id(node) in self.for_xla:
                level[id(node)] = min(
                    level[id(other)] - (id(other) not in self.for_xla) for other in later
                )

    def _misplaced(self) -> set[int]:
        """XLA's nodes that have to be the host's as it stands: those that need a value while they
        are compiled that is computed outside of their cluster, and lists that would leave it."""
        wrong: set[int] = set()
        known: set[int] = set()
        for node in self.nodes:
            if id(node) not in self.for_xla:
                continue
            if SHAPE_ONLY in node.op_type.traits or all(
                self._is_known(t, node, known) for t in node.inputs
            ):
                known.add(id(node))
            static = node.op_type.static
            if static and not all(self._is_known(t, node, known) for t in _named(node, static)):
                wrong.add(id(node))
            for tensor in node.inputs:
                if tensor.dtype == dtypes.variant and not self._together(tensor.op, node):
                    wrong.update((id(node), id(tensor.op)))
            if any(t.dtype == dtypes.variant and id(t) in self.outputs for t in node.outputs):
                wrong.add(id(node))
        return wrong & self.for_xla

    def _together(self, one: Operation, other: Operation) -> bool:
        both = {id(one), id(other)} <= self.for_xla
        return both and self.level[id(one)] == self.level[id(other)]

    def _is_known(self, tensor: SymbolicTensor, user: Operation, known: set[int]) -> bool:
        node = tensor.op
        return node.op_type is raw.Const or (id(node) in known and self._together(node, user))


def _wait_for_python(nodes: Sequence[Operation], waits: dict[int, list[Operation]]) -> None:
    """Keep Python functions, which may use any variable, in their place among the uses of them."""
    last: Operation | None = None
    since: list[Operation] = []
    for node in nodes:
        if any(may_use_any_variable(n) for n in with_inner_nodes(node)):
            waits.setdefault(id(node), []).extend(since)
            last, since = node, [node]
        elif any(t.dtype == dtypes.resource for t in node.inputs):
            since.append(node)
            if last is not None:
                waits.setdefault(id(node), []).append(last)


def _named(node: Operation, names: frozenset[str]) -> list[SymbolicTensor]:
    """The inputs of a node that have these names."""
    grouped = node.op_type.definition.group_inputs(node.inputs, node.attrs)
    found: list[SymbolicTensor] = []
    for arg, value in zip(node.op_type.definition.inputs, grouped, strict=True):
        if arg.name in names:
            found.extend(value if is_list(value) else [value])
    return found


def _weight(node: Operation) -> int:
    """How many nodes it stands for: its own, and those of its functions."""
    inner = sum(len(function.graph.nodes) for function in functions_of(node))
    return inner or int(node.op_type not in (raw.NoOp, raw.Identity, raw.ReadVariableOp))


class _Partition:
    """Turns each cluster of a graph into a call.

    Args:
        graph: a working copy; changed in place.
    """

    def __init__(self, graph: FuncGraph, clusters: list[list[Operation]], function: Factory):
        self.graph = graph
        self.function = function
        self.cluster_of = {id(node): i for i, nodes in enumerate(clusters) for node in nodes}
        self.used = {id(t) for t in graph.outputs}
        for node in graph.nodes:
            mine = self.cluster_of.get(id(node))
            self.used.update(
                id(t) for t in node.inputs if mine is None or self.cluster_of.get(id(t.op)) != mine
            )
        self.rewriter = Rewriter(graph)
        self.tensors: dict[int, SymbolicTensor] = {}
        self.calls: dict[int, Operation] = {}

    def run(self, order: Sequence[list[Operation]]) -> FuncGraph:
        """Go through the nodes, those of a cluster together."""
        for nodes in order:
            if id(nodes[0]) in self.cluster_of:
                self._add_call(nodes)
            else:
                for node in nodes:
                    self._keep(node)
        graph = self.graph
        graph.nodes = self.rewriter.nodes
        graph.outputs = [self._current(t) for t in graph.outputs]
        return graph

    def _current(self, tensor: SymbolicTensor) -> SymbolicTensor:
        return self.tensors.get(id(tensor), tensor)

    def _waits(self, nodes: Sequence[Operation]) -> list[Operation]:
        """The nodes that these wait for, beside each other."""
        inside = {id(node) for node in nodes}
        found: dict[int, Operation] = {}
        for node in nodes:
            for other in node.control_inputs:
                if id(other) not in inside:
                    call = self.calls.get(id(other))
                    there = other if call is None else call
                    found[id(there)] = there
        return list(found.values())

    def _keep(self, node: Operation) -> None:
        node.inputs = [self._current(t) for t in node.inputs]
        # What is shared comes first, and there is nothing for it to wait for.
        node.control_inputs = [] if node.op_type in _SHARED else self._waits([node])
        self.rewriter.nodes.append(node)

    def _add_call(self, nodes: list[Operation]) -> None:
        waits = self._waits(nodes)
        name = self.rewriter.unique(f"cluster_{self.cluster_of[id(nodes[0])]}")
        outputs = [t for node in nodes for t in node.outputs if id(t) in self.used]
        given, inner = self._graph_of(nodes, outputs, name)
        inputs = [self._current(t) for t in given]
        attrs = {
            "Tin": [t.dtype for t in inputs],
            "Tout": [t.dtype for t in outputs],
            "f": self.function(f"{self.graph.name}/{name}", inner),
            "_noinline": True,
        }
        call = self.rewriter.add(_CALL, inputs, attrs, nodes[0], name)
        call.control_inputs = waits
        call.origin = ()  # the nodes inside know their calls from the whole graph
        self.calls.update((id(node), call) for node in nodes)
        self.tensors.update((id(old), new) for old, new in zip(outputs, call.outputs, strict=True))

    def _graph_of(
        self, nodes: Sequence[Operation], outputs: Sequence[SymbolicTensor], name: str
    ) -> tuple[list[SymbolicTensor], FuncGraph]:
        """The tensors that a cluster takes, and its graph."""
        inner = FuncGraph(name, outer_graph=self.graph)
        rewriter = Rewriter(inner)
        tensors: dict[int, SymbolicTensor] = {}
        copies: dict[int, Operation] = {}
        given: list[SymbolicTensor] = []
        for node in nodes:
            for tensor in node.inputs:
                if id(tensor) in tensors:
                    continue
                if tensor.op.op_type is raw.Const:
                    constant = copy_node(tensor.op, inner, tensors, copies)
                    constant.control_inputs = []
                    rewriter.nodes.append(constant)
                    continue
                attrs = {"dtype": tensor.dtype, "shape": tensor.shape}
                new = rewriter.add(raw.Placeholder, [], attrs, tensor.op).outputs[0]
                new.op.control_inputs = []
                new.value_hint = tensor.value_hint
                tensors[id(tensor)] = new
                given.append(tensor)
                inner.arguments.append(new)
            rewriter.nodes.append(copy_node(node, inner, tensors, copies))
        inner.nodes = rewriter.nodes
        inner.outputs = [tensors[id(t)] for t in outputs]
        return given, inner
