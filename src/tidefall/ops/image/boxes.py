"""Boxes drawn into images, boxes drawn by lot, and glimpses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text

F = np.float32
_COLOURS = np.array(
    [
        [1, 1, 0, 1],  # yellow
        [0, 0, 1, 1],  # blue
        [1, 0, 0, 1],  # red
        [0, 1, 0, 1],  # lime
        [0.5, 0, 0.5, 1],  # purple
        [0.5, 0.5, 0, 1],  # olive
        [0.5, 0, 0, 1],  # maroon
        [0, 0, 0.5, 1],  # navy
        [0, 1, 1, 1],  # aqua
        [1, 0, 1, 1],  # fuchsia
    ],
    F,
)

# ---- drawing ----


def _draw(images: np.ndarray, boxes: np.ndarray, colours: np.ndarray) -> np.ndarray:
    if images.ndim != 4:
        raise invalid(f"The rank of the images should be 4, got shape {shape_text(images.shape)}")
    if boxes.ndim != 3 or boxes.shape[2] != 4:
        raise invalid(f"boxes must be [batch, boxes, 4], got shape {shape_text(boxes.shape)}")
    if boxes.shape[0] != images.shape[0]:
        raise invalid("The batch sizes of images and boxes should be the same")
    depth = images.shape[3]
    if depth not in (1, 3, 4):
        raise invalid(f"Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA), got {depth}")
    drawn = images.copy()
    for image, own in zip(drawn, boxes, strict=True):
        for number, box in enumerate(own):
            _outline(image, box, colours[number % len(colours)][:depth])
    return drawn


def _outline(image: np.ndarray, box: np.ndarray, colour: np.ndarray) -> None:
    height, width = image.shape[:2]
    y1, y2 = (int(box[i] * F(height - 1)) for i in (0, 2))
    x1, x2 = (int(box[i] * F(width - 1)) for i in (1, 3))
    if y1 > y2 or x1 > x2 or y1 >= height or y2 < 0 or x1 >= width or x2 < 0:
        return
    rows = slice(max(y1, 0), min(y2, height - 1) + 1)
    columns = slice(max(x1, 0), min(x2, width - 1) + 1)
    if y1 >= 0:
        image[y1, columns] = colour
    if y2 < height:
        image[y2, columns] = colour
    if x1 >= 0:
        image[rows, x1] = colour
    if x2 < width:
        image[rows, x2] = colour


def _draw_default(images: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    grey = images.ndim == 4 and images.shape[3] == 1
    return _draw(images, boxes, np.ones((1, 1), F) if grey else _COLOURS)


def _draw_coloured(images: np.ndarray, boxes: np.ndarray, colors: np.ndarray) -> np.ndarray:
    if not colors.size:
        return _draw_default(images, boxes)
    if colors.ndim != 2:
        raise invalid(f"colors must be a 2-D matrix, got shape {shape_text(colors.shape)}")
    depth = images.shape[3] if images.ndim == 4 else 1
    if colors.shape[1] < depth:
        raise invalid(f"colors must have {depth} columns or more, got {colors.shape[1]}")
    return _draw(images, boxes, colors)


def _drawn_shape(c: Inference) -> TensorShape:
    images, boxes = c.shape(0), c.shape(1)
    if images.rank not in (None, 4) or boxes.rank not in (None, 3):
        raise ValueError(
            f"images must be 4-D and boxes 3-D, got {shape_text(images)}, {shape_text(boxes)}"
        )
    return images


draw_boxes_op = op(
    "DrawBoundingBoxes",
    shape=_drawn_shape,
    host=_draw_default,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
draw_boxes_v2_op = op(
    "DrawBoundingBoxesV2",
    shape=_drawn_shape,
    host=_draw_coloured,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("image.draw_bounding_boxes")
def draw_bounding_boxes(images: Any, boxes: Any, colors: Any, name: str | None = None) -> Any:
    """Draw the outlines of boxes into images.

    Args:
        images: float16 or float32 `[batch, height, width, 1, 3 or 4]`.
        boxes: float32 `[batch, boxes, 4]`: `y1, x1, y2, x2`, all in 0 to 1.
        colors: float32 `[colours, channels]`, used in turn; None takes ten colours of its own.
        name: name of the node in a graph.

    Returns:
        A tensor like `images`.

    Raises:
        InvalidArgumentError: for other shapes.

    >>> import tidefall as tf
    >>> boxes = [[[0.0, 0.0, 1.0, 1.0]]]
    >>> image = tf.zeros([1, 3, 3, 3])
    >>> tf.image.draw_bounding_boxes(image, boxes, [[1.0, 0.0, 0.0]])[0, :, :, 0].numpy()
    array([[1., 1., 1.],
           [1., 0., 1.],
           [1., 1., 1.]], dtype=float32)
    """
    if colors is None:
        return draw_boxes_op(images, boxes, name=name)
    return draw_boxes_v2_op(images, boxes, colors, name=name)


# ---- glimpses ----


def _glimpse(fixed: bool) -> Callable[..., np.ndarray]:
    def host(
        input: np.ndarray,
        size: np.ndarray,
        offsets: np.ndarray,
        *,
        centered: bool,
        normalized: bool,
        uniform_noise: bool,
        noise: str,
    ) -> np.ndarray:
        if input.ndim != 4:
            raise invalid(f"input must be 4-dimensional, got shape {shape_text(input.shape)}")
        if size.shape != (2,):
            raise invalid(f"input must be a vector of size 2, got {shape_text(size.shape)}")
        height, width = (int(v) for v in size)
        if height <= 0 or width <= 0:
            raise invalid(f"glimpse height and width must be positive, got {height} x {width}")
        if offsets.shape != (input.shape[0], 2):
            raise invalid(f"offsets must be [batch, 2], got shape {shape_text(offsets.shape)}")
        taken = [
            _look(image, offset, (height, width), centered, normalized, noise, fixed)
            for image, offset in zip(input, offsets, strict=True)
        ]
        return np.stack(taken) if taken else np.zeros((0, height, width, input.shape[3]), F)

    return host


def _look(
    image: np.ndarray,
    offset: np.ndarray,
    size: tuple[int, int],
    centered: bool,
    normalized: bool,
    noise: str,
    fixed: bool,
) -> np.ndarray:
    starts, inside, outside = [], [], []
    for axis in (0, 1):
        length, want, at = image.shape[axis], size[axis], F(offset[axis])
        if normalized:
            at = at * F(length)
        if centered:
            if normalized or not fixed:
                at = at / F(2)
            at = at + F(length) / F(2)
        # The old op moves every window up by half its size, the new one only those that count
        # from the middle in shares of the image.
        if not fixed or (centered and normalized):
            at = at - F(want) / F(2)
        start = int(at)
        starts.append(start)
        low, high = max(start, 0), min(start + want, length)
        inside.append(slice(low, max(high, low)))
        outside.append(slice(low - start, low - start + max(high - low, 0)))
    glimpse = _noise(image, size, noise)
    glimpse[tuple(outside)] = image[tuple(inside)]
    return glimpse


def _noise(image: np.ndarray, size: tuple[int, int], noise: str) -> np.ndarray:
    shape = (*size, image.shape[2])
    if noise == "zero":
        return np.zeros(shape, F)
    generator = np.random.default_rng()
    if noise == "uniform":
        return generator.uniform(image.min(), image.max(), shape).astype(F)
    if noise == "gaussian":
        return generator.normal(image.mean(), image.std(), shape).astype(F)
    raise invalid(f"Unknown noise {noise!r}, expected 'uniform', 'gaussian' or 'zero'")


def _glimpse_shape(c: Inference) -> TensorShape:
    images, size = c.shape(0), c.constant(1)
    if images.rank not in (None, 4):
        raise ValueError(f"input must be 4-D, got shape {shape_text(images)}")
    height, width = (None, None) if size is None else (int(v) for v in size)
    batch, _, _, channels = images.with_rank(4)
    return TensorShape([batch, height, width, channels])


extract_glimpse_op = op(
    "ExtractGlimpse",
    shape=_glimpse_shape,
    host=_glimpse(False),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
extract_glimpse_v2_op = op(
    "ExtractGlimpseV2",
    shape=_glimpse_shape,
    host=_glimpse(True),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("image.extract_glimpse")
def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    noise: str = "uniform",
    name: str | None = None,
) -> Any:
    """Cut a window out of each image; what lies outside of the image is noise.

    Args:
        input: float32 `[batch, height, width, channels]`.
        size: int32 `[2]`: height and width of the windows.
        offsets: float32 `[batch, 2]`: where each window is, down and across.
        centered: offsets count from the middle of the image to that of the window.
        normalized: offsets are in -1 to 1 (or 0 to 1, not centered) instead of pixels.
        noise: "uniform" or "gaussian" with the image's range or moments, or "zero".
        name: name of the node in a graph.

    Returns:
        float32 `[batch, *size, channels]`.

    Raises:
        InvalidArgumentError: for other shapes.

    >>> import tidefall as tf
    >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    >>> tf.image.extract_glimpse(
    ...     image, [2, 2], [[1.0, 1.0]], centered=False, normalized=False
    ... )[0, :, :, 0].numpy()
    array([[4., 5.],
           [7., 8.]], dtype=float32)
    """
    return extract_glimpse_v2_op(
        input,
        size,
        offsets,
        centered=centered,
        normalized=normalized,
        uniform_noise=False,
        noise=noise,
        name=name,
    )
