"""Slices that nobody named: where a metric is worst, and not by chance.

All slices by one feature, by two, ... are evaluated in one pass. A slice is told if its metric is
worse than that of all rows by more than chance gives among so many slices, and one by several
features only if it is so beside each slice that it is part of (after Chung et al., Slice Finder,
2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.exploration.buckets import add_quantile_buckets
from tidefall.lifecycle.model_analysis.exploration.derived import batches_of
from tidefall.lifecycle.model_analysis.rows import rows_of, table_of
from tidefall.lifecycle.model_analysis.slice_values import SliceValues
from tidefall.lifecycle.model_analysis.slicing import OVERALL, SliceKey, stringify

MAX_VALUES = 30
"""Of features with more values, numbers are put into buckets, and texts are left out."""


@dataclass(frozen=True)
class WorstSlice:
    """A slice where a metric is bad.

    Attributes:
        key: the slice, pairs of feature and value.
        rows: how many it has.
        value: of the metric.
        gap: how much worse that is than over all rows, above 0.
        standard_error: of the gap.
        p_value: the chance of such a gap in one of the slices that were looked at, at most 1.
    """

    key: SliceKey
    rows: int
    value: float
    gap: float
    standard_error: float
    p_value: float

    def __str__(self) -> str:
        return f"{stringify(self.key)}: {self.value:.4g} of {self.rows} rows, {self.gap:.4g} worse"


def find_worst_slices(
    data: Any,
    eval_config: Any,
    metric: str,
    *,
    features: Sequence[str] | None = None,
    lower_is_better: bool = False,
    max_features: int = 2,
    min_rows: int = 50,
    buckets: int = 5,
    confidence: float = 0.95,
    limit: int = 10,
) -> list[WorstSlice]:
    """Return the slices where a metric is worst, the widest gap first.

    Args:
        data: a pandas data frame or Arrow table with labels, predictions and features; or files or
            a dataset, as `run_model_analysis` takes them, which are read twice or three times.
        eval_config: an `EvalConfig` with one model, that has the metric; its slices do not matter.
        metric: the name of a value, such as "auc"; a number that merges without queries.
        features: columns to slice by; by default all that the configuration does not name.
        lower_is_better: whether the metric is an error.
        max_features: how many features make a slice.
        min_rows: of a slice.
        buckets: of features of numbers with more than 30 values, by quantiles.
        confidence: that none of the slices is told by chance.
        limit: how many slices to return.

    Raises:
        InvalidArgumentError: the metric or a feature is not there.

    >>> import pandas as pd
    >>> from tidefall import model_analysis as tfma
    >>> random = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"y": random.random(4000) < 0.5})
    >>> frame["city"] = random.choice(["A", "B"], 4000)
    >>> frame["p"] = np.where(frame.city == "A", frame.y * 0.8, random.random(4000))
    >>> config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y", prediction_key="p")])
    >>> config.metrics_specs.extend(
    ...     tfma.metrics.specs_from_metrics([tfma.metrics.BinaryAccuracy()])
    ... )
    >>> [found.key for found in find_worst_slices(frame, config, "binary_accuracy")]
    [(('city', 'B'),)]
    """
    if not 0 < confidence < 1 or max_features < 1:
        raise invalid(f"confidence {confidence}, max_features {max_features}")
    data, names = _sliceable(data, eval_config, features, buckets)
    sign = -1.0 if lower_is_better else 1.0
    found = _evaluated(data, eval_config, names, max_features, min_rows)
    stats = {}
    for one in found:
        if not one.error:
            stats[one.key] = _stats(one, metric)
    if OVERALL not in stats:
        raise invalid(f"fewer rows than min_rows {min_rows}")
    return _worst(stats, sign, confidence)[:limit]


def _reserved(config: Any) -> set[str]:
    """The columns that are labels, predictions, weights or queries."""
    named = {spec.query_key for spec in config.metrics_specs}
    for spec in config.model_specs:
        named |= {spec.label_key, spec.prediction_key, spec.example_weight_key}
        for keys in (spec.label_keys, spec.prediction_keys, spec.example_weight_keys):
            named |= set(keys.values())
    return named


class _Column:
    """What is known of a column after some batches: its kind, and its values while they are few."""

    def __init__(self) -> None:
        self.kind, self._values, self._is_single = "", set[Any](), True

    def add(self, column: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = column.type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            lengths = pc.list_value_length(column).fill_null(0)
            self._is_single &= not len(lengths) or pc.max(lengths).as_py() <= 1
            column = pc.list_flatten(column)
            kind = column.type
        texts = (
            pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary,
            pa.types.is_binary, pa.types.is_large_binary, pa.types.is_boolean,
        )  # fmt: skip
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            self.kind = "number"
        elif any(is_kind(kind) for is_kind in texts):
            self.kind = self.kind or "text"
        elif not pa.types.is_null(kind):
            self.kind = "other"
        if self.kind in ("number", "text") and len(self._values) <= MAX_VALUES:
            some = pc.unique(column).slice(0, MAX_VALUES + 1)  # type: ignore[attr-defined]
            self._values.update(some.to_pylist())

    @property
    def has_few_values(self) -> bool:
        return self.kind in ("number", "text") and len(self._values) <= MAX_VALUES

    @property
    def can_be_cut(self) -> bool:
        return self.kind == "number" and self._is_single


def _sliceable(
    data: Any, config: Any, features: Sequence[str] | None, buckets: int
) -> tuple[Any, list[str]]:
    """The data with buckets of numbers, and the features that have few values."""
    wanted = None if features is None else list(features)
    reserved = _reserved(config)
    columns: dict[str, _Column] = {}
    for batch in batches_of(data):
        names = batch.schema.names
        for name in wanted or names:
            if name not in names:
                raise invalid(f"the data have no feature {name!r}; they have {names}")
            if wanted is not None or name not in reserved:
                columns.setdefault(name, _Column()).add(batch.column(name))
    found, cut = [], {}
    for name, column in columns.items():
        if column.has_few_values:
            found.append(name)
        elif column.can_be_cut:
            cut[name] = buckets
            found.append(f"{name}_quantile")
        elif wanted is not None:
            raise invalid(
                f"feature {name!r} has more than {MAX_VALUES} values that are no single numbers; "
                "put them into groups"
            )
    return (add_quantile_buckets(data, cut) if cut else data), found


def _evaluated(
    data: Any, config: Any, names: Sequence[str], max_features: int, min_rows: int
) -> list[SliceValues]:
    from tidefall.lifecycle.model_analysis.engine import Evaluation
    from tidefall.lifecycle.model_analysis.evaluate import inputs_of
    from tidefall.lifecycle.model_analysis.plan import plan_of
    from tidefall.proto import evaluation

    wanted = evaluation.EvalConfig()
    wanted.CopyFrom(config)
    del wanted.slicing_specs[:], wanted.cross_slicing_specs[:]
    wanted.slicing_specs.add()
    for size in range(1, max_features + 1):
        for several in combinations(names, size):
            wanted.slicing_specs.add(feature_keys=several)
    wanted.options.compute_confidence_intervals.value = True
    wanted.options.confidence_intervals.method = (
        evaluation.ConfidenceIntervalOptions.ConfidenceIntervalMethod.Value("JACKKNIFE")
    )
    wanted.options.min_slice_size.value = min_rows
    wanted.metrics_specs[0].metrics.add(class_name="ExampleCount", config='{"name": "__rows"}')
    one = Evaluation(plan_of(wanted), seed=0)
    for rows in rows_of(table_of(data)):
        one.add(inputs_of(rows, wanted, {}))
    return one.values()


@dataclass(frozen=True)
class _Stats:
    rows: int
    value: float
    error: float


def _stats(one: SliceValues, metric: str) -> _Stats:
    rows, found = 0, None
    for key, value in one.metrics.items():
        if key.name == "__rows":
            rows = int(value)
        elif key.name == metric:
            if found is not None:
                raise invalid(f"{metric!r} has several values; leave one model, output and class")
            found = value, one.intervals[key].standard_error
    if found is None:
        names = sorted({key.name for key in one.metrics} - {"__rows"})
        raise invalid(f"no number {metric!r} in the configuration; there are {names}")
    return _Stats(rows, *found)


def _worst(stats: dict[SliceKey, _Stats], sign: float, confidence: float) -> list[WorstSlice]:
    from scipy import stats as distributions

    tests = max(len(stats) - 1, 1)

    def gap(key: SliceKey, beside: SliceKey) -> tuple[float, float, float]:
        here, there = stats[key], stats[beside]
        apart = sign * (there.value - here.value)
        error = float(np.hypot(here.error, there.error))
        if not np.isfinite(apart) or error == 0:
            return apart, error, 0.0 if apart > 0 and error == 0 else 1.0
        # Each standard error is of 20 parts.
        return apart, error, min(1.0, tests * float(distributions.t.sf(apart / error, 19)))

    found = []
    for key, here in stats.items():
        if not key:
            continue
        apart, error, chance = gap(key, OVERALL)
        if not apart > 0 or chance > 1 - confidence:
            continue
        parents = [tuple(pair for pair in key if pair != left) for left in key if len(key) > 1]
        if all(gap(key, parent)[2] <= 1 - confidence for parent in parents if parent in stats):
            found.append(WorstSlice(key, here.rows, here.value, apart, error, chance))
    return sorted(found, key=lambda one: -one.gap)
