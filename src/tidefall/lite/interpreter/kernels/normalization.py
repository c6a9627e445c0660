"""Normalization by the length of a vector, and by neighbouring channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_functions import inverse_sqrt_multiplier
from tidefall.lite.interpreter.fixed_point import multiply_by_quantized_multiplier
from tidefall.lite.interpreter.kernels.common import activate
from tidefall.lite.interpreter.kernels.elementwise import is_quantized
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.schema import L2NormOptions, LocalResponseNormalizationOptions


@kernel("L2_NORMALIZATION", traceable=True)
def l2_normalization(node: Node) -> Kernel:
    activation = node.option(L2NormOptions).fused_activation_function
    if is_quantized(node):
        return _quantized(node)

    def run(x: Any) -> Any:
        xp = namespace(x)
        length = xp.sqrt(xp.square(x).sum(-1, keepdims=True))
        found = x / xp.maximum(length, np.float32(1e-6))
        return activate(found, activation, node.operator)

    return run


def _quantized(node: Node) -> Kernel:
    zero_point = node.input(0).zero_point

    def run(x: Any) -> Any:
        rows = x.reshape(-1, x.shape[-1]).astype(np.int64) - zero_point
        found = np.empty(x.shape, x.dtype).reshape(rows.shape)
        for index, row in enumerate(rows):
            multiplier, shift = inverse_sqrt_multiplier(int((row * row).sum()))
            # The factor of 128 goes into the shift here, and into the values there.
            if x.dtype == np.int8:
                scaled = multiply_by_quantized_multiplier(row, multiplier, shift + 7)
                found[index] = np.clip(scaled, -128, 127)
            else:
                scaled = multiply_by_quantized_multiplier(128 * row, multiplier, shift)
                found[index] = np.clip(scaled + 128, 0, 255)
        return found.reshape(x.shape)

    return run


@kernel("LOCAL_RESPONSE_NORMALIZATION", traceable=True)
def local_response_normalization(node: Node) -> Kernel:
    options = node.option(LocalResponseNormalizationOptions)

    def run(x: Any) -> Any:
        xp = namespace(x)
        depth, radius = x.shape[-1], options.radius
        # The reference kernel's window ends before its upper neighbour.
        window = np.zeros((depth, depth), np.float32)
        for channel in range(depth):
            window[max(0, channel - radius) : channel + radius, channel] = 1
        near = xp.square(x) @ window
        scale = np.float32(options.bias) + np.float32(options.alpha) * near
        return x * xp.power(scale, np.float32(-options.beta))

    return run
