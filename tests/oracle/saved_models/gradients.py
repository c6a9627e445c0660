"""Gradients that models bring along."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model

X = np.float32([1.0, -2.0, 3.0])


@model(
    ("f", np.float32(1)), ("outer", np.float32(1)),
    ("gradient", ("f", np.float32(1)), ["v"]), ("gradient", ("outer", np.float32(1)), ["v"]),
)  # fmt: skip
def custom_gradients(tf: Any) -> Any:
    class CustomGradients(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(3.0)

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def f(self, x: Any) -> Any:
            @tf.custom_gradient
            def hundredfold(x: Any) -> Any:
                y = tf.exp(x)
                return y * 2.0, lambda dy: dy * y * 100.0 + x

            @tf.custom_gradient
            def with_variable(x: Any) -> Any:
                def grad(dy: Any, variables: Any = None) -> Any:
                    return dy * 7.0 * self.v, [dy * 5.0]

                return x * self.v, grad

            return hundredfold(x) + with_variable(x)

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def outer(self, x: Any) -> Any:
            return 2.0 * self.f(x)

    return CustomGradients()


def _with_gradients(tf: Any, obj: Any) -> Any:
    return tf.saved_model.SaveOptions(experimental_custom_gradients=True)


def _without_gradients(tf: Any, obj: Any) -> Any:
    return tf.saved_model.SaveOptions(experimental_custom_gradients=False)


@model(
    ("f", X), ("gradient", ("f", X), ["v"]), ("gradient", ("loop", X), ["v"]),
    ("gradient", ("clipped", X), []), ("gradient", ("stopped", X), []),
    ("gradient", ("several", X), []), options=_with_gradients,
)  # fmt: skip
def saved_gradients(tf: Any) -> Any:
    """Custom gradients with variables, of several results, and inside loops."""

    @tf.custom_gradient
    def clipped(x: Any) -> Any:
        return tf.exp(x), lambda dy: tf.clip_by_value(dy * x, -0.5, 0.5)

    @tf.custom_gradient
    def several(x: Any, y: Any) -> Any:
        def grad(da: Any, db: Any) -> Any:
            return da * 2.0 + db, db * 3.0

        return (x * y, x + y), grad

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        def grad(dy: Any) -> Any:
            return dy * 10.0 * tf.reduce_max(x)

        return x * 2.0, grad

    class Saved(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def f(self, x: Any) -> Any:
            return scaled(x * self.v) + clipped(self.v)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def loop(self, x: Any) -> Any:
            for _ in range(3):
                x = scaled(x) * self.v
            return x

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def clipped(self, x: Any) -> Any:
            return clipped(clipped(x))

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def stopped(self, x: Any) -> Any:
            return x * tf.stop_gradient(x) + tf.grad_pass_through(tf.round)(x)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def several(self, x: Any) -> Any:
            a, b = several(x, x * x)
            return a * b

    return Saved()


@model(
    ("f", X),
    ("elsewhere", ("raises", ("gradient", ("f", X), []))),
    ("gradient", ("g", X), []),
    options=_without_gradients,
)
def gradients_left_out(tf: Any) -> Any:
    """A custom gradient that is not saved gives an error, not another gradient."""

    @tf.custom_gradient
    def strange(x: Any) -> Any:
        return x * 2.0, lambda dy: dy * 50.0

    class LeftOut(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def f(self, x: Any) -> Any:
            return strange(x)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def g(self, x: Any) -> Any:
            return x * x

    return LeftOut()


@model(
    ("slope", X), ("second", X), ("step", X), ("v",), ("step", X), ("v",),
    ("gradient", ("slope", X), ["v"]), ("jacobian", X), ("forward", X),
)  # fmt: skip
def gradients_inside(tf: Any) -> Any:
    """Functions that take gradients themselves: training steps, second derivatives, jacobians."""

    class Inside(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def loss(self, x: Any) -> Any:
            return tf.reduce_sum(tf.sin(x * self.v) ** 2)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def slope(self, x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = self.loss(x)
            return tape.gradient(loss, [x, self.v])

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def second(self, x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                first = self.slope(x)[0]
            return tape.gradient(first, x)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def step(self, x: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = self.loss(x)
            self.v.assign_sub(0.1 * tape.gradient(loss, self.v))
            return loss

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def jacobian(self, x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.cumsum(x * self.v)
            return tape.jacobian(y, x)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def forward(self, x: Any) -> Any:
            with tf.autodiff.ForwardAccumulator(x, tf.ones([3])) as accumulator:
                y = tf.exp(x) * self.v
            return accumulator.jvp(y)

    return Inside()
