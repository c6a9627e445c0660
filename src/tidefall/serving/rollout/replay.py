"""Recorded requests, run on a version before it answers anybody."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.base.type_guards import is_dict
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.prediction import check_inputs, find_signature, run_checked
from tidefall.serving.models.servable import Arrays
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.rollout.compare import Comparison
from tidefall.serving.status import describe, invalid

_logger = logging.getLogger("tidefall.serving")
_LATENCIES = 100_000
_EXAMPLES = 20
_SETTINGS = frozenset({"recording", "version", "against", "limit"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request out of a recording.

    Args:
        kind: the kind of log, as in "predict_log".
        model: the model it was for.
        signature_name: the signature it named, or "".
        inputs: its inputs; None where it is of a kind that cannot be replayed.
        outputs: what was answered then; None where that was not recorded.
        time: when it came, in whole seconds since the epoch; 0 where that was not recorded.
    """

    kind: str
    model: str
    signature_name: str = ""
    inputs: Arrays | None = None
    outputs: Arrays | None = None
    time: int = 0


def read_recording(path: Path) -> Iterator[Recorded]:
    """The requests of a TFRecord file of `PredictionLog` messages, as request logging writes it.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: the file is damaged, or holds something else.
    """
    from google.protobuf.message import DecodeError

    from tidefall.io.records.tfrecord import read_records
    from tidefall.proto.serving import PredictionLog

    for number, record in enumerate(read_records(str(path))):
        try:
            log = PredictionLog.FromString(record)
        except DecodeError:
            message = f"{path}: record {number} is no PredictionLog"
            raise errors.DataLossError(None, None, message) from None
        yield _recorded(log)


def _recorded(log: Any) -> Recorded:
    kind = log.WhichOneof("log_type") or "empty"
    if kind != "predict_log":
        return Recorded(kind, log.log_metadata.model_spec.name)
    request, response = log.predict_log.request, log.predict_log.response
    return Recorded(
        kind,
        request.model_spec.name or log.log_metadata.model_spec.name,
        request.model_spec.signature_name,
        _arrays(request.inputs),
        _arrays(response.outputs) if response.outputs else None,
        log.log_metadata.timestamp_secs,
    )


def _arrays(tensors: Any) -> dict[str, Any]:
    from tidefall.proto.tensors import tensor_proto_to_array

    return {name: tensor_proto_to_array(tensor) for name, tensor in tensors.items()}


@dataclass(slots=True)
class Replay:
    """A replay under way, or the last one.

    Args:
        model: the model.
        recording: the file's name.
        version: the version that is tried.
        against: the version whose answers are the right ones; None for those that were recorded.
        limit: how many requests to run at most.
    """

    model: str
    recording: str
    version: int
    against: int | None
    limit: int
    status: str = "running"
    error: str = ""
    skipped: Counter[str] = field(default_factory=Counter[str])
    comparison: Comparison = field(default_factory=Comparison)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES))
    examples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def as_json(self) -> dict[str, Any]:
        """How far it is, and what it showed."""
        with self.lock:
            ordered = sorted(self.latencies)
            return {
                "model": self.model,
                "recording": self.recording,
                "version": self.version,
                "against": self.against,
                "status": self.status,
                "error": self.error,
                "skipped": dict(self.skipped),
                "latency_ms": {
                    f"p{q}": 1e3 * ordered[min(len(ordered) - 1, len(ordered) * q // 100)]
                    for q in (50, 90, 99)
                    if ordered
                },
                "examples": list(self.examples),
                **self.comparison.as_json(),
            }


class Replays:
    """Runs replays, one at a time, each on a thread of its own.

    Args:
        manager: the models.
        audit: is told of each replay.
        folder: where recordings are; none outside it are read. None allows none.
    """

    def __init__(self, manager: ModelManager, audit: AuditLog, folder: Path | None) -> None:
        self._manager, self._audit = manager, audit
        self._folder = folder
        self._lock = threading.Lock()
        self._latest: dict[str, Replay] = {}
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self, model: str, document: Any, who: str) -> Replay:
        """Starts a replay.

        Args:
            model: the model.
            document: `{"recording": "a file's name", "version": 2}`, and if wanted "against", the
                version to compare with in place of what was recorded, and "limit".
            who: who asked for it.

        Raises:
            InvalidArgumentError: the document is wrong.
            NotFoundError: there is no such model, version or recording.
            FailedPreconditionError: a replay is running, or the server has no folder of recordings.
        """
        replay = self._read(model, document)
        path = self._path(replay.recording)
        for version in (replay.version, replay.against):
            if version is not None:
                with self._manager.use(model, version):
                    pass  # It is there; or else this raised.
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise _refused("a replay is running already; one at a time")
            self._audit.write(
                who, "replay", model, recording=replay.recording, version=replay.version
            )
            self._latest[model] = replay
            self._thread = threading.Thread(
                target=self._run, args=(replay, path), name="tidefall-replay", daemon=True
            )
            self._thread.start()
        return replay

    def get(self, model: str) -> Replay:
        """The latest replay of a model.

        Raises:
            NotFoundError: there was none.
        """
        self._manager.find(model)
        replay = self._latest.get(model)
        if replay is None:
            raise errors.NotFoundError(None, None, f"no requests were replayed for model {model}")
        return replay

    def join(self) -> None:
        """Waits until the replay under way is done."""
        if self._thread is not None:
            self._thread.join()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the replay under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _read(self, model: str, document: Any) -> Replay:
        if not is_dict(document) or not document.keys() <= _SETTINGS:
            raise invalid(f"a replay is an object with {', '.join(sorted(_SETTINGS))}")
        recording, against = document.get("recording"), document.get("against")
        if not isinstance(recording, str):
            raise invalid(f"recording: expected a file's name, received {recording!r}")
        version = _whole("version", document.get("version"))
        trusted = None if against is None else _whole("against", against)
        limit = _whole("limit", document.get("limit", 2**63))
        return Replay(model, recording, version, trusted, limit)

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise _refused("the server was started without a folder of recordings")
        # A name, not a path: what an admin's token opens is this folder, not the machine.
        if Path(name).name != name or name in ("", ".", ".."):
            raise invalid(f"recording: expected a file's name without a folder, received {name!r}")
        path = self._folder / name
        if not path.is_file():
            raise errors.NotFoundError(None, None, f"there is no recording {name!r}")
        return path

    def _run(self, replay: Replay, path: Path) -> None:
        try:
            for count, recorded in enumerate(read_recording(path)):
                if count >= replay.limit or self._stopping.is_set():
                    break
                self._run_one(replay, recorded)
            status, error = "stopped" if self._stopping.is_set() else "done", ""
        except Exception as failure:  # noqa: BLE001 - it is reported.
            status, error = "failed", ": ".join(describe(failure))
            _logger.error("replay for %s failed: %s", replay.model, error)
        with replay.lock:
            replay.status, replay.error = status, error

    def _run_one(self, replay: Replay, recorded: Recorded) -> None:
        skip = ""
        if recorded.model != replay.model:
            skip = "of another model"
        elif recorded.inputs is None:
            skip = f"{recorded.kind} cannot be replayed"
        elif recorded.outputs is None and replay.against is None:
            skip = "recorded without an answer"
        if skip:
            with replay.lock:
                replay.skipped[skip] += 1
            return
        expected = recorded.outputs
        if replay.against is not None:
            try:
                expected, _ = self._answer(replay.model, replay.against, recorded)
            except errors.OpError:
                with replay.lock:
                    replay.skipped["failed by the version compared with"] += 1
                return
        self._compare(replay, recorded, expected or {})

    def _compare(self, replay: Replay, recorded: Recorded, expected: Arrays) -> None:
        try:
            found, seconds = self._answer(replay.model, replay.version, recorded)
        except errors.OpError as error:
            with replay.lock:
                replay.comparison.add_error()
                self._example(replay, {"error": ": ".join(describe(error))})
            return
        # A client may have asked for some of the outputs only.
        found = {name: found[name] for name in found if name in expected}
        with replay.lock:
            replay.latencies.append(seconds)
            different = replay.comparison.add(expected, found)
            if different:
                self._example(replay, {"differences": [d.as_json() for d in different]})

    def _example(self, replay: Replay, what: dict[str, Any]) -> None:
        if len(replay.examples) < _EXAMPLES:
            replay.examples.append({"request": replay.comparison.requests, **what})

    def _answer(self, model: str, version: int, recorded: Recorded) -> tuple[Arrays, float]:
        inputs = recorded.inputs or {}
        with self._manager.use(model, version) as loaded:
            signature = find_signature(loaded.servable, recorded.signature_name)
            check_inputs(signature, inputs)
            begin = time.perf_counter()
            outputs = run_checked(signature, inputs)
            return outputs, time.perf_counter() - begin


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"{name}: expected a whole number, received {value!r}")
    return value


def _refused(message: str) -> errors.FailedPreconditionError:
    return errors.FailedPreconditionError(None, None, message)
