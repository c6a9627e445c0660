"""Gradients of branches, loops and calls with effects: nothing runs twice."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

WAYS = {"host": tf.function, "xla": lambda f: tf.function(f, jit_compile=True)}
EACH = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@EACH
def test_a_branch_that_assigns_runs_once(way):
    v = tf.Variable(2.0)

    @way
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.cond(x > 1.0, lambda: x * x * v.assign_add(1.0), lambda: x * v)
        return y, tape.gradient(y, x)

    y, dx = step(tf.constant(2.0))
    assert (float(y), float(dx), float(v)) == (12.0, 12.0, 3.0)
    y, dx = step(tf.constant(0.5))
    assert (float(y), float(dx), float(v)) == (1.5, 3.0, 3.0)


@EACH
def test_a_branch_draws_the_same_numbers_forwards_and_backwards(way):
    @way
    def step(x, p):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.cond(p, lambda: x * tf.random.normal([100]), lambda: x * 2.0)
        return y, tape.gradient(y, x)

    x = tf.ones([100])
    y, dx = step(x, tf.constant(True))
    np.testing.assert_allclose(y.numpy(), dx.numpy(), rtol=1e-6)
    assert np.unique(y.numpy()).size > 50
    np.testing.assert_allclose(step(x, tf.constant(False))[1].numpy(), 2.0)


@EACH
def test_switch_case_draws_once(way):
    @way
    def step(x, i):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.switch_case(
                i,
                [
                    lambda: x * tf.random.normal([4]),
                    lambda: tf.exp(x) * tf.random.uniform([4]),
                    lambda: tf.identity(x),
                ],
            )
        return y, tape.gradient(y, x)

    x = tf.ones([4])
    for i in range(3):
        y, dx = step(x, tf.constant(i))
        np.testing.assert_allclose(y.numpy(), dx.numpy(), rtol=1e-6)


@EACH
def test_a_called_function_draws_once(way):
    @tf.function
    def noisy(x):
        return x * tf.random.normal([50])

    @way
    def step(x):
        y = noisy(noisy(x))
        return y, tf.gradients(y, x)[0]

    y, dx = step(tf.ones([50]))
    np.testing.assert_allclose(y.numpy(), dx.numpy(), rtol=1e-5)


@EACH
def test_outer_tapes_differentiate_calls_inside_of_functions(way):
    """The tape is outside of both: the inner call is differentiated as a node."""

    @tf.function
    def noisy(x):
        return x * x * tf.random.normal([50])

    outer = way(lambda x: noisy(x) * 3.0)
    x = tf.ones([50])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = outer(x)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), 2 * y.numpy(), rtol=1e-5)


def loop_of_branches(x):
    def body(i, y):
        return i + 1, tf.cond(i % 2 == 0, lambda: y * x, lambda: tf.sin(y) + x)

    return tf.while_loop(lambda i, y: i < 4, body, (0, x))[1]


def branch_of_loop(x):
    def looped():
        return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.sin(x)), (0, x))[1]

    return tf.cond(tf.reduce_sum(x) > 0.0, looped, lambda: x * x * x)


def branch_of_branch(x):
    def inner():
        return tf.cond(x[0] < 100.0, lambda: tf.exp(x) * x, lambda: x)

    return tf.cond(x[0] > 0.0, inner, lambda: tf.cos(x))


def call_in_loop(x):
    inner = tf.function(lambda y: tf.tanh(y) * y)
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, inner(y) + x), (0, x))[1]


def array_in_branch(x):
    def stacked():
        array = tf.TensorArray(tf.float32, size=2).write(0, x * x).write(1, tf.sin(x))
        return array.stack()

    return tf.cond(x[0] > 0.0, stacked, lambda: tf.stack([x, x * x * x]))


def scanned(x):
    return tf.scan(lambda a, b: a * b + tf.sin(a), x)


PROGRAMS = [
    loop_of_branches, branch_of_loop, branch_of_branch, call_in_loop, array_in_branch, scanned
]  # fmt: skip
POINTS = [[0.7, 0.3, 1.2], [-0.4, 0.5, -0.9]]


def plain_gradient(f, x, order):
    """Derivatives with eager tapes: Python's own control flow."""
    if order == 0:
        return tf.reduce_sum(f(x))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = plain_gradient(f, x, order - 1)
    return tf.reduce_sum(tape.gradient(y, x))


@pytest.mark.compiles
@EACH
@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_nested_control_flow_has_derivatives_of_any_order(f, order, point, way):
    x = tf.constant(point)
    expected = plain_gradient(f, x, order).numpy()
    traced = way(lambda x: plain_gradient(f, x, order))
    np.testing.assert_allclose(traced(x).numpy(), expected, rtol=2e-4, atol=1e-5)


@pytest.mark.compiles
@EACH
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_tapes_outside_differentiate_twice(f, way):
    x = tf.constant(POINTS[0])
    expected = plain_gradient(f, x, 2).numpy()
    found = plain_gradient(way(f), x, 2).numpy()
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


@pytest.mark.compiles
@EACH
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_forward_over_reverse_is_reverse_over_reverse(f, way):
    x, v = tf.constant(POINTS[0]), tf.constant([1.0, -2.0, 0.5])

    def forward(x):
        with tf.autodiff.ForwardAccumulator(x, v) as acc:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(f(x))
            dx = tape.gradient(y, x)
        return acc.jvp(dx)

    def reverse(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(f(x))
            product = tf.reduce_sum(tape.gradient(y, x) * v)
        return outer.gradient(product, x)

    expected = reverse(x).numpy()
    np.testing.assert_allclose(forward(x).numpy(), expected, rtol=2e-4, atol=1e-5)
    np.testing.assert_allclose(way(forward)(x).numpy(), expected, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_pure_branches_and_loops_are_stateless_nodes(f):
    graph = tf.function(f).get_concrete_function(tf.TensorSpec([3], tf.float32)).graph
    kinds = {n.type for n in graph.get_operations()}
    assert not kinds & {"If", "Case"}
    assert kinds & {"StatelessIf", "StatelessWhile", "While"}


def test_branches_that_read_variables_are_stateful_nodes():
    v = tf.Variable(1.0)
    choose = tf.function(lambda p: tf.cond(p, lambda: v + 1.0, lambda: tf.constant(0.0)))
    graph = choose.get_concrete_function(tf.constant(True)).graph
    assert "If" in {n.type for n in graph.get_operations()}
