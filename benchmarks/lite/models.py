"""The models that are measured, for Keras on any backend, and data to calibrate with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def mobilenet_v2() -> Any:
    """MobileNetV2 for images of 224x224."""
    import keras

    return _spread(keras.applications.MobileNetV2(weights=None))  # pyright: ignore[reportArgumentType]


_LITE0 = (  # filters, blocks, stride, window, expansion
    (16, 1, 1, 3, 1), (24, 2, 2, 3, 6), (40, 2, 2, 5, 6), (80, 3, 2, 3, 6),
    (112, 3, 1, 5, 6), (192, 4, 2, 5, 6), (320, 1, 1, 3, 6),
)  # fmt: skip
"""EfficientNet-B0's blocks; the Lite variant has no squeeze-and-excite and ReLU6 throughout."""


def efficientnet_lite0() -> Any:
    """A model of the size of EfficientNet-Lite0, for images of 224x224."""
    import keras
    from keras import layers

    def normalized(x: Any, activate: bool = True) -> Any:
        x = layers.BatchNormalization()(x)
        return layers.ReLU(6.0)(x) if activate else x

    def convolved(x: Any, filters: int, window: int = 1, stride: int = 1, **kwargs: Any) -> Any:
        y = layers.Conv2D(filters, window, stride, padding="same", use_bias=False)(x)
        return normalized(y, **kwargs)

    image = keras.Input((224, 224, 3))
    x = convolved(image, 32, 3, 2)
    for filters, blocks, stride, window, expansion in _LITE0:
        for block in range(blocks):
            y = convolved(x, x.shape[-1] * expansion) if expansion > 1 else x
            step = 1 if block else stride
            y = layers.DepthwiseConv2D(window, step, padding="same", use_bias=False)(y)
            y = convolved(normalized(y), filters, activate=False)
            x = layers.Add()([x, y]) if block else y
    x = layers.GlobalAveragePooling2D()(convolved(x, 1280))
    return _spread(keras.Model(image, layers.Dense(1000, activation="softmax")(x)))


def _spread(model: Any) -> Any:
    """Random weights by which activations keep their size, as trained ones do."""
    draw = np.random.default_rng(0)
    for weight in model.weights:
        if weight.name == "kernel":
            inputs = np.prod(weight.shape[:-1])
        elif weight.name == "depthwise_kernel":
            inputs = np.prod(weight.shape[:2])
        else:
            continue
        weight.assign(draw.normal(0, np.sqrt(2 / inputs), weight.shape))
    return model


def digits() -> Any:
    """A convolutional network for digits of 28x28."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def lstm() -> Any:
    """An LSTM over 50 steps of 32 numbers, of one sequence at a time."""
    import keras
    from keras import layers

    x = keras.Input((50, 32), batch_size=1)
    return keras.Model(x, layers.Dense(10)(layers.LSTM(128)(x)))


MODELS: dict[str, Callable[[], Any]] = {
    "mobilenet_v2": mobilenet_v2,
    "efficientnet_lite0": efficientnet_lite0,
    "digits": digits,
    "lstm": lstm,
}
INTEGERS = ("mobilenet_v2", "efficientnet_lite0", "digits")
"""Those that are measured in int8, too."""


def samples(model: Any, count: int = 8) -> list[list[np.ndarray]]:
    """Random samples of a model's inputs, one batch of one each."""
    draw = np.random.default_rng(0)
    return [
        [draw.random((1, *x.shape[1:]), np.float32) for x in model.inputs] for _ in range(count)
    ]
