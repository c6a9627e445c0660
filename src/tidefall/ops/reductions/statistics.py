"""Statistics over axes: variance, deviation, log-sum-exp, counts."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.fast import like
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import not_equal
from tidefall.ops.math.elementwise import add, multiply, subtract
from tidefall.ops.math.exponential import exp, log
from tidefall.ops.math.rounding import is_finite
from tidefall.ops.math.unary import sqrt, square
from tidefall.ops.reductions.functions import reduce_max, reduce_mean, reduce_sum
from tidefall.tensor.conversion import convert_to_tensor


@export("math.reduce_variance", dispatch=OTHER)
def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Variance of the elements along axes: the mean of their squared distances from the mean.

    Args:
        input_tensor: floating or complex tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A real tensor without the reduced dimensions.

    Raises:
        TypeError: for integers.

    >>> import tidefall as tf
    >>> tf.math.reduce_variance([1.0, 3.0]).numpy()
    np.float32(1.0)
    """
    with name_scope(name or "reduce_variance"):
        x = convert_to_tensor(input_tensor)
        means = reduce_mean(x, axis=axis, keepdims=True)
        if means.dtype.is_integer:
            raise TypeError(
                "Input must be either real or complex. Received integer type "
                f"{means.dtype}. Use tf.cast to convert it to a floating type first."
            )
        difference = subtract(x, means)
        if difference.dtype.is_complex:
            from tidefall.ops.math.complex_numbers import conj, real

            squares = real(multiply(conj(difference), difference))
        else:
            squares = square(difference)
        return reduce_mean(squares, axis=axis, keepdims=keepdims)


@export("math.reduce_std", dispatch=OTHER)
def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Standard deviation of the elements along axes: the square root of their variance.

    Args:
        input_tensor: floating or complex tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A real tensor without the reduced dimensions.

    Raises:
        TypeError: for integers.

    >>> import tidefall as tf
    >>> tf.math.reduce_std([1.0, 5.0]).numpy()
    np.float32(2.0)
    """
    with name_scope(name or "reduce_std"):
        return sqrt(reduce_variance(input_tensor, axis=axis, keepdims=keepdims))


@export("math.reduce_logsumexp", "reduce_logsumexp", dispatch=OTHER)
def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """`log(sum(exp(x)))` along axes, without overflow.

    Args:
        input_tensor: floating tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions.

    >>> import tidefall as tf
    >>> tf.reduce_logsumexp([1000.0, -1000.0]).numpy()
    np.float32(1000.0)
    """
    with name_scope(name or "ReduceLogSumExp"):
        x = convert_to_tensor(input_tensor)
        largest = reduce_max(x, axis=axis, keepdims=True)
        # Infinite maxima would give inf - inf below.
        shift = raw.SelectV2(is_finite(largest), largest, like(0, largest))
        shift = raw.StopGradient(shift)
        total = log(reduce_sum(exp(subtract(x, shift)), axis=axis, keepdims=keepdims))
        if not keepdims:
            shift = raw.Reshape(shift, raw.Shape(total))
        return add(total, shift)


@export("math.count_nonzero")
def count_nonzero(
    input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Number of elements along axes that are not 0, False or an empty string.

    Args:
        input: tensor of any shape: numeric, bool or string.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        dtype: dtype of the result.
        name: name of the node in a graph.

    Returns:
        A tensor of that dtype without the reduced dimensions.

    >>> import tidefall as tf
    >>> tf.math.count_nonzero([[0, 1], [1, 1]], axis=0).numpy()
    array([1, 2])
    """
    with name_scope(name or "count_nonzero"):
        x = convert_to_tensor(input, name="input")
        zero = convert_to_tensor("") if x.dtype is dtypes.string else like(0, x)
        found = cast(not_equal(x, zero), dtypes.int64)
        return cast(reduce_sum(found, axis=axis, keepdims=bool(keepdims)), as_dtype(dtype))


@export("math.zero_fraction", "nn.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Any:
    """Share of the elements that are 0; nan for no elements.

    Args:
        value: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A float32 tensor of shape ().

    >>> import tidefall as tf
    >>> tf.math.zero_fraction([0.0, 1.0, 0.0, 2.0]).numpy()
    np.float32(0.5)
    """
    with name_scope(name or "zero_fraction"):
        value = convert_to_tensor(value, name="value")
        size = raw.Size(value, out_type=dtypes.int64)
        zeros = subtract(size, count_nonzero(value))
        return raw.RealDiv(cast(zeros, dtypes.float32), cast(size, dtypes.float32))
