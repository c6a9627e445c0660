"""What is done to the processes of a job, and what they must do nevertheless."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tidefall as tf
from tests.data.service.servers import dispatcher_process, end, worker_process
from tidefall.distribute.launch.processes import cluster_of, free_addresses
from tidefall.distribute.launch.supervisor import Limits, Supervisor

FOLDER = Path(__file__).parent
LONGEST = 120.0
"""Seconds after which a job is ended: it hangs."""
PATIENCE = 10.0
"""Seconds after which it must go on."""


class Failed(Exception):
    """A job did not do what it must."""


@dataclass(frozen=True)
class Outcome:
    """What was done in a run, and the longest time without a step.

    Attributes:
        what: who was killed or stopped, and after how many seconds.
        pause: seconds.
    """

    what: str
    pause: float


def _pause(times: list[float]) -> float:
    longest = max(b - a for a, b in itertools.pairwise(times))
    if longest > PATIENCE:
        raise Failed(f"nothing went on for {longest:.1f} s")
    return longest


class Job:
    """A program on several processes, of which one is lost.

    Args:
        program: a file of this folder.
        counts: how many tasks of each kind.
        victims: the tasks of which one is lost.
        watched: the kind of task whose steps count.
    """

    def __init__(self, program: str, counts: dict[str, int], victims: list[str], watched: str):
        self._program, self._counts = program, counts
        self._victims, self._watched = victims, watched

    def __call__(self, draw: random.Random) -> Outcome:
        victim = draw.choice(self._victims)
        how = draw.choice([signal.SIGKILL, signal.SIGSTOP])
        delay = draw.uniform(0.0, 2.0)
        steps: dict[str, list[float]] = {}
        results: dict[str, list[str]] = {}
        log: list[str] = []

        def show(task: object, line: str) -> None:
            log.append(f"[{task}] {line}")
            if line.startswith("step"):
                steps.setdefault(str(task), []).append(time.monotonic())
            elif line.startswith("result"):
                results.setdefault(str(task), []).append(line)

        command = [sys.executable, str(FOLDER / self._program)]
        supervisor = Supervisor(command, cluster_of(self._counts), Limits(), show)
        ended = threading.Event()

        def lose() -> None:
            while not ended.is_set() and not any(map(len, steps.values())):
                time.sleep(0.02)
            time.sleep(delay)
            pid = _pid_of(victim, self._program)
            if pid is not None:
                os.kill(pid, how)

        threading.Thread(target=lose, daemon=True).start()
        threading.Thread(target=_end_after(LONGEST, ended, supervisor), daemon=True).start()
        outcomes = {str(task): outcome for task, outcome in supervisor.run().items()}
        ended.set()
        what = f"{victim} {how.name} after {delay:.2f} s"
        tail = "\n".join(log[-30:])
        watched = {t: times for t, times in steps.items() if t.startswith(self._watched)}
        survivors = [task for task in watched if task != victim]
        lost = [t for t in survivors if outcomes[t].status or len(results.get(t, [])) != 1]
        if lost or not survivors:
            raise Failed(f"{what}: {lost or 'nobody'} did not end well\n{tail}")
        if len({tuple(results[t]) for t in survivors}) > 1:
            raise Failed(f"{what}: weights differ: {results}\n{tail}")
        try:
            return Outcome(what, max(_pause(watched[t]) for t in survivors))
        except Failed as error:
            raise Failed(f"{what}: {error}\n{tail}") from None


def _end_after(seconds: float, ended: threading.Event, supervisor: Supervisor) -> Callable:
    def watch() -> None:
        if not ended.wait(seconds):
            supervisor.end()

    return watch


def _pid_of(task: str, program: str) -> int | None:
    """The process of a task, found by what its environment says."""
    kind, index = task.split()
    wanted = re.compile(rf'"type": "{kind}", "index": {index}\b')
    for entry in Path("/proc").iterdir():
        try:
            if program not in (entry / "cmdline").read_text():
                continue
            if wanted.search((entry / "environ").read_text()):
                return int(entry.name)
        except (OSError, ValueError):
            continue
    return None


def data_service(draw: random.Random) -> Outcome:
    """A reader of a service of which a worker or the dispatcher is lost."""
    service = tf.data.experimental.service
    victim = draw.choice(["worker", "dispatcher"])
    how = draw.choice([signal.SIGKILL, signal.SIGSTOP]) if victim == "worker" else signal.SIGKILL
    at = draw.randrange(10, 150)
    port = int(free_addresses(1)[0].rpartition(":")[2])
    made = []
    with tempfile.TemporaryDirectory() as folder:
        dispatcher, target = dispatcher_process(port, folder)
        made.append(dispatcher)
        workers = [worker_process(target)[0] for _ in range(2)]
        made += workers
        try:
            dataset = (
                tf.data.Dataset.range(300)
                .map(_slow)
                .apply(service.distribute("distributed_epoch", target, max_outstanding_requests=4))
            )
            found, times = [], [time.monotonic()]
            for element in dataset:
                found.append(int(element))
                times.append(time.monotonic())
                if len(found) == at:
                    os.kill((workers[0] if victim == "worker" else dispatcher).pid, how)
                    if victim == "dispatcher":
                        dispatcher.wait()
                        made.append(dispatcher_process(port, folder)[0])
        finally:
            for process in made:
                if process.poll() is None:
                    os.kill(process.pid, signal.SIGCONT)
                end(process)
    what = f"{victim} {how.name} at element {at}"
    if len(found) != len(set(found)):
        raise Failed(f"{what}: elements came twice")
    most = 20 if victim == "worker" else 0
    if len(found) < 300 - most:
        raise Failed(f"{what}: {300 - len(found)} elements are lost")
    return Outcome(what, _pause(times))


def _slow(x):
    return x + tf.cast(tf.reduce_sum(tf.sort(tf.zeros([200_000]))), tf.int64)


JOBS: dict[str, Callable[[random.Random], Outcome]] = {
    "workers": Job("workers.py", {"worker": 3}, ["worker 0", "worker 1", "worker 2"], "worker"),
    "parameter_server": Job(
        "parameter_server.py",
        {"chief": 1, "worker": 2, "ps": 1},
        ["worker 0", "worker 1"],
        "chief",
    ),
    "data_service": data_service,
}
"""The jobs by name. Each takes a source of chance, and raises `Failed`."""
