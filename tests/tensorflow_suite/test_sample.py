"""A fixed sample of TensorFlow's own unit tests passes; `make tf-tests` runs all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.tensorflow_suite import baseline, report, sources
from tests.tensorflow_suite.run import Settings, run

# The processes are started by the test and end with it.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.process
def test_cases_that_pass_on_tensorflow_pass_here(tmp_path: Path) -> None:
    source = sources.given()
    if source is None:
        pytest.skip(f"{sources.VARIABLE} does not name TensorFlow's sources, which are not ours")
    settings = Settings(sys.executable, True, sources.prepare(source, tmp_path), tmp_path / "run")
    wanted = baseline.sample()
    every = report.against(wanted, run(settings, wanted))
    failed = {key: outcome.reason for key, outcome in every.items() if outcome.outcome != "passed"}
    assert not failed


def test_the_sample_is_part_of_the_baseline() -> None:
    recorded = baseline.read()
    missing = {
        file: set(cases) - set(recorded.get(file, ())) for file, cases in baseline.sample().items()
    }
    assert not any(missing.values())
