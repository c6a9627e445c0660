"""tf.py_function and tf.numpy_function: values, gradients, errors."""

import gc

import numpy as np
import pytest

import tidefall as tf

MODES = [pytest.param(lambda f: f, id="eager"), pytest.param(tf.function, id="graph")]


@pytest.mark.parametrize("mode", MODES)
def test_py_function_gets_eager_tensors(mode):
    def python(x, text):
        assert tf.executing_eagerly()
        return x.numpy() * 2, text.numpy().decode() + "!"

    @mode
    def call(x):
        return tf.py_function(python, [x, "a"], [tf.float32, tf.string])

    doubled, text = call(tf.constant(3.0))
    assert float(doubled) == 6
    assert text.numpy() == b"a!"


@pytest.mark.parametrize("mode", MODES)
def test_numpy_function_gets_arrays(mode):
    @mode
    def call(x):
        return tf.numpy_function(lambda a: np.sort(a)[::-1], [x], tf.float32)

    assert call(tf.constant([1.0, 3.0, 2.0])).numpy().tolist() == [3, 2, 1]


def test_nodes_are_tensorflows():
    @tf.function
    def call(x):
        nodes = [
            tf.py_function(lambda v: v, [x], tf.float32, name="pf").op,
            tf.numpy_function(lambda v: v, [x], tf.float32).op,
            tf.numpy_function(lambda v: v, [x], tf.float32, stateful=False).op,
            tf.py_function(lambda: None, [], []),
        ]
        kinds.extend(
            (node.type, node.outputs[0].shape.rank if node.outputs else 0) for node in nodes
        )

    kinds = []
    call(tf.constant(1.0))
    assert kinds == [
        ("EagerPyFunc", None),
        ("PyFunc", None),
        ("PyFuncStateless", None),
        ("EagerPyFunc", 0),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_gradients_flow_through_py_function(mode):
    calls = []

    def python(x, y):
        calls.append(1)
        return x * x * y, y

    @mode
    def gradients(x, y):
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            a, b = tf.py_function(python, [x, y], [tf.float32, tf.float32])
            loss = 2 * a + b
        return tape.gradient(loss, [x, y])

    dx, dy = gradients(tf.constant(3.0), tf.constant(5.0))
    assert (float(dx), float(dy)) == (60.0, 19.0)
    assert len(calls) == 1


def test_a_tape_around_a_function():
    square = tf.function(lambda v: tf.py_function(lambda x: x * x, [v], tf.float32))
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = square(x) + square(2 * x)
    assert float(tape.gradient(y, x)) == 30.0


def test_no_gradient_through_numpy_function():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.numpy_function(lambda v: v * v, [x], tf.float32)
    assert tape.gradient(y, x) is None


def _raises(error):
    def python():
        raise error

    return python


ERRORS = [
    (ZeroDivisionError("z"), tf.errors.UnknownError),
    (TypeError("t"), tf.errors.InvalidArgumentError),
    (ValueError("v"), tf.errors.InvalidArgumentError),
    (StopIteration("s"), tf.errors.OutOfRangeError),
    (NotImplementedError("n"), tf.errors.UnimplementedError),
    (MemoryError("m"), tf.errors.ResourceExhaustedError),
    (tf.errors.NotFoundError(None, None, "f"), tf.errors.NotFoundError),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("error, expected", ERRORS, ids=lambda e: getattr(e, "__name__", ""))
def test_errors_are_tensorflows(error, expected, mode):
    call = mode(lambda: tf.py_function(_raises(error), [], tf.int32))
    with pytest.raises(expected) as caught:
        call()
    if not isinstance(error, tf.errors.OpError):
        assert f"{type(error).__name__}: {error}" in caught.value.message


def test_wrong_results():
    invalid = tf.errors.InvalidArgumentError
    with pytest.raises(invalid, match="returns 0 values, but expects to see 1"):
        tf.py_function(lambda: None, [], tf.int32)
    with pytest.raises(invalid, match=r"Cannot convert 1.5"):
        tf.py_function(lambda: 1.5, [], tf.int32)
    with pytest.raises(invalid, match="is float64, but expects int32"):
        tf.function(lambda: tf.numpy_function(lambda: np.float64(1), [], tf.int32))()


def test_the_python_function_lives_as_long_as_its_graph():
    call = tf.function(lambda: tf.numpy_function(lambda: np.int64(7), [], tf.int64))
    assert int(call()) == 7
    gc.collect()
    assert int(call()) == 7


def test_a_token_of_another_process_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="callback other is not found"):
        tf.raw_ops.PyFunc(input=[1], token="other", Tout=[tf.int32])
