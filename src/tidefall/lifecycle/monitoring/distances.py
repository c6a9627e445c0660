"""Distances between two windows, from counts of the same bins, and how likely chance explains it.

Sources: Siddiqi, "Credit Risk Scorecards", 2006 (population stability index); Yurdakul,
"Statistical Properties of Population Stability Index", 2018; Stephens, "Use of the
Kolmogorov-Smirnov statistics", 1970; Gretton et al., "A kernel two-sample test", 2012; Benjamini
and Hochberg, "Controlling the false discovery rate", 1995.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tidefall.lifecycle.data_validation.rules.distances import divergence

METHODS = ("psi", "ks", "js", "wasserstein", "mmd")
"""The distances there are."""

THRESHOLDS = {"psi": 0.1, "ks": 0.1, "js": 0.1, "wasserstein": 0.1, "mmd": 0.0}
"""From where on a distance counts. The size of MMD says little: what is significant counts."""


def psi(p: np.ndarray, q: np.ndarray) -> float:
    """Return the population stability index of counts, less what chance alone brings; 0 or more.

    Args:
        p: reference counts `[bins]`.
        q: current counts `[bins]`.

    >>> round(psi(np.array([500, 500]), np.array([900, 100])), 2)
    0.88
    """
    n, m = p.sum(), q.sum()
    seen = (p + q) > 0
    if not n or not m or seen.sum() < 2:
        return 0.0
    # Half a count where there is none, or the logarithm would be infinite.
    a, b = np.maximum(p[seen], 0.5) / n, np.maximum(q[seen], 0.5) / m
    chance = (seen.sum() - 1) * (1 / n + 1 / m)
    return max(0.0, float(np.sum((a - b) * np.log(a / b)) - chance))


def js(p: np.ndarray, q: np.ndarray) -> float:
    """Return the Jensen-Shannon distance of counts: the root of the divergence to base 2, 0 to 1.

    What chance alone brings is taken off the divergence.

    >>> js(np.array([4, 0]), np.array([0, 4]))
    1.0
    """
    n, m = p.sum(), q.sum()
    if not n or not m:
        return 0.0
    found = divergence(p.astype(float), q.astype(float))
    seen = int(((p + q) > 0).sum())
    chance = (seen - 1) * (1 / n + 1 / m) / (8 * math.log(2))
    return math.sqrt(max(0.0, found - chance)) if found < 1 else 1.0


def ks(p: np.ndarray, q: np.ndarray) -> float:
    """Return the Kolmogorov-Smirnov distance of counts of ordered bins.

    >>> ks(np.array([5, 5, 0]), np.array([0, 5, 5]))
    0.5
    """
    n, m = p.sum(), q.sum()
    if not n or not m:
        return 0.0
    return float(np.abs(np.cumsum(p) / n - np.cumsum(q) / m).max())


def wasserstein(p: np.ndarray, q: np.ndarray, centers: np.ndarray) -> float:
    """Return the 1-Wasserstein distance of counts of bins with these centers.

    >>> wasserstein(np.array([1, 0]), np.array([0, 1]), np.array([0.0, 3.0]))
    3.0
    """
    n, m = p.sum(), q.sum()
    if not n or not m:
        return 0.0
    apart = np.cumsum(p / n - q / m)[:-1]
    return float(np.sum(np.abs(apart) * np.diff(centers)))


def ks_p_value(distance: float, n: int, m: int) -> float:
    """Return how likely a Kolmogorov-Smirnov distance as large is of equal distributions."""
    from scipy.special import kolmogorov

    if not n or not m:
        return 1.0
    root = math.sqrt(n * m / (n + m))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def homogeneity_p_value(p: np.ndarray, q: np.ndarray) -> float:
    """Return how likely counts differ as much if both are of one distribution (chi-squared).

    Bins that would have fewer than five rows are put together.
    """
    from scipy.special import chdtrc

    n, m = int(p.sum()), int(q.sum())
    if not n or not m:
        return 1.0
    least = (p + q) * (min(n, m) / (n + m))
    rare = least < 5
    if rare.any():
        p, q = np.append(p[~rare], p[rare].sum()), np.append(q[~rare], q[rare].sum())
    seen = (p + q) > 0
    p, q = p[seen], q[seen]
    if len(p) < 2:
        return 1.0
    k = math.sqrt(m / n)
    statistic = float(np.sum((k * p - q / k) ** 2 / (p + q)))
    return float(chdtrc(len(p) - 1, statistic))


def benjamini_hochberg(p_values: Sequence[float]) -> np.ndarray:
    """Return q-values: the false discovery rate at which each test would count, float64 `[n]`.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p)
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    lowest = np.minimum.accumulate(ranked[::-1])[::-1]
    found = np.empty(len(p))
    found[order] = np.minimum(lowest, 1.0)
    return found


def mmd(
    a: np.ndarray, b: np.ndarray, permutations: int = 200, seed: int = 0
) -> tuple[float, float]:
    """Return the squared maximum mean discrepancy of two samples of vectors, and its p-value.

    The kernel is Gaussian, as wide as the median distance. The p-value is by permutation; beyond
    all permutations it is that of the Pearson type III distribution with their three first moments,
    so that it may be small enough for many tests at once.

    Args:
        a: float `[n, width]`.
        b: float `[m, width]`.
        permutations: how many.
        seed: of the permutations.

    Returns:
        The unbiased estimate, and how likely one as large is of equal distributions.
    """
    n, m = len(a), len(b)
    if min(n, m) < 10:
        return 0.0, 1.0
    both = np.concatenate([a, b]).astype(np.float32)
    both -= both.mean(0)
    squares = np.einsum("ij,ij->i", both, both)
    distances = np.maximum(squares[:, None] + squares[None] - 2 * (both @ both.T), 0)
    width = float(np.median(distances[np.triu_indices(n + m, 1)][:: max(1, (n + m) // 200)]))
    if not width > 0:
        return 0.0, 1.0
    kernel = np.exp(-distances / width)
    np.fill_diagonal(kernel, 0.0)
    generator = np.random.default_rng(seed)
    chosen = np.zeros((n + m, permutations + 1), np.float32)
    chosen[:n, 0] = 1
    for column in range(1, permutations + 1):
        chosen[generator.permutation(n + m)[:n], column] = 1
    ours = kernel @ chosen
    within_a = np.einsum("ij,ij->j", chosen, ours)
    between = np.einsum("ij,ij->j", 1 - chosen, ours)
    within_b = kernel.sum() - within_a - 2 * between
    values = within_a / (n * (n - 1)) + within_b / (m * (m - 1)) - 2 * between / (n * m)
    as_large = int((values[1:] >= values[0]).sum())
    p_value = (1 + as_large) / (permutations + 1)
    if not as_large:
        p_value = min(p_value, _tail(values[1:], float(values[0])))
    return float(values[0]), p_value


def _tail(values: np.ndarray, value: float) -> float:
    """How likely the Pearson type III distribution with the moments of values is beyond one."""
    from scipy.special import gammaincc, ndtr

    mean, deviation = float(values.mean()), float(values.std())
    if not deviation:
        return 1.0
    skewness = float(np.mean(((values - mean) / deviation) ** 3))
    if skewness < 0.05:
        return float(ndtr((mean - value) / deviation))
    shape, scale = 4 / skewness**2, deviation * skewness / 2
    return float(gammaincc(shape, (value - (mean - shape * scale)) / scale))
