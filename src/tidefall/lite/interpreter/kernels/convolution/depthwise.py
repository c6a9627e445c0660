"""Convolutions of each channel by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import activate, positive
from tidefall.lite.interpreter.kernels.convolution.shared import (
    Layout,
    centered_weights,
    fits_float32,
    geometry,
    windows_over,
    xla_conv,
)
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.prepared import PreparedWeights
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.interpreter.requantize import Requantize
from tidefall.lite.interpreter.windows import padded
from tidefall.lite.schema import ActivationFunctionType, DepthwiseConv2DOptions


def _depthwise(x: Any, w: Any, strides: Any, dilations: Any, padding: Any) -> Any:
    """A convolution of each channel by itself, one place of the window after another."""
    _, height, width, filters = w.shape
    channels = x.shape[-1]
    if channels == 0 or filters % channels:
        raise ValueError(f"an input of {channels} channels does not go with {w.shape}")
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
                    windows_over(x, w.shape[1:3], strides, dilations, options.padding),
                    x.shape[-1],
                ),
            )  # fmt: skip
            if found is not None:
                return found
        if native.takes(x, w, bias, activation) and whole:
            windows = windows_over(x, w.shape[1:3], strides, dilations, options.padding)
            return native.convolve(x, laid_out(w), bias, windows, x.shape[-1], activation)
        if xp is np:
            found = _depthwise(x, w, strides, dilations, options.padding)
        else:
            moved = xp.transpose(w, (1, 2, 0, 3))
            found = xla_conv(
                x, moved, strides, dilations, options.padding, x.shape[-1],
                ((0, 1), ("NHWC", "HWIO", "NHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, node.operator)

    return NativeKernel(run, lambda given, _: prepared.layer(given[0].shape))


def _quantized_depthwise(
    node: Node, strides: Any, dilations: Any, padding: Any, activation: Any
) -> Kernel:
    source, weights = node.input(0), node.input(1)
    requantize = Requantize(node, weights, weights.shape[-1], activation)
    exact = fits_float32(weights, source, 3)
    kind = np.float32 if exact else np.float64
    zero = kind(source.zero_point)
    ready = None if weights.constant is None else centered_weights(weights, weights.constant)
    laid_out = Layout(weights, (1, 2, 0, 3), ready)
    none = ActivationFunctionType.NONE
    prepared = PreparedWeights(node, (1, 2, 0, 3), none, requantize)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        whole = x.shape[-1] and not w.shape[3] % x.shape[-1]
        if whole and prepared.takes(x):
            found = prepared(
                x, w, bias,
                lambda: (windows_over(x, w.shape[1:3], strides, dilations, padding), x.shape[-1]),
            )  # fmt: skip
            if found is not None:
                return found
        kernels = centered_weights(weights, w) if ready is None else ready
        centered = x.astype(kind)
        centered -= zero
        if exact and whole and native.takes(centered, kernels, None, none):
            windows = windows_over(x, w.shape[1:3], strides, dilations, padding)
            total = native.convolve(centered, laid_out(w), None, windows, x.shape[-1])
        else:
            total = _depthwise(centered, kernels.astype(kind), strides, dilations, padding)
        return requantize(total, bias)

    return NativeKernel(run, lambda given, _: prepared.layer(given[0].shape))


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
