"""Where the lowerings of ops are kept: one table for each family, as a facet of the ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidefall.op.op import Op
from tidefall.op.registry import register_facet

if TYPE_CHECKING:
    from tidefall.graph.operation import Operation
    from tidefall.lite.converter.ir import Value
    from tidefall.lite.converter.lowering.builder import Builder

Rule = Callable[["Builder", "Operation", list[Any]], "Value | list[Any]"]
"""Takes a builder, the node and what stands for its inputs; adds operators, and returns what stands
for the node's outputs. It raises `CannotLower` with the reason where there is no way."""

FACET = "lite"


class CannotLower(Exception):
    """A node that has no builtin operators, and why."""


def lower(*ops: Op) -> Callable[[Rule], Rule]:
    """Register a function as the lowering of ops."""

    def register(rule: Rule) -> Rule:
        register_facet(FACET, dict.fromkeys(ops, rule))
        return rule

    return register


def rule_of(op: Op) -> Rule | None:
    """The lowering of an op, if it has one."""
    return getattr(op, FACET, None)
