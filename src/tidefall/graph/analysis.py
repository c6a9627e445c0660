"""What a graph does, its functions included: the one walk that every pass and executor asks.

Facts about ops stand with the ops (`tidefall.op.effects`); here they become facts about nodes,
functions and graphs: which nodes have to run, what they read, write and draw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from tidefall.base import dtypes
from tidefall.base.type_guards import is_list
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation, Site
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import LOOP, PYTHON, REPLICATED
from tidefall.tensor.tensor import SymbolicTensor

# ---- functions of nodes ----


def functions_of(node: Operation) -> Iterator[Any]:
    """The graph functions among a node's attributes, whether it calls them or keeps them."""
    for name in _function_attrs(node.op_type):
        value = node.attrs.get(name)
        for item in value if is_list(value) else (value,):
            if hasattr(getattr(item, "graph", None), "nodes"):
                yield item


@cache
def _function_attrs(op: Op) -> tuple[str, ...]:
    attrs = op.definition.attrs
    return tuple(name for name, attr in attrs.items() if attr.kind in ("func", "list(func)"))


def takes_functions(op: Op) -> bool:
    """Whether an op has functions among its attributes."""
    return bool(_function_attrs(op))


def nested_graphs(graph: Graph) -> list[FuncGraph]:
    """The graphs of all functions that a graph refers to, directly or not, each once."""
    found: dict[int, FuncGraph] = {}
    waiting = [graph]
    while waiting:
        for node in waiting.pop().nodes:
            for function in functions_of(node):
                if id(function.graph) not in found:
                    found[id(function.graph)] = function.graph
                    waiting.append(function.graph)
    return list(found.values())


def with_inner_nodes(node: Operation) -> Iterator[Operation]:
    """A node, and those that run in its functions, theirs included."""
    yield from _with_inner_nodes(node, set())


def _with_inner_nodes(node: Operation, inside: set[int]) -> Iterator[Operation]:
    yield node
    for function in functions_of(node):
        key = id(function.graph)
        if key not in inside:  # a function that calls itself
            inside.add(key)
            for inner in needed_nodes(function.graph):
                yield from _with_inner_nodes(inner, inside)
            inside.discard(key)


def all_nodes(graph: Graph) -> Iterator[Operation]:
    """The nodes of a graph and of all functions that it refers to, each once."""
    yield from graph.nodes
    for inner in nested_graphs(graph):
        yield from inner.nodes


# ---- which nodes have to run ----


def reachable(outputs: Iterable[SymbolicTensor], nodes: Sequence[Operation]) -> list[Operation]:
    """The nodes needed for `outputs`, plus those with side effects, in program order."""
    needed: set[int] = {id(t.op) for t in outputs}
    before = -1
    while True:
        kept: list[Operation] = []
        for node in reversed(nodes):
            if id(node) in needed or (node.op_type.is_stateful and has_side_effect(node)):
                kept.append(node)
                needed.add(id(node))
                for t in node.inputs:
                    needed.add(id(t.op))
                for other in node.control_inputs:
                    needed.add(id(other))
        if len(kept) in (len(needed), before):
            break
        before = len(kept)  # a loop of TensorFlow 1 leads back to an earlier node
    kept.reverse()
    return kept


def needed_nodes(graph: FuncGraph) -> list[Operation]:
    """The nodes of a graph that running it runs."""
    return reachable(graph.outputs, graph.nodes)


def has_side_effect(node: Operation) -> bool:
    """Whether a node must run even if nobody reads its outputs.

    Ops on references are not stateful in TensorFlow's table: they run when somebody fetches them.
    """
    op = node.op_type
    if not op.is_stateful:
        return False
    effects = op.effects
    if not effects.calls:
        return effects.is_needed
    return _any_inside(node, has_side_effect)


def _any_inside(node: Operation, holds: Callable[[Operation], bool]) -> bool:
    return any(holds(inner) for function in functions_of(node) for inner in function.graph.nodes)


def has_effects(graph: FuncGraph) -> bool:
    """Whether running a graph does more than compute: assigns, prints, calls Python, ...

    Assertions do nothing to be noticed when they hold.
    """
    for node in needed_nodes(graph):
        functions = list(functions_of(node))
        if any(has_effects(function.graph) for function in functions):
            return True
        if not functions and not node.op_type.effects.checks and has_side_effect(node):
            return True
    return False


# ---- what nodes read and write ----


class NodeEffects(NamedTuple):
    """What running a node or a function does.

    Attributes:
        reads: positions of the inputs whose resource it looks at.
        writes: positions of those whose resource it changes.
        other: whether it does more, which is in the order of the program.
    """

    reads: frozenset[int]
    writes: frozenset[int]
    other: bool


_NO_POSITIONS: frozenset[int] = frozenset()
_NONE = NodeEffects(_NO_POSITIONS, _NO_POSITIONS, False)


def node_effects(node: Operation, memo: dict[int, NodeEffects] | None = None) -> NodeEffects:
    """What running a node does to its inputs and to the world.

    Args:
        node: the node.
        memo: what is known of functions, by the identity of their graphs.
    """
    op = node.op_type
    effects = op.effects
    if effects.is_pure:
        return _NONE
    if effects.calls:
        return _call_effects(node, {} if memo is None else memo)
    if not op.is_stateful:
        return _NONE
    return NodeEffects(
        input_positions(node, effects.reads),
        input_positions(node, effects.writes),
        effects.is_outside,
    )


def input_positions(node: Operation, names: Collection[str]) -> frozenset[int]:
    """Positions of the inputs of a node that have these names."""
    if not names:
        return _NO_POSITIONS
    op = node.op_type
    if not op.definition.has_lists:
        return _fixed_positions(op, frozenset(names))
    found: list[int] = []
    start = 0
    for arg in op.definition.inputs:
        end = start + (arg.length(node.attrs) if arg.is_list else 1)
        if arg.name in names:
            found.extend(range(start, end))
        start = end
    return frozenset(found)


@cache
def _fixed_positions(op: Op, names: frozenset[str]) -> frozenset[int]:
    return frozenset(i for i, arg in enumerate(op.definition.inputs) if arg.name in names)


def _call_effects(node: Operation, memo: dict[int, NodeEffects]) -> NodeEffects:
    called = list(functions_of(node))
    given = sorted(input_positions(node, node.op_type.effects.calls))
    if not called:
        resources = frozenset(i for i in given if node.inputs[i].dtype == dtypes.resource)
        return NodeEffects(_NO_POSITIONS, resources, not resources)
    reads: set[int] = set()
    writes: set[int] = set()
    other = False
    for function in called:
        found = _function_effects(function, memo)
        reads.update(_given_for(node, given, function, found.reads))
        writes.update(_given_for(node, given, function, found.writes))
        other = other or found.other
    return NodeEffects(frozenset(reads), frozenset(writes), other)


def _given_for(
    node: Operation, given: Sequence[int], function: Any, positions: Iterable[int]
) -> Iterator[int]:
    """Which inputs of a node its function gets at these positions, in each of its replicas."""
    if REPLICATED not in node.op_type.traits:
        return (given[i] for i in positions)
    count = len(function.graph.inputs)
    return (given[i + start] for i in positions for start in range(0, len(given), count))


def _function_effects(function: Any, memo: dict[int, NodeEffects]) -> NodeEffects:
    key = id(function.graph)
    if key not in memo:
        memo[key] = _NONE  # a function that calls itself
        memo[key] = _graph_effects(function.graph, memo)
    return memo[key]


def _graph_effects(graph: Any, memo: dict[int, NodeEffects]) -> NodeEffects:
    position = {id(t): i for i, t in enumerate(graph.inputs)}
    reads: set[int] = set()
    writes: set[int] = set()
    other = False
    for node in graph.nodes:
        effects = node_effects(node, memo)
        other = other or effects.other
        for positions, found in ((effects.reads, reads), (effects.writes, writes)):
            for i in positions:
                root = position.get(id(resource_root(node.inputs[i])))
                if root is None:
                    other = True
                else:
                    found.add(root)
    return NodeEffects(frozenset(reads), frozenset(writes), other)


def resource_root(tensor: Any) -> Any:
    """The tensor that first stood for a resource, behind the ops that only pass it on."""
    while True:
        node = tensor.op
        if node.op_type is raw.Identity:
            tensor = node.inputs[0]
        elif node.op_type is raw.IdentityN or LOOP in node.op_type.traits:
            tensor = node.inputs[tensor.value_index]
        else:
            return tensor


def may_use_any_variable(node: Operation) -> bool:
    """Whether a node runs code that may read and assign variables which are not its inputs."""
    return node.op_type.effects.anything or PYTHON in node.op_type.traits


def written_inputs(graph: FuncGraph) -> set[int]:
    """Positions of the resource inputs that a graph may assign to."""
    return graph.analysis(_written_inputs)


def _written_inputs(graph: FuncGraph) -> set[int]:
    return _written(graph, {})


def _written(graph: FuncGraph, memo: dict[int, set[int]]) -> set[int]:
    found = memo.get(id(graph))
    if found is not None:
        return found
    resources = {i for i, t in enumerate(graph.inputs) if t.dtype == dtypes.resource}
    memo[id(graph)] = resources  # if it calls itself
    position = {id(graph.inputs[i]): i for i in resources}
    written: set[int] = set()
    for node in needed_nodes(graph) if resources else ():
        for i in _written_by(node, memo):
            root = resource_root(node.inputs[i])
            if id(root) in position:
                written.add(position[id(root)])
            elif not (root.op.op_type.effects.refers or root.op.op_type.effects.makes):
                written.update(resources)  # whichever it is
    memo[id(graph)] = written
    return written


def _written_by(node: Operation, memo: dict[int, set[int]]) -> Iterable[int]:
    effects = node.op_type.effects
    if effects.calls:
        called = list(functions_of(node))
        given = sorted(input_positions(node, effects.calls))
        if called:
            return {
                i
                for function in called
                for i in _given_for(node, given, function, _written(function.graph, memo))
            }
        return [i for i in given if node.inputs[i].dtype == dtypes.resource]
    if effects.keeps or effects.anything:  # whatever it does with them, and whenever
        return [i for i, t in enumerate(node.inputs) if t.dtype == dtypes.resource]
    return input_positions(node, effects.writes)


# ---- what nodes draw ----


def random_nodes(graph: FuncGraph) -> list[Operation]:
    """The nodes that draw from a generator of their own, in a graph and all its functions."""
    return list(dict.fromkeys(site[-1] for site in random_sites(graph)))


def random_sites(graph: FuncGraph) -> list[Site]:
    """These nodes, each behind the calls that lead to it: a function that is called in two places
    draws from two generators."""
    return graph.analysis(_random_sites)


def _random_sites(graph: FuncGraph) -> list[Site]:
    if not any(node.op_type.effects.draws for node in all_nodes(graph)):
        return []
    return list(dict.fromkeys(_sites(graph, frozenset((id(graph),)))))


def _sites(graph: FuncGraph, inside: frozenset[int]) -> Iterator[Site]:
    for node in needed_nodes(graph):
        if node.op_type.effects.draws:
            yield node.site
        for function in functions_of(node):
            inner = function.graph
            if id(inner) not in inside:  # else it calls itself
                for site in _sites(inner, inside | {id(inner)}):
                    yield (*node.site, *site)
