"""Quantiles of a stream of weighted numbers, with a bound on their error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

RAW = 16384
"""Values that are kept as they are, unless memory is short. Up to here everything is exact."""
_LEVELS = 20
"""Levels for which the promised error holds: 2**20 full buffers."""


class QuantileSketch:
    """A sketch of the distribution of a stream, as a hierarchy of equally long summaries.

    Values are gathered until there are many, sorted, and reduced to `size` representatives of equal
    weight. Two summaries of one level make one of the next. Each reduction moves ranks by at most
    half a representative's weight, and so does taking values of a block for one that are close, so
    after 2**h blocks the rank of a value is wrong by at most `(h + 2) / (2 * size)` of the whole.
    `error` is the bound for what was really done.

    Source: Manku, Rajagopalan, Lindsay, "Approximate medians and other quantiles in one pass and
    with limited memory", 1998, with representatives in the middle of their share.

    Args:
        epsilon: the largest error of a rank, as a share of all weight, for up to 2**20 blocks.
        raw: how many values are gathered before they are reduced.

    Attributes:
        low: the smallest value, infinity without values.
        high: the largest value.
        weight: the sum of all weights.
    """

    __slots__ = (
        "_epsilon", "_levels", "_lost", "_raw", "_raw_count", "_raw_limit", "high", "low", "weight",
    )  # fmt: skip

    def __init__(self, epsilon: float = 0.01, raw: int = RAW):
        self._epsilon, self._raw_limit = epsilon, raw
        self._levels: list[tuple[np.ndarray, np.ndarray] | None] = []
        self._raw: list[tuple[np.ndarray, np.ndarray | None]] = []
        self._raw_count = 0
        self._lost = 0.0
        self.low, self.high = math.inf, -math.inf
        self.weight = 0.0

    @property
    def size(self) -> int:
        """How many representatives a summary has."""
        return max(64, math.ceil((_LEVELS + 2) / (2 * self._epsilon)))

    @property
    def error(self) -> float:
        """The most by which a rank may be wrong, as a share of the whole; 0 while all is exact."""
        return self._lost / self.weight if self.weight else 0.0

    def add(self, values: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Take values in.

        Args:
            values: float64 `[n]`, without NaN; infinities are values like others.
            weights: float64 `[n]`, not negative; 1 each by default.
        """
        if weights is not None:
            heavy = weights > 0
            values, weights = values[heavy], weights[heavy]
        if not len(values):
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        self.weight += float(len(values) if weights is None else weights.sum())
        self._raw.append((values, weights))
        self._raw_count += len(values)
        if self._raw_count > self._raw_limit:
            self._pack()

    def merge(self, other: QuantileSketch) -> None:
        """Take in what another one has seen."""
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.weight += other.weight
        self._lost += other._lost
        self._raw += other._raw
        self._raw_count += other._raw_count
        for level, block in enumerate(other._levels):
            if block is not None:
                self._place(level, block)
        if self._raw_count > self._raw_limit:
            self._pack()

    def quantiles(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Boundaries between `count` equal shares of the weight.

        Boundary j is the first value with more than j / count of all weight up to and with it: of n
        values without weights, number `floor(j * n / count)` in ascending order.

        Returns:
            The boundaries, float64 `[count + 1]`, and the weight up to and with each.
        """
        values, cumulative = self._cumulative()
        ranks = np.arange(count + 1) * cumulative[-1] / count
        at = np.minimum(np.searchsorted(cumulative, ranks, side="right"), len(values) - 1)
        boundaries = values[at].copy()
        boundaries[0], boundaries[-1] = self.low, self.high
        return boundaries, cumulative[at]

    def rank(self, value: float) -> float:
        """The share of the weight that lies at or below a value."""
        values, cumulative = self._cumulative()
        at = int(np.searchsorted(values, value, side="right"))
        return float(cumulative[at - 1] / cumulative[-1]) if at else 0.0

    def _cumulative(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct values in ascending order, and the weight up to and with each."""
        values, weights = _joined([*self._raw, *(b for b in self._levels if b is not None)])
        values, weights = _sorted(values, weights)
        last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)
        cumulative = last + 1.0 if weights is None else np.cumsum(weights)[last]
        return values[last], cumulative

    def _pack(self) -> None:
        values, weights = _joined(self._raw)
        self._raw, self._raw_count = [], 0
        # A block of many values counts as so many of the usual length, lest levels mix sizes.
        level = max(0, (len(values) // self._raw_limit).bit_length() - 1)
        self._place(level, self._reduce(values, weights))

    def _place(self, level: int, block: tuple[np.ndarray, np.ndarray]) -> None:
        while True:
            while len(self._levels) <= level:
                self._levels.append(None)
            other = self._levels[level]
            if other is None:
                self._levels[level] = block
                return
            self._levels[level] = None
            block = self._reduce(*_joined([other, block]))
            level += 1

    def _reduce(
        self, values: np.ndarray, weights: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The representatives of values, and their weights."""
        size = self.size
        if weights is None and len(values) > 4 * size:
            grouped = group_close(values, self.low, self.high, len(values) // (2 * size))
            if grouped is not None:
                values, weights, lost = grouped
                self._lost += lost
        if weights is None or not np.all(values[1:] >= values[:-1]):
            values, weights = _sorted(values, weights)
        total = float(len(values) if weights is None else weights.sum())
        if len(values) <= size:
            return values, np.ones(len(values)) if weights is None else weights
        middles = (np.arange(size) + 0.5) * (total / size)
        if weights is None:
            at = middles.astype(np.intp)
        else:
            at = np.searchsorted(np.cumsum(weights), middles, side="left")
            at = np.minimum(at, len(values) - 1)
        self._lost += total / (2 * size)
        return values[at], np.broadcast_to(np.float64(total / size), size)

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        blocks = [block for block in self._levels if block is not None]
        raw = _joined(self._raw) if self._raw else (np.zeros(0), None)
        return {
            "numbers": np.array(
                [self._epsilon, self._raw_limit, self._lost, self.low, self.high, self.weight]
            ),
            "levels": [level for level, block in enumerate(self._levels) if block is not None],
            "values": [values for values, _ in blocks],
            "weights": [weights for _, weights in blocks],
            "raw": raw[0],
            "raw_weights": raw[1],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> QuantileSketch:
        """The one that `state` was taken of."""
        epsilon, raw, lost, low, high, weight = map(float, state["numbers"])
        sketch = cls(epsilon, int(raw))
        for level, values, weights in zip(
            state["levels"], state["values"], state["weights"], strict=True
        ):
            sketch._place(level, (values, weights))
        if len(state["raw"]):
            sketch._raw = [(state["raw"], state["raw_weights"])]
            sketch._raw_count = len(state["raw"])
        sketch._lost, sketch.low, sketch.high, sketch.weight = lost, low, high, weight
        return sketch


_BINS = 1 << 16
_BLOCK = 12288
"""Values at once, so that intermediate arrays stay in the cache and in memory that is there."""


def _bins(values: np.ndarray, low: float, scale: float) -> np.ndarray:
    """The bin of each value."""
    bins = np.empty(len(values), np.intp)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK] - low
        block *= scale
        bins[start : start + _BLOCK] = block
    return bins


def group_close(
    values: np.ndarray, low: float, high: float, most: int
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Values that are nearly the same as one, which is faster than to sort all of them.

    They are put into bins of equal width. A bin whose values are equal, or that has few, is
    represented by one of its values; the values of others are sorted.

    Args:
        values: float64 `[n]`.
        low, high: their extremes, or wider ones.
        most: the most different values that one may represent.

    Returns:
        Values in ascending order, how many each represents, and the most by which that moves a
        rank. None where extremes are not finite, too far apart, or too close
        for bins between them.
    """
    width = high - low
    if not np.isfinite(width) or width <= 0:
        return None
    if width < _BINS / np.finfo(np.float64).max:
        return None
    whole = width < _BINS - 1 and float(low).is_integer() and not np.any(values[:100] % 1)
    bins = _bins(values, low, 1.0 if whole else (_BINS - 1) / width)
    counts = np.bincount(bins, minlength=_BINS)
    one_of = np.empty(_BINS)
    one_of[bins] = values
    filled = np.flatnonzero(counts)
    fullest = float(counts.max())
    if fullest <= most and not whole:
        return one_of[filled], counts[filled].astype(np.float64), fullest if fullest > 1 else 0.0
    mixed = np.zeros(_BINS, bool)
    mixed[bins[one_of.take(bins) != values]] = True
    crowded = mixed & (counts > most)
    lost = float(counts[mixed & ~crowded].max(initial=0))
    if not crowded.any():
        return one_of[filled], counts[filled].astype(np.float64), lost
    rest = np.sort(values[crowded.take(bins)])
    filled = filled[~crowded[filled]]
    rare = one_of[filled]
    # Both are in order: each of the rest goes to its place between the others.
    before = np.searchsorted(rare, rest)
    together = np.insert(rare, before, rest)
    weights = np.insert(counts[filled].astype(np.float64), before, 1.0)
    return together, weights, lost


def _joined(
    parts: list[tuple[np.ndarray, np.ndarray | None]] | list[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray | None]:
    values = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0)
    if all(weights is None for _, weights in parts):
        return values, None
    return values, np.concatenate([np.ones(len(v)) if w is None else w for v, w in parts])


def _sorted(values: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    if weights is None:
        return np.sort(values), None
    order = np.argsort(values, kind="stable")
    return values[order], weights[order]
