"""Long work beside requests: how often threads change, and when it makes way."""

import sys
import threading

import pytest

from tidefall.base import background
from tidefall.base.background import INTERVAL, background_work, yield_gil


@pytest.fixture(params=[0.005, 0.00001], ids=["longer", "shorter"])
def interval(request):
    before = sys.getswitchinterval()
    sys.setswitchinterval(request.param)
    yield request.param
    sys.setswitchinterval(before)


@pytest.fixture
def clocks(monkeypatch):
    """Time and processor time, for the test to move; and the pauses that were made."""

    class Clocks:
        time = computed = 0.0
        pauses = ()

        def work(self, seconds, waited=0.0):
            self.time += seconds + waited
            self.computed += seconds
            yield_gil()

    clocks = Clocks()
    monkeypatch.setattr(background, "perf_counter", lambda: clocks.time)
    monkeypatch.setattr(background, "thread_time", lambda: clocks.computed)

    def sleep(seconds):
        clocks.time += seconds
        clocks.pauses += (seconds,)

    monkeypatch.setattr(background, "sleep", sleep)
    return clocks


def test_threads_change_often_until_the_last_block_is_left(interval):
    first, second = background_work(), background_work()
    within = pytest.approx(min(INTERVAL, interval))
    with first:
        assert sys.getswitchinterval() == within
        second.__enter__()
    assert sys.getswitchinterval() == within
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(interval)


def test_an_error_ends_a_block_too(interval, clocks):
    with pytest.raises(ValueError, match="wrong"), background_work():
        raise ValueError("wrong")
    assert sys.getswitchinterval() == pytest.approx(interval)
    clocks.work(1.0, waited=1.0)
    assert not clocks.pauses


def test_work_stops_for_a_moment_where_it_was_in_the_way(clocks):
    with background_work():
        for _ in range(3):
            clocks.work(0.001, waited=0.001)
    assert clocks.pauses == (background.PAUSE,) * 3


def test_work_that_nobody_waits_for_does_not_stop(clocks):
    with background_work():
        for _ in range(100):
            clocks.work(0.001)
    assert not clocks.pauses


def test_short_pieces_are_taken_together(clocks):
    piece = background.SLICE / 4
    with background_work():
        for _ in range(9):
            clocks.work(piece, waited=piece)
    assert len(clocks.pauses) == 4


def test_a_pause_is_not_taken_for_waiting(clocks):
    with background_work():
        clocks.work(0.001, waited=0.001)
        clocks.work(0.001)
    assert len(clocks.pauses) == 1


def test_other_threads_do_not_make_way(clocks):
    with background_work():
        thread = threading.Thread(target=clocks.work, args=(0.001, 0.001))
        thread.start()
        thread.join()
    assert not clocks.pauses


def test_a_block_in_a_block_ends_nothing(clocks):
    with background_work():
        with background_work():
            clocks.work(0.001, waited=0.001)
        clocks.work(0.001, waited=0.001)
    clocks.work(0.001, waited=0.001)
    assert len(clocks.pauses) == 2
