"""`tf.compat`: text as bytes and bytes as text, and the number types NumPy adds to Python's.

>>> import numpy as np
>>> import tidefall as tf
>>> isinstance(np.int8(3), tf.compat.integral_types), isinstance(3.0, tf.compat.integral_types)
(True, False)
>>> isinstance(np.float32(3), tf.compat.real_types), isinstance(3j, tf.compat.real_types)
(True, False)
>>> isinstance(np.complex64(3), tf.compat.complex_types)
True
>>> isinstance(b"tide", tf.compat.bytes_or_text_types)
True
"""

from __future__ import annotations

import codecs
import contextlib
import datetime
import numbers
import os
from collections.abc import Generator
from typing import Any

import numpy as np

from tidefall.base.exports import export, export_value


@export("compat.as_bytes")
def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Text or bytes as bytes.

    Args:
        bytes_or_text: text, bytes or a bytearray.
        encoding: of the text.

    Raises:
        TypeError: for anything else.

    >>> import tidefall as tf
    >>> tf.compat.as_bytes("a")
    b'a'
    """
    encoding = codecs.lookup(encoding).name
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Text or bytes as text.

    Args:
        bytes_or_text: text or bytes.
        encoding: of the bytes.

    Raises:
        TypeError: for anything else.

    >>> import tidefall as tf
    >>> tf.compat.as_text(b"a")
    'a'
    """
    encoding = codecs.lookup(encoding).name
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_str_any")
def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Anything as text: bytes are decoded, the rest is what `str` gives.

    >>> import tidefall as tf
    >>> tf.compat.as_str_any(b'tide'), tf.compat.as_str_any(3)
    ('tide', '3')
    """
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


@export("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """A path object as text; anything else as it is.

    >>> import tidefall as tf
    >>> import pathlib
    >>> tf.compat.path_to_str(pathlib.PurePosixPath('a') / 'b')
    'a/b'
    """
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


_horizon = [datetime.date(2026, 1, 16)]  # of the TensorFlow whose interface this is


@export("compat.forward_compatible")
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether programs may rely on what TensorFlow could do by a date.

    Args:
        year, month, day: the date.

    Returns:
        True for dates before that of the TensorFlow whose interface this is, or before the date of
        the innermost `tf.compat.forward_compatibility_horizon`.

    >>> import tidefall as tf
    >>> tf.compat.forward_compatible(2020, 1, 1)
    True
    """
    return _horizon[-1] > datetime.date(year, month, day)


@export("compat.forward_compatibility_horizon")
@contextlib.contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Generator[None]:
    """A context in which `tf.compat.forward_compatible` answers as on another date.

    Args:
        year, month, day: dates before this one count as compatible.

    >>> import tidefall as tf
    >>> with tf.compat.forward_compatibility_horizon(2040, 1, 2):
    ...     tf.compat.forward_compatible(2040, 1, 1)
    True
    """
    _horizon.append(datetime.date(year, month, day))
    try:
        yield
    finally:
        _horizon.pop()


export_value((numbers.Integral, np.integer), "compat.integral_types")
export_value((numbers.Real, np.integer, np.floating), "compat.real_types")
export_value((numbers.Complex, np.number), "compat.complex_types")
export_value((bytes, str), "compat.bytes_or_text_types")
