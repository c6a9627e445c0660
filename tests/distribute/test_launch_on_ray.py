"""`tidefall launch --on ray`: the same job where Ray puts it. Needs the extra `ray`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")

REDUCE = """
import json, os
import tidefall as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
def replica():
    return tf.distribute.get_replica_context().all_reduce("SUM", tf.constant(1.0))
print("workers:", int(strategy.run(replica)))
"""
DIE_ONCE = """
import json, os, signal, sys
task = json.loads(os.environ["TF_CONFIG"])["task"]
mark = sys.argv[1]
if task["index"] == 1 and not os.path.exists(mark):
    open(mark, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
print("ended", task["index"])
"""
WAIT = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
time.sleep(600)
"""


def launch(script: Path, *arguments: str) -> list[str]:
    launcher = [
        sys.executable,
        "-m",
        "tidefall",
        "launch",
        "--on",
        "ray",
        "--cpus",
        "0.5",
        "--json",
    ]
    return [*launcher, str(script), *arguments]


@needs_ray
@pytest.mark.process
def test_workers_find_each_other(tmp_path):
    script = tmp_path / "reduce.py"
    script.write_text(REDUCE)
    done = subprocess.run(launch(script), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for worker in range(2):
        assert f"[worker {worker}] workers: 2" in done.stderr


@needs_ray
@pytest.mark.process
def test_a_worker_that_is_killed_is_started_again(tmp_path):
    script = tmp_path / "die.py"
    script.write_text(DIE_ONCE)
    command = launch(script, str(tmp_path / "mark"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {task: o["restarts"] for task, o in found.items()} == {"worker 0": 0, "worker 1": 1}
    assert "[worker 1] ended 1" in done.stderr


@needs_ray
@pytest.mark.process
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_launcher_ends(tmp_path, how):
    script = tmp_path / "wait.py"
    script.write_text(WAIT)
    launcher = subprocess.Popen(
        launch(script, str(tmp_path)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def pids() -> list[int]:
        return [int(path.name) for path in tmp_path.iterdir() if path.name.isdecimal()]

    def alive() -> list[int]:
        return [pid for pid in pids() if os.path.exists(f"/proc/{pid}")]

    deadline = time.monotonic() + 60
    while len(alive()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(alive()) == 2
    launcher.send_signal(how)
    launcher.wait(60)
    while alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive()


@pytest.mark.process
def test_without_ray_it_says_what_to_install(tmp_path):
    hidden = (
        "import sys; sys.modules['ray'] = None; from tidefall.distribute.launch.__main__ import"
    )
    program = f"{hidden} main; sys.exit(main(['--on', 'ray', 'train.py']))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "tidefall launch: --on ray needs Ray: pip install 'tidefall[ray]'\n"
