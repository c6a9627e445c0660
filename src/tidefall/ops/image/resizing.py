"""Resizing images: `tf.image.resize` and its relatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.common import known_value
from tidefall.ops.image.common import as_batch, size_of, static, unbatch
from tidefall.ops.image.cropping import pad_to_bounding_box, resize_with_crop_or_pad
from tidefall.ops.image.resize_ops import (
    resize_area_op,
    resize_bicubic_op,
    resize_bilinear_op,
    resize_nearest_op,
)
from tidefall.ops.image.scale_and_translate import scale_and_translate_op
from tidefall.tensor.conversion import convert_to_tensor


@export("image.ResizeMethod")
class ResizeMethod:
    """Names of the ways to resize, for `tf.image.resize`.

    >>> import tidefall as tf
    >>> tf.image.ResizeMethod.BICUBIC
    'bicubic'
    """

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


_KERNELS = ("lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def _by_kernel(images: Any, size: Any, kernel: str, antialias: bool) -> Any:
    cast = raw.Cast
    dims = images.shape[1:3]
    now: Any = np.array(dims.as_list(), np.float32) if dims.is_fully_defined() else None
    wanted = known_value(size)
    if now is not None and wanted is not None and (now > 0).all():
        scale: Any = wanted.astype(np.float32) / now
    else:
        if now is None:
            now = cast(raw.Shape(images)[1:3], DstT=dtypes.float32)
        scale = cast(size, DstT=dtypes.float32) / now
    return scale_and_translate_op(
        images, size, scale, np.zeros(2, np.float32), kernel_type=kernel, antialias=antialias
    )


def _resized(images: Any, size: Any, method: str, antialias: bool) -> Any:
    if method == "nearest":
        return resize_nearest_op(images, size, half_pixel_centers=True)
    if method == "area":
        return resize_area_op(images, size)
    if method == "bilinear":
        if antialias:
            return _by_kernel(images, size, "triangle", True)
        return resize_bilinear_op(images, size, half_pixel_centers=True)
    if method == "bicubic":
        if antialias:
            return _by_kernel(images, size, "keyscubic", True)
        return resize_bicubic_op(images, size, half_pixel_centers=True)
    if method in _KERNELS:
        return _by_kernel(images, size, method, antialias)
    raise ValueError(f"Resize method is not implemented: {method}")


def _size_tensor(size: Any) -> Any:
    try:
        size = convert_to_tensor(size, dtypes.int32, name="size")
    except (TypeError, ValueError):
        raise ValueError("'size' must be a 1-D int32 Tensor") from None
    if not size.shape.is_compatible_with([2]):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    return size


def _kept_ratio(images: Any, size: Any) -> Any:
    """The largest size within the given one that has the ratio of the images."""
    height, width = size_of(images, 1), size_of(images, 2)
    wanted = known_value(size)
    if isinstance(height, int) and isinstance(width, int) and wanted is not None:
        scale = min(np.float32(wanted[0]) / height, np.float32(wanted[1]) / width)
        return np.array([np.rint(scale * height), np.rint(scale * width)], np.int32)
    cast = raw.Cast
    now = cast(raw.Shape(images)[1:3], DstT=dtypes.float32)
    scales = cast(size, DstT=dtypes.float32) / now
    scale = raw.Minimum(scales[0], scales[1])
    return cast(raw.Round(scale * now), DstT=dtypes.int32)


def size_within(images: Any, size: Any, preserve_aspect_ratio: bool) -> Any:
    """The height and width to make: `size`, or the largest within it of the images' ratio."""
    size = _size_tensor(size)
    return convert_to_tensor(_kept_ratio(images, size)) if preserve_aspect_ratio else size


def has_size(images: Any, size: Any) -> bool:
    """Whether a batch of images is known to have a height and width."""
    wanted = known_value(size)
    return wanted is not None and wanted.tolist() == [size_of(images, 1), size_of(images, 2)]


@export("image.resize", dispatch=OTHER)
def resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """Resize images.

    Args:
        images: `[batch, height, width, channels]` or `[height, width, channels]`.
        size: int32 vector, the new height and width.
        method: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or
            "mitchellcubic"; see `tf.image.ResizeMethod`.
        preserve_aspect_ratio: keep the ratio of height and width; `size` is then a limit.
        antialias: take all pixels into account when shrinking; "nearest" and "area" ignore it.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the new size; float32, except that "nearest" keeps the dtype.

    Raises:
        ValueError: for images of another rank, a `size` that is not two integers, another method.
        InvalidArgumentError: for an empty image or a size that is not positive.

    >>> import tidefall as tf
    >>> image = tf.constant([[[0.0], [4.0]]])
    >>> tf.image.resize(image, [1, 4])[0, :, 0].numpy()
    array([0., 1., 3., 4.], dtype=float32)
    """
    with name_scope(name or "resize"):
        images = convert_to_tensor(images, name="images")
        images, single = as_batch(images)
        size = size_within(images, size, preserve_aspect_ratio)
        if isinstance(method, bytes):
            method = method.decode()
        return unbatch(_resized(images, size, method, antialias), single)


@export("image.resize_with_pad")
def resize_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    antialias: bool = False,
) -> Any:
    """Resize images without distorting them, and fill up with zeros on both sides.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        target_height, target_width: the new size.
        method: see `tf.image.resize`.
        antialias: see `tf.image.resize`.

    Returns:
        A tensor of the new size; float32, except that "nearest" keeps the dtype.

    Raises:
        ValueError: for images of another rank or a size that is not positive.

    >>> import tidefall as tf
    >>> tf.image.resize_with_pad(tf.ones([1, 2, 1]), 2, 2)[:, :, 0].numpy()
    array([[1., 1.],
           [0., 0.]], dtype=float32)
    """

    def resized(image: Any, size: Any) -> Any:
        return resize(image, size, method, antialias=antialias)

    return resized_and_padded(image, target_height, target_width, resized)


def resized_and_padded(
    image: Any, target_height: Any, target_width: Any, resized: Callable[[Any, Any], Any]
) -> Any:
    """The largest image of the same ratio within a size, made by `resized`, with zeros around."""
    with name_scope("resize_with_pad"):
        image, single = as_batch(convert_to_tensor(image, name="image"))
        for name, value in (("target_width", target_width), ("target_height", target_height)):
            known = static(value)
            if known is not None and known <= 0:
                raise ValueError(f"{name} must be > 0.")
        height, width = size_of(image, 1), size_of(image, 2)
        known = [static(target_height), static(target_width)]
        if isinstance(height, int) and isinstance(width, int) and None not in known:
            now = np.array([height, width], np.float32)
            wanted = np.array(known, np.float32)
            exact = now / (now / wanted).max()
            size: Any = np.floor(exact).astype(np.int32)
            before = np.maximum(np.floor((wanted - exact) / np.float32(2)), 0)
            offset: Any = [int(v) for v in before]
        else:
            size, offset = _padded_size(height, width, target_height, target_width)
        inner = resized(image, size)
        padded = pad_to_bounding_box(inner, offset[0], offset[1], target_height, target_width)
        return unbatch(padded, single)


def _padded_size(height: Any, width: Any, target_height: Any, target_width: Any) -> Any:
    cast = raw.Cast

    def single(value: Any) -> Any:
        return cast(convert_to_tensor(value), DstT=dtypes.float32)

    now = raw.Pack([single(height), single(width)])
    wanted = raw.Pack([single(target_height), single(target_width)])
    ratios = now / wanted
    ratio = raw.Maximum(ratios[0], ratios[1])
    floor, zero = raw.Floor, np.zeros((), np.float32)
    exact = now / ratio
    before = raw.Maximum(floor((wanted - exact) / np.float32(2)), zero)
    return cast(floor(exact), DstT=dtypes.int32), cast(before, DstT=dtypes.int32)


__all__ = ["ResizeMethod", "resize", "resize_with_crop_or_pad", "resize_with_pad"]
