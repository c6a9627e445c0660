"""Dense layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import activate
from tidefall.lite.interpreter.kernels.convolution.shared import fits_float32, largest_product
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.prepared import PreparedWeights
from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.interpreter.requantize import RequantizeReal
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import (
    ActivationFunctionType,
    FullyConnectedOptions,
    FullyConnectedOptionsWeightsFormat,
)


@kernel("FULLY_CONNECTED", traceable=True)
def fully_connected(node: Node) -> Kernel:
    options = node.option(FullyConnectedOptions)
    if options.weights_format != FullyConnectedOptionsWeightsFormat.DEFAULT:
        raise node.unsupported(" with shuffled weights")
    source, weights = node.input(0), node.input(1)
    if source.dtype.kind != "f":
        product = _quantized(node, options)
    elif weights.dtype.kind != "f":
        product = _hybrid(node, options)
    else:

        def product(x: Any, w: Any, bias: Any) -> Any:
            found = x @ w.T
            return found if bias is None else found + bias

    floats = source.dtype.kind == "f"

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        units, depth = w.shape
        found = product(x.reshape(-1, depth), w, bias)
        if floats:
            found = activate(found, options.fused_activation_function, "FULLY_CONNECTED")
        return found.reshape((*x.shape[:-1], units)) if options.keep_num_dims else found

    return run


def _quantized(node: Node, options: FullyConnectedOptions) -> Any:
    source, weights, output = node.input(0), node.input(1), node.output()
    # Unlike convolutions, the reference kernel scales by a float64.
    scales = float(source.scale) * weights.scales.astype(np.float64) / float(output.scale)
    units = weights.shape[0]
    scales = np.broadcast_to(scales, (units,))
    requantize = RequantizeReal(node, scales, options.fused_activation_function)
    largest = largest_product(source)
    exact = weights.zero_point == 0 and fits_float32(weights, source, 0)
    zero = np.float32(source.zero_point)
    weight_zero = np.float32(weights.zero_point if weights.scales.size == 1 else 0)
    # As a convolution of an image of one column, by windows of one place.
    prepared = PreparedWeights(node, (1, 2, 3, 0), ActivationFunctionType.NONE, requantize)
    ready: Any = None

    def product(x: Any, w: Any, bias: Any) -> Any:
        nonlocal ready
        if not weight_zero and prepared.takes(x):
            image = x.reshape(1, x.shape[0], 1, x.shape[1])
            found = prepared(
                image, w.reshape(units, 1, 1, -1), bias, lambda: (native.pointwise(x.shape[0]), 1)
            )
            if found is not None:
                return found.reshape(-1, units)
        factors = ready
        if factors is None:
            factors = (w.astype(np.float32) - weight_zero).T
            if weights.constant is not None:
                ready = factors
        centered = x.astype(np.float32) - zero
        total = centered @ factors if exact else exact_matmul(centered, factors, largest)
        return requantize(total, bias)

    return product


def _hybrid(node: Node, options: FullyConnectedOptions) -> Any:
    weights = node.input(1)

    def product(x: Any, w: Any, bias: Any) -> Any:
        values, scales, zeros = quantize_rows(x, options.asymmetric_quantize_inputs)
        total = exact_matmul(values - zeros[:, None], w.T, 255 * 128)
        found = total.astype(np.float32) * (scales[:, None] * weights.scales)
        return found if bias is None else found + bias

    return product
