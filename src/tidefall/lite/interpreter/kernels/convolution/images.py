"""Convolutions of images: of floats, of integers, and of floats by integer weights.

A kind of convolution says how its weights lie and how its sums are made; which of the three it is,
and whether native code does it, is decided here for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import activate, positive
from tidefall.lite.interpreter.kernels.convolution.shared import (
    Layout,
    centered_weights,
    fits_float32,
    largest_product,
    windows_over,
)
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.prepared import PreparedWeights
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, namespace
from tidefall.lite.interpreter.requantize import Requantize
from tidefall.lite.schema import ActivationFunctionType, Conv2DOptions, DepthwiseConv2DOptions

_LARGEST_HYBRID = 255 * 128


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of convolution.

    Args:
        order: the axes of its weights in the order `[*window, channels / groups, filters]`.
        filters: the axis of its weights that has the filters.
        groups: gives for an input and weights the parts that channels fall into.
            Raises ValueError if they do not go together.
        sums: gives for an input and weights, strides, dilations and padding the sums in NumPy; of
            integers in floats, whose products are at most as large as said, exact sums.
        xla: gives them where jax traces.
    """

    order: tuple[int, int, int, int]
    filters: int
    groups: Callable[[Any, Any], int]
    sums: Callable[..., Any]
    xla: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Convolution:
    """An operator.

    Args:
        form: its kind.
        node: the operator.
        steps: strides, dilations and padding.
        activation: its fused activation.
    """

    form: Form
    node: Node
    steps: tuple[tuple[int, int], tuple[int, int], Any]
    activation: ActivationFunctionType

    def windows(self, x: Any, w: Any) -> tuple[native.Windows, int]:
        """Windows over an input, and the number of groups."""
        groups = self.form.groups(x, w)
        return windows_over(x, w.shape[1:3], *self.steps), groups

    def activated(self, found: Any, bias: Any) -> Any:
        if bias is not None:
            found = found + bias
        return activate(found, self.activation, self.node.operator)


def image_convolution(
    node: Node, options: Conv2DOptions | DepthwiseConv2DOptions, form: Form
) -> Kernel:
    """The kernel of a convolution of images."""
    strides = (options.stride_h, options.stride_w)
    dilations = (options.dilation_h_factor, options.dilation_w_factor)
    positive(node.operator, stride_h=strides[0], stride_w=strides[1])
    positive(node.operator, dilation_h=dilations[0], dilation_w=dilations[1])
    steps = (strides, dilations, options.padding)
    operator = _Convolution(form, node, steps, options.fused_activation_function)
    if node.input(0).dtype.kind != "f":
        return _of_integers(operator)
    if node.input(1).dtype.kind != "f":
        return _hybrid(operator)
    return _of_floats(operator)


def _of_floats(operator: _Convolution) -> Kernel:
    form, node = operator.form, operator.node
    laid_out = Layout(node.input(1), form.order)
    prepared = PreparedWeights(node, form.order, operator.activation)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if prepared.takes(x):
            found = prepared(x, w, bias, lambda: operator.windows(x, w))
            if found is not None:
                return found
        if native.takes(x, w, bias, operator.activation):
            return native.convolve(
                x, laid_out(w), bias, *operator.windows(x, w), operator.activation
            )
        compute = form.sums if namespace(x, w) is np else form.xla
        return operator.activated(compute(x, w, *operator.steps), bias)

    return NativeKernel(run, lambda given, _: prepared.layer(given[0].shape))


def _of_integers(operator: _Convolution) -> Kernel:
    form, node = operator.form, operator.node
    source, weights = node.input(0), node.input(1)
    none = ActivationFunctionType.NONE
    requantize = Requantize(node, weights, weights.shape[form.filters], operator.activation)
    prepared = PreparedWeights(node, form.order, none, requantize)
    ready = None if weights.constant is None else centered_weights(weights, weights.constant)
    exact = fits_float32(weights, source, form.filters)
    laid_out = Layout(weights, form.order, ready)
    largest = None if exact else largest_product(source)
    zero = np.float32(source.zero_point)

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if prepared.takes(x):
            found = prepared(x, w, bias, lambda: operator.windows(x, w))
            if found is not None:
                return found
        centered = x.astype(np.float32)
        centered -= zero
        factors = ready if ready is not None else centered_weights(weights, w)
        if exact and native.takes(centered, factors, None, none):
            total = native.convolve(centered, laid_out(w), None, *operator.windows(x, w))
        else:
            total = form.sums(centered, factors, *operator.steps, largest)
        return requantize(total, bias)

    return NativeKernel(run, lambda given, _: prepared.layer(given[0].shape))


def _hybrid(operator: _Convolution) -> Kernel:
    """Float inputs and integer weights: each image is quantized by itself."""
    form, weights = operator.form, operator.node.input(1)
    per_channel = weights.scales.size == weights.shape[form.filters] and weights.scales.size > 1
    # The kernel for channels by themselves knows no other way.
    asymmetric = per_channel or operator.node.operator == "DEPTHWISE_CONV_2D"

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        values, scales, zeros = quantize_rows(x.reshape(x.shape[0], -1), asymmetric)
        values = (values - zeros[:, None]).reshape(x.shape).astype(np.float32)
        total = form.sums(values, w.astype(np.float32), *operator.steps, _LARGEST_HYBRID)
        factors = scales.reshape(-1, 1, 1, 1) * weights.scales
        return operator.activated(total.astype(np.float32) * factors, bias)

    return run
