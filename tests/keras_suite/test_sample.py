"""A fixed sample of Keras's own tests passes; `make keras-suite` runs all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.keras_suite import report, sample
from tests.keras_suite.run import Run, Settings, batches, site_of

# The processes are started by the test and end with it.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.process
def test_tests_that_pass_on_tensorflow_pass_here(tmp_path: Path) -> None:
    wanted = sample.read()
    settings = Settings(sys.executable, True, 2, 300, tmp_path)
    files = sorted({test.split("::")[0] for test in wanted})
    groups = batches(files, dict.fromkeys(files, 4.0))
    outcomes = Run(settings, site_of(sys.executable), only=wanted)(groups)
    known = tuple(report.known_failures())
    failed = {
        test: outcomes[test].reason if test in outcomes else "it did not run"
        for test in wanted
        if not test.startswith(known or ("-",))
        and (test not in outcomes or outcomes[test].outcome != "passed")
    }
    assert not failed
