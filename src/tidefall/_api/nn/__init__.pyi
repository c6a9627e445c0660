# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.nn`."""

from collections.abc import Callable
from collections.abc import Sequence
from tidefall import sigmoid as sigmoid
from tidefall import space_to_batch as space_to_batch
from tidefall import tanh as tanh
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api._types import Wrapper
from tidefall._api.linalg import l2_normalize as l2_normalize
from tidefall._api.math import approx_max_k as approx_max_k
from tidefall._api.math import approx_min_k as approx_min_k
from tidefall._api.math import in_top_k as in_top_k
from tidefall._api.math import log_softmax as log_softmax
from tidefall._api.math import softmax as softmax
from tidefall._api.math import softplus as softplus
from tidefall._api.math import softsign as softsign
from tidefall._api.math import top_k as top_k
from tidefall._api.math import zero_fraction as zero_fraction
from tidefall._api.nn import experimental as experimental
from typing import Any
from typing import overload

class RNNCellDeviceWrapper(Wrapper):
    """A recurrent cell that runs on a device."""
    def __init__(self, cell: Any, device: str, **kwargs: Any) -> None: ...
    def zero_state(self, batch_size: TensorLike, dtype: DTypeLike) -> Any:
        """The cell's own state of zeros, on the device."""
class RNNCellDropoutWrapper(Wrapper):
    """A recurrent cell with dropout on its inputs, outputs and state."""
    def __init__(self, cell: Any, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0, state_keep_prob: Any = 1.0, variational_recurrent: bool = False, input_size: Any = None, dtype: DTypeLike | None = None, seed: int | None = None, dropout_state_filter_visitor: Callable[[Any], Any] | None = None, **kwargs: Any) -> None: ...
    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
class RNNCellResidualWrapper(Wrapper):
    """A recurrent cell whose inputs are added to its outputs."""
    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any) -> None: ...
def all_candidate_sampler(true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, seed: int | None = None, name: str | None = None) -> tf.raw_ops._UniformCandidateSampler:
    """Take every class: what a loss on samples comes to when nothing is left out."""
def atrous_conv2d(value: TensorLike, filters: TensorLike, rate: int, padding: str, name: str | None = None) -> tf.Tensor:
    """Convolution of images with filters whose elements stand `rate` apart."""
def atrous_conv2d_transpose(value: TensorLike, filters: TensorLike, output_shape: ShapeLike, rate: int, padding: str, name: str | None = None) -> tf.Tensor:
    """The transpose of `atrous_conv2d`."""
def avg_pool(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str | None = None, name: str | None = None) -> tf.Tensor:
    """Mean over sliding windows in as many dimensions, one to three, as the input has."""
def avg_pool1d(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NWC', name: str | None = None) -> tf.Tensor:
    """Mean over sliding windows of sequences; padding does not count."""
def avg_pool2d(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NHWC', name: str | None = None) -> tf.Tensor:
    """Mean over sliding windows of images; padding does not count."""
def avg_pool3d(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NDHWC', name: str | None = None) -> tf.Tensor:
    """Mean over sliding windows of volumes; padding does not count."""
def batch_norm_with_global_normalization(input: TensorLike, mean: TensorLike, variance: TensorLike, beta: Any, gamma: Any, variance_epsilon: float, scale_after_normalization: bool, name: str | None = None) -> tf.Tensor:
    """Old form of `batch_normalization`."""
def batch_normalization(x: TensorLike, mean: TensorLike, variance: TensorLike, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None) -> tf.Tensor:
    """Normalise by a mean and a variance, then scale and shift."""
def bias_add(value: TensorLike, bias: TensorLike, data_format: str | None = None, name: str | None = None) -> tf.Tensor:
    """Add a vector to every position of a tensor."""
def collapse_repeated(labels: TensorLike, seq_length: TensorLike, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Make one label of each run of equal ones."""
def compute_accidental_hits(true_classes: TensorLike, sampled_candidates: TensorLike, num_true: int, seed: int | None = None, name: str | None = None) -> tf.raw_ops._ComputeAccidentalHits:
    """Places where a sampled class is one of the true classes of an example."""
def compute_average_loss(per_example_loss: TensorLike, sample_weight: Any = None, global_batch_size: Any = None) -> tf.Tensor:
    """The sum of the losses of examples, divided by the size of the whole batch."""
def conv1d(input: TensorLike, filters: TensorLike, stride: TensorLike, padding: str, data_format: str = 'NWC', dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """One-dimensional convolution (cross-correlation) of sequences with filters."""
def conv1d_transpose(input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: TensorLike, padding: str = 'SAME', data_format: str = 'NWC', dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The transpose of `conv1d`."""
def conv2d(input: TensorLike, filters: TensorLike, strides: TensorLike, padding: Any, data_format: str = 'NHWC', dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Two-dimensional convolution (cross-correlation) of images with filters."""
def conv2d_transpose(input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: TensorLike, padding: Any = 'SAME', data_format: str = 'NHWC', dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The transpose of `conv2d`: spreads each input position over a window of the output."""
def conv3d(input: TensorLike, filters: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NDHWC', dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Three-dimensional convolution (cross-correlation) of volumes with filters."""
def conv3d_transpose(input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: TensorLike, padding: str = 'SAME', data_format: str = 'NDHWC', dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The transpose of `conv3d`."""
def conv_transpose(input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: TensorLike, padding: str = 'SAME', data_format: str | None = None, dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The transpose of `convolution`, in one to three dimensions."""
def convolution(input: TensorLike, filters: TensorLike, strides: TensorLike | None = None, padding: str = 'VALID', data_format: str | None = None, dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Convolution in as many dimensions, one to three, as the filters have."""
def crelu(features: TensorLike, axis: int = -1, name: str | None = None) -> tf.Tensor:
    """Concatenated rectifier: `relu([features, -features])` along an axis, twice as deep."""
def ctc_beam_search_decoder(inputs: TensorLike, sequence_length: TensorLike, beam_width: int = 100, top_paths: int = 1) -> tuple[list[tf.SparseTensor], tf.Tensor]:
    """The most probable label sequences, by a search that keeps the best prefixes."""
def ctc_greedy_decoder(inputs: TensorLike, sequence_length: TensorLike, merge_repeated: bool = True, blank_index: int | None = None) -> tuple[list[tf.SparseTensor], tf.Tensor]:
    """The best class at each step, without blanks."""
def ctc_loss(labels: Any, logits: TensorLike, label_length: TensorLike | None, logit_length: TensorLike, logits_time_major: bool = True, unique: Any = None, blank_index: int | None = None, name: str | None = None) -> tf.Tensor:
    """The loss of label sequences that are not aligned with the logits."""
def ctc_unique_labels(labels: TensorLike, name: str | None = None) -> list[tf.Tensor]:
    """The different labels of each row, for `tf.nn.ctc_loss`."""
def depth_to_space(input: TensorLike, block_size: int, data_format: str = 'NHWC', name: str | None = None) -> tf.Tensor:
    """Move groups of channels into blocks of pixels."""
def depthwise_conv2d(input: TensorLike, filter: TensorLike, strides: Sequence[int], padding: Any, data_format: str | None = None, dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Convolve each channel of images with filters of its own."""
def depthwise_conv2d_backprop_filter(input: TensorLike, filter_sizes: TensorLike, out_backprop: Any, strides: Sequence[int], padding: Any, data_format: str = 'NHWC', dilations: Sequence[int] = [1, 1, 1, 1], name: str | None = None) -> tf.Tensor:
    """Gradient of `depthwise_conv2d` with respect to its filter."""
def depthwise_conv2d_backprop_input(input_sizes: TensorLike, filter: TensorLike, out_backprop: Any, strides: Sequence[int], padding: Any, data_format: str = 'NHWC', dilations: Sequence[int] = [1, 1, 1, 1], name: str | None = None) -> tf.Tensor:
    """Gradient of `depthwise_conv2d` with respect to its input."""
def dilation2d(input: TensorLike, filters: TensorLike, strides: TensorLike, padding: str, data_format: str, dilations: TensorLike, name: str | None = None) -> tf.Tensor:
    """The largest sum of pixel and filter under a window, for each place and channel."""
@overload
def dropout(x: TensorLike, rate: Any, noise_shape: ShapeLike | None = None, seed: int | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def dropout(x: TensorLike | tf.__internal__.CompositeTensor, rate: Any, noise_shape: ShapeLike | None = None, seed: int | None = None, name: str | None = None) -> Any:
    """Set each element to zero with a probability, and scale the others to keep the sum."""
@overload
def elu(features: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def elu(features: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Exponential linear unit: `features` where positive, `exp(features) - 1` elsewhere."""
@overload
def embedding_lookup(params: Any, ids: TensorLike, max_norm: Any = None, name: str | None = None) -> tf.Tensor: ...
@overload
def embedding_lookup(params: Any, ids: TensorLike | tf.__internal__.CompositeTensor, max_norm: Any = None, name: str | None = None) -> Any:
    """Rows of an embedding table."""
def embedding_lookup_sparse(params: Any, sp_ids: Any, sp_weights: Any, combiner: str | None = None, max_norm: Any = None, name: str | None = None, allow_fast_lookup: bool = False) -> tf.Tensor:
    """Sums or means of rows of an embedding table, one for each row of sparse ids."""
def erosion2d(value: TensorLike, filters: TensorLike, strides: TensorLike, padding: str, data_format: str, dilations: TensorLike, name: str | None = None) -> tf.Tensor:
    """The smallest difference of pixel and mirrored filter under a window, for each channel."""
def fixed_unigram_candidate_sampler(true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, vocab_file: str = '', distortion: float = 1.0, num_reserved_ids: int = 0, num_shards: int = 1, shard: int = 0, unigrams: Sequence[float] = (), seed: int | None = None, name: str | None = None) -> tf.raw_ops._UniformCandidateSampler:
    """Draw classes by given weights, such as how often words occur."""
def fractional_avg_pool(value: TensorLike, pooling_ratio: Sequence[float], pseudo_random: bool = False, overlapping: bool = False, seed: int = 0, name: str | None = None) -> tf.raw_ops._FractionalAvgPool:
    """Means over windows of two sizes, so that height and width shrink by any factor."""
def fractional_max_pool(value: TensorLike, pooling_ratio: Any, pseudo_random: bool = False, overlapping: bool = False, seed: int = 0, name: str | None = None) -> tf.raw_ops._FractionalMaxPool:
    """Maxima over windows of two sizes, so that height and width shrink by any factor."""
@overload
def gelu(features: TensorLike, approximate: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def gelu(features: TensorLike | tf.__internal__.CompositeTensor, approximate: bool = False, name: str | None = None) -> Any:
    """Gaussian error linear unit: `x * P(X <= x)` for a standard normal `X`."""
def isotonic_regression(inputs: TensorLike, decreasing: bool = True, axis: int = -1) -> tf.raw_ops._IsotonicRegression:
    """The monotone sequence nearest to each row, by least squares."""
def l2_loss(t: TensorLike, name: str | None = None) -> tf.Tensor:
    """Half the sum of squares: `sum(t ** 2) / 2`."""
@overload
def leaky_relu(features: TensorLike, alpha: float = 0.2, name: str | None = None) -> tf.Tensor: ...
@overload
def leaky_relu(features: TensorLike | tf.__internal__.CompositeTensor, alpha: float = 0.2, name: str | None = None) -> Any:
    """Rectified linear unit with a small slope for negative values."""
def learned_unigram_candidate_sampler(true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None, name: str | None = None) -> tf.raw_ops._UniformCandidateSampler:
    """Draw classes as often as they were true classes in the calls before."""
def local_response_normalization(input: TensorLike, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5, name: str | None = None) -> tf.Tensor:
    """Divide each channel by a power of the squares around it."""
def log_poisson_loss(targets: TensorLike, log_input: TensorLike, compute_full_loss: bool = False, name: str | None = None) -> tf.Tensor:
    """Poisson loss `exp(c) - z c` of a predicted log rate `c` and a target count `z`."""
lrn = tf.nn.local_response_normalization
def max_pool(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: Any, data_format: str | None = None, name: str | None = None) -> tf.Tensor:
    """Maximum over sliding windows in as many dimensions, one to three, as the input has."""
def max_pool1d(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: Any, data_format: str = 'NWC', name: str | None = None) -> tf.Tensor:
    """Maximum over sliding windows of sequences."""
def max_pool2d(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: Any, data_format: str = 'NHWC', name: str | None = None) -> tf.Tensor:
    """Maximum over sliding windows of images."""
def max_pool3d(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NDHWC', name: str | None = None) -> tf.Tensor:
    """Maximum over sliding windows of volumes."""
def max_pool_with_argmax(input: TensorLike, ksize: TensorLike, strides: TensorLike, padding: str, data_format: str = 'NHWC', output_dtype: DTypeLike = tf.int64, include_batch_in_index: bool = False, name: str | None = None) -> tf.raw_ops._MaxPoolWithArgmax:
    """Maximum over sliding windows of images, and where each was found."""
def moments(x: TensorLike, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance over axes."""
def nce_loss(weights: Any, biases: TensorLike, labels: TensorLike, inputs: TensorLike, num_sampled: int, num_classes: int, num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = False, name: str | None = 'nce_loss') -> tf.Tensor:
    """Noise-contrastive estimation: tell the true classes of each example from sampled ones."""
def normalize_moments(counts: TensorLike, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance of sufficient statistics."""
def pool(input: TensorLike, window_shape: Sequence[int], pooling_type: str, strides: TensorLike | None = None, padding: Any = 'VALID', data_format: str | None = None, dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Pooling of either kind, in one to three dimensions, with or without dilation."""
@overload
def relu(features: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def relu(features: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Rectified linear unit: `max(features, 0)`."""
@overload
def relu6(features: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def relu6(features: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Rectified linear unit that stops at 6: `min(max(features, 0), 6)`."""
def safe_embedding_lookup_sparse(embedding_weights: Any, sparse_ids: Any, sparse_weights: TensorLike | None = None, combiner: str | None = 'mean', default_id: Any = None, max_norm: Any = None, name: str | None = None, allow_fast_lookup: bool = False) -> tf.Tensor:
    """Sums or means of rows of an embedding table, for sparse ids of which rows may be empty."""
def sampled_softmax_loss(weights: Any, biases: TensorLike, labels: TensorLike, inputs: TensorLike, num_sampled: int, num_classes: int, num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = True, seed: int | None = None, name: str | None = 'sampled_softmax_loss') -> tf.Tensor:
    """Softmax cross entropy over the true classes and a sample of the others."""
def scale_regularization_loss(regularization_loss: TensorLike) -> tf.Tensor:
    """The sum of regularization losses, divided by the number of replicas."""
@overload
def selu(features: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def selu(features: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Scaled exponential linear unit, whose outputs keep zero mean and unit variance."""
def separable_conv2d(input: TensorLike, depthwise_filter: TensorLike, pointwise_filter: TensorLike, strides: Sequence[int], padding: Any, data_format: str | None = None, dilations: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Depthwise convolution, then a 1x1 convolution that mixes the channels."""
@overload
def sigmoid_cross_entropy_with_logits(labels: TensorLike | None = None, logits: TensorLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def sigmoid_cross_entropy_with_logits(labels: TensorLike | tf.__internal__.CompositeTensor | None = None, logits: TensorLike | tf.__internal__.CompositeTensor | None = None, name: str | None = None) -> Any:
    """Cross entropy of independent yes/no probabilities, given as logits."""
@overload
def silu(features: TensorLike, beta: TensorLike = 1.0) -> tf.Tensor: ...
@overload
def silu(features: TensorLike | tf.__internal__.CompositeTensor, beta: TensorLike | tf.__internal__.CompositeTensor = 1.0) -> Any:
    """Sigmoid linear unit, also called swish: `features * sigmoid(beta * features)`."""
def softmax_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike, axis: int = -1, name: str | None = None) -> tf.Tensor:
    """Cross entropy between label distributions and the softmax of logits."""
def space_to_depth(input: TensorLike, block_size: int, data_format: str = 'NHWC', name: str | None = None) -> tf.Tensor:
    """Move each block of pixels into the channels."""
def sparse_softmax_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike, name: str | None = None) -> tf.Tensor:
    """Cross entropy between class numbers and the softmax of logits."""
def sufficient_statistics(x: TensorLike, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """What mean and variance are computed from: number of elements, their sum, sum of squares."""
swish = tf.nn.silu
def weighted_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike, pos_weight: Any, name: str | None = None) -> tf.Tensor:
    """Sigmoid cross entropy in which positive labels weigh more or less than negative ones."""
def weighted_moments(x: TensorLike, axes: Any, frequency_weights: TensorLike, keepdims: bool = False, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance over axes, with weights."""
def with_space_to_batch(input: TensorLike, dilation_rate: Sequence[int], padding: Any, op: Callable[..., Any], filter_shape: ShapeLike | None = None, spatial_dims: Sequence[int] | None = None, data_format: str | None = None) -> tf.Tensor:
    """Apply a sliding-window function as if its windows were dilated."""
