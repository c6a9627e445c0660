"""The threads of input pipelines: all of them end before the interpreter does, none is forked.

A thread that the interpreter leaves behind while it is taken down may crash the process, and one
that a fork leaves behind in the parent is waited for in vain in the child.
"""

from __future__ import annotations

import atexit
import functools
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import Protocol

from tidefall.base.errors import FailedPreconditionError

NAME = "tidefall-data"
_PATIENCE = 1.0
"""Seconds that the interpreter waits at its end; a generator may block for ever."""


class Crew(Protocol):
    """What has threads."""

    threads: list[threading.Thread]
    is_forked: bool

    def close(self) -> None:
        """Let the threads end."""

    def forked(self) -> None:
        """This is another process: there are no threads here."""


_crews: weakref.WeakSet[Crew] = weakref.WeakSet()


def check_process(crew: Crew) -> None:
    """FailedPreconditionError if the threads of a crew are in another process.

    Raises:
        FailedPreconditionError: it was begun before this process was forked.
    """
    if crew.is_forked:
        raise FailedPreconditionError(
            None,
            None,
            "This iterator was begun before the process was forked, and the threads that make its "
            "elements are in the other process. Begin a new one here, with iter(dataset).",
        )


def start_thread(crew: Crew, target: Callable[[int], None], number: int) -> None:
    """Start a thread of a crew."""
    _watch()
    _crews.add(crew)
    thread = threading.Thread(target=target, args=(number,), name=NAME, daemon=True)
    crew.threads[:] = [one for one in crew.threads if one.is_alive()]
    crew.threads.append(thread)
    thread.start()


@functools.cache
def _watch() -> None:
    # Not before there are threads: what is registered last, jax's own end among it, runs first.
    atexit.register(_end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)


def _end() -> None:
    crews = list(_crews)
    for crew in crews:
        crew.close()
    until = time.monotonic() + _PATIENCE
    for crew in crews:
        for thread in crew.threads:
            thread.join(max(0.0, until - time.monotonic()))


def _forked() -> None:
    for crew in list(_crews):
        crew.forked()
    _crews.clear()
