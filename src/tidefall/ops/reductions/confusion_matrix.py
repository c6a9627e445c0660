"""Which classes were taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.common import after
from tidefall.ops.debugging.assertions import assert_less, assert_non_negative
from tidefall.ops.math.cast import cast
from tidefall.ops.math.elementwise import add
from tidefall.ops.math.power import maximum
from tidefall.ops.reductions.functions import reduce_max
from tidefall.tensor.conversion import convert_to_tensor


@export("math.confusion_matrix")
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """How often each class was predicted for each class.

    Args:
        labels: the true classes: integers of shape `[batch]`.
        predictions: the predicted classes, likewise.
        num_classes: number of classes; by default one more than the largest one that occurs.
        weights: what each example counts, shape `[batch]`; 1 by default.
        dtype: dtype of the result.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[num_classes, num_classes]`: a row for each true class, a column for each
        predicted one.

    Raises:
        InvalidArgumentError: for classes that are negative or too large.

    >>> import tidefall as tf
    >>> tf.math.confusion_matrix([0, 1, 1], [0, 1, 0]).numpy()
    array([[1, 0],
           [1, 1]], dtype=int32)
    """
    with name_scope(name or "confusion_matrix"):
        labels, predictions = _squeezed(convert_to_tensor(labels), convert_to_tensor(predictions))
        labels, predictions = cast(labels, dtypes.int64), cast(predictions, dtypes.int64)
        if num_classes is None:
            largest = maximum(reduce_max(predictions), reduce_max(labels))
            num_classes = add(largest, np.int64(1))
        else:
            num_classes = cast(num_classes, dtypes.int64)
        labels = _checked("labels", labels, num_classes)
        predictions = _checked("predictions", predictions, num_classes)
        target = as_dtype(dtype)
        if weights is None:
            values = raw.Fill(raw.Shape(predictions), convert_to_tensor(1, target))
        else:
            values = cast(convert_to_tensor(weights), target)
        indices = raw.Pack([labels, predictions], axis=1)
        shape = raw.Pack([num_classes, num_classes], axis=0)
        return raw.ScatterNd(indices, values, shape)


def _squeezed(labels: Any, predictions: Any) -> tuple[Any, Any]:
    """Drop a last dimension of size 1 that one of the two has in addition."""
    a, b = labels.shape.rank, predictions.shape.rank
    if a is not None and b is not None:
        if a == b + 1 and labels.shape[-1] in (1, None):
            labels = raw.Squeeze(labels, squeeze_dims=[-1])
        elif b == a + 1 and predictions.shape[-1] in (1, None):
            predictions = raw.Squeeze(predictions, squeeze_dims=[-1])
    return labels, predictions


def _checked(what: str, values: Any, count: Any) -> Any:
    """The values, once it is made sure that they are classes."""
    checks = [
        assert_non_negative(values, message=f"`{what}` contains negative values.  "),
        assert_less(values, count, message=f"`{what}` out of bound"),
    ]
    return after(checks, values)
