"""Functions of fixed-point numbers: exponential, reciprocal, logarithm, as gemmlowp defines them.

A number with n integer bits is an int32 raw value that stands for raw / 2**(31 - n). Arrays are
int64 and hold such raw values. The polynomials and Newton steps are part of the format: results
must agree with the reference kernels bit by bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.lite.interpreter.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    doubling_high_mul,
    rounding_divide_by_pot,
)

Raw = NDArray[np.int64]

_EXP_STEPS = (
    (-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535),
    (3, 720401), (4, 242),
)  # fmt: skip
"""exp(-2**e) with no integer bits, for each exponent e."""


class FixedPoint:
    """Fixed-point arithmetic with raw values of so many bits.

    Args:
        bits: 16 or 32.
    """

    def __init__(self, bits: int):
        self.bits = bits
        self.low, self.high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1

    def constant(self, value: int) -> int:
        """A constant that is given with 32 bits."""
        return int(rounding_divide_by_pot(np.int64(value), 32 - self.bits))

    def mul(self, a: Any, b: Any) -> Raw:
        """The product; integer bits add up."""
        half = 1 << (self.bits - 2)
        return np.minimum((np.asarray(a, np.int64) * b + half) >> (self.bits - 1), self.high)

    def multiply_by_pot(self, x: Any, exponent: int) -> Raw:
        """x times a power of two: saturated to the left, rounded to the right."""
        if exponent <= 0:
            return rounding_divide_by_pot(np.asarray(x, np.int64), -exponent)
        return np.clip(np.asarray(x, np.int64) << exponent, self.low, self.high)

    def rescale(self, x: Any, integer_bits: int, to: int) -> Raw:
        """A number with other integer bits."""
        return self.multiply_by_pot(x, integer_bits - to)

    def _exp_of_last_quarter(self, a: Raw) -> Raw:
        """exp(a) for -1/4 <= a < 0, all with no integer bits: a Taylor series around -1/8."""
        first, third = self.constant(1895147668), self.constant(715827883)
        x = a + (1 << (self.bits - 4))
        x2 = self.mul(x, x)
        x3 = self.mul(x2, x)
        x4 = self.mul(x2, x2)
        series = self.mul(self.multiply_by_pot(x4, -2) + x3, third) + x2
        return np.minimum(first + self.mul(first, x + self.multiply_by_pot(series, -1)), self.high)

    def exp_on_negative_values(self, a: Any, integer_bits: int) -> Raw:
        """exp(a) with no integer bits, of numbers that are not positive."""
        a = np.asarray(a, np.int64)
        fraction = self.bits - 1 - integer_bits
        quarter = 1 << (fraction - 2)
        inside = (a & (quarter - 1)) - quarter
        result = self._exp_of_last_quarter(self.rescale(inside, integer_bits, 0))
        rest = inside - a
        for exponent, factor in _EXP_STEPS:
            if integer_bits > exponent:
                bit = 1 << (fraction + exponent)
                smaller = self.mul(result, self.constant(factor))
                result = np.where(rest & bit, smaller, result)
        if integer_bits > 5:
            result = np.where(a < self.constant(-(1 << (36 - integer_bits))), 0, result)
        return np.where(a == 0, self.high, result)

    def _inverse(self, a: Any) -> Raw:
        """2 / (1 + a) for 0 <= a <= 1, with two integer bits: Newton's steps."""
        half = (np.asarray(a, np.int64) + self.high + 1) >> 1
        x = self.constant(1515870810) + self.mul(half, self.constant(-1010580540))
        for _ in range(3):
            rest = (1 << (self.bits - 3)) - self.mul(half, x)
            x = x + self.multiply_by_pot(self.mul(x, rest), 2)
        return x

    def one_over_one_plus(self, a: Any) -> Raw:
        """1 / (1 + a) for 0 <= a <= 1, both with no integer bits."""
        return self.multiply_by_pot(self._inverse(a), 1)

    def logistic(self, a: Any, integer_bits: int) -> Raw:
        """The logistic function, with no integer bits."""
        a = np.asarray(a, np.int64)
        size = np.where(a > 0, a, -a)
        found = self.one_over_one_plus(self.exp_on_negative_values(-size, integer_bits))
        found = np.where(a > 0, found, self.high - found)
        return np.where(a == 0, self.constant(1 << 30), found)

    def tanh(self, a: Any, integer_bits: int) -> Raw:
        """The hyperbolic tangent, with no integer bits."""
        a = np.asarray(a, np.int64)
        size = np.maximum(np.where(a < 0, a, -a), self.low)
        exps = self.exp_on_negative_values(size, integer_bits + 1)
        found = self.multiply_by_pot(self._inverse(exps) - (1 << (self.bits - 3)), 2)
        return np.where(a == 0, 0, np.where(a < 0, -found, found))


INT32 = FixedPoint(32)
INT16 = FixedPoint(16)


def leading_zeros(x: Any) -> Raw:
    """How many of 32 bits come before the first that is set."""
    x = np.asarray(x, np.int64) & 0xFFFFFFFF
    return np.where(x > 0, 31 - np.floor(np.log2(np.maximum(x, 1))).astype(np.int64), 32)


def reciprocal(x: Any, integer_bits: int) -> tuple[Raw, Raw]:
    """1 / x as a number with no integer bits, and how many bits it has lost above 1."""
    headroom = leading_zeros(x)
    shifted = (np.asarray(x, np.int64) << headroom) - (1 << 31)
    return INT32.one_over_one_plus(shifted), integer_bits - headroom


def reciprocal_of(x: int) -> tuple[int, int]:
    """1 / x as `reciprocal` gives it, and how many of 32 bits come before the first of x."""
    headroom = 32 - x.bit_length()
    half = (x << headroom) >> 1

    def mul(a: int, b: int) -> int:
        return min((a * b + (1 << 30)) >> 31, INT32_MAX)

    found = 1515870810 + mul(half, -1010580540)
    for _ in range(3):
        step = mul(found, (1 << 29) - mul(half, found)) << 2
        found += max(INT32_MIN, min(INT32_MAX, step))
    return min(INT32_MAX, found << 1), headroom


def log_of_at_least_one(x: Any, integer_bits: int, to: int) -> Raw:
    """log(x) of numbers that are at least 1, with `to` integer bits."""
    log_2, sqrt_sqrt_half, sqrt_half = 1488522236, 1805811301, 1518500250
    alpha_n, alpha_d, alpha_i, alpha_f = 117049297, 127690142, 1057819769, 638450708
    bits = to + 1
    quarter = INT32.multiply_by_pot(536870912, -bits)
    z = np.asarray(x, np.int64)

    def by_pot(value: Any, exponent: Any) -> Raw:
        return np.clip(np.asarray(value, np.int64) << exponent, INT32_MIN, INT32_MAX)

    headroom = leading_zeros(z)
    r_a = by_pot(doubling_high_mul(by_pot(z, headroom - 1), sqrt_half), 1)
    pow_a = np.minimum(by_pot(integer_bits - headroom, 31 - bits) + quarter, INT32_MAX)
    headroom = leading_zeros(doubling_high_mul(z, sqrt_half)) - 1
    r_b = by_pot(z, headroom)
    pow_b = np.maximum(by_pot(integer_bits - headroom, 31 - bits) - quarter, INT32_MIN)

    r = np.minimum(r_a, r_b)
    power = np.maximum(pow_a, pow_b)
    p = (r + sqrt_sqrt_half + 1) >> 1
    q = 2 * (r - sqrt_sqrt_half)
    square = doubling_high_mul(q, q)
    numerator = doubling_high_mul(q, r) + doubling_high_mul(doubling_high_mul(q, square), alpha_n)
    denominator = doubling_high_mul(
        p, alpha_i + q + doubling_high_mul(alpha_d, square)
    ) + doubling_high_mul(alpha_f, q)
    inverse = INT32.one_over_one_plus(denominator)
    scaled = INT32.multiply_by_pot(numerator, -bits)
    return INT32.rescale(
        doubling_high_mul(power, log_2) + doubling_high_mul(scaled, inverse), bits, to
    )


def inverse_sqrt_multiplier(value: int) -> tuple[int, int]:
    """1 / sqrt(value) of a positive integer, as a multiplier and a shift to the left."""
    if value <= 1:
        return INT32_MAX, 0
    shift = 11
    while value >= 1 << 29:
        value //= 4
        shift += 1
    pairs = (int(leading_zeros(value)) - 1) // 2 - 1
    shift -= pairs
    value <<= 2 * pairs
    number = np.int64(value >> 1)
    half_number = INT32.multiply_by_pot(number, -1)
    half_three = (1 << 28) + (1 << 27)
    x = np.int64(1 << 28)
    for _ in range(5):
        cube = INT32.multiply_by_pot(doubling_high_mul(doubling_high_mul(x, x), x), 6)
        x = INT32.multiply_by_pot(
            doubling_high_mul(half_three, x) - doubling_high_mul(half_number, cube), 3
        )
    found = int(doubling_high_mul(x, 1518500250))
    if shift < 0:
        found <<= -shift
        shift = 0
    return found, -shift
