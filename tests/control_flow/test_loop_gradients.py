"""Gradients of loops and branches inside functions; the expected values are TensorFlow 2.21's."""

import numpy as np
import pytest

import tidefall as tf

JIT = [False, True]
X = [1.5, 2.0]


def gradient(function, wrt=None):
    def of(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x if wrt is None else wrt)

    return of


def power(x):
    return tf.while_loop(
        lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [tf.constant(0), tf.ones_like(x)]
    )[1]


def nested(x):
    def outer(i, y):
        _, y = tf.while_loop(
            lambda j, y: j < 2, lambda j, y: (j + 1, tf.sin(y) * x), [tf.constant(0), y]
        )
        return i + 1, y * 2.0

    return tf.while_loop(lambda i, y: i < 3, outer, [tf.constant(0), x])[1]


def squares(x):
    return tf.while_loop(
        lambda y: tf.reduce_sum(y) < 1000.0, lambda y: [y * y], [x], maximum_iterations=4
    )[0]


def collected(x):
    array = tf.TensorArray(tf.float32, size=4)
    _, array, _ = tf.while_loop(
        lambda i, a, y: i < 4,
        lambda i, a, y: (i + 1, a.write(i, y), y * x),
        [tf.constant(0), array, x],
    )
    return tf.reduce_sum(array.stack() * tf.reshape(tf.range(8.0), [4, 2]))


CASES = {
    "first order": (gradient(power), [6.75, 12.0]),
    "second order": (gradient(gradient(power)), [9.0, 12.0]),
    "third order": (gradient(gradient(gradient(power))), [6.0, 6.0]),
    "nested loops": (gradient(nested), [-16.046411514282227, 8.352960586547852]),
    "nested loops, second order": (gradient(gradient(nested)), [-451.46487, -316.64612]),
    "maximum_iterations": (gradient(squares), [7006.30224609375, 524288.0]),
    "tensor array": (gradient(collected), [114.0, 297.0]),
}


@pytest.mark.compiles
@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("name", CASES)
def test_gradient_of_a_loop(name, jit):
    function, expected = CASES[name]
    result = tf.function(function, jit_compile=jit)(tf.constant(X))
    np.testing.assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.parametrize("jit", JIT)
def test_gradient_of_a_recurrence_over_an_unstacked_input(jit):
    def run(xs):
        source = tf.TensorArray(tf.float32, size=3).unstack(xs)
        out = tf.TensorArray(tf.float32, size=3)

        def step(i, out, h):
            h = tf.tanh(h + source.read(i))
            return i + 1, out.write(i, h), h

        _, out, _ = tf.while_loop(
            lambda i, out, h: i < 3, step, [tf.constant(0), out, tf.zeros([2])]
        )
        return tf.reduce_sum(out.stack() ** 2)

    xs = tf.constant([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    expected = [
        [1.4406671524047852, 1.4917460680007935],
        [1.2557859420776367, 1.1574651002883911],
        [0.7079591155052185, 0.5516879558563232],
    ]
    result = tf.function(gradient(run), jit_compile=jit)(xs)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.parametrize("jit", JIT)
def test_number_of_steps_from_a_dynamic_shape(jit):
    def run(xs):
        steps = tf.shape(xs)[0]
        source = tf.TensorArray(tf.float32, size=steps).unstack(xs)
        return tf.while_loop(
            lambda i, h: i < steps,
            lambda i, h: (i + 1, tf.tanh(h + source.read(i))),
            [tf.constant(0), tf.zeros([2])],
        )[1]

    function = tf.function(
        gradient(run), input_signature=[tf.TensorSpec([None, 2], tf.float32)], jit_compile=jit
    )
    result = function(tf.constant([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]))
    expected = [
        [0.42470085620880127, 0.23274239897727966],
        [0.4289620518684387, 0.24217689037322998],
        [0.501209020614624, 0.33938145637512207],
    ]
    np.testing.assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.parametrize("jit", JIT)
def test_variables_read_in_a_loop_and_in_a_branch(jit):
    v = tf.Variable([2.0, 3.0])

    def loop(x):
        return tf.while_loop(
            lambda i, y: i < 3, lambda i, y: (i + 1, y * v + x), [tf.constant(0), x]
        )[1]

    def branch(x):
        return tf.cond(x[0] > 1.0, lambda: x * v, lambda: x * x)

    looped = tf.function(gradient(loop, wrt=v), jit_compile=jit)(tf.constant(X))
    assert looped.numpy().tolist() == [25.5, 68.0]
    branched = tf.function(gradient(branch, wrt=v), jit_compile=jit)
    assert branched(tf.constant(X)).numpy().tolist() == X
    assert branched(tf.constant([0.0, 0.0])).numpy().tolist() == [0.0, 0.0]


def test_gradients_of_variables_have_their_static_shape():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    shapes = []

    def loop(step):
        return lambda x: tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, step(y)), (0, x))[1]

    def times(y):
        return tf.matmul(y, v)

    def branch(x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: times(x), lambda: x)

    for program in (loop(times), branch, loop(branch), loop(loop(times)), tf.function(loop(times))):

        @tf.function
        def slope(x, program=program):
            with tf.GradientTape() as tape:
                y = program(x)
            shapes.append(tape.gradient(y, v).shape.as_list())
            return y

        slope(tf.ones([1, 2]))
    assert shapes == [[2, 2]] * 5


@pytest.mark.parametrize("jit", JIT)
def test_tapes_outside_of_the_function(jit):
    function = tf.function(power, jit_compile=jit)
    x = tf.constant(X)
    assert gradient(function)(x).numpy().tolist() == [6.75, 12.0]
    np.testing.assert_allclose(gradient(gradient(function))(x), [9.0, 12.0], rtol=1e-6)


@pytest.mark.parametrize("jit", JIT)
def test_a_loop_is_differentiated_twice_by_a_persistent_tape(jit):
    def both(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = power(x)
            z = y * 2.0
        return tape.gradient(y, x), tape.gradient(z, x)

    one, two = tf.function(both, jit_compile=jit)(tf.constant(X))
    assert one.numpy().tolist() == [6.75, 12.0]
    assert two.numpy().tolist() == [13.5, 24.0]


def test_random_numbers_of_the_forward_loop_are_the_ones_differentiated():
    def noisy(x):
        draws = tf.TensorArray(tf.float32, size=3)

        def step(i, draws, y):
            noise = tf.random.uniform([2])
            return i + 1, draws.write(i, noise), y * noise

        _, draws, y = tf.while_loop(lambda i, d, y: i < 3, step, [tf.constant(0), draws, x])
        return y, tf.reduce_prod(draws.stack(), 0)

    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, product = noisy(x)
        return tape.gradient(y, x), product

    found, product = run(tf.constant(X))
    np.testing.assert_allclose(found, product, rtol=1e-6)


def test_compiling_a_differentiated_loop_of_unknown_length_says_what_to_do():
    def endless(x):
        return tf.while_loop(lambda y: tf.reduce_sum(y) < 1000.0, lambda y: [y * y], [x])[0]

    with pytest.raises(tf.errors.InvalidArgumentError, match="Pass maximum_iterations"):
        tf.function(gradient(endless), jit_compile=True)(tf.constant(X))
    assert tf.function(gradient(endless))(tf.constant(X)).numpy().shape == (2,)


@pytest.mark.parametrize("jit", JIT)
def test_an_input_that_one_branch_ignores_has_no_gradient_there(jit):
    def choose(x):
        return tf.cond(x[0] > 1.0, lambda: x * 3.0, lambda: tf.constant([1.0, 1.0]))

    function = tf.function(gradient(choose), jit_compile=jit)
    assert function(tf.constant(X)).numpy().tolist() == [3.0, 3.0]
    assert function(tf.constant([0.0, 1.0])).numpy().tolist() == [0.0, 0.0]


def _forward_lists(graph):
    """How many lists the first loop of a graph returns."""
    loop = next(n for n in graph.nodes if n.type.endswith("While"))
    return sum(n.type == "TensorListPushBack" for n in loop.attrs["body"].graph.nodes)


@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("change", ["nothing", "between", "inside"])
def test_what_no_iteration_changes_is_not_kept_of_each(change, jit):
    w, other = tf.Variable([[2.0, 0.5], [1.0, 3.0]]), tf.Variable(1.0)

    def f(x):
        def body(i, y):
            scaled = y @ tf.cast(tf.cast(w, tf.float64), tf.float32)
            if change == "inside":
                w.assign(w * 2.0)
            other.assign_add(1.0)
            return i + 1, scaled

        with tf.GradientTape() as tape:
            tape.watch(x)
            _, y = tf.while_loop(lambda i, y: i < 2, body, [0, x])
        if change == "between":
            w.assign(tf.zeros([2, 2]))
        return tape.gradient(y, [x, w] if change == "nothing" else [x])

    x = tf.constant([[1.0, -1.0]])
    traced = tf.function(f, jit_compile=jit)
    found = traced(x)
    square = np.array([[2.0, 0.5], [1.0, 3.0]])
    square = square @ square * (2.0 if change == "inside" else 1.0)
    np.testing.assert_allclose(found[0], np.ones([1, 2]) @ square.T, rtol=1e-6)
    if change == "nothing":
        np.testing.assert_allclose(found[1], [[3.5, 5.0], [-5.0, -6.5]], rtol=1e-6)
    graph = traced.get_concrete_function(x).graph
    assert _forward_lists(graph) == {"nothing": 1, "inside": 1}.get(change, 0)


@pytest.mark.parametrize("jit", JIT)
def test_second_derivatives_by_a_variable_that_a_loop_reads(jit):
    w = tf.Variable(1.5)

    @tf.function(jit_compile=jit)
    def f(x):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.sin(w)), [0, x])
            slope = inner.gradient(y[1], w)
        return slope, outer.gradient(slope, w)

    s, c = np.sin(1.5), np.cos(1.5)
    first, second = f(tf.constant(2.0))
    np.testing.assert_allclose(first, 6.0 * s * s * c, rtol=1e-5)
    np.testing.assert_allclose(second, 12.0 * s * c * c - 6.0 * s**3, rtol=1e-5)


@pytest.mark.parametrize("jit", JIT)
def test_a_loop_that_never_runs_has_the_gradient_of_what_entered(jit):
    w = tf.Variable([[2.0]])

    @tf.function(jit_compile=jit)
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.while_loop(lambda i, y: i < 0, lambda i, y: (i + 1, y @ w), [0, x])[1]
        return tape.gradient(y, [x, w])

    assert [g.numpy().tolist() for g in f(tf.constant([[3.0]]))] == [[[1.0]], [[0.0]]]


COUNTED = {
    "two conditions": (lambda i, j: tf.logical_and(i < 5, j > 7), lambda i, j: (i + 1, j - 1), 3),
    "down, with a step": (lambda i, j: j >= 4, lambda i, j: (i + 2, j - 3), 3),
    "never": (lambda i, j: j < 10, lambda i, j: (i + 1, j - 1), 0),
    "not at even steps": (lambda i, j: i < j, lambda i, j: (i + j % 3, j - 1), 6),
}


@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("name", COUNTED)
def test_a_loop_that_counts_gives_its_counters_and_a_gradient(name, jit):
    cond, step, trips = COUNTED[name]

    @tf.function(jit_compile=jit)
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            i, j, y = tf.while_loop(
                lambda i, j, y: cond(i, j),
                lambda i, j, y: (*step(i, j), tf.sin(y)),
                [tf.constant(0), tf.constant(10, tf.int32), x],
                maximum_iterations=20,
            )
        return i, j, y, tape.gradient(y, x)

    i, j, y, slope, times = 0, 10, 0.7, 1.0, 0
    while bool(cond(i, j)):
        (i, j), slope, y, times = step(i, j), slope * np.cos(y), np.sin(y), times + 1
    assert times == trips
    found = f(tf.constant(0.7))
    assert [int(found[0]), int(found[1])] == [i, j]
    np.testing.assert_allclose([found[2], found[3]], [y, slope], rtol=1e-5)
