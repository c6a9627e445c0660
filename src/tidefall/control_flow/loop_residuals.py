"""What the forward loop keeps for its gradient: it is given more loop variables, in place."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.control_flow.subgraphs import announce
from tidefall.graph.analysis import has_side_effect, reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.ops.lists.element_types import shape_tensor
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor

_numbers = itertools.count()


def residual_values(op: Any, tensors: list[Any]) -> list[Any]:
    """The number of iterations, and the list of each tensor's values, from the forward loop."""
    if isinstance(op, Operation):
        table = op.residuals = {} if op.residuals is None else op.residuals
        missing = [t for t in (None, *tensors) if _key(t) not in table]
        if missing:
            start = len(op.outputs)
            _extend(op, missing)
            for i, tensor in enumerate(missing):
                table[_key(tensor)] = start + i
        found = [op.outputs[table[_key(t)]] for t in (None, *tensors)]
        announce(op, found)
        return found
    return _run_again(op, [None, *tensors])


def _key(tensor: Any) -> Any:
    return None if tensor is None else id(tensor)


def _extend(node: Operation, tensors: list[Any]) -> None:
    """Give a While node more loop variables, in place: others may hold on to the node."""
    graph = node.graph
    before = len(graph.nodes)
    with graph_scope(graph), tapes_paused():
        starts = [_start_of(t) for t in tensors]
    at = next(i for i, n in enumerate(graph.nodes) if n is node)
    graph.move_last(before, at)
    body, cond = _extended(node.attrs["body"], node.attrs["cond"], tensors)
    node.attrs["body"], node.attrs["cond"] = body, cond
    node.attrs["T"] = [*node.attrs["T"], *(t.dtype for t in starts)]
    if node.attrs.get("output_shapes"):
        node.attrs["output_shapes"] = [
            *node.attrs["output_shapes"],
            *[TensorShape([])] * len(starts),
        ]
    node.inputs.extend(starts)
    for start in starts:
        node.outputs.append(SymbolicTensor(node, len(node.outputs), start.dtype, TensorShape([])))
    graph.changed()


def _start_of(tensor: Any) -> Any:
    if tensor is None:
        return convert_to_tensor(np.array(0, np.int32))
    shape = TensorShape([]) if tensor.dtype == dtypes.variant else tensor.shape
    return raw.EmptyTensorList(
        shape_tensor(shape), np.array(-1, np.int32), element_dtype=tensor.dtype
    )


def _extended(body: Any, cond: Any, tensors: list[Any]) -> tuple[Any, Any]:
    """The body and the condition of a loop with more loop variables."""
    number = next(_numbers)
    base = body.graph.base
    arguments, results = [], []
    with graph_scope(base), tapes_paused():
        for tensor in tensors:
            if tensor is None:
                argument = base.placeholder(dtypes.int32, [], "iteration")
                results.append(raw.AddV2(argument, np.array(1, np.int32)))
            else:
                argument = base.placeholder(dtypes.variant, [], "kept")
                results.append(raw.TensorListPushBack(argument, tensor))
            arguments.append(argument)
    longer = _view(body.graph, arguments, results, number)
    test = cond.graph.base
    with graph_scope(test), tapes_paused():
        ignored = [test.placeholder(a.dtype, [], "kept") for a in arguments]
    return (
        GraphFunction(longer.name, longer),
        (lambda g: GraphFunction(g.name, g))(_view(cond.graph, ignored, [], number)),
    )


def _view(graph: FuncGraph, arguments: list[Any], outputs: list[Any], number: int) -> FuncGraph:
    """The same graph with more arguments and outputs; nodes are shared."""
    view = graph.view([*graph.outputs, *outputs], f"{graph.base.name}_kept_{number}")
    view.lift_captures()
    view.arguments = [*view.arguments, *arguments]
    return view


def _run_again(record: Any, tensors: list[Any]) -> list[Any]:
    """Run an eager loop once more, keeping values: only right if it has no effects."""
    body, cond = record.attrs["body"], record.attrs["cond"]
    if not repeatable(body.graph) or not repeatable(cond.graph):
        raise UnimplementedError(
            None, None, "The gradient of a While op that was run eagerly and has side effects is "
            "not implemented in Tidefall; call it inside a tf.function."
        )  # fmt: skip
    longer, test = _extended(body, cond, tensors)
    starts = [_start_of(t) for t in tensors]
    outputs = record.op_type(
        [*record.inputs, *starts],
        body=longer,
        cond=test,
        output_shapes=[t.shape for t in longer.graph.outputs],
    )
    return list(outputs[len(record.inputs) :])


def repeatable(graph: FuncGraph) -> bool:
    """True if running a graph again gives the same values and changes nothing."""
    for node in reachable(graph.outputs, graph.nodes):
        if has_side_effect(node):
            return False
        inner = [v for v in node.attrs.values() if isinstance(v, GraphFunction)]
        inner += [
            f
            for v in node.attrs.values()
            if isinstance(v, list)
            for f in v
            if isinstance(f, GraphFunction)
        ]
        if not all(repeatable(f.graph) for f in inner):
            return False
    return True
