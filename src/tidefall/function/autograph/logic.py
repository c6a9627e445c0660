"""`and`, `or`, `not`, comparison chains and `assert` over tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tidefall.control_flow.subgraphs import part
from tidefall.function.autograph.branches import if_exp
from tidefall.function.autograph.conditions import condition, is_staged
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import SPECULATABLE
from tidefall.ops.debugging.assertions import assert_ as assert_op

Thunk = Callable[[], Any]


def and_(*operands: Thunk) -> Any:
    """`a and b and ...`: the first operand that is false, or the last one."""
    return _chain(operands, raw.LogicalAnd, False)


def or_(*operands: Thunk) -> Any:
    """`a or b or ...`: the first operand that is true, or the last one."""
    return _chain(operands, raw.LogicalOr, True)


def _chain(operands: tuple[Thunk, ...], op: Op, decides: bool) -> Any:
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


def _staged(value: Any, rest: Thunk, op: Op, decides: bool) -> Any:
    word = "and" if op is raw.LogicalAnd else "or"
    value = condition(value, f"`{word}`")
    with part("operand") as graph:
        other = rest()
    if _is_speculatable(graph) and (isinstance(other, bool) or _is_bool_scalar(other)):
        return op(value, rest())
    if decides:
        return if_exp(value, lambda: value, rest, f"{value.name} {word} ...")
    return if_exp(value, rest, lambda: value, f"{value.name} {word} ...")


def _is_speculatable(graph: FuncGraph) -> bool:
    return all(SPECULATABLE in node.op_type.traits for node in graph.nodes)


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
