"""Checks and messages for debugging are taken out, where the user asked for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.core import raw
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Operation
from tidefall.graph.passes.rewriting import Rewriter

_MESSAGES = frozenset({raw.Assert, raw.PrintV2})
_CHECKS = frozenset({raw.CheckNumerics, raw.CheckNumericsV2, raw.Print})


def strip_debugging(graph: FuncGraph) -> int:
    """Remove Assert and PrintV2; let CheckNumerics and Print pass their input on."""
    rules = dict.fromkeys(_MESSAGES, _nothing) | dict.fromkeys(_CHECKS, _input)
    return Rewriter(graph).run(rules)


def _nothing(node: Operation, rewriter: Rewriter) -> Sequence[Any]:
    return []


def _input(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    return None if node.control_inputs else node.inputs[:1]
