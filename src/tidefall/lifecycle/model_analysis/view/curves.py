"""Charts of plots: ROC, precision and recall, calibration, distributions, matrices of classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.view.charts import Series, heat_map, line_chart
from tidefall.lifecycle.model_analysis.view.figures import Figure, Label

_UNIT = (0.0, 1.0)


def figures_of(plot: Mapping[str, Any]) -> dict[str, Figure]:
    """The charts of a slice's plots, as an `EvalResult` has them, by name."""
    found: dict[str, Figure] = {}
    for key, value in plot.items():
        # Of several plots of a kind all but the first have their metric's name behind it.
        kind, _, name = key.partition(" ")
        make = _KINDS.get(kind)
        for title, figure in (make(value) if make is not None else {}).items():
            full = f"{title} {name}".strip()
            found[full] = _titled(figure, full)
    return found


def _titled(figure: Figure, title: str) -> Figure:
    marks = [
        replace(mark, text=title) if isinstance(mark, Label) and mark.text == figure.title else mark
        for mark in figure.marks
    ]
    return replace(figure, title=title, marks=marks)


def _of_many_classes(value: Mapping[str, Any]) -> dict[str, Figure]:
    found = {}
    for one, ending in _with_endings(value.get("matrices", [])):
        title = f"Classes{ending}"
        found[title] = _of_classes(title, one.get("entries", []))
    return found


def _of_many_labels(value: Mapping[str, Any]) -> dict[str, Figure]:
    found = {}
    for one, ending in _with_endings(value.get("matrices", [])):
        for title, name in (
            (f"False negatives{ending}", "falseNegatives"),
            (f"False positives{ending}", "falsePositives"),
        ):
            found[title] = _of_labels(title, one.get("entries", []), name)
    return found


def _with_endings(matrices: list[Any]) -> list[tuple[Any, str]]:
    several = len(matrices) > 1
    return [(one, f" above {one.get('threshold', 0.0):g}" if several else "") for one in matrices]


def _column(rows: list[Any], name: str) -> np.ndarray:
    return np.array([float(row.get(name, 0.0)) for row in rows])


def _of_matrices(value: Mapping[str, Any]) -> dict[str, Figure]:
    matrices = value.get("matrices")
    if not matrices:
        return {}
    cuts = _column(matrices, "threshold")
    tp, fp, tn, fn = (
        _column(matrices, name)
        for name in ("truePositives", "falsePositives", "trueNegatives", "falseNegatives")
    )
    if not fp.any() and not fn.any() and "precision" not in matrices[0]:
        above = tp / np.maximum(tp + tn, np.finfo(float).tiny)
        series = [Series("above", cuts, above)]
        chart = line_chart(
            "Scores", series, "threshold", "share above", x_range=_UNIT, y_range=_UNIT
        )
        return {"Scores": chart}
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall, fall_out = tp / (tp + fp), tp / (tp + fn), fp / (fp + tn)
        total = tp + fp + tn + fn
        accuracy, f1 = (tp + tn) / total, 2 * tp / (2 * tp + fp + fn)
        share = (tp + fp) / total
    by_threshold = [
        Series("accuracy", cuts, accuracy),
        Series("precision", cuts, precision),
        Series("recall", cuts, recall),
        Series("F1", cuts, f1),
    ]
    roc = [Series("ROC", fall_out, recall)]
    pr = [Series("PR", recall, precision)]
    gain = [Series("gain", share, recall)]
    return {
        "ROC": line_chart(
            "ROC", roc, "false positive rate", "true positive rate",
            x_range=_UNIT, y_range=_UNIT, has_diagonal=True,
        ),
        "Precision and recall": line_chart(
            "Precision and recall", pr, "recall", "precision", x_range=_UNIT, y_range=_UNIT
        ),
        "Gain": line_chart(
            "Gain", gain, "share of predictions that are positive", "recall",
            x_range=_UNIT, y_range=_UNIT, has_diagonal=True,
        ),
        "By threshold": line_chart(
            "By threshold", by_threshold, "threshold", "", x_range=_UNIT, y_range=_UNIT
        ),
    }  # fmt: skip


def _of_buckets(value: Mapping[str, Any]) -> dict[str, Figure]:
    buckets = value.get("buckets")
    if not buckets:
        return {}
    weights, labels, predictions = (
        _column(buckets, name)
        for name in ("numWeightedExamples", "totalWeightedLabel", "totalWeightedRefinedPrediction")
    )
    low, high = (
        _column(buckets, name) for name in ("lowerThresholdInclusive", "upperThresholdExclusive")
    )
    finite = np.isfinite(low) & np.isfinite(high)
    # Fewer points than buckets, each of some weight: a curve is to be read.
    order = np.flatnonzero(weights > 0)
    groups = np.array_split(order, min(len(order), 20)) if len(order) else []
    sums = [(weights[g].sum(), labels[g].sum(), predictions[g].sum()) for g in groups]
    mean_label = np.array([label / weight for weight, label, _ in sums])
    mean_prediction = np.array([prediction / weight for weight, _, prediction in sums])
    if finite.any():
        bounds = float(low[finite].min()), float(high[finite].max())
    else:
        bounds = _UNIT
    edges = np.linspace(*bounds, 31)
    middles = np.where(finite, (low + high) / 2, np.where(np.isfinite(high), bounds[0], bounds[1]))
    shares, _ = np.histogram(np.clip(middles, *bounds), edges, weights=weights)
    total = weights.sum() or 1.0
    steps_x = np.repeat(edges, 2)[1:-1]
    return {
        "Calibration": line_chart(
            "Calibration", [Series("labels", mean_prediction, mean_label)], "mean prediction",
            "mean label", x_range=bounds, y_range=bounds, has_diagonal=True,
        ),
        "Residuals": line_chart(
            "Residuals", [Series("residuals", mean_prediction, mean_label - mean_prediction)],
            "mean prediction", "mean label - mean prediction", x_range=bounds,
        ),
        "Predictions": line_chart(
            "Predictions", [Series("share", steps_x, np.repeat(shares / total, 2))], "prediction",
            "share", x_range=bounds,
        ),
    }  # fmt: skip


def _of_classes(title: str, entries: list[Any]) -> Figure:
    actual = [int(e.get("actualClassId", 0)) for e in entries]
    predicted = [int(e.get("predictedClassId", 0)) for e in entries]
    ids = sorted({*actual, *predicted} - {-1})
    columns = [*ids, *([-1] if -1 in predicted else [])]
    table = np.zeros((len(ids), len(columns)))
    for row, column, entry in zip(actual, predicted, entries, strict=True):
        table[ids.index(row), columns.index(column)] += entry.get("numWeightedExamples", 0.0)
    names = ["none" if column == -1 else str(column) for column in columns]
    return heat_map(title, [str(i) for i in ids], names, table)


def _of_labels(title: str, entries: list[Any], name: str) -> Figure:
    ids = sorted(
        {int(e.get(key, 0)) for e in entries for key in ("actualClassId", "predictedClassId")}
    )
    table = np.zeros((len(ids), len(ids)))
    for entry in entries:
        at = int(entry.get("actualClassId", 0)), int(entry.get("predictedClassId", 0))
        table[ids.index(at[0]), ids.index(at[1])] = entry.get(name, 0.0)
    return heat_map(title, [str(i) for i in ids], [str(i) for i in ids], table)


_KINDS: dict[str, Callable[[Mapping[str, Any]], dict[str, Figure]]] = {
    "confusionMatrixAtThresholds": _of_matrices,
    "calibrationHistogramBuckets": _of_buckets,
    "multiClassConfusionMatrixAtThresholds": _of_many_classes,
    "multiLabelConfusionMatrixAtThresholds": _of_many_labels,
}
