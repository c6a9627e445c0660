"""Failures that releases are there for: each is made, seen by its signal, met by its control."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.lifecycle.release.steering import go_back
from tidefall.serving.models.config import LoadSettings
from tests.lifecycle.release.conftest import MODEL


def reason(place):
    return place.log()[-1]["details"]["reason"]


def test_a_version_that_cannot_be_loaded_answers_nobody(place):
    place.serve()
    runner = place.runner()
    runner.hold(1)
    runner.registry.close()
    version = place.register("better")
    saved = place.store / "models" / MODEL / str(version) / "saved_model.pb"
    saved.chmod(0o644)
    saved.write_bytes(saved.read_bytes()[:100])
    with place.traffic() as seen:
        assert place.release(version) == "rolled back"
    assert seen.errors == []
    assert "cannot load version 2: " in reason(place)


def test_a_slow_version_goes_back(place):
    place.serve()
    version = place.register("slow")
    with place.traffic() as seen:
        ended = place.release(
            version,
            guardrails={"latency": {"quantile": 0.5, "ratio": 2.0}, "prediction_shift": None},
            canary={"requests": 10**6},
        )
    assert ended == "rolled back"
    assert seen.errors == []
    assert "latency: the 0.5 quantile is " in reason(place)


def test_a_version_that_answers_otherwise_goes_back(place):
    place.serve()
    version = place.register("shifted")
    with place.traffic():
        assert place.release(version, canary={"requests": 10**6}) == "rolled back"
    assert "drift of serving_default/y: " in reason(place)


def test_a_cold_version_is_warm_before_it_answers(place):
    """The first request of a version traces its graph; the replay takes that upon itself."""
    place.serve()
    place.record(5)
    version = place.register("better")
    with place.traffic() as seen:
        ended = place.release(
            version,
            replay={"recording": "day.tfrecord"},
            guardrails={"latency": {"quantile": 0.9, "ratio": 3.0}},
        )
    assert (ended, seen.errors) == ("promoted", [])
    first = next(
        n for n, e in enumerate(place.log()) if e["action"] == "release.replayed"
    )
    assert place.log()[first]["details"]["p99_ms"] is not None
    assert all(e["action"] != "release.step" for e in place.log()[:first])


def test_two_versions_that_are_slow_together_are_told_from_one_that_is(place):
    """Other work on the machine slows both: that is no reason to go back."""
    place.serve()
    version = place.register("better")
    stop = threading.Event()

    def burden():
        rows = np.random.default_rng(0).normal(size=(300, 300))
        while not stop.is_set():
            rows @ rows  # noqa: B018

    threads = [threading.Thread(target=burden) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        with place.traffic():
            assert place.release(version, guardrails={"latency": {"quantile": 0.9}}) == "promoted"
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_going_back_works_where_the_disk_is_full(place, monkeypatch):
    """The server's audit log takes nothing any more, and the registry's neither."""
    place.serve()
    version = place.register("better")
    thread = threading.Thread(target=place.release, args=(version,), kwargs=SLOWLY)
    with place.traffic(), place.registry() as registry:
        thread.start()
        place.wait(lambda: "step" in place.story())
        place.wait(lambda: place.answering(place.servers[0]).get("2"))

        def full(*arguments, **details):
            raise errors.UnavailableError(None, None, "no space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(place.servers[0].control.rollouts._audit, "write", full)
            patched.setattr(registry, "record", full)
            with pytest.raises(errors.UnavailableError, match="no space left"):
                go_back(registry, MODEL)
            assert place.answering(place.servers[0]) == {"1": 100.0}
        thread.join(30)
    assert place.story()[-1] == "rolled_back"


def test_going_back_reaches_who_it_can_and_says_who_not(place):
    for number in range(2):
        place.serve(number)
    version = place.register("better")
    with place.traffic():
        assert place.release(version) == "promoted"
    gone = place.servers.pop()
    gone.stop(drain_seconds=0)
    with place.registry() as registry:
        with pytest.raises(errors.UnavailableError, match="1 servers are back at version 1"):
            go_back(registry, MODEL)
        assert place.answering(place.servers[0]) == {"1": 100.0}
        place.serve(1, port=gone.port)
        place.wait_for_version(1)
        assert go_back(registry, MODEL)[1] == sorted(s.url for s in place.servers)
    assert all(place.answering(s) == {"1": 100.0} for s in place.servers)


def test_a_server_that_is_overloaded_is_rolled_back_all_the_same(place):
    """All threads are busy with requests; the admin API has its own."""
    place.serve()
    version = place.register("slow")
    thread = threading.Thread(target=place.release, args=(version,), kwargs=SLOWLY)
    with place.traffic(pause=0, clients=8), place.registry() as registry:
        thread.start()
        place.wait(lambda: place.answering(place.servers[0]).get("2"), 60)
        began = time.monotonic()
        go_back(registry, MODEL)
        print(f"going back took {time.monotonic() - began:.2f} s under load")
        assert place.answering(place.servers[0]) == {"1": 100.0}
        thread.join(30)


def test_a_server_that_is_gone_holds_the_step(place):
    for number in range(2):
        place.serve(number)
    version = place.register("better")
    thread = threading.Thread(target=place.release, args=(version,), kwargs=SLOWLY)
    with place.traffic():
        thread.start()
        place.wait(lambda: "step" in place.story())
        place.wait(lambda: all(place.answering(s).get("2") for s in place.servers))
    gone = place.servers.pop()
    gone.stop(drain_seconds=0)
    time.sleep(0.5)
    assert place.story()[-1] == "step"
    place.serve(1, port=gone.port)
    with place.registry() as registry:
        go_back(registry, MODEL)
    thread.join(30)
    assert place.story()[-1] == "rolled_back"


def test_a_version_that_needs_more_memory_than_there_is_answers_nobody(place):
    one = place.serve().control.rollouts._manager.budget.taken
    place.servers.pop().stop(drain_seconds=0)
    place.serve(loading=LoadSettings(memory_limit=int(1.5 * one)))
    version = place.register("better")
    with place.traffic() as seen:
        assert place.release(version) == "rolled back"
    assert seen.errors == []
    assert "cannot load version 2: RESOURCE_EXHAUSTED: half version 2 would not fit" in reason(place)


SLOWLY = {
    "canary": {"requests": 10**6},
    "guardrails": {"latency": {"ratio": 1000.0}, "prediction_shift": None},
}
