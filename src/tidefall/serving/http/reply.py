"""Replies, and the bytes that carry them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol

from tidefall.serving.http.parser import Request

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_REASONS = {status.value: status.phrase for status in HTTPStatus} | {499: "Client Closed Request"}


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request.

    Args:
        status: the HTTP status.
        body: the content.
        content_type: what the content is.
        headers: further headers, as (name, value).
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


Respond = Callable[[Reply], None]
"""Sends the reply to one request; any thread may call it, once."""


class Application(Protocol):
    """What answers the requests that the HTTP layer has taken apart."""

    def is_quick(self, request: Request) -> bool:
        """Whether `handle` takes no time to speak of, so that the event loop may call it.

        Such a request is answered before `handle` returns.
        """
        ...

    def is_brief(self, request: Request) -> bool:
        """Whether `handle` returns soon but answers later, from a thread of its own.

        The event loop calls it then, which spares the way over a worker.
        """
        ...

    def is_urgent(self, request: Request) -> bool:
        """Whether a request that is not quick must not wait behind all others for a worker."""
        ...

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers a request, now or later; called by many threads at once, and never raises."""
        ...

    def refuse(self, status: int, message: str) -> Reply:
        """The reply to a request that never reaches `handle`."""
        ...


class _Clock:
    """The Date header, made anew at most once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def header(self) -> str:
        now = int(time.time())
        if now != self._second:
            self._second, self._text = now, formatdate(now, usegmt=True)
        return self._text


_clock = _Clock()


def reply_head(reply: Reply, *, keep_alive: bool) -> bytes:
    """The status line and headers of a reply."""
    reason = _REASONS.get(reply.status, "Unknown")
    further = "Retry-After: 1\r\n" if reply.status in (429, 503) else ""
    further += "".join([f"{name}: {value}\r\n" for name, value in reply.headers])
    return (
        f"HTTP/1.1 {reply.status} {reason}\r\n"
        f"Content-Type: {reply.content_type}\r\n"
        f"Content-Length: {len(reply.body)}\r\n"
        f"Date: {_clock.header()}\r\n"
        f"{further}Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    ).encode("latin-1")
