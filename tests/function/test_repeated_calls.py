"""Calls with tensors like those of an earlier call take a short way, which changes nothing."""

import threading

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.function import trace_cache
from tidefall.runtime.xla.transfer_cache import REPEATED_LIMIT

JIT = pytest.mark.parametrize("jit", [False, True])


def _warm(function, *args):
    for _ in range(3):
        result = function(*args)
    return result


@JIT
def test_other_shapes_dtypes_and_kinds_of_arguments_still_count(jit):
    double = tf.function(lambda x: x + x, jit_compile=jit)
    _warm(double, tf.constant([1.0, 2.0]))
    assert double(tf.constant([1, 2])).dtype == tf.int32
    assert double(tf.constant([1.0, 2.0, 3.0])).shape == [3]
    assert double(np.float64(2.0)).dtype == tf.float64
    assert double(tf.Variable([4.0, 5.0])).numpy().tolist() == [8.0, 10.0]
    assert double(x=tf.constant([1.0, 2.0])).numpy().tolist() == [2.0, 4.0]


def test_defaults_that_change_are_looked_at():
    options = ["a"]

    @tf.function
    def f(x, choice=options):
        return x if choice == ["a"] else -x

    assert _warm(f, tf.constant(1.0)).numpy() == 1.0
    options[0] = "b"
    assert f(tf.constant(1.0)).numpy() == -1.0


@JIT
def test_input_signatures_hold(jit):
    f = tf.function(lambda x: x + 1.0, input_signature=[tf.TensorSpec([None])], jit_compile=jit)
    _warm(f, tf.constant([1.0, 2.0]))
    assert f(tf.constant([1.0, 2.0, 3.0])).shape == [3]
    for wrong in (tf.constant([[1.0]]), tf.constant([1])):
        with pytest.raises(TypeError, match="Can not cast"):
            f(wrong)


@JIT
def test_a_tape_sees_a_call_that_was_made_without_one_before(jit):
    v = tf.Variable(3.0)
    f = tf.function(lambda x: x * v * v, jit_compile=jit)
    x = tf.constant(2.0)
    _warm(f, x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert [g.numpy() for g in tape.gradient(y, [x, v])] == [9.0, 12.0]


@JIT
def test_devices_checks_and_eager_mode_are_noticed(jit):
    ran = []

    @tf.function(jit_compile=jit)
    def f(x):
        ran.append(tf.executing_eagerly())
        return tf.math.log(x)

    x = tf.constant(0.0)
    assert np.isneginf(_warm(f, x).numpy()) and not any(ran)
    with tf.device("cpu:0"):
        assert f(x).device.endswith("CPU:0")
    with config.override(functions_run_eagerly=True):
        f(x)
        assert ran[-1]
    with (
        config.override(check_numerics=True),
        pytest.raises(tf.errors.InvalidArgumentError, match="Inf"),
    ):
        f(x)


@JIT
def test_inside_another_function_the_call_becomes_a_node(jit):
    inner = tf.function(lambda x: x + 1.0, jit_compile=jit)
    _warm(inner, tf.constant(1.0))
    outer = tf.function(lambda x: inner(x) + inner(tf.constant(1.0)))
    assert outer(tf.constant(2.0)).numpy() == 5.0


@JIT
def test_captures_have_the_values_of_the_call(jit):
    v, big = tf.Variable([1.0, 2.0]), tf.constant(np.arange(500.0))
    f = tf.function(lambda x: (x + v, tf.reduce_sum(big)), jit_compile=jit)
    x = tf.constant([1.0, 1.0])
    _warm(f, x)
    v.assign([5.0, 6.0])
    assert f(x)[0].numpy().tolist() == [6.0, 7.0]
    concrete = f.get_concrete_function(x)
    captures = [tf.constant(np.ones(500)) if c is big else c for c in concrete.captured_inputs]
    concrete.set_external_captures(captures)
    assert f(x)[1].numpy() == 500.0
    value = {"now": np.zeros(500)}
    concrete.replace_capture_with_deferred_capture(
        next(c for c in captures if c.shape == [500]),
        lambda: tf.constant(value["now"]),
        tf.TensorSpec([500], tf.float64),
    )
    for number in (2.0, 3.0):
        value["now"] = np.full(500, number)
        assert f(x)[1].numpy() == 500 * number


@JIT
def test_results_keep_their_structure_and_dtypes(jit):
    f = tf.function(lambda x: {"a": (x, None), "b": [tf.cast(x, tf.int64), 3]}, jit_compile=jit)
    x = tf.constant([1.0, 2.0], tf.float64)
    result = _warm(f, x)
    assert result["a"][0].dtype == tf.float64 and result["a"][1] is None
    assert result["b"][0].dtype == tf.int64 and result["b"][1] == 3
    assert tf.function(lambda x: None, jit_compile=jit)(x) is None
    quantized = tf.function(lambda x: tf.bitcast(x, tf.quint8))
    byte = tf.constant([7], tf.uint8)
    assert _warm(quantized, byte).dtype == tf.quint8


def test_traces_that_go_are_not_called_any_more(monkeypatch):
    monkeypatch.setattr(trace_cache, "TRACE_LIMIT", 2)
    monkeypatch.setattr(trace_cache, "KEY_LIMIT", 4)
    f = tf.function(lambda x: x + x)
    tensors = [tf.constant(1, d) for d in ("int32", "int64", "float32", "float64", "uint8")]
    for _ in range(2):
        for x in tensors:
            assert _warm(f, x).dtype == x.dtype
    traces = f._tracer.traces
    assert len(traces.traces) == 2 and len(traces.direct) <= 4
    kept = {id(t.function) for t in traces.traces}
    assert kept.issuperset(id(g) for g in (*traces.direct.values(), *traces.exact.values()))


SIZES = pytest.mark.parametrize("size", [0, 1, 3, REPEATED_LIMIT // 8 + 1])


@SIZES
@pytest.mark.parametrize("dtype", ["float64", "int64", "bool"])
def test_arguments_that_come_again(size, dtype):
    f = tf.function(lambda x, y: (tf.identity(x), tf.cast(y, tf.float64) * 2), jit_compile=True)
    one, two = (tf.constant(np.arange(size) % (k + 2), dtype) for k in range(2))
    for x, y in [(one, two), (one, two), (one, two), (two, two), (one, one), (one, one)]:
        kept, doubled = f(x, y)
        assert kept.dtype == dtype
        np.testing.assert_array_equal(kept.numpy(), x.numpy())
        np.testing.assert_array_equal(doubled.numpy(), 2.0 * y.numpy())


def test_an_argument_that_a_variable_takes_over_stays_as_it_was():
    v = tf.Variable(tf.zeros([4]))
    x = tf.constant([1.0, 2.0, 3.0, 4.0])

    @tf.function(jit_compile=True)
    def store(x):
        v.assign(x)
        return x

    double = tf.function(lambda: v.assign_add(v), jit_compile=True)
    for _ in range(4):
        kept = store(x)
        double()
        assert v.numpy().tolist() == [2.0, 4.0, 6.0, 8.0]
        assert kept.numpy().tolist() == x.numpy().tolist() == [1.0, 2.0, 3.0, 4.0]


def test_readers_and_writers_of_a_variable_in_several_threads():
    v = tf.Variable(tf.zeros([64]))
    read = tf.function(lambda x: v + x, jit_compile=True)
    write = tf.function(lambda: v.assign_add(tf.ones([64])), jit_compile=True)
    x = tf.constant(0.5)
    _warm(read, x), _warm(write)
    wrong = []

    def reading():
        for _ in range(200):
            seen = read(x).numpy()
            if len(set(seen.tolist())) != 1 or seen[0] % 1 != 0.5:
                wrong.append(seen)

    threads = [threading.Thread(target=reading) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        write()
    for thread in threads:
        thread.join()
    assert not wrong and v.numpy()[0] == 203.0
