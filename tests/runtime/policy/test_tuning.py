"""Kernels are measured beside XLA's own code once programs asked for them."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.native import choices as native_choices
from tidefall.native.choices import Candidate, Choices
from tidefall.native.library import enabled, status
from tidefall.runtime.policy import compile_service, tuning
from tidefall.runtime.xla.jax_bridge import load_jax

F32 = np.dtype(np.float32)


@pytest.fixture
def choices(monkeypatch, tmp_path):
    made = Choices(tmp_path / "kernels.json")
    monkeypatch.setattr(native_choices, "_choices", made)
    return made


@pytest.fixture
def tuner(monkeypatch):
    monkeypatch.setattr(tuning, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(compile_service, "has_spare_processor", lambda: True)
    with config.override(tune=True):
        made = tuning.Tuner()
        yield made
        made.close()


def slow(x):
    for _ in range(20):
        x = load_jax().numpy.sort(-x)
    return x


def quick(x):
    return x + 1


def broken(x):
    raise ValueError("cannot be run alone")


def test_the_slower_of_two_ways_is_found(choices):
    inputs = (((1000,), F32),)
    assert tuning.measure(Candidate("a", slow, quick, inputs)).ratio > 2
    assert tuning.measure(Candidate("a", quick, slow, inputs)).ratio < 0.5


def test_what_cannot_be_measured_is_left_as_it_is(choices):
    inputs = (((10,), F32),)
    choices.prefers_native(Candidate("a", broken, quick, inputs))
    choices.prefers_native(Candidate("b", quick, quick, inputs))
    assert [found.key for found in tuning.measure_pending()] == ["b"]
    assert choices.prefers_native(Candidate("a", broken, quick, inputs))


@pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")
def test_programs_take_what_was_faster(choices):
    x = tf.random.normal([33, 500])

    def lowered() -> str:
        compiled = tf.function(lambda x: tf.nn.softmax(x), jit_compile=True)
        np.testing.assert_allclose(compiled(x), tf.nn.softmax(x), rtol=1e-5, atol=1e-6)
        return compiled.experimental_get_compiler_ir(x)(stage="hlo")

    assert "tidefall_softmax" in lowered()
    (asked,) = choices.take_pending()
    assert asked.key == "softmax float32[32,512] -> float32[32,512]"
    assert tuning.measure(asked).xla > 0
    choices.record(asked.key, 3.0)
    assert "tidefall_softmax" not in lowered()
    choices.record(asked.key, 0.5)
    assert "tidefall_softmax" in lowered()


@pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")
def test_recurrent_loops_are_measured_by_themselves(choices):
    weights = 0.1 * tf.random.normal([16, 16])

    @tf.function(jit_compile=True)
    def recur(state):
        for _ in tf.range(10):
            state = tf.tanh(state @ weights)
        return state

    x = tf.random.normal([8, 16])
    expected = recur(x)
    (asked,) = [c for c in choices.take_pending() if c.key.startswith("row_loop")]
    found = tuning.measure(asked)
    assert found.native > 0 and found.xla > 0
    choices.record(asked.key, 2.0)
    again = tf.function(recur.python_function, jit_compile=True)
    np.testing.assert_allclose(again(x), expected, rtol=1e-5, atol=1e-6)


def test_the_thread_measures_once_nothing_is_compiled_any_more(choices, tuner):
    inputs = (((100,), F32),)
    choices.prefers_native(Candidate("a", slow, quick, inputs))
    tuner.compiled()
    thread = tuner._thread
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive() and tuner._thread is None
    assert choices.ratios["a"] > 1
    tuner.compiled()
    assert tuner._thread is None


@pytest.mark.parametrize("why", ["tune", "determinism", "server", "one processor", "no cache"])
def test_nothing_is_measured_where_it_would_disturb(choices, tuner, monkeypatch, why):
    changes = {"tune": {"tune": False}, "determinism": {"op_determinism": True}}
    if why == "server":
        monkeypatch.setattr(compile_service.service, "serves", True)
    if why == "one processor":
        monkeypatch.setattr(compile_service, "has_spare_processor", lambda: False)
    with config.override(**changes.get(why, {}), **({"cache": "0"} if why == "no cache" else {})):
        choices.pending.append(Candidate("a", slow, quick, (((10,), F32),)))
        tuner.compiled()
        assert tuner._thread is None


def test_the_end_does_not_wait_for_what_is_left(choices, tuner, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def measure(candidate):
        begun.set()
        go_on.wait(20)
        return tuning.Measured(candidate.key, 1.0, 1.0)

    monkeypatch.setattr(tuning, "measure", measure)
    choices.pending += [Candidate(key, quick, quick, (((10,), F32),)) for key in "ab"]
    tuner.compiled()
    assert begun.wait(20)
    threading.Timer(0.1, go_on.set).start()
    tuner.close()
    assert list(choices.ratios) == ["a"]
