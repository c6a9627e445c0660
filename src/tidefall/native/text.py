"""Texts cut at blanks, and looked up among keys (native/text.cc).

Strings are packed: side by side in one array of bytes, with an array of where each ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tidefall.native.library import call

Packed = tuple[np.ndarray, np.ndarray]
"""Bytes, uint8 `[bytes]`, and the end of each string in them, int32 `[n]`."""
_MAX_BYTES = 2**31 - 1


def packed(texts: Sequence[bytes]) -> Packed | None:
    """Strings side by side; None if they are too long together."""
    joined = b"".join(texts)
    if len(joined) > _MAX_BYTES:
        return None
    lengths = np.fromiter(map(len, texts), np.int32, len(texts))
    return np.frombuffer(joined, np.uint8), lengths.cumsum(dtype=np.int32)


def lengths_of(texts: Packed) -> np.ndarray:
    """The number of bytes of each string, int32."""
    ends = texts[1]
    lengths = ends.copy()
    lengths[1:] -= ends[:-1]
    return lengths


def unpacked(texts: Packed) -> list[bytes]:
    """The single strings."""
    data, ends = texts[0].tobytes(), texts[1].tolist()
    return [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]


@lru_cache(64)
def _flags(characters: bytes) -> np.ndarray:
    flags = np.zeros(256, np.uint8)
    flags[np.frombuffer(characters, np.uint8)] = 1
    return flags


def split_text(texts: Packed, left_out: bytes, lower: bool) -> tuple[Packed, np.ndarray]:
    """Cut texts at runs of blanks.

    Args:
        texts: the texts.
        left_out: bytes to remove before.
        lower: whether capitals of ASCII become small before.

    Returns:
        The parts, and how many each text has, int32.
    """
    data, ends = texts
    room = len(data) // 2 + len(ends)
    outputs = [(data.shape, np.uint8), ((room,), np.int32), (ends.shape, np.int32)]
    inputs = [data, ends, _flags(left_out)]
    parts, part_ends, counts = call("split_text", inputs, outputs, (int(lower),))
    return (parts, part_ends[: int(counts.sum())]), counts


def text_index(keys: Packed) -> np.ndarray:
    """The hash table of different keys, int32: what `find_text` wants of them."""
    slots = 1 << (2 * len(keys[1])).bit_length()
    return call("text_index", list(keys), [((slots,), np.int32)], ())[0]


def find_text(texts: Packed, keys: Packed, index: np.ndarray) -> np.ndarray:
    """For each text the number of the key that it is, or -1, int32."""
    return call("find_text", [*texts, *keys, index], [(texts[1].shape, np.int32)], ())[0]


def count_parts(texts: Packed, left_out: bytes, lower: bool) -> np.ndarray:
    """How many parts `split_text` finds in each text, int32."""
    inputs = [*texts, _flags(left_out)]
    return call("count_parts", inputs, [(texts[1].shape, np.int32)], (int(lower),))[0]


def vectorize_texts(
    texts: Packed,
    left_out: bytes,
    lower: bool,
    keys: Packed,
    index: np.ndarray,
    values: np.ndarray,
    width: int,
    unknown: int,
    padding: int,
) -> np.ndarray:
    """Cut texts at runs of blanks and look the parts up, in one pass.

    Args:
        texts, left_out, lower: as for `split_text`.
        keys, index: as for `find_text`.
        values: the value of each key, int64.
        width: how many parts of a text are looked up; -1 for as many as the longest one has.
        unknown: the value of a part that is no key.
        padding: what follows where a text has fewer parts.

    Returns:
        int64 `[texts, width]`.
    """
    if width < 0:
        width = int(count_parts(texts, left_out, lower).max(initial=0))
    inputs = [*texts, _flags(left_out), *keys, index, values]
    shape = (len(texts[1]), width)
    return call("vectorize_texts", inputs, [(shape, np.int64)], (int(lower), unknown, padding))[0]
