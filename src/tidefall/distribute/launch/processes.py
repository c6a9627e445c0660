"""Where the processes of a job run: on this machine, or where `ray_processes.py` puts them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from tidefall.distribute import finished
from tidefall.distribute.progress import VARIABLE, Progress, read

Show = Callable[[str], None]
"""Takes a line that a process printed."""


@dataclass(frozen=True)
class Task:
    """One process of a job, as `TF_CONFIG` names it: "worker" 0, say."""

    kind: str
    index: int

    def __str__(self) -> str:
        return f"{self.kind} {self.index}"


class Process(Protocol):
    """A process that was started, and those that it started."""

    def poll(self) -> int | None:
        """Its exit status, negative for the signal that ended it; None while it runs."""
        ...

    def wait(self, seconds: float) -> int | None:
        """The same, after waiting for as long."""
        ...

    def is_stopped(self) -> bool:
        """Whether a signal or a debugger stopped it."""
        ...

    def signal(self, number: int) -> None:
        """Send a signal; one that was stopped goes on, to hear it."""
        ...

    def progress(self) -> Progress:
        """The steps that it has done."""
        ...

    def tell_finished(self, addresses: Sequence[str]) -> None:
        """Let it know of workers that have ended and that it is not to wait for."""
        ...

    def close(self) -> None:
        """Show what it printed last."""
        ...


class Place(Protocol):
    """Where processes can be started."""

    def addresses(self, tasks: Sequence[Task]) -> list[str]:
        """An address for each task, on a port that is free now."""
        ...

    def start(
        self, task: Task, command: Sequence[str], environment: Mapping[str, str], show: Show
    ) -> Process:
        """Start the process of a task.

        Args:
            task: the task.
            command: what it runs.
            environment: variables that are its own.
            show: called with each line that it prints.
        """
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class LocalPlace:
    """This machine."""

    def addresses(self, tasks: Sequence[Task]) -> list[str]:
        """See `Place`."""
        return free_addresses(len(tasks))

    def start(
        self, task: Task, command: Sequence[str], environment: Mapping[str, str], show: Show
    ) -> LocalProcess:
        """See `Place`."""
        return LocalProcess(command, {**os.environ, **environment}, show)

    def close(self) -> None:
        """Nothing is left."""


class LocalProcess:
    """A process of this machine.

    Args:
        command: what it runs.
        environment: all of its variables.
        show: called with each line that it prints.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], show: Show):
        self._folder = tempfile.TemporaryDirectory(prefix="tidefall-launch-")
        self._progress = Path(self._folder.name) / "progress"
        self._finished = Path(self._folder.name) / "finished"
        self._process = subprocess.Popen(
            list(command),
            env={
                **environment,
                VARIABLE: str(self._progress),
                finished.VARIABLE: str(self._finished),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=_read, args=(self._process.stdout, show), daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def poll(self) -> int | None:
        """See `Process`."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """See `Process`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def is_stopped(self) -> bool:
        """See `Process`; known on Linux alone."""
        return is_stopped(self.pid)

    def signal(self, number: int) -> None:
        """See `Process`."""
        try:
            os.killpg(self.pid, number)
            os.killpg(self.pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    def progress(self) -> Progress:
        """See `Process`."""
        return read(self._progress)

    def tell_finished(self, addresses: Sequence[str]) -> None:
        """See `Process`."""
        finished.tell(self._finished, addresses)

    def join(self) -> None:
        """Wait until all that it printed was shown."""
        self._reader.join(1.0)

    def close(self) -> None:
        """See `Process`."""
        self.join()
        self._folder.cleanup()


def _read(lines: IO[str], show: Show) -> None:
    with lines:
        for line in lines:
            show(line.rstrip("\n"))


def is_stopped(pid: int) -> bool:
    """Whether a process was stopped by a signal; known on Linux alone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] in ("T", "t")


def free_addresses(count: int, host: str = "127.0.0.1") -> list[str]:
    """Addresses of this machine whose ports are free now.

    Args:
        count: how many.
        host: the name or number that others reach this machine by.
    """
    with ExitStack() as held:
        found: list[str] = []
        for _ in range(count):
            listener = held.enter_context(socket.socket())
            listener.bind((host, 0))
            found.append(f"{host}:{listener.getsockname()[1]}")
        return found


def tasks_of(counts: Mapping[str, int]) -> list[Task]:
    """The tasks of a job with so many of each kind."""
    return [Task(kind, i) for kind, count in counts.items() for i in range(count)]


def cluster_of(counts: Mapping[str, int], place: Place | None = None) -> dict[str, list[str]]:
    """The cluster with so many tasks of each kind.

    Args:
        counts: how many, by kind.
        place: where they run; this machine by default.

    >>> sorted(cluster_of({"worker": 2, "ps": 0}))
    ['worker']
    """
    tasks = tasks_of(counts)
    found = (LocalPlace() if place is None else place).addresses(tasks)
    cluster: dict[str, list[str]] = {}
    for task, address in zip(tasks, found, strict=True):
        cluster.setdefault(task.kind, []).append(address)
    return cluster
