"""Arithmetic of quantized kernels: fixed-point multipliers, rounded as the reference kernels do.

Arrays here are int64 and hold what is int32 there, so products need no care. The rounding is that
of gemmlowp, twice: once for the high half of the product and once for the shift.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1


def quantize_multiplier(value: float) -> tuple[int, int]:
    """A real multiplier as an integer of 31 fractional bits and a power of two."""
    if value == 0 or not math.isfinite(value):
        return 0, 0
    fraction, shift = math.frexp(value)
    fixed = round_away(fraction * (1 << 31))
    if fixed == 1 << 31:
        fixed //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return fixed, shift


def quantize_multipliers(values: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`quantize_multiplier` of each value of a vector."""
    pairs = [quantize_multiplier(float(value)) for value in values]
    return (
        np.array([pair[0] for pair in pairs], np.int64),
        np.array([pair[1] for pair in pairs], np.int64),
    )


def round_away(value: float) -> int:
    """The nearest integer, halves away from zero."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


def round_half_away(x: Any) -> Any:
    """The nearest integers as floats, halves away from zero, as `std::round` gives them."""
    whole = np.trunc(x)
    return whole + np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0).astype(whole.dtype)


def doubling_high_mul(a: Any, b: Any) -> Any:
    """The high half of twice the product, rounded; saturates where both are the least int32."""
    return np.minimum((np.asarray(a, np.int64) * b + (1 << 30)) >> 31, INT32_MAX)


def rounding_divide_by_pot(x: Any, exponent: Any) -> Any:
    """x / 2**exponent, to nearest, halves away from zero."""
    half = np.where(np.asarray(exponent) > 0, np.int64(1) << np.maximum(exponent, 1) - 1, 0)
    return (x + (half - ((x < 0) & (half > 0)))) >> exponent


def wrap_int32(x: Any) -> Any:
    """What is left of an int64 when it is stored as int32."""
    return ((x + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def multiply_by_quantized_multiplier(x: Any, multiplier: Any, shift: Any) -> NDArray[np.int64]:
    """x times a real multiplier that `quantize_multiplier` has split.

    Args:
        x: int64 values that fit int32.
        multiplier: the integer, or one for each element of the last axis.
        shift: the power of two, or one for each.
    """
    if isinstance(shift, (int, np.integer)):
        product = np.asarray(x, np.int64) * multiplier if shift <= 0 else None
        if product is None:
            product = wrap_int32(np.asarray(x, np.int64) << int(shift)) * multiplier
        product += 1 << 30
        product >>= 31
        if shift < 0:
            product = _divide(product, -int(shift))
        return product
    left = np.maximum(shift, 0)
    x = np.asarray(x, np.int64)
    if left.any():
        x = wrap_int32(x << left)
    product = x * multiplier
    product += 1 << 30
    product >>= 31
    right = np.maximum(-np.asarray(shift), 0)
    half = np.where(right > 0, np.int64(1) << np.maximum(right, 1) - 1, 0)
    # One less for negative values rounds halves away from zero; nothing is to be rounded where
    # there is no shift.
    product += half + ((product >> 63) & -(right > 0).astype(np.int64))
    product >>= right
    return product


def _divide(x: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    x = x + (x >> 63)
    x += 1 << (exponent - 1)
    x >>= exponent
    return x


def multiply_int64(x: Any, multiplier: Any, shift: Any) -> NDArray[np.int64]:
    """The same of 48-bit values, as kernels with 16-bit activations do: with 15 bits, once."""
    multiplier = np.asarray(multiplier, np.int64)
    reduced = np.where(multiplier < 0x7FFF0000, (multiplier + (1 << 15)) >> 16, 0x7FFF)
    total = 15 - np.asarray(shift, np.int64)
    return (np.asarray(x, np.int64) * reduced + (np.int64(1) << (total - 1))) >> total


def to_float(x: Any, scale: Any, zero_point: int) -> NDArray[np.float32]:
    """Quantized values as float32."""
    return np.asarray(x, np.int32).__sub__(np.int32(zero_point)).astype(np.float32) * np.float32(
        scale
    )
