"""`Catalog`: the models of a registry and their versions, to be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.places import database_url
from tidefall.lifecycle.registry.card import ModelCard
from tidefall.lifecycle.registry.records import ModelRecords, ModelVersion, RegisteredModel


class Catalog:
    """What is in a registry. Nothing is written, and no key is needed.

    Args:
        store: the folder: the database and `models/` are in it.
        database: another database, by URL or opened; the one in the folder for None.

    Raises:
        OpError: the database cannot be opened.
    """

    def __init__(
        self, store: str | os.PathLike[str], database: Database | str | None = None
    ) -> None:
        self.folder = Path(store).absolute()
        self._owned = not isinstance(database, Database)
        if isinstance(database, Database):
            self.database = database
        else:
            self.database = Database(database or database_url(self.folder))
        self.records = ModelRecords(self.database)

    def close(self) -> None:
        """Close the database, unless it was given."""
        if self._owned:
            self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def models(self) -> list[RegisteredModel]:
        """Return every model, by name."""
        return self.records.models()

    def model(self, name: str) -> RegisteredModel:
        """Return a model.

        Raises:
            NotFoundError: there is none of this name.
        """
        found = self.records.models("AND c.name = ?", [name])
        if not found:
            message = f"no model {name!r} in the registry {self.folder}"
            raise errors.NotFoundError(None, None, message)
        return found[0]

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the versions of a model, the newest first.

        Raises:
            NotFoundError: there is no such model.
        """
        return self.records.versions_of(self.model(name).id)

    def version(self, name: str, which: int | str) -> ModelVersion:
        """Return a version of a model.

        Args:
            name: the model's name.
            which: its number, an alias, a stage (the newest version in it), or "latest".

        Raises:
            NotFoundError: there is none.
        """
        if isinstance(which, int) or which.isdecimal():
            return self.records.version(name, int(which))
        model = self.model(name)
        if which in model.aliases:
            return self.records.version(name, model.aliases[which])
        for version in self.records.versions_of(model.id):
            if which in ("latest", version.stage):
                return version
        message = f"model {name!r} has no version, alias or stage {which!r}"
        raise errors.NotFoundError(None, None, message)

    def card(self, name: str, which: int | str) -> ModelCard:
        """Return the card of a version, with its stage and approvals of today.

        Raises:
            NotFoundError: there is no such version, or it has no folder here.
        """
        version = self.version(name, which)
        if not version.path:
            message = f"version {version.number} of {name!r} is a reference to {version.source}"
            raise errors.NotFoundError(None, None, message)
        card = ModelCard.read(self.path(version) / "assets.extra")
        aliases = [a for a, n in self.model(name).aliases.items() if n == version.number]
        today = {"stage": version.stage, "aliases": ", ".join(aliases)}
        card.add("Release", {**today, "approved by": ", ".join(version.approvals)})
        return card

    def path(self, version: ModelVersion) -> Path:
        """Return the folder of a version."""
        return self.folder / version.path
