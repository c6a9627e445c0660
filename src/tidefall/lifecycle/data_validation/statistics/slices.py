"""Rows cut into slices by the values of features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.options import SliceFunction, StatsOptions
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.columns import columns_of
from tidefall.lifecycle.data_validation.statistics.texts import as_texts


def slicers_of(options: StatsOptions) -> list[SliceFunction]:
    """The functions that cut slices: those given, and those the slicing config says."""
    slicers = options.slicers
    if options.slicing_config is not None:
        for spec in options.slicing_config.slicing_specs:
            wanted: dict[str, Iterable[str | int] | None] = dict.fromkeys(spec.feature_keys)
            wanted.update({name: [value] for name, value in spec.feature_values.items()})
            if wanted:
                slicers.append(get_feature_value_slicer(wanted))
    return slicers


def get_feature_value_slicer(
    features: Mapping[str, Iterable[str | int | bytes] | None],
) -> SliceFunction:
    """A function that cuts batches by the values of features.

    Args:
        features: the values that matter by the feature's name; None for a slice for each value.
            With several features there is a slice for each combination.

    Returns:
        A function from an Arrow record batch to pairs of a name, as in `country_NL_year_2024`, and
        the batch of that slice. A row with several values is in several slices.

    Raises:
        TypeError: values are no sequence.
        NotImplementedError: a value is neither text nor an integer.
    """
    wanted: dict[str, set[str] | None] = {}
    for name, values in features.items():
        if values is None:
            wanted[name] = None
            continue
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise TypeError("Feature values must be specified in an iterable.")
        values = list(values)
        if not all(isinstance(value, str | bytes | int) for value in values):
            raise NotImplementedError("only strings and integers are values to slice on")
        wanted[name] = {v.decode() if isinstance(v, bytes) else str(v) for v in values}

    def slice_by_values(batch: Any) -> Iterator[tuple[str, Any]]:
        import pyarrow as pa

        present = [name for name in sorted(wanted) if name in batch.schema.names]
        if not present:
            return
        groups = [_rows_by_value(batch, name, wanted[name]) for name in present]
        for combination in product(*(group.items() for group in groups)):
            rows = combination[0][1]
            for _, other in combination[1:]:
                rows = np.intersect1d(rows, other)
            if len(rows):
                parts = zip(present, (value for value, _ in combination), strict=True)
                name = "_".join(f"{feature}_{value}" for feature, value in parts)
                yield name, batch.take(pa.array(rows))

    return slice_by_values


def _rows_by_value(batch: Any, name: str, wanted: set[str] | None) -> dict[str, np.ndarray]:
    import pyarrow as pa

    array = batch.column(batch.schema.names.index(name))
    column = next(columns_of(array, FeaturePath([name]), None))
    if column.values is None:
        return {}
    if column.kind == "STRUCT" or column.kind == "FLOAT":
        raise invalid(
            f"feature {name!r} to slice on: expected strings or integers, not {column.kind}"
        )
    values = column.values
    texts = as_texts(values)[0] if column.kind == "STRING" else values.cast(pa.string())
    encoded = texts.dictionary_encode()
    codes = np.asarray(encoded.indices)
    rows = np.arange(batch.num_rows) if column.row_of is None else column.row_of
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(encoded.dictionary)), side="right")
    found: dict[str, np.ndarray] = {}
    start = 0
    for value, end in zip(encoded.dictionary.to_pylist(), ends.tolist(), strict=True):
        if wanted is None or value in wanted:
            found[value] = np.unique(rows[order[start:end]])
        start = end
    return found
