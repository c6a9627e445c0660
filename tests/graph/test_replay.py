"""Custom gradients survive when the function they are in is called by another."""

import numpy as np
import pytest

import tidefall as tf


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.v = tf.Variable(3.0)
        self.big = tf.constant(np.ones(500, np.float32))

    @tf.function
    def inner(self, x):
        @tf.custom_gradient
        def hundredfold(x):
            y = tf.exp(x)
            return y * 2.0, lambda dy: dy * y * 100.0 + x

        @tf.custom_gradient
        def with_variable(x):
            def grad(dy, variables=None):
                return dy * 7.0 * self.v, [dy * 5.0]

            return x * self.v, grad

        @tf.custom_gradient
        def with_constant(x):
            return x, lambda dy: dy * tf.reduce_sum(self.big)

        return hundredfold(x) + with_variable(x) + with_constant(x)

    @tf.function
    def outer(self, x):
        return 2.0 * self.inner(x)


@pytest.mark.parametrize(("name", "factor"), [("inner", 1.0), ("outer", 2.0)])
def test_custom_gradients_inside_functions(name, factor):
    model = Model()
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = getattr(model, name)(x)
    by_x, by_v = tape.gradient(y, [x, model.v])
    expected = 100.0 * np.e + 1.0 + 21.0 + 500.0
    if name == "outer":
        expected = 2.0 * (100.0 * np.e) + 1.0 + 2.0 * (21.0 + 500.0)
    np.testing.assert_allclose(by_x, expected, rtol=1e-5)
    np.testing.assert_allclose(by_v, 5.0 * factor)
