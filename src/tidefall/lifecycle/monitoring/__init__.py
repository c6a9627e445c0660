"""What models answered, what became true, and what has changed since.

The model server's log of requests enters (`tidefall serve --monitoring_log FOLDER`), and labels as
they become known. What leaves are reports of drift and of quality, and incidents with a page each.
Read `store.py` first: it keeps Parquet files, and `manifest.py` the list of those that count.
`profiles.py` counts a window in one pass, `drift.py` and `quality.py` compare two, `watch.py` makes
incidents of what they find.

    from tidefall import monitoring

    store = monitoring.open_store("monitoring", redact=["input.name"])
    store.ingest("log")
    store.add_labels("taxi", ids, labels)
    report = monitoring.drift_report(store, "taxi", reference, current, segments=["input.zone"])
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".distances": ("THRESHOLDS", "benjamini_hochberg"),
    ".drift": ("drift_report",),
    ".estimation": ("ConfidenceEstimator", "Estimate", "LossEstimator"),
    ".label_files": ("add_label_file",),
    ".quality": ("quality_report",),
    ".reports": (
        "ALL",
        "CalibrationPoint",
        "Cause",
        "DriftReport",
        "Finding",
        "Freshness",
        "Incident",
        "Metric",
        "QualityReport",
        "Window",
    ),
    ".seasons": ("DAY", "WEEK", "seasonal_windows"),
    ".statistics": ("window_statistics",),
    ".store": ("MonitoringStore", "open_store"),
    ".watch": ("Rules", "Watched", "read_rules", "watch_once"),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
