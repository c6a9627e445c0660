"""Colours: dtypes of pixels, grey, HSV, YIQ and YUV, brightness, contrast, gamma, hue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.common import known_value
from tidefall.ops.image.colour_ops import (
    adjust_contrast_op,
    adjust_hue_op,
    adjust_saturation_op,
    hsv_to_rgb_op,
    rgb_to_hsv_op,
)
from tidefall.ops.image.common import check_at_least_3d
from tidefall.ops.linalg.tensordot import tensordot
from tidefall.ops.math.cast import cast, saturate_cast
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_KEPT = (dtypes.float16, dtypes.float32)


@export("image.convert_image_dtype", dispatch=UNARY)
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """Change the dtype of images, and scale what they hold to the new range.

    Integers use the range from 0 to the largest of their dtype, floating-point numbers 0 to 1.

    Args:
        image: tensor of any shape.
        dtype: the new dtype.
        saturate: clip values that do not fit instead of letting them wrap around.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape.

    Raises:
        AttributeError: for a dtype that is neither integer nor floating point.

    >>> import tidefall as tf
    >>> tf.image.convert_image_dtype(tf.constant([0, 255], tf.uint8), tf.float32).numpy()
    array([0., 1.], dtype=float32)
    """
    image = convert_to_tensor(image, name="image")
    dtype = as_dtype(dtype)
    if not dtype.is_floating and not dtype.is_integer:
        raise AttributeError("dtype must be either floating point or integer")
    if not image.dtype.is_floating and not image.dtype.is_integer:
        raise AttributeError("image dtype must be either floating point or integer")
    if dtype == image.dtype:
        return raw.Identity(image, name=name)
    fit = saturate_cast if saturate else cast
    with name_scope(name or "convert_image"):
        source = image.dtype
        if source.is_integer and dtype.is_integer:
            have, want = source.max, dtype.max
            if have > want:
                divisor = np.array((have + 1) // (want + 1), source.as_numpy_dtype)
                return fit(raw.FloorDiv(image, divisor), dtype)
            factor = np.array((want + 1) // (have + 1), dtype.as_numpy_dtype)
            return raw.Mul(fit(image, dtype), factor)
        if source.is_floating and dtype.is_floating:
            return fit(image, dtype)
        if source.is_integer:
            factor = np.array(1.0 / source.max, dtype.as_numpy_dtype)
            return raw.Mul(cast(image, dtype), factor)
        # Half a step more, so that truncating gives every value the same share of the range.
        with np.errstate(over="ignore"):
            factor = np.array(dtype.max + 0.5, np.float64).astype(source.as_numpy_dtype)
        return fit(raw.Mul(image, factor), dtype)


def _adjusted(image: Any, change: Callable[[Any], Any], scope: str | None) -> Any:
    """Change images in floating point, and give them their dtype back."""
    with name_scope(scope):
        image = convert_to_tensor(image, name="image")
        original = image.dtype
        floats = image if original in _KEPT else convert_image_dtype(image, dtypes.float32)
        return convert_image_dtype(change(floats), original, saturate=True)


@export("image.adjust_brightness", dispatch=UNARY)
def adjust_brightness(image: Any, delta: Any) -> Any:
    """Add a number to all pixels.

    Args:
        image: tensor of any shape; integers count as 0 to 1 times their largest value.
        delta: scalar, what to add; in -1 to 1 it makes sense.

    Returns:
        A tensor like `image`; integers are clipped to their range.

    >>> import tidefall as tf
    >>> tf.image.adjust_brightness([[[0.25]]], delta=0.5).numpy()
    array([[[0.75]]], dtype=float32)
    """
    return _adjusted(image, lambda x: x + cast(delta, x.dtype), "adjust_brightness")


@export("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Move each channel of each image away from its mean, or towards it.

    Args:
        images: `[..., height, width, channels]`.
        contrast_factor: scalar; differences from the mean are multiplied by it.

    Returns:
        A tensor like `images`; integers are clipped to their range.

    Raises:
        InvalidArgumentError: for fewer than three dimensions.

    >>> import tidefall as tf
    >>> tf.image.adjust_contrast([[[0.25], [0.75]]], 2.0)[:, :, 0].numpy()
    array([[0., 1.]], dtype=float32)
    """

    def change(x: Any) -> Any:
        factor = convert_to_tensor(contrast_factor, dtypes.float32, name="contrast_factor")
        return adjust_contrast_op(x, factor)

    return _adjusted(images, change, "adjust_contrast")


@export("image.adjust_gamma", dispatch=UNARY)
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """`gain * image ** gamma`.

    Args:
        image: tensor of any shape; integers count as 0 to 1 times their largest value.
        gamma: scalar, not negative; above 1 makes the middle darker.
        gain: scalar.

    Returns:
        A tensor like `image`; integers are clipped to their range.

    Raises:
        ValueError: for a negative `gamma`.

    >>> import tidefall as tf
    >>> tf.image.adjust_gamma([[[0.5]]], gamma=2.0).numpy()
    array([[[0.25]]], dtype=float32)
    """
    message = "Gamma should be a non-negative real number."
    if isinstance(gamma, Tensor):
        value = known_value(gamma)
        if value is None:
            positive = raw.GreaterEqual(gamma, raw.ZerosLike(gamma))
            raw.Assert(positive, [message])
        elif value < 0:
            raise ValueError(message)
    elif gamma < 0:
        raise ValueError(message)

    def change(x: Any) -> Any:
        return cast(gain, x.dtype) * raw.Pow(x, cast(gamma, x.dtype))

    return _adjusted(image, change, "adjust_gamma")


@export("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """Turn the hue of RGB images.

    Args:
        image: `[..., height, width, 3]`.
        delta: scalar; 1 is a whole turn.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor like `image`.

    Raises:
        InvalidArgumentError: for fewer than three dimensions, or another number of channels.

    >>> import tidefall as tf
    >>> tf.image.adjust_hue([[[1.0, 0.0, 0.0]]], 0.5).numpy()
    array([[[0., 1., 1.]]], dtype=float32)
    """

    if not isinstance(delta, Tensor) and not -1 <= delta <= 1:
        raise ValueError("delta must be in the interval [-1, 1]")

    def change(x: Any) -> Any:
        return adjust_hue_op(x, convert_to_tensor(delta, dtypes.float32, name="delta"))

    return _adjusted(image, change, name or "adjust_hue")


@export("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """Multiply the saturation of RGB images.

    Args:
        image: `[..., height, width, 3]`.
        saturation_factor: scalar; 0 makes grey.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor like `image`.

    Raises:
        InvalidArgumentError: for fewer than three dimensions, or another number of channels.

    >>> import tidefall as tf
    >>> tf.image.adjust_saturation([[[1.0, 0.5, 0.0]]], 0.0).numpy()
    array([[[1., 1., 1.]]], dtype=float32)
    """

    def change(x: Any) -> Any:
        scale = convert_to_tensor(saturation_factor, dtypes.float32, name="saturation_factor")
        return adjust_saturation_op(x, scale)

    return _adjusted(image, change, name or "adjust_saturation")


# ---- spaces ----


@export("image.rgb_to_hsv")
def rgb_to_hsv(images: Any, name: str | None = None) -> Any:
    """RGB to hue, saturation and value.

    Args:
        images: floating tensor `[..., 3]` of numbers in 0 to 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the same shape and dtype, all in 0 to 1.

    Raises:
        FailedPreconditionError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.rgb_to_hsv([[0.0, 0.0, 1.0]]).numpy()
    array([[0.6666667, 1.       , 1.       ]], dtype=float32)
    """
    return rgb_to_hsv_op(images, name=name)


@export("image.hsv_to_rgb")
def hsv_to_rgb(images: Any, name: str | None = None) -> Any:
    """Hue, saturation and value to RGB.

    Args:
        images: floating tensor `[..., 3]` of numbers in 0 to 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the same shape and dtype, all in 0 to 1.

    Raises:
        FailedPreconditionError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.hsv_to_rgb([[0.5, 1.0, 1.0]]).numpy()
    array([[0., 1., 1.]], dtype=float32)
    """
    return hsv_to_rgb_op(images, name=name)


@export("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """The brightness of RGB images.

    Args:
        images: `[..., 3]`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor `[..., 1]` of the same dtype.

    Raises:
        InvalidArgumentError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.rgb_to_grayscale([[[1.0, 1.0, 1.0]]]).numpy().round(3)
    array([[[1.]]], dtype=float32)
    """
    with name_scope(name or "rgb_to_grayscale"):
        images = convert_to_tensor(images, name="images")
        floats = convert_image_dtype(images, dtypes.float32)
        weights = np.array([0.2989, 0.5870, 0.1140], np.float32)
        grey = raw.ExpandDims(tensordot(floats, weights, [-1, -1]), -1)
        return convert_image_dtype(grey, images.dtype)


@export("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """Grey images with three equal channels.

    Args:
        images: `[..., 1]`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor `[..., 3]` of the same dtype.

    Raises:
        ValueError: for a scalar, or another number of channels.

    >>> import tidefall as tf
    >>> tf.image.grayscale_to_rgb([[[1], [2]]])[0].numpy()
    array([[1, 1, 1],
           [2, 2, 2]], dtype=int32)
    """
    with name_scope(name or "grayscale_to_rgb"):
        images = convert_to_tensor(images, name="images")
        shape = images.shape
        if shape.rank == 0:
            raise ValueError("A grayscale image must be at least two-dimensional.")
        if shape.rank is not None and shape[-1] not in (None, 1):
            raise ValueError("Last dimension of a grayscale image should be size 1.")
        if shape.rank is None:
            rank = raw.Rank(images) - 1
            ones = raw.Fill(raw.ExpandDims(rank, 0), np.int32(1))
            times = raw.ConcatV2([ones, np.array([3], np.int32)], 0)
        else:
            times = np.array([1] * (shape.rank - 1) + [3], np.int32)
        tiled = raw.Tile(images, times)
        if shape.rank is not None and not tiled.shape.is_fully_defined():
            tiled.set_shape([*shape.as_list()[:-1], 3])
        return tiled


_YIQ = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
_RGB_OF_YIQ = [
    [1.0, 1.0, 1.0],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]
_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_RGB_OF_YUV = [[1.0, 1.0, 1.0], [0.0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0.0]]


def _mixed(images: Any, matrix: Any) -> Any:
    """Multiply the channels with a matrix."""
    images = convert_to_tensor(images, name="images")
    return tensordot(images, convert_to_tensor(matrix, images.dtype, name="kernel"), [[-1], [0]])


@export("image.rgb_to_yiq")
def rgb_to_yiq(images: Any) -> Any:
    """RGB to YIQ, the colours of NTSC.

    Args:
        images: floating tensor `[..., 3]` of numbers in 0 to 1.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        InvalidArgumentError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.rgb_to_yiq([[1.0, 1.0, 1.0]])[0, 0].numpy().round(3)
    np.float32(1.0)
    """
    return _mixed(images, _YIQ)


@export("image.yiq_to_rgb")
def yiq_to_rgb(images: Any) -> Any:
    """YIQ, the colours of NTSC, to RGB.

    Args:
        images: floating tensor `[..., 3]`.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        InvalidArgumentError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.yiq_to_rgb([[1.0, 0.0, 0.0]]).numpy()
    array([[1., 1., 1.]], dtype=float32)
    """
    return _mixed(images, _RGB_OF_YIQ)


@export("image.rgb_to_yuv")
def rgb_to_yuv(images: Any) -> Any:
    """RGB to YUV, the colours of PAL.

    Args:
        images: floating tensor `[..., 3]` of numbers in 0 to 1.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        InvalidArgumentError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.rgb_to_yuv([[1.0, 1.0, 1.0]])[0, 0].numpy().round(3)
    np.float32(1.0)
    """
    return _mixed(images, _YUV)


@export("image.yuv_to_rgb")
def yuv_to_rgb(images: Any) -> Any:
    """YUV, the colours of PAL, to RGB.

    Args:
        images: floating tensor `[..., 3]`.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        InvalidArgumentError: for another number of channels.

    >>> import tidefall as tf
    >>> tf.image.yuv_to_rgb([[1.0, 0.0, 0.0]]).numpy()
    array([[1., 1., 1.]], dtype=float32)
    """
    return _mixed(images, _RGB_OF_YUV)


@export("image.per_image_standardization")
def per_image_standardization(image: Any) -> Any:
    """Shift and scale each image to mean 0 and variance 1.

    Args:
        image: `[..., height, width, channels]`.

    Returns:
        A float32 tensor of the same shape. The deviation that is divided by is at least
        `1 / sqrt(number of elements)`, so that an even image becomes zeros.

    Raises:
        ValueError: for fewer than three dimensions, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.per_image_standardization([[[1.0], [3.0]]])[:, :, 0].numpy()
    array([[-1.,  1.]], dtype=float32)
    """
    with name_scope("per_image_standardization"):
        image = convert_to_tensor(image, name="image")
        check_at_least_3d(image)
        image = cast(image, dtypes.float32)
        axes = np.array([-1, -2, -3], np.int32)
        mean = raw.Mean(image, axes, keep_dims=True)
        centred = image - mean
        variance = raw.Mean(centred * centred, axes, keep_dims=True)
        if image.shape.rank is not None and image.shape[-3:].is_fully_defined():
            count: Any = np.float32(image.shape[-3:].num_elements())
        else:
            sizes = raw.Shape(image)[-3:]
            count = cast(raw.Prod(sizes, 0), dtypes.float32)
        least = raw.Rsqrt(count)
        return centred / raw.Maximum(raw.Sqrt(variance), least)
