"""Pipelines, their runs, and how the nodes of a run stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.graph import Edge, Lineage
from tidefall.lifecycle.metadata.graph_page import node_places
from tidefall.lifecycle.track.mlflow.fields import text
from tidefall.lifecycle.ui.answers.nodes import linked_artifacts, shown_properties
from tidefall.lifecycle.ui.api import Asked

_STATES = {1: "new", 2: "running", 3: "done", 4: "failed", 5: "cached", 6: "canceled"}
"""What a pipeline calls ML Metadata's states of executions."""

Given = Mapping[str, Any]


def _pipelines(asked: Asked) -> Given:
    database, (size, first) = asked.store.database, asked.page()
    sql = (
        "SELECT c.name FROM Context c JOIN Type t ON t.id = c.type_id WHERE t.name = 'pipeline' "
        "ORDER BY c.name LIMIT ? OFFSET ?"
    )
    names = [row[0] for row in database.rows(sql, [size + 1, first])]
    shown = []
    for name in names[:size]:
        keys = _run_ids(asked, name, 1, 0)
        shown.append({"name": name, "last": next(iter(_shown_runs(asked, keys)), None)})
    return {"pipelines": shown, "has_more": len(names) > size}


def _run_ids(asked: Asked, pipeline: str, size: int, first: int) -> list[int]:
    """The contexts of the runs of a pipeline, the newest first."""
    sql = (
        "SELECT c.id FROM ContextProperty p JOIN Context c ON c.id = p.context_id "
        "JOIN Type t ON t.id = c.type_id WHERE p.name = 'of' AND p.is_custom_property = ? "
        "AND p.string_value = ? AND t.name = 'pipeline_run' ORDER BY c.id DESC LIMIT ? OFFSET ?"
    )
    rows = asked.store.database.rows(sql, [True, pipeline, size, first])
    return [row[0] for row in rows]


def _shown_runs(asked: Asked, keys: list[int]) -> list[dict[str, Any]]:
    found = {c.id: c for c in asked.store.metadata.get_contexts_by_id(keys)}
    shown = []
    for key in keys:
        values = shown_properties(found[key])
        shown.append(
            {
                "id": found[key].name,
                "pipeline": values.get("of", ""),
                "state": str(values.get("state", "")).lower(),
                "begin": found[key].create_time_since_epoch,
                "end": found[key].last_update_time_since_epoch,
            }
        )
    return shown


def _pipeline(asked: Asked) -> Given:
    name, (size, first) = text(asked.given, "name"), asked.page()
    if asked.store.metadata.get_context_by_type_and_name("pipeline", name) is None:
        raise errors.NotFoundError(None, None, f"there is no pipeline {name[:200]!r}")
    keys = _run_ids(asked, name, size + 1, first)
    return {
        "name": name,
        "runs": _shown_runs(asked, keys[:size]),
        "has_more": len(keys) > size,
    }


def _pipeline_run(asked: Asked) -> Given:
    metadata, run_id = asked.store.metadata, text(asked.given, "id")
    context = metadata.get_context_by_type_and_name("pipeline_run", run_id)
    if context is None:
        raise errors.NotFoundError(None, None, f"there is no pipeline run {run_id[:200]!r}")
    attempts: dict[str, list[Any]] = {}
    for one in sorted(metadata.get_executions_by_context(context.id), key=lambda one: one.id):
        given = one.custom_properties
        name = given["__node__"].string_value if "__node__" in given else one.type
        attempts.setdefault(name, []).append(one)
    last = {name: found[-1] for name, found in attempts.items()}
    links = linked_artifacts(asked.store, [one.id for one in last.values()])
    edges = _edges(last, links)
    graph = Lineage("", {key: {} for key in last}, edges)
    places = node_places(graph) if last else {}
    nodes = [
        {
            **_shown_node(name, last[name]),
            "attempts": len(found),
            "place": places[name],
            **links[last[name].id],
        }
        for name, found in attempts.items()
    ]
    return {
        "run": _shown_runs(asked, [context.id])[0],
        "nodes": nodes,
        "edges": [{"from": e.source, "to": e.target, "label": e.label} for e in edges],
    }


def _edges(last: Mapping[str, Any], links: Mapping[int, Any]) -> list[Edge]:
    """Which node read what another made."""
    makers: dict[int, str] = {}
    for name, one in last.items():
        for artifact in links[one.id]["outputs"]:
            makers.setdefault(artifact["id"], name)
    found: dict[Edge, None] = {}
    for name, one in last.items():
        for artifact in links[one.id]["inputs"]:
            maker = makers.get(artifact["id"])
            if maker is not None and maker != name:
                found[Edge(maker, name, artifact["key"])] = None
    return list(found)


def _shown_node(name: str, execution: Any) -> dict[str, Any]:
    properties = shown_properties(execution)
    seconds = properties.pop("wall_seconds", None)
    return {
        "key": name,
        "name": name,
        "type": execution.type,
        "execution": execution.id,
        "state": _STATES.get(execution.last_known_state, "unknown"),
        "begin": execution.create_time_since_epoch,
        "end": execution.last_update_time_since_epoch,
        "seconds": seconds,
        "error": properties.pop("error", ""),
        "properties": {k: v for k, v in properties.items() if k not in ("__node__", "attempt")},
    }


ENDPOINTS = {
    ("GET", "pipelines"): _pipelines,
    ("GET", "pipeline"): _pipeline,
    ("GET", "pipeline-run"): _pipeline_run,
}
