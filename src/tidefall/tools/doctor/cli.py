"""Prints what `checks` found; exits with 1 if something is wrong."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence

from tidefall.tools.doctor.checks import OK, WRONG, Finding, findings

_MARKS = {OK: " ", WRONG: "!"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tidefall.doctor",
        description="What this installation of Tidefall is made of, and what is wrong with it.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags = parser.parse_args(arguments)
    found = findings()
    wrong = sum(finding.level == WRONG for finding in found)
    if flags.json:
        print(json.dumps({"ok": not wrong, "findings": [f._asdict() for f in found]}, indent=1))
    else:
        print(_report(found))
        print(f"\n{wrong} thing{'s' * (wrong > 1)} wrong." if wrong else "\nAll is well.")
    return 1 if wrong else 0


def _report(found: Sequence[Finding]) -> str:
    lines, subject = [], ""
    width = max(len(finding.name) for finding in found)
    for finding in found:
        if finding.subject != subject:
            subject = finding.subject
            lines += ["", subject] if lines else [subject]
        lines.append(f"{_MARKS.get(finding.level, '-')} {finding.name:{width}}  {finding.value}")
        if finding.advice:
            indent = " " * (width + 4)
            lines.append(textwrap.fill(finding.advice, 100, initial_indent=indent,
                                       subsequent_indent=indent))  # fmt: skip
    return "\n".join(lines)
