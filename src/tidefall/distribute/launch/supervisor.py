"""The processes of a job: started, restarted when they die or freeze, ended together.

A process that ends with an error, or is killed, is started again as long as it may be; the others
go on meanwhile. One that was stopped (SIGSTOP, a debugger) for longer than a while is killed first:
to the others it is as good as dead, and it must not come back to a job that went on without it.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tidefall.distribute.launch.processes import LocalPlace, Place, Process, Task
from tidefall.distribute.progress import NO_PROGRESS, Progress

POLL_SECONDS = 0.1
"""How often the processes are looked at."""


@dataclass(frozen=True)
class Limits:
    """When processes are ended and started again.

    Attributes:
        restarts: how often each task may be started again.
        frozen_seconds: how long a stopped process is waited for.
        grace_seconds: how long processes have to end after SIGTERM before they are killed.
    """

    restarts: int = 3
    frozen_seconds: float = 5.0
    grace_seconds: float = 10.0


@dataclass
class Outcome:
    """What became of a task.

    Attributes:
        status: exit status of its last process; negative for the signal that ended it. 0 also for
            one that was lost when others had finished what they did together.
        seconds: how long its processes ran.
        restarts: how often it was started again.
        progress: the steps of its processes.
    """

    status: int | None = None
    seconds: float = 0.0
    restarts: int = 0
    progress: Progress = NO_PROGRESS


def environment_of(task: Task, cluster: dict[str, list[str]]) -> dict[str, str]:
    """The variables that a task's process has for itself."""
    shown = {kind: addresses for kind, addresses in cluster.items() if kind != "evaluator"}
    spec = {"cluster": shown, "task": {"type": task.kind, "index": task.index}}
    return {"TF_CONFIG": json.dumps(spec), "PYTHONUNBUFFERED": "1"}


@dataclass
class _Running:
    """A task and its process."""

    task: Task
    address: str
    environment: dict[str, str]
    outcome: Outcome = field(default_factory=Outcome)
    process: Process | None = None
    started: float = 0.0
    stopped_since: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.outcome.status is None


class Supervisor:
    """Runs a command once for each task of a cluster.

    Args:
        command: the command.
        cluster: addresses by kind of task.
        limits: when processes are ended and started again.
        show: called with a task and a line that it printed, or None and a line about the job.
        place: where it runs; this machine by default.
    """

    def __init__(
        self,
        command: Sequence[str],
        cluster: dict[str, list[str]],
        limits: Limits,
        show: Callable[[Task | None, str], None],
        place: Place | None = None,
    ):
        self._place = LocalPlace() if place is None else place
        self._command = list(command)
        self._limits = limits
        self._show = show
        self._ending = False
        self._servers = {"ps", "worker"} if {"ps", "chief"} <= cluster.keys() else {"ps"}
        self._running = [
            _Running(task, address, environment_of(task, cluster))
            for kind, addresses in cluster.items()
            for task, address in ((Task(kind, i), a) for i, a in enumerate(addresses))
        ]

    def run(self) -> dict[Task, Outcome]:
        """Run the job to its end, and return what became of each task.

        The job ends when all its tasks but servers have ended, or one has failed for good; what
        still runs then is ended. Servers are parameter servers, and the workers of a chief that
        has parameter servers: they run what it schedules.
        """
        try:
            for one in self._running:
                self._start(one)
            while not self._is_over():
                time.sleep(POLL_SECONDS)
                for one in self._running:
                    if one.is_running:
                        self._look_at(one)
        finally:
            self._end_all()
        return {one.task: one.outcome for one in self._running}

    def end(self) -> None:
        """End the job: `run` returns soon."""
        self._ending = True

    def _is_over(self) -> bool:
        waited_for = [one for one in self._running if one.task.kind not in self._servers]
        return (
            self._ending
            or not any(one.is_running for one in waited_for)
            or any(one.outcome.status for one in self._running)
        )

    def _start(self, one: _Running) -> None:
        if one.process is not None:
            one.process.close()
        one.process = self._place.start(
            one.task, self._command, one.environment, partial(self._show, one.task)
        )
        one.started, one.stopped_since = time.monotonic(), None
        self._tell_finished(one)

    def _look_at(self, one: _Running) -> None:
        assert one.process is not None
        status = one.process.poll()
        if status is None:
            self._look_for_frozen(one, one.process)
            return
        self._account(one, one.process)
        if status and self._is_late(one):
            self._show(None, f"{one.task} {describe(status)}; the others have finished without it")
            one.outcome.status = 0
            return
        if status == 0 or one.outcome.restarts >= self._limits.restarts:
            one.outcome.status = status
            for other in self._running:
                self._tell_finished(other)
            if status:
                self._show(None, f"{one.task} failed for good: {describe(status)}")
            return
        one.outcome.restarts += 1
        left = self._limits.restarts - one.outcome.restarts
        self._show(
            None, f"{one.task} {describe(status)}; started again ({left} more times if need be)"
        )
        self._start(one)

    def _tell_finished(self, one: _Running) -> None:
        """Let a process that was started again know who cannot be joined any more.

        The first processes of a job wait for each other in any case: there, who ends without the
        others was not meant to.
        """
        done = [o.address for o in self._alike(one) if o.outcome.status == 0]
        if done and one.process is not None and one.is_running and one.outcome.restarts:
            one.process.tell_finished(done)

    def _alike(self, one: _Running) -> list[_Running]:
        """The other tasks that one trains with."""
        alike = {"chief", "worker"} - self._servers
        if one.task.kind not in alike:
            return []
        return [o for o in self._running if o is not one and o.task.kind in alike]

    @staticmethod
    def _account(one: _Running, process: Process) -> None:
        """Add what a process did that has ended."""
        one.outcome.seconds += time.monotonic() - one.started
        before, done = one.outcome.progress, process.progress()
        one.outcome.progress = Progress(before.steps + done.steps, before.seconds + done.seconds)

    def _is_late(self, one: _Running) -> bool:
        """Whether those that a task trains with have done so to the end: nobody is left to join."""
        was_started_again = one.outcome.restarts > 0
        return was_started_again and any(o.outcome.status == 0 for o in self._alike(one))

    def _look_for_frozen(self, one: _Running, process: Process) -> None:
        if not process.is_stopped():
            one.stopped_since = None
            return
        now = time.monotonic()
        if one.stopped_since is None:
            one.stopped_since = now
        elif now - one.stopped_since > self._limits.frozen_seconds:
            self._show(
                None, f"{one.task} is frozen for {now - one.stopped_since:.0f} s: it is ended"
            )
            process.signal(signal.SIGKILL)

    def _end_all(self) -> None:
        """End what runs: SIGTERM, and SIGKILL for what does not go."""
        left = [(one, one.process) for one in self._running if one.is_running]
        deadline = time.monotonic() + self._limits.grace_seconds
        for _, process in left:
            assert process is not None
            process.signal(signal.SIGTERM)
        for one, process in left:
            assert process is not None
            status = process.wait(max(0.0, deadline - time.monotonic()))
            while status is None:
                process.signal(signal.SIGKILL)
                status = process.wait(1.0)
            ended_by_us = one.task.kind in self._servers and not self._ending
            one.outcome.status = 0 if ended_by_us else status
            self._account(one, process)
        for one in self._running:
            if one.process is not None:
                one.process.close()


def describe(status: int) -> str:
    """What an exit status says.

    >>> describe(1), describe(-9)
    ('ended with status 1', 'was killed by SIGKILL')
    """
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
