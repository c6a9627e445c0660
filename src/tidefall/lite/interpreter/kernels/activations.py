"""Activation functions that are operators of their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_away,
    rounding_divide_by_pot,
)
from tidefall.lite.interpreter.kernels.common import saturate
from tidefall.lite.interpreter.kernels.elementwise import by_table, is_quantized
from tidefall.lite.interpreter.lookup import apply_8_bit, sigmoid_table
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import GeluOptions, LeakyReluOptions, TensorType

_RELU_LIMITS: dict[str, tuple[float, float | None]] = {
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
    "RELU_0_TO_1": (0.0, 1.0),
}


@kernel(*_RELU_LIMITS, traceable=True)
def relu(node: Node) -> Kernel:
    low, high = _RELU_LIMITS[node.operator]
    if not is_quantized(node):

        def run(x: Any) -> Any:
            xp = namespace(x)
            x = xp.maximum(x, x.dtype.type(low))
            return x if high is None else xp.minimum(x, x.dtype.type(high))

        return run
    source, target = node.input(0), node.output()
    multiplier, shift = quantize_multiplier(float(source.scale / target.scale))
    info = np.iinfo(target.dtype)
    least = max(info.min, target.zero_point + round_away(float(np.float32(low) / target.scale)))
    most = info.max
    if high is not None:
        most = min(most, target.zero_point + round_away(float(np.float32(high) / target.scale)))

    def quantized(x: Any) -> Any:
        value = x.astype(np.int64) - source.zero_point
        value = multiply_by_quantized_multiplier(value, multiplier, shift) + target.zero_point
        return np.clip(value, least, most).astype(x.dtype)

    return quantized


@kernel("LEAKY_RELU", traceable=True)
def leaky_relu(node: Node) -> Kernel:
    alpha = np.float32(node.option(LeakyReluOptions).alpha)
    if not is_quantized(node):
        return lambda x: namespace(x).where(x > 0, x, x * alpha)
    source, target = node.input(0), node.output()
    slope, slope_shift = quantize_multiplier(abs(float(source.scale * alpha / target.scale)))
    same, same_shift = quantize_multiplier(float(source.scale / target.scale))

    def quantized(x: Any) -> Any:
        value = x.astype(np.int64) - source.zero_point
        scaled = multiply_by_quantized_multiplier(value, slope, slope_shift)
        found = np.where(
            value >= 0,
            multiply_by_quantized_multiplier(value, same, same_shift),
            -scaled if alpha < 0 else scaled,
        )
        return saturate(found + target.zero_point, x.dtype)

    return quantized


@kernel("PRELU", traceable=True)
def prelu(node: Node) -> Kernel:
    if not is_quantized(node):
        return lambda x, alpha: namespace(x).where(x >= 0, x, x * alpha)
    source, slope, target = node.input(0), node.input(1), node.output()
    same, same_shift = quantize_multiplier(float(source.scale / target.scale))
    other, other_shift = quantize_multiplier(float(source.scale * slope.scale / target.scale))

    def quantized(x: Any, alpha: Any) -> Any:
        value = x.astype(np.int64) - source.zero_point
        product = value * (alpha.astype(np.int64) - slope.zero_point)
        found = np.where(
            value >= 0,
            multiply_by_quantized_multiplier(value, same, same_shift),
            multiply_by_quantized_multiplier(product, other, other_shift),
        )
        return saturate(found + target.zero_point, x.dtype)

    return quantized


@kernel("ELU", traceable=True)
def elu(node: Node) -> Kernel:
    if is_quantized(node):
        return by_table(node, lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x))

    def run(x: Any) -> Any:
        xp = namespace(x)
        return xp.where(x < 0, xp.expm1(xp.minimum(x, 0)), x)

    return run


def _erfc(x: Any) -> Any:
    """The complementary error function, of float32 by way of float64."""
    if not isinstance(x, np.ndarray):
        from jax.scipy.special import erfc

        return erfc(x)
    flat = np.asarray(x, np.float64).reshape(-1)
    found = np.fromiter((math.erfc(each) for each in flat.tolist()), np.float64, flat.size)
    return found.reshape(x.shape).astype(np.float32)


def _gelu(x: Any, approximate: bool) -> Any:
    xp = namespace(x)
    half, one = np.float32(0.5), np.float32(1)
    if approximate:
        inner = np.float32(0.7978845608028654) * (x + np.float32(0.044715) * x * x * x)
        return half * x * (one + xp.tanh(inner))
    return half * x * _erfc(x * np.float32(-0.7071067811865476))


@kernel("GELU", traceable=True)
def gelu(node: Node) -> Kernel:
    approximate = node.option(GeluOptions).approximate
    if is_quantized(node):
        return by_table(node, lambda x: _gelu(x, approximate))
    return lambda x: _gelu(x, approximate)


@kernel("HARD_SWISH", traceable=True)
def hard_swish(node: Node) -> Kernel:
    if is_quantized(node):
        return _quantized_hard_swish(node.input(0), node.output())

    def run(x: Any) -> Any:
        xp = namespace(x)
        three, six = np.float32(3), np.float32(6)
        return x * xp.minimum(six, xp.maximum(np.float32(0), x + three)) / six

    return run


def _multiplier_16_bit(value: float) -> tuple[int, int]:
    multiplier, shift = quantize_multiplier(value)
    if multiplier >= 2**31 - 1 - (1 << 15):
        return 32767, shift
    return (multiplier + (1 << 15)) >> 16, shift


def _high_mul_16_bit(a: Any, b: Any) -> Any:
    return np.minimum((a * b + (1 << 14)) >> 15, 32767)


def _quantized_hard_swish(source: TensorInfo, target: TensorInfo) -> Kernel:
    hires = np.float32(1 / 128) * source.scale
    out, out_shift = _multiplier_16_bit(float(hires / target.scale))
    inner, inner_shift = _multiplier_16_bit(float(hires / np.float32(np.float32(3) / 32768)))
    values = np.arange(256, dtype=np.int64) + np.iinfo(source.dtype).min - source.zero_point

    def saturated(x: Any) -> Any:
        return np.clip(x, -32768, 32767)

    high = values * 128
    preshift = _high_mul_16_bit(high, out)
    gate = high
    if inner_shift > 0:
        gate = saturated(gate << (inner_shift - 1))
    gate = _high_mul_16_bit(gate, inner)
    if inner_shift > 0:
        gate = saturated(gate << 1)
    if inner_shift < 0:
        gate = rounding_divide_by_pot(gate, -inner_shift)
    gate = (gate + (1 << 15)) >> 1
    product = gate * preshift
    product = np.where(product < 0, -(-product >> 15), product >> 15)
    found = rounding_divide_by_pot(product, -out_shift) + target.zero_point
    table = saturate(found, target.dtype)
    first = int(np.iinfo(source.dtype).min)
    ordered = np.roll(table, first)
    return lambda x: apply_8_bit(ordered, x)


@kernel("LOGISTIC", traceable=True)
def logistic(node: Node) -> Kernel:
    if is_quantized(node):
        if node.input(0).type == TensorType.INT16:
            return _logistic_16_bit(node.input(0))
        one = np.float32(1)
        return by_table(node, lambda x: one / (one + np.exp(-x)))

    def run(x: Any) -> Any:
        one = np.float32(1)
        return one / (one + namespace(x).exp(-x))

    return run


@kernel("TANH", traceable=True)
def tanh(node: Node) -> Kernel:
    if is_quantized(node):
        if node.input(0).type == TensorType.INT16:
            return _tanh_16_bit(node.input(0))
        return by_table(node, np.tanh)
    return lambda x: namespace(x).tanh(x)


def multiplier_for_table(scale: Any, allowed: tuple[int, ...]) -> tuple[int, int]:
    """Multiplier and right shift that bring a 16-bit input to the steps of the sigmoid table.

    Args:
        scale: the input's scale.
        allowed: the left shifts for which a power of two is taken as it is.
    """
    exponent = math.log2(float(scale))
    if abs(exponent - round(exponent)) < 1e-3:
        left = 12 + round(exponent)
        if left in allowed:
            return 3 << left, 0
    multiplier = float(scale) * 4096.0 * 3.0
    shift = 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        shift += 1
        multiplier *= 2.0
    return int(multiplier), shift


def logistic_16_bit(x: Any, multiplier: int, shift: int) -> Any:
    """The logistic function of 16-bit values, in units of 1/32768."""
    table = sigmoid_table()
    value = (x.astype(np.int64) * multiplier + ((1 << shift) >> 1)) >> shift
    size = np.abs(value)
    place = np.minimum(size >> 9, 254)
    found = (table[place] << 9) + (size & 0x1FF) * (table[place + 1] - table[place])
    found = np.where(size >> 9 >= 255, 0x7FFF << 10, found)
    found = np.where(value >= 0, found + (1 << 9), (1 << 25) - found + (1 << 9) - 1)
    return (found >> 10).astype(np.int16)


def tanh_16_bit(x: Any, multiplier: int, shift: int) -> Any:
    """The hyperbolic tangent of 16-bit values, in units of 1/32768."""
    table = sigmoid_table()
    value = (x.astype(np.int64) * multiplier + ((1 << shift) >> 1)) >> shift
    size = np.abs(value)
    place = np.minimum(size >> 8, 254)
    found = (table[place] << 8) + (size & 0xFF) * (table[place + 1] - table[place])
    found = np.where(size >> 8 >= 255, 0xFFFF << 8, found)
    found = np.where(value >= 0, found - (1 << 23) + (1 << 7), -found + (1 << 23) + (1 << 7) - 1)
    return (found >> 8).astype(np.int16)


def _logistic_16_bit(source: TensorInfo) -> Kernel:
    multiplier, shift = multiplier_for_table(source.scale, (0,))
    return lambda x: logistic_16_bit(x, multiplier, shift)


def _tanh_16_bit(source: TensorInfo) -> Kernel:
    multiplier, shift = multiplier_for_table(source.scale, (0, 1))
    return lambda x: tanh_16_bit(x, multiplier, shift)
