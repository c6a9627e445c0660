"""Variables as arguments: one trace for all of a shape and dtype, as in TensorFlow."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config

JIT = pytest.mark.parametrize("jit", [False, True], ids=["function", "jit_compile"])


def values(*tensors: Any) -> list[Any]:
    return [t.numpy().tolist() for t in tensors]


@JIT
def test_variables_of_one_shape_and_dtype_share_a_trace(jit: bool) -> None:
    @tf.function(jit_compile=jit)
    def add(v: Any, x: Any) -> Any:
        v.assign_add(x)
        return v * 2.0

    a, b = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    assert values(add(a, [1.0, 1.0]), add(b, [1.0, 1.0])) == [[4.0, 6.0], [8.0, 10.0]]
    assert values(a, b) == [[2.0, 3.0], [4.0, 5.0]]
    assert add.experimental_get_tracing_count() == 1
    add(tf.Variable([1.0, 2.0, 3.0]), [1.0, 1.0, 1.0])
    assert add.experimental_get_tracing_count() == 2
    add(tf.Variable([1.0, 2.0], trainable=False), [1.0, 1.0])
    assert add.experimental_get_tracing_count() == 3


@JIT
def test_the_same_variable_twice_is_another_trace(jit: bool) -> None:
    @tf.function(jit_compile=jit)
    def add(v: Any, w: Any) -> Any:
        v.assign_add(1.0)
        w.assign_add(10.0)
        return v + w

    a, b, c = (tf.Variable(0.0) for _ in range(3))
    assert values(add(a, b), add(b, c)) == [11.0, 21.0]
    assert add.experimental_get_tracing_count() == 1
    assert values(add(a, a), add(c, c)) == [24.0, 42.0]
    assert add.experimental_get_tracing_count() == 2
    assert values(a, b, c) == [12.0, 11.0, 21.0]


@JIT
def test_variables_in_lists_and_dicts(jit: bool) -> None:
    @tf.function(jit_compile=jit)
    def double(group: dict[str, Any], others: list[Any]) -> Any:
        for variable in (*group.values(), *others):
            variable.assign(2.0 * variable)
        return group["a"] - others[0]

    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable(3.0)
    assert values(double({"a": a, "b": b}, [c]), double({"b": c, "a": b}, [a])) == [-4.0, 4.0]
    assert values(a, b, c) == [4.0, 8.0, 12.0]
    assert double.experimental_get_tracing_count() == 1


@JIT
def test_gradients_reach_the_variable_given(jit: bool) -> None:
    @tf.function(jit_compile=jit)
    def loss(v: Any, x: Any) -> Any:
        return tf.reduce_sum(v * v * x)

    @tf.function(jit_compile=jit)
    def slope(v: Any) -> Any:
        with tf.GradientTape() as tape:
            y = loss(v, [1.0, 2.0])
        return tape.gradient(y, v)

    for variable in (tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])):
        expected = (2.0 * variable * [1.0, 2.0]).numpy()
        with tf.GradientTape() as tape:
            y = loss(variable, [1.0, 2.0])
        assert tape.watched_variables()[0] is variable
        np.testing.assert_array_equal(tape.gradient(y, variable), expected)
        np.testing.assert_array_equal(slope(variable), expected)
    assert loss.experimental_get_tracing_count() == 1
    assert slope.experimental_get_tracing_count() == 1


def test_what_is_frozen_is_not_watched() -> None:
    loss = tf.function(lambda v: v * v)
    frozen = tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        y = loss(frozen)
    assert tape.gradient(y, frozen) is None


@JIT
def test_branches_loops_and_inner_functions_assign_what_is_given(jit: bool) -> None:
    @tf.function
    def inner(w: Any) -> Any:
        w.assign_add(100.0)
        return w + 0.0

    @tf.function(jit_compile=jit)
    def outer(v: Any, p: Any) -> Any:
        if p:
            v.assign_add(1.0)
        for _ in tf.range(2):
            v.assign_add(10.0)
        return inner(v)

    a, b = tf.Variable(0.0), tf.Variable(5.0)
    results = outer(a, tf.constant(True)), outer(b, tf.constant(False))
    assert values(*results) == values(a, b) == [121.0, 125.0]
    assert outer.experimental_get_tracing_count() == inner.experimental_get_tracing_count() == 1


def test_a_captured_variable_may_be_given_as_well() -> None:
    captured = tf.Variable(0.0)

    @tf.function
    def add(v: Any) -> Any:
        captured.assign_add(1.0)
        v.assign_add(10.0)
        return captured.read_value()

    other = tf.Variable(0.0)
    assert values(add(other), other, captured) == [1.0, 10.0, 1.0]
    add(captured)
    assert captured.numpy() == 12.0
    assert add.experimental_get_tracing_count() == 1
    compiled = tf.function(add.python_function, jit_compile=True)
    assert values(compiled(other), other) == [13.0, 20.0]
    with pytest.raises(tf.errors.UnimplementedError, match="Duplicate variable"):
        compiled(captured)
    assert captured.numpy() == 13.0


@pytest.mark.usefixtures("_xla_tier")
def test_what_is_given_twice_stays_on_the_host() -> None:
    captured = tf.Variable(1.0)

    @tf.function
    def add(v: Any) -> Any:
        v.assign_add(10.0)
        return captured * 2.0

    assert values(add(tf.Variable(0.0)), add(captured)) == [2.0, 22.0]


@pytest.fixture
def _xla_tier() -> Any:
    with config.override(tier="xla"):
        yield


def test_concrete_functions_take_variables() -> None:
    @tf.function
    def scale(v: Any, x: Any) -> Any:
        return v * x

    a, b = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    concrete = scale.get_concrete_function(a, tf.TensorSpec([2]))
    assert values(concrete(a, tf.ones([2])), concrete(b, tf.ones([2]))) == [[1.0, 2.0], [3.0, 4.0]]
    assert [t.dtype for t in concrete.inputs] == [tf.resource, tf.float32]
    assert (len(concrete.captured_inputs), len(concrete.variables)) == (0, 0)
    spec = concrete.structured_input_signature[0][0]
    assert repr(spec) == ("VariableSpec(shape=(2,), dtype=tf.float32, trainable=True, alias_id=0)")
    assert concrete(v=b, x=tf.ones([2])).numpy().tolist() == [3.0, 4.0]


def test_a_trace_does_not_keep_the_variable_it_was_made_for() -> None:
    @tf.function
    def read(v: Any) -> Any:
        return v + 1.0

    variable = tf.Variable(tf.ones([1000]))
    read(variable)
    storage = weakref.ref(variable.handle.storage)
    gone = weakref.ref(variable)
    del variable
    gc.collect()
    assert gone() is storage() is None
    assert read(tf.Variable(tf.zeros([1000])))[0].numpy() == 1.0
    assert read.experimental_get_tracing_count() == 1


def test_explain_says_what_differs() -> None:
    double = tf.function(lambda v: v * 2.0)
    double(tf.Variable([1.0]))
    assert "not be traced" in double.explain(tf.Variable([2.0]))
    assert "float32 trainable variable of shape (2,)" in double.explain(tf.Variable([2.0, 3.0]))
