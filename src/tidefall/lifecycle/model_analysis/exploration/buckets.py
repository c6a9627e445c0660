"""Columns to slice by that data do not have: quantile buckets of numbers, windows of time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch
from tidefall.lifecycle.model_analysis.exploration.derived import (
    as_table,
    batches_of,
    is_table,
    with_columns,
)
from tidefall.lifecycle.model_analysis.inputs import numeric

_EPSILON = 0.001
"""By how much of all rows a bucket of files may be too large or too small."""


def add_quantile_buckets(data: Any, features: Mapping[str, int]) -> Any:
    """Return data with a column `<feature>_quantile` for each feature of numbers.

    Its values are intervals as text, "[1, 2.5)", the last one closed; each has as many rows as
    equal values allow, of files and datasets to a thousandth of all rows. Rows without a number
    have none.

    Args:
        data: a pandas data frame, Arrow table or record batch; or files or a dataset, as
            `run_model_analysis` takes them, which are read once here.
        features: numbers of buckets by feature, 2 or more.

    Returns:
        A table; of files and datasets a source that `run_model_analysis` reads in batches.

    Raises:
        InvalidArgumentError: a feature is not there, or holds no numbers, one for each row.

    >>> import pyarrow as pa
    >>> table = add_quantile_buckets(pa.table({"fare": [1.0, 2.0, 3.0, 50.0]}), {"fare": 2})
    >>> table["fare_quantile"].to_pylist()
    ['[1, 2.5)', '[1, 2.5)', '[2.5, 50]', '[2.5, 50]']
    """
    for name, count in features.items():
        if count < 2:
            raise invalid(f"{count} buckets of {name!r}: expected 2 or more")
    edges = quantile_edges(data, features)
    return with_columns(data, lambda batch: with_buckets(batch, edges))


def quantile_edges(data: Any, features: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return the bounds of buckets by feature: distinct, ascending, from the least to the largest.

    Args:
        data: as `add_quantile_buckets` takes them.
        features: numbers of buckets by feature.
    """
    if is_table(data):
        found = {}
        for name, count in features.items():
            known = _finite(as_table(data).combine_chunks(), name)
            shares = np.linspace(0, 1, count + 1)
            found[name] = np.unique(np.quantile(known, shares)) if len(known) else known
        return found
    sketches = {name: QuantileSketch(_EPSILON) for name in features}
    for batch in batches_of(data):
        for name, sketch in sketches.items():
            sketch.add(_finite(batch, name))
    return {
        name: np.unique(sketch.quantiles(features[name])[0]) if sketch.weight else np.zeros(0)
        for name, sketch in sketches.items()
    }


def with_buckets(batch: Any, edges: Mapping[str, np.ndarray]) -> Any:
    """Return a table or record batch with columns of buckets."""
    for name, bounds in edges.items():
        batch = _with_intervals(batch, f"{name}_quantile", numbers(batch, name), bounds)
    return batch


def add_time_windows(
    data: Any, feature: str, width: float | None = None, count: int | None = None
) -> Any:
    """Return data with a column `<feature>_window`, the start of each row's window.

    Windows are equally wide and begin at the earliest time. Values are numbers in the feature's own
    units, or for timestamps text such as "2026-11-25T00:00:00".

    Args:
        data: a pandas data frame, Arrow table or record batch; or files or a dataset, as
            `run_model_analysis` takes them, which are read once here.
        feature: a column of numbers or timestamps.
        width: of a window, in the feature's units, for timestamps in seconds; or
        count: how many windows.

    Returns:
        A table; of files and datasets a source that `run_model_analysis` reads in batches.

    Raises:
        InvalidArgumentError: the feature is not there, or neither or both of the others are given.

    >>> import pyarrow as pa
    >>> table = add_time_windows(pa.table({"hour": [0, 5, 11, 23]}), "hour", width=6)
    >>> table["hour_window"].to_pylist()
    [0.0, 0.0, 6.0, 18.0]
    """
    if (width is None) == (count is None):
        raise invalid("add_time_windows takes width or count, one of them")
    if (width is not None and not width > 0) or (count is not None and count < 1):
        raise invalid(f"width {width}, count {count}: expected a number above 0")
    low, high = np.inf, -np.inf
    for batch in [as_table(data)] if is_table(data) else batches_of(data):
        values, _ = _times(batch, feature)
        known = values[np.isfinite(values)]
        if len(known):
            low, high = min(low, float(known.min())), max(high, float(known.max()))
    low, high = (low, high) if high >= low else (0.0, 0.0)
    if width is None:
        assert count is not None
        width = (high - low) / count or 1.0
    most = np.inf if count is None else count - 1
    span = float(width)
    return with_columns(data, lambda batch: _with_windows(batch, feature, low, span, most))


def _with_windows(batch: Any, feature: str, low: float, width: float, most: float) -> Any:
    import pyarrow as pa

    values, is_time = _times(batch, feature)
    known = np.isfinite(values)
    starts = low + np.minimum(np.floor((values - low) / width), most) * width
    if is_time:
        moments = np.where(known, np.round(starts), 0).astype("datetime64[s]")
        found = pa.array(
            [str(m) if k else None for m, k in zip(moments, known, strict=True)], pa.string()
        )
    else:
        found = pa.array(starts, mask=~known)
    return batch.append_column(f"{feature}_window", found)


def _times(batch: Any, feature: str) -> tuple[np.ndarray, bool]:
    """A column as float64 [rows], and whether it is of timestamps, which are seconds then."""
    import pyarrow as pa

    if feature in batch.schema.names and pa.types.is_temporal(batch.schema.field(feature).type):
        return _seconds(batch, feature), True
    return numbers(batch, feature), False


def numbers(batch: Any, name: str) -> np.ndarray:
    """Return a column with one number in each row as float64 [rows]; NaN for none.

    Raises:
        InvalidArgumentError: it is not there, or holds something else.
    """
    import pyarrow as pa

    whole = batch.combine_chunks() if isinstance(batch, pa.Table) else batch
    found = numeric(whole, name)
    if found.ndim != 1:
        raise invalid(f"feature {name!r} has {found.shape[1]} values in a row, expected one")
    return found.astype(np.float64)


def _finite(batch: Any, name: str) -> np.ndarray:
    values = numbers(batch, name)
    return values[np.isfinite(values)]


def _seconds(table: Any, name: str) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.cast(table.column(name), pa.timestamp("us"))
    micros = pc.cast(column, pa.int64()).to_numpy().astype(np.float64)
    return micros / 1e6


def _with_intervals(batch: Any, name: str, values: np.ndarray, edges: np.ndarray) -> Any:
    import pyarrow as pa

    if len(edges) < 2:
        edges = np.repeat(edges, 2) if len(edges) else np.zeros(2)
    texts = [f"[{low:.6g}, {high:.6g})" for low, high in pairwise(edges)]
    texts[-1] = texts[-1][:-1] + "]"
    known = np.isfinite(values)
    place = np.searchsorted(edges, np.where(known, values, edges[0]), "right") - 1
    place = np.clip(place, 0, len(texts) - 1)
    column = pa.DictionaryArray.from_arrays(pa.array(place, mask=~known), texts)
    return batch.append_column(name, column)
