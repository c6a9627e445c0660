"""`and`, `or`, `not`, comparison chains and `assert` over tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tidefall.core import raw
from tidefall.core.op import find_op
from tidefall.function.autograph.branches import if_exp
from tidefall.function.autograph.conditions import condition, is_staged
from tidefall.function.subgraphs import part
from tidefall.graph.func_graph import FuncGraph
from tidefall.ops.assertions import assert_ as assert_op

Thunk = Callable[[], Any]

_HARMLESS = frozenset(
    {
        "Const", "Placeholder", "Identity", "ReadVariableOp", "Cast", "Shape", "Rank", "Size",
        "Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual",
        "LogicalAnd", "LogicalOr", "LogicalNot", "Add", "AddV2", "Sub", "Mul", "Neg", "Abs",
        "Maximum", "Minimum", "Sum", "Max", "Min", "All", "Any", "IsNan", "IsInf", "IsFinite",
    }
)  # fmt: skip
"""Ops that may as well run where Python would not have come to them: cheap, and they never fail."""


def and_(*operands: Thunk) -> Any:
    """`a and b and ...`: the first operand that is false, or the last one."""
    return _chain(operands, "LogicalAnd", False)


def or_(*operands: Thunk) -> Any:
    """`a or b or ...`: the first operand that is true, or the last one."""
    return _chain(operands, "LogicalOr", True)


def _chain(operands: tuple[Thunk, ...], op: str, decides: bool) -> Any:
    value: Any = None
    for i, operand in enumerate(operands):
        value = operand()
        rest = operands[i + 1 :]
        if not rest:
            return value
        if is_staged(value):
            return _staged(value, lambda: _chain(rest, op, decides), op, decides)  # noqa: B023
        if bool(value) is decides:
            return value
    return value


def _staged(value: Any, rest: Thunk, op: str, decides: bool) -> Any:
    word = "and" if op == "LogicalAnd" else "or"
    value = condition(value, f"`{word}`")
    with part("operand") as graph:
        other = rest()
    if _is_harmless(graph) and (isinstance(other, bool) or _is_bool_scalar(other)):
        return find_op(op)(value, rest())
    if decides:
        return if_exp(value, lambda: value, rest, f"{value.name} {word} ...")
    return if_exp(value, rest, lambda: value, f"{value.name} {word} ...")


def _is_harmless(graph: FuncGraph) -> bool:
    return all(node.type in _HARMLESS for node in graph.nodes)


def _is_bool_scalar(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype is not None and dtype == "bool" and value.shape.rank == 0


def not_(value: Any) -> Any:
    """`not value`."""
    if not is_staged(value):
        return not value
    return raw.LogicalNot(condition(value, "`not`"))


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def compare(left: Any, *rest: tuple[str, Thunk]) -> Any:
    """`left < b < c`: each operand is computed once, and only if those before it agree."""
    (name, operand), *others = rest
    right = operand()
    result = _COMPARISONS[name](left, right)
    if not others:
        return result
    return and_(lambda: result, lambda: compare(right, *others))


def assert_(test: Any, message: Thunk) -> None:
    """`assert test, message`: over a tensor, an op that checks when the graph runs."""
    if is_staged(test):
        said = message()
        data = "assertion failed" if said is None else said
        assert_op(condition(test, "`assert`"), list(data) if type(data) is tuple else [data])
    elif __debug__ and not test:
        said = message()
        raise AssertionError(*(() if said is None else (said,)))
