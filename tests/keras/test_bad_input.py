"""Wrong shapes, dtypes, labels and numbers given to models: what the errors say."""

from __future__ import annotations

import pytest

PREAMBLE = """
import numpy as np
import tidefall as tf

keras = tf.keras
layers = keras.layers


def error_of(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("no error")


def said(call, kind, *parts):
    error = error_of(call)
    assert isinstance(error, kind), repr(error)
    for part in parts:
        assert part in str(error), f"{part!r} is not in: {error}"


def model_of(*stack, loss="mse", **compiling):
    model = keras.Sequential([keras.Input((4,)), *stack])
    model.compile("sgd", loss, **compiling)
    return model


def fit(model, x, y, **options):
    return model.fit(x, y, verbose=0, **options)
"""

SHAPES = """
dense = model_of(layers.Dense(3, name="first"), layers.Dense(2, name="second"))
said(
    lambda: fit(dense, np.ones((8, 5)), np.ones((8, 2))),
    ValueError, "'first'", "to have value 4", "(None, 5)",
)
said(lambda: fit(dense, np.ones((8, 4)), np.ones((8, 7))), ValueError, "[?,7]", "[?,2]", "loss")
said(lambda: layers.Add(name="sum")([keras.Input((4,)), keras.Input((5,))]), ValueError, "(4,)")


class Odd(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, 2))

    def call(self, x):
        return tf.matmul(x, self.kernel)


inputs = keras.Input((None,))
model = keras.Model(inputs, Odd(name="odd")(inputs))
said(
    lambda: model.predict(np.ones((8, 4)), verbose=0),
    ValueError, "Odd.call()", "/odd_1/MatMul", "[8,4]", "[3,2]",
)
said(
    lambda: model(np.ones((8, 4), "float32")),
    tf.errors.InvalidArgumentError, "Odd.call()", "MatMul", "[8,4]", "[3,2]",
)
"""

NUMBERS = """
x = np.ones((32, 4))
x[17] = np.nan
stop = keras.callbacks.TerminateOnNaN()
for jit in (True, False):
    model = model_of(layers.Dense(3), jit_compile=jit)
    history = fit(
        model, x, np.ones((32, 3)), batch_size=4, shuffle=False, epochs=3, callbacks=[stop]
    )
    assert history.epoch == [0] and np.isnan(history.history["loss"]), history.history
"""

ELEMENTS = """
model = model_of(layers.Dense(3))
words = np.array([["a"] * 4] * 8)
batches = tf.data.Dataset.from_tensor_slices((words, np.ones((8, 3)))).batch(4)
said(
    lambda: model.fit(batches, shuffle=False, verbose=0),
    tf.errors.UnimplementedError, "Cast string to float32", "sequential",
)


def elements():
    yield np.ones((2, 4)), np.ones((2, 3))
    yield words[:2], np.ones((2, 3))


said(
    lambda: model.fit(elements(), verbose=0),
    tf.errors.InvalidArgumentError, "expected type was float64", "element 1", "'a'",
)
specs = (tf.TensorSpec([None, 4]), tf.TensorSpec([None, 3]))
batches = tf.data.Dataset.from_generator(elements, output_signature=specs)
said(
    lambda: model.fit(batches, shuffle=False, verbose=0),
    tf.errors.InvalidArgumentError, "expected type was float32", "element 1", "elements",
)
said(lambda: model.fit(np.array([[1, "a", 2, 3]], object), np.ones((1, 3))), ValueError, "object")
"""

LABELS = """
def classifier(jit_compile, run_eagerly):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    options = dict(jit_compile=jit_compile, run_eagerly=run_eagerly)
    return model_of(layers.Dense(3), loss=loss, **options)


x = np.ones((4, 4))
for wrong in (3, -1):
    labels = np.array([0, 1, wrong, 2])
    for eager in (False, True):
        model = classifier(False, eager)
        before = model.get_weights()
        said(
            lambda: fit(model, x, labels),
            tf.errors.InvalidArgumentError, f"label value of {wrong}", "[0, 3)",
        )
        assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    # Compiled code cannot raise: the loss is NaN, as TensorFlow's is, and callbacks see it.
    history = fit(classifier(True, False), x, labels, callbacks=[keras.callbacks.TerminateOnNaN()])
    assert np.isnan(history.history["loss"])


def embedding(jit_compile):
    return model_of(layers.Embedding(3, 2), layers.Flatten(), jit_compile=jit_compile)


said(
    lambda: embedding(False).predict(np.full((1, 4), 5), verbose=0),
    tf.errors.InvalidArgumentError, "= 5 is not in [0, 3)", "embedding",
)
"""


@pytest.mark.process
@pytest.mark.parametrize("program", [SHAPES, NUMBERS, ELEMENTS, LABELS], ids=lambda text: None)
def test_errors_say_what_came_and_where(run_python, program):
    run_python(PREAMBLE + program)
