"""`MetadataStore`: ML Metadata's store, by its names and with its messages.

What enters and leaves are the messages of `tidefall.proto.mlmd`. Everything is one transaction:
`put_execution` stores an execution with its inputs, outputs and contexts, or nothing of it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import ARTIFACT, CONTEXT, EXECUTION, Kind
from tidefall.lifecycle.metadata.links import LinkTable
from tidefall.lifecycle.metadata.listing import ListOptions, list_condition
from tidefall.lifecycle.metadata.nodes import NodeTable
from tidefall.lifecycle.metadata.types import TypeTable


class MetadataStore:
    """A store of artifacts, executions and contexts.

    Args:
        config: a path, a URL (`sqlite://`, `postgresql://`, `mysql://`), a `Database`, or ML
            Metadata's `ConnectionConfig`.

    Raises:
        InvalidArgumentError: config is none of these.
        OpError: the database cannot be opened; see `Database`.

    >>> import tempfile
    >>> from tidefall.proto import mlmd
    >>> store = MetadataStore(tempfile.mkdtemp() + "/metadata.db")
    >>> data = store.put_artifact_type(mlmd.ArtifactType(name="Examples"))
    >>> train = store.put_execution_type(mlmd.ExecutionType(name="Train"))
    >>> examples = mlmd.Artifact(type_id=data, uri="/data/census", state=mlmd.Artifact.LIVE)
    >>> event = mlmd.Event(type=mlmd.Event.INPUT)
    >>> store.put_execution(mlmd.Execution(type_id=train), [(examples, event)], [])
    (1, [1], [])
    >>> store.get_artifacts_by_uri("/data/census")[0].type
    'Examples'
    >>> store.close()
    """

    def __init__(self, config: Any) -> None:
        owned = not isinstance(config, Database)
        self.database = Database(_url(config)) if owned else config
        self._owned = owned
        self._types = TypeTable(self.database)
        self._links = LinkTable(self.database)
        self._artifacts = NodeTable(self.database, ARTIFACT, self._types)
        self._executions = NodeTable(self.database, EXECUTION, self._types)
        self._contexts = NodeTable(self.database, CONTEXT, self._types)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that a block writes one change: all of it is stored, or nothing."""
        with self.database.transaction():
            yield

    def close(self) -> None:
        """Close the connections, unless the database was given."""
        if self._owned:
            self.database.close()

    def __enter__(self) -> MetadataStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- types

    def put_artifact_type(
        self, artifact_type: Any, can_add_fields: bool = False, can_omit_fields: bool = False
    ) -> int:
        """Store a type of artifacts, or add properties to it.

        Args:
            artifact_type: an `ArtifactType`.
            can_add_fields: whether properties that are not stored yet are added.
            can_omit_fields: whether stored properties may be missing from artifact_type.

        Returns:
            The type's id.

        Raises:
            AlreadyExistsError: the type is stored, and differs in another way.
            InvalidArgumentError: it has no name, or a property of unknown type.
        """
        return self._types.put(ARTIFACT, artifact_type, can_add_fields, can_omit_fields)

    def put_execution_type(
        self, execution_type: Any, can_add_fields: bool = False, can_omit_fields: bool = False
    ) -> int:
        """Store a type of executions; see `put_artifact_type`."""
        return self._types.put(EXECUTION, execution_type, can_add_fields, can_omit_fields)

    def put_context_type(
        self, context_type: Any, can_add_fields: bool = False, can_omit_fields: bool = False
    ) -> int:
        """Store a type of contexts; see `put_artifact_type`."""
        return self._types.put(CONTEXT, context_type, can_add_fields, can_omit_fields)

    def get_artifact_type(self, type_name: str, type_version: str | None = None) -> Any:
        """Return a type of artifacts.

        Raises:
            NotFoundError: there is none of this name and version.
        """
        return self._type(ARTIFACT, type_name, type_version)

    def get_execution_type(self, type_name: str, type_version: str | None = None) -> Any:
        """Return a type of executions; see `get_artifact_type`."""
        return self._type(EXECUTION, type_name, type_version)

    def get_context_type(self, type_name: str, type_version: str | None = None) -> Any:
        """Return a type of contexts; see `get_artifact_type`."""
        return self._type(CONTEXT, type_name, type_version)

    def _type(self, kind: Kind, name: str, version: str | None) -> Any:
        found = self._types.find(kind, name, version)
        if found is None:
            known = sorted(t.name for t in self._types.all(kind))
            message = (
                f"metadata: no {kind.word} type {name!r} (version {version}); there are {known}"
            )
            raise errors.NotFoundError(None, None, message)
        return found

    def get_artifact_types(self) -> list[Any]:
        """Return every type of artifacts."""
        return self._types.all(ARTIFACT)

    def get_execution_types(self) -> list[Any]:
        """Return every type of executions."""
        return self._types.all(EXECUTION)

    def get_context_types(self) -> list[Any]:
        """Return every type of contexts."""
        return self._types.all(CONTEXT)

    def get_artifact_types_by_id(self, type_ids: Iterable[int]) -> list[Any]:
        """Return the types of artifacts with some ids."""
        return self._types.by(ARTIFACT, "id", type_ids)

    def get_execution_types_by_id(self, type_ids: Iterable[int]) -> list[Any]:
        """Return the types of executions with some ids."""
        return self._types.by(EXECUTION, "id", type_ids)

    def get_context_types_by_id(self, type_ids: Iterable[int]) -> list[Any]:
        """Return the types of contexts with some ids."""
        return self._types.by(CONTEXT, "id", type_ids)

    # -- artifacts

    def put_artifacts(self, artifacts: Sequence[Any]) -> list[int]:
        """Store artifacts: those without an id are new, those with one replace what is stored.

        Args:
            artifacts: `Artifact` messages.

        Returns:
            Their ids, in order.

        Raises:
            NotFoundError: a type is unknown.
            InvalidArgumentError: an id is unknown, or a property is not one of the type, or is of
                another type.
            AlreadyExistsError: another artifact has the type and the name, or the external id.
        """
        return self._artifacts.put(artifacts)

    def get_artifacts(self, list_options: ListOptions | None = None) -> list[Any]:
        """Return artifacts: all, or as many and in the order that `ListOptions` say."""
        return self._artifacts.where(*list_condition(ARTIFACT, list_options))

    def get_artifacts_by_id(self, artifact_ids: Iterable[int]) -> list[Any]:
        """Return the artifacts with some ids; what is not found is left out."""
        return self._artifacts.by("id", artifact_ids)

    def get_artifacts_by_type(self, type_name: str, type_version: str | None = None) -> list[Any]:
        """Return the artifacts of a type; none where there is no such type."""
        return self._artifacts.of_type(type_name, type_version)

    def get_artifact_by_type_and_name(
        self, type_name: str, artifact_name: str, type_version: str | None = None
    ) -> Any | None:
        """Return the artifact of a type and name, or None."""
        return self._artifacts.named(type_name, artifact_name, type_version)

    def get_artifacts_by_uri(self, uri: str) -> list[Any]:
        """Return the artifacts at a place."""
        return self._artifacts.where("WHERE n.uri = ?", (uri,))

    def get_artifacts_by_external_ids(self, external_ids: Iterable[str]) -> list[Any]:
        """Return the artifacts with some external ids."""
        return self._artifacts.by("external_id", external_ids)

    def get_artifacts_by_context(self, context_id: int) -> list[Any]:
        """Return the artifacts of a context."""
        condition = "JOIN Attribution l ON l.artifact_id = n.id WHERE l.context_id = ?"
        return self._artifacts.where(condition, (context_id,))

    # -- executions

    def put_executions(self, executions: Sequence[Any]) -> list[int]:
        """Store executions; see `put_artifacts`."""
        return self._executions.put(executions)

    def get_executions(self, list_options: ListOptions | None = None) -> list[Any]:
        """Return executions: all, or as many and in the order that `ListOptions` say."""
        return self._executions.where(*list_condition(EXECUTION, list_options))

    def get_executions_by_id(self, execution_ids: Iterable[int]) -> list[Any]:
        """Return the executions with some ids; what is not found is left out."""
        return self._executions.by("id", execution_ids)

    def get_executions_by_type(self, type_name: str, type_version: str | None = None) -> list[Any]:
        """Return the executions of a type; none where there is no such type."""
        return self._executions.of_type(type_name, type_version)

    def get_execution_by_type_and_name(
        self, type_name: str, execution_name: str, type_version: str | None = None
    ) -> Any | None:
        """Return the execution of a type and name, or None."""
        return self._executions.named(type_name, execution_name, type_version)

    def get_executions_by_external_ids(self, external_ids: Iterable[str]) -> list[Any]:
        """Return the executions with some external ids."""
        return self._executions.by("external_id", external_ids)

    def get_executions_by_context(self, context_id: int) -> list[Any]:
        """Return the executions of a context."""
        condition = "JOIN Association l ON l.execution_id = n.id WHERE l.context_id = ?"
        return self._executions.where(condition, (context_id,))

    # -- contexts

    def put_contexts(self, contexts: Sequence[Any]) -> list[int]:
        """Store contexts, each with a name; see `put_artifacts`."""
        return self._contexts.put(contexts)

    def get_contexts(self, list_options: ListOptions | None = None) -> list[Any]:
        """Return contexts: all, or as many and in the order that `ListOptions` say."""
        return self._contexts.where(*list_condition(CONTEXT, list_options))

    def get_contexts_by_id(self, context_ids: Iterable[int]) -> list[Any]:
        """Return the contexts with some ids; what is not found is left out."""
        return self._contexts.by("id", context_ids)

    def get_contexts_by_type(self, type_name: str, type_version: str | None = None) -> list[Any]:
        """Return the contexts of a type; none where there is no such type."""
        return self._contexts.of_type(type_name, type_version)

    def get_context_by_type_and_name(
        self, type_name: str, context_name: str, type_version: str | None = None
    ) -> Any | None:
        """Return the context of a type and name, or None."""
        return self._contexts.named(type_name, context_name, type_version)

    def get_contexts_by_external_ids(self, external_ids: Iterable[str]) -> list[Any]:
        """Return the contexts with some external ids."""
        return self._contexts.by("external_id", external_ids)

    def get_contexts_by_artifact(self, artifact_id: int) -> list[Any]:
        """Return the contexts that an artifact belongs to."""
        condition = "JOIN Attribution l ON l.context_id = n.id WHERE l.artifact_id = ?"
        return self._contexts.where(condition, (artifact_id,))

    def get_contexts_by_execution(self, execution_id: int) -> list[Any]:
        """Return the contexts that an execution belongs to."""
        condition = "JOIN Association l ON l.context_id = n.id WHERE l.execution_id = ?"
        return self._contexts.where(condition, (execution_id,))

    def put_parent_contexts(self, parent_contexts: Sequence[Any]) -> None:
        """Store that contexts are parts of others.

        Raises:
            InvalidArgumentError: there is no such context.
        """
        pairs = [(link.child_id, link.parent_id) for link in parent_contexts]
        self._links.put_pairs("ParentContext", ("context_id", "parent_context_id"), pairs)

    def get_parent_contexts_by_context(self, context_id: int) -> list[Any]:
        """Return the contexts that a context is a part of."""
        condition = "JOIN ParentContext l ON l.parent_context_id = n.id WHERE l.context_id = ?"
        return self._contexts.where(condition, (context_id,))

    def get_children_contexts_by_context(self, context_id: int) -> list[Any]:
        """Return the contexts that are parts of a context."""
        condition = "JOIN ParentContext l ON l.context_id = n.id WHERE l.parent_context_id = ?"
        return self._contexts.where(condition, (context_id,))

    # -- what joins them

    def put_events(self, events: Sequence[Any]) -> None:
        """Store which executions read or made which artifacts.

        Raises:
            InvalidArgumentError: there is no such artifact or execution, or an event has no type.
            AlreadyExistsError: the event is stored.
        """
        self._links.put_events(events)

    def get_events_by_execution_ids(self, execution_ids: Iterable[int]) -> list[Any]:
        """Return the events of some executions."""
        return self._links.events("execution_id", execution_ids)

    def get_events_by_artifact_ids(self, artifact_ids: Iterable[int]) -> list[Any]:
        """Return the events of some artifacts."""
        return self._links.events("artifact_id", artifact_ids)

    def put_attributions_and_associations(
        self, attributions: Sequence[Any], associations: Sequence[Any]
    ) -> None:
        """Store which artifacts and executions belong to which contexts.

        Raises:
            InvalidArgumentError: there is no such artifact, execution or context.
        """
        made = [(link.context_id, link.artifact_id) for link in attributions]
        run = [(link.context_id, link.execution_id) for link in associations]
        with self.database.transaction():
            self._links.put_pairs("Attribution", ("context_id", "artifact_id"), made)
            self._links.put_pairs("Association", ("context_id", "execution_id"), run)

    def put_execution(
        self,
        execution: Any,
        artifact_and_events: Sequence[tuple[Any, Any]],
        contexts: Sequence[Any] | None,
        reuse_context_if_already_exist: bool = False,
        reuse_artifact_if_already_exist_by_external_id: bool = False,
    ) -> tuple[int, list[int], list[int]]:
        """Store an execution with its inputs, outputs and contexts, or nothing of it.

        Args:
            execution: an `Execution`, new or stored.
            artifact_and_events: pairs of an `Artifact`, new or stored, and an `Event` or None; the
                event's ids are filled in.
            contexts: `Context`s, new or stored, that the execution and the artifacts belong to.
            reuse_context_if_already_exist: take the stored context of the same type and name for
                one that is new.
            reuse_artifact_if_already_exist_by_external_id: the same for artifacts.

        Returns:
            The execution's id, the artifacts' and the contexts'.

        Raises:
            OpError: as `put_artifacts` and `put_events` do.
        """
        from tidefall.proto import mlmd

        with self.database.transaction():
            (execution_id,) = self._executions.put([execution])
            artifact_ids = []
            for artifact, event in artifact_and_events:
                artifact_ids.append(
                    self._put_artifact(artifact, reuse_artifact_if_already_exist_by_external_id)
                )
                if event is not None:
                    filled = mlmd.Event()
                    filled.CopyFrom(event)
                    filled.artifact_id, filled.execution_id = artifact_ids[-1], execution_id
                    self._links.put_events([filled], may_exist=True)
            context_ids = [
                self._put_context(context, reuse_context_if_already_exist)
                for context in contexts or ()
            ]
            for context_id in context_ids:
                self._links.put_pairs(
                    "Association", ("context_id", "execution_id"), [(context_id, execution_id)]
                )
                pairs = [(context_id, artifact_id) for artifact_id in artifact_ids]
                self._links.put_pairs("Attribution", ("context_id", "artifact_id"), pairs)
        return execution_id, artifact_ids, context_ids

    def _put_artifact(self, artifact: Any, reuse: bool) -> int:
        if reuse and artifact.external_id and not artifact.HasField("id"):
            found = self._artifacts.by("external_id", [artifact.external_id])
            if found:
                return found[0].id
        # A stored artifact that is only referred to stays as it is.
        if artifact.HasField("id") and len(artifact.ListFields()) == 1:
            if not self._artifacts.by("id", [artifact.id]):
                message = f"metadata: there is no artifact with id {artifact.id}"
                raise errors.InvalidArgumentError(None, None, message)
            return artifact.id
        return self._artifacts.put([artifact])[0]

    def _put_context(self, context: Any, reuse: bool) -> int:
        if reuse and not context.HasField("id"):
            condition = "WHERE n.type_id = ? AND n.name = ?"
            found = self._contexts.where(condition, (context.type_id, context.name))
            if found:
                return found[0].id
        return self._contexts.put([context])[0]


def _url(config: Any) -> str:
    if isinstance(config, str | os.PathLike):
        return os.fspath(config)  # pyright: ignore[reportReturnType]
    if hasattr(config, "WhichOneof"):
        which = config.WhichOneof("config")
        if which == "sqlite" and config.sqlite.filename_uri:
            return config.sqlite.filename_uri.removeprefix("file:").partition("?")[0]
        if which in ("mysql", "postgresql"):
            return _server_url(which, getattr(config, which))
    raise errors.InvalidArgumentError(
        None,
        None,
        f"metadata store: a path, a URL or a ConnectionConfig with sqlite, postgresql or mysql was "
        f"expected, not {config!r}",
    )


def _server_url(which: str, config: Any) -> str:
    from urllib.parse import quote

    database = config.database if which == "mysql" else config.dbname
    password = f":{quote(config.password, safe='')}" if config.password else ""
    user = f"{quote(config.user, safe='')}{password}@" if config.user else ""
    port = f":{config.port}" if config.port else ""
    return f"{which}://{user}{config.host}{port}/{database}"
