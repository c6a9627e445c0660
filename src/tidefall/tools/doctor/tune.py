"""`python -m tidefall.doctor --tune`: measures every kernel beside XLA's own code, now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import tidefall as tf
from tidefall.native.library import status
from tidefall.runtime.policy.tuning import Measured, measure_pending

Layer = Callable[[Any], Any]


def _models() -> Iterator[tuple[Layer, tuple[int, ...]]]:
    """Layers, and shapes of what they are given: between them they use all kernels."""
    layers = tf.keras.layers
    for channels, size in ((32, 32), (64, 16), (128, 8)):
        yield layers.Conv2D(channels, 3, padding="same", activation="relu"), (32, size, size, 32)
        yield layers.Conv2D(channels, 1), (32, size, size, 64)
        yield layers.DepthwiseConv2D(5, padding="same"), (8, size, size, channels)
        yield layers.BatchNormalization(), (32, size, size, channels)
    yield layers.Conv1D(64, 5), (32, 128, 32)
    for width in (64, 128, 512):
        yield layers.Dense(width), (128, width)
        yield layers.LayerNormalization(), (32, 64, width)
    yield layers.Softmax(), (32, 4, 64, 64)
    attention = layers.MultiHeadAttention(4, 32)
    yield lambda x: attention(x, x), (32, 64, 128)
    for units in (64, 128):
        yield layers.LSTM(units), (32, 64, 32)
        yield layers.GRU(units), (32, 64, 32)


def measured() -> Iterator[Measured]:
    """Measure all kernels for common shapes, those that this machine does not know yet.

    Raises:
        UnavailableError: there are no native kernels.
    """
    if status().library is None:
        raise tf.errors.UnavailableError(None, None, f"no native kernels: {status().reason}")
    for layer, shape in _models():

        @tf.function(jit_compile=True)
        def gradients(x: Any, layer: Layer = layer) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                total = tf.reduce_sum(tf.square(layer(x)))
            return tape.gradient(total, [x, *tape.watched_variables()])

        x = tf.random.normal(shape)
        layer(x)
        gradients(x)
        yield from measure_pending()
