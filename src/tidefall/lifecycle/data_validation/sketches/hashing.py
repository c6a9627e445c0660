"""64-bit hashes of many values at once, the same in every process."""

from __future__ import annotations

from typing import Any

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_POSITIONS = 4096
_AT_ONCE = 1 << 20


def hash_values(values: Any) -> np.ndarray:
    """Hash an Arrow array without nulls.

    Strings are hashed by a sum of their bytes, each multiplied by an odd number of its place
    (multilinear hashing); then, as integers are, by the finalizer of SplitMix64.

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


def _hash_strings(values: Any) -> np.ndarray:
    _, offsets_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[
        values.offset : values.offset + 1 + len(values)
    ]
    data = (
        np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.zeros(0, np.uint8)
    )
    sums = np.diff(offsets).astype(np.uint64)
    start = 0
    while start < len(values):
        # So many strings that their bytes, each eight times as wide, stay a few megabytes.
        end = int(np.searchsorted(offsets, offsets[start] + _AT_ONCE, side="right")) - 1
        end = min(max(end, start + 1), len(values))
        sums[start:end] += _sums(data, offsets[start : end + 1])
        start = end
    return mix(sums)


def _sums(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    lengths = np.diff(offsets)
    result = np.zeros(len(lengths), np.uint64)
    filled = lengths > 0
    if not filled.any():
        return result
    starts = offsets[:-1] - offsets[0]
    places = np.arange(offsets[-1] - offsets[0]) - np.repeat(starts, lengths)
    with np.errstate(over="ignore"):
        factors = _factors[places % _POSITIONS] + (places // _POSITIONS).astype(np.uint64) * _GOLDEN
        terms = (data[offsets[0] : offsets[-1]].astype(np.uint64) + np.uint64(1)) * factors
        result[filled] = np.add.reduceat(terms, starts[filled])
    return result
