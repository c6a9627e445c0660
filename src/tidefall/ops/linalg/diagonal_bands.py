"""Where the elements of a band of diagonals lie in a matrix, and in the packed diagonals."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tidefall.ops.common import invalid


class Band(NamedTuple):
    """Matching positions of a band of diagonals.

    `rows`, `cols` are places in the matrix; `diagonals`, `places` those in the packed form
    `[diagonals, longest]`, whose number of columns is `longest`.
    """

    rows: np.ndarray
    cols: np.ndarray
    diagonals: np.ndarray
    places: np.ndarray
    count: int
    longest: int


def limits(k: np.ndarray) -> tuple[int, int]:
    """The lowest and highest diagonal that `k`, a scalar or pair, names.

    Raises:
        InvalidArgumentError: for anything else.
    """
    flat = k.reshape(-1).tolist()
    if k.ndim > 1 or not 1 <= len(flat) <= 2:
        raise invalid(
            f"diag_index must be a scalar or vector with 1 or 2 elements, received shape {k.shape}"
        )
    low, high = flat[0], flat[-1]
    if low > high:
        raise invalid(f"lower_diag_index must not be larger than upper_diag_index: {low} > {high}")
    return low, high


def longest_diagonal(rows: int, cols: int, low: int, high: int) -> int:
    """Length of the longest diagonal between `low` and `high`."""
    return min(rows + min(high, 0), cols - max(low, 0))


def check_limits(rows: int, cols: int, low: int, high: int) -> None:
    """Raise unless both diagonals exist in a matrix of that size."""
    for value, what in ((low, "lower_diag_index"), (high, "upper_diag_index")):
        # TensorFlow lets 0 pass for empty matrices.
        if value != 0 and not -rows < value < cols:
            raise invalid(f"{what} is out of bound: {value}. It must be between {-rows} and {cols}")


@lru_cache(maxsize=256)
def band(rows: int, cols: int, low: int, high: int, align: str) -> Band:
    """Positions of the diagonals `high` down to `low` of a `[rows, cols]` matrix.

    Args:
        rows: rows of the matrix.
        cols: columns of the matrix.
        low: lowest diagonal; 0 is the main one, negative ones lie below.
        high: highest diagonal.
        align: "RIGHT_LEFT" and so on: where shorter superdiagonals, and subdiagonals, go.
    """
    longest = longest_diagonal(rows, cols, low, high)
    above, below = align.split("_")
    places = np.arange(max(longest, 0))
    parts = []
    for i, d in enumerate(range(high, low - 1, -1)):
        length = min(rows + min(d, 0), cols - max(d, 0))
        left = (d >= 0 and above == "LEFT") or (d <= 0 and below == "LEFT")
        inner = places - (0 if left else longest - length)
        valid = (inner >= 0) & (inner < length)
        own = inner[valid]
        parts.append((own - min(d, 0), own + max(d, 0), np.full(len(own), i), places[valid]))
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Band(joined[0], joined[1], joined[2], joined[3], high - low + 1, longest)
