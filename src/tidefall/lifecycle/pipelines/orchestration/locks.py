"""Who may run what: one run of a pipeline at a time, or its nodes by themselves, each once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tidefall.base import errors


@contextmanager
def only_run(pipeline: Any) -> Iterator[None]:
    """Hold the pipeline: no other run of it, and none of its nodes, goes on meanwhile.

    Raises:
        FailedPreconditionError: one does.
    """
    with _held(pipeline.pipeline_root, fcntl.LOCK_EX, f"pipeline {pipeline.id}"):
        yield


@contextmanager
def only_node(pipeline: Any, node: str) -> Iterator[None]:
    """Hold one node: no run of the pipeline goes on meanwhile, and this node nowhere else.

    Raises:
        FailedPreconditionError: one does.
    """
    root = pipeline.pipeline_root
    with (
        _held(root, fcntl.LOCK_SH, f"pipeline {pipeline.id}"),
        _held(os.path.join(root, node), fcntl.LOCK_EX, f"node {node} of pipeline {pipeline.id}"),
    ):
        yield


@contextmanager
def _held(folder: str, kind: int, what: str) -> Iterator[None]:
    os.makedirs(folder, exist_ok=True)
    # For reading as well, which a shared lock on a network's file system needs.
    with open(os.path.join(folder, ".run.lock"), "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            raise errors.FailedPreconditionError(
                None, None, f"{what} runs already in {folder}; wait for that run, or give this one "
                "another pipeline_root",
            ) from None  # fmt: skip
        yield
