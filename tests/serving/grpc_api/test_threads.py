"""The threads of the gRPC server: who may work, and who waits."""

import random
import threading
import time
from queue import SimpleQueue

import pytest

from tidefall.serving.grpc_api.threads import RequestThreads

SECONDS = 20


@pytest.fixture
def threads_of():
    made = []

    def make(running, most):
        made.append(RequestThreads(running, most))
        return made[-1]

    yield make
    for threads in made:
        threads.shutdown()


def test_a_slow_sender_is_served_though_no_other_request_follows(threads_of):
    threads, arrives = threads_of(1, 8), threading.Event()

    def slow():
        arrives.wait(SECONDS)
        threads.received()
        return "slow"

    def quick():
        threads.received()
        return "quick"

    late, other = threads.submit(slow), threads.submit(quick)
    # It comes to this only because the permit of the slow one is taken away.
    assert other.result(SECONDS) == "quick"
    arrives.set()
    assert late.result(SECONDS) == "slow"
    assert threads.submit(quick).result(SECONDS) == "quick"


def test_slow_senders_are_served_though_they_took_every_thread(threads_of, wait_for):
    threads, arrive = threads_of(1, 3), threading.Event()

    def slow():
        arrive.wait(SECONDS)
        threads.received()

    late = [threads.submit(slow) for _ in range(3)]
    following = threads.submit(lambda: "quick")
    wait_for(lambda: len(threads._overdue) == 3)
    arrive.set()
    for future in late:
        future.result(SECONDS)
    assert following.result(SECONDS) == "quick"


def test_no_more_requests_run_at_once_than_may(threads_of):
    threads, arrive, release = threads_of(2, 16), threading.Event(), threading.Event()
    lock, at_once, most = threading.Lock(), 0, 0

    def slow():
        nonlocal at_once, most
        arrive.wait(SECONDS)
        threads.received()
        with lock:
            at_once += 1
            most = max(most, at_once)
        release.wait(0.02)  # Time for others to run as well, if they may.
        with lock:
            at_once -= 1

    futures = [threads.submit(slow) for _ in range(8)]
    assert threads.submit(lambda: "all have begun").result(SECONDS)
    arrive.set()
    for future in futures:
        future.result(SECONDS)
    assert most <= 2


def test_as_many_requests_run_at_once_as_may_after_others_stepped_aside(threads_of):
    threads, release = threads_of(2, 64), threading.Event()

    def wait():
        threads.received()
        threads.step_aside()
        release.wait(SECONDS)

    for _ in range(10):
        waiting = [threads.submit(wait) for _ in range(4)]
        together = threading.Barrier(2)
        meeting = [threads.submit(together.wait, SECONDS) for _ in range(2)]
        assert {future.result(SECONDS) for future in meeting} == {0, 1}
    release.set()
    for future in waiting:
        future.result(SECONDS)


@pytest.mark.parametrize("seed", range(4))
def test_requests_of_all_kinds_come_to_their_end(threads_of, seed):
    source = random.Random(seed)
    running, most = source.choice([1, 2, 4]), source.choice([4, 8, 64])
    threads, waiting = threads_of(running, most), SimpleQueue()

    def answer_those_that_wait():
        while (event := waiting.get()) is not None:
            event.set()

    def request(kind, seconds):
        time.sleep(seconds)  # Its sender takes so long.
        if kind == "refused":
            return
        threads.received()
        if kind == "waits":
            answered = threading.Event()
            threads.step_aside()
            waiting.put(answered)
            assert answered.wait(SECONDS)

    answering = threading.Thread(target=answer_those_that_wait)
    answering.start()
    kinds, delays = ["refused", "runs", "waits", "waits"], [0, 0, 0, 0.002, 0.08]
    for _ in range(5):
        count = source.choice([1, 5, 40])
        futures = [
            threads.submit(request, source.choice(kinds), source.choice(delays))
            for _ in range(count)
        ]
        for future in futures:
            future.result(SECONDS)
    waiting.put(None)
    answering.join(SECONDS)
