"""Prints what `checks` found; exits with 1 if something is wrong."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence

from tidefall.base.config import config
from tidefall.native.choices import SLOWER
from tidefall.tools.doctor.checks import OK, WRONG, Finding, findings

_MARKS = {OK: " ", WRONG: "!"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tidefall.doctor",
        description="What this installation of Tidefall is made of, and what is wrong with it.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--tune",
        action="store_true",
        help="measure native kernels beside XLA's own code, and remember which is faster here",
    )
    flags = parser.parse_args(arguments)
    if flags.tune:
        return _tune(as_json=flags.json)
    found = findings()
    wrong = sum(finding.level == WRONG for finding in found)
    if flags.json:
        print(json.dumps({"ok": not wrong, "findings": [f._asdict() for f in found]}, indent=1))
    else:
        print(_report(found))
        print(f"\n{wrong} thing{'s' * (wrong > 1)} wrong." if wrong else "\nAll is well.")
    return 1 if wrong else 0


def _tune(as_json: bool) -> int:
    from tidefall.native.choices import choices
    from tidefall.tools.doctor.tune import measured

    with config.override(tune=False):
        for found in measured():
            if not as_json:
                times = f"{1e3 * found.native:9.3f} ms {1e3 * found.xla:9.3f} ms"
                print(f"{times} {found.ratio:5.2f}  {found.key}", flush=True)
    ratios = choices().ratios
    slower = sum(ratio > SLOWER for ratio in ratios.values())
    if as_json:
        print(json.dumps(ratios, indent=1, sort_keys=True))
    else:
        print(f"\n{len(ratios)} are known; XLA's own code is taken for {slower} of them.")
    return 0


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
