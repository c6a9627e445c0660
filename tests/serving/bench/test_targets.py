"""Loads against servers: what is counted, and how failures are told apart."""

import contextlib
import socket
import threading

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.bench.http_target import HttpTarget
from tidefall.serving.bench.load import Load

SHORT = Load(connections=2, seconds=0.2, warmup=0.0)
PATH = "/v1/models/half:predict"


class ScriptedServer:
    """Answers each request on a connection by the next piece list of a script, then closes."""

    def __init__(self, *replies: list[bytes]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.replies = replies
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            # The load ends when its time is over, be a reply on its way or not.
            with connection, contextlib.suppress(ConnectionError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for pieces in self.replies:
                    if not connection.recv(65536):
                        break
                    for piece in pieces:
                        connection.sendall(piece)

    def __enter__(self) -> "ScriptedServer":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def test_a_closed_loop_counts_the_answers(serve):
    result = HttpTarget("127.0.0.1", serve().port, PATH, [b'{"instances":[1.0]}']).run(SHORT)
    assert result.latencies and not result.failures
    assert result.rate == len(result.latencies) / 0.2


def test_an_open_loop_sends_every_arrival(serve):
    load = Load(rate=200, connections=8, seconds=0.5, warmup=0.1)
    bodies = [b'{"instances":[1.0]}', b'{"instances":[2.0]}']
    result = HttpTarget("127.0.0.1", serve().port, PATH, bodies).run(load)
    expected = sum(time >= 0.1 for time in load.arrivals())
    assert len(result.latencies) == expected == len(result.late)


def test_latency_counts_from_the_intended_time_though_the_server_stalls(gate, serve, wait_for):
    # One connection, and the first answer waits for the gate: all that come later wait with it.
    load = Load(rate=100, connections=1, seconds=0.3, warmup=0.0, give_up=60, timeout=60)
    target = HttpTarget("127.0.0.1", serve().port, PATH, [b'{"instances":[1.0]}'])
    opening = threading.Timer(0.4, gate.touch)
    opening.start()
    result = target.run(load)
    opening.join()
    arrivals = load.arrivals()
    assert len(result.latencies) == len(arrivals)
    # None was sent before the gate opened but the first, and that was after the last arrival.
    least = np.array([0.4 - arrival for arrival in arrivals])
    assert (np.array(result.latencies) >= least - 1e-3).all()


def test_failures_are_told_by_status(serve):
    body = b'{"instances":[1.0],"signature_name":"failing"}'
    result = HttpTarget("127.0.0.1", serve().port, PATH, [body]).run(SHORT)
    assert not result.latencies
    assert set(result.failures) == {"HTTP 500"}


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nContent-", b"Length: 4\r\n\r\nab", b"cd"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab", b"cd\r\n0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"],
    ],
    ids=["in pieces", "chunked", "closing"],
)
def test_replies_are_read_however_they_are_sent(pieces):
    with ScriptedServer(pieces, pieces) as server:
        target = HttpTarget("127.0.0.1", server.port, "/", [b"x"])
        result = target.run(Load(connections=1, seconds=0.2, warmup=0.0))
    assert result.latencies
    assert set(result.failures) <= {"connection closed"}


def test_a_server_that_hangs_up_is_told_so():
    with ScriptedServer([b""]) as server:
        result = HttpTarget("127.0.0.1", server.port, "/", [b"x"]).run(
            Load(connections=1, seconds=0.1, warmup=0.0)
        )
    assert not result.latencies
    assert set(result.failures) == {"connection closed"}


def test_nobody_listening_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(errors.UnavailableError, match="cannot connect"):
        HttpTarget("127.0.0.1", port, "/", [b""]).run(SHORT)
