"""A process that dies while it saves leaves a whole checkpoint, and nothing to clean up."""

import fcntl
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import tidefall as tf
from tidefall.io.file_systems.whole_files import create_beside, remove_abandoned

CRASHING = Path(__file__).with_name("crashing.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def fast_folder(tmp_path):
    """A folder in memory, if there is one: forcing files to a disk takes long."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield folder


def crash(mode, folder):
    """Run programs that are killed; what they print."""
    done = subprocess.run(
        [sys.executable, str(CRASHING), mode, str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.process
def test_killed_before_each_operation_on_files(fast_folder):
    counts = [int(n) for n in re.findall(r"killed at (\d+) points", crash("points", fast_folder))]
    assert len(counts) == 2
    assert all(count >= 20 for count in counts)


@pytest.mark.process
def test_killed_at_random_times(fast_folder):
    assert "killed 50 times" in crash("times", fast_folder)


def test_files_are_on_the_disk_before_they_have_their_names(tmp_path, monkeypatch):
    """What a power failure leaves depends on this order."""
    forced, log = {}, []
    fsync, replace, unlink = os.fsync, os.replace, os.unlink

    def spy_fsync(handle):
        fsync(handle)
        path = os.readlink(f"/proc/self/fd/{handle}")
        forced[path] = os.path.getsize(path)
        log.append(("force", os.path.basename(path) if os.path.isfile(path) else "folder"))

    def spy_replace(source, target):
        assert forced[os.path.realpath(source)] == os.path.getsize(source)
        log.append(("name", os.path.basename(target)))
        replace(source, target)

    def spy_unlink(path):
        if not str(path).endswith(".tmp"):
            log.append(("remove", os.path.basename(path)))
        unlink(path)

    if not os.path.exists("/proc/self/fd"):
        pytest.skip("needs /proc")
    checkpoint = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]))
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=1)
    manager.save()
    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    monkeypatch.setattr(os, "unlink", spy_unlink)
    manager.save()
    steps = [step for step in log if step[0] != "force" or step[1] == "folder"]
    state = [("name", "checkpoint"), ("force", "folder")]
    assert steps == [
        ("name", "ckpt-2.data-00000-of-00001"), ("force", "folder"),
        ("name", "ckpt-2.index"), ("force", "folder"), *state,
        ("remove", "ckpt-1.index"), ("remove", "ckpt-1.data-00000-of-00001"), *state,
    ]  # fmt: skip


def test_files_of_the_living_are_left_alone(tmp_path):
    """A lock says whether the process that writes a temporary file is alive."""
    temporary, file = create_beside(str(tmp_path / "ckpt.index"))
    (tmp_path / ".ckpt.index.1.0123abcd.tmp").write_bytes(b"of a dead process")
    (tmp_path / ".hidden.tmp").write_bytes(b"of somebody else")
    assert remove_abandoned(str(tmp_path)) == [str(tmp_path / ".ckpt.index.1.0123abcd.tmp")]
    assert sorted(os.listdir(tmp_path)) == sorted([".hidden.tmp", os.path.basename(temporary)])
    file.close()
    assert remove_abandoned(str(tmp_path)) == [temporary]
    assert remove_abandoned(str(tmp_path / "nowhere")) == []


def test_without_locks_nothing_is_removed(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / ".ckpt.index.1.0123abcd.tmp").write_bytes(b"")
    assert remove_abandoned(str(tmp_path)) == []
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(tmp_path / "ckpt")
    assert len(os.listdir(tmp_path)) == 3
