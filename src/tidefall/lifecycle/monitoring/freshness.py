"""How old data are, and where they wait."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tidefall.lifecycle.monitoring.columns import MICROSECONDS
from tidefall.lifecycle.monitoring.manifest import EVENTS
from tidefall.lifecycle.monitoring.reports import ALL, Finding, Freshness, Window

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.judged_rows import Rows
    from tidefall.lifecycle.monitoring.store import MonitoringStore


def freshness(
    store: MonitoringStore,
    model: str,
    rows: Rows,
    log: str | os.PathLike[str] | None = None,
    now: float | None = None,
) -> Freshness:
    """Return how old the data of a model are.

    Args:
        store: where they are.
        model: the model's name.
        rows: of the window, for labels.
        log: the server's log.
        now: seconds since the epoch; this moment by default.
    """
    from tidefall.lifecycle.monitoring.ingest import waiting_bytes

    now = time.time() if now is None else now
    parts = store.manifest.parts(EVENTS, model)
    latest = max(parts, key=lambda part: part.last, default=None)
    last = None if latest is None else latest.last / MICROSECONDS
    known = rows.delays[np.isfinite(rows.delays)]
    return Freshness(
        last_event=last,
        event_age=None if last is None else now - last,
        ingest_lag=None if latest is None or last is None else latest.added - last,
        waiting_bytes=waiting_bytes(store, Path(log)) if log is not None else 0,
        label_delay=float(np.median(known)) if len(known) else None,
        label_share=float(rows.has_label.mean()) if len(rows) else 0.0,
    )


def freshness_findings(
    model: str, window: Window, fresh: Freshness, max_age: float | None
) -> list[Finding]:
    """Return a finding where the last event is older than `max_age` seconds."""
    if max_age is None or fresh.event_age is None:
        return []
    return [
        Finding(
            model,
            window.version,
            "freshness",
            "last event",
            ALL,
            "age in seconds",
            fresh.event_age,
            max_age,
            is_alert=fresh.event_age > max_age,
        )
    ]
