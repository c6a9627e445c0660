"""The tests of Keras that CI runs: about 400 of those that pass on TensorFlow, always the same."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.keras_suite.run import Outcome

FILE = Path(__file__).with_name("sample.txt")
SIZE = 400
# Collecting a file costs more than running a test, so a file that is chosen gives several.
TESTS_OF_A_FILE = 6
SECONDS = 1.0
# Packages that `make keras-suite` installs for tests that need them.
NOT_IN_CI = re.compile(r"\b(grain|requests)\b")


def read() -> list[str]:
    """The names of the tests."""
    return FILE.read_text().splitlines()


def write(recorded: Mapping[str, Outcome], site: Path) -> None:
    """Draw the sample from a recorded baseline: quick tests, from every package of Keras.

    Args:
      recorded: the outcomes of a whole run on TensorFlow, by test.
      site: the folder that holds the `keras` package.
    """
    quick: dict[str, list[str]] = defaultdict(list)
    for name, outcome in sorted(recorded.items()):
        if outcome.outcome == "passed" and outcome.seconds < SECONDS:
            quick[name.split("::")[0]].append(name)
    for file in list(quick):
        if NOT_IN_CI.search((site / file).read_text()):
            del quick[file]
    packages: dict[str, list[str]] = defaultdict(list)
    for file in sorted(quick):
        packages["/".join(file.split("/")[:3])].append(file)
    draw = random.Random(0)
    for files in packages.values():
        draw.shuffle(files)
    chosen: list[str] = []
    while len(chosen) < SIZE and any(packages.values()):
        # The more files a package has, the more of them are taken in each round.
        for files in packages.values():
            for _ in range(1 + len(files) // 20):
                if files:
                    tests = quick[files.pop()]
                    chosen += draw.sample(tests, min(TESTS_OF_A_FILE, len(tests)))
    FILE.write_text("\n".join(sorted(chosen)) + "\n")
