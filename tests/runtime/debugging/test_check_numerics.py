"""The op that first makes a NaN or an infinity is named, with the program's line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config


@pytest.fixture
def checking() -> Iterator[None]:
    with config.override(check_numerics=True):
        yield


def _loop(x: Any) -> Any:
    for _ in tf.range(3):
        x = tf.math.log(x)
    return x


ZERO, ONES = tf.constant([0.0, 1.0, -1.0]), tf.ones([3])

# As TensorFlow names the op: the first whose output is not finite.
CULPRITS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "log": ("Log", lambda x: tf.math.log(x) * 2.0),
    "division": ("RealDiv", lambda x: tf.reshape(1.0 / x, [3, 1])),
    "root": ("Sqrt", lambda x: tf.reduce_sum(tf.sqrt(tf.minimum(x, -1.0)))),
    "half": ("Exp", lambda x: tf.exp(tf.cast(x, tf.float16) * 100.0)),
    "complex": ("RealDiv", lambda x: 1.0 / tf.complex(x, x)),
    "branch": ("Log", lambda x: tf.cond(x[1] > 0, lambda: tf.math.log(x), lambda: x)),
    "loop": ("Log", _loop),
}


@pytest.mark.usefixtures("checking")
@pytest.mark.filterwarnings("ignore:.*Complex")
@pytest.mark.parametrize("kind", ["eager", "function", "jit_compile"])
@pytest.mark.parametrize("name", CULPRITS)
def test_names_the_op_and_the_line(name: str, kind: str) -> None:
    culprit, program = CULPRITS[name]
    if kind != "eager":
        program = tf.function(program, jit_compile=kind == "jit_compile")
    elif name == "loop":
        pytest.skip("Python's for runs over an eager tensor element by element")
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        program(ZERO)
    first = raised.value.message.splitlines()[0]
    where = "eagerly-executing op" if kind == "eager" else "graph op"
    assert first.startswith(f'Detected Infinity or NaN in output 0 of {where} "{culprit}"')
    assert "test_check_numerics.py:" in raised.value.message


@pytest.mark.usefixtures("checking")
def test_finite_results_pass_and_gradients_are_checked() -> None:
    assert tf.math.log(ONES).numpy().tolist() == [0.0, 0.0, 0.0]

    @tf.function
    def gradient(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sqrt(x)
        return tape.gradient(y, x)

    assert gradient(ONES).numpy().tolist() == [0.5, 0.5, 0.5]
    with pytest.raises(tf.errors.InvalidArgumentError, match="SqrtGrad"):
        gradient(tf.zeros([3]))


def test_counts_what_it_found(checking: None) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tf.math.log(tf.constant([0.0, -1.0, -2.0, 3.0]))
    assert "# of -Inf elements: 1" in raised.value.message
    assert "# of NaN elements: 2" in raised.value.message
    assert "float32[4] [ 0., -1., -2.,  3.]" in raised.value.message


def test_functions_are_checked_only_while_it_is_on() -> None:
    function = tf.function(tf.math.log)
    assert np.isinf(function(tf.constant(0.0)).numpy())
    tf.debugging.enable_check_numerics()
    with pytest.raises(tf.errors.InvalidArgumentError, match="Log"):
        function(tf.constant(0.0))
    tf.debugging.disable_check_numerics()
    assert np.isinf(function(tf.constant(0.0)).numpy())


def test_a_model_that_diverges_says_where(checking: None) -> None:
    keras = tf.keras
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e20), "mse")
    inputs = np.ones((8, 4), np.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Detected Infinity or NaN"):
        model.fit(inputs, inputs[:, :1], epochs=5, verbose=0)
