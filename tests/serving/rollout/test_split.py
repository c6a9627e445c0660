"""Shares of requests."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.serving.rollout.split import choose

KEYS = [f"client {n}" for n in range(4000)]


def counts(shares, available=(1, 2, 3)):
    return Counter(choose(shares, available, key, "m") for key in KEYS)


@pytest.mark.parametrize("share", [1.0, 10.0, 50.0])
def test_keys_are_spread_by_weight(share):
    part = counts([(2, share), (1, 100 - share)])[2] / len(KEYS)
    # Four standard deviations of a binomial distribution.
    assert abs(part - share / 100) < 4 * (share / 100 * (1 - share / 100) / len(KEYS)) ** 0.5


def test_without_a_key_the_choice_is_random():
    drawn = Counter(choose([(2, 1.0), (1, 1.0)], (1, 2), None, "m") for _ in range(2000))
    assert 800 < drawn[1] < 1200


@given(st.text(), st.floats(0.1, 99), st.floats(0, 1))
def test_who_is_at_the_candidate_stays_there_while_its_share_grows(key, share, more):
    larger = share + more * (100 - share)
    if choose([(2, share), (1, 100 - share)], (1, 2), key, "m") == 2:
        assert choose([(2, larger), (1, 100 - larger)], (1, 2), key, "m") == 2


def test_versions_that_are_not_there_get_nothing():
    assert set(counts([(2, 1.0), (1, 99.0)], {1})) == {1}
    assert set(counts([(2, 0.0), (1, 1.0)])) == {1}
    assert choose([(2, 1.0)], {1}, None, "m") is None


def test_other_models_try_other_clients_first():
    shares = [(2, 50.0), (1, 50.0)]
    same = sum(choose(shares, (1, 2), k, "m") == choose(shares, (1, 2), k, "n") for k in KEYS)
    assert 0.45 < same / len(KEYS) < 0.55
