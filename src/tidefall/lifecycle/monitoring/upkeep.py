"""What keeps a store small and its promises: retention, deletion on demand, fewer files."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.columns import MICROSECONDS, arrow
from tidefall.lifecycle.monitoring.manifest import EVENTS, LABELS, Part, digest
from tidefall.lifecycle.monitoring.reading import part_batches
from tidefall.lifecycle.monitoring.reports import Window

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

_READERS_SECONDS = 3600.0
"""How long a file that was replaced by a larger one is left to who reads it."""
_MIN_FILES, _MAX_ROWS = 8, 2_000_000


def maintain(store: MonitoringStore, now: float | None = None) -> int:
    """Remove what is too old or too much, and what killed writers left; return how many bytes.

    Whole files go: a row may stay for up to a day longer than the others of its file.

    Args:
        store: the store.
        now: seconds since the epoch; this moment by default.
    """
    now = time.time() if now is None else now
    manifest = store.manifest
    with manifest.writing():
        parts = sorted(
            manifest.parts(EVENTS) + manifest.parts(LABELS), key=lambda part: (part.last, part.path)
        )
        goes: list[Part] = []
        if store.retention_days:
            oldest = (now - 86_400 * store.retention_days) * MICROSECONDS
            goes = [part for part in parts if part.last < oldest]
        if store.max_bytes:
            excess = sum(part.size for part in parts[len(goes) :]) - store.max_bytes
            for part in parts[len(goes) :]:
                if excess <= 0:
                    break
                goes.append(part)
                excess -= part.size
        freed = sum(part.size for part in goes)
        retired = manifest.retired(now - _READERS_SECONDS)
        paths = [part.path for part in goes] + retired
        if paths:
            store.commit([], removed=paths)
        return freed + _remove_strays(store)


def _remove_strays(store: MonitoringStore) -> int:
    """Files of writers that were killed before they named them."""
    known = store.manifest.named()
    freed = 0
    for kind in (EVENTS, LABELS):
        for path in (store.folder / kind).rglob("*.parquet"):
            if path.relative_to(store.folder).as_posix() not in known:
                freed += path.stat().st_size
                path.unlink(missing_ok=True)
    return freed


def delete(
    store: MonitoringStore,
    model: str,
    ids: Sequence[str] | None = None,
    before: float | None = None,
) -> int:
    """Remove rows for good, from events, labels and incidents; return how many.

    Rows with these ids that still wait in a server's log do not come in later: a digest of each id
    is kept for that.

    Args:
        store: the store.
        model: the model's name.
        ids: of the rows; every id for None.
        before: seconds since the epoch; only rows from before then. Any time for None.

    Raises:
        InvalidArgumentError: neither is given.
    """
    if ids is None and before is None:
        raise invalid("give ids, or a time before which rows go")
    wanted = None if ids is None else {str(each) for each in ids}
    manifest, total = store.manifest, 0
    with manifest.writing():
        # What readers may still have open goes too: nobody is to read these rows again.
        removed = manifest.retired(float("inf"))
        parts = manifest.parts(EVENTS, model) + manifest.parts(LABELS, model)

        def rest() -> Iterator[tuple[str, str, int, Any]]:
            nonlocal total
            for part in parts:
                if before is not None and part.first >= before * MICROSECONDS:
                    continue
                table = _kept(store, part, wanted, before)
                if len(table) == part.rows:
                    continue
                total += part.rows - len(table)
                removed.append(part.path)
                if len(table):
                    yield part.kind, part.model, part.version, table

        digests = [digest(model, each) for each in wanted or ()] if before is None else []
        # A generator, so that one file at a time is in memory; it fills `removed`.
        store.commit(rest(), removed=removed, deleted=digests)
        if wanted is not None:
            _delete_samples(store, model, wanted)
    return total


def _kept(store: MonitoringStore, part: Part, wanted: set[str] | None, before: float | None) -> Any:
    """The rows of a file that stay."""
    pa = arrow()
    import pyarrow.compute as pc

    found: Any = pc
    batches = list(part_batches(store, part, Window(), list(part.columns), 1 << 17))
    table = pa.Table.from_batches(batches)
    goes = pa.array([True] * len(table))
    if wanted is not None:
        goes = found.is_in(table["id"], value_set=pa.array(sorted(wanted), pa.string()))
    if before is not None:
        goes = found.and_(goes, found.less(table["time"], round(before * MICROSECONDS)))
    return table.filter(found.invert(goes))


def _delete_samples(store: MonitoringStore, model: str, wanted: set[str]) -> None:
    for incident in store.incidents(model):
        kept = tuple(s for s in incident.samples if s.get("id") not in wanted)
        if len(kept) < len(incident.samples):
            store.put_incident(dataclasses.replace(incident, samples=kept))


def compact(store: MonitoringStore) -> int:
    """Make few files of many small ones that hold the same columns; return how many went.

    Who reads them meanwhile reads on: they are removed an hour later.
    """
    pa = arrow()
    with store.manifest.writing():
        groups: dict[tuple[Any, ...], list[Part]] = {}
        for part in store.manifest.parts(EVENTS) + store.manifest.parts(LABELS):
            day = part.first // (86_400 * MICROSECONDS)
            columns = json.dumps(part.columns)
            groups.setdefault((part.kind, part.model, part.version, day, columns), []).append(part)
        gone = 0
        for (kind, model, version, _, _), parts in groups.items():
            while len(parts) >= _MIN_FILES:
                chosen, rows = [], 0
                while parts and rows + parts[0].rows <= _MAX_ROWS:
                    chosen.append(parts.pop(0))
                    rows += chosen[-1].rows
                if len(chosen) < 2:
                    parts = parts[1:] if not chosen else parts
                    continue
                batches = [
                    batch
                    for part in chosen
                    for batch in part_batches(store, part, Window(), list(part.columns), 1 << 17)
                ]
                table = pa.Table.from_batches(batches)
                paths = [part.path for part in chosen]
                store.commit([(kind, model, version, table)], removed=paths, keeps_removed=True)
                gone += len(chosen)
    return gone
