"""tf.gradients, tf.hessians, Jacobians, registered gradients, recomputation."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf


def traced(f, *args, jit=False):
    return tf.function(f, jit_compile=jit)(*args)


X = tf.constant([0.5, -1.0, 2.0])


@pytest.mark.parametrize("jit", [False, True])
def test_hessian_is_the_jacobian_of_the_gradient(jit):
    def f(x):
        return tf.reduce_sum(tf.sin(x) * tf.reduce_prod(x))

    def by_tapes(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            slope = inner.gradient(y, x)
        return outer.jacobian(slope, x)

    found = traced(lambda x: tf.hessians(f(x), x)[0], X, jit=jit)
    np.testing.assert_allclose(found.numpy(), by_tapes(X).numpy(), rtol=1e-5)
    np.testing.assert_allclose(traced(by_tapes, X, jit=jit).numpy(), by_tapes(X).numpy(), rtol=1e-5)


def test_gradients_by_variables_and_intermediates():
    v = tf.Variable([1.0, 2.0, 3.0])

    def f(x):
        y = x * v
        return tf.gradients(y * y, [v, y, x])

    by_v, by_y, by_x = traced(f, X)
    np.testing.assert_allclose(by_v.numpy(), 2 * X.numpy() ** 2 * v.numpy())
    np.testing.assert_allclose(by_y.numpy(), 2 * X.numpy() * v.numpy())
    np.testing.assert_allclose(by_x.numpy(), 2 * X.numpy() * v.numpy() ** 2)


def test_gradients_by_captured_tensors():
    inner = traced(lambda y: tf.gradients(X * X * y, X)[0], tf.constant(2.0))
    np.testing.assert_allclose(inner.numpy(), 4 * X.numpy())


def test_gradients_in_a_plain_graph():
    with tf.Graph().as_default():
        x = tf.constant(3.0)
        (slope,) = tf.gradients(x * x, x)
    assert slope.op.type in ("AddV2", "Mul")
    assert "gradients/" in slope.op.name


def test_gradients_in_branches_and_loops():
    def f(x):
        return tf.cond(
            x[0] > 0.0,
            lambda: tf.gradients(x * x, x)[0],
            lambda: tf.while_loop(
                lambda i, g: i < 2, lambda i, g: (i + 1, tf.gradients(g * x, x)[0] + g), (0, x)
            )[1],
        )

    np.testing.assert_allclose(traced(f, X).numpy(), 2 * X.numpy())
    np.testing.assert_allclose(traced(f, -X).numpy(), -4 * X.numpy())


def test_stopped_tensors_are_constants():
    def f(x):
        a = x * 2.0
        return tf.gradients(a + x, x, stop_gradients=a)[0]

    assert traced(f, X).numpy().tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"grad_ys": [None, None]}, ValueError, "Length mismatch"),
        ({"grad_ys": tf.constant(1.0, tf.float64)}, TypeError, "float64"),
        ({"aggregation_method": 17}, ValueError, "aggregation_method"),
        ({"unconnected_gradients": "nonsense"}, ValueError, "nonsense"),
    ],
    ids=["length", "dtype", "aggregation", "unconnected"],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        traced(lambda x: tf.gradients(x * x, x, **arguments), X)


def test_eager_code_has_no_graph_to_differentiate():
    with pytest.raises(RuntimeError, match="GradientTape"):
        tf.gradients(X, X)
    with pytest.raises(RuntimeError, match="GradientTape"):
        tf.hessians(X, X)


# ---- Jacobians ----


def test_jacobian_uses_no_loop():
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(x) * tf.reduce_sum(x)
        return tape.jacobian(y, x)

    graph = tf.function(f).get_concrete_function(tf.TensorSpec([3], tf.float32)).graph
    assert not {n.type for n in graph.get_operations()} & {"While", "StatelessWhile"}
    assert len(graph.get_operations()) < 60


@pytest.mark.parametrize("limit", [None, 1, 2, 100])
@pytest.mark.parametrize("parallel", [True, False])
def test_jacobian_options_do_not_change_the_result(limit, parallel):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(X)
        y = tf.sin(X) * tf.reduce_sum(X)
    found = tape.jacobian(y, X, parallel_iterations=limit, experimental_use_pfor=parallel)
    expected = np.diag(np.cos(X) * np.sum(X)) + np.sin(X)[:, None]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_jacobian_of_a_recurrent_network():
    def f(x):
        return tf.scan(lambda h, r: tf.tanh(h + r) * r, x)

    def jacobian(x, parallel):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = f(x)
        return tape.jacobian(y, x, experimental_use_pfor=parallel)

    x = tf.reshape(tf.linspace(-1.0, 1.0, 6), [3, 2])
    expected = jacobian(x, False).numpy()
    np.testing.assert_allclose(jacobian(x, True).numpy(), expected, rtol=1e-5, atol=1e-7)
    found = tf.function(lambda x: jacobian(x, True))(x)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-7)


def test_batch_jacobian_is_the_diagonal_of_the_jacobian():
    x = tf.reshape(tf.linspace(-1.0, 1.0, 6), [2, 3])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.nn.softmax(x) * x
    full = tape.jacobian(y, x).numpy()
    rows = tape.batch_jacobian(y, x).numpy()
    np.testing.assert_allclose(rows, np.stack([full[i, :, i] for i in range(2)]), rtol=1e-6)


def test_jacobians_can_be_differentiated():
    with tf.GradientTape() as outer:
        outer.watch(X)
        with tf.GradientTape() as inner:
            inner.watch(X)
            y = X**3
        rows = inner.jacobian(y, X)
    found = outer.gradient(rows, X).numpy()
    np.testing.assert_allclose(found, 6 * X.numpy(), rtol=1e-6)


def test_jacobian_of_unknown_shape():
    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.jacobian(y, x)

    np.testing.assert_allclose(f(X).numpy(), np.diag(2 * X.numpy()))


def test_wrong_jacobians():
    with tf.GradientTape() as tape:
        tape.watch(X)
        y = X * X
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.jacobian(y, X, experimental_use_pfor=False)
    with pytest.raises(ValueError, match="rank at least 2"):
        tape.batch_jacobian(y, X)
    with pytest.raises(ValueError, match="to match"):
        tape.batch_jacobian(y, tf.ones([2, 3]))
    with pytest.raises(ValueError, match="parallel_iterations"):
        tape.jacobian(y, X, parallel_iterations=0)
    tape.gradient(y, X)
    with pytest.raises(RuntimeError, match="one set of gradients"):
        tape.jacobian(y, X)


# ---- registration, recomputation ----


def test_registered_gradients():
    @tf.RegisterGradient("TestOnlyGradient")
    def slope(op, dy):
        return 2.0 * dy

    assert slope(None, 1.0) == 2.0
    with pytest.raises(KeyError, match="TestOnlyGradient"):
        tf.RegisterGradient("TestOnlyGradient")(slope)
    with pytest.raises(KeyError, match="Sub"):
        tf.RegisterGradient("Sub")(slope)
    with pytest.raises(TypeError, match="string"):
        tf.RegisterGradient(3)
    tf.no_gradient("TestOnlyNoGradient")
    with pytest.raises(KeyError, match="Sub"):
        tf.no_gradient("Sub")


@pytest.mark.parametrize("jit", [None, False, True])
def test_recomputed_layers_run_again_for_the_gradient(jit):
    calls = []
    w = tf.Variable(2.0)

    def layer(x):
        calls.append(1)
        return tf.sin(x * w) * x

    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.recompute_grad(layer)(x))
        return tape.gradient(y, [x, w])

    run = f if jit is None else tf.function(f, jit_compile=jit)
    dx, dw = run(X)
    x = X.numpy()
    np.testing.assert_allclose(dx.numpy(), np.sin(2 * x) + 2 * x * np.cos(2 * x), rtol=1e-5)
    np.testing.assert_allclose(dw.numpy(), np.sum(x * x * np.cos(2 * x)), rtol=1e-5)
    assert len(calls) == 2
