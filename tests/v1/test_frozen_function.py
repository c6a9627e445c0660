"""Functions whose variables became constants, and their GraphDefs."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.v1.graphs.frozen_function import convert_variables_to_constants_v2 as freeze

X = np.float32([1.0, -2.0, 3.0])
VECTOR = tf.TensorSpec([3], tf.float32, name="x")
ON_VARIABLES = {"VarHandleOp", "ReadVariableOp", "ResourceGather", "VariableShape"}


def _programs() -> dict[str, Callable[[Any], Any]]:
    v = tf.Variable([1.0, 2.0, 3.0])
    rows = tf.Variable(tf.reshape(tf.range(12.0), [4, 3]))
    called = tf.function(lambda x: x * v + tf.gather(rows, [1, 2])[0])
    compiled = tf.function(lambda x: x * v, jit_compile=True)

    def loop(x: Any) -> Any:
        return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, called(x)), [0, x])[1]

    def positive(x: Any) -> Any:
        return tf.reduce_sum(x) > 0.0

    return {
        "call": lambda x: called(called(x)),
        "compiled": lambda x: compiled(x) + 1.0,
        "branch": lambda x: tf.cond(positive(x), lambda: called(x), lambda: x - v),
        "gather": lambda x: x + tf.gather_nd(rows, [[0, 1], [1, 2], [3, 0]]),
        "loop": loop,
        "loop in a branch": lambda x: tf.cond(positive(x), lambda: loop(x), lambda: called(x)),
        "cases": lambda x: tf.switch_case(1, [lambda: v * x, lambda: loop(x), lambda: v]),
        "shape": lambda x: x * tf.cast(tf.shape(rows)[0], tf.float32),
        "output is a variable": lambda x: v.read_value(),
        "mapped": lambda x: tf.map_fn(lambda y: y * v[1], x),
    }


def _nodes(graph_def: Any) -> list[Any]:
    return [*graph_def.node, *(n for f in graph_def.library.function for n in f.node_def)]


@pytest.mark.parametrize("name", _programs())
def test_a_frozen_function_computes_the_same(name: str) -> None:
    function = tf.function(_programs()[name], input_signature=[VECTOR])
    frozen = freeze(function.get_concrete_function())
    assert frozen.variables == () and frozen.captured_inputs == []
    message = frozen.graph.as_graph_def()
    assert not ON_VARIABLES & {node.op for node in _nodes(message)}
    for value in (X, -X):
        expected = function(tf.constant(value)).numpy()
        np.testing.assert_allclose(frozen(tf.constant(value))[0], expected, 1e-6)
        np.testing.assert_allclose(frozen(x=tf.constant(value))[0], expected, 1e-6)
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            names = ["x:0", frozen.outputs[0].name]
            x, y = tf.graph_util.import_graph_def(message, return_elements=names, name="")
            np.testing.assert_allclose(session.run(y, {x: value}), expected, 1e-6)


def test_values_are_those_of_the_time_of_freezing() -> None:
    v = tf.Variable(2.0)
    frozen = freeze(tf.function(lambda x: x * v).get_concrete_function(VECTOR))
    v.assign(100.0)
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        (y,) = frozen(x)
    np.testing.assert_array_equal(y, 2.0 * X)
    np.testing.assert_array_equal(tape.gradient(y, x), [2.0] * 3)


def test_what_has_to_run_still_runs(capsys: pytest.CaptureFixture[str]) -> None:
    def checked(x: Any) -> Any:
        tf.print("sum", tf.reduce_sum(x))
        tf.debugging.assert_positive(tf.reduce_sum(x))
        return x + 1.0

    frozen = freeze(tf.function(checked).get_concrete_function(VECTOR))
    frozen(tf.constant(X))
    assert capsys.readouterr().err == "sum 2\n"
    with pytest.raises(tf.errors.InvalidArgumentError):
        frozen(tf.constant(-X))


def test_tables_stay_captured() -> None:
    initializer = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2])
    table = tf.lookup.StaticHashTable(initializer, -1)
    scale = tf.Variable(10)
    words = tf.TensorSpec([None], tf.string)
    frozen = freeze(tf.function(lambda x: scale * table.lookup(x)).get_concrete_function(words))
    assert len(frozen.captured_inputs) == 1
    assert frozen(tf.constant(["b", "z"]))[0].numpy().tolist() == [20, -10]


def test_variables_that_are_assigned_cannot_be_frozen() -> None:
    v = tf.Variable([0.0, 0.0, 0.0])

    def count(x: Any) -> Any:
        v.assign_add(x)
        return v.read_value()

    with pytest.raises(ValueError, match=r"AssignAddVariableOp.*only reads"):
        freeze(tf.function(count).get_concrete_function(VECTOR))


def test_the_alias_has_it() -> None:
    from tidefall.compat.tensorflow import enable

    enable()
    convert_to_constants = importlib.import_module(
        "tensorflow.python.framework.convert_to_constants"
    )
    assert convert_to_constants.convert_variables_to_constants_v2 is freeze
