"""MLflow's own client against the tracking server; what is refused."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tidefall.lifecycle.track import TrackingServer

CLIENT = Path(__file__).with_name("mlflow_client.py")


@pytest.fixture
def server(tmp_path):
    with TrackingServer(tmp_path / "store", port=0) as running:
        yield running


def _call(url, path, body=None, method=None, token=""):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.process
@pytest.mark.skipif(
    "TIDEFALL_MLFLOW" not in os.environ,
    reason="TIDEFALL_MLFLOW does not name a Python that has mlflow",
)
def test_mlflows_client_is_answered(server):
    run = subprocess.run(
        [os.environ["TIDEFALL_MLFLOW"], str(CLIENT), server.url],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout.splitlines()[-1])
    assert seen["params"] == {"lr": "0.1", "optimizer": "adam", "layers": "3"}
    assert (seen["status"], seen["loss"], seen["special"]) == ("FINISHED", 0.2, ["nan", "inf"])
    assert seen["artifact"] == "hello" and seen["experiments"] == ["e0"]
    assert list(seen["searches"].values()) == [
        ["run3", "run4", "run5"], ["run1", "run2"], ["run1", "run4"], ["run1", "run3", "run5"],
        ["run5"], ["run1", "run2"], ["run2"],
    ]  # fmt: skip
    assert seen["ordered"] == [f"run{n}" for n in (5, 4, 3, 2, 1, 0)]
    assert seen["pages"] == [["run0", "run1", "run2", "run3"], ["run4", "run5"]]
    assert seen["history"] == [[s, 0.3, 1000 + s] for s in range(3)]
    assert seen["below"] == [["model/weights.bin", 1048576]]
    assert (seen["versions"], seen["after"]) == (["1", "2", "3"], "4")
    assert seen["stages"] == {"1": "Archived", "2": "Production", "3": "None"}
    assert seen["champion"] == "2" and seen["latest"] == ["2"] and seen["models"] == ["taxi"]


def test_runs_over_http(server):
    url, api = server.url, "/api/2.0/mlflow"
    status, body = _call(url, f"{api}/runs/create", {"experiment_id": "0", "run_name": "a"})
    run = json.loads(body)["run"]["info"]
    assert (status, run["experiment_id"], run["run_name"]) == (200, "0", "a")
    batch = {"run_id": run["run_id"], "metrics": [{"key": "m", "value": "NaN", "timestamp": 1}]}
    assert _call(url, f"{api}/runs/log-batch", batch) == (200, b"{}")
    _, body = _call(url, f"{api}/runs/search", {"experiment_ids": ["0"]})
    (found,) = json.loads(body)["runs"]
    assert found["data"]["metrics"] == [{"key": "m", "value": "NaN", "timestamp": 1, "step": 0}]


_REFUSED = {
    "no endpoint": ("/api/2.0/mlflow/runs/fly", {}, "POST", 404, "ENDPOINT_NOT_FOUND"),
    "no JSON": ("/api/2.0/mlflow/runs/create", b"{", "POST", 400, "INVALID_PARAMETER_VALUE"),
    "no object": ("/api/2.0/mlflow/runs/create", b"[]", "POST", 400, "INVALID_PARAMETER_VALUE"),
    "no run": ("/api/2.0/mlflow/runs/get?run_id=x", None, "GET", 404, "RESOURCE_DOES_NOT_EXIST"),
    "nothing": ("/api/2.0/mlflow/runs/get", None, "GET", 400, "INVALID_PARAMETER_VALUE"),
    "page": (
        "/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"], "page_token": "?"}, "POST", 400,
        "INVALID_PARAMETER_VALUE",
    ),
    "size": (
        "/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"], "max_results": 0}, "POST", 400,
        "INVALID_PARAMETER_VALUE",
    ),
    "experiment": (
        "/api/2.0/mlflow/experiments/get?experiment_id=x", None, "GET", 404,
        "RESOURCE_DOES_NOT_EXIST",
    ),
    "way out": (
        "/api/2.0/mlflow-artifacts/artifacts/..%2f..%2fx", b"x", "PUT", 400,
        "INVALID_PARAMETER_VALUE",
    ),
    "logged model": ("/api/2.0/mlflow/logged-models", {}, "POST", 501, "NOT_IMPLEMENTED"),
}  # fmt: skip


@pytest.mark.parametrize("name", _REFUSED)
def test_requests_that_are_refused(server, name):
    path, body, method, status, code = _REFUSED[name]
    found, reply = _call(server.url, path, body, method)
    assert (found, json.loads(reply)["error_code"]) == (status, code)


def test_tokens_tell_who_asks(tmp_path):
    store = tmp_path / "store"
    tokens = tmp_path / "tokens"
    tokens.write_text("ann ann-token-0123456789\nbob bob-token-0123456789\n")
    store.mkdir()
    roles = {"users": {"ann": ["register"], "bob": ["register", "promote"]}}
    (store / "roles.json").write_text(json.dumps(roles))
    api, ann, bob = "/api/2.0/mlflow", "ann-token-0123456789", "bob-token-0123456789"
    with TrackingServer(store, port=0, token_file=str(tokens)) as server:

        def call(path, body, token):
            return _call(server.url, f"{api}/{path}", body, token=token)[0]

        stage = {"name": "m", "version": "1", "stage": "Production"}
        assert call("registered-models/create", {"name": "m"}, "") == 401
        assert call("registered-models/create", {"name": "m"}, ann) == 200
        assert call("model-versions/create", {"name": "m", "source": "s3://m"}, ann) == 200
        assert call("model-versions/transition-stage", stage, ann) == 403
        assert call("model-versions/transition-stage", stage, bob) == 200
