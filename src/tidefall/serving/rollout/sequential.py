"""Tests that may be looked at after every request, and still err no more often than they say.

A test with a fixed number of samples in mind is wrong far more often when it is asked again and
again and the first "yes" counts. What is here stays valid at every time at once, so a canary can be
judged twice a second. All of it is one idea: a bet against the hypothesis, whose fortune is expected
not to grow where the hypothesis is true. By Ville's inequality it then ever reaches 1/alpha with
probability alpha at most (Robbins, "Statistical methods related to the law of the iterated
logarithm", 1970; Johari, Koomen, Pekelis and Walsh, "Always valid inference: continuous monitoring of
A/B tests", Operations Research 70(3), 2022; Ramdas, Grunwald, Vovk and Shafer, "Game-theoretic
statistics and safe anytime-valid inference", Statistical Science 38(4), 2023).

Counts are tested exactly, for any number of requests: the bet is the likelihood mixed over a beta
distribution (a mixture sequential probability ratio test). Means of other values are tested with
confidence sequences that hold as samples become many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

# The prior of Krichevsky and Trofimov: no rate costs more than half a logarithm of the samples.
_PRIOR = 0.5
# How many requests the prior of a quantile stands for: bounds are tightest at some thousands.
_QUANTILE_PRIOR = 60.0
_HALVINGS = 60


class Count(NamedTuple):
    """So many of so many.

    Args:
        hits: how many had it.
        total: how many there were.
    """

    hits: int
    total: int


def log_evidence_of_excess(candidate: Count, stable: Count, margin: float = 0.0) -> float:
    """Return the logarithm of the evidence that one rate exceeds another by more than a margin.

    Two streams of independent trials, looked at in whatever order. Where the candidate's rate is
    the stable one plus the margin or less, the evidence ever reaches 1/alpha with probability alpha
    at most. It is the mixed likelihood of both streams over the largest likelihood that any two
    rates within the margin give them (Turner, Ly and Grunwald, "Generic E-variables for exact
    sequential k-sample tests that allow for optional stopping", 2024).

    Args:
        candidate: hits of the stream on trial.
        stable: hits of the one it is compared with.
        margin: by how much the first rate may exceed the second.

    >>> log_evidence_of_excess(Count(10, 1000), Count(10, 1000))
    0.0
    >>> log_evidence_of_excess(Count(40, 1000), Count(10, 1000), margin=0.002) > math.log(100)
    True
    """
    if not candidate.total or not stable.total:
        return 0.0
    if candidate.hits / candidate.total <= stable.hits / stable.total + margin:
        return 0.0  # Whatever it is then, it is no evidence.
    base = _most_likely_base(candidate, stable, margin)
    return (
        _log_mixture(candidate)
        + _log_mixture(stable)
        - _log_likelihood(candidate, base + margin)
        - _log_likelihood(stable, base)
    )


def _most_likely_base(candidate: Count, stable: Count, margin: float) -> float:
    """The stable rate under which both counts are likeliest, the other being larger by the margin.
    Their likelihood is concave in it, so its slope has one zero."""
    low, high = 0.0, 1.0 - margin
    for _ in range(_HALVINGS):
        base = (low + high) / 2
        slope = _slope(candidate, base + margin) + _slope(stable, base)
        low, high = (base, high) if slope > 0 else (low, base)
    return (low + high) / 2


def _slope(count: Count, rate: float) -> float:
    hits, misses = count.hits, count.total - count.hits
    return (hits / rate if hits else 0.0) - (misses / (1 - rate) if misses else 0.0)


def _log_likelihood(count: Count, rate: float) -> float:
    hits, misses = count.hits, count.total - count.hits
    # Each term alone: 0 * log(0) is 0 here.
    first = hits * math.log(rate) if hits else 0.0
    return first + (misses * math.log1p(-rate) if misses else 0.0)


def _log_mixture(count: Count, a: float = _PRIOR, b: float = _PRIOR) -> float:
    return _log_beta(a + count.hits, b + count.total - count.hits) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def requests_to_find(
    rate: float, excess: float, margin: float, alpha: float, share: float = 0.5, power: float = 0.99
) -> int:
    """Return how many requests of the candidate it takes until an excess is found.

    Args:
        rate: the stable version's rate.
        excess: by how much the candidate's exceeds it.
        margin: by how much it may.
        alpha: the test's level.
        share: the candidate's share of all requests.
        power: how probably it is found within that many.

    Returns:
        The number, as large as a count at the edge of what chance does makes it.

    >>> 500 < requests_to_find(0.001, 0.01, 0.002, 0.001) < 5000
    True
    """
    if excess <= margin:
        raise ValueError(f"an excess of {excess:g} is within the margin of {margin:g}")
    bad, z = rate + excess, NormalDist().inv_cdf(power)

    def is_found(total: int) -> bool:
        other = max(1, round(total * (1 - share) / share))
        # Both counts bring chance; the candidate's unlucky side and the stable one's together.
        spread = z * math.sqrt(total * bad * (1 - bad) + (total / other) ** 2 * other * rate)
        hits = max(0, math.floor(total * bad - spread))
        found = log_evidence_of_excess(
            Count(min(hits, total), total), Count(round(other * rate), other), margin
        )
        return found >= -math.log(alpha)

    high = 1
    while not is_found(high):
        if high > 10**9:
            raise ValueError("no number of requests would do")
        high *= 2
    low = high // 2
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return high


def quantile_ranks(total: int, quantile: float, alpha: float) -> tuple[int, int]:
    """Return between which of the ordered samples a quantile lies, at all times at once.

    How many of n samples lie below the true quantile is a count of trials with a known rate, and
    that rate's mixture bet must not have won. Nothing is assumed of the distribution (Howard and
    Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
    identification", Bernoulli 28(3), 2022).

    Args:
        total: n.
        quantile: 0 to 1.
        alpha: how improbable it is that the quantile is ever outside.

    Returns:
        Ranks from 1 to n: the quantile is between the two samples. 0 stands for no lower bound,
        n + 1 for no upper one.

    >>> quantile_ranks(10_000, 0.5, 0.01)
    (4811, 5190)
    """
    a, b = quantile * _QUANTILE_PRIOR, (1 - quantile) * _QUANTILE_PRIOR
    most = -math.log(alpha)

    def is_credible(below: int) -> bool:
        count = Count(below, total)
        return _log_mixture(count, a, b) - _log_likelihood(count, quantile) < most

    middle = min(total, round(total * quantile))
    return _edge(is_credible, middle, 0), _edge(is_credible, middle, total) + 1


def _edge(holds: Callable[[int], bool], inside: int, outside: int) -> int:
    """The last number from `inside` on towards `outside` of which something holds."""
    if holds(outside):
        return outside
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside


class Moments:
    """Count, mean and variance of a stream (Welford, 1962), which add up over servers."""

    __slots__ = ("mean", "squares", "total")

    def __init__(self, total: int = 0, mean: float = 0.0, squares: float = 0.0) -> None:
        self.total, self.mean, self.squares = total, mean, squares

    @classmethod
    def of(cls, values: np.ndarray) -> Moments:
        """The moments of finite values, `[n]`."""
        if not values.size:
            return cls()
        mean = float(np.mean(values))
        return cls(int(values.size), mean, float(np.sum((values - mean) ** 2)))

    def variance(self) -> float:
        """The unbiased variance; 0 of fewer than two values."""
        return self.squares / (self.total - 1) if self.total > 1 else 0.0

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Return an interval that holds the mean at all times at once, as values become many.

        The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas
        ("Time-uniform central limit theory and asymptotic confidence sequences", Annals of
        Statistics 52(6), 2024), with its parameter set for the tightest bounds at 1,000 values.
        """
        n = self.total
        if n < 2:
            return -math.inf, math.inf
        log = -2 * math.log(alpha)
        rho2 = (log + math.log(log + 1)) / 1000
        inner = n * rho2 + 1
        width = math.sqrt(2 * inner / (n * n * rho2) * math.log(math.sqrt(inner) / alpha))
        width *= math.sqrt(self.variance())
        return self.mean - width, self.mean + width


def spent(alpha: float, look: int) -> float:
    """Return the part of a level that the n-th look may use; all looks together use it up.

    >>> round(sum(spent(0.01, look) for look in range(1, 10_000)), 4)
    0.01
    """
    return alpha * 6 / (math.pi * look) ** 2
