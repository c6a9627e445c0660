"""Softmax and its logarithm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.lite.interpreter import layers
from tidefall.lite.interpreter.fixed_functions import (
    INT32,
    leading_zeros,
    log_of_at_least_one,
    reciprocal,
    reciprocal_of,
)
from tidefall.lite.interpreter.fixed_point import (
    INT32_MIN,
    doubling_high_mul,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)
from tidefall.lite.interpreter.kernels.common import saturate
from tidefall.lite.interpreter.kernels.elementwise import is_quantized
from tidefall.lite.interpreter.lookup import apply_16_bit, table_16_bit
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.schema import SoftmaxOptions, TensorType

_FEW = 32
"""Elements that Python goes through sooner than NumPy."""
_BITS = 5
"""Integer bits of scaled differences."""


@kernel("SOFTMAX", traceable=True)
def softmax(node: Node) -> Kernel:
    beta = node.option(SoftmaxOptions).beta
    if is_quantized(node):
        if node.input(0).type == TensorType.INT16:
            return _softmax_16_bit(node, beta)
        return _softmax_8_bit(node, beta)

    def run(x: Any) -> Any:
        xp = namespace(x)
        exps = xp.exp((x - x.max(-1, keepdims=True)) * np.float32(beta))
        return exps / exps.sum(-1, keepdims=True)

    return NativeKernel(run, layers.softmax(beta))


def _scaling(beta: float, scale: Any) -> tuple[int, int, int]:
    """Multiplier and shift of differences, and the least difference that counts."""
    factor = min(beta * float(scale) * (1 << (31 - _BITS)), (1 << 31) - 1.0)
    multiplier, shift = quantize_multiplier(factor)
    radius = math.floor(((1 << _BITS) - 1) * (1 << (31 - _BITS)) / (1 << max(shift, 0)))
    return multiplier, shift, -radius


def _exps(x: Any, multiplier: int, shift: int, least: int) -> tuple[Any, Any, Any]:
    """Differences to the greatest of each row, rescaled, and which of them count."""
    values = x.astype(np.int64)
    difference = values - values.max(-1, keepdims=True)
    counts = difference >= least
    scaled = multiply_by_quantized_multiplier(np.where(counts, difference, 0), multiplier, shift)
    return difference, scaled, counts


def _softmax_8_bit(node: Node, beta: float) -> Kernel:
    multiplier, shift, least = _scaling(beta, node.input(0).scale)
    target = node.output().dtype
    bits = target.itemsize * 8
    lowest = int(np.iinfo(target).min)

    # There are but 256 differences to the greatest of a row.
    differences = -np.arange(256, dtype=np.int64)
    counts = differences >= least
    scaled = multiply_by_quantized_multiplier(np.where(counts, differences, 0), multiplier, shift)
    exps = INT32.exp_on_negative_values(scaled, _BITS)
    parts = np.where(counts, rounding_divide_by_pot(exps, 12), 0)

    listed = parts.tolist(), np.where(counts, exps, 0).tolist()

    def of_row(row: list[int]) -> list[int]:
        """The same of integers of Python, which is sooner done for a few."""
        below = [max(row) - value for value in row]
        scale, headroom = reciprocal_of(sum(listed[0][each] for each in below))
        shift = 12 - headroom + 31 - bits
        half = 1 << (shift - 1)
        products = [(scale * listed[1][each] + (1 << 30)) >> 31 for each in below]
        return [min(lowest + ((each + half) >> shift), lowest + 255) for each in products]

    def run(x: Any) -> Any:
        if x.size <= _FEW and bits == 8:
            rows = x.reshape(-1, x.shape[-1]).tolist()
            return np.array([of_row(row) for row in rows], target).reshape(x.shape)
        values = x.astype(np.int16)
        below = values.max(-1, keepdims=True) - values
        scale, over = reciprocal(parts[below].sum(-1, keepdims=True), 12)
        found = rounding_divide_by_pot(doubling_high_mul(scale, exps[below]), over + 31 - bits)
        return saturate(np.where(counts[below], found + lowest, lowest), target)

    kept = [np.array(each, np.int32) for each in (listed[1], listed[0])]
    return NativeKernel(run, layers.softmax(beta, kept))


def _softmax_16_bit(node: Node, beta: float) -> Kernel:
    exps_table = table_16_bit(np.exp, 10.0 / 65535, 32767, 2.0 / 65535, 0, np.float64)
    inverse_table = table_16_bit(
        lambda x: 1 / (1 + x), 1.0 / 65535, -32768, 2.0 / 65535, 0, np.float64
    )
    factor = float(node.input(0).scale * np.float32(beta)) / (10.0 / 65535.0)
    multiplier, shift = quantize_multiplier(factor)

    def run(x: Any) -> Any:
        values = x.astype(np.int64)
        difference = values - values.max(-1, keepdims=True)
        scaled = multiply_by_quantized_multiplier(difference, multiplier, shift)
        exps = apply_16_bit(exps_table, np.clip(scaled + 32767, -32768, 32767))
        total = exps.sum(-1, keepdims=True)
        headroom = leading_zeros(total)
        shifted = ((total << (headroom - 1)) + (1 << 13)) >> 14
        place = np.clip(shifted - ((1 << 15) + (1 << 16)), -32768, 32767)
        inverse = apply_16_bit(inverse_table, place)
        right = 31 - headroom
        found = (exps * inverse + (np.int64(1) << (right - 1))) >> right
        return np.clip(found, 0, 32767).astype(np.int16)

    return run


@kernel("LOG_SOFTMAX", traceable=True)
def log_softmax(node: Node) -> Kernel:
    if is_quantized(node):
        return _log_softmax_8_bit(node)

    def run(x: Any) -> Any:
        xp = namespace(x)
        shifted = x - x.max(-1, keepdims=True)
        return shifted - xp.log(xp.exp(shifted).sum(-1, keepdims=True))

    return run


def _log_softmax_8_bit(node: Node) -> Kernel:
    multiplier, shift, least = _scaling(1.0, node.input(0).scale)
    reverse, reverse_shift = quantize_multiplier((1 << (31 - shift)) / multiplier)
    dtype = node.output().dtype
    zero_point = int(np.iinfo(dtype).max)

    def run(x: Any) -> Any:
        difference, scaled, counts = _exps(x, multiplier, shift, least)
        exps = rounding_divide_by_pot(INT32.exp_on_negative_values(scaled, _BITS), 12)
        total = np.where(counts, exps, 0).sum(-1, keepdims=True)
        log = log_of_at_least_one(total, 12, _BITS)
        bound = np.maximum(
            least - 1, multiply_by_quantized_multiplier(log + INT32_MIN, reverse, reverse_shift)
        )
        everything = multiply_by_quantized_multiplier(difference, multiplier, shift)
        found = rounding_divide_by_pot(everything - log, 31 - _BITS - 4) + zero_point
        lowest = int(np.iinfo(dtype).min)
        return saturate(np.where(difference > bound, found, lowest), dtype)

    return run
