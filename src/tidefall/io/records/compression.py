"""GZIP and ZLIB streams that are read and written piece by piece."""

from __future__ import annotations

import zlib
from typing import Any, BinaryIO

from tidefall.base import errors

_GZIP_HEADER = 16  # zlib's flag for a gzip header and trailer, added to the window bits
_CHUNK = 256 * 1024
COMPRESSIONS = ("", "GZIP", "ZLIB")


def check_compression(compression: str | None) -> str:
    """`compression` in capitals, with None and "NONE" as ""; InvalidArgumentError if unknown."""
    name = (compression or "").upper()
    name = "" if name == "NONE" else name
    if name not in COMPRESSIONS:
        raise errors.InvalidArgumentError(
            None, None, f"Unknown compression {compression!r}; use one of {COMPRESSIONS}."
        )
    return name


def _window(compression: str, bits: int) -> int:
    return bits | _GZIP_HEADER if compression == "GZIP" else bits


class InflateStream:
    """The plain bytes of a compressed file; concatenated members follow each other.

    Args:
        source: the compressed file, open for reading.
        compression: "GZIP" or "ZLIB".
        name: what errors call the file.
    """

    def __init__(self, source: BinaryIO, compression: str, name: str):
        self._source = source
        self._name = name
        self._bits = _window(compression, zlib.MAX_WBITS)
        self._inflater = zlib.decompressobj(self._bits)
        self._pending = b""
        self._started = False

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end.

        Raises:
            DataLossError: the file is not compressed this way, is damaged, or ends early.
        """
        parts = []
        while size > 0:
            part = self._read_some(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_some(self, size: int) -> bytes:
        while True:
            if self._inflater.eof:
                self._pending = self._inflater.unused_data or self._pending
                self._inflater = zlib.decompressobj(self._bits)
                self._started = False
            if not self._pending:
                self._pending = self._source.read(_CHUNK)
            at_end = not self._pending
            if at_end and not self._started:
                return b""
            part = self._inflate(size)
            if part:
                return part
            if at_end and not self._inflater.eof:
                raise self._lost("the compressed stream ends early")

    def _inflate(self, size: int) -> bytes:
        try:
            part = self._inflater.decompress(self._pending, size)
        except zlib.error as error:
            raise self._lost(f"the compressed stream is damaged ({error})") from None
        self._started = True
        self._pending = self._inflater.unconsumed_tail
        return part

    def _lost(self, what: str) -> errors.DataLossError:
        return errors.DataLossError(None, None, f"{self._name}: {what}.")


class DeflateStream:
    """Compresses what is written to it into a file.

    Args:
        sink: the file, open for writing.
        compression: "GZIP" or "ZLIB".
        level, window_bits, mem_level, strategy: as in `zlib.compressobj`.
    """

    def __init__(
        self,
        sink: Any,
        compression: str,
        level: int = -1,
        window_bits: int = zlib.MAX_WBITS,
        mem_level: int = 9,
        strategy: int = zlib.Z_DEFAULT_STRATEGY,
    ):
        self._sink = sink
        bits = _window(compression, window_bits)
        self._deflater = zlib.compressobj(level, zlib.DEFLATED, bits, mem_level, strategy)

    def write(self, data: bytes) -> None:
        """Compress `data`; it may stay buffered until `flush` or `close`."""
        self._sink.write(self._deflater.compress(data))

    def flush(self) -> None:
        """Make everything written so far readable in the file."""
        self._sink.write(self._deflater.flush(zlib.Z_SYNC_FLUSH))
        self._sink.flush()

    def close(self) -> None:
        """Finish the compressed stream and close the file. Closing again does nothing."""
        if self._sink.closed:
            return
        try:
            self._sink.write(self._deflater.flush(zlib.Z_FINISH))
        finally:
            self._sink.close()
