"""What probably lies behind a change: which feature, in which segment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tidefall.lifecycle.monitoring.reports import ALL, Cause, Finding, Metric

MAX_CAUSES = 10
_MOST = 10.0
_LEAST_IMPORTANCE = 0.05
_MOSTLY = 0.6


def drift_causes(findings: Sequence[Finding], importance: Mapping[str, float]) -> tuple[Cause, ...]:
    """Rank the alerts of a drift report.

    A feature counts by how far it is beyond its threshold, times how much it tells of the
    prediction. Where one segment has most of the change (its distance times its rows), the segment
    is named. Predictions stand for themselves only where no input has changed.

    Args:
        findings: of the report.
        importance: 0 to 1, by feature.
    """
    alerts = [f for f in findings if f.is_alert]
    inputs = [f for f in alerts if f.kind in ("input", "schema")]
    scored: list[tuple[float, Finding, str]] = []
    for feature in dict.fromkeys(f.feature for f in inputs or alerts):
        own = [f for f in inputs or alerts if f.feature == feature]
        worst = max(own, key=severity)
        whole = next((f for f in own if f.segment == ALL), worst)
        segment, why = _segment_of(feature, findings, worst)
        chosen = whole if segment == ALL else worst
        weight = _LEAST_IMPORTANCE + (
            1.0 if chosen.kind == "schema" else importance.get(feature, 0)
        )
        scored.append((min(_MOST, severity(chosen)) * weight, chosen, why))
    total = sum(score for score, _, _ in scored) or 1.0
    scored.sort(key=lambda one: -one[0])
    return tuple(
        Cause(finding.feature, finding.segment, score / total, why)
        for score, finding, why in scored[:MAX_CAUSES]
    )


def severity(finding: Finding) -> float:
    """Return how far a finding is beyond its threshold; where there is none, how certain it is."""
    if finding.kind == "schema":
        return _MOST
    if finding.threshold > 0:
        return finding.value / finding.threshold
    if finding.p_value is None:
        return 1.0 + finding.value
    return -math.log10(max(finding.p_value, 1e-20)) / 2


def _segment_of(feature: str, findings: Sequence[Finding], worst: Finding) -> tuple[str, str]:
    """The segment that has most of a feature's change; ALL for none."""
    what = f"{feature}: {worst.method} of {worst.value:.3g}"
    if worst.segment == ALL or worst.kind == "schema":
        return ALL, what
    column = worst.segment.partition("=")[0]
    shares = {
        f.segment: f.value * f.current_count
        for f in findings
        if f.feature == feature and f.segment.startswith(f"{column}=")
    }
    total = sum(shares.values())
    share = shares.get(worst.segment, 0.0) / total if total else 0.0
    if share < _MOSTLY or len(shares) < 2:
        return ALL, f"{feature}: in most segments of {column}"
    return worst.segment, f"{what} in {worst.segment}, which has {share:.0%} of the change"


def quality_causes(before: Sequence[Metric], now: Sequence[Metric], name: str) -> tuple[Cause, ...]:
    """Say which segments a change of a mean comes from (Kitagawa's decomposition, 1955).

    Args:
        before: a metric that is a mean over rows, by segment.
        now: the same, later.
        name: of the metric.

    Returns:
        By segment what its share of rows and what its own quality have done, larger changes first.
    """
    changes: list[tuple[float, str, str]] = []
    old = {m.segment: m for m in before if m.segment != ALL}
    new = {m.segment: m for m in now if m.segment != ALL}
    for column in dict.fromkeys(segment.partition("=")[0] for segment in (*old, *new)):
        ours = [s for s in {**old, **new} if s.startswith(f"{column}=")]
        n = sum(old[s].count for s in ours if s in old) or 1
        m = sum(new[s].count for s in ours if s in new) or 1
        mean = sum(old[s].value * old[s].count for s in ours if s in old) / n
        for segment in ours:
            a, b = old.get(segment), new.get(segment)
            p, q = (a.count / n if a else 0.0), (b.count / m if b else 0.0)
            x = a.value if a else mean
            y = b.value if b else x
            quality, share = (p + q) / 2 * (y - x), (q - p) * ((x + y) / 2 - mean)
            if abs(quality) >= abs(share):
                why = f"{name} of {segment} went from {x:.3g} to {y:.3g}"
            else:
                why = f"{segment} went from {p:.0%} to {q:.0%} of the rows"
            changes.append((abs(quality + share), segment, why))
    total = sum(change for change, _, _ in changes)
    if not total:
        return ()
    changes.sort(key=lambda one: -one[0])
    return tuple(Cause("", s, change / total, why) for change, s, why in changes[:MAX_CAUSES])
