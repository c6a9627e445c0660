"""The load generator for REST: one thread, non-blocking sockets and a selector.

It is written for little work per request, because on a small machine it shares the processors
with the server it measures: about 15 us, where asyncio's streams take 60 and HTTP clients more.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from itertools import cycle

from tidefall.base import errors
from tidefall.serving.bench.load import Load, Result

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_SHORTEST_WAIT = 0.0001


class HttpTarget:
    """Posts bodies to a path, one after the other, over connections that are kept open.

    Args:
        host: name or address.
        port: the port.
        path: where to post to, as in `/v1/models/digits:predict`.
        bodies: what to post, in turn.
        headers: further headers by name.
    """

    def __init__(
        self,
        host: str,
        port: int,
        path: str,
        bodies: Sequence[bytes],
        headers: dict[str, str] | None = None,
    ) -> None:
        try:
            # Looked up once: not by each connection.
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            message = f"cannot resolve {host}: {error}"
            raise errors.UnavailableError(None, None, message) from None
        self.address = str(found[0][4][0]), port
        given = {"Host": host, "Content-Type": "application/json", **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.requests = [
            f"POST {path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
            for body in bodies
        ]

    def run(self, load: Load) -> Result:
        """Sends a load and measures."""
        with selectors.DefaultSelector() as selector:
            run = _Run(self, load, selector)
            try:
                return run.open_loop() if load.rate is not None else run.closed_loop()
            finally:
                run.close()


class _Connection:
    """A connection and the request it carries, if any."""

    __slots__ = ("expected", "intended", "received", "socket", "unsent")

    def __init__(self, target: HttpTarget) -> None:
        self.socket = socket.create_connection(target.address, timeout=5.0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.intended = 0.0  # When the request was meant to be sent; 0 between requests.
        self.received = b""
        self.expected = 0  # Length of the reply, once known.
        self.unsent = memoryview(b"")

    def take(self, data: bytes) -> bytes | None:
        """The whole reply, once all of it has arrived."""
        if self.received:
            data = self.received + data
        if not self.expected:
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                length = _LENGTH.search(data, 0, end)
                if length is not None:
                    self.expected = end + 4 + int(length[1])
                elif not _CHUNKED.search(data, 0, end):
                    self.expected = end + 4
        complete = data.endswith(b"\r\n0\r\n\r\n") if not self.expected else False
        if complete or (self.expected and len(data) >= self.expected):
            self.received, self.expected = b"", 0
            return data
        self.received = data
        return None


class _Run:
    """One load under way."""

    def __init__(self, target: HttpTarget, load: Load, selector: selectors.BaseSelector) -> None:
        self.target, self.load, self.selector = target, load, selector
        self.result = Result(load)
        self.requests = cycle(target.requests)
        self.connections: set[_Connection] = set()
        self.idle: list[_Connection] = []
        self.begin = time.perf_counter()
        self.measured_from = self.begin + load.warmup
        self.end = self.measured_from + load.seconds

    def closed_loop(self) -> Result:
        """Each connection sends its next request when the last one is answered."""
        for _ in range(self.load.connections):
            self._connect()
        while (now := time.perf_counter()) < self.end:
            while self.idle:
                self._send(self.idle.pop(), time.perf_counter())
            while len(self.connections) < self.load.connections:
                self._connect()
            self._receive(min(self.end - now, 0.1))
            self._expire()
        self.result.seconds = self.load.seconds
        return self.result

    def open_loop(self) -> Result:
        """Sends at the times of the arrivals, whether or not earlier requests are answered."""
        due = deque(self.begin + arrival for arrival in self.load.arrivals())
        for _ in range(min(self.load.connections, 8)):
            self._connect()
        checked = self.begin
        while due or len(self.idle) < len(self.connections):
            now = time.perf_counter()
            if now >= self.end + self.load.timeout:
                break
            while due and due[0] <= now and self._have_connection():
                intended = due.popleft()
                if intended >= self.measured_from:
                    self.result.late.append(max(0.0, now - max(intended, self._freed)))
                self._send(self.idle.pop(), intended)
            if due and now - due[0] > self.load.give_up:
                self.result.gave_up = True
                break
            if now - checked > 0.25:
                self._expire()
                checked = now
            self._receive(self._pause(due, now))
        for connection in self.connections:
            if connection.intended >= self.measured_from:
                self.result.failures["no answer"] += 1
        last = time.perf_counter() if self.result.gave_up else self.end
        self.result.seconds = max(last - self.measured_from, 1e-9)
        return self.result

    _freed = 0.0  # When a connection last became free; before, a late request is the server's.

    def _have_connection(self) -> bool:
        if not self.idle and len(self.connections) < self.load.connections:
            self._connect()
        return bool(self.idle)

    def _pause(self, due: deque[float], now: float) -> float:
        """How long to wait for the network at most."""
        if not due:
            return 0.05
        if due[0] <= now:  # All connections are in use: only an answer changes that.
            return 0.05
        return due[0] - now

    def _connect(self) -> None:
        try:
            connection = _Connection(self.target)
        except OSError as error:
            if not self.connections:
                message = f"cannot connect to {self.target.address}: {error}"
                raise errors.UnavailableError(None, None, message) from None
            self.result.failures[f"connecting: {type(error).__name__}"] += 1
            return
        self.connections.add(connection)
        self.idle.append(connection)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _send(self, connection: _Connection, intended: float) -> None:
        connection.intended = intended
        request = next(self.requests)
        try:
            sent = connection.socket.send(request)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._fail(connection, "connection closed")
            return
        if sent < len(request):
            connection.unsent = memoryview(request)[sent:]
            events = selectors.EVENT_READ | selectors.EVENT_WRITE
            self.selector.modify(connection.socket, events, connection)

    def _receive(self, seconds: float) -> None:
        """Waits for answers and takes those there are.

        A selector waits whole milliseconds. Shorter waits are slept: requests shall leave in time.
        """
        if seconds >= 0.001:
            events = self.selector.select(seconds - 0.0005)
        else:
            events = self.selector.select(0)
            if not events:
                time.sleep(min(max(seconds - 0.00005, 0.0), _SHORTEST_WAIT))
        for key, mask in events:
            connection: _Connection = key.data
            if mask & selectors.EVENT_WRITE:
                self._send_more(connection)
            if mask & selectors.EVENT_READ:
                self._read(connection)

    def _send_more(self, connection: _Connection) -> None:
        try:
            sent = connection.socket.send(connection.unsent)
        except BlockingIOError:
            return
        except OSError:
            self._fail(connection, "connection closed")
            return
        connection.unsent = connection.unsent[sent:]
        if not connection.unsent:
            self.selector.modify(connection.socket, selectors.EVENT_READ, connection)

    def _read(self, connection: _Connection) -> None:
        if connection not in self.connections:
            return
        try:
            data = connection.socket.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._fail(connection, "connection closed")
            return
        reply = connection.take(data)
        if reply is None:
            return
        now = time.perf_counter()
        intended, connection.intended = connection.intended, 0.0
        if intended >= self.measured_from:
            if reply[9:12] == b"200":
                self.result.latencies.append(now - intended)
            else:
                self.result.failures[f"HTTP {reply[9:12].decode('latin-1')}"] += 1
        if _CLOSES.search(reply, 0, 1024):
            self._drop(connection)
        else:
            self._freed = now
            self.idle.append(connection)

    def _expire(self) -> None:
        limit = time.perf_counter() - self.load.timeout
        for connection in [c for c in self.connections if 0 < c.intended < limit]:
            self._fail(connection, "timeout")

    def _fail(self, connection: _Connection, kind: str) -> None:
        if connection.intended >= self.measured_from:
            self.result.failures[kind] += 1
        self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        if connection in self.connections:
            self.selector.unregister(connection.socket)
            self.connections.discard(connection)
            if connection in self.idle:
                self.idle.remove(connection)
        connection.socket.close()

    def close(self) -> None:
        """Closes all connections."""
        for connection in list(self.connections):
            self._drop(connection)
