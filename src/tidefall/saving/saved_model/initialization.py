"""What of a SavedModel runs while it is loaded: it may fill tables, and write no files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.base.errors import PermissionDeniedError
from tidefall.op.registry import find_op, is_registered
from tidefall.op.traits import PYTHON


def refuse_writers(nodes: Iterable[Any], folder: str) -> None:
    """Refuse to initialize a model with nodes that write files or call into this process.

    Args:
        nodes: the NodeDefs that would run, those of called functions included.
        folder: the directory of the SavedModel.

    Raises:
        PermissionDeniedError: if there are such nodes.
    """
    found = sorted(name for name in {node.op for node in nodes} if _is_refused(name))
    if found:
        raise PermissionDeniedError(
            None,
            None,
            f"The SavedModel at {folder} would run {', '.join(found)} while it is loaded, to "
            "prepare its resources. Loading neither writes files nor calls Python functions.",
        )


def _is_refused(name: str) -> bool:
    if not is_registered(name):
        return False  # running it raises an error
    declared = find_op(name)
    return declared.effects.writes_outside or PYTHON in declared.traits
