"""Runs the tests in several processes: `python -m tests`, with pytest's arguments after it.

The processes share the tests out among themselves (`tests/claims.py`). Dots are shown as they come,
what a process has to say once it is done, and last one line for all, as pytest writes it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.claims import FOLDER, MEASURED

_DOTS = re.compile(r"[.sxXFE]+( *\[ *\d+%\])?\n")
_ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "error")
_NOTHING_TO_RUN = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--slowest", type=int, default=0, help="show the slowest files")
    options, arguments = parser.parse_known_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tidefall-tests-") as folder:
        runs = [_Run(Path(folder), arguments) for _ in range(options.processes)]
        codes = [run.wait() for run in runs]
        problems, counts, seconds = _add_up(Path(folder), runs)
    _remember(seconds)
    if options.slowest:
        for name, taken in sorted(seconds.items(), key=lambda unit: -unit[1])[: options.slowest]:
            print(f"{taken:8.1f} s  {name}")
    for problem in problems:
        print(f"ERROR {problem}")
    order = sorted(counts, key=lambda name: _ORDER.index(name) if name in _ORDER else -1)
    text = ", ".join(f"{counts[name]} {name}" for name in order) or "no tests ran"
    print(f"{text} in {time.monotonic() - began:.2f}s")
    if all(code == _NOTHING_TO_RUN for code in codes):
        return _NOTHING_TO_RUN
    return int(bool(problems) or any(code not in (0, _NOTHING_TO_RUN) for code in codes))


class _Run:
    """One pytest process: its dots are passed on, the rest of its output is held to the end."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "pytest", "-p", "tests.claims", *arguments]
        environment = os.environ | {FOLDER: str(folder)}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.pid = self.process.pid
        self.held: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if _DOTS.fullmatch(line):
                sys.stdout.write(line)
                sys.stdout.flush()
            else:
                self.held.append(line)

    def wait(self) -> int:
        code = self.process.wait()
        self._reader.join()
        print(f"\n{'=' * 20} process {self.pid} {'=' * 20}\n{''.join(self.held)}", flush=True)
        return code


def _remember(seconds: dict[str, float]) -> None:
    """Let the next run begin with what took longest in this one."""
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    MEASURED.parent.mkdir(exist_ok=True)
    whole = MEASURED.with_suffix(".new")
    whole.write_text(json.dumps(known | seconds, indent=0, sort_keys=True))
    whole.replace(MEASURED)  # a run that is killed here leaves what was there, not half of it


def _add_up(folder: Path, runs: list[_Run]) -> tuple[list[str], Counter[str], dict[str, float]]:
    """What went wrong with the processes themselves, the counts of all, the seconds of units."""
    problems, counts, ran, collected = [], Counter[str](), 0, set()
    seconds: dict[str, float] = {}
    for run in runs:
        running = folder / f"running-{run.pid}"
        if running.exists():
            died = f"process {run.pid} died with status {run.process.returncode}"
            problems.append(f"{died} in {running.read_text()}")
        result = folder / f"counts-{run.pid}"
        if not result.exists():
            continue
        found = json.loads(result.read_text())
        ran += found["ran"]
        collected.add(found["collected"])
        seconds |= found["seconds"]
        # Each process deselects the same tests.
        same = found["counts"].pop("deselected", 0)
        counts["deselected"] = max(same, counts["deselected"])
        counts.update(found["counts"])
    if collected != {ran}:
        problems.append(f"{ran} tests ran, and {sorted(collected)} were collected")
    counts["error"] += len(problems)
    return problems, +counts, seconds


if __name__ == "__main__":
    sys.exit(main())
