"""What the reader and the writer of tensor bundles share: names, slice keys, string layout.

A bundle is `PREFIX.index`, a sorted string table from tensor names to BundleEntryProto (and from
the empty key to a BundleHeaderProto), and `PREFIX.data-00000-of-00001`, ..., the tensors' bytes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.io.records import crc
from tidefall.proto import tensors, varint

HEADER_KEY = b""
VERSION = 1
FULL_EXTENT = -1

# One (start, length) for each dimension; length FULL_EXTENT is all of it.
Extents = Sequence[tuple[int, int]]


def index_path(prefix: str) -> str:
    """The name of a bundle's index file."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, num_shards: int) -> str:
    """The name of a bundle's data file.

    >>> data_path("ckpt", 0, 1)
    'ckpt.data-00000-of-00001'
    """
    return f"{prefix}.data-{shard:05d}-of-{num_shards:05d}"


def slice_key(name: str, extents: Extents) -> bytes:
    """The key under which one slice of a partitioned tensor stands in the index.

    Args:
        name: the tensor's name.
        extents: the slice's (start, length) in each dimension.

    >>> slice_key("w", [(0, 2), (0, -1)])
    b'\\x00w\\x00\\x01\\x01\\x02\\x80\\x82\\x80\\x7f'
    """
    key = [_ordered(0), _ordered_string(encode_name(name)), _ordered(len(extents))]
    for start, length in extents:
        key += [_ordered_signed(start), _ordered_signed(length)]
    return b"".join(key)


def encode_name(name: str) -> bytes:
    """A tensor's name as the index holds it; `decode_name` undoes it whatever the bytes were."""
    return name.encode("utf-8", "surrogateescape")


def decode_name(key: bytes) -> str:
    """A tensor's name from its key in the index."""
    return key.decode("utf-8", "surrogateescape")


def _ordered_string(value: bytes) -> bytes:
    """Bytes with an end mark, whose encodings sort as the strings do."""
    escapes = {0x00: b"\x00\xff", 0xFF: b"\xff\x00"}
    return b"".join(escapes.get(byte, bytes([byte])) for byte in value) + b"\x00\x01"


def _ordered(value: int) -> bytes:
    """An unsigned integer whose encodings sort as the integers do."""
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _ordered_signed(value: int) -> bytes:
    """A signed integer likewise: leading ones tell the length, inverted for negative values."""
    magnitude = ~value if value < 0 else value
    size = magnitude.bit_length() // 7 + 1
    header = (1 << 8 * size) - (1 << 7 * size)
    return ((value ^ header) & (1 << 8 * size) - 1).to_bytes(size, "big")


def extents_of(slice_proto: Any) -> list[tuple[int, int]]:
    """The (start, length) of each dimension of a TensorSliceProto."""
    extents = []
    for extent in slice_proto.extent:
        whole = not extent.HasField("length")
        extents.append((extent.start, FULL_EXTENT if whole else extent.length))
    return extents


def is_valid_shape(shape: Sequence[int]) -> bool:
    """Whether an array can have this shape at all, if memory allows."""
    if any(size < 0 for size in shape) or len(shape) > tensors.LARGEST_RANK:
        return False
    return math.prod(filter(None, shape)) < 1 << 58


def place_of(extents: Extents, shape: Sequence[int]) -> tuple[slice, ...] | None:
    """The slices that pick a part out of an array of `shape`, None if it lies outside."""
    place = []
    for size, (start, length) in zip(shape, extents, strict=False):
        stop = size if length == FULL_EXTENT else start + length
        if not 0 <= start <= stop <= size:
            return None
        place.append(slice(start, stop))
    return tuple(place) if len(place) == len(extents) == len(shape) else None


def pack_strings(strings: Sequence[bytes]) -> tuple[bytes, int]:
    """Lay out the elements of a string tensor.

    Args:
        strings: the elements, in row-major order.

    Returns:
        The bytes (all lengths as varints, their checksum, all strings), and the crc32c of the
        tensor's entry, not yet masked.
    """
    lengths = [len(string) for string in strings]
    lengths_crc = lengths_checksum(lengths, "<")
    stored = struct.pack("<I", crc.mask(lengths_crc))
    body = b"".join(strings)
    packed = b"".join([*map(varint.encode, lengths), stored, body])
    return packed, crc.crc32c(body, crc.crc32c(stored, lengths_crc))


def lengths_checksum(lengths: Sequence[int], order: str) -> int:
    """The crc32c of string lengths, each as four bytes (eight for those that need it)."""
    if all(length < 1 << 32 for length in lengths):
        return crc.crc32c(np.array(lengths, dtype=f"{order}u4").tobytes())
    types = {False: f"{order}u4", True: f"{order}u8"}
    parts = [np.array(length, dtype=types[length >= 1 << 32]).tobytes() for length in lengths]
    return crc.crc32c(b"".join(parts))


def unpack_strings(data: bytes, count: int, order: str) -> tuple[np.ndarray, int]:
    """Take a string tensor apart.

    Args:
        data: what `pack_strings` made, whole.
        count: how many strings there are.
        order: "<" or ">", the byte order of the machine that wrote it.

    Returns:
        An object array of `bytes`, shape `[count]`; and the crc32c, not yet masked.

    Raises:
        ValueError: it is malformed.
    """
    if count > len(data):
        raise ValueError(f"{count} strings in {len(data)} bytes")
    lengths, position = [], 0
    for _ in range(count):
        length, position = varint.decode(data, position)
        lengths.append(length)
    stored = data[position : position + 4]
    position += 4
    if position + sum(lengths) != len(data):
        raise ValueError(f"strings of {sum(lengths)} bytes in all end at byte {position}")
    lengths_crc = lengths_checksum(lengths, order)
    if int.from_bytes(stored, "little" if order == "<" else "big") != crc.mask(lengths_crc):
        raise ValueError("the checksum of the string lengths does not match")
    checksum = crc.crc32c(data[position:], crc.crc32c(stored, lengths_crc))
    strings = np.empty(count, dtype=object)
    for index, length in enumerate(lengths):
        strings[index] = data[position : position + length]
        position += length
    return strings, checksum
