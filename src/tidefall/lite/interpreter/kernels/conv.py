"""Convolutions: of two and three dimensions, grouped, and depth by depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import (
    activate,
    positive,
    window_padding,
)
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.prepared import PreparedWeights
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.requantize import Requantize
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.interpreter.windows import exact_matmul, needed, padded, patches
from tidefall.lite.schema import (
    ActivationFunctionType,
    Conv2DOptions,
    Conv3DOptions,
    DepthwiseConv2DOptions,
    TensorType,
)


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


def _windows(
    x: Any, window: Sequence[int], strides: Any, dilations: Any, padding: Any
) -> native.Windows:
    out, pads = _geometry(x, window, strides, dilations, padding)
    if 0 in out:
        raise ValueError(f"a window of {tuple(window)} is larger than an image of {x.shape}")
    before, after = zip(*pads, strict=True)
    return native.Windows(
        tuple(x.shape[1:-1]), tuple(window), tuple(strides), tuple(dilations), before, after,
        tuple(out),
    )  # fmt: skip


def _geometry(
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


def _matrix_conv(
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
    out, pads = _geometry(x, window, strides, dilations, padding)
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


def _xla_conv(
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


@kernel("CONV_2D", traceable=True)
def conv_2d(node: Node) -> Kernel:
    options = node.option(Conv2DOptions)
    source, weights = node.input(0), node.input(1)
    activation = options.fused_activation_function
    strides = (options.stride_h, options.stride_w)
    dilations = (options.dilation_h_factor, options.dilation_w_factor)
    positive("CONV_2D", stride_h=strides[0], stride_w=strides[1])
    positive("CONV_2D", dilation_h=dilations[0], dilation_w=dilations[1])
    if source.dtype.kind != "f":
        return _quantized_conv(node, strides, dilations, options.padding, activation)
    if weights.dtype.kind != "f":
        return _hybrid_conv(node, strides, dilations, options.padding, activation)

    laid_out = Layout(weights, (1, 2, 3, 0))
    prepared = PreparedWeights(node, (1, 2, 3, 0), activation)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if prepared.takes(x):
            found = prepared(
                x, w, bias,
                lambda: (
                    _windows(x, w.shape[1:3], strides, dilations, options.padding),
                    group_count(x, w),
                ),
            )  # fmt: skip
            if found is not None:
                return found
        if native.takes(x, w, bias, activation):
            groups = group_count(x, w)
            windows = _windows(x, w.shape[1:3], strides, dilations, options.padding)
            return native.convolve(x, laid_out(w), bias, windows, groups, activation)
        if namespace(x, w) is np:
            found = _matrix_conv(x, w, strides, dilations, options.padding, 0, np.matmul)
        else:
            found = _xla_conv(
                x, w, strides, dilations, options.padding, group_count(x, w),
                ((1, 2), ("NHWC", "OHWI", "NHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, "CONV_2D")

    return run


def _zero_of(weights: TensorInfo) -> int:
    """The zero point of weights, which only old files have."""
    return weights.zero_point if weights.type == TensorType.UINT8 else 0


def _centered(weights: TensorInfo, w: Any) -> Any:
    """Weights without their zero point."""
    return w.astype(np.float32) - np.float32(_zero_of(weights))


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
    sizes = np.abs(weights.constant.astype(np.int64) - _zero_of(weights))
    others = tuple(each for each in range(sizes.ndim) if each != axis)
    return int(sizes.sum(others).max(initial=0)) * int(reach) < 1 << 24


def _quantized_conv(
    node: Node, strides: Any, dilations: Any, padding: Any, activation: Any
) -> Kernel:
    source, weights = node.input(0), node.input(1)
    requantize = Requantize(node, weights, weights.shape[0], activation)
    ready = None if weights.constant is None else _centered(weights, weights.constant)
    exact = fits_float32(weights, source, 0)
    laid_out = Layout(weights, (1, 2, 3, 0), ready)
    largest = largest_product(source)
    zero = np.float32(source.zero_point)
    none = ActivationFunctionType.NONE
    prepared = PreparedWeights(node, (1, 2, 3, 0), none, requantize)

    def multiply(a: Any, b: Any) -> Any:
        return a @ b if exact else exact_matmul(a, b, largest)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if prepared.takes(x):
            found = prepared(
                x, w, bias,
                lambda: (_windows(x, w.shape[1:3], strides, dilations, padding), group_count(x, w)),
            )  # fmt: skip
            if found is not None:
                return found
        centered = x.astype(np.float32)
        centered -= zero
        kernels = ready if ready is not None else _centered(weights, w)
        if exact and native.takes(centered, kernels, None, none):
            groups = group_count(x, w)
            windows = _windows(x, w.shape[1:3], strides, dilations, padding)
            total = native.convolve(centered, laid_out(w), None, windows, groups)
        else:
            total = _matrix_conv(centered, kernels, strides, dilations, padding, 0, multiply)
        return requantize(total, bias)

    return run


def _hybrid_conv(node: Node, strides: Any, dilations: Any, padding: Any, activation: Any) -> Kernel:
    """Float inputs and integer weights: each image is quantized by itself."""
    weights = node.input(1)
    per_channel = weights.scales.size == weights.shape[0] and weights.scales.size > 1

    def multiply(a: Any, b: Any) -> Any:
        return exact_matmul(a, b, 255 * 127)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        values, scales, zeros = quantize_rows(x.reshape(x.shape[0], -1), per_channel)
        values = (values - zeros[:, None]).reshape(x.shape).astype(np.float32)
        total = _matrix_conv(values, w.astype(np.float32), strides, dilations, padding, 0, multiply)
        factor = scales.reshape(-1, 1, 1, 1) * weights.scales
        found = total.astype(np.float32) * factor
        return activate(found if bias is None else found + bias, activation, "CONV_2D")

    return run


@kernel("CONV_3D", traceable=True)
def conv_3d(node: Node) -> Kernel:
    options = node.option(Conv3DOptions)
    strides = (options.stride_d, options.stride_h, options.stride_w)
    dilations = (
        options.dilation_d_factor, options.dilation_h_factor, options.dilation_w_factor
    )  # fmt: skip
    for name, values in (("stride", strides), ("dilation", dilations)):
        positive("CONV_3D", **{f"{name}_{axis}": v for axis, v in zip("dhw", values, strict=True)})
    if node.input(0).dtype.kind != "f":
        raise node.unsupported()
    activation = options.fused_activation_function

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if namespace(x, w) is np:
            moved = np.ascontiguousarray(np.transpose(w, (4, 0, 1, 2, 3)))
            found = _matrix_conv(x, moved, strides, dilations, options.padding, 0, np.matmul)
        else:
            found = _xla_conv(
                x, w, strides, dilations, options.padding, x.shape[-1] // w.shape[-2],
                ((0, 1, 2), ("NDHWC", "DHWIO", "NDHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, "CONV_3D")

    return run


def _depthwise(x: Any, w: Any, strides: Any, dilations: Any, padding: Any) -> Any:
    """A convolution of each channel by itself, one place of the window after another."""
    _, height, width, filters = w.shape
    channels = x.shape[-1]
    if channels == 0 or filters % channels:
        raise ValueError(f"an input of {channels} channels does not go with {w.shape}")
    out, pads = _geometry(x, (height, width), strides, dilations, padding)
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


@kernel("DEPTHWISE_CONV_2D", traceable=True)
def depthwise_conv_2d(node: Node) -> Kernel:
    options = node.option(DepthwiseConv2DOptions)
    source, weights = node.input(0), node.input(1)
    activation = options.fused_activation_function
    strides = (options.stride_h, options.stride_w)
    dilations = (options.dilation_h_factor, options.dilation_w_factor)
    positive("DEPTHWISE_CONV_2D", stride_h=strides[0], stride_w=strides[1])
    positive("DEPTHWISE_CONV_2D", dilation_h=dilations[0], dilation_w=dilations[1])
    if source.dtype.kind != "f":
        return _quantized_depthwise(node, strides, dilations, options.padding, activation)
    if weights.dtype.kind != "f":
        return _hybrid_depthwise(node, strides, dilations, options.padding, activation)

    laid_out = Layout(weights, (1, 2, 0, 3))
    prepared = PreparedWeights(node, (1, 2, 0, 3), activation)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        xp = namespace(x, w)
        whole = x.shape[-1] and not w.shape[3] % x.shape[-1]
        if whole and prepared.takes(x):
            found = prepared(
                x, w, bias,
                lambda: (
                    _windows(x, w.shape[1:3], strides, dilations, options.padding),
                    x.shape[-1],
                ),
            )  # fmt: skip
            if found is not None:
                return found
        if native.takes(x, w, bias, activation) and whole:
            windows = _windows(x, w.shape[1:3], strides, dilations, options.padding)
            return native.convolve(x, laid_out(w), bias, windows, x.shape[-1], activation)
        if xp is np:
            found = _depthwise(x, w, strides, dilations, options.padding)
        else:
            moved = xp.transpose(w, (1, 2, 0, 3))
            found = _xla_conv(
                x, moved, strides, dilations, options.padding, x.shape[-1],
                ((0, 1), ("NHWC", "HWIO", "NHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, node.operator)

    return run


def _quantized_depthwise(
    node: Node, strides: Any, dilations: Any, padding: Any, activation: Any
) -> Kernel:
    source, weights = node.input(0), node.input(1)
    requantize = Requantize(node, weights, weights.shape[-1], activation)
    exact = fits_float32(weights, source, 3)
    kind = np.float32 if exact else np.float64
    zero = kind(source.zero_point)
    ready = None if weights.constant is None else _centered(weights, weights.constant)
    laid_out = Layout(weights, (1, 2, 0, 3), ready)
    none = ActivationFunctionType.NONE
    prepared = PreparedWeights(node, (1, 2, 0, 3), none, requantize)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        whole = x.shape[-1] and not w.shape[3] % x.shape[-1]
        if whole and prepared.takes(x):
            found = prepared(
                x, w, bias,
                lambda: (_windows(x, w.shape[1:3], strides, dilations, padding), x.shape[-1]),
            )  # fmt: skip
            if found is not None:
                return found
        kernels = _centered(weights, w) if ready is None else ready
        centered = x.astype(kind)
        centered -= zero
        if exact and whole and native.takes(centered, kernels, None, none):
            windows = _windows(x, w.shape[1:3], strides, dilations, padding)
            total = native.convolve(centered, laid_out(w), None, windows, x.shape[-1])
        else:
            total = _depthwise(centered, kernels.astype(kind), strides, dilations, padding)
        return requantize(total, bias)

    return run


def _hybrid_depthwise(
    node: Node, strides: Any, dilations: Any, padding: Any, activation: Any
) -> Kernel:
    weights = node.input(1)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        values, scales, zeros = quantize_rows(x.reshape(x.shape[0], -1), True)
        values = (values - zeros[:, None]).reshape(x.shape).astype(np.float32)
        total = _depthwise(values, w.astype(np.float32), strides, dilations, padding)
        found = total * (scales.reshape(-1, 1, 1, 1) * weights.scales)
        return activate(found if bias is None else found + bias, activation, node.operator)

    return run
