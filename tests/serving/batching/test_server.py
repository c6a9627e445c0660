"""Batching behind the server's door: flags, files beside models, and what clients are told."""

import json
import threading

import pytest

from tidefall.base import errors
from tidefall.serving import Client, FunctionServable, ModelServer, Signature, TensorInfo
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.settings import BatchingSettings
from tidefall.serving.cli import main
from tidefall.serving.flags import parse_flags
from tidefall.serving.status import http_status

BASE = "--model_base_path=/models/m"


@pytest.fixture
def batched(base_path, numpy_server):
    """Starts a server with batching."""
    servers = []

    def start(load=numpy_server.load, **settings) -> ModelServer:
        server = ModelServer({"half": base_path}, batching=BatchingSettings(**settings), load=load)
        servers.append(server)
        return server.start().wait_until_available(10)

    yield start
    (base_path.parent / "gate").touch()
    for server in servers:
        server.stop(drain_seconds=5)


def test_batched_answers_are_those_of_single_requests(batched):
    with Client(batched().url, "half") as client:
        assert client.predict([1.0, 2.0]) == [2.5, 3.0]
        images = [[[[float(i)]] * 8] * 8 for i in range(3)]
        assert client.predict(images, signature_name="images") == [0.0, 1.0, 2.0]
        assert client.predict(inputs=3, signature_name="scalar") == 6
        rows = [{"text": {"b64": "YQ=="}, "times": 2}]
        assert client.predict(rows, signature_name="strings")[0]["size"] == 4
        with pytest.raises(errors.InternalError, match="out of order"):
            client.predict([1.0], signature_name="failing")


def test_a_full_queue_answers_429_with_retry_after(batched, connect, wait_for):
    started, go = threading.Event(), threading.Event()

    def run(arrays):
        started.set()
        assert go.wait(30)
        return {"y": arrays["x"]}

    floats = TensorInfo("float32", (None,))
    echo = Signature({"x": floats}, {"y": floats}, run)
    parameters = BatchingParameters(max_batch_size=1, max_enqueued_batches=1, num_batch_threads=1)
    server = batched(lambda _: FunctionServable({"serving_default": echo}), parameters=parameters)

    def post():
        return connect(server).post(b'{"instances":[1.0]}')

    try:
        runs = post()
        assert started.wait(20)
        waits = post()
        wait_for(lambda: server._batching.waiting == 1)
        for _ in range(2):
            status, headers, body = post().reply()
            assert (status, headers["retry-after"]) == (429, "1")
            assert "queue to which this task was submitted is full" in json.loads(body)["error"]
    finally:
        go.set()
    assert [runs.reply()[0], waits.reply()[0]] == [200, 200]


def test_parameters_may_lie_beside_each_version(batched, base_path, numpy_server, wait_for):
    file = numpy_server.write_version(base_path, 2) / "batching_params.pbtxt"
    file.write_text("max_batch_size { value: 2 } enable_large_batch_splitting { value: false }")
    numpy_server.write_version(base_path, 2)
    with Client(batched(per_model=True).url, "half") as client:
        with pytest.raises(errors.InvalidArgumentError, match="maximum input batch size 2"):
            client.predict([1.0, 2.0, 3.0])
        (numpy_server.write_version(base_path, 3) / "batching_params.pbtxt").unlink(missing_ok=True)
        wait_for(lambda: client.status()[0]["version"] == "3")
        wait_for(lambda: client.status()[0]["state"] == "AVAILABLE")
        assert client.predict([1.0, 2.0, 3.0]) == [2.5, 3.0, 3.5]


def test_wrong_parameters_beside_a_version_keep_it_from_serving(
    batched, base_path, numpy_server, wait_for
):
    broken = base_path / "2"
    broken.mkdir()
    (broken / "batching_params.pbtxt").write_text("max_batch_size { value: -1 }")
    numpy_server.write_version(base_path, 2)
    with Client(batched(per_model=True).url, "half") as client:
        wait_for(lambda: client.status()[0]["state"] == "END")
        assert (
            "max_batch_size must be 1 to 1000000" in client.status()[0]["status"]["error_message"]
        )
        assert client.predict([1.0]) == [2.5]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("--enable_batching", True),
        ("--enable_batching=true", True),
        ("--enable_batching=false", False),
    ],
)
def test_switches_are_written_as_tensorflow_serving_takes_them(given, value):
    assert parse_flags([BASE, given]).enable_batching is value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--enable_batching=maybe"], "expected true or false, received 'maybe'"),
        (["--batching_parameters_file=x"], "--batching_parameters_file needs --enable_batching"),
        (["--batching_latency_target_ms=0"], "--batching_latency_target_ms must be positive"),
    ],
)
def test_flags_that_make_no_sense_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        parse_flags([BASE, *arguments])
    assert message in capsys.readouterr().err


def test_a_file_of_parameters_that_cannot_be_used_ends_the_program(tmp_path, capsys):
    file = tmp_path / "batching.txt"
    file.write_text("max_batch_size { value: 0 }")
    flags = [BASE, "--enable_batching", f"--batching_parameters_file={file}"]
    assert main(flags) == 1
    assert "max_batch_size must be 1 to 1000000" in capsys.readouterr().err


def test_a_full_queue_is_what_clients_know_as_429():
    assert http_status(errors.ResourceExhaustedError(None, None, "")) == 429
