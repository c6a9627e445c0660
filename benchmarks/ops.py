"""`make bench-ops`: the commonest ops, each library in turn; seconds and ratios.

Writes ops.json and ops.md into the folder of this kind of machine (machine.py). Every op is timed
with 8, 1,024 and 1,048,576 elements, forward and forward with the gradient by its first input:
Tidefall, TensorFlow and PyTorch eagerly, JAX eagerly forward and jitted for the gradient.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.__main__ import REPO, find_participants
from benchmarks.machine import described, machine, results_of, write_index, write_whole
from benchmarks.op_cases import OPS, SIZES
from benchmarks.report import quantity
from tidefall.base.command_line import run

ROUNDS = 3
SLOWER = 1.5
"""How many times TensorFlow's time an op may take before a line has to say why."""

Seconds = dict[str, dict[str, dict[str, list[float]]]]  # op -> direction -> size -> rounds

# Why an op is slower than TensorFlow's, by op and direction.
_ONE_CORE = (
    "eager NumPy kernels pass over the array on one core, often several times; TensorFlow's once, "
    "on all cores. Compiled functions do, too"
)
_ONE_CORE_OPS = ("where", "abs", "sin", "tile", "sort")
REASONS: dict[tuple[str, str], str] = {
    **{(op, way): _ONE_CORE for op in _ONE_CORE_OPS for way in ("forward", "gradient")},
    ("unsorted_segment_sum", "forward"): "checks and conversions in Python before the kernel",
}


def collect(rounds: int, quick: bool, ops: list[str]) -> tuple[dict[str, Seconds], dict, dict]:
    """Measurements by library, versions, failures."""
    found: dict[str, Seconds] = {}
    versions: dict[str, str] = {}
    failures: dict[str, dict[str, str]] = {}
    participants, absent = find_participants()
    if absent:
        print(f"not installed, so left out: {', '.join(absent)} (make peers)", file=sys.stderr)
    for number in range(rounds):
        for who in participants:
            print(f"round {number + 1} of {rounds}: {who.name}", file=sys.stderr)
            command = [str(who.python), "-m", "benchmarks.op_worker", who.name, *ops]
            done = subprocess.run(
                [*command, *(["--quick"] if quick else [])],
                cwd=REPO,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                tail = (done.stderr.strip().splitlines() or ["no output"])[-1]
                failures.setdefault(who.name, {})["all"] = tail
                continue
            answer = json.loads(done.stdout.splitlines()[-1])
            versions[who.name] = answer["version"]
            if answer["failures"]:
                failures.setdefault(who.name, {}).update(answer["failures"])
            _merge(found.setdefault(who.name, {}), answer["seconds"])
    return found, versions, failures


def _merge(into: Seconds, seconds: dict[str, Any]) -> None:
    for op, directions in seconds.items():
        for direction, sizes in directions.items():
            for size, value in sizes.items():
                into.setdefault(op, {}).setdefault(direction, {}).setdefault(size, []).append(value)


def median(found: dict[str, Seconds], who: str, op: str, direction: str, size: str) -> float | None:
    """Median seconds over the rounds, or None where the library has none."""
    values = found.get(who, {}).get(op, {}).get(direction, {}).get(size)
    return statistics.median(values) if values else None


def table(found: dict[str, Seconds]) -> str:
    """One row for each op and direction: Tidefall's time, and how many times a peer's it is."""
    peers = [who for who in found if who != "tidefall"]
    head = ["op", "", *(f"{size}: Tidefall (of {', '.join(peers)})" for size in SIZES)]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for case in OPS:
        for direction in ("forward", "gradient"):
            cells = [_cell(found, peers, case.name, direction, size) for size in SIZES]
            if any(cell != "-" for cell in cells):
                lines.append(f"| {' | '.join([f'`{case.name}`', direction, *cells])} |")
    return "\n".join(lines) + "\n"


def _cell(found: dict[str, Seconds], peers: list[str], op: str, direction: str, size: str) -> str:
    ours = median(found, "tidefall", op, direction, size)
    if ours is None:
        return "-"
    ratios = []
    for who in peers:
        theirs = median(found, who, op, direction, size)
        ratios.append("-" if theirs is None else f"{ours / theirs:.2f}")
    return f"{quantity(ours, '')} ({', '.join(ratios)})"


def slower(found: dict[str, Seconds]) -> list[str]:
    """A line for each op that takes more than SLOWER times TensorFlow's time, with the reason."""
    lines = []
    for case in OPS:
        for direction in ("forward", "gradient"):
            ratios = {}
            for size in SIZES:
                ours = median(found, "tidefall", case.name, direction, size)
                theirs = median(found, "tensorflow", case.name, direction, size)
                if ours is not None and theirs is not None and ours > SLOWER * theirs:
                    ratios[size] = f"{ours / theirs:.1f}x at {size}"
            if ratios:
                reason = REASONS.get((case.name, direction), "no reason is known yet")
                lines.append(
                    f"- `{case.name}`, {direction}: {', '.join(ratios.values())}: {reason}"
                )
    return lines


def page(found: dict[str, Seconds], versions: dict[str, str], failures: dict, rounds: int) -> str:
    """The Markdown page."""
    where = machine()
    about = ", ".join(f"{name} {version}" for name, version in versions.items())
    text = (
        "# Single ops\n\n"
        f"Median of {rounds} rounds; in brackets Tidefall's time divided by each peer's, so that "
        "below 1 Tidefall is faster. Eager calls (the gradients of JAX jitted).\n"
        f"{described(where)}\n{about}.\n\n{table(found)}\n"
        f"Slower than TensorFlow by more than {SLOWER}x:\n\n"
    )
    text += "\n".join(slower(found) or ["- none"]) + "\n"
    for who, failed in failures.items():
        text += "".join(f"- {who}, `{op}` failed: {why}\n" for op, why in failed.items())
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ops", description=__doc__)
    parser.add_argument("ops", nargs="*", help="names of ops; all when none is given")
    parser.add_argument("--quick", action="store_true", help="one short round: do the cases run?")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    rounds = 1 if arguments.quick else arguments.rounds
    found, versions, failures = collect(rounds, arguments.quick, arguments.ops)
    text = page(found, versions, failures, rounds)
    print(text)
    if not arguments.quick and not arguments.ops:
        where = machine()
        content = {"machine": where, "versions": versions, "seconds": found}
        write_whole(results_of(where) / "ops.json", json.dumps(content) + "\n")
        write_whole(results_of(where) / "ops.md", text)
        write_index()
    return 1 if failures else 0


if __name__ == "__main__":
    run(main)
