"""What to make of anomalies: values, thresholds, causes, what chance gives, advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import own
from tidefall.lifecycle.data_validation.rules.distances import aligned, contributions, divergence
from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView
from tidefall.lifecycle.data_validation.schema.infer import default_dataset

_DRAWS = 200
_SHOWN = 5


@dataclass(frozen=True)
class Explanation:
    """One reason of an anomaly, for people.

    Args:
        feature: the path; "" for the data set.
        type: the type of anomaly.
        reason: the description.
        value: what was measured; None where nothing is.
        threshold: what is allowed.
        noise: the distance that samples of this size from one and the same distribution have: not
            more than this in 95 of 100 cases. A distance below it says nothing.
        contributors: values, or ranges, with their shares here and there.
        advice: what to do.
    """

    feature: str
    type: str
    reason: str
    value: float | None = None
    threshold: float | None = None
    noise: float | None = None
    contributors: tuple[tuple[str, float, float], ...] = ()
    advice: str = ""

    def __str__(self) -> str:
        lines = [f"{self.feature or 'data set'}: {self.reason} ({self.type})"]
        if self.value is not None and self.threshold is not None:
            noise = "" if self.noise is None else f"; sampling noise alone: up to {self.noise:.4g}"
            lines.append(f"  measured {self.value:.4g}, allowed {self.threshold:.4g}{noise}")
        lines += [
            f"  {v}: {here:.1%} here, {there:.1%} there" for v, here, there in self.contributors
        ]
        return "\n".join([*lines, f"  {self.advice}"])


def explain_anomalies(
    anomalies: Any,
    statistics: Any,
    previous_statistics: Any = None,
    serving_statistics: Any = None,
    seed: int = 0,
) -> list[Explanation]:
    """Return each reason of each anomaly with numbers and advice, those of drift with their causes.

    Args:
        anomalies: what `validate_statistics` returned for the other arguments.
        statistics: of the data.
        previous_statistics: of the span before.
        serving_statistics: of the data that are served.
        seed: of the draws for the noise.
    """
    table = TableView(default_dataset(own(statistics)))
    others = {
        "drift": _view(previous_statistics, table),
        "skew": _view(serving_statistics, table),
    }
    measured = {
        (tuple(info.path.step), which, m.Type.Name(m.type)): m
        for info in anomalies.drift_skew_info
        for which in ("drift", "skew")
        for m in getattr(info, f"{which}_measurements")
    }
    found = []
    for info in anomalies.anomaly_info.values():
        path = FeaturePath.from_proto(info.path)
        for reason in info.reason:
            kind = info.Type.Name(reason.type)
            base = (str(path), kind, reason.description or reason.short_description)
            if kind not in _MEASUREMENTS:
                found.append(Explanation(*base, advice=advice_for(kind, str(path))))
                continue
            which = "skew" if "serving" in reason.short_description else "drift"
            number = measured.get((path.steps(), which, _MEASUREMENTS[kind]))
            found.append(
                _explained(base, number, table.get(path), others[which], path, which, seed)
            )
    for reason in anomalies.dataset_anomaly_info.reason:
        kind = anomalies.dataset_anomaly_info.Type.Name(reason.type)
        found.append(Explanation("", kind, reason.description, advice=advice_for(kind, "")))
    return found


def _view(statistics: Any, table: TableView) -> TableView | None:
    if statistics is None:
        return None
    return TableView(default_dataset(own(statistics)), table.by_weight)


_MEASUREMENTS = {
    "COMPARATOR_L_INFTY_HIGH": "L_INFTY",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": "JENSEN_SHANNON_DIVERGENCE",
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH": "NORMALIZED_ABSOLUTE_DIFFERENCE",
}


def _explained(
    base: tuple[str, str, str],
    number: Any,
    view: FeatureView | None,
    other: TableView | None,
    path: FeaturePath,
    which: str,
    seed: int,
) -> Explanation:
    advice = advice_for(base[1], base[0], which)
    control = None if other is None else other.get(path)
    if number is None or view is None or control is None:
        return Explanation(*base, advice=advice)
    p, q, names = _distributions(view, control)
    pairs = contributions(dict(zip(names, p, strict=True)), dict(zip(names, q, strict=True)))
    noise = noise_band(p, q, _MEASUREMENTS[base[1]], seed)
    shown = tuple(pair for pair in pairs[:_SHOWN] if pair[1] != pair[2])
    return Explanation(*base, number.value, number.threshold, noise, shown, advice)


def _distributions(a: FeatureView, b: FeatureView) -> tuple[np.ndarray, np.ndarray, list[str]]:
    one, other = a.value_counts, b.value_counts
    if one and other:
        names = sorted({*one, *other})
        p = np.array([one.get(name, 0.0) for name in names])
        return p, np.array([other.get(name, 0.0) for name in names]), names
    histograms = a.histogram("STANDARD"), b.histogram("STANDARD")
    if histograms[0] is None or histograms[1] is None:
        return np.zeros(1), np.zeros(1), [""]
    return aligned(*histograms)


def noise_band(p: np.ndarray, q: np.ndarray, kind: str, seed: int = 0) -> float | None:
    """The distance that two samples of one distribution have, not exceeded in 95 of 100 cases.

    Pairs of samples as large as these are drawn from both together.

    Args:
        p, q: counts.
        kind: "L_INFTY", "JENSEN_SHANNON_DIVERGENCE" or "NORMALIZED_ABSOLUTE_DIFFERENCE".
        seed: of the draws.

    Returns:
        The distance; None without counts.
    """
    sizes = round(float(p.sum())), round(float(q.sum()))
    if min(sizes) < 1:
        return None
    random = np.random.default_rng(seed)
    together = (p + q) / (p.sum() + q.sum())
    together = together / together.sum()
    draws = [random.multinomial(size, together, _DRAWS).astype(np.float64) for size in sizes]
    found = [_distance(a, b, kind) for a, b in zip(*draws, strict=True)]
    return float(np.quantile(found, 0.95))


def _distance(a: np.ndarray, b: np.ndarray, kind: str) -> float:
    if kind == "L_INFTY":
        return float(np.abs(a / a.sum() - b / b.sum()).max())
    if kind == "NORMALIZED_ABSOLUTE_DIFFERENCE":
        return float(np.abs(a - b).max() / (a.sum() + b.sum()))
    return divergence(a, b)


_FIX_OR = "Fix the data where they are made, or relax the schema: "
_MASS = "its distribution_constraints.min_domain_mass."
_DRIFT = (
    "If the world has changed, train anew and take the new data as the reference; if only the "
    "pipeline has, repair it. To live with it, raise the threshold of {w}_comparator of {f}."
)
_ADVICE: Sequence[tuple[str, str]] = (
    ("SCHEMA_NEW_COLUMN", "Add {f} to the schema (update_schema does), or stop sending it."),
    ("SCHEMA_MISSING_COLUMN", "Send {f} again, or take presence from it."),
    ("FEATURE_TYPE_NOT_PRESENT", _FIX_OR + "take presence from {f}."),
    ("FEATURE_TYPE_LOW_FRACTION", _FIX_OR + "lower presence.min_fraction of {f}."),
    ("FEATURE_TYPE_LOW_NUMBER_PRESENT", _FIX_OR + "lower presence.min_count of {f}."),
    ("FEATURE_TYPE_LOW_NUMBER_VALUES", _FIX_OR + "lower value_count.min of {f}."),
    ("FEATURE_TYPE_HIGH_NUMBER_VALUES", _FIX_OR + "raise value_count.max of {f}."),
    ("FEATURE_TYPE_LOW_UNIQUE", _FIX_OR + "lower unique_constraints.min of {f}."),
    ("FEATURE_TYPE_HIGH_UNIQUE", _FIX_OR + "raise unique_constraints.max of {f}."),
    ("ENUM_TYPE_UNEXPECTED", _FIX_OR + "add the values to the domain of {f}, or lower " + _MASS),
    ("ENUM_TYPE_INVALID_UTF8", "Write {f} as UTF-8, or take its domain away."),
    ("INT_TYPE_SMALL", _FIX_OR + "lower int_domain.min of {f}."),
    ("INT_TYPE_BIG", _FIX_OR + "raise int_domain.max of {f}."),
    ("FLOAT_TYPE_SMALL", _FIX_OR + "lower float_domain.min of {f}."),
    ("FLOAT_TYPE_BIG", _FIX_OR + "raise float_domain.max of {f}."),
    ("FLOAT_TYPE_HAS_NAN", _FIX_OR + "clear float_domain.disallow_nan of {f}."),
    ("FLOAT_TYPE_HAS_INF", _FIX_OR + "clear float_domain.disallow_inf of {f}."),
    ("BOOL_TYPE", _FIX_OR + "give {f} another domain than bool_domain."),
    ("UNEXPECTED_DATA_TYPE", "Send {f} in its old type, or change type of {f} and train anew."),
    ("INVALID_FEATURE_SHAPE", _FIX_OR + "replace shape of {f} by value_count."),
    ("COMPARATOR_CONTROL", "The other data lack {f}: compare with data that have it."),
    ("COMPARATOR_LOW_NUM", "Find out what became of the rows, or lower min_fraction_threshold."),
    ("COMPARATOR_HIGH_NUM", "Look for rows that stand twice, or raise max_fraction_threshold."),
    ("COMPARATOR", _DRIFT),
    ("DATASET_LOW", "Find out what became of the rows, or lower min_examples_count."),
    ("DATASET_HIGH", "Look for rows that stand twice, or raise max_examples_count."),
    ("SPARSE_FEATURE", "Write values and indices of {f} together."),
    ("WEIGHTED_FEATURE", "Write values and weights of {f} together."),
    ("INVALID_", "The schema contradicts itself: repair what it says of {f}."),
    ("FEATURE_MISSING", "The schema is incomplete: say name and type of {f}."),
    ("STATS_NOT_AVAILABLE", "Make the statistics with this schema and the vocabulary."),
    ("SEMANTIC_DOMAIN", "Accept the domain that was found for {f}, or give it another."),
)  # fmt: skip


def advice_for(kind: str, feature: str, which: str = "drift") -> str:
    """What to do about a type of anomaly: which line to relax, if the data are right."""
    name = f"feature {feature!r}" if feature else "the schema"
    for prefix, text in _ADVICE:
        if kind.startswith(prefix):
            return text.format(f=name, w=which)
    return (_FIX_OR + "change what it says of {f}.").format(f=name)
