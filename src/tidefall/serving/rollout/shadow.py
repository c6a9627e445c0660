"""Copies of requests for a version that answers nobody, and how its answers differ."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.records.appending import append
from tidefall.serving.inference import Outcome
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.prediction import check_inputs, find_signature, run_checked
from tidefall.serving.models.servable import Arrays
from tidefall.serving.rollout.compare import Comparison, OutputDifference
from tidefall.serving.status import describe

_logger = logging.getLogger("tidefall.serving")
_WAITING = 64
_WAITING_BYTES = 256 * 1024 * 1024
_FILE_BYTES = 16 * 1024 * 1024


class Shadows:
    """Runs copies on one thread, so that they take at most one core from the answers that count.

    What it cannot keep up with is dropped, and counted.

    Args:
        manager: the models.
        folder: where differences are recorded, a file of JSON lines for each model; None records
            counts alone.
    """

    def __init__(self, manager: ModelManager, folder: Path | None) -> None:
        self._manager = manager
        self._folder = folder
        self._queue: Queue[tuple[Outcome, int, int] | None] = Queue(_WAITING)
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._comparisons: dict[tuple[str, int], Comparison] = {}
        self._dropped: dict[tuple[str, int], int] = {}
        self._thread: threading.Thread | None = None
        self._is_failing = False
        self.failures = 0
        """Differences that could not be written."""

    def offer(self, outcome: Outcome, version: int) -> None:
        """Takes a request that was answered, to be run on a version; never waits."""
        size = _size(outcome.inputs or {})
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="tidefall-shadow", daemon=True
                )
                self._thread.start()
            fits = self._waiting_bytes + size <= _WAITING_BYTES
            if fits:
                try:
                    self._queue.put_nowait((outcome, version, size))
                    self._waiting_bytes += size
                    return
                except Full:
                    pass
            key = (outcome.call.model, version)
            self._dropped[key] = self._dropped.get(key, 0) + 1

    def as_json(self, model: str, version: int) -> dict[str, Any]:
        """What the copies showed so far."""
        key = (model, version)
        with self._lock:
            comparison = self._comparisons.get(key) or Comparison()
            return {**comparison.as_json(), "dropped": self._dropped.get(key, 0)}

    def forget(self, model: str) -> None:
        """Begins a model's counts anew."""
        with self._lock:
            for table in (self._comparisons, self._dropped):
                for key in [key for key in table if key[0] == model]:
                    del table[key]

    def join(self) -> None:
        """Waits until what was taken so far has been run."""
        self._queue.join()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the thread, after what is being run; what waits is dropped."""
        thread = self._thread
        if thread is None:
            return
        while True:
            try:
                self._queue.get_nowait()
                self._queue.task_done()
            except Empty:
                break
        self._queue.put(None)
        thread.join(timeout)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            outcome, version, size = item
            try:
                self._run(outcome, version)
            except Exception:
                _logger.exception("shadow traffic for %s failed", outcome.call.model)
            finally:
                with self._lock:
                    self._waiting_bytes -= size
                self._queue.task_done()
            item = outcome = None  # Or an idle thread would keep the last request in memory.

    def _run(self, outcome: Outcome, version: int) -> None:
        try:
            with self._manager.use(outcome.call.model, version) as loaded:
                signature = find_signature(loaded.servable, outcome.call.signature_name)
                check_inputs(signature, outcome.inputs or {})
                outputs = run_checked(signature, outcome.inputs or {})
        except errors.OpError as error:
            self._count(outcome, version, lambda c: c.add_error(), describe(error))
            return
        self._count(outcome, version, lambda c: c.add(outcome.outputs or {}, outputs), None)

    def _count(
        self,
        outcome: Outcome,
        version: int,
        add: Callable[[Comparison], list[OutputDifference] | None],
        error: tuple[str, str] | None,
    ) -> None:
        with self._lock:
            key = (outcome.call.model, version)
            found = add(self._comparisons.setdefault(key, Comparison()))
        if self._folder is not None and (found or error):
            record = {
                "time": outcome.started,
                "version": outcome.version,
                "shadow": version,
                "signature": outcome.signature_name,
                "error": error and f"{error[0]}: {error[1]}",
                "differences": [difference.as_json() for difference in found or ()],
            }
            self._write(outcome.call.model, record)

    def _write(self, model: str, record: dict[str, Any]) -> None:
        folder = self._folder
        assert folder is not None
        path = folder / f"{_file_name(model)}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > _FILE_BYTES:
                path.replace(path.with_suffix(".1.jsonl"))
            with path.open("ab", buffering=0) as file:
                append(file, json.dumps(record).encode() + b"\n")
        except OSError as error:
            if not self._is_failing:  # Once, not for each difference while the disk is full.
                _logger.error("cannot record differences in %s: %s", path, error)
            self._is_failing = True
            self.failures += 1
        else:
            self._is_failing = False


def _size(arrays: Arrays) -> int:
    return sum(np.asarray(array).nbytes for array in arrays.values())


def _file_name(model: str) -> str:
    """The model's name, with what may not stand in a file's name as hexadecimal."""
    safe = "".join(c if c.isalnum() or c in "-_" else f"%{ord(c):x}" for c in model)
    return safe[:100] or "%"
