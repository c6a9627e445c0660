"""Ranges that quantization-aware training has found."""

from __future__ import annotations

from typing import Any

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


def _fake_quant(b: Builder, node: Operation, x: Value, low: float, high: float) -> Value:
    bits, narrow = int(node.attrs["num_bits"]), bool(node.attrs["narrow_range"])
    return b.like("FAKE_QUANT", [x], node, min=low, max=high, num_bits=bits, narrow_range=narrow)


@lower(raw.FakeQuantWithMinMaxVars)
def _by_variables(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, low, high = inputs
    if low.data is None or high.data is None:
        raise CannotLower("its range is not known when converting")
    return _fake_quant(b, node, x, float(low.data), float(high.data))


@lower(raw.FakeQuantWithMinMaxArgs)
def _by_attributes(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _fake_quant(b, node, inputs[0], float(node.attrs["min"]), float(node.attrs["max"]))


@lower(raw.FakeQuantWithMinMaxVarsPerChannel)
def _by_channel(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    raise CannotLower("LiteRT has scales for each channel of weights only, not of activations")
