"""Long short-term memory in integers: activations of 8 bits and a cell of 16."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_functions import INT16, inverse_sqrt_multiplier
from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)
from tidefall.lite.interpreter.registry import Kernel, Node, Stateful
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import TensorType

_GATE_SCALE = np.float32(2.0**-12)
"""Of what enters an activation where no layer normalization says otherwise."""


class _Gate:
    """One gate: two matrices, and what else may go into it.

    Args:
        node: the operator.
        gate: 0 to 3: input, forget, cell, output.
    """

    def __init__(self, node: Node, gate: int):
        self.gate = gate
        source, state = node.input(0), node.input(18)
        weights, recurrent = node.optional(1 + gate), node.optional(5 + gate)
        self.present = weights is not None
        if weights is None or recurrent is None:
            return
        norm = node.optional(20 + gate)
        scale = node.temporaries[gate].scale if norm is not None else _GATE_SCALE
        self.input_zero, self.state_zero = source.zero_point, state.zero_point
        self.input_scale = quantize_multiplier(float(weights.scale * source.scale / scale))
        self.state_scale = quantize_multiplier(float(recurrent.scale * state.scale / scale))
        peephole = node.optional((9, 10, 99, 11)[gate])
        self.peephole = None
        if peephole is not None:
            self.peephole = (9, 10, 99, 11)[gate]
            factor = node.input(19).scale * peephole.scale / scale
            self.peephole_scale = quantize_multiplier(float(factor))
        self.norm = norm is not None
        if norm is not None:
            self.norm_scale = quantize_multiplier(float(norm.scale))
            self.guard = max(1, int(np.float32(10000) * norm.scale))

    def __call__(self, inputs: Any, x: Any, state: Any, cell: Any) -> Any:
        bias = inputs[12 + self.gate]
        total = _product(x, inputs[1 + self.gate], self.input_zero)
        if not self.norm and bias is not None:
            total = total + bias
        found = _int16(multiply_by_quantized_multiplier(total, *self.input_scale))
        total = _product(state, inputs[5 + self.gate], self.state_zero)
        found = _int16(found + multiply_by_quantized_multiplier(total, *self.state_scale))
        if self.peephole is not None:
            product = cell.astype(np.int64) * inputs[self.peephole]
            scaled = multiply_by_quantized_multiplier(product, *self.peephole_scale)
            found = _int16(found + scaled)
        if self.norm:
            found = self._normalized(found, inputs[20 + self.gate], bias)
        return INT16.tanh(found, 3) if self.gate == 2 else INT16.logistic(found, 3)

    def _normalized(self, x: Any, coefficients: Any, bias: Any) -> Any:
        """Layer normalization of each row, in integers."""
        found = np.empty_like(x)
        count = x.shape[-1]
        for row, values in enumerate(x):
            mean = int(values.sum()) * 1024
            mean = -(-mean // count) if mean < 0 else mean // count
            variance = int((values * values).sum()) * ((1 << 20) // count) - mean * mean
            variance = -(-variance >> 20) if variance < 0 else variance >> 20
            inverse, shift = inverse_sqrt_multiplier(variance if variance >= 1 else self.guard)
            scaled = multiply_by_quantized_multiplier(1024 * values - mean, inverse, shift)
            scaled = scaled * coefficients + bias
            scaled = np.where(scaled > 0, (scaled + 512) // 1024, -((512 - scaled) // 1024))
            multiplier, power = self.norm_scale
            found[row] = _int16(multiply_by_quantized_multiplier(scaled, multiplier, power + 12))
        return found


def _product(x: Any, weights: Any, zero_point: int) -> Any:
    return exact_matmul(x.astype(np.int32) - zero_point, weights.astype(np.int32).T, 255 * 128)


def _int16(x: Any) -> Any:
    return np.clip(x, -32768, 32767)


def integer_sequence(node: Node, options: Any, one_step: bool) -> Kernel:
    """The kernel of an LSTM whose activations are int8.

    Args:
        node: the operator.
        options: its options.
        one_step: whether the input is one step, `[batch, depth]`, and no sequence.
    """
    source, cell_info = node.input(0), node.input(19)
    if source.type != TensorType.INT8 or len(node.temporaries) != 5:
        raise node.unsupported(f" with {len(node.temporaries)} intermediate tensors")
    gates = [_Gate(node, gate) for gate in range(4)]
    cell_power = round(float(np.log2(float(cell_info.scale))))
    hidden, output_state = node.temporaries[4], node.input(18)
    hidden_scale = quantize_multiplier(float(2.0**-15 / float(hidden.scale) * 2.0**-15))
    projection = node.optional(16)
    projection_scale = (0, 0)
    if projection is not None:
        projection_scale = quantize_multiplier(
            float(projection.scale * hidden.scale / output_state.scale)
        )
    cell_clip = projection_clip = 0
    if options.cell_clip > 0:
        cell_clip = int(min(options.cell_clip / float(cell_info.scale), 32767))
    if options.proj_clip > 0:
        projection_clip = int(min(options.proj_clip / float(node.output().scale), 127))

    def step(inputs: Any, x: Any, state: Any, cell: Any) -> tuple[Any, Any]:
        forget = gates[1](inputs, x, state, cell)
        update = gates[2](inputs, x, state, cell)
        entry = gates[0](inputs, x, state, cell) if gates[0].present else 32767 - forget
        kept = rounding_divide_by_pot(forget * cell.astype(np.int64), 15)
        new = rounding_divide_by_pot(entry * update, 30 + cell_power)
        after = _int16(kept + new)
        if cell_clip:
            after = np.clip(after, -cell_clip, cell_clip)
        gate = gates[3](inputs, x, state, after)
        product = gate * INT16.tanh(after, 15 + cell_power)
        value = multiply_by_quantized_multiplier(product, *hidden_scale)
        if projection is None:
            found = np.clip(value + hidden.zero_point, -128, 127)
        else:
            value = np.clip(value - hidden.zero_point, -128, 127)
            total = _product(value, inputs[16], -hidden.zero_point)
            if inputs[17] is not None:
                total = total + inputs[17]
            found = multiply_by_quantized_multiplier(total, *projection_scale)
            found = np.clip(found + output_state.zero_point, -128, 127)
            if projection_clip:
                found = np.clip(found, -projection_clip, projection_clip)
        return found.astype(np.int8), after.astype(np.int16)

    def run(*inputs: Any) -> Any:
        state, cell = inputs[18], inputs[19]
        if one_step:
            state, cell = step(inputs, inputs[0], state, cell)
            return Stateful((state,), {18: state, 19: cell})
        turned = not options.time_major
        steps = np.swapaxes(inputs[0], 0, 1) if turned else inputs[0]
        outputs = []
        for x in steps:
            state, cell = step(inputs, x, state, cell)
            outputs.append(state)
        found = np.stack(outputs)
        if turned:
            found = np.ascontiguousarray(np.swapaxes(found, 0, 1))
        return Stateful((found,), {18: state, 19: cell})

    return run
