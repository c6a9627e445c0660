"""The cases that pass on real TensorFlow: recorded once, kept compressed."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable
from pathlib import Path

from tests.tensorflow_suite.run import Outcome

FILE = Path(__file__).with_name("baseline.json.xz")
SAMPLE = Path(__file__).with_name("sample.txt")


def read() -> dict[str, list[str]]:
    """The cases by test file."""
    found: dict[str, list[str]] = json.loads(lzma.decompress(FILE.read_bytes()))
    return found


def add(outcomes: Iterable[Outcome]) -> None:
    """Add what passed on real TensorFlow."""
    found = read() if FILE.exists() else {}
    for outcome in outcomes:
        if outcome.outcome == "passed":
            cases = found.setdefault(outcome.file, [])
            cases += [] if outcome.case in cases else [outcome.case]
    text = json.dumps(dict(sorted(found.items())), indent=0)
    FILE.write_bytes(lzma.compress(text.encode(), preset=9))


def sample() -> dict[str, list[str]]:
    """The few cases that CI runs, by test file: a line `FILE::CASE` each."""
    found: dict[str, list[str]] = {}
    for line in SAMPLE.read_text().splitlines():
        file, _, case = line.partition("::")
        found.setdefault(file, []).append(case)
    return found
