"""Rules written beforehand, windows judged by them, and incidents of what they find."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.causes import severity
from tidefall.lifecycle.monitoring.columns import MICROSECONDS
from tidefall.lifecycle.monitoring.drift import drift_report
from tidefall.lifecycle.monitoring.manifest import EVENTS
from tidefall.lifecycle.monitoring.quality import quality_report
from tidefall.lifecycle.monitoring.reading import window_parts
from tidefall.lifecycle.monitoring.reports import (
    ALL,
    Cause,
    DriftReport,
    Finding,
    Incident,
    QualityReport,
    Window,
)
from tidefall.lifecycle.monitoring.seasons import WEEK, seasonal_windows

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

_SAMPLES, _SHOWN_VALUES, _SHOWN_CHARACTERS = 20, 8, 200


@dataclass(frozen=True)
class Rules:
    """What is watched of a model.

    Args:
        model: the model's name.
        reference: the window that is known to be good; None for the same hours of earlier periods.
        window_seconds: how long a window is.
        period_seconds: of the seasons, where there is no reference.
        periods: how many earlier ones are the baseline.
        segments: columns whose values are judged by themselves too.
        method: of drift.
        thresholds: of drift, by feature or method.
        alpha: the false discovery rate.
        prediction: the output that labels are about; without it, and with several, quality is not
            measured.
        classes: names of labels that are strings.
        max_drop: of quality.
        max_error_rise: of failed requests.
        max_age: seconds since the last event.
        suppress_seconds: how long an incident takes in what else changes of its model version.
        min_rows: a window with fewer is not judged.
    """

    model: str
    reference: Window | None = None
    window_seconds: float = 3600.0
    period_seconds: float = WEEK
    periods: int = 4
    segments: tuple[str, ...] = ()
    method: str = "psi"
    thresholds: Mapping[str, float] = field(default_factory=dict)
    alpha: float = 0.01
    prediction: str | None = None
    classes: tuple[str, ...] | None = None
    max_drop: float = 0.05
    max_error_rise: float = 0.01
    max_age: float | None = None
    suppress_seconds: float = 86_400.0
    min_rows: int = 100

    def __post_init__(self) -> None:
        for name in ("window_seconds", "period_seconds", "suppress_seconds"):
            if not 0 < getattr(self, name) < float("inf"):
                raise invalid(f"{self.model}: {name} must be more than 0")


def read_rules(path: str | os.PathLike[str]) -> list[Rules]:
    """Read a file of rules: JSON with an object for each model, `{"models": {NAME: {...}}}`.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: it is no such file; says where.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"there is no file of rules at {path}") from None
    except (ValueError, OSError) as error:
        raise invalid(f"{path}: {error}") from None
    models = found.get("models") if isinstance(found, dict) else None
    if not isinstance(models, dict) or not models:
        raise invalid(f'{path}: expected {{"models": {{NAME: {{...}}}}}}')
    return [_rules(path, name, given) for name, given in models.items()]


def _rules(path: Any, model: str, given: Any) -> Rules:
    fields = {f.name: f for f in dataclasses.fields(Rules)}
    if not isinstance(given, dict):
        raise invalid(f"{path}: {model}: expected an object, received {given!r}")
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields or name == "model":
            known = ", ".join(sorted({*fields} - {"model"}))
            raise invalid(f"{path}: {model}: unknown rule {name!r}; there are {known}")
        if name == "reference" and isinstance(value, dict):
            try:
                value = Window(**value)
            except TypeError:
                message = f"{path}: {model}: a reference has begin, end and version"
                raise invalid(message) from None
        elif name in ("segments", "classes") and isinstance(value, list):
            value = tuple(map(str, value))
        elif name not in ("thresholds", "method", "prediction", "reference") and (
            isinstance(value, bool) or not isinstance(value, int | float | None)
        ):
            raise invalid(f"{path}: {model}: {name} must be a number, received {value!r}")
        values[name] = value
    return Rules(model, **values)


@dataclass(frozen=True)
class Watched:
    """What was found of one version in one window.

    Args:
        window: the window.
        drift: None where there is no baseline.
        quality: None where it cannot be measured.
        incident: what was opened or taken up; None where all is well.
        is_new: whether it was opened now.
    """

    window: Window
    drift: DriftReport | None
    quality: QualityReport | None
    incident: Incident | None
    is_new: bool


def watch_once(store: MonitoringStore, rules: Rules, now: float | None = None) -> list[Watched]:
    """Judge the window that ends now, for each version that answered in it.

    Args:
        store: where the rows are.
        rules: what to judge by.
        now: seconds since the epoch; this moment by default.
    """
    now = time.time() if now is None else now
    begin = now - rules.window_seconds
    begin_us, end_us = round(begin * MICROSECONDS), round(now * MICROSECONDS)
    parts = store.manifest.parts(EVENTS, rules.model, None, begin_us, end_us)
    found = []
    for version in sorted({part.version for part in parts}):
        window = Window(begin, now, version)
        if _count(store, rules.model, window) >= rules.min_rows:
            found.append(_judge(store, rules, window, now))
    return found


def _count(store: MonitoringStore, model: str, window: Window) -> int:
    return sum(batch.num_rows for batch in store.read(model, window, ["time"]))


def _judge(store: MonitoringStore, rules: Rules, window: Window, now: float) -> Watched:
    references = _references(store, rules, window)
    drift = quality = None
    if references:
        drift = drift_report(
            store, rules.model, references, window, segments=rules.segments, method=rules.method,
            thresholds=rules.thresholds, alpha=rules.alpha,
        )  # fmt: skip
    if rules.prediction is not None or _outputs(store, rules.model, window) == 1:
        quality = quality_report(
            store, rules.model, window, references[0] if references else None,
            prediction=rules.prediction, segments=rules.segments, classes=rules.classes,
            max_drop=rules.max_drop, max_error_rise=rules.max_error_rise, alpha=rules.alpha,
            max_age=rules.max_age, now=now,
        )  # fmt: skip
    silent = store.silenced(rules.model, now)
    reports = [report for report in (drift, quality) if report is not None]
    alerts = [
        finding
        for report in reports
        for finding in report.alerts
        if ALL not in silent and finding.feature not in silent
    ]
    if not alerts:
        return Watched(window, drift, quality, None, False)
    causes = [cause for report in reports for cause in report.causes]
    incident, is_new = open_incident(store, rules, window, alerts, causes, now)
    return Watched(window, drift, quality, incident, is_new)


def _references(store: MonitoringStore, rules: Rules, window: Window) -> list[Window]:
    if rules.reference is not None:
        return [rules.reference]
    earlier = seasonal_windows(window, rules.period_seconds, rules.periods)
    # Of an earlier version, where this one is new.
    earlier = [dataclasses.replace(one, version=None) for one in earlier]
    return [
        one
        for one in earlier
        if window_parts(store, rules.model, one)
        and _count(store, rules.model, one) >= rules.min_rows
    ]


def _outputs(store: MonitoringStore, model: str, window: Window) -> int:
    parts = window_parts(store, model, window)
    return len({name for p in parts for name in p.columns if name.startswith("output.")})


def open_incident(
    store: MonitoringStore,
    rules: Rules,
    window: Window,
    alerts: Sequence[Finding],
    causes: Sequence[Cause],
    now: float,
) -> tuple[Incident, bool]:
    """Put alerts of a model version into its incident; return it, and whether it is new.

    What comes less than `suppress_seconds` after an incident was last seen is taken into that one.
    """
    findings = sorted(alerts, key=severity, reverse=True)
    worst = findings[0]
    last = next(
        (
            one
            for one in store.incidents(rules.model)
            if one.version == window.version and 0 <= now - one.updated <= rules.suppress_seconds
        ),
        None,
    )
    name = f"{rules.model}\0{window.version}\0{now}"
    incident = Incident(
        id=last.id if last else hashlib.sha256(name.encode()).hexdigest()[:16],
        model=rules.model,
        version=window.version,
        kind=worst.kind,
        feature=worst.feature,
        segment=worst.segment,
        method=worst.method,
        value=worst.value,
        threshold=worst.threshold,
        window=window,
        opened=last.opened if last else now,
        updated=now,
        count=last.count + 1 if last else 1,
        findings=tuple(findings),
        causes=tuple(sorted(causes, key=lambda cause: -cause.score)),
        samples=tuple(_samples(store, rules.model, window, worst)),
    )
    return store.put_incident(incident), last is None


def _samples(
    store: MonitoringStore, model: str, window: Window, worst: Finding
) -> list[dict[str, Any]]:
    """The first rows of the worst finding's segment."""
    column, _, value = worst.segment.partition("=")
    found: list[dict[str, Any]] = []
    for batch in store.read(model, window, rows=1000):
        for row in batch.to_pylist():
            if worst.segment != ALL and _text(row.get(column)) != value:
                continue
            if worst.kind == "errors" and row.get("status") != worst.feature:
                continue
            found.append({name: _short(each) for name, each in row.items() if each is not None})
            if len(found) == _SAMPLES:
                return found
    return found


def _text(value: Any) -> str:
    """A value as segments spell it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: Any) -> Any:
    if isinstance(value, list):
        shown = [_short(each) for each in value[:_SHOWN_VALUES]]
        return [*shown, f"... {len(value)} values"] if len(value) > _SHOWN_VALUES else shown
    return value[:_SHOWN_CHARACTERS] if isinstance(value, str) else value
