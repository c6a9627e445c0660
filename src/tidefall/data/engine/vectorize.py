"""Functions of single elements made into functions of many elements at once.

The results must be those the function gives for each element alone, so only ops are accepted that
compute every element by itself and to the last bit alike: elementwise ones, moves of data, choices,
sums of integers. Sums and products of floats are not, since their rounding depends on the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.graph.analysis import functions_of, reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.traits import BROADCASTING, ELEMENTWISE, EXACT_OVER_INTEGERS, MOVES, SAME_SHAPE
from tidefall.ops.batching import Value
from tidefall.runtime.debugging.checks import optimized
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.transforms.pfor.convert import Runs

_SEPARATE = frozenset((ELEMENTWISE, BROADCASTING, SAME_SHAPE, MOVES))
"""Ops of these kinds give the same to the last bit, however many elements they work on."""


class NotVectorized(Exception):
    """Says why a function has to run element by element."""


def is_exact(graph: FuncGraph) -> bool:
    """Whether a graph gives the same to the last bit, optimized or not: it rounds nothing."""
    return all(MOVES in node.op_type.traits or _rounds_nothing(node) for node in graph.nodes)


def _rounds_nothing(node: Operation) -> bool:
    if any(t.dtype.is_floating or t.dtype.is_complex for t in (*node.inputs, *node.outputs)):
        return False
    return next(functions_of(node), None) is None


def vectorized(graph: FuncGraph, elements: int) -> FuncGraph:
    """The function of a graph for many elements.

    Args:
        graph: the function of one element.
        elements: how many of its inputs, the first ones, are components of the element.

    Returns:
        A graph whose inputs are the number of elements, int32, the components with a dimension
        in front, and the other inputs as they were.

    Raises:
        NotVectorized: with the reason.
    """
    graph = optimized(graph)
    for tensor in graph.inputs[:elements]:
        _check(tensor, f"argument {tensor.name}")
    for node in reachable(graph.outputs, graph.nodes):
        if node.op_type not in (raw.Placeholder, raw.Const):
            _check_op(node)
    rows = FuncGraph(f"{graph.name}_rows")
    with graph_scope(rows), tapes_paused():
        count = rows.add_argument(dtypes.int32, [], "count")
        values = []
        for i, tensor in enumerate(graph.inputs):
            shape = [None, *tensor.shape.as_list()] if i < elements else tensor.shape
            argument = rows.add_argument(tensor.dtype, shape, f"args_{i}")
            values.append(Value(argument, i < elements))
        runs = Runs(count, None, fallback=False)
        try:
            outputs = [runs.stack(v) for v in runs.convert(graph, values)]
        except ValueError as error:
            raise NotVectorized(str(error)) from None
        rows.outputs = [rows.capture(t) for t in outputs]
    if rows.external_captures:
        raise NotVectorized("it uses tensors of another graph")
    return rows


def _check_op(node: Operation) -> None:
    kind = node.type
    traits = node.op_type.traits
    if not traits & _SEPARATE:
        integers = all(t.dtype.is_integer or t.dtype.is_bool for t in node.outputs)
        if EXACT_OVER_INTEGERS in traits and not integers:
            raise NotVectorized(f"{kind} over floats rounds differently over many elements")
        if EXACT_OVER_INTEGERS not in traits:
            raise NotVectorized(f"{kind} works on one element at a time")
    for tensor in node.outputs:
        _check(tensor, f"the output of {kind}")


def _check(tensor: SymbolicTensor, what: str) -> None:
    if tensor.dtype in (dtypes.variant, dtypes.resource):
        raise NotVectorized(f"{what} is a {tensor.dtype.name}")
    if not tensor.shape.is_fully_defined():
        raise NotVectorized(f"the shape of {what} is not known: {tensor.shape}")


def is_pure(graph: FuncGraph) -> bool:
    """Whether a function may be run at another time, or not at all if nobody needs its result.

    So it is if it has no side effects and reads nothing that changes.
    """
    if any(t.dtype in (dtypes.resource, dtypes.variant) for t in graph.inputs):
        return False
    return all(_is_pure_op(node) for node in graph.nodes)


def _is_pure_op(node: Operation) -> bool:
    if node.op_type.effects.checks or node.op_type is raw.Placeholder:
        return True
    inner = [f.graph for f in functions_in(list(node.attrs.values()))]
    if inner:
        return all(is_pure(graph) for graph in inner)
    return not node.op_type.is_stateful


def functions_in(values: Sequence[Any]) -> list[Any]:
    """The functions among the values of a node's attributes."""
    found: list[Any] = []
    for value in values:
        for item in value if isinstance(value, list) else (value,):
            if isinstance(getattr(item, "graph", None), FuncGraph):
                found.append(item)
    return found
