"""Labels from files: CSV, JSON lines and Parquet, each file once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.columns import arrow, label_table
from tidefall.lifecycle.monitoring.features import numbers
from tidefall.lifecycle.monitoring.manifest import LABELS

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore


def add_label_file(
    store: MonitoringStore,
    model: str,
    path: Path,
    *,
    id_column: str = "id",
    label_column: str | None = "label",
    time_column: str | None = None,
    outcomes: Sequence[str] = (),
) -> int:
    """Add the labels of a file, all at once, and return how many; 0 for one that is known.

    Args:
        store: takes them.
        model: the model's name.
        path: `.csv`, `.jsonl` or `.parquet`.
        id_column: the column of ids.
        label_column: of labels; None where there are only outcomes.
        time_column: of when they became known, seconds since the epoch; when the file was written
            for None.
        outcomes: columns of other figures.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: it has no such columns, or is no such file.
    """
    if not path.is_file():
        raise errors.NotFoundError(None, None, f"there is no file {path}")
    with path.open("rb") as file:
        source = f"labels:{model}:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    written = path.stat().st_mtime
    needed = [n for n in (id_column, label_column, time_column, *outcomes) if n is not None]

    def tables() -> Iterator[tuple[str, str, int, Any]]:
        for batch in _batches(path):
            for name in needed:
                if name not in batch.schema.names:
                    known = ", ".join(batch.schema.names)
                    raise invalid(f"{path} has no column {name!r}; it has {known}")
            ids = batch.column(id_column).cast("string").to_pylist()
            if None in ids:
                raise invalid(f"{path}: row {ids.index(None)} of a batch has no {id_column}")
            label = None if label_column is None else _values(path, batch, label_column)
            times = written if time_column is None else numbers(batch.column(time_column))
            others = {name: _values(path, batch, name) for name in outcomes}
            yield LABELS, model, 0, label_table(ids, label, times, others, len(ids))

    with store.manifest.writing():
        if store.manifest.position(source):
            return 0
        return store.commit(tables(), sources={source: 1})


def _values(path: Path, batch: Any, name: str) -> Any:
    column = batch.column(name)
    kind = str(column.type)
    if kind in ("string", "large_string"):
        return column.to_pylist()
    try:
        return numbers(column).astype("float64")
    except (TypeError, ValueError):
        raise invalid(f"{path}: column {name!r} holds {kind}, expected numbers or texts") from None


def _batches(path: Path) -> Iterator[Any]:
    pa = arrow()
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            with pq.ParquetFile(path) as file:
                yield from file.iter_batches()
        elif path.suffix == ".csv":
            from pyarrow import csv

            with csv.open_csv(path) as reader:
                yield from reader
        elif path.suffix in (".jsonl", ".json"):
            from pyarrow import json

            yield from json.read_json(path).to_batches()
        else:
            raise invalid(f"{path}: labels come in .csv, .jsonl or .parquet files")
    except pa.ArrowException as error:
        raise invalid(f"{path}: {error}") from None
