"""The short way to store what a step did: types are made as needed, values are plain Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidefall.lifecycle.metadata import values
from tidefall.lifecycle.metadata.store import MetadataStore


@dataclass
class ArtifactSpec:
    """An artifact to be stored.

    Args:
        type: the name of its type, such as "Examples" or "Model".
        uri: where it lies.
        properties: values by name; they become custom properties.
        name: a name, which no other artifact of the type may have; or "".
        id: the id of a stored artifact; the rest is not looked at then.
    """

    type: str = ""
    uri: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    id: int | None = None


@dataclass
class Published:
    """The ids of what was stored, artifacts by the key they were given under."""

    execution: int
    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]
    contexts: list[int]


def publish(
    store: MetadataStore,
    type: str,
    *,
    inputs: Mapping[str, Sequence[ArtifactSpec | int]] | None = None,
    outputs: Mapping[str, Sequence[ArtifactSpec | int]] | None = None,
    contexts: Sequence[tuple[str, str]] = (),
    properties: Mapping[str, Any] | None = None,
    state: str = "COMPLETE",
    name: str = "",
    execution_id: int | None = None,
) -> Published:
    """Store an execution with its inputs and outputs, in one transaction.

    Args:
        store: the store.
        type: the name of the execution's type.
        inputs: what it read, by key: specs, or ids of stored artifacts.
        outputs: what it made, by key.
        contexts: types and names of the contexts all of it belongs to, such as
            `("pipeline", "taxi")`; they are made where they are new.
        properties: custom properties of the execution: bools, numbers, texts, or dicts.
        state: NEW, RUNNING, COMPLETE, FAILED, CACHED or CANCELED.
        name: a name, which no other execution of the type may have; or "".
        execution_id: the stored execution this is the outcome of; its properties are replaced.

    Returns:
        The ids.

    Raises:
        InvalidArgumentError: the state is unknown, a property is no such value, or there is no
            artifact or execution with an id.
        AlreadyExistsError: a name is taken.

    >>> import tempfile
    >>> store = MetadataStore(tempfile.mkdtemp() + "/metadata.db")
    >>> made = publish(store, "Gen", outputs={"examples": [ArtifactSpec("Examples", "/data/1")]})
    >>> made.outputs
    {'examples': [1]}
    >>> publish(store, "Train", inputs={"examples": [1]}, contexts=[("pipeline", "taxi")]).contexts
    [1]
    >>> store.close()
    """
    from tidefall.proto import mlmd

    execution = mlmd.Execution(last_known_state=_state(state))
    if execution_id is not None:
        execution.id = execution_id
    else:
        execution.name = name
    for key, value in (properties or {}).items():
        values.set_value(execution.custom_properties[key], value, f"property {key!r}")
    given = [
        (kind, key, index, spec)
        for kind, group in ((mlmd.Event.INPUT, inputs), (mlmd.Event.OUTPUT, outputs))
        for key, specs in (group or {}).items()
        for index, spec in enumerate(specs)
    ]
    with store.transaction():
        if execution_id is None:
            execution.type_id = store.put_execution_type(
                mlmd.ExecutionType(name=type), can_omit_fields=True
            )
        pairs = [
            (_artifact(store, spec), _event(kind, key, index)) for kind, key, index, spec in given
        ]
        execution_id, ids, context_ids = store.put_execution(
            execution,
            pairs,
            [_context(store, *context) for context in contexts],
            reuse_context_if_already_exist=True,
        )
    made = Published(execution_id, {}, {}, context_ids)
    for (kind, key, _, _), artifact_id in zip(given, ids, strict=True):
        side = made.inputs if kind == mlmd.Event.INPUT else made.outputs
        side.setdefault(key, []).append(artifact_id)
    return made


def store_artifact(store: MetadataStore, spec: ArtifactSpec) -> int:
    """Store an artifact by itself; returns its id."""
    with store.transaction():
        return store.put_artifacts([_artifact(store, spec)])[0]


def _state(name: str) -> int:
    from tidefall.base import errors
    from tidefall.proto import mlmd

    try:
        return mlmd.Execution.State.Value(name)
    except ValueError:
        known = [n for n in mlmd.Execution.State.keys() if n != "UNKNOWN"]  # noqa: SIM118
        message = f"publish: the state is {name!r}; one of {known} was expected"
        raise errors.InvalidArgumentError(None, None, message) from None


def _artifact(store: MetadataStore, spec: ArtifactSpec | int) -> Any:
    from tidefall.proto import mlmd

    if isinstance(spec, int):
        return mlmd.Artifact(id=spec)
    if spec.id is not None:
        return mlmd.Artifact(id=spec.id)
    type_id = store.put_artifact_type(mlmd.ArtifactType(name=spec.type), can_omit_fields=True)
    artifact = mlmd.Artifact(type_id=type_id, state=mlmd.Artifact.LIVE)
    if spec.uri:
        artifact.uri = os.fspath(spec.uri)
    if spec.name:
        artifact.name = spec.name
    for key, value in spec.properties.items():
        values.set_value(artifact.custom_properties[key], value, f"property {key!r}")
    return artifact


def _event(kind: int, key: str, index: int) -> Any:
    from tidefall.proto import mlmd

    event = mlmd.Event(type=kind)
    event.path.steps.add(key=key)
    event.path.steps.add(index=index)
    return event


def _context(store: MetadataStore, type: str, name: str) -> Any:
    from tidefall.proto import mlmd

    type_id = store.put_context_type(mlmd.ContextType(name=type), can_omit_fields=True)
    return mlmd.Context(type_id=type_id, name=name)
