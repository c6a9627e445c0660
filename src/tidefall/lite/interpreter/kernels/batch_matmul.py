"""Products of matrices, in batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    multiply_int64,
    quantize_multiplier,
)
from tidefall.lite.interpreter.kernels.common import saturate
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import BatchMatMulOptions, TensorType


@kernel("BATCH_MATMUL", traceable=True)
def batch_matmul(node: Node) -> Kernel:
    options = node.option(BatchMatMulOptions)
    one, two = node.input(0), node.input(1)
    if one.dtype.kind != "f":
        product = _quantized(node)
    elif two.dtype.kind != "f":
        product = _hybrid(node, options.asymmetric_quantize_inputs)
    else:

        def product(x: Any, y: Any) -> Any:
            return x @ y

    def run(x: Any, y: Any) -> Any:
        xp = namespace(x, y)
        if options.adj_x:
            x = xp.swapaxes(x, -1, -2)
        if options.adj_y:
            y = xp.swapaxes(y, -1, -2)
        return product(x, y)

    return run


def _quantized(node: Node) -> Any:
    one, two, output = node.input(0), node.input(1), node.output()
    wide = one.type == TensorType.INT16
    largest = (1 << 30) if wide and two.type == TensorType.INT16 else 32768 * 255
    if not wide:
        largest = 255 * 255
    real = float(one.scale * two.scale) / float(output.scale) if output.is_quantized else 0.0
    multiplier, shift = quantize_multiplier(real)

    def product(x: Any, y: Any) -> Any:
        x = x.astype(np.int32) - one.zero_point
        y = y.astype(np.int32) - two.zero_point
        total = exact_matmul(x, y, largest)
        if output.type == TensorType.INT32:
            return total.astype(np.int32)
        scale = multiply_int64 if wide else multiply_by_quantized_multiplier
        return saturate(scale(total, multiplier, shift) + output.zero_point, output.dtype)

    return product


def _hybrid(node: Node, asymmetric: bool) -> Any:
    weights = node.input(1)

    def product(x: Any, y: Any) -> Any:
        rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
        values, scales, zeros = quantize_rows(rows, asymmetric)
        values = (values - zeros[:, None]).reshape(x.shape)
        total = exact_matmul(values, y.astype(np.int32), 255 * 128).astype(np.float32)
        return total * (scales.reshape((*x.shape[:-1], 1)) * weights.scales)

    return product
