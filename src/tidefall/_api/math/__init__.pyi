# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.math`."""

from collections.abc import Sequence
from tidefall import abs as abs
from tidefall import acos as acos
from tidefall import acosh as acosh
from tidefall import add as add
from tidefall import add_n as add_n
from tidefall import argmax as argmax
from tidefall import argmin as argmin
from tidefall import asin as asin
from tidefall import asinh as asinh
from tidefall import atan as atan
from tidefall import atan2 as atan2
from tidefall import atanh as atanh
from tidefall import cos as cos
from tidefall import cosh as cosh
from tidefall import cumsum as cumsum
from tidefall import divide as divide
from tidefall import equal as equal
from tidefall import exp as exp
from tidefall import floor as floor
from tidefall import greater as greater
from tidefall import greater_equal as greater_equal
from tidefall import less as less
from tidefall import less_equal as less_equal
from tidefall import logical_and as logical_and
from tidefall import logical_not as logical_not
from tidefall import logical_or as logical_or
from tidefall import maximum as maximum
from tidefall import minimum as minimum
from tidefall import multiply as multiply
from tidefall import negative as negative
from tidefall import not_equal as not_equal
from tidefall import pow as pow
from tidefall import reduce_all as reduce_all
from tidefall import reduce_any as reduce_any
from tidefall import reduce_logsumexp as reduce_logsumexp
from tidefall import reduce_max as reduce_max
from tidefall import reduce_mean as reduce_mean
from tidefall import reduce_min as reduce_min
from tidefall import reduce_prod as reduce_prod
from tidefall import reduce_sum as reduce_sum
from tidefall import round as round
from tidefall import scalar_mul as scalar_mul
from tidefall import sigmoid as sigmoid
from tidefall import sign as sign
from tidefall import sin as sin
from tidefall import sinh as sinh
from tidefall import sqrt as sqrt
from tidefall import square as square
from tidefall import subtract as subtract
from tidefall import tan as tan
from tidefall import tanh as tanh
from tidefall import truediv as truediv
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.linalg import l2_normalize as l2_normalize
from tidefall._api.math import special as special
from typing import Any
from typing import overload

def accumulate_n(inputs: TensorLike, shape: ShapeLike | None = None, tensor_dtype: DTypeLike | None = None, name: str | None = None) -> tf.Tensor:
    """Sum of all the tensors in a list; `tf.add_n` does the same."""
@overload
def angle(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def angle(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Angle with the positive real axis, elementwise, in radians from -pi to pi."""
def approx_max_k(operand: Any, k: int, reduction_dimension: int = -1, recall_target: float = 0.95, reduction_input_size_override: int = -1, aggregate_to_topk: bool = True, name: str | None = None) -> tf.raw_ops._ApproxTopK:
    """The k largest elements along an axis, most of them; see `tf.approx_top_k`."""
def approx_min_k(operand: Any, k: int, reduction_dimension: int = -1, recall_target: float = 0.95, reduction_input_size_override: int = -1, aggregate_to_topk: bool = True, name: str | None = None) -> tf.raw_ops._ApproxTopK:
    """The k smallest elements along an axis, most of them; see `tf.approx_top_k`."""
@overload
def bessel_i0(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_i0(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Modified Bessel function of the first kind and order 0, elementwise."""
@overload
def bessel_i0e(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_i0e(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`bessel_i0(x) * exp(-abs(x))`, elementwise."""
@overload
def bessel_i1(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_i1(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Modified Bessel function of the first kind and order 1, elementwise."""
@overload
def bessel_i1e(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_i1e(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`bessel_i1(x) * exp(-abs(x))`, elementwise."""
def betainc(a: TensorLike, b: TensorLike, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Regularised incomplete beta function, elementwise; nan outside [0, 1]."""
def bincount(arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: DTypeLike = tf.int32, name: str | None = None, axis: int | None = None, binary_output: bool = False) -> tf.Tensor:
    """How often each integer occurs."""
@overload
def ceil(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def ceil(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The smallest whole number that is not less, elementwise."""
def confusion_matrix(labels: Any, predictions: Any, num_classes: TensorLike | None = None, weights: Any = None, dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """How often each class was predicted for each class."""
@overload
def conj(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def conj(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Complex conjugate, elementwise; real tensors come back as they are."""
def count_nonzero(input: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Number of elements along axes that are not 0, False or an empty string."""
def cumprod(x: TensorLike, axis: TensorLike | None = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> tf.Tensor:
    """Running product along an axis."""
def cumulative_logsumexp(x: TensorLike, axis: TensorLike | None = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> tf.Tensor:
    """Running `log(sum(exp(x)))` along an axis, without overflow."""
@overload
def digamma(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def digamma(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Derivative of `lgamma`, elementwise."""
@overload
def divide_no_nan(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def divide_no_nan(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quotient that is 0 wherever the divisor is 0, elementwise."""
@overload
def erf(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def erf(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Gauss error function, elementwise."""
@overload
def erfc(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def erfc(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`1 - erf(x)`, elementwise, exact also for large `x`."""
@overload
def erfcinv(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def erfcinv(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse of `erfc`, elementwise; nan outside [0, 2]."""
@overload
def erfinv(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def erfinv(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse of the error function, elementwise; nan outside [-1, 1]."""
@overload
def expm1(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def expm1(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`exp(x) - 1`, elementwise, exact also for small `x`."""
@overload
def floordiv(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def floordiv(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quotient rounded down, elementwise, as Python's `//` gives it."""
@overload
def floormod(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def floormod(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Remainder of `//`, elementwise, with the sign of the divisor, as Python's `%` gives it."""
def igamma(a: TensorLike, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Regularised lower incomplete gamma function, elementwise."""
def igammac(a: TensorLike, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Regularised upper incomplete gamma function, elementwise."""
@overload
def imag(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def imag(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Imaginary part, elementwise; zeros for real tensors."""
def in_top_k(targets: Any, predictions: TensorLike, k: Any, name: str | None = None) -> tf.Tensor:
    """Whether the target class is among the k with the highest predictions."""
def invert_permutation(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """The inverse of a permutation."""
@overload
def is_finite(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def is_finite(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether each element is neither nan nor infinite."""
@overload
def is_inf(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def is_inf(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether each element is infinite."""
@overload
def is_nan(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def is_nan(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether each element is nan."""
def is_non_decreasing(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Whether no element is less than the one before it, in row-major order."""
def is_strictly_increasing(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Whether each element is greater than the one before it, in row-major order."""
def lbeta(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Logarithm of the absolute value of the beta function along the last axis."""
@overload
def lgamma(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def lgamma(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Logarithm of the absolute value of the gamma function, elementwise."""
@overload
def log(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def log(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Natural logarithm, elementwise; -inf for 0 and nan for negative numbers."""
@overload
def log1p(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def log1p(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`log(1 + x)`, elementwise, exact also for small `x`."""
@overload
def log_sigmoid(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def log_sigmoid(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`log(sigmoid(x))`, exact also where the sigmoid is close to 0."""
@overload
def log_softmax(logits: TensorLike, axis: int | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def log_softmax(logits: TensorLike | tf.__internal__.CompositeTensor, axis: int | None = None, name: str | None = None) -> Any:
    """Logarithm of the softmax: `logits - log(sum(exp(logits)))`, without overflow."""
@overload
def logical_xor(x: TensorLike, y: TensorLike, name: str | None = 'LogicalXor') -> tf.Tensor: ...
@overload
def logical_xor(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = 'LogicalXor') -> Any:
    """Whether exactly one input is true, elementwise."""
mod = tf.math.floormod
@overload
def multiply_no_nan(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def multiply_no_nan(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`x * y`, elementwise, and 0 where `y` is 0 whatever `x` is."""
@overload
def ndtri(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def ndtri(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quantile of the standard normal distribution, elementwise."""
@overload
def nextafter(x1: TensorLike, x2: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def nextafter(x1: TensorLike | tf.__internal__.CompositeTensor, x2: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The next number after `x1` on the way to `x2`, elementwise."""
def polygamma(a: Any, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """The derivative of order `a` of `digamma`, elementwise."""
def polyval(coeffs: Any, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Value of a polynomial, elementwise."""
@overload
def real(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def real(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Real part, elementwise; real tensors come back as they are."""
@overload
def reciprocal(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def reciprocal(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`1 / x`, elementwise."""
@overload
def reciprocal_no_nan(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def reciprocal_no_nan(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`1 / x` elementwise, and 0 where `x` is 0."""
@overload
def reduce_euclidean_norm(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_euclidean_norm(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Square root of the sum of the squares along axes."""
@overload
def reduce_std(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_std(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Standard deviation of the elements along axes: the square root of their variance."""
@overload
def reduce_variance(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_variance(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Variance of the elements along axes: the mean of their squared distances from the mean."""
@overload
def rint(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def rint(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The nearest whole number, elementwise; halves go to the even neighbour."""
@overload
def rsqrt(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def rsqrt(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`1 / sqrt(x)`, elementwise."""
def segment_max(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> tf.Tensor:
    """Largest elements of the rows of each segment."""
def segment_mean(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> tf.Tensor:
    """Means of the rows of each segment."""
def segment_min(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> tf.Tensor:
    """Smallest elements of the rows of each segment."""
def segment_prod(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> tf.Tensor:
    """Products of the rows of each segment."""
def segment_sum(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> tf.Tensor:
    """Sums of the rows of each segment."""
def sobol_sample(dim: TensorLike, num_results: TensorLike, skip: Any = 0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """Points of the Sobol sequence in the unit cube (Joe and Kuo, 2008)."""
@overload
def softmax(logits: TensorLike, axis: int | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def softmax(logits: TensorLike | tf.__internal__.CompositeTensor, axis: int | None = None, name: str | None = None) -> Any:
    """Exponentials of the logits, scaled to sum to 1 along an axis."""
@overload
def softplus(features: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def softplus(features: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Smooth rectifier: `log(exp(features) + 1)`."""
@overload
def softsign(features: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def softsign(features: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`features / (abs(features) + 1)`."""
@overload
def squared_difference(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def squared_difference(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`(x - y)` times its conjugate, elementwise."""
def top_k(input: TensorLike, k: Any = 1, sorted: bool = True, index_type: Any = tf.int32, name: str | None = None) -> tf.raw_ops._TopKV2:
    """The k largest elements of each row, and where they are."""
@overload
def unsorted_segment_max(data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unsorted_segment_max(data: TensorLike | tf.__internal__.CompositeTensor, segment_ids: TensorLike | tf.__internal__.CompositeTensor, num_segments: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Largest elements of the rows of each segment."""
@overload
def unsorted_segment_mean(data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unsorted_segment_mean(data: TensorLike | tf.__internal__.CompositeTensor, segment_ids: TensorLike | tf.__internal__.CompositeTensor, num_segments: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Means of the rows of each segment."""
@overload
def unsorted_segment_min(data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unsorted_segment_min(data: TensorLike | tf.__internal__.CompositeTensor, segment_ids: TensorLike | tf.__internal__.CompositeTensor, num_segments: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Smallest elements of the rows of each segment."""
@overload
def unsorted_segment_prod(data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unsorted_segment_prod(data: TensorLike | tf.__internal__.CompositeTensor, segment_ids: TensorLike | tf.__internal__.CompositeTensor, num_segments: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Products of the rows of each segment."""
@overload
def unsorted_segment_sqrt_n(data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unsorted_segment_sqrt_n(data: TensorLike | tf.__internal__.CompositeTensor, segment_ids: TensorLike | tf.__internal__.CompositeTensor, num_segments: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Sums of the rows of each segment divided by the square roots of their numbers."""
@overload
def unsorted_segment_sum(data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unsorted_segment_sum(data: TensorLike | tf.__internal__.CompositeTensor, segment_ids: TensorLike | tf.__internal__.CompositeTensor, num_segments: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Sums of the rows of each segment."""
@overload
def xdivy(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def xdivy(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`x / y`, elementwise, and 0 where `x` is 0 whatever `y` is."""
@overload
def xlog1py(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def xlog1py(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`x * log(1 + y)`, elementwise, and 0 where `x` is 0 whatever `y` is."""
@overload
def xlogy(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def xlogy(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`x * log(y)`, elementwise, and 0 where `x` is 0 whatever `y` is."""
def zero_fraction(value: TensorLike, name: str | None = None) -> tf.Tensor:
    """Share of the elements that are 0; nan for no elements."""
@overload
def zeta(x: TensorLike, q: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def zeta(x: TensorLike | tf.__internal__.CompositeTensor, q: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Hurwitz zeta function, the sum of `(n + q) ** -x` over n from 0, elementwise."""
