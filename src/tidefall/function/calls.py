"""Calling one graph from another: PartitionedCall and StatefulPartitionedCall."""

from __future__ import annotations

from typing import Any

from tidefall.autodiff.backprop import backprop
from tidefall.core.inference import Inference
from tidefall.core.op import op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import state
from tidefall.function.replay import replay
from tidefall.graph.graph import FuncGraph
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
