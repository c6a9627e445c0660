"""The threads that run models, so that the event loop never waits for one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

_logger = logging.getLogger("tidefall.serving")


class WorkerPool:
    """A fixed number of threads that take jobs from one queue, in order.

    The threads are daemons: a model that never returns does not keep the process alive.
    """

    def __init__(self, threads: int, name: str = "tidefall-worker") -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True)
            for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """About how many jobs no thread has taken yet."""
        return self._jobs.qsize()

    def submit(self, job: Callable[[], None]) -> None:
        """Runs a job on one of the threads, soon."""
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:  # A job's failure must not cost the pool a thread.
                _logger.exception("a job failed")
            job = None  # Or an idle thread would keep the last request in memory.

    def stop(self, timeout: float) -> None:
        """Ends the threads once the jobs before are done; gives up after `timeout` seconds."""
        for _ in self._threads:
            self._jobs.put(None)
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
