"""Threads that load and unload models."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

_logger = logging.getLogger("tidefall.serving")
_IDLE_SECONDS = 5.0

Job = Callable[[], None]


class ThreadPool:
    """Up to so many daemon threads, started when there is work and ended when there is none.

    Args:
        name: what the threads are called.
        limit: how many there may be.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._changed = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._stopped = False

    def submit(self, job: Job) -> None:
        """Runs a job on one of the threads, or on this one after `stop`."""
        with self._changed:
            if not self._stopped:
                self._jobs.append(job)
                if self._idle < len(self._jobs) and len(self._threads) < self._limit:
                    self._start()
                self._changed.notify()
                return
        _run(job)

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            _run(job)
            job = None  # Or an idle thread would keep a model in memory.

    def _next(self) -> Job | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._jobs or self._stopped, _IDLE_SECONDS)
            self._idle -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads.discard(threading.current_thread())
            return None

    def stop(self, timeout: float) -> None:
        """Ends the threads once the jobs are done; gives up after `timeout` seconds."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            threads = list(self._threads)
        end = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))


class Repeating:
    """A job that may be asked for at any time, and never runs twice at once.

    Asked for while it runs, it runs once more afterwards, so that it sees what changed meanwhile.

    Args:
        job: what to do.
        pool: the threads to do it on.
    """

    def __init__(self, job: Job, pool: ThreadPool) -> None:
        self._job = job
        self._pool = pool
        self._lock = threading.Lock()
        self._asked = False
        self._running = False

    @property
    def is_busy(self) -> bool:
        """Whether it runs, or is about to."""
        return self._running

    def ask(self) -> None:
        """Has the job run soon."""
        with self._lock:
            self._asked = True
            if self._running:
                return
            self._running = True
        self._pool.submit(self._run)

    def _run(self) -> None:
        with self._lock:
            self._asked = False
        _run(self._job)
        with self._lock:
            self._running = again = self._asked
        if again:
            self._pool.submit(self._run)


def _run(job: Job) -> None:
    try:
        job()
    except Exception:  # One job's failure must not cost a thread.
        _logger.exception("a job of the models failed")
