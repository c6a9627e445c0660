"""Kernels of the segment reductions, and the empty values of each dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import FROM_NUMPY
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
    work = _wide_enough(reduce, data)
    if data.ndim == 1:
        reduced = reduce.reduceat(work, starts, dtype=work.dtype)
    else:
        reduced = _reduce_rows(reduce, work, starts)
    result[ids[starts]] = reduced.astype(data.dtype, copy=False)
    return result


def combine_unsorted(reduce: np.ufunc, data: Any, ids: Any, count: int, empty: Any) -> Any:
    """`combine` for ids in any order; rows with negative ids are dropped.

    For sums and products `empty` is 0 and 1.
    """
    if ids.size and ids.min() < 0:
        kept = ids >= 0
        data, ids = data[kept], ids[kept]
    if (ids[1:] >= ids[:-1]).all():
        return combine(reduce, data, ids, count, empty)
    if data.ndim > 1:
        order = _order(ids, count)
        return combine(reduce, data[order], ids[order], count, empty)
    work = _wide_enough(reduce, data)
    result = np.full(count, empty, work.dtype)
    if reduce in (np.maximum, np.minimum):
        result[ids] = work  # Any row of the segment to start from: it may count twice.
    reduce.at(result, ids, work)
    return result.astype(data.dtype, copy=False)


def _wide_enough(reduce: np.ufunc, data: Any) -> Any:
    """The rows in the dtype that sums and products are computed in."""
    if is_narrow(data.dtype) and reduce in (np.add, np.multiply):
        return data.astype(np.float32)
    return data


def _order(ids: Any, count: int) -> Any:
    """`np.argsort(ids, kind="stable")`, 16 bits at a time: those NumPy sorts by radix."""
    if count <= 1 << 16:
        return np.argsort(ids.astype(np.uint16), kind="stable")
    if count > 1 << 32:
        return np.argsort(ids, kind="stable")
    order = np.argsort((ids & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((ids[order] >> 16).astype(np.uint16), kind="stable")]


def _reduce_rows(reduce: np.ufunc, rows: Any, starts: Any) -> Any:
    """One row for each segment, whose rows stand together and begin at `starts`.

    Neighbours are combined in pairs until one is left: `np.ufunc.reduceat` works on one column at
    a time and takes ten times as long.
    """
    lengths = np.diff(starts, append=len(rows))
    while lengths.max() > 1:
        if not (lengths & 1).any():
            rows = reduce(rows[::2], rows[1::2])
            starts = starts >> 1
        else:
            is_odd = (np.arange(len(rows)) - np.repeat(starts, lengths)) & 1 == 1
            pairs = np.cumsum(~is_odd) - 1
            firsts = rows[~is_odd]
            places = pairs[is_odd]
            firsts[places] = reduce(firsts[places], rows[is_odd])
            rows, starts = firsts, pairs[starts]
        lengths = (lengths + 1) >> 1
    return rows


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
