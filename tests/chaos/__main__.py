"""`make chaos`: jobs of which a process is killed or stopped at a random time.

A job must never hang, go on within ten seconds, lose nothing that was done, and survivors must
agree bit for bit. A failure says its seed; `--seed N --runs 1` repeats that run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import sys
import time

from tests.chaos import jobs
from tests.chaos.jobs import Failed
from tests.chaos.pipeline import pipeline

JOBS = {**jobs.JOBS, "pipeline": pipeline}


def _load() -> None:
    while True:
        sum(range(1_000_000))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("jobs", nargs="*", help=f"some of {', '.join(JOBS)}; all by default")
    parser.add_argument("--runs", type=int, default=20, help="of each job")
    parser.add_argument("--seed", type=int, default=0, help="of the first run")
    parser.add_argument("--calm", action="store_true", help="without load on the machine")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.jobs if name not in JOBS]
    if unknown:
        parser.error(f"no such job: {', '.join(unknown)}")
    load = [] if arguments.calm else [multiprocessing.Process(target=_load, daemon=True)]
    for process in load:
        process.start()
    failed = 0
    for name in arguments.jobs or JOBS:
        pauses: list[float] = []
        for seed in range(arguments.seed, arguments.seed + arguments.runs):
            begin = time.monotonic()
            try:
                outcome = JOBS[name](random.Random(f"{name} {seed}"))
            except Failed as error:
                failed += 1
                print(f"{name} {seed}: FAILED: {error}", flush=True)
                continue
            pauses.append(outcome.pause)
            took = time.monotonic() - begin
            print(
                f"{name} {seed}: {outcome.what}: paused {outcome.pause:.1f} s of {took:.0f}",
                flush=True,
            )
        if pauses:
            middle = statistics.median(pauses)
            print(
                f"{name}: {len(pauses)} of {arguments.runs} runs; longest pause of a run "
                f"{min(pauses):.1f} to {max(pauses):.1f} s, median {middle:.1f} s",
                flush=True,
            )
    for process in load:
        process.kill()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
