"""How good answers are: by labels where there are any, and estimated where there are none yet."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tidefall.lifecycle.monitoring import estimation
from tidefall.lifecycle.monitoring.causes import quality_causes
from tidefall.lifecycle.monitoring.distances import benjamini_hochberg, homogeneity_p_value
from tidefall.lifecycle.monitoring.freshness import freshness, freshness_findings
from tidefall.lifecycle.monitoring.judged_rows import BINARY, CLASSES, REGRESSION, Rows, read_judged
from tidefall.lifecycle.monitoring.reports import (
    ALL,
    CalibrationPoint,
    Finding,
    Metric,
    QualityReport,
    Window,
)

if TYPE_CHECKING:
    import os

    from tidefall.lifecycle.monitoring.store import MonitoringStore

METRICS = {
    BINARY: ("accuracy", "precision", "recall", "f1", "auc"),
    CLASSES: ("accuracy",),
    REGRESSION: ("mae", "rmse"),
}
"""What is measured, by the kind of model."""
_LOSSES = ("mae", "rmse")
_MIN_ROWS = 30
_DRAWS, _DRAWN = 40, 20_000
_Z = 1.959964


def quality_report(
    store: MonitoringStore,
    model: str,
    current: Window,
    reference: Window | None = None,
    *,
    prediction: str | None = None,
    segments: Sequence[str] = (),
    classes: Sequence[str] | None = None,
    threshold: float = 0.5,
    max_drop: float = 0.05,
    max_error_rise: float = 0.01,
    alpha: float = 0.01,
    spans: int = 10,
    log: str | os.PathLike[str] | None = None,
    max_age: float | None = None,
    now: float | None = None,
) -> QualityReport:
    """Measure the answers of a window, and compare them with a reference.

    Where labels have come, metrics are of the rows that have one. Without, and beside them, metrics
    are estimated: those of classifiers from their scores, calibrated on the labelled rows of the
    reference, and the loss of regressions by a model of the loss (see `estimation`).

    Args:
        store: where the rows are.
        model: the model's name.
        current: the window to judge.
        reference: labelled rows to compare with and to learn from; without it nothing is estimated.
        prediction: the output, such as "output.scores"; the only one by default. Numbers from 0 to
            1 whose labels are 0 and 1, and rows of two scores, are a binary classifier's; rows of
            more scores that of classes; all else is a regression.
        segments: columns of texts or booleans; each of their values is measured by itself too.
        classes: what labels that are strings are called, in the order of the scores.
        threshold: from which score on a row is positive.
        max_drop: how much a metric may get worse: as it is for classifiers, as a share of the
            reference's for losses.
        max_error_rise: how much the share of failed requests may rise.
        alpha: the false discovery rate.
        spans: of time, for calibration.
        log: the server's log, to see how much waits there.
        max_age: seconds; an older last event is an alert.
        now: seconds since the epoch, for ages; this moment by default.

    Returns:
        The report.

    Raises:
        NotFoundError: the model has no rows.
        InvalidArgumentError: a column is unknown, or it cannot be told what is predicted.
    """
    begin = time.perf_counter()
    ours = read_judged(store, model, current, prediction, segments, classes)
    before = None
    if reference is not None:
        before = read_judged(store, model, reference, prediction, segments, classes)
        if before.kind is not None and ours.kind is None:
            ours.kind = before.kind
        elif ours.kind != before.kind and ours.kind is not None:
            before.kind = ours.kind
    judge = _Judge(model, current, threshold, max_drop)
    old = judge.measured(before) if before is not None else []
    new = judge.measured(ours)
    estimated = judge.estimated(before, ours, old) if before is not None else []
    findings = judge.drops(old, new) + judge.estimated_drops(estimated)
    findings += _error_findings(store, model, current, reference, max_error_rise)
    findings += _label_mismatches(model, current, ours)
    points = _calibration(ours, spans)
    findings += _calibration_findings(model, current, before, ours, max_drop)
    fresh = freshness(store, model, ours, log, now)
    findings += freshness_findings(model, current, fresh, max_age)
    name = "mae" if ours.kind == REGRESSION else "accuracy"
    causes = quality_causes(
        *([m for m in metrics if m.name == name] for metrics in (old, new)), name
    )
    references = {(m.name, m.segment): m.value for m in old}
    metrics = [
        dataclasses.replace(m, reference=references.get((m.name, m.segment)))
        for m in (*new, *estimated)
    ]
    return QualityReport(
        model, reference, current, tuple(metrics), tuple(_judged(findings, alpha)), causes,
        tuple(points), fresh, time.perf_counter() - begin,
    )  # fmt: skip


class _Judge:
    """Measures rows, and compares what was measured."""

    def __init__(self, model: str, window: Window, threshold: float, max_drop: float) -> None:
        self._model, self._window = model, window
        self._threshold, self._max_drop = threshold, max_drop
        self._errors: dict[tuple[int, str, str], float] = {}

    def _value(self, rows: Rows, name: str) -> float:
        if rows.kind == BINARY:
            return estimation.metric_value(name, rows.labels, rows.scores, self._threshold)
        if rows.kind == CLASSES:
            return float((rows.chosen == rows.labels).mean())
        off = rows.scores - rows.labels
        return float(np.abs(off).mean() if name == "mae" else np.sqrt(np.square(off).mean()))

    def _standard_error(self, rows: Rows, name: str) -> float:
        """By bootstrap; of many rows by that of some of them."""
        generator = np.random.default_rng(0)
        count = min(len(rows), _DRAWN)
        draws = []
        for _ in range(_DRAWS):
            chosen = generator.integers(0, len(rows), count)
            draws.append(self._value(rows.take(chosen), name))
        return float(np.nanstd(draws)) * math.sqrt(count / len(rows))

    def measured(self, rows: Rows) -> list[Metric]:
        """Metrics of the labelled rows."""
        found = []
        for segment, part in rows.labelled().by_segment():
            if len(part) < _MIN_ROWS or part.kind is None:
                continue
            for name in METRICS[part.kind]:
                value = self._value(part, name)
                spread = _Z * self._standard_error(part, name)
                bounds = value - spread, value + spread
                if name not in _LOSSES:
                    bounds = max(0.0, bounds[0]), min(1.0, bounds[1])
                found.append(Metric(name, segment, value, *bounds, len(part)))
        return found

    def estimated(self, before: Rows, ours: Rows, old: Sequence[Metric]) -> list[Metric]:
        """Metrics of all rows, labelled or not, as they are expected to be."""
        known = before.labelled()
        if len(known) < estimation.MIN_ROWS or known.kind is None:
            return []
        references = {(m.name, m.segment): m.value for m in old}
        found = []
        if known.kind == REGRESSION:
            losses = {
                "mae": np.abs(known.scores - known.labels),
                "rmse": np.square(known.scores - known.labels),
            }
            makers = {n: estimation.LossEstimator(known.features(), v) for n, v in losses.items()}
            for segment, part in ours.by_segment():
                for name, maker in makers.items() if len(part) >= _MIN_ROWS else ():
                    one = maker.estimate(part.features(), root=name == "rmse")
                    found.append(_metric(name, segment, one, "loss", references))
            return found
        if known.kind == CLASSES:
            known = known.as_correctness()
            ours = ours.as_correctness()
        if len(np.unique(known.labels)) < 2:
            return []
        maker = estimation.ConfidenceEstimator(
            known.scores, known.labels, self._threshold if before.kind == BINARY else -math.inf
        )
        for segment, part in ours.by_segment():
            for name in METRICS[before.kind or BINARY] if len(part) >= _MIN_ROWS else ():
                one = maker.estimate(name, part.scores)
                found.append(_metric(name, segment, one, "confidence", references))
        return found

    def drops(self, old: Sequence[Metric], new: Sequence[Metric]) -> list[Finding]:
        """What got worse, by labels."""
        from scipy.special import ndtr

        known = {(m.name, m.segment): m for m in old}
        found = []
        for metric in new:
            before = known.get((metric.name, metric.segment))
            if before is None or not math.isfinite(before.value - metric.value):
                continue
            error = math.hypot(
                (before.high - before.low) / (2 * _Z), (metric.high - metric.low) / (2 * _Z)
            )
            worse = self._worse(metric, before.value)
            apart = abs(metric.value - before.value) / error if error else math.inf
            likely = float(ndtr(-apart)) if worse > 0 else 1.0
            found.append(
                self._finding("quality", metric, "drop", worse, before.value, likely, before.count)
            )
        return found

    def estimated_drops(self, estimated: Iterable[Metric]) -> list[Finding]:
        """What probably got worse: certain where the reference is out of the estimate's bounds."""
        found = []
        for metric in estimated:
            if metric.reference is None or not math.isfinite(metric.value):
                continue
            worse = self._worse(metric, metric.reference)
            finding = self._finding(
                "estimated_quality", metric, f"estimated drop ({metric.method})", worse,
                metric.reference, None, 0,
            )  # fmt: skip
            is_out = not metric.low <= metric.reference <= metric.high
            found.append(dataclasses.replace(finding, is_alert=finding.is_alert and is_out))
        return found

    def _worse(self, metric: Metric, before: float) -> float:
        if metric.name in _LOSSES:
            return (metric.value - before) / before if before else 0.0
        return before - metric.value

    def _finding(
        self, kind: str, metric: Metric, method: str, worse: float, before: float,
        likely: float | None, count: int,
    ) -> Finding:  # fmt: skip
        return Finding(
            self._model, self._window.version, kind, metric.name, metric.segment, method, worse,
            self._max_drop, likely, is_alert=worse >= self._max_drop, reference_count=count,
            current_count=metric.count,
            details={"value": metric.value, "low": metric.low, "high": metric.high,
                     "reference": before},
        )  # fmt: skip


def _metric(
    name: str,
    segment: str,
    one: estimation.Estimate,
    method: str,
    references: Mapping[tuple[str, str], float],
) -> Metric:
    reference = references.get((name, segment))
    return Metric(
        name, segment, one.value, one.low, one.high, one.count, reference, method, one.error
    )


def _judged(findings: Sequence[Finding], alpha: float) -> list[Finding]:
    tested = [f for f in findings if f.p_value is not None]
    q_values = benjamini_hochberg([f.p_value or 0.0 for f in tested]) if tested else np.zeros(0)
    judged = [
        dataclasses.replace(f, q_value=q, is_alert=f.is_alert and q <= alpha)
        for f, q in zip(tested, q_values.tolist(), strict=True)
    ]
    others = [f for f in findings if f.p_value is None]
    return sorted((*judged, *others), key=lambda f: (not f.is_alert, -f.value, f.feature))


def _error_findings(
    store: MonitoringStore,
    model: str,
    current: Window,
    reference: Window | None,
    max_rise: float,
) -> list[Finding]:
    """How many requests failed, by status."""
    if not store.manifest.parts("events", model):
        return []
    now = _statuses(store, model, current)
    before = _statuses(store, model, reference) if reference is not None else {}
    n, m = sum(before.values()), sum(now.values())
    found = []
    for status in sorted({*now} - {"OK"}):
        p = before.get(status, 0) / n if n else 0.0
        q = now[status] / m
        likely = None
        if n:
            counts = [np.array([c.get(status, 0), t - c.get(status, 0)])
                      for c, t in ((before, n), (now, m))]  # fmt: skip
            likely = homogeneity_p_value(*counts)
        found.append(
            Finding(model, current.version, "errors", status, ALL, "rise", q - p, max_rise, likely,
                    is_alert=q - p >= max_rise, reference_count=n, current_count=m,
                    details={"current": q, "reference": p})
        )  # fmt: skip
    return found


def _statuses(store: MonitoringStore, model: str, window: Window) -> dict[str, int]:
    totals: dict[str, int] = {}
    for batch in store.read(model, window, ["status"]):
        for entry in batch.column("status").value_counts().to_pylist():
            totals[entry["values"]] = totals.get(entry["values"], 0) + entry["counts"]
    return totals


def _label_mismatches(model: str, window: Window, rows: Rows) -> list[Finding]:
    """Labels that are none of the classes that the model tells apart."""
    labels = rows.labels[rows.has_label]
    if rows.kind == CLASSES:
        odd = (labels < 0) | (labels >= rows.class_count) | (labels != np.floor(labels))
    elif rows.kind == BINARY:
        odd = ~np.isin(labels, (0.0, 1.0))
    else:
        return []
    if not len(labels):
        return []
    share = float(odd.mean())
    return [
        Finding(model, window.version, "label", "label", ALL, "not a class", share, 0.0,
                is_alert=share > 0, current_count=len(labels))
    ]  # fmt: skip


def _calibration(rows: Rows, spans: int) -> list[CalibrationPoint]:
    if rows.kind != BINARY:
        return []
    known = rows.labelled()
    if len(known) < _MIN_ROWS:
        return []
    edges = np.linspace(known.times.min(), known.times.max() + 1e-3, max(1, spans) + 1)
    found = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = known.take(np.flatnonzero((known.times >= begin) & (known.times < end)))
        if len(part) < _MIN_ROWS:
            continue
        error = estimation.calibration_error(part.scores, part.labels)
        means = float(part.scores.mean()), float(part.labels.mean())
        found.append(CalibrationPoint(begin, end, error, *means, len(part)))
    return found


def _calibration_findings(
    model: str, window: Window, before: Rows | None, rows: Rows, max_drop: float
) -> list[Finding]:
    if before is None or before.kind != BINARY or rows.kind != BINARY:
        return []
    old, new = before.labelled(), rows.labelled()
    if min(len(old), len(new)) < _MIN_ROWS:
        return []
    gaps = [float((part.scores - part.labels).mean()) for part in (old, new)]
    rise = estimation.calibration_error(new.scores, new.labels)
    rise -= estimation.calibration_error(old.scores, old.labels)
    likely = estimation.calibration_p_value(new.scores, new.labels)
    return [
        Finding(model, window.version, "calibration", "calibration error", ALL, "rise", rise,
                max_drop, likely, is_alert=rise >= max_drop,
                reference_count=len(old), current_count=len(new),
                details={"reference_gap": gaps[0], "gap": gaps[1]})
    ]  # fmt: skip
