"""`python -m tests.tensorflow_suite`: TensorFlow's unit tests on Tidefall, a table by area."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.tensorflow_suite import baseline, report, sources
from tests.tensorflow_suite.run import Settings, run

FOLDER = Path(".tensorflow-suite")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tensorflow_suite", description=__doc__)
    parser.add_argument(
        "--sources",
        type=Path,
        default=sources.given(),
        help="TensorFlow's sources, a folder or a git repository; cloned without it",
    )
    parser.add_argument("--files", default="", help="parts of file names, separated by commas")
    parser.add_argument("--cases", default="", help="part of the cases' names")
    parser.add_argument("--case-limit", type=int, default=60, help="seconds one case may take")
    parser.add_argument("--file-limit", type=int, default=240, help="seconds one file may take")
    parser.add_argument("--cap", type=int, default=12, help="cases of a file that are recorded")
    parser.add_argument("--fresh", action="store_true", help="forget an unfinished run")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where records and logs lie")
    parser.add_argument("--record", metavar="PYTHON", help="add to the baseline with TensorFlow")
    arguments = parser.parse_args()

    recording = arguments.record is not None
    folder = arguments.folder / ("baseline" if recording else "tidefall")
    try:
        tree = sources.prepare(arguments.sources, arguments.folder)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    unfinished = folder / "unfinished"
    if arguments.fresh or not unfinished.exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    settings = Settings(
        python=arguments.record or sys.executable,
        tidefall=not recording,
        tree=tree,
        folder=folder,
        cap=arguments.cap,
        case_seconds=arguments.case_limit,
        file_seconds=arguments.file_limit,
    )
    parts = [part for part in arguments.files.split(",") if part]

    def chosen(file: str) -> bool:
        return not parts or any(part in file for part in parts)

    if recording:
        files = [file for file in sources.test_files(tree) if chosen(file)]
        baseline.add(run(settings, dict.fromkeys(files)))
        unfinished.unlink()
        return 0
    wanted = {file: _named(cases, arguments.cases) for file, cases in baseline.read().items()}
    wanted = {file: cases for file, cases in wanted.items() if cases and chosen(file)}
    every = report.against(wanted, run(settings, wanted))
    unfinished.unlink()
    listing = folder / "failures.txt"
    failures = report.write_failures(every, listing)
    print(report.table(every))
    print(f"{failures} failures; they and what tells nothing are in {listing}")
    return 1 if failures else 0


def _named(cases: list[str], part: str) -> list[str]:
    return [case for case in cases if part in case]


if __name__ == "__main__":
    sys.exit(main())
