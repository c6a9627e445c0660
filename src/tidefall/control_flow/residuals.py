"""Gradients of nodes that run other graphs: what the forward graph computed is kept.

The node is given more outputs, in place, for the values inside its graph that the gradient needs;
so nothing runs twice, and random numbers and variables are those of the forward run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.autodiff.backprop import backprop, differentiable
from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.composite.indexed_slices import gradient_of_parts, gradient_parts
from tidefall.control_flow.subgraphs import announce, numbers
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import jnp
from tidefall.ops.lists.tensor_list_value import TensorList, TracedList
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.tensor import SymbolicTensor

Key = tuple[str, int]
"""Where a value comes from: an input or output of the node by number, or an outer tensor by id."""


class BackwardGraph:
    """The gradient of a graph, as a graph of its own.

    Args:
        body: the forward graph.
        flows: numbers of its outputs that have a gradient.
        wanted: numbers of its inputs whose gradient is asked for.

    Attributes:
        graph: its first inputs are the gradients of `flows`; it has no outputs yet.
        results: the gradients of `wanted`, in that graph; None where there is none.
    """

    def __init__(self, body: FuncGraph, flows: Sequence[int], wanted: Sequence[int]):
        self.body = body
        base = body.base
        self.graph = FuncGraph(f"{base.name}_grad_{next(numbers)}", outer_graph=base)
        with graph_scope(self.graph), tapes_paused():
            self.given = [
                self.graph.add_argument(body.outputs[i].dtype, body.outputs[i].shape, f"dy_{i}")
                for i in flows
            ]
            self.results = backprop(
                body.nodes,
                [body.outputs[i] for i in flows],
                self.given,
                [body.inputs[i] for i in wanted],
            )

    def finish(self, outputs: Sequence[Any]) -> None:
        """Set the outputs of the graph, and find what it needs of the forward graph."""
        graph = self.graph
        graph.outputs = [graph.capture(t) for t in outputs]
        used = {id(t) for node in graph.nodes for t in node.inputs}
        used.update(id(t) for t in graph.outputs)
        self.captures = [(outer, inner) for outer, inner in graph.captures if id(inner) in used]
        graph.reset_captures([])

    def residuals(self) -> list[Any]:
        """The tensors inside the forward graph that the gradient needs."""
        inputs = {id(t) for t in self.body.inputs}
        base = self.body.base
        return [
            outer
            for outer, _ in self.captures
            if getattr(outer, "graph", None) is base and id(outer) not in inputs
        ]

    def sources(self, slots: dict[int, int]) -> list[Key]:
        """Where each capture comes from, given the output that holds each kept tensor."""
        position = {id(t): i for i, t in enumerate(self.body.inputs)}
        found: list[Key] = []
        for outer, _ in self.captures:
            if id(outer) in position:
                found.append(("input", position[id(outer)]))
            elif id(outer) in slots:
                found.append(("output", slots[id(outer)]))
            else:
                found.append(("outside", id(outer)))
        return found


def with_outputs(graph: FuncGraph, outputs: list[Any], number: int) -> FuncGraph:
    """The same graph with more outputs; nodes and inputs are shared."""
    view = graph.view([*graph.outputs, *outputs], f"{graph.base.name}_kept_{number}")
    view.lift_captures()
    return view


def lengthen(node: Operation, functions: dict[str, Any], added: Sequence[Any]) -> None:
    """Give a node more outputs.

    Args:
        node: a call or branching node; others may hold on to it, so it changes in place.
        functions: its attributes that hold functions, anew.
        added: tensors like the outputs that are added.
    """
    shapes = [t.shape for t in added]
    node.attrs.update(functions)
    node.attrs["Tout"] = [*node.attrs["Tout"], *(t.dtype for t in added)]
    if node.attrs.get("output_shapes"):
        node.attrs["output_shapes"] = [*node.attrs["output_shapes"], *shapes]
    for tensor, shape in zip(added, shapes, strict=True):
        node.outputs.append(SymbolicTensor(node, len(node.outputs), tensor.dtype, shape))
        if tensor.dtype == dtypes.variant:
            node.outputs[-1].value_hint = tensor
    node.graph.changed()


def call_backward(op: Any, gradients: Sequence[Any]) -> list[Any]:
    """Gradients of the inputs of a PartitionedCall node."""
    function = op.attrs["f"]
    body: FuncGraph = function.graph
    count = len(body.inputs)
    flows = [
        i
        for i, g in enumerate(gradients)
        if g is not None and i < len(body.outputs) and differentiable(body.outputs[i])
    ]
    needed = getattr(op, "needed", None) or [True] * count
    wanted = [i for i, t in enumerate(op.inputs) if needed[i] and differentiable(t)]
    backward = BackwardGraph(body, flows, wanted)
    with graph_scope(backward.graph), tapes_paused():
        parts = [gradient_parts(r) for r in backward.results if r is not None]
        backward.finish([t for p in parts for t in p])
    slots = _call_slots(op, backward.residuals())
    values = {
        "input": lambda i: op.inputs[i],
        "output": lambda i: op.outputs[i],
        "outside": {id(o): o for o, _ in backward.captures}.__getitem__,
    }
    given = [values[kind](i) for kind, i in backward.sources(slots)]
    graph = backward.graph
    graph.arguments = [*graph.arguments, *(inner for _, inner in backward.captures)]
    attrs = {"_XlaMustCompile": True} if function.jit_compile else {}
    outputs = raw.StatefulPartitionedCall(
        [*(gradients[i] for i in flows), *given],
        f=GraphFunction(graph.name, graph, function.jit_compile),
        Tout=[t.dtype for t in graph.outputs],
        **attrs,
    )
    flat = iter(outputs)
    found: list[Any] = [None] * len(op.inputs)
    for i, result in zip(wanted, backward.results, strict=True):
        found[i] = None if result is None else gradient_of_parts(result, flat)
    return found


def _call_slots(node: Operation, residuals: Sequence[Any]) -> dict[int, int]:
    """The output of a call node that holds each kept tensor; outputs are added where need be."""
    function = node.attrs["f"]
    slots = {id(t): i for i, t in reversed(list(enumerate(function.graph.outputs)))}
    missing = [t for t in residuals if id(t) not in slots]
    if missing:
        start = len(function.graph.outputs)
        view = with_outputs(function.graph, missing, next(numbers))
        longer = GraphFunction(view.name, view, function.jit_compile)
        lengthen(node, {"f": longer}, missing)
        slots.update((id(t), start + i) for i, t in enumerate(missing))
    announce(node, [node.outputs[slots[id(t)]] for t in residuals])
    return slots


# ---- values that are never read ----


def _fake_host(*, dtype: Any, shape: Any) -> Any:
    if dtype == dtypes.variant:
        return TensorList([], dtypes.float32, None)
    kind = dtype.as_numpy_dtype
    return np.zeros([d or 0 for d in TensorShape(shape).as_list()] if shape.rank else [], kind)


def _fake_xla(*, dtype: Any, shape: Any) -> Any:
    if dtype == dtypes.variant:
        return TracedList(None, 0, 0, dtypes.float32, None)
    return jnp.asarray(_fake_host(dtype=dtype, shape=shape))


fake_param_op = op(
    "FakeParam",
    shape=lambda c: c.attr("shape"),
    host=_fake_host,
    xla=_fake_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
"""What a branch returns in place of a value that only another branch has."""
