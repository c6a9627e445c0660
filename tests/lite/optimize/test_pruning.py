"""Pruning: which weights become zero, under what training, and what comes of it."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pytest

import tidefall as tf
from tests.lite.optimize import digits
from tidefall.lite import optimize
from tidefall.lite.optimize.sparsity.keras import masks

# Keras's own conversion to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
keras, layers = tf.keras, tf.keras.layers
pruning = optimize.sparsity.keras


def zeros(array):
    return int(np.sum(array == 0))


def test_digits_pruned_to_a_fifth(tmp_path):
    model = digits.trained()
    before, size = digits.accuracy(model), len(gzip.compress(digits.converted(model)))
    end = 44 * 10
    schedule = pruning.PolynomialDecay(0.3, 0.8, 0, end, frequency=11)
    pruned = pruning.prune_low_magnitude(model, schedule)
    callbacks = [pruning.UpdatePruningStep(), pruning.PruningSummaries(str(tmp_path / "logs"))]
    digits.fit(pruned, 14, callbacks=callbacks)
    assert os.listdir(tmp_path / "logs" / "metrics")
    path = str(tmp_path / "pruned.keras")
    pruned.save(path)
    _, _, x, _ = digits.data()
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), pruned.predict(x, verbose=0))
    for name in ("pruning_schedule", "block_size", "sparsity_m_by_n"):
        assert loaded.layers[0].get_config()[name] == pruned.layers[0].get_config()[name]
    stripped = pruning.strip_pruning(pruned)
    for kernel in digits.kernels(stripped):
        assert zeros(kernel) == kernel.size - round(kernel.size * 0.2)
    assert [layer.name for layer in stripped.layers] == [layer.name for layer in model.layers]
    assert digits.accuracy(stripped) >= before - 0.01
    assert len(gzip.compress(digits.converted(stripped))) < size / 2.5


def dense(*sizes, inputs=8):
    return keras.Sequential([keras.Input([inputs]), *[layers.Dense(n) for n in sizes]])


def step_of(model, schedule=None, x=None, **options):
    """A model pruned in one step of training."""
    schedule = schedule or pruning.ConstantSparsity(0.5, 0, frequency=1)
    made = pruning.prune_low_magnitude(model, schedule, **options)
    made.compile("sgd", "mse")
    x = np.ones([4, *made.input_shape[1:]], np.float32) if x is None else x
    y = np.zeros_like(made.predict(x, verbose=0))
    made.fit(x, y, verbose=0, callbacks=[pruning.UpdatePruningStep()])
    return made


@pytest.mark.parametrize("inputs", [8, 10])
def test_two_of_four(inputs):
    made = step_of(dense(6, inputs=inputs), sparsity_m_by_n=(2, 4))
    kernel = pruning.strip_pruning(made).layers[0].kernel.numpy().T
    for row in kernel:
        groups = [row[i : i + 4] for i in range(0, inputs, 4)]
        assert [zeros(g) for g in groups] == [2 if len(g) == 4 else 0 for g in groups]


@pytest.mark.parametrize("shape", [(7, 9), (8, 8), (3, 5)])
@pytest.mark.parametrize("block", [(2, 4), (4, 1), (1, 4)])
def test_blocks_are_kept_or_dropped_whole(shape, block):
    weights = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for pooling, how in (("AVG", np.mean), ("MAX", np.max)):
        threshold, mask = masks.largest_blocks(weights, tf.constant(0.5), block, pooling)
        mask = np.asarray(mask)
        for i in range(0, shape[0], block[0]):
            for j in range(0, shape[1], block[1]):
                part = np.s_[i : i + block[0], j : j + block[1]]
                kept = how(np.abs(weights[part])) >= float(threshold) * (1 - 1e-6)
                assert (mask[part] == kept).all()


def test_training_without_the_callback_says_so():
    made = pruning.prune_low_magnitude(dense(4))
    made.compile("sgd", "mse")
    with pytest.raises(tf.errors.InvalidArgumentError, match="UpdatePruningStep"):
        made.fit(np.ones([4, 8]), np.ones([4, 4]), verbose=0)


def test_loop_of_ones_own():
    made = pruning.prune_low_magnitude(dense(6), pruning.ConstantSparsity(0.75, 2, frequency=2))
    callback, optimizer = pruning.UpdatePruningStep(), keras.optimizers.SGD(0.1)
    callback.set_model(made)
    optimizer.build(made.trainable_variables)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(made(x, training=True) - 1.0))
        optimizer.apply(tape.gradient(loss, made.trainable_variables), made.trainable_variables)

    callback.on_train_begin()
    seen = []
    for size in (4, 4, 3, 5):
        step(tf.ones([size, 8]))
        seen.append(zeros(made.layers[0].pruning_vars[0][1].numpy()))
    callback.on_epoch_end(0)
    assert seen == [0, 36, 36, 36]
    assert zeros(made.layers[0].layer.kernel.numpy()) == 36
    assert int(made.layers[0].pruning_step.numpy()) == 4


class Twice(layers.Layer, pruning.PrunableLayer):
    def build(self, shape):
        self.a = self.add_weight(name="a", shape=(shape[-1], 4))
        self.b = self.add_weight(name="b", shape=(4,))

    def get_prunable_weights(self):
        return [self.a]

    def call(self, x):
        return x @ self.a + self.b


def attention():
    i = keras.Input([3, 4])
    made = pruning.prune_low_magnitude(
        layers.MultiHeadAttention(2, 2), pruning.ConstantSparsity(0.5, 0, frequency=1)
    )
    return keras.Model(i, made(i, value=i))


WRAPPED = {
    "own": lambda: keras.Sequential([keras.Input([4]), Twice()]),
    "lstm": lambda: keras.Sequential([keras.Input([3, 4]), layers.LSTM(4)]),
    "cells": lambda: keras.Sequential(
        [keras.Input([3, 4]), layers.RNN([layers.GRUCell(4), layers.SimpleRNNCell(4)])]
    ),
    "separable": lambda: keras.Sequential([keras.Input([5, 4]), layers.SeparableConv1D(4, 2)]),
    "attention": attention,
    "nested": lambda: keras.Sequential([keras.Input([8]), dense(6)]),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_layers(name):
    made = step_of(WRAPPED[name]()) if name != "attention" else None
    if made is None:
        made = WRAPPED[name]()
        made.compile("sgd", "mse")
        x = np.random.default_rng(0).normal(size=(4, 3, 4)).astype(np.float32)
        made.fit(x, x, verbose=0, callbacks=[pruning.UpdatePruningStep()])
    from tidefall.lite.optimize.sparsity.keras.wrapper import pruned_layers

    found = [v for layer in pruned_layers(made) for v in layer.pruning_vars]
    assert found
    for weight, mask, _ in found:
        assert zeros(mask.numpy()) == weight.numpy().size // 2
        assert zeros(weight.numpy()) >= zeros(mask.numpy())


def test_half_precision():
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    model = keras.Sequential([keras.Input([8]), layers.Dense(4, dtype=policy)])
    made = step_of(model)
    weight, mask, threshold = made.layers[0].pruning_vars[0]
    assert (weight.dtype, mask.dtype, threshold.dtype) == ("float32",) * 3
    assert zeros(weight.numpy()) == 16


def test_subclassed_model_with_wrapped_layers(tmp_path):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            schedule = pruning.ConstantSparsity(0.5, 0, frequency=1)
            self.dense = pruning.prune_low_magnitude(layers.Dense(4), schedule)

        def call(self, x, training=False):
            return self.dense(x, training=training)

    model = Model()
    model(np.ones([2, 8], np.float32))
    model.compile("sgd", "mse")
    model.fit(np.ones([4, 8]), np.ones([4, 4]), verbose=0, callbacks=[pruning.UpdatePruningStep()])
    assert zeros(model.dense.layer.kernel.numpy()) == 16
    tf.saved_model.save(model, str(tmp_path))
    assert tf.saved_model.load(str(tmp_path)).signatures


def xnnpack(first=None):
    i = keras.Input([9, 9, 3])
    y = layers.Conv2D(4, 3, strides=2)(layers.ZeroPadding2D(1)(i)) if first is None else first(i)
    y = layers.ReLU()(layers.Conv2D(4, 1, name="pruned")(y))
    return keras.Model(i, layers.GlobalAveragePooling2D(keepdims=True)(y))


def test_policy():
    policy = pruning.PruneForLatencyOnXNNPack()
    made = pruning.prune_low_magnitude(xnnpack(), pruning_policy=policy)
    names = [layer.name for layer in made.layers if layer.name.startswith("prune_")]
    assert names == ["prune_low_magnitude_pruned"]
    with pytest.raises(ValueError, match="3x3 Conv2D"):
        pruning.prune_low_magnitude(xnnpack(layers.Conv2D(4, 3)), pruning_policy=policy)


REFUSED = [
    (lambda: pruning.ConstantSparsity(1.0, 0), "target_sparsity"),
    (lambda: pruning.PolynomialDecay(0, 0.5, 0, -1), "end_step"),
    (lambda: pruning.PolynomialDecay(0, 0.5, 9, 3), "begin_step"),
    (lambda: pruning.prune_low_magnitude(layers.Dense(2), block_pooling_type="SUM"), "pooling"),
    (lambda: pruning.prune_low_magnitude(layers.Dense(2), sparsity_m_by_n=(2,)), "sparsity_m_by_n"),
    (lambda: step_of(dense(2), sparsity_m_by_n=(4, 2)), "smaller"),
    (lambda: pruning.prune_low_magnitude(layers.EinsumDense("ab,bc->ac", 2)), "EinsumDense"),
    (lambda: pruning.prune_low_magnitude("model"), "can only prune"),
    (lambda: pruning.PruningSummaries(""), "log_dir"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    call, text = REFUSED[number]
    with pytest.raises(ValueError, match=text):
        call()
