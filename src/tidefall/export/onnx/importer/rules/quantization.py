"""Numbers as small integers with scales."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, dtype_of, onnx_op
from tidefall.export.onnx.importer.rules.convolutions import pads_of
from tidefall.export.onnx.importer.rules.matrices import matmul
from tidefall.export.onnx.importer.values import tensor_dtype


def _along(value: Any, x: Any, axis: int, block: int) -> Any:
    """A scale or zero point as wide as `x` needs it."""
    rank = len(x.shape)
    if len(value.shape) == 0 or dims_of(value) == [1]:
        return tf.reshape(value, [])
    if block:
        wide = tf.repeat(value, block, axis)
        size = dims_of(x)[axis % rank]
        return wide if size is None else tf.gather(wide, np.arange(size), axis=axis)
    shape = [1] * rank
    shape[axis] = -1
    return tf.reshape(value, shape)


def _quantized(x: Any, scale: Any, zero: Any, dtype: Any) -> Any:
    kind = np.dtype(dtype.as_numpy_dtype)
    if kind.kind not in "iu":
        raise CannotImport(f"it makes {dtype.name}")
    info = np.iinfo(kind)
    wide = tf.round(x / scale) + (0.0 if zero is None else tf.cast(zero, x.dtype))
    return tf.cast(tf.clip_by_value(wide, info.min, info.max), dtype)


@onnx_op("QuantizeLinear")
def _quantize(c: Call) -> Any:
    x, zero = c[0], c.get(2)
    axis, block = c.attr("axis", 1), c.attr("block_size", 0)
    if zero is not None:
        target = tf.as_dtype(dtype_of(zero))
    else:
        target = tensor_dtype(c.attr("output_dtype", 0) or 2)
    x = tf.cast(x, tf.float32)
    scale = tf.cast(_along(c[1], x, axis, block), tf.float32)
    return _quantized(x, scale, None if zero is None else _along(zero, x, axis, block), target)


@onnx_op("DequantizeLinear")
def _dequantize(c: Call) -> Any:
    x, axis, block = c[0], c.attr("axis", 1), c.attr("block_size", 0)
    if dtype_of(x).kind not in "iu":
        raise CannotImport(f"it reads {dtype_of(x)}")
    scale = _along(c[1], x, axis, block)
    wide = tf.cast(x, tf.float32)
    if c.get(2) is not None:
        wide = wide - tf.cast(_along(c[2], x, axis, block), tf.float32)
    return tf.cast(wide * tf.cast(scale, tf.float32), dtype_of(c[1]))


@onnx_op("DynamicQuantizeLinear")
def _dynamic(c: Call) -> Any:
    x = c[0]
    low, high = tf.minimum(tf.reduce_min(x), 0.0), tf.maximum(tf.reduce_max(x), 0.0)
    scale = (high - low) / 255.0
    zero = tf.cast(tf.clip_by_value(tf.round(-low / scale), 0, 255), tf.uint8)
    return [_quantized(x, scale, zero, tf.uint8), scale, zero]


def _centered(x: Any, zero: Any, axis: int) -> Any:
    wide = tf.cast(x, tf.int32)
    if zero is None:
        return wide
    return wide - tf.cast(_along(zero, x, axis, 0), tf.int32)


@onnx_op("MatMulInteger")
def _matmul_integer(c: Call) -> Any:
    return matmul(_centered(c[0], c.get(2), -2), _centered(c[1], c.get(3), -1))


@onnx_op("QLinearMatMul")
def _q_matmul(c: Call) -> Any:
    a, b = _centered(c[0], c[2], -2), _centered(c[3], c[5], -1)
    wide = tf.cast(matmul(a, b), tf.float32)
    factors = [tf.cast(_along(c[i], wide, axis, 0), tf.float32) for i, axis in ((1, -2), (4, -1))]
    scale = tf.cast(c[6], tf.float32) / (factors[0] * factors[1])
    return _quantized(wide, scale, c[7], tf.as_dtype(dtype_of(c[7])))


def _integer_conv(c: Call, x: Any, w: Any) -> Any:
    """A convolution of integers, exact in float64."""
    rank, kernel = len(x.shape), [int(k or 0) for k in dims_of(w)[2:]]
    count = len(kernel)
    strides, dilations = c.attr("strides", [1] * count), c.attr("dilations", [1] * count)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = pads_of(c, dims_of(x)[2:], reach, strides)
    last = tf.transpose(tf.cast(x, tf.float64), [0, *range(2, rank), 1])
    last = tf.pad(last, [[0, 0], *pads.tolist(), [0, 0]])
    filters = tf.transpose(tf.cast(w, tf.float64), [*range(2, rank), 1, 0])
    made = tf.nn.convolution(last, filters, strides, "VALID", dilations=dilations)
    return tf.cast(tf.transpose(made, [0, rank - 1, *range(1, rank - 1)]), tf.int32)


@onnx_op("ConvInteger")
def _conv_integer(c: Call) -> Any:
    return _integer_conv(c, _centered(c[0], c.get(2), 0), _centered(c[1], c.get(3), 0))


@onnx_op("QLinearConv")
def _q_conv(c: Call) -> Any:
    made = _integer_conv(c, _centered(c[0], c[2], 0), _centered(c[3], c[5], 0))
    rank = len(made.shape)
    if c.get(8) is not None:
        made = made + tf.reshape(c[8], [-1, *[1] * (rank - 2)])
    wide = tf.cast(made, tf.float32)
    scale = tf.cast(c[6], tf.float32) / (tf.cast(c[1], tf.float32) * _along(c[4], wide, 1, 0))
    return _quantized(wide, scale, c[7], tf.as_dtype(dtype_of(c[7])))
