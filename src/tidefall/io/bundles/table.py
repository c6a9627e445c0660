"""Sorted string tables: the file format of checkpoint indexes, and of whole V1 checkpoints.

A table is a row of blocks. A block holds sorted entries whose keys leave out what they share
with the key before; at every restart point a key is whole. After each block stand a type byte
(0 plain, 1 Snappy) and a masked crc32c. The last blocks are the (empty) metaindex and the index,
which maps the last key of each data block to its place; the footer tells where those two are.
Reference: https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from tidefall.base import errors
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records import crc, snappy
from tidefall.proto import varint

MAGIC = 0xDB4775248B80FB57
FOOTER_SIZE = 48
_TRAILER_SIZE = 5
_UINT32 = struct.Struct("<I")
_PLAIN, _SNAPPY = 0, 1


class TableReader:
    """Reads a sorted string table.

    Args:
        data: the whole file, as bytes or a memory map.
        name: what errors call the file.

    Raises:
        DataLossError: the file is not a table, or is damaged.

    ```python
    for key, value in TableReader.open("model.ckpt.index").items():
        print(key, len(value))
    ```
    """

    def __init__(self, data: Any, name: str):
        self._data = data
        self.name = name
        if len(data) < FOOTER_SIZE:
            raise self._lost(0, f"a table has a footer of 48 bytes, the file has {len(data)} bytes")
        footer_start = len(data) - FOOTER_SIZE
        footer = bytes(data[footer_start:])
        if int.from_bytes(footer[40:], "little") != MAGIC:
            raise self._lost(footer_start + 40, "not a table (the magic number is missing)")
        try:
            _, position = _decode_handle(footer, 0)
            index_handle, _ = _decode_handle(footer[:40], position)
        except ValueError as error:
            raise self._lost(footer_start, f"bad footer ({error})") from None
        self._index = self._read_index(index_handle)
        self._last_keys = [key for key, _ in self._index]

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> TableReader:
        """Read a table file into memory.

        Args:
            path: the file.

        Returns:
            A reader.

        Raises:
            NotFoundError: there is no such file.
            DataLossError: it is not a table, or is damaged.
        """
        path = os.fspath(path)
        try:
            with open(path, "rb") as file:
                return cls(file.read(), path)
        except OSError as error:
            raise errors_from_os(error, path) from None

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys with their values, in the order of the keys.

        Raises:
            DataLossError: a block is damaged.
        """
        last: bytes | None = None
        for _, handle in self._index:
            for key, value in self._block(handle):
                if last is not None and key <= last:
                    raise self._lost(handle[0], f"key {key!r} follows {last!r}")
                yield key, value
                last = key

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None.

        Raises:
            DataLossError: the block that would hold it is damaged.
        """
        at = bisect.bisect_left(self._last_keys, key)
        if at == len(self._index):
            return None
        for found, value in self._block(self._index[at][1]):
            if found == key:
                return value
        return None

    def _read_index(self, handle: tuple[int, int]) -> list[tuple[bytes, tuple[int, int]]]:
        index = []
        for key, value in self._block(handle):
            try:
                index.append((key, _decode_handle(value, 0)[0]))
            except ValueError as error:
                raise self._lost(handle[0], f"bad index entry ({error})") from None
            if len(index) > 1 and key < index[-2][0]:
                raise self._lost(handle[0], "the index is not sorted")
        return index

    def _block(self, handle: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
        """The entries of the block at (offset, size), checked."""
        offset, size = handle
        end = offset + size
        if end + _TRAILER_SIZE > len(self._data) - FOOTER_SIZE:
            raise self._lost(offset, f"a block of {size} bytes runs past the end")
        block = bytes(self._data[offset : end + 1])
        (stored,) = _UINT32.unpack(self._data[end + 1 : end + _TRAILER_SIZE])
        if crc.masked_crc32c(block) != stored:
            raise self._lost(offset, f"the checksum of a block of {size} bytes does not match")
        kind, block = block[-1], block[:-1]
        if kind not in (_PLAIN, _SNAPPY):
            raise self._lost(offset, f"a block has the unknown compression type {kind}")
        try:
            yield from _entries(snappy.decompress(block) if kind == _SNAPPY else block)
        except ValueError as error:
            raise self._lost(offset, f"bad block ({error})") from None

    def _lost(self, offset: int, what: str) -> errors.DataLossError:
        return errors.DataLossError(None, None, f"{self.name}: at byte {offset}: {what}.")


def _decode_handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    offset, position = varint.decode(data, position)
    size, position = varint.decode(data, position)
    return (offset, size), position


def _encode_handle(handle: tuple[int, int]) -> bytes:
    return varint.encode(handle[0]) + varint.encode(handle[1])


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise ValueError("it has no restart points")
    (restarts,) = _UINT32.unpack(block[-4:])
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise ValueError(f"{restarts} restart points in {len(block)} bytes")
    key, position = b"", 0
    while position < end:
        shared, position = varint.decode(block, position, bits=32)
        unshared, position = varint.decode(block, position, bits=32)
        size, position = varint.decode(block, position, bits=32)
        if shared > len(key) or position + unshared + size > end:
            raise ValueError(f"an entry runs past the end before byte {position}")
        value_start = position + unshared
        key = key[:shared] + block[position:value_start]
        position = value_start + size
        yield key, block[value_start:position]


class _BlockBuilder:
    def __init__(self, restart_interval: int):
        self._interval = restart_interval
        self.reset()

    def reset(self) -> None:
        self._buffer = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self._last_key = b""

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since_restart == self._interval:
            self._restarts.append(len(self._buffer))
            self._since_restart = 0
        else:
            shared = _shared_length(self._last_key, key)
        for number in (shared, len(key) - shared, len(value)):
            self._buffer += varint.encode(number)
        self._buffer += key[shared:] + value
        self._last_key = key
        self._since_restart += 1

    def size(self) -> int:
        return len(self._buffer) + 4 * len(self._restarts) + 4

    def finish(self) -> bytes:
        numbers = [*self._restarts, len(self._restarts)]
        return bytes(self._buffer) + struct.pack(f"<{len(numbers)}I", *numbers)


class TableWriter:
    """Writes a sorted string table, block for block as TensorFlow does.

    Args:
        file: open for writing in binary, at its beginning; stays open.
        block_size: bytes after which a data block ends.
        restart_interval: keys between restart points.

    ```python
    with open("table", "wb") as file:
        writer = TableWriter(file)
        writer.add(b"key", b"value")
        writer.finish()
    ```
    """

    def __init__(self, file: BinaryIO, block_size: int = 262144, restart_interval: int = 16):
        self._file = file
        self._block_size = block_size
        self._offset = 0
        self._data = _BlockBuilder(restart_interval)
        self._index = _BlockBuilder(1)
        self._last_key: bytes | None = None
        self._pending: tuple[int, int] | None = None

    def add(self, key: bytes, value: bytes) -> None:
        """Append an entry.

        Args:
            key: greater than every key before it.
            value: any bytes.

        Raises:
            ValueError: the key is not greater.
        """
        if self._last_key is not None and key <= self._last_key:
            raise ValueError(f"Table keys must ascend: {key!r} after {self._last_key!r}.")
        if self._pending is not None:
            assert self._last_key is not None
            self._index_block(_separator(self._last_key, key))
        self._last_key = key
        self._data.add(key, value)
        if self._data.size() >= self._block_size:
            self._end_block()

    def finish(self) -> None:
        """Write what is left, the index and the footer."""
        if self._data.size() > 8:
            self._end_block()
        metaindex = self._write_block(_BlockBuilder(1).finish())
        if self._pending is not None:
            assert self._last_key is not None
            self._index_block(_successor(self._last_key))
        index = self._write_block(self._index.finish())
        handles = _encode_handle(metaindex) + _encode_handle(index)
        self._file.write(handles.ljust(40, b"\0") + MAGIC.to_bytes(8, "little"))

    def _end_block(self) -> None:
        self._pending = self._write_block(self._data.finish())
        self._data.reset()

    def _index_block(self, key: bytes) -> None:
        assert self._pending is not None
        self._index.add(key, _encode_handle(self._pending))
        self._pending = None

    def _write_block(self, block: bytes) -> tuple[int, int]:
        handle = (self._offset, len(block))
        typed = block + bytes([_PLAIN])
        self._file.write(typed + _UINT32.pack(crc.masked_crc32c(typed)))
        self._offset += len(block) + _TRAILER_SIZE
        return handle


def _shared_length(first: bytes, second: bytes) -> int:
    limit = min(len(first), len(second))
    return next((i for i in range(limit) if first[i] != second[i]), limit)


def _separator(low: bytes, high: bytes) -> bytes:
    """A short key that is at least `low` and less than `high`."""
    shared = _shared_length(low, high)
    if shared < min(len(low), len(high)) and low[shared] + 1 < high[shared]:
        return low[:shared] + bytes([low[shared] + 1])
    return low


def _successor(key: bytes) -> bytes:
    """A short key that is at least `key`."""
    for index, byte in enumerate(key):
        if byte != 0xFF:
            return key[:index] + bytes([byte + 1])
    return key
