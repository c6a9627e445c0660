"""Elementwise functions of two arrays: arithmetic, comparison, logic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import exported
from tidefall.ops.array.constants import ones_like, zeros_like
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.selecting import where
from tidefall.ops.math import (
    bitwise,
    comparison,
    division,
    elementwise,
    exponential,
    logical,
    power,
    rounding,
    trigonometric,
)
from tidefall.ops.math import unary as tf_unary
from tidefall.ops.math.cast import cast
from tidefall.ops.numpy.making import binary, exported_as
from tidefall.ops.numpy.promotion import promote, to_tensor
from tidefall.ops.numpy.settings import default_float, weak_numbers
from tidefall.ops.reductions.functions import reduce_all

M = __name__


def _floats(x: Any, y: Any) -> tuple[Any, Any]:
    if x.dtype.is_floating or x.dtype.is_complex:
        return x, y
    return cast(x, default_float()), cast(y, default_float())


def _add(x: Any, y: Any) -> Any:
    return logical.logical_or(x, y) if x.dtype is dtypes.bool else elementwise.add(x, y)


def _multiply(x: Any, y: Any) -> Any:
    return logical.logical_and(x, y) if x.dtype is dtypes.bool else elementwise.multiply(x, y)


def _true_divide(x: Any, y: Any) -> Any:
    if x.dtype is dtypes.bool:
        wanted = dtypes.float32 if weak_numbers() else dtypes.float64
        x, y = cast(x, wanted), cast(y, wanted)
    return division.truediv(x, y)


def _without_bools(x: Any, y: Any) -> tuple[Any, Any]:
    if x.dtype is dtypes.bool:
        return cast(x, dtypes.int8), cast(y, dtypes.int8)
    return x, y


def _floor_divide(x: Any, y: Any) -> Any:
    return division.floordiv(*_without_bools(x, y))


def _mod(x: Any, y: Any) -> Any:
    return division.floormod(*_without_bools(x, y))


def _maximum(x: Any, y: Any) -> Any:
    return logical.logical_or(x, y) if x.dtype is dtypes.bool else power.maximum(x, y)


def _minimum(x: Any, y: Any) -> Any:
    return logical.logical_and(x, y) if x.dtype is dtypes.bool else power.minimum(x, y)


def _bits(for_bools: Any, for_ints: Any) -> Any:
    def compute(x: Any, y: Any) -> Any:
        return for_bools(x, y) if x.dtype is dtypes.bool else for_ints(x, y)

    return compute


def _order(compute: Any) -> Any:
    return lambda x, y: compute(*_without_bools(x, y))


def _hypot(x: Any, y: Any) -> Any:
    x, y = _floats(x, y)
    return tf_unary.sqrt(elementwise.add(tf_unary.square(x), tf_unary.square(y)))


def _heaviside(x: Any, y: Any) -> Any:
    x, y = _floats(x, y)
    zero = zeros_like(x)
    at_zero = where(comparison.less(x, zero), zero, y)  # and at NaN, unlike NumPy's
    return where(comparison.greater(x, zero), ones_like(x), at_zero)


def _logaddexp(x: Any, y: Any) -> Any:
    x, y = _floats(x, y)
    return _log_sum(x, y, exponential.exp, exponential.log1p)


def _logaddexp2(x: Any, y: Any) -> Any:
    x, y = _floats(x, y)
    base = cast(np.float64(math.log(2.0)), x.dtype)

    def scaled_exp(value: Any) -> Any:
        return exponential.exp(elementwise.multiply(value, base))

    def scaled_log(value: Any) -> Any:
        return division.true_quotient(exponential.log1p(value), base)

    return _log_sum(x, y, scaled_exp, scaled_log)


def _log_sum(x: Any, y: Any, exp: Any, log1p: Any) -> Any:
    larger = power.maximum(x, y)
    distance = elementwise.negative(tf_unary.abs(elementwise.subtract(x, y)))
    # Two equal infinities have no distance, and are their own sum.
    equal = rounding.is_nan(distance)
    distance = where(equal, zeros_like(distance), distance)
    sum_ = elementwise.add(larger, log1p(exp(distance)))
    return where(equal, elementwise.add(x, y), sum_)


def _require_integers(x: Any, name: str) -> None:
    if not x.dtype.is_integer:
        raise ValueError(
            f"tf.experimental.numpy.{name} takes integers, but the arguments are {x.dtype.name}."
        )


def _gcd(x: Any, y: Any) -> Any:
    _require_integers(x, "gcd")
    return _greatest_divisor(x, y)


def _greatest_divisor(x: Any, y: Any) -> Any:
    from tidefall.ops.numpy.divisors import greatest_divisor

    return greatest_divisor(x, y)


def _lcm(x: Any, y: Any) -> Any:
    _require_integers(x, "lcm")
    divisor = _greatest_divisor(x, y)
    divisor = where(comparison.equal(divisor, zeros_like(divisor)), ones_like(divisor), divisor)
    product = elementwise.multiply(division.floordiv(x, divisor), y)
    return product if x.dtype.is_unsigned else tf_unary.abs(product)


add = binary("add", "The sum; of booleans, or", _add, M)
arctan2 = binary("arctan2", "The angle of the point (x2, x1)", trigonometric.atan2, M)
bitwise_and = binary(
    "bitwise_and", "The bits both have", _bits(logical.logical_and, bitwise.bitwise_and), M
)
bitwise_or = binary(
    "bitwise_or", "The bits either has", _bits(logical.logical_or, bitwise.bitwise_or), M
)
bitwise_xor = binary(
    "bitwise_xor", "The bits only one has", _bits(logical.logical_xor, bitwise.bitwise_xor), M
)
equal = binary("equal", "True where equal", comparison.equal, M)
true_divide = binary(
    "true_divide divide", "The quotient, floating-point also of integers", _true_divide, M
)
float_power = binary("float_power power", "x1 to the power x2", power.pow, M)
floor_divide = binary("floor_divide", "The quotient rounded down", _floor_divide, M)
gcd = binary("gcd", "The greatest common divisor", _gcd, M)
greater = binary("greater", "True where x1 > x2", _order(comparison.greater), M)
greater_equal = binary("greater_equal", "True where x1 >= x2", _order(comparison.greater_equal), M)
heaviside = binary("heaviside", "The step from 0 to 1, x2 where x1 is 0", _heaviside, M)
hypot = binary("hypot", "The length of the vector (x1, x2)", _hypot, M, arrays=True)
lcm = binary("lcm", "The least common multiple", _lcm, M)
less = binary("less", "True where x1 < x2", _order(comparison.less), M)
less_equal = binary("less_equal", "True where x1 <= x2", _order(comparison.less_equal), M)
logaddexp = binary("logaddexp", "The logarithm of the sum of exponentials", _logaddexp, M)
logaddexp2 = binary("logaddexp2", "The same to base 2", _logaddexp2, M, arrays=True)
maximum = binary("maximum", "The larger one", _maximum, M)
minimum = binary("minimum", "The smaller one", _minimum, M)
mod = binary("mod remainder", "The remainder, with the sign of x2", _mod, M)
multiply = binary("multiply", "The product; of booleans, and", _multiply, M)
nextafter = binary("nextafter", "The number next to x1 towards x2", power.nextafter, M)
not_equal = binary("not_equal", "True where different", comparison.not_equal, M)
subtract = binary("subtract", "The difference", elementwise.subtract, M)


def _logic(names: str, text: str, compute: Any) -> Any:
    def of_any(x: Any, y: Any) -> Any:
        return compute(cast(x, dtypes.bool), cast(y, dtypes.bool))

    return binary(names, text, of_any, M, alike=False)


logical_and = _logic("logical_and", "True where both are not zero", logical.logical_and)
logical_or = _logic("logical_or", "True where one is not zero", logical.logical_or)
logical_xor = _logic("logical_xor", "True where exactly one is not zero", logical.logical_xor)


@exported_as("divmod")
def divmod(x1: Any, x2: Any) -> Any:
    """The quotient rounded down, and the remainder, as `numpy.divmod`.

    Args:
        x1: array of any shape.
        x2: array of a shape that broadcasts with it.

    Returns:
        A pair of tensors of the shape they broadcast to.

    >>> import tidefall as tf
    >>> [int(value) for value in tf.experimental.numpy.divmod(-7, 2)]
    [-4, 1]
    """
    return floor_divide(x1, x2), mod(x1, x2)


@exported_as("isclose")
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    """True where two arrays are equal within a tolerance, as `numpy.isclose`.

    Args:
        a: array of any shape.
        b: array of a shape that broadcasts with it.
        rtol: tolerance relative to `b`.
        atol: absolute tolerance.
        equal_nan: whether NaN is close to NaN.

    Returns:
        A bool tensor of the shape they broadcast to. Infinities are not close to anything.

    >>> import tidefall as tf
    >>> bool(tf.experimental.numpy.isclose(1.0, 1.0 + 1e-9))
    True
    """
    a, b = promote(a, b)
    if not (a.dtype.is_floating or a.dtype.is_complex):
        return comparison.equal_op(a, b, incompatible_shape_error=False)
    distance, size = tf_unary.abs(elementwise.subtract(a, b)), tf_unary.abs(b)
    relative, absolute = cast(np.float64(rtol), size.dtype), cast(np.float64(atol), size.dtype)
    bound = elementwise.add(absolute, elementwise.multiply(relative, size))
    close = comparison.less_equal(distance, bound)
    if equal_nan:
        both = logical.logical_and(comparison.not_equal(a, a), comparison.not_equal(b, b))
        close = logical.logical_or(close, both)
    return close


@exported_as("allclose")
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    """Whether two arrays are equal within a tolerance everywhere; see `isclose`.

    >>> import tidefall as tf
    >>> bool(tf.experimental.numpy.allclose([1.0, 2.0], [1.0, 2.1]))
    False
    """
    return reduce_all(isclose(a, b, rtol, atol, equal_nan))


@exported_as("array_equal")
def array_equal(a1: Any, a2: Any) -> Any:
    """Whether two arrays have the same shape and equal elements, as `numpy.array_equal`.

    Returns:
        A bool tensor of shape ().

    >>> import tidefall as tf
    >>> bool(tf.experimental.numpy.array_equal([1, 2], [1, 2, 3]))
    False
    """
    a1, a2 = promote(a1, a2)
    if a1.shape.is_fully_defined() and a2.shape.is_fully_defined():
        return _all_equal(a1, a2) if a1.shape == a2.shape else to_tensor(False)
    from tidefall.ops.array.shapes_of import rank, shape

    cond = exported("cond")
    same_rank = comparison.equal(rank(a1), rank(a2))
    same_shape = cond(same_rank, lambda: _all_equal(shape(a1), shape(a2)), lambda: to_tensor(False))
    return cond(same_shape, lambda: _all_equal(a1, a2), lambda: to_tensor(False))


def _all_equal(x: Any, y: Any) -> Any:
    """Whether arrays of one shape have equal elements."""
    return reduce_all(comparison.equal(reshape(x, [-1]), reshape(y, [-1])))
