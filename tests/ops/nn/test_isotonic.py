"""Isotonic regression where TensorFlow has no answer: other ranks than two."""

import numpy as np

import tidefall as tf

ROWS = np.array([[[3.0, 1.0, 2.0, 5.0], [1.0, 2.0, 3.0, 0.0]], [[4.0, 3.0, 2.0, 1.0], [0.0] * 4]])
WEIGHTS = tf.constant([1.0, 2.0, 3.0, 4.0], tf.float64)


def _gradient(x, axis=-1):
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.nn.isotonic_regression(x, axis=axis)[0] * WEIGHTS)
    return tape.gradient(loss, x).numpy()


def test_gradients_of_three_dimensions_are_those_of_two():
    flat = _gradient(tf.constant(ROWS.reshape(4, 4)))
    np.testing.assert_allclose(_gradient(tf.constant(ROWS)), flat.reshape(2, 2, 4))


def test_gradients_of_a_vector_are_those_of_one_row():
    for row in ROWS.reshape(4, 4):
        np.testing.assert_allclose(_gradient(tf.constant(row)), _gradient(tf.constant([row]))[0])


def test_an_axis_in_the_middle():
    fitted = tf.nn.isotonic_regression(ROWS, axis=1)[0].numpy()
    moved = tf.nn.isotonic_regression(ROWS.transpose(0, 2, 1))[0].numpy()
    np.testing.assert_array_equal(fitted, moved.transpose(0, 2, 1))
