"""Mean and variance, and normalising by them: `tf.nn.moments`, `tf.nn.batch_normalization`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.common import invalid
from tidefall.ops.reductions.axes import axes_input, known_axes
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_HALVES = (dtypes.float16, dtypes.bfloat16)


def _axes(axes: Any, x: Any) -> Any:
    if axes is None:
        axes = axes_input(x, None)
    if isinstance(axes, Tensor):
        known = known_axes(axes)
        return axes if known is None else known.reshape(-1)
    if type(axes) is float:
        raise TypeError(f"Cannot convert {axes} to EagerTensor of dtype int32")
    places = np.array(axes)
    if places.size and places.dtype.kind not in "iub":
        raise invalid(f"Value for attr 'Tidx' must be int32 or int64; the axes are {axes!r}")
    return places.astype(np.int32).reshape(-1)


def _squeezed(tensor: Any, axes: Any) -> Any:
    """Drop reduced dimensions that were kept for broadcasting."""
    if isinstance(axes, Tensor):
        return raw.Sum(tensor, axes)  # over dimensions of size 1
    return raw.Squeeze(tensor, squeeze_dims=[int(a) for a in axes])


@export("nn.moments")
def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any]:
    """Mean and variance over axes.

    Args:
        x: tensor of any shape.
        axes: an axis, a list of axes, or None for all.
        shift: ignored.
        keepdims: keep the axes with size 1.
        name: name scope of the nodes in a graph.

    Returns:
        `(mean, variance)`, the variance being that of the population (no Bessel correction).

    >>> import tidefall as tf
    >>> mean, variance = tf.nn.moments(tf.constant([[1.0, 3.0], [2.0, 6.0]]), axes=[1])
    >>> mean.numpy(), variance.numpy()
    (array([2., 4.], dtype=float32), array([1., 4.], dtype=float32))
    """
    with name_scope(name or "moments"):
        x = convert_to_tensor(x)
        half = x.dtype in _HALVES
        y = raw.Cast(x, DstT=dtypes.float32) if half else x
        axes = _axes(axes, x)
        mean = raw.Mean(y, axes, keep_dims=True, name="mean")
        # The mean is where the squares are smallest, so no gradient passes through it.
        squares = raw.SquaredDifference(y, raw.StopGradient(mean))
        variance = raw.Mean(squares, axes, keep_dims=True, name="variance")
        if not keepdims:
            mean, variance = _squeezed(mean, axes), _squeezed(variance, axes)
        if half:
            cast = raw.Cast
            return cast(mean, DstT=x.dtype), cast(variance, DstT=x.dtype)
        return mean, variance


@export("nn.weighted_moments")
def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    keepdims: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Mean and variance over axes, with weights.

    Args:
        x: tensor of any shape.
        axes: list of axes.
        frequency_weights: tensor that broadcasts against `x`.
        keepdims: keep the axes with size 1.
        name: name scope of the nodes in a graph.

    Returns:
        `(mean, variance)`; zero where the weights sum to zero.

    >>> import tidefall as tf
    >>> mean, variance = tf.nn.weighted_moments([1.0, 3.0], [0], [3.0, 1.0])
    >>> float(mean), float(variance)
    (1.5, 0.75)
    """
    with name_scope(name or "weighted_moments"):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, dtype_hint=x.dtype, name="frequency_weights")
        kind = x.dtype
        if kind in _HALVES:
            x = raw.Cast(x, DstT=dtypes.float32)
        if weights.dtype != x.dtype:
            weights = raw.Cast(weights, DstT=x.dtype)
        axes = _axes(axes, x)
        add, divide = raw.Sum, raw.DivNoNan
        whole = weights + raw.ZerosLike(x)
        norm = add(whole, axes, keep_dims=True)
        mean = divide(add(weights * x, axes, keep_dims=True), norm)
        squares = weights * raw.SquaredDifference(x, mean)
        variance = divide(add(squares, axes, keep_dims=True), norm)
        if not keepdims:
            mean, variance = _squeezed(mean, axes), _squeezed(variance, axes)
        if kind in _HALVES:
            cast = raw.Cast
            return cast(mean, DstT=kind), cast(variance, DstT=kind)
        return mean, variance


@export("nn.sufficient_statistics")
def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any, Any, Any]:
    """What mean and variance are computed from: number of elements, their sum, sum of squares.

    Args:
        x: tensor of any shape.
        axes: list of axes.
        shift: subtracted from `x` first, for accuracy; None is nothing.
        keepdims: keep the axes with size 1.
        name: name scope of the nodes in a graph.

    Returns:
        `(count, sum, sum of squares, shift)`.

    >>> import tidefall as tf
    >>> count, total, squares, _ = tf.nn.sufficient_statistics(tf.constant([1.0, 2.0]), [0])
    >>> float(count), float(total), float(squares)
    (2.0, 3.0, 5.0)
    """
    axes = sorted(set(axes))
    with name_scope(name or "sufficient_statistics"):
        x = convert_to_tensor(x, name="x")
        shape = x.shape
        if shape.rank is not None and all(shape[a] is not None for a in axes):
            count = convert_to_tensor(float(np.prod([shape[a] for a in axes])), x.dtype)
        else:
            sizes = raw.Cast(raw.Shape(x), DstT=x.dtype)
            picked = raw.GatherV2(sizes, np.array(axes, np.int32), 0)
            count = raw.Prod(picked, np.array([0], np.int32), keep_dims=False)
        if shift is None:
            difference, squares = x, raw.Square(x)
        else:
            shift = convert_to_tensor(shift, x.dtype, name="shift")
            difference = x - shift
            squares = raw.SquaredDifference(x, shift)
        add, over = raw.Sum, np.array(axes, np.int32)
        total = add(difference, over, keep_dims=keepdims, name="mean_ss")
        return count, total, add(squares, over, keep_dims=keepdims, name="var_ss"), shift


@export("nn.normalize_moments")
def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Mean and variance of sufficient statistics.

    Args:
        counts: number of elements.
        mean_ss: their sum, perhaps shifted.
        variance_ss: sum of their squares, perhaps shifted.
        shift: what was subtracted, or None.
        name: name scope of the nodes in a graph.

    Returns:
        `(mean, variance)`.

    >>> import tidefall as tf
    >>> mean, variance = tf.nn.normalize_moments(2.0, 4.0, 10.0, None)
    >>> float(mean), float(variance)
    (2.0, 1.0)
    """
    with name_scope(name or "normalize"):
        divisor = raw.Reciprocal(convert_to_tensor(counts), name="divisor")
        shifted = raw.Mul(convert_to_tensor(mean_ss), divisor)
        mean = shifted if shift is None else shifted + shift
        variance = raw.Mul(convert_to_tensor(variance_ss), divisor)
        return mean, variance - raw.Square(shifted)


@export("nn.batch_normalization")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Any:
    """Normalise by a mean and a variance, then scale and shift.

    Args:
        x: tensor of any shape.
        mean: tensor that broadcasts against `x`.
        variance: tensor that broadcasts against `x`.
        offset: what to add, or None.
        scale: what to multiply by, or None.
        variance_epsilon: added to the variance.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the shape and dtype of `x`.

    Reference: [Ioffe and Szegedy, 2015](http://arxiv.org/abs/1502.03167).

    >>> import tidefall as tf
    >>> x, mean, variance = tf.constant([1.0, 5.0]), tf.constant(3.0), tf.constant(4.0)
    >>> tf.nn.batch_normalization(x, mean, variance, None, None, 0.0).numpy()
    array([-1.,  1.], dtype=float32)
    """
    with name_scope(name or "batchnorm"):
        x = convert_to_tensor(x)
        variance = convert_to_tensor(variance)
        inverse = raw.Rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        shift = offset - mean * inverse if offset is not None else -mean * inverse
        return x * _like(inverse, x) + _like(shift, x)


def _like(tensor: Any, x: Any) -> Any:
    return tensor if tensor.dtype == x.dtype else raw.Cast(tensor, DstT=x.dtype)


@export("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: float,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Any:
    """Old form of `batch_normalization`.

    Args:
        input: tensor of shape `[batch, height, width, channels]`.
        mean: tensor of shape `[channels]`.
        variance: tensor of shape `[channels]`.
        beta: what to add, `[channels]`.
        gamma: what to multiply by, `[channels]`.
        variance_epsilon: added to the variance.
        scale_after_normalization: use `gamma`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the shape and dtype of `input`.

    >>> import tidefall as tf
    >>> x, one = tf.ones([1, 1, 1, 1]), tf.ones([1])
    >>> function = tf.nn.batch_norm_with_global_normalization
    >>> function(x, one, one, one, one, 0.0, True).numpy().ravel()
    array([1.], dtype=float32)
    """
    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon, name)
