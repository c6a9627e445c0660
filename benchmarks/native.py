"""`make bench-native`: what the native kernels gain, on each level of processors.

The Keras models are timed with the kernels and with TIDEFALL_NATIVE=0, in turn, with all
instructions of this processor and with those of lesser ones (TIDEFALL_MAX_ISA). Fails where any
is faster without. The library that XLA has for products and convolutions takes what the processor
has on every level, so on the lower ones it has the advantage.
"""

import argparse
import fnmatch
import statistics
import sys
from dataclasses import replace

from benchmarks import report
from benchmarks.__main__ import Participant, find_participants
from benchmarks.keras_models import MODELS
from benchmarks.machine import machine
from tidefall.base.command_line import run

LEVELS = ("all", "avx2", "sse4")
PARTS = ("step", "predict", "predict_one")
CASES = [c for c in report.KERAS if c.partition("_")[2].partition("_")[2] in PARTS]
TOLERANCE = 1.05
"""Noise: what is faster by less is as fast."""


def seconds(who: Participant, cases: list[str], quick: bool) -> dict[str, float]:
    """The cases of one model, each in the mode that serves it best."""
    best: dict[str, float] = {}
    for mode in who.model_modes:
        answer = who.run_model(cases, mode, quick)
        if answer.get("failures"):
            raise RuntimeError(str(answer["failures"]))
        for case in cases:
            found = min(answer["seconds"][case].values())
            best[case] = min(found, best.get(case, found))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.native", description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"names or patterns: {', '.join(CASES)}")
    parser.add_argument("--levels", default=",".join(LEVELS), help="separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one short round: does it run?")
    arguments = parser.parse_args()
    cases = [
        c
        for c in CASES
        if not arguments.cases or any(fnmatch.fnmatch(c, g) for g in arguments.cases)
    ]
    if not cases:
        parser.error(f"no such case; there are {', '.join(CASES)}")
    ours = next(p for p in find_participants()[0] if p.name == "tidefall")
    where = machine()
    print(f"{where['cpu']}, {where['cores']} cores, {where['date']}\n")
    print("| | instructions | with kernels | without | ratio |\n| --- | --- | --- | --- | --- |")
    slower: list[str] = []
    for level in arguments.levels.split(","):
        limit = (("TIDEFALL_MAX_ISA", level),)
        ways = [
            replace(ours, environment=(*limit, ("TIDEFALL_NATIVE", native)))
            for native in ("1", "0")
        ]
        for model in MODELS:
            wanted = [case for case in cases if case.split("_")[1] == model]
            if not wanted:
                continue
            rounds = [
                [seconds(way, wanted, arguments.quick) for way in ways]
                for _ in range(1 if arguments.quick else arguments.rounds)
            ]
            for case in wanted:
                medians = [statistics.median(each[i][case] for each in rounds) for i in (0, 1)]
                ratio = medians[0] / medians[1]
                if ratio > TOLERANCE:
                    slower.append(f"{case} on {level}: {ratio:.2f}")
                shown = " | ".join(report.quantity(value, case) for value in medians)
                print(f"| {case} | {level} | {shown} | {ratio:.2f} |", flush=True)
    if slower:
        print("\nfaster without native kernels: " + "; ".join(slower), file=sys.stderr)
    return int(bool(slower) and not arguments.quick)


if __name__ == "__main__":
    run(main)
