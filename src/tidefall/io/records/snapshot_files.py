"""The files of saved datasets, as TensorFlow lays them out.

    FOLDER/snapshot.metadata                     which run is the one that counts
    FOLDER/RUN/00000000.shard/00000000.snapshot  elements: a TFRecord for each component

A record is a TensorProto. The whole file may be compressed with GZIP or Snappy.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tidefall.base import errors
from tidefall.io.file_systems.file_system import replace_file
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records import compression as codec
from tidefall.io.records.record_chunks import RecordReader
from tidefall.io.records.snappy_stream import SnappySink, SnappySource
from tidefall.io.records.tfrecord import encode_record
from tidefall.proto import varint

_METADATA = "snapshot.metadata"
_VERSION = 2
_FINALIZED = 1000  # number of the field
COMPRESSIONS = ("", "GZIP", "SNAPPY")


@dataclass
class Metadata:
    """What `snapshot.metadata` says.

    Attributes:
        graph_hash: the pipeline; "" if it does not matter.
        run: the folder with the shards.
        created: microseconds since 1970.
        types: DataType numbers of the components of an element.
        elements: their number; None if it is not told.
        is_final: everything has been written.
    """

    graph_hash: str = ""
    run: str = field(default_factory=lambda: str(secrets.randbits(64)))
    created: int = field(default_factory=lambda: time.time_ns() // 1000)
    version: int = _VERSION
    types: Sequence[int] = ()
    elements: int | None = None
    is_final: bool = True

    def serialized(self) -> bytes:
        """As TensorFlow's `SnapshotMetadataRecord`."""
        parts = [_text(1, self.graph_hash), _text(2, self.run), _number(3, self.created)]
        parts += [_number(4, self.version), _packed(5, self.types)]
        parts += [_number(6, self.elements or 0), _number(_FINALIZED, self.is_final)]
        return b"".join(parts)

    @classmethod
    def parsed(cls, data: bytes) -> Metadata:
        """What such a message says; ValueError if it is none."""
        found: dict[int, Any] = {}
        position = 0
        while position < len(data):
            tag, position = varint.decode(data, position)
            value: Any
            value, position = varint.decode(data, position)
            if tag & 7 == 2:
                if position + value > len(data):
                    raise ValueError("it ends early")
                value, position = data[position : position + value], position + value
            elif tag & 7:
                raise ValueError(f"a field of wire type {tag & 7}")
            found[tag >> 3] = value
        return cls(
            found.get(1, b"").decode(),
            found.get(2, b"").decode(),
            found.get(3, 0),
            found.get(4, 0),
            _numbers(found.get(5, b"")),
            found.get(6),
            bool(found.get(_FINALIZED, 0)),
        )


def _text(number: int, text: str) -> bytes:
    return _packed_bytes(number, text.encode())


def _packed(number: int, values: Sequence[int]) -> bytes:
    return _packed_bytes(number, b"".join(map(varint.encode, values)))


def _packed_bytes(number: int, data: bytes) -> bytes:
    return varint.encode(number << 3 | 2) + varint.encode(len(data)) + data if data else b""


def _number(number: int, value: int) -> bytes:
    return varint.encode(number << 3) + varint.encode(int(value)) if value else b""


def _numbers(data: bytes) -> list[int]:
    values, position = [], 0
    while position < len(data):
        value, position = varint.decode(data, position)
        values.append(value)
    return values


def read_metadata(folder: str) -> Metadata | None:
    """What stands in a folder; None if nothing does.

    Raises:
        DataLossError: the file is damaged.
    """
    path = os.path.join(folder, _METADATA)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise errors_from_os(error, path) from None
    try:
        found = Metadata.parsed(data)
        if not found.run:
            raise ValueError("it names no run")
    except ValueError as error:
        raise errors.DataLossError(None, None, f"{path} is damaged: {error}.") from None
    if found.version > _VERSION:
        raise errors.UnimplementedError(
            None, None, f"{path}: files of version {found.version} are newer than this library."
        )
    return found


def write_metadata(folder: str, metadata: Metadata) -> None:
    """Make a run the one that counts."""
    data = metadata.serialized()
    replace_file(os.path.join(folder, _METADATA), lambda file: file.write(data))


def shards(folder: str, metadata: Metadata) -> list[str]:
    """The folders with the parts of the elements, in order."""
    run = os.path.join(folder, metadata.run)
    try:
        names = sorted(name for name in os.listdir(run) if name.endswith(".shard"))
    except OSError as error:
        raise errors_from_os(error, run) from None
    return [os.path.join(run, name) for name in names]


def shard_files(folder: str) -> list[str]:
    """The files of one shard, in order."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".snapshot"))
    except OSError as error:
        raise errors_from_os(error, folder) from None
    return [os.path.join(folder, name) for name in names]


class ShardReader(RecordReader):
    """The records of one file of a shard.

    Args:
        path: the file.
        compression: "", "GZIP" or "SNAPPY".
    """

    def __init__(self, path: str, compression: str):
        is_snappy = compression == "SNAPPY"
        super().__init__(path, "" if is_snappy else compression)
        if is_snappy:
            self._stream = SnappySource(self._file, path)
            self._compressed = True


def shard_opener(compression: str) -> Any:
    """Opens the files of shards of a compression."""
    return partial(ShardReader, compression=compression)


class RunWriter:
    """Writes the elements of one run into shards. Nothing counts before `finish`.

    Args:
        folder: where the run's folder is made.
        graph_hash: the pipeline; "" if it does not matter.
        compression: "", "GZIP" or "SNAPPY".

    Raises:
        OpError: of the class for what went wrong, here and in all methods.
    """

    def __init__(self, folder: str, graph_hash: str, compression: str):
        self._folder = folder
        self._compression = compression
        self._metadata = Metadata(graph_hash)
        self._run = os.path.join(folder, self._metadata.run)
        self._sinks: dict[int, Any] = {}
        self._part = 0
        self._is_kept = False
        self.count = 0
        self._make_folder(self._run)

    def write(self, shard: int, components: Sequence[bytes]) -> None:
        """Add an element: its serialized components."""
        sink = self._sinks.get(shard)
        if sink is None:
            sink = self._sinks[shard] = self._open(shard)
        try:
            sink.write(b"".join(map(encode_record, components)))
        except OSError as error:
            raise errors_from_os(error, self._run) from None
        self.count += 1

    def mark(self) -> list[Any]:
        """Put an end to the files so far: a writer that takes up what is returned adds others.

        From now on the files stay, even if they are never finished.
        """
        self._close()
        self._part += 1
        self._is_kept = True
        return [self._metadata.run, self._part, self.count]

    def take_up(self, marked: Sequence[Any]) -> None:
        """Go on where another writer was marked; files it began later are removed.

        Raises:
            NotFoundError: its files are gone.
        """
        self.discard()
        self._metadata.run, self._part, self.count = marked
        self._run = os.path.join(self._folder, self._metadata.run)
        self._is_kept = True
        for shard in shards(self._folder, self._metadata):
            for path in shard_files(shard):
                if int(os.path.basename(path).partition(".")[0]) >= self._part:
                    os.unlink(path)

    def _close(self) -> None:
        try:
            for sink in self._sinks.values():
                sink.close()
        except OSError as error:
            raise errors_from_os(error, self._run) from None
        self._sinks = {}

    def finish(self, types: Sequence[int], count_is_told: bool) -> None:
        """Close the files and make this run the one that counts."""
        self._close()
        self._metadata.types = types
        self._metadata.elements = self.count if count_is_told else None
        write_metadata(self._folder, self._metadata)
        self._run = ""

    def discard(self) -> None:
        """Remove what was written, if it has been neither finished nor marked."""
        sinks, self._sinks = self._sinks, {}
        for sink in sinks.values():
            try:
                sink.close()
            except OSError:
                pass  # the disk is full: that is why
        if self._run and not self._is_kept:
            shutil.rmtree(self._run, ignore_errors=True)
        self._run = ""

    def _make_folder(self, path: str) -> None:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise errors_from_os(error, path) from None

    def _open(self, shard: int) -> Any:
        folder = os.path.join(self._run, f"{shard:08}.shard")
        self._make_folder(folder)
        path = os.path.join(folder, f"{self._part:08}.snapshot")
        try:
            file = open(path, "xb", buffering=1 << 18)  # noqa: SIM115
        except OSError as error:
            raise errors_from_os(error, path) from None
        if self._compression == "SNAPPY":
            return SnappySink(file)
        return codec.DeflateStream(file, self._compression) if self._compression else file
