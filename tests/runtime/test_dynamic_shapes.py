"""Functions that are called with many shapes: neither a storm of compilations nor a memory leak."""

import logging

import numpy as np

import tidefall as tf
from tidefall.runtime.policy import tiers
from tidefall.runtime.policy.tier_policy import TierPolicy
from tidefall.runtime.xla import executable, program_log

SIZES = range(1, 51)


def double(x):
    return tf.reduce_sum(x * 2.0)


def call_with(function, sizes):
    for size in sizes:
        assert function(tf.ones([size, 3])).numpy() == 6.0 * size


def warnings_in(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


def plan_of(function):
    (*_, newest) = function._list_all_concrete_functions()
    return newest.graph_function.executable()


def test_many_batch_sizes_under_jit_compile_are_warned_of_once(caplog):
    function = tf.function(double, jit_compile=True)
    call_with(function, SIZES)
    assert function.experimental_get_tracing_count() == 2
    (warning,) = warnings_in(caplog)
    assert "x: (2, 3), (3, 3), (4, 3)" in warning
    assert "Pad them to a few sizes" in warning


def test_values_needed_while_compiling_are_named(caplog):
    function = tf.function(lambda x, n: tf.reshape(x, [n, -1]), jit_compile=True)
    x = tf.range(5040.0)
    for rows in (r for r in range(1, 100) if 5040 % r == 0):
        assert function(x, tf.constant(rows)).shape == [rows, 5040 // rows]
    (warning,) = warnings_in(caplog)
    assert "n: 1, 2, 3, 4" in warning
    assert "x:" not in warning


def test_a_few_shapes_are_not_warned_of(caplog):
    call_with(tf.function(double, jit_compile=True), [*range(1, 9)] * 3)
    assert not warnings_in(caplog)


def test_the_programs_of_a_function_are_bounded(monkeypatch):
    import jax

    monkeypatch.setattr(program_log, "PROGRAM_LIMIT", 6)
    client = jax.devices()[0].client
    function = tf.function(double, jit_compile=True)
    call_with(function, [1])
    before = len(client.live_executables())
    most = 0
    for size in range(2, 30):
        call_with(function, [size])
        most = max(most, len(client.live_executables()) - before)
    assert most <= 6 + 1
    call_with(function, range(1, 10))


def test_sizes_that_come_once_stay_on_the_host(caplog):
    function = tf.function(double)
    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        call_with(function, SIZES)
    assert not caplog.records
    assert function.experimental_get_tracing_count() == 2


def test_a_size_that_comes_often_is_compiled_among_others(monkeypatch, caplog):
    function = tf.function(double)
    call_with(function, SIZES)
    plan = plan_of(function)
    (often,) = [signature for signature in plan._seconds if signature[0] == (7, 3)]
    plan._seconds[often] = tiers.policy.compile_seconds + 1.0
    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        call_with(function, SIZES)
    moved = [r.getMessage() for r in caplog.records if "moves to XLA" in r.getMessage()]
    assert len(moved) == 1
    assert "(7, 3)" in moved[0]


def test_a_long_compilation_makes_the_next_one_dearer(monkeypatch):
    compiled = []

    class Slow(executable.XlaExecutable):
        def run(self, arguments, state=None):
            compiled.append(arguments[0].shape)
            result = super().run(arguments, state)
            self.seconds = 1000.0
            return result

    monkeypatch.setattr(executable, "XlaExecutable", Slow)
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=0.0))
    function = tf.function(double, input_signature=[tf.TensorSpec([None, 3])])
    call_with(function, [1, 1, 2, 3, 2, 3, 2, 3])
    assert compiled == [(1, 3)]


def test_the_compiled_signatures_of_a_tiered_function_are_bounded(monkeypatch, tier):
    monkeypatch.setattr(tiers, "SIGNATURE_LIMIT", 4)
    tier("xla")
    function = tf.function(double, input_signature=[tf.TensorSpec([None, 3])])
    for size in range(1, 12):
        call_with(function, [size])
        assert len(plan_of(function)._compiled) <= 4
    call_with(function, range(1, 4))


def test_the_times_kept_for_signatures_are_bounded(monkeypatch):
    monkeypatch.setattr(tiers, "MAX_TIMED", 10)
    function = tf.function(double, input_signature=[tf.TensorSpec([None, 3])])
    call_with(function, SIZES)
    assert 0 < len(plan_of(function)._seconds) <= 10


def test_shapes_that_compiled_code_cannot_know_stay_on_the_host(tier):
    tier("xla")
    function = tf.function(lambda x: tf.boolean_mask(x, x > 1.0))
    for size in (3, 4, 5):
        x = np.arange(size, dtype=np.float32)
        np.testing.assert_array_equal(function(tf.constant(x)).numpy(), x[x > 1])


def test_the_body_of_a_loop_on_the_host_is_not_compiled_for_each_length_of_a_list(
    monkeypatch, caplog
):
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=0.0))
    caplog.set_level(logging.INFO, logger="tidefall.runtime")
    text = tf.constant("12")

    @tf.function
    def slope(x):
        # Strings keep the function on the host, so that the loops choose for themselves.
        steps = tf.strings.to_number(text, tf.int32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in tf.range(steps):
                y = y * x
        return tape.gradient(y, x)

    for _ in range(4):
        np.testing.assert_allclose(slope(tf.constant([1.1])), [13 * 1.1**12], rtol=1e-5)
    compiled = [r.getMessage() for r in caplog.records if " compiled for " in r.getMessage()]
    assert not [text for text in compiled if "while_body" in text], compiled
