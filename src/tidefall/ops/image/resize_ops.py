"""The ops that resize images: bilinear, nearest neighbours, bicubic, area; their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.ops.batching import one_batch
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.image.common import no_gradient
from tidefall.ops.image.taps import (
    Taps,
    area,
    cubic,
    linear,
    nearest,
    resample_picture,
    resample_xla,
    spread,
    spread_xla,
)

Resampler = Callable[[int, int, bool, bool], Taps]

# ---- shapes and checks ----


def target_size(size: Any) -> tuple[int, int]:
    """The new height and width, from a vector of two."""
    if size.ndim != 1 or size.shape[0] != 2:
        if size.ndim != 1:
            raise invalid(f"shape_t must be 1-dimensional, got shape {shape_text(size.shape)}")
        raise invalid(f"shape_t must have two elements, got {size.shape[0]}")
    height, width = (int(v) for v in size)
    if height <= 0 or width <= 0:
        raise invalid(f"output dimensions must be positive, got {height} x {width}")
    if height * width >= 2**31:
        raise invalid(
            f"Encountered overflow when multiplying {height} and {width}, the new height and "
            "width: they must give less than 2**31 pixels."
        )
    return height, width


def check_images(images: Any, name: str = "input") -> None:
    """Refuse what is not a batch of pictures that have pixels."""
    if images.ndim != 4:
        raise invalid(f"{name} must be 4-dimensional, got shape {shape_text(images.shape)}")
    if 0 in images.shape[1:3]:
        raise invalid(f"{name} image must be of non-zero size, got {shape_text(images.shape)}")


def _check_mode(align_corners: bool, half_pixel_centers: bool) -> None:
    if align_corners and half_pixel_centers:
        raise invalid("If half_pixel_centers is True, align_corners must be False.")


def resized_shape(c: Inference) -> TensorShape:
    """`[batch, *size, channels]`."""
    images, size = c.shape(0), c.shape(1)
    if images.rank not in (None, 4):
        raise ValueError(f"images must be 4-dimensional, got shape {shape_text(images)}")
    if size.rank not in (None, 1) or (size.rank == 1 and size[0] not in (None, 2)):
        raise ValueError(f"size must be a vector of 2 elements, got shape {shape_text(size)}")
    value = c.constant(1)
    height, width = (None, None) if value is None else target_size(value)
    batch, _, _, channels = images.with_rank(4)
    return TensorShape([batch, height, width, channels])


def _narrow(array: np.ndarray) -> bool:
    return array.dtype.itemsize == 2 and array.dtype.kind in "fV"


# ---- forward ----


def _forward(taps_of: Resampler, name: str) -> Any:
    def host(
        images: np.ndarray, size: np.ndarray, *, align_corners: bool, half_pixel_centers: bool
    ) -> np.ndarray:
        _check_mode(align_corners, half_pixel_centers)
        check_images(images)
        target = target_size(size)
        if tuple(images.shape[1:3]) == target:
            return images.astype(np.float32)
        x = images if images.dtype == np.uint8 else images.astype(np.float32)

        def taps(axis: int) -> Taps:
            return taps_of(x.shape[axis], target[axis - 1], align_corners, half_pixel_centers)

        return resample_picture(x, axis_order(images.shape[1:3], target), taps)

    def xla(images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool) -> Any:
        _check_mode(align_corners, half_pixel_centers)
        check_images(images)
        target = target_size(size)
        x = jnp.asarray(images).astype(np.float32)
        if tuple(images.shape[1:3]) == target:
            return x
        for axis in axis_order(images.shape[1:3], target):
            source = x.shape[axis]
            taps = taps_of(source, target[axis - 1], align_corners, half_pixel_centers)
            x = resample_xla(x, axis, taps)
        return x

    def gradient(op: Any, dy: Any) -> list[Any]:
        images = op.inputs[0]
        if not images.dtype.is_floating:
            return [None, None]
        mode = {k: op.attrs[k] for k in ("align_corners", "half_pixel_centers")}
        if name == "ResizeBicubic" and images.dtype not in (dtypes.float32, dtypes.float64):
            return [None, None]
        return [find_op(f"{name}Grad")(dy, images, **mode), None]

    return op(
        name,
        shape=resized_shape,
        host=host,
        xla=xla,
        effects=PURE,
        batching=one_batch,
        gradient=gradient,
        static=("size",),
    )


_COLUMN = 3
"""How much longer it takes to gather single columns than whole rows (measured, uint8 and f32)."""


def axis_order(source: Any, target: tuple[int, int]) -> tuple[int, int]:
    """The axis to do first, rows or columns, whichever is sooner done together with the other."""
    (height, width), (new_height, new_width) = source, target
    rows_first = new_height * width + _COLUMN * new_height * new_width
    columns_first = _COLUMN * height * new_width + new_height * new_width
    return (1, 2) if rows_first <= columns_first else (2, 1)


resize_bilinear_op = _forward(linear, "ResizeBilinear")
resize_bicubic_op = _forward(cubic, "ResizeBicubic")


# ---- backward ----


def _original_shape(c: Inference) -> TensorShape:
    return c.shape(1)


def _backward(taps_of: Resampler, name: str, gradient: Any) -> Any:
    def checked(grads: Any, original: Any, mode: tuple[bool, bool]) -> None:
        _check_mode(*mode)
        check_images(original, "original_image")
        if grads.ndim != 4:
            raise invalid(f"grads must be 4-dimensional, got shape {shape_text(grads.shape)}")

    def host(
        grads: np.ndarray,
        original_image: np.ndarray,
        *,
        align_corners: bool,
        half_pixel_centers: bool,
    ) -> np.ndarray:
        checked(grads, original_image, (align_corners, half_pixel_centers))
        x = grads.astype(np.float64 if original_image.dtype == np.float64 else np.float32)
        for axis in (1, 2):
            source = original_image.shape[axis]
            if source != x.shape[axis]:
                taps = taps_of(source, x.shape[axis], align_corners, half_pixel_centers)
                x = spread(x, axis, taps)
        return x.astype(original_image.dtype)

    def xla(
        grads: Any, original_image: Any, *, align_corners: bool, half_pixel_centers: bool
    ) -> Any:
        checked(grads, original_image, (align_corners, half_pixel_centers))
        wide = np.dtype(original_image.dtype) == np.float64
        x = jnp.asarray(grads).astype(np.float64 if wide else np.float32)
        for axis in (1, 2):
            source = original_image.shape[axis]
            if source != x.shape[axis]:
                taps = taps_of(source, x.shape[axis], align_corners, half_pixel_centers)
                x = spread_xla(x, axis, taps)
        return x.astype(original_image.dtype)

    return op(name, shape=_original_shape, host=host, xla=xla, effects=PURE, gradient=gradient)


def _again(name: str) -> Any:
    """The gradient of a linear op's gradient is the op."""

    def gradient(op: Any, dy: Any) -> list[Any]:
        mode = {k: op.attrs[k] for k in ("align_corners", "half_pixel_centers")}
        size = raw.Shape(op.inputs[0])[1:3]
        return [find_op(name)(dy, size, **mode), None]

    return gradient


_backward(linear, "ResizeBilinearGrad", NOT_DIFFERENTIABLE)
_backward(cubic, "ResizeBicubicGrad", _again("ResizeBicubic"))


# ---- nearest neighbours ----


def _near_host(
    images: np.ndarray, size: np.ndarray, *, align_corners: bool, half_pixel_centers: bool
) -> np.ndarray:
    _check_mode(align_corners, half_pixel_centers)
    check_images(images)
    target = target_size(size)
    mode = align_corners, half_pixel_centers
    rows, columns = (nearest(images.shape[i + 1], target[i], *mode) for i in (0, 1))
    return images.take(rows, 1).take(columns, 2)


def _near_xla(images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool) -> Any:
    _check_mode(align_corners, half_pixel_centers)
    check_images(images)
    target = target_size(size)
    mode = align_corners, half_pixel_centers
    rows, columns = (nearest(images.shape[i + 1], target[i], *mode) for i in (0, 1))
    return jnp.take(jnp.take(jnp.asarray(images), rows, 1), columns, 2)


def _near_grad(op: Any, dy: Any) -> list[Any]:
    images = op.inputs[0]
    dims = images.shape[1:3]
    if dims.is_fully_defined():
        size: Any = np.array(dims.as_list(), np.int32)
    else:
        size = raw.Shape(images)[1:3]
    mode = {k: op.attrs[k] for k in ("align_corners", "half_pixel_centers")}
    return [raw.ResizeNearestNeighborGrad(dy, size, **mode), None]


resize_nearest_op = op(
    "ResizeNearestNeighbor",
    shape=resized_shape,
    host=_near_host,
    xla=_near_xla,
    effects=PURE,
    batching=one_batch,
    gradient=_near_grad,
    static=("size",),
)


def _ones(index: np.ndarray, source: int) -> Taps:
    return Taps(index[:, None], np.ones((len(index), 1), np.float32), source)


def _near_back_host(
    grads: np.ndarray, size: np.ndarray, *, align_corners: bool, half_pixel_centers: bool
) -> np.ndarray:
    _check_mode(align_corners, half_pixel_centers)
    check_images(grads, "grads")
    x = grads.astype(np.float32) if _narrow(grads) else grads
    for axis, source in enumerate(target_size(size), 1):
        index = nearest(source, x.shape[axis], align_corners, half_pixel_centers)
        x = spread(x, axis, _ones(index, source))
    return x.astype(grads.dtype)


def _near_back_xla(grads: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool) -> Any:
    _check_mode(align_corners, half_pixel_centers)
    check_images(grads, "grads")
    x = jnp.asarray(grads)
    for axis, source in enumerate(target_size(size), 1):
        index = nearest(source, x.shape[axis], align_corners, half_pixel_centers)
        x = spread_xla(x, axis, _ones(index, source))
    return x


resize_nearest_grad_op = op(
    "ResizeNearestNeighborGrad",
    shape=resized_shape,
    host=_near_back_host,
    xla=_near_back_xla,
    effects=PURE,
    gradient=_again("ResizeNearestNeighbor"),
    static=("size",),
)


# ---- areas ----


def _area_host(images: np.ndarray, size: np.ndarray, *, align_corners: bool) -> np.ndarray:
    check_images(images)
    target = target_size(size)
    x = images.astype(np.float32)
    return resample_picture(
        x,
        axis_order(images.shape[1:3], target),
        lambda axis: area(x.shape[axis], target[axis - 1], align_corners),
    )


def _area_xla(images: Any, size: Any, *, align_corners: bool) -> Any:
    check_images(images)
    target = target_size(size)
    x = jnp.asarray(images).astype(np.float32)
    for axis in axis_order(images.shape[1:3], target):
        x = resample_xla(x, axis, area(x.shape[axis], target[axis - 1], align_corners))
    return x


resize_area_op = op(
    "ResizeArea",
    shape=resized_shape,
    host=_area_host,
    xla=_area_xla,
    effects=PURE,
    gradient=no_gradient,
    static=("size",),
)


# ---- by the name of a method ----


def _area_taps(source: int, target: int, align_corners: bool, half_pixel: bool) -> Taps:
    return area(source, target, align_corners)


_TAPS: dict[str, Resampler] = {"bilinear": linear, "bicubic": cubic, "area": _area_taps}


def resize_taps(method: str, source: int, target: int, corners: bool, half_pixel: bool) -> Taps:
    """The sources of an axis for "bilinear", "bicubic" or "area"."""
    return _TAPS[method](source, target, corners, half_pixel)


def resize_host(
    method: str, images: np.ndarray, size: np.ndarray, corners: bool, half_pixel: bool
) -> np.ndarray:
    """What the op of a method gives: float32 `[batch, *size, channels]`."""
    if method == "area":
        return _area_host(images, size, align_corners=corners)
    resize: Any = resize_bilinear_op if method == "bilinear" else resize_bicubic_op
    return resize.host(images, size, align_corners=corners, half_pixel_centers=half_pixel)


# ---- quantized ----


def _quantized_host(
    images: np.ndarray,
    size: np.ndarray,
    min: np.ndarray,
    max: np.ndarray,
    *,
    align_corners: bool,
    half_pixel_centers: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    resized = resize_bilinear_op.host(
        images.astype(np.float32),
        size,
        align_corners=align_corners,
        half_pixel_centers=half_pixel_centers,
    )
    if images.dtype != np.float32:
        resized = np.rint(resized)
    return resized.astype(images.dtype), min, max


op(
    "QuantizedResizeBilinear",
    shape=lambda c: [resized_shape(c), TensorShape(()), TensorShape(())],
    host=_quantized_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)

__all__ = ["resize_area_op", "resize_bicubic_op", "resize_bilinear_op", "resize_nearest_op"]
