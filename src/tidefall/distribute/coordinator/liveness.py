"""Noticing processes that give no sign of life: calls to a frozen one never return.

Only a process can say that it lives. So each that keeps a closure waiting is asked now and then,
which tells a long function on a healthy worker from any function on a frozen one. A function that
keeps its process from answering makes it look frozen; the worker is asked more often from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from tidefall.base.errors import AbortedError
from tidefall.distribute.coordinator.failures import ParameterServers
from tidefall.distribute.coordinator.worker import Worker

PERIOD_SECONDS = 1.0
"""How long a closure runs before its processes are asked, and how often they are."""


class Liveness:
    """Watches the workers, and the parameter servers, whose closures take long.

    Args:
        workers: the workers, each watched by a thread of its own: asking a frozen process takes
            seconds.
        servers: the parameter servers.
        stopped: set when the coordinator is not used any more.
    """

    def __init__(
        self, workers: Sequence[Worker], servers: ParameterServers, stopped: threading.Event
    ):
        self._workers = workers
        self._servers = servers
        self._stopped = stopped
        for worker in workers:
            self._start(f"WorkerLiveness-{worker.index}", self._watch_worker, worker)
        self._start("ParameterServerLiveness", self._watch_servers)

    @staticmethod
    def _start(name: str, target: object, *args: object) -> None:
        threading.Thread(target=target, args=args, name=name, daemon=True).start()  # type: ignore[arg-type]

    def _watch_worker(self, worker: Worker) -> None:
        silent, since = 0, 0.0
        while not self._stopped.wait(PERIOD_SECONDS):
            attempt = worker.attempt
            if attempt is None or attempt.seconds() < PERIOD_SECONDS:
                continue
            error = worker.loss()
            if error is None or attempt.started != since:
                silent, since = 0, attempt.started
            if error is not None:
                silent += 1
                if silent >= worker.patience or isinstance(error, AbortedError):
                    worker.lose(attempt, error)
            del attempt

    def _watch_servers(self) -> None:
        while not self._stopped.wait(PERIOD_SECONDS):
            attempts = [(worker, worker.attempt) for worker in self._workers]
            late = [(w, a) for w, a in attempts if a is not None and a.seconds() > PERIOD_SECONDS]
            if late:
                error = self._servers.loss()
                if error is not None:
                    for worker, attempt in late:
                        worker.abandon(attempt, error)
            del attempts, late
