"""Elementwise functions of one array: sines, roundings, tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.ops.array.constants import ones_like, zeros_like
from tidefall.ops.array.selecting import where
from tidefall.ops.math import (
    bitwise,
    complex_numbers,
    elementwise,
    exponential,
    logical,
    rounding,
    trigonometric,
)
from tidefall.ops.math import unary as tf_unary
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import equal, less, not_equal
from tidefall.ops.math.division import true_quotient as realdiv
from tidefall.ops.math.power import pow as tf_pow
from tidefall.ops.numpy.making import exported_as, keeps_weak, refuse, unary
from tidefall.ops.numpy.promotion import to_tensor
from tidefall.ops.numpy.settings import default_float

M = __name__


def _constant(value: float, x: Any) -> Any:
    return cast(np.float64(value), x.dtype)


def _unchanged_ints(x: Any, compute: Any) -> Any:
    return compute(x) if x.dtype.is_floating or x.dtype.is_complex else x


def _cbrt(x: Any) -> Any:
    root = tf_pow(tf_unary.abs(x), _constant(1.0 / 3.0, x))
    return where(less(x, zeros_like(x)), elementwise.negative(root), root)


def _sinc(x: Any) -> Any:
    scaled = elementwise.multiply(x, _constant(math.pi, x))
    zero = equal(x, zeros_like(x))
    # The division is by one where x is zero, to keep gradients finite.
    safe = where(zero, ones_like(x), scaled)
    return where(zero, ones_like(x), realdiv(trigonometric.sin(safe), safe))


def _fix(x: Any) -> Any:
    return where(less(x, zeros_like(x)), rounding.ceil(x), rounding.floor(x))


def _exp2(x: Any) -> Any:
    return tf_pow(_constant(2.0, x), x)


def _log2(x: Any) -> Any:
    return realdiv(exponential.log(x), _constant(math.log(2.0), x))


def _log10(x: Any) -> Any:
    return realdiv(exponential.log(x), _constant(math.log(10.0), x))


def _signbit(x: Any) -> Any:
    if x.dtype is dtypes.bool:
        return zeros_like(x, dtypes.bool)
    return less(x, zeros_like(x))


def _bitwise_not(x: Any) -> Any:
    return logical.logical_not(x) if x.dtype is dtypes.bool else bitwise.invert(x)


def _infinite(sign: float) -> Any:
    def compute(x: Any) -> Any:
        x = x if x.dtype.is_floating else cast(x, default_float())
        return equal(x, _constant(sign * math.inf, x))

    return compute


def _logical_not(x: Any) -> Any:
    return logical.logical_not(cast(x, dtypes.bool))


def _real(x: Any) -> Any:
    return complex_numbers.real(x) if x.dtype.is_complex else x


def _imag(x: Any) -> Any:
    return complex_numbers.imag(x) if x.dtype.is_complex else zeros_like(x)


def _isreal(x: Any) -> Any:
    if not x.dtype.is_complex:
        return ones_like(x, dtypes.bool)
    imaginary = complex_numbers.imag(x)
    return equal(imaginary, zeros_like(imaginary))


def _iscomplex(x: Any) -> Any:
    if not x.dtype.is_complex:
        return zeros_like(x, dtypes.bool)
    imaginary = complex_numbers.imag(x)
    return not_equal(imaginary, zeros_like(imaginary))


abs = unary("abs absolute fabs", "The absolute value", tf_unary.abs, M)
arccos = unary("arccos", "The inverse cosine", trigonometric.acos, M, floats=True)
arccosh = unary("arccosh", "The inverse hyperbolic cosine", trigonometric.acosh, M, floats=True)
arcsin = unary("arcsin", "The inverse sine", trigonometric.asin, M, floats=True)
arcsinh = unary("arcsinh", "The inverse hyperbolic sine", trigonometric.asinh, M, floats=True)
arctan = unary("arctan", "The inverse tangent", trigonometric.atan, M, floats=True)
arctanh = unary("arctanh", "The inverse hyperbolic tangent", trigonometric.atanh, M, floats=True)
bitwise_not = unary("bitwise_not", "The bits inverted", _bitwise_not, M)
cbrt = unary("cbrt", "The cube root", _cbrt, M, floats=True)
ceil = unary("ceil", "The smallest integer not below", rounding.ceil, M, floats=True)
conjugate = unary("conjugate conj", "The complex conjugate", complex_numbers.conj, M)
cos = unary("cos", "The cosine", trigonometric.cos, M, floats=True)
cosh = unary("cosh", "The hyperbolic cosine", trigonometric.cosh, M, floats=True)
deg2rad = unary(
    "deg2rad",
    "Degrees as radians",
    lambda x: elementwise.multiply(x, _constant(math.pi / 180.0, x)),
    M,
    floats=True,
)
exp = unary("exp", "The exponential", exponential.exp, M, floats=True)
exp2 = unary("exp2", "Two to the power", _exp2, M, floats=True)
expm1 = unary("expm1", "The exponential less one", exponential.expm1, M, floats=True)
fix = unary("fix", "The number rounded towards zero", _fix, M, floats=True)
floor = unary("floor", "The largest integer not above", rounding.floor, M, floats=True)
isfinite = unary(
    "isfinite", "True for finite numbers", rounding.is_finite, M, floats=True, weak=False
)
isinf = unary("isinf", "True for infinities", rounding.is_inf, M, floats=True, weak=False)
isnan = unary("isnan", "True for NaN", rounding.is_nan, M, floats=True, weak=False)
isneginf = unary("isneginf", "True for negative infinity", _infinite(-1.0), M, weak=False)
isposinf = unary("isposinf", "True for positive infinity", _infinite(1.0), M, weak=False)
iscomplex = unary("iscomplex", "True where the imaginary part is not 0", _iscomplex, M, weak=False)
isreal = unary("isreal", "True where the imaginary part is 0", _isreal, M, weak=False)
log = unary("log", "The natural logarithm", exponential.log, M, floats=True)
log10 = unary("log10", "The logarithm to base 10", _log10, M, floats=True)
log1p = unary("log1p", "The natural logarithm of one more", exponential.log1p, M, floats=True)
log2 = unary("log2", "The logarithm to base 2", _log2, M, floats=True)
logical_not = unary("logical_not", "True where the element is zero", _logical_not, M, weak=False)
negative = unary("negative", "The negative", elementwise.negative, M)
positive = unary("positive", "The number itself", lambda x: x, M)
rad2deg = unary(
    "rad2deg",
    "Radians as degrees",
    lambda x: elementwise.multiply(x, _constant(180.0 / math.pi, x)),
    M,
    floats=True,
)
reciprocal = unary("reciprocal", "One divided by the number", tf_unary.reciprocal, M)
signbit = unary("signbit", "True for negative numbers", _signbit, M, weak=False)
sin = unary("sin", "The sine", trigonometric.sin, M, floats=True)
sinc = unary("sinc", "The normalised sinc function", _sinc, M, floats=True)
sinh = unary("sinh", "The hyperbolic sine", trigonometric.sinh, M, floats=True)
sqrt = unary("sqrt", "The square root", tf_unary.sqrt, M, floats=True)
square = unary("square", "The square", tf_unary.square, M)
tan = unary("tan", "The tangent", trigonometric.tan, M, floats=True)
tanh = unary("tanh", "The hyperbolic tangent", trigonometric.tanh, M, floats=True)


@exported_as("angle")
@keeps_weak
def angle(z: Any, deg: Any = False) -> Any:
    """The angle of complex numbers, as `numpy.angle`.

    Args:
        z: array of any shape; real numbers have the angle 0 or pi, as float32.
        deg: whether to give degrees instead of radians.

    Returns:
        A tensor of the shape of `z`.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.angle(1j, deg=True))
    90.0
    """
    z = to_tensor(z)
    found = complex_numbers.angle(z if z.dtype.is_complex else cast(z, dtypes.float32))
    if not deg:
        return found
    return elementwise.multiply(found, _constant(180.0 / math.pi, found))


@exported_as("real")
@keeps_weak
def real(val: Any) -> Any:
    """The real part, as `numpy.real`.

    Args:
        val: array of any shape; real numbers come back as they are.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.real(1 + 2j))
    1.0
    """
    return _real(to_tensor(val))


@exported_as("imag")
@keeps_weak
def imag(val: Any) -> Any:
    """The imaginary part, as `numpy.imag`.

    Args:
        val: array of any shape; that of real numbers is 0.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.imag(1 + 2j))
    2.0
    """
    return _imag(to_tensor(val))


@exported_as("sign")
def sign(x: Any, out: Any = None, where: Any = None, **kwargs: Any) -> Any:
    """The sign of each element: -1, 0 or 1, as `numpy.sign`.

    Args:
        x: array of any shape; of complex numbers that with absolute value 1.
        out, where, **kwargs: not supported.

    Raises:
        ValueError: if one of the unsupported arguments is given.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.sign(-3))
    -1
    """
    refuse("sign", out=out, where=where)
    if kwargs:
        raise ValueError(f"tf.experimental.numpy.sign does not support {sorted(kwargs)}.")
    return keeps_weak(tf_unary.sign)(to_tensor(x))


@exported_as("around", "round")
@keeps_weak
def around(a: Any, decimals: Any = 0) -> Any:
    """Round to a number of decimals, halves to even, as `numpy.around`.

    Args:
        a: array of any shape.
        decimals: digits after the point that are kept; of integers negative ones round to tens.

    Returns:
        A tensor of the shape and dtype of `a`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.around([0.5, 1.25], 1).numpy()
    array([0.5, 1.2])
    """
    a = to_tensor(a)
    factor = math.pow(10.0, decimals)
    dtype = a.dtype
    if dtype is dtypes.bool or (dtype.is_integer and decimals >= 0):
        return a
    x = a if dtype.is_floating or dtype.is_complex else cast(a, dtypes.float64)
    scaled = rounding.round(elementwise.multiply(x, _constant(factor, x)))
    return cast(realdiv(scaled, _constant(factor, x)), dtype)


@exported_as("isscalar")
def isscalar(num: Any) -> bool:
    """Whether a value is a scalar: a number, string, or tensor of rank 0.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.isscalar(tf.constant(1))
    True
    """
    rank = getattr(getattr(num, "shape", None), "rank", None)
    if rank is not None and not isinstance(num, (np.ndarray, np.generic)):
        return rank == 0
    return bool(np.isscalar(num)) or (isinstance(num, np.ndarray) and not num.ndim)


@exported_as("iscomplexobj")
def iscomplexobj(x: Any) -> bool:
    """Whether an array's dtype is complex.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.iscomplexobj([1j])
    True
    """
    return to_tensor(x).dtype.is_complex


@exported_as("isrealobj")
def isrealobj(x: Any) -> bool:
    """Whether an array's dtype is not complex.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.isrealobj([1.0])
    True
    """
    return not iscomplexobj(x)
