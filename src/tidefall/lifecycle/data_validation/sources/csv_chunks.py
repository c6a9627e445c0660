"""CSV files in pieces that end where a row ends."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from tidefall.lifecycle.data_validation.failures import damaged

_QUOTE = b'"'


@dataclass(frozen=True)
class Chunk:
    """Whole rows of a file.

    Args:
        data: their bytes.
        start: where they begin.
        line: the number of the first line, from 1.
        row: how many rows stand before it, -1 before a line of names; lines, where no cell holds
            a line break.
    """

    data: bytes
    start: int
    line: int
    row: int

    @cached_property
    def lines(self) -> int:
        """How many lines it has."""
        return self.data.count(b"\n") + (not self.data.endswith(b"\n"))


def chunks(
    file: BinaryIO, name: str, size: int, start: int = 0, line: int = 1, row: int = 0
) -> Iterator[Chunk]:
    """Cut what is left of a file at ends of rows.

    A line break ends a row unless an odd number of quotes stands before it in the row.

    Args:
        file: open for reading in binary, at `start`.
        name: what errors call it.
        size: bytes of a chunk, about.
        start: bytes before.
        line: the number of the line that begins here.
        row: rows before.

    Raises:
        DataLossError: the file cannot be decompressed, or a quote is never closed.
    """
    rest = b""
    while True:
        try:
            # Where a chunk ends follows from where it begins, so that a scan can begin there.
            read = file.read(size - len(rest) if len(rest) < size else size)
        except (EOFError, OSError, zlib.error) as error:
            raise damaged(f"{name}: {error or 'the compressed data are cut short'}") from None
        data = rest + read
        if not data:
            return
        end = len(data) if not read else _row_end(data)
        if not read and data.count(_QUOTE) % 2:
            raise damaged(
                f"{name}, row {max(row + 1, 1)} or after it (line {line}): a quote is opened and "
                "never closed; the file is cut short, or a cell holds a single quote"
            )
        if end:
            chunk = Chunk(data[:end], start, line, row)
            yield chunk
            lines = chunk.lines
            start, line, row = start + end, line + lines, row + lines
        rest = data[end:]
        if not read:
            return


def _row_end(data: bytes) -> int:
    """Behind the last line break that ends a row; 0 without one."""
    quotes = data.count(_QUOTE)
    end = len(data)
    while True:
        place = data.rfind(b"\n", 0, end)
        if place < 0:
            return 0
        if quotes:
            quotes -= data.count(_QUOTE, place, end)
            if quotes % 2:
                end = place
                continue
        return place + 1
