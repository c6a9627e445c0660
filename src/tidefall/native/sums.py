"""Sums over the middle of an array (native/sums.cc)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tidefall.native.library import Ints, Run


class Middle(NamedTuple):
    """An array as `[outer, rows, channels]`, of which the rows are summed."""

    outer: int
    rows: int
    channels: int


def middle(shape: Ints, axes: Ints) -> Middle | None:
    """How a sum over axes of an array is one over its middle; None if it is something else.

    Args:
        shape: the array's shape.
        axes: the axes to sum over, none of them negative.
    """
    wide = [i for i, size in enumerate(shape) if size != 1]
    summed = [i for i in wide if i in axes]
    kept = [i for i in wide if i not in axes]
    if not summed or not kept or kept[-1] < summed[-1]:
        return None
    first, last = summed[0], summed[-1]
    if any(first < i < last for i in kept):
        return None
    return Middle(
        math.prod(shape[:first]), math.prod(shape[first : last + 1]), math.prod(shape[last + 1 :])
    )


def middle_sums(run: Run, x: Any, by: Middle, shape: Ints) -> Any:
    """The sum over the middle of `x`, as an array of that shape."""
    return run("middle_sums", [x], [(shape, x.dtype)], (0, *by))[0]


def middle_products(run: Run, x: Any, y: Any, by: Middle, shape: Ints) -> Any:
    """The sum of `x * y`, arrays of one shape."""
    return run("middle_sums", [x, y], [(shape, x.dtype)], (1, *by))[0]


def middle_squares(run: Run, x: Any, centre: Any, by: Middle, shape: Ints) -> Any:
    """The sum of `(x - centre) ** 2`; there are as many centres as sums."""
    return run("middle_sums", [x, centre], [(shape, x.dtype)], (2, *by))[0]
