"""Compressed bodies."""

import gzip
import zlib

import pytest

from tidefall.serving.http.encoding import decoded_body
from tidefall.serving.http.parser import HttpError, Request


def request(body: bytes, coding: str | None) -> Request:
    headers = {} if coding is None else {"content-encoding": coding}
    return Request("POST", "/", headers, keep_alive=True, body=body)


@pytest.mark.parametrize("coding", [None, "identity"])
def test_plain_bodies_pass(coding):
    assert decoded_body(request(b"{}", coding), 10) == b"{}"


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip"])
def test_gzip(coding):
    assert decoded_body(request(gzip.compress(b"a" * 100), coding), 100) == b"a" * 100


@pytest.mark.parametrize(
    ("body", "coding", "status", "message"),
    [
        (b"x", "br", 415, "'br' is not supported"),
        (b"x", "gzip, gzip", 415, "is not supported"),
        (b"not gzip", "gzip", 400, "is damaged"),
        (zlib.compress(b"x"), "gzip", 400, "is damaged"),
        (gzip.compress(b"hello", mtime=0)[:-4], "gzip", 400, "cut short"),
        (gzip.compress(b"hello", mtime=0) + b"more", "gzip", 400, "followed by other data"),
        (gzip.compress(b"\0" * 1_000_000, mtime=0), "gzip", 413, "exceeds 100 bytes"),
    ],
)
def test_refused(body, coding, status, message):
    with pytest.raises(HttpError, match=message) as caught:
        decoded_body(request(body, coding), 100)
    assert caught.value.status == status
