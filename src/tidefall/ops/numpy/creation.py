"""Arrays made from values, shapes and ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.ops.array import constants, ranges, reshaping
from tidefall.ops.array.identity import identity
from tidefall.ops.array.shapes_of import shape as dynamic_shape
from tidefall.ops.array.transposing import broadcast_to as tf_broadcast_to
from tidefall.ops.math import division, elementwise, power
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import greater_equal
from tidefall.ops.numpy.making import exported_as, keeps_weak
from tidefall.ops.numpy.promotion import (
    as_tf_dtype,
    common_dtype,
    legacy_result_type,
    promote,
    to_tensor,
)
from tidefall.ops.numpy.settings import default_float, weak_numbers
from tidefall.ops.numpy.static_shape import sizes_of
from tidefall.ops.numpy.weak import is_weak, weaken
from tidefall.tensor.tensor import Tensor


@exported_as("array")
def array(val: Any, dtype: Any = None, copy: Any = True, ndmin: Any = 0) -> Any:
    """A tensor with NumPy's dtypes: Python floats are float64, ints int64.

    Args:
        val: a tensor, array, Python number, string, or nested list of these.
        dtype: the dtype wanted; the value is cast to it.
        copy: whether to make a new tensor of one.
        ndmin: least number of dimensions; new ones are added in front.

    Returns:
        A tensor.

    Raises:
        ValueError: for a value no tensor can hold.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.array([1, 2]).dtype.name
    'int64'
    """
    result = to_tensor(val, dtype)
    weak = is_weak(result)
    if copy and isinstance(val, Tensor):
        result = identity(result)
    if ndmin and result.shape.rank is None:
        from tidefall.ops.numpy.unknown_rank import to_rank

        result = to_rank(result, ndmin)
    elif ndmin:
        missing = ndmin - result.shape.rank
        if missing > 0:
            result = reshaping.reshape(result, [1] * missing + sizes_of(result))
    return weaken(result) if weak else result


def _dynamic_shape(tensor: Any) -> Any:
    """The shape of a tensor as an argument of ops, also of one whose rank is not known."""
    from tidefall.ops.array.shapes_of import shape

    return shape(tensor) if tensor.shape.rank is None else sizes_of(tensor)


@exported_as("asarray")
def asarray(a: Any, dtype: Any = None) -> Any:
    """A tensor of a value, without a copy where it is one already; see `array`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.asarray(1.5).dtype.name
    'float64'
    """
    if isinstance(a, Tensor) and (dtype is None or a.dtype == as_tf_dtype(dtype)):
        return a
    return array(a, dtype, copy=False)


@exported_as("asanyarray")
def asanyarray(a: Any, dtype: Any = None) -> Any:
    """The same as `asarray`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.asanyarray(True).dtype.name
    'bool'
    """
    return asarray(a, dtype)


@exported_as("ascontiguousarray")
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """A tensor of a value with at least one dimension.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.ascontiguousarray(1).shape
    TensorShape([1])
    """
    return array(a, dtype, ndmin=1)


@exported_as("copy")
@keeps_weak
def copy(a: Any) -> Any:
    """A new tensor with the value of another, as `numpy.copy`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.copy([1, 2]).numpy()
    array([1, 2])
    """
    return array(a, copy=True)


def _default(dtype: Any) -> Any:
    """Python's `float`, the default of many parameters, means the default float dtype."""
    return default_float() if dtype is None or dtype is float else as_tf_dtype(dtype)


def _shape(shape: Any) -> Any:
    return [shape] if isinstance(shape, (int, np.integer)) else shape


@exported_as("zeros")
def zeros(shape: Any, dtype: Any = float) -> Any:
    """Zeros, as `numpy.zeros`.

    Args:
        shape: an int, or a sequence of ints.
        dtype: dtype of the result.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.zeros(2).numpy()
    array([0., 0.])
    """
    return constants.zeros(_shape(shape), _default(dtype))


@exported_as("ones")
def ones(shape: Any, dtype: Any = float) -> Any:
    """Ones, as `numpy.ones`; see `zeros`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.ones((1, 2)).numpy()
    array([[1., 1.]])
    """
    return constants.ones(_shape(shape), _default(dtype))


@exported_as("empty")
def empty(shape: Any, dtype: Any = float) -> Any:
    """Zeros: tensors are never without a value.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.empty((0, 3)).shape
    TensorShape([0, 3])
    """
    return zeros(shape, dtype)


@exported_as("zeros_like")
@keeps_weak
def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Zeros of the shape of another array, and of its dtype unless one is given.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.zeros_like([1, 2]).numpy()
    array([0, 0])
    """
    return constants.zeros_like(to_tensor(a), None if dtype is None else as_tf_dtype(dtype))


@exported_as("empty_like")
def empty_like(a: Any, dtype: Any = None) -> Any:
    """The same as `zeros_like`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.empty_like([1, 2]).shape
    TensorShape([2])
    """
    return zeros_like(a, dtype)


@exported_as("ones_like")
@keeps_weak
def ones_like(a: Any, dtype: Any = None) -> Any:
    """Ones of the shape of another array, and of its dtype unless one is given.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.ones_like([1.5, 2]).numpy()
    array([1., 1.])
    """
    return constants.ones_like(to_tensor(a), None if dtype is None else as_tf_dtype(dtype))


@exported_as("full")
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array filled with a value, as `numpy.full`.

    Args:
        shape: an int, or a sequence of ints.
        fill_value: array of a shape that broadcasts to it.
        dtype: dtype of the result, by default that of `fill_value`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.full(2, 7).numpy()
    array([7, 7])
    """
    return tf_broadcast_to(to_tensor(fill_value, dtype), _shape(shape))


@exported_as("full_like")
@keeps_weak
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
) -> Any:
    """An array of the shape and dtype of another, filled with a value.

    Args:
        a: the other array.
        fill_value: array of a shape that broadcasts to that of `a`.
        dtype: dtype of the result, by default that of `a`.
        order, subok, shape: only their defaults are supported.

    Raises:
        ValueError: for other values of the last three.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.full_like([1, 2], 3.7).numpy()
    array([3, 3])
    """
    if order != "K" or subok is not True or shape is not None:
        raise ValueError(
            "tf.experimental.numpy.full_like takes only order='K', subok=True and shape=None, got "
            f"order={order!r}, subok={subok!r}, shape={shape!r}."
        )
    a = to_tensor(a)
    value = to_tensor(fill_value, a.dtype if dtype is None else dtype)
    return tf_broadcast_to(value, _dynamic_shape(a))


@exported_as("broadcast_to")
def broadcast_to(array: Any, shape: Any) -> Any:
    """An array repeated to a shape, as `numpy.broadcast_to`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.broadcast_to([1, 2], (2, 2)).numpy()
    array([[1, 2],
           [1, 2]])
    """
    return full(shape, array)


@exported_as("arange")
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Evenly spaced numbers, as `numpy.arange`.

    Args:
        start: the first number; the end, if `stop` is None.
        stop: the numbers stay below it.
        step: distance between two numbers.
        dtype: dtype of the result.

    Returns:
        A tensor of rank 1.

    Raises:
        ValueError: if `step` is zero.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.arange(3).numpy()
    array([0, 1, 2])
    """
    if not isinstance(step, Tensor) and not step:
        raise ValueError("tf.experimental.numpy.arange: step must not be 0.")
    numbers = [v for v in (start, stop, step) if v is not None]
    plain = all(isinstance(v, (int, float)) for v in numbers)
    weak = weak_numbers() and dtype is None and plain
    if dtype is not None:
        wanted = as_tf_dtype(dtype)
    elif weak:
        wanted = array(list(numbers)).dtype
    else:
        wanted = legacy_result_type(numbers)
    if stop is None:
        start, stop = 0, start
    backwards = not any(isinstance(v, Tensor) for v in (start, stop, step)) and (
        (float(step) > 0 and start > stop) or (float(step) < 0 and start < stop)
    )
    if backwards:
        return constants.zeros([0], wanted)
    counted = wanted if wanted.is_floating else legacy_result_type(numbers)
    first, last, delta = (to_tensor(v, counted) for v in (start, stop, step))
    result = cast(ranges.range(first, last, delta), wanted)
    return weaken(result) if weak else result


def _spaced_dtype(*ends: Any) -> Any:
    given = [v for v in ends if not isinstance(v, (bool, int, float, list, tuple))]
    found = common_dtype(given)[0] if given else default_float()
    return found if found.is_floating else default_float()


@exported_as("linspace")
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: Any = float,
    axis: Any = 0,
) -> Any:
    """A number of evenly spaced numbers, as `numpy.linspace`.

    Args:
        start: the first number, or an array of them.
        stop: the last one.
        num: how many.
        endpoint: whether `stop` is among them.
        retstep: whether to return their distance, too.
        dtype: accepted for NumPy's sake; the dtype is that of the tensors given, if they are
            floating-point numbers, or else the default.
        axis: where the numbers lie if `start` and `stop` are arrays.

    Returns:
        A tensor, or a pair of tensors with `retstep`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.linspace(0, 1, 3).numpy()
    array([0. , 0.5, 1. ])
    """
    if num < 0:
        raise ValueError(f"linspace: `num` must not be negative, got {num}.")
    wanted = _spaced_dtype(start, stop)
    start, stop = to_tensor(start, wanted), to_tensor(stop, wanted)
    distance = elementwise.subtract(stop, start)
    gaps = max(num - 1 if endpoint else num, 0)
    step = division.true_quotient(distance, cast(np.float64(gaps if gaps else np.nan), start.dtype))
    if num == 0:
        result = constants.zeros([0], start.dtype)
    elif endpoint:
        result = ranges.linspace(start, stop, num, axis=axis)
    else:
        result = ranges.linspace(start, elementwise.subtract(stop, step), num, axis=axis)
    return (result, step) if retstep else result


@exported_as("logspace")
def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    """Numbers whose logarithms are evenly spaced, as `numpy.logspace`.

    Args:
        start, stop: the logarithms of the first and the last number.
        num: how many.
        endpoint: whether the last one is among them.
        base: base of the logarithms.
        dtype: accepted for NumPy's sake, as in `linspace`.
        axis: where the numbers lie if `start` and `stop` are arrays.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.logspace(0, 2, 3).numpy()
    array([  1.,  10., 100.])
    """
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    return power.pow(to_tensor(base, exponents.dtype), exponents)


@exported_as("geomspace")
def geomspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    """Numbers that each are the same multiple of the one before, as `numpy.geomspace`.

    Args:
        start, stop: the first and the last number, of the same sign.
        num: how many.
        endpoint: whether the last one is among them.
        dtype: dtype of the result.
        axis: where the numbers lie if `start` and `stop` are arrays.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.geomspace(1, 8, 4).numpy().round(6)
    array([1., 2., 4., 8.])
    """
    from tidefall.ops.math.exponential import exp, log

    wanted = default_float() if dtype is None else as_tf_dtype(dtype)
    first, last = promote(to_tensor(start), to_tensor(stop))
    work = first.dtype if first.dtype.is_floating else default_float()
    first, last = cast(first, work), cast(last, work)
    ratio = log(division.true_quotient(last, first))
    exponents = linspace(constants.zeros_like(ratio), ratio, num, endpoint, dtype=work, axis=axis)
    return cast(elementwise.multiply(first, exp(exponents)), wanted)


@exported_as("eye")
def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Any:
    """A matrix with ones on one diagonal, as `numpy.eye`.

    Args:
        N: number of rows.
        M: number of columns, by default `N`.
        k: the diagonal; positive ones lie above the main one.
        dtype: dtype of the result.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.eye(2, k=1).numpy()
    array([[0., 1.],
           [0., 0.]])
    """
    from tidefall.ops.math.comparison import equal

    return cast(equal(*_places(int(N), int(M or N), k)), _default(dtype))


def _places(rows: Any, columns: Any, k: Any) -> tuple[Any, Any]:
    """Row numbers moved by k as a column, and column numbers as a row."""
    down = reshaping.reshape(elementwise.add(ranges.range(rows), k), [-1, 1])
    return down, reshaping.reshape(ranges.range(columns), [1, -1])


@exported_as("identity")
def identity_matrix(n: Any, dtype: Any = float) -> Any:
    """The identity matrix of shape `[n, n]`, as `numpy.identity`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.identity(2).numpy()
    array([[1., 0.],
           [0., 1.]])
    """
    return eye(n, dtype=dtype)


identity_matrix.__name__ = identity_matrix.__qualname__ = "identity"


@exported_as("tri")
def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix with ones on and below a diagonal, as `numpy.tri`.

    Args:
        N: number of rows.
        M: number of columns, by default `N`.
        k: the diagonal; positive ones lie above the main one.
        dtype: dtype of the result.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.tri(2).numpy()
    array([[1., 0.],
           [1., 1.]])
    """
    return cast(greater_equal(*_places(N, N if M is None else M, k)), _default(dtype))


def _triangle(m: Any, k: Any, upper: bool) -> Any:
    from tidefall.ops.array.selecting import where

    m = to_tensor(m)
    if m.shape.rank is not None and m.shape.rank < 2:
        raise ValueError(f"tril and triu take arrays of at least 2 dimensions, got {m.shape}.")
    rows, columns = sizes_of(m)[-2:]
    mask = greater_equal(*_places(rows, columns, k - 1 if upper else k))
    nothing = constants.zeros_like(m)
    return where(mask, nothing, m) if upper else where(mask, m, nothing)


@exported_as("tril")
def tril(m: Any, k: Any = 0) -> Any:
    """The lower triangles of matrices `[..., rows, columns]`, as `numpy.tril`.

    Raises:
        ValueError: for an array of fewer than 2 dimensions.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.tril([[1, 2], [3, 4]]).numpy()
    array([[1, 0],
           [3, 4]])
    """
    return _triangle(m, k, upper=False)


@exported_as("triu")
def triu(m: Any, k: Any = 0) -> Any:
    """The upper triangles of matrices `[..., rows, columns]`, as `numpy.triu`.

    Raises:
        ValueError: for an array of fewer than 2 dimensions.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.triu([[1, 2], [3, 4]]).numpy()
    array([[1, 2],
           [0, 4]])
    """
    return _triangle(m, k, upper=True)


@exported_as("vander")
@keeps_weak
def vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    """The matrix of powers of a vector's elements, as `numpy.vander`.

    Args:
        x: array of shape `[n]`.
        N: number of powers, by default n.
        increasing: whether the powers grow along a row.

    Raises:
        ValueError: for an array of another rank, or a negative `N`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.vander([2, 3], 3).numpy()
    array([[4, 2, 1],
           [9, 3, 1]])
    """
    x = to_tensor(x)
    if x.shape.rank not in (1, None):
        raise ValueError(f"vander takes an array of 1 dimension, got the shape {x.shape}.")
    if N is None:
        count = dynamic_shape(x)[0] if x.shape.rank is None else sizes_of(x)[0]
    else:
        count = N
    if isinstance(count, int) and count < 0:
        raise ValueError(f"vander: N must not be negative, got {N}.")
    powers = ranges.range(count)
    if not increasing:
        powers = elementwise.subtract(elementwise.subtract(count, 1), powers)
    return power.pow(reshaping.reshape(x, [-1, 1]), cast(powers, x.dtype))
