# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.experimental.numpy`."""

from collections.abc import Sequence
from numpy import complex128 as complex128
from numpy import complex64 as complex64
from numpy import float16 as float16
from numpy import float32 as float32
from numpy import float64 as float64
from numpy import iinfo as iinfo
from numpy import inexact as inexact
from numpy import int16 as int16
from numpy import int32 as int32
from numpy import int64 as int64
from numpy import int8 as int8
from numpy import object_ as object_
from numpy import uint16 as uint16
from numpy import uint32 as uint32
from numpy import uint64 as uint64
from numpy import uint8 as uint8
import numpy as np
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.experimental.numpy import random as random
from typing import Any

def abs(x: TensorLike) -> tf.Tensor:
    """The absolute value, elementwise, as `numpy.abs`."""
absolute = tf.experimental.numpy.abs
def add(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The sum; of booleans, or, elementwise, as `numpy.add`."""
def all(a: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """Whether no element over axes is zero, as `numpy.all`; see `max`."""
def allclose(a: TensorLike, b: TensorLike, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> tf.Tensor:
    """Whether two arrays are equal within a tolerance everywhere; see `isclose`."""
def amax(a: TensorLike, axis: TensorLike | None = None, out: Any = None, keepdims: bool | None = None) -> tf.Tensor:
    """The largest element over axes; see `max`."""
def amin(a: TensorLike, axis: TensorLike | None = None, out: Any = None, keepdims: bool | None = None) -> tf.Tensor:
    """The smallest element over axes; see `max`."""
def angle(z: TensorLike, deg: Any = False) -> tf.Tensor:
    """The angle of complex numbers, as `numpy.angle`."""
def any(a: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """Whether an element over axes is not zero, as `numpy.any`; see `max`."""
def append(arr: TensorLike | None, values: TensorLike | None, axis: TensorLike | None = None) -> tf.Tensor:
    """An array with another one joined to its end, as `numpy.append`."""
def arange(start: Any, stop: TensorLike | None = None, step: Any = 1, dtype: DTypeLike | None = None) -> tf.Tensor:
    """Evenly spaced numbers, as `numpy.arange`."""
def arccos(x: TensorLike) -> tf.Tensor:
    """The inverse cosine, elementwise, as `numpy.arccos`."""
def arccosh(x: TensorLike) -> tf.Tensor:
    """The inverse hyperbolic cosine, elementwise, as `numpy.arccosh`."""
def arcsin(x: TensorLike) -> tf.Tensor:
    """The inverse sine, elementwise, as `numpy.arcsin`."""
def arcsinh(x: TensorLike) -> tf.Tensor:
    """The inverse hyperbolic sine, elementwise, as `numpy.arcsinh`."""
def arctan(x: TensorLike) -> tf.Tensor:
    """The inverse tangent, elementwise, as `numpy.arctan`."""
def arctan2(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The angle of the point (x2, x1), elementwise, as `numpy.arctan2`."""
def arctanh(x: TensorLike) -> tf.Tensor:
    """The inverse hyperbolic tangent, elementwise, as `numpy.arctanh`."""
def argmax(a: TensorLike | None, axis: TensorLike | None = None) -> tf.Tensor:
    """The place of the largest element, as `numpy.argmax`."""
def argmin(a: TensorLike, axis: TensorLike | None = None) -> tf.Tensor:
    """The place of the smallest element; see `argmax`."""
def argsort(a: TensorLike | None, axis: TensorLike | None = -1, kind: Any = 'quicksort', order: Any = None) -> tf.Tensor:
    """The places of the elements in ascending order, as `numpy.argsort`."""
def around(a: TensorLike, decimals: Any = 0) -> tf.Tensor:
    """Round to a number of decimals, halves to even, as `numpy.around`."""
def array(val: Any, dtype: DTypeLike | None = None, copy: TensorLike = True, ndmin: Any = 0) -> tf.Tensor:
    """A tensor with NumPy's dtypes: Python floats are float64, ints int64."""
def array_equal(a1: Any, a2: Any) -> tf.Tensor:
    """Whether two arrays have the same shape and equal elements, as `numpy.array_equal`."""
def asanyarray(a: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """The same as `asarray`."""
def asarray(a: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """A tensor of a value, without a copy where it is one already; see `array`."""
def ascontiguousarray(a: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """A tensor of a value with at least one dimension."""
def atleast_1d(*arys: Any) -> tf.Tensor:
    """Arrays with at least one dimension; a list unless it is one."""
def atleast_2d(*arys: Any) -> tf.Tensor:
    """Arrays with at least two dimensions, new ones in front; a list unless it is one."""
def atleast_3d(*arys: Any) -> tf.Tensor:
    """Arrays with at least three dimensions, as `numpy.atleast_3d`."""
def average(a: TensorLike, axis: TensorLike | None = None, weights: Any = None, returned: Any = False) -> tf.Tensor:
    """The weighted mean, as `numpy.average`."""
def bitwise_and(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The bits both have, elementwise, as `numpy.bitwise_and`."""
def bitwise_not(x: TensorLike) -> tf.Tensor:
    """The bits inverted, elementwise, as `numpy.bitwise_not`."""
def bitwise_or(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The bits either has, elementwise, as `numpy.bitwise_or`."""
def bitwise_xor(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The bits only one has, elementwise, as `numpy.bitwise_xor`."""
bool_ = np.bool
def broadcast_arrays(*args: Any, **kwargs: Any) -> list[tf.Tensor]:
    """Arrays repeated to the shape they broadcast to, as `numpy.broadcast_arrays`."""
def broadcast_to(array: Any, shape: ShapeLike) -> tf.Tensor:
    """An array repeated to a shape, as `numpy.broadcast_to`."""
def cbrt(x: TensorLike) -> tf.Tensor:
    """The cube root, elementwise, as `numpy.cbrt`."""
def ceil(x: TensorLike) -> tf.Tensor:
    """The smallest integer not below, elementwise, as `numpy.ceil`."""
def clip(a: TensorLike, a_min: Any, a_max: Any) -> tf.Tensor:
    """Elements moved into an interval, as `numpy.clip`."""
complex_ = np.complex128
def compress(condition: TensorLike, a: TensorLike | None, axis: TensorLike | None = None) -> tf.Tensor:
    """Slices along an axis for which a condition holds, as `numpy.compress`."""
def concatenate(arys: TensorLike, axis: TensorLike | None = 0) -> tf.Tensor:
    """Arrays joined along an axis, as `numpy.concatenate`."""
def conj(x: TensorLike) -> tf.Tensor:
    """The complex conjugate, elementwise, as `numpy.conjugate`."""
conjugate = tf.experimental.numpy.conj
def copy(a: TensorLike) -> tf.Tensor:
    """A new tensor with the value of another, as `numpy.copy`."""
def cos(x: TensorLike) -> tf.Tensor:
    """The cosine, elementwise, as `numpy.cos`."""
def cosh(x: TensorLike) -> tf.Tensor:
    """The hyperbolic cosine, elementwise, as `numpy.cosh`."""
def count_nonzero(a: TensorLike, axis: TensorLike | None = None) -> tf.Tensor:
    """How many elements are not zero, as `numpy.count_nonzero`."""
def cross(a: TensorLike, b: TensorLike, axisa: TensorLike = -1, axisb: TensorLike = -1, axisc: Any = -1, axis: TensorLike | None = None) -> tf.Tensor:
    """The cross product of vectors of 2 or 3 elements, as `numpy.cross`."""
def cumprod(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None) -> tf.Tensor:
    """The products of the elements up to each one; see `cumsum`."""
def cumsum(a: TensorLike | None, axis: TensorLike | None = None, dtype: DTypeLike | None = None) -> tf.Tensor:
    """The sums of the elements up to each one, as `numpy.cumsum`."""
def deg2rad(x: TensorLike) -> tf.Tensor:
    """Degrees as radians, elementwise, as `numpy.deg2rad`."""
def diag(v: TensorLike, k: Any = 0) -> tf.Tensor:
    """A matrix with a vector for a diagonal, or the diagonal of a matrix, as `numpy.diag`."""
def diag_indices(n: Any, ndim: TensorLike = 2) -> tuple[Any, ...]:
    """The indices of the main diagonal of an array, as `numpy.diag_indices`."""
def diagflat(v: Any, k: Any = 0) -> tf.Tensor:
    """A matrix with all elements of an array on a diagonal, as `numpy.diagflat`."""
def diagonal(a: TensorLike, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> tf.Tensor:
    """The diagonals of the matrices that two axes make, as `numpy.diagonal`."""
def diff(a: TensorLike, n: Any = 1, axis: TensorLike | None = -1) -> tf.Tensor:
    """The differences of neighbours along an axis, as `numpy.diff`."""
def divide(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The quotient, floating-point also of integers, elementwise, as `numpy.true_divide`."""
def divmod(x1: TensorLike, x2: TensorLike) -> tuple[tf.Tensor, tf.Tensor]:
    """The quotient rounded down, and the remainder, as `numpy.divmod`."""
def dot(a: TensorLike, b: TensorLike) -> tf.Tensor:
    """The sum of products over the last axis of `a` and the one before the last of `b`."""
def dsplit(ary: TensorLike, indices_or_sections: Any) -> list[tf.Tensor]:
    """An array of at least 3 dimensions cut along the third axis; see `split`."""
def dstack(tup: Any) -> tf.Tensor:
    """Arrays joined along the third axis, as `numpy.dstack`."""
e: float
def einsum(subscripts: Any, *operands: Any, **kwargs: Any) -> tf.Tensor:
    """Sums of products by Einstein's convention, as `numpy.einsum`."""
def empty(shape: ShapeLike, dtype: DTypeLike = ...) -> tf.Tensor:
    """Zeros: tensors are never without a value."""
def empty_like(a: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """The same as `zeros_like`."""
def equal(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where equal, elementwise, as `numpy.equal`."""
def exp(x: TensorLike) -> tf.Tensor:
    """The exponential, elementwise, as `numpy.exp`."""
def exp2(x: TensorLike) -> tf.Tensor:
    """Two to the power, elementwise, as `numpy.exp2`."""
def expand_dims(a: TensorLike, axis: TensorLike | None) -> tf.Tensor:
    """A new axis of size 1, as `numpy.expand_dims`."""
def experimental_enable_numpy_behavior(prefer_float32: bool = False, dtype_conversion_mode: str = 'legacy') -> None:
    """Let tensors behave like NumPy's arrays."""
def expm1(x: TensorLike) -> tf.Tensor:
    """The exponential less one, elementwise, as `numpy.expm1`."""
def eye(N: TensorLike, M: TensorLike | None = None, k: Any = 0, dtype: DTypeLike = ...) -> tf.Tensor:
    """A matrix with ones on one diagonal, as `numpy.eye`."""
fabs = tf.experimental.numpy.abs
def finfo(dtype: DTypeLike) -> Any:
    """The limits of a floating-point dtype, as `numpy.finfo`."""
def fix(x: TensorLike) -> tf.Tensor:
    """The number rounded towards zero, elementwise, as `numpy.fix`."""
def flatten(a: TensorLike, order: Any = 'C') -> tf.Tensor:
    """All elements in one dimension."""
def flip(m: TensorLike, axis: TensorLike | None = None) -> tf.Tensor:
    """Elements in reverse order along an axis, by default all, as `numpy.flip`."""
def fliplr(m: TensorLike) -> tf.Tensor:
    """Elements in reverse order along the second axis, as `numpy.fliplr`."""
def flipud(m: TensorLike) -> tf.Tensor:
    """Elements in reverse order along the first axis, as `numpy.flipud`."""
float_ = np.float64
def float_power(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """x1 to the power x2, elementwise, as `numpy.float_power`."""
def floor(x: TensorLike) -> tf.Tensor:
    """The largest integer not above, elementwise, as `numpy.floor`."""
def floor_divide(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The quotient rounded down, elementwise, as `numpy.floor_divide`."""
def full(shape: ShapeLike, fill_value: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """An array filled with a value, as `numpy.full`."""
def full_like(a: Any, fill_value: TensorLike, dtype: DTypeLike | None = None, order: Any = 'K', subok: Any = True, shape: ShapeLike | None = None) -> tf.Tensor:
    """An array of the shape and dtype of another, filled with a value."""
def gcd(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The greatest common divisor, elementwise, as `numpy.gcd`."""
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: DTypeLike | None = None, axis: TensorLike | None = 0) -> tf.Tensor:
    """Numbers that each are the same multiple of the one before, as `numpy.geomspace`."""
def greater(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where x1 > x2, elementwise, as `numpy.greater`."""
def greater_equal(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where x1 >= x2, elementwise, as `numpy.greater_equal`."""
def heaviside(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The step from 0 to 1, x2 where x1 is 0, elementwise, as `numpy.heaviside`."""
def hsplit(ary: TensorLike, indices_or_sections: Any) -> list[tf.Tensor]:
    """An array cut along the second axis, a vector along the first; see `split`."""
def hstack(tup: Any) -> tf.Tensor:
    """Arrays joined along the second axis, vectors along the first, as `numpy.hstack`."""
def hypot(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The length of the vector (x1, x2), elementwise, as `numpy.hypot`."""
def identity(n: Any, dtype: DTypeLike = ...) -> tf.Tensor:
    """The identity matrix of shape `[n, n]`, as `numpy.identity`."""
def imag(val: TensorLike) -> tf.Tensor:
    """The imaginary part, as `numpy.imag`."""
inf: float
def inner(a: TensorLike, b: TensorLike) -> tf.Tensor:
    """The sum of products over the last axes, as `numpy.inner`."""
int_ = np.int64
def isclose(a: TensorLike, b: TensorLike, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> tf.Tensor:
    """True where two arrays are equal within a tolerance, as `numpy.isclose`."""
def iscomplex(x: TensorLike) -> tf.Tensor:
    """True where the imaginary part is not 0, elementwise, as `numpy.iscomplex`."""
def iscomplexobj(x: TensorLike) -> bool:
    """Whether an array's dtype is complex."""
def isfinite(x: TensorLike) -> tf.Tensor:
    """True for finite numbers, elementwise, as `numpy.isfinite`."""
def isinf(x: TensorLike) -> tf.Tensor:
    """True for infinities, elementwise, as `numpy.isinf`."""
def isnan(x: TensorLike) -> tf.Tensor:
    """True for NaN, elementwise, as `numpy.isnan`."""
def isneginf(x: TensorLike) -> tf.Tensor:
    """True for negative infinity, elementwise, as `numpy.isneginf`."""
def isposinf(x: TensorLike) -> tf.Tensor:
    """True for positive infinity, elementwise, as `numpy.isposinf`."""
def isreal(x: TensorLike) -> tf.Tensor:
    """True where the imaginary part is 0, elementwise, as `numpy.isreal`."""
def isrealobj(x: TensorLike) -> bool:
    """Whether an array's dtype is not complex."""
def isscalar(num: Any) -> bool:
    """Whether a value is a scalar: a number, string, or tensor of rank 0."""
def issubdtype(arg1: Any, arg2: Any) -> bool:
    """Whether a dtype is of a kind, as `numpy.issubdtype`."""
def ix_(*args: Any) -> list[tf.Tensor]:
    """Vectors shaped so that together they index a grid, as `numpy.ix_`."""
def kron(a: TensorLike, b: TensorLike) -> tf.Tensor:
    """The Kronecker product, as `numpy.kron`."""
def lcm(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The least common multiple, elementwise, as `numpy.lcm`."""
def less(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where x1 < x2, elementwise, as `numpy.less`."""
def less_equal(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where x1 <= x2, elementwise, as `numpy.less_equal`."""
def linspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, retstep: Any = False, dtype: DTypeLike = ..., axis: TensorLike | None = 0) -> tf.Tensor:
    """A number of evenly spaced numbers, as `numpy.linspace`."""
def log(x: TensorLike) -> tf.Tensor:
    """The natural logarithm, elementwise, as `numpy.log`."""
def log10(x: TensorLike) -> tf.Tensor:
    """The logarithm to base 10, elementwise, as `numpy.log10`."""
def log1p(x: TensorLike) -> tf.Tensor:
    """The natural logarithm of one more, elementwise, as `numpy.log1p`."""
def log2(x: TensorLike) -> tf.Tensor:
    """The logarithm to base 2, elementwise, as `numpy.log2`."""
def logaddexp(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The logarithm of the sum of exponentials, elementwise, as `numpy.logaddexp`."""
def logaddexp2(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The same to base 2, elementwise, as `numpy.logaddexp2`."""
def logical_and(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where both are not zero, elementwise, as `numpy.logical_and`."""
def logical_not(x: TensorLike) -> tf.Tensor:
    """True where the element is zero, elementwise, as `numpy.logical_not`."""
def logical_or(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where one is not zero, elementwise, as `numpy.logical_or`."""
def logical_xor(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where exactly one is not zero, elementwise, as `numpy.logical_xor`."""
def logspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, base: Any = 10.0, dtype: DTypeLike | None = None, axis: TensorLike | None = 0) -> tf.Tensor:
    """Numbers whose logarithms are evenly spaced, as `numpy.logspace`."""
def matmul(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The product of matrices, as `numpy.matmul`."""
def max(a: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The largest element over axes, as `numpy.max`."""
def maximum(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The larger one, elementwise, as `numpy.maximum`."""
def mean(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, out: Any = None, keepdims: bool | None = None) -> tf.Tensor:
    """The mean over axes, floating-point also of integers, as `numpy.mean`."""
def meshgrid(*xi: Any, **kwargs: Any) -> list[tf.Tensor]:
    """Coordinates of a grid, from those along its axes, as `numpy.meshgrid`."""
def min(a: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The smallest element over axes; see `max`."""
def minimum(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The smaller one, elementwise, as `numpy.minimum`."""
def mod(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The remainder, with the sign of x2, elementwise, as `numpy.mod`."""
def moveaxis(a: TensorLike, source: Any, destination: Any) -> tf.Tensor:
    """Some axes moved to other places, the rest kept in order, as `numpy.moveaxis`."""
def multiply(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The product; of booleans, and, elementwise, as `numpy.multiply`."""
def nanmean(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The mean over axes, without NaN; see `mean`."""
def nanprod(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, keepdims: bool = False) -> tf.Tensor:
    """The product over axes, without NaN; see `sum`."""
def nansum(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, keepdims: bool = False) -> tf.Tensor:
    """The sum over axes, without NaN; see `sum`."""
ndarray = tf.Tensor
def ndim(a: TensorLike) -> Any:
    """Number of dimensions of an array: a number where it is known, else a tensor."""
def negative(x: TensorLike) -> tf.Tensor:
    """The negative, elementwise, as `numpy.negative`."""
newaxis: None
def nextafter(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The number next to x1 towards x2, elementwise, as `numpy.nextafter`."""
def nonzero(a: TensorLike) -> list[tf.Tensor]:
    """The places of elements that are not zero, as `numpy.nonzero`."""
def not_equal(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """True where different, elementwise, as `numpy.not_equal`."""
def ones(shape: ShapeLike, dtype: DTypeLike = ...) -> tf.Tensor:
    """Ones, as `numpy.ones`; see `zeros`."""
def ones_like(a: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """Ones of the shape of another array, and of its dtype unless one is given."""
def outer(a: TensorLike, b: TensorLike) -> tf.Tensor:
    """The products of each element of `a` with each of `b`, as `numpy.outer`."""
def pad(array: TensorLike, pad_width: Any, mode: Any, **kwargs: Any) -> tf.Tensor:
    """An array with a border, as `numpy.pad`."""
pi: float
def polyval(p: TensorLike, x: TensorLike) -> tf.Tensor:
    """A polynomial's values, as `numpy.polyval`."""
def positive(x: TensorLike) -> tf.Tensor:
    """The number itself, elementwise, as `numpy.positive`."""
power = tf.experimental.numpy.float_power
def prod(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The product over axes; see `sum`."""
def promote_types(type1: Any, type2: Any) -> Any:
    """The NumPy dtype two dtypes have in common, as `numpy.promote_types`."""
def ptp(a: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The distance of the largest from the smallest element; see `max`."""
def rad2deg(x: TensorLike) -> tf.Tensor:
    """Radians as degrees, elementwise, as `numpy.rad2deg`."""
def ravel(a: TensorLike) -> tf.Tensor:
    """All elements in one dimension, as `numpy.ravel`."""
def real(val: TensorLike) -> tf.Tensor:
    """The real part, as `numpy.real`."""
def reciprocal(x: TensorLike) -> tf.Tensor:
    """One divided by the number, elementwise, as `numpy.reciprocal`."""
remainder = tf.experimental.numpy.mod
def repeat(a: TensorLike | None, repeats: Any, axis: TensorLike | None = None) -> tf.Tensor:
    """Each element repeated, as `numpy.repeat`."""
def reshape(a: TensorLike, newshape: Any, order: Any = 'C') -> tf.Tensor:
    """The same elements in another shape, as `numpy.reshape`."""
def result_type(*arrays_and_dtypes: Any) -> tf.DType:
    """The dtype that arrays and dtypes have in common."""
def roll(a: TensorLike, shift: Any, axis: TensorLike | None = None) -> tf.Tensor:
    """Elements moved along axes, those that leave coming in again, as `numpy.roll`."""
def rot90(m: TensorLike, k: TensorLike = 1, axes: Any = (0, 1)) -> tf.Tensor:
    """An array turned by quarter turns in a plane, as `numpy.rot90`."""
round = tf.experimental.numpy.around
def select(condlist: Any, choicelist: Any, default: Any = 0) -> tf.Tensor:
    """For each element the choice whose condition holds first, as `numpy.select`."""
def shape(a: TensorLike) -> Any:
    """The static shape of an array."""
def sign(x: TensorLike, out: Any = None, where: Any = None, **kwargs: Any) -> tf.Tensor:
    """The sign of each element: -1, 0 or 1, as `numpy.sign`."""
def signbit(x: TensorLike) -> tf.Tensor:
    """True for negative numbers, elementwise, as `numpy.signbit`."""
def sin(x: TensorLike) -> tf.Tensor:
    """The sine, elementwise, as `numpy.sin`."""
def sinc(x: TensorLike) -> tf.Tensor:
    """The normalised sinc function, elementwise, as `numpy.sinc`."""
def sinh(x: TensorLike) -> tf.Tensor:
    """The hyperbolic sine, elementwise, as `numpy.sinh`."""
def size(x: TensorLike, axis: TensorLike | None = None) -> tf.Tensor:
    """Number of elements of an array: a number where it is known, else a tensor."""
def sort(a: TensorLike | None, axis: TensorLike | None = -1, kind: Any = 'quicksort', order: Any = None) -> tf.Tensor:
    """Elements in ascending order along an axis, as `numpy.sort`."""
def split(ary: TensorLike, indices_or_sections: Any, axis: TensorLike | None = 0) -> list[tf.Tensor]:
    """An array cut along an axis, as `numpy.split`."""
def sqrt(x: TensorLike) -> tf.Tensor:
    """The square root, elementwise, as `numpy.sqrt`."""
def square(x: TensorLike) -> tf.Tensor:
    """The square, elementwise, as `numpy.square`."""
def squeeze(a: TensorLike, axis: TensorLike | None = None) -> tf.Tensor:
    """Axes of size 1 dropped, as `numpy.squeeze`."""
def stack(arrays: Any, axis: TensorLike | None = 0) -> tf.Tensor:
    """Arrays of one shape joined along a new axis, as `numpy.stack`."""
def std(a: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The standard deviation over axes; see `var`."""
string_ = np.bytes_
def subtract(x1: TensorLike, x2: TensorLike) -> tf.Tensor:
    """The difference, elementwise, as `numpy.subtract`."""
def sum(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, keepdims: bool | None = None) -> tf.Tensor:
    """The sum over axes, as `numpy.sum`."""
def swapaxes(a: TensorLike, axis1: Any, axis2: Any) -> tf.Tensor:
    """Two axes exchanged, as `numpy.swapaxes`."""
def take(a: TensorLike | None, indices: TensorLike, axis: TensorLike | None = None, out: Any = None, mode: Any = 'clip') -> tf.Tensor:
    """Elements at some places along an axis, as `numpy.take`."""
def take_along_axis(arr: TensorLike | None, indices: Any, axis: TensorLike | None) -> tf.Tensor:
    """For each row along an axis the elements at its own places, as `numpy.take_along_axis`."""
def tan(x: TensorLike) -> tf.Tensor:
    """The tangent, elementwise, as `numpy.tan`."""
def tanh(x: TensorLike) -> tf.Tensor:
    """The hyperbolic tangent, elementwise, as `numpy.tanh`."""
def tensordot(a: TensorLike, b: TensorLike, axes: Any = 2) -> tf.Tensor:
    """The sum of products over given axes, as `numpy.tensordot`."""
def tile(a: TensorLike, reps: Any) -> tf.Tensor:
    """An array repeated along its axes, as `numpy.tile`."""
def trace(a: TensorLike, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: DTypeLike | None = None) -> tf.Tensor:
    """The sums of diagonals; see `diagonal`."""
def transpose(a: TensorLike, axes: Any = None) -> tf.Tensor:
    """Axes in another order, by default reversed, as `numpy.transpose`."""
def tri(N: TensorLike, M: TensorLike | None = None, k: Any = 0, dtype: DTypeLike | None = None) -> tf.Tensor:
    """A matrix with ones on and below a diagonal, as `numpy.tri`."""
def tril(m: TensorLike, k: Any = 0) -> tf.Tensor:
    """The lower triangles of matrices `[..., rows, columns]`, as `numpy.tril`."""
def triu(m: TensorLike, k: Any = 0) -> tf.Tensor:
    """The upper triangles of matrices `[..., rows, columns]`, as `numpy.triu`."""
true_divide = tf.experimental.numpy.divide
unicode_ = np.str_
def vander(x: TensorLike, N: TensorLike | None = None, increasing: Any = False) -> tf.Tensor:
    """The matrix of powers of a vector's elements, as `numpy.vander`."""
def var(a: TensorLike, axis: TensorLike | None = None, dtype: DTypeLike | None = None, out: Any = None, ddof: Any = 0, keepdims: bool | None = None) -> tf.Tensor:
    """The variance over axes, as `numpy.var`."""
def vdot(a: TensorLike, b: TensorLike) -> tf.Tensor:
    """The product of two arrays as vectors, the first one conjugated, as `numpy.vdot`."""
def vsplit(ary: TensorLike, indices_or_sections: Any) -> list[tf.Tensor]:
    """An array of at least 2 dimensions cut along the first axis; see `split`."""
def vstack(tup: Any) -> tf.Tensor:
    """Arrays joined along the first axis, vectors being rows, as `numpy.vstack`."""
def where(condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None) -> tf.Tensor:
    """Elements of `x` where a condition holds, else of `y`, as `numpy.where`."""
def zeros(shape: ShapeLike, dtype: DTypeLike = ...) -> tf.Tensor:
    """Zeros, as `numpy.zeros`."""
def zeros_like(a: TensorLike, dtype: DTypeLike | None = None) -> tf.Tensor:
    """Zeros of the shape of another array, and of its dtype unless one is given."""
