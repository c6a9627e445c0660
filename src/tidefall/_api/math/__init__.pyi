# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.math`."""

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

def accumulate_n(inputs: Any, shape: ShapeLike | None = None, tensor_dtype: DTypeLike | None = None, name: str | None = None) -> tf.Tensor:
    """Sum of all the tensors in a list; `tf.add_n` does the same."""
def angle(input: Any, name: str | None = None) -> tf.Tensor:
    """Angle with the positive real axis, elementwise, in radians from -pi to pi."""
def approx_max_k(operand: Any, k: int, reduction_dimension: int = -1, recall_target: float = 0.95, reduction_input_size_override: int = -1, aggregate_to_topk: bool = True, name: str | None = None) -> tf.raw_ops._ApproxTopK:
    """The k largest elements along an axis, most of them; see `tf.approx_top_k`."""
def approx_min_k(operand: Any, k: int, reduction_dimension: int = -1, recall_target: float = 0.95, reduction_input_size_override: int = -1, aggregate_to_topk: bool = True, name: str | None = None) -> tf.raw_ops._ApproxTopK:
    """The k smallest elements along an axis, most of them; see `tf.approx_top_k`."""
def bessel_i0(x: Any, name: str | None = None) -> tf.Tensor:
    """Modified Bessel function of the first kind and order 0, elementwise."""
def bessel_i0e(x: Any, name: str | None = None) -> tf.Tensor:
    """`bessel_i0(x) * exp(-abs(x))`, elementwise."""
def bessel_i1(x: Any, name: str | None = None) -> tf.Tensor:
    """Modified Bessel function of the first kind and order 1, elementwise."""
def bessel_i1e(x: Any, name: str | None = None) -> tf.Tensor:
    """`bessel_i1(x) * exp(-abs(x))`, elementwise."""
def betainc(a: Any, b: Any, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Regularised incomplete beta function, elementwise; nan outside [0, 1]."""
def bincount(arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: DTypeLike = tf.int32, name: str | None = None, axis: int | None = None, binary_output: bool = False) -> tf.Tensor:
    """How often each integer occurs."""
def ceil(x: Any, name: str | None = None) -> tf.Tensor:
    """The smallest whole number that is not less, elementwise."""
def confusion_matrix(labels: Any, predictions: Any, num_classes: TensorLike | None = None, weights: Any = None, dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """How often each class was predicted for each class."""
def conj(x: Any, name: str | None = None) -> tf.Tensor:
    """Complex conjugate, elementwise; real tensors come back as they are."""
def count_nonzero(input: Any, axis: Any = None, keepdims: bool | None = None, dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Number of elements along axes that are not 0, False or an empty string."""
def cumprod(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> tf.Tensor:
    """Running product along an axis."""
def cumulative_logsumexp(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> tf.Tensor:
    """Running `log(sum(exp(x)))` along an axis, without overflow."""
def digamma(x: Any, name: str | None = None) -> tf.Tensor:
    """Derivative of `lgamma`, elementwise."""
def divide_no_nan(x: Any, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """Quotient that is 0 wherever the divisor is 0, elementwise."""
def erf(x: Any, name: str | None = None) -> tf.Tensor:
    """Gauss error function, elementwise."""
def erfc(x: Any, name: str | None = None) -> tf.Tensor:
    """`1 - erf(x)`, elementwise, exact also for large `x`."""
def erfcinv(x: Any, name: str | None = None) -> tf.Tensor:
    """Inverse of `erfc`, elementwise; nan outside [0, 2]."""
def erfinv(x: Any, name: str | None = None) -> tf.Tensor:
    """Inverse of the error function, elementwise; nan outside [-1, 1]."""
def expm1(x: Any, name: str | None = None) -> tf.Tensor:
    """`exp(x) - 1`, elementwise, exact also for small `x`."""
def floordiv(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """Quotient rounded down, elementwise, as Python's `//` gives it."""
def floormod(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """Remainder of `//`, elementwise, with the sign of the divisor, as Python's `%` gives it."""
def igamma(a: Any, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Regularised lower incomplete gamma function, elementwise."""
def igammac(a: Any, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Regularised upper incomplete gamma function, elementwise."""
def imag(input: Any, name: str | None = None) -> tf.Tensor:
    """Imaginary part, elementwise; zeros for real tensors."""
def in_top_k(targets: Any, predictions: TensorLike, k: Any, name: str | None = None) -> tf.Tensor:
    """Whether the target class is among the k with the highest predictions."""
def invert_permutation(x: Any, name: str | None = None) -> tf.Tensor:
    """The inverse of a permutation."""
def is_finite(x: Any, name: str | None = None) -> tf.Tensor:
    """Whether each element is neither nan nor infinite."""
def is_inf(x: Any, name: str | None = None) -> tf.Tensor:
    """Whether each element is infinite."""
def is_nan(x: Any, name: str | None = None) -> tf.Tensor:
    """Whether each element is nan."""
def is_non_decreasing(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Whether no element is less than the one before it, in row-major order."""
def is_strictly_increasing(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Whether each element is greater than the one before it, in row-major order."""
def lbeta(x: Any, name: str | None = None) -> tf.Tensor:
    """Logarithm of the absolute value of the beta function along the last axis."""
def lgamma(x: Any, name: str | None = None) -> tf.Tensor:
    """Logarithm of the absolute value of the gamma function, elementwise."""
def log(x: Any, name: str | None = None) -> tf.Tensor:
    """Natural logarithm, elementwise; -inf for 0 and nan for negative numbers."""
def log1p(x: Any, name: str | None = None) -> tf.Tensor:
    """`log(1 + x)`, elementwise, exact also for small `x`."""
def log_sigmoid(x: Any, name: str | None = None) -> tf.Tensor:
    """`log(sigmoid(x))`, exact also where the sigmoid is close to 0."""
def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> tf.Tensor:
    """Logarithm of the softmax: `logits - log(sum(exp(logits)))`, without overflow."""
def logical_xor(x: TensorLike, y: TensorLike, name: str | None = 'LogicalXor') -> tf.Tensor:
    """Whether exactly one input is true, elementwise."""
mod = tf.math.floormod
def multiply_no_nan(x: Any, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """`x * y`, elementwise, and 0 where `y` is 0 whatever `x` is."""
def ndtri(x: Any, name: str | None = None) -> tf.Tensor:
    """Quantile of the standard normal distribution, elementwise."""
def nextafter(x1: Any, x2: TensorLike, name: str | None = None) -> tf.Tensor:
    """The next number after `x1` on the way to `x2`, elementwise."""
def polygamma(a: Any, x: TensorLike, name: str | None = None) -> tf.Tensor:
    """The derivative of order `a` of `digamma`, elementwise."""
def polyval(coeffs: Any, x: Any, name: str | None = None) -> tf.Tensor:
    """Value of a polynomial, elementwise."""
def real(input: Any, name: str | None = None) -> tf.Tensor:
    """Real part, elementwise; real tensors come back as they are."""
def reciprocal(x: Any, name: str | None = None) -> tf.Tensor:
    """`1 / x`, elementwise."""
def reciprocal_no_nan(x: Any, name: str | None = None) -> tf.Tensor:
    """`1 / x` elementwise, and 0 where `x` is 0."""
def reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> tf.Tensor:
    """Square root of the sum of the squares along axes."""
def reduce_std(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> tf.Tensor:
    """Standard deviation of the elements along axes: the square root of their variance."""
def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> tf.Tensor:
    """Variance of the elements along axes: the mean of their squared distances from the mean."""
def rint(x: Any, name: str | None = None) -> tf.Tensor:
    """The nearest whole number, elementwise; halves go to the even neighbour."""
def rsqrt(x: Any, name: str | None = None) -> tf.Tensor:
    """`1 / sqrt(x)`, elementwise."""
def segment_max(data: TensorLike, segment_ids: Any, name: str | None = None) -> tf.Tensor:
    """Largest elements of the rows of each segment."""
def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> tf.Tensor:
    """Means of the rows of each segment."""
def segment_min(data: TensorLike, segment_ids: Any, name: str | None = None) -> tf.Tensor:
    """Smallest elements of the rows of each segment."""
def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> tf.Tensor:
    """Products of the rows of each segment."""
def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> tf.Tensor:
    """Sums of the rows of each segment."""
def sobol_sample(dim: TensorLike, num_results: TensorLike, skip: Any = 0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """Points of the Sobol sequence in the unit cube (Joe and Kuo, 2008)."""
def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> tf.Tensor:
    """Exponentials of the logits, scaled to sum to 1 along an axis."""
def softplus(features: Any, name: str | None = None) -> tf.Tensor:
    """Smooth rectifier: `log(exp(features) + 1)`."""
def softsign(features: Any, name: str | None = None) -> tf.Tensor:
    """`features / (abs(features) + 1)`."""
def squared_difference(x: Any, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """`(x - y)` times its conjugate, elementwise."""
def top_k(input: TensorLike, k: Any = 1, sorted: bool = True, index_type: Any = tf.int32, name: str | None = None) -> tf.raw_ops._TopKV2:
    """The k largest elements of each row, and where they are."""
def unsorted_segment_max(data: TensorLike, segment_ids: Any, num_segments: TensorLike, name: str | None = None) -> tf.Tensor:
    """Largest elements of the rows of each segment."""
def unsorted_segment_mean(data: Any, segment_ids: Any, num_segments: TensorLike, name: str | None = None) -> tf.Tensor:
    """Means of the rows of each segment."""
def unsorted_segment_min(data: TensorLike, segment_ids: Any, num_segments: TensorLike, name: str | None = None) -> tf.Tensor:
    """Smallest elements of the rows of each segment."""
def unsorted_segment_prod(data: Any, segment_ids: Any, num_segments: TensorLike, name: str | None = None) -> tf.Tensor:
    """Products of the rows of each segment."""
def unsorted_segment_sqrt_n(data: Any, segment_ids: Any, num_segments: TensorLike, name: str | None = None) -> tf.Tensor:
    """Sums of the rows of each segment divided by the square roots of their numbers."""
def unsorted_segment_sum(data: Any, segment_ids: Any, num_segments: TensorLike, name: str | None = None) -> tf.Tensor:
    """Sums of the rows of each segment."""
def xdivy(x: Any, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """`x / y`, elementwise, and 0 where `x` is 0 whatever `y` is."""
def xlog1py(x: Any, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """`x * log(1 + y)`, elementwise, and 0 where `x` is 0 whatever `y` is."""
def xlogy(x: Any, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """`x * log(y)`, elementwise, and 0 where `x` is 0 whatever `y` is."""
def zero_fraction(value: Any, name: str | None = None) -> tf.Tensor:
    """Share of the elements that are 0; nan for no elements."""
def zeta(x: Any, q: TensorLike, name: str | None = None) -> tf.Tensor:
    """Hurwitz zeta function, the sum of `(n + q) ** -x` over n from 0, elementwise."""
