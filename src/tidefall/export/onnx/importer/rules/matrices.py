"""Products of matrices, and Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, dtype_of, onnx_op


def matmul(x: Any, y: Any) -> Any:
    """A product as NumPy's `matmul` has it, also of vectors."""
    a, b = len(x.shape), len(y.shape)
    if a == 1:
        x = tf.expand_dims(x, 0)
    if b == 1:
        y = tf.expand_dims(y, 1)
    made = tf.matmul(x, y)
    if b == 1:
        made = tf.squeeze(made, [-1])
    if a == 1:
        made = tf.squeeze(made, [-1 if b == 1 else -2])
    return made


@onnx_op("MatMul")
def _matmul(c: Call) -> Any:
    return matmul(c[0], c[1])


@onnx_op("Gemm")
def _gemm(c: Call) -> Any:
    x, y, dtype = c[0], c[1], dtype_of(c[0])
    made = tf.matmul(x, y, bool(c.attr("transA", 0)), bool(c.attr("transB", 0)))
    alpha, beta = c.attr("alpha", 1.0), c.attr("beta", 1.0)
    if alpha != 1.0:
        made = made * tf.cast(alpha, dtype)
    if c.get(2) is None:
        return made
    return made + (c[2] if beta == 1.0 else tf.cast(beta, dtype) * c[2])


@onnx_op("Einsum")
def _einsum(c: Call) -> Any:
    return tf.einsum(c.attr("equation").decode(), *c.inputs)


@onnx_op("DFT")
def _dft(c: Call) -> Any:
    x = tf.convert_to_tensor(c[0])
    rank = len(x.shape)
    axis = c.attr("axis", 1) if c.opset < 20 else (
        rank - 2 if c.get(2) is None else int(c.known(2, "axis").reshape(()))
    )  # fmt: skip
    axis %= rank
    onesided, inverse = c.attr("onesided", 0), c.attr("inverse", 0)
    if dtype_of(x) not in (np.float32, np.float64):
        raise CannotImport(f"TensorFlow has no transform of {dtype_of(x)}")
    if x.shape[-1] == 1:
        whole = tf.complex(x[..., 0], tf.zeros_like(x[..., 0]))
    else:
        whole = tf.complex(x[..., 0], x[..., 1])
    order = [a for a in range(rank - 1) if a != axis] + [axis]
    moved = tf.transpose(whole, order)
    size = dims_of(moved)[-1]
    length = size if c.get(1) is None else int(c.known(1, "length").reshape(()))
    if onesided and inverse and c.get(1) is None and size is not None:
        length = 2 * (size - 1)
    if size is None or length is None:
        raise CannotImport("the length of its signals is only known when the model runs")
    bins = length // 2 + 1
    if onesided and inverse:
        size = min(size, bins)
        moved = moved[..., :size]
        moved = tf.pad(moved, [*[[0, 0]] * (rank - 2), [0, bins - size]])
        made = tf.signal.irfft(moved, [length])[..., None]
    else:
        moved = moved[..., :length]
        if length > size:
            moved = tf.pad(moved, [*[[0, 0]] * (rank - 2), [0, length - size]])
        made = tf.signal.ifft(moved) if inverse else tf.signal.fft(moved)
        if onesided:
            made = made[..., :bins]
        made = tf.stack([tf.math.real(made), tf.math.imag(made)], -1)
    back = [order.index(a) for a in range(rank - 1)]
    return tf.transpose(made, [*back, rank - 1])


@onnx_op("STFT")
def _stft(c: Call) -> Any:
    signal, step = tf.convert_to_tensor(c[0]), int(c.known(1, "step").reshape(()))
    window = c.get(2)
    if c.get(3) is not None:
        length = int(c.known(3, "length of a frame").reshape(()))
    elif window is not None:
        length = int(dims_of(window)[0] or 0)
    else:
        raise CannotImport("it has neither a window nor a length")
    real = signal[..., 0] if len(signal.shape) == 3 else signal
    frames = tf.signal.frame(real, length, step)
    if window is not None:
        frames = frames * window
    whole = tf.complex(frames, tf.zeros_like(frames))
    if len(signal.shape) == 3 and signal.shape[-1] == 2:
        other = tf.signal.frame(signal[..., 1], length, step)
        whole = tf.complex(frames, other if window is None else other * window)
    made = tf.signal.fft(whole)
    if c.attr("onesided", 1):
        made = made[..., : length // 2 + 1]
    return tf.stack([tf.math.real(made), tf.math.imag(made)], -1)
