"""Keys and values of a table from the lines of a text file."""

from __future__ import annotations

import itertools
import os

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import NotFoundError, OutOfRangeError
from tidefall.ops.common import invalid
from tidefall.ops.strings.byte_arrays import to_array
from tidefall.ops.strings.number_text import parse_numbers

LINE_NUMBER, WHOLE_LINE = -1, -2


def read_columns(
    filename: bytes,
    key: tuple[int, DType],
    value: tuple[int, DType],
    vocab_size: int,
    delimiter: str,
    offset: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Two columns of a text file.

    Args:
        filename: the file.
        key, value: which column to take, LINE_NUMBER or WHOLE_LINE, and its dtype.
        vocab_size: how many lines to read; -1 for all.
        delimiter: what stands between columns, one character.
        offset: added to line numbers.

    Raises:
        NotFoundError: if there is no such file.
        InvalidArgumentError: if a line is empty or has too few columns, a column is not a
            number, or the file has too few lines.
    """
    path = os.fsdecode(filename)
    if len(delimiter) != 1:
        raise invalid(f"delimiter should be only 1 char, got {delimiter!r}")
    try:
        with open(path, "rb") as file:
            whole = (line.rstrip(b"\n").removesuffix(b"\r") for line in file)
            lines = list(whole if vocab_size < 0 else itertools.islice(whole, vocab_size))
    except FileNotFoundError:
        raise NotFoundError(None, None, f"{path}; No such file or directory") from None
    if not lines:
        raise OutOfRangeError(None, None, f"{path} is empty: a table needs at least one line.")
    if b"" in lines:
        raise invalid(f"Invalid content in {path}: line {lines.index(b'')} is empty")
    if len(lines) < vocab_size:
        raise invalid(f"Invalid vocab_size in {path}: expected {vocab_size} but got {len(lines)}")
    return tuple(  # type: ignore[return-value]
        _column(lines, index, dtype, path, delimiter, offset) for index, dtype in (key, value)
    )


def _column(
    lines: list[bytes], index: int, dtype: DType, path: str, delimiter: str, offset: int
) -> np.ndarray:
    if index == LINE_NUMBER:
        return np.arange(offset, offset + len(lines)).astype(dtype.as_numpy_dtype)
    if index == WHOLE_LINE:
        return to_array(lines) if dtype.name == "string" else parse_numbers(lines, dtype)
    separator = delimiter.encode()
    cells = []
    for number, line in enumerate(lines):
        parts = line.split(separator)
        if len(parts) <= index:
            raise invalid(
                f"Invalid number of columns in {path} line {number} "
                f"({line.decode(errors='replace')}) : expected {index + 1} got {len(parts)}"
            )
        cells.append(parts[index])
    return to_array(cells) if dtype.name == "string" else parse_numbers(cells, dtype)
