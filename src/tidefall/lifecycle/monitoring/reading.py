"""Rows of a window: from the files one by one, or joined with their labels by DuckDB."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.lifecycle.data_validation.failures import invalid, need
from tidefall.lifecycle.monitoring.columns import LABEL, MICROSECONDS, OUTCOME, arrow
from tidefall.lifecycle.monitoring.manifest import EVENTS, LABELS, Part
from tidefall.lifecycle.monitoring.reports import Window

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

LABEL_TIME = "label_time"
_MEMORY = "400MB"


def bounds(window: Window) -> tuple[int | None, int | None]:
    """Return a window's bounds in microseconds."""
    found: list[int | None] = []
    for value in (window.begin, window.end):
        if value is not None and not math.isfinite(value):
            raise invalid(f"a window's bounds must be finite, received {value}")
        found.append(None if value is None else round(value * MICROSECONDS))
    begin, end = found
    if begin is not None and end is not None and begin >= end:
        raise invalid(f"a window must begin before it ends, received {window.begin}, {window.end}")
    return begin, end


def window_parts(store: MonitoringStore, model: str, window: Window) -> list[Part]:
    """Return the files that may hold rows of a window.

    Raises:
        NotFoundError: the store has no requests of the model.
    """
    begin, end = bounds(window)
    found = store.manifest.parts(EVENTS, model, window.version, begin, end)
    if not found:
        store.span(model)  # Says what is wrong where there is nothing at all.
    return found


def column_types(parts: Sequence[Part]) -> dict[str, str]:
    """Return the columns of files, with the type that the latest file has."""
    found: dict[str, str] = {}
    for part in parts:
        found.update(part.columns)
    return found


def read_rows(
    store: MonitoringStore,
    model: str,
    window: Window,
    columns: Sequence[str] | None,
    labels: bool,
    rows: int,
) -> Iterator[Any]:
    """Read the rows of a window; see `MonitoringStore.read`."""
    parts = window_parts(store, model, window)
    known = column_types(parts)
    asked = list(known) if columns is None else list(columns)
    of_labels = {LABEL, LABEL_TIME, *_outcomes(store, model)} if labels else set()
    asked = [name for name in asked if name not in of_labels]
    for name in asked:
        if parts and name not in known:
            message = f"model {model!r} has no column {name!r}; it has {', '.join(sorted(known))}"
            raise invalid(message)
    if not labels:
        return (batch for part in parts for batch in part_batches(store, part, window, asked, rows))
    return _joined(store, model, window, parts, asked, known, rows)


def part_batches(
    store: MonitoringStore,
    part: Part,
    window: Window,
    columns: Sequence[str],
    rows: int,
    groups: Sequence[int] | None = None,
) -> Iterator[Any]:
    """Read the rows of a file that are in a window.

    Args:
        store: where the file is.
        part: the file.
        window: which rows.
        columns: which columns, null where the file has none.
        rows: of a batch, at most.
        groups: the row groups; all for None.
    """
    pa = arrow()
    file = open_part(store, part, columns)
    begin, end = bounds(window)
    has_all = (begin is None or begin <= part.first) and (end is None or end > part.last)
    here = [name for name in columns if name in part.columns]
    wanted = here if has_all else [*here, *(["time"] if "time" not in here else [])]
    if not wanted:
        wanted = ["time"]
    with file:
        for batch in file.iter_batches(rows, row_groups=groups, columns=wanted, use_threads=False):
            if not has_all:
                batch = _cut(batch, begin, end)
            if batch.num_rows:
                yield _with_nulls(pa, batch, columns)


def open_part(store: MonitoringStore, part: Part, columns: Sequence[str]) -> Any:
    """Return the file, open.

    Raises:
        AbortedError: it is gone.
        DataLossError: it is damaged.
    """
    arrow()
    import pyarrow.parquet as pq

    texts = [name for name in columns if part.columns.get(name) == "string" and name != "id"]
    try:
        return pq.ParquetFile(
            store.folder / part.path, memory_map=True, read_dictionary=texts, pre_buffer=False
        )
    except FileNotFoundError:
        message = f"{store.folder / part.path}: rows were deleted while they were read; read again"
        raise errors.AbortedError(None, None, message) from None
    except (OSError, ValueError) as error:
        message = f"{store.folder / part.path} is damaged: {error}"
        raise errors.DataLossError(None, None, message) from None


def _cut(batch: Any, begin: int | None, end: int | None) -> Any:
    times = batch.column("time").to_numpy()
    # Rows of a file are in order of time.
    first = 0 if begin is None else int(times.searchsorted(begin))
    last = len(times) if end is None else int(times.searchsorted(end))
    return batch.slice(first, max(0, last - first))


def _with_nulls(pa: Any, batch: Any, columns: Sequence[str]) -> Any:
    names = set(batch.schema.names)
    arrays = [batch.column(name) if name in names else pa.nulls(batch.num_rows) for name in columns]
    if not arrays:
        return batch
    return pa.record_batch(arrays, names=list(columns))


# --- labels ---------------------------------------------------------------------------------------


def _outcomes(store: MonitoringStore, model: str) -> set[str]:
    known = column_types(store.manifest.parts(LABELS, model))
    return {name for name in known if name.startswith(OUTCOME)}


def _joined(
    store: MonitoringStore,
    model: str,
    window: Window,
    parts: Sequence[Part],
    columns: Sequence[str],
    known: dict[str, str],
    rows: int,
) -> Iterator[Any]:
    if not parts:
        return
    try:
        import duckdb
    except ImportError:
        raise need("duckdb", "monitoring") from None
    labels = store.manifest.parts(LABELS, model)
    of_labels = column_types(labels)
    outcomes = sorted(name for name in of_labels if name.startswith(OUTCOME))
    begin, end = bounds(window)
    clauses = [f"{_quoted('time')} >= {begin}"] if begin is not None else []
    clauses += [f"{_quoted('time')} < {end}"] if end is not None else []
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    inner = sorted({"id", *columns})
    events = f"SELECT {_names(inner)} FROM {_files(store, parts)}{where}"
    picked = [f"e.{_quoted(name)}" for name in columns]
    if labels:
        found = [name for name in (LABEL, *outcomes) if name in of_labels]
        # A later row that is silent about a column leaves what an earlier one said.
        latest = ", ".join(
            f"arg_max({_quoted(name)}, {_quoted('time')}) FILTER ({_quoted(name)} IS NOT NULL) "
            f"AS {_quoted(name)}"
            for name in found
        )
        label = f"l.{_quoted(LABEL)}" if LABEL in found else f"NULL AS {_quoted(LABEL)}"
        picked += [label, f"l.{LABEL_TIME}", *(f"l.{_quoted(name)}" for name in outcomes)]
        known_labels = (
            f"SELECT id, {latest}, min({_quoted('time')}) AS {LABEL_TIME} "
            f"FROM {_files(store, labels)} GROUP BY id"
        )
        sql = (
            f"SELECT {', '.join(picked)} FROM ({events}) e LEFT JOIN ({known_labels}) l USING (id)"
        )
    else:
        picked += [f"NULL::DOUBLE AS {_quoted(LABEL)}", f"NULL::BIGINT AS {LABEL_TIME}"]
        sql = f"SELECT {', '.join(picked)} FROM ({events}) e"
    settings = {"memory_limit": _MEMORY, "preserve_insertion_order": False}
    temporary = store.folder / ".duckdb"
    with duckdb.connect(config=settings) as connection:
        connection.execute(f"SET temp_directory = '{_text(str(temporary))}'")
        try:
            reader = connection.sql(sql).to_arrow_reader(rows)
            yield from reader
        except duckdb.IOException as error:
            raise errors.AbortedError(None, None, f"{store.folder}: {error}; read again") from None
        except duckdb.Error as error:
            raise errors.DataLossError(None, None, f"{store.folder}: {error}") from None


def _files(store: MonitoringStore, parts: Sequence[Part]) -> str:
    paths = ", ".join(f"'{_text(str(store.folder / part.path))}'" for part in parts)
    return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return value.replace("'", "''")
