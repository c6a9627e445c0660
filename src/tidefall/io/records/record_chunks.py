"""Files read many records at a time: TFRecords, lines, and records of one length.

A reader gives lists of byte strings, and tells the place in the file behind the last one it gave,
from where another reader goes on. What is compressed has no such places: there the place is the
number of bytes unpacked so far.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.file_systems.open_file import open_file
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records import crc
from tidefall.io.records.compression import InflateStream

_LENGTH = struct.Struct("<Q")
_CHUNK = 256 * 1024
_PIECE = 16 * 1024 * 1024
_SMALLEST = 512
_HEADER = 12
_FRAME = 16
"""Bytes of a record beside its data: length, its checksum, the checksum of the data."""


class ChunkReader:
    """Reads a file piece by piece; a subclass finds the records in the pieces.

    Args:
        path: path or URL of the file.
        compression: "", "GZIP" or "ZLIB".
        buffer_size: bytes to read at a time.

    Attributes:
        offset: the place behind the records given so far, in bytes of plain data.

    Raises:
        NotFoundError: there is no such file.
    """

    def __init__(self, path: str, compression: str = "", buffer_size: int = _CHUNK):
        self.path = path
        self.offset = 0
        self._size = max(buffer_size, _SMALLEST)
        self._file = open_file(path)
        self._compressed = bool(compression)
        self._stream: Any = (
            InflateStream(self._file, compression, path) if compression else self._file
        )
        self._data = b""
        self._items: list[bytes] = []
        self._next = 0
        self._error: errors.OpError | None = None
        self._ended = False

    def seek(self, offset: int) -> None:
        """Go on from the place another reader told; only before anything has been read."""
        left, self.offset = offset - self.offset, offset
        try:
            if not self._compressed:
                self._file.seek(offset)
                return
            while left > 0 and (skipped := len(self._stream.read(min(left, _PIECE)))):
                left -= skipped
        except OSError as error:
            raise errors_from_os(error, self.path) from None

    def take(self, count: int) -> list[bytes]:
        """The next records: at most `count`, fewer at the end, and before one that is damaged.

        Raises:
            DataLossError: the next record is damaged, or cut short.
        """
        start = self._next
        found = self._items[start : start + count]
        while not found and not self._ended:
            if self._error is not None:
                self._ended = True
                raise self._error
            self._fill()
            start, found = 0, self._items[:count]
        self._next = start + len(found)
        self.offset += self._bytes_of(found)
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __del__(self) -> None:
        # Iterators are forgotten before their end as a matter of course.
        if "_file" in self.__dict__:
            self._file.close()

    def _fill(self) -> None:
        """Read records; those before an error come before it."""
        self._items, self._next = [], 0
        try:
            piece = self._stream.read(self._size)
            self._read(piece)
        except OSError as error:
            self._error = errors_from_os(error, self.path)
        except errors.OpError as error:
            self._error = error
        self._ended = self._ended and self._error is None

    def _read(self, piece: bytes) -> None:
        """Find records in what is left over and a new piece, which is empty at the end."""
        raise NotImplementedError(type(self).__name__)

    def _bytes_of(self, items: list[bytes]) -> int:
        """How many bytes of the file these records take."""
        raise NotImplementedError(type(self).__name__)


class RecordReader(ChunkReader):
    """The records of a TFRecord file; their checksums are compared."""

    def _bytes_of(self, items: list[bytes]) -> int:
        return sum(map(len, items)) + _FRAME * len(items)

    def _read(self, piece: bytes) -> None:
        data = self._data + piece if self._data else piece
        bounds, needed = _frames(data)
        whole = len(bounds) - 1
        starts = bounds if needed > _HEADER else bounds[:-1]
        good = _good_lengths(data, starts)
        items = [data[a + 12 : b - 4] for a, b in pairwise(bounds[: good + 1])]
        intact = _intact(data, items, bounds)
        self._items = items[:intact]
        self._data = data[bounds[intact] :]
        if intact < len(items):
            self._lost(f"the checksum of its {len(items[intact])} bytes of data does not match.")
        elif good < len(starts):
            hint = "" if self.offset or items else " Is this a TFRecord file with this compression?"
            self._lost(f"the checksum of its length does not match.{hint}")
        elif not piece:
            self._ended = not (self._data or items)
            if self._data:
                self._cut_short(needed)
        elif whole == 0 and needed > len(data) + self._size:
            self._read_long(needed - len(data))

    def _read_long(self, missing: int) -> None:
        """Read the rest of a record that is longer than pieces are."""
        pieces = [self._data]
        while missing > 0 and (piece := self._stream.read(min(missing, _PIECE))):
            pieces.append(piece)
            missing -= len(piece)
        self._data = b"".join(pieces)

    def _cut_short(self, needed: int) -> None:
        left = len(self._data)
        if left < _HEADER:
            what = f"the file ends {_HEADER - left} bytes before the end of its header."
        else:
            rest = left - _HEADER
            what = f"it needs {needed - _HEADER} bytes after its header, {rest} are left."
        self._lost(what)

    def _lost(self, what: str) -> None:
        place = self.offset + self._bytes_of(self._items)
        self._error = errors.DataLossError(
            None, None, f"{self.path}: the record at byte {place} is corrupted: {what}"
        )


def _frames(data: bytes) -> tuple[list[int], int]:
    """Where the whole records begin, and the last one ends; how many bytes the next one has.

    Lengths are believed here. A record whose header is not there has the bytes of a header.
    """
    bounds = [0]
    append, unpack = bounds.append, _LENGTH.unpack_from
    start, size = 0, len(data)
    last_header = size - _HEADER
    while start <= last_header:
        end = start + unpack(data, start)[0] + _FRAME
        if end > size:
            return bounds, end - start
        append(end)
        start = end
    return bounds, _HEADER


def _good_lengths(data: bytes, starts: list[int]) -> int:
    """How many of the lengths, from the first on, fit their checksums."""
    if not starts:
        return 0
    places = np.array(starts)
    found = crc.masked_crc32c_of_words(_rows(data, places, 8))
    wrong = found != _rows(data, places + 8, 4).view("<u4")[:, 0]
    return int(wrong.argmax()) if wrong.any() else len(starts)


def _intact(data: bytes, items: list[bytes], bounds: list[int]) -> int:
    """How many records, from the first on, fit their checksums."""
    if not items:
        return 0
    extend = crc.extend_function()
    found = crc.mask_all(np.array([extend(0, item) for item in items], np.uint32))
    ends = np.array(bounds[1 : len(items) + 1])
    wrong = found != _rows(data, ends - 4, 4).view("<u4")[:, 0]
    return int(wrong.argmax()) if wrong.any() else len(items)


def _rows(data: bytes, places: np.ndarray, width: int) -> np.ndarray:
    array = np.frombuffer(data, np.uint8)
    return np.ascontiguousarray(array[places[:, None] + np.arange(width)])


class LineReader(ChunkReader):
    """The lines of a file, without their ends and, as in TensorFlow, without carriage returns."""

    def __init__(self, path: str, compression: str = "", buffer_size: int = _CHUNK):
        super().__init__(path, compression, buffer_size)
        self._parts: list[bytes] = []
        self._returns = False

    def _bytes_of(self, items: list[bytes]) -> int:
        return sum(map(len, items)) + len(items)

    def take(self, count: int) -> list[bytes]:
        lines = super().take(count)
        if self._returns:
            return [line.replace(b"\r", b"") for line in lines]
        return lines

    def _read(self, piece: bytes) -> None:
        if b"\r" in piece:
            self._returns = True
        if piece and b"\n" not in piece:
            self._parts.append(piece)  # a long line is joined once, at its end
            return
        data = b"".join((*self._parts, piece))
        lines = data.split(b"\n")
        rest = lines.pop()
        self._parts = [rest] if piece and rest else []
        if not piece:
            self._ended = not rest
            lines = [rest] if rest else []
        self._items = lines


class FixedReader(ChunkReader):
    """Records of one length, between a header and a footer that are left out.

    Args:
        record_bytes: the length of a record.
        header_bytes, footer_bytes: the lengths of what is before and after them.

    Raises:
        InvalidArgumentError: what is between header and footer is no whole number of records. Of a
            compressed file that is known at its end, and a DataLossError.
    """

    def __init__(
        self, path: str, compression: str, size: int, *, record: int, header: int, footer: int
    ):
        super().__init__(path, compression, max(size, record))
        self._record, self._header, self._footer = record, header, footer
        if not self._compressed:
            self._check(self._file_size() - header - footer, errors.InvalidArgumentError)
        self.seek(header)

    def _file_size(self) -> int:
        size = self._file.seek(0, 2)
        self._file.seek(0)
        return size

    def _check(self, body: int, kind: Any) -> None:
        if body < 0 or body % self._record:
            raise kind(
                None,
                None,
                f"Excluding the header ({self._header} bytes) and footer ({self._footer} bytes), "
                f'input file "{self.path}" has body length {body} bytes, which is not an exact '
                f"multiple of the record length ({self._record} bytes).",
            )

    def _bytes_of(self, items: list[bytes]) -> int:
        return len(items) * self._record

    def _read(self, piece: bytes) -> None:
        data = self._data + piece if self._data else piece
        length = self._record
        count = max(len(data) - self._footer, 0) // length
        self._items = [data[i : i + length] for i in range(0, count * length, length)]
        self._data = data[count * length :]
        if not piece:
            self._check_end(len(self._data) - self._footer)
            self._ended = not self._items

    def _check_end(self, left: int) -> None:
        body = self.offset - self._header + self._bytes_of(self._items) + left
        self._check(body, errors.DataLossError)


class CsvReader(LineReader):
    """The records of a file of comma-separated values; a quoted field may hold line ends.

    Args:
        quotes: whether fields may be quoted.
        header: leave out the first record.

    Raises:
        InvalidArgumentError: there is no header. At the end of the file, a quote is open.
    """

    def __init__(
        self, path: str, compression: str, size: int, *, quotes: bool = True, header: bool = False
    ):
        super().__init__(path, compression, size)
        self._quotes = quotes
        self._open: list[bytes] = []
        """Lines of a record whose quotes are open."""
        if header and not super(LineReader, self).take(1):
            raise errors.InvalidArgumentError(None, None, f"Can't read header of file {path}")

    def take(self, count: int) -> list[bytes]:
        records = super(LineReader, self).take(count)
        if self._returns:
            return [record[:-1] if record.endswith(b"\r") else record for record in records]
        return records

    def _read(self, piece: bytes) -> None:
        super()._read(piece)
        if self._quotes and (self._open or any(b'"' in line for line in self._items)):
            self._items = self._whole(self._items)
        if not piece and self._open:
            self._open = []
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{self.path}: reached end of file without closing quoted field in record",
            )

    def _whole(self, lines: list[bytes]) -> list[bytes]:
        """Lines joined where a quote was open between them."""
        records = []
        is_open = bool(self._open)
        for line in lines:
            is_open ^= line.count(b'"') % 2 == 1
            if is_open:
                self._open.append(line)
            elif self._open:
                records.append(b"\n".join((*self._open, line)))
                self._open = []
            else:
                records.append(line)
        return records
