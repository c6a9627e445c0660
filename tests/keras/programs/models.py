"""Layers in models: recurrent state, masks, attention, convolutions, shared and nested models."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras.programs.helpers import fix, integers, table, values, weights

PROGRAMS, program = table()


def _fitted(keras: Any, model: Any, x: Any, y: Any, **options: Any) -> Any:
    fix(model)
    model.compile(keras.optimizers.SGD(0.05), "mse", **options)
    history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    return {
        "loss": history.history["loss"],
        "predict": model.predict(x, batch_size=4, verbose=0),
        "weights": weights(model),
    }


@program
def recurrent_layers(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x, y = values(8, 5, 3), values(8, 4, seed=1)
    kinds = {
        "lstm": layers.LSTM(4),
        "gru": layers.GRU(4),
        "gru before": layers.GRU(4, reset_after=False),
        "simple": layers.SimpleRNN(4),
        "back": layers.LSTM(4, go_backwards=True, unit_forget_bias=False),
        "both ways": layers.Bidirectional(layers.GRU(2)),
        "unrolled": layers.LSTM(4, unroll=True),
        "cells": layers.RNN([layers.LSTMCell(3), layers.GRUCell(4)]),
        "relu": layers.LSTM(4, activation="relu", recurrent_activation="hard_sigmoid"),
    }
    result = {}
    for name, layer in kinds.items():
        for compiled in (True, False) if name == "lstm" else (False,):
            model = keras.Sequential([keras.Input([5, 3]), layer])
            result[name, compiled] = _fitted(keras, model, x, y, jit_compile=compiled)
    return result


@program
def recurrent_state_kept(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(4, 3, 2)),
            layers.LSTM(3, stateful=True, return_sequences=True),
            layers.GRU(2, stateful=True),
            layers.Dense(1),
        ]
    )
    fix(model)
    for layer in model.layers[:2]:
        layer.reset_state()
    model.compile("sgd", "mse")
    x, y = values(12, 3, 2), values(12, 1, seed=1)
    first = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    kept = [np.asarray(s) for layer in model.layers[:2] for s in layer.states]
    again = model.predict(x, batch_size=4, verbose=0)
    for layer in model.layers[:2]:
        layer.reset_state()
    return {
        "fit": first,
        "states": kept,
        "again": again,
        "reset": model.predict(x, batch_size=4, verbose=0),
    }


@program
def sequences_and_states(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    inputs = keras.Input([None, 3])
    sequence, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(inputs)
    decoded = layers.LSTM(4, return_sequences=True)(sequence, initial_state=[h, c])
    attended = layers.Attention()([decoded, sequence])
    both = layers.AdditiveAttention()([attended, sequence])
    outputs = layers.TimeDistributed(layers.Dense(2))(both)
    model = keras.Model(inputs, outputs)
    return _fitted(keras, model, values(8, 6, 3), values(8, 6, 2, seed=3))


@program
def masks(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    tokens = integers(9, 8, 6, low=1)
    for row, length in enumerate((6, 1, 3, 4, 2, 5, 6, 3)):
        tokens[row, length:] = 0
    result = {}
    for name, layer in {
        "lstm": layers.LSTM(4),
        "gru": layers.GRU(4),
        "both ways": layers.Bidirectional(layers.LSTM(2)),
        "pooled": layers.GlobalAveragePooling1D(),
        "simple": layers.SimpleRNN(4),
    }.items():
        model = keras.Sequential(
            [
                keras.Input([6], dtype="int32"),
                layers.Embedding(10, 4, mask_zero=True),
                layer,
            ]
        )
        result[name] = _fitted(keras, model, tokens, values(8, 4), jit_compile=False)
    padded = values(4, 5, 2)
    padded[:, 3:] = -1.0
    model = keras.Sequential(
        [keras.Input([5, 2]), layers.Masking(-1.0), layers.LSTM(3, return_sequences=True)]
    )
    result["masking"] = _fitted(keras, model, padded, values(4, 5, 3, seed=1))
    return result


@program
def attention_blocks(tf: Any, keras: Any) -> Any:
    layers = keras.layers

    class Places(layers.Layer):
        def build(self, shape: Any) -> None:
            self.table = layers.Embedding(shape[-2], shape[-1])
            self.table.build()

        def call(self, x: Any) -> Any:
            return self.table(keras.ops.arange(x.shape[-2]))

    tokens = integers(12, 8, 6)
    inputs = keras.Input([6], dtype="int32")
    x = layers.Embedding(12, 8)(inputs)
    x = x + Places()(x)
    attended = layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization()(x + attended)
    x = layers.GroupQueryAttention(4, 4, 2)(x, x)
    fed = layers.Dense(8)(layers.Dense(16, "gelu")(x))
    x = layers.RMSNormalization()(x + fed)
    outputs = layers.Dense(2)(layers.GlobalMaxPooling1D()(x))
    model = keras.Model(inputs, outputs)
    return _fitted(keras, model, tokens, values(8, 2), jit_compile=True)


@program
def convolutions(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x = values(8, 12, 12, 3)
    model = keras.Sequential(
        [
            keras.Input([12, 12, 3]),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPool2D(),
            layers.SeparableConv2D(4, 3, activation="elu"),
            layers.GroupNormalization(2),
            layers.DepthwiseConv2D(2, depth_multiplier=2),
            layers.Conv2DTranspose(3, 3, strides=2),
            layers.SpatialDropout2D(0.0),
            layers.UnitNormalization(),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    return _fitted(keras, model, x, values(8, 2), jit_compile=False)


@program
def convolutions_of_other_ranks(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    line = keras.Sequential(
        [
            keras.Input([9, 2]),
            layers.Conv1D(3, 3, padding="causal", dilation_rate=2),
            layers.Conv1DTranspose(3, 2, strides=2),
            layers.SeparableConv1D(4, 2),
            layers.UpSampling1D(2),
            layers.Cropping1D(1),
            layers.ZeroPadding1D(1),
            layers.MaxPool1D(3),
            layers.GlobalAveragePooling1D(),
        ]
    )
    solid = keras.Sequential(
        [
            keras.Input([5, 5, 5, 1]),
            layers.Conv3D(2, 2),
            layers.Conv3DTranspose(2, 2),
            layers.MaxPool3D(2),
            layers.GlobalMaxPooling3D(),
        ]
    )
    moving = keras.Sequential([keras.Input([3, 5, 5, 1]), layers.ConvLSTM2D(2, 3)])
    return {
        "line": _fitted(keras, line, values(4, 9, 2), values(4, 4)),
        "solid": _fitted(keras, solid, values(4, 5, 5, 5, 1), values(4, 2)),
        "moving": _fitted(keras, moving, values(4, 3, 5, 5, 1), values(4, 3, 3, 2)),
    }


@program
def batch_normalization(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x, y = values(8, 6), values(8, 2, seed=1)
    result = {}
    for options in ({}, {"momentum": 0.5, "epsilon": 0.1}, {"center": False, "scale": False}):
        model = keras.Sequential(
            [
                keras.Input([6]),
                layers.Dense(4),
                layers.BatchNormalization(**options),
                layers.Dense(2),
            ]
        )
        result[str(options)] = _fitted(keras, model, x, y)
    frozen = keras.Sequential([keras.Input([6]), layers.BatchNormalization(), layers.Dense(2)])
    frozen.layers[0].trainable = False
    result["frozen"] = _fitted(keras, frozen, x, y)
    return result


@program
def nested_and_shared_models(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    tower = keras.Sequential([keras.Input([4]), layers.Dense(3, "tanh")], name="tower")
    a, b = keras.Input([4]), keras.Input([4])
    near = layers.Dot(axes=1)([tower(a), tower(b)])
    far = layers.Subtract()([tower(a), tower(b)])
    merged = layers.Concatenate()(
        [near, layers.Multiply()([far, far]), layers.Maximum()([far, far])]
    )
    model = keras.Model([a, b], layers.Dense(1)(merged))
    fix(model)
    model.compile("sgd", "mse")
    x = [values(8, 4), values(8, 4, seed=1)]
    history = model.fit(x, values(8, 1, seed=2), epochs=3, shuffle=False, verbose=0)
    inner = keras.Model(model.inputs, near)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    return {
        "loss": history.history["loss"],
        "inner": inner.predict(x, verbose=0),
        "clone": clone.predict(x, verbose=0),
        "from config": _again(keras, model).predict(x, verbose=0),
    }


def _again(keras: Any, model: Any) -> Any:
    made = keras.Model.from_config(model.get_config())
    made.set_weights(model.get_weights())
    return made


@program
def subclassed_model(tf: Any, keras: Any) -> Any:
    class Block(keras.layers.Layer):
        def __init__(self, units: int, **options: Any):
            super().__init__(**options)
            self.units = units

        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer="ones")
            self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x: Any, training: bool = False) -> Any:
            if training:
                self.steps.assign_add(1.0)
            return tf.nn.relu(tf.matmul(x, self.kernel)) - 0.1 * self.steps

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Block(4), Block(3)]
            self.by_name = {"out": keras.layers.Dense(1)}

        def call(self, x: Any, training: bool = False) -> Any:
            for block in self.blocks:
                x = block(x, training=training)
            return self.by_name["out"](x)

    result = []
    for options in ({"jit_compile": True}, {"jit_compile": False}, {"run_eagerly": True}):
        model = Net()
        model(values(2, 5))
        result.append(_fitted(keras, model, values(8, 5), values(8, 1), **options))
    return result


@program
def model_built_by_its_data(tf: Any, keras: Any) -> Any:
    model = keras.Sequential([keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
    before = model.built
    for layer in model.layers:
        layer.kernel_initializer = keras.initializers.Constant(0.1)
    model.compile("sgd", "mse")
    history = model.fit(values(8, 5), values(8, 1, seed=1), epochs=2, shuffle=False, verbose=0)
    return {"built": [before, model.built], "loss": history.history, "weights": weights(model)}
