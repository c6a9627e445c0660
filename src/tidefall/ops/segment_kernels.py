"""Kernels of the segment reductions, and the empty values of each dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core.dtypes import FROM_NUMPY
from tidefall.ops.common import jnp
from tidefall.ops.precision import is_narrow


def lowest_finite(dtype: Any) -> Any:
    """The smallest finite value of a NumPy dtype."""
    return FROM_NUMPY[np.dtype(dtype)].min


def highest_finite(dtype: Any) -> Any:
    """The largest finite value of a NumPy dtype."""
    return FROM_NUMPY[np.dtype(dtype)].max


def combine(reduce: np.ufunc, data: Any, ids: Any, count: int, empty: Any) -> Any:
    """Reduce the rows of `data` that share an id; the ids are in order and less than `count`.

    Args:
        reduce: np.add, np.multiply, np.maximum or np.minimum.
        data: array of shape `[rows, ...]`.
        ids: array of shape `[rows]`.
        count: number of rows of the result.
        empty: the value of ids that do not occur.
    """
    result = np.full((count, *data.shape[1:]), empty, data.dtype)
    if not ids.size:
        return result
    starts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))
    work = data
    if is_narrow(data.dtype) and reduce in (np.add, np.multiply):
        work = data.astype(np.float32)
    result[ids[starts]] = reduce.reduceat(work, starts, axis=0, dtype=work.dtype).astype(data.dtype)
    return result


def scatter(reduce: str, data: Any, ids: Any, count: int, empty: Any) -> Any:
    """The same as a lowering, for ids in any order; negative ones are dropped."""
    start = {
        "add": 0,
        "multiply": 1,
        "max": lowest_or_inf(data.dtype),
        "min": highest_or_inf(data.dtype),
    }[reduce]
    base = jnp.full((count, *data.shape[1:]), start, data.dtype)
    # Indices past the end are dropped; negative ones would count from the end.
    places = jnp.where(jnp.asarray(ids) < 0, count, ids)
    combined = getattr(base.at[places], reduce)(data, mode="drop")
    if reduce in ("add", "multiply"):
        return combined
    seen = jnp.zeros((count,), bool).at[places].set(True, mode="drop")
    return jnp.where(seen.reshape(-1, *[1] * (data.ndim - 1)), combined, empty)


def lowest_or_inf(dtype: Any) -> Any:
    """-inf for floats, else the smallest value of the dtype."""
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def highest_or_inf(dtype: Any) -> Any:
    """inf for floats, else the largest value of the dtype."""
    return np.iinfo(dtype).max if dtype.kind in "iu" else np.inf
