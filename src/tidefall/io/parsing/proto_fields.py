"""Fields of protocol buffer messages: their bytes, and the arrays made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base.errors import DataLossError
from tidefall.proto import varint

VARINT, FIXED64, LENGTH, GROUP, END_GROUP, FIXED32 = range(6)


@dataclass(frozen=True)
class Kind:
    """One type of field.

    Attributes:
        name: as it is written in a .proto file.
        wire: how a single value is written.
        stored: the dtype of a value on the wire; "" for strings of bytes.
        dtypes: names of the tensor dtypes that may hold it.
        zigzag: whether small negative numbers are made small first.
    """

    name: str
    wire: int
    stored: str
    dtypes: tuple[str, ...]
    zigzag: bool = False


_TEXT = ("string",)
KINDS = {
    1: Kind("double", FIXED64, "<f8", ("float64",)),
    2: Kind("float", FIXED32, "<f4", ("float32", "float64")),
    3: Kind("int64", VARINT, "i8", ("int64",)),
    4: Kind("uint64", VARINT, "u8", ("uint64",)),
    5: Kind("int32", VARINT, "i4", ("int32", "int64")),
    6: Kind("fixed64", FIXED64, "<u8", ("uint64",)),
    7: Kind("fixed32", FIXED32, "<u4", ("uint32", "uint64")),
    8: Kind("bool", VARINT, "?", ("bool",)),
    9: Kind("string", LENGTH, "", _TEXT),
    10: Kind("group", GROUP, "", _TEXT),
    11: Kind("message", LENGTH, "", _TEXT),
    12: Kind("bytes", LENGTH, "", _TEXT),
    13: Kind("uint32", VARINT, "u4", ("uint32", "uint64")),
    14: Kind("enum", VARINT, "i4", ("int32",)),
    15: Kind("sfixed32", FIXED32, "<i4", ("int32", "int64")),
    16: Kind("sfixed64", FIXED64, "<i8", ("int64",)),
    17: Kind("sint32", VARINT, "i4", ("int32", "int64"), zigzag=True),
    18: Kind("sint64", VARINT, "i8", ("int64",), zigzag=True),
}
"""By the number of the type in a field's descriptor."""


def _damaged(what: str) -> DataLossError:
    return DataLossError(None, None, f"A serialized message is damaged: {what}.")


# ---- reading ----


def scan(data: bytes, wanted: Callable[[int], bool]) -> Iterator[tuple[int, int, Any]]:
    """Field number, wire type and payload of the wanted fields of a message, in order.

    A payload is an unsigned integer or bytes: of a group with the tags around it.

    Raises:
        DataLossError: if the message ends inside a field, or a tag makes no sense.
    """
    position, end = 0, len(data)
    while position < end:
        start = position
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if not number:
            raise _damaged("a field has number 0")
        begin = position
        position = _skip(data, position, number, wire)
        if not wanted(number):
            continue
        if wire == VARINT:
            yield number, wire, _varint(data, begin)[0]
        elif wire == LENGTH:
            yield number, wire, data[_varint(data, begin)[1] : position]
        else:
            yield number, wire, data[start if wire == GROUP else begin : position]


def _varint(data: bytes, position: int) -> tuple[int, int]:
    if position < len(data) and data[position] < 0x80:
        return data[position], position + 1
    try:
        return varint.decode(data, position)
    except ValueError as error:
        raise _damaged(str(error)) from None


def _skip(data: bytes, position: int, number: int, wire: int) -> int:
    """The position behind a payload."""
    if wire == VARINT:
        return _varint(data, position)[1]
    if wire == LENGTH:
        size, position = _varint(data, position)
        position += size
    elif wire in (FIXED32, FIXED64):
        position += 4 if wire == FIXED32 else 8
    elif wire == GROUP:
        while True:
            tag, position = _varint(data, position)
            if tag == number << 3 | END_GROUP:
                return position
            if tag & 7 == END_GROUP:
                raise _damaged(f"group {number} is closed as group {tag >> 3}")
            position = _skip(data, position, tag >> 3, tag & 7)
    else:
        raise _damaged(f"field {number} has wire type {wire}")
    if position > len(data):
        raise _damaged(f"it ends inside field {number}")
    return position


def values_of(kind: Kind, wire: int, payload: Any, repeated: bool) -> list[Any] | None:
    """The values of one occurrence of a field; None if it is written as another type."""
    if wire == kind.wire:
        return [payload] if not kind.stored else _numbers(kind, [payload])
    if not kind.stored or wire != LENGTH or not repeated:
        return None
    if kind.wire != VARINT:
        if len(payload) % (4 if kind.wire == FIXED32 else 8):
            raise _damaged(f"a packed field of {len(payload)} bytes holds no {kind.name} values")
        return np.frombuffer(payload, kind.stored).tolist()
    return _numbers(kind, _packed(payload))


def _packed(payload: bytes) -> list[int]:
    raw = np.frombuffer(payload, np.uint8)
    if raw.size and (raw < 0x80).all():
        return raw.tolist()
    found, position = [], 0
    while position < len(payload):
        value, position = _varint(payload, position)
        found.append(value)
    return found


def _numbers(kind: Kind, raw: list[Any]) -> list[Any]:
    if kind.wire != VARINT:
        return np.frombuffer(b"".join(raw), kind.stored).tolist()
    plain = np.array(raw, np.uint64)
    if kind.stored == "?":
        return (plain != 0).tolist()
    if kind.zigzag:
        if kind.stored == "i4":
            plain &= np.uint64(0xFFFFFFFF)
        sign = (plain & np.uint64(1)) * np.uint64(0xFFFFFFFFFFFFFFFF)
        plain = (plain >> np.uint64(1)) ^ sign
    width = np.dtype(kind.stored).itemsize
    return plain.astype(f"u{width}").view(kind.stored).tolist()


# ---- writing ----


def written(kind: Kind, number: int, values: list[Any], packed: bool) -> bytes:
    """The bytes of a field with some values."""
    if kind.name == "group":
        start, stop = (varint.encode(number << 3 | wire) for wire in (GROUP, END_GROUP))
        return b"".join(start + value + stop for value in values)
    if not kind.stored:
        tag = varint.encode(number << 3 | LENGTH)
        return b"".join(tag + varint.encode(len(value)) + value for value in values)
    payloads = _payloads(kind, values)
    if packed:
        body = b"".join(payloads)
        head = varint.encode(number << 3 | LENGTH) + varint.encode(len(body))
        return head + body if values else b""
    tag = varint.encode(number << 3 | kind.wire)
    return b"".join(tag + payload for payload in payloads)


def _payloads(kind: Kind, values: list[Any]) -> list[bytes]:
    array = np.array(values).astype(kind.stored)
    if kind.wire != VARINT:
        return [item.tobytes() for item in array]
    wide = array.astype(np.int64 if array.dtype.kind in "ib" else np.uint64)
    if kind.zigzag:
        bits = 8 * array.dtype.itemsize
        mask = (1 << bits) - 1
        return [varint.encode((v << 1 ^ v >> bits - 1) & mask) for v in wide.tolist()]
    return [varint.encode(v & 0xFFFFFFFFFFFFFFFF) for v in wide.tolist()]
