"""Error rates and latencies, each with what chance alone would do, and fair samples."""

import math

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.rollout.statistics import Reservoir, VersionStatistics


def outcome(seconds=0.001, error=None, **outputs):
    return Outcome(Call("m"), 0.0, seconds=seconds, version=1, outputs=outputs or None, error=error)


def failed(kind=errors.InternalError):
    return outcome(error=kind(None, None, "no"))


def test_failures_that_are_not_the_models_do_not_count():
    statistics = VersionStatistics()
    for kind in (errors.NotFoundError, errors.CancelledError, errors.ResourceExhaustedError):
        statistics.add(failed(kind))
    assert (statistics.requests, statistics.error_rate(), statistics.least_error_rate()) == (
        0,
        0,
        0,
    )
    for kind in (errors.InternalError, errors.InvalidArgumentError, errors.DeadlineExceededError):
        statistics.add(failed(kind))
    assert (statistics.requests, statistics.errors) == (3, 3)


@pytest.mark.parametrize(("requests", "failures"), [(100, 0), (100, 10), (1000, 100), (10, 10)])
def test_the_least_error_rate_is_2_326_deviations_from_the_one_seen(requests, failures):
    statistics = VersionStatistics()
    for n in range(requests):
        statistics.add(failed() if n < failures else outcome())
    least, seen = statistics.least_error_rate(), failures / requests
    # The score test that Wilson's interval inverts.
    deviation = math.sqrt(least * (1 - least) / requests)
    assert seen - least == pytest.approx(2.326 * deviation, abs=1e-6)


def test_quantiles_have_bounds_where_there_is_enough_to_say():
    statistics = VersionStatistics()
    for n in range(100):
        statistics.add(outcome(n / 1000))
    assert statistics.latency(0.99) is None
    low, value, high = statistics.latency(0.5)
    assert (low, value, high) == (0.038, 0.050, 0.062)
    for n in range(100, 2000):
        statistics.add(outcome(n / 1000))
    low, value, high = statistics.latency(0.99)
    assert low < value == 1.98 < high


def test_a_reservoir_is_a_fair_sample():
    places = np.zeros(100)
    for _ in range(2000):
        reservoir = Reservoir(10)
        reservoir.extend(list(range(100)))
        places[reservoir.values] += 1
    # Each is drawn 200 times, give or take 4 standard deviations.
    assert np.all(np.abs(places - 200) < 4 * math.sqrt(2000 * 0.1 * 0.9) + 10)
