"""One client's connection: reads requests, hands them out, sends the replies, keeps time."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from tidefall.serving.http.encoding import decoded_body
from tidefall.serving.http.parser import HttpError, Request, RequestParser
from tidefall.serving.http.reply import CONTINUE, Reply, reply_head

if TYPE_CHECKING:
    from tidefall.serving.http.server import HttpServer

# What a client may send ahead while its last request is being worked on.
_READ_AHEAD = 64 * 1024


class _State(Enum):
    IDLE = auto()  # Between requests.
    READING = auto()  # Part of a request has arrived.
    WORKING = auto()  # A worker has the request.
    WRITING = auto()  # The client has not taken enough of the reply yet.
    LINGERING = auto()  # The request was refused; what the client still sends is dropped.
    CLOSING = auto()  # The last reply is on its way.
    CLOSED = auto()


class Connection(asyncio.Protocol):
    """A connection. Everything here runs on the event loop's thread, but for `_work`."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._parser = RequestParser(server.settings.limits)
        self._state = _State.IDLE
        self._transport = cast(asyncio.Transport, None)
        self._peer = ""
        self._ticket = 0  # Grows with each request, so that a late reply finds no taker.
        self._request: Request | None = None
        self._held = 0
        self._body_since: float | None = None
        self._is_write_paused = False
        self._is_read_paused = False
        self._is_input_over = False
        self.deadline = 0.0

    # --- what the event loop calls ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        self._await_request()
        if not self._server.admit(self):
            self._refuse(HttpError(503, "the server takes no more connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = _State.CLOSED
        self._ticket += 1
        self._request = None
        self._account(0)
        self._server.forget(self)

    def data_received(self, data: bytes) -> None:
        if self._state in (_State.LINGERING, _State.CLOSING, _State.CLOSED):
            return
        self._parser.feed(data)
        if self._state in (_State.IDLE, _State.READING):
            self._advance()
        elif self._parser.held > _READ_AHEAD and not self._is_read_paused:
            self._is_read_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        # A client may end its side and still read; only a reply in the making keeps ours open.
        # TLS ends both sides at once.
        self._is_input_over = True
        is_wanted = self._state in (_State.WORKING, _State.WRITING)
        return is_wanted and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        self._is_write_paused = True

    def resume_writing(self) -> None:
        self._is_write_paused = False
        if self._state is _State.WRITING:
            self._go_on()

    # --- requests ---------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Takes requests from what has arrived, until one has to be waited for."""
        while self._state in (_State.IDLE, _State.READING):
            try:
                request = self._parser.next_request()
            except HttpError as error:
                self._refuse(error)
                return
            if not self._account(self._parser.held + (len(request.body) if request else 0)):
                self._refuse(HttpError(503, "requests take up all memory they may; try again"))
            elif request is not None:
                self._serve(request)
            else:
                self._await_more()
                return

    def _await_more(self) -> None:
        if self._parser.is_idle:
            if self._state is not _State.IDLE:
                self._await_request()
            return
        settings, now = self._server.settings, self._server.now()
        if self._state is _State.IDLE:
            self._state = _State.READING
            self.deadline = now + settings.head_seconds
        if self._parser.in_body:
            if self._body_since is None:
                self._body_since = now
                if self._parser.awaits_continue:
                    self._transport.write(CONTINUE)
            allowed = settings.body_seconds + self._parser.held / settings.least_bytes_per_second
            self.deadline = self._body_since + allowed

    def _await_request(self) -> None:
        self._state = _State.IDLE
        self._body_since = None
        self.deadline = self._server.now() + self._server.settings.idle_seconds

    def _account(self, held: int) -> bool:
        """Keeps the server's count of the bytes that requests occupy; false if there are too many.

        A connection that did not grow is never the one to be blamed.
        """
        grew = held > self._held
        self._server.held += held - self._held
        self._held = held
        return not grew or self._server.held <= self._server.settings.held_bytes

    def _serve(self, request: Request) -> None:
        request.peer = self._peer
        self._request = request
        self._ticket += 1
        server = self._server
        if server.application.is_quick(request):
            server.application.handle(request, self._send)
            return
        if server.application.is_brief(request):
            self._begin(request)
            self._work(self._ticket, request)
            return
        workers = server.urgent if server.application.is_urgent(request) else server.workers
        if workers.waiting >= server.settings.waiting_requests:
            waiting = server.settings.waiting_requests
            self._send(server.application.refuse(429, f"{waiting} requests are waiting already"))
        else:
            self._begin(request)
            ticket = self._ticket
            workers.submit(lambda: self._work(ticket, request))

    def _begin(self, request: Request) -> None:
        self._state = _State.WORKING
        server = self._server
        self.deadline = request.deadline = server.now() + server.settings.request_seconds

    def _work(self, ticket: int, request: Request) -> None:
        """Runs on a worker's thread, for brief requests on the event loop's."""
        if ticket != self._ticket:
            return  # The client has gone, or was told that it took too long.
        server, application = self._server, self._server.application

        def respond(reply: Reply) -> None:
            server.call_soon(self._finish, ticket, reply)

        try:
            request.body = decoded_body(request, server.settings.limits.body)
        except HttpError as error:
            respond(application.refuse(error.status, error.message))
        else:
            application.handle(request, respond)

    def _finish(self, ticket: int, reply: Reply) -> None:
        if ticket == self._ticket:
            self._send(reply)
            if self._state is _State.IDLE:
                self._go_on()

    def _go_on(self) -> None:
        """Turns to the next request, which may have arrived already."""
        self._await_request()
        if self._is_read_paused:
            self._is_read_paused = False
            self._transport.resume_reading()
        self._advance()

    # --- replies ----------------------------------------------------------------------------------

    def _send(self, reply: Reply) -> None:
        """Sends the reply to the present request and decides what becomes of the connection."""
        request, self._request = self._request, None
        keep_alive = (
            request is not None
            and request.keep_alive
            and not self._is_input_over
            and not self._server.is_draining
        )
        head = reply_head(reply, keep_alive=keep_alive)
        self._transport.write(head if request and request.method == "HEAD" else head + reply.body)
        self._account(self._parser.held)
        seconds = self._server.settings.write_seconds
        allowed = seconds + len(reply.body) / self._server.settings.least_bytes_per_second
        if not keep_alive:
            self._state = _State.CLOSING
            self.deadline = self._server.now() + allowed
            self._transport.close()
        elif self._is_write_paused:
            self._state = _State.WRITING
            self.deadline = self._server.now() + allowed
        else:
            self._await_request()

    def _refuse(self, error: HttpError) -> None:
        """Answers something that is no acceptable request, and ends the connection.

        Closing at once while the client is still sending would make its system drop our reply,
        so the rest is read and thrown away for a while.
        """
        reply = self._server.application.refuse(error.status, error.message)
        self._ticket += 1
        self._request = None
        self._parser = RequestParser(self._server.settings.limits)
        self._account(0)
        self._transport.write(reply_head(reply, keep_alive=False) + reply.body)
        self._state = _State.LINGERING
        self.deadline = self._server.now() + self._server.settings.linger_seconds
        if self._is_read_paused:
            self._is_read_paused = False
            self._transport.resume_reading()
        try:
            if self._transport.can_write_eof():  # TLS cannot close one side only.
                self._transport.write_eof()
        except OSError:  # The client has reset the connection.
            self.abort()

    # --- time and shutdown ------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether the client could be cut off without noticing more than a closed connection."""
        return self._state is _State.IDLE

    def expire(self) -> None:
        """Does what is due at the deadline."""
        settings = self._server.settings
        if self._state is _State.IDLE:
            self.close_idle()
        elif self._state is _State.READING:
            self._refuse(HttpError(408, "the request took too long to arrive"))
        elif self._state is _State.WORKING:
            message = f"the request took longer than {settings.request_seconds:g} s"
            self._refuse(HttpError(504, message))
        else:
            self.abort()

    def close_idle(self) -> None:
        """Closes the connection between two requests."""
        if self._state is _State.IDLE:
            self._state = _State.CLOSING
            self.deadline = self._server.now() + self._server.settings.linger_seconds
            self._transport.close()

    def abort(self) -> None:
        """Closes the connection at once, whatever is under way."""
        self._transport.abort()
