"""The programs in examples/ run in their short form, and reach the quality that they ask for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

# What they reach, here and with real TensorFlow (tests/oracle_env/test_examples.py), and how far a
# run may be from it: the same seeds give the same numbers, but for roundings that grow while
# training, and for the texts of other versions of Python, NumPy and Keras.
REACHED = json.loads((Path(__file__).parent / "reached.json").read_text())
ALWAYS = "forecaster"
"""The others are in the long suite."""


OTHERS = {
    "compare_models", "model_registry", "monitoring", "pipeline", "recommender",
    "resume_training", "tuning",
}  # fmt: skip
"""Tests of their own run these: tests/saving/test_exact_resume.py and
tests/distribute/coordinator/test_end_to_end.py, which kill them, and those below."""


def test_each_example_is_run():
    programs = {path.stem for path in EXAMPLES.glob("*.py")}
    assert programs - OTHERS == set(REACHED)


@pytest.mark.process
def test_model_registry(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "model_registry.py")],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "problems: []" in lines and lines[-1] == "3 = 3.00"
    assert any("tidefall.Run" in line and "(COMPLETE)" in line for line in lines)


@pytest.mark.process
def test_monitoring(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "monitoring.py")],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "rows: 2400"
    assert any(line.startswith("cause") and "input.trip[0]" in line for line in lines)
    assert Path(lines[-1].removeprefix("page: ")).is_file()


@pytest.mark.process
def test_pipeline(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "pipeline.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "states of the second run: ['cached']" in lines
    assert 'splits without anomalies: {"train": 1, "eval": 1}' in lines
    (accuracy,) = (float(line.split()[1]) for line in lines if line.startswith("accuracy"))
    assert accuracy > 0.9
    assert lines[-1] == "species 0"


@pytest.mark.process
def test_compare_models(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "compare_models.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    *slices, verdict, failure = done.stdout.splitlines()
    changes = {line.split()[0]: float(line.split()[-1].strip("()")) for line in slices}
    assert verdict == "not blessed"
    assert failure.startswith("city:Graz, candidate/binary_accuracy (difference): the change is -")
    assert changes["all"] > 0 and changes["Graz"] < 0


@pytest.mark.process
def test_tuning(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "tuning.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "[12/12" in done.stderr.splitlines()[-1]
    *front, served = done.stdout.splitlines()
    assert front and all("accuracy" in line and "KiB" in line for line in front)
    assert served.startswith("digits/1") and float(served.split()[-1]) > 0.85


@pytest.mark.process
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n == ALWAYS else pytest.mark.slow) for n in sorted(REACHED)],
)
def test_short_form(name, tmp_path):
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--short"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=600,
        # Where the programs put what they save.
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    measure, expected, tolerance = REACHED[name]
    reached = re.findall(rf"^{measure} ([0-9.]+)", done.stdout, re.MULTILINE)
    assert float(reached[-1]) == pytest.approx(expected, abs=tolerance), done.stdout
