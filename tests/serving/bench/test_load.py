"""Arrival times, figures, and the search for the highest rate."""

import math

import numpy as np
import pytest

from tidefall.serving.bench.load import Load, Result, table
from tidefall.serving.bench.search import highest_rate


def test_arrivals_are_a_poisson_process_that_the_seed_repeats():
    load = Load(rate=1000, seconds=9, warmup=1, seed=3)
    times = load.arrivals()
    assert times == load.arrivals() != Load(rate=1000, seconds=9, warmup=1, seed=4).arrivals()
    assert times == sorted(times) and times[-1] < 10
    gaps = np.diff(times)
    # Mean and deviation of an exponential distribution are the same.
    assert np.mean(gaps) == pytest.approx(1e-3, rel=0.05)
    assert np.std(gaps) == pytest.approx(1e-3, rel=0.05)


def test_quantiles_are_exact():
    result = Result(Load(), seconds=2.0, latencies=[i / 1000 for i in range(1, 101)])
    figures = result.as_json()
    assert figures["answered_per_second"] == 50
    assert figures["latency_ms"]["p50"] == 51
    assert figures["latency_ms"]["p99"] == 100
    assert figures["latency_ms"]["max"] == 100


def test_without_answers_there_are_no_figures():
    result = Result(Load(rate=5.0), seconds=1.0)
    result.failures["HTTP 429"] = 5
    assert math.isnan(result.quantile(0.99))
    assert result.as_json()["latency_ms"]["p99"] is None
    assert table([result]).splitlines()[-1] == "  5 x HTTP 429"


class Queue:
    """A server of which the latency explodes from a rate on."""

    def __init__(self, capacity, failures=0):
        self.capacity, self.failures = capacity, failures

    def run(self, load):
        result = Result(load, seconds=1.0)
        result.failures.update({"HTTP 500": self.failures} if self.failures else {})
        rate = load.rate or self.capacity * 1.2
        result.latencies = [0.01 if rate <= self.capacity else 0.2] * int(rate)
        return result


@pytest.mark.parametrize("capacity", [3, 70, 1000, 33_000])
def test_the_search_ends_close_below_the_capacity(capacity):
    best = highest_rate(Queue(capacity), Load(), limit=0.05)
    assert capacity * 0.9 <= best.load.rate <= capacity


def test_a_rate_at_which_requests_fail_is_no_answer():
    assert highest_rate(Queue(100, failures=1), Load(), limit=0.05) is None
