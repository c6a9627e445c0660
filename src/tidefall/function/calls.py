"""Calling one graph from another: PartitionedCall and StatefulPartitionedCall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import backprop
from tidefall.core.inference import Inference
from tidefall.core.op import Record, op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import state
from tidefall.core.tensor import SymbolicTensor
from tidefall.graph.graph import FuncGraph, reachable
from tidefall.runtime.xla import lower_call


def _call_shape(c: Inference) -> list[TensorShape]:
    return [t.shape for t in c.attr("f").graph.outputs]


def _call_host(args: list[Any], *, f: Any) -> list[Any]:
    return f.run(args)


_call_host.takes_device_arrays = True  # type: ignore[attr-defined]


def _call_xla(args: list[Any], *, f: Any) -> list[Any]:
    return lower_call(f, args)


def _call_grad(op: Any, *gradients: Any) -> list[Any]:
    """Gradient of a call that kept no intermediates: the body is replayed and differentiated."""
    graph: FuncGraph = op.attrs["f"].graph
    inputs = list(op.inputs)
    if state.graph is not None:
        inputs = [state.graph.capture(t) for t in inputs]
    records, mapping = replay(graph, inputs)
    targets = [mapping[id(t)] for t in graph.outputs]
    pairs = [(t, g) for t, g in zip(targets, gradients, strict=True) if g is not None]
    return backprop(records, [t for t, _ in pairs], [g for _, g in pairs], inputs)


for _name in ("PartitionedCall", "StatefulPartitionedCall"):
    op(_name, shape=_call_shape, host=_call_host, xla=_call_xla, gradient=_call_grad)


def replay(graph: FuncGraph, inputs: Sequence[Any]) -> tuple[list[Any], dict[int, Any]]:
    """Run a graph's nodes again on other inputs: eagerly, or into the graph being built.

    Returns:
        The records of what ran, and the new tensor for each old one by identity.
    """
    mapping: dict[int, Any] = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
    records: list[Any] = []
    for node in reachable(graph.outputs, graph.nodes):
        if node.type == "Placeholder":
            continue
        tensors = [mapping[id(t)] for t in node.inputs]
        if state.graph is not None:
            new = state.graph.add_node(
                node.op_type, tensors, dict(node.attrs), node.name.split("/")[-1]
            )
            outputs: Sequence[Any] = new.outputs
            for old, copy in zip(node.outputs, new.outputs, strict=True):
                if isinstance(copy, SymbolicTensor) and copy.shape.is_compatible_with(old.shape):
                    copy.set_shape(old.shape)
            record: Any = new
        else:
            outputs = node.op_type.run(tensors, node.attrs)
            record = Record(node.op_type, tensors, node.attrs, outputs)
        backward = getattr(node, "backward", None)
        if backward is not None:
            record = _WithBackward(record, backward)
        records.append(record)
        for old, copy in zip(node.outputs, outputs, strict=True):
            mapping[id(old)] = copy
    return records, mapping


class _WithBackward:
    """A replayed record that keeps the custom gradient of the original."""

    op_type = None
    takes_missing_gradients = False

    def __init__(self, record: Any, backward: Any):
        self.type = record.type
        self.inputs = record.inputs
        self.outputs = record.outputs
        self.backward = backward
