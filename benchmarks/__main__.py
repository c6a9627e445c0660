"""`make bench`: every case, every participant, in turn, several rounds; medians and ratios.

Each round starts each participant in a fresh process of its own environment, so that a noisy
minute of the machine falls on all of them alike. A peer that is not installed is left out, and
said so (`make peers` installs them).
"""

import argparse
import compileall
import fnmatch
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import input_files, limits, model_files, picture, report
from benchmarks.machine import (
    described,
    is_shown,
    machine,
    results_of,
    write_index,
    write_whole,
)
from tidefall.base.command_line import run

REPO = Path(__file__).resolve().parents[1]
ROUNDS = 5
PEERS = ("tensorflow", "jax", "torch")
IMPORT_CASES = ("import_seconds", "import_memory", "first_result")

# Printed by a fresh interpreter: seconds to import, peak resident bytes, seconds to a first result.
IMPORT_SCRIPT = """
import json, sys, time
start = time.perf_counter()
import {module} as m
imported = time.perf_counter() - start
try:
    peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{first}
print(json.dumps([imported, peak, time.perf_counter() - start]))
"""


@dataclass(frozen=True)
class Participant:
    """A library, the interpreter it is installed in, and how its cases are started."""

    name: str
    python: Path
    script: tuple[str, ...]
    module: str
    first: str
    inputs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    model_modes: tuple[str, ...] = ()
    distribution: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def run_cases(self, cases: list[str], quick: bool) -> dict:
        return self._run(self.script, cases, quick)

    def run_alone(self, case: str, quick: bool) -> dict:
        """One case in a process of its own; none where the library has no such thing."""
        script = self.files if case in report.FILES else self.inputs
        return self._run(script, [case], quick) if script else {}

    def run_distribution(self, cases: list[str], quick: bool) -> dict:
        """The rows about several processes."""
        return self._run(self.distribution, cases, quick)

    def run_model(self, cases: list[str], mode: str, quick: bool) -> dict:
        """The rows of one Keras model in one mode, in a process of their own."""
        return self._run((*self.models, "--mode", mode), cases, quick)

    def _run(self, script: tuple[str, ...], cases: list[str], quick: bool) -> dict:
        command = [str(self.python), "-m", *script, *(["--quick"] if quick else []), *cases]
        env = {**os.environ, **dict(self.environment)}
        done = subprocess.run(command, env=env, cwd=REPO, capture_output=True, text=True)
        if done.returncode:
            tail = done.stderr.strip().splitlines()[-1:] or ["no output"]
            return {"failures": dict.fromkeys(cases, tail[0])}
        return json.loads(done.stdout.splitlines()[-1])

    def run_import(self) -> list[float]:
        script = IMPORT_SCRIPT.format(module=self.module, first=self.first)
        env = {**os.environ, **dict(self.environment), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [str(self.python), "-c", script]
        done = subprocess.run(command, env=env, cwd=REPO, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no output"])[-1])
        return json.loads(done.stdout.splitlines()[-1])


def find_participants() -> tuple[list[Participant], list[str]]:
    """Tidefall in this environment, and the peers that are installed; the rest by name."""
    folder = Path(os.environ.get("TIDEFALL_PEERS") or REPO / ".peers")
    tf_script, tf_inputs = "benchmarks.cases_tensorflow_api", "benchmarks.input_tensorflow_api"
    tf_files, keras_models = "benchmarks.model_files", "benchmarks.keras_models"
    everyone = [
        Participant(
            "tidefall",
            Path(sys.executable),
            (tf_script, "--module", "tidefall"),
            "tidefall",
            "m.add(m.ones([8, 8]), m.ones([8, 8])).numpy()",
            (tf_inputs, "--module", "tidefall"),
            (tf_files, "--module", "tidefall"),
            (keras_models, "--module", "tidefall"),
            ("tf.function", "jit_compile"),
        ),
        Participant(
            "tensorflow",
            folder / "tensorflow" / "bin" / "python",
            (tf_script, "--module", "tensorflow"),
            "tensorflow",
            "m.add(m.ones([8, 8]), m.ones([8, 8])).numpy()",
            (tf_inputs, "--module", "tensorflow"),
            (tf_files, "--module", "tensorflow"),
            (keras_models, "--module", "tensorflow"),
            ("tf.function", "jit_compile"),
        ),
        Participant(
            "jax",
            folder / "jax" / "bin" / "python",
            ("benchmarks.cases_jax",),
            "jax",
            "m.numpy.add(m.numpy.ones((8, 8)), m.numpy.ones((8, 8))).block_until_ready()",
            models=(keras_models, "--module", "jax"),
            model_modes=("jit",),
        ),
        Participant(
            "torch",
            folder / "torch" / "bin" / "python",
            ("benchmarks.cases_torch",),
            "torch",
            "m.add(m.ones(8, 8), m.ones(8, 8)).numpy()",
            ("benchmarks.input_torch",),
            models=("benchmarks.keras_torch",),
            model_modes=("eager", "compile"),
        ),
    ]
    everyone = [
        replace(each, distribution=("benchmarks.distribution.cases", "--library", each.name))
        for each in everyone
    ]
    present = [p for p in everyone if p.python.exists()]
    return present, [p.name for p in everyone if p not in present]


def measure(participants: list[Participant], cases: list[str], rounds: int, quick: bool):
    """Runs all rounds, rotating who goes first."""
    results = report.Results()
    inputs = [case for case in cases if case in report.INPUT]
    alone = [case for case in cases if case in (*report.INPUT, *report.FILES)]
    distribution = [case for case in cases if case in report.DISTRIBUTION]
    others = (*IMPORT_CASES, *report.PEAK_MEMORY, *alone, *report.KERAS, *distribution)
    timed = [case for case in cases if case not in others]
    # The peers were installed, and have their bytecode; this one is run from its sources.
    compileall.compile_dir(str(REPO / "src" / "tidefall"), quiet=1)
    if inputs:
        for kind in ("records", "pictures", "text"):
            input_files.folder(kind)
    for number in range(rounds):
        turn = number % len(participants)
        results.limits.append(limits.measure(quick))
        for who in participants[turn:] + participants[:turn]:
            print(f"round {number + 1} of {rounds}: {who.name}", file=sys.stderr)
            if any(case in IMPORT_CASES for case in cases):
                _record_import(results, who, cases, warm=number == 0)
            if timed:
                _record_cases(results, who, who.run_cases(timed, quick))
            for case in alone:
                _record_alone(results, who, case, quick)
            for rows, mode in _models(cases, who):
                _record_cases(results, who, who.run_model(rows, mode, quick))
            if distribution:
                _record_cases(results, who, who.run_distribution(distribution, quick))
    model_files.clean()
    return results


def _models(cases: list[str], who: Participant) -> list[tuple[list[str], str]]:
    """The rows of each Keras model that were asked for, with each mode of a participant."""
    models: dict[str, list[str]] = {}
    for case in cases:
        if case in report.KERAS:
            models.setdefault(case.split("_")[1], []).append(case)
    return [(rows, mode) for rows in models.values() for mode in who.model_modes]


def _record_import(results: report.Results, who: Participant, cases: list[str], warm: bool):
    try:
        if warm:
            # The first import of a machine's day reads the disk; that is not the library's doing.
            who.run_import()
        for case, value in zip(IMPORT_CASES, who.run_import(), strict=True):
            if case in cases:
                results.add(case, who.name, "import", value)
    except RuntimeError as error:
        failed = {case: str(error) for case in IMPORT_CASES if case in cases}
        results.failures.setdefault(who.name, {}).update(failed)


def _record_alone(results: report.Results, who: Participant, case: str, quick: bool):
    answer = who.run_alone(case, quick)
    _record_cases(results, who, answer)
    if case in answer.get("seconds", {}) and case != "input_epochs_memory":
        results.add(f"{case}_memory", who.name, "eager", answer["peak"])


def _record_cases(results: report.Results, who: Participant, answer: dict):
    for case, modes in answer.get("seconds", {}).items():
        for mode, value in modes.items():
            results.add(case, who.name, mode, value)
    results.versions.setdefault(who.name, {}).update(answer.get("versions", {}))
    for group in ("failures", "unavailable"):
        found = answer.get(group, {})
        if found:
            getattr(results, group).setdefault(who.name, {}).update(found)


def document(results: report.Results, names: list[str], where: dict) -> str:
    """The Markdown page: the table, what it was measured on, and what did not run."""
    versions = {k: v for found in results.versions.values() for k, v in found.items()}
    about = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        "# Benchmarks\n\n"
        f"Median (lowest..highest) of {results.rounds()} rounds; each library in the mode that "
        "serves it best.\n"
        f"{described(where)}\n{about}.\n\n{_limits(results)}"
        f"{report.table(results, names)}\n{report.notes(results)}"
    )


def _limits(results: report.Results) -> str:
    if not results.limits:
        return ""
    flops, copied = (max(r[k] for r in results.limits) / 1e9 for k in ("flops", "copied"))
    return (
        f"The machine multiplies matrices of float32 at {flops:.0f} GFLOP/s and copies memory at "
        f"{copied:.1f} GB/s (best of the rounds); the last column compares with the former "
        "(limits.py).\n\n"
    )


def write(stem: Path, results: report.Results, page: str, where: dict) -> None:
    """Writes a JSON file and a page, each whole or not at all."""
    content = json.dumps(results.as_json(where), indent=2)
    write_whole(stem.with_suffix(".json"), content + "\n")
    write_whole(stem.with_suffix(".md"), page.rstrip() + "\n")


def draw(path: Path, results: report.Results) -> None:
    """Writes the picture."""
    write_whole(path, picture.drawn(results, [n for n in PEERS if n in results.versions]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"names or patterns: {', '.join(report.TITLES)}")
    parser.add_argument("--quick", action="store_true", help="one short round: do the cases run?")
    parser.add_argument("--rounds", type=int, default=None, help=f"default {ROUNDS}")
    parser.add_argument("--only", help="participants, separated by commas")
    parser.add_argument(
        "--output", type=Path, help="folder for the results; else that of this kind of machine"
    )
    arguments = parser.parse_args()
    unknown = [case for case in arguments.cases if not fnmatch.filter(report.TITLES, case)]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(report.TITLES)}")

    participants, absent = find_participants()
    if arguments.only:
        participants = [p for p in participants if p.name in arguments.only.split(",")]
    elif absent:
        print(
            f"not installed, so left out: {', '.join(absent)} (see `make peers`)", file=sys.stderr
        )
    cases = [
        case
        for case in report.TITLES
        if not arguments.cases or any(fnmatch.fnmatch(case, given) for given in arguments.cases)
    ]
    rounds = arguments.rounds or (1 if arguments.quick else ROUNDS)
    results = measure(participants, cases, rounds, arguments.quick)

    where = machine()
    several, everything = set(report.DISTRIBUTION), set(report.TITLES)
    kept = {frozenset(everything): "benchmarks", frozenset(everything - several): "benchmarks"}
    name = (kept | {frozenset(several): "distribution"}).get(frozenset(cases))
    page = document(results, [p.name for p in participants], where)
    print(page)
    # A quick run proves the scripts; its figures are not worth keeping, nor are those of some rows.
    if arguments.output:
        write(arguments.output / "benchmarks", results, page, where)
        draw(arguments.output / "benchmarks.svg", results)
    elif not arguments.quick and name is not None:
        write(results_of(where) / name, results, page, where)
        if name == "benchmarks" and is_shown(where):
            draw(REPO / "docs" / "benchmarks.svg", results)
        write_index()
    return 1 if results.failures else 0


if __name__ == "__main__":
    run(main)
