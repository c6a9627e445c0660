"""Artifacts, what can be shown of them, and their lineage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.cli import find_artifact
from tidefall.lifecycle.metadata.graph import lineage
from tidefall.lifecycle.metadata.graph_page import node_places
from tidefall.lifecycle.metadata.links import INPUTS
from tidefall.lifecycle.track.mlflow.fields import text, whole
from tidefall.lifecycle.ui.answers.nodes import MAX_VALUE, shown_artifact, shown_properties
from tidefall.lifecycle.ui.api import Asked
from tidefall.lifecycle.ui.documents import is_shown
from tidefall.lifecycle.ui.reports import REPORTED

_MAX_FILES = 200
_MAX_NODES = 400
_MAX_EVENTS = 200

Given = Mapping[str, Any]


def _artifact_types(asked: Asked) -> Given:
    sql = (
        "SELECT t.name, COUNT(*) FROM Artifact n JOIN Type t ON t.id = n.type_id "
        "GROUP BY t.name ORDER BY t.name"
    )
    rows = asked.store.database.rows(sql)
    return {
        "types": [
            {"name": name, "count": count, "has_report": name in REPORTED} for name, count in rows
        ]
    }


def _artifacts(asked: Asked) -> Given:
    (size, first), wanted = asked.page(), text(asked.given, "type", "")
    types = [*REPORTED] if wanted == "reports" else [wanted] if wanted else []
    condition, values = "", list[Any]()
    if types:
        marks = ", ".join("?" * len(types))
        condition = f"WHERE n.type_id IN (SELECT id FROM Type WHERE name IN ({marks}))"
        values += types
    sql = f"SELECT n.id FROM Artifact n {condition} ORDER BY n.id DESC LIMIT ? OFFSET ?"
    ids = [row[0] for row in asked.store.database.rows(sql, [*values, size + 1, first])]
    found = {a.id: a for a in asked.store.metadata.get_artifacts_by_id(ids[:size])}
    return {
        "artifacts": [shown_artifact(found[key]) for key in ids[:size] if key in found],
        "has_more": len(ids) > size,
    }


def _artifact(asked: Asked) -> Given:
    key, metadata = asked.key("id"), asked.store.metadata
    found = metadata.get_artifacts_by_id([key])
    if not found:
        raise errors.NotFoundError(None, None, f"there is no artifact {key}")
    (artifact,) = found
    events = metadata.get_events_by_artifact_ids([key])[:_MAX_EVENTS]
    executions = metadata.get_executions_by_id({event.execution_id for event in events})
    by_id = {one.id: one for one in executions}
    made, read = [], []
    for event in events:
        one = by_id[event.execution_id]
        state = type(one).State.Name(one.last_known_state)
        shown = {"id": one.id, "type": one.type, "name": one.name, "state": state}
        (read if event.type in INPUTS else made).append(shown)
    shown = {**shown_artifact(artifact), "properties": shown_properties(artifact)}
    return {"artifact": shown, "made_by": made, "read_by": read, **_shown(asked, artifact)}


def _shown(asked: Asked, artifact: Any) -> dict[str, Any]:
    """The addresses of an artifact's report and of its files, or why there are none."""
    if not artifact.uri:
        return {"report": "", "files": [], "problem": ""}
    try:
        place = asked.store.local(artifact.uri)
        if not place.exists():
            raise errors.NotFoundError(None, None, f"{place} is not there any more")
        files = [
            {
                "name": name,
                "size": size,
                "address": asked.documents.address("artifact", artifact.id, name),
                "is_shown": is_shown(name or place.name),
            }
            for name, size in _files(place)
        ]
    except (errors.OpError, OSError) as error:
        return {"report": "", "files": [], "problem": getattr(error, "message", str(error))}
    report = ""
    if artifact.type in REPORTED:
        report = asked.documents.address("report", artifact.id)
    return {"report": report, "files": files, "problem": ""}


def _files(place: Path) -> list[tuple[str, int]]:
    """Names and sizes of the files below a folder, the first of them; "" for a file itself."""
    if place.is_file():
        return [("", place.stat().st_size)]
    found: list[tuple[str, int]] = []
    for folder, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file():
                found.append((str(path.relative_to(place)), path.stat().st_size))
            if len(found) == _MAX_FILES:
                return found
    return found


def _lineage(asked: Asked) -> Given:
    metadata = asked.store.metadata
    start = find_artifact(metadata, text(asked.given, "artifact"))
    hops = whole(asked.given, "hops", 0) or None
    direction = text(asked.given, "direction", "both")
    graph = lineage(metadata, start, direction, hops, _MAX_NODES)
    places = node_places(graph)
    nodes = [
        {**node, "place": places[key], "properties": _short(node["properties"])}
        for key, node in graph.nodes.items()
    ]
    edges = [{"from": e.source, "to": e.target, "label": e.label} for e in graph.edges]
    return {"start": graph.start, "nodes": nodes, "edges": edges, "is_cut": graph.is_cut}


def _short(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | float) else str(value)[:MAX_VALUE]
        for name, value in properties.items()
    }


ENDPOINTS = {
    ("GET", "artifact-types"): _artifact_types,
    ("GET", "artifacts"): _artifacts,
    ("GET", "artifact"): _artifact,
    ("GET", "lineage"): _lineage,
}
