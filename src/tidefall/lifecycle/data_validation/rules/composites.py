"""Rules of features made of several, and of the table as a whole."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.data_validation.rules.reasons import Reason, short_number
from tidefall.lifecycle.data_validation.rules.tree import deprecate
from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView


def check_sparse(view: FeatureView, sparse: Any) -> list[Reason]:
    """Whether each value has its indices."""
    reasons = []
    for stat in view.message.custom_stats:
        if stat.name == "missing_value" and stat.num:
            text = f"Found {short_number(stat.num)} examples missing value feature"
            reasons.append(Reason("SPARSE_FEATURE_MISSING_VALUE", "Missing value feature", text))
        elif stat.name == "missing_index":
            for bucket in stat.rank_histogram.buckets:
                if bucket.sample_count:
                    text = (
                        f"Found {int(bucket.sample_count)} examples missing index feature: "
                        f"{bucket.label}"
                    )
                    reasons.append(
                        Reason("SPARSE_FEATURE_MISSING_INDEX", "Missing index feature", text)
                    )
        elif stat.name in ("max_length_diff", "min_length_diff"):
            for bucket in stat.rank_histogram.buckets:
                if bucket.sample_count:
                    text = (
                        f"Mismatch between index feature: {bucket.label} and value column, with "
                        f"{stat.name} = {int(bucket.sample_count)}"
                    )
                    short = "Length mismatch between value and index feature"
                    reasons.append(Reason("SPARSE_FEATURE_LENGTH_MISMATCH", short, text))
    if reasons:
        deprecate(sparse)
    return reasons


def check_weighted(view: FeatureView, weighted: Any) -> list[Reason]:
    """Whether each value has its weight."""
    found = {stat.name: stat.num for stat in view.message.custom_stats}
    reasons = []
    for stat in view.message.custom_stats:
        if stat.name in ("missing_value", "missing_weight") and stat.num:
            part = stat.name.removeprefix("missing_")
            reasons.append(
                Reason(
                    f"WEIGHTED_FEATURE_MISSING_{part.upper()}",
                    f"Missing {part} feature",
                    f"Found {short_number(stat.num)} examples missing {part} feature.",
                )
            )
    low = int(found.get("min_weight_length_diff", 0))
    high = int(found.get("max_weight_length_diff", 0))
    if low or high:
        reasons.append(
            Reason(
                "WEIGHTED_FEATURE_LENGTH_MISMATCH",
                "Length mismatch between value and weight feature",
                "Mismatch between weight and value feature with min_weight_length_diff = "
                f"{low} and max_weight_length_diff = {high}.",
            )
        )
    if reasons:
        deprecate(weighted)
    return reasons


def check_table(table: TableView, schema: Any) -> list[Reason]:
    """Whether there are as many rows as there should be."""
    if not schema.HasField("dataset_constraints"):
        return []
    demanded = schema.dataset_constraints
    reasons: list[Reason] = []
    for field, control, name in (
        ("num_examples_drift_comparator", table.previous, "previous span"),
        ("num_examples_version_comparator", table.version, "previous version"),
    ):
        if demanded.HasField(field) and control is not None:
            reasons += _check_ratio(table.rows, control.rows, name, getattr(demanded, field))
    # As in TFDV, the most rows are looked at only where the fewest are said, too.
    if demanded.HasField("min_examples_count"):
        reasons += _check_count(table.rows, demanded)
    return reasons


def _check_ratio(rows: float, control: float, name: str, comparator: Any) -> list[Reason]:
    reasons = []
    versus = f"in current dataset versus the {name}"
    ratio = rows / control if control else 0.0
    said = f"The ratio of num examples in the current dataset versus the {name} is"
    digits = f"{short_number(ratio)} (up to six significant digits), which is"
    if comparator.HasField("max_fraction_threshold"):
        most = comparator.max_fraction_threshold
        if not control:
            comparator.ClearField("max_fraction_threshold")
            reasons.append(
                Reason(
                    "COMPARATOR_HIGH_NUM_EXAMPLES",
                    f"High num examples {versus}, which has 0.",
                    f"The {name} has 0 examples, so there is a high number of examples in the "
                    f"current dataset versus the {name}.",
                )
            )
        elif ratio > most:
            comparator.max_fraction_threshold = ratio
            text = f"{said} {digits} above the threshold {short_number(most)}."
            short = f"High num examples {versus}."
            reasons.append(Reason("COMPARATOR_HIGH_NUM_EXAMPLES", short, text))
    if comparator.HasField("min_fraction_threshold"):
        least = comparator.min_fraction_threshold
        if control and ratio < least:
            comparator.min_fraction_threshold = ratio
            text = f"{said} {digits} below the threshold {short_number(least)}."
            short = f"Low num examples {versus}."
            reasons.append(Reason("COMPARATOR_LOW_NUM_EXAMPLES", short, text))
    return reasons


def _check_count(rows: float, demanded: Any) -> list[Reason]:
    reasons = []
    said = f"The dataset has {short_number(rows)} examples, which is"
    if rows < demanded.min_examples_count:
        demanded.min_examples_count = int(rows)
        text = f"{said} fewer than expected."
        short = "Low num examples in dataset."
        reasons.append(Reason("DATASET_LOW_NUM_EXAMPLES", short, text))
    if demanded.HasField("max_examples_count") and rows > demanded.max_examples_count:
        demanded.max_examples_count = int(rows)
        text = f"{said} more than expected."
        short = "High num examples in dataset."
        reasons.append(Reason("DATASET_HIGH_NUM_EXAMPLES", short, text))
    return reasons
