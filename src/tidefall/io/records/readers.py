"""Readers of files whose names come from a queue: `compat.v1.TextLineReader` and its like."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records.compression import InflateStream, check_compression
from tidefall.io.records.tfrecord import read_records
from tidefall.op.effects import reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, no_outputs, scalar
from tidefall.ops.queues.handles import declare_maker, versions
from tidefall.ops.queues.waiting import QueueValue
from tidefall.ops.strings.byte_arrays import to_array
from tidefall.proto import varint

Record = tuple[bytes, bytes]
Records = Callable[[str], Iterator[Record]]

_AT_ONCE = 1 << 20
"""Bytes of a compressed file to read at a time."""

# ---- what is in a file: its records, each with a key ----


def _opened(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise errors_from_os(error, path) from None


def _contents(path: str, compression: str = "") -> bytes:
    with _opened(path) as file:
        if not compression:
            return file.read()
        stream = InflateStream(file, compression, path)
        return b"".join(iter(lambda: stream.read(_AT_ONCE), b""))


def _key(path: str, place: int) -> bytes:
    return f"{path}:{place}".encode("utf-8", "surrogateescape")


def _name(path: str) -> Iterator[Record]:
    name = path.encode("utf-8", "surrogateescape")
    yield name, name


def _whole_file(path: str) -> Iterator[Record]:
    yield path.encode("utf-8", "surrogateescape"), _contents(path)


def _lines(attrs: dict[str, Any]) -> Records:
    skipped = attrs["skip_header_lines"]

    def records(path: str) -> Iterator[Record]:
        with _opened(path) as file:
            for number, line in islice(enumerate(file, 1), max(skipped, 0), None):
                yield _key(path, number), line.removesuffix(b"\n").removesuffix(b"\r")

    return records


def _records(attrs: dict[str, Any]) -> Records:
    compression = check_compression(attrs["compression_type"])

    def records(path: str) -> Iterator[Record]:
        place = 0
        for record in read_records(path, compression):
            yield _key(path, place), record
            place += len(record) + 16  # its length, and the checksums of both

    return records


def _slices(attrs: dict[str, Any]) -> Records:
    """Pieces of one size, between a header and a footer."""
    header, size, footer, hop = (
        attrs[f"{part}_bytes"] for part in ("header", "record", "footer", "hop")
    )
    for part, value, least in (
        ("header", header, 0),
        ("record", size, 1),
        ("footer", footer, 0),
        ("hop", hop, 0),
    ):
        if value < least:
            raise invalid(f"{part}_bytes must be >= {least}, but is {value}")
    compression = check_compression(attrs.get("encoding", ""))

    def records(path: str) -> Iterator[Record]:
        data = _contents(path, compression)
        starts = range(header, len(data) - footer - size + 1, hop or size)
        for number, start in enumerate(starts):
            yield _key(path, number), data[start : start + size]

    return records


# ---- readers ----


class Reader:
    """What the handle of a reader refers to: where it is in the file it reads.

    Args:
        kind: name of the op that made it.
        name: the name that errors give.
        records: the records of a file.
        one_each: whether a file is one record, so that the state can be saved.
    """

    def __init__(self, kind: str, name: str, records: Records, one_each: bool):
        self.label = f"{kind} '{name}'"
        self._records = records
        self._one_each = one_each
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self.produced = self.finished = self._started = 0
        self._work = b""
        self._open: Iterator[Record] | None = None

    def read(self, queue: QueueValue, most: int = 1) -> list[Record]:
        """The next records, up to `most` of one file.

        Raises:
            OutOfRangeError: if the queue is closed and empty.
        """
        with self._lock:
            found: list[Record] = []
            while not found:
                if self._open is None:
                    self._begin(queue)
                assert self._open is not None
                found = list(islice(self._open, most))
                self.produced += len(found)
                if len(found) < most or self._one_each:
                    self._open = None
                    self.finished += 1
            return found

    def _begin(self, queue: QueueValue) -> None:
        self._work = queue.dequeue(1)[0][0].item()
        self._started += 1
        self._open = self._records(self._work.decode("utf-8", "surrogateescape"))

    def reset(self) -> None:
        """Begin anew, with the next file."""
        with self._lock:
            self._forget()

    def state(self) -> bytes:
        """Where the reader is, as a ReaderBaseState message."""
        self._check_state()
        with self._lock:
            counts = (self._started, self.finished, self.produced)
            fields = b"".join(
                bytes([8 * number]) + varint.encode(count)
                for number, count in enumerate(counts, 1)
                if count
            )
            work = self._work
            return fields + (b"\x22" + varint.encode(len(work)) + work if work else b"")

    def restore(self, message: bytes) -> None:
        """Go where `state` says.

        Raises:
            InvalidArgumentError: if that is not what it is.
        """
        self._check_state()
        try:
            counts, work = _parsed(message)
        except ValueError:
            raise invalid(f"Could not parse state for {self.label}: {message!r}") from None
        started, finished, produced = counts
        if started != finished or produced > started:
            raise invalid(f"Inconsistent work started vs. finished for {self.label}: {counts}")
        with self._lock:
            self._forget()
            self._started, self.finished, self.produced, self._work = *counts, work

    def _check_state(self) -> None:
        if not self._one_each:
            raise UnimplementedError(None, None, f"Reader SerializeState: {self.label}")


def _parsed(message: bytes) -> tuple[list[int], bytes]:
    """The numbers and the file's name in a ReaderBaseState message."""
    counts, work, place = [0, 0, 0], b"", 0
    while place < len(message):
        tag, place = varint.decode(message, place)
        value, place = varint.decode(message, place)
        if tag in (8, 16, 24):
            counts[tag // 8 - 1] = value
        elif tag == 34 and place + value <= len(message):
            work, place = message[place : place + value], place + value
        else:
            raise ValueError(f"No field of the state has the tag {tag}.")
    return counts, work


# ---- the ops ----


def _declare_reader(
    kind: str, records_for: Callable[[dict[str, Any]], Records], one_each: bool = False
) -> None:
    declare_maker(kind, lambda attrs, name: Reader(kind, name, records_for(attrs), one_each))


_declare_reader("FixedLengthRecordReader", _slices)
_declare_reader("IdentityReader", lambda attrs: _name, one_each=True)
_declare_reader("TFRecordReader", _records)
_declare_reader("TextLineReader", _lines)
_declare_reader("WholeFileReader", lambda attrs: _whole_file, one_each=True)


def _reader(handle: Any) -> Reader:
    if not isinstance(handle, Reader):
        raise invalid(f"The handle is not a reader's: {handle!r}.")
    return handle


def _files(handle: Any) -> QueueValue:
    if not isinstance(handle, QueueValue):
        raise invalid(f"The handle is not a queue's: {handle!r}.")
    if [dtype.name for dtype in handle.dtypes] != ["string"]:
        raise invalid(
            "Expected queue of names with one string component, but it has "
            f"{[dtype.name for dtype in handle.dtypes]}"
        )
    return handle


def _read(reader: Any, queue: Any) -> tuple[np.ndarray, np.ndarray]:
    ((key, value),) = _reader(reader).read(_files(queue))
    return to_array([key]).reshape(()), to_array([value]).reshape(())


def _read_up_to(reader: Any, queue: Any, count: Any) -> tuple[np.ndarray, np.ndarray]:
    if count <= 0:
        raise invalid(f"num_records must be positive, but is {count}")
    keys, values = zip(*_reader(reader).read(_files(queue), int(count)), strict=True)
    return to_array(keys), to_array(values)


def _reset(reader: Any) -> tuple[()]:
    _reader(reader).reset()
    return ()


def _restore(reader: Any, state: Any) -> tuple[()]:
    _reader(reader).restore(state.item())
    return ()


def _two(*dims: None) -> Callable[[Inference], list[TensorShape]]:
    return lambda c: [TensorShape(dims)] * 2


for _op_name, _host, _shape, _effects in (
    ("ReaderRead", _read, _two(), writes("reader_handle", "queue_handle")),
    ("ReaderReadUpTo", _read_up_to, _two(None), writes("reader_handle", "queue_handle")),
    (
        "ReaderNumRecordsProduced",
        lambda r: np.array(_reader(r).produced, np.int64),
        scalar,
        reads("reader_handle"),
    ),
    (
        "ReaderNumWorkUnitsCompleted",
        lambda r: np.array(_reader(r).finished, np.int64),
        scalar,
        reads("reader_handle"),
    ),
    ("ReaderReset", _reset, no_outputs, writes("reader_handle")),
    (
        "ReaderSerializeState",
        lambda r: to_array([_reader(r).state()]).reshape(()),
        scalar,
        reads("reader_handle"),
    ),
    ("ReaderRestoreState", _restore, no_outputs, writes("reader_handle")),
):
    for _version in versions(_op_name):
        op(_version, shape=_shape, host=_host, effects=_effects, gradient=NOT_DIFFERENTIABLE)
