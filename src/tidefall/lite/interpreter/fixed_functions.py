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


def multiply_by_pot(x: Any, exponent: int) -> Raw:
    """x times a power of two: saturated to the left, rounded to the right."""
    if exponent <= 0:
        return rounding_divide_by_pot(np.asarray(x, np.int64), -exponent)
    return np.clip(np.asarray(x, np.int64) << exponent, INT32_MIN, INT32_MAX)


def rescale(x: Any, integer_bits: int, to: int) -> Raw:
    """A number with other integer bits."""
    return multiply_by_pot(x, integer_bits - to)


def _exp_of_last_quarter(a: Raw) -> Raw:
    """exp(a) for -1/4 <= a < 0, all with no integer bits: a Taylor series around -1/8."""
    x = a + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3 = doubling_high_mul(x2, x)
    x4 = doubling_high_mul(x2, x2)
    series = doubling_high_mul(multiply_by_pot(x4, -2) + x3, 715827883) + x2
    return 1895147668 + doubling_high_mul(1895147668, x + multiply_by_pot(series, -1))


_EXP_STEPS = (
    (-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535),
    (3, 720401), (4, 242),
)  # fmt: skip
"""exp(-2**e) with no integer bits, for each exponent e."""


def exp_on_negative_values(a: Any, integer_bits: int = 5) -> Raw:
    """exp(a) with no integer bits, of numbers that are not positive."""
    a = np.asarray(a, np.int64)
    fraction = 31 - integer_bits
    quarter = 1 << (fraction - 2)
    inside = (a & (quarter - 1)) - quarter
    result = _exp_of_last_quarter(rescale(inside, integer_bits, 0))
    rest = inside - a
    for exponent, factor in _EXP_STEPS:
        if integer_bits > exponent:
            bit = 1 << (fraction + exponent)
            result = np.where(rest & bit, doubling_high_mul(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def one_over_one_plus(a: Any) -> Raw:
    """1 / (1 + a) for 0 <= a <= 1, both with no integer bits."""
    half = (np.asarray(a, np.int64) + INT32_MAX + 1) >> 1
    x = 1515870810 + doubling_high_mul(half, -1010580540)
    for _ in range(3):
        rest = (1 << 29) - doubling_high_mul(half, x)
        x = x + multiply_by_pot(doubling_high_mul(x, rest), 2)
    return multiply_by_pot(x, 1)


def leading_zeros(x: Any) -> Raw:
    """How many of 32 bits come before the first that is set."""
    x = np.asarray(x, np.int64) & 0xFFFFFFFF
    return np.where(x > 0, 31 - np.floor(np.log2(np.maximum(x, 1))).astype(np.int64), 32)


def reciprocal(x: Any, integer_bits: int) -> tuple[Raw, Raw]:
    """1 / x as a number with no integer bits, and how many bits it has lost above 1."""
    headroom = leading_zeros(x)
    shifted = (np.asarray(x, np.int64) << headroom) - (1 << 31)
    return one_over_one_plus(shifted), integer_bits - headroom


def log_of_at_least_one(x: Any, integer_bits: int, to: int) -> Raw:
    """log(x) of numbers that are at least 1, with `to` integer bits."""
    log_2, sqrt_sqrt_half, sqrt_half = 1488522236, 1805811301, 1518500250
    alpha_n, alpha_d, alpha_i, alpha_f = 117049297, 127690142, 1057819769, 638450708
    bits = to + 1
    quarter = multiply_by_pot(536870912, -bits)
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
    inverse = one_over_one_plus(denominator)
    scaled = multiply_by_pot(numerator, -bits)
    return rescale(doubling_high_mul(power, log_2) + doubling_high_mul(scaled, inverse), bits, to)


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
    half_number = multiply_by_pot(number, -1)
    half_three = (1 << 28) + (1 << 27)
    x = np.int64(1 << 28)
    for _ in range(5):
        cube = multiply_by_pot(doubling_high_mul(doubling_high_mul(x, x), x), 6)
        x = multiply_by_pot(
            doubling_high_mul(half_three, x) - doubling_high_mul(half_number, cube), 3
        )
    found = int(doubling_high_mul(x, 1518500250))
    if shift < 0:
        found <<= -shift
        shift = 0
    return found, -shift
