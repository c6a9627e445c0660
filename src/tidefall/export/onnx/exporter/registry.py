"""Where the rules of ops are kept, as a facet of the ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidefall.op.op import Op
from tidefall.op.registry import register_facet

if TYPE_CHECKING:
    from tidefall.export.onnx.exporter.builder import Builder
    from tidefall.graph.operation import Operation
    from tidefall.lite.converter.ir import Value

Rule = Callable[["Builder", "Operation", list[Any]], "Value | list[Any]"]
"""Takes a builder, the node and what stands for its inputs; adds ONNX nodes, and returns what
stands for the node's outputs. It raises `CannotExport` with the reason where there is no way."""

FACET = "onnx"


class CannotExport(Exception):
    """A node that ONNX has no ops for, and why."""


_TAKE_PARTS: set[int] = set()


def export(*ops: Op, parts: bool = False) -> Callable[[Rule], Rule]:
    """Register a function as the rule of ops.

    Args:
        *ops: the ops.
        parts: whether it takes complex numbers and bits, which are no ONNX values.
    """

    def register(rule: Rule) -> Rule:
        register_facet(FACET, dict.fromkeys(ops, rule))
        if parts:
            _TAKE_PARTS.add(id(rule))
        return rule

    return register


def register_all(rules: dict[Op, Rule]) -> None:
    """Register a table of rules."""
    register_facet(FACET, rules)


def takes_parts(rule: Rule) -> bool:
    """Whether a rule takes complex numbers and bits."""
    return id(rule) in _TAKE_PARTS


def rule_of(op: Op) -> Rule | None:
    """The rule of an op, if it has one."""
    return getattr(op, FACET, None)
