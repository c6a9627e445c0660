"""Between real numbers and the integers that stand for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
)
from tidefall.lite.interpreter.kernels.common import saturate
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import FakeQuantOptions, TensorType


def along_axis(values: Any, info: TensorInfo) -> Any:
    """Values for each slice, shaped to go with the tensor."""
    if values.size == 1:
        return values.reshape(())
    return values.reshape([-1 if axis == info.axis else 1 for axis in range(len(info.shape))])


@kernel("DEQUANTIZE", traceable=True)
def dequantize(node: Node) -> Kernel:
    source = node.input(0)
    target = node.output().dtype
    if source.type in (TensorType.FLOAT16, TensorType.BFLOAT16, TensorType.FLOAT32):
        return lambda x: x.astype(target)
    scales = along_axis(source.scales.astype(np.float64), source)
    zero_points = along_axis(source.zero_points, source)

    def run(x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return (x.astype(np.float32) - zero_points.astype(np.float32)) * scales.astype(
                np.float32
            )
        return ((x.astype(np.int32) - zero_points) * scales).astype(target)

    return run


def quantize_floats(x: Any, info: TensorInfo) -> Any:
    """Real numbers to integers: nearest, halves away from zero."""
    bounds = np.iinfo(info.dtype)
    low, high = bounds.min, bounds.max
    if info.type == TensorType.INT4:
        low, high = -8, 7
    scaled = round_half_away(x / along_axis(info.scales, info)).astype(np.float64)
    scaled = np.nan_to_num(scaled, nan=0.0) + along_axis(info.zero_points, info)
    return np.clip(scaled, low, high).astype(info.dtype)


@kernel("QUANTIZE")
def quantize(node: Node) -> Kernel:
    source, target = node.input(0), node.output()
    if source.type == TensorType.FLOAT32:
        return lambda x: quantize_floats(x, target)
    multiplier, shift = quantize_multiplier(float(source.scale) / float(target.scale))

    def run(x: Any) -> Any:
        value = x.astype(np.int64) - source.zero_point
        value = multiply_by_quantized_multiplier(value, multiplier, shift) + target.zero_point
        return saturate(value, target.dtype)

    return run


@kernel("FAKE_QUANT")
def fake_quant(node: Node) -> Kernel:
    options = node.option(FakeQuantOptions)
    low, high = (1 if options.narrow_range else 0), (1 << options.num_bits) - 1
    least, most = np.float32(options.min), np.float32(options.max)
    scale = (most - least) / np.float32(high - low)
    zero = np.float32(low) - least / scale
    nudged = float(np.clip(round_half_away(np.float32(zero)), low, high))
    bottom = (np.float32(low) - np.float32(nudged)) * scale
    top = (np.float32(high) - np.float32(nudged)) * scale

    def run(x: Any) -> Any:
        clipped = np.clip(x, bottom, top)
        steps = np.floor((clipped - bottom) * (np.float32(1) / scale) + np.float32(0.5))
        return (steps * scale + bottom).astype(np.float32)

    return run


@kernel("DENSIFY", traceable=True)
def densify(node: Node) -> Kernel:
    # Sparse constants are made dense when the file is read.
    return lambda x: namespace(x).asarray(x)
