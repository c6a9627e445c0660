"""Gamma, Poisson and binomial numbers: drawn, and drawn again until one is accepted.

Every number has its own stretch of the generator. From it come uniform and normal float64 numbers,
two from each block, of which the second is used first; so the numbers are TensorFlow's exactly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.ops.random import philox
from tidefall.ops.random.philox import Counter, Key

SKIP = philox.TRUNCATED_SKIP
BINOMIAL_SKIP_FEW = 42
"""Blocks set aside for a binomial number drawn by counting waiting times."""


class Streams:
    """One generator per number, each somewhere in its own stretch of blocks.

    Args:
        start: uint64 vector: offset of the first block of each.
    """

    def __init__(self, key: Key, counter: Counter, start: np.ndarray):
        self._key, self._counter = key, counter
        self._next = start.astype(np.uint64)
        count = len(start)
        self._uniforms, self._normals = np.empty((count, 2)), np.empty((count, 2))
        self._uniforms_left = np.zeros(count, np.int8)
        self._normals_left = np.zeros(count, np.int8)

    def _blocks(self, rows: np.ndarray) -> np.ndarray:
        words = philox.blocks(self._key, self._counter, self._next[rows])
        self._next[rows] += np.uint64(1)
        return words

    def uniform(self, rows: np.ndarray) -> np.ndarray:
        """The next uniform number in [0, 1) of each of these generators."""
        empty = rows[self._uniforms_left[rows] == 0]
        if empty.size:
            words = self._blocks(empty).reshape(-1, 2, 2)
            self._uniforms[empty] = philox.to_unit(np, words, np.float64)
            self._uniforms_left[empty] = 2
        self._uniforms_left[rows] -= 1
        return self._uniforms[rows, self._uniforms_left[rows]]

    def normal(self, rows: np.ndarray) -> np.ndarray:
        """The next standard normal number of each of these generators."""
        empty = rows[self._normals_left[rows] == 0]
        if empty.size:
            self._normals[empty] = philox.normal_pairs(np, self._blocks(empty), np.float64)
            self._normals_left[empty] = 2
        self._normals_left[rows] -= 1
        return self._normals[rows, self._normals_left[rows]]


def per_parameter(draw: Any, samples: int, *parameters: np.ndarray) -> np.ndarray:
    """Numbers for several parameters, `[samples, parameters]`.

    The stretches of one parameter's numbers follow each other.

    Args:
        draw: `f(index, *parameters)`, all vectors of one length.
        parameters: vectors of one length.
    """
    count = len(parameters[0])
    index = np.arange(count * samples, dtype=np.uint64)
    repeated = [np.repeat(p.astype(np.float64), samples) for p in parameters]
    return draw(index, *repeated).reshape(count, samples).T


def gamma(key: Key, counter: Counter, index: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Gamma numbers of scale 1 (Marsaglia and Tsang, 2000, https://doi.org/10.1145/358407.358414).

    Args:
        index: number of each number's stretch of blocks.
        alpha: float64 vector of shapes; NaN where there is no such distribution.
    """
    streams = Streams(key, counter, index * np.uint64(SKIP))
    out = np.full(len(alpha), np.nan)
    ones = np.flatnonzero(alpha == 1)
    out[ones] = -np.log1p(-streams.uniform(ones))
    boosted = alpha < 1
    d = alpha + np.where(boosted, 2 / 3, -1 / 3)
    c = 1 / 3 / np.sqrt(d)
    active = np.flatnonzero((alpha > 0) & (alpha != 1) & np.isfinite(alpha))
    while active.size:
        x = streams.normal(active)
        v = 1 + c[active] * x
        positive = v > 0
        rows, x, v = active[positive], x[positive], v[positive] ** 3
        u = streams.uniform(rows)
        accepted = u < 1 - 0.0331 * x**4
        accepted |= np.log(u) < 0.5 * x * x + d[rows] * (1 - v + np.log(v))
        done = rows[accepted]
        out[done] = d[done] * v[accepted]
        small = done[boosted[done]]
        out[small] *= streams.uniform(small) ** (1 / alpha[small])
        active = np.concatenate([active[~positive], rows[~accepted]])
    return out


def poisson(key: Key, counter: Counter, index: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Poisson numbers: products of uniform ones (Knuth) below a rate of 10, and transformed
    rejection above (Hörmann, 1993, https://doi.org/10.1016/0167-6687(93)90997-4).
    """
    streams = Streams(key, counter, index * np.uint64(SKIP))
    out = np.full(len(rate), np.nan)
    _poisson_few(streams, out, rate, np.flatnonzero((rate >= 0) & (rate < 10)))
    _poisson_many(streams, out, rate, np.flatnonzero((rate >= 10) & np.isfinite(rate)))
    return out


def _poisson_few(streams: Streams, out: np.ndarray, rate: np.ndarray, active: np.ndarray) -> None:
    limit = np.exp(-rate)
    product = np.ones(len(rate))
    out[active] = 0
    while active.size:
        product[active] *= streams.uniform(active)
        active = active[product[active] > limit[active]]
        out[active] += 1


def _poisson_many(streams: Streams, out: np.ndarray, rate: np.ndarray, active: np.ndarray) -> None:
    b = 0.931 + 2.53 * np.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    lgamma = np.vectorize(math.lgamma, otypes=[np.float64])
    while active.size:
        u, v = streams.uniform(active) - 0.5, streams.uniform(active)
        us = 0.5 - np.abs(u)
        ra, rb, r = a[active], b[active], rate[active]
        k = np.floor((2 * ra / us + rb) * u + r + 0.43)
        accepted = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (rb - 2))
        doubtful = ~accepted & (k >= 0) & ~((us < 0.013) & (v > us))
        i = np.flatnonzero(doubtful)
        s = np.log(v[i] * inverse_alpha[active[i]] / (ra[i] / (us[i] * us[i]) + rb[i]))
        accepted[i] = s <= -r[i] + k[i] * np.log(r[i]) - lgamma(k[i] + 1)
        out[active[accepted]] = k[accepted]
        active = active[~accepted]


def binomial(
    key: Key, counter: Counter, index: np.ndarray, count: np.ndarray, prob: np.ndarray
) -> np.ndarray:
    """Binomial numbers: sums of waiting times below ten expected successes, and transformed
    rejection above (Hörmann, 1993, https://doi.org/10.1080/00949659308811496).
    """
    out = np.full(len(count), np.nan)
    known = ~(np.isnan(count) | np.isnan(prob))
    out[known & ((prob <= 0) | (count <= 0))] = 0
    certain = known & (prob >= 1) & (count > 0)
    out[certain] = count[certain]
    rest = known & (prob > 0) & (prob < 1) & (count > 0)
    flipped = prob > 0.5
    p = np.where(flipped, 1 - prob, prob)
    few = rest & (count * p < 10)
    skips = np.where(few, BINOMIAL_SKIP_FEW, SKIP).astype(np.uint64)
    streams = Streams(key, counter, index * skips)
    _binomial_few(streams, out, count, p, np.flatnonzero(few))
    _binomial_many(streams, out, count, p, np.flatnonzero(rest & ~few))
    turned = rest & flipped
    out[turned] = count[turned] - out[turned]
    return out


def _binomial_few(
    streams: Streams, out: np.ndarray, count: np.ndarray, p: np.ndarray, active: np.ndarray
) -> None:
    waited = np.zeros(len(count))
    out[active] = 0
    while active.size:
        u = streams.uniform(active)
        waited[active] += np.ceil(np.log(u) / np.log1p(-p[active]))
        active = active[waited[active] <= count[active]]
        out[active] += 1


def _binomial_many(
    streams: Streams, out: np.ndarray, count: np.ndarray, p: np.ndarray, active: np.ndarray
) -> None:
    while active.size:
        n, q = count[active], p[active]
        deviation = np.sqrt(n * q * (1 - q))
        b = 1.15 + 2.53 * deviation
        a = -0.0873 + 0.0248 * b + 0.01 * q
        u, v = streams.uniform(active) - 0.5, streams.uniform(active)
        us = 0.5 - np.abs(u)
        k = np.floor((2 * a / us + b) * u + n * q + 0.5)
        accepted = (us >= 0.07) & (v <= 0.92 - 4.2 / b)
        i = np.flatnonzero(~accepted & (k >= 0) & (k <= n))
        alpha = (2.83 + 5.1 / b[i]) * deviation[i]
        height = np.log(v[i] * alpha / (a[i] / (us[i] * us[i]) + b[i]))
        accepted[i] = height <= _binomial_bound(n[i], q[i], k[i])
        out[active[accepted]] = k[accepted]
        active = active[~accepted]


def _binomial_bound(n: np.ndarray, p: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Logarithm of the probability of `k`, relative to that of the most probable number."""
    ratio = p / (1 - p)
    m = np.floor((n + 1) * p)
    return (
        (m + 0.5) * np.log((m + 1) / (ratio * (n - m + 1)))
        + (n + 1) * np.log((n - m + 1) / (n - k + 1))
        + (k + 0.5) * np.log(ratio * (n - k + 1) / (k + 1))
        + _stirling_tail(m)
        + _stirling_tail(n - m)
        - _stirling_tail(k)
        - _stirling_tail(n - k)
    )


_TAIL = np.array([math.lgamma(k + 1) - (k + 0.5) * math.log(k + 1) + k + 1 for k in range(10)])
_TAIL -= 0.5 * math.log(2 * math.pi)


def _stirling_tail(k: np.ndarray) -> np.ndarray:
    """What Stirling's approximation of `log(k!)` lacks."""
    square = (k + 1) ** 2
    series = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
    return np.where(k <= 9, _TAIL[np.clip(k, 0, 9).astype(np.int64)], series)
