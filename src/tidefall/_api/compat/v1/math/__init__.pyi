# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.math`."""

from tidefall import abs as abs
from tidefall import acos as acos
from tidefall import acosh as acosh
from tidefall import add as add
from tidefall import add_n as add_n
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
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1.math import special as special
from tidefall._api.linalg import l2_normalize as l2_normalize
from tidefall._api.math import accumulate_n as accumulate_n
from tidefall._api.math import angle as angle
from tidefall._api.math import approx_max_k as approx_max_k
from tidefall._api.math import approx_min_k as approx_min_k
from tidefall._api.math import bessel_i0 as bessel_i0
from tidefall._api.math import bessel_i0e as bessel_i0e
from tidefall._api.math import bessel_i1 as bessel_i1
from tidefall._api.math import bessel_i1e as bessel_i1e
from tidefall._api.math import betainc as betainc
from tidefall._api.math import ceil as ceil
from tidefall._api.math import conj as conj
from tidefall._api.math import cumprod as cumprod
from tidefall._api.math import cumulative_logsumexp as cumulative_logsumexp
from tidefall._api.math import digamma as digamma
from tidefall._api.math import divide_no_nan as divide_no_nan
from tidefall._api.math import erf as erf
from tidefall._api.math import erfc as erfc
from tidefall._api.math import erfcinv as erfcinv
from tidefall._api.math import erfinv as erfinv
from tidefall._api.math import expm1 as expm1
from tidefall._api.math import floordiv as floordiv
from tidefall._api.math import floormod as floormod
from tidefall._api.math import igamma as igamma
from tidefall._api.math import igammac as igammac
from tidefall._api.math import imag as imag
from tidefall._api.math import invert_permutation as invert_permutation
from tidefall._api.math import is_finite as is_finite
from tidefall._api.math import is_inf as is_inf
from tidefall._api.math import is_nan as is_nan
from tidefall._api.math import is_non_decreasing as is_non_decreasing
from tidefall._api.math import is_strictly_increasing as is_strictly_increasing
from tidefall._api.math import lbeta as lbeta
from tidefall._api.math import lgamma as lgamma
from tidefall._api.math import log as log
from tidefall._api.math import log1p as log1p
from tidefall._api.math import log_sigmoid as log_sigmoid
from tidefall._api.math import logical_xor as logical_xor
from tidefall._api.math import multiply_no_nan as multiply_no_nan
from tidefall._api.math import ndtri as ndtri
from tidefall._api.math import nextafter as nextafter
from tidefall._api.math import polygamma as polygamma
from tidefall._api.math import polyval as polyval
from tidefall._api.math import real as real
from tidefall._api.math import reciprocal as reciprocal
from tidefall._api.math import reciprocal_no_nan as reciprocal_no_nan
from tidefall._api.math import reduce_euclidean_norm as reduce_euclidean_norm
from tidefall._api.math import reduce_std as reduce_std
from tidefall._api.math import reduce_variance as reduce_variance
from tidefall._api.math import rint as rint
from tidefall._api.math import rsqrt as rsqrt
from tidefall._api.math import segment_max as segment_max
from tidefall._api.math import segment_mean as segment_mean
from tidefall._api.math import segment_min as segment_min
from tidefall._api.math import segment_prod as segment_prod
from tidefall._api.math import segment_sum as segment_sum
from tidefall._api.math import sobol_sample as sobol_sample
from tidefall._api.math import softplus as softplus
from tidefall._api.math import softsign as softsign
from tidefall._api.math import squared_difference as squared_difference
from tidefall._api.math import top_k as top_k
from tidefall._api.math import unsorted_segment_max as unsorted_segment_max
from tidefall._api.math import unsorted_segment_mean as unsorted_segment_mean
from tidefall._api.math import unsorted_segment_min as unsorted_segment_min
from tidefall._api.math import unsorted_segment_prod as unsorted_segment_prod
from tidefall._api.math import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from tidefall._api.math import unsorted_segment_sum as unsorted_segment_sum
from tidefall._api.math import xdivy as xdivy
from tidefall._api.math import xlog1py as xlog1py
from tidefall._api.math import xlogy as xlogy
from tidefall._api.math import zero_fraction as zero_fraction
from tidefall._api.math import zeta as zeta
from typing import Any

def argmax(input: TensorLike, axis: TensorLike | None = None, name: str | None = None, dimension: Any = None, output_type: DTypeLike = tf.int64) -> tf.Tensor:
    """`tf.math.argmax` with TensorFlow 1's parameters."""
def argmin(input: TensorLike, axis: TensorLike | None = None, name: str | None = None, dimension: Any = None, output_type: DTypeLike = tf.int64) -> tf.Tensor:
    """`tf.math.argmin` with TensorFlow 1's parameters."""
def bincount(arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: DTypeLike = tf.int32) -> tf.Tensor:
    """`tf.math.bincount` with TensorFlow 1's parameters."""
def confusion_matrix(labels: Any, predictions: Any, num_classes: TensorLike | None = None, dtype: DTypeLike = tf.int32, name: str | None = None, weights: Any = None) -> tf.Tensor:
    """`tf.math.confusion_matrix` with TensorFlow 1's parameters."""
def count_nonzero(input_tensor: Any = None, axis: TensorLike | None = None, keepdims: bool | None = None, dtype: DTypeLike = tf.int64, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.math.count_nonzero` with TensorFlow 1's parameters."""
def in_top_k(predictions: TensorLike, targets: Any, k: Any, name: str | None = None) -> tf.Tensor:
    """`tf.math.in_top_k` with TensorFlow 1's parameters."""
def log_softmax(logits: TensorLike, axis: int | None = None, name: str | None = None, dim: Any = None) -> tf.Tensor:
    """`tf.math.log_softmax` with TensorFlow 1's parameters."""
mod = tf.math.floormod
def reduce_all(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_all` with TensorFlow 1's parameters."""
def reduce_any(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_any` with TensorFlow 1's parameters."""
def reduce_logsumexp(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_logsumexp` with TensorFlow 1's parameters."""
def reduce_max(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_max` with TensorFlow 1's parameters."""
def reduce_mean(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_mean` with TensorFlow 1's parameters."""
def reduce_min(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_min` with TensorFlow 1's parameters."""
def reduce_prod(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_prod` with TensorFlow 1's parameters."""
def reduce_sum(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, reduction_indices: Any = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.math.reduce_sum` with TensorFlow 1's parameters."""
def softmax(logits: TensorLike, axis: int | None = None, name: str | None = None, dim: Any = None) -> tf.Tensor:
    """`tf.math.softmax` with TensorFlow 1's parameters."""
