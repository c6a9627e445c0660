"""What a schema cannot say: changed units, leaking labels, stale, missing and repeated data.

They are told as anomalies of the type CUSTOM_VALIDATION, with the severity of a warning.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

from tidefall.lifecycle.data_validation.anomalies.validate import fill_anomaly, serialized
from tidefall.lifecycle.data_validation.paths import FeaturePath, as_path
from tidefall.lifecycle.data_validation.protos import own
from tidefall.lifecycle.data_validation.rules.reasons import Reason
from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView
from tidefall.lifecycle.data_validation.schema.infer import default_dataset
from tidefall.lifecycle.data_validation.statistics.order import NAME as OUT_OF_ORDER

_KIND = "CUSTOM_VALIDATION"
_UNITS = {
    1000.0: "thousands", 1e-3: "thousands", 100.0: "percent or cents", 0.01: "percent or cents",
    1e6: "millions", 1e-6: "millions", 60.0: "minutes and seconds", 1 / 60: "minutes and seconds",
    3600.0: "hours and seconds", 1 / 3600: "hours and seconds", 24.0: "days and hours",
    1 / 24: "days and hours", 1.609344: "miles and kilometres",
    1 / 1.609344: "miles and kilometres",
    3.28084: "feet and metres", 1 / 3.28084: "feet and metres", 2.54: "inches and centimetres",
    1 / 2.54: "inches and centimetres", 2.20462: "pounds and kilograms",
    1 / 2.20462: "pounds and kilograms", 1e9: "nanoseconds and seconds",
    1e-9: "nanoseconds and seconds",
}  # fmt: skip
_FORM = 0.05
"""By how much quantiles over each other may differ from one factor, as a share."""


def find_hints(
    statistics: Any,
    previous_statistics: Any = None,
    *,
    label: str | FeaturePath | None = None,
    time_feature: str | FeaturePath | None = None,
    now: float | None = None,
    max_age_seconds: float | None = None,
    key_feature: str | FeaturePath | None = None,
    volume_factor: float = 2.0,
    leak_correlation: float = 0.99,
) -> Any:
    """Return hints at what is wrong with data beyond a schema.

    - Units: all quantiles of a feature are those of the span before, times one factor.
    - Leakage: a feature that is the label but for a factor and an offset (statistics must be made
      with `label_feature`, or `cross_features=True`).
    - Freshness: the largest time is too long ago.
    - Volume: there are many more, or many fewer, rows than in the span before.
    - Order: rows have an earlier time than the row before (statistics must be made with
      `order_features`).
    - Duplicates: a feature that should tell rows apart has fewer distinct values than rows.

    Args:
        statistics: of the data.
        previous_statistics: of the span before.
        label: the feature that is to be predicted.
        time_feature: a feature with seconds since 1970.
        now: the time to compare with, in seconds since 1970; that of the clock by default.
        max_age_seconds: how old the newest row may be.
        key_feature: a feature of strings, or categories, that is different in each row.
        volume_factor: by what factor the number of rows may change.
        leak_correlation: from which correlation with the label on a feature is suspected.

    Returns:
        `Anomalies` of the type CUSTOM_VALIDATION.
    """
    from tidefall.proto import metadata

    table = TableView(default_dataset(own(statistics)))
    previous = None
    if previous_statistics is not None:
        previous = TableView(default_dataset(own(previous_statistics)), table.by_weight)
    found: dict[FeaturePath, list[Reason]] = {}

    def add(path: FeaturePath, reasons: Iterator[Reason]) -> None:
        for reason in reasons:
            found.setdefault(path, []).append(reason)

    for view in table.features:
        if previous is not None:
            add(view.path, _units(view, previous.get(view.path)))
    if label is not None:
        for path, reason in _leaks(table, as_path(label), leak_correlation):
            add(path, iter([reason]))
    if time_feature is not None:
        path = as_path(time_feature)
        now = time.time() if now is None else now
        add(path, _freshness(table.get(path), now, max_age_seconds))
        add(path, _disorder(table.get(path)))
    if key_feature is not None:
        path = as_path(key_feature)
        add(path, _duplicates(table.get(path)))
    result = metadata.Anomalies(anomaly_name_format=metadata.Anomalies.SERIALIZED_PATH)
    for path, reasons in sorted(found.items()):
        info = result.anomaly_info[serialized(path)]
        fill_anomaly(info, reasons, "WARNING")
        info.path.CopyFrom(path.to_proto())
    if previous is not None:
        volume = list(_volume(table.rows, previous.rows, volume_factor))
        if volume:
            fill_anomaly(result.dataset_anomaly_info, volume, "WARNING")
    return result


def _units(view: FeatureView, before: FeatureView | None) -> Iterator[Reason]:
    if before is None:
        return
    here, there = _quantiles(view), _quantiles(before)
    if len(here) != len(there) or len(here) < 5:
        return
    pairs = [(a, b) for a, b in zip(here, there, strict=True) if a and b]
    # The extremes of two samples differ most; the inner quantiles say the form.
    inner = pairs[1:-1] if len(pairs) > 6 else pairs
    ratios = sorted(a / b for a, b in inner)
    if len(ratios) < 4 or ratios[0] <= 0:
        return
    middle = ratios[len(ratios) // 2]
    spread = (ratios[-1] - ratios[0]) / middle
    # Quantiles of small samples move about by themselves.
    noise = 3 / math.sqrt(max(1.0, min(view.common.num_non_missing, before.common.num_non_missing)))
    if spread > 2 * (_FORM + noise) or abs(math.log(middle)) < max(4 * _FORM, spread):
        return
    near = min(_UNITS, key=lambda unit: abs(math.log(unit / middle)))
    known = abs(near / middle - 1) < _FORM + noise
    guess = f", as between {_UNITS[near]}" if known else ""
    yield Reason(
        _KIND,
        "Changed units",
        f"All quantiles are {middle:.4g} times those before{guess} (from a median of "
        f"{_middle(before):.4g} to {_middle(view):.4g}). Divide by {near if known else middle:.6g} "
        "where the data are made, or train anew.",
    )


def _quantiles(view: FeatureView) -> list[float]:
    histogram = view.histogram("QUANTILES")
    if histogram is None or not histogram.buckets:
        return []
    return [histogram.buckets[0].low_value, *(b.high_value for b in histogram.buckets)]


def _middle(view: FeatureView) -> float:
    return view.message.num_stats.median


def _leaks(
    table: TableView, label: FeaturePath, least: float
) -> Iterator[tuple[FeaturePath, Reason]]:
    for cross in table.message.cross_features:
        paths = [FeaturePath.from_proto(path) for path in (cross.path_x, cross.path_y)]
        if label not in paths:
            continue
        other = paths[1 - paths.index(label)]
        correlation = cross.num_cross_stats.correlation
        if abs(correlation) >= least:
            text = (
                f"Its correlation with the label {label} is {correlation:.4f}: it may hold the "
                "answer. Is it known when a prediction is asked for? If not, leave it out."
            )
            yield other, Reason(_KIND, "Possible label leakage", text)


def _freshness(view: FeatureView | None, now: float, oldest: float | None) -> Iterator[Reason]:
    if view is None or oldest is None or view.kind not in ("INT", "FLOAT"):
        return
    age = now - view.message.num_stats.max
    if age > oldest:
        text = (
            f"The newest row is {age:.0f} seconds old, and {oldest:.0f} are allowed. Find out "
            "where new data have stopped."
        )
        yield Reason(_KIND, "Stale data", text)


def _disorder(view: FeatureView | None) -> Iterator[Reason]:
    for told in () if view is None else view.message.custom_stats:
        if told.name == OUT_OF_ORDER and told.num:
            text = (
                f"{told.num:.0f} rows are earlier than the row before. Sort the data where they "
                "are gathered, or find out which part came late."
            )
            yield Reason(_KIND, "Rows out of order", text)


def _duplicates(view: FeatureView | None) -> Iterator[Reason]:
    if view is None or view.unique is None:
        return
    values = view.common.tot_num_values
    # Numbers of distinct values are estimates where they are large.
    slack = 0.03 * values if view.unique > 1 << 16 else 0
    if view.unique + slack < values:
        text = (
            f"{values} values, of which only {view.unique} are distinct: rows stand twice, or the "
            "key is none. Remove the copies where the data are made."
        )
        yield Reason(_KIND, "Duplicate keys", text)


def _volume(rows: float, before: float, factor: float) -> Iterator[Reason]:
    if not before or 1 / factor <= rows / before <= factor:
        return
    text = (
        f"{rows:.0f} rows, and {before:.0f} before: {rows / before:.3g} times as many. Find out "
        "what is missing, or what came twice."
    )
    yield Reason(_KIND, "Unusual volume", text)
