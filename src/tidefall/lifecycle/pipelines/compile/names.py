"""Names and commands of tasks, which all orchestrators share."""

from __future__ import annotations

import re
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid


def kubernetes_name(text: str) -> str:
    """Return a name as Kubernetes takes it."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name[:63].rstrip("-") or "x"


def task_names(pipeline: Any) -> dict[str, str]:
    """Return the names of tasks by those of nodes.

    Raises:
        InvalidArgumentError: two of them become the same.
    """
    names: dict[str, str] = {}
    for node in pipeline.components:
        name = kubernetes_name(node.id)
        if name in names.values():
            raise invalid(f"two nodes of {pipeline.id} would both be called {name!r}; rename one")
        names[node.id] = name
    return names


def task_command(file: str, node: str, run: str) -> list[str]:
    """Return the command that runs a node of a run."""
    return ["tidefall", "pipeline", "run-node", file, node, "--run-id", run]
