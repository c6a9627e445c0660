"""What is written of requests: a line of JSON for people, a `PredictionLog` to replay."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.serving.inference import Outcome
from tidefall.serving.models.config import Recording
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.servable import Arrays, format_shape
from tidefall.serving.operations.files import BackgroundWriter, RotatingFile, StandardError
from tidefall.serving.operations.metrics import Family
from tidefall.serving.status import code_name

_MAX_VALUES = 100
_draw = SystemRandom().random  # leaves the generator that the user seeds alone
_HEADERS = ("x-request-id", "traceparent", "user-agent")


class RequestLog:
    """Writes a line of JSON for some of the requests: an observer of `Inference`.

    Unless values are asked for, nothing of what a request or an answer holds is written but names,
    types and shapes; messages of errors may quote values, so they stay out too.

    Args:
        path: the file; "-" for standard error.
        rate: how many of the requests, 0 to 1, drawn at random.
        values: whether to write the values of tensors, the first hundred of each.
        draw: returns random numbers below 1.
    """

    def __init__(
        self,
        path: str,
        rate: float = 1.0,
        values: bool = False,
        draw: Callable[[], float] = _draw,
    ) -> None:
        self._rate, self._values, self._draw = rate, values, draw
        sink = StandardError() if path == "-" else RotatingFile(Path(path))
        self.writer: BackgroundWriter[dict[str, Any]] = BackgroundWriter(
            f"request log {path}", _line, sink
        )

    def observe(self, outcome: Outcome) -> None:
        """Writes of a request, if it is drawn."""
        if self._draw() < self._rate:
            self.writer.offer(self._describe(outcome))

    def _describe(self, outcome: Outcome) -> dict[str, Any]:
        call, error = outcome.call, outcome.error
        found: dict[str, Any] = {
            "time": datetime.fromtimestamp(outcome.started, UTC).isoformat(timespec="milliseconds"),
            "model": call.model[:200],
            "version": outcome.version,
            "signature": outcome.signature_name[:200],
            "method": call.method,
            "protocol": call.protocol,
            "status": "OK" if error is None else code_name(error.error_code),
            "seconds": round(outcome.seconds + outcome.encode_seconds, 6),
            "decode_seconds": round(outcome.decode_seconds, 6),
            "encode_seconds": round(outcome.encode_seconds, 6),
        }
        for name in _HEADERS:
            if name in call.headers:
                found[name.replace("-", "_")] = call.headers[name][:200]
        if outcome.inputs is not None:
            found["inputs"] = self._tensors(outcome.inputs)
        if outcome.outputs is not None:
            found["outputs"] = self._tensors(outcome.outputs)
        if self._values and error is not None:
            found["error"] = error.message[:2000]
        return found

    def _tensors(self, arrays: Arrays) -> dict[str, Any]:
        return {name: self._tensor(np.asarray(array)) for name, array in arrays.items()}

    def _tensor(self, array: np.ndarray) -> Any:
        dtype = "string" if array.dtype.kind in "OSU" else str(array.dtype)
        what = f"{dtype} {format_shape(array.shape)}"
        if not self._values:
            return what
        return {"tensor": what, "values": array.ravel()[:_MAX_VALUES].tolist()}


def _line(found: dict[str, Any]) -> bytes:
    return json.dumps(found, default=_text, ensure_ascii=True).encode() + b"\n"


def _text(value: Any) -> str:
    return value[:1000].decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class Recorder:
    """Writes some of the answered requests to TFRecord files: an observer of `Inference`.

    Each record is a `PredictionLog` with the inputs that the signature ran on and what it returned,
    whatever protocol and method it came by, so that it can be replayed on another version.

    Args:
        manager: the models; a model's configuration may say how it is recorded.
        default: how the others are; not at all for None.
        count: counts what was recorded, by model and status.
        draw: returns random numbers below 1.
    """

    def __init__(
        self,
        manager: ModelManager,
        default: Recording | None,
        count: Family[Any],
        draw: Callable[[], float] = _draw,
    ) -> None:
        self._manager, self._default, self._count, self._draw = manager, default, count, draw
        self._lock = threading.Lock()
        self._writers: dict[str, BackgroundWriter[Outcome]] = {}

    def observe(self, outcome: Outcome) -> None:
        """Records a request, if it was answered and is drawn."""
        if outcome.error is not None:
            return
        try:
            config = self._manager.find(outcome.call.model).config
        except errors.NotFoundError:
            return  # It was removed meanwhile.
        recording = config.recording or self._default
        if recording is None or self._draw() >= recording.sampling_rate:
            return
        size = _size(outcome.inputs) + _size(outcome.outputs)
        self._writer(recording.filename_prefix).offer(outcome, size)

    def _writer(self, prefix: str) -> BackgroundWriter[Outcome]:
        with self._lock:
            writer = self._writers.get(prefix)
            if writer is None:
                path = Path(f"{prefix}.tfrecord")
                sink = RotatingFile(path)
                writer = BackgroundWriter(
                    f"recording {path}", _record, sink, on_written=self._counted
                )
                self._writers[prefix] = writer
            return writer

    def _counted(self, outcome: Outcome, was_written: bool) -> None:
        self._count.of(outcome.call.model, "OK" if was_written else "INTERNAL").add()

    @property
    def dropped(self) -> int:
        """How many were not recorded because they came too fast, or could not be written."""
        return sum(writer.dropped for writer in list(self._writers.values()))

    def stop(self) -> None:
        """Writes what waits."""
        for writer in self._writers.values():
            writer.stop()


def _record(outcome: Outcome) -> bytes:
    from tidefall.io.records.tfrecord import encode_record

    return encode_record(prediction_log(outcome).SerializeToString())


def prediction_log(outcome: Outcome) -> Any:
    """A `PredictionLog` message of an answered request."""
    from tidefall.proto.serving import PredictionLog

    log = PredictionLog()
    log.log_metadata.timestamp_secs = int(outcome.started)
    request, response = log.predict_log.request, log.predict_log.response
    for spec in (log.log_metadata.model_spec, request.model_spec, response.model_spec):
        spec.name = outcome.call.model
        spec.signature_name = outcome.signature_name
        spec.version.value = outcome.version or 0
    _fill(request.inputs, outcome.inputs or {})
    _fill(response.outputs, outcome.outputs or {})
    return log


def _fill(tensors: Any, arrays: Mapping[str, np.ndarray]) -> None:
    from tidefall.proto.tensors import make_tensor_proto

    for name, array in arrays.items():
        tensors[name].CopyFrom(make_tensor_proto(array))


def _size(arrays: Arrays | None) -> int:
    return sum(_bytes(np.asarray(array)) for array in (arrays or {}).values())


def _bytes(array: np.ndarray) -> int:
    if array.dtype.kind != "O":
        return array.nbytes
    return sum(len(text) + 50 for text in array.flat if isinstance(text, bytes | str))
