"""How often functions are traced, and what is said about it."""

import gc
import logging
import weakref

import numpy as np
import pytest

import tidefall as tf
from tidefall.composite.weak_number import ValueNeededError, WeakNumber
from tidefall.function import trace_cache


def traces(function):
    return function.experimental_get_tracing_count()


BODIES = {
    "times": lambda x, n: x * n,
    "reflected": lambda x, n: n - x,
    "arithmetic": lambda x, n: x * (2 * n + 1) / (n + 1) - n // 2 % 3 + (-n) ** 2 + abs(n - 4),
    "float division": lambda x, n: x * (n / 4),
    "with a float": lambda x, n: x * (n * 0.5),
    "cast": lambda x, n: tf.cast(n, tf.float32) + x,
    "slice": lambda x, n: x[:n],
    "index": lambda x, n: x[n],
    "shape": lambda x, n: tf.zeros([n, 2]),
    "range": lambda x, n: tf.range(n),
    "returned": lambda x, n: n,
    "compared": lambda x, n: tf.where(n > 3, x, -x),
    "in a list": lambda x, n: tf.stack([n, 1, n * n]),
    "as an axis argument": lambda x, n: tf.roll(x, n, 0),
}


@pytest.mark.parametrize("jit", [False, True], ids=["host", "xla"])
@pytest.mark.parametrize("name", BODIES)
def test_numbers_that_change_take_three_traces(name, jit):
    body = BODIES[name]
    function = tf.function(body, jit_compile=jit, autograph=False)
    x = tf.constant([1.0, -2.0, 3.0, 0.5, 5.0, 6.0, 7.0, 8.0])
    for n in (1, 2, 3, 4, 7, 5):
        expected = tf.convert_to_tensor(body(x, n))
        result = function(x, n)
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-6)
    assert traces(function) == 3


def test_floats_that_change_take_three_traces():
    function = tf.function(lambda x, rate: x * rate + rate)
    for rate in (0.5, 0.25, 0.125, 1e-3, 3.0):
        assert function(tf.constant(2.0), rate).numpy() == np.float32(2 * rate + rate)
    assert traces(function) == 3


def test_only_the_numbers_that_change_are_left_open():
    function = tf.function(lambda x, n, size: tf.zeros([size]) + x * n)
    for n in range(6):
        assert function(1.0, n, 3).shape == (3,)
    assert traces(function) == 3
    assert function.get_concrete_function(1.0, 0, 3).structured_outputs.shape == [3]


def test_numbers_in_structures_and_keywords():
    def body(pair, *, options):
        return pair[0] * pair[1] + options["b"] * 10 + options["a"]

    function = tf.function(body)
    for n in range(6):
        x = tf.constant(float(n))
        result = function((x, n), options={"b": n + 1, "a": n + 2})
        assert result.numpy() == n * n + (n + 1) * 10 + n + 2
    assert traces(function) == 3


NEEDS_THE_VALUE = {
    "repeats": lambda n: tf.concat([tf.ones([1])] * n, 0),
    "range": lambda n: tf.add_n([tf.ones([]) for _ in range(n)]),
    "text": lambda n: tf.constant(f"{n}"),
    "key": lambda n: tf.constant({1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}[n]),
    "numpy": lambda n: tf.constant(np.sqrt(n)),
    "int": lambda n: tf.constant(int(n) * 2),
    "round": lambda n: tf.constant(round(n)),
    "power": lambda n: tf.constant(2.0) ** (2**n),
    "if": lambda n: tf.constant(1.0) if n > 2 else tf.constant(2.0),
    "and": lambda n: tf.constant(float(n > 1 and 5)),
    "dtype": lambda n: tf.constant(n, tf.float32) + tf.constant(n),
}


@pytest.mark.parametrize("name", [n for n in NEEDS_THE_VALUE if n != "dtype"])
def test_a_program_that_needs_the_number_is_traced_for_each(name):
    body = NEEDS_THE_VALUE[name]
    function = tf.function(body, autograph=False)
    for n in (1, 2, 3, 4):
        expected = tf.convert_to_tensor(body(n))
        assert function(n).numpy() == pytest.approx(expected.numpy())
    assert traces(function) == 4


def test_branches_over_python_numbers_are_decided_while_tracing():
    seen = []

    @tf.function
    def step(x, n):
        if n % 2 == 0:
            seen.append(("even", n))
            x = x * 2.0
        else:
            seen.append(("odd", n))
        return x

    for n in range(5):
        assert step(tf.constant(1.0), n).numpy() == (2.0 if n % 2 == 0 else 1.0)
    assert seen == [("even", 0), ("odd", 1), ("even", 2), ("odd", 3), ("even", 4)]


def test_the_errors_of_the_program_are_those_of_its_exact_trace():
    function = tf.function(NEEDS_THE_VALUE["dtype"], autograph=False)
    for n in (1, 2, 3, 4):
        with pytest.raises((tf.errors.InvalidArgumentError, TypeError)):
            function(n)


def test_large_ints_keep_their_value():
    function = tf.function(lambda n: tf.constant(0, tf.int64) + n)
    for n in (1, 2, 3, 2**40, -(2**62)):
        assert function(n).numpy() == n
    assert traces(function) == 3


def test_fifty_batch_sizes_take_two_traces():
    function = tf.function(lambda x: tf.reduce_sum(x, 1))
    for size in range(1, 51):
        assert function(tf.ones([size, 3])).shape == (size,)
    assert traces(function) == 2


def test_a_program_that_needs_shapes_is_tried_only_once_without():
    calls = []

    def body(x):
        calls.append(x.shape)
        return tf.ones([x.shape[0] * 2])

    function = tf.function(body, autograph=False)
    for size in (1, 2, 3, 4):
        assert function(tf.ones([size])).shape == (2 * size,)
    assert len(calls) == 5


def test_a_gradient_goes_through_a_trace_with_numbers_left_open():
    function = tf.function(lambda x, n: x * n)
    x = tf.Variable(3.0)
    for n in range(5):
        with tf.GradientTape() as tape:
            y = function(x, n)
        assert tape.gradient(y, x).numpy() == n


def test_an_xla_shape_may_depend_on_a_tensor():
    @tf.function(jit_compile=True)
    def padded(x, size):
        return tf.concat([x, tf.zeros([size - tf.size(x)])], 0)

    for size in (3, 5, 4):
        assert padded(tf.ones([2]), tf.constant(size)).numpy().sum() == 2
        assert padded(tf.ones([2]), tf.constant(size)).shape == (size,)


def test_an_xla_shape_may_not_depend_on_computed_values():
    @tf.function(jit_compile=True)
    def computed(x):
        return tf.zeros([tf.cast(tf.reduce_sum(x), tf.int32)])

    with pytest.raises(tf.errors.InvalidArgumentError, match="compile-time constant"):
        computed(tf.ones([2]))
    assert computed.experimental_get_tracing_count() == 1


def test_explain_names_the_argument():
    function = tf.function(lambda x, n=1, *, mode="a", layers=(1.0, 2.0): x * n)
    assert "has not been called" in function.explain(tf.ones([2]))
    function(tf.ones([2]))
    assert "would not be traced" in function.explain(tf.ones([2]))
    table = [
        (((tf.ones([2, 3]),), {}), "'x' is float32 tensor of shape (2, 3); it was float32 tensor"),
        (((tf.ones([2], tf.int32),), {}), "'x' is int32 tensor"),
        (((tf.ones([2]), 2), {}), "'n' is Python int 2; it was Python int 1"),
        (((tf.ones([2]),), {"mode": "b"}), "'mode' is Python str 'b'"),
        (((tf.ones([2]),), {"layers": (1.0, 3.0)}), "'layers[1]' is Python float 3.0"),
        (((tf.ones([2]),), {"layers": (1.0,)}), "'layers' is tuple of length 1"),
    ]
    for (args, kwargs), text in table:
        assert text in function.explain(*args, **kwargs)
    assert traces(function) == 1


def test_frequent_tracing_is_logged_with_the_reason(caplog):
    function = tf.function(lambda x, mode: x)
    with caplog.at_level(logging.WARNING, "tidefall.function"):
        for i in range(12):
            function(tf.ones([1]), f"mode {i}")
    assert len(caplog.records) == 2
    message = caplog.records[0].getMessage()
    assert "traced 5 times" in message
    assert "'mode' is Python str 'mode 4'" in message


def test_traces_for_objects_that_are_gone_go_too():
    class Model:
        def __init__(self):
            self.v = tf.Variable(np.zeros(1000, np.float32))

    @tf.function
    def call(model, x):
        return model.v + x

    gone = []
    for _ in range(5):
        model = Model()
        gone.append(weakref.ref(model.v))
        call(model, 1.0)
        del model
    gc.collect()
    assert len(call._tracer.traces.traces) == 1
    assert sum(ref() is not None for ref in gone) <= 1


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(trace_cache, "TRACE_LIMIT", 4)
    monkeypatch.setattr(trace_cache, "KEY_LIMIT", 6)
    function = tf.function(lambda mode: tf.constant(mode))
    for i in range(20):
        assert function(f"{i}").numpy() == f"{i}".encode()
        assert len(function._tracer.traces.traces) <= 4
        assert len(function._tracer.traces.exact) <= 6
    assert function("0").numpy() == b"0"
    assert traces(function) == 21


def test_a_number_whose_value_is_needed_says_so():
    with tf.Graph().as_default():
        number = WeakNumber(int, tf.constant(3, tf.int64))
        for use in (int, float, bool, hash, str, "{}".format, range, iter, np.asarray, round):
            with pytest.raises(ValueNeededError):
                use(number)
        assert repr(number) == "<traced int>"
