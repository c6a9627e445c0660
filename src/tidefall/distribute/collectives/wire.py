"""The messages of the control connections: a length, then a JSON object.

A connection begins with a greeting, which also has the magic bytes, the version of the protocol and
the digest of the cluster's key. Nothing of a connection is believed before its greeting was.
"""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

MAGIC = b"TDFALL\x00\x01"
"""Six letters and the version of the protocol."""
LIMIT = 1 << 16
"""Bytes of the longest message."""
_LENGTH = struct.Struct("<I")

Message = dict[str, Any]


class WireError(Exception):
    """What came is no message of this protocol."""


def cluster_digest(addresses: Sequence[str], key: str) -> str:
    """What members of one cluster, and no others, have in common.

    >>> cluster_digest(["a:1", "b:1"], "") == cluster_digest(["a:1", "b:1"], "other")
    False
    """
    return hashlib.sha256("\n".join([key, *addresses]).encode()).hexdigest()


def encode(message: Message) -> bytes:
    """The bytes of a message.

    >>> list(Decoder().feed(encode({"type": "beat"})))
    [{'type': 'beat'}]
    """
    text = json.dumps(message).encode()
    return _LENGTH.pack(len(text)) + text


class Decoder:
    """Makes messages of the bytes that arrive on one connection."""

    def __init__(self, magic: bytes = b""):
        self._magic = magic
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete with these bytes.

        Raises:
            WireError: they are none.
        """
        held = self._held
        held += data
        if self._magic:
            if not held.startswith(self._magic[: len(held)]):
                raise WireError("it does not begin as this protocol does")
            if len(held) < len(self._magic):
                return []
            del held[: len(self._magic)]
            self._magic = b""
        found = []
        while len(held) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(held)
            if length > LIMIT:
                raise WireError(f"it has a message of {length} bytes")
            end = _LENGTH.size + length
            if len(held) < end:
                break
            try:
                message = json.loads(held[_LENGTH.size : end])
            except ValueError as error:
                raise WireError("it has a message that is no JSON") from error
            if not isinstance(message, dict):
                raise WireError("it has a message that is no object")
            del held[:end]
            found.append(message)
        return found


def read_greeting(connection: socket.socket, seconds: float) -> tuple[Message, Decoder]:
    """The greeting of one who was called, and what goes on decoding after it.

    Raises:
        OSError: it did not come in time.
        WireError: it is none.
    """
    decoder = Decoder(MAGIC)
    end = time.monotonic() + seconds
    while True:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        # Byte by byte: what follows the greeting is for others to read.
        data = connection.recv(1)
        if not data:
            raise ConnectionResetError("the connection was closed")
        found = decoder.feed(data)
        if found:
            return found[0], decoder
