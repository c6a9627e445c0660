"""Sums, means and the like, over axes and cumulative."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.state import state
from tidefall.ops.array.constants import ones_like, zeros_like
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.selecting import where
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.common import invalid
from tidefall.ops.math import cumulative, elementwise, unary
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import conj, real
from tidefall.ops.math.division import true_quotient as realdiv
from tidefall.ops.math.division import truediv
from tidefall.ops.math.rounding import is_nan
from tidefall.ops.numpy.making import exported_as, keeps_weak, refuse
from tidefall.ops.numpy.promotion import as_tf_dtype, promote, to_float, to_tensor
from tidefall.ops.numpy.settings import weak_numbers
from tidefall.ops.numpy.shaping import ravel
from tidefall.ops.numpy.static_shape import known_rank, sizes_of
from tidefall.ops.reductions import functions

_WIDE = {False: (dtypes.int64, dtypes.uint64), True: (dtypes.int32, dtypes.uint32)}


def _widened(a: Any, dtype: Any) -> Any:
    """Small integers in the width that sums and products are made in."""
    if dtype is not None:
        return to_tensor(a, dtype)
    a = to_tensor(a)
    signed, unsigned = _WIDE[weak_numbers()]
    if a.dtype is dtypes.bool:
        return cast(a, signed)
    if a.dtype.is_integer and a.dtype.size < signed.size:
        return cast(a, unsigned if a.dtype.is_unsigned else signed)
    return a


def _kept(keepdims: Any) -> bool:
    return bool(keepdims)


@exported_as("sum")
@keeps_weak
def sum(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = None) -> Any:
    """The sum over axes, as `numpy.sum`.

    Args:
        a: array of any shape.
        axis: an axis or several; None for all.
        dtype: dtype to sum in; by default integers are summed in 64 bits.
        keepdims: whether to keep the axes with size 1.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.sum([1, 2]))
    3
    """
    if dtype is not None and as_tf_dtype(dtype) is dtypes.bool:
        return functions.reduce_any(to_tensor(a, dtypes.bool), axis, _kept(keepdims))
    return functions.reduce_sum(_widened(a, dtype), axis, _kept(keepdims))


@exported_as("prod")
@keeps_weak
def prod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = None) -> Any:
    """The product over axes; see `sum`.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.prod([2, 3]))
    6
    """
    if dtype is not None and as_tf_dtype(dtype) is dtypes.bool:
        return functions.reduce_all(to_tensor(a, dtypes.bool), axis, _kept(keepdims))
    return functions.reduce_prod(_widened(a, dtype), axis, _kept(keepdims))


@exported_as("mean")
@keeps_weak
def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """The mean over axes, floating-point also of integers, as `numpy.mean`.

    Args:
        a: array of any shape.
        axis: an axis or several; None for all.
        dtype: dtype to compute in.
        out: not supported.
        keepdims: whether to keep the axes with size 1.

    Raises:
        ValueError: if `out` is given.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.mean([1, 2]))
    1.5
    """
    refuse("mean", out=out)
    a = to_float(a) if dtype is None else to_tensor(a, dtype)
    return functions.reduce_mean(a, axis, _kept(keepdims))


def _extreme(of_numbers: Any, of_bools: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    a = to_tensor(a)
    return (of_bools if a.dtype is dtypes.bool else of_numbers)(a, axis, _kept(keepdims))


@exported_as("max")
@keeps_weak
def max(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """The largest element over axes, as `numpy.max`.

    Args:
        a: array of any shape.
        axis: an axis or several; None for all.
        keepdims: whether to keep the axes with size 1.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.max([1, 2]))
    2
    """
    return _extreme(functions.reduce_max, functions.reduce_any, a, axis, keepdims)


@exported_as("min")
@keeps_weak
def min(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """The smallest element over axes; see `max`.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.min([1, 2]))
    1
    """
    return _extreme(functions.reduce_min, functions.reduce_all, a, axis, keepdims)


@exported_as("amax")
def amax(a: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """The largest element over axes; see `max`.

    Raises:
        ValueError: if `out` is given, which is not supported.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.amax([1, 2]))
    2
    """
    refuse("amax", out=out)
    return max(a, axis, keepdims)


@exported_as("amin")
def amin(a: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """The smallest element over axes; see `max`.

    Raises:
        ValueError: if `out` is given, which is not supported.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.amin([1, 2]))
    1
    """
    refuse("amin", out=out)
    return min(a, axis, keepdims)


@exported_as("ptp")
@keeps_weak
def ptp(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """The distance of the largest from the smallest element; see `max`.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.ptp([1, 5]))
    4
    """
    a = to_tensor(a)
    return elementwise.subtract(max(a, axis, keepdims), min(a, axis, keepdims))


@exported_as("all")
def all(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Whether no element over axes is zero, as `numpy.all`; see `max`.

    >>> import tidefall as tf
    >>> bool(tf.experimental.numpy.all([1, 0]))
    False
    """
    return functions.reduce_all(cast(to_tensor(a), dtypes.bool), axis, _kept(keepdims))


@exported_as("any")
def any(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Whether an element over axes is not zero, as `numpy.any`; see `max`.

    >>> import tidefall as tf
    >>> bool(tf.experimental.numpy.any([1, 0]))
    True
    """
    return functions.reduce_any(cast(to_tensor(a), dtypes.bool), axis, _kept(keepdims))


@exported_as("var")
@keeps_weak
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = None,
) -> Any:
    """The variance over axes, as `numpy.var`.

    Args:
        a: array of any shape.
        axis: an axis or several; None for all.
        dtype: floating-point dtype of the result.
        out: not supported.
        ddof: taken off the number of elements that the squares are divided by.
        keepdims: whether to keep the axes with size 1.

    Raises:
        ValueError: if `out` is given.
        TypeError: for a dtype that is not floating-point.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.var([1, 3]))
    1.0
    """
    refuse("var", out=out)
    if dtype is not None and not as_tf_dtype(dtype).is_floating:
        raise TypeError(f"var: a floating-point dtype is expected, got {dtype!r}.")
    a = to_float(a) if dtype is None else to_tensor(a, dtype)
    centred = elementwise.subtract(a, functions.reduce_mean(a, axis, True))
    if a.dtype.is_complex:
        squares = real(elementwise.multiply(centred, conj(centred)))
    else:
        squares = unary.square(centred)
    if not ddof:
        return functions.reduce_mean(squares, axis, _kept(keepdims))
    total = functions.reduce_sum(squares, axis, _kept(keepdims))
    count = functions.reduce_sum(ones_like(squares), axis, _kept(keepdims))
    return realdiv(total, elementwise.subtract(count, cast(np.float64(ddof), count.dtype)))


@exported_as("std")
@keeps_weak
def std(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """The standard deviation over axes; see `var`.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.std([1, 3]))
    1.0
    """
    return unary.sqrt(var(a, axis, keepdims=keepdims))


@exported_as("average")
@keeps_weak
def average(a: Any, axis: Any = None, weights: Any = None, returned: Any = False) -> Any:
    """The weighted mean, as `numpy.average`.

    Args:
        a: array of any shape.
        axis: an axis, or None for all.
        weights: array that broadcasts with `a`, or a vector along the axis.
        returned: whether to return the sum of the weights, too.

    Returns:
        A tensor, or a pair of tensors of its shape.

    Raises:
        ValueError: if `axis` is not an int or None.
        InvalidArgumentError: if the weights have neither the shape of `a` nor, as a vector, the
            size of `axis`; while tracing, a ValueError.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.average([1, 3], weights=[3, 1]))
    1.5
    """
    if axis is not None and not isinstance(axis, (int, np.integer)):
        raise ValueError(f"average: axis must be an int or None, got {axis!r}.")
    a = to_tensor(a)
    if weights is None:
        a = to_float(a)
        result = functions.reduce_mean(a, axis)
        total = truediv(cast(_count(a), a.dtype), cast(_count(result), a.dtype))
        return (result, broadcast_to(total, sizes_of(result))) if returned else result
    a, weights = promote(a, weights)
    a, weights = to_float(a), to_float(weights)
    if axis is not None and known_rank(weights) == 1 and known_rank(a) > 1:
        places = [1] * known_rank(a)
        places[axis] = -1
        _require_equal(weights.shape[0], a.shape[axis])
        weights = elementwise.add(reshape(weights, places), zeros_like(a))
    else:
        for size, wanted in zip(_of_rank(weights, known_rank(a)), a.shape.as_list(), strict=True):
            _require_equal(size, wanted)
    total = functions.reduce_sum(weights, axis)
    result = realdiv(functions.reduce_sum(elementwise.multiply(a, weights), axis), total)
    return (result, total) if returned else result


def _of_rank(weights: Any, rank: int) -> list[int | None]:
    _require_equal(known_rank(weights), rank)
    return weights.shape.as_list()


def _require_equal(size: int | None, wanted: int | None) -> None:
    """Weights do not broadcast: an expansion nobody asked for would give another average."""
    if size is not None and wanted is not None and size != wanted:
        message = f"average: the weights do not fit the array: {size} against {wanted}"
        raise invalid(message) if state.graph is None else ValueError(message)


def _count(a: Any) -> Any:
    from tidefall.ops.array.shapes_of import size

    return size(a)


@exported_as("nansum")
def nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """The sum over axes, without NaN; see `sum`.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.nansum([1.0, float("nan")]))
    1.0
    """
    return sum(_without_nan(a, zeros_like), axis, dtype, keepdims)


@exported_as("nanprod")
def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """The product over axes, without NaN; see `sum`.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.nanprod([2.0, float("nan")]))
    2.0
    """
    return prod(_without_nan(a, ones_like), axis, dtype, keepdims)


@exported_as("nanmean")
def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = None) -> Any:
    """The mean over axes, without NaN; see `mean`.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.nanmean([1.0, float("nan"), 3.0]))
    2.0
    """
    a = to_tensor(a)
    if not (a.dtype.is_floating or a.dtype.is_complex):
        return mean(a, axis, dtype, keepdims=keepdims)
    total = nansum(a, axis, dtype, keepdims)
    present = cast(_not_nan(a), total.dtype)
    return realdiv(total, functions.reduce_sum(present, axis, _kept(keepdims)))


def _not_nan(a: Any) -> Any:
    from tidefall.ops.math.comparison import equal

    return equal(a, a)


def _without_nan(a: Any, instead: Any) -> Any:
    a = to_tensor(a)
    if not (a.dtype.is_floating or a.dtype.is_complex):
        return a
    if a.dtype.is_floating:
        return where(is_nan(a), instead(a), a)
    return where(_not_nan(a), a, instead(a))


def _cumulative(compute: Any, a: Any, axis: Any, dtype: Any) -> Any:
    a = to_tensor(a, dtype)
    signed = _WIDE[weak_numbers()][0]
    if dtype is None and a.dtype.is_integer and a.dtype.size < signed.size:
        a = cast(a, signed)
    if axis is None:
        a, axis = ravel(a), 0
    return compute(a, axis)


@exported_as("cumsum")
@keeps_weak
def cumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """The sums of the elements up to each one, as `numpy.cumsum`.

    Args:
        a: array of any shape; flattened if `axis` is None.
        axis: the axis.
        dtype: dtype to sum in; by default integers are summed in 64 bits.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.cumsum([1, 2, 3]).numpy()
    array([1, 3, 6])
    """
    return _cumulative(cumulative.cumsum, a, axis, dtype)


@exported_as("cumprod")
@keeps_weak
def cumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """The products of the elements up to each one; see `cumsum`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.cumprod([1, 2, 3]).numpy()
    array([1, 2, 6])
    """
    return _cumulative(cumulative.cumprod, a, axis, dtype)


@exported_as("diff")
@keeps_weak
def diff(a: Any, n: Any = 1, axis: Any = -1) -> Any:
    """The differences of neighbours along an axis, as `numpy.diff`.

    Args:
        a: array of at least one dimension.
        n: how often to take them.
        axis: the axis.

    Raises:
        ValueError: for a negative `n`, or a scalar.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.diff([1, 4, 9]).numpy()
    array([3, 5])
    """
    a = to_tensor(a)
    if n < 0:
        raise ValueError(f"diff: n must not be negative, got {n}.")
    rank = a.shape.rank
    if rank == 0:
        raise IndexError("diff takes an array of at least one dimension.")
    if rank is not None and not -rank <= axis < rank:
        raise ValueError(f"diff: an array of {rank} dimensions has no axis {axis}.")
    after = (slice(None),) * (-1 - axis)
    before = (slice(None),) * axis if axis >= 0 else (Ellipsis,)
    for _ in range(n):
        later = a[(*before, slice(1, None), *after)]
        earlier = a[(*before, slice(None, -1), *after)]
        if a.dtype is dtypes.bool:
            from tidefall.ops.math.comparison import not_equal

            a = not_equal(later, earlier)
        else:
            a = elementwise.subtract(later, earlier)
    return a
