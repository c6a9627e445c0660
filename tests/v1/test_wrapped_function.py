"""wrap_function and prune; the expected values are TensorFlow 2.21's."""

from __future__ import annotations

from typing import Any

import pytest

import tidefall as tf

SCALAR = tf.TensorSpec([], tf.float32)


def _program(x: Any, y: Any) -> Any:
    v = tf.compat.v1.get_variable("v", initializer=2.0)
    with tf.name_scope("s"):
        a = tf.add(x, y, name="a")
    return {"out": tf.multiply(a, v, name="b")}


@pytest.fixture
def wrapped() -> Any:
    return tf.compat.v1.wrap_function(_program, [SCALAR, SCALAR])


def test_calls_like_a_concrete_function(wrapped: Any) -> None:
    assert float(wrapped(tf.constant(1.0), tf.constant(2.0))["out"]) == 6.0
    assert len(wrapped.variables) == 1


@pytest.mark.parametrize(
    ("feeds", "fetches", "arguments", "expected"),
    [
        (["Placeholder", "Placeholder_1"], "s/a:0", [1.0, 2.0], 3.0),
        (["Placeholder", "Placeholder_1"], {"r": "b:0"}, [1.0, 2.0], {"r": 6.0}),
        ("s/a:0", "b:0", [4.0], 8.0),
    ],
)
def test_parts_of_the_graph(
    wrapped: Any, feeds: Any, fetches: Any, arguments: list[float], expected: Any
) -> None:
    if isinstance(feeds, list):
        feeds = wrapped.inputs[:2]
    part = wrapped.prune(feeds, fetches)
    result = part(*map(tf.constant, arguments))
    assert tf.nest.map_structure(float, result) == expected
    wrapped.variables[0].assign(10.0)
    part(*map(tf.constant, arguments))
    assert part.variables[0] is wrapped.variables[0]


def test_a_node_gives_none_and_runs(wrapped: Any) -> None:
    node = wrapped.graph.get_operation_by_name("b")
    value, nothing = wrapped.prune("s/a:0", ["b:0", node])(tf.constant(4.0))
    assert float(value) == 8.0
    assert nothing is None


def test_a_placeholder_that_is_not_fed_is_named(wrapped: Any) -> None:
    with pytest.raises(ValueError, match=wrapped.inputs[1].op.name):
        wrapped.prune(wrapped.inputs[0], "b:0")


def test_a_frozen_graph_becomes_a_function() -> None:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 2], name="x")
        tf.nn.relu(tf.matmul(x, tf.constant([[1.0], [-2.0]])), name="y")

    def load() -> None:
        tf.compat.v1.import_graph_def(graph.as_graph_def(), name="")

    imported = tf.compat.v1.wrap_function(load, [])
    element = imported.graph.as_graph_element
    function = imported.prune(element("x:0"), element("y:0"))
    assert function(tf.constant([[3.0, 1.0], [0.0, 1.0]])).numpy().tolist() == [[1.0], [0.0]]
    assert function.structured_outputs.shape.as_list() == [None, 1]


def test_gradients_go_through_a_part(wrapped: Any) -> None:
    part = wrapped.prune("s/a:0", "b:0")
    x = tf.constant(4.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = part(x)
    assert [float(g) for g in tape.gradient(y, [x, wrapped.variables[0]])] == [2.0, 4.0]
