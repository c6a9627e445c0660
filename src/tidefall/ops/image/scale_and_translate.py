"""Resampling by a kernel, with any scale and shift: ScaleAndTranslate and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.image.resize_ops import resized_shape, target_size
from tidefall.ops.image.taps import (
    KERNELS,
    Taps,
    resample_picture,
    resample_xla,
    spans,
    spread,
    spread_xla,
)


def _taps(
    source: Any, target: Any, scale: Any, translation: Any, kernel: str, antialias: bool
) -> list[Taps]:
    if kernel not in KERNELS:
        raise invalid(f"Unrecognized kernel type: {kernel!r}; one of {sorted(KERNELS)} is expected")
    for name, value in (("scale", scale), ("translation", translation)):
        if value.shape != (2,):
            raise invalid(f"{name} must be a vector of 2 numbers, got {shape_text(value.shape)}")
    if not (scale > 0).all():
        raise invalid(f"Scale must be greater than zero, got {scale.tolist()}")
    return [
        spans(source[i], target[i], float(scale[i]), float(translation[i]), kernel, antialias)
        for i in (0, 1)
    ]


def _check(images: Any, name: str = "input") -> None:
    if images.ndim != 4:
        raise invalid(f"{name} must be 4-dimensional, got shape {shape_text(images.shape)}")
    if 0 in images.shape[1:3]:
        raise invalid(f"{name} image must be of non-zero size, got {shape_text(images.shape)}")


def _host(
    images: np.ndarray,
    size: np.ndarray,
    scale: np.ndarray,
    translation: np.ndarray,
    *,
    kernel_type: str,
    antialias: bool,
) -> np.ndarray:
    _check(images)
    target = target_size(size)
    taps = _taps(images.shape[1:3], target, scale, translation, kernel_type, antialias)
    return resample_picture(images.astype(np.float32), (1, 2), lambda axis: taps[axis - 1])


def _xla(
    images: Any, size: Any, scale: Any, translation: Any, *, kernel_type: str, antialias: bool
) -> Any:
    _check(images)
    target = target_size(size)
    taps = _taps(images.shape[1:3], target, scale, translation, kernel_type, antialias)
    x = jnp.asarray(images).astype(np.float32)
    for axis in (1, 2):
        x = resample_xla(x, axis, taps[axis - 1])
    return x


def _gradient(op: Any, dy: Any) -> list[Any]:
    images, _, scale, translation = op.inputs
    if not images.dtype.is_floating:
        return [None] * 4
    cast = raw.Cast
    source = images if images.dtype == dtypes.float32 else cast(images, DstT=dtypes.float32)
    attrs = {k: op.attrs[k] for k in ("kernel_type", "antialias")}
    back = raw.ScaleAndTranslateGrad(dy, source, scale, translation, **attrs)
    if images.dtype != dtypes.float32:
        back = cast(back, DstT=images.dtype)
    return [back, None, None, None]


scale_and_translate_op = op(
    "ScaleAndTranslate",
    shape=resized_shape,
    host=_host,
    xla=_xla,
    effects=PURE,
    gradient=_gradient,
    static=("size", "scale", "translation"),
)


# ---- backward ----


def _back_shape(c: Inference) -> TensorShape:
    return c.shape(1)


def _back_host(
    grads: np.ndarray,
    original_image: np.ndarray,
    scale: np.ndarray,
    translation: np.ndarray,
    *,
    kernel_type: str,
    antialias: bool,
) -> np.ndarray:
    _check(grads, "grads")
    source = original_image.shape[1:3]
    taps = _taps(source, grads.shape[1:3], scale, translation, kernel_type, antialias)
    x = grads
    for axis in (1, 2):
        x = spread(x, axis, taps[axis - 1])
    return x


def _back_xla(
    grads: Any, original: Any, scale: Any, translation: Any, *, kernel_type: str, antialias: bool
) -> Any:
    _check(grads, "grads")
    source = original.shape[1:3]
    taps = _taps(source, grads.shape[1:3], scale, translation, kernel_type, antialias)
    x = jnp.asarray(grads)
    for axis in (1, 2):
        x = spread_xla(x, axis, taps[axis - 1])
    return x


def _back_gradient(op: Any, dy: Any) -> list[Any]:
    grads, _, scale, translation = op.inputs
    size = raw.Shape(grads)[1:3]
    attrs = {k: op.attrs[k] for k in ("kernel_type", "antialias")}
    return [scale_and_translate_op(dy, size, scale, translation, **attrs), None, None, None]


op(
    "ScaleAndTranslateGrad",
    shape=_back_shape,
    host=_back_host,
    xla=_back_xla,
    effects=PURE,
    gradient=_back_gradient,
    static=("scale", "translation"),
)
