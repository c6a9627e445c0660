"""HTTP/1.1 requests out of a stream of bytes (RFC 9112), and nothing that is not one.

The parser never guesses: whatever two implementations might read differently (both length
headers, a bare line feed, white space before a colon, folded lines) is refused, because behind a
proxy such a difference lets one client speak in another's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may hold.

    Args:
        head: bytes of the request line and headers together.
        headers: number of header lines.
        body: bytes of the body, after any decompression.
    """

    head: int = 32 * 1024
    headers: int = 128
    body: int = 64 * 1024 * 1024


@dataclass(slots=True)
class Request:
    """One complete request.

    Args:
        method: in capitals, "GET".
        path: the target without its query.
        query: what follows the question mark, as it came.
        peer: the address of the client.
        user: who sent it, where a token told.
        deadline: when it will be answered with 504, on the clock of `time.monotonic`.
        headers: values by name in lower case; repeated ones joined by ", ".
        keep_alive: whether the client wants to go on using the connection.
        body: the content, still compressed if it was sent so.
    """

    method: str
    path: str
    headers: dict[str, str]
    keep_alive: bool
    is_http_1_0: bool = False
    body: bytes = b""
    query: str = ""
    peer: str = ""
    user: str = ""
    deadline: float | None = None


class HttpError(Exception):
    """A request that is refused before anybody looks at what it asks for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"})

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP/([0-9])\.([0-9])")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t -~]*)?")
_AUTHORITY = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_LONGEST_CHUNK_LINE = 256
# Framing bytes a chunked body may spend beyond its content; chunks of a byte each would cost far
# more time than their content is worth.
_CHUNK_OVERHEAD = 64 * 1024


@dataclass(slots=True)
class _Body:
    """What is known of the body while it arrives."""

    remaining: int = 0  # Bytes still to come, of the whole body or of the present chunk.
    chunked: bool = False
    in_chunk: bool = False
    in_trailer: bool = False
    overhead: int = 0
    content: bytearray = field(default_factory=bytearray)


class RequestParser:
    """Turns bytes into requests: `feed` what arrived, then `next_request` until it returns None."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._searched = 0
        self._request: Request | None = None
        self._body = _Body()

    @property
    def held(self) -> int:
        """Bytes kept in memory for the request that is arriving."""
        return len(self._buffer) + len(self._body.content)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a next request has arrived."""
        return not self._buffer and self._request is None

    @property
    def in_body(self) -> bool:
        """Whether a head is complete and its body is still arriving."""
        return self._request is not None

    @property
    def awaits_continue(self) -> bool:
        """Whether the client holds the body back until it is told to go on; asked once."""
        request = self._request
        if request is None or self._buffer or self._body.content:
            return False
        return request.headers.pop("expect", "") != "" and not request.is_http_1_0

    def feed(self, data: bytes) -> None:
        """Takes what arrived from the network."""
        self._buffer += data

    def next_request(self) -> Request | None:
        """The next request if all of it has arrived, else None.

        Raises:
            HttpError: this is no request, or too big a one; the connection is of no more use.
        """
        if self._request is None:
            self._request = self._read_head()
            if self._request is None:
                return None
            self._body = self._expected_body(self._request)
        complete = self._read_chunks() if self._body.chunked else self._read_sized()
        if not complete:
            return None
        request, self._request = self._request, None
        request.body = bytes(self._body.content)
        self._body = _Body()
        return request

    # --- head -------------------------------------------------------------------------------------

    def _read_head(self) -> Request | None:
        buffer = self._buffer
        # Empty lines before a request are tolerated, as the RFC asks.
        blank = 0
        while buffer.startswith(b"\r\n", blank):
            blank += 2
        if blank:
            del buffer[:blank]
            self._searched = 0
        if buffer and not (0x21 <= buffer[0] <= 0x7E) and bytes(buffer[:2]) != b"\r":
            raise HttpError(400, "this is not an HTTP request")
        end = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(buffer)
            if len(buffer) > self._limits.head:
                raise self._head_too_long()
            return None
        if end > self._limits.head:
            raise self._head_too_long()
        head = bytes(buffer[:end])
        del buffer[: end + 4]
        self._searched = 0
        return self._parse_head(head)

    def _head_too_long(self) -> HttpError:
        return HttpError(431, f"request headers exceed {self._limits.head} bytes")

    def _parse_head(self, head: bytes) -> Request:
        ends = head.count(b"\r\n")
        if head.count(b"\n") != ends or head.count(b"\r") != ends or _CONTROL.search(head):
            raise HttpError(400, "control character, or bare CR or LF, in the request's head")
        lines = head.decode("latin-1").split("\r\n")
        if len(lines) - 1 > self._limits.headers:
            raise HttpError(431, f"more than {self._limits.headers} request headers")
        match = _REQUEST_LINE.fullmatch(lines[0])
        if match is None:
            raise HttpError(400, f"malformed request line: {lines[0][:100]!r}")
        method, target, major, minor = match.groups()
        if major != "1":
            raise HttpError(505, f"HTTP version {major}.{minor} is not supported; use HTTP/1.1")
        if method not in METHODS:
            raise HttpError(501, f"method {method[:40]} is not implemented")
        headers = _parse_headers(lines[1:])
        old = minor == "0"
        if not old and "host" not in headers:
            raise HttpError(400, "an HTTP/1.1 request needs a Host header")
        path, query = _path(target)
        return Request(method, path, headers, _keep_alive(headers, old), old, query=query)

    # --- body -------------------------------------------------------------------------------------

    def _expected_body(self, request: Request) -> _Body:
        headers = request.headers
        coding, length = headers.get("transfer-encoding"), headers.get("content-length")
        expect = headers.get("expect")
        if expect is not None and expect.lower() != "100-continue":
            raise HttpError(417, f"expectation {expect[:40]!r} cannot be met")
        if coding is not None:
            if length is not None:
                raise HttpError(400, "both Content-Length and Transfer-Encoding were sent")
            if request.is_http_1_0:
                raise HttpError(400, "Transfer-Encoding is not allowed in HTTP/1.0")
            if coding.lower() != "chunked":
                raise HttpError(501, f"transfer coding {coding[:40]!r} is not implemented")
            return _Body(chunked=True)
        if length is None:
            return _Body()
        if not (length.isascii() and length.isdecimal()) or len(length) > 18:
            raise HttpError(400, f"malformed Content-Length: {length[:40]!r}")
        self._check_size(int(length))
        return _Body(remaining=int(length))

    def _check_size(self, size: int) -> None:
        if size > self._limits.body:
            raise HttpError(413, f"request body exceeds {self._limits.body} bytes")

    def _read_sized(self) -> bool:
        body, buffer = self._body, self._buffer
        if len(buffer) <= body.remaining:  # The usual case moves the whole buffer at once.
            body.remaining -= len(buffer)
            if body.content:
                body.content += buffer
            else:
                body.content = buffer
            self._buffer = bytearray()
        else:
            body.content += buffer[: body.remaining]
            del buffer[: body.remaining]
            body.remaining = 0
        return body.remaining == 0

    def _read_chunks(self) -> bool:
        """Reads whole and partial chunks from the buffer; true once the last one has ended."""
        body, buffer, position = self._body, self._buffer, 0
        try:
            while True:
                if body.in_chunk:
                    taken = min(body.remaining, len(buffer) - position)
                    body.content += memoryview(buffer)[position : position + taken]
                    position += taken
                    body.remaining -= taken
                    if body.remaining or len(buffer) - position < 2:
                        return False
                    if not buffer.startswith(b"\r\n", position):
                        raise HttpError(400, "a chunk is longer than its size says")
                    position += 2
                    body.in_chunk = False
                line, position = self._chunk_line(position)
                if line is None:
                    return False
                if body.in_trailer:
                    if not line:
                        return True
                    _parse_headers([line.decode("latin-1")])
                else:
                    self._start_chunk(line)
        finally:
            del buffer[:position]

    def _chunk_line(self, position: int) -> tuple[bytes | None, int]:
        """The line at a position and where the next one starts; None while it is incomplete."""
        limit = self._limits.head if self._body.in_trailer else _LONGEST_CHUNK_LINE
        end = self._buffer.find(b"\n", position, position + limit)
        if end < 0:
            if len(self._buffer) - position >= limit:
                raise HttpError(400, "a chunk's size or a trailer is too long")
            return None, position
        line = bytes(self._buffer[position : end + 1])
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or _CONTROL.search(line):
            raise HttpError(400, "malformed line in a chunked body")
        self._body.overhead += len(line) + 2
        if self._body.overhead > _CHUNK_OVERHEAD + len(self._body.content):
            raise HttpError(400, "the chunks of the body are too small")
        return line[:-2], end + 1

    def _start_chunk(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise HttpError(400, f"malformed chunk size: {line[:40].decode('latin-1')!r}")
        size = int(match[1], 16)
        self._check_size(len(self._body.content) + size)
        self._body.remaining = size
        self._body.in_chunk = size > 0
        self._body.in_trailer = size == 0


_MUST_NOT_REPEAT = frozenset({"host", "content-length", "transfer-encoding", "expect"})


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        # A folded line starts with a blank, which is no token either.
        if not colon or not _TOKEN.fullmatch(name):
            raise HttpError(400, f"malformed header line: {line[:100]!r}")
        name, value = name.lower(), value.strip(" \t")
        if name not in headers:
            headers[name] = value
        elif name in _MUST_NOT_REPEAT:
            raise HttpError(400, f"header {name} was sent twice")
        else:
            headers[name] += ", " + value
    return headers


def _path(target: str) -> tuple[str, str]:
    """Path and query of a request's target."""
    authority = _AUTHORITY.match(target)
    path = target[authority.end() :] or "/" if authority else target
    path, _, query = path.partition("?")
    if not path.startswith("/") and path != "*":
        raise HttpError(400, f"malformed request target: {target[:100]!r}")
    return path, query


def _keep_alive(headers: dict[str, str], is_http_1_0: bool) -> bool:
    options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
    return "keep-alive" in options if is_http_1_0 else "close" not in options
