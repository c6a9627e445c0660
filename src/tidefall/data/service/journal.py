"""What a dispatcher writes down before it answers, so that another one can go on."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

from tidefall.base.errors import DataLossError
from tidefall.data.state import state_codec
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records import crc

_HEAD = struct.Struct("<II")
"""The length of a record, and its checksum."""


class Journal:
    """Records of changes, in the order in which they were made.

    Args:
        folder: where the file is; made if it is not there.
    """

    def __init__(self, folder: str):
        self._path = os.path.join(folder, "journal")
        try:
            os.makedirs(folder, exist_ok=True)
            self._file = open(self._path, "a+b")  # noqa: SIM115
        except OSError as error:
            raise errors_from_os(error, self._path) from None

    def read(self) -> Iterator[dict[str, Any]]:
        """All changes so far. One that was being written when its process died is dropped."""
        self._file.seek(0)
        data = self._file.read()
        position = 0
        while position + _HEAD.size <= len(data):
            length, checksum = _HEAD.unpack_from(data, position)
            start = position + _HEAD.size
            record = data[start : start + length]
            if len(record) < length:
                break
            if crc.crc32c(record) != checksum:
                raise DataLossError(None, None, f"{self._path} is damaged at byte {position}.")
            yield state_codec.decode(record)
            position = start + length
        self._file.truncate(position)
        self._file.seek(0, os.SEEK_END)

    def write(self, change: dict[str, Any]) -> None:
        """Add a change: it is with the system when this returns."""
        record = state_codec.encode(change)
        try:
            self._file.write(_HEAD.pack(len(record), crc.crc32c(record)) + record)
            self._file.flush()
        except OSError as error:
            raise errors_from_os(error, self._path) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
