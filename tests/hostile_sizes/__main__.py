"""Calls ops with hostile sizes for some minutes: `python -m tests.hostile_sizes --minutes 10`."""

from __future__ import annotations

import argparse
import collections
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile_sizes.attempt import attempt, in_child, names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile_sizes", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="when to stop")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1 << 30, help="the most seeds to take")
    parser.add_argument("--only", default="", help="ops, separated by commas")
    parser.add_argument("--seed", type=int, help="this seed alone, in this process")
    options = parser.parse_args()
    chosen = [name for name in options.only.split(",") if name] or names()
    if options.seed is not None:
        for name in chosen:
            print(name, attempt(name, options.seed))
        return 0
    end = time.monotonic() + 60 * options.minutes
    kinds: collections.Counter[str] = collections.Counter()
    known: set[str] = set()
    seed, last = options.first, options.first + options.seeds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end and seed < last:
            for start in range(0, len(chosen), 50):
                calls = [(name, seed) for name in chosen[start : start + 50]]
                for name, number, outcome in in_child(calls, Path(folder)):
                    kinds[outcome.partition(" ")[0]] += 1
                    key = re.sub(r"\d+", "", outcome.rpartition(" at ")[2] or outcome)
                    if outcome.startswith("FIND") and f"{name} {key}" not in known:
                        known.add(f"{name} {key}")
                        print(f"{name} --seed {number}: {outcome}", flush=True)
                if time.monotonic() > end:
                    break
            seed += 1
    print(f"{sum(kinds.values())} calls of {len(chosen)} ops: {dict(kinds)}")
    return 1 if kinds["FIND"] else 0


if __name__ == "__main__":
    sys.exit(main())
