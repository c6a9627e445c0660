"""Runs Keras's test files in worker processes, and goes on after a crash, a hang or Ctrl-C."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
# Added to the limit of one test before the whole process is given up: a test that hangs in
# native code does not see the alarm.
GRACE_SECONDS = 60
# Collecting the largest file takes 20 s on two busy cores.
START_SECONDS = 300
# `applications` builds networks of several gigabytes and asks for weights from the network.
LEFT_OUT = ("keras/src/applications/",)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one test ended: `outcome` is passed, failed, skipped, crashed or hung."""

    test: str
    outcome: str
    seconds: float = 0.0
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What to run it with: the interpreter, whether Tidefall stands in, processes and limits."""

    python: str
    tidefall: bool
    processes: int
    limit_seconds: int
    folder: Path


def site_of(python: str) -> Path:
    """The folder that holds the interpreter's `keras` package."""
    code = "import importlib.util as u; print(u.find_spec('keras').submodule_search_locations[0])"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip()).parent


def find_files(site: Path, parts: Sequence[str]) -> list[str]:
    """Keras's test files in the packages or modules named in `parts`; all when it is empty."""
    names = sorted(str(path.relative_to(site)) for path in (site / "keras/src").rglob("*_test.py"))
    if not parts:
        return [name for name in names if not name.startswith(LEFT_OUT)]
    wanted = tuple(part.replace(".", "/") for part in parts)
    return [name for name in names if name.startswith(wanted)]


def read_records(paths: Iterable[Path]) -> tuple[dict[str, Outcome], set[str]]:
    """The outcomes by test, and the files that were run to their end."""
    outcomes: dict[str, Outcome] = {}
    ended: set[str] = set()
    for path in paths:
        for record in _lines(path):
            if "test" in record:
                outcomes[record["test"]] = Outcome(**record)
            elif "file" in record:
                name = f"{record['file']}::(collection)"
                outcomes[name] = Outcome(name, "failed", 0.0, record["reason"])
            elif "ended" in record:
                ended.update(record["ended"])
    return outcomes, ended


def _lines(path: Path, offset: int = 0) -> list[dict]:
    records = []
    with path.open() as file:
        file.seek(offset)
        for line in file:
            # A process that was killed may leave half a line.
            with contextlib.suppress(json.JSONDecodeError):
                records.append(json.loads(line))
    return records


def batches(files: Sequence[str], seconds: dict[str, float], size: float = 40) -> list[list[str]]:
    """Files in groups of about `size` seconds, longest first, so that processes end together."""
    groups: list[list[str]] = []
    total = 0.0
    for name in sorted(files, key=lambda name: -seconds.get(name, 1.0)):
        if not groups or total + seconds.get(name, 1.0) > size or len(groups[-1]) >= 12:
            groups.append([])
            total = 0.0
        groups[-1].append(name)
        total += seconds.get(name, 1.0)
    return groups


class Run:
    """One run over many files; its records lie in `settings.folder` and survive the process.

    Args:
      settings: what to run with.
      only: names of tests, to run no others of the files.
      site: the folder that holds the `keras` package.
    """

    def __init__(self, settings: Settings, site: Path, only: Sequence[str] | None = None) -> None:
        self.settings = settings
        self.only = only
        self.site = site
        settings.folder.mkdir(parents=True, exist_ok=True)

    def outcomes(self) -> tuple[dict[str, Outcome], set[str]]:
        return read_records(sorted(self.settings.folder.glob("records*.jsonl")))

    def __call__(self, groups: Sequence[Sequence[str]]) -> dict[str, Outcome]:
        outcomes, ended = self.outcomes()
        waiting: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        for group in groups:
            if left := [name for name in group if name not in ended]:
                waiting.put(left)
        threads = [
            threading.Thread(target=self._lane, args=(number, waiting, set(outcomes)), daemon=True)
            for number in range(self.settings.processes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.outcomes()[0]

    def _lane(self, number: int, waiting: queue.SimpleQueue[list[str]], skip: set[str]) -> None:
        records = self.settings.folder / f"records{number}.jsonl"
        records.touch()
        while True:
            try:
                files = waiting.get_nowait()
            except queue.Empty:
                return
            while files:
                size = records.stat().st_size
                self._process(number, records, files, skip)
                new = _lines(records, size)
                skip |= {record["test"] for record in new if "test" in record}
                if any("ended" in record for record in new):
                    break
                # The process died: what it was at has its outcome, the others are run again.
                died = _unfinished(new)
                with records.open("a") as file:
                    if died is None:
                        file.write(json.dumps({"ended": files, "code": -1}) + "\n")
                        file.write(json.dumps(_start_failure(files)) + "\n")
                        break
                    hung = any("gave_up" in record for record in new)
                    outcome = Outcome(died, "hung" if hung else "crashed", 0.0, "the process ended")
                    file.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
                skip.add(died)

    def _process(self, number: int, records: Path, files: list[str], skip: set[str]) -> None:
        settings = self.settings
        with tempfile.TemporaryDirectory(prefix="keras-suite-") as scratch:
            task = Path(scratch, "task.json")
            chosen = [name for name in skip if name.split("::")[0] in files]
            task.write_text(
                json.dumps(
                    {
                        "site": str(self.site),
                        "files": files,
                        "skip": chosen,
                        "only": self.only,
                    }
                )
            )
            command = [settings.python, str(WORKER), "--records", str(records), "--task", str(task)]
            command += ["--limit", str(settings.limit_seconds)]
            command += ["--tidefall"] if settings.tidefall else []
            with (settings.folder / f"log{number}.txt").open("a") as log:
                process = subprocess.Popen(
                    command, stdout=log, stderr=subprocess.STDOUT, env=environment(scratch)
                )
                try:
                    self._watch(process, records)
                finally:
                    process.kill()
                    process.wait()

    def _watch(self, process: subprocess.Popen, records: Path) -> None:
        """Wait for the process, and give it up when it writes no record for too long."""
        last, since, started = records.stat().st_size, time.monotonic(), False
        while process.poll() is None:
            time.sleep(0.2)
            size = records.stat().st_size
            if size != last:
                last, since, started = size, time.monotonic(), True
            limit = self.settings.limit_seconds + GRACE_SECONDS if started else START_SECONDS
            if time.monotonic() - since > limit:
                with records.open("a") as file:
                    file.write(json.dumps({"gave_up": limit}) + "\n")
                return


def environment(scratch: str) -> dict[str, str]:
    """The environment of a worker: Keras on TensorFlow, its settings and files in `scratch`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return kept | {
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": scratch,
        "KERAS_SUITE_FOLDER": scratch,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
    }


def _unfinished(records: list[dict]) -> str | None:
    """The test that had started and not ended when the process died."""
    finished = {record["test"] for record in records if "test" in record}
    started = [record["started"] for record in records if "started" in record]
    return started[-1] if started and started[-1] not in finished else None


def _start_failure(files: list[str]) -> dict:
    return {
        "file": files[0],
        "outcome": "failed",
        "reason": "the process ended before its first test",
    }
