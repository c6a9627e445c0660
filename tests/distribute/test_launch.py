"""`tidefall launch` starts, watches, restarts and ends the processes of a job."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

import pytest

from tidefall.distribute.launch.__main__ import main
from tidefall.distribute.launch.processes import Task, cluster_of
from tidefall.distribute.launch.supervisor import Limits, Supervisor

LIMITS = Limits(restarts=1, frozen_seconds=0.3, grace_seconds=2.0)


class _Job:
    """A job of a script, its lines, and what became of its tasks."""

    def __init__(self, tmp_path, script, counts, limits=LIMITS):
        self.lines = []
        path = tmp_path / "script.py"
        path.write_text("import json, os, sys, time, signal\n" + script)
        self.supervisor = Supervisor(
            [sys.executable, str(path), str(tmp_path)],
            cluster_of(counts),
            limits,
            lambda task, line: self.lines.append((str(task), line)),
        )

    def run(self):
        return {str(t): o for t, o in self.supervisor.run().items()}


CONFIG = "config = json.loads(os.environ['TF_CONFIG']); task = config['task']\n"
ONCE = (
    CONFIG
    + """
first = os.path.join(sys.argv[1], "first")
if task["index"] == 1 and not os.path.exists(first):
    open(first, "w").close()
    {deed}
print("ran")
"""
)


def test_each_process_learns_its_place(tmp_path):
    script = CONFIG + "print(task['type'], task['index'], len(config['cluster']['worker']))"
    job = _Job(tmp_path, script, {"chief": 1, "worker": 2})
    outcomes = job.run()
    assert {line for _, line in job.lines} == {"chief 0 2", "worker 0 2", "worker 1 2"}
    assert all(task.split()[1] in line for task, line in job.lines)
    assert [o.status for o in outcomes.values()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("sys.exit(3)", "ended with status 3"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSTOP)", "is frozen"),
    ],
)
def test_a_process_that_fails_or_freezes_is_started_again(tmp_path, deed, said):
    job = _Job(tmp_path, ONCE.format(deed=deed), {"worker": 2})
    outcomes = job.run()
    assert any(task == "None" and said in line for task, line in job.lines)
    assert [line for task, line in job.lines if task == "worker 1"] == ["ran"]
    assert (outcomes["worker 1"].status, outcomes["worker 1"].restarts) == (0, 1)
    assert outcomes["worker 0"].restarts == 0


def test_a_chief_with_parameter_servers_ends_the_job(tmp_path):
    script = CONFIG + "time.sleep(60 if task['type'] != 'chief' else 0)"
    start = time.monotonic()
    outcomes = _Job(tmp_path, script, {"chief": 1, "worker": 2, "ps": 1}).run()
    assert [o.status for o in outcomes.values()] == [0, 0, 0, 0]
    assert time.monotonic() - start < 20


def test_a_task_that_fails_for_good_ends_the_job(tmp_path):
    script = CONFIG + "sys.exit(2) if task['index'] else time.sleep(60)"
    start = time.monotonic()
    outcomes = _Job(tmp_path, script, {"worker": 2}).run()
    assert time.monotonic() - start < 20
    assert outcomes["worker 1"].status == 2
    assert outcomes["worker 0"].status == -signal.SIGTERM


def test_parameter_servers_end_with_the_others(tmp_path):
    script = CONFIG + "time.sleep(60 if task['type'] == 'ps' else 0)"
    outcomes = _Job(tmp_path, script, {"worker": 1, "ps": 1}).run()
    assert [o.status for o in outcomes.values()] == [0, 0]


def test_a_process_that_ignores_the_end_is_killed(tmp_path):
    script = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
    job = _Job(tmp_path, script, {"worker": 1}, Limits(0, 5.0, 0.3))
    thread = threading.Thread(target=job.run)
    thread.start()
    while not job.lines:
        time.sleep(0.02)
    job.supervisor.end()
    thread.join(10)
    assert not thread.is_alive()


def test_the_command_prints_a_summary(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_text("import sys\nprint('hello', *sys.argv[1:])\n")
    assert main(["--workers", "1", "--json", str(path), "--steps", "3"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["worker 0"]["status"] == 0
    assert "[worker 0] hello --steps 3" in err


@pytest.mark.parametrize("arguments", [["--workers", "0", "x.py"], ["--ps", "-1", "x.py"], []])
def test_wrong_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "usage: tidefall launch" in capsys.readouterr().err


def test_addresses_differ():
    addresses = [a for kind in cluster_of({"worker": 8, "ps": 2}).values() for a in kind]
    assert len(set(addresses)) == 10
    assert str(Task("worker", 1)) == "worker 1"
    assert os.environ.get("TF_CONFIG") is None


def test_the_steps_of_each_task_are_told(tmp_path):
    script = """
from tidefall.distribute.progress import reporter
for _ in range(5):
    reporter.step()
    time.sleep(0.05)
"""
    outcomes = _Job(
        tmp_path, CONFIG + "if task['index'] == 0:" + script.replace("\n", "\n    "), {"worker": 2}
    ).run()
    done = outcomes["worker 0"].progress
    assert done.steps == 5
    assert 0 < done.rate < 21
    assert outcomes["worker 1"].progress == (0, 0.0)
    assert outcomes["worker 1"].progress.rate is None


def test_the_steps_of_a_process_that_is_killed_are_kept(tmp_path):
    script = """
from tidefall.distribute.progress import reporter
reporter.step()
reporter.write()
os.kill(os.getpid(), signal.SIGKILL)
"""
    outcomes = _Job(tmp_path, script, {"worker": 1}).run()
    assert outcomes["worker 0"].restarts == 1
    assert outcomes["worker 0"].progress.steps == 2


def test_a_script_for_tensorflow_runs_as_it_is(tmp_path, capfd):
    script = tmp_path / "train.py"
    script.write_text("import tensorflow as tf\nprint(tf.__name__, tf.constant(1).shape)\n")
    assert main(["--workers", "1", "--tensorflow", str(script)]) == 0
    assert "[worker 0] tensorflow ()" in capfd.readouterr().out


def test_a_script_that_is_not_there_starts_nothing(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none.py")])
    assert "no such script" in capsys.readouterr().err
