"""What monitoring finds: windows, drift, quality, incidents. Plain records, and their JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

ALL = ""
"""The segment of all rows."""


class _Json:
    """Records that can say themselves in JSON."""

    def to_json(self) -> str:
        """Return the record as JSON; numbers that are not finite are null."""
        return json.dumps(plain(self), indent=1, allow_nan=False)


@dataclass(frozen=True)
class Window(_Json):
    """A span of time, and which version answered in it.

    Args:
        begin: seconds since the epoch, included; None for the first event.
        end: seconds since the epoch, not included; None for the last event.
        version: the version of the model; None for all.
    """

    begin: float | None = None
    end: float | None = None
    version: int | None = None


@dataclass(frozen=True)
class Finding(_Json):
    """One comparison: a feature of a segment, by one method.

    Args:
        model: the model's name.
        version: the version that answered in the current window; None for several.
        kind: "input", "prediction", "label", "quality", "estimated_quality", "calibration",
            "schema", "errors" or "freshness".
        feature: the column, such as "input.fare" or "output.scores[1]"; for quality the metric.
        segment: such as "input.region=north"; "" for all rows.
        method: what was measured, such as "psi".
        value: the measure.
        threshold: from where on it counts; seasonal baselines set it by themselves.
        p_value: how likely a value as large is if nothing has changed; None where there is no test.
        q_value: the same after Benjamini and Hochberg's control of the false discovery rate.
        is_alert: whether it counts: beyond the threshold, and significant where there is a test.
        reference_count, current_count: rows on both sides.
        details: further figures by name: other distances, means, shares of what is missing.
        bins: names of bins or categories for a picture, with the shares in both windows.
    """

    model: str
    version: int | None
    kind: str
    feature: str
    segment: str
    method: str
    value: float
    threshold: float
    p_value: float | None = None
    q_value: float | None = None
    is_alert: bool = False
    reference_count: int = 0
    current_count: int = 0
    details: dict[str, float] = field(default_factory=dict)
    bins: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Cause(_Json):
    """A likely cause, with its share of what has changed.

    Args:
        feature: the column; "" where a segment by itself is the cause.
        segment: "" for all rows.
        score: 0 to 1; causes of a report add up to 1.
        reason: in words.
    """

    feature: str
    segment: str
    score: float
    reason: str


@dataclass(frozen=True)
class DriftReport(_Json):
    """How the current window differs from the reference.

    Args:
        model: the model's name.
        reference: the window, or what stands for it.
        current: the window.
        reference_count, current_count: rows on both sides.
        findings: every comparison, alerts first, by decreasing value over threshold.
        causes: likely causes, the likeliest first.
        alpha: the false discovery rate.
        seconds: how long the report took.
    """

    model: str
    reference: Window
    current: Window
    reference_count: int
    current_count: int
    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...]
    alpha: float
    seconds: float

    @property
    def alerts(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(finding for finding in self.findings if finding.is_alert)


@dataclass(frozen=True)
class Metric(_Json):
    """A metric of a segment in a window.

    Args:
        name: such as "accuracy".
        segment: "" for all rows.
        value: the metric.
        low, high: bounds that hold with 95 % confidence.
        count: how many rows it is of.
        reference: the metric of the reference window; None without.
        method: "labels" where labels say it; else how it was estimated, "confidence" or "loss".
        error: how far estimates were off where labels could tell (root mean square), None unknown.
    """

    name: str
    segment: str
    value: float
    low: float
    high: float
    count: int
    reference: float | None = None
    method: str = "labels"
    error: float | None = None


@dataclass(frozen=True)
class CalibrationPoint(_Json):
    """How well scores kept their word in one span of time.

    Args:
        begin, end: seconds since the epoch.
        error: the expected calibration error (10 bins of equal counts).
        mean_score, mean_label: their means.
        count: labelled rows.
    """

    begin: float
    end: float
    error: float
    mean_score: float
    mean_label: float
    count: int


@dataclass(frozen=True)
class Freshness(_Json):
    """How old data are.

    Args:
        last_event: when the last request of the store came, in seconds since the epoch.
        event_age: seconds since then.
        ingest_lag: seconds between the last event and its arrival in the store.
        waiting_bytes: what the server has logged and the store has not taken in.
        label_delay: median seconds between a prediction and its label; None without labels.
        label_share: how many of the window's rows have a label.
    """

    last_event: float | None
    event_age: float | None
    ingest_lag: float | None
    waiting_bytes: int
    label_delay: float | None
    label_share: float


@dataclass(frozen=True)
class QualityReport(_Json):
    """How good the answers of a window were, by labels and by estimates.

    Args:
        model: the model's name.
        reference: the window to compare with; None without.
        current: the window.
        metrics: by metric, segment and method.
        findings: metrics that got worse, errors, freshness, calibration.
        causes: which segments, and whether their share or their quality has changed.
        calibration: over time.
        freshness: of the data.
        seconds: how long the report took.
    """

    model: str
    reference: Window | None
    current: Window
    metrics: tuple[Metric, ...]
    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...]
    calibration: tuple[CalibrationPoint, ...]
    freshness: Freshness
    seconds: float

    @property
    def alerts(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(finding for finding in self.findings if finding.is_alert)


@dataclass(frozen=True)
class Incident(_Json):
    """What people are told: the alerts of one model version in one window.

    The fields from `feature` to `threshold` are those of the worst finding.

    Args:
        id: names it in the store.
        model, version: what answered.
        kind, feature, segment, method, value, threshold: of the worst finding.
        window: the current window.
        opened: when it was opened, in seconds since the epoch.
        updated: when it was last seen.
        count: how many windows have shown it.
        findings: all alerts, the worst first.
        causes: likely causes.
        samples: rows of the worst finding's segment, by column.
        page: the file of its page; "" without.
    """

    id: str
    model: str
    version: int | None
    kind: str
    feature: str
    segment: str
    method: str
    value: float
    threshold: float
    window: Window
    opened: float
    updated: float
    count: int
    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...] = ()
    samples: tuple[dict[str, Any], ...] = ()
    page: str = ""


def plain(value: Any) -> Any:
    """Return a record as lists, dicts and what JSON knows.

    >>> plain(Window(0.0, float("inf")))
    {'begin': 0.0, 'end': None, 'version': None}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def incident_from(found: dict[str, Any]) -> Incident:
    """Return the incident that `to_json` was said of, parsed."""
    return Incident(
        **{
            **found,
            "window": Window(**found["window"]),
            "findings": tuple(_finding(finding) for finding in found["findings"]),
            "causes": tuple(Cause(**cause) for cause in found["causes"]),
            "samples": tuple(found["samples"]),
        }
    )


def _finding(found: dict[str, Any]) -> Finding:
    bins = tuple((name, p, q) for name, p, q in found["bins"])
    return Finding(**{**found, "bins": bins})
