"""`Registry`: models, their versions, and every change to them, allowed and written down."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import ARTIFACT, CONTEXT
from tidefall.lifecycle.metadata.places import disk_error
from tidefall.lifecycle.metadata.records import take_text
from tidefall.lifecycle.registry import card as cards
from tidefall.lifecycle.registry.card import ModelCard
from tidefall.lifecycle.registry.catalog import Catalog
from tidefall.lifecycle.registry.folders import (
    FolderWriter,
    check_folder,
    copy_model,
    put_in_place,
    remove_folder,
)
from tidefall.lifecycle.registry.journal import Journal
from tidefall.lifecycle.registry.policy import Policy
from tidefall.lifecycle.registry.records import ModelVersion, RegisteredModel
from tidefall.serving.rollout.audit import check_audit
from tidefall.serving.trust.encryption import read_key
from tidefall.serving.trust.keys import Signer, Verifier

STAGES = ("None", "Staging", "Production", "Archived")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ \-]{0,199}")
_ALIAS = re.compile(r"[A-Za-z0-9_.\-]{1,200}")


class Registry(Catalog):
    """A registry in a store's folder: a catalog, and what changes it.

    Args:
        store: the folder: the database, `models/`, `audit.jsonl` and `roles.json` are in it.
        database: another database, by URL or opened; the one in the folder for None.
        user: who does what follows; the user of the system for None.
        signing_key: a file with an Ed25519 private key; manifests and audit entries are signed.
        encryption_key: a file with the key that version folders are encrypted by.

    Raises:
        OpError: the database cannot be opened, or a key is none.
    """

    def __init__(
        self,
        store: str | os.PathLike[str],
        *,
        database: Database | str | None = None,
        user: str | None = None,
        signing_key: str | os.PathLike[str] | None = None,
        encryption_key: str | os.PathLike[str] | None = None,
    ) -> None:
        folder = Path(store).absolute()
        self.user = user or getpass.getuser()
        self._signer = Signer(signing_key) if signing_key else None
        key = read_key(encryption_key) if encryption_key else None
        try:
            (folder / "models").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(folder, error) from None
        super().__init__(folder, database)
        self._journal = Journal(folder, self.records, self.user, self._signer)
        self.audit_path = self._journal.path
        self._folders = FolderWriter(self.database, self.user, self._signer, key)

    def close(self) -> None:
        """Close the audit log, and the database unless it was given."""
        self._journal.close()
        super().close()

    def policy(self) -> Policy:
        """Return what is allowed; read anew each time."""
        return self._journal.policy()

    def create_model(
        self, name: str, description: str = "", tags: Mapping[str, str] | None = None
    ) -> RegisteredModel:
        """Return a new model, without versions.

        Raises:
            AlreadyExistsError: there is one of this name.
            InvalidArgumentError: the name is no name of a folder.
            PermissionDeniedError: the user lacks the role "register".
        """
        _check(_NAME, "model name", name)
        with self._journal.change("model.create", "register", name):
            if self.records.model_id(name) is not None:
                message = f"model {name!r} is registered already"
                raise errors.AlreadyExistsError(None, None, message)
            key = self.records.add_model(name)
            self.records.put_texts(CONTEXT, key, _texts(description, tags))
        return self.model(name)

    def register(
        self,
        name: str,
        folder: str | os.PathLike[str],
        *,
        run_id: str = "",
        description: str = "",
        tags: Mapping[str, str] | None = None,
        card: ModelCard | None = None,
        execution: int | None = None,
    ) -> ModelVersion:
        """Copy a SavedModel into the registry as a new version; the model is made if it is new.

        Args:
            name: the model's name.
            folder: the SavedModel.
            run_id: the run that made it; its parameters and metrics go into the card, and lineage
                leads to it.
            description: of the version.
            tags: of the version.
            card: what people say about it; the rest is filled in.
            execution: the execution of the metadata store that made it, instead of a run.

        Returns:
            The version. Its folder does not change any more.

        Raises:
            NotFoundError: there is no SavedModel in the folder, or no such run.
            ResourceExhaustedError: the disk is full; nothing is left of it.
            PermissionDeniedError: the user lacks the role "register".
        """
        _check(_NAME, "model name", name)
        self._journal.check("register", f"register a version of model {name!r}")
        source = Path(folder).absolute()
        cards.signature_rows(source)  # Raises where there is no model.
        execution = self._execution_of(run_id) if run_id else execution
        staged = self.folder / "models" / name / f".new-{uuid.uuid4().hex}"
        try:
            copy_model(source, staged)
            return self._add_version(
                name, source, staged, run_id, execution, description, tags or {}, card
            )
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def _add_version(
        self,
        name: str,
        source: Path,
        staged: Path,
        run_id: str,
        execution: int | None,
        description: str,
        tags: Mapping[str, str],
        card: ModelCard | None,
    ) -> ModelVersion:
        place = None
        try:
            with self.database.transaction(is_durable=True):
                with self._journal.change("version.register", "register", name) as details:
                    model_id = self.records.model_id(name)
                    if model_id is None:
                        model_id = self.records.add_model(name)
                    number = self.records.take_number(model_id)
                    digest = self._folders.finish(staged, name, number, run_id, description, card)
                    place = self.folder / "models" / name / str(number)
                    given = _texts(description, tags) | {
                        "source": str(source),
                        "path": f"models/{name}/{number}",
                        "stage": "None",
                        "run_id": run_id,
                        "user": self.user,
                        "manifest": digest,
                    }
                    key = self.records.add_version(model_id, name, number, str(place), given)
                    if execution is not None:
                        self._link(key, execution)
                    details |= {"version": number, "manifest": digest, "run_id": run_id}
                # The log tells of it now: a server that finds the folder need not refuse it.
                put_in_place(staged, place)
        except BaseException:
            if place is not None:
                shutil.rmtree(place, ignore_errors=True)
            raise
        return self.records.version(name, number)

    def _execution_of(self, run_id: str) -> int:
        from tidefall.lifecycle.track.records import Records

        return Records(self.database).key_of(run_id)

    def _link(self, artifact: int, execution: int) -> None:
        from tidefall.lifecycle.metadata.store import MetadataStore
        from tidefall.proto import mlmd

        event = mlmd.Event(artifact_id=artifact, execution_id=execution, type=mlmd.Event.OUTPUT)
        event.path.steps.add(key="model")
        MetadataStore(self.database).put_events([event])

    def reference(
        self,
        name: str,
        source: str,
        run_id: str = "",
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> ModelVersion:
        """Register what lies elsewhere as a version, by its URI; nothing is copied or signed."""
        _check(_NAME, "model name", name)
        execution = self._execution_of(run_id) if run_id else None
        with self._journal.change("version.reference", "register", name) as details:
            model_id = self.model(name).id
            number = self.records.take_number(model_id)
            given = {"source": source, "stage": "None", "run_id": run_id, "user": self.user}
            given |= _texts(description, tags)
            key = self.records.add_version(model_id, name, number, source, given)
            if execution is not None:
                self._link(key, execution)
            details |= {"version": number, "source": source}
        return self.records.version(name, number)

    def approve(self, name: str, number: int, comment: str = "") -> ModelVersion:
        """Approve a version, in the user's name.

        Raises:
            PermissionDeniedError: the user lacks the role "approve", or registered the version and
                there are roles.
        """
        with self._journal.change(
            "version.approve", "approve", name, version=number, comment=comment
        ):
            version = self.records.version(name, number)
            if self.policy().users is not None and version.user == self.user:
                message = f"{self.user!r} registered version {number} of {name!r}; another approves"
                raise errors.PermissionDeniedError(None, None, message)
            self.records.put_texts(ARTIFACT, version.id, {f"approval.{self.user}": comment})
        return self.records.version(name, number)

    def transition(
        self, name: str, number: int, stage: str, archive_existing: bool = False
    ) -> ModelVersion:
        """Give a version a stage.

        Args:
            name: the model's name.
            number: the version.
            stage: None, Staging, Production or Archived.
            archive_existing: whether versions that have the stage become Archived.

        Raises:
            InvalidArgumentError: the stage is none of these.
            PermissionDeniedError: the user lacks the role "promote".
            FailedPreconditionError: approvals are lacking.
            DataLossError: the version's folder is not what was registered.
        """
        named = {known.lower(): known for known in STAGES}
        if stage.lower() not in named:
            message = f"stage {stage!r}; one of {STAGES} was expected"
            raise errors.InvalidArgumentError(None, None, message)
        stage = named[stage.lower()]
        with self._journal.change("version.stage", "promote", name, version=number, stage=stage):
            version = self.records.version(name, number)
            self._check_release(version, stage)
            if archive_existing:
                for other in self.versions(name):
                    if other.stage == stage and other.number != number:
                        self.records.put_texts(ARTIFACT, other.id, {"stage": "Archived"})
            self.records.put_texts(ARTIFACT, version.id, {"stage": stage})
        return self.records.version(name, number)

    def _check_release(self, version: ModelVersion, stage: str) -> None:
        needed = self.policy().approvals.get(stage, 0)
        if len(version.approvals) < needed:
            message = (
                f"version {version.number} of {version.model!r} has {len(version.approvals)} "
                f"approvals; {needed} are needed for {stage}"
            )
            raise errors.FailedPreconditionError(None, None, message)
        if version.path and stage in ("Staging", "Production"):
            verifier = self._signer.verifier() if self._signer else None
            check_folder(self.path(version), version, verifier)

    def set_alias(self, name: str, alias: str, number: int) -> None:
        """Point an alias at a version.

        Raises:
            PermissionDeniedError: the user lacks the role "promote".
        """
        _check(_ALIAS, "alias", alias)
        if alias.isdecimal() or alias == "latest" or alias in STAGES:
            message = f"alias {alias!r} would be read as a version or a stage"
            raise errors.InvalidArgumentError(None, None, message)
        with self._journal.change("alias.set", "promote", name, alias=alias, version=number):
            self.records.version(name, number)
            key = self.model(name).id
            self.records.put_texts(CONTEXT, key, {f"alias.{alias}": str(number)})

    def delete_alias(self, name: str, alias: str) -> None:
        """Take an alias away; nothing happens where there is none."""
        with self._journal.change("alias.delete", "promote", name, alias=alias):
            take_text(self.database, CONTEXT, self.model(name).id, f"alias.{alias}")

    def describe(
        self,
        name: str,
        number: int | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        without_tag: str | None = None,
    ) -> None:
        """Set the description or tags of a model, or of a version where a number is given."""
        details = {"version": number, "description": description, "tags": dict(tags or {})}
        details["without_tag"] = without_tag
        told = {key: value for key, value in details.items() if value}
        with self._journal.change("describe", "register", name, **told):
            kind = CONTEXT if number is None else ARTIFACT
            key = self.model(name).id if number is None else self.records.version(name, number).id
            given = {f"t.{tag}": text for tag, text in (tags or {}).items()}
            if description is not None:
                given["description"] = description
            self.records.put_texts(kind, key, given)
            if without_tag is not None:
                take_text(self.database, kind, key, f"t.{without_tag}")

    def delete_version(self, name: str, number: int) -> None:
        """Delete a version and its folder; its number is not used again.

        Raises:
            PermissionDeniedError: the user lacks the role "admin".
            FailedPreconditionError: it is in production, or an alias points at it.
        """
        with self._journal.change("version.delete", "admin", name, version=number):
            version = self.records.version(name, number)
            aliases = [a for a, n in self.model(name).aliases.items() if n == number]
            if version.stage == "Production" or aliases:
                message = (
                    f"version {number} of {name!r} is in use: stage {version.stage}, aliases "
                    f"{aliases}; archive it first"
                )
                raise errors.FailedPreconditionError(None, None, message)
            self.records.delete_version(version)
        if version.path:
            remove_folder(self.path(version))

    def delete_model(self, name: str) -> None:
        """Delete a model without versions.

        Raises:
            PermissionDeniedError: the user lacks the role "admin".
            FailedPreconditionError: it has versions.
        """
        with self._journal.change("model.delete", "admin", name):
            model = self.model(name)
            if self.records.versions_of(model.id):
                message = f"model {name!r} has versions; delete those first"
                raise errors.FailedPreconditionError(None, None, message)
            self.records.delete_model(model.id, name)

    def record(
        self,
        action: str,
        name: str,
        role: str = "promote",
        unless: Callable[[], bool] | None = None,
        **details: Any,
    ) -> bool:
        """Write into the audit log what is done with a model outside of the registry.

        Args:
            action: such as "release.step".
            name: the model.
            role: what the user must be allowed to do.
            unless: asked while nobody else changes anything; where it is so, nothing is written.
            **details: JSON values.

        Returns:
            Whether it was written.

        Raises:
            PermissionDeniedError: the user lacks the role.
            UnavailableError: the log cannot be written.
        """
        with self.database.transaction(is_durable=True):
            if unless is not None and unless():
                return False
            with self._journal.change(action, role, name, **details):
                return True

    # -- whether all is as it was

    def verify(self, keys: str | os.PathLike[str] | None = None) -> list[str]:
        """Return what is wrong with the registry, a line for each; [] where nothing is.

        Args:
            keys: a PEM file with trusted public keys; the signing key's for None, if there is one.
        """
        verifier = Verifier.from_file(keys) if keys else None
        if verifier is None and self._signer is not None:
            verifier = self._signer.verifier()
        problems = []
        try:
            check_audit(self._journal.path, verifier)
            self._journal.settle()
        except errors.OpError as error:
            problems.append(str(error))
        for version in self.records.versions("ORDER BY a.id"):
            if not version.path:
                continue
            try:
                check_folder(self.path(version), version, verifier)
            except errors.OpError as error:
                problems.append(str(error))
        return problems


def _texts(description: str, tags: Mapping[str, str] | None) -> dict[str, str]:
    given = {f"t.{name}": text for name, text in (tags or {}).items()}
    return {"description": description, **given} if description else given


def _check(pattern: re.Pattern[str], what: str, given: str) -> None:
    if not pattern.fullmatch(given):
        message = (
            f"{what} {given[:60]!r}: letters, digits, '.', '_' and '-' were expected, and a "
            "letter or digit first"
        )
        raise errors.InvalidArgumentError(None, None, message)
