"""Quality and age of models as metrics, in the text that Prometheus reads.

The model server does not know labels. `tidefall slo metrics` writes this text to a file that the
node exporter's textfile collector shows, now and then.
"""

from __future__ import annotations

import datetime
import time

from tidefall.base import errors
from tidefall.lifecycle.monitoring.store import MonitoringStore
from tidefall.lifecycle.registry.catalog import Catalog
from tidefall.lifecycle.slo.objectives import Objectives


def metrics_text(
    objectives: Objectives, store: MonitoringStore | None, catalog: Catalog | None
) -> str:
    """Return the metrics of all models that have such objectives.

    Args:
        objectives: which there are.
        store: the monitoring store; None leaves out what it would tell.
        catalog: the registry; None leaves out the age of models.
    """
    ages: list[tuple[str, str, float]] = []
    qualities: list[tuple[str, str, str, float]] = []
    for name, model in objectives.models.items():
        wanted = model.freshness.ages()
        for kind in ("requests", "labels"):
            if store is not None and kind in wanted:
                age = _newest(store, name, "events" if kind == "requests" else "labels")
                if age is not None:
                    ages.append((name, kind, age))
        if catalog is not None and "model" in wanted:
            try:
                created = catalog.version(name, "Production").created
                ages.append((name, "model", max(0.0, time.time() - created / 1000)))
            except errors.NotFoundError:
                pass  # Nothing is in production.
        if store is not None and model.quality:
            qualities += _qualities(store, name, {q.metric for q in model.quality})
    lines = _family("tidefall_age_seconds", "Age of the newest, in seconds.")
    lines += [f'tidefall_age_seconds{{model_name="{m}",kind="{k}"}} {v:.3f}' for m, k, v in ages]
    lines += _family("tidefall_quality", "Metrics of labelled answers.")
    lines += [
        f'tidefall_quality{{model_name="{m}",version="{v}",metric="{n}"}} {value:.10g}'
        for m, v, n, value in qualities
    ]
    return "\n".join(lines) + "\n"


def _family(name: str, words: str) -> list[str]:
    return [f"# HELP {name} {words}", f"# TYPE {name} gauge"]


def _newest(store: MonitoringStore, model: str, kind: str) -> float | None:
    parts = store.manifest.parts(kind, model)
    if not parts:
        return None
    return max(0.0, time.time() - max(part.last for part in parts) / 1e6)


def _qualities(
    store: MonitoringStore, model: str, names: set[str]
) -> list[tuple[str, str, str, float]]:
    from tidefall.lifecycle.monitoring.quality import quality_report
    from tidefall.lifecycle.monitoring.reports import Window

    found: list[tuple[str, str, str, float]] = []
    day = datetime.timedelta(days=1).total_seconds()
    for version in store.models().get(model, []):
        window = Window(time.time() - day, None, version)
        try:
            report = quality_report(store, model, window)
        except errors.OpError:
            continue  # No labels of it yet.
        found += [
            (model, str(version), metric.name, metric.value)
            for metric in report.metrics
            if metric.name in names and not metric.segment and metric.method == "labels"
        ]
    return found
