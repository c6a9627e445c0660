"""Ops that write event files, and the writer behind their resource handle."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tidefall.base.errors import DataLossError, NotFoundError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import REFERS, WRITES_OUTSIDE, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.summary.events import event_file

_named: dict[tuple[str, str], EventWriter] = {}


class EventWriter:
    """What a writer handle refers to: nothing, then an open event file, then nothing again.

    Events are handed to the operating system when more than `max_queue` of them wait, or when
    the oldest one has waited for `flush_millis`.
    """

    def __init__(self, name: str = ""):
        self.name = name
        self.file: event_file.EventFileWriter | None = None
        self._max_queue = 10
        self._interval = 120.0
        self._waiting = 0
        self._flushed = 0.0

    def open(self, logdir: str, max_queue: int, flush_millis: int, suffix: str) -> None:
        """Start the event file; a writer that is open keeps the file it has."""
        if self.file is not None:
            return
        self._max_queue = max_queue
        self._interval = flush_millis / 1000
        self._flushed = time.monotonic()
        self.file = event_file.EventFileWriter(logdir, suffix)

    def write(self, event: Any) -> None:
        """Append an event, flushing when it is time.

        Raises:
            NotFoundError: the writer was closed, or never opened.
        """
        self._open_file().write(event)
        self._waiting += 1
        if self._waiting > self._max_queue or time.monotonic() - self._flushed > self._interval:
            self.flush()

    def flush(self) -> None:
        """Make everything written so far visible to readers.

        Raises:
            NotFoundError: the writer was closed, or never opened.
        """
        self._open_file().flush()
        self._waiting = 0
        self._flushed = time.monotonic()

    def _open_file(self) -> event_file.EventFileWriter:
        if self.file is None:
            raise NotFoundError(
                None,
                None,
                "The summary writer does not exist: it was closed, or never initialized.",
            )
        return self.file

    def close(self) -> None:
        """Finish the file. Closing again does nothing."""
        file, self.file = self.file, None
        if file is not None:
            file.close()

    def __repr__(self) -> str:
        where = self.file.path if self.file is not None else "closed"
        return f"<EventWriter {where}>"


def _nothing(c: Inference) -> list[TensorShape]:
    return []


def _make(*, shared_name: str, container: str) -> EventWriter:
    if not shared_name:
        return EventWriter()
    return _named.setdefault((container, shared_name), EventWriter(shared_name))


summary_writer_op = op(
    "SummaryWriter",
    shape=lambda c: TensorShape(()),
    host=_make,
    effects=REFERS,
    gradient=NOT_DIFFERENTIABLE,
)


def _text(value: np.ndarray) -> str:
    return value.item().decode()


def _create(
    writer: EventWriter,
    logdir: np.ndarray,
    max_queue: np.ndarray,
    flush_millis: np.ndarray,
    filename_suffix: np.ndarray,
) -> None:
    writer.open(_text(logdir), int(max_queue), int(flush_millis), _text(filename_suffix))


create_file_writer_op = op(
    "CreateSummaryFileWriter",
    shape=_nothing,
    host=_create,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _write(
    writer: EventWriter,
    step: np.ndarray,
    tensor: np.ndarray,
    tag: np.ndarray,
    summary_metadata: np.ndarray,
) -> None:
    from tidefall.proto import SummaryMetadata
    from tidefall.summary.events.values import tensor_value

    serialized = summary_metadata.item()
    metadata = _parsed(SummaryMetadata, serialized, "SummaryMetadata") if serialized else None
    value = tensor_value(_text(tag), tensor, metadata)
    writer.write(event_file.summary_event([value], int(step)))


def _parsed(kind: Any, serialized: bytes, name: str) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(serialized)
    except DecodeError:
        raise DataLossError(
            None, None, f"Expected a serialized {name} message, got {len(serialized)} other bytes."
        ) from None


write_summary_op = op(
    "WriteSummary",
    shape=_nothing,
    host=_write,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _write_scalar(
    writer: EventWriter, step: np.ndarray, tag: np.ndarray, value: np.ndarray
) -> None:
    from tidefall.proto import Summary

    if value.size != 1:
        raise ValueError(f"value must be a scalar, got the shape {list(value.shape)}")
    scalar = Summary.Value(tag=_text(tag), simple_value=float(value.reshape(())))
    writer.write(event_file.summary_event([scalar], int(step)))


write_scalar_op = op(
    "WriteScalarSummary",
    shape=_nothing,
    host=_write_scalar,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _write_raw(writer: EventWriter, step: np.ndarray, tensor: np.ndarray) -> None:
    from tidefall.proto import Summary

    for serialized in tensor.reshape(-1):
        summary = _parsed(Summary, serialized, "Summary")
        writer.write(event_file.summary_event(summary.value, int(step)))


write_raw_op = op(
    "WriteRawProtoSummary",
    shape=_nothing,
    host=_write_raw,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _write_graph(writer: EventWriter, step: np.ndarray, tensor: np.ndarray) -> None:
    from tidefall.proto import GraphDef

    _parsed(GraphDef, tensor.item(), "GraphDef")
    writer.write(event_file.graph_event(tensor.item(), int(step)))


write_graph_op = op(
    "WriteGraphSummary",
    shape=_nothing,
    host=_write_graph,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _import_event(writer: EventWriter, event: np.ndarray) -> None:
    from tidefall.proto import Event

    writer.write(_parsed(Event, event.item(), "Event"))


import_event_op = op(
    "ImportEvent",
    shape=_nothing,
    host=_import_event,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _flush(writer: EventWriter) -> None:
    writer.flush()


flush_writer_op = op(
    "FlushSummaryWriter",
    shape=_nothing,
    host=_flush,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _close(writer: EventWriter) -> None:
    writer.close()
    for key in [k for k, named in _named.items() if named is writer]:
        del _named[key]


close_writer_op = op(
    "CloseSummaryWriter",
    shape=_nothing,
    host=_close,
    effects=writes("writer") | WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)
