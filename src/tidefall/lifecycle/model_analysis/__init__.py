"""Evaluation: metrics of predictions over slices of data, and whether they keep thresholds.

Tables with labels and predictions enter; metrics, plots and validations leave as TensorFlow Model
Analysis's messages, in its result files. Read `engine.py` first: one pass over batches.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "buckets": ("add_quantile_buckets", "add_time_windows"),
    "discovery": ("WorstSlice", "find_worst_slices"),
    "stability": ("Stability", "stability"),
    "evaluate": ("analyze_raw_data",),
    "keys": ("AggregationType", "MetricKey", "PlotKey", "SubKey"),
    "results": (
        "DATA_CENTRIC_MODE", "EvalResult", "EvalResults", "MODEL_CENTRIC_MODE", "SlicedMetrics",
        "SlicedPlots", "load_attributions", "load_eval_result", "load_eval_results",
        "load_metrics", "load_plots", "load_validation_result", "make_eval_results",
    ),
    "plan": ("BASELINE", "CANDIDATE"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
_ALIASES = {"BASELINE_KEY": "BASELINE", "CANDIDATE_KEY": "CANDIDATE"}
_MESSAGES = (
    "AggregationOptions", "AttributionsForSlice", "BinarizationOptions",
    "ConfidenceIntervalOptions", "CrossSliceMetricThreshold", "CrossSliceMetricThresholds",
    "CrossSlicingSpec", "EvalConfig", "ExampleWeightOptions", "GenericChangeThreshold",
    "GenericValueThreshold", "MetricConfig", "MetricDirection", "MetricThreshold",
    "MetricsForSlice", "MetricsSpec", "ModelSpec", "Options", "PaddingOptions",
    "PerSliceMetricThreshold", "PerSliceMetricThresholds", "PlotsForSlice", "RepeatedInt32Value",
    "RepeatedStringValue", "SlicingSpec", "ValidationResult",
)  # fmt: skip

__version__ = "0.48.0"
"""The version of TensorFlow Model Analysis whose interface this is."""

__all__ = sorted([*_MODULE_OF, *_ALIASES, *_MESSAGES, "metrics", "view"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in ("metrics", "view"):
        return importlib.import_module(f"{__name__}.{name}")
    if name in _MESSAGES:
        value = getattr(importlib.import_module("tidefall.proto.evaluation"), name)
    else:
        real = _ALIASES.get(name, name)
        if real not in _MODULE_OF:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}; docs/gaps.md lists what is missing"
            )
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[real]}"), real)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
