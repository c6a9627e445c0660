"""Sums of integer products to the integers of an output: bias, scale, zero point, limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    multiply_int64,
    quantize_multipliers,
    round_half_away,
)
from tidefall.lite.interpreter.kernels.common import quantized_limits
from tidefall.lite.interpreter.registry import Node
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import TensorType

_BLOCK = 1 << 14
"""Elements that are brought to the output at a time, so that they stay in the cache."""


class RequantizeReal:
    """What becomes of the sums of a fully connected layer: scaled by a float64.

    Args:
        node: the operator.
        scales: `[channels]`, what sums are multiplied by.
        activation: its fused activation.
    """

    is_real = True

    def __init__(self, node: Node, scales: NDArray[Any], activation: Any):
        self.scales = scales
        self.limits = quantized_limits(node.output(), activation, node.operator)
        self._output = node.output()

    def for_native(self) -> list[NDArray[Any]]:
        """What native/integer_convolution.cc takes of it: halves of the scales, int32."""
        halves = np.ascontiguousarray(self.scales, "<f8").view(np.int32).reshape(-1, 2)
        return [half.copy() for half in halves.T]

    def __call__(self, total: NDArray[Any], bias: NDArray[Any] | None) -> NDArray[Any]:
        """The output of sums `[..., channels]`, exact whole numbers in any dtype."""
        total = total.astype(np.float64)
        if bias is not None:
            total += bias
        found = round_half_away(total * self.scales) + self._output.zero_point
        return np.clip(found, *self.limits).astype(self._output.dtype)


class Requantize:
    """What becomes of a convolution's sums.

    Args:
        node: the operator.
        weights: its weights, of one scale or one for each channel.
        channels: how many channels the output has.
        activation: its fused activation.
    """

    is_real = False

    def __init__(self, node: Node, weights: TensorInfo, channels: int, activation: Any):
        source, output = node.input(0), node.output()
        self.output = output
        self.wide = source.type == TensorType.INT16
        if source.type == TensorType.UINT8:
            # Here the product of the scales is a float32.
            real = [float(source.scale * weights.scale) / float(output.scale)]
        else:
            scales = weights.scales.astype(np.float64)
            real = float(source.scale) * scales / float(output.scale)
        multipliers, shifts = quantize_multipliers(real)
        self.multipliers = np.broadcast_to(multipliers, (channels,)).copy()
        self.shifts = np.broadcast_to(shifts, (channels,)).copy()
        self.limits = quantized_limits(output, activation, node.operator)
        self._prepared: tuple[Any, ...] | None = None
        self._bias: NDArray[Any] | None = None

    def for_native(self) -> list[NDArray[Any]]:
        """What native/integer_convolution.cc takes of it: multipliers and shifts, int32."""
        return [each.astype(np.int32) for each in (self.multipliers, self.shifts)]

    def __call__(self, total: NDArray[Any], bias: NDArray[Any] | None) -> NDArray[Any]:
        """The output of sums `[..., channels]`, exact whole numbers in any dtype."""
        if total.dtype == np.float32 and not self.wide and self.shifts.max(initial=0) <= 0:
            return self._by_blocks(total, bias)
        channels = np.arange(total.shape[-1])
        found = self._exact(total.astype(np.int64), channels, bias)
        return found.astype(self.output.dtype)

    def _exact(self, sums: Any, channels: Any, bias: NDArray[Any] | None) -> Any:
        """Sums of some channels, by the reference kernel's arithmetic."""
        multipliers, shifts = self.multipliers[channels], self.shifts[channels]
        if bias is not None:
            sums = sums + bias.astype(np.int64)[channels]
        if self.wide and (bias is None or bias.dtype == np.int64):
            found = multiply_int64(sums, multipliers, shifts)
        else:
            found = multiply_by_quantized_multiplier(sums, multipliers, shifts)
        return np.clip(found + self.output.zero_point, *self.limits)

    def _by_blocks(self, total: NDArray[Any], bias: NDArray[Any] | None) -> NDArray[Any]:
        """The same in float32, and exactly where that may round in another way.

        The reference kernel rounds twice: to 31 bits, and then to the output. The first moves a
        value by at most half of 2**shift outputs, so only values that close to the middle between
        two outputs can differ from the nearest one; they are few, and are done again.
        """
        channels = total.shape[-1]
        flat = total.reshape(-1)
        found = np.empty(flat.shape, self.output.dtype)
        if self._prepared is None or self._bias is not bias:
            self._prepared, self._bias = self._prepare(channels, bias), bias
        scales, shifts, bounds, low, high = self._prepared
        values, nearest = np.empty_like(scales), np.empty_like(scales)
        for start in range(0, flat.size, scales.size):
            part = flat[start : start + scales.size]
            count = part.size
            value, near = values[:count], nearest[:count]
            np.multiply(part, scales[:count], out=value)
            value += shifts[:count]
            np.rint(value, out=near)
            value -= near
            np.abs(value, out=value)
            unsure = np.flatnonzero(value > bounds[:count])
            np.maximum(near, low[:count], out=near)
            np.minimum(near, high[:count], out=near)
            target = found[start : start + count]
            np.copyto(target, near, casting="unsafe")
            if unsure.size:
                sums = part[unsure].astype(np.int64)
                target[unsure] = self._exact(sums, unsure % channels, bias)
        return found.reshape(total.shape)

    def _prepare(self, channels: int, bias: NDArray[Any] | None) -> tuple[Any, ...]:
        """Scales, shifts, doubt and limits for each element of a block.

        They are repeated for all rows of a block, since NumPy is three times as slow where it
        broadcasts short rows.
        """
        scales = self.multipliers * 2.0 ** (self.shifts - 31.0)
        shift = np.full(channels, float(self.output.zero_point))
        if bias is not None:
            shift += bias * scales
        # Errors of float32 grow with what is added. Those of values beyond the limits are nothing.
        doubt = 2.0 ** (self.shifts - 1.0) + 2.0**-20 * (np.abs(shift) + 2.0**10)
        rows = max(1, _BLOCK // channels)
        limits = (np.full(channels, limit) for limit in self.limits)
        parts = (scales, shift, 0.5 - doubt, *limits)
        return tuple(np.tile(each.astype(np.float32), rows) for each in parts)
