"""Experiments, runs, their curves and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.track.curves import curve
from tidefall.lifecycle.track.mlflow.fields import text, whole
from tidefall.lifecycle.track.records import RunRecord
from tidefall.lifecycle.track.search import search_runs
from tidefall.lifecycle.ui.answers.nodes import linked_artifacts
from tidefall.lifecycle.ui.answers.versions import shown_version
from tidefall.lifecycle.ui.api import Asked
from tidefall.lifecycle.ui.documents import is_shown

MAX_COMPARED = 50
_MAX_POINTS = 2000

Given = Mapping[str, Any]


def _experiments(asked: Asked) -> Given:
    records, (size, first) = asked.store.records, asked.page()
    found = records.newest_experiments(size + 1, first)
    has_more, found = len(found) > size, found[:size]
    chosen = text(asked.given, "with", "")
    if chosen and all(str(one.id) != chosen for one in found):
        # The one that is chosen is told, too, wherever it stands.
        found += records.experiments([asked.key("with")])
    sql = (
        "SELECT context_id, COUNT(*) FROM Association WHERE context_id IN ({}) GROUP BY context_id"
    )
    counts = dict(map(tuple, records.database.rows_in(sql, [one.id for one in found])))
    return {
        "experiments": [
            {"id": one.id, "name": one.name, "tags": one.tags, "runs": counts.get(one.id, 0)}
            for one in found
        ],
        "has_more": has_more,
    }


def _runs(asked: Asked) -> Given:
    records, (size, first) = asked.store.records, asked.page()
    chosen = text(asked.given, "experiment", "")
    if chosen:
        ids = [records.experiment(asked.key("experiment")).id]
    else:
        ids = [e.id for e in records.experiments() if not e.is_deleted]
    order = text(asked.given, "order_by", "")
    keys = search_runs(
        records, ids, text(asked.given, "filter", ""), [order] if order else [], size + 1, first
    )
    found = records.runs(keys[:size])
    named = {one.id: one.name for one in records.experiments(list({r.experiment for r in found}))}
    return {
        "runs": [{**shown_run(run), "experiment_name": named[run.experiment]} for run in found],
        "has_more": len(keys) > size,
    }


def shown_run(run: RunRecord) -> dict[str, Any]:
    """Return a run as the page takes it."""
    return {
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status,
        "start": run.start,
        "end": run.end,
        "is_deleted": run.is_deleted,
        "params": run.params,
        "tags": run.tags,
        "metrics": {m.name: {"value": m.value, "step": m.step} for m in run.metrics.values()},
    }


def _run(asked: Asked) -> Given:
    store, run = asked.store, asked.store.records.run(text(asked.given, "id"))
    sql = (
        "AND a.id IN (SELECT artifact_id FROM ArtifactProperty WHERE name = 'run_id' AND "
        "is_custom_property = ? AND string_value = ?) ORDER BY a.id DESC LIMIT 100"
    )
    return {
        "run": shown_run(run),
        "experiment": store.records.experiment(run.experiment).name,
        "links": linked_artifacts(store, [run.key])[run.key],
        "versions": [shown_version(v) for v in store.models.versions(sql, [True, run.id])],
    }


def _compare(asked: Asked) -> Given:
    ids = _ids(asked)
    return {"runs": [shown_run(asked.store.records.run(run_id)) for run_id in ids]}


def _ids(asked: Asked) -> list[str]:
    ids = [one for one in text(asked.given, "runs").split(",") if one]
    if not 0 < len(ids) <= MAX_COMPARED:
        message = f"{len(ids)} runs; 1 to {MAX_COMPARED} can be looked at side by side"
        raise errors.InvalidArgumentError(None, None, message)
    return ids


def _curves(asked: Asked) -> Given:
    name = text(asked.given, "metric")
    points = min(max(whole(asked.given, "points", 400), 2), _MAX_POINTS)
    records, curves = asked.store.records, []
    for run_id in _ids(asked):
        found = curve(records, run_id, name, points)
        curves.append(
            {
                "run": run_id,
                "count": found.count,
                "is_gathered": found.count > points,
                # By column, which is shorter; JSON's texts for what is infinite.
                **{
                    column: [getattr(point, column) for point in found.points]
                    for column in ("step", "time", "mean", "least", "most")
                },
            }
        )
    return {"metric": name, "curves": curves}


def _files(asked: Asked) -> Given:
    run = asked.store.records.run(text(asked.given, "run"))
    path = text(asked.given, "path", "").strip("/")
    folder = f"{run.experiment}/{run.id}/artifacts/{path}".rstrip("/")
    files = []
    for name, size in asked.store.tracker.artifacts.list(folder):
        whole_name = f"{path}/{name}" if path else name
        shown: dict[str, Any] = {"name": name, "path": whole_name, "size": size}
        if size is not None:
            shown["address"] = asked.documents.address("run", run.id, whole_name)
            shown["is_shown"] = is_shown(name)
        files.append(shown)
    return {"run": run.id, "path": path, "files": files}


ENDPOINTS = {
    ("GET", "experiments"): _experiments,
    ("GET", "runs"): _runs,
    ("GET", "run"): _run,
    ("GET", "compare"): _compare,
    ("GET", "curves"): _curves,
    ("GET", "files"): _files,
}
