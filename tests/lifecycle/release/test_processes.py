"""The commands as processes of their own, killed where it hurts, and how long going back takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.lifecycle.release.conftest import TOKEN

pytestmark = pytest.mark.process


def start(place, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "tidefall", *arguments],
        cwd=place.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "TIDEFALL_ADMIN_TOKEN": TOKEN},
    )  # fmt: skip


def run(place, *arguments):
    process = start(place, *arguments)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("moment", ["loaded", "shadowed", "step", "promoting"])
def test_a_release_that_is_killed_goes_on_where_it_was_and_does_nothing_twice(place, moment):
    place.serve()
    version = place.register("better")
    plan = place.plan(shadow={"requests": 10, "seconds": 0})
    command = ("release", "run", str(plan), str(version))
    with place.traffic() as seen:
        process = start(place, *command)
        place.wait(lambda: moment in place.story() or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert place.story()[-1] == moment
        status, said = run(place, *command)
    assert (status, seen.errors) == (0, [])
    assert said.startswith("release half-2-1 goes on: ")
    assert place.story() == [
        *("begin", "approved", "loaded", "replayed", "shadowed"),
        *("step", "step", "promoting", "promoted"),
    ]
    stages = [e for e in place.log() if e["action"] in ("version.stage", "alias.set")]
    assert [e["details"]["version"] for e in stages] == [1, version]
    applied = [e for e in place.ask_audit() if e["action"] == "rollout.apply"]
    assert len({json.dumps(e["details"]["after"]) for e in applied}) == len(applied) == 3


def test_a_release_that_was_killed_goes_back_all_the_same(place):
    place.serve()
    version = place.register("failing")
    plan = place.plan(canary={"steps": [20], "requests": 10**6})
    with place.traffic():
        process = start(place, "release", "run", str(plan), str(version))
        place.wait(lambda: "step" in place.story())
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        # Nobody runs the release, and the server still looks after its users.
        place.wait(lambda: place.answering(place.servers[0]) == {"1": 100.0})
        status, said = run(place, "release", "run", str(plan), str(version))
    assert status == 3, said
    assert place.story()[-2:] == ["going_back", "rolled_back"]


def test_the_command_rolls_back_by_itself(place):
    place.serve()
    version = place.register("better")
    with place.traffic():
        assert place.release(version) == "promoted"
        began = time.monotonic()
        status, said = run(place, "rollback", "half", "--store", "store", "--json")
        print(f"rollback took {time.monotonic() - began:.2f} s")
    assert status == 0, said
    assert json.loads(said)["version"] == 1
    assert place.answering(place.servers[0]) == {"1": 100.0}


def test_status_tells_the_story(place):
    place.serve()
    version = place.register("better")
    with place.traffic():
        place.release(version)
    status, said = run(place, "release", "status", "half", "--store", "store")
    assert status == 0
    assert said.startswith("half-2-1: promoted (1 to 2)\n")
    document = json.loads(run(place, "release", "status", "half", "--store=store", "--json")[1])
    assert [e["action"] for e in document["events"]][-1] == "release.promoted"


def test_a_plan_is_checked_and_says_what_it_comes_to(place):
    place.serve()
    plan = place.plan(guardrails={"errors": {"margin": 0.002, "find": 0.01, "base": 0.002}})
    status, said = run(place, "release", "check", str(plan))
    assert status == 0
    assert said.splitlines()[0].split() == (
        "% of requests of the candidate of all seconds at least".split()
    )
    plan.write_text(plan.read_text().replace("steps:", "stepps:"))
    status, said = run(place, "release", "check", str(plan))
    assert status == 1
    assert "plan.yaml:" in said and "canary.stepps: unknown; expected steps" in said


def test_a_server_that_is_killed_and_comes_back_goes_on_with_the_release(place):
    """kill -9 of a server amid a canary: the release waits, the server takes up its state."""
    program = place.server_process()
    version = place.register("better")
    plan = place.plan(servers=[program.url], canary={"steps": [20, 50], "requests": 40})
    release = start(place, "release", "run", str(plan), str(version))
    with place.traffic_to(program.url):
        place.wait(lambda: "step" in place.story())
        program.kill()
        program.start()
        said, _ = release.communicate(timeout=60)
    assert release.returncode == 0, said
    assert place.story()[-1] == "promoted"
