"""Whether what comes in and what goes out is as it was in a reference window."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring import distances
from tidefall.lifecycle.monitoring.causes import drift_causes, severity
from tidefall.lifecycle.monitoring.columns import INPUT, LABEL, OUTPUT
from tidefall.lifecycle.monitoring.features import Feature, plan
from tidefall.lifecycle.monitoring.manifest import LABELS
from tidefall.lifecycle.monitoring.profiles import (
    Plan,
    Profile,
    count_window,
    group,
    make_plan,
    sample_vectors,
)
from tidefall.lifecycle.monitoring.reading import column_types, window_parts
from tidefall.lifecycle.monitoring.reports import ALL, DriftReport, Finding, Window
from tidefall.lifecycle.monitoring.seasons import seasonal_threshold

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

MIN_ROWS = 30
"""Fewer rows of a segment than this are not compared."""
_SHOWN = 12


def drift_report(
    store: MonitoringStore,
    model: str,
    reference: Window | Sequence[Window],
    current: Window,
    *,
    segments: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    method: str = "psi",
    thresholds: Mapping[str, float] | None = None,
    alpha: float = 0.01,
    labels: bool = True,
) -> DriftReport:
    """Compare a window with a reference: inputs, predictions and labels, by segment.

    A difference is an alert where it is both large (the distance is at least its threshold) and
    certain (significant at the false discovery rate `alpha` over all comparisons of the report). Of
    many rows everything is certain and little is large; of few it is the other way round.

    Several reference windows are a baseline, such as the same hour of earlier weeks (see
    `seasonal_windows`): how far they differ from each other raises the threshold.

    Args:
        store: where the rows are.
        model: the model's name.
        reference: the window, or several that are taken together.
        current: the window to judge.
        segments: columns of texts or booleans; each of their values is compared by itself too.
        columns: what is compared; all inputs and outputs for None.
        method: "psi", "ks", "js" or "wasserstein" (in standard deviations of the reference). For
            categories "ks" and "wasserstein" are "js". Vectors of more than 8 values are compared
            by "mmd".
        thresholds: by feature or by method; `distances.THRESHOLDS` for others.
        alpha: the false discovery rate.
        labels: whether labels are compared, where there are any.

    Returns:
        The report.

    Raises:
        NotFoundError: the model has no rows.
        InvalidArgumentError: a column or a method is unknown, or the reference is empty.

    >>> import tempfile
    >>> from tidefall import monitoring
    >>> store = monitoring.open_store(tempfile.mkdtemp())
    >>> for hour, mean in ((0, 0.0), (1, 1.0)):
    ...     x = np.random.default_rng(hour).normal(mean, size=1000)
    ...     _ = store.add_predictions("m", 1, {"x": x}, {"y": 2 * x}, times=1e9 + 3600.0 * hour)
    >>> before, now = monitoring.Window(1e9, 1e9 + 1), monitoring.Window(1e9 + 3600, 1e9 + 3601)
    >>> [finding.feature for finding in drift_report(store, "m", before, now).alerts]
    ['input.x', 'output.y']
    """
    begin = time.perf_counter()
    if method not in distances.METHODS[:4]:
        known = ", ".join(distances.METHODS[:4])
        raise invalid(f"unknown method {method!r}; there are {known}")
    if not 0 < alpha < 1:
        raise invalid(f"alpha must be between 0 and 1, received {alpha}")
    references = [reference] if isinstance(reference, Window) else list(reference)
    if not references:
        raise invalid("give at least one reference window")
    judge = _Judge(store, model, method, dict(thresholds or {}), current)
    types = column_types([p for w in references for p in window_parts(store, model, w)])
    compared = [n for n in types if n.startswith((INPUT, OUTPUT))] if columns is None else columns
    for name in (*compared, *segments):
        if types and name not in types:
            known = ", ".join(sorted(types))
            raise invalid(f"model {model!r} has no column {name!r}; it has {known}")
    findings = _schema_findings(store, model, references, current)
    made = make_plan(store, model, _widest(references), list(compared), segments)
    before = [count_window(store, model, window, made) for window in references]
    now = count_window(store, model, current, made)
    findings += judge.compare(made, before, now)
    findings += _vector_findings(judge, references, made.wide)
    if labels and store.manifest.parts(LABELS, model):
        findings += _label_findings(judge, references, segments)
    findings = _judged(findings, alpha)
    return DriftReport(
        model=model,
        reference=_widest(references),
        current=current,
        reference_count=int(sum(profile.rows[0] for profile in before)),
        current_count=int(now.rows[0]),
        findings=tuple(findings),
        causes=drift_causes(findings, {f.name: f.importance for f in made.features}),
        alpha=alpha,
        seconds=time.perf_counter() - begin,
    )


class _Judge:
    """Makes findings of counts."""

    def __init__(
        self,
        store: MonitoringStore,
        model: str,
        method: str,
        thresholds: dict[str, float],
        current: Window,
    ) -> None:
        self.store, self.model, self.current = store, model, current
        self._method, self._thresholds = method, thresholds

    def threshold(self, feature: str, method: str) -> float:
        """From where on a distance counts."""
        default = self._thresholds.get(method, distances.THRESHOLDS[method])
        return self._thresholds.get(feature, default)

    def compare(self, made: Plan, before: Sequence[Profile], now: Profile) -> list[Finding]:
        """Findings of all features and segments; `is_alert` only says that they are large."""
        total = Profile(made)
        for profile in before:
            total.add(profile)
        found = []
        for feature in made.features:
            for place, segment in enumerate(made.segment_names()):
                if min(total.rows[place], now.rows[place]) < MIN_ROWS:
                    continue
                if segment.startswith(f"{feature.column}="):
                    continue
                history = [p.counts[feature.name][place] for p in before] if len(before) > 1 else []
                found.append(self._finding(feature, segment, place, total, now, history))
        return found

    def _finding(
        self,
        feature: Feature,
        segment: str,
        place: int,
        before: Profile,
        now: Profile,
        history: Sequence[np.ndarray],
    ) -> Finding:
        p, q = before.counts[feature.name][place], now.counts[feature.name][place]
        measured = measure(feature, p, q)
        method = self._method if self._method in measured else "js"
        threshold = self.threshold(feature.name, method)
        if history:
            earlier = [
                measure(feature, sum(o for o in history if o is not h), h)[method] for h in history
            ]
            threshold = seasonal_threshold(threshold, earlier)
        details = dict(measured)
        for name, profile, counts in (("reference", before, p), ("current", now, q)):
            rows = max(1, int(counts.sum()))
            details[f"{name}_missing"] = float(counts[-1]) / rows
            if feature.edges is not None:
                there = max(1, rows - int(counts[-1]))
                details[f"{name}_mean"] = float(profile.sums[feature.name][place]) / there
        return Finding(
            model=self.model,
            version=self.current.version,
            kind=feature.kind,
            feature=feature.name,
            segment=segment,
            method=method,
            value=measured[method],
            threshold=threshold,
            p_value=p_value(feature, p, q),
            is_alert=measured[method] >= threshold,
            reference_count=int(p.sum()),
            current_count=int(q.sum()),
            details=details,
            bins=_shown_bins(feature, p, q),
        )


def measure(feature: Feature, p: np.ndarray, q: np.ndarray) -> dict[str, float]:
    """Return the distances of a feature's counts, by method."""
    grouped = [np.bincount(feature.groups, weights=c) for c in (p, q)]
    found = {"psi": distances.psi(*grouped), "js": distances.js(*grouped)}
    if feature.edges is not None:
        found["ks"] = distances.ks(p[:-1], q[:-1])
        moved = distances.wasserstein(p[:-1], q[:-1], feature.centers)
        found["wasserstein"] = moved / feature.spread
    return found


def p_value(feature: Feature, p: np.ndarray, q: np.ndarray) -> float:
    """Return how likely counts differ as much by chance: of two tests for numbers, both counted."""
    grouped = [np.bincount(feature.groups, weights=c) for c in (p, q)]
    shares = distances.homogeneity_p_value(*grouped)
    if feature.edges is None:
        return shares
    n, m = int(p[:-1].sum()), int(q[:-1].sum())
    order = distances.ks_p_value(distances.ks(p[:-1], q[:-1]), n, m)
    return min(1.0, 2 * min(shares, order))


def _shown_bins(
    feature: Feature, p: np.ndarray, q: np.ndarray
) -> tuple[tuple[str, float, float], ...]:
    """Names and shares for a picture."""
    n, m = max(1, p.sum()), max(1, q.sum())
    if feature.edges is None:
        names = [*feature.categories, "other", "missing"]
        order = np.argsort(-(p / n + q / m), kind="stable")[:_SHOWN].tolist()
        return tuple(
            (names[at], float(p[at] / n), float(q[at] / m)) for at in order if p[at] or q[at]
        )
    found = []
    a, b = (np.bincount(feature.groups, weights=c, minlength=1) for c in (p, q))
    for at in np.unique(feature.groups).tolist():
        inside = np.flatnonzero(feature.groups == at)
        if at == feature.groups[-1]:
            name = "missing"
        else:
            low = -math.inf if inside[0] == 0 else feature.edges[inside[0] - 1]
            high = math.inf if inside[-1] >= len(feature.edges) else feature.edges[inside[-1]]
            name = f"{low:.4g} to {high:.4g}"
        if a[at] or b[at]:
            found.append((name, float(a[at] / n), float(b[at] / m)))
    return tuple(found)


def _widest(windows: Sequence[Window]) -> Window:
    if len(windows) == 1:
        return windows[0]
    begins, ends = [w.begin for w in windows], [w.end for w in windows]
    versions = {w.version for w in windows}
    return Window(
        None if None in begins else min(b for b in begins if b is not None),
        None if None in ends else max(e for e in ends if e is not None),
        versions.pop() if len(versions) == 1 else None,
    )


def _judged(findings: Sequence[Finding], alpha: float) -> list[Finding]:
    """With q-values; alerts first, the furthest beyond its threshold before others."""
    tested = [finding for finding in findings if finding.p_value is not None]
    values = [finding.p_value for finding in tested if finding.p_value is not None]
    q_values = distances.benjamini_hochberg(values) if values else np.zeros(0)
    found = [finding for finding in findings if finding.p_value is None]
    for finding, q_value in zip(tested, q_values.tolist(), strict=True):
        is_alert = finding.is_alert and q_value <= alpha
        found.append(dataclasses.replace(finding, q_value=q_value, is_alert=is_alert))
    return sorted(
        found,
        key=lambda f: (not f.is_alert, f.kind != "schema", -severity(f), f.feature, f.segment),
    )


def _schema_findings(
    store: MonitoringStore, model: str, references: Sequence[Window], current: Window
) -> list[Finding]:
    """Columns that came, went or hold another type: what a client changed without a word."""
    sides = []
    for windows in (references, [current]):
        types: dict[str, dict[str, int]] = {}
        total = 0
        for part in (p for w in windows for p in window_parts(store, model, w)):
            held = {n: t for n, t in part.columns.items() if n.startswith((INPUT, OUTPUT))}
            total += part.rows if held else 0
            for name, kind in held.items():
                by_type = types.setdefault(name, {})
                by_type[kind] = by_type.get(kind, 0) + part.rows
        sides.append((types, total))
    (before, n), (now, m) = sides
    found = []
    for name in sorted({*before, *now} if n and m else ()):
        old, new = before.get(name, {}), now.get(name, {})
        changed = sum(count for kind, count in new.items() if kind not in old)
        if not old:
            method, share = "new column", changed / m
        elif not new:
            method, share = "missing column", 1.0
        elif changed:
            kinds = ", ".join(sorted(set(new) - set(old)))
            method, share = f"type {kinds} for {', '.join(sorted(old))}", changed / m
        else:
            continue
        found.append(
            Finding(model, current.version, "schema", name, ALL, method, share, 0.0,
                    is_alert=True, reference_count=n, current_count=m)
        )  # fmt: skip
    return found


def _vector_findings(
    judge: _Judge, references: Sequence[Window], wide: Sequence[str]
) -> list[Finding]:
    found = []
    current = judge.current
    for column in wide:
        a = np.concatenate(
            [sample_vectors(judge.store, judge.model, w, column) for w in references]
        )
        b = sample_vectors(judge.store, judge.model, current, column)
        if min(len(a), len(b)) < MIN_ROWS or a.shape[1] != b.shape[1]:
            continue
        value, likely = distances.mmd(a, b)
        threshold = judge.threshold(column, "mmd")
        kind = "input" if column.startswith(INPUT) else "prediction"
        found.append(
            Finding(judge.model, current.version, kind, column, ALL, "mmd", value, threshold,
                    likely, is_alert=value > threshold, reference_count=len(a),
                    current_count=len(b))
        )  # fmt: skip
    return found


def _label_findings(
    judge: _Judge, references: Sequence[Window], segments: Sequence[str]
) -> list[Finding]:
    """How labels differ, of the rows that have one."""
    read = [
        [
            batch.filter(batch.column(LABEL).is_valid())
            for batch in judge.store.read(judge.model, window, list(segments), labels=True)
        ]
        for window in (*references, judge.current)
    ]
    if not sum(b.num_rows for batches in read[:-1] for b in batches):
        return []
    samples = [batch for batches in read[:-1] for batch in batches if batch.num_rows]
    features, _ = plan(samples, [LABEL])
    made, _ = plan(samples, segments)
    group(features, samples)
    whole = Plan(features, made, [])
    profiles = []
    for batches in read:
        profile = Profile(whole)
        for batch in batches:
            profile.add_batch(batch)
        profiles.append(profile)
    return judge.compare(whole, profiles[:-1], profiles[-1])
