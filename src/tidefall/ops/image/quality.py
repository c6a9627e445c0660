"""How alike images are and how much they vary: PSNR, SSIM, total variation, edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.common import invalid
from tidefall.ops.image.colour import convert_image_dtype
from tidefall.ops.image.common import size_of
from tidefall.ops.math.cast import cast
from tidefall.tensor.conversion import convert_to_tensor

_PIXELS = np.array([-3, -2], np.int32)
_ALL = np.array([-3, -2, -1], np.int32)

# ---- two images ----


def _check_pair(first: Any, second: Any) -> None:
    """Raise ValueError unless height, width and channels agree and batches broadcast."""
    one, two = first.shape, second.shape
    for shape in (one, two):
        if shape.rank is not None and shape.rank < 3:
            raise ValueError(f"Shape {shape} must have rank at least 3")
    if one.rank is None or two.rank is None:
        return
    if not one[-3:].is_compatible_with(two[-3:]):
        raise ValueError(f"Shapes {one[-3:]} and {two[-3:]} are incompatible")
    batches = zip(reversed(one.as_list()[:-3]), reversed(two.as_list()[:-3]), strict=False)
    for a, b in batches:
        if None not in (a, b) and a != b and 1 not in (a, b):
            raise ValueError(f"Two images are not compatible: {one} and {two}")


def _pair(first: Any, second: Any, largest: Any) -> tuple[Any, Any, Any]:
    """Both images and the largest value, all float32."""
    largest = convert_image_dtype(cast(largest, first.dtype), dtypes.float32)
    first, second = (convert_image_dtype(x, dtypes.float32) for x in (first, second))
    return first, second, largest


@export("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Any:
    """Peak signal-to-noise ratio between images, in decibels.

    Args:
        a, b: `[..., height, width, channels]` of the same dtype.
        max_val: the largest value there may be, such as 1.0 or 255.
        name: name scope of the nodes in a graph.

    Returns:
        A float32 tensor `[...]`; infinite for equal images.

    Raises:
        ValueError, InvalidArgumentError: for shapes that do not fit together.

    >>> import tidefall as tf
    >>> tf.image.psnr(tf.zeros([2, 2, 1]), tf.fill([2, 2, 1], 0.1), max_val=1.0).numpy().round(3)
    np.float32(20.0)
    """
    with name_scope(name or "PSNR"):
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        a, b, largest = _pair(a, b, max_val)
        error = raw.Mean(raw.SquaredDifference(a, b), _ALL)
        log = raw.Log
        peak = log(largest) * np.float32(20 / math.log(10))
        ratio = peak - log(error) * np.float32(10 / math.log(10))
        _check_pair(a, b)
        return ratio


# ---- structural similarity ----


def _window(size: int, sigma: float) -> np.ndarray:
    """A Gaussian of `size` points that adds up to 1."""
    at = np.arange(size, dtype=np.float32) - np.float32(size - 1) / 2
    curve = np.exp(-(at * at) / np.float32(2 * sigma * sigma))
    return (curve / curve.sum()).astype(np.float32)


def _blurred(x: Any, window: np.ndarray) -> Any:
    """Weighted means under the window, rows and columns one after the other: `[..., h, w, c]`."""
    shape = raw.Shape(x)
    channels = size_of(x, -1)
    concat, reshape = raw.ConcatV2, raw.Reshape
    flat = reshape(x, concat([np.array([-1], np.int32), shape[-3:]], 0))
    for dims in ((len(window), 1, 1, 1), (1, len(window), 1, 1)):
        times = convert_to_tensor([1, 1, channels, 1], dtypes.int32)
        filters = raw.Tile(window.reshape(dims), times)
        flat = raw.DepthwiseConv2dNative(flat, filters, strides=[1, 1, 1, 1], padding="VALID")
    blurred = reshape(flat, concat([shape[:-3], raw.Shape(flat)[1:]], 0))
    if x.shape.rank is not None:
        blurred.set_shape([*x.shape.as_list()[:-3], *flat.shape.as_list()[1:]])
    return blurred


def _similarity(
    x: Any, y: Any, largest: Any, window: np.ndarray, k1: float, k2: float
) -> tuple[Any, Any]:
    """Luminance, and contrast and structure, at each position and in each channel."""
    _check_window(x, len(window))
    c1, c2 = (k1 * largest) ** 2, (k2 * largest) ** 2
    mean_x, mean_y = _blurred(x, window), _blurred(y, window)
    product = mean_x * mean_y * 2.0
    squares = mean_x * mean_x + mean_y * mean_y
    luminance = (product + c1) / (squares + c1)
    both = _blurred(x * y, window) * 2.0
    apart = _blurred(x * x + y * y, window)
    return luminance, (both - product + c2) / (apart - squares + c2)


def _check_window(x: Any, size: int) -> None:
    sizes = [None, None] if x.shape.rank is None else x.shape.as_list()[-3:-1]
    if any(s is not None and s < size for s in sizes):
        raise invalid(
            f"Images must be at least as large as the filter of size {size}, "
            f"got height and width {sizes}"
        )


@export("image.ssim")
def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    """Structural similarity of images.

    Reference: Wang et al., "Image quality assessment: from error visibility to structural
    similarity", 2004. There is no padding: the images must be as large as the window.

    Args:
        img1, img2: `[..., height, width, channels]` of the same dtype.
        max_val: the largest value there may be, such as 1.0 or 255.
        filter_size: width of the Gaussian window.
        filter_sigma: its deviation.
        k1, k2: keep denominators away from 0.
        return_index_map: return the similarity at each position instead of its mean.

    Returns:
        A float32 tensor `[...]` of numbers up to 1; or `[..., rows, columns]`.

    Raises:
        ValueError, InvalidArgumentError: for shapes that do not fit, or images that are too small.

    >>> import tidefall as tf
    >>> image = tf.random.uniform([16, 16, 3])
    >>> tf.image.ssim(image, image, max_val=1.0).numpy().round(3)
    np.float32(1.0)
    """
    with name_scope("SSIM"):
        img1, img2 = convert_to_tensor(img1, name="img1"), convert_to_tensor(img2, name="img2")
        _check_pair(img1, img2)
        img1, img2, largest = _pair(img1, img2, max_val)
        window = _window(int(filter_size), float(filter_sigma))
        luminance, structure = _similarity(img1, img2, largest, window, k1, k2)
        axes = np.array([-1], np.int32) if return_index_map else _ALL
        return raw.Mean(luminance * structure, axes)


def _halved(x: Any) -> Any:
    """Means of 2x2 pixels; an odd size is made even by repeating the last row or column."""
    shape = raw.Shape(x)
    concat, reshape = raw.ConcatV2, raw.Reshape
    flat = reshape(x, concat([np.array([-1], np.int32), shape[-3:]], 0))
    sizes = [size_of(flat, 1), size_of(flat, 2)]
    if not all(isinstance(s, int) and s % 2 == 0 for s in sizes):
        extra = [s % 2 for s in sizes]
        amounts = convert_to_tensor([[0, 0], [0, extra[0]], [0, extra[1]], [0, 0]], dtypes.int32)
        flat = raw.MirrorPad(flat, amounts, mode="SYMMETRIC")
    pooled = raw.AvgPool(flat, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    halved = reshape(pooled, concat([shape[:-3], raw.Shape(pooled)[1:]], 0))
    if x.shape.rank is not None:
        halved.set_shape([*x.shape.as_list()[:-3], *pooled.shape.as_list()[1:]])
    return halved


_MS_SSIM_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@export("image.ssim_multiscale")
def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = _MS_SSIM_POWERS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """Structural similarity of images at several scales, each half the one before.

    Reference: Wang et al., "Multiscale structural similarity for image quality assessment", 2003.

    Args:
        img1, img2: `[..., height, width, channels]` of the same dtype.
        max_val: the largest value there may be, such as 1.0 or 255.
        power_factors: a weight for each scale.
        filter_size: width of the Gaussian window; the smallest scale must be as large.
        filter_sigma: its deviation.
        k1, k2: keep denominators away from 0.

    Returns:
        A float32 tensor `[...]` of numbers in 0 to 1.

    Raises:
        ValueError, InvalidArgumentError: for shapes that do not fit, or images that are too small.

    >>> import tidefall as tf
    >>> image = tf.random.uniform([1, 32, 32, 3])
    >>> tf.image.ssim_multiscale(image, image, 1.0, power_factors=(0.5, 0.5)).numpy().round(3)
    array([1.], dtype=float32)
    """
    with name_scope("MS-SSIM"):
        img1, img2 = convert_to_tensor(img1, name="img1"), convert_to_tensor(img2, name="img2")
        _check_pair(img1, img2)
        img1, img2, largest = _pair(img1, img2, max_val)
        window = _window(int(filter_size), float(filter_sigma))
        parts: list[Any] = []
        last = len(power_factors) - 1
        average, relu = raw.Mean, raw.Relu
        for scale in range(last + 1):
            if scale:
                img1, img2 = _halved(img1), _halved(img2)
            luminance, structure = _similarity(img1, img2, largest, window, k1, k2)
            kept = luminance * structure if scale == last else structure
            parts.append(relu(average(kept, _PIXELS)))
        powers = np.array(power_factors, np.float32)
        raised = raw.Pow(raw.Pack(parts, axis=-1), powers)
        channels = raw.Prod(raised, np.array([-1], np.int32))
        return average(channels, np.array([-1], np.int32))


# ---- one image ----


@export("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Any:
    """Sum of the absolute differences between neighbouring pixels.

    Args:
        images: `[batch, height, width, channels]` or `[height, width, channels]`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor `[batch]`, or of shape (), of the same dtype.

    Raises:
        ValueError: for another rank.

    >>> import tidefall as tf
    >>> tf.image.total_variation([[[1.0], [3.0], [0.0]]]).numpy()
    np.float32(5.0)
    """
    with name_scope(name or "total_variation"):
        images = convert_to_tensor(images, name="images")
        rank = images.shape.rank
        if rank not in (3, 4):
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        down = images[..., 1:, :, :] - images[..., :-1, :, :]
        across = images[..., 1:, :] - images[..., :-1, :]
        total, size = raw.Sum, raw.Abs
        return total(size(down), _ALL) + total(size(across), _ALL)


@export("image.image_gradients")
def image_gradients(image: Any) -> Any:
    """Differences to the next row and to the next column.

    Args:
        image: `[batch, height, width, channels]`.

    Returns:
        `(dy, dx)`, both like `image`; the last row of `dy` and the last column of `dx` are 0.

    Raises:
        ValueError: for another rank.

    >>> import tidefall as tf
    >>> dy, dx = tf.image.image_gradients([[[[1], [3]], [[6], [9]]]])
    >>> dy[0, :, :, 0].numpy()
    array([[5, 6],
           [0, 0]], dtype=int32)
    """
    image = convert_to_tensor(image, name="image")
    if image.shape.rank != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.shape}."
        )
    pad = raw.Pad
    below = np.array([[0, 0], [0, 1], [0, 0], [0, 0]], np.int32)
    right = np.array([[0, 0], [0, 0], [0, 1], [0, 0]], np.int32)
    dy = pad(image[:, 1:] - image[:, :-1], below)
    dx = pad(image[:, :, 1:] - image[:, :, :-1], right)
    for part in (dy, dx):
        if not part.shape.is_fully_defined():
            part.set_shape(image.shape)
    return dy, dx


_SOBEL = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32)


@export("image.sobel_edges")
def sobel_edges(image: Any) -> Any:
    """Edges as Sobel's filters see them.

    Args:
        image: floating tensor `[batch, height, width, channels]`, at least 2 by 2.

    Returns:
        A tensor `[batch, height, width, channels, 2]`: the change down, and across.

    Raises:
        InvalidArgumentError: for another rank.

    >>> import tidefall as tf
    >>> tf.image.sobel_edges(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0, 1, 1, 0].numpy()
    array([24.,  8.], dtype=float32)
    """
    image = convert_to_tensor(image, name="image")
    around = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    padded = raw.MirrorPad(image, around, mode="REFLECT")
    filters = np.stack([_SOBEL, _SOBEL.T], -1)[:, :, None]
    channels = size_of(image, 3)
    times = convert_to_tensor([1, 1, channels, 1], dtypes.int32)
    kernel = raw.Tile(cast(filters, image.dtype), times)
    edges = raw.DepthwiseConv2dNative(padded, kernel, strides=[1, 1, 1, 1], padding="VALID")
    shape = raw.ConcatV2([raw.Shape(image), np.array([2], np.int32)], 0)
    result = raw.Reshape(edges, shape)
    if image.shape.rank is not None:
        result.set_shape([*image.shape.as_list(), 2])
    return result
