# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.nn`."""

from collections.abc import Sequence
from tidefall import sigmoid as sigmoid
from tidefall import tanh as tanh
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1 import depth_to_space as depth_to_space
from tidefall._api.compat.v1 import space_to_batch as space_to_batch
from tidefall._api.compat.v1 import space_to_depth as space_to_depth
from tidefall._api.compat.v1.nn import experimental as experimental
from tidefall._api.linalg import l2_normalize as l2_normalize
from tidefall._api.math import approx_max_k as approx_max_k
from tidefall._api.math import approx_min_k as approx_min_k
from tidefall._api.math import softplus as softplus
from tidefall._api.math import softsign as softsign
from tidefall._api.math import top_k as top_k
from tidefall._api.math import zero_fraction as zero_fraction
from tidefall._api.nn import RNNCellDeviceWrapper as RNNCellDeviceWrapper
from tidefall._api.nn import RNNCellDropoutWrapper as RNNCellDropoutWrapper
from tidefall._api.nn import RNNCellResidualWrapper as RNNCellResidualWrapper
from tidefall._api.nn import all_candidate_sampler as all_candidate_sampler
from tidefall._api.nn import atrous_conv2d as atrous_conv2d
from tidefall._api.nn import atrous_conv2d_transpose as atrous_conv2d_transpose
from tidefall._api.nn import avg_pool1d as avg_pool1d
from tidefall._api.nn import avg_pool3d as avg_pool3d
from tidefall._api.nn import batch_normalization as batch_normalization
from tidefall._api.nn import bias_add as bias_add
from tidefall._api.nn import collapse_repeated as collapse_repeated
from tidefall._api.nn import compute_accidental_hits as compute_accidental_hits
from tidefall._api.nn import compute_average_loss as compute_average_loss
from tidefall._api.nn import conv1d_transpose as conv1d_transpose
from tidefall._api.nn import conv_transpose as conv_transpose
from tidefall._api.nn import ctc_greedy_decoder as ctc_greedy_decoder
from tidefall._api.nn import ctc_unique_labels as ctc_unique_labels
from tidefall._api.nn import depthwise_conv2d_backprop_filter as depthwise_conv2d_backprop_filter
from tidefall._api.nn import depthwise_conv2d_backprop_input as depthwise_conv2d_backprop_input
from tidefall._api.nn import elu as elu
from tidefall._api.nn import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from tidefall._api.nn import gelu as gelu
from tidefall._api.nn import isotonic_regression as isotonic_regression
from tidefall._api.nn import l2_loss as l2_loss
from tidefall._api.nn import leaky_relu as leaky_relu
from tidefall._api.nn import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from tidefall._api.nn import local_response_normalization as local_response_normalization
from tidefall._api.nn import log_poisson_loss as log_poisson_loss
from tidefall._api.nn import max_pool1d as max_pool1d
from tidefall._api.nn import max_pool2d as max_pool2d
from tidefall._api.nn import max_pool3d as max_pool3d
from tidefall._api.nn import normalize_moments as normalize_moments
from tidefall._api.nn import relu as relu
from tidefall._api.nn import relu6 as relu6
from tidefall._api.nn import scale_regularization_loss as scale_regularization_loss
from tidefall._api.nn import selu as selu
from tidefall._api.nn import sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits
from tidefall._api.nn import silu as silu
from tidefall._api.nn import sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits
from tidefall._api.nn import with_space_to_batch as with_space_to_batch
from tidefall._api.random import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from tidefall._api.random import uniform_candidate_sampler as uniform_candidate_sampler
from typing import Any

def avg_pool(value: Any, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str | None = 'NHWC', name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.avg_pool` with TensorFlow 1's parameters."""
def avg_pool2d(value: Any, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NHWC', name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.avg_pool2d` with TensorFlow 1's parameters."""
avg_pool_v2 = tf.nn.avg_pool
def batch_norm_with_global_normalization(t: Any = None, m: TensorLike | None = None, v: Any = None, beta: Any = None, gamma: Any = None, variance_epsilon: float | None = None, scale_after_normalization: bool | None = None, name: str | None = None, input: TensorLike | None = None, mean: TensorLike | None = None, variance: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.batch_norm_with_global_normalization` with TensorFlow 1's parameters."""
def conv1d(value: Any = None, filters: TensorLike | None = None, stride: TensorLike | None = None, padding: str | None = None, use_cudnn_on_gpu: Any = None, data_format: str | None = None, name: str | None = None, input: TensorLike | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.conv1d` with TensorFlow 1's parameters."""
def conv2d(input: TensorLike, filter: Any = None, strides: TensorLike | None = None, padding: Any = None, use_cudnn_on_gpu: Any = True, data_format: str = 'NHWC', dilations: TensorLike | None = [1, 1, 1, 1], name: str | None = None, filters: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.conv2d` with TensorFlow 1's parameters."""
def conv2d_backprop_filter(input: Any, filter_sizes: TensorLike, out_backprop: Any, strides: TensorLike, padding: Any, use_cudnn_on_gpu: bool = True, data_format: str = 'NHWC', dilations: Sequence[int] = (1, 1, 1, 1), name: str | None = None) -> tf.Tensor:
    """The gradient of `tf.nn.conv2d` with respect to its filters."""
def conv2d_backprop_input(input_sizes: TensorLike, filter: TensorLike | None = None, out_backprop: Any = None, strides: TensorLike | None = None, padding: Any = None, use_cudnn_on_gpu: bool = True, data_format: str = 'NHWC', dilations: Sequence[int] = (1, 1, 1, 1), name: str | None = None, filters: TensorLike | None = None) -> tf.Tensor:
    """The gradient of `tf.nn.conv2d` with respect to its input."""
def conv2d_transpose(value: Any = None, filter: Any = None, output_shape: ShapeLike | None = None, strides: TensorLike | None = None, padding: Any = 'SAME', data_format: str = 'NHWC', name: str | None = None, input: TensorLike | None = None, filters: TensorLike | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.conv2d_transpose` with TensorFlow 1's parameters."""
def conv3d(input: TensorLike, filter: Any = None, strides: TensorLike | None = None, padding: str | None = None, data_format: str = 'NDHWC', dilations: TensorLike | None = [1, 1, 1, 1, 1], name: str | None = None, filters: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.conv3d` with TensorFlow 1's parameters."""
def conv3d_backprop_filter(input: Any, filter_sizes: TensorLike, out_backprop: Any, strides: Sequence[int], padding: str, data_format: str = 'NDHWC', dilations: Sequence[int] = (1, 1, 1, 1, 1), name: str | None = None) -> tf.Tensor:
    """The gradient of `tf.nn.conv3d` with respect to its filters."""
conv3d_backprop_filter_v2 = tf.compat.v1.nn.conv3d_backprop_filter
def conv3d_transpose(value: Any, filter: Any = None, output_shape: ShapeLike | None = None, strides: TensorLike | None = None, padding: str = 'SAME', data_format: str = 'NDHWC', name: str | None = None, input: TensorLike | None = None, filters: TensorLike | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.conv3d_transpose` with TensorFlow 1's parameters."""
def convolution(input: TensorLike, filter: Any, padding: str, strides: TensorLike | None = None, dilation_rate: Any = None, name: str | None = None, data_format: str | None = None, filters: TensorLike | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.convolution` with TensorFlow 1's parameters."""
def crelu(features: TensorLike, name: str | None = None, axis: int = -1) -> tf.Tensor:
    """`tf.nn.crelu` with TensorFlow 1's parameters."""
def ctc_beam_search_decoder(inputs: TensorLike, sequence_length: TensorLike, beam_width: int = 100, top_paths: int = 1, merge_repeated: Any = True) -> tuple[list[tf.SparseTensor], tf.Tensor]:
    """`tf.nn.ctc_beam_search_decoder` with TensorFlow 1's parameters."""
ctc_beam_search_decoder_v2 = tf.nn.ctc_beam_search_decoder
def ctc_loss(labels: Any, inputs: TensorLike | None = None, sequence_length: TensorLike | None = None, preprocess_collapse_repeated: bool = False, ctc_merge_repeated: bool = True, ignore_longer_outputs_than_inputs: bool = False, time_major: bool = True, logits: TensorLike | None = None) -> tf.Tensor:
    """The CTC loss of sparse labels; the last class is the blank."""
def ctc_loss_v2(labels: Any, logits: TensorLike, label_length: TensorLike | None, logit_length: TensorLike, logits_time_major: bool = True, unique: Any = None, blank_index: int | None = None, name: str | None = None) -> tf.Tensor:
    """`tf.nn.ctc_loss` by another name; a `blank_index` of None is class 0 for dense labels."""
def depthwise_conv2d(input: TensorLike, filter: TensorLike, strides: Sequence[int], padding: Any, rate: Any = None, name: str | None = None, data_format: str | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.depthwise_conv2d` with TensorFlow 1's parameters."""
def depthwise_conv2d_native(input: TensorLike, filter: TensorLike, strides: Sequence[int], padding: Any, data_format: str = 'NHWC', dilations: Sequence[int] = (1, 1, 1, 1), name: str | None = None) -> tf.Tensor:
    """The op behind `tf.nn.depthwise_conv2d`."""
depthwise_conv2d_native_backprop_filter = tf.nn.depthwise_conv2d_backprop_filter
depthwise_conv2d_native_backprop_input = tf.nn.depthwise_conv2d_backprop_input
def dilation2d(input: TensorLike, filter: TensorLike | None = None, strides: TensorLike | None = None, rates: TensorLike | None = None, padding: Any = None, name: str | None = None, filters: TensorLike | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.dilation2d` with TensorFlow 1's parameters."""
def dropout(x: TensorLike, keep_prob: Any = None, noise_shape: ShapeLike | None = None, seed: int | None = None, name: str | None = None, rate: Any = None) -> tf.Tensor:
    """Set some elements to zero, and scale the others up."""
def embedding_lookup(params: Any, ids: TensorLike, partition_strategy: str = 'mod', name: str | None = None, validate_indices: bool = True, max_norm: Any = None) -> tf.Tensor:
    """Rows of an embedding table."""
def embedding_lookup_sparse(params: Any, sp_ids: Any, sp_weights: Any, partition_strategy: str = 'mod', name: str | None = None, combiner: str | None = None, max_norm: Any = None, allow_fast_lookup: bool = False) -> tf.Tensor:
    """Sums or means of rows of an embedding table; see `tf.nn.embedding_lookup_sparse`."""
def erosion2d(value: TensorLike, kernel: Any, strides: Sequence[int], rates: Sequence[int], padding: str, name: str | None = None) -> tf.Tensor:
    """`tf.nn.erosion2d` with TensorFlow 1's parameters."""
def fractional_avg_pool(value: TensorLike, pooling_ratio: Sequence[float], pseudo_random: bool = False, overlapping: bool = False, deterministic: bool = False, seed: int = 0, seed2: int = 0, name: str | None = None) -> tf.raw_ops._FractionalAvgPool:
    """`tf.nn.fractional_avg_pool` with both seeds of the op."""
def fractional_max_pool(value: TensorLike, pooling_ratio: Sequence[float], pseudo_random: bool = False, overlapping: bool = False, deterministic: bool = False, seed: int = 0, seed2: int = 0, name: str | None = None) -> tf.raw_ops._FractionalMaxPool:
    """`tf.nn.fractional_max_pool` with both seeds of the op."""
def fused_batch_norm(x: TensorLike, scale: TensorLike, offset: TensorLike, mean: TensorLike | None = None, variance: TensorLike | None = None, epsilon: float = 0.001, data_format: str = 'NHWC', is_training: bool = True, name: str | None = None, exponential_avg_factor: float = 1.0) -> tuple[Any, Any, Any]:
    """Batch normalisation in one op."""
def in_top_k(predictions: TensorLike, targets: Any, k: Any, name: str | None = None) -> tf.Tensor:
    """`tf.nn.in_top_k` with TensorFlow 1's parameters."""
def log_softmax(logits: TensorLike, axis: int | None = None, name: str | None = None, dim: Any = None) -> tf.Tensor:
    """`tf.nn.log_softmax` with TensorFlow 1's parameters."""
lrn = tf.nn.local_response_normalization
def max_pool(value: Any, ksize: TensorLike, strides: TensorLike, padding: Any, data_format: str | None = 'NHWC', name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.max_pool` with TensorFlow 1's parameters."""
max_pool_v2 = tf.nn.max_pool
def max_pool_with_argmax(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NHWC', Targmax: Any = None, name: str | None = None, output_dtype: DTypeLike | None = None, include_batch_in_index: bool = False) -> tf.raw_ops._MaxPoolWithArgmax:
    """`tf.nn.max_pool_with_argmax` with TensorFlow 1's parameters."""
def moments(x: TensorLike, axes: Any, shift: Any = None, name: str | None = None, keep_dims: bool | None = None, keepdims: bool | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """`tf.nn.moments` with TensorFlow 1's parameters."""
def nce_loss(weights: TensorLike, biases: TensorLike, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = False, partition_strategy: str = 'mod', name: str = 'nce_loss') -> tf.Tensor:
    """The loss of noise-contrastive estimation; see `tf.nn.nce_loss`."""
def pool(input: TensorLike, window_shape: Sequence[int], pooling_type: str, padding: Any, dilation_rate: Any = None, strides: TensorLike | None = None, name: str | None = None, data_format: str | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.pool` with TensorFlow 1's parameters."""
def relu_layer(x: TensorLike, weights: TensorLike, biases: Any, name: str | None = None) -> tf.Tensor:
    """`relu(matmul(x, weights) + biases)`."""
def safe_embedding_lookup_sparse(embedding_weights: Any, sparse_ids: Any, sparse_weights: Any = None, combiner: str | None = 'mean', default_id: Any = None, name: str | None = None, partition_strategy: str = 'div', max_norm: Any = None, allow_fast_lookup: bool = False) -> tf.Tensor:
    """Sums or means of rows, of which some may be empty; see `tf.nn.safe_embedding_lookup_sparse`."""
def sampled_softmax_loss(weights: TensorLike, biases: TensorLike, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = True, partition_strategy: str = 'mod', name: str = 'sampled_softmax_loss', seed: int | None = None) -> tf.Tensor:
    """Cross entropy over some of many classes; see `tf.nn.sampled_softmax_loss`."""
def separable_conv2d(input: TensorLike, depthwise_filter: TensorLike, pointwise_filter: TensorLike, strides: Sequence[int], padding: Any, rate: Any = None, name: str | None = None, data_format: str | None = None, dilations: TensorLike | None = None) -> tf.Tensor:
    """`tf.nn.separable_conv2d` with TensorFlow 1's parameters."""
def softmax(logits: TensorLike, axis: int | None = None, name: str | None = None, dim: Any = None) -> tf.Tensor:
    """`tf.nn.softmax` with TensorFlow 1's parameters."""
def softmax_cross_entropy_with_logits(labels: Any = None, logits: Any = None, dim: int = -1, name: str | None = None, axis: int | None = None) -> tf.Tensor:
    """Cross entropy of a softmax; no gradient flows into the labels."""
def softmax_cross_entropy_with_logits_v2(labels: TensorLike, logits: TensorLike, axis: int | None = None, name: str | None = None, dim: int | None = None) -> tf.Tensor:
    """`tf.nn.softmax_cross_entropy_with_logits`, with gradients into the labels."""
def sufficient_statistics(x: TensorLike, axes: Any, shift: Any = None, keep_dims: bool | None = None, name: str | None = None, keepdims: bool | None = None) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """`tf.nn.sufficient_statistics` with TensorFlow 1's parameters."""
swish = tf.nn.silu
def weighted_cross_entropy_with_logits(labels: TensorLike | None = None, logits: TensorLike | None = None, pos_weight: Any = None, name: str | None = None, targets: Any = None) -> tf.Tensor:
    """`tf.nn.weighted_cross_entropy_with_logits` with TensorFlow 1's parameters."""
def weighted_moments(x: TensorLike, axes: Any, frequency_weights: TensorLike, name: str | None = None, keep_dims: bool | None = None, keepdims: bool | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """`tf.nn.weighted_moments` with TensorFlow 1's parameters."""
def xw_plus_b(x: TensorLike, weights: TensorLike, biases: Any, name: str | None = None) -> tf.Tensor:
    """`matmul(x, weights) + biases`."""
