"""Convolutions of two and three dimensions, in groups or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import activate, positive
from tidefall.lite.interpreter.kernels.convolution.shared import (
    Layout,
    centered_weights,
    fits_float32,
    group_count,
    largest_product,
    matrix_conv,
    windows_over,
    xla_conv,
)
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.prepared import PreparedWeights
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.interpreter.requantize import Requantize
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import ActivationFunctionType, Conv2DOptions, Conv3DOptions


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
                    windows_over(x, w.shape[1:3], strides, dilations, options.padding),
                    group_count(x, w),
                ),
            )  # fmt: skip
            if found is not None:
                return found
        if native.takes(x, w, bias, activation):
            groups = group_count(x, w)
            windows = windows_over(x, w.shape[1:3], strides, dilations, options.padding)
            return native.convolve(x, laid_out(w), bias, windows, groups, activation)
        if namespace(x, w) is np:
            found = matrix_conv(x, w, strides, dilations, options.padding, 0, np.matmul)
        else:
            found = xla_conv(
                x, w, strides, dilations, options.padding, group_count(x, w),
                ((1, 2), ("NHWC", "OHWI", "NHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, "CONV_2D")

    return NativeKernel(run, lambda given, _: prepared.layer(given[0].shape))


def _quantized_conv(
    node: Node, strides: Any, dilations: Any, padding: Any, activation: Any
) -> Kernel:
    source, weights = node.input(0), node.input(1)
    requantize = Requantize(node, weights, weights.shape[0], activation)
    ready = None if weights.constant is None else centered_weights(weights, weights.constant)
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
                lambda: (
                    windows_over(x, w.shape[1:3], strides, dilations, padding),
                    group_count(x, w),
                ),
            )  # fmt: skip
            if found is not None:
                return found
        centered = x.astype(np.float32)
        centered -= zero
        kernels = ready if ready is not None else centered_weights(weights, w)
        if exact and native.takes(centered, kernels, None, none):
            groups = group_count(x, w)
            windows = windows_over(x, w.shape[1:3], strides, dilations, padding)
            total = native.convolve(centered, laid_out(w), None, windows, groups)
        else:
            total = matrix_conv(centered, kernels, strides, dilations, padding, 0, multiply)
        return requantize(total, bias)

    return NativeKernel(run, lambda given, _: prepared.layer(given[0].shape))


def _hybrid_conv(node: Node, strides: Any, dilations: Any, padding: Any, activation: Any) -> Kernel:
    """Float inputs and integer weights: each image is quantized by itself."""
    weights = node.input(1)
    per_channel = weights.scales.size == weights.shape[0] and weights.scales.size > 1

    def multiply(a: Any, b: Any) -> Any:
        return exact_matmul(a, b, 255 * 127)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        values, scales, zeros = quantize_rows(x.reshape(x.shape[0], -1), per_channel)
        values = (values - zeros[:, None]).reshape(x.shape).astype(np.float32)
        total = matrix_conv(values, w.astype(np.float32), strides, dilations, padding, 0, multiply)
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
            found = matrix_conv(x, moved, strides, dilations, options.padding, 0, np.matmul)
        else:
            found = xla_conv(
                x, w, strides, dilations, options.padding, x.shape[-1] // w.shape[-2],
                ((0, 1, 2), ("NDHWC", "DHWIO", "NDHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, "CONV_3D")

    return run
