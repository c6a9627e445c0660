"""Lift: how much likelier a value makes another one, P(Y=y | X=x) / P(Y=y)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.columns import columns_of, numbers_of
from tidefall.lifecycle.data_validation.statistics.features import univalent_numbers
from tidefall.lifecycle.data_validation.statistics.generators.example_weights import (
    ExampleWeightMap,
)
from tidefall.lifecycle.data_validation.statistics.generators.interface import (
    CombinerStatsGenerator,
)
from tidefall.lifecycle.data_validation.statistics.roles import is_categorical, leaf_features
from tidefall.lifecycle.data_validation.statistics.texts import as_texts

MAX_PAIRS = 4_000_000
"""Pairs of values of one feature and the other that are counted: some 500 MiB."""

Value = str | int
Tally = defaultdict[Any, float]


def _tally() -> Tally:
    return defaultdict(float)


@dataclass
class Counts:
    """How often values and pairs of values occur: in how many rows, or of which weight.

    Args:
        rows: of all rows.
        ys: of those with a value of Y, by the value.
        xs: by feature: of those with a value of X, by the value.
        pairs: by feature: of those with both, by both.
    """

    rows: float = 0.0
    ys: Tally = field(default_factory=_tally)
    xs: dict[FeaturePath, Tally] = field(default_factory=dict)
    pairs: dict[FeaturePath, Tally] = field(default_factory=dict)

    def merge(self, other: Counts) -> None:
        """Add another one's."""
        self.rows += other.rows
        _add_all(self.ys, other.ys)
        for mine, theirs in ((self.xs, other.xs), (self.pairs, other.pairs)):
            for path, tally in theirs.items():
                _add_all(mine.setdefault(path, _tally()), tally)


def _add_all(tally: Tally, other: Tally) -> None:
    for key, count in other.items():
        tally[key] += count


@dataclass
class _Present:
    """Which values are in which rows, each at most once: row `rows[i]` has `values[codes[i]]`."""

    rows: np.ndarray
    codes: np.ndarray
    values: list[Value]


class LiftStatsGenerator(CombinerStatsGenerator):
    """How much likelier each value of features makes each value of another one.

    The lift of x and y is P(Y=y | X=x) / P(Y=y): 1 where they are independent. Of features with
    several values in a row, `X=x` means that x is one of them. With a label as Y it hints at how
    much a feature says about it, feature by feature. The result stands under `cross_features`, as a
    `LiftSeries` for each value of Y, its values by falling lift.

    With weights a second set of series, with weighted counts, follows; P(Y=y) is then of the total
    weight of Y. All pairs are counted as they are, up to `MAX_PAIRS` for each feature.

    Args:
        y_path: Y: a category, or a number with `y_boundaries`.
        schema: says which features are categories.
        x_paths: the features X; all categories but Y by default.
        y_boundaries: that cut Y into buckets, of which each holds its lower boundary.
        min_x_count: values of X that no more rows have are left out.
        top_k_per_y: only the values of X with the greatest lift, so many for each value of Y.
        bottom_k_per_y: the same for the least lift; both together, if both are given.
        example_weight_map: which features hold weights.
        output_custom_stats: also tell the lift as rank histograms `Lift (Y=y)` of each feature X.
        name: what messages call it.

    Raises:
        ValueError: neither `schema` nor `x_paths` is given, boundaries are given for a category, or
            not for a number.

    >>> import pyarrow as pa
    >>> from tidefall import data_validation as tfdv
    >>> lift = tfdv.LiftStatsGenerator(FeaturePath(["tip"]), x_paths=[FeaturePath(["cash"])])
    >>> table = pa.table({"cash": ["yes", "yes", "no", "no"], "tip": ["no", "no", "no", "yes"]})
    >>> found = tfdv.generate_statistics_from_arrow(table, tfdv.StatsOptions(generators=[lift]))
    >>> series = found.datasets[0].cross_features[0].categorical_cross_stats.lift.lift_series
    >>> [(s.y_string, v.x_string, round(v.lift, 2)) for s in series for v in s.lift_values]
    [('no', 'yes', 1.33), ('no', 'no', 0.67), ('yes', 'no', 2.0), ('yes', 'yes', 0.0)]
    """

    def __init__(
        self,
        y_path: FeaturePath,
        schema: Any = None,
        x_paths: Iterable[FeaturePath] | None = None,
        y_boundaries: Iterable[float] | None = None,
        min_x_count: int = 0,
        top_k_per_y: int | None = None,
        bottom_k_per_y: int | None = None,
        example_weight_map: ExampleWeightMap | None = None,
        output_custom_stats: bool = False,
        name: str = "LiftStatsGenerator",
    ):
        super().__init__(name, schema)
        self._y = y_path
        self._boundaries = np.array(sorted(set(y_boundaries or ())), np.float64)
        if schema is not None:
            self._check_y(schema)
        if x_paths is None and schema is None:
            raise ValueError("Either a schema or x_paths must be provided.")
        categories = (path for path, one in leaf_features(schema or _none()) if is_categorical(one))
        self._xs = sorted(set(categories) - {y_path} if x_paths is None else set(x_paths))
        self._least = min_x_count
        self._top, self._bottom = top_k_per_y, bottom_k_per_y
        self._weights = example_weight_map or ExampleWeightMap()
        self._custom = output_custom_stats

    def _check_y(self, schema: Any) -> None:
        features = dict(leaf_features(schema))
        if self._y not in features:
            raise ValueError(f"the schema has no feature {self._y}")
        if is_categorical(features[self._y]):
            if len(self._boundaries):
                raise ValueError("Boundaries cannot be applied to a categorical y_path")
        elif not len(self._boundaries):
            raise ValueError("Boundaries must be provided with a non-categorical y_path.")

    def create_accumulator(self) -> list[Counts]:
        """Return empty counts: of rows, and of weights if there are any."""
        return [Counts() for _ in range(1 + bool(self._weights.all_weight_features()))]

    def add_input(self, accumulator: list[Counts], input_record_batch: Any) -> list[Counts]:
        """Count the values and pairs of a batch.

        Raises:
            InvalidArgumentError: a feature holds numbers that are no integers, a weight is missing.
            ResourceExhaustedError: there are more pairs than `MAX_PAIRS`.
        """
        batch = input_record_batch
        plain, *weighted = accumulator
        ys = self._present(batch, self._y, self._boundaries)
        xs = {path: self._present(batch, path, None) for path in self._xs}
        self._count(plain, batch.num_rows, xs, ys, None)
        for counts in weighted:
            self._count(counts, batch.num_rows, xs, ys, batch)
        return accumulator

    def _count(
        self,
        counts: Counts,
        rows: int,
        xs: dict[FeaturePath, _Present | None],
        ys: _Present | None,
        weighted: Any,
    ) -> None:
        """Count values and pairs in rows, or weights that `weighted`, a batch, holds."""

        def weights(path: FeaturePath) -> np.ndarray:
            return _weights(weighted, self._weights.get(path)) if weighted else np.ones(rows)

        of_y = weights(self._y)
        counts.rows += float(of_y.sum())
        if ys is not None:
            sums = np.bincount(ys.codes, of_y[ys.rows], len(ys.values))
            _add(counts.ys, ys.values, sums)
        for path, x in xs.items():
            if x is None:
                continue
            of_x = weights(path)
            sums = np.bincount(x.codes, of_x[x.rows], len(x.values))
            _add(counts.xs.setdefault(path, _tally()), x.values, sums)
            if ys is None:
                continue
            pairs = counts.pairs.setdefault(path, _tally())
            at_x, at_y = _joined(x.rows, ys.rows, rows)
            codes = x.codes[at_x].astype(np.int64) * len(ys.values) + ys.codes[at_y]
            distinct, inverse = np.unique(codes, return_inverse=True)
            sums = np.bincount(inverse, of_x[x.rows[at_x]], len(distinct))
            there = [(x.values[c // len(ys.values)], ys.values[c % len(ys.values)])
                     for c in distinct.tolist()]  # fmt: skip
            _add(pairs, there, sums)
            self._check_size(path, pairs)

    def _check_size(self, path: FeaturePath, pairs: Tally) -> None:
        if len(pairs) > MAX_PAIRS:
            raise errors.ResourceExhaustedError(
                None,
                None,
                f"generator {self.name!r}: more than {MAX_PAIRS:,} pairs of values of {path} and "
                f"{self._y}; leave {path} out of x_paths, or give y_boundaries",
            )

    def _present(self, batch: Any, path: FeaturePath, boundaries: Any) -> _Present | None:
        column = _column(batch, path)
        if column is None or column.values is None or not len(column.values):
            return None
        rows = np.arange(batch.num_rows) if column.row_of is None else column.row_of
        if boundaries is not None and len(boundaries):
            if column.kind not in ("INT", "FLOAT"):
                raise invalid(f"generator {self.name!r}: y_boundaries for {path}: {column.kind}")
            numbers = numbers_of(column.values)
            rows, numbers = rows[~np.isnan(numbers)], numbers[~np.isnan(numbers)]
            codes = np.searchsorted(boundaries, numbers, side="right")
            values: list[Value] = list(range(len(boundaries) + 1))
        elif column.kind == "FLOAT":
            raise invalid(
                f"generator {self.name!r}: {path} holds floats; of them only Y can be cut into "
                "buckets, by y_boundaries"
            )
        else:
            found = as_texts(column.values)[0] if column.kind == "STRING" else column.values
            encoded = found.dictionary_encode()
            codes = np.asarray(encoded.indices)
            plain = encoded.dictionary.to_pylist()
            values = [value if isinstance(value, str) else int(value) for value in plain]
        distinct = np.unique(rows.astype(np.int64) * len(values) + codes)
        return _Present(distinct // len(values), distinct % len(values), values)

    def merge_accumulators(self, accumulators: Iterable[list[Counts]]) -> list[Counts]:
        """Add counts.

        Raises:
            ResourceExhaustedError: there are more pairs than `MAX_PAIRS`.
        """
        merged, *rest = accumulators
        for other in rest:
            for mine, theirs in zip(merged, other, strict=True):
                mine.merge(theirs)
                for path, pairs in mine.pairs.items():
                    self._check_size(path, pairs)
        return merged

    def extract_output(self, accumulator: list[Counts]) -> Any:
        """Return the lifts as a DatasetFeatureStatistics."""
        from tidefall.proto import metadata

        result = metadata.DatasetFeatureStatistics()
        for path in self._xs:
            cross = metadata.CrossFeatureStatistics()
            own = metadata.FeatureNameStatistics(path=path.to_proto())
            for number, counts in enumerate(accumulator):
                self._tell(path, counts, bool(number), cross, own)
            if cross.categorical_cross_stats.lift.lift_series:
                cross.path_x.CopyFrom(path.to_proto())
                cross.path_y.CopyFrom(self._y.to_proto())
                result.cross_features.append(cross)
                if self._custom:
                    result.features.append(own)
        return result

    def _tell(
        self, path: FeaturePath, counts: Counts, weighted: bool, cross: Any, own: Any
    ) -> None:
        xs = {x: n for x, n in counts.xs.get(path, {}).items() if n > self._least}
        if not xs:
            return
        pairs = counts.pairs.get(path, {})
        amount = float if weighted else int
        prefix = "weighted_" if weighted else ""
        for y in sorted(counts.ys, key=_order):
            share = counts.ys[y] / counts.rows
            lifts = {x: pairs.get((x, y), 0.0) / n / share for x, n in xs.items()}
            series = cross.categorical_cross_stats.lift.lift_series.add()
            setattr(series, f"{prefix}y_count", amount(counts.ys[y]))
            histogram = own.custom_stats.add(name=f"Lift (Y={self._tell_y(series, y)})")
            for x in self._chosen(lifts):
                told = series.lift_values.add(lift=lifts[x])
                setattr(told, f"{prefix}x_count", amount(xs[x]))
                setattr(told, f"{prefix}x_and_y_count", amount(pairs.get((x, y), 0)))
                setattr(told, "x_string" if isinstance(x, str) else "x_int", x)
                histogram.rank_histogram.buckets.add(label=str(x), sample_count=lifts[x])

    def _tell_y(self, series: Any, y: Value) -> str:
        if len(self._boundaries) and isinstance(y, int):
            ends = [-np.inf, *self._boundaries.tolist(), np.inf]
            low, high = ends[y], ends[y + 1]
            series.y_bucket.low_value, series.y_bucket.high_value = low, high
            return f"[{low:g},{high:g}{']' if high == np.inf else ')'}"
        setattr(series, "y_string" if isinstance(y, str) else "y_int", y)
        return str(y)

    def _chosen(self, lifts: dict[Value, float]) -> Sequence[Value]:
        """Values by falling lift, of equal lift by value."""

        def rank(x: Value) -> tuple[float, Any]:
            return lifts[x], _order(x)

        chosen = set(lifts)
        if self._top or self._bottom:
            chosen = {*heapq.nlargest(self._top or 0, lifts, rank)}
            chosen |= {*heapq.nsmallest(self._bottom or 0, lifts, rank)}
        return sorted(chosen, key=lambda x: (-lifts[x], _order(x)))


def _none() -> Any:
    from tidefall.proto import metadata

    return metadata.Schema()


def _order(value: Value) -> tuple[bool, Value]:
    """An order of values also where a feature was of another type in some part of the data."""
    return isinstance(value, str), value


def _add(tally: Tally, keys: Iterable[Any], sums: np.ndarray) -> None:
    for key, count in zip(keys, sums.tolist(), strict=True):
        if count:
            tally[key] += count


def _joined(x: np.ndarray, y: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of places whose rows, sorted ints in `x` and in `y`, are the same."""
    per_row = np.bincount(y, minlength=rows)
    starts = np.concatenate([[0], np.cumsum(per_row)])[:-1]
    times = per_row[x]
    at_x = np.repeat(np.arange(len(x)), times)
    within = np.arange(len(at_x)) - np.repeat(np.cumsum(times) - times, times)
    return at_x, starts[x[at_x]] + within


def _column(batch: Any, path: FeaturePath) -> Any:
    first = path.steps()[0]
    if first not in batch.schema.names:
        return None
    array = batch.column(batch.schema.get_field_index(first))
    found: Iterator[Any] = columns_of(array, FeaturePath([first]), None)
    return next((column for column in found if column.path == path), None)


def _weights(batch: Any, name: str | None) -> np.ndarray:
    if name is None:
        return np.ones(batch.num_rows)
    column = _column(batch, FeaturePath([name]))
    weights = np.full(batch.num_rows, np.nan)
    if column is not None:
        weights = univalent_numbers(column, batch.num_rows)
    if not np.isfinite(weights).all():
        raise invalid(f"weight feature {name!r}: each row needs one number")
    return weights
