"""What a graph asks of XLA: which of its ops cannot be compiled, which variables it assigns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.base.replica_group import compiled_axis
from tidefall.graph.analysis import functions_of, reachable, with_inner_nodes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.traits import CALL, COLLECTIVE, SIZED_BY_VALUES


class MissingLowering(UnimplementedError):
    """An op was met, while compiling, that cannot be compiled."""


def blocking_ops(graph: FuncGraph, nested: bool = False, checks: bool = False) -> list[Operation]:
    """The nodes that have no lowering and so keep a graph from being compiled.

    Args:
        graph: the graph.
        nested: whether to look into loops and branches. What stands there may turn out to be known
            while compiling, so it is no reason yet not to try.
        checks: whether assertions, which nobody hears of in compiled code, keep it from that too,
            those in loops and branches as well.
    """
    # A text that is given back comes from a constant or an input where no node makes it.
    texts = [t.op for t in graph.outputs if t.dtype == dtypes.string]
    found = [node for node in texts if node.op_type in (raw.Const, raw.Placeholder)]
    for node in reachable(graph.outputs, graph.nodes):
        if CALL in node.op_type.traits:
            found.extend(blocking_ops(node.attrs["f"].graph, nested, checks))
        elif not _has_lowering(node) or (
            checks and any(n.op_type.effects.checks for n in with_inner_nodes(node))
        ):
            found.append(node)
        elif nested:
            for function in functions_of(node):
                found.extend(blocking_ops(function.graph, nested, checks))
    # A node that passes a string on is there because another one made it: that one is named.
    makers = {id(node) for node in found}
    return [n for n in found if n.op_type is not raw.Identity or id(n.inputs[0].op) not in makers]


def is_for_xla(node: Operation) -> bool:
    """Whether compiled code does the same as the host for a node, and for the nodes of its
    functions."""
    return all(_has_lowering(n) and not n.op_type.effects.checks for n in with_inner_nodes(node))


def _has_lowering(node: Operation) -> bool:
    if node.op_type in (raw.Const, raw.Placeholder, raw.NoOp, raw.Assert):
        return True
    if COLLECTIVE in node.op_type.traits and compiled_axis() is None:
        return False  # by itself, it meets the others on the host
    has_strings = any(t.dtype == dtypes.string for t in (*node.inputs, *node.outputs))
    return not has_strings and (node.op_type.xla is not None or _folds(node))


def _folds(node: Operation) -> bool:
    from tidefall.graph.static_values import static_value

    return bool(node.outputs) and all(static_value(t) is not None for t in node.outputs)


def sized_by_values(graph: FuncGraph) -> bool:
    """Whether nothing keeps a graph from being compiled but ops that TensorFlow does compile.

    Such a graph runs on the host: refusing it would break programs that are right.
    """
    blocked = blocking_ops(graph, nested=True)
    return bool(blocked) and all(SIZED_BY_VALUES in node.op_type.traits for node in blocked)


def check_compilable(graph: FuncGraph, name: str) -> None:
    """Raise one error that lists every op keeping a function from being compiled."""
    blocked = blocking_ops(graph)
    if blocked:
        raise not_compilable(graph, name)


def not_compilable(graph: FuncGraph, name: str) -> InvalidArgumentError:
    """An error that lists the ops which cannot be compiled, those in loops and branches too."""
    lines = "\n".join(
        f"  {node.type} (node {node.name})" + (f" at {node.user_line}" if node.user_line else "")
        for node in blocking_ops(graph, nested=True)
    )
    return InvalidArgumentError(
        None,
        None,
        f"Detected unsupported operations when trying to compile graph {name} on XLA_CPU_JIT. "
        f"These ops have no XLA lowering:\n{lines}\nMove them out of the function, or drop "
        "jit_compile=True.",
    )


def sharing_inputs(graph: FuncGraph) -> list[int]:
    """Positions of the inputs of a graph that may be handles of one variable; none if there are no
    handles among its arguments."""
    if not any(t.dtype == dtypes.resource for t in graph.arguments):
        return []
    return [i for i, t in enumerate(graph.inputs) if t.dtype == dtypes.resource]


def shares_variables(sharing: Sequence[int], values: Sequence[Any]) -> bool:
    """Whether two of these inputs are given handles of one variable."""
    return len({id(values[i]) for i in sharing}) < len(sharing)
