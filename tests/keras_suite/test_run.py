"""The runner of Keras's tests, on a folder that stands in for the `keras` package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.keras_suite.run import Run, Settings, batches, find_files

# Tests of a file that end in every way there is.
ENDINGS = """
import os, time, pytest
def test_a_passes(): pass
def test_b_fails(): assert False, "no"
def test_c_is_skipped(): pytest.skip("not here")
def test_d_ends_the_process(): os._exit(3)
def test_e_is_too_slow(): time.sleep(100)
def test_f_comes_after_all_these(): pass
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    package = tmp_path / "site/keras/src/ops"
    package.mkdir(parents=True)
    (package / "endings_test.py").write_text(ENDINGS)
    (package / "broken_test.py").write_text("import a_module_that_does_not_exist\n")
    return tmp_path / "site"


def run(site: Path, **changed) -> dict[str, str]:
    values = {
        "python": sys.executable,
        "tidefall": False,
        "processes": 1,
        "limit_seconds": 1,
        "folder": site.parent / "records",
    }
    only = changed.pop("only", None)
    runner = Run(Settings(**values | changed), site, only)
    outcomes = runner([find_files(site, [])])
    return {name.split("::")[1]: outcome.outcome for name, outcome in outcomes.items()}


@pytest.mark.process
def test_every_test_has_an_outcome_whatever_the_others_do(site: Path) -> None:
    assert run(site) == {
        "(collection)": "failed",
        "test_a_passes": "passed",
        "test_b_fails": "failed",
        "test_c_is_skipped": "skipped",
        "test_d_ends_the_process": "crashed",
        "test_e_is_too_slow": "failed",
        "test_f_comes_after_all_these": "passed",
    }


@pytest.mark.process
def test_a_run_goes_on_where_an_earlier_one_stopped(site: Path) -> None:
    first = "keras/src/ops/endings_test.py::test_a_passes"
    folder = site.parent / "records"
    folder.mkdir()
    (folder / "records0.jsonl").write_text(
        f'{{"test": "{first}", "outcome": "failed", "seconds": 1, "reason": "earlier"}}\n{{"te'
    )
    outcomes = run(site)
    assert outcomes["test_a_passes"] == "failed"
    assert outcomes["test_f_comes_after_all_these"] == "passed"
    (site / "keras/src/ops/endings_test.py").unlink()
    assert run(site) == outcomes


@pytest.mark.process
def test_only_the_named_tests_run(site: Path) -> None:
    wanted = "keras/src/ops/endings_test.py::test_a_passes"
    outcomes = run(site, only=[wanted])
    assert outcomes == {"(collection)": "failed", "test_a_passes": "passed"}


def test_parts_are_packages_or_modules(site: Path) -> None:
    assert find_files(site, ["keras.src.ops.broken_test"]) == ["keras/src/ops/broken_test.py"]
    assert len(find_files(site, ["keras.src.ops"])) == 2
    assert find_files(site, ["keras.src.layers"]) == []


def test_the_longest_files_come_first() -> None:
    seconds = {"a": 100.0, "b": 5.0, "c": 30.0, "d": 10.0}
    assert batches(["b", "a", "d", "c"], seconds) == [["a"], ["c", "d"], ["b"]]
