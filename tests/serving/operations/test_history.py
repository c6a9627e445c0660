"""Five minutes of requests: what is counted, when it goes, and how much room it takes."""

import threading

import pytest

from tidefall.base import errors
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.states import State, VersionStatus
from tidefall.serving.operations.history import STEPS, History, quantile


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def history(clock):
    return History(clock)


def ask(history, seconds=0.004, version=1, model="m", error=None):
    outcome = Outcome(Call(model), 0.0, seconds, version=version, error=error)
    history.observe(outcome)


def test_requests_are_counted_by_step_and_version(history, clock):
    ask(history)
    ask(history, 0.2, version=2, error=errors.InternalError(None, None, "no"))
    ask(history, version=None, error=errors.NotFoundError(None, None, "no such model"))
    assert history.as_json()["points"] == []  # The step is not over.
    clock.now += 2
    ask(history)
    [[ago, requests, failed, half, most]] = history.as_json()["points"]
    assert (ago, requests, failed) == (1, 3, 2)
    assert 0.0025 < half < 0.005 < 0.1 < most <= 0.25
    clock.now += 6
    assert [point[:3] for point in history.as_json()["points"]] == [[4, 3, 2], [3, 1, 0]]
    assert history.as_json()["uptime"] == 8
    first = history.of_version("m", 1)
    assert (first["requests"], first["failed"]) == (2, 0)
    assert 0.0025 < first["half"] < first["most"] <= 0.005
    assert history.of_version("m", 2)["failed"] == 1
    none = {"requests": 0, "failed": 0, "half": None, "most": None}
    assert history.of_version("m", 3) == history.of_version("n", 1) == none


def test_what_is_older_than_five_minutes_is_gone(history, clock):
    ask(history)
    clock.now += 300
    assert history.as_json()["points"][0][0] == STEPS
    clock.now += 2
    assert history.as_json()["points"] == []
    assert history.of_version("m", 1)["requests"] == 0


def test_it_takes_no_more_room_than_five_minutes_of_the_loaded_versions_do(history, clock):
    for number in range(3 * STEPS):
        clock.now += 2
        ask(history, version=1)
        ask(history, version=1000 + number)
        history.listen("m", VersionStatus(1000 + number, State.UNLOADING))
        history.listen("m", VersionStatus(1000 + number, State.END))
    assert len(history._all) == len(history._versions["m", 1]) == STEPS
    assert history._versions.keys() == {("m", 1)}
    for number in range(3 * STEPS):  # Counted after the version was unloaded.
        clock.now += 2
        ask(history, version=9000 + number)
    assert len(history._versions) <= STEPS + 2


def test_threads_lose_no_request(history):
    threads = [
        threading.Thread(target=lambda: [ask(history) for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert history.of_version("m", 1)["requests"] == 4000


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [
        ([0, 0, 0], 0.5, None),
        ([4, 0, 0], 0.5, 0.5),
        ([4, 0, 0], 1.0, 1.0),
        ([1, 1, 0], 0.75, 2.0),
        ([1, 0, 1], 0.99, 3.0),
        ([0, 0, 7], 0.5, 3.0),
    ],
)
def test_quantiles(counts, share, value):
    assert quantile([1.0, 3.0], counts, share) == value
