"""Decompression of Snappy blocks, which old checkpoint tables may hold.

Reference: https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

from tidefall.proto import varint

# The densest element is a copy of 64 bytes in three.
_LARGEST_RATIO = 22


def decompress(data: bytes) -> bytes:
    """Decompress one Snappy block.

    Args:
        data: the compressed block, its length preamble included.

    Returns:
        The plain bytes.

    Raises:
        ValueError: the block is malformed.

    >>> decompress(bytes([6, 4, 97, 98, 1, 2]))
    b'ababab'
    """
    size, position = varint.decode(data, 0, bits=32)
    if size > _LARGEST_RATIO * len(data):
        raise ValueError(f"{len(data)} compressed bytes cannot hold {size}")
    out = bytearray()
    while position < len(data):
        tag = data[position]
        if tag & 3 == 0:
            literal, position = _literal(data, position)
            out += literal
        else:
            length, offset, position = _copy(data, position)
            _repeat(out, length, offset)
        if len(out) > size:
            raise ValueError(f"more than the announced {size} bytes")
    if len(out) != size:
        raise ValueError(f"{len(out)} bytes where {size} were announced")
    return bytes(out)


def _number(data: bytes, position: int, width: int) -> int:
    if position + width > len(data):
        raise ValueError("the block ends inside an element")
    return int.from_bytes(data[position : position + width], "little")


def _literal(data: bytes, position: int) -> tuple[bytes, int]:
    length = (data[position] >> 2) + 1
    position += 1
    if length > 60:
        width = length - 60
        length = _number(data, position, width) + 1
        position += width
    if position + length > len(data):
        raise ValueError("a literal runs past the end of the block")
    return data[position : position + length], position + length


def _copy(data: bytes, position: int) -> tuple[int, int, int]:
    tag = data[position]
    if tag & 3 == 1:
        length = (tag >> 2 & 7) + 4
        return length, tag >> 5 << 8 | _number(data, position + 1, 1), position + 2
    width = 2 if tag & 3 == 2 else 4
    return (tag >> 2) + 1, _number(data, position + 1, width), position + 1 + width


def _repeat(out: bytearray, length: int, offset: int) -> None:
    if not 0 < offset <= len(out):
        raise ValueError(f"a copy reaches {offset} bytes back from byte {len(out)}")
    start = len(out) - offset
    if offset >= length:
        out += out[start : start + length]
    else:
        # The copy runs into what it writes: the last `offset` bytes repeat.
        pattern = bytes(out[start:])
        out += (pattern * (length // offset + 1))[:length]
