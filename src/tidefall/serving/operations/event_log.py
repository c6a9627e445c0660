"""The log that monitoring reads: requests, by hundreds, in records of stacked tensors.

A record is a `PredictionLog` whose inputs and outputs are those of many requests, one below the
other, so that a request costs the server a place in a queue and a hundredth of a record. What is
known of each row beside that stands among the outputs, under `EVENT`. Fields that are redacted
never reach the disk.
"""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterable
from io import FileIO
from pathlib import Path
from random import SystemRandom
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.serving.inference import Outcome
from tidefall.serving.models.servable import Arrays
from tidefall.serving.operations.files import PartlyWritten, append
from tidefall.serving.status import code_name, invalid

_logger = logging.getLogger("tidefall.serving")

EVENT = "event/"
"""Before the names of columns that are neither inputs nor outputs: id, time, seconds, status."""
SUFFIX = ".tfrecord"
SEGMENT_BYTES = 16 * 1024 * 1024
MAX_ROWS = 2048
MAX_VALUES = 65_536
_GATHER_SECONDS = 0.2
_QUEUE_ITEMS = 20_000
_QUEUE_BYTES = 64 * 1024 * 1024
_HEADER = "x-request-id"
_draw = SystemRandom().random  # leaves the generator that the user seeds alone


class EventLog:
    """Writes requests for monitoring: an observer of `Inference`.

    An event counts as written once the operating system has it, within half a second: it outlives
    the process from then on. What comes faster than it can be written, or finds the folder full, is
    dropped and counted; what was written is never dropped for something newer.

    A row is named by the header `x-request-id`, with `/ROW` behind it where a request has several,
    or by the values of an input, or at random.

    Args:
        folder: where the files go; several servers may share it.
        rate: how many of the requests, 0 to 1. Those with a header are chosen by its value, so that
            all servers choose the same.
        redact: columns that are not written, such as "input.name".
        id_input: the input whose values name the rows; "" for none.
        max_bytes: how much the folder may hold.
        draw: returns random numbers below 1.

    Raises:
        InvalidArgumentError: a name in `redact` is no column.
    """

    def __init__(
        self,
        folder: Path,
        rate: float = 1.0,
        redact: Iterable[str] = (),
        id_input: str = "",
        max_bytes: int = 1 << 30,
        draw: Callable[[], float] = _draw,
    ) -> None:
        self._redact = frozenset(redact)
        for name in self._redact:
            if not name.startswith(("input.", "output.")):
                raise invalid(f"{name!r} is no column: write input.NAME or output.NAME")
        self._rate, self._id_input, self._draw = rate, id_input, draw
        self._segments = _Segments(folder, max_bytes)
        self._queue: queue.SimpleQueue[tuple[Outcome, int] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held_items = self._held_bytes = 0
        self._failing = False
        self.written = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="tidefall-events", daemon=True)
        self._thread.start()

    def observe(self, outcome: Outcome) -> None:
        """Takes a request, if it is chosen and there is room.

        One that reached no version is nobody's: its name of a model may be anything.
        """
        if outcome.version is None:
            return
        if self._rate < 1 and not self._is_chosen(outcome):
            return
        size = _size(outcome.inputs) + _size(outcome.outputs)
        with self._lock:
            if self._held_items >= _QUEUE_ITEMS or self._held_bytes + size > _QUEUE_BYTES:
                self.dropped += 1
                return
            self._held_items += 1
            self._held_bytes += size
        self._queue.put((outcome, size))

    def _is_chosen(self, outcome: Outcome) -> bool:
        name = outcome.call.headers.get(_HEADER)
        if name is None:
            return self._draw() < self._rate
        return zlib.crc32(name.encode("utf-8", "replace")) < self._rate * 2**32

    def stop(self) -> None:
        """Writes what waits, then ends the thread."""
        self._queue.put(None)
        self._thread.join()
        self._segments.close()

    def _work(self) -> None:
        is_open = True
        while is_open:
            entries = [self._queue.get()]
            if entries[0] is not None:
                time.sleep(_GATHER_SECONDS)
            while not self._queue.empty() and len(entries) < MAX_ROWS:
                entries.append(self._queue.get())
            taken = [entry for entry in entries if entry is not None]
            is_open = len(taken) == len(entries)
            self._write([outcome for outcome, _ in taken])
            with self._lock:
                self._held_items -= len(taken)
                self._held_bytes -= sum(size for _, size in taken)
            del entries, taken  # Or an idle thread would keep the last requests in memory.

    def _write(self, outcomes: list[Outcome]) -> None:
        groups: dict[tuple[Any, ...], list[_Event]] = {}
        for outcome in outcomes:
            try:
                event = _Event(outcome, self._id_input, self._redact)
                groups.setdefault(event.key, []).append(event)
            except Exception as error:  # noqa: BLE001 - one odd request must not end the thread.
                self._drop(1, error)
        for events in groups.values():
            try:
                self._segments.write(_record(events))
            except Exception as error:  # noqa: BLE001 - nor must a full disk.
                self._drop(len(events), error)
            else:
                self.written += len(events)
                self._failing = False

    def _drop(self, count: int, error: Exception) -> None:
        with self._lock:
            self.dropped += count
        if not self._failing:  # Once, not for each record while the disk is full.
            _logger.error("monitoring log: cannot be written: %s", error)
        self._failing = True


class _Segments:
    """Files that grow one after the other, until the folder is full."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._file: FileIO | None = None
        self._size = self._others = self._number = 0

    def write(self, data: bytes) -> None:
        """Writes one record, whole; raises OSError where it cannot."""
        if self._file is None or self._size + len(data) > SEGMENT_BYTES:
            self.close()
            self._file = self._open()
        if self._others + self._size + len(data) > self._max_bytes:
            self._others = self._measured() - self._size  # Somebody may have read and removed some.
            if self._others + self._size + len(data) > self._max_bytes:
                raise OSError(
                    f"{self._folder} holds {self._others + self._size} of {self._max_bytes} bytes; "
                    "`tidefall monitor ingest` makes room"
                )
        try:
            append(self._file, data)
        except PartlyWritten:
            self.close()
            raise
        self._size += len(data)

    def _open(self) -> FileIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._others, self._size = self._measured(), 0
        self._number += 1
        name = f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{self._number:06d}{SUFFIX}"
        file = (self._folder / name).open("ab", buffering=0)
        # Who reads can tell by the lock that more may come, however this process ends.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def _measured(self) -> int:
        total = 0
        for entry in os.scandir(self._folder):
            try:
                total += entry.stat().st_size
            except FileNotFoundError:
                pass  # It was read and removed just now.
        return total

    def close(self) -> None:
        """Ends the file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


class _Event:
    """The rows of one request.

    Attributes:
        key: what requests have in common whose rows may stand below each other.
    """

    def __init__(self, outcome: Outcome, id_input: str, redact: frozenset[str]) -> None:
        call, error = outcome.call, outcome.error
        self.outcome = outcome
        inputs = _kept(outcome.inputs if error is None else None, "input.", redact)
        outputs = _kept(outcome.outputs, "output.", redact)
        self.rows, self.inputs, self.outputs = _as_rows(inputs, outputs)
        self.status = "OK" if error is None else code_name(error.error_code)
        self.ids = self._ids(id_input)
        shapes = [
            (name, array.shape[1:], "S" if array.dtype.kind in "OSU" else array.dtype)
            for arrays in (self.inputs, self.outputs)
            for name, array in arrays.items()
        ]
        self.key = (
            call.model, outcome.version, outcome.signature_name, self.status, len(self.inputs),
            *shapes,
        )  # fmt: skip

    def _ids(self, id_input: str) -> list[str]:
        values = (self.outcome.inputs or {}).get(id_input) if id_input else None
        if values is not None:
            flat = np.asarray(values).reshape(-1).tolist()
            if len(flat) == self.rows:
                return [
                    v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in flat
                ]
        name = self.outcome.call.headers.get(_HEADER, "")[:200] or uuid.uuid4().hex
        return [name] if self.rows == 1 else [f"{name}/{row}" for row in range(self.rows)]


def _kept(arrays: Arrays | None, prefix: str, redact: frozenset[str]) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(array)
        for name, array in (arrays or {}).items()
        if prefix + name not in redact
    }


def _as_rows(
    inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray]
) -> tuple[int, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """How many rows a request has, and their values; one where tensors do not agree on more."""
    arrays = [*inputs.values(), *outputs.values()]
    sizes = {len(array) if array.ndim else -1 for array in arrays}
    if len(sizes) == 1 and sizes != {-1}:
        [rows] = sizes
    else:
        rows = 1
        inputs = {name: array[None] for name, array in inputs.items()}
        outputs = {name: array[None] for name, array in outputs.items()}

    def fitting(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: a for name, a in arrays.items() if a[:1].size <= MAX_VALUES}

    return rows, fitting(inputs), fitting(outputs)


def _record(events: list[_Event]) -> bytes:
    """A record of requests that have the same key."""
    from tidefall.io.records.tfrecord import encode_record
    from tidefall.proto.serving import PredictionLog

    first, log = events[0], PredictionLog()
    log.log_metadata.timestamp_secs = int(first.outcome.started)
    request, response = log.predict_log.request, log.predict_log.response
    for spec in (log.log_metadata.model_spec, request.model_spec, response.model_spec):
        spec.name = first.outcome.call.model[:200]
        spec.signature_name = first.outcome.signature_name[:200]
        spec.version.value = first.outcome.version or 0
    for name in first.inputs:
        _put(request.inputs, name, [event.inputs[name] for event in events])
    for name in first.outputs:
        _put(response.outputs, name, [event.outputs[name] for event in events])
    counts = [event.rows for event in events]
    times = np.array([event.outcome.started for event in events])
    seconds = np.float32([e.outcome.seconds + e.outcome.encode_seconds for e in events])
    ids = np.array([each for event in events for each in event.ids], object)
    _put(response.outputs, f"{EVENT}id", [ids])
    _put(response.outputs, f"{EVENT}time", [np.repeat(times, counts)])
    _put(response.outputs, f"{EVENT}seconds", [np.repeat(seconds, counts)])
    _put(response.outputs, f"{EVENT}status", [np.array([first.status], object)])
    return encode_record(log.SerializeToString())


def _put(tensors: Any, name: str, arrays: list[np.ndarray]) -> None:
    from tidefall.proto.tensors import make_tensor_proto

    tensors[name].CopyFrom(make_tensor_proto(np.concatenate(arrays)))


def _size(arrays: Arrays | None) -> int:
    total = 0
    for value in (arrays or {}).values():
        array = np.asarray(value)
        total += array.nbytes if array.dtype.kind != "O" else 64 * array.size
    return total


def open_event_log(
    folder: str, rate: float, redact: Iterable[str], id_input: str, max_bytes: int
) -> EventLog:
    """Return the log, whose folder can be written.

    Raises:
        InvalidArgumentError: it cannot, or a setting makes no sense.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"--monitoring_log: {path}: {error.strerror}"
        raise errors.InvalidArgumentError(None, None, message) from None
    return EventLog(path, rate, redact, id_input, max_bytes)
