"""Rollouts of a whole server: over HTTP, from its config file, after kill -9."""

import json
import signal
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from tidefall.base import errors
from tidefall.serving import ModelConfig, ModelServer
from tidefall.serving.models.policies import Latest
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.rollout.audit import check_audit
from tidefall.serving.rollout.control import ControlSettings

TOKEN = "a-token-of-the-right-length"


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(f"ann {TOKEN}\n")
    return path


@pytest.fixture
def serve_rollouts(tmp_path, base_path, numpy_server, tokens, wait_for):
    """Starts a server with two versions and rollouts."""
    for version in (1, 2):
        numpy_server.write_version(base_path, version, add=version)
    servers = []

    def start(**settings):
        server = ModelServer(
            {"half": ModelConfig("half", base_path, Latest(2))},
            operations=OperationsSettings(admin_token_file=str(tokens)),
            control=ControlSettings(state_dir=str(tmp_path / "state"), **settings),
            load=numpy_server.load,
        )
        servers.append(server)
        server.start()
        wait_for(lambda: server.control.admin._manager.find("half").available_versions() == [1, 2])
        # The log learns of a version after it is there.
        wait_for(lambda: _actions(server).count("version.available") == 2)
        return server

    yield start
    for server in servers:
        server.stop()


def _actions(server):
    return [entry["action"] for entry in server.control._audit.entries()]


def send(server, method, path, document=None, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(server.url + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def predict(server):
    return send(server, "POST", "/v1/models/half:predict", {"instances": [0.0]})[1]["predictions"]


ROLLOUT = "/admin/v1/models/half/rollout"


def test_rollouts_over_http_need_a_token(serve_rollouts):
    server = serve_rollouts()
    assert predict(server) == [2.0]
    assert send(server, "PUT", ROLLOUT, {"split": {"1": 1}}, token=None)[0] == 401
    assert send(server, "GET", "/admin/v1/models", token="x" * 20)[0] == 401
    assert send(server, "PUT", ROLLOUT, {"split": {"1": 1}})[0] == 200
    assert predict(server) == [1.0]
    assert send(server, "GET", "/admin/v1/audit")[1]["entries"][0]["who"] == "ann"
    assert send(server, "DELETE", ROLLOUT)[0] == 200
    assert predict(server) == [2.0]


def test_changes_are_made_while_all_workers_are_busy(serve_rollouts):
    server = serve_rollouts()
    gate = threading.Event()
    for _ in range(server._http.settings.threads):
        server._http.workers.submit(lambda: gate.wait(30))
    try:
        assert send(server, "PUT", ROLLOUT, {"split": {"1": 1}})[0] == 200
    finally:
        gate.set()
    assert predict(server) == [1.0]


def test_a_config_file_is_followed(serve_rollouts, tmp_path, wait_for):
    path = tmp_path / "rollouts.json"
    path.write_text(json.dumps({"models": {"half": {"split": {"1": 1}}}}))
    server = serve_rollouts(config_file=str(path), config_poll_seconds=0.02)
    wait_for(lambda: predict(server) == [1.0])
    path.write_text("{")
    path.write_text(json.dumps({"models": {"half": {"split": {"2": 1}}}}))
    wait_for(lambda: predict(server) == [2.0])
    path.unlink()
    assert predict(server) == [2.0]


def test_a_config_file_that_comes_while_the_disk_is_full_is_followed_later(
    serve_rollouts, tmp_path, files_end_at
):
    config = tmp_path / "rollouts.json"
    config.write_text('{"models": {}}')
    server = serve_rollouts(config_file=str(config), config_poll_seconds=60.0)
    config.write_text(json.dumps({"models": {"half": {"split": {"1": 1}}}}))
    files_end_at(1)
    with pytest.raises(errors.UnavailableError, match="cannot be written"):
        server.control.read_config()
    files_end_at(None)
    assert server.control.rollouts.get("half") is None
    server.control.read_config()
    assert server.control.rollouts.get("half").shares() == [(1, 1.0)]
    assert server.control.write_failures() == {"audit": 1, "rollouts": 0, "differences": 0}


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (None, errors.NotFoundError, "cannot read the rollout config"),
        ("{", errors.InvalidArgumentError, r"rollouts\.json: "),
        ('{"models": {"half": {"split": 3}}}', errors.InvalidArgumentError, "expected weights"),
    ],
)
def test_a_server_does_not_start_with_a_wrong_config_file(
    serve_rollouts, tmp_path, content, kind, message
):
    path = tmp_path / "rollouts.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(kind, match=message):
        serve_rollouts(config_file=str(path))


def test_the_audit_log_holds_what_happened_to_versions(serve_rollouts, tmp_path):
    server = serve_rollouts()
    server.stop()
    path = tmp_path / "state" / "audit.jsonl"
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    happened = [(e["action"], e["details"]["version"]) for e in entries if e["model"] == "half"]
    for version in (1, 2):
        states = [action for action, of in happened if of == version]
        assert states == [f"version.{s}" for s in ("loading", "available", "unloading", "end")]
    assert check_audit(path) == 8


@pytest.mark.process
def test_after_kill_9_the_rollout_is_still_in_force(tmp_path, base_path, program, tokens):
    base_path.joinpath("1", "model.json").write_text('{"add": 5.0}')
    flags = [
        "--model_name=half",
        f"--model_base_path={base_path}",
        "--rest_api_port=0",
        f"--state_dir={tmp_path / 'state'}",
        f"--admin_token_file={tokens}",
    ]

    class Process:
        def __init__(self):
            self.process = subprocess.Popen(
                [*program, *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            while ":" not in (line := self.process.stdout.readline()):
                assert line
            self.url = f"http://127.0.0.1:{line.split(':')[2].split()[0]}"

        def end(self, number):
            self.process.send_signal(number)
            self.process.wait(20)
            self.process.stdout.close()

    for expected in (404, 200):
        server = Process()
        try:
            assert send(server, "GET", ROLLOUT)[0] == expected
            while send(server, "PUT", ROLLOUT, {"split": {"1": 3}})[0] != 200:
                pass
        finally:
            server.end(signal.SIGKILL)


def test_a_reload_of_the_models_is_recorded_before_it_is_made(
    serve_rollouts, base_path, monkeypatch
):
    server = serve_rollouts()
    config = ModelConfig("half", base_path, Latest(1))
    server.reload([config])
    server.reload([config])  # Changes nothing.
    entries = send(server, "GET", "/admin/v1/audit")[1]["entries"]
    [reload] = [entry for entry in entries if entry["action"] == "models.reload"]
    details = reload["details"]["models"]["half"]
    assert (details["before"]["version_policy"], details["after"]["version_policy"]) == (
        "Latest(count=2)",
        "Latest(count=1)",
    )

    def refuse(*args, **named):
        raise errors.UnavailableError(None, None, "the disk is full")

    monkeypatch.setattr(server.control._audit, "write", refuse)
    with pytest.raises(errors.UnavailableError):
        server.reload([])
    assert predict(server) == [2.0]
