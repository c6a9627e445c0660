"""Convolutions: of two and three dimensions, grouped, and depth by depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    multiply_int64,
    quantize_multipliers,
)
from tidefall.lite.interpreter.kernels.common import (
    activate,
    positive,
    quantized_limits,
    window_padding,
)
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.interpreter.windows import exact_matmul, needed, padded, patches
from tidefall.lite.schema import (
    Conv2DOptions,
    Conv3DOptions,
    DepthwiseConv2DOptions,
    TensorType,
)


class Requantize:
    """Sums of a convolution to its output: bias, scale of each channel, zero point, limits."""

    def __init__(self, node: Node, weights: TensorInfo, channels: int, activation: Any):
        source, output = node.input(0), node.output()
        self.output = output
        self.wide = source.type == TensorType.INT16
        if source.type == TensorType.UINT8:
            # Here the product of the scales is a float32.
            real = [float(source.scale * weights.scale) / float(output.scale)]
        else:
            scales = weights.scales.astype(np.float64)
            real = float(source.scale) * scales / float(output.scale)
        multipliers, shifts = quantize_multipliers(real)
        self.multipliers = np.broadcast_to(multipliers, (channels,)).copy()
        self.shifts = np.broadcast_to(shifts, (channels,)).copy()
        self.limits = quantized_limits(output, activation, node.operator)
        self.narrow_bias = False

    def __call__(self, total: Any, bias: Any) -> Any:
        if bias is not None:
            total = total + bias.astype(np.int64)
        if self.wide and (bias is None or bias.dtype == np.int64):
            found = multiply_int64(total, self.multipliers, self.shifts)
        else:
            found = multiply_by_quantized_multiplier(total, self.multipliers, self.shifts)
        found += self.output.zero_point
        return np.clip(found, *self.limits, out=found).astype(self.output.dtype)


def largest_product(source: TensorInfo) -> int:
    """The greatest product of an input, without its zero point, and a weight."""
    return (32768 if source.type == TensorType.INT16 else 255) * 255


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
    if depth == 0 or x.shape[-1] % depth or filters % (x.shape[-1] // depth):
        raise ValueError(f"an input of {x.shape[-1]} channels does not go with {weights.shape}")
    groups = x.shape[-1] // depth
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

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if namespace(x, w) is np:
            found = _matrix_conv(x, w, strides, dilations, options.padding, 0, np.matmul)
        else:
            found = _xla_conv(
                x, w, strides, dilations, options.padding, x.shape[-1] // w.shape[-1],
                ((1, 2), ("NHWC", "OHWI", "NHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, "CONV_2D")

    return run


def _centered(weights: TensorInfo, w: Any) -> Any:
    """Weights without their zero point, which only old files have."""
    if weights.type == TensorType.UINT8:
        return w.astype(np.float32) - np.float32(weights.zero_point)
    return w.astype(np.float32)


def _quantized_conv(
    node: Node, strides: Any, dilations: Any, padding: Any, activation: Any
) -> Kernel:
    source, weights = node.input(0), node.input(1)
    requantize = Requantize(node, weights, weights.shape[0], activation)
    ready = None if weights.constant is None else _centered(weights, weights.constant)
    largest = largest_product(source)
    zero = np.float32(source.zero_point)

    def multiply(a: Any, b: Any) -> Any:
        return exact_matmul(a, b, largest)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        centered = x.astype(np.float32) - zero
        kernels = ready if ready is not None else _centered(weights, w)
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

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        xp = namespace(x, w)
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
    kind = np.float64 if source.type == TensorType.INT16 else np.float32
    zero = kind(source.zero_point)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        kernels = _centered(weights, w).astype(kind)
        total = _depthwise(x.astype(kind) - zero, kernels, strides, dilations, padding)
        return requantize(total.astype(np.int64), bias)

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
