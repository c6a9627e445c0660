"""Ranges that quantization-aware training has found: QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw


def _pair(b: Builder, node: Operation, x: Value, low: Any, high: Any, axis: int) -> Value:
    bits, narrow = int(node.attrs["num_bits"]), bool(node.attrs["narrow_range"])
    if bits != 8:
        raise CannotExport(f"its integers have {bits} bits; QuantizeLinear is written for 8")
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    first, last = (1.0 if narrow else 0.0), 255.0
    scale = (high - low) / (last - first)
    exact = first - low / scale
    zero = np.clip(np.round(exact), first, last)  # the range is moved until zero is exact
    options = {"axis": axis} if scale.ndim else {}
    point = b.const((zero - 128).astype(np.int8) if narrow else zero.astype(np.uint8))
    step = b.const(scale.astype(np.float32))
    if narrow:
        # int8 of -127 to 127: -128 is never used, which QuantizeLinear cannot say.
        least = (first - zero) * scale
        if least.ndim:
            shape = [1] * x.rank
            shape[axis] = -1
            x = b.binary("Max", x, b.const(least.reshape(shape).astype(np.float32)))
        else:
            x = b.binary("Max", x, b.const(least.astype(np.float32)))
    small = b.op("QuantizeLinear", [x, step, point], x.shape, point.dtype, **options)
    return b.op("DequantizeLinear", [small, step, point], x.shape, np.float32, **options)


@export(raw.FakeQuantWithMinMaxVars)
def _by_variables(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, low, high = inputs
    return _pair(b, node, x, known(low, "range"), known(high, "range"), 0)


@export(raw.FakeQuantWithMinMaxArgs)
def _by_attributes(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _pair(b, node, inputs[0], node.attrs["min"], node.attrs["max"], 0)


@export(raw.FakeQuantWithMinMaxVarsPerChannel)
def _by_channel(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, low, high = inputs
    return _pair(b, node, x, known(low, "range"), known(high, "range"), x.rank - 1)
