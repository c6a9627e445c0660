"""In which buckets a dense table keeps its keys: where TensorFlow's looks for them."""

from __future__ import annotations

import numpy as np

from tidefall.ops.strings.hash_functions import hash64

_COMBINE = np.uint64(0x9E3779B97F4A7800)


def bucket_numbers(keys: np.ndarray, buckets: int) -> np.ndarray:
    """The bucket of each key.

    Args:
        keys: `[entries, width]`, all different.
        buckets: how many there are: a power of 2, more than the keys.

    Returns:
        Bucket numbers, int64 `[entries]`. From its own bucket a key moves on by 1, 2, 3 ... buckets
        until it finds one that is free.
    """
    mask = np.uint64(buckets - 1)
    at = _hashes(keys) & mask
    taken = np.zeros(buckets, bool)
    waiting = np.arange(len(keys))
    probes = 0
    while waiting.size:
        free = waiting[~taken[at[waiting]]]
        _, first = np.unique(at[free], return_index=True)
        placed = free[first]
        taken[at[placed]] = True
        waiting = np.setdiff1d(waiting, placed, assume_unique=True)
        probes += 1
        at[waiting] = (at[waiting] + np.uint64(probes)) & mask
    return at.astype(np.int64)


def _hashes(keys: np.ndarray) -> np.ndarray:
    columns = [_hash(keys[:, i]) for i in range(keys.shape[1])]
    if len(columns) == 1:
        return columns[0]
    result = np.zeros(len(keys), np.uint64)
    for column in columns:
        moved = (result << np.uint64(10)) + (result >> np.uint64(4))
        result = result ^ (column + _COMBINE + moved)
    return result


def _hash(column: np.ndarray) -> np.ndarray:
    return (
        hash64(column.tolist())
        if column.dtype == object
        else column.astype(np.int64).view(np.uint64)
    )
