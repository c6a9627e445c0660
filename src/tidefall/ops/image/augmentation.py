"""Random changes of brightness, contrast, hue, saturation, JPEG quality, and random crops."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.common import invalid, known_value
from tidefall.ops.image.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    convert_image_dtype,
)
from tidefall.ops.random.stateful_functions import uniform
from tidefall.ops.random.stateless_functions import stateless_uniform
from tidefall.tensor.conversion import convert_to_tensor

# ---- limits ----


def _check_delta(max_delta: Any) -> None:
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")


def _check_hue(max_delta: Any) -> None:
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    _check_delta(max_delta)


def _check_order(lower: Any, upper: Any) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


def _check_quality(lowest: Any, highest: Any) -> None:
    if lowest < 0 or highest < 0 or lowest > 100 or highest > 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if lowest >= highest:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")


# ---- brightness and contrast ----


@export("image.random_brightness", dispatch=UNARY)
def random_brightness(image: Any, max_delta: Any, seed: int | None = None) -> Any:
    """Add a random number to all pixels.

    Args:
        image: tensor of any shape.
        max_delta: the number is drawn from `[-max_delta, max_delta)`.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor like `image`; see `tf.image.adjust_brightness`.

    Raises:
        ValueError: for a negative `max_delta`.

    >>> import tidefall as tf
    >>> tf.image.random_brightness(tf.ones([2, 2, 3]), 0.2).shape
    TensorShape([2, 2, 3])
    """
    _check_delta(max_delta)
    return adjust_brightness(image, uniform([], -max_delta, max_delta, seed=seed))


@export("image.stateless_random_brightness", dispatch=UNARY)
def stateless_random_brightness(image: Any, max_delta: Any, seed: Any) -> Any:
    """Add to all pixels a number that a seed decides.

    Args:
        image: tensor of any shape.
        max_delta: the number is drawn from `[-max_delta, max_delta)`.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor like `image`; see `tf.image.adjust_brightness`.

    Raises:
        ValueError: for a negative `max_delta`.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_brightness([[[1.0]]], 0.2, seed=(1, 2)).numpy()
    array([[[1.1376241]]], dtype=float32)
    """
    _check_delta(max_delta)
    return adjust_brightness(image, stateless_uniform([], seed, -max_delta, max_delta))


@export("image.random_contrast")
def random_contrast(image: Any, lower: Any, upper: Any, seed: int | None = None) -> Any:
    """Change the contrast by a random factor.

    Args:
        image: `[..., height, width, channels]`.
        lower, upper: the factor is drawn from `[lower, upper)`.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor like `image`; see `tf.image.adjust_contrast`.

    Raises:
        ValueError: unless `0 <= lower < upper`.

    >>> import tidefall as tf
    >>> tf.image.random_contrast(tf.ones([2, 2, 3]), 0.2, 0.5).shape
    TensorShape([2, 2, 3])
    """
    _check_order(lower, upper)
    return adjust_contrast(image, uniform([], lower, upper, seed=seed))


@export("image.stateless_random_contrast")
def stateless_random_contrast(image: Any, lower: Any, upper: Any, seed: Any) -> Any:
    """Change the contrast by a factor that a seed decides.

    Args:
        image: `[..., height, width, channels]`.
        lower, upper: the factor is drawn from `[lower, upper)`.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor like `image`; see `tf.image.adjust_contrast`.

    Raises:
        ValueError: unless `0 <= lower < upper`.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_contrast(tf.ones([2, 2, 3]), 0.2, 0.5, seed=(1, 2)).shape
    TensorShape([2, 2, 3])
    """
    _check_order(lower, upper)
    return adjust_contrast(image, stateless_uniform([], seed, lower, upper))


# ---- hue and saturation ----


@export("image.random_hue")
def random_hue(image: Any, max_delta: Any, seed: int | None = None) -> Any:
    """Turn the hue of RGB images by a random angle.

    Args:
        image: `[..., height, width, 3]`.
        max_delta: at most 0.5; the angle is drawn from `[-max_delta, max_delta)`, 1 a whole turn.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor like `image`.

    Raises:
        ValueError: unless `0 <= max_delta <= 0.5`.

    >>> import tidefall as tf
    >>> tf.image.random_hue(tf.ones([2, 2, 3]), 0.2).shape
    TensorShape([2, 2, 3])
    """
    _check_hue(max_delta)
    return adjust_hue(image, uniform([], -max_delta, max_delta, seed=seed))


@export("image.stateless_random_hue")
def stateless_random_hue(image: Any, max_delta: Any, seed: Any) -> Any:
    """Turn the hue of RGB images by an angle that a seed decides.

    Args:
        image: `[..., height, width, 3]`.
        max_delta: at most 0.5; the angle is drawn from `[-max_delta, max_delta)`, 1 a whole turn.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor like `image`.

    Raises:
        ValueError: unless `0 <= max_delta <= 0.5`.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_hue(tf.ones([2, 2, 3]), 0.2, seed=(1, 2)).shape
    TensorShape([2, 2, 3])
    """
    _check_hue(max_delta)
    return adjust_hue(image, stateless_uniform([], seed, -max_delta, max_delta))


@export("image.random_saturation")
def random_saturation(image: Any, lower: Any, upper: Any, seed: int | None = None) -> Any:
    """Multiply the saturation of RGB images by a random factor.

    Args:
        image: `[..., height, width, 3]`.
        lower, upper: the factor is drawn from `[lower, upper)`.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor like `image`.

    Raises:
        ValueError: unless `0 <= lower < upper`.

    >>> import tidefall as tf
    >>> tf.image.random_saturation(tf.ones([2, 2, 3]), 0.5, 1.5).shape
    TensorShape([2, 2, 3])
    """
    _check_order(lower, upper)
    return adjust_saturation(image, uniform([], lower, upper, seed=seed))


@export("image.stateless_random_saturation")
def stateless_random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """Multiply the saturation of RGB images by a factor that a seed decides.

    Args:
        image: `[..., height, width, 3]`.
        lower, upper: the factor is drawn from `[lower, upper)`.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor like `image`.

    Raises:
        ValueError: unless `0 <= lower < upper`.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_saturation(tf.ones([2, 2, 3]), 0.5, 1.5, seed=(1, 2)).shape
    TensorShape([2, 2, 3])
    """
    _check_order(lower, upper)
    return adjust_saturation(image, stateless_uniform([], seed, lower, upper))


# ---- JPEG quality ----


@export("image.adjust_jpeg_quality")
def adjust_jpeg_quality(
    image: Any, jpeg_quality: Any, dct_method: str = "", name: str | None = None
) -> Any:
    """Encode an RGB image as JPEG and decode it, with all that is lost on the way.

    Args:
        image: `[height, width, 3]` of any integer or floating dtype, or `[height, width, 1]`.
        jpeg_quality: integer, or int32 tensor of shape (), in 0 to 100.
        dct_method: see `tf.io.decode_jpeg`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        InvalidArgumentError: for another rank, or a quality out of range.

    >>> import tidefall as tf
    >>> tf.image.adjust_jpeg_quality(tf.zeros([2, 2, 3]), 75).shape
    TensorShape([2, 2, 3])
    """
    with name_scope(name or "adjust_jpeg_quality"):
        image = convert_to_tensor(image, name="image")
        channels = image.shape.as_list()[-1] if image.shape.rank else None
        original = image.dtype
        pixels = convert_image_dtype(image, dtypes.uint8, saturate=True)
        quality = convert_to_tensor(jpeg_quality, dtypes.int32)
        encoded = raw.EncodeJpegVariableQuality(pixels, quality)
        decoded = raw.DecodeJpeg(encoded, channels=channels or 0, dct_method=dct_method)
        return convert_image_dtype(decoded, original, saturate=True)


@export("image.random_jpeg_quality")
def random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: int | None = None
) -> Any:
    """Encode an image as JPEG of a random quality and decode it.

    Args:
        image: `[height, width, 1 or 3]`.
        min_jpeg_quality, max_jpeg_quality: the quality is drawn from `[min, max)`, in 0 to 100.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor like `image`.

    Raises:
        ValueError: for a range that is empty or not within 0 to 100.

    >>> import tidefall as tf
    >>> tf.image.random_jpeg_quality(tf.zeros([2, 2, 3]), 50, 90).shape
    TensorShape([2, 2, 3])
    """
    _check_quality(min_jpeg_quality, max_jpeg_quality)
    drawn = uniform([], min_jpeg_quality, max_jpeg_quality, seed=seed, dtype=dtypes.int32)
    return adjust_jpeg_quality(image, drawn)


@export("image.stateless_random_jpeg_quality")
def stateless_random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any
) -> Any:
    """Encode an image as JPEG, of a quality that a seed decides, and decode it.

    Args:
        image: `[height, width, 1 or 3]`.
        min_jpeg_quality, max_jpeg_quality: the quality is drawn from `[min, max)`, in 0 to 100.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor like `image`.

    Raises:
        ValueError: for a range that is empty or not within 0 to 100.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_jpeg_quality(tf.zeros([2, 2, 3]), 50, 90, seed=(1, 2)).shape
    TensorShape([2, 2, 3])
    """
    _check_quality(min_jpeg_quality, max_jpeg_quality)
    drawn = stateless_uniform([], seed, min_jpeg_quality, max_jpeg_quality, dtype=dtypes.int32)
    return adjust_jpeg_quality(image, drawn)


# ---- crops ----


def _random_crop(value: Any, size: Any, draw: Any, scope: str) -> Any:
    with name_scope(scope):
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtypes.int32, name="size")
        if value.shape.is_fully_defined():
            shape: Any = np.array(value.shape.as_list(), np.int32)
        else:
            shape = raw.Shape(value)
        wanted = known_value(size)
        if isinstance(shape, np.ndarray) and wanted is not None:
            if shape.shape != wanted.shape or not (shape >= wanted).all():
                raise invalid(
                    f"Need value.shape >= size, got {shape.tolist()} and {wanted.tolist()}"
                )
        else:
            every = raw.All(raw.GreaterEqual(shape, size), np.array([0], np.int32))
            raw.Assert(every, ["Need value.shape >= size, got ", shape, size])
        limit = shape - size + 1
        rank = raw.Shape(convert_to_tensor(shape))
        offset = raw.FloorMod(draw(rank, dtypes.int32.max), limit)
        cut = raw.Slice(value, offset, size)
        if wanted is not None:
            cut.set_shape(wanted.tolist())
        return cut


@export("image.random_crop")
def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Any:
    """Cut a piece of a given size out of a tensor, at a random place.

    Args:
        value: tensor of any rank.
        size: int32 vector, one length for each dimension of `value`.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `size` and the same dtype.

    Raises:
        InvalidArgumentError: if the piece is larger than the tensor.

    >>> import tidefall as tf
    >>> tf.image.random_crop(tf.zeros([4, 5, 3]), [2, 2, 3]).shape
    TensorShape([2, 2, 3])
    """
    return _random_crop(
        value,
        size,
        lambda shape, high: uniform(shape, maxval=high, dtype=dtypes.int32, seed=seed),
        name or "random_crop",
    )


@export("image.stateless_random_crop")
def stateless_random_crop(value: Any, size: Any, seed: Any, name: str | None = None) -> Any:
    """Cut a piece of a given size out of a tensor, at a place that a seed decides.

    Args:
        value: tensor of any rank.
        size: int32 vector, one length for each dimension of `value`.
        seed: two integers; the same seed gives the same result.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `size` and the same dtype.

    Raises:
        InvalidArgumentError: if the piece is larger than the tensor.

    >>> import tidefall as tf
    >>> image = tf.reshape(tf.range(9), [3, 3, 1])
    >>> tf.image.stateless_random_crop(image, [1, 2, 1], seed=(1, 2))[:, :, 0].numpy()
    array([[4, 5]], dtype=int32)
    """
    return _random_crop(
        value,
        size,
        lambda shape, high: stateless_uniform(
            shape, seed, minval=0, maxval=high, dtype=dtypes.int32
        ),
        name or "stateless_random_crop",
    )
