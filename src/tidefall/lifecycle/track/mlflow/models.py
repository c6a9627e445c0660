"""Registered models and their versions, over MLflow's API.

What MLflow's client registers is a URI; the registry keeps it as a reference. Versions that were
copied and signed are there as well, with the folder as their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.registry.records import ModelVersion, RegisteredModel
from tidefall.lifecycle.track.filters import Clause, matches, parse_filter
from tidefall.lifecycle.track.mlflow.fields import (
    as_pairs,
    listed,
    next_page,
    page,
    pairs,
    text,
    whole,
)

Given = Mapping[str, Any]
_PROMPT = "mlflow.prompt.is_prompt"


def _shown_version(registry: Any, version: ModelVersion, aliases: Mapping[str, int]) -> Given:
    source = str(registry.path(version)) if version.path else version.source
    return {
        "name": version.model,
        "version": str(version.number),
        "creation_timestamp": version.created,
        "last_updated_timestamp": version.updated,
        "user_id": version.user,
        "current_stage": version.stage,
        "description": version.description,
        "source": source,
        "run_id": version.run_id,
        "status": "READY",
        "tags": as_pairs(version.tags),
        "aliases": [alias for alias, number in aliases.items() if number == version.number],
    }


def _shown_model(registry: Any, model: RegisteredModel) -> Given:
    latest: dict[str, ModelVersion] = {}
    for version in registry.records.versions_of(model.id):
        latest.setdefault(version.stage, version)
    return {
        "name": model.name,
        "creation_timestamp": model.created,
        "last_updated_timestamp": model.updated,
        "description": model.description,
        "tags": as_pairs(model.tags),
        "aliases": [{"alias": a, "version": str(n)} for a, n in model.aliases.items()],
        "latest_versions": [_shown_version(registry, v, model.aliases) for v in latest.values()],
    }


def _get_model(service: Any, given: Given) -> Given:
    registry = service.registry
    return {"registered_model": _shown_model(registry, registry.model(text(given, "name")))}


def _create_model(service: Any, given: Given) -> Given:
    registry = service.registry
    model = registry.create_model(
        text(given, "name"), text(given, "description", ""), pairs(given, "tags")
    )
    return {"registered_model": _shown_model(registry, model)}


def _update_model(service: Any, given: Given) -> Given:
    service.registry.describe(text(given, "name"), description=text(given, "description", ""))
    return _get_model(service, given)


def _rename_model(service: Any, given: Given) -> Given:
    message = "a model's name is part of its versions' folders and signatures, and stays"
    raise errors.UnimplementedError(None, None, f"registered-models/rename: {message}")


def _delete_model(service: Any, given: Given) -> Given:
    service.registry.delete_model(text(given, "name"))
    return {}


def _search_models(service: Any, given: Given) -> Given:
    size, before = page(given, 100, 1000)
    registry = service.registry
    # The client asks for what is no prompt; here nothing is one.
    clauses = [c for c in parse_filter(text(given, "filter", "")) if c.key != _PROMPT]
    found = [
        model
        for model in registry.models()
        if all(matches(c, {"name": model.name}, model.tags) for c in clauses)
    ]
    if any(str(order).upper().endswith(" DESC") for order in listed(given, "order_by")):
        found.reverse()
    part = found[before : before + size]
    shown = [_shown_model(registry, model) for model in part]
    return {"registered_models": shown, **next_page(part, size, before)}


def _latest_versions(service: Any, given: Given) -> Given:
    registry = service.registry
    model = registry.model(text(given, "name"))
    stages = {str(stage).lower() for stage in listed(given, "stages")}
    latest: dict[str, ModelVersion] = {}
    for version in registry.records.versions_of(model.id):
        if not stages or version.stage.lower() in stages:
            latest.setdefault(version.stage, version)
    shown = [_shown_version(registry, v, model.aliases) for v in latest.values()]
    return {"model_versions": shown}


def _tag_model(service: Any, given: Given) -> Given:
    tags = {text(given, "key"): text(given, "value", "")}
    service.registry.describe(text(given, "name"), tags=tags)
    return {}


def _untag_model(service: Any, given: Given) -> Given:
    service.registry.describe(text(given, "name"), without_tag=text(given, "key"))
    return {}


def _set_alias(service: Any, given: Given) -> Given:
    service.registry.set_alias(text(given, "name"), text(given, "alias"), whole(given, "version"))
    return {}


def _delete_alias(service: Any, given: Given) -> Given:
    service.registry.delete_alias(text(given, "name"), text(given, "alias"))
    return {}


def _get_alias(service: Any, given: Given) -> Given:
    registry = service.registry
    model, alias = registry.model(text(given, "name")), text(given, "alias")
    if alias not in model.aliases:
        message = f"Registered model alias {alias} not found."
        raise errors.InvalidArgumentError(None, None, message)
    version = registry.version(model.name, model.aliases[alias])
    return {"model_version": _shown_version(registry, version, model.aliases)}


def _version(service: Any, name: str, number: int) -> Given:
    registry = service.registry
    version = registry.version(name, number)
    aliases = registry.model(name).aliases
    return {"model_version": _shown_version(registry, version, aliases)}


def _create_version(service: Any, given: Given) -> Given:
    version = service.registry.reference(
        text(given, "name"), text(given, "source"), text(given, "run_id", ""),
        text(given, "description", ""), pairs(given, "tags"),
    )  # fmt: skip
    return _version(service, version.model, version.number)


def _get_version(service: Any, given: Given) -> Given:
    return _version(service, text(given, "name"), whole(given, "version"))


def _update_version(service: Any, given: Given) -> Given:
    name, number = text(given, "name"), whole(given, "version")
    service.registry.describe(name, number, description=text(given, "description", ""))
    return _version(service, name, number)


def _delete_version(service: Any, given: Given) -> Given:
    service.registry.delete_version(text(given, "name"), whole(given, "version"))
    return {}


def _transition(service: Any, given: Given) -> Given:
    name, number = text(given, "name"), whole(given, "version")
    archives = str(given.get("archive_existing_versions", "false")).lower() == "true"
    service.registry.transition(name, number, text(given, "stage"), archives)
    return _version(service, name, number)


def _search_versions(service: Any, given: Given) -> Given:
    size, before = page(given, 200_000, 200_000)
    registry = service.registry
    clauses = parse_filter(text(given, "filter", ""))
    found = [v for v in _candidates(registry, clauses) if _is_match(clauses, v)]
    part = found[before : before + size]
    aliases = {model.name: model.aliases for model in registry.models()} if part else {}
    shown = [_shown_version(registry, v, aliases.get(v.model, {})) for v in part]
    return {"model_versions": shown, **next_page(part, size, before)}


def _candidates(registry: Any, clauses: list[Clause]) -> list[ModelVersion]:
    for clause in clauses:
        if clause.key == "name" and clause.op == "=":
            key = registry.records.model_id(clause.value)
            return [] if key is None else registry.records.versions_of(key)
    return registry.records.versions("AND a.name IS NOT NULL ORDER BY a.id DESC")


def _is_match(clauses: list[Clause], version: ModelVersion) -> bool:
    fields = {
        "name": version.model,
        "version_number": str(version.number),
        "run_id": version.run_id,
        "source_path": version.source,
    }
    return all(matches(clause, fields, version.tags) for clause in clauses)


def _download_uri(service: Any, given: Given) -> Given:
    shown = _get_version(service, given)
    return {"artifact_uri": shown["model_version"]["source"]}


def _tag_version(service: Any, given: Given) -> Given:
    tags = {text(given, "key"): text(given, "value", "")}
    service.registry.describe(text(given, "name"), whole(given, "version"), tags=tags)
    return {}


def _untag_version(service: Any, given: Given) -> Given:
    name, number = text(given, "name"), whole(given, "version")
    service.registry.describe(name, number, without_tag=text(given, "key"))
    return {}


ENDPOINTS = {
    ("POST", "registered-models/create"): _create_model,
    ("GET", "registered-models/get"): _get_model,
    ("PATCH", "registered-models/update"): _update_model,
    ("POST", "registered-models/rename"): _rename_model,
    ("DELETE", "registered-models/delete"): _delete_model,
    ("GET", "registered-models/search"): _search_models,
    ("POST", "registered-models/get-latest-versions"): _latest_versions,
    ("GET", "registered-models/get-latest-versions"): _latest_versions,
    ("POST", "registered-models/set-tag"): _tag_model,
    ("DELETE", "registered-models/delete-tag"): _untag_model,
    ("POST", "registered-models/alias"): _set_alias,
    ("DELETE", "registered-models/alias"): _delete_alias,
    ("GET", "registered-models/alias"): _get_alias,
    ("POST", "model-versions/create"): _create_version,
    ("GET", "model-versions/get"): _get_version,
    ("PATCH", "model-versions/update"): _update_version,
    ("DELETE", "model-versions/delete"): _delete_version,
    ("POST", "model-versions/transition-stage"): _transition,
    ("GET", "model-versions/search"): _search_versions,
    ("GET", "model-versions/get-download-uri"): _download_uri,
    ("POST", "model-versions/set-tag"): _tag_version,
    ("DELETE", "model-versions/delete-tag"): _untag_version,
}
