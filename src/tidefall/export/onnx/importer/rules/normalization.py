"""Normalizations."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dtype_of, onnx_op


@onnx_op("BatchNormalization")
def _batch(c: Call) -> Any:
    if c.attr("training_mode", 0) or (c.opset < 14 and c.outputs > 1):
        raise CannotImport("it normalizes by the batch, as in training")
    x, rank = c[0], len(c[0].shape)
    scale, bias, mean, variance = (tf.convert_to_tensor(c[i]) for i in range(1, 5))
    factor = scale * tf.math.rsqrt(variance + tf.cast(c.attr("epsilon", 1e-5), variance.dtype))
    shift = bias - mean * factor
    dtype = dtype_of(x)
    if rank > 2:
        last = c.execution.layouts.last(x, rank)
        made = last * tf.cast(factor, dtype) + tf.cast(shift, dtype)
        return c.execution.layouts.first(made, rank)
    return x * tf.cast(factor, dtype) + tf.cast(shift, dtype)


def _per_channel(value: Any, rank: int) -> Any:
    return tf.reshape(value, [-1, *[1] * (rank - 2)])


def _normalized(x: Any, axes: list[int], epsilon: float) -> Any:
    mean = tf.reduce_mean(x, axes, True)
    apart = x - mean
    variance = tf.reduce_mean(apart * apart, axes, True)
    return apart * tf.math.rsqrt(variance + tf.cast(epsilon, x.dtype))


@onnx_op("InstanceNormalization")
def _instance(c: Call) -> Any:
    rank = len(c[0].shape)
    made = _normalized(c[0], list(range(2, rank)), c.attr("epsilon", 1e-5))
    return made * _per_channel(c[1], rank) + _per_channel(c[2], rank)


@onnx_op("GroupNormalization")
def _group(c: Call) -> Any:
    x, groups = tf.convert_to_tensor(c[0]), c.attr("num_groups")
    rank, shape = len(x.shape), tf.shape(x)
    split = tf.reshape(x, tf.concat([shape[:1], [groups, -1], shape[2:]], 0))
    made = tf.reshape(_normalized(split, list(range(2, rank + 1)), c.attr("epsilon", 1e-5)), shape)
    scale, bias = c[1], c[2]
    if c.opset < 21:  # one of each group
        each = x.shape[1] // groups
        scale, bias = tf.repeat(scale, each), tf.repeat(bias, each)
    return tf.ensure_shape(made * _per_channel(scale, rank) + _per_channel(bias, rank), x.shape)


@onnx_op("LayerNormalization")
def _layer(c: Call) -> Any:
    x = tf.convert_to_tensor(c[0])
    rank, axis = len(x.shape), c.attr("axis", -1)
    axes = list(range(axis % rank, rank))
    mean = tf.reduce_mean(x, axes, True)
    apart = x - mean
    inverse = tf.math.rsqrt(
        tf.reduce_mean(apart * apart, axes, True) + tf.cast(c.attr("epsilon", 1e-5), x.dtype)
    )
    made = apart * inverse * c[1]
    return [made if c.get(2) is None else made + c[2], mean, inverse][: c.outputs]


@onnx_op("LpNormalization")
def _lp(c: Call) -> Any:
    x, axis, p = c[0], c.attr("axis", -1), c.attr("p", 2)
    size = (
        tf.reduce_sum(tf.abs(x), axis, True)
        if p == 1
        else tf.sqrt(tf.reduce_sum(x * x, axis, True))
    )
    return tf.math.divide_no_nan(x, size)


@onnx_op("LRN")
def _lrn(c: Call) -> Any:
    size, rank = c.attr("size"), len(c[0].shape)
    last = c.execution.layouts.last(c[0], rank)
    before, after = (size - 1) // 2, size // 2
    squares = tf.pad(last * last, [*[[0, 0]] * (rank - 1), [before, after]])
    channels = last.shape[-1]
    if channels is None:
        raise CannotImport("its number of channels is only known when the model runs")
    band = np.zeros((channels + size - 1, channels), np.float32)
    for i in range(channels):
        band[i : i + size, i] = 1
    total = tf.tensordot(squares, tf.constant(band, dtype=last.dtype), 1)
    alpha, beta, bias = c.attr("alpha", 1e-4), c.attr("beta", 0.75), c.attr("bias", 1.0)
    return c.execution.layouts.first(last / (bias + alpha / size * total) ** beta, rank)
