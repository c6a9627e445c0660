"""Quantization-aware training: from a model to the integers that it was trained with."""

from __future__ import annotations

import numpy as np
import pytest

import tests.lite.optimize.shared_models as shared
import tidefall as tf
from tests.lite.optimize import digits
from tidefall.lite import optimize
from tidefall.lite.quantize.grid import on_grid

# Keras's own conversion to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
keras, layers = tf.keras, tf.keras.layers
quantization = optimize.quantization.keras
INT8 = {"optimizations": [tf.lite.Optimize.DEFAULT]}


def weights_in(interpreter):
    """int8 weights of a file, by the shape."""
    return {
        tuple(d["shape"]): (interpreter.get_tensor(d["index"]), d["quantization_parameters"])
        for d in interpreter.get_tensor_details()
        if d["dtype"] == np.int8 and "const" in d["name"] and len(d["shape"]) > 1
    }


def test_digits_in_integers(tmp_path):
    model = digits.trained()
    before = digits.accuracy(model)
    trained = digits.fit(quantization.quantize_model(model), 3, 3e-4)
    _, _, x, y = digits.data()
    expected = trained.predict(x, verbose=0)
    path = str(tmp_path / "quantized.keras")
    trained.save(path)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), expected)
    content = digits.converted(trained, **INT8)
    found, interpreter = digits.run(content, x)
    assert (found.argmax(1) == y).mean() >= before - 0.01
    assert (found.argmax(1) == expected.argmax(1)).mean() >= 0.99
    assert len(content) < len(digits.converted(model)) * 0.45
    # Each integer is the one that training has rounded to.
    dense = trained.get_layer("quant_d1")
    weight, quantizer, made = dense.quantized_weights[0]
    rounded = quantizer(weight.value, False, made).numpy()
    step = float(made["max_var"].numpy()) / 127
    integers, scales = weights_in(interpreter)[rounded.T.shape]
    np.testing.assert_array_equal(integers, np.rint(rounded.T / step))
    np.testing.assert_allclose(scales["scales"], step, rtol=1e-5)
    content = digits.converted(
        trained, **INT8, inference_input_type=tf.int8, inference_output_type=tf.int8
    )
    assert tf.lite.Interpreter(model_content=content).get_input_details()[0]["dtype"] == np.int8


@pytest.mark.parametrize("name", shared.MODELS)
def test_integers_are_within_a_quantum(name):
    model = quantization.quantize_model(shared.fill(shared.MODELS[name](keras)))
    shape = model.input_shape[1:]
    for i in range(4):
        model(shared.batch(name, shape, i), training=True)
    x = shared.batch(name, shape, 1)
    expected = model(x, training=False).numpy()
    found, interpreter = digits.run(digits.converted(model, **INT8), x)
    details = interpreter.get_output_details()[0]["index"]
    scales = [
        d["quantization_parameters"]["scales"][0]
        for d in interpreter.get_tensor_details()
        if d["dtype"] == np.int8 and list(d["shape"]) == list(found.shape)
        and d["index"] != details
    ]  # fmt: skip
    # Where a step before fell to the other side, two steps; most are the same.
    quantum = max(scales[-1], max(scales) / 4)  # of a logistic function's input
    assert np.abs(found - expected).max() <= 2.01 * quantum, (found, expected)
    assert (np.abs(found - expected) > 1.01 * quantum).mean() < 0.05
    assert not any(d["dtype"] == np.float32 for d in interpreter.get_tensor_details()[2:-1])


@pytest.mark.parametrize("seed", range(3))
def test_grids_are_found(seed):
    rng = np.random.default_rng(seed)
    integers = rng.integers(-127, 128, (6, 40)).astype(np.int8)
    integers[:, 0] = 127
    steps = rng.uniform(1e-4, 3.0, 6).astype(np.float32)
    made = on_grid(integers * steps[:, None], 0)
    assert made is not None
    np.testing.assert_array_equal(made[0], integers)
    np.testing.assert_allclose(made[1].scale, steps, rtol=1e-6)
    assert on_grid(rng.normal(size=(6, 40)).astype(np.float32), 0) is None
    zeros = on_grid(np.zeros((2, 3), np.float32), 0)
    assert zeros is not None and not zeros[0].any()


class Own(quantization.QuantizeConfig):
    """Weights of four bits, no activation."""

    def get_weights_and_quantizers(self, layer):
        quantizer = quantization.quantizers.LastValueQuantizer(4, False, True, True)
        return [(layer.kernel, quantizer)]

    def get_activations_and_quantizers(self, layer):
        return []

    def set_quantize_weights(self, layer, quantize_weights):
        layer.kernel = quantize_weights[0]

    def set_quantize_activations(self, layer, quantize_activations):
        pass

    def get_output_quantizers(self, layer):
        return [quantization.quantizers.MovingAverageQuantizer(8, False, False, False)]

    def get_config(self):
        return {}


def test_own_config(tmp_path):
    model = keras.Sequential(
        [
            keras.Input([6]),
            layers.Dense(5, activation="relu"),
            quantization.quantize_annotate_layer(layers.Dense(4), Own()),
        ]
    )
    made = quantization.quantize_apply(model)
    assert [layer.name[:6] for layer in made.layers] == ["quant_", "quant_"]
    assert not made.layers[0].quantized_weights  # only its output, for the layer after it
    made.compile("sgd", "mse")
    made.fit(np.ones([8, 6]), np.ones([8, 4]), verbose=0)
    weight, quantizer, variables = made.layers[1].quantized_weights[0]
    assert len(np.unique(quantizer(weight.value, False, variables))) <= 15
    path = str(tmp_path / "own.keras")
    made.save(path)
    with quantization.quantize_scope({"Own": Own}):
        loaded = keras.models.load_model(path)
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    np.testing.assert_array_equal(loaded(x), made(x))


def test_weights_are_copied_and_learn():
    model = shared.fill(shared.MODELS["dense"](keras))
    kept = [w.copy() for w in model.get_weights()]
    made = quantization.quantize_model(model)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(made.trainable_variables)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(made(x, training=True)))
        gradients = tape.gradient(loss, made.trainable_variables)
        optimizer.apply(gradients, made.trainable_variables)
        return gradients

    for size in (3, 5):
        gradients = step(tf.ones([size, 5]))
    assert all(g is not None and np.isfinite(g).all() for g in gradients)
    for a, b in zip(model.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(a, b)
    ranges = {v.name: v.numpy() for v in made.variables if v.name.startswith("post_")}
    assert all(v != 6.0 and v != -6.0 for v in ranges.values())


def test_known_ranges():
    made = quantization.quantize_model(shared.fill(shared.MODELS["conv"](keras)))
    x = shared.batch("conv", (6, 6, 3), 0)
    made(x, training=True)
    free = quantization.remove_input_range(made)
    assert type(free.layers[1].quantizer).__name__ == "NoQuantizer"
    fixed = quantization.fix_input_output_range(made, 8, -1.0, 1.0, -2.0, 2.0)
    assert float(np.abs(fixed(x)).max()) <= 2.01
    assert fixed.layers[1].quantizer.init_min == -1.0


def _several():
    inner = keras.Sequential([keras.Input([4]), layers.Dense(2)])
    return keras.Sequential([keras.Input([4]), inner])


REFUSED = [
    (lambda: quantization.quantize_model(None), ValueError, "None"),
    (lambda: quantization.quantize_model(_several()), ValueError, "inside another"),
    (lambda: quantization.quantize_annotate_layer("x"), ValueError, "Layer"),
    (lambda: quantization.quantize_annotate_layer(layers.Dense(1), 3), ValueError, "Config"),
    (
        lambda: quantization.quantize_apply(keras.Sequential([keras.Input([2]), layers.Dense(1)])),
        ValueError, "annotated",
    ),
    (
        lambda: quantization.quantize_model(
            keras.Sequential([keras.Input([2, 2]), layers.LSTM(1)])
        ),
        RuntimeError, "lstm.*not supported",
    ),
    (
        lambda: quantization.quantize_model(
            keras.Sequential([keras.Input([2]), layers.Dense(1, activation="softsign")])
        ),
        ValueError, "softsign",
    ),
    (lambda: quantization.experimental, tf.errors.UnimplementedError, "experimental"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    call, kind, text = REFUSED[number]
    with pytest.raises(kind, match=text):
        call()
