"""Compares a run with the baseline: a line per directory, then what does not pass and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.keras_suite import baseline
from tests.keras_suite.run import Outcome

# Beginnings of test names, and the reason why those tests do not pass yet.
KNOWN = Path(__file__).with_name("known_failures.json")


def known_failures() -> dict[str, str]:
    """Reasons by the beginning of the tests' names."""
    return json.loads(KNOWN.read_text())


def directory(test: str) -> str:
    """`keras.src.ops` of `keras/src/ops/math_test.py::...`."""
    parts = test.split("::")[0].split("/")
    return ".".join(parts[:3] if len(parts) > 3 else parts[:2])


def failures(outcomes: Mapping[str, Outcome], files: Iterable[str]) -> list[Outcome]:
    """The tests of `files` that pass on TensorFlow and did not here."""
    chosen = set(files)
    return [
        outcomes.get(test, Outcome(test, "missing", reason="not collected"))
        for test, expected in sorted(baseline.outcomes().items())
        if expected == "passed"
        and test.split("::")[0] in chosen
        and (test not in outcomes or outcomes[test].outcome != "passed")
    ]


def compare(outcomes: Mapping[str, Outcome], files: Iterable[str], folder: Path) -> int:
    """Print passed / baseline by directory, and the failures; 1 when one of them is not known."""
    chosen = set(files)
    expected = [
        test
        for test, outcome in baseline.outcomes().items()
        if outcome == "passed" and test.split("::")[0] in chosen
    ]
    failed = failures(outcomes, chosen)
    total = Counter(directory(test) for test in expected)
    missed = Counter(directory(outcome.test) for outcome in failed)
    width = max((len(name) for name in total), default=0)
    for name, count in sorted(total.items()):
        share = (count - missed[name]) / count
        print(f"{name:{width}}  {count - missed[name]:6} / {count:<6} {share:7.1%}")
    if expected:
        share = 1 - len(failed) / len(expected)
        print(f"{'all':{width}}  {len(expected) - len(failed):6} / {len(expected):<6} {share:7.1%}")

    known = tuple(known_failures())
    unknown = [outcome for outcome in failed if not outcome.test.startswith(known)]
    listing = folder / "failures.txt"
    listing.write_text("".join(f"{o.outcome:8} {o.test}\n    {o.reason}\n" for o in failed))
    print(f"{len(failed)} failures ({len(unknown)} of them not known) in {listing}")
    for outcome in unknown[:40]:
        first = outcome.reason.splitlines()[0][:150] if outcome.reason else ""
        print(f"  {outcome.outcome:8} {outcome.test}\n           {first}")
    return 1 if unknown else 0
