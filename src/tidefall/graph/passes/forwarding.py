"""Nodes that pass their input on are left out.

In a graph that is only run, an Identity and the marks for gradients (StopGradient, ...) do nothing;
gradients are taken of the traced graph, which keeps them. A node that waits for others stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, rules_for
from tidefall.op.traits import PASSES_ON


def forward_identities(graph: FuncGraph) -> int:
    """Let consumers read what such nodes read."""
    return Rewriter(graph).run(rules_for(graph, {PASSES_ON: _forward}))


def _forward(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    return None if node.control_inputs else node.inputs
