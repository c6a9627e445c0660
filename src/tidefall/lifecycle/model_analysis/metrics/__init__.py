"""Metrics by name: those of TensorFlow Model Analysis, and Keras's through `keras_metrics`."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.model_analysis.keys import AggregationType, MetricKey, PlotKey, SubKey
from tidefall.lifecycle.model_analysis.metrics import (  # noqa: F401
    comparison,
    confusion,
    keras_metrics,
    many_classes,
    numbers,
    plots,
    ranking,
)
from tidefall.lifecycle.model_analysis.metrics.base import REGISTRY, Metric
from tidefall.lifecycle.model_analysis.metrics.specs import (
    default_binary_classification_specs,
    default_multi_class_classification_specs,
    default_regression_specs,
    specs_from_metrics,
)

NO_PREDICTED_CLASS_ID = -1
"""The class of a prediction that is above no threshold."""

__all__ = [
    "NO_PREDICTED_CLASS_ID",
    "AggregationType",
    "Metric",
    "MetricKey",
    "PlotKey",
    "SubKey",
    "default_binary_classification_specs",
    "default_multi_class_classification_specs",
    "default_regression_specs",
    "specs_from_metrics",
]


def __getattr__(name: str) -> Any:
    if name in REGISTRY:
        return REGISTRY[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *REGISTRY])
