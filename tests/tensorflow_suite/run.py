"""Runs test files of TensorFlow in a worker process, and goes on where it was stopped."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Settings:
    """What to run with.

    Args:
        python: the interpreter.
        tidefall: whether Tidefall answers `import tensorflow`; False for real TensorFlow.
        tree: a folder that holds `tensorflow/python`.
        folder: where records and logs are written.
        cap: how many cases of a file are run at most when none are named; 0 for all.
        case_seconds: how long a case may take.
        file_seconds: how long a file may take.
    """

    python: str
    tidefall: bool
    tree: Path
    folder: Path
    cap: int = 12
    case_seconds: int = 60
    file_seconds: int = 240


@dataclass(frozen=True)
class Outcome:
    """How a case ended, as `worker.py` says it; `at` is the line of the test file."""

    file: str
    case: str
    outcome: str
    seconds: float = 0.0
    error: str = ""
    reason: str = ""
    at: str = ""
    deep: str = ""


def run(settings: Settings, files: Mapping[str, Sequence[str] | None]) -> list[Outcome]:
    """Run cases, and return their outcomes.

    Args:
        settings: what to run with.
        files: the cases by test file; None for a sample of them. Files that the records in
            `settings.folder` have already are not run again.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    records = settings.folder / "records.jsonl"
    ended = {row["ended"] for row in _rows(records) if "ended" in row}
    waiting = {file: cases for file, cases in files.items() if file not in ended}
    if waiting:
        task = settings.folder / "task.json"
        fields = {name: getattr(settings, name) for name in ("cap", "case_seconds", "file_seconds")}
        fields |= {"tidefall": settings.tidefall, "tree": str(settings.tree.resolve())}
        fields |= {"records": str(records.resolve()), "files": waiting}
        task.write_text(json.dumps(fields))
        kept = {name: value for name, value in os.environ.items() if name[:6] != "PYTEST"}
        kept |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
        with (settings.folder / "worker.log").open("a") as log:
            subprocess.run(
                [settings.python, str(WORKER), str(task.resolve())],
                cwd=settings.folder,
                env=kept,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )
    return outcomes(records)


def outcomes(records: Path) -> list[Outcome]:
    """The outcomes in a file of records."""
    return [Outcome(**row) for row in _rows(records) if "case" in row]


def _rows(records: Path) -> list[dict[str, Any]]:
    if not records.exists():
        return []
    return [json.loads(line) for line in records.read_text().splitlines() if line[-1:] == "}"]
