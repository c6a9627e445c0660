"""Plain curl drives the REST API, over a model that real TensorFlow saved."""

import json
import shutil
import subprocess

import pytest

from tidefall.serving import ModelServer


@pytest.fixture(scope="module")
def url(interop_genuine, tmp_path_factory):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    base = tmp_path_factory.mktemp("served")
    (base / "1").symlink_to(interop_genuine / "half_plus_two_v1_1")
    with ModelServer({"half": base}) as server:
        yield f"{server.wait_until_available(120).url}/v1/models/half"


def curl(*arguments):
    command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    body, _, status = printed.rpartition("\n")
    return int(status), json.loads(body)


@pytest.mark.process
@pytest.mark.parametrize(
    ("verb", "body", "reply"),
    [
        ("predict", '{"instances": [1.0, 2.0, 5.0]}', {"predictions": [2.5, 3.0, 4.5]}),
        ("predict", '{"inputs": {"x": [NaN, 1.0]}}', {"outputs": [float("nan"), 2.5]}),
        (
            "regress",
            '{"signature_name": "regress_x_to_y", "examples": [{"x": 1.0}, {"x": [2.0]}]}',
            {"results": [2.5, 3.0]},
        ),
        (
            "regress",
            '{"signature_name": "regress_x_to_y2", "context": {"x": 2.0}, "examples": [{}]}',
            {"results": [4.0]},
        ),
        (
            "classify",
            '{"signature_name": "classify_x_to_y", "examples": [{"x": 1.0}]}',
            {"results": [[["", 2.5]]]},
        ),
    ],
)
def test_models_answer(url, verb, body, reply):
    status, found = curl("-d", body, f"{url}:{verb}")
    assert status == 200
    assert json.dumps(found) == json.dumps(reply)


@pytest.mark.process
def test_status_and_metadata(url):
    status, found = curl(url)
    assert (status, found["model_version_status"][0]["state"]) == (200, "AVAILABLE")
    status, found = curl(f"{url}/metadata")
    signatures = found["metadata"]["signature_def"]["signature_def"]
    assert signatures["regress_x_to_y"]["method_name"] == "tensorflow/serving/regress"
    assert signatures["classify_x_to_y"]["inputs"]["inputs"]["dtype"] == "DT_STRING"


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["-d", "{}", "{url}:predict"], 400, "Missing 'inputs' or 'instances' key"),
        (["-d", '{"examples": [{"x": 1.0}]}', "{url}:classify"], 400, "classification inputs"),
        (["{url}/versions/9"], 404, "Could not find version 9 of model half"),
        (["-X", "PUT", "{url}"], 400, "Malformed request: PUT"),
    ],
)
def test_errors(url, arguments, status, message):
    found, reply = curl(*(argument.replace("{url}", url) for argument in arguments))
    assert found == status
    assert message in reply["error"]
