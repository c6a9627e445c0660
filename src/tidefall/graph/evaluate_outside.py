"""Taking values out of a graph that is being built: variables' initial values."""

from __future__ import annotations

import copy
from typing import Any

from tidefall.base.errors import InaccessibleTensorError
from tidefall.base.run_state import RunState, running_with
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor


def evaluate_outside(tensor: Any) -> EagerTensor:
    """The value of a symbolic tensor, by running what it depends on, now and once.

    Used for the initial value of a variable that is created while a function is traced: the value
    has to be there before the function runs.

    Args:
        tensor: a symbolic tensor; an eager one is returned as it is.

    Returns:
        An eager tensor of its dtype and shape.

    Raises:
        InaccessibleTensorError: if it depends on an argument of the function.
    """
    values: dict[int, EagerTensor] = {}
    with graph_scope(None), tapes_paused(), running_with(RunState()):
        return _value(tensor, values)


def _value(tensor: Any, values: dict[int, Any]) -> Any:
    if isinstance(tensor, EagerTensor):
        return tensor
    waiting: list[Any] = [tensor]
    while waiting:
        current = waiting[-1]
        if id(current) in values:
            waiting.pop()
            continue
        outer = _outer_value(current)
        if outer is not None:
            if isinstance(outer, EagerTensor):
                values[id(current)] = outer
            elif id(outer) in values:
                values[id(current)] = values[id(outer)]
            else:
                waiting.append(outer)
            continue
        needed = [t for t in current.op.inputs if id(t) not in values]
        if needed:
            waiting.extend(needed)
            continue
        _run(current.op, values, tensor)
    return values[id(tensor)]


def _outer_value(tensor: SymbolicTensor) -> Any:
    """What a placeholder for a captured tensor stands for."""
    graph = tensor.op.graph
    if tensor.op.op_type is not raw.Placeholder or not isinstance(graph, FuncGraph):
        return None
    argument = graph.argument_values.get(id(tensor))
    if argument is not None:
        return argument
    return next((outer for outer, inner in graph.captures if inner is tensor), None)


def _run(node: Operation, values: dict[int, Any], wanted: SymbolicTensor) -> None:
    if node.op_type is raw.Placeholder:
        where = f" It was made at {wanted.op.user_line}." if wanted.op.user_line else ""
        raise InaccessibleTensorError(
            f"The initial value {wanted!r} of a variable depends on '{node.name}', an argument of "
            "the function being traced, so it is not known when the variable is made. Make the "
            f"initial value from constants, or pass a function: tf.Variable(lambda: ...).{where}"
        )
    outputs = _for_once(node).run([values[id(t)] for t in node.inputs], node.attrs)
    values.update((id(tensor), value) for tensor, value in zip(node.outputs, outputs, strict=True))


def _for_once(node: Operation) -> Any:
    """The node's op; one that draws random numbers starts at its seeds, apart from all others."""
    op = node.op_type
    for_node = getattr(op.host, "for_node", None)
    if op.random_blocks is None or for_node is None:
        return op
    op = copy.copy(op)
    op.host = for_node(node)
    return op
