"""Batch sizes and delays that find themselves, shown against models with known run times."""

import pytest

from tidefall.serving.batching.automatic import AutomaticPolicy
from tidefall.serving.batching.queues import Batch


def batch(rows, seconds, limit=256, requests=None, idle=0.0, joined=0, waited=0.0):
    size = 1 << (rows - 1).bit_length()
    requests = rows if requests is None else requests
    return Batch("m", "s", requests, rows, size, limit, waited, idle, joined, seconds)


def settled(target, run_time, batches=200):
    """The policy after as many batches, each as large as it lets them be."""
    policy = AutomaticPolicy(target)
    for _ in range(batches):
        rows = policy.rows
        policy.ran(batch(rows, run_time(policy.size(rows)), limit=rows))
    return policy


@pytest.mark.parametrize(
    ("run_time", "rows"),
    [
        (lambda n: 0.0002 + 0.00001 * n, 256),
        (lambda n: 0.002 + 0.0002 * n, 64),  # 2 * 14.8 ms fit into 40, 2 * 27.6 do not.
        (lambda n: 0.030 + 0.001 * n, 1),  # Not even one request meets the target.
        (lambda n: 0.001 * n, 16),
    ],
    ids=["fast", "bounded by the target", "too slow", "no gain"],
)
def test_batches_grow_as_far_as_latency_and_gain_allow(run_time, rows):
    assert settled(0.05, run_time).rows == rows


def test_sizes_grow_one_step_at_a_time():
    policy = AutomaticPolicy(0.05)
    seen = []
    for _ in range(12):
        seen.append(policy.rows)
        policy.ran(batch(policy.rows, 0.001))
    assert seen == [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32]


def test_the_first_run_of_a_size_does_not_count():
    policy = AutomaticPolicy(0.05)
    policy.ran(batch(1, 9.0))
    policy.ran(batch(1, 0.001))
    assert policy.rows == 2


def test_requests_of_many_rows_teach_about_fewer():
    policy = AutomaticPolicy(0.05)
    for _ in range(2):
        policy.ran(batch(16, 0.002, requests=1))
    assert policy.rows == 32


def test_a_size_that_was_slow_once_is_tried_again():
    policy = settled(0.05, lambda n: 0.001)
    for _ in range(20):
        policy.ran(batch(256, 0.2))
    assert policy.rows < 256
    for _ in range(30_000):
        policy.ran(batch(policy.rows, 0.001))
    assert policy.rows == 256


def test_sizes_are_powers_of_two():
    policy = AutomaticPolicy(0.05)
    assert [policy.size(rows) for rows in (1, 2, 3, 5, 64, 65)] == [1, 2, 4, 8, 64, 128]


def test_a_lone_client_never_waits():
    policy = AutomaticPolicy(0.05)
    for _ in range(50):
        policy.ran(batch(1, 0.001, limit=policy.rows))
        assert policy.due(first=7.0, last=7.0) == 7.0


def test_many_clients_make_batches_wait_and_waiting_in_vain_ends_it():
    policy = settled(0.05, lambda n: 0.001)
    for _ in range(30):
        policy.ran(batch(3, 0.001, limit=policy.rows, waited=0.003))
    grown = policy.delay
    assert 0 < grown <= 0.02
    assert 7.0 < policy.due(first=7.0, last=7.0) <= 7.0 + grown
    for _ in range(10):
        policy.ran(batch(1, 0.001, limit=policy.rows, idle=grown, joined=0, waited=grown))
    assert policy.delay == 0


def test_waiting_leaves_time_for_two_batches():
    policy = settled(0.05, lambda n: 0.008 + 0.00005 * n)
    for _ in range(500):
        policy.ran(batch(3, 0.008, limit=policy.rows, idle=0.001, joined=1))
    assert policy.delay + 2 * 0.008 < 0.05
