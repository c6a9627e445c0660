"""Elementwise ops whose operands have different shapes raise where the program asks for it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.base.shapes import TensorShape
from tidefall.runtime.debugging.strict_broadcasting import compare

VECTOR, COLUMN, MATRIX = tf.zeros([3]), tf.zeros([3, 1]), tf.zeros([3, 4])
OPEN = [tf.TensorSpec([None, 1]), tf.TensorSpec([None, None])]

FORBIDDEN: dict[str, Callable[[], Any]] = {
    "vector-column": lambda: VECTOR - COLUMN,
    "column-matrix": lambda: COLUMN * MATRIX,
    "bias": lambda: MATRIX + tf.zeros([4]),
    "one-element": lambda: VECTOR + tf.zeros([1]),
    "leading-one": lambda: VECTOR + tf.zeros([1, 3]),
    "comparison": lambda: VECTOR < COLUMN,
    "function": lambda: tf.math.squared_difference(VECTOR, COLUMN),
    "maximum": lambda: tf.maximum(COLUMN, MATRIX),
    "power": lambda: COLUMN**MATRIX,
    "numpy-operand": lambda: np.zeros((3, 1), np.float32) + VECTOR,
    "where": lambda: tf.where(MATRIX > 0, COLUMN, 0.0),
    "variable": lambda: tf.Variable(MATRIX) / tf.ones([4]),
    "logical": lambda: tf.constant([True]) & tf.constant([True, False]),
    "branch": lambda: tf.function(lambda: tf.cond(tf.constant(True), _sub, lambda: MATRIX))(),
}

ALLOWED: dict[str, Callable[[], Any]] = {
    "equal-shapes": lambda: MATRIX + MATRIX,
    "python-number": lambda: MATRIX * 2.0 - 1.0,
    "scalar-tensor": lambda: tf.constant(1.0) / (MATRIX + 1.0),
    "broadcast_to": lambda: tf.broadcast_to(COLUMN, [3, 4]) + MATRIX,
    "bias_add": lambda: tf.nn.bias_add(MATRIX, tf.zeros([4])),
    "composite": lambda: tf.nn.moments(MATRIX, [0]),
    "batch_normalization": lambda: tf.nn.batch_normalization(
        MATRIX, tf.zeros([4]), tf.ones([4]), tf.zeros([4]), None, 1e-3
    ),
    "gradient": lambda: _gradient(),
    "where": lambda: tf.where(MATRIX > 0, MATRIX, 0.0),
}


def _sub() -> Any:
    return COLUMN - MATRIX


def _gradient() -> Any:
    with tf.GradientTape() as tape:
        tape.watch(MATRIX)
        loss = tf.reduce_sum(tf.nn.softmax(MATRIX) * MATRIX)
    return tape.gradient(loss, MATRIX)


@pytest.mark.parametrize("name", FORBIDDEN)
@pytest.mark.parametrize("traced", [False, True], ids=["eager", "traced"])
def test_raises_with_the_op_the_shapes_and_the_line(name: str, traced: bool) -> None:
    function = FORBIDDEN[name]
    with (
        tf.debugging.strict_broadcasting(),
        pytest.raises(tf.errors.InvalidArgumentError, match=r"would broadcast .*\[") as raised,
    ):
        tf.function(function)() if traced else function()
    assert isinstance(raised.value, ValueError)
    assert "test_strict_broadcasting.py:" in raised.value.message


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("traced", [False, True], ids=["eager", "traced"])
def test_allows(name: str, traced: bool) -> None:
    function = ALLOWED[name]
    with tf.debugging.strict_broadcasting():
        tf.function(function)() if traced else function()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_checks_unknown_dimensions_when_the_function_runs(jit_compile: bool) -> None:
    @tf.function(input_signature=OPEN, jit_compile=jit_compile)
    def function(x: Any, y: Any) -> Any:
        return tf.maximum(x, y) * 2.0

    assert function(COLUMN, MATRIX).shape == [3, 4]
    with tf.debugging.strict_broadcasting():
        assert function(COLUMN, COLUMN).shape == [3, 1]
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[3,1\] and \[3,4\]") as raised:
            function(COLUMN, MATRIX)
        assert "test_strict_broadcasting.py:" in str(raised.value)
        assert function(COLUMN, COLUMN).shape == [3, 1]
    assert function(COLUMN, MATRIX).shape == [3, 4]


def test_functions_traced_before_are_checked_inside_and_not_after() -> None:
    function = tf.function(lambda x, y: x + y)
    assert function(VECTOR, COLUMN).shape == [3, 3]
    with tf.debugging.strict_broadcasting(), pytest.raises(ValueError, match="AddV2"):
        function(VECTOR, COLUMN)
    assert function(VECTOR, COLUMN).shape == [3, 3]


def test_one_expansion_can_be_allowed() -> None:
    with tf.debugging.strict_broadcasting():
        with tf.debugging.allow_broadcasting():
            assert (VECTOR + COLUMN).shape == [3, 3]
        with pytest.raises(ValueError, match="AddV2"):
            VECTOR + COLUMN
    assert (VECTOR + COLUMN).shape == [3, 3]


def test_the_global_switch_holds_in_threads_that_start_later() -> None:
    found: list[type] = []

    def work() -> None:
        try:
            VECTOR + COLUMN
        except ValueError as error:
            found.append(type(error))

    with config.override(strict_broadcasting=False):
        tf.debugging.enable_strict_broadcasting()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with pytest.raises(ValueError, match="AddV2"):
            VECTOR + COLUMN
    assert len(found) == 1
    assert (VECTOR + COLUMN).shape == [3, 3]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_catches_a_loss_that_broadcasts_inside_fit(jit_compile: bool) -> None:
    keras = tf.keras
    inputs = np.ones((8, 4), np.float32)

    def model(units: int, loss: Any) -> Any:
        made = keras.Sequential(
            [keras.layers.Dense(units), keras.layers.LayerNormalization(), keras.layers.ReLU()]
        )
        made.compile("adam", loss, metrics=["mae"], jit_compile=jit_compile)
        return made

    with tf.debugging.strict_broadcasting():
        model(1, "mse").fit(inputs, np.ones((8, 1), np.float32), verbose=0)
        with pytest.raises(tf.errors.InvalidArgumentError, match="mean_squared_error"):
            model(3, "mse").fit(inputs, np.ones((8, 1), np.float32), verbose=0)
        with pytest.raises(tf.errors.InvalidArgumentError, match="in squared"):
            model(1, squared).fit(inputs, np.ones((8, 1), np.float32), verbose=0)


def squared(targets: Any, predictions: Any) -> Any:
    """A loss with the usual mistake: one side has lost its last axis."""
    return tf.reduce_mean((tf.squeeze(targets, -1) - predictions) ** 2)


SIZES = [(), (1,), (3,), (3, 1), (1, 3), (3, 4)]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(SIZES, SIZES)))
def test_shapes_agree_exactly_when_nothing_but_a_scalar_is_expanded(a: Any, b: Any) -> None:
    assert compare([TensorShape(a), TensorShape(b)]) is (a == b or () in (a, b))


def test_unknown_shapes_are_not_decided() -> None:
    assert compare([TensorShape(None), TensorShape([3])]) is None
    assert compare([TensorShape([None]), TensorShape([3])]) is None
    assert compare([TensorShape([None]), TensorShape([3, None])]) is False
    assert compare([TensorShape([None, 2]), TensorShape([None, 3])]) is False
