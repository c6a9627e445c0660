"""Routes, status codes and bodies of the REST API, without a network."""

import json

import pytest

from tidefall.serving.http.parser import Request
from tidefall.serving.inference import Inference
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.rest.api import RestApi

PREDICT = "/v1/models/half:predict"
CLASSIFY = "/v1/models/half:classify"


@pytest.fixture
def api(base_path, numpy_server):
    manager = ModelManager([ModelConfig("half", base_path)], numpy_server.load, poll_seconds=0)
    manager.start()
    manager.wait_until_available(10)
    yield RestApi(Inference(manager))
    manager.stop()


def ask(api, method, path, body=b""):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    replies = []
    api.handle(Request(method, path, {}, True, body=body), replies.append)
    [reply] = replies
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    ("request_body", "reply"),
    [
        ({"instances": [1.0, 2.0, 5.0]}, {"predictions": [2.5, 3.0, 4.5]}),
        ({"instances": [{"x": 1.0}, {"x": 2}]}, {"predictions": [2.5, 3.0]}),
        ({"inputs": [1.0, 2.0]}, {"outputs": [2.5, 3.0]}),
        ({"inputs": {"x": [1.0]}, "signature_name": "serving_default"}, {"outputs": [2.5]}),
        ({"inputs": [1.0], "signature_name": ""}, {"outputs": [2.5]}),
        ({"inputs": 21, "signature_name": "scalar"}, {"outputs": 42}),
        ({"instances": [1, 2], "signature_name": "scalar"}, {"predictions": [2, 4]}),
        (
            {
                "signature_name": "strings",
                "instances": [{"text": "ab", "times": 2}, {"text": {"b64": "Yw=="}, "times": 1}],
            },
            {
                "predictions": [
                    {"joined": "abab", "joined_bytes": {"b64": "YWJhYg=="}, "size": 4},
                    {"joined": "c", "joined_bytes": {"b64": "Yw=="}, "size": 2},
                ]
            },
        ),
        (
            {"signature_name": "many", "inputs": [1.5]},
            {"outputs": {"f": [1.5], "d": [1.5], "i": [1], "b": [True]}},
        ),
    ],
)
def test_predict(api, request_body, reply):
    assert ask(api, "POST", PREDICT, request_body) == (200, reply)


@pytest.mark.parametrize("path", ["/v1/models/half/versions/1:predict", "/V1/Models/half:Predict"])
def test_predict_by_other_paths(api, path):
    assert ask(api, "POST", path, {"instances": [1]}) == (200, {"predictions": [2.5]})


def test_classify(api):
    body = {"signature_name": "classify", "examples": [{"x": 0.25}, {"x": [1.0]}]}
    assert ask(api, "POST", CLASSIFY, body) == (
        200,
        {"results": [[["low", 0.75], ["high", 0.25]], [["low", 0.0], ["high", 1.0]]]},
    )


def test_regress_with_a_context_and_other_features(api):
    body = {
        "signature_name": "regress",
        "context": {"x": 3.0},
        "examples": [{"name": "a", "raw": {"b64": "/w=="}, "n": [1, True], "none": []}, {}],
    }
    assert ask(api, "POST", "/v1/models/half:regress", body) == (200, {"results": [3.5, 3.5]})


def test_numbers_of_all_kinds_in_replies(api):
    body = b'{"signature_name": "classify", "examples": [{"x": NaN}, {"x": 0.1}, {"x": 1e39}]}'
    replies = []
    api.handle(Request("POST", CLASSIFY, {}, True, body=body), replies.append)
    assert replies[0].body == (
        b'{"results":[[["low",NaN],["high",NaN]],[["low",0.9],["high",0.1]],'
        b'[["low",-Infinity],["high",Infinity]]]}'
    )


ONE = {"instances": [1.0]}
ERRORS = [
    ("POST", PREDICT, b"", 400, "JSON Parse error: The document is empty"),
    ("POST", PREDICT, b"instances = [1]", 400, "JSON Parse error: Invalid value."),
    ("POST", PREDICT, {"instances": ["x"]}, 400, "is not of expected type: float"),
    ("POST", PREDICT, {"signature_name": 100}, 400, "'signature_name' key must be a string value."),
    (
        "POST",
        PREDICT,
        {"signature_name": "nope", "instances": [1]},
        400,
        'Serving signature name: "nope" not found in signature def. Signatures: classify, failing',
    ),
    (
        "POST",
        PREDICT,
        {"signature_name": "images", "instances": [[[0.0] * 8] * 8]},
        400,
        "Input 'image': expected shape [?,8,8,1] (float32), received shape [1,8,8]",
    ),
    (
        "POST",
        PREDICT,
        {"signature_name": "scalar", "instances": [1.5]},
        400,
        "is not of expected type: int32 at position [0]. Input 'x' expects int32 []",
    ),
    (
        "POST",
        PREDICT,
        {"signature_name": "failing", "instances": [1]},
        500,
        "the model failed: RuntimeError: the model is out of order",
    ),
    ("POST", "/v1/models/foo:predict", ONE, 404, "Servable not found for request: Latest(foo)"),
    (
        "POST",
        "/v1/models/foo/versions/50:predict",
        ONE,
        404,
        "Servable not found for request: Specific(foo, 50). Models: half",
    ),
    (
        "POST",
        "/v1/models/half/versions/99:predict",
        ONE,
        404,
        "Servable not found for request: Specific(half, 99). Available versions: 1",
    ),
    (
        "POST",
        "/v1/models/half/labels/stable:predict",
        ONE,
        400,
        "Unrecognized servable version label: stable",
    ),
    (
        "POST",
        "/v1/models/half:classify",
        ONE,
        400,
        "When method is classify, key 'examples' is expected and was not found",
    ),
    ("POST", CLASSIFY, {"examples": {}}, 400, "Expecting 'examples' value to be an list/array"),
    ("POST", CLASSIFY, {"examples": []}, 400, "'examples' value is an empty array"),
    ("POST", CLASSIFY, {"examples": [1]}, 400, "Example must be JSON object but got JSON Number"),
    (
        "POST",
        CLASSIFY,
        {"examples": [{"x": None}]},
        400,
        "Feature: x has element with unexpected JSON type: Null",
    ),
    (
        "POST",
        CLASSIFY,
        {"examples": [{"x": [[1]]}]},
        400,
        "Feature: x has element with unexpected JSON type: Array",
    ),
    (
        "POST",
        CLASSIFY,
        {"examples": [{"x": [1, "a"]}]},
        400,
        "Unexpected element type in feature: x expecting type: int64",
    ),
    (
        "POST",
        CLASSIFY,
        {"examples": [{"x": 2**63}]},
        400,
        "Feature: x has uint64_t element. Only int64_t is supported.",
    ),
    ("POST", CLASSIFY, {"examples": [{"x": {"b64": "*"}}]}, 400, "Unable to base64 decode"),
    ("POST", CLASSIFY, {"examples": [{"\ud800": 1}]}, 400, "Feature '\\ud800'"),
    ("POST", CLASSIFY, {"examples": [{"x": 1.5}]}, 400, "No classification inputs found"),
    (
        "POST",
        "/v1/models/half:regress",
        {"examples": [{"x": 1.5}], "signature_name": "nope"},
        400,
        "No signature was found with the name: nope. Signatures: classify",
    ),
    ("POST", "/v1/models/half", ONE, 400, "Malformed request: POST /v1/models/half"),
    ("POST", "/v1/models/half/metadata", ONE, 400, "Malformed request"),
    ("POST", "/v1/models/half/version/1:predict", ONE, 400, "Malformed request"),
    ("POST", "/v1/models/half/versions/HELLO:predict", ONE, 400, "Malformed request"),
    ("POST", "/v1/models/half/versions/1/labels/a:predict", ONE, 400, "Malformed request"),
    (
        "POST",
        f"/v1/models/half/versions/{2**64 - 1}:predict",
        ONE,
        400,
        "Failed to convert version: 18446744073709551615 to numeric.",
    ),
    ("POST", f"/v1/models/half/versions/{'9' * 9000}:predict", ONE, 400, "to numeric"),
    ("GET", "/v1/foo", b"", 400, "Malformed request: GET /v1/foo"),
    ("GET", "/v1/models", b"", 400, "Missing model name in request."),
    ("GET", PREDICT, b"", 400, "Malformed request: GET /v1/models/half:predict"),
    ("PUT", PREDICT, ONE, 400, "Malformed request: PUT"),
    ("DELETE", "/v1/models/half", b"", 400, "Malformed request: DELETE"),
    ("GET", "/v1/models/foo", b"", 404, "Could not find any versions of model foo"),
    ("GET", "/v1/models/half/versions/9", b"", 404, "Could not find version 9 of model half"),
    ("GET", "/v1/models/foo/metadata", b"", 404, "Servable not found for request: Latest(foo)"),
    ("GET", "/v1/models/%ff", b"", 400, "Failed to decode model name:%ff"),
    ("GET", "/", b"", 404, "Not found: /"),
    ("POST", "/predict", ONE, 404, "Not found: /predict"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "message"), ERRORS)
def test_errors(api, method, path, body, status, message):
    received, reply = ask(api, method, path, body)
    assert received == status
    assert list(reply) == ["error"]
    assert message in reply["error"]


@pytest.mark.parametrize(
    "path", ["/v1/models/half", "/v1/models/half/versions/1", "/v1/models/h%61lf"]
)
def test_status(api, path):
    status = {"error_code": "OK", "error_message": ""}
    assert ask(api, "GET", path) == (
        200,
        {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": status}]},
    )


def test_metadata(api):
    status, reply = ask(api, "GET", "/v1/models/half/metadata")
    assert status == 200
    assert reply["model_spec"] == {"name": "half", "signature_name": "", "version": "1"}
    signatures = reply["metadata"]["signature_def"]["signature_def"]
    floats = {
        "dtype": "DT_FLOAT",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
        "name": "x:0",
    }
    assert signatures["serving_default"] == {
        "inputs": {"x": floats},
        "outputs": {"y": floats},
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }
    assert signatures["strings"]["inputs"]["text"]["dtype"] == "DT_STRING"
    assert signatures["scalar"]["inputs"]["x"]["tensor_shape"]["dim"] == []


def test_an_unforeseen_failure_is_a_500_and_not_an_exception(api, monkeypatch, caplog):
    def explode(*_):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(api, "_dispatch", explode)
    status, reply = ask(api, "GET", "/v1/models/half")
    assert (status, reply) == (500, {"error": "Internal error: ZeroDivisionError: boom"})
    assert "boom" in caplog.text
