"""Models and versions in the metadata database.

A model is a context of type `tidefall.RegisteredModel`, a version an artifact of type
`tidefall.ModelVersion` named NAME/NUMBER: the database lets a number be taken once. What changes
about them (stage, aliases, tags, description) are custom properties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import ARTIFACT, CONTEXT, Kind
from tidefall.lifecycle.metadata.records import (
    add_context,
    context_named,
    now_ms,
    put_texts,
    texts,
    type_id,
)

MODEL, VERSION = "tidefall.RegisteredModel", "tidefall.ModelVersion"
_STAGE = "stage"


@dataclass
class RegisteredModel:
    """A model: the name its versions share."""

    name: str
    id: int = 0
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    created: int = 0
    updated: int = 0


@dataclass
class ModelVersion:
    """A version of a model.

    Args:
        model: the model's name.
        number: 1 for the first.
        id: of the artifact in the metadata store.
        source: what it was registered from.
        path: the folder of the version, or "" where the registry keeps only a reference.
        stage: None, Staging, Production or Archived.
        run_id: the run that made it, or "".
        manifest: the SHA-256 of its manifest, or "".
    """

    model: str
    number: int
    id: int = 0
    source: str = ""
    path: str = ""
    stage: str = "None"
    run_id: str = ""
    user: str = ""
    description: str = ""
    manifest: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    approvals: list[str] = field(default_factory=list)
    created: int = 0
    updated: int = 0


class ModelRecords:
    """The models and versions of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction():
            self._model_type = type_id(database, CONTEXT, MODEL)
            self._version_type = type_id(database, ARTIFACT, VERSION)

    # -- models

    def model_id(self, name: str) -> int | None:
        """Return the context of a model, or None."""
        return context_named(self.database, self._model_type, name)

    def add_model(self, name: str) -> int:
        """Insert a model; returns its context."""
        return add_context(self.database, self._model_type, name)

    def models(self, condition: str = "", parameters: Sequence[Any] = ()) -> list[RegisteredModel]:
        """Return models, all or those that meet a condition on `c`, by name."""
        sql = (
            "SELECT c.id, c.name, c.create_time_since_epoch, c.last_update_time_since_epoch "
            f"FROM Context c WHERE c.type_id = ? {condition or 'ORDER BY c.name'}"
        )
        rows = self.database.rows(sql, [self._model_type, *parameters])
        found = {
            key: RegisteredModel(name, key, created=created, updated=updated)
            for key, name, created, updated in rows
        }
        for key, name, text in texts(self.database, CONTEXT, list(found)):
            if name.startswith("t."):
                found[key].tags[name[2:]] = text
            elif name.startswith("alias."):
                found[key].aliases[name[6:]] = int(text)
            elif name == "description":
                found[key].description = text
        return list(found.values())

    def take_number(self, model_id: int) -> int:
        """Return the next version's number, within an exclusive transaction."""
        (last,) = [
            *(
                int(text)
                for _, name, text in texts(self.database, CONTEXT, [model_id])
                if name == "last_version"
            ),
            0,
        ][:1]
        self.put_texts(CONTEXT, model_id, {"last_version": str(last + 1)})
        return last + 1

    # -- versions

    def add_version(
        self, model_id: int, name: str, number: int, uri: str, given: Mapping[str, str]
    ) -> int:
        """Insert a version; returns its artifact."""
        now = now_ms()
        with self.database.transaction() as transaction:
            key = transaction.insert(
                "Artifact",
                type_id=self._version_type,
                uri=uri,
                state=2,
                name=f"{name}/{number}",
                create_time_since_epoch=now,
                last_update_time_since_epoch=now,
            )
            transaction.insert("Attribution", context_id=model_id, artifact_id=key)
            self.put_texts(ARTIFACT, key, given)
            transaction.update("Context", model_id, last_update_time_since_epoch=now)
        return key

    def versions(self, condition: str, parameters: Sequence[Any] = ()) -> list[ModelVersion]:
        """Return the versions that meet a condition on `a`."""
        sql = (
            "SELECT a.id, a.name, a.create_time_since_epoch, a.last_update_time_since_epoch "
            f"FROM Artifact a WHERE a.type_id = ? {condition}"
        )
        rows = self.database.rows(sql, [self._version_type, *parameters])
        found = {}
        for key, name, created, updated in rows:
            model, _, number = name.rpartition("/")
            found[key] = ModelVersion(model, int(number), key, created=created, updated=updated)
        for key, name, text in texts(self.database, ARTIFACT, list(found)):
            version = found[key]
            if name.startswith("t."):
                version.tags[name[2:]] = text
            elif name.startswith("approval."):
                version.approvals.append(name[9:])
            elif name in ("source", "path", _STAGE, "run_id", "user", "description", "manifest"):
                setattr(version, name, text)
        return list(found.values())

    def version(self, name: str, number: int) -> ModelVersion:
        """Return a version.

        Raises:
            NotFoundError: there is none.
        """
        found = self.versions("AND a.name = ?", [f"{name}/{number}"])
        if not found:
            message = f"model {name!r} has no version {number} in {self.database.where}"
            raise errors.NotFoundError(None, None, message)
        return found[0]

    def versions_of(self, model_id: int) -> list[ModelVersion]:
        """Return the versions of a model, the newest first."""
        condition = (
            "AND a.id IN (SELECT artifact_id FROM Attribution WHERE context_id = ?) "
            "ORDER BY a.id DESC"
        )
        return self.versions(condition, [model_id])

    # -- properties that are texts

    def put_texts(self, kind: Kind, key: int, given: Mapping[str, str]) -> None:
        """Set texts of a node, which is changed by that."""
        with self.database.transaction() as transaction:
            put_texts(self.database, kind, key, given)
            transaction.update(kind.name, key, last_update_time_since_epoch=now_ms())

    def delete_version(self, version: ModelVersion) -> None:
        """Take a version's record away; its number stays taken."""
        with self.database.transaction() as transaction:
            for sql in (
                "DELETE FROM ArtifactProperty WHERE artifact_id = ?",
                "DELETE FROM Attribution WHERE artifact_id = ?",
            ):
                transaction.execute(sql, [version.id])
            # The artifact stays for the lineage's sake, without its name.
            transaction.update("Artifact", version.id, name=None, state=4)

    def delete_model(self, model_id: int, name: str) -> None:
        """Take a model's record away; its name is put aside, so that numbers are not used again."""
        with self.database.transaction() as transaction:
            transaction.update("Context", model_id, name=f"{name[:200]} (deleted {model_id})")
            aside = type_id(self.database, CONTEXT, f"{MODEL}.deleted")
            transaction.update("Context", model_id, type_id=aside)
