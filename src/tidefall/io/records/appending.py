"""Records at the end of a file: whole, or not at all."""

from __future__ import annotations

import os
from io import FileIO


class PartlyWritten(OSError):
    """A file ends within a record now: a part was written, and could not be taken back."""


def append(file: FileIO, record: bytes, *, durable: bool = False) -> None:
    """Writes all of a record to the end of a file, or nothing.

    Args:
        file: open for appending, without a buffer.
        record: what to write.
        durable: whether to force it to the disk.

    Raises:
        PartlyWritten: the disk refuses, and the file ends with a part of the record.
        OSError: the disk refuses; the file is what it was.
    """
    begin = os.fstat(file.fileno()).st_size
    rest = record
    try:
        while rest:  # A disk that is nearly full takes a part without complaint.
            rest = rest[file.write(rest) :]
        if durable:
            os.fsync(file.fileno())
    except OSError as error:
        try:
            os.ftruncate(file.fileno(), begin)
        except OSError:
            raise PartlyWritten(*error.args) from None
        raise
