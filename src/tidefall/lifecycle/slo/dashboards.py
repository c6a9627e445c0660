"""Objectives as Grafana dashboards: how well it goes, what is wrong now, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidefall.lifecycle.slo.objectives import Objectives
from tidefall.lifecycle.slo.rules import BLAMED, RATIO, ratios

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_REQUESTS = "tidefall_serving_requests_total"
_DURATION = "tidefall_serving_request_duration_seconds"
_ONE = 'model_name=~"$model"'


@dataclass(frozen=True)
class Panel:
    """A picture.

    Args:
        title: unique on its dashboard.
        queries: legends and expressions.
        unit: Grafana's name of it.
        kind: "stat" or "timeseries".
        limit: from where on it is red; less than that, where `falling`.
        falling: whether small values are the bad ones.
    """

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    limit: float | None = None
    falling: bool = False


def dashboards(objectives: Objectives) -> dict[str, dict[str, Any]]:
    """Return dashboards by the name of their file, without its end."""
    return {
        "executive": _board("executive", "Objectives: how well it goes", "now-30d", "5m",
                            objectives, _executive(objectives)),
        "on_call": _board("on-call", "Objectives: what is wrong now", "now-6h", "30s",
                          objectives, _on_call()),
        "debug": _board("debug", "Objectives: why", "now-3h", "30s", objectives, _debug()),
    }  # fmt: skip


def _executive(objectives: Objectives) -> list[Panel]:
    days = f"{round(objectives.window / 86_400)}d"
    found: list[Panel] = []
    for name, model in objectives.models.items():
        for ratio in ratios(name, model):
            kept = f"1 - ({ratio.bad} / {ratio.total})".replace("{w}", days)
            spent = f"({ratio.bad} / {ratio.total}) / {ratio.budget:.6g}".replace("{w}", days)
            title = f"{name}: {ratio.name.replace('_', ' ')}, {ratio.percent:g} % over {days}"
            share = round(ratio.percent / 100, 10)
            found.append(Panel(title, [("kept", kept)], "percentunit", "stat", share, True))
            left = f"{name}: budget left for {ratio.name.replace('_', ' ')}"
            found.append(Panel(left, [("left", f"1 - {spent}")], "percentunit", "stat", 0.1, True))
        for quality in model.quality:
            low = quality.at_least is not None
            limit = quality.at_least if low else quality.at_most
            of = f'tidefall_quality{{model_name="{name}",metric="{quality.metric}"}}'
            title = f"{name}: {quality.metric}"
            found.append(Panel(title, [("{{version}}", of)], "short", "stat", limit, low))
        for kind, age in model.freshness.ages().items():
            of = f'tidefall_age_seconds{{model_name="{name}",kind="{kind}"}}'
            title = f"{name}: age of the {kind}"
            found.append(Panel(title, [("{{kind}}", of)], "s", "stat", age))
    rate = f"sum by (model_name) (rate({_REQUESTS}{{{_ONE}}}[$__rate_interval]))"
    return [*found, Panel("Requests by model", [("{{model_name}}", rate)], "reqps")]


def _on_call() -> list[Panel]:
    burn = [
        (f"{{{{model_name}}}} {{{{objective}}}}, {window}", f"{RATIO}:{window}{{{_ONE}}}")
        for window in ("1h", "6h")
    ]
    by = "sum by (model_name, version, status)"
    failures = f'{by} (rate({_REQUESTS}{{{_ONE},status!="OK"}}[$__rate_interval]))'
    slow = f"sum by (le, model_name, version) (rate({_DURATION}_bucket{{{_ONE}}}[$__rate_interval]))"
    share = f"sum by (model_name, version) (rate({_REQUESTS}{{{_ONE}}}[$__rate_interval]))"
    alerts = f'ALERTS{{alertname=~"Tidefall.*",{_ONE},alertstate="firing"}}'
    return [
        Panel("Alerts that fire", [("{{alertname}} {{model_name}} {{objective}}", alerts)]),
        Panel("Requests that miss an objective", burn, "percentunit"),
        Panel("Errors by version", [("{{model_name}} {{version}} {{status}}", failures)], "reqps"),
        Panel(
            "p99 by version",
            [("{{model_name}} {{version}}", f"histogram_quantile(0.99, {slow})")],
            "s",
        ),
        Panel("Requests by version", [("{{model_name}} {{version}}", share)], "reqps"),
        Panel(
            "Versions that answer",
            [("{{model_name}}", f"min by (model_name) (tidefall_serving_available_versions{{{_ONE}}})")],
        ),
        Panel(
            "Versions that cannot be loaded",
            [
                (
                    "{{model_name}} {{status}}",
                    "sum by (model_name, status) (increase("
                    f'tidefall_serving_loads_total{{{_ONE},status!="OK"}}[$__rate_interval]))',
                )
            ],
        ),
    ]


def _debug() -> list[Panel]:
    by = "sum by (le, model_name, signature_name)"
    whole = f"{by} (rate({_DURATION}_bucket{{{_ONE}}}[$__rate_interval]))"
    return [
        Panel(
            "p50 and p99 by signature",
            [
                (f"{{{{model_name}}}} {{{{signature_name}}}} p{q}", f"histogram_quantile(0.{q}, {whole})")
                for q in (50, 99)
            ],
            "s",
        ),
        Panel(
            "Failures that are the server's, by signature",
            [
                (
                    "{{model_name}} {{signature_name}} {{status}}",
                    "sum by (model_name, signature_name, status) (rate("
                    f'{_REQUESTS}{{{_ONE},status=~"{BLAMED}"}}[$__rate_interval]))',
                )
            ],
            "reqps",
        ),
        Panel(
            "Refused requests that are the client's",
            [
                (
                    "{{model_name}} {{status}}",
                    "sum by (model_name, status) (rate("
                    f'{_REQUESTS}{{{_ONE},status=~"INVALID_ARGUMENT|NOT_FOUND"}}[$__rate_interval]))',
                )
            ],
            "reqps",
        ),
        Panel(
            "Requests under way",
            [
                (
                    "{{model_name}} {{version}}",
                    "sum by (model_name, version) (tidefall_serving_requests_in_flight"
                    f"{{{_ONE}}})",
                )
            ],
        ),
        Panel(
            "Requests that wait for a thread",
            [("{{instance}}", "tidefall_serving_http_waiting_requests")],
        ),
        Panel(
            "Memory that versions are taken to need",
            [("{{model_name}} {{version}}", f"tidefall_serving_model_memory_bytes{{{_ONE}}}")],
            "bytes",
        ),
        Panel(
            "Memory of the processes", [("{{instance}}", "process_resident_memory_bytes")], "bytes"
        ),
        Panel(
            "Processors in use",
            [("{{instance}}", "rate(process_cpu_seconds_total[$__rate_interval])")],
        ),
    ]


def _board(
    uid: str, title: str, since: str, refresh: str, objectives: Objectives, panels: list[Panel]
) -> dict[str, Any]:
    made: list[dict[str, Any]] = []
    x = y = height = 0
    for number, panel in enumerate(panels, 1):
        width, tall = (6, 4) if panel.kind == "stat" else (12, 8)
        if x + width > 24 or (height and tall != height):
            x, y = 0, y + height
        height = tall
        place = {"x": x, "y": y, "w": width, "h": tall}
        x += width
        made.append(_panel(number, panel, place))
    return {
        "uid": f"tidefall-slo-{uid}",
        "title": title,
        "tags": ["tidefall", "slo"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": refresh,
        "time": {"from": since, "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_datasource(), _models(objectives)]},
        "panels": made,
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source",
    }  # fmt: skip


def _models(objectives: Objectives) -> dict[str, Any]:
    names = list(objectives.models)
    options = [{"text": "All", "value": "$__all", "selected": True}]
    options += [{"text": name, "value": name, "selected": False} for name in names]
    return {
        "name": "model",
        "type": "custom",
        "label": "Model",
        "query": ",".join(names),
        "includeAll": True,
        "multi": True,
        "options": options,
        "current": {"text": "All", "value": "$__all"},
    }


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.limit is not None:
        first, then = ("red", "green") if panel.falling else ("green", "red")
        steps = [{"color": first, "value": None}, {"color": then, "value": panel.limit}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    made: dict[str, Any] = {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(65 + n), "expr": expression, "legendFormat": legend}
            for n, (legend, expression) in enumerate(panel.queries)
        ],
    }
    if panel.kind == "stat":
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}}
    return made
