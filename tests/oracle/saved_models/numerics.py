"""Ops of many families in one graph each."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

X = np.float32([1.0, -2.0, 3.0])
SQUARE = wave(3, 3) + 3 * np.eye(3, dtype=np.float32)


@model(("fake", wave(2, 3)), ("gradient", ("fake", wave(2, 3)), []), ("quantized", wave(2, 3)))
def quantization(tf: Any) -> Any:
    q = tf.quantization

    class Quantization(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.low, self.high = tf.Variable(-0.7), tf.Variable(0.8)

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def fake(self, x: Any) -> Any:
            by_channel = q.fake_quant_with_min_max_vars_per_channel(x, [-0.5] * 3, [0.5, 0.6, 0.7])
            return (
                q.fake_quant_with_min_max_args(x, -0.5, 0.5),
                q.fake_quant_with_min_max_vars(x, self.low, self.high, 4),
                by_channel,
            )

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def quantized(self, x: Any) -> Any:
            output, low, high = q.quantize(x, -1.0, 1.0, tf.quint8)
            back = q.dequantize(output, low, high)
            return tf.cast(output, tf.int32), back, q.quantize_and_dequantize_v2(x, -1.0, 1.0)

    return Quantization()


@model(("f", wave(5, 2)), ("gradient", ("f", wave(5, 2)), []), ("sets",), ("sorted", wave(2, 5)))
def segments_and_sets(tf: Any) -> Any:
    class Segments(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
        def f(self, x: Any) -> Any:
            ids = tf.constant([0, 0, 1, 1, 3])
            return (
                tf.math.segment_sum(x, ids), tf.math.segment_mean(x, ids),
                tf.math.unsorted_segment_max(x, ids, 4)[:2], tf.math.segment_prod(x, ids),
                tf.sparse.segment_sum(x, [0, 2], [0, 1]),
            )  # fmt: skip

        @tf.function(input_signature=[])
        def sets(self) -> Any:
            a, b = tf.constant([[1, 2, 3], [4, 5, 5]]), tf.constant([[3, 9, 1], [5, 0, 0]])
            union = tf.sets.union(a, b)
            return tf.sets.intersection(a, b), union, tf.sets.difference(a, b), tf.sets.size(union)

        @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32)])
        def sorted(self, x: Any) -> Any:
            unique, places, counts = tf.unique_with_counts([3, 1, 3, 7])
            top = tf.math.top_k(x, 2)
            return tf.sort(x), tf.argsort(x), top, unique, places, counts, tf.where(x > 0.0)

    return Segments()


@model(
    ("f", SQUARE),
    ("gradient", ("f", SQUARE), []),
    ("einsum", wave(2, 3, 4)),
    ("gradient", ("einsum", wave(2, 3, 4)), ["w"]),
    ("train", ("einsum", wave(2, 3, 4)), ["w"]),
)
def linear_algebra(tf: Any) -> Any:
    la = tf.linalg

    class Linear(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(wave(4, 5))

        @tf.function(input_signature=[tf.TensorSpec([3, 3], tf.float32)])
        def f(self, x: Any) -> Any:
            positive = tf.matmul(x, x, transpose_b=True) + tf.eye(3)
            return (
                la.inv(x), la.det(x), la.cholesky(positive), la.solve(x, tf.ones([3, 1])),
                la.triangular_solve(x, tf.ones([3, 2])), la.trace(x), la.band_part(x, 0, 1),
                la.norm(x), la.eigvalsh(positive), la.logdet(positive),
            )  # fmt: skip

        @tf.function(input_signature=[tf.TensorSpec([None, 3, 4], tf.float32)])
        def einsum(self, x: Any) -> Any:
            return tf.einsum("bij,jk->bik", x, self.w), tf.einsum("bij,bij->b", x, x)

    return Linear()


@model(("f", wave(2, 8)), ("gradient", ("f", wave(2, 8)), []), ("speech", wave(256)))
def signals(tf: Any) -> Any:
    class Signals(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 8], tf.float32)])
        def f(self, x: Any) -> Any:
            spectrum = tf.signal.rfft(x)
            whole = tf.signal.fft(tf.cast(x, tf.complex64))
            back = tf.signal.irfft(spectrum)
            return spectrum, tf.abs(whole), back, tf.signal.dct(x), tf.math.angle(spectrum[:, 1:])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def speech(self, x: Any) -> Any:
            power = tf.abs(tf.signal.stft(x, 64, 32)) ** 2
            mel = tf.signal.linear_to_mel_weight_matrix(8, 33, 8000, 20.0, 4000.0)
            return tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(power @ mel + 1.0))[:, :4]

    return Signals()


@model(("f", X), ("gradient", ("f", X), []), ("g", np.int32([6, 4, 9])), ("h", wave(2, 3, 4)),
       ("gradient", ("h", wave(2, 3, 4)), []))  # fmt: skip
def shapes_and_functions(tf: Any) -> Any:
    class Shapes(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def f(self, x: Any) -> Any:
            m = tf.math
            return [
                m.erf(x), m.lgamma(m.abs(x)), m.digamma(x + 0.5), m.bessel_i0e(x), m.xlogy(x, 2.0),
                tf.nn.gelu(x), tf.nn.selu(x), tf.nn.softplus(x), m.atan2(x, 2.0), m.expm1(x),
                tf.clip_by_norm(x, 1.0), m.cumsum(x, reverse=True), m.cumulative_logsumexp(x),
            ]  # fmt: skip

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
        def g(self, x: Any) -> Any:
            shifted = tf.bitwise.left_shift(x, 2)
            return (
                tf.one_hot(x, 10),
                shifted,
                x // 4,
                x % 4,
                tf.math.bincount(x),
                tf.reverse(x, [0]),
            )

        @tf.function(input_signature=[tf.TensorSpec([None, None, 4], tf.float32)])
        def h(self, x: Any) -> Any:
            return (
                tf.reshape(x, [-1, 2]),
                tf.transpose(x, [2, 0, 1]),
                tf.pad(x, [[0, 0], [1, 0], [0, 1]]),
                tf.tile(x, [1, 2, 1]),
                tf.strided_slice(x, [0, 0, 3], [2, 3, 0], [1, 2, -1]),
                tf.gather_nd(x, [[0, 1], [1, 2]]),
                tf.scatter_nd([[1]], x[0, :1, :1], [3, 1]),
                x[:, -1, ::2],
                tf.concat([x, x], 0),
                tf.roll(x, 1, 1),
                tf.split(x, 2, -1),
                tf.space_to_batch(x[..., None], [1, 2], [[0, 0], [0, 0]]),
                tf.meshgrid(x[0, 0], x[1, 0]),
            )

    return Shapes()
