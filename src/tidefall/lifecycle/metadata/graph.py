"""Lineage: what something was made from, and what was made from it.

The graph's nodes are artifacts and executions, its edges events. It is walked in breadth, a step of
both kinds at a time, so that a store of any size costs what the answer is large.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata import values
from tidefall.lifecycle.metadata.links import INPUTS, OUTPUTS
from tidefall.lifecycle.metadata.store import MetadataStore

DIRECTIONS = ("backward", "forward", "both")
MAX_NODES = 10_000


@dataclass(frozen=True)
class Edge:
    """From what was there first to what came of it; keys are "artifact:1", "execution:2"."""

    source: str
    target: str
    label: str = ""


@dataclass
class Lineage:
    """A graph of artifacts and executions.

    Args:
        start: the key of the artifact it was asked for.
        nodes: a description by key.
        edges: what came of what.
        is_cut: whether there are more nodes, and the rest is left out.
    """

    start: str
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    is_cut: bool = False

    def to_json(self) -> str:
        """Return the graph as JSON: `start`, `nodes` and `edges`."""
        edges = [{"from": e.source, "to": e.target, "label": e.label} for e in self.edges]
        graph = {"start": self.start, "nodes": list(self.nodes.values()), "edges": edges}
        return json.dumps({**graph, "is_cut": self.is_cut}, indent=2)

    def to_text(self) -> str:
        """Return the graph as indented lines: first what it was made from, then what came of it."""
        lines = [_title(self.nodes[self.start])]
        for heading, ahead in (("made from", False), ("led to", True)):
            part = self._tree(ahead)
            lines += [f"{heading}:", *part] if part else []
        return "\n".join(lines)

    def _tree(self, ahead: bool) -> list[str]:
        following: dict[str, list[str]] = {}
        for edge in self.edges:
            first, second = (edge.source, edge.target) if ahead else (edge.target, edge.source)
            following.setdefault(first, []).append(second)
        lines, seen = [], {self.start}
        waiting = [(key, 1) for key in reversed(following.get(self.start, []))]
        while waiting:
            key, depth = waiting.pop()
            again = key in seen
            mark = "  (see above)" if again and following.get(key) else ""
            lines.append(f"{'  ' * depth}{_title(self.nodes[key])}{mark}")
            if not again:
                seen.add(key)
                waiting += [(k, depth + 1) for k in reversed(following.get(key, []))]
        return lines


def lineage(
    store: MetadataStore,
    artifact_id: int,
    direction: str = "both",
    max_hops: int | None = None,
    max_nodes: int = MAX_NODES,
) -> Lineage:
    """Return the lineage of an artifact.

    Args:
        store: the store.
        artifact_id: the artifact.
        direction: "backward" for what it was made from, "forward" for what was made from it, or
            "both".
        max_hops: how many executions away to go; None for all the way.
        max_nodes: with more nodes than this the rest is left out.

    Raises:
        NotFoundError: there is no such artifact.
        InvalidArgumentError: the direction is none of the three.

    >>> import tempfile
    >>> from tidefall.lifecycle.metadata import ArtifactSpec, publish
    >>> store = MetadataStore(tempfile.mkdtemp() + "/metadata.db")
    >>> _ = publish(store, "Gen", outputs={"data": [ArtifactSpec("Examples", "/data")]})
    >>> model = ArtifactSpec("Model")
    >>> _ = publish(store, "Train", inputs={"data": [1]}, outputs={"model": [model]})
    >>> print(lineage(store, 2, "backward").to_text())
    Model 2
    made from:
      Train 2 (COMPLETE)
        Examples 1  /data
          Gen 1 (COMPLETE)
    >>> store.close()
    """
    if direction not in DIRECTIONS:
        message = f"lineage: direction is {direction!r}; one of {DIRECTIONS} was expected"
        raise errors.InvalidArgumentError(None, None, message)
    graph = Lineage(f"artifact:{artifact_id}")
    found = store.get_artifacts_by_id([artifact_id])
    if not found:
        message = f"lineage: metadata store {store.database.where} has no artifact {artifact_id}"
        raise errors.NotFoundError(None, None, message)
    _add(graph, found)
    for ahead in (False, True):
        if direction in ("both", "forward" if ahead else "backward"):
            _walk(store, graph, artifact_id, ahead, max_hops, max_nodes)
    return graph


def _walk(
    store: MetadataStore,
    graph: Lineage,
    start: int,
    ahead: bool,
    max_hops: int | None,
    max_nodes: int,
) -> None:
    into, out = (INPUTS, OUTPUTS) if ahead else (OUTPUTS, INPUTS)
    seen_artifacts, seen_executions = {start}, set[int]()
    frontier, hops = {start}, 0
    edges = dict.fromkeys(graph.edges)
    while frontier and (max_hops is None or hops < max_hops):
        events = [e for e in store.get_events_by_artifact_ids(sorted(frontier)) if e.type in into]
        edges.update(dict.fromkeys(map(_edge, events)))
        executions = {e.execution_id for e in events} - seen_executions
        executions = _first(graph, executions, max_nodes)
        seen_executions |= executions
        _add(graph, store.get_executions_by_id(sorted(executions)))
        events = store.get_events_by_execution_ids(sorted(executions))
        events = [e for e in events if e.type in out]
        edges.update(dict.fromkeys(map(_edge, events)))
        frontier = _first(graph, {e.artifact_id for e in events} - seen_artifacts, max_nodes)
        seen_artifacts |= frontier
        _add(graph, store.get_artifacts_by_id(sorted(frontier)))
        hops += 1
        if graph.is_cut:
            break
    graph.edges = [e for e in edges if e.source in graph.nodes and e.target in graph.nodes]


def _first(graph: Lineage, ids: set[int], max_nodes: int) -> set[int]:
    """The first of some nodes, as many as there is room for."""
    room = max(0, max_nodes - len(graph.nodes))
    graph.is_cut |= len(ids) > room
    return set(sorted(ids)[:room])


def _edge(event: Any) -> Edge:
    artifact, execution = f"artifact:{event.artifact_id}", f"execution:{event.execution_id}"
    label = next((step.key for step in event.path.steps if step.HasField("key")), "")
    if event.type in INPUTS:
        return Edge(artifact, execution, label)
    return Edge(execution, artifact, label)


def _add(graph: Lineage, nodes: Iterable[Any]) -> None:
    for node in nodes:
        kind = type(node).__name__.lower()
        properties = {
            name: values.python_value(value)
            for group in (node.properties, node.custom_properties)
            for name, value in sorted(group.items())
        }
        state = node.last_known_state if kind == "execution" else node.state
        graph.nodes[f"{kind}:{node.id}"] = {
            "key": f"{kind}:{node.id}",
            "kind": kind,
            "id": node.id,
            "type": node.type,
            "name": node.name,
            "uri": getattr(node, "uri", ""),
            "state": type(node).State.Name(state) if state else "",
            "time": node.create_time_since_epoch,
            "properties": {k: _plain(v) for k, v in properties.items()},
        }


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | dict) else str(value)


def _title(node: dict[str, Any]) -> str:
    name = node["name"] or str(node["id"])
    state = f" ({node['state']})" if node["kind"] == "execution" and node["state"] else ""
    return f"{node['type']} {name}{state}" + (f"  {node['uri']}" if node["uri"] else "")
