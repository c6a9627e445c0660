"""The server as a whole: versions on disk to answers on the wire."""

import json
import threading

import pytest

from tidefall.base import errors
from tidefall.serving import Client, ModelConfig, ModelServer


def test_it_serves_over_http(serve):
    with Client(serve().url, "half") as client:
        assert client.predict([1.0, 2.0]) == [2.5, 3.0]


def test_swaps_under_load_fail_no_request(serve, base_path, numpy_server, wait_for):
    server = serve(poll=0.005)
    failures, answers, done = [], set(), threading.Event()

    def ask():
        with Client(server.url, "half") as client:
            while not done.is_set():
                try:
                    answers.add(client.predict([2.0])[0])
                except errors.OpError as error:
                    failures.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    with Client(server.url, "half") as client:
        for version in range(2, 22):
            numpy_server.write_version(base_path, version, add=float(version))
            wait_for(lambda: client.predict([2.0]) == [version + 1.0])  # noqa: B023 - used at once
    done.set()
    for asker in askers:
        asker.join()
    assert not failures
    assert len(answers) > 5


def test_a_broken_version_shows_in_the_status_while_the_old_one_serves(
    serve, base_path, numpy_server, wait_for
):
    with Client(serve().url, "half") as client:
        numpy_server.write_version(base_path, 2, broken="shard 3 is cut short")
        wait_for(lambda: client.status()[0]["state"] == "END")
        assert client.status() == [
            {
                "version": "2",
                "state": "END",
                "status": {"error_code": "DATA_LOSS", "error_message": "shard 3 is cut short"},
            },
            {
                "version": "1",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            },
        ]
        assert client.predict([1.0]) == [2.5]


def test_a_config_may_say_more_than_the_path(base_path, numpy_server):
    config = ModelConfig("half", base_path)
    with ModelServer({"half": config}, load=numpy_server.load) as server:
        server.wait_until_available(10)
        with Client(server.url, "half") as client:
            assert client.predict([1.0]) == [2.5]


def test_a_missing_base_path_is_refused_before_listening(tmp_path, numpy_server):
    server = ModelServer({"m": tmp_path / "absent"}, load=numpy_server.load)
    with pytest.raises(errors.NotFoundError, match="Could not find base path"):
        server.start()
    server.stop()


def test_stopping_twice_is_harmless(serve):
    server = serve()
    server.stop()
    server.stop()


@pytest.mark.process
def test_importing_the_server_imports_nothing_heavy(run_python):
    source = (
        "import sys, json, tidefall.serving, tidefall.serving.cli, tidefall.serving.process;"
        "heavy = {'jax', 'keras', 'grpc', 'h5py', 'google.protobuf'};"
        "print(json.dumps(sorted(heavy & sys.modules.keys())))"
    )
    assert json.loads(run_python(source)) == []


@pytest.mark.process
def test_importing_a_client_does_not_import_a_server(run_python):
    source = (
        "import sys; from tidefall.serving import Client, ServerProcess;"
        "print('asyncio' in sys.modules, 'tidefall.serving.http' in sys.modules)"
    )
    assert run_python(source).split() == ["False", "False"]
