"""Models and versions in the metadata database.

A model is a context of type `tidefall.RegisteredModel`, a version an artifact of type
`tidefall.ModelVersion` named NAME/NUMBER: the database lets a number be taken once. What changes
about them (stage, aliases, tags, description) are custom properties.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database, Transaction

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
        with database.transaction() as transaction:
            self._model_type = _type(transaction, MODEL, 2)
            self._version_type = _type(transaction, VERSION, 1)

    # -- models

    def model_id(self, name: str) -> int | None:
        """Return the context of a model, or None."""
        sql = "SELECT id FROM Context WHERE type_id = ? AND name = ?"
        rows = self.database.rows(sql, (self._model_type, name))
        return rows[0][0] if rows else None

    def add_model(self, name: str) -> int:
        """Insert a model; returns its context."""
        now = _now()
        with self.database.transaction() as transaction:
            return transaction.insert(
                "Context",
                type_id=self._model_type,
                name=name,
                create_time_since_epoch=now,
                last_update_time_since_epoch=now,
            )

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
        for key, name, text in self.texts("Context", list(found)):
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
                for _, name, text in self.texts("Context", [model_id])
                if name == "last_version"
            ),
            0,
        ][:1]
        self.put_texts("Context", model_id, {"last_version": str(last + 1)})
        return last + 1

    # -- versions

    def add_version(
        self, model_id: int, name: str, number: int, uri: str, texts: Mapping[str, str]
    ) -> int:
        """Insert a version; returns its artifact."""
        now = _now()
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
            self.put_texts("Artifact", key, texts)
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
        for key, name, text in self.texts("Artifact", list(found)):
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

    def texts(self, kind: str, keys: Sequence[int]) -> Iterable[tuple[int, str, str]]:
        """Yield key, name and value of the custom properties of nodes."""
        owner = f"{kind.lower()}_id"
        sql = (
            f"SELECT {owner}, name, string_value FROM {kind}Property WHERE {owner} IN ({{}}) "
            "AND is_custom_property = ? AND string_value IS NOT NULL ORDER BY name"
        )
        return self.database.rows_in(sql, keys, (True,))

    def put_texts(self, kind: str, key: int, given: Mapping[str, str]) -> None:
        """Set custom properties of a node."""
        owner = f"{kind.lower()}_id"
        columns = (owner, "name", "is_custom_property", "string_value")
        rows = [(key, name, True, text) for name, text in given.items()]
        with self.database.transaction() as transaction:
            transaction.put_many(f"{kind}Property", columns, columns[:3], rows)
            transaction.update(kind, key, last_update_time_since_epoch=_now())

    def take_text(self, kind: str, key: int, name: str) -> bool:
        """Delete a custom property; returns whether it was there."""
        sql = f"DELETE FROM {kind}Property WHERE {kind.lower()}_id = ? AND name = ?"
        with self.database.transaction() as transaction:
            return transaction.execute(sql, (key, name)) > 0

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
            sql = "SELECT id FROM Type WHERE name = ? AND type_kind = 2"
            aside = transaction.rows(sql, [f"{MODEL}.deleted"])
            type_id = aside[0][0] if aside else _type(transaction, f"{MODEL}.deleted", 2)
            transaction.update("Context", model_id, type_id=type_id)


def _type(transaction: Transaction, name: str, kind: int) -> int:
    sql = "SELECT id FROM Type WHERE name = ? AND type_kind = ? AND version IS NULL"
    rows = transaction.rows(sql, (name, kind))
    return rows[0][0] if rows else transaction.insert("Type", name=name, type_kind=kind)


def _now() -> int:
    return int(time.time() * 1000)
