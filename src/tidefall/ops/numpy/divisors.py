"""Euclid's algorithm on whole arrays, in a fixed number of steps."""

from __future__ import annotations

from typing import Any

from tidefall.ops.array.constants import ones_like, zeros_like
from tidefall.ops.array.selecting import where
from tidefall.ops.math import comparison, division, unary
from tidefall.ops.math.elementwise import add

# Fibonacci numbers take the most steps: F(n) needs n, and F(93) is the last below 2**64.
_STEPS = {8: 13, 16: 24, 32: 47, 64: 93}


def greatest_divisor(x: Any, y: Any) -> Any:
    """The greatest common divisor of integers of one dtype, elementwise; of zeros it is 0.

    The number of steps depends on the dtype only, so that it is the same program eagerly, in a
    graph and compiled; eagerly it stops as soon as nothing is left to do.
    """
    if not x.dtype.is_unsigned:
        x, y = unary.abs(x), unary.abs(y)
    x, y = add(x, zeros_like(y)), add(y, zeros_like(x))
    for _ in range(_STEPS[x.dtype.size * 8]):
        done = comparison.equal(y, zeros_like(y))
        if _all_known(done):
            break
        rest = division.floormod(x, where(done, ones_like(y), y))
        x, y = where(done, x, y), where(done, y, rest)
    return x


def _all_known(done: Any) -> bool:
    """True when an eager array of booleans is true everywhere."""
    return not done.is_symbolic and bool(done.numpy().all())
