"""Compiled loops on rows, with native kernels and without, agree with the host executor."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.native.library import enabled

BATCH, STEPS, INPUTS, UNITS = 19, 4, 3, 5
KERNEL = "tidefall_row_loop"


def _recurrent(cell, masked=False, backwards=False):
    """The outputs of all steps `[time, batch, units]`, as Keras computes them."""

    def run(x, w, u, b):
        source = tf.TensorArray(tf.float32, STEPS).unstack(x[::-1] if backwards else x)
        mask = tf.TensorArray(tf.bool, STEPS).unstack(x[:, :, :1] > -0.5)
        out = tf.TensorArray(tf.float32, STEPS)

        def step(i, out, h):
            new = cell(source.read(i), h, w, u, b)
            if masked:
                new = tf.where(tf.tile(mask.read(i), [1, UNITS]), new, h)
            return i + 1, out.write(i, new), new

        start = tf.zeros([BATCH, UNITS])
        return tf.while_loop(lambda i, *_: i < STEPS, step, (0, out, start))[1].stack()

    return run


def simple(x, h, w, u, b):
    return tf.tanh(x @ w[:, :UNITS] + h @ u[:, :UNITS] + b[:UNITS])


def gated(x, h, w, u, b):
    z = tf.nn.bias_add(x @ w, b)
    r = h @ u
    update = tf.sigmoid(z[:, :UNITS] + r[:, :UNITS])
    reset = tf.sigmoid(z[:, UNITS : 2 * UNITS] + r[:, UNITS : 2 * UNITS])
    new = tf.tanh(z[:, 2 * UNITS :] + reset * r[:, 2 * UNITS :])
    return update * h + (1.0 - update) * new


def split(x, h, w, u, b):
    a, g, o = tf.split(x @ w + h @ u + b, 3, axis=1)
    return tf.nn.relu(a) * 0.5 - tf.exp(-tf.square(g)) * o


def transposed(x, h, w, u, b):
    back = tf.square(tf.matmul(h @ u, u, transpose_b=True))
    return tf.tanh(back + x @ w[:, :UNITS] + b[:UNITS])


def centred(x, h, w, u, b):
    new = simple(x, h, w, u, b)
    return new - tf.reduce_mean(new, 0)


def attending(x, h, w, u, b):
    new = simple(x, h, w, u, b)
    return tf.matmul(tf.nn.softmax(tf.matmul(new, new, transpose_b=True)), new)


ON_ROWS = {
    "a simple cell": _recurrent(simple),
    "gates": _recurrent(gated),
    "gates, backwards in time": _recurrent(gated, backwards=True),
    "gates with a mask": _recurrent(gated, masked=True),
    "split gates": _recurrent(split),
    "a transposed weight": _recurrent(transposed),
}
OTHERS = {"rows that meet in a mean": centred, "rows that meet in products": attending}
CASES = ON_ROWS | {name: _recurrent(cell) for name, cell in OTHERS.items()}


def _arguments(seed=0):
    draw = np.random.default_rng(seed).normal
    shapes = [(STEPS, BATCH, INPUTS), (INPUTS, 3 * UNITS), (UNITS, 3 * UNITS), (3 * UNITS,)]
    return [tf.constant(0.5 * draw(size=s), tf.float32) for s in shapes]


def _with_gradients(function, jit):
    @tf.function(jit_compile=jit, autograph=False)
    def run(x, w, u, b):
        arguments = [x, w, u, b]
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            y = function(*arguments)
            loss = tf.reduce_sum(y * tf.cos(y))
        return [y, *tape.gradient(loss, arguments)]

    return run


def _on_host(function, arguments):
    with config.override(tier="host"):
        return [v.numpy() for v in _with_gradients(function, False)(*arguments)]


def _kernels(function, arguments):
    text = function.experimental_get_compiler_ir(*arguments)(stage="hlo")
    return text.count(f'"{KERNEL}"')


@pytest.mark.compiles
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_the_host(name):
    function, arguments = CASES[name], _arguments()
    results = _with_gradients(function, True)(*arguments)
    for result, expected in zip(results, _on_host(function, arguments), strict=True):
        np.testing.assert_allclose(result, expected, rtol=2e-4, atol=2e-5)


@pytest.mark.skipif(not enabled(), reason="no native kernels")
@pytest.mark.parametrize("name", CASES)
def test_loops_on_rows_and_their_gradients_become_kernels(name):
    found = _kernels(_with_gradients(CASES[name], True), _arguments())
    assert found == (2 if name in ON_ROWS else 0)


@pytest.mark.skipif(not enabled(), reason="no native kernels")
def test_products_large_enough_for_kernels_of_their_own_do_not_keep_a_loop_from_being_one():
    @tf.function(jit_compile=True, autograph=False)
    def run(h, u):
        with tf.GradientTape() as tape:
            tape.watch(u)
            step = lambda i, h: (i + 1, tf.tanh(h @ u))  # noqa: E731
            y = tf.while_loop(lambda i, _: i < 3, step, (0, h))[1]
        return tape.gradient(y, u)

    assert _kernels(run, [tf.zeros([64, 256]), tf.zeros([256, 256])]) == 2


def test_nan_and_infinity_stay_in_their_rows():
    function, (x, w, u, b) = _recurrent(gated), _arguments()
    spoiled = x.numpy()
    spoiled[1, 2, 0], spoiled[2, 5, 1] = np.nan, np.inf
    (result, *_) = _with_gradients(function, True)(tf.constant(spoiled), w, u, b)
    (expected, *_) = _on_host(function, [tf.constant(spoiled), w, u, b])
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_state_after_a_few_iterations(steps):
    @tf.function(jit_compile=True, autograph=False)
    def run(h, u):
        return tf.while_loop(lambda i, _: i < steps, lambda i, h: (i + 1, tf.tanh(h @ u)), (0, h))

    h, u = np.full((2, 3), 0.5, np.float32), np.eye(3, dtype=np.float32)
    expected = h
    for _ in range(steps):
        expected = np.tanh(expected)
    count, result = run(h, u)
    assert int(count) == steps
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_states_that_change_places():
    @tf.function(jit_compile=True, autograph=False)
    def run(a, b, u):
        step = lambda i, a, b: (i + 1, b, a @ u)  # noqa: E731
        return tf.while_loop(lambda i, *_: i < 3, step, (0, a, b))[1:]

    a, b = np.ones((2, 2), np.float32), np.full((2, 2), 3, np.float32)
    u = np.array([[1, 2], [3, 4]], np.float32)
    expected = a, b
    for _ in range(3):
        expected = expected[1], expected[0] @ u
    for result, value in zip(run(a, b, u), expected, strict=True):
        np.testing.assert_allclose(result, value)


def test_a_matrix_that_each_iteration_writes_again():
    """Only the last of what was written stays, and earlier iterations see what was there."""

    @tf.function(jit_compile=True, autograph=False)
    def run(h, u):
        list_ = tf.TensorArray(tf.float32, 2, clear_after_read=False).unstack(tf.stack([h, h]))

        def step(i, a, h):
            new = h @ u + a.read(0)
            return i + 1, a.write(0, new), new

        return tf.while_loop(lambda i, *_: i < 3, step, (0, list_, h))[1].stack()

    h, u = np.ones((2, 2), np.float32), np.array([[1, 2], [3, 4]], np.float32)
    state, seen = h, h
    for _ in range(3):
        state = seen = state @ u + seen
    np.testing.assert_allclose(run(h, u), np.stack([seen, h]))
