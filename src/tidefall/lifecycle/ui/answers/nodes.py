"""Artifacts and executions of the metadata store, as the page takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.metadata.links import INPUTS
from tidefall.lifecycle.metadata.values import python_value
from tidefall.lifecycle.ui.store import Store

MAX_VALUE = 2000


def shown_artifact(artifact: Any) -> dict[str, Any]:
    """Return an artifact without its properties."""
    return {
        "id": artifact.id,
        "type": artifact.type,
        "name": artifact.name,
        "uri": artifact.uri,
        "state": type(artifact).State.Name(artifact.state),
        "time": artifact.create_time_since_epoch,
    }


def shown_properties(node: Any) -> dict[str, Any]:
    """Return the properties of an artifact, an execution or a context, as plain values."""
    shown = {}
    for group in (node.properties, node.custom_properties):
        for name, value in sorted(group.items()):
            given = python_value(value)
            plain = given if isinstance(given, bool | int | float) else str(given)
            shown[name] = plain[:MAX_VALUE] if isinstance(plain, str) else plain
    return shown


def linked_artifacts(store: Store, executions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what each of some executions read and made, under `inputs` and `outputs`."""
    events = store.metadata.get_events_by_execution_ids(executions)
    found = store.metadata.get_artifacts_by_id({event.artifact_id for event in events})
    by_id = {artifact.id: artifact for artifact in found}
    links: dict[int, dict[str, Any]] = {key: {"inputs": [], "outputs": []} for key in executions}
    for event in events:
        if event.artifact_id in by_id:
            key = next((step.key for step in event.path.steps if step.HasField("key")), "")
            side = "inputs" if event.type in INPUTS else "outputs"
            shown = {**shown_artifact(by_id[event.artifact_id]), "key": key}
            links[event.execution_id][side].append(shown)
    return links
