"""Calling one graph from another: PartitionedCall and StatefulPartitionedCall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import backprop
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.control_flow.loop_residuals import repeatable
from tidefall.control_flow.residuals import call_backward
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.replay import replay
from tidefall.op.effects import calls
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import CALL
from tidefall.runtime.xla.lowering import lower_call


def _call_shape(c: Inference) -> list[TensorShape]:
    return [t.shape for t in c.attr("f").graph.outputs]


def _call_host(args: list[Any], *, f: Any) -> list[Any]:
    return f.run(args)


_call_host.takes_device_arrays = True  # type: ignore[attr-defined]


def _call_xla(args: list[Any], *, f: Any) -> list[Any]:
    return lower_call(f, args)


def _call_grad(op: Any, *gradients: Any) -> list[Any]:
    """Gradient of a call: the graph's gradient, as a call of its own."""
    if isinstance(op, Operation):
        return call_backward(op, gradients)
    return _replayed(op, gradients)


_call_grad.takes_missing_gradients = True  # type: ignore[attr-defined]


def _replayed(op: Any, gradients: Sequence[Any]) -> list[Any]:
    """The gradient of a call that was run eagerly: what it did is done again, on a tape."""
    graph: FuncGraph = op.attrs["f"].graph
    if not repeatable(graph):
        raise UnimplementedError(
            None,
            None,
            f"The gradient of a {op.type} op that was run eagerly and has side effects is not "
            "implemented in Tidefall; call it inside a tf.function.",
        )
    inputs = list(op.inputs)
    records, mapping = replay(graph, inputs)
    targets = [mapping[id(t)] for t in graph.outputs]
    pairs = [(t, g) for t, g in zip(targets, gradients, strict=True) if g is not None]
    return backprop(records, [t for t, _ in pairs], [g for _, g in pairs], inputs)


for _name in ("PartitionedCall", "StatefulPartitionedCall"):
    op(
        _name,
        shape=_call_shape,
        host=_call_host,
        xla=_call_xla,
        effects=calls("args"),
        traits=(CALL,),
        gradient=_call_grad,
    )
