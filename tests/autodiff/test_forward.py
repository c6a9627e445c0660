"""tf.autodiff.ForwardAccumulator: against finite differences, tapes, and its own rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf

WAYS = {
    "eager": lambda f: f,
    "host": tf.function,
    "xla": lambda f: tf.function(f, jit_compile=True),
}
EACH = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
Accumulator = tf.autodiff.ForwardAccumulator

STEPS = {
    "sin": tf.sin,
    "exp": lambda x: tf.exp(x * 0.3),
    "scale": lambda x: x * 0.7 + tf.reduce_sum(x),
    "square": lambda x: x * x * 0.5,
    "flip": lambda x: tf.reverse(x, [0]),
    "matmul": lambda x: tf.linalg.matvec(tf.constant([[0.5, 1.0, 0.2]] * 3, x.dtype), x),
    "softmax": tf.nn.softmax,
    "cumsum": tf.cumsum,
    "gather": lambda x: tf.gather(x, [2, 0, 0]) * x,
    "where": lambda x: tf.where(x > 0.1, x * x, tf.cos(x)),
    "norm": lambda x: x * tf.math.rsqrt(1.0 + tf.reduce_sum(x * x)),
    "divide": lambda x: x / (2.0 + tf.cos(x)),
}
SMOOTH = sorted(set(STEPS) - {"where"})
smooth_programs = st.lists(st.sampled_from(SMOOTH), min_size=1, max_size=5)
programs = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5)
points = st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3)


def run(program, x):
    for name in program:
        x = STEPS[name](x)
    return x


def forward(f, x, v):
    with Accumulator(x, v) as acc:
        y = f(x)
    return acc.jvp(y, unconnected_gradients="zero")


def gradient(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(f(x))
    return tape.gradient(y, x, unconnected_gradients="zero")


@settings(max_examples=40, deadline=None)
@given(smooth_programs, points, points)
def test_products_are_those_of_finite_differences(program, point, direction):
    x, v = (tf.constant(p, tf.float64) for p in (point, direction))
    found = forward(lambda x: run(program, x), x, v).numpy()
    step = 1e-6
    ahead, behind = run(program, x + step * v), run(program, x - step * v)
    expected = (ahead - behind).numpy() / (2 * step)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(programs, points, points)
def test_second_derivatives_agree_whichever_way(program, point, direction):
    x, v = (tf.constant(p, tf.float64) for p in (point, direction))

    def f(x):
        return run(program, x)

    over_reverse = forward(lambda x: gradient(f, x), x, v).numpy()
    over_forward = gradient(lambda x: forward(f, x, v), x).numpy()
    twice = gradient(lambda x: gradient(f, x) * v, x).numpy()
    np.testing.assert_allclose(over_reverse, twice, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(over_forward, twice, rtol=1e-6, atol=1e-9)


@EACH
def test_a_function_called_inside(way):
    f = way(lambda x: tf.sin(x) * tf.reduce_sum(x))
    x, v = tf.constant([0.5, -1.0]), tf.constant([1.0, 2.0])
    expected = forward(lambda x: tf.sin(x) * tf.reduce_sum(x), x, v)
    np.testing.assert_allclose(forward(f, x, v).numpy(), expected.numpy(), rtol=1e-5)


@EACH
def test_second_derivatives_of_a_function_called_inside(way):
    f = way(lambda x: tf.sin(x) * tf.reduce_sum(x * x))
    x, s, t = tf.constant([0.5, -1.0]), tf.constant([1.0, 2.0]), tf.constant([-1.0, 0.5])
    found = forward(lambda x: forward(f, x, s), x, t)
    plain = forward(lambda x: forward(lambda x: tf.sin(x) * tf.reduce_sum(x * x), x, s), x, t)
    np.testing.assert_allclose(found.numpy(), plain.numpy(), rtol=1e-5)
    hessian = forward(lambda x: gradient(f, x), x, s)
    plain = forward(lambda x: gradient(lambda x: tf.sin(x) * tf.reduce_sum(x * x), x), x, s)
    np.testing.assert_allclose(hessian.numpy(), plain.numpy(), rtol=1e-5)


@EACH
def test_variables(way):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    @way
    def product(t):
        with Accumulator(v, t) as acc:
            y = tf.matmul(v, v)
        return acc.jvp(y)

    t = tf.constant([[1.0, 0.0], [0.0, -1.0]])
    expected = (tf.matmul(t, v) + tf.matmul(v, t)).numpy()
    np.testing.assert_allclose(product(t).numpy(), expected)


def test_keras_layers():
    """A layer's variables are watched by handle, however they are read."""
    kernel, bias = tf.Variable([[1.0, 2.0]]), tf.Variable([0.5, 0.5])
    with Accumulator([kernel, bias], [tf.ones([1, 2]), tf.ones([2])]) as acc:
        y = tf.nn.relu(tf.matmul(tf.constant([[3.0]]), kernel) + bias)
    assert acc.jvp(y).numpy().tolist() == [[4.0, 4.0]]


def test_custom_gradients_are_used():
    @tf.custom_gradient
    def doubled_slope(x):
        return x * x, lambda dy: 4.0 * x * dy

    x = tf.constant(3.0)
    assert float(forward(doubled_slope, x, tf.constant(1.0))) == 12.0


def test_accumulators_may_be_entered_again():
    x = tf.constant(3.0)
    acc = Accumulator(x, tf.constant(1.0))
    with acc:
        y = x * x
    with acc:
        z = y * x
    assert float(acc.jvp(z)) == 27.0
    assert acc.jvp(tf.constant(1.0)) is None


def test_nothing_is_differentiated_outside():
    x = tf.constant(3.0)
    acc = Accumulator(x, tf.constant(1.0))
    y = x * x
    assert acc.jvp(y) is None


def test_jvp_of_a_nest():
    x = tf.constant(3.0)
    with Accumulator(x, tf.constant(1.0)) as acc:
        y = x * 2.0
    found = acc.jvp({"y": y, "z": [tf.constant(1.0)]})
    assert float(found["y"]) == 2.0
    assert found["z"] == [None]


def test_errors():
    x = tf.constant(3.0)
    with Accumulator(x, tf.constant(1.0)) as acc, pytest.raises(ValueError, match="recording"):
        acc.__enter__()
    with pytest.raises(ValueError, match="multiple times"):
        Accumulator([x, x], [x, x])
    with pytest.raises(ValueError, match="float64"):
        Accumulator(x, tf.constant(1.0, tf.float64))
    with pytest.raises(ValueError):
        Accumulator([x], [x, x])


def test_the_tape_is_there_under_both_names():
    assert tf.autodiff.GradientTape is tf.GradientTape
