"""Gradient tapes: what they record, when, and what they give back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf


def _square_gradient(x, **options):
    with tf.GradientTape(**options) as tape:
        tape.watch(x)
        y = x * x
    return tape, y


def test_gradient_of_a_watched_tensor():
    x = tf.constant([1.0, 2.0])
    tape, y = _square_gradient(x)
    np.testing.assert_allclose(tape.gradient(y, x), [2.0, 4.0])


def test_unwatched_tensors_have_no_gradient():
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_zero_gradients_on_request():
    x, z = tf.constant(1.0), tf.constant([1.0, 2.0])
    tape, y = _square_gradient(x)
    gradient = tape.gradient(y, z, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    np.testing.assert_array_equal(gradient, [0.0, 0.0])


def test_trainable_variables_are_watched_when_read():
    v = tf.Variable([1.0, 3.0])
    frozen = tf.Variable(2.0, trainable=False)
    with tf.GradientTape() as tape:
        y = v * v * frozen
    assert [w.name for w in tape.watched_variables()] == [v.name]
    gradients = tape.gradient(y, [v, frozen])
    np.testing.assert_allclose(gradients[0], [4.0, 12.0])
    assert gradients[1] is None


def test_watch_accessed_variables_can_be_turned_off():
    v = tf.Variable(2.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        y = v * v
    assert tape.gradient(y, v) is None


def test_a_tape_is_used_once_unless_persistent():
    x = tf.constant(3.0)
    tape, y = _square_gradient(x)
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="non-persistent GradientTape"):
        tape.gradient(y, x)
    tape, y = _square_gradient(x, persistent=True)
    assert float(tape.gradient(y, x)) == float(tape.gradient(y, x)) == 6.0


def test_second_order_through_nested_tapes():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        first = inner.gradient(y, x)
    assert float(first) == 27.0
    assert float(outer.gradient(first, x)) == 18.0


def test_stop_recording_leaves_a_gap():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            hidden = y * x
        z = y + hidden
    assert float(tape.gradient(z, x)) == 4.0


def test_reset_forgets():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        x * x
        tape.reset()
        y = x * x
    assert tape.gradient(y, x) is None


def test_targets_and_sources_in_nests():
    a, b = tf.constant(1.0), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        targets = {"sum": a + b, "product": a * b}
    gradients = tape.gradient(targets, {"a": a, "b": b})
    assert {k: float(v) for k, v in gradients.items()} == {"a": 3.0, "b": 2.0}


def test_output_gradients_weigh_the_targets():
    x = tf.constant([1.0, 2.0])
    tape, y = _square_gradient(x)
    np.testing.assert_allclose(
        tape.gradient(y, x, output_gradients=tf.constant([3.0, 0.5])), [6.0, 2.0]
    )


def test_stop_gradient_blocks():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.stop_gradient(x)
    assert float(tape.gradient(y, x)) == 2.0


def test_embedding_lookups_give_indexed_slices():
    table = tf.Variable(np.arange(6.0, dtype=np.float32).reshape(3, 2))
    with tf.GradientTape() as tape:
        rows = tf.gather(table, [2, 0, 2])
        loss = tf.reduce_sum(rows * rows)
    gradient = tape.gradient(loss, table)
    assert isinstance(gradient, tf.IndexedSlices)
    dense = tf.convert_to_tensor(gradient)
    np.testing.assert_allclose(dense, [[0.0, 2.0], [0.0, 0.0], [16.0, 20.0]])


def test_jacobian():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    np.testing.assert_allclose(tape.jacobian(y, x), [[2.0, 0.0], [0.0, 4.0]])


@pytest.mark.parametrize("source", [None, "text", 3])
def test_sources_must_be_tensors(source):
    x = tf.constant(1.0)
    tape, y = _square_gradient(x)
    with pytest.raises(TypeError, match="must be tensors or variables"):
        tape.gradient(y, source)


def test_watch_refuses_what_is_no_tensor():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match=r"not tf\.Tensor"):
        tape.watch(1.0)


def test_reentering_an_active_tape_is_an_error():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match="still recording"):
        tape.__enter__()


# ---- custom gradients ----


@tf.custom_gradient
def _clipped(x):
    return x * x, lambda dy: tf.clip_by_value(dy, -1.0, 1.0)


def test_custom_gradient_replaces_the_real_one():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = _clipped(x) * 5.0
    assert float(tape.gradient(y, x)) == 1.0


@pytest.mark.parametrize("jit", [False, True])
def test_custom_gradient_inside_a_function(jit):
    @tf.function(jit_compile=jit)
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = _clipped(x) * 5.0
        return tape.gradient(y, x)

    assert float(gradient(tf.constant(3.0))) == 1.0


def test_custom_gradient_around_a_traced_function():
    @tf.function
    def forward(x):
        return _clipped(x) * 5.0

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = forward(x)
    assert float(tape.gradient(y, x)) == 1.0


def test_custom_gradient_with_variables():
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def scaled(x):
        def grad(dy, variables=None):
            return dy * 10.0, [dy * 100.0 for _ in variables]

        return x * v, grad

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = scaled(x)
    assert [float(g) for g in tape.gradient(y, [x, v])] == [10.0, 100.0]


def test_a_variable_as_the_target_is_its_own_value():
    v, other = tf.Variable([2.0, 3.0]), tf.Variable([1.0, 1.0], trainable=False)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
    assert tape.gradient(v, v).numpy().tolist() == [1.0, 1.0]
    assert tape.gradient([v, y], v).numpy().tolist() == [5.0, 7.0]
    assert tape.gradient(other, other).numpy().tolist() == [1.0, 1.0]
    assert tape.gradient(v, other) is None
    assert tape.jacobian(v, v).numpy().tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_the_gradient_by_a_ragged_tensor_is_one_with_its_rows():
    rows = tf.ragged.constant([[1.0, 2.0], [], [3.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(rows)
        squares = rows * rows
        total = tf.reduce_sum(squares)
    assert tape.gradient(squares, rows).to_list() == [[2.0, 4.0], [], [6.0]]
    assert tape.gradient(total, {"rows": rows})["rows"].to_list() == [[2.0, 4.0], [], [6.0]]
    assert tape.gradient(tf.constant(1.0), rows) is None
    zeros = tape.gradient(tf.constant(1.0), rows, unconnected_gradients="zero")
    assert zeros.to_list() == [[0.0, 0.0], [], [0.0]]


def test_sparse_sources_are_refused():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match="SparseTensor"):
        tape.gradient(tf.constant(1.0), tf.sparse.eye(2))


def test_a_constant_of_a_tensor_is_that_tensor():
    x = tf.Variable([1.0])
    with tf.GradientTape() as tape:
        y = tf.constant(x + x)
    assert tape.gradient(y, x).numpy().tolist() == [2.0]
    assert tf.constant(y) is y
    with pytest.raises(TypeError, match=r"tf\.cast"):
        tf.constant(y, tf.float64)


@pytest.mark.parametrize("decorate", (lambda function: function, tf.function))
def test_gradients_of_gradients_by_one_tape(decorate: Any) -> None:
    variable = tf.Variable(1.0)
    function = decorate(lambda: tf.cos(variable))
    found = []
    with tf.GradientTape(persistent=True) as tape:
        x = function()
        for _ in range(4):
            x = tape.gradient(x, variable)
            found.append(float(x))
    sine, cosine = float(tf.sin(1.0)), float(tf.cos(1.0))
    assert found == pytest.approx([-sine, -cosine, sine, cosine])


@pytest.mark.parametrize("parallel", (True, False))
def test_the_jacobian_of_no_rows(parallel: bool) -> None:
    variable = tf.Variable(tf.ones([7]))
    with tf.GradientTape(persistent=True) as tape:
        target = variable[:0] * 2.0
    found = tape.jacobian(target, variable, experimental_use_pfor=parallel)
    assert found.shape == [0, 7]
