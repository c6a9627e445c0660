"""Smaller weights: half precision, or int8 with activations that stay float."""

from __future__ import annotations

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.ir import (
    LiteProgram,
    Operator,
    Quantization,
    Subgraph,
    Value,
    constant,
)

SMALLEST = 1024
"""Elements below which weights stay as they are."""
_HYBRID = {"FULLY_CONNECTED": (1, 0), "CONV_2D": (1, 0), "DEPTHWISE_CONV_2D": (1, 3)}
"""Operators whose kernels take float activations and int8 weights: the input, and the channels."""
_DEQUANTIZED = {"GATHER": 0, "TRANSPOSE_CONV": 1}
"""Operators that take int8 weights with a DEQUANTIZE after or before them."""


def check_finite(program: LiteProgram) -> None:
    """Refuse weights that are NaN or infinite: they have no scale.

    Raises:
        tf.errors.InvalidArgumentError: naming the weights.
    """
    for operator in program.operators():
        for value in operator.inputs:
            if value is None or value.data is None or value.dtype.kind != "f":
                continue
            if (
                operator.code
                in ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "GATHER")
                or value.data.size >= SMALLEST
            ):
                bad = int((~np.isfinite(value.data)).sum())
                if bad:
                    raise errors.InvalidArgumentError(
                        None, None,
                        f"{bad} of {value.data.size} weights {value.name} of the layer "
                        f"{operator.layer} are NaN or infinite, so that they cannot be quantized.",
                    )  # fmt: skip


def to_float16(program: LiteProgram) -> None:
    """Store each float constant in half precision, with a DEQUANTIZE that widens it."""
    for subgraph in program.all_subgraphs():
        widened: dict[int, Value] = {}
        first: list[Operator] = []
        for operator in subgraph.operators:
            for i, value in enumerate(operator.inputs):
                if value is None or value.data is None or value.dtype != np.float32:
                    continue
                if id(value.data) not in widened:
                    limits = np.finfo(np.float16)
                    half = np.clip(value.data, limits.min, limits.max).astype(np.float16)
                    stored = constant(half, value.name)
                    wide = Value(f"{value.name}/dequantize", np.float32, value.shape)
                    wide.layer = value.layer
                    first.append(Operator("DEQUANTIZE", [stored], [wide], {}, operator.layer))
                    widened[id(value.data)] = wide
                operator.inputs[i] = widened[id(value.data)]
        subgraph.operators[:0] = first


def symmetric(data: np.ndarray, axis: int | None) -> tuple[np.ndarray, Quantization]:
    """int8 weights in [-127, 127] with zero at zero.

    Args:
        data: float weights.
        axis: the dimension with a scale for each slice; None for one scale.
    """
    if axis is None:
        largest = np.array([np.abs(data).max(initial=0.0)])
    else:
        others = tuple(i for i in range(data.ndim) if i != axis)
        largest = np.abs(data).max(axis=others, initial=0.0)
    scale = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    zero = np.zeros(scale.shape, np.int64)
    quantization = Quantization(scale, zero, 0 if axis is None else axis)
    integers = np.clip(quantization.quantize(data, np.int8), -127, 127)
    return integers.astype(np.int8), quantization


def to_dynamic_range(program: LiteProgram, per_channel: bool = True) -> None:
    """Store large weights as int8; activations are quantized when the model runs.

    Args:
        program: a float model; changed in place.
        per_channel: whether each output channel has a scale of its own.
    """
    for subgraph in program.all_subgraphs():
        _dynamic(subgraph, per_channel)


def _dynamic(subgraph: Subgraph, per_channel: bool) -> None:
    operators: list[Operator] = []
    for operator in subgraph.operators:
        operators.append(operator)
        if operator.code in _HYBRID:
            index, axis = _HYBRID[operator.code]
            weights = operator.input(index)
            if weights.data is None or weights.data.size < SMALLEST or weights.dtype != np.float32:
                continue
            if operator.input(0).dtype != np.float32:
                continue
            operator.inputs[index] = stored(weights, axis if per_channel else None)
            if operator.code == "FULLY_CONNECTED":
                operator.options = {**operator.options, "asymmetric_quantize_inputs": True}
        elif operator.code in _DEQUANTIZED:
            index = _DEQUANTIZED[operator.code]
            weights = operator.input(index)
            if weights.data is None or weights.data.size < SMALLEST or weights.dtype != np.float32:
                continue
            small = stored(weights, None)
            if operator.code == "GATHER":
                out = operator.output
                picked = Value(f"{out.name}/int8", np.int8, out.shape, None, small.quantization)
                picked.layer = out.layer
                operator.inputs[index], operator.outputs = small, [picked]
                picked.producer = operator
                operators.append(
                    Operator("DEQUANTIZE", [picked], [out], {}, operator.layer, operator.line)
                )
            else:
                wide = Value(f"{weights.name}/dequantize", np.float32, weights.shape)
                operators.insert(
                    -1, Operator("DEQUANTIZE", [small], [wide], {}, operator.layer, operator.line)
                )
                operator.inputs[index] = wide
    subgraph.operators = operators


def stored(weights: Value, axis: int | None) -> Value:
    """Weights as int8."""
    assert weights.data is not None
    integers, quantization = symmetric(weights.data, axis)
    made = Value(weights.name, np.int8, weights.shape, integers, quantization)
    made.layer = weights.layer
    return made
