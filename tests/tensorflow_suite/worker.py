"""One process of the suite: runs test files, each in a fork of its own, and writes JSON lines.

Started by `run.py` with the interpreter under test, which may be real TensorFlow's: so nothing of
Tidefall is imported unless the task says so. A line is `{"file", "case", "outcome", "seconds",
"error", "reason", "at"}`; outcomes are passed, failed, skipped, stopped (an inner name that is not
answered), crashed, hung, absent (the file has no such case here), unrun (the file's time was up).
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import time
import traceback
import unittest
from pathlib import Path
from typing import Any

REASON_CHARACTERS = 600
NAMED = "tensorflow_suite_case_"


class TookTooLong(BaseException):
    """Not an Exception, so that a test which catches those does not go on."""


def _alarm(*_: object) -> None:
    raise TookTooLong


class SourceFinder:
    """Helpers of tests that TensorFlow's wheel leaves out come from its sources."""

    def __init__(self, tree: Path):
        self._tree = tree

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        base = self._tree / name.replace(".", "/")
        if not name.startswith("tensorflow.python."):
            return None
        if base.with_suffix(".py").exists():
            return importlib.util.spec_from_file_location(name, base.with_suffix(".py"))
        if base.is_dir():
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(base)]
            return spec
        return None


class Recorder(unittest.TestResult):
    """Keeps the worst outcome of a case and why."""

    def __init__(self, file: str):
        super().__init__()
        self._file = file
        self.row: dict[str, Any] = {"outcome": "passed"}

    def _bad(self, error: Any) -> None:
        if self.row["outcome"] in ("passed", "skipped"):
            self.row = told(error[1], self._file)

    def addError(self, test: Any, error: Any) -> None:
        self._bad(error)

    def addFailure(self, test: Any, error: Any) -> None:
        self._bad(error)

    def addSubTest(self, test: Any, subtest: Any, error: Any) -> None:
        if error is not None and not issubclass(error[0], unittest.SkipTest):
            self._bad(error)

    def addSkip(self, test: Any, reason: str) -> None:
        if self.row["outcome"] == "passed":
            self.row = {"outcome": "skipped", "reason": str(reason)[:REASON_CHARACTERS]}

    def addExpectedFailure(self, test: Any, error: Any) -> None:
        """It passes."""

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.row = {"outcome": "stopped", "reason": "TensorFlow expects a failure of its own"}


def told(error: BaseException, file: str) -> dict[str, Any]:
    """An exception as a part of a row."""
    chain: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and len(chain) < 8:
        chain.append(now)
        now = now.__cause__ or now.__context__
    inner = [one for one in chain if type(one).__name__ == "InnerName"]
    frames = traceback.extract_tb(error.__traceback__)
    here = [frame for frame in frames if frame.filename == file]
    row = {
        "outcome": "hung" if isinstance(error, TookTooLong) else "failed",
        "error": type(error).__name__,
        "reason": str(error)[:REASON_CHARACTERS],
        "at": f"{here[-1].lineno}: {here[-1].line}" if here else "",
        "deep": f"{frames[-1].filename.rpartition('src/')[2]}:{frames[-1].lineno}"
        if frames
        else "",
    }
    if inner:
        row |= {"outcome": "stopped", "reason": str(inner[0])}
    return row


def cases_of(suite: Any) -> Any:
    """The cases of a suite, one after the other."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases_of(test)
        else:
            yield test


class File:
    """One test file, in this process.

    Args:
        tree: the folder of the sources.
        file: the test file, relative to it.
        emit: takes a row.
        task: what `run.py` asked for.
    """

    def __init__(self, tree: Path, file: str, emit: Any, task: dict[str, Any]):
        self._path = tree / file
        self._name = NAMED + self._path.stem
        self._emit = emit
        self._task = task

    def _import(self) -> dict[str, Any]:
        spec = importlib.util.spec_from_file_location(self._name, self._path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[self._name] = module
        spec.loader.exec_module(module)
        found: dict[str, Any] = {}
        for case in cases_of(unittest.defaultTestLoader.loadTestsFromModule(module)):
            # Parameters are printed with `repr`, which differs.
            name = case.id().removeprefix(f"{self._name}.").partition(" (")[0]
            found.setdefault(name, case)
        return found

    def run(self, only: list[str] | None, done: set[str]) -> None:
        """Run the cases asked for, but those that are done."""
        signal.alarm(2 * self._task["case_seconds"])
        try:
            if self._task["tidefall"]:
                from tests.tensorflow_suite.stand_ins import Importing

                with Importing():
                    found = self._import()
            else:
                found = self._import()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
            signal.alarm(0)
            row = told(error, str(self._path))
            self._emit(row | {"case": "", "reason": f"import: {row['error']}: {row['reason']}"})
            return
        signal.alarm(0)
        for name in only or ():
            if name not in found and name not in done:
                self._emit({"case": name, "outcome": "absent"})
        chosen = sample(self._path, found, self._task) if only is None else only
        groups: dict[type, list[str]] = {}
        for name in chosen:
            if name in found and name not in done:
                groups.setdefault(type(found[name]), []).append(name)
        for case_class, names in groups.items():
            self._class(case_class, {name: found[name] for name in names})

    def _class(self, case_class: Any, cases: dict[str, Any]) -> None:
        signal.alarm(self._task["case_seconds"])
        try:
            case_class.setUpClass()
        except BaseException as error:  # noqa: BLE001
            signal.alarm(0)
            row = told(error, str(self._path))
            if isinstance(error, unittest.SkipTest):
                row["outcome"] = "skipped"
            for name in cases:
                self._emit({"case": name} | row)
            return
        signal.alarm(0)
        for name, case in cases.items():
            self._emit({"started": name})
            recorder = Recorder(str(self._path))
            start = time.perf_counter()
            signal.alarm(self._task["case_seconds"])
            try:
                case.run(recorder)
            except BaseException as error:  # noqa: BLE001
                recorder.row = told(error, str(self._path))
            signal.alarm(0)
            seconds = round(time.perf_counter() - start, 2)
            self._emit({"case": name, "seconds": seconds} | recorder.row)
            if self._task["tidefall"]:
                leave_graphs()
        try:
            case_class.tearDownClass()
        except Exception:  # noqa: BLE001 - it does not belong to a case
            traceback.print_exc()


def sample(path: Path, found: dict[str, Any], task: dict[str, Any]) -> list[str]:
    """At most so many cases of a file, always the same."""
    names = list(found)
    if not task["cap"] or len(names) <= task["cap"]:
        return names
    seed = hashlib.sha256(path.name.encode()).hexdigest()[:8]
    chosen = set(random.Random(int(seed, 16)).sample(names, task["cap"]))
    return [name for name in names if name in chosen]


def leave_graphs() -> None:
    """Be eager again: a case that failed may have left its graph active."""
    from tidefall.base import state

    now = state.state
    if now.graph is not None:
        now.graph, now.name_scope, now.control_inputs, now.device = None, "", (), ""
        state.refresh()


# ---- the process that forks ----


def fork(file: str, task: dict[str, Any], only: list[str] | None, records: Path) -> None:
    """Run one file in forks: after a crash or hang another one goes on behind that case."""
    end = time.monotonic() + task["file_seconds"]
    done: set[str] = set()
    log = records.with_suffix(".log")
    progress = records.with_suffix(".now")
    while True:
        progress.write_text("")
        child = os.fork()
        if child == 0:
            _child(file, task, only, done, progress, log)
        why = _wait(child, progress, end, task["case_seconds"])
        rows = [json.loads(line) for line in progress.read_text().splitlines() if line[-1:] == "}"]
        started = None
        with records.open("a") as out:
            for row in rows:
                if "started" in row:
                    started = row["started"]
                    continue
                started = None if row.get("case") == started else started
                done.add(row["case"])
                out.write(json.dumps({"file": file} | row) + "\n")
            if why and started is not None:
                out.write(json.dumps({"file": file, "case": started, "outcome": why}) + "\n")
                done.add(started)
            elif why and not rows:
                row = {"file": file, "case": "", "outcome": why, "reason": f"import: {why}"}
                out.write(json.dumps(row) + "\n")
            if not why or started is None or why == "unrun":
                out.write(json.dumps({"ended": file}) + "\n")
                return


def _child(file: str, task: Any, only: Any, done: set[str], progress: Path, log: Path) -> None:
    """Never returns."""
    try:
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.setpgid(0, 0)
        signal.signal(signal.SIGALRM, _alarm)
        sys.argv = [str(Path(task["tree"], file))]
        from absl import flags

        flags.FLAGS(["x"], known_only=True)
        with progress.open("a", buffering=1) as out:
            emit = lambda row: out.write(json.dumps(row, default=str) + "\n")  # noqa: E731
            File(Path(task["tree"]), file, emit, task).run(only, done)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(0)


def _wait(child: int, progress: Path, end: float, case_seconds: int) -> str:
    """Wait for a fork; "" if it ended by itself, else what became of it."""
    begin = time.time()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "crashed" if os.WIFSIGNALED(status) else ""
        quiet = time.time() - max(begin, progress.stat().st_mtime)
        why = "hung" if quiet > 2.2 * case_seconds else "unrun" if time.monotonic() > end else ""
        if why:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return why
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    task = json.loads(parser.parse_args().task.read_text())
    if task["tidefall"]:
        sys.path.insert(0, str(Path(__file__).parents[2]))
        from tests.tensorflow_suite.imports import install

        install(Path(task["tree"]))
    import tensorflow  # noqa: F401

    if not task["tidefall"]:
        sys.meta_path.append(SourceFinder(Path(task["tree"])))  # type: ignore[arg-type]
    importlib.import_module("tensorflow.python.framework.test_util")
    for file, only in task["files"].items():
        fork(file, task, only, Path(task["records"]))


if __name__ == "__main__":
    main()
