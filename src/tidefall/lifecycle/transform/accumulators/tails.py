"""L-moments, and the parameters of the Tukey HH distribution that has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_GAUSSIAN_KURTOSIS = 30 / math.pi * math.atan(math.sqrt(2)) - 9
"""The fourth L-moment of a Gaussian by its second one."""


class LMoments:
    """The first four L-moments: those of batches, weighted by their numbers of tuples.

    Source: Hosking, "L-moments: analysis and estimation of distributions using linear combinations
    of order statistics", 1990.

    Args:
        dtype: of the value.
        elementwise: whether each element of the rows has its own.
        shape: of the value.
    """

    def __init__(self, dtype: Any, elementwise: bool = False, shape: tuple[int, ...] = ()):
        self._dtype, self._elementwise, self._shape = dtype, elementwise, shape
        width = math.prod(shape)
        self._tuples, self._moments = np.zeros((4, width)), np.zeros((4, width))

    def add(self, values: np.ndarray) -> None:
        width = self._moments.shape[1]
        rows = np.sort(values.astype(np.float64).reshape(-1, width), axis=0)
        n = len(rows)
        if not n:
            return
        tuples = np.array([math.comb(n, r) for r in range(1, 5)], float)
        moments = sample_l_moments(rows)
        self._take(np.repeat(tuples[:, None], width, 1), moments)

    def _take(self, tuples: np.ndarray, moments: np.ndarray) -> None:
        total = self._tuples + tuples
        share = np.divide(tuples, total, where=total > 0, out=np.zeros_like(total))
        self._moments = self._moments + share * (moments - self._moments)
        self._tuples = total

    def merge(self, other: LMoments) -> None:
        self._take(other._tuples, other._moments)

    def value(self) -> list[np.ndarray]:
        """Location, scale, and the parameters of the left and the right tail."""
        columns = []
        for tuples, (l1, l2, l3, l4) in zip(self._tuples.T, self._moments.T, strict=True):
            has_ratios = l2 > 0 and tuples[3] > 0
            left, right = tail_parameters(l3 / l2, l4 / l2) if has_ratios else (0.0, 0.0)
            mean, spread, _, _ = tukey_l_moments(left, right)
            scale = l2 / spread if l2 > 0 else 1.0
            columns.append((l1 - scale * mean, scale, left, right))
        return [np.array(row, self._dtype).reshape(self._shape) for row in np.array(columns).T]

    def state(self) -> dict[str, np.ndarray]:
        return {"tuples": self._tuples, "moments": self._moments}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._tuples, self._moments = state["tuples"], state["moments"]


def sample_l_moments(rows: np.ndarray) -> np.ndarray:
    """The unbiased L-moments of sorted columns `[n, width]`: `[4, width]`, 0 where n is too small.

    Source: Hosking 1990, by probability-weighted moments.
    """
    n = len(rows)
    at = np.arange(n, dtype=float)[:, None]
    weighted = [rows.mean(0)]
    factor = np.ones_like(at)
    for order in range(1, 4):
        factor = factor * (at - order + 1) / max(n - order, 1)
        weighted.append((factor * rows).mean(0))
    b0, b1, b2, b3 = weighted
    moments = np.array([b0, 2 * b1 - b0, 6 * b2 - 6 * b1 + b0, 20 * b3 - 30 * b2 + 12 * b1 - b0])
    moments[n:] = 0
    return moments


def tukey_l_moments(left: float, right: float) -> tuple[float, float, float, float]:
    """The L-moments of z exp(h z^2 / 2), z standard Gaussian, h `left` below 0 and `right` above.

    They are integrals of z exp(-(1 - h) z^2 / 2) erf(z / sqrt(2))^k over half the line, which
    integration by parts brings to known integrals of the error function.

    Source: Headrick and Pant, "Characterizing Tukey h and hh-distributions through L-moments and
    the L-correlation", 2012.
    """

    def half(h: float) -> tuple[float, float, float, float]:
        outer, b = 1 / ((1 - h) * math.sqrt(2 * math.pi)), 2 - h
        root = math.sqrt(b)
        return (
            outer,
            outer / root,
            outer * 4 / math.pi * math.atan(1 / root) / root,
            outer * 6 / math.pi * math.atan(1 / math.sqrt(b * (b + 2))) / root,
        )

    a, c = half(left), half(right)
    odd = [x - y for x, y in zip(c, a, strict=True)]
    even = [x + y for x, y in zip(c, a, strict=True)]
    return odd[0], even[1], (3 * odd[2] - odd[0]) / 2, (5 * even[3] - 3 * even[1]) / 2


def tail_parameters(skewness: float, kurtosis: float) -> tuple[float, float]:
    """The tails (left, right), each from 0 to less than 1, that have L-moments of these ratios.

    Tails no longer than a Gaussian's give 0 twice. Where one tail would have to be shorter, it is 0
    and the other one has the kurtosis.
    """
    if not kurtosis > _GAUSSIAN_KURTOSIS + 1e-6:
        return 0.0, 0.0
    mirrored, skewness = skewness < 0, abs(skewness)
    kurtosis = min(kurtosis, 1 - 1e-5)

    def ratios(short: float, long: float) -> tuple[float, float]:
        _, l2, l3, l4 = tukey_l_moments(short, long)
        return l3 / l2, l4 / l2

    def short_for(long: float) -> float:
        if ratios(0.0, long)[0] <= skewness:
            return 0.0
        return _root(lambda short: skewness - ratios(short, long)[0], 0.0, long)

    long = _root(lambda h: ratios(short_for(h), h)[1] - kurtosis, 0.0, 1 - 1e-7)
    short = short_for(long)
    return (long, short) if mirrored else (short, long)


def _root(rising: Any, low: float, high: float) -> float:
    """Where a rising function is 0, by halving."""
    for _ in range(50):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
