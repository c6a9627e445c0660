"""From the model server's log into the store: every row once, whoever is killed meanwhile.

How far a file was read is written in the same transaction as the rows it held. A file goes once its
server has let go of it and all of it was taken in.
"""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tidefall.base import errors
from tidefall.lifecycle.monitoring import columns as layout
from tidefall.lifecycle.monitoring.manifest import EVENTS
from tidefall.serving.operations.event_log import EVENT, SUFFIX

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

_logger = logging.getLogger("tidefall.monitoring")

_COMMIT_ROWS = 200_000
_COMMIT_BYTES = 64 * 1024 * 1024
_HEADER, _FOOTER = 12, 4


def ingest_log(store: MonitoringStore, log: Path, *, keep: bool = False) -> int:
    """Take in what was logged since the last time; see `MonitoringStore.ingest`."""
    if not log.is_dir():
        raise errors.NotFoundError(None, None, f"there is no log of a model server in {log}")
    with store.manifest.writing():
        return sum(_ingest_file(store, path, keep) for path in sorted(log.glob(f"*{SUFFIX}")))


def waiting_bytes(store: MonitoringStore, log: Path) -> int:
    """Return how many bytes of a log the store has not taken in."""
    sizes = ((path, path.stat().st_size) for path in log.glob(f"*{SUFFIX}"))
    return sum(max(0, size - store.manifest.position(_source(path))) for path, size in sizes)


def _source(path: Path) -> str:
    return f"log:{path.resolve()}"


def _ingest_file(store: MonitoringStore, path: Path, keep: bool) -> int:
    total, source = 0, _source(path)
    with path.open("rb") as file:
        # Asked first: what is written before the lock is let go is then read below.
        is_finished = _is_let_go(file)
        pending = _Pending(store.manifest.position(source))
        damage = ""
        try:
            for end, data in _whole_records(file, pending.begin):
                pending.add(store, data, end)
                if pending.is_full:
                    total += store.commit(pending.tables(), sources={source: end})
                    pending = _Pending(end)
        except errors.DataLossError as error:
            damage = error.message
        if pending.rows:
            total += store.commit(pending.tables(), sources={source: pending.end})
    if damage:
        _logger.error("%s: %s; what follows is put aside as .damaged", path, damage)
        path.rename(path.with_suffix(".damaged"))
    elif is_finished and not keep:
        path.unlink(missing_ok=True)
        with store.manifest.transaction() as connection:
            connection.execute("DELETE FROM sources WHERE name = ?", (source,))
    return total


def _is_let_go(file: BinaryIO) -> bool:
    """Whether no server will write more."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True


def _whole_records(file: BinaryIO, position: int) -> Iterator[tuple[int, bytes]]:
    """The records from a position on, and where each ends; not one that is still being written."""
    from tidefall.io.records.tfrecord import read_records

    file.seek(0, 2)
    size = file.tell()
    while position + _HEADER + _FOOTER <= size:
        file.seek(position)
        length = int.from_bytes(file.read(8), "little")
        end = position + _HEADER + length + _FOOTER
        if end > size:
            if length > 1 << 31:
                raise errors.DataLossError(None, None, f"no record begins at byte {position}")
            return
        file.seek(position)
        [data] = read_records(file.read(end - position))
        yield end, data
        position = end


class _Pending:
    """Rows that are to be written together.

    Attributes:
        begin, end: between which bytes of the log they stood.
        rows: how many.
    """

    def __init__(self, begin: int) -> None:
        self.begin = self.end = begin
        self.rows = 0
        self._tables: dict[tuple[Any, ...], list[Any]] = {}

    @property
    def is_full(self) -> bool:
        return self.rows >= _COMMIT_ROWS or self.end - self.begin >= _COMMIT_BYTES

    def add(self, store: MonitoringStore, data: bytes, end: int) -> None:
        model, version, table = _table(data, store.redacted)
        types = tuple((field.name, str(field.type)) for field in table.schema)
        self._tables.setdefault((model, version, types), []).append(table)
        self.rows += len(table)
        self.end = end

    def tables(self) -> list[tuple[str, str, int, Any]]:
        pa = layout.arrow()
        return [
            (EVENTS, model, version, pa.concat_tables(tables).unify_dictionaries())
            for (model, version, _), tables in self._tables.items()
        ]


def _table(data: bytes, redact: frozenset[str]) -> tuple[str, int, Any]:
    from google.protobuf.message import DecodeError

    from tidefall.proto.serving import PredictionLog

    try:
        log = PredictionLog.FromString(data)
    except DecodeError:
        raise errors.DataLossError(None, None, "a record is no PredictionLog") from None
    outputs = _arrays(log.predict_log.response.outputs)
    event = {name: outputs.pop(EVENT + name, None) for name in ("id", "time", "seconds", "status")}
    if any(value is None for value in event.values()):
        message = "a record has no ids and times: it is a recording for replay, not for monitoring"
        raise errors.DataLossError(None, None, message)
    spec = log.log_metadata.model_spec
    table = layout.event_table(
        [each.decode("utf-8", "replace") for each in event["id"].tolist()],
        event["time"],
        _arrays(log.predict_log.request.inputs),
        outputs,
        signature=spec.signature_name,
        status=event["status"][0].decode(),
        seconds=event["seconds"],
        redact=redact,
    )
    return spec.name, spec.version.value, table


def _arrays(tensors: Mapping[str, Any]) -> dict[str, Any]:
    from tidefall.proto.tensors import tensor_proto_to_array

    found: dict[str, np.ndarray] = {}
    for name, proto in tensors.items():
        try:
            found[name] = tensor_proto_to_array(proto)
        except (TypeError, ValueError) as error:
            raise errors.DataLossError(None, None, f"tensor {name}: {error}") from None
    return found
