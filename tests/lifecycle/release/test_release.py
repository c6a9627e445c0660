"""Releases on real servers: the way out, the way back, and what the audit log tells of them."""

from __future__ import annotations

import re
import threading

import pytest

from tidefall.base import errors
from tidefall.lifecycle.release.fleet import Server
from tidefall.lifecycle.release.steering import go_back, pause, resume
from tests.lifecycle.release.conftest import TOKEN


def test_a_good_version_goes_out_step_by_step(place):
    place.serve()
    version = place.register("better")
    with place.traffic() as seen:
        assert place.release(version) == "promoted"
    assert seen.errors == []
    assert place.story() == [
        *("begin", "approved", "loaded", "replayed", "shadowed"),
        *("step", "step", "promoting", "promoted"),
    ]
    with place.registry() as registry:
        assert registry.version("half", "Production").number == version
        assert registry.version("half", 1).stage == "Archived"


def test_a_version_that_fails_some_requests_goes_back_by_itself(place):
    place.serve()
    version = place.register("failing")
    with place.traffic():
        assert place.release(version) == "rolled back"
    assert place.story()[-2:] == ["going_back", "rolled_back"]
    assert "error rate: " in place.log()[-1]["details"]["reason"]
    with place.traffic() as seen:
        while len(seen.answers) < 50:
            pass
    assert seen.errors == []


def test_a_registered_version_answers_nobody_while_another_is_held(place):
    server = place.serve()
    Server(server.url, TOKEN).of_model("DELETE", "half", "rollout")
    runner = place.runner()
    runner.hold(1)
    runner.registry.close()
    version = place.register("shifted")
    place.wait_for_version(version)
    with place.traffic() as seen:
        place.wait(lambda: len(seen.answers) > 20)
    assert all(abs(y - x / 2) < 1e-6 for x, y in seen.answers)


def test_a_version_is_replayed_and_shadowed_before_anybody_sees_it(place):
    place.serve()
    place.record(40)
    version = place.register("better")
    with place.traffic():
        ended = place.release(
            version,
            replay={"recording": "day.tfrecord", "minimum": 40},
            shadow={"requests": 20, "seconds": 0},
        )
    assert ended == "promoted"
    replayed, shadowed = (
        next(e["details"] for e in place.log() if e["action"] == f"release.{what}")
        for what in ("replayed", "shadowed")
    )
    assert (replayed["requests"], replayed["equal"]) == (40, 40)
    assert shadowed["equal"] == shadowed["requests"] >= 20


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        ({"replay": {"recording": "day.tfrecord"}}, "replay: "),
        ({"replay": {"recording": "night.tfrecord"}}, "replay: .* no recording 'night.tfrecord'"),
        ({"replay": {"recording": "day.tfrecord", "minimum": 500}}, "40 of 500 requests"),
        ({"shadow": {"requests": 200, "seconds": 0}}, r"shadow: \d+ of \d+ requests failed"),
    ],
)
def test_a_version_that_fails_behind_the_scenes_is_never_seen(place, stage, reason):
    place.serve()
    place.record(40)
    version = place.register("failing")
    with place.traffic() as seen:
        assert place.release(version, **stage) == "rolled back"
    assert seen.errors == []
    assert "step" not in place.story()
    assert re.search(reason, place.log()[-1]["details"]["reason"])


def test_the_fleet_is_judged_together_and_goes_back_together(place):
    for number in range(2):
        place.serve(number)
    version = place.register("failing")
    with place.traffic(clients=4) as seen:
        assert place.release(version, guardrails={"prediction_shift": None}) == "rolled back"
        begin = len(seen.errors)
        place.wait(lambda: len(seen.answers) > begin + 100)
    for server in place.servers:
        assert place.answering(server) == {"1": 100.0}


def test_a_fleet_is_promoted_step_by_step(place):
    for number in range(2):
        place.serve(number)
    version = place.register("better")
    with place.traffic() as seen:
        assert place.release(version) == "promoted"
    assert seen.errors == []
    assert all(place.answering(s) == {"2": 100.0} for s in place.servers)


def test_a_release_waits_for_those_who_must_approve(place):
    place.serve()
    version = place.register("better")
    ended = []
    thread = threading.Thread(
        target=lambda: ended.append(
            place.release(version, approvals={"needed": 1, "by": ["bob", "eve"]})
        )
    )
    with place.traffic():
        thread.start()
        place.wait(lambda: "waits for approval 1 of 1 of bob, eve" in place.said)
        with place.registry("carl") as registry:
            registry.approve("half", version)
        assert place.story() == ["begin"]
        with place.registry("bob") as registry:
            registry.approve("half", version)
        thread.join(30)
    assert ended == ["promoted"]
    assert next(e for e in place.log() if e["action"] == "release.approved")["details"]["by"] == [
        "bob"
    ]


@pytest.fixture
def waiting(place):
    """A release whose first step waits for more requests than come."""
    place.serve()
    version = place.register("better")
    ended = []
    thread = threading.Thread(
        target=lambda: ended.append(place.release(version, canary={"requests": 10**6}))
    )
    with place.traffic(pause=0.01):
        thread.start()
        place.wait(lambda: "step" in place.story())
        yield ended
        thread.join(30)
    assert not thread.is_alive()


def test_a_release_is_paused_resumed_and_aborted(place, waiting):
    server = place.servers[0]
    place.wait(lambda: place.answering(server) == {"1": 80.0, "2": 20.0})
    with place.registry("bob") as registry:
        pause(registry, "half")
        assert place.canary(server)["status"] == "paused"
        resume(registry, "half")
        assert place.canary(server)["status"] == "running"
        go_back(registry, "half", reason="aborted by bob")
    assert place.answering(server) == {"1": 100.0}
    place.wait(lambda: waiting == ["rolled back"])
    assert place.story()[-4:] == ["pause", "resume", "going_back", "rolled_back"]
    with place.registry("bob") as registry:
        with pytest.raises(errors.FailedPreconditionError, match="no release of model 'half' is"):
            pause(registry, "half")
        go_back(registry, "half")  # Once more changes nothing.
    assert place.story()[-2:] == ["going_back", "rolled_back"]


def test_only_one_process_runs_a_release_of_a_model(place, waiting):
    with place.registry() as registry:
        runner = place.runner()
        with pytest.raises(errors.AbortedError, match="another process runs a release"):
            runner.run(2)
        runner.registry.close()
        go_back(registry, "half")


def test_a_version_that_was_promoted_is_rolled_back(place):
    place.serve()
    version = place.register("better")
    with place.traffic() as seen:
        assert place.release(version, promotion={"alias": "champion"}) == "promoted"
        with place.registry() as registry:
            assert go_back(registry, "half")[0] == 1
            assert registry.version("half", "Production").number == 1
            assert registry.model("half").aliases == {"champion": 1}
    assert seen.errors == []
    assert place.answering(place.servers[0]) == {"1": 100.0}


def test_nothing_is_rolled_back_to_where_nobody_knows(place):
    with place.registry() as registry, pytest.raises(errors.FailedPreconditionError, match="--to"):
        go_back(registry, "half")


def test_a_release_that_was_promoted_is_not_run_twice(place):
    place.serve()
    version = place.register("better")
    with place.traffic():
        assert place.release(version) == "promoted"
    before = place.log()
    assert place.release(version) == "promoted"
    assert place.log() == before


def test_a_release_begun_with_another_plan_is_not_taken_up(place, waiting):
    with place.registry() as registry:
        go_back(registry, "half")
    place.wait(lambda: waiting == ["rolled back"])
    runner = place.runner()
    runner.registry.record(
        "release.begin", "half", release="half-2-9", candidate=2, stable=1, digest="other", plan={}
    )
    with pytest.raises(errors.FailedPreconditionError, match="plan is another"):
        runner.run(2)
    with pytest.raises(errors.FailedPreconditionError, match="release half-2-9 of version 2 is"):
        runner.run(1)
    runner.registry.close()
