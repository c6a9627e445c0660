"""The ops on colours: RGBToHSV, HSVToRGB, AdjustContrast(v2), AdjustHue, AdjustSaturation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import FailedPreconditionError
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.image.common import no_gradient

# ---- shapes ----


def _rgb_shape(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank is not None:
        if shape.rank < 1:
            raise ValueError("input must be at least 1D, got a scalar")
        if shape[-1] not in (None, 3):
            raise ValueError(f"input must have 3 channels last, got {shape_text(shape)}")
        return shape[:-1].concatenate([3])
    return shape


def _adjusted_shape(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank is not None and shape.rank < 3:
        raise ValueError(f"input must be at least 3-D, got shape {shape_text(shape)}")
    return shape


def _check_colours(x: Any) -> None:
    if x.ndim and x.shape[-1] != 3:
        raise FailedPreconditionError(
            None, None, f"input must have 3 channels but input only has {x.shape[-1]} channels."
        )
    _check_rgb(x)


def _check_rgb(x: Any, rank: int = 1) -> None:
    if x.ndim < rank:
        raise invalid(f"input must be at least {rank}-D, got shape {shape_text(x.shape)}")
    if x.shape[-1] != 3:
        raise invalid(f"input must have 3 channels last, got shape {shape_text(x.shape)}")


def _check_scalar(value: Any, name: str) -> None:
    if value.ndim:
        raise invalid(f"{name} must be scalar: {shape_text(value.shape)}")


def _wide(x: Any, xp: Any) -> Any:
    """At least float32."""
    return x if np.dtype(x.dtype).itemsize >= 4 else x.astype(np.float32)


# ---- RGB and HSV ----


def _hsv(xp: Any, rgb: Any) -> tuple[Any, Any, Any]:
    """Hue, saturation and value, all in 0 to 1 for colours in 0 to 1."""
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    one = np.ones((), rgb.dtype)
    value = xp.maximum(xp.maximum(r, g), b)
    spread = value - xp.minimum(xp.minimum(r, g), b)
    saturation = xp.where(value > 0, spread / xp.where(value > 0, value, one), 0 * one)
    grey = ~(spread > 0)
    norm = one / (6 * xp.where(grey, one, spread)).astype(rgb.dtype)
    third, two_thirds = np.asarray(1 / 3, rgb.dtype), np.asarray(2 / 3, rgb.dtype)
    hue = xp.where(
        r == value,
        norm * (g - b),
        xp.where(g == value, norm * (b - r) + third, norm * (r - g) + two_thirds),
    )
    hue = xp.where(grey, 0 * one, hue)
    return xp.where(hue < 0, hue + one, hue), saturation, value


def _wheel(xp: Any, hue: Any) -> tuple[Any, Any, Any]:
    """How much of red, green and blue, from 0 to 1, the full colour of a hue has."""
    six = hue * np.asarray(6, hue.dtype)
    red = xp.clip(xp.abs(six - 3) - 1, 0, 1)
    green = xp.clip(2 - xp.abs(six - 2), 0, 1)
    blue = xp.clip(2 - xp.abs(six - 4), 0, 1)
    return red, green, blue


def _rgb(xp: Any, hue: Any, saturation: Any, value: Any) -> Any:
    pale = 1 - saturation
    return xp.stack([(pale + saturation * part) * value for part in _wheel(xp, hue)], -1)


def _to_hsv(xp: Any) -> Any:
    def kernel(images: Any) -> Any:
        _check_colours(images)
        return xp.stack(_hsv(xp, _wide(images, xp)), -1).astype(images.dtype)

    return kernel


def _to_rgb(xp: Any) -> Any:
    def kernel(images: Any) -> Any:
        _check_colours(images)
        x = _wide(images, xp)
        return _rgb(xp, x[..., 0], x[..., 1], x[..., 2]).astype(images.dtype)

    return kernel


def hsv_gradient(op: Any, dy: Any) -> Any:
    """The gradient of RGBToHSV, where hue does not jump; grey pixels have no gradient of hue.

    With M the largest, m the smallest and c the middle channel, value is M, saturation 1 - m/M and
    hue a sixth of a ratio whose derivative is that of (c - m)/(M - m), up or down.
    """
    cast = raw.Cast
    rgb = op.inputs[0]
    _, saturation, value = (raw.ExpandDims(op.outputs[0][..., i], -1) for i in range(3))
    of_hue, of_saturation, of_value = (raw.ExpandDims(dy[..., i], -1) for i in range(3))
    r, g, b = (raw.ExpandDims(rgb[..., i], -1) for i in range(3))
    greater_equal, greater, logical = (
        raw.GreaterEqual,
        raw.Greater,
        raw.LogicalAnd,
    )

    def flag(mask: Any) -> Any:
        return cast(mask, DstT=rgb.dtype)

    not_ = raw.LogicalNot
    r_big = logical(greater_equal(r, g), greater_equal(r, b))
    g_big = logical(logical(greater_equal(g, b), greater(g, r)), not_(r_big))
    b_big = logical(not_(r_big), not_(g_big))
    r_small = logical(raw.Less(r, g), raw.Less(r, b))
    g_small = logical(raw.LessEqual(g, r), raw.Less(g, b))
    b_small = logical(raw.LessEqual(b, r), raw.LessEqual(b, g))
    biggest = [flag(mask) for mask in (r_big, g_big, b_big)]
    smallest = [flag(mask) for mask in (r_small, g_small, b_small)]
    divide = raw.DivNoNan
    low = value - saturation * value
    spread = value - low
    one = raw.OnesLike(value)
    most = of_saturation * divide(low, value * value)
    least = -of_saturation * divide(one, value)
    # TensorFlow lets saturation depend on channels above 0 only.
    positive = [flag(greater(channel, raw.ZerosLike(channel))) for channel in (r, g, b)]
    # Hue is (next - after) / (6 * spread), plus a constant, `next` and `after` the two channels
    # that follow the biggest in the circle red, green, blue.
    following = [
        biggest[0] * (g - b) + biggest[1] * (b - r) + biggest[2] * (r - g),
        biggest[2] - biggest[1],
        biggest[0] - biggest[2],
        biggest[1] - biggest[0],
    ]
    by_difference = of_hue * divide(one, 6.0 * spread)
    by_spread = -of_hue * divide(following[0], 6.0 * spread * spread)
    parts = [
        biggest[i] * (of_value + positive[i] * most + by_spread)
        + smallest[i] * (positive[i] * least - by_spread)
        + by_difference * following[i + 1]
        for i in range(3)
    ]
    return raw.ConcatV2(parts, -1)


rgb_to_hsv_op = op(
    "RGBToHSV",
    shape=_rgb_shape,
    host=_to_hsv(np),
    xla=_to_hsv(jnp),
    effects=PURE,
    gradient=hsv_gradient,
)
hsv_to_rgb_op = op(
    "HSVToRGB",
    shape=_rgb_shape,
    host=_to_rgb(np),
    xla=_to_rgb(jnp),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- contrast ----


def _check_adjustable(images: Any, value: Any, name: str) -> None:
    if images.ndim < 3:
        raise invalid(f"input must be at least 3-D, got shape {shape_text(images.shape)}")
    _check_scalar(value, name)


def _contrast_host(images: np.ndarray, contrast_factor: np.ndarray) -> np.ndarray:
    _check_adjustable(images, contrast_factor, "contrast_factor")
    if not images.size:
        return images
    x = _wide(images, np)
    mean = x.mean((-3, -2), keepdims=True, dtype=np.float64).astype(x.dtype)
    return (mean + (x - mean) * contrast_factor).astype(images.dtype)


def _contrast_xla(images: Any, contrast_factor: Any) -> Any:
    _check_adjustable(images, contrast_factor, "contrast_factor")
    x = _wide(jnp.asarray(images), jnp)
    mean = x.mean((-3, -2), keepdims=True)
    return (mean + (x - mean) * contrast_factor).astype(images.dtype)


adjust_contrast_op = op(
    "AdjustContrastv2",
    shape=_adjusted_shape,
    host=_contrast_host,
    xla=_contrast_xla,
    effects=PURE,
    gradient=no_gradient,
)


def _old_contrast(
    images: np.ndarray,
    contrast_factor: np.ndarray,
    min_value: np.ndarray,
    max_value: np.ndarray,
) -> np.ndarray:
    _check_adjustable(images, contrast_factor, "contrast_factor")
    adjusted = _contrast_host(images.astype(np.float32), contrast_factor)
    return np.clip(adjusted, min_value, max_value).astype(np.float32)


op("AdjustContrast", shape=_adjusted_shape, host=_old_contrast, effects=PURE, gradient=no_gradient)


# ---- hue and saturation ----


def _hue(xp: Any) -> Any:
    def kernel(images: Any, delta: Any) -> Any:
        _check_rgb(images, 3)
        _check_scalar(delta, "delta")
        x = _wide(images, xp)
        hue, _, value = _hsv(xp, x)
        turned = hue + delta.astype(x.dtype)
        # The smallest and the largest channel keep their values to the last bit.
        least = xp.minimum(xp.minimum(x[..., 0], x[..., 1]), x[..., 2])
        spread = value - least
        channels = [
            xp.where(part == 1, value, least + part * spread)
            for part in _wheel(xp, turned - xp.floor(turned))
        ]
        return xp.stack(channels, -1).astype(images.dtype)

    return kernel


def _saturation(xp: Any) -> Any:
    def kernel(images: Any, scale: Any) -> Any:
        _check_rgb(images, 3)
        _check_scalar(scale, "scale")
        x = _wide(images, xp)
        hue, saturation, value = _hsv(xp, x)
        scaled = xp.clip(saturation * scale.astype(x.dtype), 0, 1)
        return _rgb(xp, hue, scaled, value).astype(images.dtype)

    return kernel


adjust_hue_op = op(
    "AdjustHue",
    shape=_adjusted_shape,
    host=_hue(np),
    xla=_hue(jnp),
    effects=PURE,
    gradient=no_gradient,
)
adjust_saturation_op = op(
    "AdjustSaturation",
    shape=_adjusted_shape,
    host=_saturation(np),
    xla=_saturation(jnp),
    effects=PURE,
    gradient=no_gradient,
)
