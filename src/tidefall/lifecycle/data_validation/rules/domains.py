"""Rules of domains: truth values, integers, floats, strings."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from tidefall.lifecycle.data_validation.rules.reasons import Reason, short_number, to_float32
from tidefall.lifecycle.data_validation.rules.views import FeatureView

TRUE = ("TRUE", "true", "SET", "set", "1", "")
FALSE = ("FALSE", "false", "CLEAR", "clear", "0")
_INT64 = (-(2**63), 2**63 - 1)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z", re.ASCII)


@dataclass
class Outcome:
    """What a rule of a domain found.

    Args:
        reasons: what is wrong.
        clear: whether the domain is to be given up.
    """

    reasons: list[Reason] = field(default_factory=list)
    clear: bool = False


# --- truth values ---------------------------------------------------------------------------------


def is_boolean(view: FeatureView) -> bool:
    """Whether a feature looks like one of truth values."""
    if view.kind == "INT":
        numbers = view.message.num_stats
        return numbers.min >= 0 and numbers.max == 1
    if view.kind != "STRING":
        return False
    values = list(view.value_counts)
    if not 1 <= len(values) <= 2:
        return False
    true = sum(value in TRUE for value in values)
    false = sum(value in FALSE for value in values)
    return true <= 1 and false <= 1 and true + false == len(values)


def infer_boolean(view: FeatureView, feature: Any) -> None:
    """Say which strings are true and false; of integers nothing needs to be said."""
    feature.bool_domain.SetInParent()
    if view.kind == "STRING":
        for value in view.value_counts:
            if value in TRUE:
                feature.bool_domain.true_value = value
            else:
                feature.bool_domain.false_value = value


def check_boolean(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether all values are true or false."""
    if view.kind == "STRING":
        return _check_boolean_strings(view, feature)
    if view.kind == "INT":
        return _check_boolean_integers(view, feature)
    return _check_boolean_floats(view, feature) if view.kind == "FLOAT" else []


def _check_boolean_integers(view: FeatureView, feature: Any) -> list[Reason]:
    numbers = view.message.num_stats
    if numbers.min >= 0 and numbers.max <= 1:
        return []
    low = numbers.min < 0
    seen = numbers.min if low else numbers.max
    feature.int_domain.min, feature.int_domain.max = int(numbers.min), int(numbers.max)
    return [
        Reason(
            "BOOL_TYPE_SMALL_INT" if low else "BOOL_TYPE_BIG_INT",
            "Non-boolean values",
            f"Integers (such as {short_number(seen)}) not in {{0, 1}}: converting to an integer.",
        )
    ]


def _check_boolean_floats(view: FeatureView, feature: Any) -> list[Reason]:
    numbers = view.message.num_stats
    seen = _non_boolean_float(numbers)
    if seen is None:
        return []
    feature.float_domain.min, feature.float_domain.max = numbers.min, numbers.max
    what = f"{seen} not in {{0, 1}}" if "falling" not in seen else seen
    return [
        Reason(
            "BOOL_TYPE_UNEXPECTED_FLOAT",
            "Non-boolean values",
            f"{what}: converting to float_domain.",
        )
    ]


def _non_boolean_float(numbers: Any) -> str | None:
    for extreme in (numbers.min, numbers.max):
        if extreme not in (0.0, 1.0):
            return f"Floats (such as {short_number(extreme)})"
    for histogram in numbers.histograms:
        if histogram.num_nan:
            return "Floats (such as NaN)"
        between = histogram.type == histogram.QUANTILES
        for bucket in histogram.buckets:
            if bucket.sample_count <= 0:
                continue
            if bucket.high_value < 0:
                return "Float values < 0"
            if bucket.low_value > 1:
                return "Float values > 1"
            if between and bucket.high_value < 1 and bucket.low_value > 0:
                return "Float values falling between 0 and 1"
    return None


def _check_boolean_strings(view: FeatureView, feature: Any) -> list[Reason]:
    domain = feature.bool_domain
    known = {
        getattr(domain, name) for name in ("true_value", "false_value") if domain.HasField(name)
    }
    for value in view.value_counts:
        if value not in known:
            listed = '", "'.join(sorted(known))
            shown = f'{{"{listed}"}}' if known else "{}"
            feature.ClearField("bool_domain")
            return [
                Reason(
                    "BOOL_TYPE_UNEXPECTED_STRING",
                    "Non-boolean values",
                    f'Saw unexpected value "{value}" instead of {shown}.',
                )
            ]
    return []


# --- integers -------------------------------------------------------------------------------------


def _integer_range(view: FeatureView) -> tuple[int, int] | str | None:
    """The range of integers, or of strings that are integers; a string that is none; None."""
    strings = list(view.value_counts)
    if view.kind == "INT" and not strings:
        numbers = view.message.num_stats
        for value in (numbers.min, numbers.max):
            if not _INT64[0] <= value <= 2.0**63:
                return f"{value:f}"
        # Statistics say doubles; the largest integers round up to 2**63.
        return int(numbers.min), min(int(numbers.max), _INT64[1])
    if view.kind not in ("INT", "STRING", "BYTES"):
        return None
    values = []
    for text in strings:
        if not _INTEGER.match(text) or not _INT64[0] <= int(text) <= _INT64[1]:
            return text
        values.append(int(text))
    return (min(values), max(values)) if values else None


def is_integer_text(view: FeatureView) -> bool:
    """Whether all strings are integers."""
    if view.kind != "STRING" or view.has_invalid_utf8:
        return False
    return isinstance(_integer_range(view), tuple)


def check_integers(view: FeatureView, domain: Any) -> Outcome:
    """Whether all values are integers of a range."""
    found = _integer_range(view)
    outcome = Outcome()
    if found is None:
        return outcome
    if isinstance(found, str):
        if view.schema_type == "BYTES":
            outcome.reasons.append(
                Reason(
                    "INT_TYPE_NOT_INT_STRING",
                    "Invalid values",
                    f'String values that were not ints were found, such as "{found}".',
                )
            )
            outcome.clear = True
        elif domain.HasField("min") or domain.HasField("max"):
            outcome.reasons.append(
                Reason(
                    "DOMAIN_INVALID_FOR_TYPE",
                    "Invalid values",
                    f'Integer had values that were not valid Int64, such as "{found}".',
                )
            )
            outcome.clear = True
        return outcome
    low, high = found
    if domain.HasField("min") and domain.min > low:
        text = f"Unexpectedly small value: {low}."
        outcome.reasons.append(Reason("INT_TYPE_SMALL_INT", "Out-of-range values", text))
        domain.min = low
    if domain.HasField("max") and domain.max < high:
        text = f"Unexpectedly large value: {high}."
        outcome.reasons.append(Reason("INT_TYPE_BIG_INT", "Out-of-range values", text))
        domain.max = high
    return outcome


# --- floats ---------------------------------------------------------------------------------------


def _as_float(text: str) -> float | None:
    if "_" in text:
        return None
    try:
        return to_float32(float(text))
    except ValueError:
        return None


def _float_range(view: FeatureView) -> tuple[float, float] | str | None:
    if view.kind == "FLOAT":
        numbers = view.message.num_stats
        return to_float32(numbers.min), to_float32(numbers.max)
    if view.kind not in ("STRING", "BYTES"):
        return None
    values = []
    for text in view.value_counts:
        value = _as_float(text)
        if value is None:
            return text
        values.append(value)
    return (min(values), max(values)) if values else None


def _has_nan(view: FeatureView) -> bool:
    if view.kind == "FLOAT":
        return any(histogram.num_nan for histogram in view.message.num_stats.histograms)
    values = map(_as_float, view.value_counts) if view.kind == "STRING" else ()
    return any(value is not None and math.isnan(value) for value in values)


def check_floats(view: FeatureView, domain: Any) -> Outcome:
    """Whether all values are numbers of a range."""
    outcome = Outcome()
    if domain.disallow_nan and _has_nan(view):
        text = "Float feature has NaN values."
        outcome.reasons.append(Reason("FLOAT_TYPE_HAS_NAN", "Invalid values", text))
        domain.disallow_nan = False
    found = _float_range(view)
    if isinstance(found, str):
        outcome.reasons.append(
            Reason(
                "FLOAT_TYPE_STRING_NOT_FLOAT",
                "Invalid values",
                f'String values that were not floats were found, such as "{found}".',
            )
        )
        outcome.clear = True
    if found is None or isinstance(found, str):
        return outcome
    low, high = found
    digits = "(upto six significant digits)"
    if domain.HasField("min") and low < domain.min:
        text = f"Unexpectedly low values: {short_number(low)}<{short_number(domain.min)}{digits}"
        outcome.reasons.append(Reason("FLOAT_TYPE_SMALL_FLOAT", "Out-of-range values", text))
        domain.min = low
    if domain.HasField("max") and high > domain.max:
        text = f"Unexpectedly high value: {short_number(high)}>{short_number(domain.max)}{digits}"
        outcome.reasons.append(Reason("FLOAT_TYPE_BIG_FLOAT", "Out-of-range values", text))
        domain.max = high
    if domain.disallow_inf and (math.isinf(low) or math.isinf(high)):
        text = "Float feature has Inf values."
        outcome.reasons.append(Reason("FLOAT_TYPE_HAS_INF", "Invalid values", text))
        domain.disallow_inf = False
    return outcome


# --- strings --------------------------------------------------------------------------------------


def is_enumeration(view: FeatureView, limit: int) -> bool:
    """Whether a feature's strings are so few that they can be listed."""
    return not view.has_invalid_utf8 and 1 <= len(view.value_counts) <= limit


def add_values(view: FeatureView, domain: Any) -> None:
    """List all strings that a domain lacks."""
    known = {*domain.value}
    domain.value.extend(value for value in view.value_counts if value not in known)


def check_strings(view: FeatureView, domain: Any, feature: Any) -> Outcome:
    """Whether enough of the strings are in a domain."""
    if view.has_invalid_utf8:
        text = "Found strings that were not valid UTF8 strings."
        return Outcome([Reason("ENUM_TYPE_INVALID_UTF8", "Invalid UTF8 strings", text)], True)
    constraints = feature.distribution_constraints
    allowed = 1.0 - constraints.min_domain_mass if constraints.HasField("min_domain_mass") else 0.0
    known = {*domain.value}
    strange = {value: count for value, count in view.value_counts.items() if value not in known}
    total = view.total_values
    share = sum(strange.values()) / total if total else 0.0
    if share <= allowed and not (allowed == 0 and strange):
        return Outcome()
    listed = ", ".join(
        f"{escaped(value)} ({percentage(int(count), total)})" for value, count in strange.items()
    )
    domain.value.extend(strange)
    return Outcome(
        [
            Reason(
                "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
                "Unexpected string values",
                f"Examples contain values missing from the schema: {listed}. ",
            )
        ]
    )


def percentage(count: float, total: float) -> str:
    """A share, rounded down to a percent."""
    if not total:
        return "?"
    percent = 100 * count / total
    return "<1%" if percent < 1 else f"~{math.floor(percent)}%"


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def escaped(text: str) -> str:
    """A string as C writes it, other than ASCII's letters as they are."""
    return "".join(
        _ESCAPES.get(c, c if c.isprintable() or ord(c) > 126 else f"\\{ord(c):03o}") for c in text
    )
