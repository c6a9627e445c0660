"""The HTTP server: a listening socket, an event loop on a thread of its own, its connections."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tidefall.base import errors
from tidefall.serving.http.connection import Connection
from tidefall.serving.http.parser import Limits
from tidefall.serving.http.reply import Application
from tidefall.serving.http.workers import WorkerPool

_logger = logging.getLogger("tidefall.serving")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Bounds that keep one client from disturbing the others. Times are in seconds.

    Args:
        limits: the size of one request.
        threads: how many requests are worked on at once.
        request_seconds: after this a request is answered with 504.
        idle_seconds: how long a connection may stay open between requests.
        head_seconds: how long the request line and headers may take to arrive.
        body_seconds: the same for a body, on top of its size over `least_bytes_per_second`.
        write_seconds: the same for a client that takes its reply.
        least_bytes_per_second: the slowest a client may send or receive.
        linger_seconds: how long to listen to a client whose request was refused.
        connections: open connections; beyond, the one idle the longest gives way.
        held_bytes: memory for requests that are arriving or being worked on, all together.
        waiting_requests: requests that may wait for a thread; beyond, they are answered with 429.
    """

    limits: Limits = field(default_factory=Limits)
    threads: int = 8
    request_seconds: float = 30.0
    idle_seconds: float = 300.0
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    write_seconds: float = 30.0
    least_bytes_per_second: float = 4096.0
    linger_seconds: float = 5.0
    connections: int = 10_000
    held_bytes: int = 1024 * 1024 * 1024
    waiting_requests: int = 4096


class HttpServer:
    """Serves an application over HTTP/1.1.

    Args:
        application: what answers the requests.
        settings: bounds.
        tls: the server's side of TLS; None for plain HTTP.
    """

    def __init__(
        self,
        application: Application,
        settings: HttpSettings,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.application = application
        self.settings = settings
        self._tls = tls
        self.held = 0
        self.is_draining = False
        self.address: tuple[str, int] = ("", 0)
        self._connections: set[Connection] = set()
        self._thread: threading.Thread | None = None
        self._drain_seconds = 0.0
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._is_woken = False

    def start(self, host: str, port: int) -> None:
        """Binds the address and starts answering; `address` then holds the port in use.

        Args:
            host: a name or address; "" or "::" listens on all of them.
            port: a port number, or 0 for a free one.

        Raises:
            UnavailableError: the address cannot be listened on.
        """
        listener = _listen(host, port)
        self.address = listener.getsockname()[:2]
        self.workers = WorkerPool(self.settings.threads)
        self.urgent = WorkerPool(1, "tidefall-urgent")
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="tidefall-http", daemon=True
        )
        self._thread.start()

    def stop(self, drain_seconds: float = 30.0) -> None:
        """Takes no new requests, finishes those under way, and ends all threads.

        Args:
            drain_seconds: after this, what is still under way is cut off.
        """
        if self._thread is None:
            return
        self._drain_seconds = drain_seconds
        self.call_soon(self._stop.set)
        self._thread.join()
        self._thread = None
        self.workers.stop(timeout=1.0)
        self.urgent.stop(timeout=1.0)

    @property
    def url(self) -> str:
        """Where it answers over plain HTTP."""
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    # --- for connections, on the event loop -------------------------------------------------------

    def now(self) -> float:
        """The event loop's clock."""
        return self._loop.time()

    def call_soon(self, callback: Callable[..., None], *args: Any) -> None:
        """Has the event loop call something; from any thread, and harmless after the end.

        Waking the loop costs more than what it is woken for, so calls that come close together,
        as the answers of a batch do, share one.
        """
        self._calls.append((callback, args))
        if self._is_woken:
            return
        self._is_woken = True
        try:
            self._loop.call_soon_threadsafe(self._run_calls)
        except RuntimeError:
            pass  # The loop is closed: nobody is left to be answered.

    def _run_calls(self) -> None:
        # In this order: a call that finds the loop woken has come in time to be made.
        self._is_woken = False
        for _ in range(len(self._calls)):
            callback, args = self._calls.popleft()
            try:
                callback(*args)
            except Exception:  # Must not keep the others from being made.
                _logger.exception("a call on the event loop failed")

    def admit(self, connection: Connection) -> bool:
        """Registers a new connection; false if there are too many."""
        full = len(self._connections) >= self.settings.connections
        self._connections.add(connection)
        if not full:
            return not self.is_draining
        idle = [c for c in self._connections if c.is_idle and c is not connection]
        if idle:
            min(idle, key=lambda c: c.deadline).close_idle()
        return bool(idle)

    def forget(self, connection: Connection) -> None:
        """Forgets a connection that is closed."""
        self._connections.discard(connection)

    # --- event loop -------------------------------------------------------------------------------

    def _run(self, listener: socket.socket) -> None:
        try:
            self._loop.run_until_complete(self._serve(listener))
        finally:
            self._loop.close()

    async def _serve(self, listener: socket.socket) -> None:
        server = await self._loop.create_server(
            lambda: Connection(self),
            sock=listener,
            ssl=self._tls,
            ssl_handshake_timeout=self.settings.head_seconds if self._tls else None,
        )
        sweeping = self._loop.create_task(self._sweep())
        try:
            await self._stop.wait()
        finally:
            # A connection may have been accepted just before: asyncio would leave it open, its
            # transport unmade, were the server closed before the task that makes it has begun.
            self._loop.remove_reader(listener.fileno())
            await asyncio.sleep(0)
            server.close()
            await self._drain()
            sweeping.cancel()
            if self._tls is not None:
                self._end_handshakes()
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.gather(*others, return_exceptions=True)
            await self._cut_off()

    def _end_handshakes(self) -> None:
        """Gives up on clients that have not finished theirs; asyncio has a task for each."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _sweep(self) -> None:
        """Enforces the deadlines. One timer for all is far cheaper than one for each request."""
        settings = self.settings
        shortest = min(
            settings.request_seconds,
            settings.idle_seconds,
            settings.head_seconds,
            settings.body_seconds,
            settings.write_seconds,
            settings.linger_seconds,
        )
        while True:
            await asyncio.sleep(min(1.0, shortest / 4))
            now = self.now()
            for connection in [c for c in self._connections if c.deadline <= now]:
                connection.expire()

    async def _drain(self) -> None:
        self.is_draining = True
        for connection in list(self._connections):
            connection.close_idle()
        end = self.now() + self._drain_seconds
        while self._connections and self.now() < end:
            await asyncio.sleep(0.01)
        if self._connections:
            _logger.warning("cutting off %d connections", len(self._connections))
        await self._cut_off()

    async def _cut_off(self) -> None:
        while self._connections:
            for connection in list(self._connections):
                connection.abort()
            await asyncio.sleep(0)


def _listen(host: str, port: int) -> socket.socket:
    everywhere = host in ("", "::")
    try:
        if everywhere and socket.has_dualstack_ipv6():
            return socket.create_server(
                ("::", port), family=socket.AF_INET6, backlog=1024, dualstack_ipv6=True
            )
        family, *_, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address, family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise errors.UnavailableError(
            None, None, f"cannot listen on {host}:{port}: {_why(error)}"
        ) from None


def _why(error: OSError | OverflowError) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return "the port is already in use; choose another, or 0 for a free one"
    if code in (errno.EACCES, errno.EADDRNOTAVAIL):
        return os.strerror(code).lower()
    return str(error)
