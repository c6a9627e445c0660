"""CRC-32C checksums, and the masked form that record files and checkpoints store.

A stored checksum is masked (rotated and offset), so that data which itself holds checksums
does not check against them by accident.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

_MASK_DELTA = 0xA282EAD8
_BITS32 = 0xFFFFFFFF


@functools.cache
def extend_function() -> Callable[[int, Any], int]:
    """google-crc32c's function of a checksum and the bytes that follow."""
    import google_crc32c

    return google_crc32c.extend


def crc32c(data: Any, crc: int = 0) -> int:
    """The CRC-32C (Castagnoli) of a buffer.

    Args:
        data: bytes, or any contiguous buffer: bytearray, memoryview, mmap, array.
        crc: the checksum of what came before, to go on from.

    Returns:
        The checksum, an int of 32 bits.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    if not isinstance(data, bytes):
        if memoryview(data).nbytes == 0:
            return crc
        # The C extension takes no memoryview; an array over the same memory costs no copy.
        data = np.frombuffer(data, dtype=np.uint8)
    return extend_function()(crc, data)


def mask(crc: int) -> int:
    """The stored form of a checksum.

    >>> hex(mask(0xE3069283))
    '0xc78ab0e5'
    """
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _BITS32


def unmask(masked: int) -> int:
    """The checksum whose stored form this is.

    >>> unmask(mask(7))
    7
    """
    rotated = (masked - _MASK_DELTA) & _BITS32
    return (rotated >> 17 | rotated << 15) & _BITS32


def masked_crc32c(data: Any) -> int:
    """The stored form of a buffer's checksum, as TFRecord files hold it.

    >>> hex(masked_crc32c(b"123456789"))
    '0xc78ab0e5'
    """
    return mask(crc32c(data))


def mask_all(crcs: np.ndarray) -> np.ndarray:
    """The stored forms of checksums, uint32."""
    wide = crcs.astype(np.uint64)
    return (((wide >> 15 | wide << 17) & _BITS32) + _MASK_DELTA & _BITS32).astype(np.uint32)


@functools.cache
def _tables() -> np.ndarray:
    """uint32 `[8, 256]`: what a byte adds to the checksum of 8 bytes, by its place and value."""
    parts = np.zeros((8, 256), np.uint32)
    zero = crc32c(bytes(8))
    for place in range(8):
        for value in range(256):
            word = bytearray(8)
            word[place] = value
            parts[place, value] = crc32c(word) ^ zero
    parts[0] ^= zero
    return parts


def masked_crc32c_of_words(words: np.ndarray) -> np.ndarray:
    """The stored checksums of many strings of 8 bytes.

    Args:
        words: uint8 `[n, 8]`.

    Returns:
        uint32 `[n]`.

    >>> masked_crc32c_of_words(np.zeros([1, 8], np.uint8))[0] == masked_crc32c(bytes(8))
    np.True_
    """
    # The checksum is linear: bytes add to it independently of each other.
    return mask_all(np.bitwise_xor.reduce(_tables()[np.arange(8), words], axis=1))
