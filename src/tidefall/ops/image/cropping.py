"""Cutting images and filling them up with zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.image.common import as_batch, check_at_least_3d, size_of, static, unbatch
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def _scalar(value: Any) -> Any:
    """An int32 scalar: a Python integer where it is known."""
    known = static(value) if not isinstance(value, float) else None
    if known is not None:
        return known
    tensor = convert_to_tensor(value)
    return tensor if tensor.dtype == dtypes.int32 else raw.Cast(tensor, DstT=dtypes.int32)


def _require(condition: Any, message: str) -> None:
    """Raise ValueError where a condition is known to fail, InvalidArgumentError when it runs."""
    if isinstance(condition, Tensor):
        raw.Assert(condition, [message])
    elif not condition:
        raise ValueError(message)


def _vector(values: list[Any]) -> Any:
    if all(isinstance(v, int) for v in values):
        return np.array(values, np.int32)
    return raw.Pack([convert_to_tensor(v, dtypes.int32) for v in values])


@export("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Put images into larger ones of zeros.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        offset_height, offset_width: rows of zeros above, columns of zeros on the left.
        target_height, target_width: the new size.

    Returns:
        A tensor of the new size and the same dtype.

    Raises:
        ValueError: for another rank, a negative offset, or a size the image does not fit into.

    >>> import tidefall as tf
    >>> tf.image.pad_to_bounding_box(tf.ones([1, 1, 1]), 0, 1, 1, 3)[:, :, 0].numpy()
    array([[0., 1., 0.]], dtype=float32)
    """
    with name_scope("pad_to_bounding_box"):
        image, single = as_batch(convert_to_tensor(image, name="image"))
        check_at_least_3d(image)
        height, width = size_of(image, 1), size_of(image, 2)
        above, left = _scalar(offset_height), _scalar(offset_width)
        rows, columns = _scalar(target_height), _scalar(target_width)
        below = rows - above - height
        right = columns - left - width
        _require(above >= 0, "offset_height must be >= 0")
        _require(left >= 0, "offset_width must be >= 0")
        _require(below >= 0, "height must be <= target - offset")
        _require(right >= 0, "width must be <= target - offset")
        amounts = _vector([0, 0, above, below, left, right, 0, 0])
        padded = raw.Pad(image, raw.Reshape(amounts, np.array([4, 2], np.int32)))
        return unbatch(_sized(padded, image, rows, columns), single)


def _sized(result: Any, image: Any, rows: Any, columns: Any) -> Any:
    """Tell a graph the size of a result where it is known."""
    if not result.shape.is_fully_defined():
        known = [v if isinstance(v, int) else None for v in (rows, columns)]
        result.set_shape([image.shape[0], *known, image.shape[3]])
    return result


@export("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Cut a rectangle out of images.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        offset_height, offset_width: the first row and column of the rectangle.
        target_height, target_width: its size.

    Returns:
        A tensor of the new size and the same dtype.

    Raises:
        ValueError: for another rank, or a rectangle that is not inside the image.

    >>> import tidefall as tf
    >>> image = tf.reshape(tf.range(9), [3, 3, 1])
    >>> tf.image.crop_to_bounding_box(image, 1, 0, 1, 2)[:, :, 0].numpy()
    array([[3, 4]], dtype=int32)
    """
    with name_scope("crop_to_bounding_box"):
        image, single = as_batch(convert_to_tensor(image, name="image"))
        check_at_least_3d(image)
        height, width = size_of(image, 1), size_of(image, 2)
        above, left = _scalar(offset_height), _scalar(offset_width)
        rows, columns = _scalar(target_height), _scalar(target_width)
        _require(left >= 0, "offset_width must be >= 0.")
        _require(above >= 0, "offset_height must be >= 0.")
        _require(columns > 0, "target_width must be > 0.")
        _require(rows > 0, "target_height must be > 0.")
        _require(width - (columns + left) >= 0, "width must be >= target + offset.")
        _require(height - (rows + above) >= 0, "height must be >= target + offset.")
        cut = raw.Slice(image, _vector([0, above, left, 0]), _vector([-1, rows, columns, -1]))
        return unbatch(_sized(cut, image, rows, columns), single)


@export("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Any:
    """Cut off the same share of an image on all sides.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        central_fraction: what to keep of height and width: a number in (0, 1], or a scalar tensor.

    Returns:
        The middle of the image.

    Raises:
        ValueError: for a fraction out of range, or another rank.

    >>> import tidefall as tf
    >>> image = tf.reshape(tf.range(16), [4, 4, 1])
    >>> tf.image.central_crop(image, 0.5)[:, :, 0].numpy()
    array([[ 5,  6],
           [ 9, 10]], dtype=int32)
    """
    with name_scope("central_crop"):
        image = convert_to_tensor(image, name="image")
        if isinstance(central_fraction, str):
            raise TypeError(f"central_fraction must be a number, got {central_fraction!r}")
        fraction = None if isinstance(central_fraction, Tensor) else float(central_fraction)
        if fraction is not None and not 0.0 < fraction <= 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        if fraction == 1.0:
            return image
        rank = image.shape.rank
        if rank is not None and rank < 3:
            raise ValueError(f"`image` must have either 3 or 4 dimensions, got {rank}.")
        batch, single = as_batch(image)
        starts, sizes = [], []
        for axis in (1, 2):
            start, size = _middle(size_of(batch, axis), fraction, central_fraction)
            starts.append(start)
            sizes.append(size)
        cut = raw.Slice(batch, _vector([0, *starts, 0]), _vector([-1, *sizes, -1]))
        return unbatch(_sized(cut, batch, *sizes), single)


def _middle(length: Any, fraction: float | None, given: Any) -> tuple[Any, Any]:
    if fraction is not None and isinstance(length, int):
        start = int((length - length * fraction) / 2)
        return start, length - 2 * start
    cast = raw.Cast
    whole = cast(convert_to_tensor(length), DstT=dtypes.float64)
    if fraction is None:
        share: Any = cast(convert_to_tensor(given), DstT=dtypes.float64)
    else:
        share = np.float64(fraction)
    start = cast((whole - whole * share) / np.float64(2), DstT=dtypes.int32)
    return start, length - start * 2


@export("image.resize_with_crop_or_pad")
def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """Bring images to a size by cutting them or filling them up with zeros, around the middle.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        target_height, target_width: the new size.

    Returns:
        A tensor of the new size and the same dtype.

    Raises:
        ValueError: for another rank, or a size that is not positive.

    >>> import tidefall as tf
    >>> image = tf.reshape(tf.range(1, 4), [1, 3, 1])
    >>> tf.image.resize_with_crop_or_pad(image, 1, 5)[:, :, 0].numpy()
    array([[0, 1, 2, 3, 0]], dtype=int32)
    """
    with name_scope("resize_image_with_crop_or_pad"):
        image, single = as_batch(convert_to_tensor(image, name="image"))
        check_at_least_3d(image)
        rows, columns = _scalar(target_height), _scalar(target_width)
        _require(columns > 0, "target_width must be > 0.")
        _require(rows > 0, "target_height must be > 0.")
        height, width = size_of(image, 1), size_of(image, 2)
        above, below = _largest(0, (height - rows) // 2), _largest(0, (rows - height) // 2)
        left, right = _largest(0, (width - columns) // 2), _largest(0, (columns - width) // 2)
        cut = crop_to_bounding_box(
            image, above, left, _smallest(rows, height), _smallest(columns, width)
        )
        padded = pad_to_bounding_box(cut, below, right, rows, columns)
        return unbatch(_sized(padded, image, rows, columns), single)


def _largest(x: Any, y: Any) -> Any:
    plain = isinstance(x, int) and isinstance(y, int)
    return max(x, y) if plain else raw.Maximum(x, y)


def _smallest(x: Any, y: Any) -> Any:
    plain = isinstance(x, int) and isinstance(y, int)
    return min(x, y) if plain else raw.Minimum(x, y)
