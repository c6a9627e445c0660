"""Metrics that count: right and wrong predictions, precision, recall, confusion matrices."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export, exported
from tidefall.ops.array.constants import ones_like, zeros_like
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.selecting import where
from tidefall.ops.linalg.diagonals import diag_part
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import equal, greater, not_equal
from tidefall.ops.math.division import divide_no_nan
from tidefall.ops.math.logical import logical_and
from tidefall.ops.math.power import maximum
from tidefall.ops.reductions.confusion_matrix import confusion_matrix
from tidefall.ops.reductions.functions import reduce_mean, reduce_sum
from tidefall.v1.functions.streaming_metrics.common import (
    Result,
    collect,
    metric_variable,
    refuse_eager,
    scope,
    squeezed,
    total_of,
    weighted,
)
from tidefall.v1.variables import state_ops


def _as_bool(value: Any) -> Any:
    return cast(value, dtypes.bool)


def _count(
    kind: str, label: bool, prediction: bool, labels: Any, predictions: Any, weights: Any,
    metrics_collections: Any, updates_collections: Any, name: str | None,
) -> Result:  # fmt: skip
    """How often labels and predictions are what they should be."""
    refuse_eager(kind)
    with scope(name, kind):
        predictions, labels, weights = squeezed(predictions, labels, weights, _as_bool)
        hit = logical_and(equal(labels, label), equal(predictions, prediction))
        values = cast(hit, dtypes.float32)
        if weights is not None:
            values = values * weighted(weights, values)
        value, update = total_of(reduce_sum(values), [], dtypes.float32, "count")
        return collect(value, update, metrics_collections, updates_collections)


def _declare(kind: str, label: bool, prediction: bool) -> Any:
    def count(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        return _count(
            kind, label, prediction, labels, predictions, weights, metrics_collections,
            updates_collections, name,
        )  # fmt: skip

    count.__name__ = count.__qualname__ = kind
    count.__doc__ = f"""The weighted number of {kind.replace("_", " ")} so far.

    Args:
        labels, predictions: tensors of the same shape, taken as bools.
        weights: None, a scalar, or a tensor that can be broadcast to them.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The number, a float32 scalar, and a tensor that adds a batch and gives the new number.
    """
    return export(f"compat.v1.metrics.{kind}")(count)


true_positives = _declare("true_positives", True, True)
true_negatives = _declare("true_negatives", False, False)
false_positives = _declare("false_positives", False, True)
false_negatives = _declare("false_negatives", True, False)


def _share(part: Any, rest: Any, name: str) -> Any:
    whole = part + rest
    return where(greater(whole, 0.0), divide_no_nan(part, whole), zeros_like(whole), name=name)


def _ratio(
    kind: str, other: Any, labels: Any, predictions: Any, weights: Any,
    metrics_collections: Any, updates_collections: Any, name: str | None,
) -> Result:  # fmt: skip
    """True positives over themselves and something else."""
    refuse_eager(kind)
    with scope(name, kind):
        predictions, labels, weights = squeezed(predictions, labels, weights, _as_bool)
        hits, new_hits = true_positives(labels, predictions, weights)
        rest, new_rest = other(labels, predictions, weights)
        value, update = _share(hits, rest, "value"), _share(new_hits, new_rest, "update_op")
        return collect(value, update, metrics_collections, updates_collections)


@export("compat.v1.metrics.precision")
def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Which share of the positive predictions is right.

    Args:
        labels, predictions: tensors of the same shape, taken as bools.
        weights: None, a scalar, or a tensor that can be broadcast to them.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The share, a float32 scalar, and a tensor that adds a batch and gives the new share.
    """
    return _ratio(
        "precision", false_positives, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


@export("compat.v1.metrics.recall")
def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Which share of the positive labels is predicted; see `precision`."""
    return _ratio(
        "recall", false_negatives, labels, predictions, weights, metrics_collections,
        updates_collections, name,
    )  # fmt: skip


@export("compat.v1.metrics.mean_iou")
def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean over the classes of intersection over union.

    Args:
        labels, predictions: integer tensors of the same size, of class numbers.
        num_classes: how many classes there are.
        weights: None, or a tensor of that size.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The mean, a float32 scalar, and a tensor that adds a batch and gives the confusion matrix
        `[num_classes, num_classes]`.
    """
    refuse_eager("mean_iou")
    with scope(name, "mean_iou"):
        predictions, labels, weights = squeezed(predictions, labels, weights, _as_int64)
        found = confusion_matrix(
            reshape(labels, [-1]),
            reshape(predictions, [-1]),
            num_classes,
            weights=None if weights is None else reshape(weights, [-1]),
            dtype=dtypes.float64,
        )
        shape = [num_classes, num_classes]
        matrix, update = total_of(found, shape, dtypes.float64, "total_confusion_matrix")
        right = cast(diag_part(matrix), dtypes.float32)
        rows = cast(reduce_sum(matrix, 0), dtypes.float32)
        columns = cast(reduce_sum(matrix, 1), dtypes.float32)
        union = rows + columns - right
        valid = reduce_sum(cast(not_equal(union, 0.0), dtypes.float32))
        share = right / where(greater(union, 0.0), union, ones_like(union))
        value = where(greater(valid, 0.0), reduce_sum(share) / valid, 0.0, name="mean_iou")
        return collect(value, update, metrics_collections, updates_collections)


def _as_int64(value: Any) -> Any:
    return cast(value, dtypes.int64)


@export("compat.v1.metrics.mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean over the classes of the share of labels that are predicted; see `mean_iou`.

    The second result is that share for each class, `[num_classes]`.
    """
    refuse_eager("mean_per_class_accuracy")
    with scope(name, "mean_accuracy"):
        predictions, labels, weights = squeezed(predictions, labels, weights, _as_int64)
        labels, predictions = reshape(labels, [-1]), reshape(predictions, [-1])
        total = metric_variable([num_classes], dtypes.float32, "total")
        count = metric_variable([num_classes], dtypes.float32, "count")
        right = cast(equal(predictions, labels), dtypes.float32)
        ones = ones_like(right)
        if weights is not None:
            weights = cast(reshape(weights, [-1]), dtypes.float32)
            right, ones = right * weights, ones * weights
        assert state_ops  # declares the function
        scatter_add = exported("compat.v1.scatter_add")
        new_total = scatter_add(total, labels, ones)
        new_count = scatter_add(count, labels, right)
        shares = divide_no_nan(count.value(), maximum(total.value(), 0.0))
        value = reduce_mean(shares, name="mean_accuracy")
        update = divide_no_nan(new_count, maximum(new_total, 0.0), name="update_op")
        return collect(value, update, metrics_collections, updates_collections)
