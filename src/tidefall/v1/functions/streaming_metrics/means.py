"""Metrics that are means: of values, errors, matches."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.ops.array.constants import zeros_like
from tidefall.ops.array.selecting import where
from tidefall.ops.array.shapes_of import size
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import equal, less
from tidefall.ops.math.division import divide_no_nan
from tidefall.ops.math.power import maximum
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.math.unary import sqrt, square
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.tensor.conversion import convert_to_tensor
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


@export("compat.v1.metrics.mean")
def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The weighted mean of all values so far.

    Args:
        values: a tensor.
        weights: None, a scalar, or a tensor that can be broadcast to `values`.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The mean, a float32 scalar, and a tensor that adds the values and gives the new mean.

    Raises:
        ValueError: for weights that do not fit.
        RuntimeError: in eager code.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     x = v1.placeholder(tf.float32, [None])
    ...     mean, update = v1.metrics.mean(x)
    ...     session.run(v1.local_variables_initializer())
    ...     for batch in ([1.0, 2.0], [6.0]):
    ...         last = session.run(update, {x: batch})
    ...     print(session.run(mean))
    3.0
    """
    refuse_eager("mean")
    with scope(name, "mean"):
        values = as_float(values)
        if weights is None:
            number = cast(size(values), dtypes.float32)
        else:
            values, _, weights = squeezed(values, values, weights)
            weights = weighted(weights, values)
            values = values * weights
            number = reduce_sum(weights)
        total, new_total = total_of(reduce_sum(values), [], dtypes.float32, "total")
        count, new_count = total_of(number, [], dtypes.float32, "count")
        value = divide_no_nan(total, maximum(count, 0.0), name="value")
        update = divide_no_nan(new_total, maximum(new_count, 0.0), name="update_op")
        return collect(value, update, metrics_collections, updates_collections)


@export("compat.v1.metrics.mean_tensor")
def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The weighted mean of all tensors so far, element by element.

    Args:
        values: a tensor of known shape.
        weights: None, or a tensor that can be broadcast to `values`.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The mean, float32 shaped like `values`, and a tensor that adds the values and gives the new
        mean.
    """
    refuse_eager("mean_tensor")
    with scope(name, "mean"):
        values = as_float(values)
        number = weighted(None, values)
        if weights is not None:
            values, _, weights = squeezed(values, values, weights)
            number = weighted(weights, values)
            values = values * number
        total, new_total = total_of(values, values.shape, dtypes.float32, "total_tensor")
        count, new_count = total_of(number, values.shape, dtypes.float32, "count_tensor")
        value = divide_no_nan(total, maximum(count, 0.0), name="value")
        update = divide_no_nan(new_total, maximum(new_count, 0.0), name="update_op")
        return collect(value, update, metrics_collections, updates_collections)


@export("compat.v1.metrics.accuracy")
def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """How often predictions are the labels.

    Args:
        labels, predictions: tensors of the same shape.
        weights: None, a scalar, or a tensor that can be broadcast to them.
        metrics_collections, updates_collections: collections to add the two results to.
        name: name of the variable scope.

    Returns:
        The share, a float32 scalar, and a tensor that adds a batch and gives the new share.
    """
    refuse_eager("accuracy")
    predictions, labels, weights = squeezed(predictions, labels, weights)
    if labels.dtype.base_dtype != predictions.dtype.base_dtype:
        predictions = cast(predictions, labels.dtype.base_dtype)
    right = cast(equal(predictions, labels), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


@export("compat.v1.metrics.mean_absolute_error")
def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of the absolute differences; see `accuracy`."""
    refuse_eager("mean_absolute_error")
    predictions, labels, weights = squeezed(predictions, labels, weights, as_float)
    return mean(
        absolute(predictions - labels),
        weights,
        metrics_collections,
        updates_collections,
        name or "mean_absolute_error",
    )


@export("compat.v1.metrics.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of the squared differences; see `accuracy`."""
    refuse_eager("mean_squared_error")
    predictions, labels, weights = squeezed(predictions, labels, weights, as_float)
    return mean(
        square(labels - predictions),
        weights,
        metrics_collections,
        updates_collections,
        name or "mean_squared_error",
    )


@export("compat.v1.metrics.root_mean_squared_error")
def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The root of the mean of the squared differences; see `accuracy`."""
    refuse_eager("root_mean_squared_error")
    name = name or "root_mean_squared_error"
    value, update = mean_squared_error(labels, predictions, weights, None, None, name)
    return collect(sqrt(value), sqrt(update), metrics_collections, updates_collections)


@export("compat.v1.metrics.mean_relative_error")
def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of the absolute differences over `normalizer`, 0 where that is 0; see `accuracy`."""
    refuse_eager("mean_relative_error")
    predictions, labels, weights = squeezed(predictions, labels, weights, as_float)
    predictions, normalizer, _ = squeezed(predictions, normalizer, None, as_float)
    is_zero = equal(normalizer, 0.0)
    difference = absolute(labels - predictions)
    relative = where(is_zero, zeros_like(labels), divide_no_nan(difference, normalizer))
    return mean(
        relative,
        weights,
        metrics_collections,
        updates_collections,
        name or "mean_relative_error",
    )


@export("compat.v1.metrics.mean_cosine_distance")
def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of 1 less the products of unit vectors along `dim`; see `accuracy`."""
    refuse_eager("mean_cosine_distance")
    predictions, labels, weights = squeezed(predictions, labels, weights, as_float)
    products = reduce_sum(predictions * labels, axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    return collect(1.0 - value, 1.0 - update, metrics_collections, updates_collections)


@export("compat.v1.metrics.percentage_below")
def percentage_below(
    values: Any,
    threshold: float,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """How many values are below a threshold, as a share; see `mean`."""
    refuse_eager("percentage_below")
    below = cast(less(convert_to_tensor(values), threshold), dtypes.float32)
    return mean(
        below,
        weights,
        metrics_collections,
        updates_collections,
        name or "percentage_below_threshold",
    )
