"""`examples/recommender.py` on five processes, of which a worker is killed and started again."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tidefall.distribute.launch.processes import Task, cluster_of
from tidefall.distribute.launch.supervisor import Limits, Supervisor, environment_of

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "recommender.py"
COUNTS = {"chief": 1, "worker": 2, "ps": 2}


class Job:
    """The processes of the example."""

    def __init__(self, *arguments):
        self._arguments = arguments
        self._cluster = cluster_of(COUNTS)
        self.processes = {}
        self.lines = queue.Queue()
        self._readers = []
        for kind, count in sorted(COUNTS.items(), reverse=True):
            for index in range(count):
                self.start(Task(kind, index))

    def start(self, task):
        process = self.processes[task] = subprocess.Popen(
            [sys.executable, str(EXAMPLE), *self._arguments],
            env={**os.environ, **environment_of(task, self._cluster)},
            stdout=subprocess.PIPE if task.kind == "chief" else None,
            stderr=subprocess.STDOUT if task.kind == "chief" else None,
            text=True,
        )
        if process.stdout is not None:
            self._readers.append(threading.Thread(target=self._read, args=(process.stdout,)))
            self._readers[-1].start()

    def _read(self, stream):
        with stream:
            for line in stream:
                self.lines.put(line)

    def epochs(self):
        """The errors of the epochs as they come, and what else the chief said so far."""
        said = []
        until = time.monotonic() + 120
        while True:
            line = self.lines.get(timeout=until - time.monotonic())
            said.append(line)
            found = re.match(r"epoch (\d+) rmse ([\d.]+)", line)
            if found:
                yield int(found[1]), float(found[2]), "".join(said)

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        for thread in self._readers:
            thread.join()


@pytest.fixture
def job(tmp_path):
    made = Job("--folder", str(tmp_path), "--epochs", "14", "--steps", "60")
    yield made
    made.end()


@pytest.mark.process
def test_a_recommender_is_trained_while_a_worker_is_killed_and_comes_back(job):
    lost, errors, log = Task("worker", 0), {}, ""
    for found in job.epochs():
        epoch, errors[found[0]], log = found
        if epoch == 2:
            job.processes[lost].kill()
            job.processes[lost].wait()
        if epoch == 5:
            job.start(lost)
        if epoch == 14:
            break
    assert sorted(errors) == list(range(1, 15))
    assert errors[14] < 0.3 < 1.5 < errors[1]
    assert "/job:worker/replica:0/task:0 is lost" in log
    assert job.processes[Task("chief", 0)].wait(30) == 0


@pytest.mark.process
@pytest.mark.slow
def test_the_chief_goes_on_from_its_checkpoint_when_a_parameter_server_was_killed(tmp_path):
    lines, seen = [], threading.Event()

    def show(task, line):
        lines.append(line)
        if line.startswith("epoch 7 ") and not seen.is_set():
            seen.set()
            os.kill(int((tmp_path / "ps 0").read_text()), signal.SIGKILL)

    arguments = ["--folder", str(tmp_path), "--epochs", "14", "--steps", "60"]
    program = PROGRAM.format(example=str(EXAMPLE), folder=str(tmp_path))
    job = Supervisor(
        [sys.executable, "-c", program, *arguments], cluster_of(COUNTS), Limits(), show
    )
    outcomes = {str(task): outcome for task, outcome in job.run().items()}
    assert {outcome.status for outcome in outcomes.values()} == {0}, lines
    assert outcomes["chief 0"].restarts == outcomes["ps 0"].restarts == 1
    assert any("UnavailableError: /job:ps/replica:0/task:0" in line for line in lines)
    epochs = [int(found[1]) for line in lines if (found := re.match(r"epoch (\d+) ", line))]
    assert epochs == [*range(1, 8), *range(6, 15)]


PROGRAM = """
import json, os, runpy, sys
task = json.loads(os.environ["TF_CONFIG"])["task"]
with open(os.path.join({folder!r}, f"{{task['type']}} {{task['index']}}"), "w") as file:
    file.write(str(os.getpid()))
runpy.run_path({example!r}, run_name="__main__")
"""
