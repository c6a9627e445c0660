"""What `Model.predict` and its kin do again at every call, and what they do not."""

import threading

import numpy as np
import pytest

import tidefall as tf
from tidefall.data.engine import functions, prefetch_buffer
from tidefall.data.engine.workers import NAME


@pytest.fixture
def model():
    keras = tf.keras
    inputs = keras.Input([4])
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def traced(monkeypatch):
    """The names of the functions of datasets that were traced."""
    names = []
    trace = functions.trace

    def noted(function, name, *args):
        names.append(name.removeprefix("Dataset_"))
        return trace(function, name, *args)

    monkeypatch.setattr(functions, "trace", noted)
    return names


@pytest.mark.parametrize("rows", [1, 32, 40])
def test_predict_traces_nothing_after_a_few_calls(model, traced, rows):
    generator = np.random.default_rng(0)
    for _ in range(4):
        del traced[:]
        x = generator.normal(size=(rows, 4)).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), model(x), rtol=1e-5, atol=1e-6)
    assert traced == []


def test_other_rows_are_traced_anew(model, traced):
    for rows in (3, 3, 3, 5, 3, 70, 3, 5):
        x = np.arange(4.0 * rows, dtype="float32").reshape(rows, 4)
        np.testing.assert_allclose(model.predict(x, verbose=0), model(x), rtol=1e-5)
        model.evaluate(x, x[:, :2], verbose=0)


def test_one_row_needs_no_thread_of_a_pipeline(model, monkeypatch):
    started = []
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread, "start", lambda thread: (started.append(thread.name), start(thread))[1]
    )
    monkeypatch.setattr(prefetch_buffer, "_LONG", 600.0)  # whatever else this machine does
    model.predict(np.ones((1, 4), "float32"), verbose=0)
    assert NAME not in started


def test_fit_draws_another_order_each_time(model, traced):
    tf.random.set_seed(None)  # with a seed, TensorFlow's `fit` gives the same order each time
    seen = []

    class Note(tf.keras.layers.Layer):
        def call(self, x):
            tf.py_function(lambda value: seen.append(value.numpy()[:, 0].tolist()), [x], [])
            return x

    inputs = tf.keras.Input([1])
    noting = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(Note()(inputs)))
    noting.compile("sgd", "mse", run_eagerly=True)
    x = np.arange(16, dtype="float32")[:, None]
    for _ in range(4):
        del traced[:]
        noting.fit(x, x, batch_size=16, epochs=2, verbose=0)
    assert len({tuple(order) for order in seen}) == len(seen) == 8
    assert all(sorted(order) == x[:, 0].tolist() for order in seen)
    assert traced == ["map_permutation"]
