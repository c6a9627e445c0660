"""Rules of drift and skew: how far a feature may be from what it was, or is elsewhere."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall.lifecycle.data_validation.rules.distances import (
    jensen_shannon,
    l_infinity,
    normalized_absolute_difference,
)
from tidefall.lifecycle.data_validation.rules.reasons import Reason, short_number
from tidefall.lifecycle.data_validation.rules.views import FeatureView


class Measured(NamedTuple):
    """A distance that was measured.

    Args:
        kind: its name among `DriftSkewInfo.Measurement.Type`.
        value: the distance.
        threshold: what is allowed.
    """

    kind: str
    value: float
    threshold: float


class Comparison(NamedTuple):
    """What a comparator found."""

    reasons: list[Reason]
    measured: list[Measured]


_NAMES = {"drift": ("current", "previous"), "skew": ("training", "serving")}
"""What the two data sets are called: of drift, and of skew."""


def control_of(view: FeatureView, which: str) -> tuple[bool, FeatureView | None]:
    """Whether there is a data set to compare with, and its feature."""
    table = view.table.previous if which == "drift" else view.table.serving
    return table is not None, view.previous if which == "drift" else view.serving


def compare(view: FeatureView, which: str, comparator: Any) -> Comparison:
    """Hold a feature against a comparator.

    Args:
        view: the feature.
        which: "drift" or "skew".
        comparator: the FeatureComparator; thresholds that are passed are raised.
    """
    demanded = [
        name
        for name in ("infinity_norm", "normalized_abs_difference", "jensen_shannon_divergence")
        if getattr(comparator, name).HasField("threshold")
    ]
    is_there, control = control_of(view, which)
    if not demanded or not is_there:
        return Comparison([], [])
    treatment_name, control_name = _NAMES[which]
    if control is None:
        for name in ("infinity_norm", "jensen_shannon_divergence"):
            if name in demanded:
                getattr(comparator, name).ClearField("threshold")
        missing = Reason(
            "COMPARATOR_CONTROL_DATA_MISSING",
            f"{control_name} data missing",
            f"{control_name} data is missing.",
        )
        return Comparison([missing], [])
    between = f"between {treatment_name} and {control_name}"
    reasons, measured = [], []
    for name in demanded:
        norm = getattr(comparator, name)
        found = _measure(name, view, control, norm)
        if found is None:
            continue
        kind, title, value, where = found
        measured.append(Measured(kind, value, norm.threshold))
        if value > norm.threshold:
            above = (
                f"The {title} {between} is {short_number(value)} (up to six significant digits), "
                f"above the threshold {short_number(norm.threshold)}."
            )
            if where is not None:
                above += f" The feature value with maximum difference is: {where}"
            reasons.append(Reason(_TYPES[kind], f"High {title} {between}", above))
            norm.threshold = value
    return Comparison(reasons, measured)


_TYPES = {
    "L_INFTY": "COMPARATOR_L_INFTY_HIGH",
    "NORMALIZED_ABSOLUTE_DIFFERENCE": "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
    "JENSEN_SHANNON_DIVERGENCE": "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
}


def _measure(
    name: str, view: FeatureView, control: FeatureView, norm: Any
) -> tuple[str, str, float, str | None] | None:
    if name == "infinity_norm":
        where, value = l_infinity(view.value_counts, control.value_counts)
        return "L_INFTY", "Linfty distance", value, where
    if name == "normalized_abs_difference":
        where, value = normalized_absolute_difference(view.value_counts, control.value_counts)
        return "NORMALIZED_ABSOLUTE_DIFFERENCE", "normalized absolute difference", value, where
    source = "QUANTILES" if norm.source.type == norm.source.QUANTILES else "STANDARD"
    found = jensen_shannon(view, control, source)
    if found is None:
        return None
    title = "approximate Jensen-Shannon divergence"
    return "JENSEN_SHANNON_DIVERGENCE", title, found, None
