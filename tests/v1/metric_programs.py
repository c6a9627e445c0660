"""Streaming metrics, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.v1.program_table import program


def _run(tf: Any, build: Callable[[Any, Any, Any, Any], Any], batches: Any) -> Any:
    """Values and updates after each batch, and the local variables."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = [v1.placeholder(b.dtype, [None, *b.shape[1:]]) for b in batches[0]]
        value, update = build(v1.metrics, *inputs)
        session.run(v1.local_variables_initializer())
        found = []
        for batch in batches:
            feeds = dict(zip(inputs, batch, strict=True))
            changed = session.run(update, feeds)
            found.append([changed, session.run(value)])
        names = sorted(v.name for v in v1.local_variables())
        return [found, names, len(v1.get_collection("metric_variables"))]


def _batches(kind: str) -> Any:
    """Two batches of labels, predictions and weights."""
    batches = []
    for k in (1.0, 2.0):
        labels = (np.sin(np.arange(6) * k) > 0).astype(np.float32)
        scores = (np.cos(np.arange(6) * 1.7 * k) * 0.5 + 0.5).astype(np.float32)
        weights = np.arange(1, 7, dtype=np.float32) / 4
        if kind == "classes":
            labels = (np.arange(6) * k % 3).astype(np.int64)
            scores = (np.arange(6) % 3).astype(np.int64)
        batches.append((labels, scores, weights))
    return batches


SCORES: dict[str, dict[str, Any]] = {
    "mean_absolute_error": {},
    "mean_squared_error": {},
    "root_mean_squared_error": {},
    "true_positives": {},
    "true_negatives": {},
    "false_positives": {},
    "false_negatives": {},
    "precision": {},
    "recall": {},
    "true_positives_at_thresholds": {"thresholds": [0.3, 0.6]},
    "true_negatives_at_thresholds": {"thresholds": [0.3, 0.6]},
    "false_positives_at_thresholds": {"thresholds": [0.3, 0.6]},
    "false_negatives_at_thresholds": {"thresholds": [0.3, 0.6]},
    "precision_at_thresholds": {"thresholds": [0.3, 0.6]},
    "recall_at_thresholds": {"thresholds": [0.3, 0.6]},
    "sensitivity_at_specificity": {"specificity": 0.5, "num_thresholds": 20},
    "specificity_at_sensitivity": {"sensitivity": 0.5, "num_thresholds": 20},
    "auc": {"num_thresholds": 12},
}
AREAS: list[dict[str, Any]] = [
    {"curve": curve, "summation_method": method, "num_thresholds": 9}
    for curve in ("ROC", "PR")
    for method in ("trapezoidal", "minoring", "majoring", "careful_interpolation")
    if (curve, method) != ("ROC", "careful_interpolation")
] + [{"thresholds": [0.7, 0.2]}]
CLASSES: dict[str, dict[str, Any]] = {
    "accuracy": {},
    "mean_iou": {"num_classes": 3},
    "mean_per_class_accuracy": {"num_classes": 3},
}
VALUES: dict[str, dict[str, Any]] = {"mean": {}, "percentage_below": {"threshold": 0.6}}


@program
def metrics_of_scores(tf: Any) -> Any:
    found = {}
    for name, options in SCORES.items():
        for weighted in (False, True):

            def build(
                metrics: Any, y: Any, p: Any, w: Any, n: str = name, o: Any = options,
                u: bool = weighted,
            ) -> Any:  # fmt: skip
                return getattr(metrics, n)(y, p, weights=w if u else None, **o)

            found[f"{name} {weighted}"] = _run(tf, build, _batches("scores"))
    return found


@program
def areas_under_curves(tf: Any) -> Any:
    found = []
    for options in AREAS:

        def build(metrics: Any, y: Any, p: Any, w: Any, o: Any = options) -> Any:
            return metrics.auc(y, p, weights=w, **o)

        found.append(_run(tf, build, _batches("scores")))
    return found


@program
def metrics_of_classes(tf: Any) -> Any:
    found = {}
    for name, options in CLASSES.items():
        for weighted in (False, True):

            def build(
                metrics: Any, y: Any, p: Any, w: Any, n: str = name, o: Any = options,
                u: bool = weighted,
            ) -> Any:  # fmt: skip
                return getattr(metrics, n)(y, p, weights=w if u else None, **o)

            found[f"{name} {weighted}"] = _run(tf, build, _batches("classes"))
    return found


@program
def metrics_of_values(tf: Any) -> Any:
    found = {}
    for name, options in VALUES.items():
        for weighted in (False, True):

            def build(
                metrics: Any, y: Any, p: Any, w: Any, n: str = name, o: Any = options,
                u: bool = weighted,
            ) -> Any:  # fmt: skip
                return getattr(metrics, n)(p, weights=w if u else None, **o)

            found[f"{name} {weighted}"] = _run(tf, build, _batches("scores"))

    def relative(metrics: Any, y: Any, p: Any, w: Any) -> Any:
        return metrics.mean_relative_error(y, p, normalizer=y)

    def cosine(metrics: Any, y: Any, p: Any, w: Any) -> Any:
        return metrics.mean_cosine_distance(y, p, 0)

    def elements(metrics: Any, y: Any, p: Any, w: Any) -> Any:
        fixed = tf.ensure_shape(p, [6])
        return metrics.mean_tensor(fixed, tf.ensure_shape(w, [6]))

    for build in (relative, cosine, elements):
        found[build.__name__] = _run(tf, build, _batches("scores"))
    return found


@program
def names_of_metrics(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        value, update = v1.metrics.mean(
            [1.0, 2.0], metrics_collections=["m"], updates_collections="u", name="average"
        )
        again = v1.metrics.accuracy([1, 2], [1, 3])
        third = v1.metrics.accuracy([1, 2], [1, 3])
        collections = [len(v1.get_collection(key)) for key in ("m", "u")]
        names = [t.name for t in (value, update, *again, *third)]
    try:
        v1.metrics.mean([1.0])
    except RuntimeError as error:
        names.append(str(error))
    return [names, collections]
