"""Handwritten digits of scikit-learn, and a small convolutional network for them."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import tidefall as tf

keras, layers = tf.keras, tf.keras.layers


@functools.cache
def data():
    """Training images and labels, and those for tests."""
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    x = (digits.images[order] / 16.0).astype(np.float32)[..., None]
    y = digits.target[order]
    return x[:1400], y[:1400], x[1400:], y[1400:]


def compiled(model, rate=1e-3):
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def accuracy(model):
    _, _, x, y = data()
    return float((model.predict(x, verbose=0).argmax(1) == y).mean())


@functools.cache
def _trained():
    keras.utils.set_random_seed(1)
    model = fresh()
    x, y, _, _ = data()
    compiled(model).fit(x, y, epochs=8, verbose=0)
    return model.get_weights()


def fresh():
    return keras.Sequential(
        [
            keras.Input([8, 8, 1]),
            layers.Conv2D(16, 3, padding="same", use_bias=False, name="c1"),
            layers.BatchNormalization(name="bn"),
            layers.ReLU(name="relu"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(32, 3, activation="relu", name="c2"),
            layers.Flatten(name="flat"),
            layers.Dense(64, activation="relu", name="d1"),
            layers.Dense(10, activation="softmax", name="d2"),
        ]
    )


def trained():
    """The network after eight epochs; a copy of its own each time."""
    model = fresh()
    model.set_weights(_trained())
    return model


def fit(model, epochs, rate=1e-3, **options):
    x, y, _, _ = data()
    compiled(model, rate).fit(x, y, epochs=epochs, verbose=0, **options)
    return model


def converted(model, **options):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    for name, value in options.items():
        setattr(converter, name, value)
    return converter.convert()


def run(content, x):
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    given, made = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(given["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(made["index"]), interpreter


def kernels(model):
    return [w for w in model.get_weights() if w.ndim > 1]
