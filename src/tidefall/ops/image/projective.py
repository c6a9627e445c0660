"""Images seen from elsewhere: ImageProjectiveTransformV2 and V3."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.ops.common import invalid, jnp, shape_text

F = np.float32
_FILL_MODES = ("REFLECT", "WRAP", "CONSTANT", "NEAREST")


def _whole(xp: Any, x: Any) -> Any:
    """Rounded towards 0, still floating point."""
    return xp.trunc(x)


def _mapped(xp: Any, at: Any, length: int, mode: str) -> Any:
    """Where a coordinate outside of `[0, length - 1]` looks."""
    if mode == "CONSTANT":
        return at
    size = F(length)
    last = F(length - 1)
    if mode == "REFLECT" and length > 1:
        twice = F(2 * length)
        below = xp.where(at < twice, twice * _whole(xp, -at / twice) + at, at)
        below = xp.where(below < -size, below + twice, -below - F(1))
        above = at - twice * _whole(xp, at / twice)
        above = xp.where(above >= size, twice - above - F(1), above)
        at = xp.where(at < 0, below, xp.where(at > last, above, at))
    elif mode == "WRAP" and length > 1:
        below = at + size * (_whole(xp, -at / last) + F(1))
        above = at - size * _whole(xp, at / last)
        at = xp.where(at < 0, below, xp.where(at > last, above, at))
    return xp.clip(at, F(0), last)


def _half_up(xp: Any, x: Any) -> Any:
    """Nearest integers, halves away from zero."""
    return xp.trunc(x + xp.where(x < 0, F(-0.5), F(0.5)))


def _read(xp: Any, images: Any, y: Any, x: Any, fill: Any) -> Any:
    """Pixels at whole coordinates `[batch, height, width]`; the fill value outside."""
    height, width = images.shape[1:3]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    rows = xp.where(inside, y, 0).astype(np.int32)
    columns = xp.where(inside, x, 0).astype(np.int32)
    batch = np.arange(images.shape[0])[:, None, None]
    return xp.where(inside[..., None], images[batch, rows, columns], fill)


def _transform(
    xp: Any,
    images: Any,
    transforms: Any,
    output_shape: Any,
    fill_value: Any,
    interpolation: str,
    fill_mode: str,
) -> Any:
    if images.ndim != 4:
        raise invalid(f"Input images must have rank 4, got shape {shape_text(images.shape)}")
    batch = images.shape[0]
    if transforms.ndim != 2 or transforms.shape[1] != 8 or transforms.shape[0] not in (1, batch):
        raise invalid(
            "Input transform should be num_images x 8 or 1 x 8, got shape "
            f"{shape_text(transforms.shape)}"
        )
    if output_shape.shape != (2,):
        raise invalid(f"output shape must be [height, width], got {shape_text(output_shape.shape)}")
    if fill_mode not in _FILL_MODES:
        raise invalid(f"Invalid mode {fill_mode!r}, expected one of {_FILL_MODES}")
    if interpolation not in ("NEAREST", "BILINEAR"):
        raise invalid(f"Invalid interpolation {interpolation!r}, expected NEAREST or BILINEAR")
    height, width = (int(v) for v in output_shape)
    if height <= 0 or width <= 0:
        raise invalid(f"output shape must be positive, got {height} x {width}")
    a = [transforms[:, i, None, None] for i in range(8)]
    y = np.arange(height, dtype=F)[None, :, None]
    x = np.arange(width, dtype=F)[None, None, :]
    depth = a[6] * x + a[7] * y + F(1)
    usable = depth != 0
    depth = xp.where(usable, depth, F(1))
    across = (a[0] * x + a[1] * y + a[2]) / depth
    down = (a[3] * x + a[4] * y + a[5]) / depth
    shape = (batch, height, width)
    across = xp.broadcast_to(_mapped(xp, across, images.shape[2], fill_mode), shape)
    down = xp.broadcast_to(_mapped(xp, down, images.shape[1], fill_mode), shape)
    usable = xp.broadcast_to(usable, shape)[..., None]
    kind = np.dtype(images.dtype)
    narrow = kind.itemsize == 2 and kind.kind in "fV"
    source = images.astype(F) if narrow else images
    fill = xp.asarray(fill_value).astype(source.dtype)
    if interpolation == "NEAREST":
        found = _read(xp, source, _half_up(xp, down), _half_up(xp, across), fill)
    else:
        found = _bilinear(xp, source, down, across, fill)
    return xp.where(usable, found, fill).astype(kind)


def _bilinear(xp: Any, images: Any, down: Any, across: Any, fill: Any) -> Any:
    top, left = xp.floor(down), xp.floor(across)
    bottom, right = top + F(1), left + F(1)
    rows, columns = [], (across - left)[..., None]
    for y in (top, bottom):
        near = _read(xp, images, y, left, fill)
        far = _read(xp, images, y, right, fill)
        rows.append((F(1) - columns) * near + columns * far)
    share = (down - top)[..., None]
    mixed = (F(1) - share) * rows[0] + share * rows[1]
    return mixed.astype(images.dtype)


def _host_v2(
    images: np.ndarray,
    transforms: np.ndarray,
    output_shape: np.ndarray,
    *,
    interpolation: str,
    fill_mode: str,
) -> np.ndarray:
    return _transform(np, images, transforms, output_shape, F(0), interpolation, fill_mode)


def _host_v3(
    images: np.ndarray,
    transforms: np.ndarray,
    output_shape: np.ndarray,
    fill_value: np.ndarray,
    *,
    interpolation: str,
    fill_mode: str,
) -> np.ndarray:
    return _transform(np, images, transforms, output_shape, fill_value, interpolation, fill_mode)


def _xla_v2(
    images: Any, transforms: Any, output_shape: Any, *, interpolation: str, fill_mode: str
) -> Any:
    images, transforms = jnp.asarray(images), jnp.asarray(transforms)
    return _transform(jnp, images, transforms, output_shape, F(0), interpolation, fill_mode)


def _xla_v3(
    images: Any,
    transforms: Any,
    output_shape: Any,
    fill_value: Any,
    *,
    interpolation: str,
    fill_mode: str,
) -> Any:
    images, transforms = jnp.asarray(images), jnp.asarray(transforms)
    return _transform(jnp, images, transforms, output_shape, fill_value, interpolation, fill_mode)


def _shape(c: Inference) -> TensorShape:
    images, size = c.shape(0), c.constant(2)
    if images.rank not in (None, 4):
        raise ValueError(f"images must be 4-D, got shape {shape_text(images)}")
    height, width = (None, None) if size is None else (int(v) for v in size)
    batch, _, _, channels = images.with_rank(4)
    return TensorShape([batch, height, width, channels])


def _inverse(transforms: Any) -> Any:
    """The way back: eight numbers of the inverse of the matrix that eight numbers and a 1 make."""
    a, b, c, d, e, f, g, h = (transforms[:, i] for i in range(8))
    minors = [
        e - f * h,
        c * h - b,
        b * f - c * e,
        f * g - d,
        a - c * g,
        c * d - a * f,
        d * h - e * g,
        b * g - a * h,
    ]
    return raw.Pack(minors, axis=1) / raw.ExpandDims(a * e - b * d, 1)


def _gradient(op: Any, dy: Any) -> list[Any]:
    """TensorFlow's: the gradient, transformed back."""
    images, transforms = op.inputs[0], op.inputs[1]
    rest = [None] * (len(op.inputs) - 1)
    if images.dtype not in (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64):
        return [None, *rest]
    back = find_op(op.type)(
        dy,
        _inverse(transforms),
        raw.Shape(images)[1:3],
        *([np.float32(0)] if op.type.endswith("V3") else []),
        interpolation=op.attrs["interpolation"],
        fill_mode=op.attrs["fill_mode"],
    )
    return [back, *rest]


transform_v2_op = op(
    "ImageProjectiveTransformV2",
    shape=_shape,
    host=_host_v2,
    xla=_xla_v2,
    effects=PURE,
    gradient=_gradient,
    static=("output_shape",),
)
transform_v3_op = op(
    "ImageProjectiveTransformV3",
    shape=_shape,
    host=_host_v3,
    xla=_xla_v3,
    effects=PURE,
    gradient=_gradient,
    static=("output_shape",),
)
