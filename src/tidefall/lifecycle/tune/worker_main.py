"""The program of a worker: runs trials of an objective until nobody asks any more.

It is started with the file descriptor of a connection. On Ray `work` runs in a task.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from tidefall.lifecycle.tune.trial import run_objective


def work(objective: Any, send: Callable[[Any], None], receive: Callable[[], Any]) -> None:
    """Run trials until None comes.

    Args:
        objective: what is run, or the bytes that it is pickled as.
        send: takes questions and outcomes.
        receive: gives trials and answers.
    """
    if isinstance(objective, bytes):
        objective = _loaded(objective)

    def ask(*call: Any) -> Any:
        send(("ask", *call))
        kind, value = receive()
        if kind == "error":
            raise value
        return value

    while (start := receive()) is not None:
        # The exception stays here: not each one can be pickled, and its text tells all.
        send(("end", replace(run_objective(objective, start, ask), exception=None)))


def _loaded(payload: bytes) -> Callable[[Any], Any]:
    """The objective; where it cannot be read here, one that tells why in each trial."""
    try:
        return pickle.loads(payload)
    except Exception as error:  # noqa: BLE001 - whatever its modules raise
        failure = error

    def failing(trial: Any) -> Any:
        raise failure

    return failing


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def main(descriptor: int) -> None:
    """Serve the connection of a file descriptor."""
    with Connection(descriptor) as connection:
        parent, path, payload = connection.recv()
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        sys.path[:] = path
        try:
            work(payload, connection.send, connection.recv)
        except EOFError:
            pass  # Whoever asked has gone.


if __name__ == "__main__":
    main(int(sys.argv[1]))
