"""Labelled rows out of monitoring, written down for a training: they stay as they are."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.hashing import content_hash
from tidefall.lifecycle.monitoring.reports import Window
from tidefall.lifecycle.monitoring.store import MonitoringStore

TRAIN, HOLDOUT = "train", "holdout"
LABEL = "label"


def write_rows(
    store: MonitoringStore,
    model: str,
    window: Window,
    folder: Path,
    holdout: float,
    minimum: int,
) -> dict[str, Any]:
    """Write the labelled rows of a window in two parts, and return what they are.

    Inputs have their own names, and the label is "label". Which part a row is in hangs on its id
    alone, so a row that was held out once is always.

    Args:
        store: where the rows are.
        model: the model.
        window: which rows.
        folder: is made, and appears whole; one that is there stays as it is.
        holdout: the share of the second part.
        minimum: so many rows it takes in all.

    Raises:
        FailedPreconditionError: there are fewer.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not folder.exists():
        parts: dict[str, list[Any]] = {TRAIN: [], HOLDOUT: []}
        for batch in store.read(model, window, labels=True):
            for name, table in _parts(pa.Table.from_batches([batch]), holdout).items():
                parts[name].append(table)
        tables = {n: pa.concat_tables(t, promote_options="default") for n, t in parts.items() if t}
        total = sum(table.num_rows for table in tables.values())
        if total < minimum or any(name not in tables for name in parts):
            message = f"model {model!r} has {total} labelled rows in the window, {minimum} asked"
            raise errors.FailedPreconditionError(None, None, message)
        staged = folder.with_name(f".{folder.name}")
        shutil.rmtree(staged, ignore_errors=True)
        for name, table in tables.items():
            (staged / name).mkdir(parents=True)
            pq.write_table(table, staged / name / "rows.parquet")
        staged.rename(folder)
    counts = {
        name: pq.read_metadata(folder / name / "rows.parquet").num_rows for name in (TRAIN, HOLDOUT)
    }
    return {"rows": counts, "sha256": content_hash(str(folder))}


def _parts(table: Any, holdout: float) -> dict[str, Any]:
    import pyarrow as pa

    if LABEL not in table.column_names:
        return {}
    known = [value is not None for value in table.column(LABEL).to_pylist()]
    table = table.filter(pa.array(known))
    names = [n for n in table.column_names if n.startswith("input.")]
    held = pa.array([_point(str(value)) < holdout for value in table.column("id").to_pylist()])
    kept = table.select([*names, LABEL]).rename_columns(
        [*(name.removeprefix("input.") for name in names), LABEL]
    )
    import pyarrow.compute as pc

    invert: Any = getattr(pc, "invert")  # noqa: B009 - made when imported, unknown to checkers
    found = {TRAIN: kept.filter(invert(held)), HOLDOUT: kept.filter(held)}
    return {name: part for name, part in found.items() if part.num_rows}


def _point(name: str) -> float:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
