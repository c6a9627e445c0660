"""Bearer tokens: who may use an API."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from tidefall.base import errors
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Application, Reply, Respond
from tidefall.serving.status import http_status, invalid

_logger = logging.getLogger("tidefall.serving")

_SHORTEST = 16
_LOOK_SECONDS = 1.0


class Tokens:
    """The tokens in a file, one to a line: `TOKEN`, or `NAME TOKEN`; lines with # are comments.

    The file is read again when it has changed. If it then cannot be used, the tokens of before
    stay, so that a slip of the pen does not open or close the server. Any thread may ask.

    Args:
        path: the file.
        clock: the time in seconds.

    Raises:
        InvalidArgumentError: the file cannot be read, holds no token, or one that is too short.
    """

    def __init__(
        self, path: str | os.PathLike[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = Path(path)
        self._clock = clock
        self._failures = FailureLimit(clock=clock)
        self._stamp = self._look()
        self._looked = clock()
        self._users = _read(self._path)

    def user(self, authorization: str | None) -> str | None:
        """The name beside the token in an Authorization header; None where no line has it."""
        self._refresh()
        scheme, _, token = (authorization or "").partition(" ")
        digest = _digest(token.strip()) if scheme.lower() == "bearer" else b""
        found = None
        for known, name in self._users.items():  # All of them, so that time tells nothing.
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def check(self, authorization: str | None, peer: str) -> str:
        """The name of who asks.

        Args:
            authorization: the Authorization header.
            peer: the address it came from, for which failures are counted.

        Raises:
            UnauthenticatedError: it holds no valid token.
            ResourceExhaustedError: too many from that address did not.
        """
        self._failures.check(peer)
        user = self.user(authorization)
        if user is None:
            self._failures.count(peer)
            what = "the token is not valid" if authorization else "a bearer token is needed"
            raise errors.UnauthenticatedError(None, None, what)
        return user

    def _look(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._users = _read(self._path)
        except errors.InvalidArgumentError as error:
            _logger.error("%s; the tokens of before stay valid", error.message)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _read(path: Path) -> dict[bytes, str]:
    """User names by the digests of their tokens."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(f"cannot read the tokens in {path}: {error}") from None
    users: dict[bytes, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2 or len(words[-1]) < _SHORTEST:
            raise invalid(
                f"line {number} of {path}: expected TOKEN or NAME TOKEN with a token of at least "
                f"{_SHORTEST} characters"
            )
        users[_digest(words[-1])] = words[0] if len(words) == 2 else f"token-{number}"
    if not users:
        raise invalid(f"{path} holds no token; expected one to a line")
    return users


class FailureLimit:
    """Counts the failures of each address, and refuses those with too many for a while.

    Args:
        most: failures within the window after which an address is refused.
        seconds: the length of the window.
        addresses: how many addresses are remembered.
        clock: the time in seconds.
    """

    def __init__(
        self,
        most: int = 20,
        seconds: float = 60.0,
        addresses: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._seconds, self._addresses, self._clock = most, seconds, addresses, clock
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises ResourceExhaustedError if the address has failed too often."""
        begin, failures = self._counts.get(address, (0.0, 0))
        if failures >= self._most and self._clock() - begin < self._seconds:
            message = f"too many failures from {address}; try again in {self._seconds:g} s"
            raise errors.ResourceExhaustedError(None, None, message)

    def count(self, address: str) -> None:
        """Counts a failure."""
        now = self._clock()
        with self._lock:
            begin, failures = self._counts.pop(address, (now, 0))
            if now - begin >= self._seconds:
                begin, failures = now, 0
            self._counts[address] = begin, failures + 1
            if len(self._counts) > self._addresses:
                self._counts.popitem(last=False)


class Guarded:
    """An application that only those with a token reach.

    Args:
        application: what is guarded. Its requests carry the `user` the token belongs to.
        tokens: the tokens; None closes the application to all.
        closed: what to tell those who come while it is closed.
        on_refusal: is told the HTTP status of each refusal.
    """

    def __init__(
        self,
        application: Application,
        tokens: Tokens | None,
        closed: str = "",
        on_refusal: Callable[[int], None] = lambda status: None,
    ) -> None:
        self._application = application
        self._tokens = tokens
        self._closed = closed
        self._on_refusal = on_refusal

    def is_quick(self, request: Request) -> bool:
        """Whether to answer on the event loop, as refusals always are."""
        tokens = self._tokens
        if tokens is None or tokens.user(request.headers.get("authorization")) is None:
            return True
        return self._application.is_quick(request)

    def is_brief(self, request: Request) -> bool:
        """As the application says."""
        return self._application.is_brief(request)

    def is_urgent(self, request: Request) -> bool:
        """What the application says."""
        return self._application.is_urgent(request)

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers those who have a token, and refuses the others."""
        try:
            if self._tokens is None:
                raise errors.PermissionDeniedError(None, None, self._closed)
            request.user = self._tokens.check(request.headers.get("authorization"), request.peer)
        except errors.OpError as error:
            respond(self._refusal(error))
            return
        self._application.handle(request, respond)

    def _refusal(self, error: errors.OpError) -> Reply:
        status = http_status(error)
        self._on_refusal(status)
        reply = self._application.refuse(status, error.message)
        if status != 401:
            return reply
        challenge = ("WWW-Authenticate", 'Bearer realm="tidefall"')
        return Reply(status, reply.body, reply.content_type, (*reply.headers, challenge))

    def refuse(self, status: int, message: str) -> Reply:
        """The application's own words for a request that reaches nobody."""
        return self._application.refuse(status, message)
