"""Searches in several processes, and what a kill leaves of one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
import types
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest

import tidefall as tf
from tests.lifecycle.tune import objectives
from tidefall import track, tune

pytestmark = pytest.mark.process
QUIET = {"view": "none", "seed": 3}
MOMENTS = int(os.environ.get("TIDEFALL_KILLS", "2"))


def check(store, name, found, count):
    """Each trial that ended well did so once, and its run says the same."""
    study = optuna.load_study(study_name=name, storage=f"sqlite:///{store}/studies.db")
    ended = [t for t in study.trials if t.state.name in ("COMPLETE", "PRUNED")]
    assert len(ended) == count == len({str(sorted(t.params.items())) for t in ended})
    assert found.best.number == study.best_trial.number
    with track.Tracker(store) as tracker:
        runs = {int(run.tags["tidefall.trial"]): run for run in tracker.runs(name)}
    # A kill while values were drawn leaves a trial without a run.
    begun = [t for t in study.trials if "run_id" in t.user_attrs]
    assert {t.number for t in begun} <= {*runs} <= {t.number for t in study.trials}
    assert {t.number for t in ended} <= {t.number for t in begun}
    status = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}
    for trial in begun:
        cut = trial.state.name == "FAIL" and "error" not in trial.user_attrs
        assert runs[trial.number].status == ("KILLED" if cut else status[trial.state.name])


def test_trials_in_processes_are_those_of_optunas_study(tmp_path):
    found = tune.search(
        objectives.rising, {"slope": (0.0, 1.0)}, trials=16, workers=2, name="r", store=tmp_path,
        **QUIET,
    )  # fmt: skip
    check(tmp_path, "r", found, 16)
    for trial in found.trials:
        if trial.state.name == "COMPLETE":
            assert trial.value == 4 * trial.params["slope"]


def test_a_process_that_dies_fails_its_trial_and_no_other(tmp_path):
    found = tune.search(
        objectives.dies_once, {"x": (0.0, 1.0)}, trials=6, workers=2, name="d", store=tmp_path,
        **QUIET,
    )  # fmt: skip
    check(tmp_path, "d", found, 6)
    (failed,) = [t for t in found.trials if t.state.name == "FAIL"]
    assert failed.user_attrs["error"] == "trial 1: its process ended, status -9"


def test_an_error_in_a_process_comes_back_with_its_stack(tmp_path):
    def objective(trial):
        return {}["lacking"]

    with pytest.raises(tf.errors.InternalError, match=r"in objective\n(.|\n)*KeyError: 'lacking'"):
        tune.search(objective, trials=3, workers=2, store=tmp_path, max_failures=2, **QUIET)


def test_what_the_search_refuses_is_raised_in_the_process(tmp_path):
    def objective(trial):
        with pytest.raises(tf.errors.InvalidArgumentError, match="search's own"):
            trial.set_user_attr("run_id", 1)
        return 1.0

    found = tune.search(objective, trials=2, workers=2, store=tmp_path, max_failures=1, **QUIET)
    assert len(found.trials) == 2


def test_what_cannot_be_sent_is_told(tmp_path):
    lock = threading.Lock()
    with pytest.raises(tf.errors.InvalidArgumentError, match="cannot be sent to another process"):
        tune.search(lambda trial: lock, trials=2, workers=2, store=tmp_path, **QUIET)


def test_an_objective_that_cannot_be_read_in_a_process_tells_why(tmp_path, monkeypatch):
    module = types.ModuleType("only_here")
    exec("def objective(trial):\n    return 1.0", module.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", module)
    with pytest.raises(tf.errors.InternalError, match="No module named 'only_here'"):
        tune.search(module.objective, trials=2, workers=2, store=tmp_path, max_failures=1, **QUIET)


def slow_search(store, log, seconds):
    command = [sys.executable, "-m", "tests.lifecycle.tune.objectives", str(store), str(log)]
    return subprocess.Popen([*command, str(seconds)], cwd=Path.cwd())


def wait_for(log, lines, program):
    deadline = time.monotonic() + 60
    while not log.exists() or len(log.read_text().splitlines()) < lines:
        assert time.monotonic() < deadline and program.poll() is None
        time.sleep(0.005)


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_search_that_was_killed_goes_on_and_runs_no_finished_trial_again(tmp_path, moment):
    draw = random.Random(moment)
    store, log = tmp_path / "store", tmp_path / "log"
    program = slow_search(store, log, 0.02)
    try:
        wait_for(log, draw.randrange(1, 26), program)
        time.sleep(draw.random() * 0.05)
    finally:
        program.send_signal(signal.SIGKILL)
        program.wait()
    ended = [line for line in log.read_text().splitlines() if line.startswith("end")]
    assert slow_search(store, log, 0).wait(timeout=120) == 0
    found = tune.search(
        objectives.parabola, objectives.SPACE, trials=14, name="slow", store=store, **QUIET
    )
    check(store, "slow", found, 14)
    # The trials are those of a search that nobody killed.
    whole = tune.search(
        objectives.parabola, objectives.SPACE, trials=14, store=tmp_path / "whole", **QUIET
    )
    done = [t for t in found.trials if t.state.name == "COMPLETE"]
    assert [t.params for t in done] == [t.params for t in whole.trials]
    assert [t.value for t in done] == [t.value for t in whole.trials]
    # What ended before the kill was begun once, but for the one that was killed as it was told.
    lines = log.read_text().splitlines()
    repeated = [line for line in ended if lines.count(f"end {line.split(' ', 1)[1]}") > 1]
    xs = [line.split()[2] for line in lines if line.startswith("begin")]
    assert not repeated and len(xs) - len(set(xs)) <= 1


def test_a_worker_ends_with_the_process_that_searches(tmp_path):
    log = tmp_path / "pid"
    program = (
        "import os, pathlib, time\nfrom tidefall import tune\n"
        "def objective(trial):\n"
        f"    pathlib.Path({str(log)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(100)\n"
        f"tune.search(objective, trials=1, workers=2, store={str(tmp_path / 'store')!r})\n"
    )
    searching = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_for(log, 1, searching)
    finally:
        searching.kill()
        searching.wait()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{log.read_text()}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
@pytest.mark.filterwarnings("ignore")
def test_trials_run_on_ray(tmp_path):
    import ray

    ray.init(num_cpus=2, log_to_driver=False, logging_level="error")
    try:
        options = {"trials": 8, "workers": 2, "on": "ray", "store": tmp_path, **QUIET}
        found = tune.search(objectives.rising, {"slope": (0.0, 1.0)}, name="r", **options)
        check(tmp_path, "r", found, 8)
        found = tune.search(objectives.dies_once, {"x": (0.0, 1.0)}, name="d", **options)
        check(tmp_path, "d", found, 8)
        (failed,) = [t for t in found.trials if t.state.name == "FAIL"]
        assert "task on Ray was lost" in failed.user_attrs["error"]
    finally:
        ray.shutdown()


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_ray_is_asked_for_where_it_is_not_installed(tmp_path):
    with pytest.raises(tf.errors.FailedPreconditionError, match=r"tidefall\[ray\]"):
        tune.search(objectives.parabola, objectives.SPACE, on="ray", store=tmp_path, **QUIET)
