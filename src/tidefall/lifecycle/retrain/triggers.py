"""Whether there is reason to train again: what each trigger says, with its figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.monitoring.drift import drift_report
from tidefall.lifecycle.monitoring.quality import quality_report
from tidefall.lifecycle.monitoring.reports import Window
from tidefall.lifecycle.monitoring.store import MonitoringStore
from tidefall.lifecycle.registry.records import ModelVersion
from tidefall.lifecycle.retrain.plan import RetrainPlan

_DAY = 86_400.0


@dataclass(frozen=True)
class Decision:
    """Whether to train again.

    Args:
        reasons: why to, one for each trigger that fired; none: not to.
        figures: what each trigger saw.
    """

    reasons: tuple[str, ...]
    figures: dict[str, Any] = field(default_factory=dict[str, Any])


def decide(
    plan: RetrainPlan, store: MonitoringStore, live: ModelVersion, now: float | None = None
) -> Decision:
    """Return what a plan's triggers say.

    Args:
        plan: the plan.
        store: what was answered and became true.
        live: the version that answers.
        now: seconds since the epoch; this moment for None.
    """
    now = time.time() if now is None else now
    reasons: list[str] = []
    figures: dict[str, Any] = {}
    for name, fires, words, seen in _looks(plan, store, live, now):
        figures[name] = seen
        if fires:
            reasons.append(f"{name}: {words}")
    return Decision(tuple(reasons), figures)


def _looks(
    plan: RetrainPlan, store: MonitoringStore, live: ModelVersion, now: float
) -> Iterator[tuple[str, bool, str, dict[str, Any]]]:
    """Name, whether it fires, why, and the figures, of each trigger there is."""
    wanted, age = plan.triggers, now - live.created / 1000
    if wanted.drift:
        yield _drift(plan, store, live, now)
    if wanted.quality:
        trigger = wanted.quality
        found = _metric(plan, store, live, trigger.metric, trigger.output, now - trigger.window)
        fires = False
        if found["count"] >= trigger.minimum:
            low, high = trigger.at_least, trigger.at_most
            fires = (low is not None and found["value"] < low) or (
                high is not None and found["value"] > high
            )
        limit = trigger.at_least if trigger.at_least is not None else trigger.at_most
        words = f"{trigger.metric} is {found['value']:.4g} of {found['count']} rows, {limit:g} asked"
        yield "quality", fires, words, found
    if wanted.schedule:
        words = f"version {live.number} is {age / _DAY:.3g} days old"
        yield "schedule", age >= wanted.schedule.every, words, {"age": age}
    if wanted.volume:
        labels = _labels_since(store, plan.model, live.created / 1000)
        words = f"{labels} labels since version {live.number} was registered"
        yield "volume", labels >= wanted.volume.labels, words, {"labels": labels}
    if wanted.value:
        yield _value(plan, store, live, now)


def _drift(
    plan: RetrainPlan, store: MonitoringStore, live: ModelVersion, now: float
) -> tuple[str, bool, str, dict[str, Any]]:
    trigger = plan.triggers.drift
    assert trigger is not None
    first = _first(store, plan.model, live.number)
    if first is None or first + trigger.reference > now - trigger.window:
        return "drift", False, "", {"waits": "the reference has not ended before the window"}
    current = Window(now - trigger.window, now, live.number)
    reference = Window(first, first + trigger.reference, live.number)
    try:
        report = drift_report(
            store, plan.model, reference, current, segments=trigger.segments, labels=False
        )
    except (errors.NotFoundError, errors.InvalidArgumentError) as error:
        return "drift", False, "", {"waits": error.message}
    alerts = [
        f"{a.feature}{f' of {a.segment}' if a.segment else ''} ({a.method} {a.value:.3g})"
        for a in report.alerts
    ]
    enough = report.current_count >= trigger.minimum
    seen = {"alerts": alerts, "rows": report.current_count}
    return "drift", enough and len(alerts) >= trigger.alerts, ", ".join(alerts[:5]), seen


def _first(store: MonitoringStore, model: str, version: int) -> float | None:
    try:
        return store.span(model, version).begin
    except errors.NotFoundError:
        return None


def _metric(
    plan: RetrainPlan, store: MonitoringStore, live: ModelVersion, name: str, output: str,
    since: float,
) -> dict[str, Any]:  # fmt: skip
    """A metric of the live version's labelled answers: its value and of how many rows it is."""
    prediction = output if output.startswith("output.") or not output else f"output.{output}"
    window = Window(since, None, live.number)
    try:
        report = quality_report(store, plan.model, window, prediction=prediction or None)
    except errors.NotFoundError:
        return {"value": float("nan"), "count": 0}
    for metric in report.metrics:
        if metric.name == name and not metric.segment and metric.method == "labels":
            return {"value": metric.value, "count": metric.count}
    known = sorted({metric.name for metric in report.metrics})
    if known:
        message = f"triggers: no metric {name!r}; there are {', '.join(known)}"
        raise errors.InvalidArgumentError(None, None, message)
    return {"value": float("nan"), "count": 0}


def _labels_since(store: MonitoringStore, model: str, since: float) -> int:
    try:
        batches = store.read(model, Window(since), ["id"], labels=True)
        return sum(
            batch.num_rows - batch.column("label").null_count
            for batch in batches
            if "label" in batch.schema.names
        )
    except errors.NotFoundError:
        return 0


def _value(
    plan: RetrainPlan, store: MonitoringStore, live: ModelVersion, now: float
) -> tuple[str, bool, str, dict[str, Any]]:
    """What a new version would bring in until the horizon, less what it costs."""
    trigger = plan.triggers.value
    assert trigger is not None
    found = _metric(plan, store, live, trigger.metric, trigger.output, now - trigger.window)
    if found["count"] < trigger.minimum:
        return "value", False, "", found
    gain = trigger.expected - found["value"]
    if trigger.metric == "mae":
        gain = -gain
    worth = gain * 100 * trigger.per_point * trigger.horizon / _DAY - trigger.cost
    words = (
        f"{trigger.metric} is {found['value']:.4g}; {trigger.expected:g} would bring in "
        f"{worth + trigger.cost:.4g} and cost {trigger.cost:g}"
    )
    return "value", worth > 0, words, {**found, "worth": worth}
