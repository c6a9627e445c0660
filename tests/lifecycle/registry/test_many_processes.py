"""Twenty processes at once, one that is killed, a disk that is full: the store stays whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tidefall.base import errors
from tidefall.lifecycle.metadata import MetadataStore
from tidefall.lifecycle.registry import Registry
from tidefall.lifecycle.registry.journal import Journal
from tidefall.lifecycle.track import Metric, Tracker
from tidefall.lifecycle.track.records import Records
from tidefall.serving.rollout.audit import audit_entries, check_audit

PROCESSES, RUNS, VERSIONS = 20, 3, 2

_WRITER = """
import sys
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.track.tracker import Tracker

store, database, model, who, runs, versions = sys.argv[1:]
with Tracker(store, database) as tracker:
    registry = Registry(store, database=tracker.database, user=who)
    for n in range(int(runs)):
        with tracker.start_run(name=f"{who}-{n}", experiment="many", params={"n": n}) as run:
            for step in range(20):
                run.log_metric("loss", n + step, step)
        for _ in range(int(versions)):
            print(registry.register("half", model, run_id=run.id).number, flush=True)
    registry.close()
"""


def _start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.process
@pytest.mark.slow
def test_twenty_processes_write_at_once(database_url, tmp_path, small_model):
    store = tmp_path / "store"
    writers = [
        _start(store, database_url, small_model, f"w{n}", RUNS, VERSIONS) for n in range(PROCESSES)
    ]
    numbers = []
    for writer in writers:
        out, err = writer.communicate(timeout=300)
        assert writer.returncode == 0, err
        numbers += [int(line) for line in out.split()]
    expected = PROCESSES * RUNS * VERSIONS
    assert sorted(numbers) == list(range(1, expected + 1))
    with Tracker(store, database_url) as tracker:
        runs = tracker.runs("many")
        assert {run.name for run in runs} == {
            f"w{n}-{m}" for n in range(PROCESSES) for m in range(RUNS)
        }
        assert all(run.status == "FINISHED" for run in runs)
        assert all(len(tracker.history(run.id, "loss")) == 20 for run in runs)
        with Registry(store, database=tracker.database) as registry:
            assert len(registry.versions("half")) == expected
            assert check_audit(registry.audit_path) == expected
            assert registry.verify() == []


@pytest.mark.process
@pytest.mark.slow
def test_a_killed_writer_leaves_a_usable_store(tmp_path, small_model):
    store = tmp_path / "store"
    database = str(store / "metadata.db")
    with Tracker(store):
        pass
    dice, told = random.Random(7), set()
    for turn in range(8):
        writer = _start(store, database, small_model, f"k{turn}", 200, 5)
        told.add(int(writer.stdout.readline()))
        time.sleep(dice.random() * 0.3)
        os.kill(writer.pid, signal.SIGKILL)
        out, _ = writer.communicate(timeout=60)
        told |= {int(line) for line in out.splitlines(keepends=True) if line.endswith("\n")}
    with Registry(store) as registry:
        assert registry.register("half", small_model).number > max(told)
        there = {version.number for version in registry.versions("half")}
        assert told <= there
        assert registry.verify() == []
        folders = {p.name for p in (store / "models" / "half").iterdir() if p.name.isdecimal()}
        assert {str(number) for number in there} == folders
        check_audit(registry.audit_path)
    with MetadataStore(database) as opened:
        rows = opened.database.rows("PRAGMA integrity_check")
        assert rows == [("ok",)]


def test_a_change_that_was_cut_short_is_told_so(tmp_path, small_model, monkeypatch):
    with Registry(tmp_path / "store") as registry:
        registry.register("half", small_model)
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "_remember", _die)
            with pytest.raises(_Dead):
                registry.register("half", small_model)
        assert [v.number for v in registry.versions("half")] == [1]
        assert registry.register("half", small_model).number == 2
        actions = [entry["action"] for entry in audit_entries(registry.audit_path)]
        assert actions == ["version.register"] * 2 + ["abandoned", "version.register"]
        assert registry.verify() == []


class _Dead(Exception):
    pass


def _die(*_):
    raise _Dead


@pytest.fixture
def small_disk(tmp_path):
    """A disk of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs mount and root")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(path):
    try:
        with path.open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096:
                pass
    except OSError:
        pass


def _log_much(records, run_id):
    for n in range(2000):
        records.log(run_id, [Metric("m", n, n, n)] * 100, tags={f"t{n}": "x" * 5000})


@pytest.mark.process
def test_a_full_disk_leaves_a_usable_store(small_disk, small_model):
    store = small_disk / "store"
    ballast = small_disk / "ballast"
    with Tracker(store) as tracker, Registry(store, database=tracker.database) as registry:
        registry.register("half", small_model)
        run = tracker.start_run()
        run.log_metric("loss", 1.0)
        run.flush()
        _fill(ballast)
        with pytest.raises((errors.ResourceExhaustedError, errors.UnavailableError)):
            registry.register("half", small_model)
        records = Records(tracker.database)
        with pytest.raises(errors.ResourceExhaustedError, match=r"metadata\.db"):
            _log_much(records, run.id)
        with pytest.raises(errors.OpError):
            run.log_text("x" * 10_000_000, "big.txt")
        assert [p.name for p in (store / "models" / "half").iterdir()] == ["1"]
        assert not list(store.rglob("*big*"))
        ballast.unlink()
        assert registry.register("half", small_model).number == 2
        run.log_metric("loss", 2.0, step=1)
        run.end()
        assert [m.value for m in tracker.history(run.id, "loss")] == [1.0, 2.0]
        assert registry.verify() == []
        assert tracker.database.rows("PRAGMA integrity_check") == [("ok",)]
