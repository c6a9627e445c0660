"""Packed repeated fields of fixed-size elements as arrays, without a Python object for each one.

protobuf's Python gives no other way to them than one number at a time, 50 ns each. On the wire the
elements stand one after the other, so an array is read from there, and written there. Integers,
whose size on the wire varies, gain nothing by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.proto import varint

_LENGTH_DELIMITED = 2
_SIZES = {1: 8, 5: 4}  # Wire types of fixed size.


def read(message: Any, field: str, dtype: np.dtype) -> np.ndarray:
    """The elements of a packed field.

    Args:
        message: the message; its field may be empty.
        field: the name of a repeated field of type float, double or bool.
        dtype: what NumPy calls that type: float32, float64 or bool.

    Returns:
        An array of one dimension.
    """
    payload = _payload(message.SerializeToString(), _number(message, field))
    if not len(payload):
        return np.empty(0, dtype)
    return np.frombuffer(payload, dtype.newbyteorder("<")).astype(dtype, copy=False)


def write(message: Any, field: str, elements: np.ndarray) -> None:
    """Appends elements to a packed field.

    Args:
        message: the message.
        field: the name of a repeated field of type float, double or bool.
        elements: an array of one dimension and of float32, float64 or bool.
    """
    payload = elements.astype(elements.dtype.newbyteorder("<"), copy=False).tobytes()
    tag = varint.encode(_number(message, field) << 3 | _LENGTH_DELIMITED)
    message.MergeFromString(b"".join((tag, varint.encode(len(payload)), payload)))


def _number(message: Any, field: str) -> int:
    return message.DESCRIPTOR.fields_by_name[field].number


def _payload(wire: bytes, number: int) -> memoryview:
    """The bytes of a length-delimited field in a message that protobuf has serialized."""
    view, position = memoryview(wire), 0
    while position < len(view):
        tag, position = varint.decode(view, position)
        kind = tag & 7
        if kind == _LENGTH_DELIMITED:
            length, position = varint.decode(view, position)
            if tag >> 3 == number:
                return view[position : position + length]
            position += length
        elif kind in _SIZES:
            position += _SIZES[kind]
        else:
            _, position = varint.decode(view, position)
    return view[:0]
