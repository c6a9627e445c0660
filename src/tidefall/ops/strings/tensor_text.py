"""Tensors as the text that tf.print, tf.strings.format and assertions show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_ESCAPES = {
    ord("\n"): b"\\n",
    ord("\r"): b"\\r",
    ord("\t"): b"\\t",
    ord('"'): b'\\"',
    ord("'"): b"\\'",
    ord("\\"): b"\\\\",
}


def tensor_text(array: Any, summarize: int = 3) -> bytes:
    """An array as text: `[[0 1 ... 8 9] ...]`, without commas.

    Args:
        array: an array of any dtype; anything else (a resource, a variant) is shown as "?".
        summarize: how many elements to show at each end of a dimension; -1 shows all.

    Returns:
        The text in UTF-8, strings in quotes.

    >>> tensor_text(np.arange(10), 2)
    b'[0 1 ... 8 9]'
    """
    if not isinstance(array, (np.ndarray, np.generic)):
        return b"?"
    array = np.asarray(array)
    ends = array.size if summarize < 0 else min(summarize, array.size)
    return _dimension(array, 0, array.ndim, ends, _element_text(array.dtype))


def _dimension(array: Any, index: int, rank: int, ends: int, text: Callable[[Any], bytes]) -> bytes:
    if index == rank:
        return text(array[()] if isinstance(array, np.ndarray) else array)
    gap = b" " if index == rank - 1 else b"\n" * (rank - index - 1) + b" " * (index + 1)
    count = array.shape[0]
    shown = [_dimension(array[i], index + 1, rank, ends, text) for i in range(min(ends, count))]
    if count > 2 * ends:
        shown.append(b"...")
    tail = range(max(ends, count - ends), count)
    shown += [_dimension(array[i], index + 1, rank, ends, text) for i in tail]
    # TensorFlow puts a gap before the dots even when nothing stands before them.
    lead = gap if shown[:1] == [b"..."] else b""
    return b"[" + lead + gap.join(shown) + b"]"


def _element_text(dtype: np.dtype) -> Callable[[Any], bytes]:
    if dtype.kind == "O":
        return lambda item: b'"' + escaped(item) + b'"'
    if dtype.kind == "b":
        return lambda item: b"1" if item else b"0"
    if dtype.kind in "iu" or dtype.name in ("int2", "int4", "uint2", "uint4"):
        return lambda item: str(int(item)).encode()
    if dtype == np.float64:
        return lambda item: _float_text(float(item), 15, 17, np.float64)
    if dtype.kind == "c":
        return lambda item: b"?"
    return lambda item: _float_text(float(item), 6, 9, np.float32)


def _float_text(value: float, digits: int, enough: int, kind: Any) -> bytes:
    """The shorter of two lengths that gives the same number back."""
    short = f"{value:.{digits}g}"
    return (
        short if value != value or kind(short) == kind(value) else f"{value:.{enough}g}"
    ).encode()


def escaped(item: bytes) -> bytes:
    """A string with line ends, tabs and quotes as escapes."""
    if not any(code in item for code in _ESCAPES):
        return item
    return b"".join(_ESCAPES.get(code) or bytes((code,)) for code in item)
