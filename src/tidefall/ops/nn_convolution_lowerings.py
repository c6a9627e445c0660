"""Convolution and its gradients as XLA convolutions.

Inputs are `[batch, *spatial, channels]`, or with the channels second; filters are
`[*window, channels / groups, filters]`; the geometry covers the spatial dimensions.
"""

from __future__ import annotations

from typing import Any

from tidefall.ops.common import jnp, lax
from tidefall.ops.nn_windows import Geometry, channels_first

_SPATIAL = "DHW"


def _layouts(rank: int, data_format: str) -> tuple[str, str]:
    """Dimension letters of the input and of the filter."""
    letters = _SPATIAL[-rank:]
    layout = f"NC{letters}" if channels_first(data_format) else f"N{letters}C"
    return layout, letters


def convolve(x: Any, w: Any, g: Geometry, data_format: str, groups: int) -> Any:
    """Convolution (cross-correlation) of `x` with `w`."""
    layout, letters = _layouts(len(g.windows), data_format)
    return lax.conv_general_dilated(
        x,
        w,
        window_strides=g.strides,
        padding=g.pairs,
        rhs_dilation=g.dilations,
        dimension_numbers=(layout, f"{letters}IO", layout),
        feature_group_count=groups,
    )


def convolve_input_gradient(dy: Any, w: Any, g: Geometry, data_format: str, groups: int) -> Any:
    """Gradient with respect to the input: the strided-out gradient under the reversed filter."""
    layout, letters = _layouts(len(g.windows), data_format)
    rank = len(g.windows)
    reversed_filter = lax.rev(jnp.asarray(w), tuple(range(rank)))
    if groups > 1:
        # [..., channels / groups, filters] -> [..., channels, filters / groups]
        *window, channels, filters = w.shape
        parted = reversed_filter.reshape(*window, channels, groups, filters // groups)
        parted = jnp.moveaxis(parted, -2, -3)
        reversed_filter = parted.reshape(*window, groups * channels, filters // groups)
    padding = []
    for i in range(rank):
        extent = (g.windows[i] - 1) * g.dilations[i]
        spread = (g.outs[i] - 1) * g.strides[i] + 1
        padding.append((extent - g.before[i], g.sizes[i] + g.before[i] - spread))
    return lax.conv_general_dilated(
        dy,
        reversed_filter,
        window_strides=(1,) * rank,
        padding=padding,
        lhs_dilation=g.strides,
        rhs_dilation=g.dilations,
        dimension_numbers=(layout, f"{letters}OI", layout),
        feature_group_count=groups,
    )


def convolve_filter_gradient(x: Any, dy: Any, g: Geometry, data_format: str, groups: int) -> Any:
    """Gradient with respect to the filter: channels act as batch, and the batch is summed."""
    rank = len(g.windows)
    letters = _SPATIAL[-rank:]
    if channels_first(data_format):
        inputs, filters = f"CN{letters}", f"IO{letters}"
    else:
        inputs, filters = f"C{letters}N", f"I{letters}O"
    padding = []
    for i in range(rank):
        extent = (g.windows[i] - 1) * g.dilations[i] + 1
        spread = (g.outs[i] - 1) * g.strides[i]
        padding.append((g.before[i], extent + spread - g.sizes[i] - g.before[i]))
    return lax.conv_general_dilated(
        x,
        dy,
        window_strides=g.dilations,
        padding=padding,
        rhs_dilation=g.strides,
        dimension_numbers=(inputs, filters, f"{letters}NC"),
        batch_group_count=groups,
    )


def depthwise_filter(w: Any) -> Any:
    """`[*window, channels, multiplier]` as the filter of a convolution in `channels` groups."""
    *window, channels, multiplier = w.shape
    return jnp.asarray(w).reshape(*window, 1, channels * multiplier)
