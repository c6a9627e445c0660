"""Compressed request bodies, unpacked within bounds."""

from __future__ import annotations

import zlib

from tidefall.serving.http.parser import HttpError, Request

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def decoded_body(request: Request, limit: int) -> bytes:
    """The content of a request, unpacked if it came gzipped.

    Raises:
        HttpError: it unpacks to more than `limit` bytes, is damaged, or is packed in another way.
    """
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding == "identity":
        return request.body
    if coding not in ("gzip", "x-gzip"):
        raise HttpError(415, f"content encoding {coding[:40]!r} is not supported; use gzip")
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = unpacker.decompress(request.body, limit + 1)
    except zlib.error as error:
        raise HttpError(400, f"the gzipped body is damaged: {error}") from None
    if len(content) > limit:
        raise HttpError(413, f"request body exceeds {limit} bytes once unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise HttpError(400, "the gzipped body is cut short or followed by other data")
    return content
