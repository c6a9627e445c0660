"""Columns to slice by that data do not have: quantile buckets of numbers, windows of time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import numeric


def add_quantile_buckets(data: Any, features: Mapping[str, int]) -> Any:
    """Return a table with a column `<feature>_quantile` for each feature of numbers.

    Its values are intervals as text, "[1, 2.5)", the last one closed; each has as many rows as
    equal values allow. Rows without a number have none.

    Args:
        data: a pandas data frame, Arrow table or record batch.
        features: numbers of buckets by feature, 2 or more.

    Raises:
        InvalidArgumentError: a feature is not there, or holds no numbers, one for each row.

    >>> import pyarrow as pa
    >>> table = add_quantile_buckets(pa.table({"fare": [1.0, 2.0, 3.0, 50.0]}), {"fare": 2})
    >>> table["fare_quantile"].to_pylist()
    ['[1, 2.5)', '[1, 2.5)', '[2.5, 50]', '[2.5, 50]']
    """
    table = as_table(data)
    for name, count in features.items():
        if count < 2:
            raise invalid(f"{count} buckets of {name!r}: expected 2 or more")
        values = _numbers(table, name)
        known = values[np.isfinite(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, count + 1))) if len(known) else known
        table = _with_intervals(table, f"{name}_quantile", values, edges)
    return table


def add_time_windows(
    data: Any, feature: str, width: float | None = None, count: int | None = None
) -> Any:
    """Return a table with a column `<feature>_window`, the start of each row's window.

    Windows are equally wide and begin at the earliest time. Values are numbers in the feature's own
    units, or for timestamps text such as "2026-11-25T00:00:00".

    Args:
        data: a pandas data frame, Arrow table or record batch.
        feature: a column of numbers or timestamps.
        width: of a window, in the feature's units, for timestamps in seconds; or
        count: how many windows.

    Raises:
        InvalidArgumentError: the feature is not there, or neither or both of the others are given.

    >>> import pyarrow as pa
    >>> table = add_time_windows(pa.table({"hour": [0, 5, 11, 23]}), "hour", width=6)
    >>> table["hour_window"].to_pylist()
    [0.0, 0.0, 6.0, 18.0]
    """
    import pyarrow as pa

    if (width is None) == (count is None):
        raise invalid("add_time_windows takes width or count, one of them")
    if (width is not None and not width > 0) or (count is not None and count < 1):
        raise invalid(f"width {width}, count {count}: expected a number above 0")
    table = as_table(data)
    is_time = feature in table.schema.names and pa.types.is_temporal(
        table.schema.field(feature).type
    )
    values = _seconds(table, feature) if is_time else _numbers(table, feature)
    known = np.isfinite(values)
    low = values[known].min() if known.any() else 0.0
    if width is None:
        assert count is not None
        width = float(values[known].max() - low) / count if known.any() else 1.0
        width = width or 1.0
        number = np.minimum(np.floor((values - low) / width), count - 1)
    else:
        number = np.floor((values - low) / width)
    starts = low + number * width
    if is_time:
        moments = np.where(known, np.round(starts), 0).astype("datetime64[s]")
        found = pa.array([str(m) if k else None for m, k in zip(moments, known, strict=True)])
    else:
        found = pa.array(starts, mask=~known)
    return table.append_column(f"{feature}_window", found)


def as_table(data: Any) -> Any:
    """A pandas data frame, Arrow table or record batch as an Arrow table.

    Raises:
        TypeError: it is something else.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if hasattr(data, "iloc"):
        return pa.Table.from_pandas(data, preserve_index=False)
    raise TypeError(f"expected a data frame or an Arrow table, received {type(data).__name__}")


def _numbers(table: Any, name: str) -> np.ndarray:
    found = numeric(table.combine_chunks(), name)
    if found.ndim != 1:
        raise invalid(f"feature {name!r} has {found.shape[1]} values in a row, expected one")
    return found.astype(np.float64)


def _seconds(table: Any, name: str) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.cast(table.column(name), pa.timestamp("us"))
    micros = pc.cast(column, pa.int64()).to_numpy().astype(np.float64)
    return micros / 1e6


def _with_intervals(table: Any, name: str, values: np.ndarray, edges: np.ndarray) -> Any:
    import pyarrow as pa

    if len(edges) < 2:
        edges = np.repeat(edges, 2) if len(edges) else np.zeros(2)
    texts = [f"[{low:.6g}, {high:.6g})" for low, high in pairwise(edges)]
    texts[-1] = texts[-1][:-1] + "]"
    known = np.isfinite(values)
    place = np.searchsorted(edges, np.where(known, values, edges[0]), "right") - 1
    place = np.clip(place, 0, len(texts) - 1)
    column = pa.DictionaryArray.from_arrays(pa.array(place, mask=~known), texts)
    return table.append_column(name, column)
