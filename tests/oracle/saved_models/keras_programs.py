"""Keras models as people write them: subclassed, with endpoints, with what prepares data."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave
from tests.oracle.saved_models.keras_models import exported, fill, served

X = wave(3, 4)
STEPS = wave(2, 5, 3)
WORDS = np.array([[b"red"], [b"blue"], [b"pink"]], object)


@exported(*served(X, wave(1, 4), train=3))
def keras_built_later(tf: Any) -> Any:
    """A subclassed model whose layers make their weights in `build`, with a loop in `call`."""
    keras = tf.keras

    class Scale(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=[shape[-1]], name="scale")
            self.steps = self.add_weight(shape=[], dtype="int32", trainable=False, name="steps")

        def call(self, x: Any) -> Any:
            def step(i: Any, x: Any) -> Any:
                return i + 1, tf.where(x > 0.0, x * self.scale, -x)

            return tf.while_loop(lambda i, x: i < 2, step, [0, x])[1]

    class Network(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Scale(), keras.layers.Dense(4, activation="tanh"), Scale()]
            self.head = {"out": keras.layers.Dense(2)}

        def build(self, shape: Any) -> None:
            for block in (*self.blocks, self.head["out"]):
                block.build(shape)

        def call(self, x: Any, training: bool = False) -> Any:
            for block in self.blocks:
                x = block(x)
            return self.head["out"](x * 2.0 if training else x)

    network = Network()
    network(tf.constant(X))
    return network


@exported(
    ("serve", lambda tf: _two(tf)),
    ("describe", "signatures/serving_default"),
    ("signatures/serving_default", {"left": X, "right": 2 * X}),
)
def keras_named_parts(tf: Any) -> Any:
    """Dicts in and out; a layer used twice; a model inside of a model."""
    layers = tf.keras.layers
    left, right = layers.Input([4], name="left"), layers.Input([4], name="right")
    inner_in = layers.Input([4])
    tower = tf.keras.Model(inner_in, layers.Dense(3, activation="relu")(inner_in), name="tower")
    both = layers.Concatenate()([tower(left), tower(right)])
    outputs = {
        "score": layers.Dense(1, activation="sigmoid", name="score")(both),
        "distance": layers.Subtract(name="distance")([tower(left), tower(right)]),
    }
    return tf.keras.Model({"left": left, "right": right}, outputs)


def _two(tf: Any) -> Any:
    return {"left": tf.constant(X), "right": tf.constant(2 * X)}


@exported(("serve", lambda tf: _row(tf)), ("describe", "signatures/serving_default"))
def keras_prepared(tf: Any) -> Any:
    """Layers that prepare data: words, numbers in bins, hashes, crosses, pictures."""
    layers = tf.keras.layers
    word = layers.Input([1], dtype="string", name="word")
    age = layers.Input([1], name="age")
    code = layers.Input([1], dtype="int64", name="code")
    picture = layers.Input([6, 6, 3], name="picture")
    bins = layers.Discretization([0.0, 1.0, 2.0])(age)
    parts = [
        layers.StringLookup(vocabulary=["red", "blue"], output_mode="one_hot")(word),
        layers.CategoryEncoding(4, output_mode="one_hot")(bins),
        layers.IntegerLookup(vocabulary=[5, 7], output_mode="multi_hot")(code),
        layers.CategoryEncoding(6, output_mode="one_hot")(layers.Hashing(6)(word)),
        layers.Normalization(mean=1.0, variance=4.0)(age),
        layers.Flatten()(layers.Rescaling(0.5)(layers.Resizing(2, 2)(picture))),
        layers.Flatten()(layers.CenterCrop(2, 2)(picture)),
    ]
    return tf.keras.Model([word, age, code, picture], layers.Concatenate()(parts))


def _row(tf: Any) -> Any:
    ages, codes = np.float32([[-1.0], [0.5], [9.0]]), np.int64([[5], [6], [7]])
    return [tf.constant(v) for v in (WORDS, ages, codes, wave(3, 6, 6, 3))]


@exported(*served(STEPS, wave(1, 5, 3), train=2))
def keras_sequences(tf: Any) -> Any:
    """Layers in both directions, over time, and convolutions that look back."""
    layers = tf.keras.layers
    x = layers.Input([None, 3], name="x")
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum")(x)
    y = layers.TimeDistributed(layers.Dense(4, activation="silu"))(y)
    y = layers.Conv1D(4, 2, padding="causal")(y)
    y = layers.MultiHeadAttention(2, 3)(y, y, use_causal_mask=True)
    return tf.keras.Model(x, layers.GlobalMaxPooling1D()(layers.GroupNormalization(2)(y)))


@model(
    ("encode", X), ("decode", wave(3, 2)), ("both", X), ("count",), ("count",),
    ("gradient", ("both", X), ["trainable_variables/0"]), ("signatures/encode", {"x": X}),
    ("describe", "signatures/both"), ("signatures/serving_default", {"x": X}), writes=True,
)  # fmt: skip
def keras_endpoints(tf: Any, folder: str) -> None:
    """An ExportArchive with endpoints of several models, a function and a counter."""
    keras = tf.keras
    layers = keras.layers
    encoder = fill(keras.Sequential([layers.Input([4]), layers.Dense(2, activation="relu")]))
    decoder = fill(keras.Sequential([layers.Input([2]), layers.Dense(4)]))
    counter = tf.Variable(0)
    archive = keras.export.ExportArchive()
    archive.track(encoder)
    archive.track(decoder)
    archive.counter = counter
    given = tf.TensorSpec([None, 4], tf.float32, name="x")
    archive.add_endpoint("both", lambda x: {"y": decoder(encoder(x)), "code": encoder(x)}, [given])
    archive.add_endpoint("encode", encoder.call, [given])
    code = tf.TensorSpec([None, 2], tf.float32, name="code")
    archive.add_endpoint("decode", decoder.call, [code])
    archive.add_endpoint("count", tf.function(lambda: counter.assign_add(1), input_signature=[]))
    archive.add_variable_collection("encoder_variables", encoder.variables)
    archive.write_out(folder, verbose=False)
