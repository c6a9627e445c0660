"""`Registry`: models, their versions, and every change to them, allowed and written down.

A change is one exclusive transaction of the database. Its entry in the audit log is forced to the
disk before the transaction ends, so no change is without one; an entry whose transaction did not
end, because the process was killed, is followed by one that says so.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import ARTIFACT, CONTEXT
from tidefall.lifecycle.metadata.places import database_url, disk_error
from tidefall.lifecycle.metadata.records import (
    add_context,
    context_named,
    take_text,
    texts,
    type_id,
)
from tidefall.lifecycle.registry import card as cards
from tidefall.lifecycle.registry.card import ModelCard
from tidefall.lifecycle.registry.checks import check_registered
from tidefall.lifecycle.registry.policy import FILE, Policy
from tidefall.lifecycle.registry.records import ModelRecords, ModelVersion, RegisteredModel
from tidefall.serving.models.versions import SERVED_FILES
from tidefall.serving.rollout.audit import AuditLog, check_audit
from tidefall.serving.trust import manifest as manifests
from tidefall.serving.trust.encryption import encrypt_folder, read_key
from tidefall.serving.trust.keys import Signer, Verifier

STAGES = ("None", "Staging", "Production", "Archived")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ \-]{0,199}")
_ALIAS = re.compile(r"[A-Za-z0-9_.\-]{1,200}")
_AUDIT_STATE = "tidefall.Audit"


class Registry:
    """A registry in a store's folder.

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
        self.folder = Path(store).absolute()
        self.user = user or getpass.getuser()
        self._signer = Signer(signing_key) if signing_key else None
        self._encryption_key = read_key(encryption_key) if encryption_key else None
        try:
            (self.folder / "models").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(self.folder, error) from None
        self._owned = not isinstance(database, Database)
        if isinstance(database, Database):
            self.database = database
        else:
            self.database = Database(database or database_url(self.folder))
        self.records = ModelRecords(self.database)
        self.audit_path = self.folder / manifests.AUDIT_LOG
        self._audit = AuditLog(
            self.audit_path, is_shared=True, sign=self._signer.sign if self._signer else None
        ).open()
        with contextlib.suppress(errors.DataLossError):  # `verify` and the next change tell.
            self._settle_now()

    def close(self) -> None:
        """Close the audit log, and the database unless it was given."""
        self._audit.close()
        if self._owned:
            self.database.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what is there

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

    # -- changes

    @contextlib.contextmanager
    def _change(
        self, action: str, role: str, name: str, **details: Any
    ) -> Iterator[dict[str, Any]]:
        """A change: allowed, whole, and written down; the block may add to the details."""
        self.policy().check(self.user, role, f"{action} of model {name!r}")
        with self.database.transaction(is_durable=True), self._audit.turn() as log:
            self._settle(log)
            yield details
            entry = log.add(self.user, action, name, **details)
            self._remember(entry["sequence"], entry["hash"])

    def policy(self) -> Policy:
        """Return what is allowed; read anew each time."""
        return Policy.from_file(self.folder / FILE)

    def _settle(self, log: AuditLog) -> None:
        """Hold the log against the database: both tell the same, but for a change cut short."""
        told = {n: t for _, n, t in texts(self.database, CONTEXT, [self._audit_context()])}
        sequence, digest = int(told.get("sequence", 0)), told.get("hash", log.last[1])
        last, last_hash = log.last
        if last < sequence or (last == sequence and sequence and digest != last_hash):
            message = (
                f"audit log {self.audit_path} ends at entry {last}; the registry wrote {sequence}. "
                "It was cut or replaced, and nothing is changed until it is put back"
            )
            raise errors.DataLossError(None, None, message)
        if last > sequence:
            entry = log.add("registry", "abandoned", "", after=sequence, until=last)
            self._remember(entry["sequence"], entry["hash"])

    def _settle_now(self) -> None:
        with self.database.transaction(), self._audit.turn() as log:
            self._settle(log)

    def _remember(self, sequence: int, digest: str) -> None:
        values = {"sequence": str(sequence), "hash": digest}
        self.records.put_texts(CONTEXT, self._audit_context(), values)

    def _audit_context(self) -> int:
        kind, name = type_id(self.database, CONTEXT, _AUDIT_STATE), str(self.audit_path)
        found = context_named(self.database, kind, name)
        return add_context(self.database, kind, name) if found is None else found

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
        with self._change("model.create", "register", name):
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
        self.policy().check(self.user, "register", f"register a version of model {name!r}")
        source = Path(folder).absolute()
        cards.signature_rows(source)  # Raises where there is no model.
        execution = self._execution_of(run_id) if run_id else execution
        staged = self.folder / "models" / name / f".new-{uuid.uuid4().hex}"
        try:
            try:
                shutil.copytree(source, staged, copy_function=shutil.copyfile, symlinks=True)
                for below in (staged, *staged.rglob("*")):
                    if below.is_dir() and not below.is_symlink():
                        below.chmod(0o755)  # The source's may be read-only.
            except (OSError, shutil.Error) as error:
                raise _copy_error(source, error) from None
            manifests.hash_files(staged)  # Links and pipes are refused before a number is taken.
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
                with self._change("version.register", "register", name) as details:
                    model_id = self.records.model_id(name)
                    if model_id is None:
                        model_id = self.records.add_model(name)
                    number = self.records.take_number(model_id)
                    digest = self._finish_folder(staged, name, number, run_id, description, card)
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
                _rename(staged, place)
        except BaseException:
            if place is not None:
                shutil.rmtree(place, ignore_errors=True)
            raise
        return self.records.version(name, number)

    def _finish_folder(
        self,
        folder: Path,
        name: str,
        number: int,
        run_id: str,
        description: str,
        card: ModelCard | None,
    ) -> str:
        """Card, encryption, manifest and signature; returns the manifest's hash."""
        filled = ModelCard(**card.__dict__) if card else ModelCard(overview=description)
        filled.name, filled.version, filled.tables = name, number, dict(filled.tables)
        cards.fill_from_folder(filled, folder)
        if run_id:
            self._fill_from_run(filled, run_id)
        try:
            filled.write(folder / "assets.extra")
            if self._encryption_key is not None:
                encrypt_folder(folder, self._encryption_key)
            data = manifests.encode(
                {
                    "format": 1,
                    "model": name,
                    "version": number,
                    "registered_by": self.user,
                    "run_id": run_id,
                    "audited": True,
                    "encrypted": self._encryption_key is not None,
                    "files": manifests.hash_files(folder),
                }
            )
            (folder / manifests.MANIFEST).write_bytes(data)
            if self._signer is not None:
                (folder / manifests.SIGNATURE).write_bytes(manifests.sign(data, self._signer))
            _make_read_only(folder)
        except OSError as error:
            raise disk_error(folder, error) from None
        return manifests.digest(data)

    def _fill_from_run(self, card: ModelCard, run_id: str) -> None:
        from tidefall.lifecycle.track.records import Records

        run = Records(self.database).run(run_id)
        card.add("Parameters", sorted(run.params.items()))
        metrics = sorted(run.metrics.values())
        card.add("Metrics", [(m.name, f"{m.value:.6g} (step {m.step})") for m in metrics])
        known = ("git_commit", "git_dirty", "python", "seed")
        names = [f"tidefall.{name}" for name in known]
        rows = [(n, run.tags[k]) for n, k in zip(known, names, strict=True) if k in run.tags]
        card.add("Made by", [("run", run_id), *rows])

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
        with self._change("version.reference", "register", name) as details:
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
        with self._change("version.approve", "approve", name, version=number, comment=comment):
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
        with self._change("version.stage", "promote", name, version=number, stage=stage):
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
            check_registered(self.folder, version, verifier)

    def set_alias(self, name: str, alias: str, number: int) -> None:
        """Point an alias at a version.

        Raises:
            PermissionDeniedError: the user lacks the role "promote".
        """
        _check(_ALIAS, "alias", alias)
        if alias.isdecimal() or alias == "latest" or alias in STAGES:
            message = f"alias {alias!r} would be read as a version or a stage"
            raise errors.InvalidArgumentError(None, None, message)
        with self._change("alias.set", "promote", name, alias=alias, version=number):
            self.records.version(name, number)
            key = self.model(name).id
            self.records.put_texts(CONTEXT, key, {f"alias.{alias}": str(number)})

    def delete_alias(self, name: str, alias: str) -> None:
        """Take an alias away; nothing happens where there is none."""
        with self._change("alias.delete", "promote", name, alias=alias):
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
        with self._change("describe", "register", name, **told):
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
        with self._change("version.delete", "admin", name, version=number):
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
            _remove(self.path(version))

    def delete_model(self, name: str) -> None:
        """Delete a model without versions.

        Raises:
            PermissionDeniedError: the user lacks the role "admin".
            FailedPreconditionError: it has versions.
        """
        with self._change("model.delete", "admin", name):
            model = self.model(name)
            if self.records.versions_of(model.id):
                message = f"model {name!r} has versions; delete those first"
                raise errors.FailedPreconditionError(None, None, message)
            self.records.delete_model(model.id, name)

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
            check_audit(self.audit_path, verifier)
            self._settle_now()
        except errors.OpError as error:
            problems.append(str(error))
        for version in self.records.versions("ORDER BY a.id"):
            if not version.path:
                continue
            try:
                check_registered(self.folder, version, verifier)
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


def _copy_error(source: Path, error: OSError) -> errors.OpError:
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        text = str(error.args[0][0][2])
        kind = errors.ResourceExhaustedError if "No space" in text else errors.UnavailableError
        return kind(None, None, f"cannot copy {source}: {text}")
    return disk_error(source, error)


def _rename(staged: Path, place: Path) -> None:
    """Put a folder in its place. What a killed process left there is no version, and goes."""
    if place.exists():
        _remove(place)
    try:
        staged.rename(place)
    except OSError as error:
        raise disk_error(place, error) from None


def _make_read_only(folder: Path) -> None:
    # The model's file last: a server waits while others are younger, as they are in a copy.
    for path in sorted(folder.rglob("*"), key=lambda path: path.name in SERVED_FILES):
        if path.is_file():
            path.chmod(0o444)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
