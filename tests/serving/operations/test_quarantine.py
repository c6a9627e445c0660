"""Requests that break the schema of their model are kept with the reasons, or it is told."""

import json
import logging
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest

from tidefall.data_validation import read_quarantine
from tidefall.serving import ModelServer
from tidefall.serving.models.contract import contract_for
from tidefall.serving.models.data_schema import Demand, Rule
from tidefall.serving.models.servable import FunctionServable, Signature, TensorInfo
from tidefall.serving.operations.settings import OperationsSettings

RULE = Rule("FLOAT_TYPE_BIG_FLOAT", lambda x: x > 10, "values up to 10")


def load(folder):
    """A model that halves, and takes numbers up to ten."""
    inputs = {"x": TensorInfo("float32", (None,))}
    contract = contract_for({"x": Demand(("x",), "FLOAT", rules=(RULE,))}, inputs)
    half = Signature(inputs, inputs, lambda arrays: {"x": arrays["x"] / 2}, contract=contract)
    return FunctionServable({"serving_default": half})


@pytest.fixture
def serve(tmp_path):
    (tmp_path / "half" / "1").mkdir(parents=True)
    (tmp_path / "half" / "1" / "saved_model.pb").touch()
    running = []

    def start(**settings):
        server = ModelServer(
            {"half": tmp_path / "half"}, load=load, operations=OperationsSettings(**settings)
        ).start()
        running.append(server)
        server.wait_until_available(30)
        return server

    yield start
    for server in running:
        server.stop()


def predict(server, *values, **headers):
    """The status and the text of an answer."""
    body = json.dumps({"instances": values}).encode()
    request = urllib.request.Request(f"{server.url}/v1/models/half:predict", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def count(server, result):
    text = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
    name = "tidefall_serving_schema_refusals_total"
    (line,) = [
        one for one in text.splitlines() if one.startswith(name) and f'result="{result}"' in one
    ]
    return float(line.split()[-1])


def test_what_is_refused_is_kept_with_the_reason_and_what_is_not_is_answered(serve, tmp_path):
    path = tmp_path / "refused" / "half.jsonl"
    server = serve(quarantine=str(path))
    assert predict(server, 4.0)[0] == 200
    assert not path.exists()
    status, text = predict(server, 4.0, 12.0, **{"X-Request-Id": "r7"})
    assert status == 400 and "column 'x': expected values up to 10" in text
    assert "could not keep" not in text
    (kept,) = read_quarantine(path)
    assert kept["features"] == {"x": [4.0, 12.0]}
    assert [(one["feature"], one["type"]) for one in kept["reasons"]] == [
        ("x", "FLOAT_TYPE_BIG_FLOAT")
    ]
    about = {name: kept[name] for name in ("model", "version", "signature", "request_id")}
    assert about == {
        "model": "half",
        "version": 1,
        "signature": "serving_default",
        "request_id": "r7",
    }
    assert count(server, "kept") == 1


def test_many_at_once_are_all_kept_whole(serve, tmp_path):
    path = tmp_path / "refused.jsonl"
    server = serve(quarantine=str(path))
    threads = [
        threading.Thread(target=lambda n=n: [predict(server, 100.0 * n + i) for i in range(11, 31)])
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = [row["features"]["x"][0] for row in read_quarantine(path)]
    assert sorted(values) == sorted(100.0 * n + i for n in range(6) for i in range(11, 31))
    assert count(server, "kept") == 120


@pytest.mark.parametrize(
    "settings", [{"quarantine": "/dev/full"}, {"quarantine_max_bytes": 500, "quarantine": "q"}]
)
def test_what_cannot_be_kept_is_refused_and_says_so(serve, tmp_path, monkeypatch, caplog, settings):
    monkeypatch.chdir(tmp_path)
    server = serve(**settings)
    with caplog.at_level(logging.ERROR, "tidefall.serving"):
        answers = [predict(server, *np.full(20, 50.0 + n).tolist()) for n in range(4)]
    assert {status for status, _ in answers} == {400}
    assert "could not keep the request" in answers[-1][1]
    assert "column 'x': expected values up to 10" in answers[-1][1]
    # Said once, not for each request.
    assert len([r for r in caplog.records if "cannot be written" in r.message]) == 1
    assert count(server, "lost") >= 2
    assert predict(server, 4.0)[0] == 200
    if "quarantine_max_bytes" in settings:
        kept = list(read_quarantine(tmp_path / "q"))
        assert len(kept) == 4 - count(server, "lost") and (tmp_path / "q").stat().st_size <= 500


def test_without_a_file_refusals_are_counted(serve):
    server = serve()
    assert predict(server, 12.0)[0] == 400
    assert count(server, "refused") == 1
