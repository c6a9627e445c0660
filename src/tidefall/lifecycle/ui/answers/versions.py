"""Versions of models, as the page takes them."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.registry.records import ModelVersion


def shown_version(version: ModelVersion) -> dict[str, Any]:
    """Return a version."""
    return {
        "model": version.model,
        # As text: JavaScript's numbers do not hold all of them.
        "number": str(version.number),
        "artifact": version.id,
        "stage": version.stage,
        "user": version.user,
        "run": version.run_id,
        "description": version.description,
        "source": version.source,
        "path": version.path,
        "manifest": version.manifest,
        "tags": version.tags,
        "approvals": version.approvals,
        "created": version.created,
        "updated": version.updated,
    }
