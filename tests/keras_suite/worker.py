"""One process of the suite: runs some of Keras's test files and writes a line for every test.

Started by `run.py` with the interpreter under test, which may be real TensorFlow's, so this file
imports nothing of Tidefall unless it is asked to put Tidefall under the `tensorflow` name.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

# What a record keeps of an error; the whole report goes to the worker's log.
REASON_CHARACTERS = 500


def lasting(nodeid: str) -> str:
    """A test's name without the addresses of objects, which some parametrized names hold."""
    return re.sub(r"0x[0-9a-f]{8,}", "0x", nodeid)


class TestTookTooLong(BaseException):
    """Not an Exception, so that a test which catches those does not go on."""


class Recorder:
    """A pytest plugin: one JSON line when a test starts and one when it has ended."""

    def __init__(self, path: Path, skip: set[str], only: set[str] | None, limit: int) -> None:
        self.file = path.open("a", buffering=1)
        self.skip = skip
        self.only = only
        self.limit = limit
        self.outcomes: dict[str, tuple[str, str]] = {}

    def write(self, **record: Any) -> None:
        self.file.write(json.dumps(record) + "\n")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [
            item
            for item in items
            if lasting(item.nodeid) not in self.skip
            and (self.only is None or lasting(item.nodeid) in self.only)
        ]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.write(file=report.nodeid, outcome="failed", reason=reason_of(report))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.write(started=lasting(nodeid))
        self.start = time.perf_counter()
        signal.alarm(self.limit)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.passed:
            self.outcomes.setdefault(report.nodeid, ("passed", ""))
        elif self.outcomes.get(report.nodeid, ("", ""))[0] != "failed":
            self.outcomes[report.nodeid] = (report.outcome, reason_of(report))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        signal.alarm(0)
        outcome, reason = self.outcomes.pop(nodeid, ("failed", "pytest reported no outcome"))
        seconds = round(time.perf_counter() - self.start, 3)
        self.write(test=lasting(nodeid), outcome=outcome, seconds=seconds, reason=reason)


def reason_of(report: Any) -> str:
    """The line that says why a test failed or was skipped."""
    long = report.longrepr
    if isinstance(long, tuple):
        return str(long[2])[:REASON_CHARACTERS]
    crash = getattr(long, "reprcrash", None)
    return str(crash.message if crash else long)[-REASON_CHARACTERS:]


def too_long(signum: int, frame: Any) -> None:
    raise TestTookTooLong("the test ran longer than the limit")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--task", type=Path, required=True, help="JSON: files, skip, only")
    parser.add_argument("--limit", type=int, required=True, help="seconds a test may take")
    parser.add_argument("--tidefall", action="store_true")
    arguments = parser.parse_args()

    import pytest

    if arguments.tidefall:
        from tidefall.compat.tensorflow import enable

        enable()
    task = json.loads(arguments.task.read_text())
    site = Path(task["site"])
    only = None if task["only"] is None else set(task["only"])
    recorder = Recorder(arguments.records, set(task["skip"]), only, arguments.limit)
    signal.signal(signal.SIGALRM, too_long)
    os.chdir(os.environ["KERAS_SUITE_FOLDER"])
    sys.path.insert(0, str(Path(__file__).with_name("repository")))
    code = pytest.main(
        [
            *("-q", "-rN", "--no-header", "--tb=short", "--disable-warnings"),
            "--continue-on-collection-errors",
            *("-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={site}"),
            *(str(site / name) for name in task["files"]),
        ],
        plugins=[recorder],
    )
    recorder.write(ended=task["files"], code=int(code))
    sys.stdout.flush()
    # Threads of a dataset that a test left running must not keep the process.
    with contextlib.suppress(Exception):
        recorder.file.close()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
