"""Boxes cut out of images and brought to one size: CropAndResize and its two gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import OutOfRangeError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.image.common import no_gradient

# ---- checks ----


def _check_boxes(boxes: Any, box_ind: Any) -> None:
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise invalid(f"boxes must be 2-D of 4 columns, got shape {shape_text(boxes.shape)}")
    if box_ind.ndim != 1 or box_ind.shape[0] != boxes.shape[0]:
        raise invalid(
            f"box_ind must have one number for each of the {boxes.shape[0]} boxes, "
            f"got shape {shape_text(box_ind.shape)}"
        )


def _check_indices(box_ind: np.ndarray, batch: int) -> None:
    if box_ind.size and not ((box_ind >= 0) & (box_ind < batch)).all():
        raise OutOfRangeError(None, None, f"box_index has values outside [0, {batch})")


def _check_image(image: Any, name: str = "input image") -> None:
    if image.ndim != 4:
        raise invalid(f"{name} must be 4-D, got shape {shape_text(image.shape)}")
    if 0 in image.shape[1:3]:
        raise invalid("image dimensions must be positive")


def _crop_size(crop_size: Any) -> tuple[int, int]:
    if crop_size.ndim != 1 or crop_size.shape[0] != 2:
        raise invalid(f"crop_size must have two elements, got shape {shape_text(crop_size.shape)}")
    height, width = (int(v) for v in crop_size)
    if height <= 0 or width <= 0:
        raise invalid(f"crop dimensions must be positive, got {height} x {width}")
    return height, width


# ---- sampling points ----


class _Points(NamedTuple):
    """Where the crops sample one axis of the image, all `[boxes, size]`."""

    low: Any
    high: Any
    share: Any
    inside: Any


def _where(xp: Any, first: Any, last: Any, source: int, target: int) -> Any:
    edge = np.float32(source - 1)
    if target == 1:
        return (np.float32(0.5) * (first + last) * edge)[:, None]
    step = (last - first) * edge / np.float32(target - 1)
    return (first * edge)[:, None] + xp.arange(target, dtype=np.float32) * step[:, None]


def _points(
    xp: Any, first: Any, last: Any, source: int, target: int, method: str = "bilinear"
) -> _Points:
    at = _where(xp, first, last, source, target)
    inside = (at >= 0) & (at <= source - 1)
    at = xp.where(inside, at, np.float32(0))
    if method == "nearest":
        index = xp.floor(at + np.float32(0.5)).astype(np.int32)
        return _Points(index, index, xp.zeros_like(at), inside)
    low = xp.floor(at)
    high = xp.ceil(at).astype(np.int32)
    return _Points(low.astype(np.int32), high, at - low, inside)


def _axes(xp: Any, boxes: Any, source: Any, target: Any, method: str) -> tuple[_Points, _Points]:
    rows = _points(xp, boxes[:, 0], boxes[:, 2], source[0], target[0], method)
    columns = _points(xp, boxes[:, 1], boxes[:, 3], source[1], target[1], method)
    return rows, columns


def _corners(image: Any, box_ind: Any, rows: _Points, columns: _Points) -> list[Any]:
    """The pixels around each point, float32: top left, top right, bottom left, bottom right."""
    which = box_ind[:, None, None]
    return [
        image[which, y[:, :, None], x[:, None, :]].astype(np.float32)
        for y in (rows.low, rows.high)
        for x in (columns.low, columns.high)
    ]


# ---- CropAndResize ----


def _shape(c: Inference) -> TensorShape:
    image, boxes, index = c.shape(0), c.shape(1), c.shape(2)
    for name, shape, rank in (("image", image, 4), ("boxes", boxes, 2), ("box_ind", index, 1)):
        if shape.rank not in (None, rank):
            raise ValueError(f"{name} must be {rank}-D, got shape {shape_text(shape)}")
    if boxes.rank == 2 and boxes[1] not in (None, 4):
        raise ValueError(f"boxes must have 4 columns, got shape {shape_text(boxes)}")
    size = c.constant(3)
    height, width = (None, None) if size is None else _crop_size(size)
    count = boxes.with_rank(2)[0]
    count = index.with_rank(1)[0] if count is None else count
    return TensorShape([count, height, width, image.with_rank(4)[3]])


def _crop(
    xp: Any,
    image: Any,
    boxes: Any,
    box_ind: Any,
    crop_size: Any,
    extrapolation_value: float,
    method: str,
) -> Any:
    _check_image(image)
    _check_boxes(boxes, box_ind)
    rows, columns = _axes(xp, boxes, image.shape[1:3], _crop_size(crop_size), method)
    if method == "nearest":
        which = box_ind[:, None, None]
        found = image[which, rows.low[:, :, None], columns.low[:, None, :]].astype(np.float32)
    else:
        top_left, top_right, bottom_left, bottom_right = _corners(image, box_ind, rows, columns)
        across, down = columns.share[:, None, :, None], rows.share[:, :, None, None]
        top = top_left + (top_right - top_left) * across
        bottom = bottom_left + (bottom_right - bottom_left) * across
        found = top + (bottom - top) * down
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    return xp.where(inside, found, np.float32(extrapolation_value))


def _host(
    image: np.ndarray,
    boxes: np.ndarray,
    box_ind: np.ndarray,
    crop_size: np.ndarray,
    *,
    extrapolation_value: float,
    method: str,
) -> np.ndarray:
    _check_image(image)
    _check_boxes(boxes, box_ind)
    _check_indices(box_ind, image.shape[0])
    return _crop(np, image, boxes, box_ind, crop_size, extrapolation_value, method)


def _xla(
    image: Any,
    boxes: Any,
    box_ind: Any,
    crop_size: Any,
    *,
    extrapolation_value: float,
    method: str,
) -> Any:
    image, boxes, box_ind = jnp.asarray(image), jnp.asarray(boxes), jnp.asarray(box_ind)
    return _crop(jnp, image, boxes, box_ind, crop_size, extrapolation_value, method)


def _gradient(op: Any, dy: Any) -> list[Any]:
    image, boxes, box_ind = op.inputs[:3]
    by_image = None
    if image.dtype.is_floating:
        by_image = raw.CropAndResizeGradImage(
            dy,
            boxes,
            box_ind,
            raw.Shape(image),
            T=image.dtype,
            method=op.attrs["method"],
        )
    by_boxes = raw.CropAndResizeGradBoxes(dy, image, boxes, box_ind)
    return [by_image, by_boxes, None, None]


crop_and_resize_op = op(
    "CropAndResize",
    shape=_shape,
    host=_host,
    xla=_xla,
    effects=PURE,
    gradient=_gradient,
    static=("crop_size",),
)


# ---- gradient of the image ----


def _image_size(image_size: Any) -> tuple[int, ...]:
    if image_size.ndim != 1 or image_size.shape[0] != 4:
        raise invalid(f"image_size must have 4 elements, got shape {shape_text(image_size.shape)}")
    dims = tuple(int(v) for v in image_size)
    if dims[1] <= 0 or dims[2] <= 0:
        raise invalid(f"image dimensions must be positive, got {list(dims)}")
    return dims


def _parts(xp: Any, grads: Any, boxes: Any, dims: Any, method: str) -> list[tuple[Any, Any, Any]]:
    """Row, column and weighted gradient for each of the pixels a point was made of."""
    rows, columns = _axes(xp, boxes, dims[1:3], grads.shape[1:3], method)
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    kept = xp.where(inside, grads, np.float32(0))
    down, across = rows.share[:, :, None, None], columns.share[:, None, :, None]
    found = [(rows.low, columns.low, kept * (1 - down) * (1 - across))]
    if method == "nearest":
        return [(rows.low, columns.low, kept)]
    found.append((rows.low, columns.high, kept * (1 - down) * across))
    found.append((rows.high, columns.low, kept * down * (1 - across)))
    found.append((rows.high, columns.high, kept * down * across))
    return found


def _image_grad_host(
    grads: np.ndarray,
    boxes: np.ndarray,
    box_ind: np.ndarray,
    image_size: np.ndarray,
    *,
    T: DType,
    method: str,
) -> np.ndarray:
    dims = _image_size(image_size)
    if grads.ndim != 4:
        raise invalid(f"grads image must be 4-D, got shape {shape_text(grads.shape)}")
    _check_boxes(boxes, box_ind)
    _check_indices(box_ind, dims[0])
    kind = np.float64 if T.as_numpy_dtype == np.float64 else np.float32
    total = np.zeros(dims[0] * dims[1] * dims[2] * dims[3], kind)
    channels = np.arange(dims[3])
    for y, x, part in _parts(np, grads, boxes, dims, method):
        cell = (box_ind[:, None, None] * dims[1] + y[:, :, None]) * dims[2] + x[:, None, :]
        place = cell[..., None].astype(np.int64) * dims[3] + channels
        total += np.bincount(place.ravel(), part.ravel(), total.size).astype(kind)
    return total.reshape(dims).astype(T.as_numpy_dtype)


def _image_grad_xla(
    grads: Any, boxes: Any, box_ind: Any, image_size: Any, *, T: DType, method: str
) -> Any:
    dims = _image_size(image_size)
    _check_boxes(boxes, box_ind)
    boxes, which = jnp.asarray(boxes), jnp.asarray(box_ind)[:, None, None]
    kind = np.dtype(T.as_numpy_dtype)
    total = jnp.zeros(dims, kind if kind.itemsize > 2 else np.float32)
    for y, x, part in _parts(jnp, jnp.asarray(grads), boxes, dims, method):
        total = total.at[which, y[:, :, None], x[:, None, :]].add(part.astype(total.dtype))
    return total.astype(kind)


op(
    "CropAndResizeGradImage",
    shape=lambda c: c.constant_shape(3).merge_with(TensorShape([None] * 4)),
    host=_image_grad_host,
    xla=_image_grad_xla,
    effects=PURE,
    gradient=no_gradient,
    static=("image_size",),
)


# ---- gradient of the boxes ----


def _box_grads(xp: Any, grads: Any, image: Any, boxes: Any, box_ind: Any) -> Any:
    _check_image(image)
    _check_boxes(boxes, box_ind)
    sizes, target = image.shape[1:3], grads.shape[1:3]
    rows, columns = _axes(xp, boxes, sizes, target, "bilinear")
    top_left, top_right, bottom_left, bottom_right = _corners(image, box_ind, rows, columns)
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    kept = xp.where(inside, grads, np.float32(0))
    down, across = rows.share[:, :, None, None], columns.share[:, None, :, None]
    by_row = (1 - across) * (bottom_left - top_left) + across * (bottom_right - top_right)
    by_column = (1 - down) * (top_right - top_left) + down * (bottom_right - bottom_left)
    rows_total = (kept * by_row).sum((2, 3))
    columns_total = (kept * by_column).sum((1, 3))
    parts = []
    for total, source, count in zip((rows_total, columns_total), sizes, target, strict=True):
        edge = np.float32(source - 1)
        if count == 1:
            half = (total * np.float32(0.5) * edge).sum(1)
            parts.append((half, half))
        else:
            reach = np.arange(count, dtype=np.float32) * (edge / np.float32(count - 1))
            parts.append(((total * (edge - reach)).sum(1), (total * reach).sum(1)))
    (y1, y2), (x1, x2) = parts
    return xp.stack([y1, x1, y2, x2], 1)


def _box_grads_host(
    grads: np.ndarray, image: np.ndarray, boxes: np.ndarray, box_ind: np.ndarray
) -> np.ndarray:
    _check_image(image)
    _check_boxes(boxes, box_ind)
    _check_indices(box_ind, image.shape[0])
    return _box_grads(np, grads, image, boxes, box_ind)


def _box_grads_xla(grads: Any, image: Any, boxes: Any, box_ind: Any) -> Any:
    return _box_grads(jnp, *map(jnp.asarray, (grads, image, boxes, box_ind)))


op(
    "CropAndResizeGradBoxes",
    shape=lambda c: c.shape(2),
    host=_box_grads_host,
    xla=_box_grads_xla,
    effects=PURE,
    gradient=no_gradient,
)


@export("image.crop_and_resize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Any:
    """Cut boxes out of images and resize them all to one size.

    Args:
        image: `[batch, height, width, channels]`, any integer or floating dtype.
        boxes: float32 `[boxes, 4]`: `y1, x1, y2, x2`, where 0 is the first and 1 the last row or
            column. `y1 > y2` turns the crop upside down; what lies outside 0 to 1 is filled.
        box_indices: int32 `[boxes]`: the image that each box is cut from.
        crop_size: `[height, width]` of the crops.
        method: "bilinear" or "nearest".
        extrapolation_value: what fills points outside of the image.
        name: name of the node in a graph.

    Returns:
        float32 `[boxes, *crop_size, channels]`.

    Raises:
        InvalidArgumentError: for arguments of another shape.
        OutOfRangeError: for an index that is not in the batch.

    >>> import tidefall as tf
    >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    >>> tf.image.crop_and_resize(image, [[0.0, 0.0, 1.0, 1.0]], [0], [2, 2])[0, :, :, 0].numpy()
    array([[0., 2.],
           [6., 8.]], dtype=float32)
    """
    return crop_and_resize_op(
        image,
        boxes,
        box_indices,
        crop_size,
        method=method,
        extrapolation_value=extrapolation_value,
        name=name,
    )
