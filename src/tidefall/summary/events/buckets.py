"""The buckets of TensorBoard's histogram dashboard."""

from __future__ import annotations

from typing import Any

import numpy as np

DEFAULT_BUCKETS = 30


def histogram_buckets(values: Any, count: int | None = None) -> np.ndarray:
    """Count values in buckets of equal width from their least to their greatest.

    Args:
        values: numbers of any shape. NaN and infinite values are in no bucket, and leave some or
            all edges NaN or infinite, as in TensorFlow.
        count: the number of buckets; 30 by default, none if negative.

    Returns:
        A float64 array of shape `[count, 3]`: left edge, right edge, number of values. Each bucket
        but the last leaves out its right edge. Without values all is zero; where all values are
        equal they are in the last bucket.

    >>> histogram_buckets([1.0, 2.0, 2.5, 3.0], 2).tolist()
    [[1.0, 2.0, 1.0], [2.0, 3.0, 3.0]]
    """
    count = max(DEFAULT_BUCKETS if count is None else int(count), 0)
    data = np.real(np.asarray(values)).astype(np.float64).reshape(-1)
    buckets = np.zeros((count, 3))
    if not data.size or not count:
        return buckets
    least, greatest = data.min(), data.max()
    with np.errstate(all="ignore"):
        if greatest - least == 0:
            buckets[:, :2] = least
            buckets[-1, 2] = data.size
            return buckets
        positions = (data - least) / ((greatest - least) / count)
        edges = least + np.arange(count + 1) * ((greatest - least) / count)
    # Where a value is infinite, 0 times the width is NaN; the outermost edges are known.
    edges[0], edges[-1] = least, greatest
    buckets[:, 0], buckets[:, 1] = edges[:-1], edges[1:]
    within = np.minimum(positions[np.isfinite(positions)], count - 1).astype(np.int64)
    buckets[:, 2] = np.bincount(within, minlength=count)
    return buckets
