"""Threads and buffers whose number is left to us follow what is measured."""

import threading

import numpy as np
import pytest

import tidefall as tf
from tidefall.data.engine import tuning

Dataset = tf.data.Dataset


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 1.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(tuning, "time", found)
    return found


def run(clock, tuner, seconds_for, windows, waiting=1.0):
    """The numbers of threads chosen, where an element takes `seconds_for(threads)`."""
    chosen = []
    for _ in range(windows):
        for _ in range(100):
            took = seconds_for(tuner.threads)
            clock.now += took
            tuner.taken(took * waiting)
        chosen.append(tuner.threads)
    return chosen


def tuner(most):
    found = tuning.ThreadTuner()
    found.begin(most)
    return found


def test_threads_are_added_as_long_as_they_help(clock):
    chosen = run(clock, tuner(8), lambda n: 0.01 / min(max(n, 0.9), 4), 40)
    assert 4 in chosen[:10]
    assert chosen.count(4) > 30
    assert max(chosen) <= 5


def test_threads_that_do_not_help_are_given_up(clock):
    chosen = run(clock, tuner(8), lambda n: 0.01 * (n + 1), 40)
    assert chosen.count(0) > 30


def test_threads_that_helped_once_are_given_up_when_they_do_no_more(clock):
    found = tuner(8)
    assert 4 in run(clock, found, lambda n: 0.01 / min(max(n, 0.9), 4), 40)
    assert run(clock, found, lambda n: 0.01 * (n + 1), 400)[-1] == 0


@pytest.mark.parametrize(
    ("seconds_for", "waiting", "threads"),
    [
        # A program that only waits, for work that keeps Python busy: handing over is a loss.
        (lambda n: 0.01 + 0.002 * n, 1.0, 0),
        # It works as long as the pipeline does: with the thread both go on at a time.
        (lambda n: 0.01 if n else 0.02, 0.5, 1),
        # It only waits, but the thread reads while it hands elements over.
        (lambda n: 0.01 - 0.002 * n, 1.0, 1),
        # It hardly waits.
        (lambda n: 0.01, 0.02, 1),
    ],
)
def test_prefetching_keeps_its_thread_where_it_pays(clock, seconds_for, waiting, threads):
    found = tuning.PrefetchTuner()
    found.begin(8)
    chosen = run(clock, found, seconds_for, 100, waiting)
    assert chosen.count(threads) > 85
    assert set(chosen) <= {0, 1}


def test_nobody_waits_so_nothing_changes(clock):
    assert set(run(clock, tuner(8), lambda n: 0.01, 20, waiting=0.02)) == {0}


def test_buffer_grows_when_it_was_full_and_is_empty():
    element = [np.zeros(1000, np.uint8)]
    buffer = tuning.BufferTuner(2, budget=20_000)
    assert not buffer.found_nothing(element)
    sizes = []
    for _ in range(6):
        buffer.found(buffer.size)
        buffer.found_nothing(element)
        sizes.append(buffer.size)
    assert sizes == [4, 8, 16, 16, 16, 16]


@pytest.mark.parametrize(("worth", "any_threads"), [(1e9, False), (0.0, True)])
def test_threads_are_started_where_the_work_is_worth_it(monkeypatch, worth, any_threads):
    monkeypatch.setattr(tuning, "WORTH_A_THREAD", worth)
    monkeypatch.setattr(tuning, "_WINDOW", 0.0)
    monkeypatch.setattr(tuning, "_GAIN", 0.0)

    def threads():
        return [t for t in threading.enumerate() if t.name == "tidefall-data"]

    def call(x):
        return tf.numpy_function(lambda x: x, [x], tf.int64)

    iterator = iter(Dataset.range(200).map(call, num_parallel_calls=tf.data.AUTOTUNE))
    assert [int(next(iterator)) for _ in range(50)] == list(range(50))
    assert bool(threads()) == any_threads
    assert [int(x) for x in iterator] == list(range(50, 200))
