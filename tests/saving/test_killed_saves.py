"""Processes that are killed while they save a SavedModel."""

import os
import re
import subprocess
import sys

import pytest

import tidefall as tf


@pytest.mark.process
@pytest.mark.parametrize("kind", [pytest.param("save", marks=pytest.mark.slow), "export"])
def test_killed_saves_leave_the_model_of_before_or_the_new_one(repo_root, kind):
    command = [sys.executable, "-m", "tests.saving.killed_saves", "--count", "50"]
    command += ["--export"] if kind == "export" else []
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


def test_files_of_the_model_of_before_do_not_stay(tmp_path):
    def save(name, count):
        (tmp_path / name).write_text(name)
        module = tf.Module()
        module.asset = tf.saved_model.Asset(str(tmp_path / name))
        module.parts = [tf.Variable(float(i)) for i in range(count)]
        tf.saved_model.save(module, folder)

    folder = tmp_path / "model"
    save("first.txt", 3)
    theirs = ["assets.extra/warmup", "notes.txt", "versions/1/notes.txt", "variables/notes.txt"]
    stale = [
        *("keras_metadata.pb", "saved_model.pbtxt", "debug/saved_model_debug_info.pb"),
        *("variables/variables.data-00001-of-00002", "assets/more/words.txt"),
    ]
    for name in (*theirs, *stale):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    save("second.txt", 1)
    ours = [
        *("saved_model.pb", "fingerprint.pb", "assets/second.txt", "variables/variables.index"),
        "variables/variables.data-00000-of-00001",
    ]
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert found == {*ours, *theirs}
    assert (folder / "notes.txt").read_text() == "notes.txt"
    assert not (folder / "debug").exists() and not (folder / "assets" / "more").exists()
