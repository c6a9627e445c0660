"""A worker of the cluster: a thread here that has closures run by the task there.

A worker has several lives. One ends when the task cannot be reached, answers no more or was started
again; its closure is put back. The next life is another thread, which first waits for the task to
answer. So a thread that is stuck in a call is simply left behind.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator

from tidefall.base.logs import get_logger
from tidefall.distribute.coordinator.closure import Closure
from tidefall.distribute.coordinator.closure_queue import ClosureQueue
from tidefall.distribute.coordinator.failures import (
    UNREACHABLE,
    Incarnation,
    ParameterServers,
    Verdict,
    judge,
)
from tidefall.distribute.coordinator.tasks import WorkerTask

RETRY_SECONDS = 0.2
"""How long a worker waits after a failure that may pass."""
MAX_POLL_SECONDS = 2.0
MAX_PATIENCE = 8
REMIND_SECONDS = 60.0
"""How often the log says again that a worker is missing."""


class Attempt:
    """One run of a closure on one worker."""

    __slots__ = ("closure", "started")

    def __init__(self, closure: Closure):
        self.closure = closure
        self.started = time.monotonic()

    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started


class Worker:
    """Runs closures of a queue on a task.

    Args:
        index: the number of the worker.
        task: the process that runs functions.
        queue: where closures come from.
        servers: the parameter servers.
        stopped: set when the coordinator is not used any more.

    Attributes:
        life: how often it was lost.
        patience: how often it may be silent when asked for a sign of life. It grows when a worker
            that was given up turns out to be the same process: something keeps it from answering.
    """

    def __init__(
        self,
        index: int,
        task: WorkerTask,
        queue: ClosureQueue,
        servers: ParameterServers,
        stopped: threading.Event,
    ):
        self.index = index
        self.task = task
        self.life = 0
        self.patience = 1
        self._queue = queue
        self._servers = servers
        self._stopped = stopped
        self._incarnation = Incarnation(task)
        self._attempt: Attempt | None = None
        self._lock = threading.Lock()
        self._serve_in_thread(_start_delay(index))

    @property
    def attempt(self) -> Attempt | None:
        """What it is running."""
        return self._attempt

    # ---- one life ----

    def _serve_in_thread(self, delay: float) -> None:
        threading.Thread(
            target=self._serve,
            args=(self.life, delay),
            name=f"WorkerClosureProcessingLoop-{self.index}",
            daemon=True,
        ).start()

    def _serve(self, life: int, delay: float) -> None:
        if self._stopped.wait(delay) or not self._await_task(life):
            return
        while self.life == life:
            closure = self._queue.get()
            if closure is None:
                return
            self._process(closure, life)
            # What a closure holds on to may be the coordinator, whose end stops this loop.
            del closure

    def _await_task(self, life: int) -> bool:
        """Wait until the task answers; False if the coordinator ended before."""
        started, reminded = time.monotonic(), 0.0
        is_same = False
        for seconds in _poll_intervals():
            try:
                is_same = self._incarnation.renew()
                break
            except UNREACHABLE as error:
                missing = time.monotonic() - started
                if missing >= reminded and (reminded or life == 0):
                    get_logger().warning(
                        "%s cannot be reached, for %.0f s now: %s", self.task.name, missing, error
                    )
                if missing >= reminded:
                    reminded += REMIND_SECONDS
                if self._stopped.wait(seconds):
                    return False
        self.patience = min(2 * self.patience, MAX_PATIENCE) if is_same else 1
        if life:
            get_logger().warning(
                "%s is back after %.1f s.", self.task.name, time.monotonic() - started
            )
        return not self._stopped.is_set()

    # ---- one closure ----

    def _process(self, closure: Closure, life: int) -> None:
        attempt = self._attempt = Attempt(closure)
        try:
            outputs = closure.run_on(self, life)
        except BaseException as error:  # noqa: BLE001 - it is raised where results are waited for
            self._handle(attempt, error)
            return
        if not self._take(attempt):
            return
        try:
            closure.succeed(outputs)
        except Exception as error:  # noqa: BLE001 - as above
            self._queue.fail(closure, error)
        else:
            self._queue.finish()

    def _handle(self, attempt: Attempt, error: BaseException) -> None:
        if self._attempt is not attempt:
            return
        verdict, error = judge(error, self._incarnation, self._servers)
        if verdict is Verdict.WORKER_LOST:
            self.lose(attempt, error)
        elif self._take(attempt):
            if verdict is Verdict.RETRY:
                get_logger().warning(
                    "%s failed on %s, and is run again: %s",
                    attempt.closure.name,
                    self.task.name,
                    error,
                )
                self._queue.put_back(attempt.closure)
                self._stopped.wait(RETRY_SECONDS)
            else:
                self._queue.fail(attempt.closure, error)

    def _take(self, attempt: Attempt, ends_life: bool = False) -> bool:
        """Become the one that answers for an attempt; False if that was done by another."""
        with self._lock:
            if self._attempt is not attempt:
                return False
            self._attempt = None
            self.life += ends_life
            return True

    # ---- the end of a life ----

    def loss(self) -> Exception | None:
        """Ask the task; an error that says what became of it, if it is lost."""
        return self._incarnation.loss()

    def lose(self, attempt: Attempt, error: BaseException) -> None:
        """Put back the closure of an attempt, and wait for the task in a new life.

        Args:
            attempt: what was running; if it is not any more, nothing is done.
            error: what says that the task is lost.
        """
        if self._take(attempt, ends_life=True):
            get_logger().warning(
                "%s is lost; others run what it was running, %s. %s: %s",
                self.task.name,
                attempt.closure.name,
                type(error).__name__,
                error,
            )
            self._queue.put_back(attempt.closure)
            self._serve_in_thread(0.0)

    def abandon(self, attempt: Attempt, error: BaseException) -> None:
        """Let the closure of an attempt fail, which may never return, and begin a new life."""
        if self._take(attempt, ends_life=True):
            self._queue.fail(attempt.closure, error)
            self._serve_in_thread(0.0)


def _poll_intervals() -> Iterator[float]:
    """Seconds between attempts to reach a task."""
    seconds = 0.1
    for _ in itertools.count():
        yield seconds
        seconds = min(MAX_POLL_SECONDS, seconds * 1.5)


def _start_delay(index: int) -> float:
    """How long a worker waits before its first closure, so that not all start at once."""
    delay = index * int(os.environ.get("TF_COORDINATOR_SCHEDULE_START_DELAY", "0"))
    cap = int(os.environ.get("TF_COORDINATOR_SCHEDULE_START_DELAY_MAX", "0"))
    return min(delay, cap) if cap else delay
