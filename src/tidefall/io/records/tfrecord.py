"""TFRecord files: a sequence of byte strings, each with its length and checksums.

One record is `length: uint64, masked crc32c of length: uint32, data, masked crc32c of data:
uint32`, little-endian. The whole file may be one GZIP or ZLIB stream.
Reference: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

from tidefall.base import errors
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records import compression as codec
from tidefall.io.records import crc

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_PIECE = 16 * 1024 * 1024

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


def encode_record(data: bytes | str) -> bytes:
    """One record as it stands in a file.

    Args:
        data: the record's bytes; text is encoded as UTF-8.

    Returns:
        Header, data and footer: 16 bytes longer than `data`.

    Raises:
        TypeError: `data` is neither.

    >>> encode_record(b"").hex()
    '000000000000000029039807d8ea82a2'
    """
    if isinstance(data, str):
        data = data.encode("utf-8")
    elif not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"A record is bytes or str, not {type(data).__name__}.")
    length = memoryview(data).nbytes.to_bytes(8, "little")
    head = length + _FOOTER.pack(crc.masked_crc32c(length))
    return b"".join((head, data, _FOOTER.pack(crc.masked_crc32c(data))))


def read_records(
    source: Source, compression: str | None = "", buffer_size: int = 256 * 1024
) -> Iterator[bytes]:
    """Read a TFRecord file record by record.

    Nothing is opened before the first record is asked for.

    Args:
        source: a path, the bytes of a file, or a file open for reading in binary.
        compression: "", "GZIP" or "ZLIB".
        buffer_size: bytes to read ahead, for a path.

    Yields:
        The records, as `bytes`.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a record is cut short or damaged, or the compressed stream is. The good
            records before it have been yielded. (TensorFlow quietly stops at a record header that
            is cut short.)
        InvalidArgumentError: the compression is unknown.

    ```python
    for record in read_records("train.tfrecord.gz", "GZIP"):
        example = Example.FromString(record)
    ```
    """
    compression = codec.check_compression(compression)
    stream, name, owned = _open(source, buffer_size)
    try:
        plain = codec.InflateStream(stream, compression, name) if compression else stream
        yield from _records(plain, name)
    finally:
        if owned:
            stream.close()


def _open(source: Source, buffer_size: int) -> tuple[BinaryIO, str, bool]:
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source), "<buffer>", True
    if not isinstance(source, str | os.PathLike):
        return source, str(getattr(source, "name", "<stream>")), False
    path = os.fspath(source)
    try:
        return open(path, "rb", buffering=max(buffer_size, 2)), path, True
    except OSError as error:
        raise errors_from_os(error, path) from None


def _records(stream: Any, name: str) -> Iterator[bytes]:
    index = offset = 0
    read, checksum = stream.read, crc.masked_crc32c

    def lost(what: str, hint: str = "") -> errors.DataLossError:
        where = f"{name}: record {index} at byte {offset} is corrupted"
        return errors.DataLossError(None, None, f"{where}: {what}.{hint}")

    try:
        while header := read(12):
            if len(header) < 12:
                raise lost(f"the file ends {12 - len(header)} bytes before the end of its header")
            length, length_crc = _HEADER.unpack(header)
            if checksum(header[:8]) != length_crc:
                hint = "" if index else " Is this a TFRecord file with this compression?"
                raise lost("the checksum of its length does not match", hint)
            body = _read_body(stream, length + 4)
            if len(body) < length + 4:
                raise lost(f"it needs {length + 4} bytes after its header, {len(body)} are left")
            data = body[:length]
            if checksum(data) != _FOOTER.unpack_from(body, length)[0]:
                raise lost(f"the checksum of its {length} bytes of data does not match")
            yield data
            index += 1
            offset += length + 16
    except OSError as error:
        raise errors_from_os(error, name) from None


def _read_body(stream: Any, size: int) -> bytes:
    """`size` bytes or what there is of them; a false size must not ask for its memory at once."""
    if size <= _PIECE:
        return stream.read(size)
    pieces = []
    while size > 0:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class RecordWriter:
    """Writes a TFRecord file.

    The file appears at once and grows as it is flushed, so that a reader can follow it.

    Args:
        path: the file; replaced if it is there. Or one open for writing in binary.
        compression: "", "GZIP" or "ZLIB".
        level, window_bits, mem_level, strategy: of the compression, as in `zlib.compressobj`.

    Raises:
        NotFoundError: the folder is not there.
        InvalidArgumentError: the compression is unknown.
        ValueError: zlib does not take the settings.

    ```python
    with RecordWriter("train.tfrecord") as writer:
        writer.write(b"one record")
    ```
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | BinaryIO,
        compression: str | None = "",
        *,
        level: int = zlib.Z_DEFAULT_COMPRESSION,
        window_bits: int = zlib.MAX_WBITS,
        mem_level: int = 9,
        strategy: int = zlib.Z_DEFAULT_STRATEGY,
    ):
        compression = codec.check_compression(compression)
        self._has_failed = False
        self._sink: Any
        if isinstance(path, str | os.PathLike):
            self.path = os.fspath(path)
            try:
                self._sink = open(self.path, "wb")  # noqa: SIM115
            except OSError as error:
                raise errors_from_os(error, self.path) from None
        else:
            self.path = str(getattr(path, "name", "<stream>"))
            self._sink = path
        if compression:
            try:
                self._sink = codec.DeflateStream(
                    self._sink, compression, level, window_bits, mem_level, strategy
                )
            except ValueError:
                self._sink.close()
                raise

    def write(self, record: bytes | str) -> None:
        """Append one record.

        Args:
            record: its bytes; text is encoded as UTF-8.

        Raises:
            FailedPreconditionError: the writer is closed.
            ResourceExhaustedError: the disk is full.
        """
        sink = self._open_sink()
        try:
            sink.write(encode_record(record))
        except OSError as error:
            raise self._failed(error) from None

    def flush(self) -> None:
        """Hand everything written so far to the operating system.

        Raises:
            FailedPreconditionError: the writer is closed.
            ResourceExhaustedError: the disk is full.
        """
        sink = self._open_sink()
        try:
            sink.flush()
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> None:
        """Finish the file. Closing again does nothing.

        Raises:
            ResourceExhaustedError: the disk is full, and no error has said so before.
        """
        sink, self._sink = self._sink, None
        if sink is None:
            return
        try:
            sink.close()
        except OSError as error:
            if not self._has_failed:
                raise self._failed(error) from None

    def _failed(self, error: OSError) -> errors.OpError:
        self._has_failed = True
        return errors_from_os(error, self.path)

    def _open_sink(self) -> Any:
        if self._sink is None:
            raise errors.FailedPreconditionError(
                None, None, f"The writer of {self.path} is already closed."
            )
        return self._sink

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
