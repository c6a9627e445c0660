"""Random draws of rows and of units for confidence intervals.

A unit is all rows with the same value of a column, such as a query; they may come in any batch, so
what is drawn for a unit follows from its value alone.
"""

from __future__ import annotations

from hashlib import blake2b
from math import factorial
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.slicing import encode

_POISSON = np.cumsum([np.exp(-1.0) / factorial(k) for k in range(20)])


class Draws:
    """Uniform draws for the rows of a batch.

    Args:
        random: draws for single rows.
        batch: an Arrow record batch.
        unit: the column whose equal values are drawn together; "" for single rows.
    """

    def __init__(self, random: np.random.Generator, batch: Any, unit: str):
        self._random, self._rows = random, int(batch.num_rows)
        self._hashes: np.ndarray | None = None
        if unit:
            coded = encode(batch.column(unit))
            digests = [blake2b(repr(v).encode(), digest_size=8).digest() for v in coded.values]
            hashes = np.frombuffer(b"".join([*digests, bytes(8)]), np.uint64)
            self._hashes = hashes[coded.codes]

    def uniform(self, number: int) -> np.ndarray:
        """Float64 [rows] from 0 to 1; independent for other numbers."""
        if self._hashes is None:
            return self._random.random(self._rows)
        # Splitmix64 (Steele, Lea, Flood, 2014).
        with np.errstate(over="ignore"):
            z = self._hashes + np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        return (z >> np.uint64(11)) / float(1 << 53)

    def poisson(self, number: int) -> np.ndarray:
        """Float64 [rows], Poisson numbers of mean 1."""
        if self._hashes is None:
            return self._random.poisson(1.0, self._rows).astype(np.float64)
        return np.searchsorted(_POISSON, self.uniform(number), "right").astype(np.float64)
