"""Error rates and latencies, each with what chance alone would do, and fair samples."""

import math

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.execution import QueueFullError
from tidefall.serving.rollout.statistics import Reservoir, VersionStatistics


def outcome(seconds=0.001, error=None, **outputs):
    return Outcome(Call("m"), 0.0, seconds=seconds, version=1, outputs=outputs or None, error=error)


def failed(kind=errors.InternalError):
    return outcome(error=kind(None, None, "no"))


def test_failures_that_are_not_the_models_do_not_count():
    statistics = VersionStatistics()
    for kind in (errors.NotFoundError, errors.CancelledError, QueueFullError):
        statistics.add(failed(kind))
    assert (statistics.requests, statistics.error_rate()) == (0, 0)
    # Memory that a version runs out of is its own doing; a full queue is not.
    kinds = (errors.InternalError, errors.InvalidArgumentError, errors.ResourceExhaustedError)
    for kind in kinds:
        statistics.add(failed(kind))
    assert statistics.failed() == (3, 3)


def test_quantiles_have_bounds_where_there_is_enough_to_say():
    statistics = VersionStatistics()
    for n in range(100):
        statistics.add(outcome(n / 1000))
    assert statistics.latency(0.99, 0.01) is None
    low, value, high = statistics.latency(0.5, 0.01)
    assert low < value < high
    assert value == pytest.approx(0.050, rel=0.03)
    for n in range(100, 2000):
        statistics.add(outcome(n / 1000))
    low, value, high = statistics.latency(0.99, 0.01)
    assert low < value < high
    assert value == pytest.approx(1.98, rel=0.01)


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.0123, 3.0, 1e5, 1e9])
def test_latencies_are_known_to_a_hundredth(seconds):
    statistics = VersionStatistics()
    for _ in range(100):
        statistics.add(outcome(seconds))
    low, value, high = statistics.latency(0.5, 0.01)
    shown = min(max(seconds, 1e-6), 2.0**40 * 1e-6)
    assert value == pytest.approx(shown, rel=0.0112)
    assert low <= shown * (1 + 1e-9)
    assert high >= shown * (1 - 1e-9)


def test_what_servers_counted_adds_up():
    parts, whole = [VersionStatistics() for _ in range(3)], VersionStatistics()
    for n in range(600):
        made = failed() if n % 50 == 0 else outcome(n / 1e5)
        parts[n % 3].add(made)
        whole.add(made)
    added = VersionStatistics()
    for part in parts:
        added.merge(part.as_json())
    assert added.as_json() == whole.as_json()
    assert added.latency(0.5, 0.01) == whole.latency(0.5, 0.01)


def test_a_reservoir_is_a_fair_sample():
    places = np.zeros(100)
    for _ in range(2000):
        reservoir = Reservoir(10)
        reservoir.extend(list(range(100)))
        places[reservoir.values] += 1
    # Each is drawn 200 times, give or take 4 standard deviations.
    assert np.all(np.abs(places - 200) < 4 * math.sqrt(2000 * 0.1 * 0.9) + 10)
