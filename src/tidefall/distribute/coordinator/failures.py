"""What an error says: is it the function's own, was a worker lost, or a parameter server?"""

from __future__ import annotations

import enum
import os
import re
import threading
from collections import Counter
from collections.abc import Sequence

from tidefall.base.errors import (
    AbortedError,
    CancelledError,
    DeadlineExceededError,
    OpError,
    UnavailableError,
)
from tidefall.distribute.coordinator.tasks import Task

_SERVER = re.compile(r"/job:ps(?:/replica:\d+)?/task:(\d+)")
UNREACHABLE = (OpError, OSError)
"""What asking a task may raise when it cannot be reached."""


class Verdict(enum.Enum):
    """What is to be done about an error of a closure."""

    RAISE = enum.auto()
    """The function failed, and would again."""
    RETRY = enum.auto()
    """Something between processes failed, which may pass."""
    WORKER_LOST = enum.auto()
    """The function goes to another worker."""


class Incarnation:
    """Whether a task is still the process that it was.

    Args:
        task: the task.
    """

    def __init__(self, task: Task):
        self._task = task
        self._known: int | None = None

    def renew(self) -> bool:
        """Remember which process the task is now.

        Returns:
            Whether it is the same as before.

        Raises:
            UnavailableError: if it cannot be reached.
        """
        before, self._known = self._known, self._task.incarnation()
        return before == self._known

    def loss(self) -> Exception | None:
        """Ask the task.

        Returns:
            None if it is the same process as before; else an error that says what became of it:
            AbortedError if it is another process.
        """
        try:
            found = self._task.incarnation()
        except UNREACHABLE as error:
            return error
        if self._known is None:
            self._known = found
        if found == self._known:
            return None
        return AbortedError(
            None,
            None,
            f"{self._task.name} was started again: what it held of this program is gone.",
        )

    def is_new(self) -> bool:
        """Whether the task answers, as another process than before."""
        try:
            return self._known is not None and self._task.incarnation() != self._known
        except UNREACHABLE:
            return False


class ParameterServers:
    """The tasks that hold variables, and how often closures failed because of them.

    Args:
        tasks: the tasks.
        workers: how many workers there are.

    Environment variable `TF_COORDINATOR_IGNORE_TRANSIENT_PS_FAILURES`: which report of a server's
    failure is believed, 3 by default. `TF_COORDINATOR_IGNORE_TRANSIENT_TIMEOUTS`: the same for
    functions that run out of time; by default a tenth of the workers.
    """

    def __init__(self, tasks: Sequence[Task], workers: int):
        self._incarnations = [Incarnation(task) for task in tasks]
        self._names = [task.name for task in tasks]
        self._believed = int(os.environ.get("TF_COORDINATOR_IGNORE_TRANSIENT_PS_FAILURES", "3"))
        self._believed_timeouts = int(
            os.environ.get("TF_COORDINATOR_IGNORE_TRANSIENT_TIMEOUTS", workers // 10)
        )
        self._reports: Counter[int] = Counter()
        self._timeouts = 0
        self._lock = threading.Lock()

    def connect(self) -> None:
        """Remember which processes they are.

        Raises:
            UnavailableError: if one cannot be reached.
        """
        for incarnation in self._incarnations:
            incarnation.renew()

    def is_transient(self, error: OpError) -> bool:
        """Count a failure that was reported, and say whether it may pass."""
        return not self._is_believed(error) and self.restarted() is None

    def _is_believed(self, error: OpError) -> bool:
        servers = {int(index) for index in _SERVER.findall(str(error))}
        with self._lock:
            self._reports.update(servers)
            return any(self._reports[i] >= self._believed for i in servers)

    def is_transient_timeout(self) -> bool:
        """Count a function that ran out of time, and say whether it may be tried again."""
        with self._lock:
            self._timeouts += 1
            return self._timeouts < self._believed_timeouts

    def restarted(self) -> UnavailableError | None:
        """An error that names a server which is another process than it was, without variables."""
        for name, incarnation in zip(self._names, self._incarnations, strict=True):
            if incarnation.is_new():
                return UnavailableError(
                    None,
                    None,
                    f"{name} was started again, and the variables it held are gone. Start the "
                    "program again, so that it restores them from a checkpoint.",
                )
        return None

    def loss(self) -> UnavailableError | None:
        """Ask all servers; an error that names one that is lost, if it is so for the last of the
        times that are borne."""
        for index, incarnation in enumerate(self._incarnations):
            error = incarnation.loss()
            if error is not None:
                named = UnavailableError(
                    None,
                    None,
                    f"{self._names[index]} is lost, and with it the variables it holds: {error} "
                    "Start the program again when the server is back, so that it restores them "
                    "from a checkpoint.",
                )
                if isinstance(error, AbortedError) or self._is_believed(named):
                    return named
        return None


def judge(
    error: BaseException, worker: Incarnation, servers: ParameterServers
) -> tuple[Verdict, BaseException]:
    """Say what an error of a closure means.

    Args:
        error: the error.
        worker: the worker that ran it.
        servers: the parameter servers.

    Returns:
        What is to be done, and the error that caused this one, if it was another.
    """
    if not isinstance(error, OpError):
        return Verdict.RAISE, error
    is_unreachable = isinstance(error, (UnavailableError, AbortedError))
    if is_unreachable and "/job:ps" in str(error):
        return (Verdict.RETRY if servers.is_transient(error) else Verdict.RAISE), error
    if isinstance(error, DeadlineExceededError) and servers.is_transient_timeout():
        return Verdict.RETRY, error
    if is_unreachable and "/job:worker" in str(error):
        return Verdict.WORKER_LOST, error
    lost = worker.loss()
    if lost is not None:
        return Verdict.WORKER_LOST, lost
    restarted = servers.restarted()
    if restarted is not None:
        return Verdict.RAISE, restarted
    if isinstance(error, CancelledError) and "/job:" in str(error):
        return Verdict.RETRY, error
    return Verdict.RAISE, error
