"""Spoils files for some minutes and loads them: `python -m tests.hostile_files --minutes 10`."""

from __future__ import annotations

import argparse
import collections
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile_files import seeds
from tests.hostile_files.runner import Report, Runner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="when to stop")
    parser.add_argument("--count", type=int, help="stop after so many copies of each seed")
    parser.add_argument("--recorded", action="store_true", help="no genuine files beside us")
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--only", help="names of seeds, separated by commas")
    parser.add_argument("--number", type=int, help="this number alone, with all that it prints")
    parser.add_argument("--keep", type=Path, help="where to put files that are finds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, scratch = Path(temporary) / "seeds", Path(temporary) / "work"
        folder.mkdir()
        scratch.mkdir()
        names = seeds.make_all(folder, genuine=not options.recorded)
        if options.only:
            names = [name for name in names if name in options.only.split(",")]
        runner = Runner(folder, scratch)
        if options.number is not None:
            for name in names:
                print(runner.run(name, options.number, options.keep))
            return 0
        return _run(runner, names, options)


def _run(runner: Runner, names: list[str], options: argparse.Namespace) -> int:
    end = time.monotonic() + 60 * options.minutes
    kinds: collections.Counter[str] = collections.Counter()
    known: set[str] = set()
    number, finds = options.first, 0
    while time.monotonic() < end and number - options.first != options.count:
        for name in names:
            report = runner.run(name, number, options.keep)
            kinds.update(_kinds(report))
            if report.find:
                finds += 1
                key = _key(report)
                if key not in known:
                    known.add(key)
                    print(f"FIND {report}\n", flush=True)
        number += 1
    print(f"{number - options.first} copies of {len(names)} seeds, {finds} finds")
    print("\n".join(f"{count:8} {kind}" for kind, count in kinds.most_common(30)))
    return 1 if finds else 0


def _kinds(report: Report) -> list[str]:
    return [re.sub(r"call .*?:", "call:", text.partition(",")[0]) for text in report.outcomes]


def _key(report: Report) -> str:
    """What makes two finds the same: where the error was raised."""
    places = re.findall(r'File "[^"]*tidefall/([^"]*)", line (\d+)', report.find)
    last = report.find.strip().splitlines()[-1]
    return f"{places[-1:]}{last[:40]}" if places else re.sub(r"\d+|'.*'", "", last)[:80]


if __name__ == "__main__":
    sys.exit(main())
