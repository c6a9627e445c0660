"""The admin API: routes, status codes and bodies."""

import json
import logging

import pytest

from tidefall.serving.http.parser import Request
from tidefall.serving.rollout.admin import AdminApi
from tidefall.serving.rollout.replay import Replays

ROLLOUT = "/admin/v1/models/half/rollout"


@pytest.fixture
def ask(server, tmp_path):
    api = AdminApi(
        server.manager,
        server.rollouts,
        Replays(server.manager, server.audit, tmp_path),
        server.audit,
    )

    def send(method, path, document=None, query=""):
        body = b"" if document is None else json.dumps(document).encode()
        request = Request(method, path, {}, True, body=body, query=query, user="ann")
        replies = []
        api.handle(request, replies.append)
        [reply] = replies
        return reply.status, json.loads(reply.body)

    return send


def test_a_rollout_is_put_read_steered_and_deleted(ask):
    assert ask("GET", ROLLOUT) == (404, {"error": "model half has no rollout"})
    status, document = ask("PUT", ROLLOUT, {"canary": {"stable": 1, "candidate": 2}})
    assert status == 200
    assert document["percent"] == {"2": 1.0, "1": 99.0}
    assert document["canary"]["status"] == "running"
    assert [g["guardrail"] for g in document["canary"]["guardrails"]] == ["error rate", "latency"]
    assert ask("GET", ROLLOUT)[1] == document
    status, document = ask("POST", f"{ROLLOUT}:promote")
    assert (status, document["percent"]) == (200, {"2": 100.0, "1": 0.0})
    assert document["canary"]["reason"] == "promote by ann"
    assert ask("DELETE", ROLLOUT) == (200, {})
    status, document = ask("GET", "/admin/v1/audit")
    assert [entry["action"] for entry in document["entries"]] == [
        "rollout.remove",
        "canary.promoted",
        "rollout.apply",
    ]
    assert {entry["who"] for entry in document["entries"]} == {"ann"}


def test_models(ask):
    ask("PUT", ROLLOUT, {"split": {"1": 1}, "shadow": {"version": 2}})
    status, document = ask("GET", "/admin/v1/models")
    [model] = document["models"]
    assert (status, model["name"]) == (200, "half")
    assert [(v["version"], v["state"]) for v in model["versions"]] == [
        (3, "AVAILABLE"),
        (2, "AVAILABLE"),
        (1, "AVAILABLE"),
    ]
    assert model["rollout"]["percent"] == {"1": 100.0}


def test_shadow_traffic(ask, server):
    assert ask("GET", "/admin/v1/models/half/shadow")[0] == 404
    ask("PUT", ROLLOUT, {"shadow": {"version": 2}})
    server.ask()
    server.rollouts.shadows.join()
    status, document = ask("GET", "/admin/v1/models/half/shadow")
    assert (status, document["version"], document["requests"]) == (200, 2, 1)


@pytest.mark.parametrize(
    ("method", "path", "document", "status", "message"),
    [
        ("PUT", ROLLOUT, {"split": {"9": 1}}, 400, "versions 9 of model half are not available"),
        ("PUT", ROLLOUT, {"splits": {}}, 400, "unknown splits"),
        ("PUT", ROLLOUT, None, 400, "JSON"),
        ("PUT", "/admin/v1/models/none/rollout", {}, 404, "Latest(none)"),
        ("POST", f"{ROLLOUT}:promote", None, 404, "model half has no rollout"),
        ("POST", f"{ROLLOUT}:explode", None, 400, "unknown action 'explode'"),
        ("POST", ROLLOUT, {}, 404, "Not found: POST"),
        ("GET", "/admin/v1/none", None, 404, "Not found"),
        ("GET", "/admin/v1/models/none/shadow", None, 404, "Latest(none)"),
        ("POST", "/admin/v1/models/half/replay", {"version": 1}, 400, "recording: "),
        ("GET", "/admin/v1/models/half/replay", None, 404, "no requests were replayed"),
    ],
)
def test_refusals(ask, method, path, document, status, message):
    found, reply = ask(method, path, document)
    assert found == status
    assert message in reply["error"]


def test_the_audit_log_is_read_in_parts(ask):
    for version in ("1", "2", "3"):
        ask("PUT", ROLLOUT, {"split": {version: 1}})
    entries = ask("GET", "/admin/v1/audit", query="limit=2")[1]["entries"]
    assert [entry["sequence"] for entry in entries] == [3, 2]
    assert ask("GET", "/admin/v1/audit", query="model=other")[1]["entries"] == []
    assert ask("GET", "/admin/v1/audit", query="limit=x")[0] == 400


HELD = {
    "canary": {
        "stable": 1, "candidate": 2, "steps": [10, 50], "hold": True,
        "guardrails": {"drift": None},
    },
    "release": "half-2-1",
}  # fmt: skip


def test_a_held_canary_is_passed_on_step_by_step_and_no_step_twice(ask):
    assert ask("POST", f"{ROLLOUT}:step", {"step": 1})[0] == 404
    assert ask("PUT", ROLLOUT, HELD)[0] == 200
    percents = []
    for step in (1, 1, 2, 2, 3, 3):
        status, document = ask("POST", f"{ROLLOUT}:step", {"step": step})
        assert status == 200
        percents.append(document["percent"]["2"])
    assert percents == [10, 10, 50, 50, 100, 100]
    status, document = ask("GET", "/admin/v1/audit")
    actions = [entry["action"] for entry in document["entries"]]
    assert actions == ["canary.promoted", "canary.running", "rollout.apply"]


def test_a_plan_of_a_release_is_put_in_force_once(ask, server):
    for _ in range(2):
        assert ask("PUT", ROLLOUT, HELD)[0] == 200
    server.ask()
    ask("POST", f"{ROLLOUT}:step", {"step": 2})
    assert ask("PUT", ROLLOUT, HELD)[1]["canary"]["step"] == 1
    ask("POST", f"{ROLLOUT}:rollback")
    assert ask("PUT", ROLLOUT, HELD)[1]["canary"]["status"] == "rolled back"
    status, document = ask("POST", f"{ROLLOUT}:step", {"step": 3})
    assert (status, "is rolled back at step 2" in document["error"]) == (400, True)
    applied = [e for e in ask("GET", "/admin/v1/audit")[1]["entries"] if "apply" in e["action"]]
    assert len(applied) == 1
    ask("PUT", ROLLOUT, {**HELD, "release": "half-2-2"})
    assert ask("GET", ROLLOUT)[1]["canary"]["status"] == "running"


@pytest.mark.parametrize("body", [{"step": 0}, {"step": 9}, {"step": "2"}, {"step": True}, [2], {}])
def test_a_step_that_is_none_is_refused(ask, body):
    ask("PUT", ROLLOUT, HELD)
    status, document = ask("POST", f"{ROLLOUT}:step", body)
    assert status == 400
    assert "expected" in document["error"]


def test_statistics_are_what_a_canary_counted(ask, server):
    status, _ = ask("GET", "/admin/v1/models/half/statistics")
    assert status == 404
    ask("PUT", ROLLOUT, {"split": {"1": 1}})
    assert ask("GET", "/admin/v1/models/half/statistics")[0] == 400
    ask("PUT", ROLLOUT, HELD)
    for _ in range(200):
        server.ask()
    status, found = ask("GET", "/admin/v1/models/half/statistics")
    assert (status, found["release"], found["status"], found["step"]) == (
        *(200, "half-2-1", "running"),
        0,
    )
    assert found["stable"]["requests"] + found["candidate"]["requests"] == 200
    assert sum(found["stable"]["latencies"].values()) == found["stable"]["requests"]
    assert [g["guardrail"] for g in found["guardrails"]] == ["error rate", "latency"]


def test_the_log_says_more_when_it_is_asked_to(ask):
    logger = logging.getLogger("tidefall")
    before = logger.level
    try:
        status, document = ask("PUT", "/admin/v1/log_level", {"level": "DEBUG"})
        assert (status, document["level"], logger.level) == (200, "DEBUG", logging.DEBUG)
        for body in ({"level": "LOUD"}, {}, [], {"level": 10}):
            status, document = ask("PUT", "/admin/v1/log_level", body)
            assert status == 400
            assert "level: expected DEBUG, INFO, WARNING, ERROR" in document["error"]
    finally:
        logger.setLevel(before)
    [entry] = ask("GET", "/admin/v1/audit")[1]["entries"]
    assert (entry["action"], entry["details"]["after"]) == ("log_level", "DEBUG")
