"""Rollouts in force: who is answered by which version, and what operators and restarts change."""

import time
from collections import Counter

import pytest

from tidefall.base import errors
from tidefall.serving.rollout import canary
from tidefall.serving.rollout.audit import check_audit
from tidefall.serving.rollout.drift import drift
from tidefall.serving.rollout.plan import parse_plan
from tidefall.serving.rollout.rollouts import Rollouts

CANARY = {
    "stable": 1,
    "candidate": 2,
    "steps": [50],
    "step_seconds": 5,
    "step_requests": 20,
    "guardrails": {"drift": 1e9},  # The versions' answers differ.
}


def versions(server, requests=200):
    return Counter(server.ask().version for _ in range(requests))


def apply(server, **document):
    server.rollouts.apply("half", parse_plan(document), "ann")


def progress(server):
    return server.rollouts.as_json()["half"]["canary"]["status"]


def test_without_a_rollout_the_latest_version_answers(server):
    assert versions(server) == {3: 200}


def test_a_split(server):
    apply(server, split={"1": 50, "2": 50})
    found = versions(server, 400)
    assert found[1] + found[2] == 400
    assert 120 < found[1] < 280
    assert server.ask(version=3).version == 3


def test_a_key_stays_with_its_version(server):
    apply(server, split={"1": 1, "2": 1}, sticky_header="X-User")
    for user in ("a", "b", "c", "d"):
        assert len({server.ask(headers={"x-user": user}).version for _ in range(20)}) == 1
    users = {server.ask(headers={"x-user": str(n)}).version for n in range(50)}
    assert users == {1, 2}


def test_versions_that_are_gone_get_no_requests(server):
    apply(server, split={"1": 1, "2": 1})
    model = server.manager.find("half")
    model._served.retire([2])
    assert versions(server, 50) == {1: 50}
    model._served.retire([1])
    error = server.ask().error
    assert isinstance(error, errors.UnavailableError)
    assert "names 2, 1; available: 3" in error.message


def test_a_version_retired_after_it_was_chosen_costs_no_request(server):
    apply(server, split={"1": 1, "2": 1})
    model = server.manager.find("half")
    route, retired = server.rollouts.route, []

    def route_late(call, model):
        version = route(call, model)
        if not retired:
            retired.append(version)
            model._served.retire([version])
        return version

    server.inference._route = route_late
    assert server.ask(x=2).outputs["y"][0] == 1 + (3 - retired[0])
    assert set(model.available_versions()) == {1, 2, 3} - set(retired)


def test_a_plan_needs_its_versions(server):
    with pytest.raises(errors.FailedPreconditionError, match="versions 7 of model half are not"):
        apply(server, split={"1": 1, "7": 1})
    with pytest.raises(errors.NotFoundError):
        server.rollouts.apply("none", parse_plan({}), "ann")
    assert server.rollouts.get("half") is None
    assert server.audit.entries() == []


def test_outputs_whose_drift_is_to_be_measured_must_be_there(server):
    rails = {"drift_outputs": {"serving_default/y": "values", "many/z": "values"}}
    with pytest.raises(errors.InvalidArgumentError, match="version 1 of model half has no many/z"):
        apply(server, canary={**CANARY, "guardrails": rails})
    assert server.rollouts.get("half") is None
    rails["drift_outputs"].pop("many/z")
    apply(server, canary={**CANARY, "guardrails": rails})


def test_a_regression_that_moved_is_rolled_back(server):
    server.replace(2, lambda arrays: {"y": 1.5 * (arrays["x"] / 2 + 1)})
    apply(server, canary={**CANARY, "guardrails": {"drift": 0.25}})
    for n in range(600):
        server.ask(x=n % 50)
    server.rollouts.judge(time.monotonic())
    found = server.rollouts.as_json()["half"]["canary"]
    assert found["status"] == "rolled back"
    assert found["reason"].startswith("drift of serving_default/y: ")


def test_no_answer_waits_for_the_judgement(server, monkeypatch):
    apply(server, canary=CANARY)
    versions(server, 200)
    rollout, measured = server.rollouts.get("half"), []

    def slow(stable, candidate, kind, z):
        counts = len(stable), len(candidate)
        assert not rollout.lock.locked()
        versions(server, 20)  # Come meanwhile.
        measured.append((len(stable), len(candidate)) == counts)
        return drift(stable, candidate, kind, z)

    monkeypatch.setattr(canary, "drift", slow)
    server.rollouts.judge(time.monotonic())
    server.rollouts.as_json()
    assert measured == [True, True]


def test_a_canary_is_promoted(server):
    apply(server, canary=CANARY)
    found = versions(server, 300)
    assert found[1] > 80 and found[2] > 80
    server.rollouts.judge(time.monotonic())
    assert progress(server) == "running"
    server.rollouts.judge(time.monotonic() + 6)
    assert progress(server) == "promoted"
    assert versions(server) == {2: 200}


def test_a_canary_that_fails_is_rolled_back_by_the_server(server):
    apply(server, canary=CANARY)
    server.rollouts.start()
    server.fail(2)
    end = time.monotonic() + 20
    while progress(server) == "running":
        server.ask()
        assert time.monotonic() < end
    assert progress(server) == "rolled back"
    assert versions(server) == {1: 200}
    newest = server.audit.entries()[0]
    assert (newest["who"], newest["action"]) == ("server", "canary.rolled_back")
    assert newest["details"]["reason"].startswith("error rate: ")


def test_operators_steer_a_canary(server):
    apply(server, canary=CANARY)
    server.rollouts.steer("half", "pause", "bob")
    server.rollouts.judge(time.monotonic() + 1e9)
    assert progress(server) == "paused"
    server.rollouts.steer("half", "resume", "bob")
    server.rollouts.steer("half", "promote", "bob")
    assert versions(server) == {2: 200}
    with pytest.raises(errors.FailedPreconditionError, match="is promoted already"):
        server.rollouts.steer("half", "rollback", "bob")
    with pytest.raises(errors.InvalidArgumentError, match="unknown action 'stop'"):
        server.rollouts.steer("half", "stop", "bob")
    apply(server, split={"1": 1})
    with pytest.raises(errors.FailedPreconditionError, match="has no canary"):
        server.rollouts.steer("half", "pause", "bob")
    server.rollouts.remove("half", "bob")
    with pytest.raises(errors.NotFoundError, match="model half has no rollout"):
        server.rollouts.remove("half", "bob")
    actions = [entry["action"] for entry in reversed(server.audit.entries())]
    assert actions == [
        "rollout.apply",
        "canary.paused",
        "canary.running",
        "canary.promoted",
        "rollout.apply",
        "rollout.remove",
    ]
    assert check_audit(server.audit.path) == 6


def test_a_change_that_cannot_be_recorded_is_not_made(server, monkeypatch):
    def refuse(*args, **named):
        raise errors.UnavailableError(None, None, "the disk is full")

    apply(server, canary=CANARY)
    monkeypatch.setattr(server.audit, "write", refuse)
    for change in (
        lambda: apply(server, split={"1": 1}),
        lambda: server.rollouts.remove("half", "ann"),
        lambda: server.rollouts.steer("half", "promote", "ann"),
    ):
        with pytest.raises(errors.UnavailableError):
            change()
    assert progress(server) == "running"
    # But going back is never refused.
    server.rollouts.steer("half", "rollback", "ann")
    assert versions(server) == {1: 200}


def test_a_restart_goes_on_where_the_server_was(start):
    server = start()
    apply(server, canary=CANARY)
    server.rollouts.steer("half", "rollback", "ann")
    server = start()
    assert progress(server) == "rolled back"
    assert versions(server) == {1: 200}
    server.rollouts.remove("half", "ann")
    assert versions(start()) == {3: 200}


def test_damaged_state_stops_the_start(start, tmp_path):
    server = start()
    apply(server, split={"1": 1})
    (tmp_path / "state" / "rollouts.json").write_text("{")
    with pytest.raises(errors.DataLossError, match=r"rollouts\.json does not hold the state"):
        Rollouts(server.manager, server.audit, tmp_path / "state").restore()


def test_a_config_file_counts_when_it_changes(start):
    first = {"models": {"half": {"split": {"1": 1}}}}
    second = {"models": {"half": {"split": {"2": 1}}}}
    server = start()
    server.rollouts.configure(first)
    assert versions(server) == {1: 200}
    apply(server, split={"3": 1})
    server.rollouts.configure(first)
    assert versions(server) == {3: 200}  # The file says nothing new.
    server = start()
    server.rollouts.configure(first)
    assert versions(server) == {3: 200}
    server.rollouts.configure(second)
    assert versions(server) == {2: 200}
    server.rollouts.remove("half", "ann")
    server.rollouts.configure(second)
    assert versions(server) == {3: 200}
    server = start()
    server.rollouts.configure(second)
    assert versions(server) == {3: 200}
    server.rollouts.configure(first)
    assert versions(server) == {1: 200}
    server.rollouts.configure({"models": {}})
    assert server.rollouts.get("half") is None


def test_a_wrong_config_file_changes_nothing(server):
    server.rollouts.configure({"models": {"half": {"split": {"1": 1}}}})
    with pytest.raises(errors.InvalidArgumentError):
        server.rollouts.configure({"models": {"half": {"split": {"2": 1}}, "b": {"split": 3}}})
    assert versions(server) == {1: 200}
