"""Models that are converted, by name: what makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tidefall as tf

keras = tf.keras
layers = keras.layers


def sequence(shape: tuple[int, ...], *stack: Any) -> Any:
    return keras.Sequential([keras.Input(shape), *stack])


def two_ways() -> Any:
    x = keras.Input((16,))
    a, b = layers.Dense(8, "relu")(x), layers.Dense(8, "tanh")(x)
    return keras.Model(x, [layers.Add()([a, b]), layers.Concatenate()([a, b])])


def encoder() -> Any:
    x = keras.Input((6, 16))
    y = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
    z = layers.Dense(8, "gelu")(y)
    return keras.Model(x, layers.Dense(4)(layers.GlobalAveragePooling1D()(z)))


def dot() -> Any:
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], layers.Dot(1)([a, b]))


BOTH: dict[str, Callable[[], Any]] = {
    "dense": lambda: sequence(
        (4,), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(3, "softmax")
    ),
    "two_ways": two_ways,
    "cnn": lambda: sequence(
        (12, 12, 1), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(),
        layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10),
    ),
    "depthwise": lambda: sequence(
        (12, 12, 3), layers.DepthwiseConv2D(3, padding="same"), layers.BatchNormalization(),
        layers.ReLU(6.0), layers.SeparableConv2D(8, 3, strides=2), layers.GlobalAveragePooling2D(),
    ),
    "transposed": lambda: sequence((5, 5, 2), layers.Conv2DTranspose(3, 3, strides=2)),
    "conv1d": lambda: sequence((12, 3), layers.Conv1D(4, 3), layers.AveragePooling1D(2)),
    "recurrent": lambda: sequence(
        (7, 3), layers.LSTM(5, return_sequences=True), layers.SimpleRNN(4)
    ),
    "gru": lambda: sequence((7, 3), layers.GRU(5, reset_after=False)),
    "bidirectional": lambda: sequence((7, 3), layers.Bidirectional(layers.LSTM(4))),
    "embedding": lambda: sequence((6,), layers.Embedding(20, 4), layers.GlobalMaxPooling1D()),
    "activations": lambda: sequence((6,), layers.PReLU(), layers.LeakyReLU(0.1), layers.ELU(),
        layers.Dense(4, "silu"), layers.Dense(4, "gelu"),
    ),
    "normed": lambda: sequence((6, 5), layers.LayerNormalization()),
    "distributed": lambda: sequence((6, 5), layers.TimeDistributed(layers.Dense(3))),
    "moved": lambda: sequence((3, 4), layers.Permute((2, 1)), layers.Reshape((2, 6))),
    "larger": lambda: sequence((4, 4, 2), layers.UpSampling2D(2), layers.ZeroPadding2D(1)),
    "nested": lambda: sequence((4,), sequence((4,), layers.Dense(5)), layers.Dense(2)),
    "dot": dot,
}  # fmt: skip
"""Models that both formats have."""

GRAPHS: dict[str, Callable[[], Any]] = BOTH | {
    "encoder": encoder,
    "gru_reset_after": lambda: sequence((7, 3), layers.GRU(5, return_sequences=True)),
    "groups": lambda: sequence((4, 4, 8), layers.GroupNormalization(4)),
    "unit": lambda: sequence((6, 5), layers.UnitNormalization()),
    "separable1d": lambda: sequence((9, 3), layers.SeparableConv1D(4, 3)),
    "rare_activations": lambda: sequence(
        (6,), *[layers.Activation(name) for name in
                ("softsign", "mish", "hard_sigmoid", "silu", "softplus", "selu", "gelu")]
    ),
    "pictures": lambda: sequence(
        (4, 4, 2), layers.Rescaling(1 / 255), layers.Resizing(7, 7), layers.CenterCrop(3, 3),
        layers.UpSampling2D(2, interpolation="bilinear"), layers.Cropping2D(1),
    ),
    "numbers": lambda: sequence(
        (3,), layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])
    ),
    "buckets": lambda: sequence(
        (3,), layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0]),
        layers.CategoryEncoding(4, output_mode="multi_hot"),
    ),
    "conv3d": lambda: sequence((4, 4, 4, 2), layers.Conv3D(3, 2), layers.MaxPooling3D(2)),
    "mobilenet": lambda: keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=10
    ),
}  # fmt: skip
"""Models that are graphs in TensorFlow.js."""


def made(make: Callable[[], Any]) -> tuple[Any, list[np.ndarray], list[np.ndarray]]:
    """A model with weights that are not those it begins with, inputs, and its outputs."""
    model, random = make(), np.random.default_rng(0)
    for weight in model.weights:
        if weight.name != "seed_generator_state" and weight.dtype.startswith("float"):
            value = random.uniform(0.2, 0.6, weight.shape)
            if "variance" not in weight.name:
                value = value * random.choice([-1, 1], weight.shape)
            weight.assign(value)
    inputs = []
    for tensor in model.inputs:
        shape = [3, *tensor.shape[1:]]
        integers = any(isinstance(layer, layers.Embedding) for layer in model.layers)
        values = random.integers(0, 20, shape) if integers else random.normal(size=shape)
        inputs.append(values.astype("float32"))
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = found if isinstance(found, (list, tuple)) else [found]
    return model, inputs, [np.asarray(each) for each in outputs]
