"""Metrics of scores against thresholds: counts, precision, recall, areas under curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.selecting import where
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import equal, greater
from tidefall.ops.math.cumulative import cumsum
from tidefall.ops.math.exponential import log
from tidefall.ops.math.logical import logical_and, logical_not
from tidefall.ops.math.power import maximum, minimum
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.reductions.arg_reductions import argmax, argmin
from tidefall.ops.reductions.functions import reduce_min, reduce_sum
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import constant
from tidefall.v1.functions.streaming_metrics.common import (
    Result,
    as_float,
    collect,
    refuse_eager,
    scope,
    squeezed,
    total_of,
    weighted,
)

_TINY = 1e-7
_KINDS = {
    "tp": ("true_positives", True, True),
    "fn": ("false_negatives", True, False),
    "tn": ("true_negatives", False, False),
    "fp": ("false_positives", False, True),
}
Counts = dict[str, Any]


def _counts(
    labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, kinds: Sequence[str]
) -> tuple[Counts, Counts]:
    """How often each kind of prediction was made by each threshold: before and after a batch."""
    predictions, labels, weights = squeezed(predictions, labels, weights)
    predictions = reshape(as_float(predictions), [1, -1])
    if weights is not None:
        weights = reshape(weighted(weights, as_float(labels)), [1, -1])
    labels = reshape(cast(labels, dtypes.bool), [1, -1])
    above = greater(predictions, reshape(constant(list(thresholds), dtypes.float32), [-1, 1]))
    values, updates = {}, {}
    for kind in kinds:
        name, label, prediction = _KINDS[kind]
        hit = logical_and(
            labels if label else logical_not(labels), above if prediction else logical_not(above)
        )
        found = cast(hit, dtypes.float32)
        if weights is not None:
            found = found * weights
        total = reduce_sum(found, 1)
        values[kind], updates[kind] = total_of(total, [len(thresholds)], dtypes.float32, name)
    return values, updates


def _metric(
    kind: str, kinds: Sequence[str], of: Callable[[Counts, str], Any], labels: Any,
    predictions: Any, thresholds: Sequence[float], weights: Any, metrics: Any, updates: Any,
    name: str | None,
) -> Result:  # fmt: skip
    refuse_eager(kind)
    with scope(name, kind):
        values, new = _counts(labels, predictions, thresholds, weights, kinds)
        return collect(of(values, "value"), of(new, "update_op"), metrics, updates)


def _spread(count: int) -> list[float]:
    """Thresholds from just below 0 to just above 1."""
    inner = [(i + 1) * 1.0 / (count - 1) for i in range(count - 2)]
    return [0.0 - _TINY, *inner, 1.0 + _TINY]


def _declare(kind: str, key: str) -> None:
    def count(
        labels: Any,
        predictions: Any,
        thresholds: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        refuse_eager(f"{kind}_at_thresholds")
        with scope(name, kind):
            values, new = _counts(labels, predictions, thresholds, weights, (key,))
            return collect(values[key], new[key], metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = f"{kind}_at_thresholds"
    count.__doc__ = f"""The weighted number of {kind.replace("_", " ")} by thresholds so far.

    Args:
        labels: a tensor taken as bools.
        predictions: scores, of the same shape.
        thresholds: a list of floats; a score above one is a positive prediction.
        weights: None, a scalar, or a tensor that can be broadcast to them.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The numbers, float32 `[thresholds]`, and a tensor that adds a batch and gives the new ones.
    """
    export(f"compat.v1.metrics.{kind}_at_thresholds")(count)


for _key, (_kind, _, _) in _KINDS.items():
    _declare(_kind, _key)


@export("compat.v1.metrics.precision_at_thresholds")
def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The share of right ones among positive predictions; see `true_positives_at_thresholds`."""

    def of(counts: Counts, label: str) -> Any:
        return counts["tp"] / (counts["tp"] + counts["fp"] + _TINY)

    return _metric(
        "precision_at_thresholds", ("tp", "fp"), of, labels, predictions, thresholds, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


@export("compat.v1.metrics.recall_at_thresholds")
def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The share of positive labels that are predicted; see `true_positives_at_thresholds`."""

    def of(counts: Counts, label: str) -> Any:
        return counts["tp"] / (counts["tp"] + counts["fn"] + _TINY)

    return _metric(
        "recall_at_thresholds", ("tp", "fn"), of, labels, predictions, thresholds, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


@export("compat.v1.metrics.sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The recall at the threshold whose specificity is nearest to the one given.

    Args:
        labels: a tensor taken as bools.
        predictions: scores in [0, 1], of the same shape.
        specificity: the share of negative labels that are to be predicted, in [0, 1].
        weights: None, a scalar, or a tensor that can be broadcast to them.
        num_thresholds: how many thresholds are tried.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.
    """
    _check_share("specificity", specificity)

    def of(counts: Counts, label: str) -> Any:
        shares = counts["tn"] / (counts["tn"] + counts["fp"] + _TINY)
        i = argmin(absolute(shares - specificity), 0)
        tp, fn = gather(counts["tp"], i), gather(counts["fn"], i)
        return tp / (tp + fn + _TINY)

    return _metric(
        "sensitivity_at_specificity", ("tp", "fn", "tn", "fp"), of, labels, predictions,
        _spread(num_thresholds), weights, metrics_collections, updates_collections, name,
    )  # fmt: skip


@export("compat.v1.metrics.specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The specificity at the threshold whose recall is nearest to the one given, the last of them.

    See `sensitivity_at_specificity`.
    """
    _check_share("sensitivity", sensitivity)

    def of(counts: Counts, label: str) -> Any:
        shares = counts["tp"] / (counts["tp"] + counts["fn"] + _TINY)
        distance = absolute(shares - sensitivity)
        nearest = cast(equal(distance, reduce_min(distance)), dtypes.int64)
        i = argmax(cumsum(nearest), 0)
        tn, fp = gather(counts["tn"], i), gather(counts["fp"], i)
        return tn / (tn + fp + _TINY)

    return _metric(
        "specificity_at_sensitivity", ("tp", "fn", "tn", "fp"), of, labels, predictions,
        _spread(num_thresholds), weights, metrics_collections, updates_collections, name,
    )  # fmt: skip


def _check_share(name: str, value: float) -> None:
    if value < 0 or value > 1:
        raise ValueError(f"`{name}` must be in the range [0, 1]. Currently, `{name}` is {value}.")


@export("compat.v1.metrics.auc")
def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Any = None,
) -> Result:
    """The approximate area under a curve.

    Args:
        labels: a tensor taken as bools.
        predictions: scores in [0, 1], of the same shape.
        weights: None, a scalar, or a tensor that can be broadcast to them.
        num_thresholds: how many points the curve has.
        metrics_collections, updates_collections: collections to add the two results to.
        curve: "ROC", or "PR" for precision over recall.
        name: name of the variable scope.
        summation_method: "trapezoidal", "careful_interpolation" (for "PR"), "minoring" or
            "majoring".
        thresholds: those between 0 and 1, instead of evenly spread ones.

    Returns:
        The area, a float32 scalar, and a tensor that adds a batch and gives the new area.

    Raises:
        ValueError: for another curve or method.
    """
    refuse_eager("auc")
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    if summation_method == "careful_interpolation" and curve != "PR":
        raise ValueError(f"curve: {curve} and summation_method: {summation_method} does not fit")
    if summation_method not in ("trapezoidal", "careful_interpolation", "minoring", "majoring"):
        raise ValueError(f"Invalid summation_method: {summation_method}")
    if thresholds is not None:
        used = [0.0 - _TINY, *sorted(thresholds), 1.0 + _TINY]
    else:
        used = _spread(num_thresholds)

    def of(counts: Counts, label: str) -> Any:
        if summation_method == "careful_interpolation":
            return _interpolated(counts)
        x, y = _curve(counts, curve)
        if summation_method == "trapezoidal":
            heights = (y[:-1] + y[1:]) / 2.0
        else:
            heights = (minimum if summation_method == "minoring" else maximum)(y[:-1], y[1:])
        return reduce_sum((x[:-1] - x[1:]) * heights)

    return _metric(
        "auc", ("tp", "fn", "tn", "fp"), of, labels, predictions, used, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


def _curve(counts: Counts, curve: str) -> tuple[Any, Any]:
    """The points of a curve, from right to left."""
    tiny = 1e-6
    recall = (counts["tp"] + tiny) / (counts["tp"] + counts["fn"] + tiny)
    if curve == "ROC":
        return counts["fp"] / (counts["fp"] + counts["tn"] + tiny), recall
    return recall, (counts["tp"] + tiny) / (counts["tp"] + counts["fp"] + tiny)


def _interpolated(counts: Counts) -> Any:
    """The area under precision over recall, interpolated as Davis and Goadrich (2006) do."""
    tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
    right = tp[:-1] - tp[1:]
    all_of = tp + fp
    new = all_of[:-1] - all_of[1:]
    slope = _safe(right, maximum(new, 0.0))
    offset = tp[1:] - slope * all_of[1:]
    both = logical_and(greater(all_of[:-1], 0.0), greater(all_of[1:], 0.0))
    ratio = where(both, _safe(all_of[:-1], maximum(all_of[1:], 0.0)), 1.0)
    part = slope * (right + offset * log(ratio))
    return reduce_sum(_safe(part, maximum(tp[1:] + fn[1:], 0.0)))


def _safe(x: Any, y: Any) -> Any:
    from tidefall.ops.math.division import divide_no_nan

    return divide_no_nan(x, y)
