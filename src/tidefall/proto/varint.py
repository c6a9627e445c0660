"""Variable-length unsigned integers: seven bits a byte, least significant first."""

from __future__ import annotations


def encode(value: int) -> bytes:
    """Encode an unsigned integer below 2**64.

    >>> encode(300)
    b'\\xac\\x02'
    """
    if not 0 <= value < 1 << 64:
        raise ValueError(f"A varint holds 0 to 2**64 - 1, not {value}.")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode(data: bytes | memoryview, position: int, bits: int = 64) -> tuple[int, int]:
    """Decode the integer that starts at `position`.

    Args:
        data: the buffer.
        position: where to start.
        bits: the largest width allowed, 32 or 64.

    Returns:
        The value, and the position after it.

    Raises:
        ValueError: the buffer ends inside the integer, or it is wider than `bits`.

    >>> decode(b"\\xac\\x02", 0)
    (300, 2)
    """
    value = shift = 0
    while position < len(data) and shift < bits:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            if value >> bits:
                break
            return value, position
    raise ValueError(f"no complete {bits}-bit varint before byte {position}")
