"""Processes that are killed or frozen while all reduce: the others notice, and go on together."""

import random
import signal
import time

import pytest

from tests.distribute.collectives.groups import Worker, workers

pytestmark = pytest.mark.process


def lose_one(count, size, victim, how, delay):
    with workers(count, size) as (where, found):
        for each in found:
            each.wait("formed", generation=1)
        time.sleep(delay)
        begin = time.time()
        found[victim].process.send_signal(how)
        rest = [each for each in found if each.rank != victim]
        for each in rest:
            error = each.wait("error", kind="UnavailableError")
            assert f"worker {victim} (" in error["message"]
            assert error["time"] - begin < 5
        members = [each.rank for each in rest]
        for each in rest:
            each.wait("formed", members=members)
        if how == signal.SIGSTOP:
            found[victim].process.send_signal(signal.SIGCONT)
            error = found[victim].wait("error")
            assert error["kind"] == "AbortedError" and "no member any more" in error["message"]
            found[victim].process.wait(20)
        back = Worker(where, victim, size)
        try:
            for each in [*rest, back]:
                each.wait("formed", 40, members=list(range(count)))
        finally:
            back.end()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_one_of_three_is_lost_and_comes_back(how):
    lose_one(3, 100_000, 0, how, 0.3)


def test_who_hears_nothing_of_most_does_not_train_on_alone():
    with workers(3, 100_000) as (_, found):
        for each in found:
            each.wait("formed", generation=1)
        for each in found[1:]:
            each.process.send_signal(signal.SIGSTOP)
        while True:
            error = found[0].wait("error")
            if error["kind"] == "AbortedError":
                break
        assert "hears nothing of" in error["message"] and "2 of 3 members" in error["message"]
        found[0].process.wait(20)
        for each in found[1:]:
            each.process.send_signal(signal.SIGCONT)
        for each in found[1:]:
            each.wait("formed", members=[1, 2])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_any_is_lost_at_any_time(seed):
    draw = random.Random(seed)
    count = draw.choice([2, 3, 4])
    how = draw.choice([signal.SIGKILL, signal.SIGSTOP])
    lose_one(
        count, draw.choice([10, 100_000, 2_000_000]), draw.randrange(count), how, draw.random()
    )
