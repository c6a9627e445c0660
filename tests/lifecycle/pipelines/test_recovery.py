"""What a kill leaves: artifacts are made exactly once, other effects happen at least once."""

from __future__ import annotations

import collections
import fcntl
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.lifecycle.pipelines.orchestration.attempt import Attempt
from tidefall.lifecycle.pipelines.orchestration.records import FINISHED, RUNNING, Records
from tidefall.tools.pipeline.cli import main

EFFECTS = ["number 3", "number 4", "square 3", "square 4", "sum"]

# Ends itself as `kill -9` does, before or after one of the methods through which outputs go.
PROGRAM = """
import os, signal, sys
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.lifecycle.pipelines.orchestration.attempt import Attempt

root, log, method, when = sys.argv[1:]
original = getattr(Attempt, method)

def killing(self, *arguments):
    is_left = os.sep + "left" + os.sep in self.work
    if is_left and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(self, *arguments)
    if is_left:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(Attempt, method, killing)
runner = tfx.orchestration.LocalDagRunner(max_parallel=1, view="none")
runner.run(steps.squares(root, log, 0.05, cache=False))
"""


def resume(root, log, **arguments):
    pipeline = steps.squares(str(root), str(log), 0.05, cache=False)
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline, **arguments)


def executions(root, state):
    """The executions of each node in the last run that are in one of some states, by node."""
    if not (root / "metadata.db").exists():
        return collections.Counter()
    records = Records(str(root / "metadata.db"), "squares")
    try:
        runs = records.runs()
        if not runs:
            return collections.Counter()
        context = records.store.get_context_by_type_and_name("pipeline_run", runs[-1][0])
        return collections.Counter(
            one.custom_properties["__node__"].string_value
            for one in records.store.get_executions_by_context(context.id)
            if one.last_known_state in state
        )
    finally:
        records.close()


def check_artifacts(root, result):
    """Each node ended once, each of its outputs is once in the store and once on the disk."""
    assert result.outputs["Sum"]["total"][0].read() == 25
    assert executions(root, FINISHED) == dict.fromkeys(result.outputs, 1)
    records = Records(str(root / "metadata.db"), "squares")
    try:
        stored = [one.uri for one in records.store.get_artifacts()]
    finally:
        records.close()
    made = [one.uri for group in result.outputs.values() for many in group.values() for one in many]
    assert sorted(stored) == sorted(made)
    outputs = [path for path in root.glob("*/*/*") if not path.parent.name.startswith(".")]
    assert len(outputs) == len(made)
    assert not list(root.rglob(".system/*"))


def kill_at(root, log, method, when):
    command = [sys.executable, "-c", PROGRAM, str(root), str(log), method, when]
    assert subprocess.run(command, cwd=Path.cwd(), check=False, timeout=60).returncode == -9


@pytest.mark.process
@pytest.mark.parametrize(
    ("method", "when", "state", "effects"),
    [
        ("seal", "before", "done", 2),  # the step has ended, and nothing says so yet
        ("seal", "after", "resumed", 1),
        ("move", "after", "resumed", 1),
        ("end", "before", "resumed", 1),
    ],
)
def test_outputs_that_were_whole_are_taken_up(tmp_path, method, when, state, effects):
    root, log = tmp_path / "root", tmp_path / "log"
    kill_at(root, log, method, when)
    assert log.read_text().split("\n").count("square 3") == 1
    result = resume(root, log)
    assert result.states["left"] == state
    lines = log.read_text().splitlines()
    assert lines.count("square 3") == effects
    assert sorted(set(lines)) == EFFECTS
    check_artifacts(root, result)


@pytest.mark.process
def test_outputs_that_are_not_what_their_record_says_are_made_again(tmp_path):
    root, log = tmp_path / "root", tmp_path / "log"
    kill_at(root, log, "seal", "after")
    (path,) = (root / "left" / ".system").glob("*/model/number")
    path.write_text("8")
    result = resume(root, log)
    assert result.states["left"] == "done"
    check_artifacts(root, result)


def killed_run(root, log, seconds):
    command = [sys.executable, "-m", "tests.lifecycle.pipelines.steps", str(root), str(log)]
    program = subprocess.Popen(command, cwd=Path.cwd())
    try:
        program.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


MOMENTS = int(os.environ.get("TIDEFALL_KILLS", "3"))


@pytest.mark.process
def test_a_run_that_was_killed_repeats_at_most_the_steps_it_was_at(tmp_path):
    begun = time.monotonic()
    killed_run(tmp_path / "whole", tmp_path / "whole.log", 60)
    whole = time.monotonic() - begun
    draw = random.Random(25)
    for number in range(MOMENTS):
        root, log = tmp_path / f"root{number}", tmp_path / f"log{number}"
        killed_run(root, log, whole * draw.uniform(0.5, 1.0))
        finished, begun_steps = executions(root, FINISHED), executions(root, (RUNNING,))
        before = log.read_text().splitlines() if log.exists() else []
        result = resume(root, log)
        if finished and len(finished) < 5:
            resumed = {node for node, state in result.states.items() if state == "resumed"}
            assert {*finished} <= resumed <= {*finished, *begun_steps}
        lines = log.read_text().splitlines()
        assert sorted(set(lines)) == EFFECTS
        again = lines[len(before) :]
        repeated = [line for line in again if line in before]
        if len(finished) < 5:
            assert len(repeated) <= len(begun_steps)
            check_artifacts(root, result)


# --- steps in processes of their own --------------------------------------------------------------


@pytest.mark.process
def test_a_step_that_was_ended_by_its_timeout_goes_on_from_its_state(tmp_path):
    log = tmp_path / "log"
    node = steps.Counting(log=str(log), wanted=3)
    node.with_options(max_attempts=3, timeout_seconds=20.0, retry_delay_seconds=0.0)
    pipeline = tfx.dsl.Pipeline("counts", str(tmp_path / "root"), components=[node])
    result = tfx.orchestration.LocalDagRunner(view="none").run(pipeline)
    assert result.outputs["Counting"]["count"][0].read() == 3
    # Each attempt counts one further and fails; none begins anew.
    assert log.read_text().split() == ["1", "2", "3"]
    assert not list((tmp_path / "root" / "Counting" / ".state").iterdir())


# --- run-node -------------------------------------------------------------------------------------

PIPELINE = """
from tests.lifecycle.pipelines.steps import squares

pipeline = squares({root!r}, {log!r}, cache=False)
"""


@pytest.fixture
def pipeline_file(tmp_path):
    path = tmp_path / "squares_pipeline.py"
    path.write_text(PIPELINE.format(root=str(tmp_path / "root"), log=str(tmp_path / "log")))
    return str(path)


def run_node(file, node, capsys):
    status = main(["run-node", file, node, "--run-id", "r", "--json"])
    said = capsys.readouterr()
    return json.loads(said.out)["state"] if status == 0 else said.err


@pytest.mark.parametrize(
    ("lock", "kind", "said"),
    [
        ("root/.run.lock", fcntl.LOCK_EX, "pipeline squares runs already"),
        ("root/Number/.run.lock", fcntl.LOCK_EX, "node Number of pipeline squares runs already"),
        # Other nodes, as tasks beside this one.
        ("root/.run.lock", fcntl.LOCK_SH, "done"),
        ("root/four/.run.lock", fcntl.LOCK_EX, "done"),
    ],
)
def test_a_node_runs_once_at_a_time(pipeline_file, tmp_path, capsys, lock, kind, said):
    path = tmp_path / lock
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        fcntl.flock(file, kind)
        assert said in run_node(pipeline_file, "Number", capsys)
    assert run_node(pipeline_file, "Number", capsys) == ("resumed" if said == "done" else "done")


def test_a_pipeline_does_not_run_while_one_of_its_nodes_does(tmp_path):
    (tmp_path / "root").mkdir()
    with (tmp_path / "root" / ".run.lock").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        with pytest.raises(tf.errors.FailedPreconditionError, match="squares runs already"):
            resume(tmp_path / "root", tmp_path / "log")


def test_a_killed_task_is_taken_up_by_the_next_of_its_node(
    pipeline_file, tmp_path, capsys, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(self):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Attempt, "move", killed)
        patched.setattr(Attempt, "discard", lambda self: None)
        with pytest.raises(Killed):
            run_node(pipeline_file, "Number", capsys)
    assert run_node(pipeline_file, "Number", capsys) == "resumed"
    assert (tmp_path / "log").read_text() == "number 3\n"
