"""Checks and messages for debugging are taken out, where the user asked for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter


def strip_debugging(graph: FuncGraph) -> int:
    """Remove what only checks or prints; let what does so with a value pass the value on."""
    return Rewriter(graph).run(_strip)


def _strip(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    effects = node.op_type.effects
    if not (effects.checks or effects.prints):
        return None
    if not node.outputs:
        return []
    return None if node.control_inputs else node.inputs[:1]
