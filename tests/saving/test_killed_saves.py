"""Processes that are killed while they save a SavedModel."""

import os
import re
import subprocess
import sys

import tidefall as tf


def test_killed_saves_leave_the_model_of_before_or_the_new_one(repo_root):
    command = [sys.executable, "-m", "tests.saving.killed_saves", "--count", "50"]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    ended, steps = re.fullmatch(
        r"50 random points, (\d+) after the end\n(\d+) steps\n", done.stdout
    ).groups()
    assert int(ended) < 50 and int(steps) > 15


def test_what_is_being_written_by_others_stays(tmp_path):
    busy = tmp_path / f".model.{os.getpid()}.0123abcd.tmp"
    dead = tmp_path / ".model.99999999.0123abcd.tmp"
    others = [tmp_path / ".model.x.tmp", tmp_path / ".other.99999999.0123abcd.tmp"]
    for path in (busy, dead, *others):
        path.mkdir()
    tf.saved_model.save(tf.Module(), tmp_path / "model")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["model", busy.name, *(p.name for p in others)]
    )
