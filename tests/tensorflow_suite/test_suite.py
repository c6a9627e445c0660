"""The suite tells apart what passes, fails, is not answered, crashes and hangs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.tensorflow_suite import report, sources
from tests.tensorflow_suite.run import Outcome, Settings, run

FILE = "tensorflow/python/ops/small_test.py"
HELPER = """
import unittest
class TensorFlowTestCase(unittest.TestCase):
    def evaluate(self, value):
        return value.numpy()
    def _GetNdArray(self, value):
        return value
"""
CASES = """
import os, signal, time
from tensorflow.python.framework import constant_op
from tensorflow.python.framework import secret
from tensorflow.python.ops import gen_math_ops
from tensorflow.python.platform import test

class Case(test.TestCase):
    def test_passes(self):
        self.assertEqual(self.evaluate(gen_math_ops.mul(constant_op.constant(2), 3)), 6)
    def test_fails(self):
        self.assertEqual(self.evaluate(constant_op.constant(2)), 3)
    def test_says_it_otherwise(self):
        with self.assertRaisesRegex(ValueError, "words"):
            raise ValueError("other ones")
    def test_asks_for_an_inner_name(self):
        secret.nobody_answers(1)
    def test_crashes(self):
        os.kill(os.getpid(), signal.SIGSEGV)
    def test_hangs(self):
        time.sleep(60)
    def test_is_skipped(self):
        self.skipTest("why not")
"""
EXPECTED = {
    "Case.test_passes": "passed",
    "Case.test_fails": "failed",
    "Case.test_says_it_otherwise": "message",
    "Case.test_asks_for_an_inner_name": "stopped",
    "Case.test_crashes": "crashed",
    "Case.test_hangs": "hung",
    "Case.test_is_skipped": "stopped",
    "Case.test_that_is_not_there": "stopped",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Sources of a TensorFlow with one test file."""
    python = tmp_path / "sources/tensorflow/python"
    for file, text in (
        ("framework/test_util.py", HELPER),
        ("framework/secret.py", "def nobody_answers(x): return x\n"),
        ("framework/constant_op.py", ""),
        ("platform/test.py", ""),
        ("ops/small_test.py", CASES),
    ):
        (python / file).parent.mkdir(parents=True, exist_ok=True)
        (python / file).write_text(text)
    return tmp_path / "sources"


@pytest.mark.process
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_outcomes_are_told_apart(tree: Path, tmp_path: Path) -> None:
    settings = Settings(sys.executable, True, tree, tmp_path / "run", case_seconds=3)
    wanted = {FILE: list(EXPECTED)}
    every = report.against(wanted, run(settings, wanted))
    found = {case: report.kind(outcome) for (_, case), outcome in every.items()}
    assert found == EXPECTED
    assert "ops" in report.table(every)
    assert report.write_failures(every, tmp_path / "failures.txt") == 4
    assert "test_fails" in (tmp_path / "failures.txt").read_text()


def test_a_file_that_is_not_imported_fails_all_its_cases() -> None:
    whole = Outcome(FILE, "", "failed", error="ImportError", reason="import: ...")
    every = report.against({FILE: ["A.test", "B.test"]}, [whole])
    assert [outcome.outcome for outcome in every.values()] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("file", "area"),
    (
        ("tensorflow/python/kernel_tests/math_ops/cast_op_test.py", "kernel_tests.math_ops"),
        ("tensorflow/python/ops/ragged/ragged_test.py", "ops.ragged"),
        ("tensorflow/python/data/experimental/kernel_tests/x_test.py", "data.experimental"),
        ("tensorflow/python/data/kernel_tests/map_test.py", "data"),
        ("tensorflow/python/checkpoint/checkpoint_test.py", "checkpoint"),
    ),
)
def test_areas(file: str, area: str) -> None:
    assert sources.area(file) == area


def test_sources_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds neither tensorflow/python"):
        sources.prepare(tmp_path, tmp_path / "work")
