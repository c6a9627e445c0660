"""NumPy models to serve, servers that serve them, raw sockets to speak to those, their metrics."""

import importlib.util
import socket
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tidefall.serving import HttpSettings, Limits, ModelServer

PROGRAM = Path(__file__).with_name("numpy_server.py")


@pytest.fixture(scope="session")
def numpy_server():
    """The module `numpy_server`, which reads and writes the models."""
    spec = importlib.util.spec_from_file_location("numpy_server", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def program() -> tuple[str, ...]:
    """The command line of the model server over NumPy models."""
    return (sys.executable, str(PROGRAM))


@pytest.fixture
def base_path(tmp_path, numpy_server) -> Path:
    """A folder with version 1 of half_plus_two."""
    numpy_server.write_version(tmp_path / "half", 1)
    return tmp_path / "half"


@pytest.fixture
def gate(base_path, numpy_server):
    """Makes version 1 wait with its answers until this file is there, as it is in the end."""
    path = base_path.parent / "gate"
    numpy_server.write_version(base_path, 1, gate=str(path))
    return path


@pytest.fixture(scope="session")
def wait_for():
    """Waits until a condition holds; fails where it does not in time."""

    def wait(condition, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.005)

    return wait


@pytest.fixture
def files_end_at():
    """Lets files grow to a size and no further, as on a disk that is full; None ends that."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int | None) -> None:
        soft = before[0] if size is None else size
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, before[1]))

    yield limit
    limit(None)


@pytest.fixture
def serve(base_path, numpy_server):
    """Starts a server on `base_path`; the settings of its HTTP side may be given."""
    before = set(threading.enumerate())
    servers = []

    def start(poll=0.02, limits=None, grpc_port=None, grpc=None, **settings) -> ModelServer:
        server = ModelServer(
            {"half": base_path},
            file_system_poll_wait_seconds=poll,
            settings=HttpSettings(limits=limits or Limits(), **settings),
            load=numpy_server.load,
            grpc_port=grpc_port,
            grpc=grpc,
        )
        servers.append(server)
        return server.start().wait_until_available(10)

    yield start
    (base_path.parent / "gate").touch()
    for server in servers:
        server.stop(drain_seconds=5)
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(5)  # One may still be on its way out of a model that was cut off.
    left = {thread.name for thread in left if thread.is_alive()}
    assert not left, f"the server left threads behind: {left}"


@pytest.fixture
def scrape():
    """Reads the metrics of a server: values by the name of the sample, then by its labels."""

    def read(server, path="/metrics") -> dict[str, dict[tuple[str, ...], float]]:
        with urllib.request.urlopen(server.url + path) as reply:
            assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            text = reply.read().decode()
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                # The parser calls counters as OpenMetrics does, TensorFlow Serving does not.
                name = sample.name
                name = name if f"\n{name}" in text else name.removesuffix("_total")
                found.setdefault(name, {})[tuple(sample.labels.values())] = sample.value
        return found

    return read


@pytest.fixture
def answered(scrape, wait_for):
    """Waits until so many requests have been counted, which happens after they are answered."""

    def wait(server, count):
        name = ":tensorflow:serving:request_count"
        wait_for(lambda: sum(scrape(server).get(name, {}).values()) == count)
        return scrape(server)

    return wait


class RawClient:
    """A TCP connection that sends what it is told, however wrong."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""

    def send(self, data: bytes) -> "RawClient":
        self.socket.sendall(data)
        return self

    def post(self, body: bytes, *headers: str, path="/v1/models/half:predict") -> "RawClient":
        lines = [f"POST {path} HTTP/1.1", "Host: h", f"Content-Length: {len(body)}", *headers]
        return self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def reply(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next reply."""
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
        size = int(headers.get("content-length", 0))
        while len(self.buffer) < size:
            self._receive()
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return int(first.split()[1]), headers, body

    def is_closed(self) -> bool:
        """Waits until the server sends or closes; true for the latter."""
        try:
            return not self.buffer and self.socket.recv(65536) == b""
        except ConnectionError:
            return True

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the server closed after {self.buffer!r}")
        self.buffer += data


@pytest.fixture
def connect():
    """Opens raw connections to a server."""
    clients = []

    def connect_to(server: ModelServer, timeout: float = 10.0) -> RawClient:
        clients.append(RawClient(server.port, timeout))
        return clients[-1]

    yield connect_to
    for client in clients:
        client.socket.close()
