"""Keras models, by `model.export()` and by `tf.saved_model.save()`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import Call, model, text_file, wave

IMAGES = wave(2, 8, 8, 3)
STEPS = wave(2, 5, 3)
IDS = np.int32([[1, 2, 3, 0], [4, 4, 9, 1]])


def fill(made: Any) -> Any:
    """Give the weights values that are the same everywhere."""
    for number, weight in enumerate(made.weights):
        if "float" in str(weight.dtype):
            values = wave(*weight.shape, scale=0.4, shift=number)
            weight.assign(np.abs(values) + 0.5 if "variance" in weight.path else values)
    return made


def exported(*calls: Call, session: bool = True) -> Callable[[Any], Any]:
    """Register a Keras model, written by `export`."""

    def register(make: Callable[[Any], Any]) -> Any:
        def write(tf: Any, folder: str) -> None:
            made = fill(make(tf))
            made.export(folder, verbose=False)

        write.__name__, write.__module__ = make.__name__, make.__module__
        return model(*calls, writes=True, session=session)(write)

    return register


def served(*inputs: Any, train: int = 1) -> list[Call]:
    """The calls of an exported model with one input."""
    calls: list[Call] = [("serve", value) for value in inputs]
    calls.append(("describe", "signatures/serving_default"))
    if train:
        paths = [f"trainable_variables/{i}" for i in range(train)]
        calls += [("gradient", ("serve", inputs[0]), paths), ("train", ("serve", inputs[0]), paths)]
    return calls


@exported(
    *served(wave(3, 4), wave(1, 4), train=4), ("signatures/serving_default", {"x": wave(3, 4)})
)
def keras_dense(tf: Any) -> Any:
    layers = tf.keras.layers
    x = layers.Input([4], name="x")
    y = layers.Dense(5, activation="gelu")(x)
    y = layers.Dropout(0.5)(layers.LayerNormalization()(y))
    return tf.keras.Model(x, layers.Dense(3, activation="softmax")(y))


@exported(*served(IMAGES, train=6), ("non_trainable_variables/0",))
def keras_cnn(tf: Any) -> Any:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input([8, 8, 3], name="x"),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(max_value=6.0),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.SeparableConv2D(6, 3, strides=2),
            layers.Conv2DTranspose(2, 2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )


@exported(*served(STEPS, train=3), ("signatures/serving_default", {"x": STEPS}))
def keras_lstm(tf: Any) -> Any:
    layers = tf.keras.layers
    x = layers.Input([None, 3], name="x")
    y = layers.LSTM(4, return_sequences=True)(x)
    y = layers.LSTM(3, return_state=True)(y)
    return tf.keras.Model(x, y)


@exported(*served(STEPS, train=6))
def keras_gru(tf: Any) -> Any:
    layers = tf.keras.layers
    x = layers.Input([5, 3], name="x")
    y = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
    y = layers.TimeDistributed(layers.Dense(2))(y)
    return tf.keras.Model(x, layers.SimpleRNN(2, go_backwards=True)(y))


@exported(*served(IDS, train=2))
def keras_embedding(tf: Any) -> Any:
    layers = tf.keras.layers
    x = layers.Input([None], name="x", dtype="int32")
    y = layers.Embedding(10, 6, mask_zero=True)(x)
    y = layers.LSTM(4)(y)
    return tf.keras.Model(x, layers.Dense(2)(y))


@exported(*served(IDS, train=4))
def keras_transformer(tf: Any) -> Any:
    layers = tf.keras.layers
    x = layers.Input([4], name="x", dtype="int32")
    y = layers.Embedding(10, 8)(x)
    y = y + wave(4, 8)
    attended = layers.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True)
    y = layers.LayerNormalization()(y + layers.Dropout(0.1)(attended))
    hidden = layers.Dense(16, activation="relu")(y)
    y = layers.LayerNormalization()(y + layers.Dense(8)(hidden))
    return tf.keras.Model(x, layers.Dense(10, activation="softmax")(y))


@exported(
    ("serve", [wave(2, 3), wave(2, 4)]), ("describe", "signatures/serving_default"),
    ("signatures/serving_default", {"left": wave(2, 3), "right": wave(2, 4)}),
)  # fmt: skip
def keras_many(tf: Any) -> Any:
    """Several inputs and outputs."""
    layers = tf.keras.layers
    left, right = layers.Input([3], name="left"), layers.Input([4], name="right")
    joined = layers.Concatenate()([left, right])
    sums = layers.Dense(2, name="sums")(joined)
    return tf.keras.Model(
        [left, right], {"sums": sums, "scores": layers.Activation("sigmoid")(sums)}
    )


@exported(
    (
        "serve",
        [
            np.float32([[1.0], [25.0]]),
            np.array([[b"red"], [b"pink"]], object),
            np.int64([[3], [8]]),
        ],
    ),
    (
        "signatures/serving_default",
        {
            "number": np.float32([[1.0], [25.0]]),
            "color": np.array([[b"red"], [b"pink"]], object),
            "code": np.int64([[3], [8]]),
        },
    ),
    session=False,
)
def keras_features(tf: Any) -> Any:
    """Preprocessing layers for tables."""
    layers = tf.keras.layers
    number = layers.Input([1], name="number")
    color = layers.Input([1], name="color", dtype="string")
    code = layers.Input([1], name="code", dtype="int64")
    colors = layers.StringLookup(vocabulary=["red", "green"], output_mode="one_hot")
    parts = [
        layers.Normalization(mean=3.0, variance=4.0)(number),
        layers.CategoryEncoding(4, output_mode="one_hot")(
            layers.Discretization(bin_boundaries=[0.0, 10.0, 20.0])(number)
        ),
        colors(color),
        layers.IntegerLookup(vocabulary=[3, 5], output_mode="one_hot")(code),
        layers.Rescaling(0.1, 1.0)(number),
    ]
    hashed = layers.Hashing(5)(color)
    y = layers.Dense(2)(layers.Concatenate()(parts))
    return tf.keras.Model([number, color, code], [y, hashed])


@exported(*served(np.array([[b"The cat, the dog"], [b""]], object), train=0), session=False)
def keras_text(tf: Any) -> Any:
    """TextVectorization before an embedding."""
    layers = tf.keras.layers
    path = text_file("keras/words.txt", ["the", "cat", "sat"])
    x = layers.Input([1], name="x", dtype="string")
    ids = layers.TextVectorization(output_sequence_length=5, vocabulary=path)(x)
    y = layers.GlobalAveragePooling1D()(layers.Embedding(6, 3)(ids))
    return tf.keras.Model(x, layers.Dense(2)(y))


@model(
    ("serve", wave(2, 4)), ("train_step", wave(2, 4)), ("infer", wave(2, 4)),
    ("trainable_variables/0",), writes=True,
)  # fmt: skip
def keras_archive(tf: Any, folder: str) -> None:
    """ExportArchive with several endpoints, one of them trains."""
    keras = tf.keras
    made = fill(keras.Sequential([keras.layers.Input([4]), keras.layers.Dense(3)]))
    archive = keras.export.ExportArchive()
    archive.track(made)
    spec = [tf.TensorSpec([None, 4], tf.float32)]
    archive.add_endpoint("serve", made.call, input_signature=spec)
    archive.add_endpoint("infer", lambda x: {"y": made(x, training=False)}, input_signature=spec)

    def train_step(x: Any) -> Any:
        kernel = made.trainable_variables[0].value
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(made(x)))
        kernel.assign_sub(0.1 * tape.gradient(loss, kernel))
        return loss

    archive.add_endpoint("train_step", train_step, input_signature=spec)
    archive.add_variable_collection("trainable_variables", made.trainable_variables)
    archive.write_out(folder, verbose=False)


@model(
    ("f", wave(2, 6)), ("f", wave(2, 6), True), ("gradient", ("f", wave(2, 6)), []),
    ("signatures/serving_default", {"x": wave(2, 6)}), session=False,
)  # fmt: skip
def keras_subclass(tf: Any) -> Any:
    """A subclassed model saved as a part of a module, with a function that has a training flag."""
    keras = tf.keras

    class Block(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(4)
            self.norm = keras.layers.BatchNormalization()

        def call(self, x: Any, training: bool = False) -> Any:
            return self.norm(self.dense(x), training=training)

    class Holder(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()
            self.block(wave(2, 6))
            fill(self.block)

        @tf.function
        def f(self, x: Any, training: bool = False) -> Any:
            return self.block(x, training=training)

    obj = Holder()
    spec = tf.TensorSpec([None, 6], tf.float32, name="x")
    obj.f.get_concrete_function(spec, True)
    return obj, obj.f.get_concrete_function(spec)


@model(
    ("signatures/serving_default", wave(3, 4)),
    ("describe", "signatures/serving_default"),
    writes=True,
)
def keras_saved(tf: Any, folder: str) -> None:
    """`tf.saved_model.save` of a compiled model that was trained."""
    keras = tf.keras
    x = keras.layers.Input([4], name="x")
    made = fill(keras.Model(x, keras.layers.Dense(2)(keras.layers.Dense(3, activation="relu")(x))))
    made.compile(keras.optimizers.Adam(0.1), "mse")
    made.fit(wave(4, 4), wave(4, 2), epochs=2, verbose=0, shuffle=False)
    tf.saved_model.save(made, folder)


def _load_keras(tf: Any, folder: str) -> Any:
    loaded = tf.keras.models.load_model(os.path.join(folder, "model.keras"))
    holder = tf.Module()
    holder.model = lambda x: tf.convert_to_tensor(loaded(x))
    holder.weights = list(loaded.weights)
    holder.steps = tf.Variable(loaded.optimizer.iterations)
    return holder


@model(
    ("model", IMAGES), ("weights/0",), ("weights/5",), ("steps",), read=_load_keras, writes=True,
    again=False,
)  # fmt: skip
def keras_file(tf: Any, folder: str) -> None:
    """A .keras file with its optimizer."""
    keras = tf.keras
    layers = keras.layers
    made = keras.Sequential(
        [
            layers.Input([8, 8, 3]),
            layers.Conv2D(2, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    fill(made).compile(keras.optimizers.Adam(0.01), "mse")
    made.fit(IMAGES, wave(2, 2), epochs=2, verbose=0, shuffle=False)
    os.makedirs(folder, exist_ok=True)
    made.save(os.path.join(folder, "model.keras"))


def _load_layer(tf: Any, folder: str) -> Any:
    holder = tf.Module()
    holder.layer = tf.keras.layers.TFSMLayer(folder, call_endpoint="serve")
    holder.call = lambda x: tf.convert_to_tensor(holder.layer(x))
    holder.variables_ = [tf.convert_to_tensor(w) for w in holder.layer.weights]
    return holder


@model(
    ("call", wave(3, 4)), ("gradient", ("call", wave(3, 4)), []), ("variables_/0",),
    read=_load_layer, writes=True, again=False,
)  # fmt: skip
def keras_layer(tf: Any, folder: str) -> None:
    """A SavedModel as a layer of another Keras model."""
    layers = tf.keras.layers
    made = tf.keras.Sequential([layers.Input([4]), layers.Dense(3, activation="tanh")])
    fill(made).export(folder, verbose=False)
