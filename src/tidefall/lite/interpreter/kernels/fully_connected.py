"""Dense layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import round_half_away
from tidefall.lite.interpreter.kernels.common import activate, quantized_limits
from tidefall.lite.interpreter.kernels.conv import fits_float32, largest_product
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import (
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
    low, high = quantized_limits(output, options.fused_activation_function, node.operator)
    largest = largest_product(source)
    exact = weights.zero_point == 0 and fits_float32(weights, source, 0)
    zero = np.float32(source.zero_point)
    weight_zero = np.float32(weights.zero_point if weights.scales.size == 1 else 0)
    ready = None
    if weights.constant is not None:
        ready = (weights.constant.astype(np.float32) - weight_zero).T

    def product(x: Any, w: Any, bias: Any) -> Any:
        factors = (w.astype(np.float32) - weight_zero).T if ready is None else ready
        centered = x.astype(np.float32) - zero
        total = centered @ factors if exact else exact_matmul(centered, factors, largest)
        total = total.astype(np.float64)
        if bias is not None:
            total += bias
        found = round_half_away(total * scales) + output.zero_point
        return np.clip(found, low, high).astype(output.dtype)

    return product


def _hybrid(node: Node, options: FullyConnectedOptions) -> Any:
    weights = node.input(1)

    def product(x: Any, w: Any, bias: Any) -> Any:
        values, scales, zeros = quantize_rows(x, options.asymmetric_quantize_inputs)
        total = exact_matmul(values - zeros[:, None], w.T, 255 * 128)
        found = total.astype(np.float32) * (scales[:, None] * weights.scales)
        return found if bias is None else found + bias

    return product
