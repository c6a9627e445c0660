"""Convolutions of each channel by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.kernels.convolution.images import Form, image_convolution
from tidefall.lite.interpreter.kernels.convolution.shared import geometry, xla_conv
from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.interpreter.windows import fits_float32, padded
from tidefall.lite.schema import DepthwiseConv2DOptions


def _groups(x: Any, w: Any) -> int:
    channels = x.shape[-1]
    if channels == 0 or w.shape[-1] % channels:
        raise ValueError(f"an input of {channels} channels does not go with {w.shape}")
    return channels


def _sums(
    x: Any, w: Any, strides: Any, dilations: Any, padding: Any, largest: int | None = None
) -> Any:
    """The sums, one place of the window after another."""
    channels = _groups(x, w)
    _, height, width, filters = w.shape
    if largest is not None and not fits_float32(height * width, largest):
        x, w = x.astype(np.float64), w.astype(np.float64)
    out, pads = geometry(x, (height, width), strides, dilations, padding)
    x = padded(x, pads)
    times = filters // channels
    total = np.zeros((x.shape[0], *out, channels, times), x.dtype)
    scratch = np.empty_like(total)
    for row in range(height):
        top = row * dilations[0]
        rows = slice(top, top + (out[0] - 1) * strides[0] + 1, strides[0])
        for column in range(width):
            left = column * dilations[1]
            columns = slice(left, left + (out[1] - 1) * strides[1] + 1, strides[1])
            factors = w[0, row, column].reshape(channels, times)
            np.multiply(x[:, rows, columns, :, None], factors, out=scratch)
            total += scratch
    return total.reshape(x.shape[0], *out, filters)


def _xla(x: Any, w: Any, strides: Any, dilations: Any, padding: Any) -> Any:
    import jax.numpy as jnp

    moved = jnp.transpose(w, _FORM.order)
    layout = ((0, 1), ("NHWC", "HWIO", "NHWC"))
    return xla_conv(x, moved, strides, dilations, padding, x.shape[-1], layout)


_FORM = Form((1, 2, 0, 3), 3, _groups, _sums, _xla)


@kernel("DEPTHWISE_CONV_2D", traceable=True)
def depthwise_conv_2d(node: Node) -> Kernel:
    return image_convolution(node, node.option(DepthwiseConv2DOptions), _FORM)
