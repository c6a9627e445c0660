"""What a run puts into the metadata store, and finds there again."""

from __future__ import annotations

import json
import os
from typing import Any

from tidefall.lifecycle.pipelines.types.artifact import Artifact, PropertyType, artifact_class
from tidefall.proto import mlmd

RUNNING, COMPLETE, FAILED, CACHED, CANCELED = 2, 3, 4, 5, 6
FINISHED = (COMPLETE, CACHED)
_INPUT, _OUTPUT, _LIVE = 3, 4, 2
_CONTEXTS = ("pipeline", "pipeline_run", "node", "execution_cache")


def _set(value: Any, given: Any) -> None:
    if isinstance(given, bool):
        value.int_value = int(given)
    elif isinstance(given, int):
        value.int_value = given
    elif isinstance(given, float):
        value.double_value = given
    else:
        value.string_value = given if isinstance(given, str) else json.dumps(given, default=repr)


def plain(value: Any) -> Any:
    """Return what a property's value holds."""
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None


class Records:
    """The store of a pipeline, in a run's own words.

    Args:
        url: where the store is.
        pipeline: the pipeline's name.
    """

    def __init__(self, url: str, pipeline: str):
        from tidefall.lifecycle.metadata.store import MetadataStore

        if "://" not in url:
            os.makedirs(os.path.dirname(os.path.abspath(url)), exist_ok=True)
        self.store, self.pipeline = MetadataStore(url), pipeline
        self._types: dict[tuple[str, str], int] = {}
        for name in _CONTEXTS:
            self._types["context", name] = self.store.put_context_type(
                mlmd.ContextType(name=name), can_add_fields=True, can_omit_fields=True
            )

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    # --- runs -------------------------------------------------------------------------------------

    def _context(self, kind: str, name: str) -> Any:
        return mlmd.Context(type_id=self._types["context", kind], name=name)

    def put_run(self, run_id: str, state: str, definition: str) -> None:
        """Store the state of a run."""
        context = self.store.get_context_by_type_and_name("pipeline_run", run_id)
        context = context or self._context("pipeline_run", run_id)
        for key, value in (("state", state), ("definition", definition), ("of", self.pipeline)):
            _set(context.custom_properties[key], value)
        self.store.put_contexts([context])

    def runs(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the runs of the pipeline, the oldest first: id and properties."""
        found = sorted(self.store.get_contexts_by_type("pipeline_run"), key=lambda one: one.id)
        made = [(c.name, {k: plain(v) for k, v in c.custom_properties.items()}) for c in found]
        return [(name, values) for name, values in made if values.get("of") == self.pipeline]

    def executions(self, run_id: str) -> dict[str, tuple[Any, dict[str, Any]]]:
        """Return the newest execution of each node in a run, and its properties."""
        context = self.store.get_context_by_type_and_name("pipeline_run", run_id)
        if context is None:
            return {}
        found: dict[str, tuple[Any, dict[str, Any]]] = {}
        executions = self.store.get_executions_by_context(context.id)
        for one in sorted(executions, key=lambda one: one.id):
            values = {k: plain(v) for k, v in one.custom_properties.items()}
            found[values["__node__"]] = one, values
        return found

    # --- executions -------------------------------------------------------------------------------

    def _typed(self, kind: str, name: str, properties: Any = None) -> int:
        if (kind, name) not in self._types:
            if kind == "artifact":
                message = mlmd.ArtifactType(name=name)
                for key, declared in (properties or {}).items():
                    number = declared.type.value
                    message.properties[key] = (
                        3 if declared.type == PropertyType.JSON_VALUE else number
                    )
                put = self.store.put_artifact_type
            else:
                message, put = mlmd.ExecutionType(name=name), self.store.put_execution_type
            self._types[kind, name] = put(message, can_add_fields=True, can_omit_fields=True)
        return self._types[kind, name]

    def start(
        self, node: str, type_name: str, run_id: str, properties: dict[str, Any],
        inputs: dict[str, list[Artifact]],
    ) -> int:  # fmt: skip
        """Store that a node runs; return the execution's id."""
        execution = self._execution(node, type_name, properties, RUNNING)
        return self._put(execution, self._pairs(inputs, _INPUT), [*self._places(node, run_id)])

    def _execution(self, node: str, type_name: str, properties: Any, state: int) -> Any:
        execution = mlmd.Execution(type_id=self._typed("execution", type_name))
        execution.last_known_state = state
        _set(execution.custom_properties["__node__"], node)
        for key, value in properties.items():
            _set(execution.custom_properties[key], value)
        return execution

    def _places(self, node: str, run_id: str) -> list[Any]:
        names = (("pipeline", self.pipeline), ("pipeline_run", run_id),
                 ("node", f"{self.pipeline}.{node}"))  # fmt: skip
        return [self._context(kind, name) for kind, name in names]

    def _pairs(self, group: dict[str, list[Artifact]], kind: int) -> list[tuple[Any, Any]]:
        pairs: list[tuple[Any, Any]] = []
        for key, artifacts in group.items():
            for index, artifact in enumerate(artifacts):
                event = mlmd.Event(type=kind)
                event.path.steps.add(key=key)
                event.path.steps.add(index=index)
                pairs.append((self._message(artifact), event))
        return pairs

    def _message(self, artifact: Artifact) -> Any:
        declared = type(artifact).PROPERTIES or {}
        type_id = self._typed("artifact", artifact.type_name, declared)
        message = mlmd.Artifact(type_id=type_id, uri=artifact.uri, state=_LIVE)
        if artifact.id:
            message.id = artifact.id
        for key, value in artifact.properties.items():
            _set(message.properties[key], value)
        for key, value in artifact.custom_properties.items():
            _set(message.custom_properties[key], value)
        return message

    def _put(self, execution: Any, pairs: list[tuple[Any, Any]], contexts: list[Any]) -> int:
        execution_id, artifact_ids, _ = self.store.put_execution(
            execution, pairs, contexts, reuse_context_if_already_exist=True
        )
        self._last_ids = artifact_ids
        return execution_id

    def publish(
        self, execution_id: int, outputs: dict[str, list[Artifact]], state: int, run_id: str,
        node: str, cache_key: str = "", properties: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Store how an execution ended, with all its outputs, in one transaction."""
        (execution,) = self.store.get_executions_by_id([execution_id])
        execution.last_known_state = state
        for key, value in (properties or {}).items():
            _set(execution.custom_properties[key], value)
        contexts = self._places(node, run_id)
        if cache_key:
            contexts.append(self._context("execution_cache", cache_key))
        flat = [one for artifacts in outputs.values() for one in artifacts]
        _, artifact_ids, _ = self.store.put_execution(
            execution, self._pairs(outputs, _OUTPUT), contexts, reuse_context_if_already_exist=True
        )
        for artifact, its_id in zip(flat, artifact_ids, strict=True):
            artifact.id, artifact.state = its_id, "published"

    def outputs(self, execution_id: int) -> dict[str, list[Artifact]]:
        """Return the outputs of an execution by key."""
        return self._linked(execution_id, _OUTPUT)

    def _linked(self, execution_id: int, kind: int) -> dict[str, list[Artifact]]:
        events = [
            event
            for event in self.store.get_events_by_execution_ids([execution_id])
            if event.type == kind
        ]
        stored = self.store.get_artifacts_by_id([event.artifact_id for event in events])
        by_id = {one.id: one for one in self.loaded(stored)}
        found: dict[str, list[Artifact]] = {}
        for event in events:
            found.setdefault(event.path.steps[0].key, []).append(by_id[event.artifact_id])
        return found

    def cached(self, cache_key: str) -> tuple[int, dict[str, list[Artifact]]] | None:
        """Return the newest finished execution of a cache key whose outputs are all there."""
        context = self.store.get_context_by_type_and_name("execution_cache", cache_key)
        if context is None:
            return None
        found = self.store.get_executions_by_context(context.id)
        for execution in sorted(found, key=lambda one: -one.id):
            if execution.last_known_state in FINISHED:
                outputs = self.outputs(execution.id)
                if all(os.path.exists(one.uri) for many in outputs.values() for one in many):
                    return execution.id, outputs
        return None

    # --- artifacts --------------------------------------------------------------------------------

    def loaded(self, messages: Any) -> list[Artifact]:
        """Return stored artifacts as objects."""
        messages = list(messages)
        wanted = {one.type_id for one in messages}
        names = {one.id: one.name for one in self.store.get_artifact_types_by_id(wanted)}
        made: list[Artifact] = []
        for message in messages:
            artifact = artifact_class(names[message.type_id])()
            artifact.id, artifact.uri = message.id, message.uri
            artifact.state = "published" if message.state == _LIVE else "other"
            artifact.properties.update({k: plain(v) for k, v in message.properties.items()})
            custom = {k: plain(v) for k, v in message.custom_properties.items()}
            artifact.custom_properties.update(custom)
            made.append(artifact)
        return made

    def of_channel(self, channel: Any) -> list[Artifact]:
        """Return the live artifacts that a channel of the store names."""
        if channel.artifacts:
            return list(channel.artifacts)
        if channel.producer_component_id:
            found = self._of_node(channel.producer_component_id, channel.output_key)
        else:
            context = self.store.get_context_by_type_and_name("pipeline", self.pipeline)
            if context is None:
                return []
            found = self.loaded(self.store.get_artifacts_by_context(context.id))
        return [one for one in found if isinstance(one, channel.type) and one.state == "published"]

    def _of_node(self, node: str, key: str | None) -> list[Artifact]:
        """What a node gave as an output, or as any; its context has what it read as well."""
        context = self.store.get_context_by_type_and_name("node", f"{self.pipeline}.{node}")
        if context is None:
            return []
        found: dict[int, Artifact] = {}
        for execution in self.store.get_executions_by_context(context.id):
            if execution.last_known_state in FINISHED:
                for name, many in self.outputs(execution.id).items():
                    if key in (None, name):
                        found.update((one.id, one) for one in many)
        return list(found.values())

    def at(self, uri: str, type_name: str) -> Artifact | None:
        """Return the newest artifact of a type at a place, or None."""
        found = self.loaded(self.store.get_artifacts_by_uri(uri))
        return max(
            (one for one in found if one.type_name == type_name), key=lambda one: one.id,
            default=None,
        )  # fmt: skip
