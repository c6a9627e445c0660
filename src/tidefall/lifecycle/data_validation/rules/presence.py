"""Rules of presence, numbers of values, shapes and numbers of distinct values."""

from __future__ import annotations

from math import prod
from typing import Any

from tidefall.lifecycle.data_validation.rules.reasons import Reason, short_number
from tidefall.lifecycle.data_validation.rules.views import FeatureView

_ALMOST_ALL = 0.9999


def infer_presence(view: FeatureView, feature: Any, infer_shape: bool) -> None:
    """Demand what the data keep."""
    feature.presence.min_count = 0 if view.present < 1 else 1
    if view.present <= 0:
        return
    if view.missing == 0:
        feature.presence.min_fraction = 1.0
    if infer_shape and view.kind != "STRUCT":
        _infer_shape(view, feature)
    if not feature.HasField("shape"):
        _infer_counts(view, feature)


def _infer_shape(view: FeatureView, feature: Any) -> None:
    ranges = view.value_ranges
    if any(view.nested_missing) or any(low != high or low <= 0 for low, high in ranges):
        return
    for low, _ in ranges:
        feature.shape.dim.add(size=low)


def _infer_counts(view: FeatureView, feature: Any) -> None:
    if view.is_nested:
        for low, high in view.value_ranges:
            _infer_count(low, high, feature.value_counts.value_count.add())
    elif view.value_ranges[0][0] > 0:
        _infer_count(*view.value_ranges[0], feature.value_count)


def _infer_count(low: int, high: int, count: Any) -> None:
    if low <= 0:
        return
    if low == high:
        count.min, count.max = low, high
    else:
        count.min = 1


def check_counts(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether rows have as many values as they should."""
    which = feature.WhichOneof("shape_type")
    if which == "value_count":
        if view.is_nested:
            feature.ClearField("value_count")
            _infer_counts(view, feature)
            return [
                Reason(
                    "VALUE_NESTEDNESS_MISMATCH",
                    "Mismatched value nest level",
                    "This feature has a value_count, but the nestedness level of the feature > 1. "
                    "For features with nestedness levels greater than 1, value_counts, not "
                    "value_count, should be specified.",
                )
            ]
        return _check_count(*view.value_ranges[0], feature.value_count, "")
    if which != "value_counts":
        return []
    counts = feature.value_counts.value_count
    if len(counts) != len(view.value_ranges):
        feature.ClearField("value_counts")
        _infer_counts(view, feature)
        return [
            Reason(
                "VALUE_NESTEDNESS_MISMATCH",
                "Mismatched value nest level",
                "The values have a different nest level than expected. Value counts will not be "
                "checked.",
            )
        ]
    reasons = []
    for level, ((low, high), count) in enumerate(zip(view.value_ranges, counts, strict=True)):
        reasons += _check_count(low, high, count, f" at nestedness level {level}")
    return reasons


def _check_count(low: int, high: int, count: Any, where: str) -> list[Reason]:
    reasons = []
    if count.HasField("min") and low < count.min:
        reasons.append(
            Reason(
                "FEATURE_TYPE_LOW_NUMBER_VALUES",
                "Missing values",
                f"Some examples have fewer values than expected{where}.",
            )
        )
        if low == 0:
            count.ClearField("min")
        else:
            count.min = low
    if count.HasField("max") and high > count.max:
        reasons.append(
            Reason(
                "FEATURE_TYPE_HIGH_NUMBER_VALUES",
                "Superfluous values",
                f"Some examples have more values than expected{where}.",
            )
        )
        count.max = high
    return reasons


def check_shape(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether each row has just so many values as its shape says."""
    if not feature.HasField("shape"):
        return []
    expected = prod(dim.size for dim in feature.shape.dim)
    ranges = view.value_ranges
    is_fixed = all(low == high and low != 0 for low, high in ranges)
    if not is_fixed or any(view.nested_missing):
        feature.ClearField("shape")
        return [
            Reason(
                "INVALID_FEATURE_SHAPE",
                "Feature shape dropped",
                "The feature has a shape, but it's not always present (if the feature is nested, "
                "then it should always be present at each nested level) or its value lengths vary.",
            )
        ]
    actual = prod(low for low, _ in ranges)
    if actual == expected:
        return []
    feature.ClearField("shape")
    return [
        Reason(
            "INVALID_FEATURE_SHAPE",
            "Feature shape dropped",
            f"The feature has fixed value length {actual} but it's not compatible with the "
            "specified shape.",
        )
    ]


def check_presence(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether enough rows have the feature."""
    if feature.WhichOneof("presence_constraints") != "presence":
        return []
    reasons, presence = [], feature.presence
    if presence.HasField("min_count") and view.present < presence.min_count:
        expected = presence.min_count
        presence.min_count = int(view.present)
        reasons.append(
            Reason(
                "FEATURE_TYPE_LOW_NUMBER_PRESENT",
                "Column dropped",
                "The feature was present in fewer examples than expected: minimum count = "
                f"{expected}, actual = {presence.min_count}",
            )
        )
    fraction = view.fraction_present
    if not presence.HasField("min_fraction") or fraction is None:
        return reasons
    if fraction < presence.min_fraction:
        expected = presence.min_fraction
        presence.min_fraction = fraction
        reasons.append(
            Reason(
                "FEATURE_TYPE_LOW_FRACTION_PRESENT",
                "Column dropped",
                "The feature was present in fewer examples than expected: minimum fraction = "
                f"{expected:f}, actual = {fraction:f}",
            )
        )
    if presence.min_fraction == 1.0 and view.missing != 0:
        # So few are missing that the share is 1 but for rounding.
        presence.min_fraction = _ALMOST_ALL
        reasons.append(
            Reason(
                "FEATURE_TYPE_LOW_FRACTION_PRESENT",
                "Column dropped",
                "The feature was expected everywhere, but was missing in "
                f"{short_number(view.missing)} examples.",
            )
        )
    return reasons


def check_unique(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether there are as many distinct values as there should be."""
    if not feature.HasField("unique_constraints"):
        return []
    demanded, found = feature.unique_constraints, view.unique
    if found is None:
        feature.ClearField("unique_constraints")
        return [
            Reason(
                "FEATURE_TYPE_NO_UNIQUE",
                "No unique values",
                "UniqueConstraints specified for the feature, but unique values were not counted "
                "(i.e., feature is not string or categorical).",
            )
        ]
    reasons = []
    if found < demanded.min:
        reasons.append(
            Reason(
                "FEATURE_TYPE_LOW_UNIQUE",
                "Low number of unique values",
                f"Expected at least {demanded.min} unique values but found only {found}.",
            )
        )
        demanded.min = found
    if found > demanded.max:
        reasons.append(
            Reason(
                "FEATURE_TYPE_HIGH_UNIQUE",
                "High number of unique values",
                f"Expected no more than {demanded.max} unique values but found {found}.",
            )
        )
        demanded.max = found
    return reasons
