"""Where functions run: the host, XLA, and the move from one to the other."""

import logging
import os
import subprocess
import sys

import numpy as np
import pytest

import tidefall as tf
from tidefall.runtime.backend import Aval
from tidefall.runtime.policy import tiers
from tidefall.runtime.policy.tier_policy import TierPolicy
from tidefall.runtime.program import analyse


def program(v):
    def body(x):
        v.assign_add(tf.reduce_sum(x))
        return tf.nn.softmax(x) * v, tf.shape(x)

    return body


@pytest.mark.parametrize("name", ["host", "xla", "auto"])
def test_tiers_agree(name, tier):
    tier(name)
    assert tf.config.experimental.get_execution_tier() == name
    v = tf.Variable(1.0)
    function = tf.function(program(v))
    for size in (2, 3, 2):
        x = tf.range(float(size))
        before = v.numpy()
        probabilities, shape = function(x)
        assert v.numpy() == before + x.numpy().sum()
        expected = np.exp(x.numpy()) / np.exp(x.numpy()).sum() * v.numpy()
        np.testing.assert_allclose(probabilities.numpy(), expected, rtol=1e-6)
        assert shape.numpy().tolist() == [size]


def test_an_unknown_tier_is_refused():
    with pytest.raises(ValueError, match="'fast'"):
        tf.config.experimental.set_execution_tier("fast")


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


def test_a_function_moves_to_xla_when_that_pays(monkeypatch, caplog):
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=0.0))
    function = tf.function(lambda x: tf.matmul(x, x))
    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        results = [function(tf.eye(3) * 2.0).numpy() for _ in range(3)]
    for result in results:
        np.testing.assert_array_equal(result, np.eye(3) * 4)
    moved, compiled = messages(caplog)
    assert "moves to XLA for inputs of shapes [(3, 3)]" in moved
    assert "tracing and compiling took" in compiled


def test_an_op_without_a_lowering_keeps_a_function_on_the_host(monkeypatch, caplog):
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=0.0))
    function = tf.function(lambda x: tf.strings.format("{}", x))
    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        for _ in range(3):
            assert function(tf.constant(1)).numpy() == b"1"
    assert len(messages(caplog)) == 1
    assert "XLA has no StringFormat" in messages(caplog)[0]


def test_a_value_needed_while_compiling_keeps_a_function_on_the_host(monkeypatch, caplog):
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=0.0))
    function = tf.function(lambda x: tf.zeros([tf.reduce_sum(x)]))
    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        for n in (1, 2, 3):
            assert function(tf.constant([n, n])).shape == (2 * n,)
    assert "stays on the host" in messages(caplog)[-1]
    assert "compile-time constant" in messages(caplog)[-1]


def test_jit_compile_lists_every_op_that_it_cannot_compile():
    @tf.function(jit_compile=True)
    def texts(x):
        a = tf.strings.format("{}", x)
        return a, tf.io.serialize_tensor(x)

    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        texts(tf.constant(1))
    for text in ("StringFormat", "SerializeTensor", "test_executors.py"):
        assert text in str(raised.value)


def test_compiled_code_never_writes_to_a_numpy_array():
    array = np.ones(64, np.float32)
    v = tf.Variable(array)
    step = tf.function(lambda: v.assign_add(tf.ones([64])), jit_compile=True)
    first = v.value()
    for _ in range(3):
        step()
    np.testing.assert_array_equal(array, np.ones(64))
    np.testing.assert_array_equal(first.numpy(), np.ones(64))
    np.testing.assert_array_equal(v.numpy(), np.full(64, 4.0))


def test_a_value_read_before_an_update_keeps_its_value():
    v = tf.Variable(tf.ones([64]))
    step = tf.function(lambda: v.assign(v * 2.0), jit_compile=True)
    seen = []
    for _ in range(4):
        step()
        seen.append(v.read_value())
    assert [int(x.numpy()[0]) for x in seen] == [2, 4, 8, 16]


@pytest.mark.parametrize("jit", [False, True], ids=["host", "xla"])
def test_an_error_while_running_leaves_the_function_usable(jit):
    v = tf.Variable(1.0)

    @tf.function(jit_compile=jit)
    def product(x, y):
        v.assign_add(1.0)
        return tf.matmul(x, y)

    unknown = product.get_concrete_function(tf.TensorSpec(None), tf.TensorSpec(None))
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        unknown(tf.ones([2, 3]), tf.ones([2, 3]))
    assert "MatMul" in str(raised.value)
    assert "test_executors.py" in str(raised.value)
    assert unknown(tf.ones([2, 3]), tf.ones([3, 1])).numpy().tolist() == [[3.0], [3.0]]


CACHED = """
import sys, jax
from jax._src import monitoring
events = []
monitoring.register_event_listener(lambda event, **_: events.append(event))
import tidefall as tf
f = tf.function(lambda x: tf.matmul(x, x) + 1.0, jit_compile=True)
f(tf.ones([3, 3]))
print(sum("cache_misses" in e for e in events), sum("cache_hits" in e for e in events))
"""


@pytest.mark.process
def test_a_second_process_compiles_nothing(tmp_path):
    environment = {**os.environ, "TIDEFALL_CACHE": str(tmp_path)}
    counts = [
        subprocess.run(
            [sys.executable, "-c", CACHED], env=environment, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert counts == [["1", "0"], ["0", "1"]]


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_stays_off_the_threads_of_its_parent(run_python):
    source = """
import os, signal, warnings
warnings.simplefilter("ignore")
import tidefall as tf
twice = tf.function(lambda x: x * 2.0, jit_compile=True)
twice(tf.ones([8]))
child = os.fork()
if not child:
    signal.alarm(60)
    print(tf.config.experimental.get_execution_tier(), flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
print(status, tf.config.experimental.get_execution_tier())
"""
    assert run_python(source).split() == ["host", "0", "auto"]


@pytest.mark.parametrize("effects", [False, True], ids=["pure", "effects"])
def test_what_is_compiled_for_avals_is_not_compiled_in_a_call(monkeypatch, effects):
    from tidefall.runtime.xla import executable as xla

    walks = []
    walk = xla.Lowering.run
    monkeypatch.setattr(xla.Lowering, "run", lambda self: walks.append(1) or walk(self))
    variable = tf.Variable([1.0, 2.0])

    def function(x):
        if effects:
            variable.assign_add(x)
        return x * variable + (tf.random.uniform([2]) if effects else 0.0)

    concrete = tf.function(function).get_concrete_function(tf.TensorSpec([None]))
    avals = [Aval((2,), np.dtype(np.float32))] * 2
    executable = xla.XlaBackend().compile(analyse(concrete.graph), avals)
    assert len(walks) == 1
    arguments = [np.ones(2, np.float32), *(t.storage for t in concrete.captured_inputs)]
    for _ in range(2):
        executable.run(arguments, concrete.graph_function.state)
    assert len(walks) == 1
    assert variable.numpy().tolist() == ([3.0, 4.0] if effects else [1.0, 2.0])


def test_a_missing_lowering_is_found_when_a_program_is_compiled():
    from tidefall.runtime.xla.executable import XlaBackend

    concrete = tf.function(tf.strings.length).get_concrete_function(tf.TensorSpec([], tf.string))
    with pytest.raises(tf.errors.InvalidArgumentError, match="StringLength"):
        XlaBackend().compile(analyse(concrete.graph, "lengths"))
