"""Snappy streams as TensorFlow writes them: blocks, each with its length in four bytes before it.

cramjam does the work where it is installed. Without it blocks are read by our own decompressor, and
written as they are, which is Snappy too.
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from tidefall.base import errors
from tidefall.io.records import snappy
from tidefall.proto import varint

_LENGTH = struct.Struct(">I")
_BLOCK = 256 * 1024
_LARGEST = 1 << 30


def _library() -> Any:
    try:
        from cramjam import snappy as library
    except ImportError:
        return None
    return library


def compress(data: bytes) -> bytes:
    """One Snappy block.

    >>> snappy.decompress(compress(b"tide" * 9)) == b"tide" * 9
    True
    """
    library = _library()
    if library is not None:
        return bytes(library.compress_raw(data))
    parts = [varint.encode(len(data))]
    for start in range(0, len(data), 1 << 16):
        piece = data[start : start + (1 << 16)]
        last = len(piece) - 1
        parts += [bytes([last << 2]) if last < 60 else b"\xf4" + struct.pack("<H", last), piece]
    return b"".join(parts)


def decompress(block: bytes) -> bytes:
    """The plain bytes of a block; ValueError if it is damaged."""
    library = _library()
    if library is None:
        return snappy.decompress(block)
    try:
        return bytes(library.decompress_raw(block))
    except Exception as error:  # noqa: BLE001 - cramjam has a class of its own
        raise ValueError(str(error)) from None


class SnappySource:
    """The plain bytes of such a stream.

    Args:
        source: the file, open for reading.
        name: what errors call the file.
    """

    def __init__(self, source: BinaryIO, name: str):
        self._source = source
        self._name = name
        self._plain = b""
        self._next = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end.

        Raises:
            DataLossError: a block is damaged, or cut short.
        """
        parts = []
        while size > 0:
            if self._next == len(self._plain) and not self._fill():
                break
            part = self._plain[self._next : self._next + size]
            self._next += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _fill(self) -> bool:
        header = self._source.read(_LENGTH.size)
        if not header:
            return False
        size = _LENGTH.unpack(header)[0] if len(header) == _LENGTH.size else _LARGEST + 1
        block = self._source.read(size) if size <= _LARGEST else b""
        if len(block) < size:
            raise self._lost("a compressed block is cut short")
        try:
            self._plain, self._next = decompress(block), 0
        except ValueError as error:
            raise self._lost(f"a compressed block is damaged ({error})") from None
        return True

    def _lost(self, what: str) -> errors.DataLossError:
        return errors.DataLossError(None, None, f"{self._name}: {what}.")


class SnappySink:
    """Compresses what is written to it into a file.

    Args:
        sink: the file, open for writing.
    """

    def __init__(self, sink: Any):
        self._sink = sink
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        """Add bytes; they are written when a block is full."""
        self._pending += data
        while len(self._pending) >= _BLOCK:
            self._block(bytes(self._pending[:_BLOCK]))
            del self._pending[:_BLOCK]

    def flush(self) -> None:
        """Write what there is, and hand it to the operating system."""
        if self._pending:
            self._block(bytes(self._pending))
            self._pending.clear()
        self._sink.flush()

    def close(self) -> None:
        """Write what is left, and close the file."""
        if self._sink.closed:
            return
        try:
            self.flush()
        finally:
            self._sink.close()

    def _block(self, data: bytes) -> None:
        block = compress(data)
        self._sink.write(_LENGTH.pack(len(block)) + block)
