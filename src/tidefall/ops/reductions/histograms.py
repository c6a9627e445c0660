"""Histograms with bins of equal width between two limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import after, invalid, shape_text
from tidefall.ops.debugging.assertions import assert_
from tidefall.ops.fast import like
from tidefall.ops.math.cast import cast
from tidefall.ops.math.clip import clip_by_value
from tidefall.ops.math.comparison import greater
from tidefall.ops.math.division import truediv
from tidefall.ops.math.elementwise import multiply, subtract
from tidefall.ops.math.rounding import floor
from tidefall.tensor.conversion import convert_to_tensor


def _shape(c: Inference) -> TensorShape:
    limits, bins = c.shape(1), c.shape(2)
    if not limits.is_compatible_with([2]):
        raise ValueError(f"value_range should be a vector of 2 elements, not {shape_text(limits)}")
    if not bins.is_compatible_with([]):
        raise ValueError(f"nbins should be a scalar, not {shape_text(bins)}")
    count = c.constant(2)
    if count is not None and int(count) <= 0:
        raise ValueError(f"nbins should be a positive number, but got '{int(count)}'")
    return TensorShape([None if count is None else int(count)])


def _histogram_host(values: Any, value_range: Any, nbins: Any, *, dtype: DType) -> np.ndarray:
    if value_range.shape != (2,):
        raise invalid("value_range should be a vector of 2 elements.")
    if nbins.ndim:
        raise invalid("nbins should be a scalar.")
    low, high, count = value_range[0], value_range[1], int(nbins)
    if not low < high:
        raise invalid(
            "value_range should satisfy value_range[0] < value_range[1], but got "
            f"'[{low:g}, {high:g}]'"
        )
    if count <= 0:
        raise invalid(f"nbins should be a positive number, but got '{count}'")
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise invalid("Histogram values must not contain NaN")
    step = np.float64(high - low) / count
    place = (np.maximum(values, low) - low).astype(np.float64).reshape(-1) / step
    bins = np.minimum(place, count - 1).astype(np.int32)
    return np.bincount(bins, minlength=count).astype(dtype.as_numpy_dtype)


histogram_op = op(
    "HistogramFixedWidth",
    shape=_shape,
    host=_histogram_host,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("histogram_fixed_width")
def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """How many values fall into each of `nbins` bins of equal width.

    Args:
        values: int32, int64, float32 or float64 tensor of any shape. Values outside the range
            count in the first or last bin.
        value_range: limits `[low, high]`, of the dtype of `values`.
        nbins: number of bins, an int32 scalar.
        dtype: int32 or int64, the dtype of the result.
        name: name of the node in a graph.

    Returns:
        A vector `[nbins]`.

    Raises:
        InvalidArgumentError: unless `low < high` and `nbins > 0`, or for values that are NaN.

    >>> import tidefall as tf
    >>> tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5).numpy()
    array([2, 1, 1, 0, 2], dtype=int32)
    """
    with name_scope(name or "histogram_fixed_width") as scope:
        return histogram_op(values, value_range, nbins, dtype=dtype, name=scope)


@export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """The bin that each value falls into, of `nbins` bins of equal width.

    Args:
        values: floating tensor of any shape. Values outside the range go to the first or last bin.
        value_range: limits `[low, high]`, of the dtype of `values`.
        nbins: number of bins, an int32 scalar.
        dtype: not used: the result is int32, as TensorFlow's is.
        name: name of the node in a graph.

    Returns:
        An int32 tensor shaped like `values`.

    Raises:
        InvalidArgumentError: unless `nbins > 0`.

    >>> import tidefall as tf
    >>> tf.histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5).numpy()
    array([0, 0, 1, 2, 4, 4], dtype=int32)
    """
    with name_scope(name or "histogram_fixed_width_bins"):
        values = convert_to_tensor(values, name="values")
        shape = raw.Shape(values)
        values = raw.Reshape(values, np.array([-1], np.int32))
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, dtypes.int32, name="nbins")
        check = assert_(greater(nbins, like(0, nbins)), [f"nbins {nbins} must > 0"])
        nbins = after([check], nbins)
        count = cast(nbins, values.dtype)
        low, high = value_range[0], value_range[1]
        scaled = truediv(subtract(values, low), subtract(high, low))
        places = floor(multiply(count, scaled))
        last = subtract(count, like(1, count))
        bins = cast(clip_by_value(places, like(0, count), last), dtypes.int32)
        return raw.Reshape(bins, shape)
