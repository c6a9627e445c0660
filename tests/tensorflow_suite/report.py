"""A table by area, and a list of what does not pass."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.tensorflow_suite.run import Outcome
from tests.tensorflow_suite.sources import area

JUDGED = ("passed", "failed", "message", "crashed", "hung")
_WORDS = re.compile(r'" does not match "|Regex didn.t match|^Exception of type', re.M)
_NOT_HERE = re.compile(r"internal `\w+` has no counterpart|No module named '(gast|wrapt)'")
_INNER_AT = re.compile(r"\._(?!replace)\w+\b(?!__)")
_INNER_ATTRIBUTE = re.compile(r"has no (attribute|option) '_[^']*'")


def kind(outcome: Outcome) -> str:
    """An outcome, where failures of a message's wording and those of inner names are told apart."""
    if outcome.outcome == "failed" and outcome.error == "AssertionError":
        return "message" if _WORDS.search(outcome.reason) else "failed"
    if outcome.outcome == "failed" and _NOT_HERE.search(outcome.reason):
        return "stopped"
    if outcome.outcome == "failed" and outcome.error == "AttributeError":
        inner = _INNER_ATTRIBUTE.search(outcome.reason) and _INNER_AT.search(outcome.at)
        return "stopped" if inner else "failed"
    return {"skipped": "stopped", "absent": "stopped"}.get(outcome.outcome, outcome.outcome)


def against(
    wanted: Mapping[str, Sequence[str]], outcomes: Iterable[Outcome]
) -> dict[tuple[str, str], Outcome]:
    """The outcome of every case wanted; those of a file that was not imported say why."""
    found: dict[tuple[str, str], Outcome] = {}
    whole: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.case:
            found.setdefault((outcome.file, outcome.case), outcome)
        else:
            whole[outcome.file] = outcome
    every = {}
    for file, cases in wanted.items():
        for case in cases:
            missing = whole.get(file, Outcome(file, case, "unrun", reason="it was not run"))
            every[file, case] = found.get((file, case), missing)
    return every


def table(every: Mapping[tuple[str, str], Outcome]) -> str:
    """Passed and judged cases of every area."""
    counts: dict[str, Counter[str]] = {}
    for (file, _), outcome in every.items():
        counts.setdefault(area(file), Counter())[kind(outcome)] += 1
    width = max([3, *(len(name) for name in counts)])
    total = sum(counts.values(), Counter[str]())
    heads = (
        "passed",
        "judged",
        "share",
        "failed",
        "message",
        "crashed",
        "hung",
        "stopped",
        "unrun",
    )
    lines = [" ".join([f"{'area':{width}}", *(f"{head:>7}" for head in heads)])]
    for name, count in [*sorted(counts.items()), ("all", total)]:
        judged = sum(count[one] for one in JUDGED)
        share = f"{count['passed'] / judged:7.1%}" if judged else "      -"
        figures = [f"{count['passed']:7}", f"{judged:7}", share]
        figures += [f"{count[head]:7}" for head in heads[3:]]
        lines.append(" ".join([f"{name:{width}}", *figures]))
    return "\n".join(lines)


def write_failures(every: Mapping[tuple[str, str], Outcome], path: Path) -> int:
    """Write what does not pass and why; returns the number of judged failures."""
    lines, failures = [], 0
    order = {name: place for place, name in enumerate(("crashed", "hung", "failed", "message"))}
    rows = [(kind(outcome), *key, outcome) for key, outcome in every.items()]
    for found, file, case, outcome in sorted(
        rows, key=lambda row: (order.get(row[0], 9), row[1:3])
    ):
        if found == "passed":
            continue
        failures += found in JUDGED
        reason = " ".join(outcome.reason.split())
        lines.append(
            f"{found:8} {file.removeprefix('tensorflow/python/')}::{case}\n"
            f"         {outcome.error}: {reason}\n         {outcome.at} | {outcome.deep}\n"
        )
    path.write_text("".join(lines))
    return failures
