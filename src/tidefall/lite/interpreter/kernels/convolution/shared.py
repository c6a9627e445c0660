"""What convolutions share: where their windows are, their products, their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import window_padding
from tidefall.lite.interpreter.registry import namespace
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.interpreter.windows import needed, padded, patches
from tidefall.lite.schema import TensorType


def largest_product(source: TensorInfo) -> int:
    """The greatest product of an input, without its zero point, and a weight."""
    return (32768 if source.type == TensorType.INT16 else 255) * 255


class Layout:
    """Weights laid out for the native kernels, once for those that are constant.

    Args:
        info: the weights.
        order: the axes in the order that the kernels want.
        value: what to lay out of constant weights, if it is not their value.
    """

    def __init__(self, info: TensorInfo, order: tuple[int, ...], value: Any = None):
        self.info, self.order, self.value = info, order, value
        self._ready: Any = None

    def __call__(self, w: Any) -> Any:
        if self.info.constant is None:
            return namespace(w).transpose(w, self.order)
        if self._ready is None:
            value = self.info.constant if self.value is None else self.value
            self._ready = np.ascontiguousarray(np.transpose(value, self.order))
            self.value = None
        return self._ready


def group_count(x: Any, w: Any) -> int:
    """How many parts the channels of a convolution fall into."""
    depth = w.shape[-1]
    if depth == 0 or x.shape[-1] % depth or w.shape[0] % (x.shape[-1] // depth):
        raise ValueError(f"an input of {x.shape[-1]} channels does not go with {w.shape}")
    return x.shape[-1] // depth


def windows_over(
    x: Any, window: Sequence[int], strides: Any, dilations: Any, padding: Any
) -> native.Windows:
    out, pads = geometry(x, window, strides, dilations, padding)
    if 0 in out:
        raise ValueError(f"a window of {tuple(window)} is larger than an image of {x.shape}")
    before, after = zip(*pads, strict=True)
    return native.Windows(
        tuple(x.shape[1:-1]), tuple(window), tuple(strides), tuple(dilations), before, after,
        tuple(out),
    )  # fmt: skip


def geometry(
    x: Any, window: Sequence[int], strides: Sequence[int], dilations: Sequence[int], padding: Any
) -> tuple[list[int], list[tuple[int, int]]]:
    out, before = [], []
    for axis, size in enumerate(window):
        count, first, _ = window_padding(
            x.shape[axis + 1], size, strides[axis], dilations[axis], padding
        )
        out.append(count)
        before.append(first)
    pads = needed(x.shape[1:-1], window, strides, dilations, out, before)
    return out, pads


def matrix_conv(
    x: Any,
    weights: Any,
    strides: Sequence[int],
    dilations: Sequence[int],
    padding: Any,
    pad_value: Any,
    multiply: Any,
) -> Any:
    """A convolution as products of matrices, one for each group.

    Args:
        x: `[batch, *spatial, channels]`.
        weights: `[filters, *window, channels / groups]`.
        strides: along each spatial axis.
        dilations: along each spatial axis.
        padding: SAME or VALID.
        pad_value: what stands outside.
        multiply: multiplies `[rows, depth]` with `[depth, filters]`.
    """
    window = weights.shape[1:-1]
    filters, depth = weights.shape[0], weights.shape[-1]
    groups = group_count(x, weights)
    out, pads = geometry(x, window, strides, dilations, padding)
    x = padded(x, pads, pad_value)
    views = patches(x, window, strides, dilations, out)
    rows = x.shape[0] * int(np.prod(out))
    size = int(np.prod(window)) * depth
    if groups == 1:
        flat = multiply(views.reshape(rows, size), weights.reshape(filters, size).T)
        return flat.reshape(x.shape[0], *out, filters)
    each = filters // groups
    parts = [
        multiply(
            views[..., group * depth : (group + 1) * depth].reshape(rows, size),
            weights[group * each : (group + 1) * each].reshape(each, size).T,
        )
        for group in range(groups)
    ]
    return np.concatenate(parts, -1).reshape(x.shape[0], *out, filters)


def xla_conv(
    x: Any, weights: Any, strides: Any, dilations: Any, padding: Any, groups: int, layout: Any
) -> Any:
    import jax

    window = [weights.shape[axis] for axis in layout[0]]
    pads = [
        window_padding(x.shape[axis + 1], size, strides[axis], dilations[axis], padding)[1:]
        for axis, size in enumerate(window)
    ]
    return jax.lax.conv_general_dilated(
        x, weights, strides, pads, rhs_dilation=dilations, feature_group_count=groups,
        dimension_numbers=layout[1],
    )  # fmt: skip


def zero_of(weights: TensorInfo) -> int:
    """The zero point of weights, which only old files have."""
    return weights.zero_point if weights.type == TensorType.UINT8 else 0


def centered_weights(weights: TensorInfo, w: Any) -> Any:
    """Weights without their zero point."""
    return w.astype(np.float32) - np.float32(zero_of(weights))


def fits_float32(weights: TensorInfo, source: TensorInfo, axis: int) -> bool:
    """Whether all sums that constant weights can give are exact in float32.

    Args:
        weights: the weights.
        source: what they are multiplied with.
        axis: the axis of the filters; other axes are added up.
    """
    if weights.constant is None:
        return False
    bounds = np.iinfo(source.dtype)
    reach = max(bounds.max - source.zero_point, source.zero_point - bounds.min)
    sizes = np.abs(weights.constant.astype(np.int64) - zero_of(weights))
    others = tuple(each for each in range(sizes.ndim) if each != axis)
    return int(sizes.sum(others).max(initial=0)) * int(reach) < 1 << 24
