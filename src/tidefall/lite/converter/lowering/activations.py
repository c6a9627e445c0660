"""Activation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.elementwise import same
from tidefall.lite.converter.lowering.registry import FACET, Rule, lower
from tidefall.op import raw
from tidefall.op.registry import register_facet

_TABLE: dict[Any, Rule] = {
    raw.Relu6: same("RELU6"),
    raw.Elu: same("ELU"),
}
register_facet(FACET, _TABLE)


@lower(raw.Relu)
def _relu(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if inputs[0].dtype.kind == "i":
        return b.binary("MAXIMUM", inputs[0], 0)
    return b.like("RELU", inputs, node)


@lower(raw.LeakyRelu)
def _leaky(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("LEAKY_RELU", inputs, node, alpha=float(node.attrs["alpha"]))


def _by_rows(b: Builder, node: Operation, code: str, x: Value, **options: Any) -> Value:
    return b.like(code, [x], node, **options)


@lower(raw.Softmax)
def _softmax(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _by_rows(b, node, "SOFTMAX", inputs[0], beta=1.0)


@lower(raw.LogSoftmax)
def _log_softmax(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _by_rows(b, node, "LOG_SOFTMAX", inputs[0])


@lower(raw.Selu)
def _selu(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """scale * relu(x) + scale * alpha * elu(min(x, 0))."""
    x = inputs[0]
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    high = b.binary("MUL", b.unary("RELU", x), scale)
    low = b.binary("MUL", b.unary("ELU", b.binary("MINIMUM", x, 0.0)), scale * alpha)
    return b.binary("ADD", high, low)


@lower(raw.Softplus)
def _softplus(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """max(x, 0) + log(1 + exp(-|x|)), which overflows nowhere."""
    x = inputs[0]
    tail = b.unary("EXP", b.binary("MUL", b.unary("ABS", x), -1.0))
    return b.binary("ADD", b.unary("RELU", x), b.unary("LOG", b.binary("ADD", tail, 1.0)))


@lower(raw.Softsign)
def _softsign(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    return b.binary("DIV", x, b.binary("ADD", b.unary("ABS", x), 1.0))


@lower(raw.L2Loss)
def _l2_loss(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    axes = b.const(range(inputs[0].rank), np.int32)
    total = b.op("SUM", [b.binary("MUL", inputs[0], inputs[0]), axes], [], keep_dims=False)
    return b.binary("MUL", total, 0.5)


@lower(raw.LRN)
def _lrn(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    a = node.attrs
    return b.like(
        "LOCAL_RESPONSE_NORMALIZATION", inputs, node,
        radius=a["depth_radius"], bias=a["bias"], alpha=a["alpha"], beta=a["beta"],
    )  # fmt: skip
