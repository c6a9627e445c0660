"""Models, their versions, and the three changes that a role allows from the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.kinds import ARTIFACT
from tidefall.lifecycle.metadata.records import texts
from tidefall.lifecycle.registry.card import ModelCard
from tidefall.lifecycle.registry.folders import check_folder
from tidefall.lifecycle.registry.policy import FILE
from tidefall.lifecycle.registry.records import ModelVersion, RegisteredModel
from tidefall.lifecycle.registry.registry import STAGES, Registry
from tidefall.lifecycle.track.mlflow.fields import text
from tidefall.lifecycle.ui.answers.versions import shown_version
from tidefall.lifecycle.ui.api import Asked
from tidefall.serving.rollout.audit import audit_entries, check_audit
from tidefall.serving.trust.manifest import AUDIT_LOG

_AUDITED = 50

Given = Mapping[str, Any]


def _models(asked: Asked) -> Given:
    models, (size, first) = asked.store.models, asked.page()
    condition, values = "", list[Any]()
    wanted = text(asked.given, "find", "")
    if wanted:
        pattern = wanted.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        condition, values = "AND LOWER(c.name) LIKE ? ESCAPE '!'", [f"%{pattern}%"]
    condition += " ORDER BY c.name, c.id LIMIT ? OFFSET ?"
    found = models.models(condition, [*values, size + 1, first])
    latest = _latest(asked, found[:size])
    return {
        "models": [
            {**_shown_model(model), **latest.get(model.id, {"versions": 0, "latest": None})}
            for model in found[:size]
        ],
        "has_more": len(found) > size,
    }


def _latest(asked: Asked, models: list[RegisteredModel]) -> dict[int, dict[str, Any]]:
    """How many versions each model has, and the newest of them."""
    sql = (
        "SELECT context_id, COUNT(*), MAX(artifact_id) FROM Attribution "
        "WHERE context_id IN ({}) GROUP BY context_id"
    )
    database = asked.store.database
    rows = list(database.rows_in(sql, [model.id for model in models]))
    newest = {v.id: v for v in _versions_by_id(asked, [row[2] for row in rows])}
    return {
        model: {"versions": count, "latest": shown_version(newest[last])}
        for model, count, last in rows
        if last in newest
    }


def _versions_by_id(asked: Asked, ids: list[int]) -> list[ModelVersion]:
    if not ids:
        return []
    return asked.store.models.versions(f"AND a.id IN ({', '.join('?' * len(ids))})", ids)


def _shown_model(model: RegisteredModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "description": model.description,
        "tags": model.tags,
        "aliases": {alias: str(number) for alias, number in model.aliases.items()},
        "created": model.created,
        "updated": model.updated,
    }


def _found(asked: Asked) -> RegisteredModel:
    name = text(asked.given, "name")
    found = asked.store.models.models("AND c.name = ?", [name])
    if not found:
        raise errors.NotFoundError(None, None, f"there is no model {name[:200]!r}")
    return found[0]


def _model(asked: Asked) -> Given:
    model, (size, first) = _found(asked), asked.page()
    condition = (
        "AND a.id IN (SELECT artifact_id FROM Attribution WHERE context_id = ?) "
        "ORDER BY a.id DESC LIMIT ? OFFSET ?"
    )
    found = asked.store.models.versions(condition, [model.id, size + 1, first])
    return {
        "model": _shown_model(model),
        "versions": [shown_version(version) for version in found[:size]],
        "has_more": len(found) > size,
    }


def _version(asked: Asked) -> Given:
    store, model = asked.store, _found(asked)
    version = store.models.version(model.name, asked.key("version"))
    comments = {
        name.removeprefix("approval."): comment
        for _, name, comment in texts(store.database, ARTIFACT, [version.id])
        if name.startswith("approval.")
    }
    return {
        "version": shown_version(version),
        "aliases": [alias for alias, number in model.aliases.items() if number == version.number],
        "approvals": [{"user": user, "comment": text} for user, text in comments.items()],
        "needed": dict(store.policy()[0].approvals),
        "stages": STAGES,
        **_card(asked, version),
        "audit": _audit(asked, version),
    }


def _card(asked: Asked, version: ModelVersion) -> dict[str, Any]:
    """The card, or why there is none."""
    if not version.path:
        return {"card": None, "card_problem": "This version is a reference: it has no card here."}
    try:
        card = ModelCard.read(asked.store.folder / version.path / "assets.extra")
    except errors.OpError as error:
        return {"card": None, "card_problem": error.message}
    address = asked.documents.address("card", version.model, version.number)
    said = {
        "Overview": card.overview,
        "Intended use": card.intended_use,
        "Limitations": card.limitations,
        "Owners": card.owners,
    }
    return {
        "card": {
            "said": {heading: words for heading, words in said.items() if words},
            "tables": card.tables,
            "address": address,
        },
        "card_problem": "",
    }


def _audit(asked: Asked, version: ModelVersion) -> list[dict[str, Any]]:
    """What the audit log tells of a version, the newest first."""
    try:
        entries = [
            entry
            for entry in audit_entries(asked.store.folder / AUDIT_LOG)
            if entry["model"] == version.model and entry["details"].get("version") == version.number
        ]
    except FileNotFoundError:
        return []
    kept = ("sequence", "time", "who", "action", "details")
    return [{name: entry[name] for name in kept} for entry in entries[: -_AUDITED - 1 : -1]]


def _check(asked: Asked) -> Given:
    """Whether the files of a version and the audit log are what they were."""
    store = asked.store
    version = store.models.version(text(asked.given, "name"), asked.key("version"))
    if not version.path:
        message = f"version {version.number} of {version.model!r} is a reference: it has no files"
        raise errors.FailedPreconditionError(None, None, message)
    problems = []
    for check in (
        lambda: check_folder(store.folder / version.path, version, store.verifier),
        lambda: check_audit(store.folder / AUDIT_LOG, store.verifier),
    ):
        try:
            check()
        except errors.OpError as error:
            problems.append(error.message)
        except OSError as error:
            problems.append(str(error))
    return {"problems": problems, "signature_checked": store.verifier is not None}


def _registry(asked: Asked, role: str) -> Registry:
    """The registry that acts for who asks, if they may change anything from the page.

    Raises:
        PermissionDeniedError: no token told who they are, or no role in `roles.json` allows it.
    """
    if role not in asked.store.allowed(asked.user):
        message = (
            f"the page is for reading: a change takes a token whose name has the role {role!r} in "
            f"{asked.store.folder / FILE}"
        )
        raise errors.PermissionDeniedError(None, None, message)
    return asked.store.registries.of(asked.user)


def _approve(asked: Asked) -> Given:
    name, number = text(asked.given, "name"), asked.key("version")
    registry = _registry(asked, "approve")
    return {"version": shown_version(registry.approve(name, number, _comment(asked)))}


def _comment(asked: Asked) -> str:
    comment = text(asked.given, "comment", "")
    if len(comment) > 2000:
        message = f"a comment of {len(comment)} characters; 2000 are the most"
        raise errors.InvalidArgumentError(None, None, message)
    return comment


def _stage(asked: Asked) -> Given:
    name, number = text(asked.given, "name"), asked.key("version")
    registry = _registry(asked, "promote")
    archives = asked.given.get("archive_existing", False) is True
    found = registry.transition(name, number, text(asked.given, "stage"), archives)
    return {"version": shown_version(found)}


def _alias(asked: Asked) -> Given:
    name, number = text(asked.given, "name"), asked.key("version")
    registry = _registry(asked, "promote")
    registry.set_alias(name, text(asked.given, "alias"), number)
    return {"version": shown_version(registry.version(name, number))}


ENDPOINTS = {
    ("GET", "models"): _models,
    ("GET", "model"): _model,
    ("GET", "version"): _version,
    ("GET", "check"): _check,
    ("POST", "approve"): _approve,
    ("POST", "stage"): _stage,
    ("POST", "alias"): _alias,
}
