"""Replicas as threads of this process, which meet in a `ThreadGroup`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextvars import copy_context
from typing import Any

from tidefall.base.errors import AbortedError
from tidefall.base.replica_group import in_group
from tidefall.base.run_state import RunState, running_with
from tidefall.runtime.replicas.thread_group import Rendezvous

Rows = Sequence[Sequence[Any]]
"""The values of each replica."""


class ThreadReplicas:
    """Runs a function once in each of several threads.

    Args:
        function: what one replica does; has `run(values)`.
    """

    def __init__(self, function: Any):
        self._function = function

    def run(self, rows: Rows, states: Sequence[RunState]) -> list[list[Any]]:
        """Run the replicas.

        Args:
            rows: the inputs of each.
            states: what the nodes of each keep from run to run.

        Returns:
            The outputs of each.

        Raises:
            Exception: what the first replica raised that did not just miss the others.
        """
        rendezvous = Rendezvous(len(rows))
        results: list[list[Any]] = [[] for _ in rows]
        errors: list[BaseException] = []

        def run(index: int) -> None:
            try:
                with in_group(rendezvous.member(index)), running_with(states[index]):
                    results[index] = self._function.run(rows[index])
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                errors.append(error)
                rendezvous.abort(error)

        threads = [
            threading.Thread(
                target=copy_context().run, args=(run, i), name=f"tidefall replica {i}", daemon=True
            )
            for i in range(1, len(rows))
        ]
        for thread in threads:
            thread.start()
        run(0)
        for thread in threads:
            thread.join()
        if errors:
            raise next((e for e in errors if not isinstance(e, AbortedError)), errors[0])
        return results
