"""Tests that may be looked at all the time: exact against other computations, and by simulation."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from tidefall.serving.rollout.sequential import (
    Count,
    Moments,
    log_evidence_of_excess,
    quantile_ranks,
    requests_to_find,
    spent,
)


@pytest.mark.parametrize(
    ("candidate", "stable", "margin"),
    [
        (Count(40, 1000), Count(10, 1000), 0.002),
        (Count(3, 10), Count(0, 10_000), 0.0),
        (Count(10, 10), Count(0, 10), 0.5),
        (Count(900, 1000), Count(500, 1000), 0.1),
        (Count(1, 1), Count(0, 1), 0.01),
    ],
)
def test_the_evidence_is_the_mixture_over_the_best_that_the_hypothesis_can_do(
    candidate, stable, margin
):
    def mixture(count):
        return stats.betabinom.logpmf(count.hits, count.total, 0.5, 0.5)

    def against(base):
        rates = (candidate, base + margin), (stable, base)
        return sum(stats.binom.logpmf(c.hits, c.total, rate) for c, rate in rates)

    best = optimize.minimize_scalar(
        lambda base: -against(base),
        bounds=(0, 1 - margin),
        method="bounded",
        options={"xatol": 1e-12},
    )
    expected = mixture(candidate) + mixture(stable) + best.fun
    found = log_evidence_of_excess(candidate, stable, margin)
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("share", [0.05, 0.5])
@pytest.mark.parametrize(("rate", "margin"), [(0.0005, 0.0), (0.02, 0.0), (0.02, 0.01), (0.5, 0.0)])
def test_equal_versions_are_hardly_ever_told_apart_however_often_one_looks(rate, margin, share):
    random, alpha, runs = np.random.default_rng(5), 0.05, 300
    # Requests of the candidate between two looks, in turns of very different lengths.
    steps = np.unique(np.geomspace(1, 20_000, 120).astype(int))
    ever = 0
    for _ in range(runs):
        ours = random.binomial(np.diff(steps, prepend=0), rate + margin).cumsum()
        others = (steps * (1 - share) / share).astype(int)
        theirs = random.binomial(np.diff(others, prepend=0), rate).cumsum()
        looks = zip(ours, steps, theirs, others, strict=True)
        ever += any(
            log_evidence_of_excess(Count(int(a), int(n)), Count(int(b), int(m)), margin)
            >= -math.log(alpha)
            for a, n, b, m in looks
        )
    assert ever <= alpha * runs


def test_an_excess_is_found_within_the_number_of_requests_that_was_said():
    random, rate, excess, margin, alpha = np.random.default_rng(6), 0.005, 0.01, 0.002, 0.001
    for share in (0.05, 0.5):
        total = requests_to_find(rate, excess, margin, alpha, share)
        other = round(total * (1 - share) / share)
        found = sum(
            log_evidence_of_excess(
                Count(int(random.binomial(total, rate + excess)), total),
                Count(int(random.binomial(other, rate)), other),
                margin,
            )
            >= -math.log(alpha)
            for _ in range(400)
        )
        assert found >= 0.97 * 400


def test_an_excess_within_the_margin_is_none_to_be_found():
    with pytest.raises(ValueError, match="within the margin"):
        requests_to_find(0.01, 0.002, 0.002, 0.01)


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.99])
def test_a_quantile_is_hardly_ever_outside_of_its_bounds(quantile):
    random, alpha, runs = np.random.default_rng(7), 0.05, 200
    totals = np.unique(np.geomspace(5, 5000, 60).astype(int))
    ranks = {int(n): quantile_ranks(int(n), quantile, alpha) for n in totals}
    outside = 0
    for _ in range(runs):
        values = random.lognormal(size=totals[-1])
        truth = math.exp(stats.norm.ppf(quantile))
        for n, (low, high) in ranks.items():
            ordered = np.sort(values[:n])
            above = low > 0 and ordered[low - 1] > truth
            below = high <= n and ordered[high - 1] < truth
            if above or below:
                outside += 1
                break
    assert outside <= alpha * runs


def test_few_samples_bound_no_high_quantile():
    low, high = quantile_ranks(100, 0.99, 0.01)
    assert high == 101
    assert 0 < low < 100


def test_means_stay_within_their_bounds_and_bounds_close_in():
    random, alpha, runs = np.random.default_rng(8), 0.05, 200
    totals = np.unique(np.geomspace(100, 10_000, 40).astype(int))
    outside = 0
    for _ in range(runs):
        values = random.exponential(3.0, size=totals[-1])
        bounds = [Moments.of(values[:n]).bounds(alpha) for n in totals]
        outside += any(not low <= 3.0 <= high for low, high in bounds)
    assert outside <= alpha * runs
    low, high = Moments.of(random.exponential(3.0, size=10_000)).bounds(alpha)
    assert high - low < 0.5


def test_moments_are_those_of_all_values():
    values = np.random.default_rng(9).normal(5, 2, 100)
    found = Moments.of(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.variance() == pytest.approx(values.var(ddof=1))
    assert Moments.of(values[:1]).bounds(0.01) == (-math.inf, math.inf)


def test_looks_use_up_a_level_and_no_more():
    assert sum(spent(0.01, look) for look in range(1, 10_000)) < 0.01
