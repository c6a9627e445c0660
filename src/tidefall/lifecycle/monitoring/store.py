"""The monitoring store: requests, predictions and labels in Parquet files, by model and day."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import itertools
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from tidefall.base import errors
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.metadata.places import disk_error, write_whole
from tidefall.lifecycle.monitoring import columns as layout
from tidefall.lifecycle.monitoring.manifest import DATABASE, EVENTS, LABELS, Manifest, Part
from tidefall.lifecycle.monitoring.reports import Incident, Window, incident_from, plain

_ROW_GROUP = 131_072
_MICROSECONDS = layout.MICROSECONDS
_DAY = 86_400 * _MICROSECONDS


def open_store(
    path: str | os.PathLike[str],
    *,
    redact: Iterable[str] | None = None,
    retention_days: float | None = None,
    max_bytes: int | None = None,
    must_exist: bool = False,
) -> MonitoringStore:
    """Return the monitoring store of a folder; it is made where it is not there.

    What is given here is kept in the store, and holds for who opens it later.

    Args:
        path: the folder.
        redact: columns that are never written, such as "input.name".
        retention_days: how long requests and labels are kept; 0 for ever.
        max_bytes: how much the store may take on the disk; 0 for any amount.
        must_exist: whether a store that is not there is an error.

    Raises:
        NotFoundError: must_exist, and it is not there.
        InvalidArgumentError: a setting makes no sense.
    """
    folder = Path(path)
    if must_exist and not (folder / DATABASE).exists():
        raise errors.NotFoundError(None, None, f"there is no monitoring store in {folder}")
    store = MonitoringStore(folder)
    store.configure(redact=redact, retention_days=retention_days, max_bytes=max_bytes)
    return store


class MonitoringStore:
    """Requests, predictions, labels and incidents. Safe for threads and processes.

    A call that adds something has it on the disk when it returns, once, or raises and has added
    nothing; that holds for a process that is killed, too.

    Args:
        folder: made where it is not there.

    Attributes:
        manifest: names the files that count.
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = Manifest(folder)

    def configure(
        self,
        *,
        redact: Iterable[str] | None = None,
        retention_days: float | None = None,
        max_bytes: int | None = None,
    ) -> None:
        """Change settings of the store; None leaves them as they are. See `open_store`."""
        if redact is not None:
            names = sorted({*redact})
            for name in names:
                if not name.startswith((layout.INPUT, layout.OUTPUT)):
                    raise invalid(f"redact: {name!r} is no column: write input.NAME or output.NAME")
            self.manifest.set_setting("redact", json.dumps(names))
        for name, value in (("retention_days", retention_days), ("max_bytes", max_bytes)):
            if value is not None:
                if not 0 <= value < float("inf"):
                    raise invalid(f"{name} must be 0 or more, received {value}")
                self.manifest.set_setting(name, json.dumps(value))

    @property
    def redacted(self) -> frozenset[str]:
        """The columns that are never written."""
        return frozenset(json.loads(self.manifest.setting("redact", "[]")))

    @property
    def retention_days(self) -> float:
        """How long rows are kept; 0 for ever."""
        return float(json.loads(self.manifest.setting("retention_days", "0")))

    @property
    def max_bytes(self) -> int:
        """How much the store may take on the disk; 0 for any amount."""
        return int(json.loads(self.manifest.setting("max_bytes", "0")))

    # --- what enters -----------------------------------------------------------------------------

    def add_predictions(
        self,
        model: str,
        version: int,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        *,
        ids: Sequence[str] | None = None,
        times: Any = None,
        seconds: Any = 0.0,
        status: str = "OK",
        signature: str = "serving_default",
    ) -> list[str]:
        """Add answered requests, one row each, and return their ids.

        Args:
            model: the model's name.
            version: what answered.
            inputs: by name, arrays `[n, ...]`.
            outputs: by name, arrays `[n, ...]`.
            ids: to join labels by; random ones for None.
            times: when they came, seconds since the epoch, `[n]` or one for all; now for None.
            seconds: how long the answers took, `[n]` or one for all.
            status: "OK", or the code of the error.
            signature: what was run.

        Raises:
            InvalidArgumentError: they do not fit together.
        """
        arrays = [*inputs.values(), *outputs.values()]
        if ids is None:
            if not arrays:
                raise invalid("give ids, inputs or outputs: there are no rows otherwise")
            ids = [uuid.uuid4().hex for _ in range(len(np.atleast_1d(np.asarray(arrays[0]))))]
        table = layout.event_table(
            ids,
            np.asarray(time.time() if times is None else times),
            inputs,
            outputs,
            signature=signature,
            status=status,
            seconds=seconds,
            redact=self.redacted,
        )
        with self.manifest.writing():
            self.commit([(EVENTS, model, version, table)])
        return list(ids)

    def add_labels(
        self,
        model: str,
        ids: Sequence[str],
        labels: Any = None,
        *,
        times: Any = None,
        outcomes: Mapping[str, Any] | None = None,
        source: str = "",
    ) -> int:
        """Add what became true of predictions, and return how many rows were added.

        They may come before the predictions do. Of several with one id the latest counts.

        Args:
            model: the model's name.
            ids: of the predictions.
            labels: `[n]` numbers, booleans or strings.
            times: when they became known, seconds since the epoch; now for None.
            outcomes: other figures by name, such as what was earned, numbers `[n]`.
            source: names what they come from; from a source that is known nothing is added again.

        Raises:
            InvalidArgumentError: they do not fit together.
        """
        now = time.time() if times is None else times
        table = layout.label_table(ids, labels, now, outcomes or {}, len(ids))
        if table.num_columns == 2:
            raise invalid("give labels or outcomes")
        with self.manifest.writing():
            if source and self.manifest.position(f"labels:{model}:{source}"):
                return 0
            sources = {f"labels:{model}:{source}": 1} if source else None
            return self.commit([(LABELS, model, 0, table)], sources=sources)

    def ingest(self, log: str | os.PathLike[str], *, keep: bool = False) -> int:
        """Take in what a model server has logged since the last time; return how many rows.

        Args:
            log: the folder given to the server as `--monitoring_log`.
            keep: whether files stay that were read to their end.

        Raises:
            NotFoundError: there is no such folder.
        """
        from tidefall.lifecycle.monitoring.ingest import ingest_log
        from tidefall.lifecycle.monitoring.upkeep import maintain

        count = ingest_log(self, Path(log), keep=keep)
        maintain(self)
        return count

    def delete(
        self, model: str, ids: Sequence[str] | None = None, before: float | None = None
    ) -> int:
        """Remove rows for good, and return how many; see `upkeep.delete`."""
        from tidefall.lifecycle.monitoring.upkeep import delete

        return delete(self, model, ids, before)

    def maintain(self, now: float | None = None) -> int:
        """Remove what is too old or too much, and return how many bytes; see `upkeep.maintain`."""
        from tidefall.lifecycle.monitoring.upkeep import maintain

        return maintain(self, now)

    def compact(self) -> int:
        """Make few files of many small ones, and return how many went; see `upkeep.compact`."""
        from tidefall.lifecycle.monitoring.upkeep import compact

        return compact(self)

    def commit(
        self,
        tables: Iterable[tuple[str, str, int, Any]],
        *,
        removed: Iterable[str] = (),
        sources: dict[str, int] | None = None,
        deleted: Iterable[bytes] = (),
        keeps_removed: bool = False,
    ) -> int:
        """Write tables to new files and name them, all at once. For who holds the manifest.

        Args:
            tables: kind, model, version, and an Arrow table with the column "time".
            removed: paths of files that no longer count.
            sources: how far logs have been read.
            deleted: digests of ids that must not come again.
            keeps_removed: whether the removed files stay until nobody reads them.

        Returns:
            How many rows were written.
        """
        parts: list[Part] = []
        try:
            for kind, model, version, table in tables:
                if not model:
                    raise invalid("a model needs a name")
                parts += self._write(kind, model, version, self._without_deleted(model, table))
            self.manifest.replace(
                parts, removed, sources=sources, deleted=deleted, keeps_removed=keeps_removed
            )
        except BaseException:
            for part in parts:
                (self.folder / part.path).unlink(missing_ok=True)
            raise
        if not keeps_removed:
            for path in removed:
                (self.folder / path).unlink(missing_ok=True)
        return sum(part.rows for part in parts)

    def _without_deleted(self, model: str, table: Any) -> Any:
        gone = self.manifest.is_deleted(model, table["id"].to_pylist()) if len(table) else set()
        if not gone:
            return table
        import pyarrow.compute as pc

        pa = layout.arrow()
        found: Any = pc
        return table.filter(found.invert(found.is_in(table["id"], value_set=pa.array([*gone]))))

    def _write(self, kind: str, model: str, version: int, table: Any) -> list[Part]:
        """A file for each day."""
        if not len(table):
            return []
        times = table["time"].to_numpy()
        if len(times) > 1 and (np.diff(times) < 0).any():
            order = np.argsort(times, kind="stable")
            table, times = table.take(layout.arrow().array(order)), times[order]
        days = times // _DAY
        cuts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(times)]
        return [
            self._write_day(kind, model, version, table.slice(a, b - a), times[a:b], int(days[a]))
            for a, b in itertools.pairwise(cuts)
        ]

    def _write_day(
        self, kind: str, model: str, version: int, table: Any, times: np.ndarray, day: int
    ) -> Part:
        layout.arrow()
        import pyarrow.parquet as pq

        date = datetime.date.fromordinal(datetime.date(1970, 1, 1).toordinal() + day)
        place = f"{kind}/model={quote(model, safe='')}/"
        place += f"version={version}/" if kind == EVENTS else ""
        name = f"{place}day={date.isoformat()}/{uuid.uuid4().hex}.parquet"
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                pq.write_table(table, file, compression="zstd", row_group_size=_ROW_GROUP)
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise disk_error(path, error) from None
        types = {field.name: str(_plain_type(field.type)) for field in table.schema}
        return Part(
            name, kind, model, version, len(table), path.stat().st_size, int(times[0]),
            int(times[-1]), time.time(), types,
        )  # fmt: skip

    # --- what leaves -----------------------------------------------------------------------------

    def models(self) -> dict[str, list[int]]:
        """Return the versions that have answered, by model."""
        sql = "SELECT DISTINCT model, version FROM files WHERE kind = ? AND retired IS NULL"
        found: dict[str, list[int]] = {}
        for model, version in sorted(self.manifest.query(sql, (EVENTS,))):
            found.setdefault(model, []).append(version)
        return found

    def span(self, model: str, version: int | None = None) -> Window:
        """Return the window from the first to just after the last event of a model.

        Raises:
            NotFoundError: there is none.
        """
        parts = self.manifest.parts(EVENTS, model, version)
        if not parts:
            what = f"{self.folder}: no requests of model {model!r}"
            what += f" version {version}" if version is not None else ""
            known = ", ".join(self.models()) or "nothing"
            raise errors.NotFoundError(None, None, f"{what}; the store has {known}")
        first = min(part.first for part in parts) / _MICROSECONDS
        return Window(first, (max(part.last for part in parts) + 1) / _MICROSECONDS, version)

    def count(self, model: str, kind: str = EVENTS) -> int:
        """Return how many rows there are of a model."""
        return sum(part.rows for part in self.manifest.parts(kind, model))

    def size(self) -> int:
        """Return how many bytes all files take."""
        return self.manifest.query("SELECT COALESCE(SUM(bytes), 0) FROM files")[0][0]

    def read(
        self,
        model: str,
        window: Window | None = None,
        columns: Sequence[str] | None = None,
        *,
        labels: bool = False,
        rows: int = _ROW_GROUP,
    ) -> Iterator[Any]:
        """Read the rows of a window, in Arrow record batches.

        Args:
            model: the model's name.
            window: which rows; all for None.
            columns: which columns; all for None. A column that some rows lack is null there.
            labels: whether to join the labels: adds the columns "label", "label_time" and
                "outcome.NAME", null where nothing is known yet. Takes duckdb.
            rows: of a batch, at most.

        Raises:
            InvalidArgumentError: there is no such column.
            AbortedError: rows were deleted meanwhile; read again.
        """
        from tidefall.lifecycle.monitoring.reading import read_rows

        return read_rows(self, model, window or Window(), columns, labels, rows)

    def incidents(self, model: str | None = None) -> list[Incident]:
        """Return what `watch` has opened, the latest first."""
        sql = "SELECT body FROM incidents"
        sql += "" if model is None else " WHERE model = ?"
        values = () if model is None else (model,)
        found = self.manifest.query(f"{sql} ORDER BY updated DESC, id", values)
        return [incident_from(json.loads(body)) for (body,) in found]

    def put_incident(self, incident: Incident) -> Incident:
        """Write an incident and its page, and return it with the page's path."""
        from tidefall.lifecycle.monitoring.page import incident_page

        path = self.folder / "incidents" / f"{incident.id}.html"
        incident = dataclasses.replace(incident, page=str(path))
        with self.manifest.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?)",
                (
                    incident.id, incident.model, incident.version, incident.opened,
                    incident.updated, json.dumps(plain(incident)),
                ),
            )  # fmt: skip
        write_whole(path, incident_page(incident).encode())
        return incident

    def silence(
        self, model: str, until: float, *, feature: str = "", begin: float = 0.0, reason: str = ""
    ) -> None:
        """Open no incidents for a time, such as during planned work.

        Args:
            model: the model's name.
            until: seconds since the epoch.
            feature: only of this feature; of all for "".
            begin: seconds since the epoch.
            reason: for who asks later.

        Raises:
            InvalidArgumentError: it ends before it begins.
        """
        if not begin < until < float("inf"):
            raise invalid(f"a silence must end after it begins, received {begin} to {until}")
        with self.manifest.transaction() as connection:
            values = (model, feature, begin, until, reason)
            connection.execute("INSERT INTO silences VALUES (?, ?, ?, ?, ?)", values)

    def silenced(self, model: str, now: float) -> set[str]:
        """Return the features that are silenced at a time; "" is all of them."""
        sql = "SELECT feature FROM silences WHERE model = ? AND begin <= ? AND until > ?"
        return {row[0] for row in self.manifest.query(sql, (model, now, now))}


def _plain_type(kind: Any) -> Any:
    """What a column holds, however it is encoded."""
    return getattr(kind, "value_type", kind) if str(kind).startswith("dictionary") else kind


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
