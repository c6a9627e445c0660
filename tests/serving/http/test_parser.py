"""HTTP/1.1 parsing: what is a request, what is refused, however the bytes arrive."""

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tidefall.serving.http.parser import HttpError, Limits, RequestParser

LIMITS = Limits(head=2000, headers=10, body=1000)
HEAD = "POST /p HTTP/1.1\r\nHost: h\r\n"


def parse(data: bytes, step: int | None = None) -> list:
    """All requests in the data, fed in pieces of `step` bytes."""
    parser, requests = RequestParser(LIMITS), []
    for start in range(0, len(data), step or len(data) or 1):
        parser.feed(data[start : start + (step or len(data))])
        while (request := parser.next_request()) is not None:
            requests.append(request)
    return requests


STEPS = [None, 1, 2, 3, 7]
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
GOOD = [
    ("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n", ("GET", "/a", b"", True)),
    ("GET / HTTP/1.0\r\n\r\n", ("GET", "/", b"", False)),
    ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", ("GET", "/", b"", True)),
    ("GET / HTTP/1.1\r\nHost:\r\nConnection: x, Close\r\n\r\n", ("GET", "/", b"", False)),
    ("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", ("GET", "/", b"", True)),
    ("GET http://h:1/x?y HTTP/1.1\r\nHost: h\r\n\r\n", ("GET", "/x", b"", True)),
    ("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", ("GET", "/", b"", True)),
    ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ("OPTIONS", "*", b"", True)),
    (HEAD + "Content-Length: 5\r\n\r\nhello", ("POST", "/p", b"hello", True)),
    (HEAD + "Content-Length: 0\r\n\r\n", ("POST", "/p", b"", True)),
    (HEAD + "\r\n", ("POST", "/p", b"", True)),
    (HEAD + CHUNKED + "0\r\n\r\n", ("POST", "/p", b"", True)),
    (
        HEAD + CHUNKED + "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n",
        ("POST", "/p", b"abc0123456789", True),
    ),
    (HEAD + CHUNKED + "3;n=v \r\nabc\r\n000\r\nTrailer: x\r\n\r\n", ("POST", "/p", b"abc", True)),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_requests(text, expected, step):
    (request,) = parse(text.encode(), step)
    assert (request.method, request.path, request.body, request.keep_alive) == expected


@pytest.mark.parametrize("step", STEPS)
def test_pipelined_requests_come_out_in_order(step):
    text = "".join(text for text, _ in GOOD)
    assert [r.body for r in parse(text.encode(), step)] == [body for _, (_, _, body, _) in GOOD]


def test_headers_are_lower_case_trimmed_and_joined():
    (request,) = parse(b"GET / HTTP/1.1\r\nHost: h\r\nX-A:\t1 \r\nx-a: 2\r\nEmpty:\r\n\r\n")
    assert request.headers == {"host": "h", "x-a": "1, 2", "empty": ""}


BAD = [
    (b"\x16\x03\x01\x02\x00\x01", 400, "not an HTTP request"),
    (b"GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", 400, "bare CR or LF"),
    (b"GET / HTTP/1.1\r\nHost: h\rx\r\n\r\n", 400, "bare CR or LF"),
    (b"GET / HTTP/1.1\r\nHost: h\x00\r\n\r\n", 400, "control character"),
    (b"GET /\r\nHost: h\r\n\r\n", 400, "malformed request line"),
    (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed request line"),
    (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed request line"),
    (b"GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "malformed request target"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP version 2.0"),
    (b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501, "method BREW"),
    (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501, "method CONNECT"),
    (b"GET / HTTP/1.1\r\n\r\n", 400, "needs a Host header"),
    (b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, "header host was sent twice"),
    (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, "malformed header line"),
    (b"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400, "malformed header line"),
    (b"GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", 400, "malformed header line"),
    (b"GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", 400, "malformed header line"),
    (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 3000, 431, "exceed 2000 bytes"),
    (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 3000 + b"\r\n\r\n", 431, "exceed 2000 bytes"),
    (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 10 + b"\r\n", 431, "more than 10"),
    (HEAD.encode() + b"Expect: magic\r\n\r\n", 417, "expectation 'magic'"),
    *[
        (
            HEAD.encode() + f"Content-Length: {value}\r\n\r\n".encode(),
            400,
            "malformed Content-Length",
        )
        for value in ["-1", "+5", "5, 5", "0x5", "5 5", "", "1" * 19]
    ],
    (HEAD.encode() + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400, "was sent twice"),
    (HEAD.encode() + b"Content-Length: 1001\r\n\r\n", 413, "exceeds 1000 bytes"),
    # What request smuggling is made of.
    (HEAD.encode() + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "both"),
    (HEAD.encode() + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400, "both"),
    (HEAD.encode() + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "transfer coding"),
    (HEAD.encode() + b"Transfer-Encoding: xchunked\r\n\r\n", 501, "transfer coding"),
    (HEAD.encode() + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n", 400, "was sent twice"),
    (b"POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "not allowed in HTTP/1.0"),
    *[
        (HEAD.encode() + CHUNKED.encode() + chunks, status, message)
        for chunks, status, message in [
            (b"x\r\n", 400, "malformed chunk size"),
            (b"-1\r\n", 400, "malformed chunk size"),
            (b"0x1\r\na\r\n", 400, "malformed chunk size"),
            (b"\r\n", 400, "malformed chunk size"),
            (b"1\na\r\n", 400, "malformed line"),
            (b"1\r\nab\r\n", 400, "longer than its size"),
            (b"1" * 13 + b"\r\n", 400, "malformed chunk size"),
            (b"1;" + b"e" * 300, 400, "too long"),
            (b"3E9\r\n", 413, "exceeds 1000 bytes"),
            (b"3E8\r\n" + b"a" * 1000 + b"\r\n1\r\n", 413, "exceeds 1000 bytes"),
            (b"0\r\nno trailer\r\n\r\n", 400, "malformed header line"),
        ]
    ],
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("data", "status", "message"), BAD)
def test_refused(data, status, message, step):
    with pytest.raises(HttpError) as caught:
        parse(data, step)
    assert caught.value.status == status
    assert message in caught.value.message


def test_bodies_of_tiny_chunks_are_refused():
    parser = RequestParser(Limits())
    parser.feed((HEAD + CHUNKED).encode())
    parser.feed(b"1\r\na\r\n" * 20_000)
    with pytest.raises(HttpError, match="too small"):
        parser.next_request()


def test_the_client_that_waits_is_told_to_go_on_once():
    parser = RequestParser(LIMITS)
    parser.feed((HEAD + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n").encode())
    assert parser.next_request() is None
    assert parser.awaits_continue
    assert not parser.awaits_continue
    parser.feed(b"ok")
    assert parser.next_request().body == b"ok"


def test_what_is_held_is_counted_and_released():
    parser = RequestParser(LIMITS)
    assert parser.is_idle
    parser.feed((HEAD + "Content-Length: 10\r\n\r\n12345").encode())
    parser.next_request()
    assert (parser.held, parser.in_body, parser.is_idle) == (5, True, False)
    parser.feed(b"67890GET")
    assert parser.next_request().body == b"1234567890"
    assert (parser.held, parser.in_body) == (3, False)


# Mostly right requests with something wrong in them find more than noise does.
PIECES = st.sampled_from(
    [b"GET", b"POST", b" ", b"/", b"HTTP/1.1", b"\r\n", b"\n", b"\r", b"Host: h", b":", b"\x00"]
    + [b"Content-Length: 3", b"Transfer-Encoding: chunked", b"3", b"0", b"abc", b"\xff"]
    + [HEAD.encode(), CHUNKED.encode(), b"\r\n\r\n", b"Expect: 100-continue\r\n"]
)


@settings(deadline=None)
@example([b"\r\n\r\n"], 1)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=20), st.integers(1, 40))
def test_any_bytes_are_parsed_or_refused_the_same_however_they_arrive(pieces, step):
    data = b"".join(pieces)
    outcomes = []
    for size in (None, step):
        requests, status = [], None
        parser = RequestParser(LIMITS)
        with contextlib.suppress(HttpError):
            for start in range(0, len(data), size or len(data) or 1):
                parser.feed(data[start : start + (size or len(data))])
                while (request := parser.next_request()) is not None:
                    requests.append((request.method, request.path, request.body))
            status = "fine"
        outcomes.append((requests, status))
    assert outcomes[0] == outcomes[1]
