"""The client: what it sends, and which exception each answer becomes."""

import json
import socket
import threading

import numpy as np
import pytest
import trustme

from tidefall.base import errors
from tidefall.serving import Client, ModelServer
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.status import error_from_http, http_status


@pytest.fixture
def client(serve):
    with Client(serve().url, "half") as client:
        yield client


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"instances": np.float32([1, 2])}, [2.5, 3.0]),
        ({"instances": [{"x": np.float32(1)}]}, [2.5]),
        ({"inputs": {"x": np.array([1.0])}}, [2.5]),
        ({"inputs": 4, "signature_name": "scalar"}, 8),
        ({"inputs": np.float32([np.inf])}, [np.inf]),
        (
            {
                "inputs": {"text": np.array([b"\xff", "a"], object), "times": [1, 2]},
                "signature_name": "strings",
            },
            "not UTF-8",
        ),
        (
            {
                "instances": [{"text": b"ab", "times": np.int64(1)}],
                "signature_name": "strings",
            },
            [{"joined": "ab", "joined_bytes": {"b64": "YWI="}, "size": 2}],
        ),
    ],
)
def test_predict(client, arguments, expected):
    if isinstance(expected, str):
        with pytest.raises(errors.InvalidArgumentError, match=expected):
            client.predict(**arguments)
    else:
        assert client.predict(**arguments) == expected


def test_tensors_are_sent_by_their_values(client):
    class Tensor:
        def numpy(self):
            return np.float32([1])

    assert client.predict(Tensor()) == [2.5]


def test_status_and_metadata(client):
    assert client.status()[0]["state"] == "AVAILABLE"
    assert client.metadata()["model_spec"]["name"] == "half"


def test_a_version_may_be_asked_for(serve):
    server = serve()
    with Client(server.url, "half", version=1) as client:
        assert client.predict([1.0]) == [2.5]
    with (
        Client(server.url, "half", version=2) as client,
        pytest.raises(errors.NotFoundError, match=r"Specific\(half, 2\)"),
    ):
        client.predict([1.0])


def test_names_are_quoted():
    assert Client("http://h:1", "a/b c")._transport.path == "/v1/models/a%2Fb%20c"


@pytest.mark.parametrize("url", ["h:1", "ftp://h:1", "http://", "http://h:1/v1"])
def test_urls_are_checked(url):
    with pytest.raises(ValueError, match="expected a URL like"):
        Client(url, "m")


@pytest.mark.parametrize("arguments", [{}, {"instances": [1], "inputs": [1]}])
def test_either_instances_or_inputs(arguments):
    with pytest.raises(ValueError, match="either instances or inputs"):
        Client("http://h:1", "m").predict(**arguments)


def test_an_error_leaves_the_connection_usable(client):
    for _ in range(3):
        with pytest.raises(errors.InvalidArgumentError, match="not of expected type: float"):
            client.predict(["x"])
        assert client.predict([1.0]) == [2.5]


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(errors.UnavailableError, match=f"no answer from 127.0.0.1:{port}"):
        Client(f"http://127.0.0.1:{port}", "m").status()


def test_an_answer_that_takes_too_long():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Client(f"http://127.0.0.1:{silent.getsockname()[1]}", "m", timeout=0.05) as client,
        pytest.raises(errors.DeadlineExceededError, match="no answer"),
    ):
        client.status()


def test_a_connection_closed_while_unused_is_replaced(serve, wait_for):
    server = serve(idle_seconds=0.5)
    with Client(server.url, "half") as client:
        assert client.predict([1.0]) == [2.5]
        wait_for(lambda: not server._http._connections)
        assert client.predict([1.0]) == [2.5]


def test_threads_may_share_a_client(client):
    wrong = []

    def ask(number):
        for _ in range(20):
            if client.predict([number]) != [number / 2 + 2]:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_answer_that_is_no_json_is_quoted():
    def answer(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        with (
            Client(f"http://127.0.0.1:{listener.getsockname()[1]}", "m") as client,
            pytest.raises(errors.UnknownError, match="HTTP status 502: b'oops'"),
        ):
            client.status()
        thread.join()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidArgumentError),
        (401, errors.UnauthenticatedError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (408, errors.DeadlineExceededError),
        (413, errors.ResourceExhaustedError),
        (418, errors.InvalidArgumentError),
        (429, errors.ResourceExhaustedError),
        (500, errors.InternalError),
        (501, errors.UnimplementedError),
        (503, errors.UnavailableError),
        (504, errors.DeadlineExceededError),
        (599, errors.UnknownError),
    ],
)
def test_statuses_become_exceptions(status, kind):
    error = error_from_http(status, "why")
    assert type(error) is kind
    assert error.message == "why"


def test_every_code_has_an_http_status():
    statuses = [http_status(errors.OpError(None, None, "", code)) for code in range(17)]
    assert statuses[:9] == [200, 499, 500, 400, 504, 404, 409, 403, 429]
    assert statuses[9:] == [400, 409, 400, 501, 500, 503, 500, 401]


def test_replies_are_read_as_tensorflow_serving_formats_them(serve, monkeypatch):
    client = Client(serve().url, "half")
    pretty = b'{\n    "predictions": [2.5, NaN\n    ]\n}'
    monkeypatch.setattr(client._transport, "_exchange", lambda *_: (200, pretty))
    assert json.dumps(client.predict([1.0])) == "[2.5, NaN]"


# --- both protocols -------------------------------------------------------------------------------


@pytest.fixture(params=["http", "grpc"])
def either(request, serve):
    """A client of each protocol."""
    server = serve(grpc_port=0)
    url = server.url if request.param == "http" else f"grpc://127.0.0.1:{server.grpc_port}"
    with Client(url, "half") as client:
        yield client


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"instances": np.float32([1, 2])}, [2.5, 3.0]),
        ({"instances": [1, 2]}, [2.5, 3.0]),
        ({"instances": [{"x": np.float32(1)}]}, [2.5]),
        ({"inputs": {"x": np.array([1.0])}}, [2.5]),
        ({"inputs": 4, "signature_name": "scalar"}, 8),
        (
            {
                "instances": [{"text": b"ab", "times": 1}, {"text": "c", "times": 2}],
                "signature_name": "strings",
            },
            [("ab", 2), ("cc", 4)],
        ),
    ],
)
def test_predict_answers_the_same_over_both(either, arguments, expected):
    found = either.predict(**arguments)
    if isinstance(expected, list) and isinstance(expected[0], tuple):
        found = [(row["joined"], row["size"]) for row in found]
    assert found == expected


def test_infer_takes_and_gives_arrays(either):
    found = either.infer(np.float32([1, 2]))["y"]
    assert found.dtype == np.float32
    assert found.tolist() == [2.5, 3.0]
    many = either.infer({"x": [0.5, 2.0]}, "many")
    assert {name: array.dtype.name for name, array in many.items()} == {
        "f": "float32",
        "d": "float64",
        "i": "int64",
        "b": "bool",
    }
    inputs = {"text": np.array([b"a", b"bc"], object), "times": np.int64([2, 1])}
    strings = either.infer(inputs, "strings")
    assert strings["joined_bytes"].tolist() == [b"aa", b"bc"]
    assert strings["size"].tolist() == [4, 2]


def test_classify_and_regress(either):
    classes = either.classify([{"x": 0.25}, {"x": [1.0]}], signature_name="classify")
    assert classes == [[("low", 0.75), ("high", 0.25)], [("low", 0.0), ("high", 1.0)]]
    values = either.regress(
        [{"name": b"a", "n": [1, 2]}, {}], context={"x": np.float32(3)}, signature_name="regress"
    )
    assert values == [3.5, 3.5]


def test_metadata_and_status_are_the_same_over_both(serve):
    server = serve(grpc_port=0)
    urls = server.url, f"grpc://127.0.0.1:{server.grpc_port}"
    clients = [Client(url, "half") for url in urls]
    assert clients[0].status() == clients[1].status()
    found = [client.metadata() for client in clients]
    assert found[0]["model_spec"] == found[1]["model_spec"]
    first, second = (f["metadata"]["signature_def"]["signature_def"] for f in found)
    assert first["images"]["inputs"] == second["images"]["inputs"]
    assert first.keys() == second.keys()
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda client: client.infer({"z": [1.0]}), errors.InvalidArgumentError),
        (lambda client: client.infer(["a"]), errors.InvalidArgumentError),
        (lambda client: client.infer([1.0], "nope"), errors.OpError),
        (lambda client: client.infer([1.5], "scalar"), errors.InvalidArgumentError),
        (lambda client: client.infer([2**40], "scalar"), errors.InvalidArgumentError),
        (lambda client: client.regress([{"x": 1.0}]), errors.InvalidArgumentError),
        (lambda client: client.infer([1.0], "failing"), errors.InternalError),
    ],
)
def test_errors_are_of_the_same_class_over_both(either, call, kind):
    with pytest.raises(kind):
        call(either)


def test_versions_and_labels(serve):
    server = serve(grpc_port=0)
    for url in (server.url, f"grpc://127.0.0.1:{server.grpc_port}"):
        with Client(url, "half", version=1) as client:
            assert client.predict([1.0]) == [2.5]
        with Client(url, "half", version=9) as client, pytest.raises(errors.NotFoundError):
            client.predict([1.0])
        unknown = pytest.raises(errors.InvalidArgumentError, match="version label")
        with Client(url, "half", label="x") as client, unknown:
            client.predict([1.0])
    with pytest.raises(ValueError, match="a version or a label"):
        Client("http://h:1", "m", version=1, label="x")


def test_models_are_reloaded_over_grpc_only(serve, base_path, tmp_path, numpy_server):
    server = serve(grpc_port=0)
    numpy_server.write_version(tmp_path / "other", 1, add=10.0)
    with Client(f"grpc://127.0.0.1:{server.grpc_port}", "other") as client:
        client.reload({"other": str(tmp_path / "other")})
        assert client.predict([1.0]) == [10.5]
    with Client(server.url, "half") as client, pytest.raises(errors.UnimplementedError):
        client.reload({"half": str(base_path)})


def test_what_the_server_refused_is_tried_again(client, monkeypatch):
    transport, tries = client._transport, []

    def exchange(*_):
        tries.append(1)
        busy = (429, b'{"error": "busy"}')
        return busy if len(tries) < 3 else (200, b'{"predictions": [1]}')

    monkeypatch.setattr(transport, "_exchange", exchange)
    monkeypatch.setattr(client, "_retries", 2)
    assert client.predict([1.0]) == [1]
    tries.clear()
    monkeypatch.setattr(client, "_retries", 1)
    with pytest.raises(errors.ResourceExhaustedError, match="busy"):
        client.predict([1.0])
    assert len(tries) == 2


def test_a_deadline_over_grpc(serve, gate):
    server = serve(grpc_port=0)
    with Client(f"grpc://127.0.0.1:{server.grpc_port}", "half") as client:
        client.metadata()
        with pytest.raises(errors.DeadlineExceededError):
            client.predict([1.0], timeout=0.1)
    gate.touch()


def test_nobody_there_over_grpc():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(errors.UnavailableError):
        Client(f"grpc://127.0.0.1:{port}", "m").status()


@pytest.mark.parametrize("scheme", ["https", "grpcs"])
def test_tls_with_a_certificate_of_the_client_and_a_token(
    scheme, base_path, numpy_server, tmp_path
):
    authority = trustme.CA()
    issued, mine = authority.issue_cert("localhost"), authority.issue_cert("me@example.com")
    files = {
        "ca": authority.cert_pem.bytes(),
        "key": mine.private_key_pem.bytes(),
        "cert": b"".join(pem.bytes() for pem in mine.cert_chain_pems),
        "token": b"0123456789abcdef\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    settings = {
        "server_key": issued.private_key_pem.bytes(),
        "server_cert": b"".join(pem.bytes() for pem in issued.cert_chain_pems),
        "custom_ca": files["ca"],
    }
    lines = [f"{name}: {json.dumps(pem.decode())}" for name, pem in settings.items()]
    (tmp_path / "ssl").write_text("\n".join([*lines, "client_verify: true"]))
    operations = OperationsSettings(
        ssl_config_file=str(tmp_path / "ssl"), inference_token_file=str(tmp_path / "token")
    )
    models = {"half": base_path}
    with ModelServer(models, grpc_port=0, operations=operations, load=numpy_server.load) as server:
        server.wait_until_available(10)
        port = server.port if scheme == "https" else server.grpc_port
        keys = {f"{kind}_file": str(tmp_path / kind) for kind in ("ca", "cert", "key")}
        url = f"{scheme}://localhost:{port}"
        with Client(url, "half", token="0123456789abcdef", **keys) as client:
            assert client.predict([1.0]) == [2.5]
        with Client(url, "half", **keys) as client, pytest.raises(errors.UnauthenticatedError):
            client.predict([1.0])
        refused = pytest.raises((errors.UnavailableError, errors.DeadlineExceededError))
        with Client(url, "half", ca_file=keys["ca_file"], timeout=5) as client, refused:
            client.predict([1.0])
