"""Shadow traffic: nobody waits for it, and what differs is recorded."""

import json

import numpy as np
import pytest

from tidefall.serving.rollout.plan import parse_plan
from tidefall.serving.rollout.shadow import Shadows


@pytest.fixture
def shadowed(server):
    """A server whose version 3 answers and whose version 2 gets copies of all requests."""
    server.rollouts.apply("half", parse_plan({"shadow": {"version": 2}}), "ann")
    return server


def counts(server, version=2):
    server.rollouts.shadows.join()
    return server.rollouts.shadows.as_json("half", version)


def test_differences_are_counted_and_recorded(shadowed, tmp_path):
    for _ in range(3):
        assert shadowed.ask().version == 3
    found = counts(shadowed)
    assert (found["requests"], found["equal"], found["dropped"]) == (3, 0, 0)
    assert found["outputs"]["y"] == {
        "requests": 3,
        "reasons": {"values": 3},
        "largest": 1.0,
        "other_labels": 0.0,
    }
    lines = (tmp_path / "state" / "differences" / "half.jsonl").read_text().splitlines()
    record = json.loads(lines[0])
    assert len(lines) == 3
    assert (record["version"], record["shadow"], record["error"]) == (3, 2, None)
    assert record["differences"] == [
        {"output": "y", "reason": "values", "values": 1, "share": 1.0, "largest": 1.0}
    ]


def test_equal_answers_leave_no_record(shadowed, tmp_path):
    shadowed.replace(2, lambda arrays: {"y": arrays["x"] / np.float32(2) + np.float32(3)})
    shadowed.ask()
    assert counts(shadowed)["equal"] == 1
    assert not (tmp_path / "state" / "differences").exists()


def test_failures_of_the_shadow_are_its_own(shadowed, tmp_path):
    shadowed.fail(2)
    assert shadowed.ask(x=2).outputs["y"][0] == 4
    counts(shadowed)
    shadowed.manager.find("half")._served.retire([2])
    assert shadowed.ask(x=2).outputs["y"][0] == 4
    found = counts(shadowed)
    assert (found["requests"], found["errors"]) == (2, 2)
    lines = (tmp_path / "state" / "differences" / "half.jsonl").read_text().splitlines()
    assert "the model is out of order" in json.loads(lines[0])["error"]
    assert json.loads(lines[1])["error"].startswith("NOT_FOUND: ")


def test_requests_that_failed_or_were_for_the_shadow_are_not_copied(shadowed):
    shadowed.ask(signature="failing")
    shadowed.ask(version=2)
    assert counts(shadowed)["requests"] == 0


def test_what_the_shadow_cannot_keep_up_with_is_dropped_and_counted(server):
    gate = server.block(1)
    shadows = Shadows(server.manager, None)
    outcome = server.ask()
    for _ in range(100):
        shadows.offer(outcome, 1)
    dropped = shadows.as_json("half", 1)["dropped"]
    # 64 may wait; the thread may have taken one more.
    assert 35 <= dropped <= 36
    gate.set()
    shadows.join()
    assert shadows.as_json("half", 1)["requests"] == 100 - dropped
    shadows.forget("half")
    assert shadows.as_json("half", 1)["requests"] == 0
    shadows.stop()


def test_a_share_of_requests(server):
    plan = {"split": {"1": 1}, "shadow": {"version": 2, "percent": 30}}
    server.rollouts.apply("half", parse_plan(plan), "ann")
    for _ in range(40):
        for _ in range(10):
            assert server.ask().version == 1
        server.rollouts.shadows.join()
    assert 60 < counts(server)["requests"] < 180
