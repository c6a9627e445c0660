"""What of a SavedModel runs while it is loaded: it may fill tables, and write no files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.core.errors import PermissionDeniedError

_WRITERS = frozenset(
    {
        "WriteFile",
        "Save",
        "SaveSlices",
        "SaveV2",
        "MergeV2Checkpoints",
        "CreateSummaryFileWriter",
        "SummaryWriter",
        "DatasetToTFRecord",
        "EagerPyFunc",
        "PyFunc",
        "PyFuncStateless",
    }
)


def refuse_writers(nodes: Iterable[Any], folder: str) -> None:
    """Refuse to initialize a model with nodes that write files or call into this process.

    Args:
        nodes: the NodeDefs that would run, those of called functions included.
        folder: the directory of the SavedModel.

    Raises:
        PermissionDeniedError: if there are such nodes.
    """
    found = sorted({node.op for node in nodes} & _WRITERS)
    if found:
        raise PermissionDeniedError(
            None,
            None,
            f"The SavedModel at {folder} would run {', '.join(found)} while it is loaded, to "
            "prepare its resources. Loading neither writes files nor calls Python functions.",
        )
