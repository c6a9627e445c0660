"""Calls of other graphs are replaced by what those graphs do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.graph.analysis import has_side_effect, reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_node, is_narrower
from tidefall.graph.passes.rewriting import Rewriter, rules_for
from tidefall.graph.v1.control_flow import has_old_control_flow
from tidefall.op import raw
from tidefall.op.traits import CALL

SMALL = 32
"""Functions of at most this many nodes are inlined wherever they are called."""
_MAX_NODES = 50_000
_MAX_ROUNDS = 16
_ANYWHERE = frozenset({raw.Const, raw.Placeholder, raw.NoOp, raw.Assert})


def inline_calls(graph: FuncGraph, for_host: bool = True) -> int:
    """Replace calls by the nodes of the functions called, in their order, until none is left.

    A function that asked to be compiled by itself (`jit_compile=True`) stays a call. So does, for
    the host, a larger one that XLA can take inside a graph that it cannot take: it may move to XLA
    alone.

    Args:
        graph: a working copy; changed in place.
        for_host: whether the host executor will run it.

    Returns:
        The number of calls replaced.
    """
    total = 0
    for _ in range(_MAX_ROUNDS):
        if not any(CALL in node.op_type.traits for node in graph.nodes):
            break
        inliner = _Inliner(graph, for_host)
        count = Rewriter(graph).run(rules_for(graph, {CALL: inliner.rule}))
        total += count
        if not count:
            break
    return total


class _Inliner:
    """Decides which calls of a graph are inlined, and inlines them."""

    def __init__(self, graph: FuncGraph, for_host: bool):
        self.stays_on_host = for_host and not is_compilable(graph)
        self.added = len(graph.nodes)

    def rule(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        function = node.attrs["f"]
        inner = function.graph
        size = len(inner.nodes)
        if (
            getattr(function, "jit_compile", False)
            or node.attrs.get("_XlaMustCompile")
            or node.attrs.get("_noinline")
            or id(inner) in node.inlined_from
            or self.added + size > _MAX_NODES
            or (self.stays_on_host and size > SMALL and is_compilable(inner))
            or has_old_control_flow(inner.nodes)
        ):
            return None
        self.added += size
        return splice(node, inner, node.inputs, rewriter)


def is_compilable(graph: Any, seen: set[int] | None = None) -> bool:
    """Whether XLA could take every node of a graph, as far as ops and dtypes tell."""
    seen = set() if seen is None else seen
    if id(graph) in seen:
        return True
    seen.add(id(graph))
    for node in graph.nodes:
        op = node.op_type
        if op in _ANYWHERE:
            continue
        if CALL in op.traits:
            if not is_compilable(node.attrs["f"].graph, seen):
                return False
        elif op.xla is None or any(t.dtype == dtypes.string for t in (*node.inputs, *node.outputs)):
            return False
    return True


def splice(
    node: Operation, inner: FuncGraph, inputs: Sequence[Any], rewriter: Rewriter
) -> list[Any]:
    """Add the nodes of `inner`, run with `inputs`, in the place of `node`.

    Nodes of `inner` are called `node/inner`, as TensorFlow does. Those with effects wait for what
    `node` waited for, and what waited for `node` waits for them and for the outputs.

    Returns:
        The tensors that stand for the outputs of `inner`.
    """
    graph = rewriter.graph
    given = inner.inputs
    tensors = {id(old): new for old, new in zip(given, inputs, strict=True)}
    refine = any(is_narrower(new.shape, old.shape) for old, new in zip(given, inputs, strict=True))
    nodes: dict[int, Operation] = {}
    ends: dict[int, Operation] = {}
    inside = (*node.inlined_from, id(inner))
    for old in reachable(inner.outputs, inner.nodes):
        if old.op_type is raw.Placeholder:
            continue
        name = rewriter.unique(f"{node.name}/{old.name}")
        new = copy_node(old, graph, tensors, nodes, name, refine)
        new.inlined_from = inside
        new.origin = (*node.site, *old.site)
        effect = has_side_effect(old)
        if effect:
            ends[id(new)] = new
        if node.control_inputs and (effect or old.op_type.effects.reads):
            new.control_inputs = list(dict.fromkeys([*node.control_inputs, *new.control_inputs]))
        if node.device and not new.device:
            new.device = node.device
        rewriter.nodes.append(new)
    outputs = [tensors[id(t)] for t in inner.outputs]
    ends.update((id(t.op), t.op) for t in outputs)
    rewriter.wait_for(node, [*ends.values(), *node.control_inputs])
    return outputs
