"""Dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.kernels.common import activate
from tidefall.lite.interpreter.kernels.convolution.shared import fits_float32, largest_product
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.prepared import PreparedWeights
from tidefall.lite.interpreter.registry import Kernel, Layer, NativeKernel, Node, kernel
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
    prepared = None
    if source.dtype.kind != "f":
        product, prepared = _quantized(node, options)
    elif weights.dtype.kind != "f":
        product = _hybrid(node, options)
    else:
        prepared = _Column(node, options.fused_activation_function)

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

    return run if prepared is None else NativeKernel(run, prepared.layer)


class _Column:
    """A layer as a convolution of an image of one column, by windows of one place.

    Args:
        node: the operator.
        activation: of float operators.
        requantize: what becomes of the sums of integer ones.
    """

    def __init__(self, node: Node, activation: Any, requantize: RequantizeReal | None = None):
        self._prepared = PreparedWeights(node, (1, 2, 3, 0), activation, requantize)

    def _arguments(self, x: Any, w: Any, bias: Any) -> tuple[Any, ...]:
        rows = x.size // w.shape[1]
        image = x.reshape(1, rows, 1, -1)
        return image, w.reshape(len(w), 1, 1, -1), bias, lambda: (native.pointwise(rows), 1)

    def __call__(self, x: Any, w: Any, bias: Any) -> Any:
        """The output `[rows, units]`; None if there is no such kernel."""
        if not self._prepared.takes(x):
            return None
        found = self._prepared(*self._arguments(x, w, bias))
        return None if found is None else found.reshape(-1, len(w))

    def layer(self, given: Sequence[Any], found: Any) -> Layer | None:
        """The native layer for arrays of its inputs and its output."""
        x, w, *bias = given
        if not self._prepared.takes(x):
            return None
        made = self._prepared.prepare(*self._arguments(x, w, bias[0] if bias else None))
        return None if made is None else Layer(made)


def _quantized(node: Node, options: FullyConnectedOptions) -> tuple[Any, _Column | None]:
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
    prepared = None if weight_zero else _Column(node, ActivationFunctionType.NONE, requantize)
    ready: Any = None

    def product(x: Any, w: Any, bias: Any) -> Any:
        nonlocal ready
        found = None if prepared is None else prepared(x, w, bias)
        if found is not None:
            return found
        factors = ready
        if factors is None:
            factors = (w.astype(np.float32) - weight_zero).T
            if weights.constant is not None:
                ready = factors
        centered = x.astype(np.float32) - zero
        total = centered @ factors if exact else exact_matmul(centered, factors, largest)
        return requantize(total, bias)

    return product, prepared


def _hybrid(node: Node, options: FullyConnectedOptions) -> Any:
    weights = node.input(1)

    def product(x: Any, w: Any, bias: Any) -> Any:
        values, scales, zeros = quantize_rows(x, options.asymmetric_quantize_inputs)
        total = exact_matmul(values - zeros[:, None], w.T, 255 * 128)
        found = total.astype(np.float32) * (scales[:, None] * weights.scales)
        return found if bias is None else found + bias

    return product
