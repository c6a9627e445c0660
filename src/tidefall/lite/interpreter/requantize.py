"""Sums of integer products to the integers of an output: bias, scale, zero point, limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    multiply_int64,
    quantize_multipliers,
)
from tidefall.lite.interpreter.kernels.common import quantized_limits
from tidefall.lite.interpreter.registry import Node
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import TensorType

_BLOCK = 1 << 14
"""Elements that are brought to the output at a time, so that they stay in the cache."""


class Requantize:
    """What becomes of a convolution's sums.

    Args:
        node: the operator.
        weights: its weights, of one scale or one for each channel.
        channels: how many channels the output has.
        activation: its fused activation.
    """

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

    def __call__(self, total: NDArray[Any], bias: NDArray[Any] | None) -> NDArray[Any]:
        """The output of sums `[..., channels]`, exact whole numbers in any dtype."""
        if self.wide and (bias is None or bias.dtype == np.int64):
            sums = total.astype(np.int64)
            sums = sums if bias is None else sums + bias
            found = multiply_int64(sums, self.multipliers, self.shifts) + self.output.zero_point
        elif self.shifts.max(initial=0) > 0:
            sums = total.astype(np.int64)
            sums = sums if bias is None else sums + bias
            found = multiply_by_quantized_multiplier(sums, self.multipliers, self.shifts)
            found += self.output.zero_point
        else:
            return self._by_blocks(total, bias)
        return np.clip(found, *self.limits).astype(self.output.dtype)

    def _by_blocks(self, total: NDArray[Any], bias: NDArray[Any] | None) -> NDArray[Any]:
        """The same for scales below one, with as few passes over memory as there can be.

        This is `multiply_by_quantized_multiplier`, where the bias and its first rounding are one
        number to add, and the second rounding and the zero point are another.
        """
        channels = total.shape[-1]
        flat = total.reshape(-1, channels)
        found = np.empty(flat.shape, self.output.dtype)
        right = -self.shifts
        half = np.where(right > 0, np.int64(1) << np.maximum(right, 1) - 1, 0)
        second = half + (np.int64(self.output.zero_point) << right)
        first = np.full(channels, 1 << 30, np.int64)
        if bias is not None:
            first += bias.astype(np.int64) * self.multipliers
        # Halves of negative numbers go down, but for channels that are not shifted.
        away = -(right > 0).astype(np.int64) if not (right > 0).all() else None
        rows = max(1, _BLOCK // channels)
        values = np.empty((rows, channels), np.int64)
        signs = np.empty_like(values)
        for start in range(0, flat.shape[0], rows):
            part = flat[start : start + rows]
            sums, sign = values[: len(part)], signs[: len(part)]
            np.copyto(sums, part, casting="unsafe")
            sums *= self.multipliers
            sums += first
            sums >>= 31
            np.right_shift(sums, 63, out=sign)
            if away is not None:
                sign &= away
            sums += sign
            sums += second
            sums >>= right
            np.clip(sums, *self.limits, out=sums)
            found[start : start + rows] = sums
        return found.reshape(total.shape)
