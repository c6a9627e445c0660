"""`python -m tests.keras_suite`: Keras's tests on Tidefall, beside what passes on TensorFlow."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path

from tests.keras_suite import baseline, sample
from tests.keras_suite.report import compare
from tests.keras_suite.run import Run, Settings, batches, find_files, site_of

FOLDER = Path(".keras-suite")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.keras_suite", description=__doc__)
    parser.add_argument("--dirs", default="", help="keras.src.ops,keras.src.layers.core,...")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds one test may take")
    parser.add_argument("--fresh", action="store_true", help="forget an unfinished run")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where records and logs lie")
    parser.add_argument("--record", metavar="PYTHON", help="record the baseline with TensorFlow")
    arguments = parser.parse_args()

    recording = arguments.record is not None
    folder = arguments.folder / ("baseline" if recording else "tidefall")
    unfinished = folder / "unfinished"
    if arguments.fresh or not unfinished.exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished.touch()

    settings = Settings(
        python=arguments.record or sys.executable,
        tidefall=not recording,
        processes=arguments.processes,
        limit_seconds=arguments.limit,
        folder=folder.resolve(),
    )
    site = site_of(settings.python)
    files = find_files(site, [part for part in arguments.dirs.split(",") if part])
    if not files:
        print(f"no test files under {arguments.dirs}", file=sys.stderr)
        return 2
    outcomes = Run(settings, site)(batches(files, baseline.seconds()))
    unfinished.unlink()
    if recording:
        baseline.write(outcomes, settings.python)
        sample.write(outcomes, site)
        print(Counter(outcome.outcome for outcome in outcomes.values()))
        return 0
    return compare(outcomes, files, folder)


if __name__ == "__main__":
    sys.exit(main())
