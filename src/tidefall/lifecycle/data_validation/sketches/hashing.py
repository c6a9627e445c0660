"""64-bit hashes of many values at once, the same in every process."""

from __future__ import annotations

from typing import Any

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_POSITIONS = 4096
_AT_ONCE = 1 << 14
_LONG = 256
"""Bytes from which on a string is worth calls of its own."""


def hash_values(values: Any) -> np.ndarray:
    """Hash an Arrow array without nulls.

    Strings are hashed by the sum of their eight-byte words, each multiplied by an odd number of its
    place and mixed; then, as integers are, by the finalizer of SplitMix64.

    Args:
        values: of strings, bytes, or numbers.

    Returns:
        uint64 `[n]`.
    """
    import pyarrow as pa

    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        numbers = np.asarray(values)
        wide = numbers.astype(np.float64 if numbers.dtype.kind == "f" else np.int64)
        return mix(wide.view(np.uint64))
    return _hash_strings(values.cast(pa.large_binary()))


def mix(numbers: np.ndarray) -> np.ndarray:
    """Spread uint64s over all 64 bits, one to one (SplitMix64)."""
    with np.errstate(over="ignore"):
        x = numbers + _GOLDEN
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


_factors = mix(np.arange(_POSITIONS, dtype=np.uint64)) | np.uint64(1)
# Of a word of which `n` bytes belong to a string, these do.
_masks = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)


def _hash_strings(values: Any) -> np.ndarray:
    _, offsets_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[
        values.offset : values.offset + 1 + len(values)
    ]
    lengths = np.diff(offsets)
    sums = lengths.astype(np.uint64)
    if data_buffer is None or not lengths.any():
        return mix(sums)
    data = np.frombuffer(data_buffer, np.uint8)
    for number in np.flatnonzero(lengths > _LONG):
        text = data[offsets[number] : offsets[number + 1]]
        sums[number] += _long_sum(text)
    for start in range(0, len(values), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        short = np.where(lengths[block] > _LONG, 0, lengths[block])
        _add_words(sums[block], data[: offsets[-1]], offsets[:-1][block], short)
    return mix(sums)


def _add_words(sums: np.ndarray, data: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
    """Add to the sum of each string its eight-byte words, one place after the other."""
    first, last = int(starts[0]), int(starts[-1]) + int(lengths[-1])
    # A word may reach beyond the last string.
    padded = np.concatenate([data[first:last], np.zeros(8, np.uint8)])
    words = np.ndarray((len(padded) - 7,), "<u8", padded, 0, (1,))
    starts = starts - first
    shortest = int(lengths.min())
    for place in range(-(-int(lengths.max()) // 8)):
        # Most often all strings have a first word, and no list of those that have is needed.
        longer = slice(None) if shortest > 8 * place else np.flatnonzero(lengths > 8 * place)
        word = words[starts[longer] + 8 * place]
        if shortest < 8 * (place + 1):
            word &= _masks[np.minimum(lengths[longer] - 8 * place, 8)]
        sums[longer] += _placed(word, np.array([place]))


def _long_sum(text: np.ndarray) -> np.uint64:
    words = np.concatenate([text, np.zeros(-len(text) % 8, np.uint8)]).view("<u8")
    total = np.uint64(0)
    with np.errstate(over="ignore"):
        for start in range(0, len(words), _AT_ONCE):
            block = words[start : start + _AT_ONCE]
            total += _placed(block, np.arange(start, start + len(block))).sum()
    return total


def _placed(words: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Numbers that depend on words and on where they stand."""
    with np.errstate(over="ignore"):
        rounds = (places // _POSITIONS).astype(np.uint64) * _GOLDEN
        factors = _factors[places % _POSITIONS] + (rounds << np.uint64(1))
        # Mixed, as in a sum of mere products the last bits of all words would stay the last ones.
        return mix(words * factors + factors)
